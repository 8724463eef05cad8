"""What the stories of the sample rest on: pictures, the video and checked claims, each stored once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files import File
from django.utils import timezone

from cms.models import CampaignImage, CampaignMedia, CampaignPage, Claim

User = get_user_model()


@dataclass(frozen=True)
class SampleFiles:
    """Where the generated pictures (by the names of media.sample) and the video lie."""

    pictures: Mapping[str, Path]
    video: Path
    captions: Path
    poster: Path | None = None


# Where the eye should stay when a picture is cropped: centre, width and height as fractions of the picture.
FOCUS = {
    "volunteers": (0.5, 0.7, 0.3, 0.4),
    "wetland": (0.6, 0.62, 0.2, 0.52),
    "bridge-evening": (0.4, 0.6, 0.4, 0.4),
    "collected": (0.4, 0.7, 0.4, 0.4),
}


class Store:
    """Pictures and the video of the sample, stored once, in the campaign's collection."""

    def __init__(self, files: SampleFiles, by: User):
        self.files, self.by = files, by

    def picture(
        self, campaign: CampaignPage, key: str, *, title: str, alt: str, credit: str
    ) -> CampaignImage:
        found = CampaignImage.objects.filter(collection=campaign.collection, title=title).first()
        if found:
            return found
        path = self.files.pictures[key]
        image = CampaignImage(
            title=title,
            description=alt,
            credit=credit,
            collection=campaign.collection,
            uploaded_by_user=self.by,
        )
        with path.open("rb") as source:
            image.file = File(source, name=path.name)
            image._set_image_file_metadata()
            if focus := FOCUS.get(key):
                x, y, width, height = focus
                image.focal_point_x, image.focal_point_y = round(x * image.width), round(y * image.height)
                image.focal_point_width = round(width * image.width)
                image.focal_point_height = round(height * image.height)
            image.save()
        return image

    def video(self, campaign: CampaignPage, *, title: str) -> CampaignMedia:
        found = CampaignMedia.objects.filter(collection=campaign.collection, title=title).first()
        if found:
            return found
        from media.probe import probe  # starts ffprobe; only where a video is really stored

        known = probe(self.files.video)
        video = CampaignMedia(
            title=title,
            type="video",
            collection=campaign.collection,
            uploaded_by_user=self.by,
            duration=known.duration_s or 0,
            width=known.width,
            height=known.height,
            mime=known.mime,
        )
        with self.files.video.open("rb") as source, self.files.captions.open("rb") as captions:
            video.file = File(source, name=self.files.video.name)
            video.captions = File(captions, name=self.files.captions.name)
            if self.files.poster:
                with self.files.poster.open("rb") as poster:
                    video.thumbnail.save(self.files.poster.name, File(poster), save=False)
            video.save()
        return video


class Claims:
    """The claims of the sample, each made once, checked by the campaign's manager yesterday."""

    def __init__(self, campaign: CampaignPage, by: User):
        self.campaign, self.by = campaign, by

    def checked(self, text: str, source: str, url: str, *, days: int | None = None) -> Claim:
        """Good for this many days from now; None for what cannot go out of date."""
        if found := Claim.objects.filter(campaign=self.campaign, text=text).first():
            return found
        today = timezone.now().date()
        claim = Claim(campaign=self.campaign, text=text, source_title=source, source_url=url, checker=self.by)
        claim.status, claim.checked_on, claim.checked_by = "checked", today - timedelta(days=1), self.by
        claim.expires_on = today + timedelta(days=days) if days is not None else None
        claim.save()
        claim.save_revision(user=self.by, log_action=True)
        return claim

"""Pictures and videos. What is known of a file is read once, when it is stored: digest, size, length."""

from __future__ import annotations

import hashlib
import mimetypes

from django.core.validators import FileExtensionValidator
from django.db import models
from wagtail.images.models import AbstractImage, AbstractRendition, Image
from wagtailmedia.models import AbstractMedia

from formats.core.piece import FileRef, Focus


def sha256_of(file) -> str:
    """The digest of a stored or uploaded file, which is left at its start."""
    file.open("rb")
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def is_new(file) -> bool:
    """Whether a file field holds an upload that is not in the storage yet."""
    return bool(file) and not file._committed


class CampaignImage(AbstractImage):
    """A picture with the credit that must go with it."""

    credit = models.CharField(max_length=200, blank=True, help_text="Who made it, and under which terms")
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    admin_form_fields = (*Image.admin_form_fields, "credit")

    class Meta(AbstractImage.Meta):
        verbose_name = "picture"
        verbose_name_plural = "pictures"

    def save(self, *args, **kwargs):
        if self.file and (is_new(self.file) or not self.sha256):
            self.sha256 = sha256_of(self.file)
            if fields := kwargs.get("update_fields"):
                kwargs["update_fields"] = {*fields, "sha256"}
        super().save(*args, **kwargs)

    @property
    def default_alt_text(self) -> str:
        """The description only: a file's title is no words for people who cannot see it."""
        return self.description

    def to_ref(self) -> FileRef:
        return FileRef(
            path=self.file.name,
            sha256=self.sha256,
            mime=mimetypes.guess_type(self.file.name)[0] or "application/octet-stream",
            bytes=self.file_size or 0,
            width=self.width,
            height=self.height,
        )

    def focus(self) -> Focus:
        """The focal point as fractions; the middle when nobody has marked one."""
        if not self.has_focal_point() or not self.width or not self.height:
            return Focus()
        return Focus(
            x=self.focal_point_x / self.width,
            y=self.focal_point_y / self.height,
            width=min(1.0, self.focal_point_width / self.width),
            height=min(1.0, self.focal_point_height / self.height),
        )


class CampaignRendition(AbstractRendition):
    image = models.ForeignKey(CampaignImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_per_spec"
            )
        ]


class CampaignMedia(AbstractMedia):
    """A video or sound file with its captions. Length and size are probed at upload, never typed."""

    captions = models.FileField(
        upload_to="captions",
        blank=True,
        validators=[FileExtensionValidator(["vtt", "srt"])],
        help_text="What is said, as a WebVTT (.vtt) or SubRip (.srt) file. Videos cannot go out without one.",
    )
    mime = models.CharField(max_length=60, blank=True, editable=False)
    bytes = models.PositiveBigIntegerField(default=0, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    captions_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    admin_form_fields = ("title", "file", "captions", "collection", "thumbnail", "tags")

    class Meta(AbstractMedia.Meta):
        verbose_name = "video"
        verbose_name_plural = "videos"

    def save(self, *args, **kwargs):
        if self.file and (is_new(self.file) or not self.sha256):
            self.sha256, self.bytes = sha256_of(self.file), self.file.size
            self.mime = self.mime or mimetypes.guess_type(self.file.name)[0] or "application/octet-stream"
        if not self.captions:
            self.captions_sha256 = ""
        elif is_new(self.captions) or not self.captions_sha256:
            self.captions_sha256 = sha256_of(self.captions)
        super().save(*args, **kwargs)

    def to_ref(self) -> FileRef:
        return FileRef(
            path=self.file.name,
            sha256=self.sha256,
            mime=self.mime,
            bytes=self.bytes,
            width=self.width or 0,
            height=self.height or 0,
            duration_s=self.duration or None,
        )

    def captions_ref(self) -> FileRef | None:
        if not self.captions:
            return None
        mime = "application/x-subrip" if self.captions.name.lower().endswith(".srt") else "text/vtt"
        return FileRef(
            path=self.captions.name, sha256=self.captions_sha256, mime=mime, bytes=self.captions.size
        )

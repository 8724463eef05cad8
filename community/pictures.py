"""Pictures beside an answer: of the campaign's library or added to it, and the copy of each that a network takes.

What was approved and sent is the copy: its digest and alt text lie in the answer and in the delivery core's version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from wagtail.models import Collection

from channels.connectors.attached import Pictures
from channels.connectors.registry import CONNECTORS
from cms import uploads
from cms.file_forms import PictureField
from cms.models import CampaignImage, CampaignPage
from community.enums import HERE
from community.models import Answer, Conversation
from formats.core.payload import digest
from media import plans, smaller
from media.cleaning import Kept
from media.errors import MediaError


class Unfit(ValueError):
    """It is no picture that can go out; the words say why and what to do."""


def taken(conversation: Conversation, *, private: bool) -> Pictures | None:
    """What of pictures an answer here may hold; None where it is text alone."""
    channel = conversation.channel
    return CONNECTORS[channel.platform].pictures(private=private, channel=channel)


def library(conversation: Conversation, query: str = "") -> QuerySet[CampaignImage]:
    """The pictures of the campaign, the newest first."""
    collection = _shelf(conversation)
    if collection is None:
        return CampaignImage.objects.none()
    rows = CampaignImage.objects.filter(collection__path__startswith=collection.path)
    for word in query.split()[:5]:
        rows = rows.filter(Q(title__icontains=word) | Q(description__icontains=word))
    return rows.order_by("-created_at", "-pk")


def chosen(conversation: Conversation, pks: Sequence[str]) -> list[CampaignImage]:
    """Pictures of the campaign by their numbers, in that order; what is not there (any more) is left out."""
    wanted = [int(pk) for pk in pks if pk.isdecimal() and len(pk) < 12][:20]
    rows = {row.pk: row for row in library(conversation).filter(pk__in=wanted)}
    return [rows[pk] for pk in dict.fromkeys(wanted) if pk in rows]


def add(conversation: Conversation, file: UploadedFile, *, by: Any) -> CampaignImage:
    """Keep an upload in the campaign's library, after the same look at it as everywhere. Raises Unfit."""
    collection = _shelf(conversation)
    if collection is None:
        raise Unfit("This campaign has no library. A manager makes one by saving the campaign.")
    try:
        file = uploads.upright(PictureField().clean(file))
    except ValidationError as error:
        raise Unfit(" ".join(error.messages)) from error
    row = CampaignImage(
        title=Path(str(file.name)).stem[:255] or "Picture",
        file=file,
        collection=collection,
        uploaded_by_user=by,
    )
    row._set_image_file_metadata()
    row.save()
    return row


def entry(image: CampaignImage, takes: Pictures, alt: str) -> dict[str, Any]:
    """The copy that goes out, as a payload's ``media`` have it. Raises Unfit."""
    root = Path(settings.MEDIA_ROOT)
    limits = {"max_bytes": takes.max_bytes, "max_pixels": takes.max_pixels}
    name = smaller.place(image.sha256, **limits)
    try:
        source = plans.checked_source({"path": image.file.name, "sha256": image.sha256}, root, "picture")
        width, height = smaller.copy(source, root / name, **limits)
    except MediaError as error:
        raise Unfit(str(error)) from error
    return {
        "kind": "image",
        "role": "picture",
        "picture": image.pk,
        "file": name,
        "sha256": plans.file_sha256(root / name),
        "mime": "image/jpeg",
        "bytes": (root / name).stat().st_size,
        "width": width,
        "height": height,
        "duration_s": None,
        "alt": alt,
        "cover": None,
        "captions": None,
    }


def seal(attachments: Sequence[Mapping[str, Any]]) -> str:
    """A word for exactly these files and alt texts: what the second person saw."""
    return digest({"media": [dict(each) for each in attachments]})


def kept() -> Kept:
    """Files of answers that have not been handed over yet; what was handed over is kept by its version."""
    return Kept(files=_files())


def _files() -> Iterator[str]:
    rows = Answer.objects.filter(state__in=HERE).exclude(attachments=[])
    for media in rows.values_list("attachments", flat=True).iterator():
        yield from (each["file"] for each in media)


def _shelf(conversation: Conversation) -> Collection | None:
    """Where the pictures of the campaign lie."""
    page = CampaignPage.objects.select_related("collection").filter(pk=conversation.campaign_id).first()
    return page.collection if page is not None else None

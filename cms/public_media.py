"""Videos and recordings as the public gets them: a copy without what the camera noted, made once by the worker.

The original stays for signed-in people (config.files). Until the copy is made the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from cms.models.files import CampaignMedia
from media import cache
from media.cleaning import Kept
from media.errors import MediaError
from media.models import RenderState


@dataclass(frozen=True)
class Public:
    """``url`` is empty until the copy is made; ``failed`` where it cannot be made."""

    url: str = ""
    mime: str = ""
    poster: str = ""
    failed: bool = False


def plan(media: CampaignMedia) -> dict[str, Any]:
    """The media plan of the copy. A poster is never written over in the storage: its name is enough."""
    poster = {"path": media.thumbnail.name, "sha256": ""} if media.thumbnail else None
    return {
        "kind": "copy",
        "version": 1,
        "source": {"path": media.file.name, "sha256": media.sha256},
        "mime": media.mime,
        "poster": poster,
    }


def public(media: CampaignMedia, campaign: int | None) -> Public:
    """What the public page shows of it. Asks once for a copy that nobody has asked for; safe to call at every view."""
    if not media.sha256 or not (Path(settings.MEDIA_ROOT) / media.file.name).is_file():
        return Public(failed=True)
    try:
        row = cache.request(plan(media), campaign=campaign)
    except MediaError:
        return Public(failed=True)
    if row.state == RenderState.DONE:
        poster = default_storage.url(row.cover) if row.cover else ""
        return Public(default_storage.url(row.file), row.mime, poster)
    return Public(failed=row.state in (RenderState.FAILED, RenderState.CANCELLED))


def kept() -> Kept:
    """The copies of all that is in the library."""
    return Kept(plans=list(_plans()))


def _plans() -> Iterator[dict[str, Any]]:
    for media in CampaignMedia.objects.exclude(sha256="").iterator():
        yield plan(media)

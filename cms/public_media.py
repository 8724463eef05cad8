"""Videos and recordings as the public gets them: a copy without what the camera noted, made once by the worker.

The original stays for signed-in people (config.files). Until the copy is made the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse

from cms.models.files import CampaignMedia
from formats import files
from formats.files import PublicCopy
from media import cache
from media.cleaning import Kept
from media.errors import MediaError
from media.models import Render, RenderState


@dataclass(frozen=True)
class Public:
    """``url`` is empty until the copy is made; ``failed`` where it cannot be made."""

    url: str = ""
    mime: str = ""
    poster: str = ""
    failed: bool = False


# Which kind of file the copy is, where it is another: hardly a browser plays an MKV.
SHOWN_AS = {"video/x-matroska": "video/mp4"}


def plan(media: CampaignMedia) -> dict[str, Any]:
    """The media plan of the copy. A poster is never written over in the storage: its name is enough."""
    poster = {"path": media.thumbnail.name, "sha256": ""} if media.thumbnail else None
    return {
        "kind": "copy",
        "version": 1,
        "source": {"path": media.file.name, "sha256": media.sha256},
        "mime": SHOWN_AS.get(media.mime, media.mime),
        "poster": poster,
    }


def public(media: CampaignMedia, campaign: int | None) -> Public:
    """What the public page shows of it. Asks once for a copy that nobody has asked for; safe to call at every view.

    A copy that an earlier version of the renderer made is shown until there is a new one.
    """
    if not _is_there(media):
        return Public(failed=True)
    wanted = plan(media)
    try:
        row = cache.request(wanted, campaign=campaign)
    except MediaError:
        return Public(failed=True)
    if row.state == RenderState.DONE:
        return _shown(row)
    before = cache.made_before([wanted]).get(row.key)
    if before is not None and cache.files_exist(before):
        return _shown(before)
    return Public(failed=row.state in (RenderState.FAILED, RenderState.CANCELLED))


def _is_there(media: CampaignMedia) -> bool:
    return bool(media.sha256) and (Path(settings.MEDIA_ROOT) / media.file.name).is_file()


def _shown(row: Render) -> Public:
    poster = default_storage.url(row.cover) if row.cover else ""
    return Public(default_storage.url(row.file), row.mime, poster)


# What the people who uploaded it see of that ---------------------------------------------------------------------------
def copies_of(page: Any) -> Sequence[PublicCopy]:
    """The copies that a page as the public sees it shows, each once (formats.files.provide_copies)."""
    if not page.live:
        return ()
    shown = (child.value.get(name) for child in getattr(page, "body", ()) for name in _held(child))
    return [_copy(media) for media in dict.fromkeys(filter(None, shown)) if media.sha256]


def _held(child: Any) -> Sequence[str]:
    return {"video": ("video",), "recording": ("audio",)}.get(child.block_type, ())


def _copy(media: CampaignMedia) -> PublicCopy:
    return PublicCopy(media.title, reverse("wagtailmedia:edit", args=[media.pk]), plan(media))


def copy_of(media: CampaignMedia) -> PublicCopy | None:
    """The copy as far as it is; None where nobody has asked for one yet."""
    if not media.sha256:
        return None
    (found,) = files.with_rows([_copy(media)])
    return found if found.row else None


def again(media: CampaignMedia) -> bool:
    """Have a copy made once more that could not be made; whether it is on its way now."""
    if not _is_there(media) or (found := copy_of(media)) is None or found.row is None:
        return False
    row = cache.request(found.plan, campaign=found.row.campaign_id, retry=True)
    return row.state in files.OPEN


def kept() -> Kept:
    """The copies of all that is in the library."""
    return Kept(plans=list(_plans()))


def _plans() -> Iterator[dict[str, Any]]:
    for media in CampaignMedia.objects.exclude(sha256="").iterator():
        yield plan(media)

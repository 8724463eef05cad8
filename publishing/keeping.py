"""Which rendered files the versions refer to: whatever was frozen stays, sent or not, for the record and for the network."""

from __future__ import annotations

from collections.abc import Iterator

from media.cleaning import Kept
from publishing.models import Version


def kept() -> Kept:
    return Kept(files=_files())


def _files() -> Iterator[str]:
    for payload in Version.objects.values_list("payload", flat=True).iterator():
        for part in payload.get("parts") or ():
            for medium in part.get("media") or ():
                captions = medium.get("captions") or {}
                yield from (
                    name for name in (medium.get("file"), medium.get("cover"), captions.get("file")) if name
                )

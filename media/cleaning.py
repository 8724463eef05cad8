"""Clear what nobody needs any more: renders that nothing refers to, files without a row, what killed renders left behind.

The houses above say what they still refer to: each registers a *keeper*. If one of them cannot answer, nothing is cleared.
Only files of our own making are ever looked at: below ``renders/``, and our temporary folders. Originals lie elsewhere.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from glob import escape
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from media import plans
from media.models import Render, RenderState
from media.render import note_path
from work import clock

log = logging.getLogger(__name__)

UNUSED_FOR = timedelta(days=30)
ORPHAN_FOR_S = 24 * 3600.0
STALE_FOR_S = 6 * 3600.0  # far longer than any render may take
TEMPORARY = ("hustings-media-",)
ENDED = (RenderState.DONE, RenderState.FAILED, RenderState.CANCELLED)


@dataclass(frozen=True)
class Kept:
    """What is still referred to: plans (as in media plans) and files (relative to the media folder)."""

    plans: Iterable[Mapping[str, Any]] = ()
    files: Iterable[str] = ()


_KEEPERS: dict[str, Callable[[], Kept]] = {}


def register_keeper(name: str, keeper: Callable[[], Kept]) -> None:
    """Have ``keeper()`` asked before anything is cleared. What it names stays."""
    _KEEPERS[name] = keeper


def clean() -> dict[str, int]:
    """Clear; returns how many rows, files and temporary folders went. Safe to call twice, and to be cut off anywhere."""
    wanted, files = _kept()
    # Orphans first: the files of a row that goes now go with the next run, after everybody was asked once more.
    done = {
        "files": _clear_orphans(files),
        "rows": _clear_rows(wanted, files),
        "temporary": _clear_temporary(),
    }
    if any(done.values()):
        log.info("cleared of renders: %(rows)d rows, %(files)d files, %(temporary)d temporary folders", done)
    return done


def _kept() -> tuple[dict[str, str], set[str]]:
    """The content of each plan by its key, and files."""
    wanted: dict[str, str] = {}
    files: set[str] = set()
    for keeper in _KEEPERS.values():
        kept = keeper()
        wanted.update((plans.plan_key(plan), plans.content_key(plan)) for plan in kept.plans)
        files.update(name for name in kept.files if name)
    return wanted, files


def _clear_rows(wanted: Mapping[str, str], files: set[str]) -> int:
    """Rows that ended long ago, that nobody has asked for since and that nothing refers to, neither by their plan nor by
    a file. What an earlier version of the renderer made of a plan stays until it is made anew.
    """
    before = clock.now() - UNUSED_FOR
    unasked = Q(wanted_at=None) | Q(wanted_at__lt=before)
    old = Render.objects.filter(unasked, state__in=ENDED, finished_at__lt=before)
    contents = _not_made_anew(wanted)
    gone = [
        pk
        for pk, key, content, *names in old.values_list(
            "pk", "key", "content", "file", "cover", "captions"
        ).iterator()
        if key not in wanted and content not in contents and not files.intersection(names)
    ]
    # Each is looked at once more as it goes: whoever asked for it since the houses were asked has noted that on it.
    return sum(old.filter(pk__in=gone[first : first + 500]).delete()[0] for first in range(0, len(gone), 500))


def _not_made_anew(wanted: Mapping[str, str]) -> set[str]:
    """The contents of plans of which today's renderer has made no file yet."""
    done = Render.objects.filter(state=RenderState.DONE).values_list("key", flat=True)
    made = {key for key in done.iterator() if key in wanted}
    return {content for key, content in wanted.items() if key not in made}


def _clear_orphans(files: set[str]) -> int:
    """Files below ``renders/`` that no row and nobody else names."""
    root = Path(settings.MEDIA_ROOT)
    before = time.time() - ORPHAN_FOR_S
    suspects = {
        file.relative_to(root).as_posix(): file
        for file in (root / "renders").glob("*/*")
        if file.is_file() and not file.is_symlink() and file.stat().st_mtime < before
    }
    if not suspects:
        return 0
    named = set(files)
    for row in Render.objects.values_list("key", "file", "cover", "captions").iterator():
        named.update(filter(None, row[1:]))
        named.update(_notes(row[1]))
    for name in files:
        named.update(_notes(name))
    return sum(_is_cleared(file, before) for name, file in suspects.items() if name not in named)


def _is_cleared(file: Path, before: float) -> bool:
    """Remove a file, unless it or its note is young by now: a new row has taken over what lies there (media.running)."""
    result = file.name.lstrip(".").split(".")[0]
    notes = file.parent.glob(f".{escape(result)}.*.json")
    try:
        if any(each.stat().st_mtime >= before for each in (file, *notes)):
            return False
        file.unlink()
    except FileNotFoundError:
        return False
    return True


def _notes(name: str) -> Iterable[str]:
    return [note_path(Path(name)).as_posix()] if name else []


def _clear_temporary() -> int:
    """Folders that renders leave behind when they are killed."""
    places = [*(Path(settings.MEDIA_ROOT) / "renders").glob("*/.render-*")]
    places += [folder for name in TEMPORARY for folder in Path(tempfile.gettempdir()).glob(f"{name}*")]
    stale = [folder for folder in places if _is_stale(folder)]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return len(stale)


def _is_stale(folder: Path) -> bool:
    """Whether it is ours and nothing in it has been touched for hours."""
    try:
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
            return False
        newest = max(file.lstat().st_mtime for file in (folder, *folder.rglob("*")))
    except OSError:
        return False
    return newest < time.time() - STALE_FOR_S

"""The worker's side of the render cache: a claimed row is rendered in a child process with limits.

The row's lease is the lock per key: two workers never render the same plan at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from media import child, plans, turns
from media.cache import place
from media.errors import MediaError, RenderError, RenderInterrupted
from media.models import Render, RenderState
from media.render import Facts, note_path, noted
from work import claim, clock
from work.failpoints import hit

TRIES = 3
LEASE_S = 180
REPORT_EVERY_S = 1.0
LONGEST_S = {"card": 120, "cut": 1500, "film": 900, "copy": 300}
# Of copies nobody presses a button for, so they come back by themselves: after an hour, two, four …, at most a day apart.
COPY_TRIES = 12
COPY_AGAIN = timedelta(hours=1), timedelta(days=1)
MOST_TOGETHER = {"cut": 4, "card": 12}  # of one source; each further cut takes some 200 MiB more


def run_render(row: Render) -> None:
    """Render a claimed row and release it: done, failed with words for the person, or due again later.

    A worker that was killed after its render had come to its end leaves the result: it is taken as it is. What is due
    too and shows the same source (cards of a photograph, cuts of a video) is taken along: it is decoded once for all.
    """
    claim.write(row, **_begun())
    if (facts := _left_whole(row)) is not None:
        _done(row, facts)
        return
    rows = [row, *_companions(row)]
    if len(rows) > 1:
        _share(rows)
    try:
        found: Sequence[Facts | MediaError] = _render(rows)
        hit("after_render")
    except MediaError as error:
        found = [error] * len(rows)
    for each, result in zip(rows[1:], found[1:], strict=True):
        with suppress(claim.LeaseLost):  # cancelled meanwhile
            _settle(each, result)
    _settle(row, found[0])


def _begun() -> dict[str, Any]:
    return {"state": RenderState.RENDERING, "progress": 0, "started_at": clock.now(), "together": 1}


def _share(rows: Sequence[Render]) -> None:
    """Note that they are made in one go: of the time that takes, each is counted its part (media.turns)."""
    for row in rows:
        with suppress(claim.LeaseLost):  # cancelled in this moment: the first word from the child says so
            claim.write(row, together=len(rows))


def _left_whole(row: Render) -> Facts | None:
    """What an earlier render of this plan left. Its note counts as new before anything is looked at: clearing, which may
    just have found the files old and without a row, then leaves them alone (media.cleaning).
    """
    out = _out(row)
    try:
        os.utime(note_path(out))
    except FileNotFoundError:
        return None
    return noted(out)


def _companions(row: Render) -> list[Render]:
    """Further renders of the same material that are due, claimed like this one. What was left whole is taken as it is."""
    taken = []
    for pk in turns.same_material(row, MOST_TOGETHER.get(row.plan.get("kind", ""), 1) - 1):
        other = claim.claim(Render, pk, worker=row.lease_owner, lease_s=LEASE_S)
        if other is None:
            continue
        with suppress(claim.LeaseLost):  # cancelled in this moment
            claim.write(other, **_begun())
            if (facts := _left_whole(other)) is None:
                taken.append(other)
            else:
                _done(other, facts)
    return taken


def _settle(row: Render, result: Facts | MediaError) -> None:
    if isinstance(result, Facts):
        _done(row, result)
    elif isinstance(result, RenderInterrupted):
        _interrupted(row, result)
    else:
        _failed(row, str(result))


def _render(rows: Sequence[Render]) -> list[Facts | MediaError]:
    root = Path(settings.MEDIA_ROOT)
    for source in plans.files([row.plan for row in rows]):
        if not plans.source_path(source, root).is_relative_to(root.resolve()):
            raise RenderError("A file named in the plan lies outside the media folder.")
    outs = [_out(row) for row in rows]
    for out in outs:
        out.parent.mkdir(parents=True, exist_ok=True)
    task = {"plans": [row.plan for row in rows], "root": str(root), "outs": [str(out) for out in outs]}
    said = child.run_python(
        "media.render_job", task, timeout_s=_longest_s(rows, root), on_line=Reporter(rows)
    )
    return [
        Facts.from_json(each["facts"]) if "facts" in each else child.error_of(*each["error"]) for each in said
    ]


def _longest_s(rows: Sequence[Render], root: Path) -> float:
    kind = rows[0].plan.get("kind")
    longest = LONGEST_S.get(kind, 900) * len(rows)
    if kind == "copy":
        from media import copying  # brings all that draws, which the web process does without

        source = plans.source_path(rows[0].plan["source"], root)
        size = source.stat().st_size if source.is_file() else 0
        longest += copying.encoding_s(copying.ENCODED_S) + 2 * copying.timeout_s(
            size
        )  # digests go by the size too
    return longest


def _out(row: Render) -> Path:
    return Path(settings.MEDIA_ROOT) / place(row.plan, row.key)


class Reporter:
    """Writes progress to the rows, at most once a second, and keeps their leases while the child lives.

    A row that is no longer ours (cancelled, or another worker has it) is left alone from then on; LeaseLost when none is
    left, which ends the child.
    """

    def __init__(self, rows: Sequence[Render]) -> None:
        self.rows, self.share = list(rows), 0.0
        self.reported, self.renewed = 0.0, time.monotonic()

    def __call__(self, said: Mapping[str, Any]) -> None:
        self.share = max(self.share, said.get("progress", 0.0))
        now = time.monotonic()
        if now - self.reported < REPORT_EVERY_S:
            return
        self.reported = now
        renewing = now - self.renewed > LEASE_S / 4
        if renewing:
            self.renewed = now
        for row in list(self.rows):
            try:
                self._write(row, renewing=renewing)
            except claim.LeaseLost:
                self.rows.remove(row)
                if not self.rows:
                    raise

    def _write(self, row: Render, *, renewing: bool) -> None:
        claim.write(row, progress=max(row.progress, min(99, int(self.share * 100))))
        if renewing:
            claim.renew(row, lease_s=LEASE_S)


def _done(row: Render, facts: Facts) -> None:
    root = Path(settings.MEDIA_ROOT)
    claim.release(
        row,
        next_action_at=None,
        state=RenderState.DONE,
        progress=100,
        error="",
        last_error="",
        file=str(facts.file.relative_to(root)),
        cover=str(facts.cover.relative_to(root)) if facts.cover else "",
        cover_sha256=_cover_digest(row, facts),
        captions=str(facts.captions.relative_to(root)) if facts.captions else "",
        captions_sha256=plans.file_sha256(facts.captions) if facts.captions else "",
        start_s=facts.start_s,
        centre=list(facts.centre) if facts.centre else None,
        cover_s=facts.cover_s,
        sounds=[[float(at) for at in each] for each in facts.sounds],
        mime=facts.mime,
        sha256=facts.sha256,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
        finished_at=clock.now(),
    )


def _cover_digest(row: Render, facts: Facts) -> str:
    """Where the very same is made again of what had none, none is told: it was approved without."""
    if facts.cover is None or (row.sha256 == facts.sha256 and row.cover and not row.cover_sha256):
        return ""
    return plans.file_sha256(facts.cover)


def _interrupted(row: Render, error: RenderInterrupted) -> None:
    if row.plan.get("kind") == "copy" and TRIES <= row.tries + 1 < COPY_TRIES:
        first, most = COPY_AGAIN
        _failed(
            row,
            f"{error} It is tried again by itself.",
            again=min(first * 2 ** (row.tries + 1 - TRIES), most),
        )
        return
    if row.tries + 1 >= TRIES:
        _failed(
            row,
            f"{error} It was tried {row.tries + 1} times. Use a smaller or shorter file, or ask the operator.",
        )
        return
    now = clock.now()
    claim.release(
        row,
        next_action_at=now + timedelta(seconds=5 * 2**row.tries),
        state=RenderState.WAITING,
        tries=row.tries + 1,
        last_error=str(error),
        earlier_s=turns.worked_s(row.started_at, now, row.together, row.earlier_s),
        started_at=None,
        finished_at=now,
    )


def _failed(row: Render, message: str, *, again: timedelta | None = None) -> None:
    """``again`` says after how long it is tried once more without anybody asking."""
    now = clock.now()
    claim.release(
        row,
        next_action_at=None if again is None else now + again,
        state=RenderState.FAILED,
        error=message,
        last_error=message,
        tries=row.tries if again is None else row.tries + 1,
        finished_at=now,
    )

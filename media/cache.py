"""The render cache: ask for a plan's file, find it, and the worker's side of making it.

Web processes only write rows; a worker claims them (queue ``media``) and renders in a child process with
limits. The row's lease is the lock per key: two workers never render the same plan at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from media import child, plans
from media.errors import MediaError, RenderError, RenderInterrupted
from media.models import Render, RenderState
from media.render import Facts
from work import claim, clock

TRIES = 3
LEASE_S = 180
REPORT_EVERY_S = 1.0
LONGEST_S = {"card": 120, "cut": 1500, "film": 900}


def request(plan: Mapping[str, Any], *, retry: bool = False) -> Render:
    """The row for ``plan``, made and due at once if there is none. Idempotent.

    A failed one stays failed (the same plan fails the same way) unless ``retry``. One whose file is gone
    from the disk is made again.
    """
    plans.check(plan)
    row, made = Render.objects.get_or_create(
        key=plans.plan_key(plan), defaults={"plan": dict(plan), "next_action_at": clock.now()}
    )
    if made:
        return row
    lost = row.state == RenderState.DONE and not files_exist(row)
    if lost or (retry and row.state == RenderState.FAILED):
        again = Render.objects.filter(pk=row.pk, state=row.state, fence=row.fence)
        again.update(
            state=RenderState.WAITING,
            progress=0,
            error="",
            tries=0,
            finished_at=None,
            next_action_at=clock.now(),
        )
        row.refresh_from_db()
    return row


def find(wanted: Iterable[Mapping[str, Any]]) -> dict[str, Render]:
    """The rows there are for these plans, by key. One query; rows not asked for yet are simply missing."""
    keys = {plans.plan_key(plan) for plan in wanted}
    return {row.key: row for row in Render.objects.filter(key__in=keys)} if keys else {}


def place(plan: Mapping[str, Any], key: str) -> str:
    """Where the result goes, relative to the media folder."""
    return f"renders/{key[:2]}/{key}.{plans.extension(plan)}"


def files_exist(row: Render) -> bool:
    root = Path(settings.MEDIA_ROOT)
    return all((root / name).is_file() for name in (row.file, row.cover, row.captions) if name)


# The worker's side
# -----------------------------------------------------------------------------------------------------


def run_render(row: Render) -> None:
    """Render a claimed row and release it: done, failed with words for the person, or due again later."""
    claim.write(row, state=RenderState.RENDERING, progress=0)
    try:
        facts = _render(row)
    except RenderInterrupted as error:
        _interrupted(row, error)
    except MediaError as error:
        _failed(row, str(error))
    else:
        _done(row, facts)


def _render(row: Render) -> Facts:
    root = Path(settings.MEDIA_ROOT)
    for source in sources(row.plan):
        if not plans.source_path(source, root).is_relative_to(root.resolve()):
            raise RenderError("A file named in the plan lies outside the media folder.")
    out = root / place(row.plan, row.key)
    out.parent.mkdir(parents=True, exist_ok=True)
    task = {"plan": row.plan, "root": str(root), "out": str(out)}
    result = child.run_python(
        "media.render_job", task, timeout_s=LONGEST_S.get(row.plan.get("kind"), 900), on_line=Reporter(row)
    )
    return Facts.from_json(result)


def sources(plan: Any) -> Iterable[Mapping[str, Any]]:
    """Every file a plan names, wherever it stands in it."""
    if isinstance(plan, Mapping):
        if "path" in plan:
            yield plan
        for value in plan.values():
            yield from sources(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from sources(value)


class Reporter:
    """Writes progress to the row, at most once a second, and keeps the lease while the child lives."""

    def __init__(self, row: Render) -> None:
        self.row, self.reported, self.renewed = row, 0.0, time.monotonic()

    def __call__(self, said: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if now - self.reported < REPORT_EVERY_S:
            return
        self.reported = now
        per_cent = min(99, int(said.get("progress", 0) * 100))
        if per_cent > self.row.progress:
            claim.write(self.row, progress=per_cent)
        if now - self.renewed > LEASE_S / 4:
            claim.renew(self.row, lease_s=LEASE_S)
            self.renewed = now


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
        captions=str(facts.captions.relative_to(root)) if facts.captions else "",
        captions_sha256=plans.file_sha256(facts.captions) if facts.captions else "",
        start_s=facts.start_s,
        mime=facts.mime,
        sha256=facts.sha256,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        duration_s=facts.duration_s,
        finished_at=clock.now(),
    )


def _interrupted(row: Render, error: RenderInterrupted) -> None:
    if row.tries + 1 >= TRIES:
        _failed(
            row, f"{error} It was tried {TRIES} times. Use a smaller or shorter file, or ask the operator."
        )
        return
    claim.release(
        row,
        next_action_at=clock.now() + timedelta(seconds=5 * 2**row.tries),
        state=RenderState.WAITING,
        tries=row.tries + 1,
        last_error=str(error),
    )


def _failed(row: Render, message: str) -> None:
    claim.release(
        row,
        next_action_at=None,
        state=RenderState.FAILED,
        error=message,
        last_error=message,
        finished_at=clock.now(),
    )

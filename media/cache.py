"""The render cache: ask for a plan's file, find it, cancel it.

Web processes only write rows; :mod:`media.running` is the worker's side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F

from media import plans, progress
from media.models import Render, RenderState
from work import clock

AGAIN = (RenderState.FAILED, RenderState.CANCELLED)  # what a person may have tried once more
NOTED_FOR = timedelta(days=1)  # asking is noted once a day: pages ask at every view


def request(plan: Mapping[str, Any], *, campaign: int | None = None, retry: bool = False) -> Render:
    """The row for ``plan``, made and due at once if there is none. Idempotent.

    A failed one stays failed (the same plan fails the same way), and a cancelled one cancelled, unless ``retry``. Made
    again is one whose file is gone from the disk, and one that failed since its sources were gone where ``plan`` has them.
    ``campaign`` is the page of the campaign in whose turn it is made.
    """
    plans.check(plan)
    now = clock.now()
    row, made = Render.objects.get_or_create(
        key=plans.plan_key(plan),
        defaults={
            "plan": dict(plan),
            "content": plans.content_key(plan),
            "campaign_id": campaign,
            "next_action_at": now,
            "wanted_at": now,
        },
    )
    if made:
        return row
    if not _noted_as_wanted(row, now):
        return request(plan, campaign=campaign, retry=retry)
    lost = row.state == RenderState.DONE and not files_exist(row)
    if lost or (retry and row.state in AGAIN) or _is_bereft(row, plan):
        again = Render.objects.filter(pk=row.pk, state=row.state, fence=row.fence)
        again.update(
            plan=dict(plan),  # its files may lie elsewhere now
            state=RenderState.WAITING,
            progress=0,
            error="",
            tries=0,
            earlier_s=0,
            started_at=None,
            finished_at=None,
            next_action_at=now,
        )
        row.refresh_from_db()
    return row


def _noted_as_wanted(row: Render, now: datetime) -> bool:
    """Keep the row from being cleared as long unused (media.cleaning); False where that has just happened."""
    if row.wanted_at is not None and row.wanted_at > now - NOTED_FOR:
        return True
    row.wanted_at = now
    return Render.objects.filter(pk=row.pk).update(wanted_at=now) == 1


def cancel(row: Render) -> bool:
    """Take a render off the list, or end it while it is made; False when it had come to its end already.

    The worker that has it notices within about a second: its fence no longer fits, so it ends its child and writes
    nothing more. A file from before stays.
    """
    under_way = Render.objects.filter(pk=row.pk, state__in=(RenderState.WAITING, RenderState.RENDERING))
    ended = under_way.update(
        state=RenderState.CANCELLED,
        next_action_at=None,
        lease_owner="",
        lease_until=None,
        fence=F("fence") + 1,
        progress=0,
        finished_at=clock.now(),
    )
    row.refresh_from_db()
    return ended == 1


def left_s(row: Render, now: datetime) -> float | None:
    """How long a render that is being made will still take, in seconds; None while nobody can know."""
    if row.state != RenderState.RENDERING or row.started_at is None:
        return None
    return progress.left_s(row.progress, (now - row.started_at).total_seconds())


def find(wanted: Iterable[Mapping[str, Any]]) -> dict[str, Render]:
    """The rows there are for these plans, by key. One query; rows not asked for yet are simply missing.

    Missing too is one that failed since its sources were gone, where a plan names the same files at another place.
    """
    by_key = {plans.plan_key(plan): plan for plan in wanted}
    rows = Render.objects.filter(key__in=by_key) if by_key else ()
    return {row.key: row for row in rows if not _is_bereft(row, by_key[row.key])}


def made_before(wanted: Iterable[Mapping[str, Any]]) -> dict[str, Render]:
    """What an earlier version of the renderer made of the same plans, the newest of each, by today's key. One query."""
    today = {plans.content_key(plan): plans.plan_key(plan) for plan in wanted}
    if not today:
        return {}
    rows = Render.objects.filter(content__in=today, state=RenderState.DONE).exclude(key__in=today.values())
    return {today[row.content]: row for row in rows.order_by("finished_at")}


def _is_bereft(row: Render, plan: Mapping[str, Any]) -> bool:
    """Whether it failed with files that are gone, which ``plan`` has at another place: the same, added again."""
    if row.state != RenderState.FAILED:
        return False
    before, now = ([str(file["path"]) for file in plans.files(each)] for each in (row.plan, plan))
    root = Path(settings.MEDIA_ROOT)
    return before != now and not _are_there(root, before) and _are_there(root, now)


def _are_there(root: Path, names: Iterable[str]) -> bool:
    return all((root / name).is_file() for name in names)


def place(plan: Mapping[str, Any], key: str) -> str:
    """Where the result goes, relative to the media folder."""
    return f"renders/{key[:2]}/{key}.{plans.extension(plan)}"


def files_exist(row: Render) -> bool:
    root = Path(settings.MEDIA_ROOT)
    return all((root / name).is_file() for name in (row.file, row.cover, row.captions) if name)


def sounds_of(source: Mapping[str, Any]) -> list[list[float]]:
    """When something is heard in a video, as a cut of it found when it was made; [] where none has looked yet."""
    if not source.get("sha256"):
        return []
    cuts = Render.objects.filter(
        plan__kind="cut", plan__source__sha256=source["sha256"], state=RenderState.DONE
    )
    found = (row for row in cuts.order_by("-finished_at").values_list("sounds", flat=True)[:10] if row)
    return next(found, [])

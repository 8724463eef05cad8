"""What the clocks of a zone will show changes with its law; people picked a wall time, so posts follow it.

A daily job resolves the wall times of all planned posts again. Where a newer zone database gives another
instant, the owner and the managers are told first; the post moves a day later, or at once when its old or
its new time comes sooner than that.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from formats import schedule
from formats.models import Variant
from publishing.core.states import State
from publishing.domain import people
from publishing.domain.approve import NotApprovable, carry_over
from publishing.domain.log import record
from publishing.domain.schedule import times_at
from publishing.domain.void import moving_with_approval
from publishing.models import Publication, Version
from work import clock

TOLD_FOR = timedelta(hours=23)  # people have this long to object before a post moves
URGENT = timedelta(hours=26)  # the next run of a daily job may come too late for these


def resolve_again() -> int:
    """Tell about, or move, every planned post whose wall time lies elsewhere now; returns how many."""
    now = clock.now()
    return sum(_follow(publication, now) for publication in _planned(now)) + _unapproved(now)


def _planned(now: datetime) -> list[Publication]:
    rows = Publication.objects.filter(
        state__in=(State.SCHEDULED, State.WAITING), due_at__gt=now, started_at=None, intent_open=False
    ).exclude(wall_time="")
    return list(rows.exclude(zone="").select_related("version", "variant", "channel"))


def resolved(publication: Publication) -> schedule.Resolved | None:
    """Where its wall time lies now; None when its zone is no longer known."""
    wall = datetime.fromisoformat(publication.wall_time)
    try:
        return schedule.resolve(wall, publication.zone, publication.fold)
    except schedule.UnknownZone:
        return None


def _follow(publication: Publication, now: datetime) -> bool:
    new = resolved(publication)
    if new is None or new.at == publication.due_at:
        Publication.objects.filter(pk=publication.pk).exclude(moves_to=None).update(
            moves_to=None, moves_told_at=None
        )
        return False
    told_at = publication.moves_told_at if publication.moves_to == new.at else None
    urgent = min(new.at, publication.due_at) - now < URGENT
    with transaction.atomic():
        if told_at is None:
            _tell(publication, new, now, urgent=urgent)
        if urgent or (told_at is not None and now - told_at >= TOLD_FOR):
            _move(publication, new)
    return True


def _tell(publication: Publication, new: schedule.Resolved, now: datetime, *, urgent: bool) -> None:
    Publication.objects.filter(pk=publication.pk).update(moves_to=new.at, moves_told_at=now)
    when = "now" if urgent else "in a day"
    people.tell(
        publication,
        "zone_moved",
        subject="Its clock has changed",
        body=(
            f"The rules of the time zone {publication.zone} have changed. {new.wall:%H:%M} on {new.wall:%Y-%m-%d} "
            f"is {new.at:%H:%M} UTC now, and no longer {publication.due_at:%H:%M} UTC. The post keeps the time "
            f"of day that was approved and is moved {when}. Give it another time if that is wrong."
        ),
        event_id=f"zone.{publication.pk}.{new.at:%Y%m%d%H%M}",
    )


def _move(publication: Publication, new: schedule.Resolved) -> None:
    """With its approval, which was for this time of day; a post that has just begun stays as it is."""
    standing = Version.objects.get(pk=publication.version_id)
    approved = standing.payload.get("wall_time") == publication.wall_time
    if not approved or standing.voided_at is not None:
        _move_alone(publication, new)
        return
    payload = {**standing.payload, **_times(new)}
    try:
        with transaction.atomic(), moving_with_approval():
            carry_over(
                standing, payload, by=None, reason="The zone's rules have changed.", event="zone_moved"
            )
            Variant.objects.filter(pk=standing.variant_id).update(planned_at=new.at)
    except NotApprovable:
        _move_alone(publication, new)


def _move_alone(publication: Publication, new: schedule.Resolved) -> None:
    """A post that a person gave a time of its own, apart from what was approved."""
    rows = Publication.objects.filter(
        pk=publication.pk, state__in=(State.SCHEDULED, State.WAITING), intent_open=False, started_at=None
    )
    shift = new.at - publication.due_at
    moved = rows.update(
        stage_at=F("stage_at") + shift, next_action_at=clock.now(), **times_at(publication, new.at)
    )
    if moved:
        publication.refresh_from_db()
        record(publication, "zone_moved", {"due_at": new.at}, at=clock.now())


def _times(new: schedule.Resolved) -> dict[str, Any]:
    return {
        "planned_at": new.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "wall_time": new.wall.isoformat(timespec="seconds"),
        "fold": new.fold,
    }


def _unapproved(now: datetime) -> int:
    """Variants that are only planned: their instant follows silently, the calendar shows the wall time anyway."""
    approved = (
        Publication.objects.posts().filter(state__in=(State.SCHEDULED, State.WAITING)).values("variant")
    )
    rows = Variant.objects.filter(planned_at__gt=now).exclude(pk__in=approved)
    moved = 0
    for variant in rows.only("pk", "planned_wall", "planned_zone", "planned_fold", "planned_at"):
        try:
            planned = variant.planned
        except schedule.UnknownZone:
            continue
        if planned is not None and planned.at != variant.planned_at:
            moved += Variant.objects.filter(pk=variant.pk).update(planned_at=planned.at)
    return moved

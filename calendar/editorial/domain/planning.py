"""Moving a variant in time: every rule in one place, for dragging, the dialog and undo alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from access import policy
from channels.models import Channel
from editorial.domain import authors, quiet, quota
from editorial.domain.refused import Question, Refused
from formats import schedule, variants
from formats.models import Variant
from formats.readiness import NotReady
from publishing.domain import approve as approvals
from publishing.status import status_of
from work import clock

FIXED = {
    "publishing": "It is being sent right now and cannot be moved any more.",
    "published": "It has been published and cannot be moved any more.",
    "attention": "Its delivery needs a decision first; open it to see which.",
}


@dataclass(frozen=True)
class Planned:
    """A time as people chose it. ``wall`` None means unplanned."""

    wall: datetime | None
    zone: str
    fold: int = 0


@dataclass(frozen=True)
class Moved:
    """What came of it. ``approval`` is "kept", "void" or "" where there was none; ``note`` tells of a clock change."""

    variant: Variant
    before: Planned
    now: Planned
    approval: str = ""
    note: str = ""


@transaction.atomic
def move(
    variant: Variant,
    *,
    wall: datetime | None,
    by: Any,
    zone: str = "",
    fold: int | None = None,
    confirmed: bool = False,
    at: datetime | None = None,
) -> Moved:
    """Move a variant to a wall time; ``wall`` None takes it off the calendar.

    ``zone`` empty keeps its zone. ``fold`` None asks where the time happens twice. Raises Refused (past, permission,
    already sending, locked, quiet period, unknown zone), and Question where the person must choose: which of two
    times, or whether losing the approval is meant (``confirmed`` says yes).
    """
    at = at or clock.now()
    Variant.objects.select_for_update().filter(pk=variant.pk).values("pk").first()
    variant = Variant.objects.select_related("story", "campaign").get(pk=variant.pk)
    if not policy.can(by, policy.PLAN, variant):
        raise Refused("permission", "You may not move posts of this campaign.")
    word = status_of([variant])[variant.pk].word
    if word in FIXED:
        raise Refused("state", FIXED[word])
    before = Planned(variant.planned_wall, variant.planned_zone, variant.planned_fold)
    zone = zone or variant.planned_zone or variants.zone_of(variant.campaign)
    resolved = None if wall is None else _resolve(variant, wall, zone, fold, at)
    keeps = word == "approved" and resolved is not None and _may_keep_approval(variant, resolved, by)
    if word == "approved" and not keeps and not confirmed:
        raise Question("voids", _VOIDS, ((_YES, {"confirmed": "1"}),))
    if keeps:
        _keep_approval(variant, resolved, by)
    else:
        _plan(variant, resolved, zone, by, at)
    variant.refresh_from_db()
    after = Planned(variant.planned_wall, variant.planned_zone, variant.planned_fold)
    log_move(variant, before, after, by=by)
    approval = {True: "kept", False: "void"}[keeps] if word == "approved" else ""
    # An hour that happens twice has been asked about already; only a gap is news now.
    note = resolved.note if resolved is not None and resolved.shifted else ""
    return Moved(variant, before, after, approval, note)


def log_move(variant: Variant, before: Planned, after: Planned, *, by: Any) -> None:
    log(
        instance=variant, action="editorial.move", user=by, data={"from": _plain(before), "to": _plain(after)}
    )


_YES = "Move it and ask for approval again"


def _resolve(
    variant: Variant, wall: datetime, zone: str, fold: int | None, at: datetime
) -> schedule.Resolved:
    try:
        resolved = schedule.resolve(wall, zone, fold or 0)
    except schedule.UnknownZone as error:
        raise Refused("zone", f"“{zone}” is not a time zone.") from error
    except OverflowError as error:
        raise Refused("past", "There is no such date.") from error
    if resolved.ambiguous and fold is None:
        second = schedule.resolve(wall, zone, 1)
        raise Question(
            "ambiguous",
            f"{wall:%H:%M} happens twice on {wall.day} {wall:%B} in {zone}, because the clocks go back. Which one?",
            (
                (f"The first ({resolved.at:%H:%M} UTC)", {"fold": "0"}),
                (f"The second ({second.at:%H:%M} UTC)", {"fold": "1"}),
            ),
        )
    try:
        variants.refuse_past(resolved, now=at)
    except variants.PastTime as error:
        raise Refused("past", str(error)) from error
    if period := quiet.period_of(variant, resolved.at):
        raise Refused("quiet", quiet.explain(period, zone))
    if why := quota.refusal(variant, resolved.at):
        raise Refused("quota", why)
    return resolved


def why_not_then(variant: Variant, resolved: schedule.Resolved, channels: Sequence[Channel]) -> str | None:
    """Asked by the editor's form (formats.planning) for a new time: the rules of a move that know no person."""
    periods = quiet.periods_for(
        variant.campaign_id, [channel.pk for channel in channels], resolved.at, resolved.zone
    )
    free = quiet.excepted(variant.pk, periods, resolved.at)
    for period in periods:
        if period.pk not in free:
            return quiet.explain(period, resolved.zone)
    parts = max(1, len(variant.parts))
    return quota.refusal_of(channels, resolved.at, format=variant.format, parts=parts, but_variant=variant.pk)


def _may_keep_approval(variant: Variant, resolved: schedule.Resolved, by: Any) -> bool:
    """Inside the same day, by somebody who could have approved it: the mover stands for the new time."""
    return (
        variant.planned_wall is not None
        and resolved.zone == variant.planned_zone
        and resolved.wall.date() == variant.planned_wall.date()
        and policy.can(by, policy.APPROVE, variant)
        and not authors.has_written(variant, by)
    )


_VOIDS = (
    "It is approved for the time it has now. Moving it takes the approval back: it has to be approved again."
)


def _keep_approval(variant: Variant, resolved: schedule.Resolved, by: Any) -> None:
    try:
        approvals.move_within_day(variant, resolved.wall, resolved.zone, resolved.fold, by=by)
    except NotReady as error:
        raise Refused("not_ready", *(f"{f.message} {f.remedy}" for f in error.findings)) from error
    except (approvals.NotApprovable, variants.VariantError) as error:
        raise Refused("state", str(error)) from error


def _plan(variant: Variant, resolved: schedule.Resolved | None, zone: str, by: Any, at: datetime) -> None:
    wall, fold = (resolved.wall, resolved.fold) if resolved is not None else (None, 0)
    try:
        variants.plan(variant, wall, zone, fold, by=by, now=at)
    except variants.Locked as error:
        raise Refused("locked", str(error)) from error
    except variants.VariantError as error:
        raise Refused("past", str(error)) from error


def _plain(planned: Planned) -> dict[str, Any]:
    return {"wall": planned.wall and planned.wall.isoformat(), "zone": planned.zone, "fold": planned.fold}

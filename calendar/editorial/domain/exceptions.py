"""Exceptions from quiet periods: two different people and a reason, or none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from wagtail.log_actions import log

from access import policy
from editorial.domain import notices, quiet
from editorial.domain.refused import Refused
from editorial.exceptions.models import QuietException, stretch
from editorial.quiet_rights import may_change, people_who_may_change
from formats.models import Variant
from work import clock


def ask(variant: Variant, *, by: Any, reason: str, at: datetime | None = None) -> QuietException:
    """The first of the two: asks that this post may go out at ``at`` (its planned time) all the same.

    Raises Refused: permission, no reason, no quiet period then, asked already, past.
    """
    if not policy.can(by, policy.PLAN, variant):
        raise Refused("permission", "You may not plan posts of this campaign.")
    at = at or variant.planned_at
    if at is None:
        raise Refused("time", "Plan a time first: an exception is for one moment.")
    if at <= clock.now():
        raise Refused("past", "That time has passed.")
    reason = reason.strip()
    if not reason:
        raise Refused("reason", "Say why it has to go out inside the quiet period.")
    period = quiet.period_of(variant, at)
    if period is None:
        raise Refused("none", "No quiet period holds this post back then.")
    _drop_outdated(variant, period, at)
    try:
        with transaction.atomic():
            made = QuietException.objects.create(
                period=period, variant=variant, at=at, zone=variant.planned_zone, reason=reason,
                covers=stretch(period.starts_at, period.ends_at), asked_by=by, asked_at=clock.now(),
            )  # fmt: skip
            log(instance=variant, action="editorial.quiet_asked", user=by, data=_said(made))
            notices.tell_exception_asked(made, may_grant(made))
    except IntegrityError as error:
        raise Refused("asked", "Somebody has asked for this already.") from error
    return made


def _drop_outdated(variant: Variant, period: Any, at: datetime) -> None:
    """A request for a period that was changed since can no longer be granted: it makes room for a new one."""
    open_ones = QuietException.objects.filter(period=period, variant=variant, at=at, settled_at=None)
    outdated = open_ones.exclude(covers=stretch(period.starts_at, period.ends_at))
    outdated.update(settled_at=clock.now(), granted=False)


@transaction.atomic
def settle(exception: QuietException, *, by: Any, grant: bool) -> QuietException:
    """The second: grants or refuses. Never who asked. Raises Refused: permission, own request, settled, changed."""
    row = (
        QuietException.objects.select_for_update(of=("self",))
        .select_related("period", "variant")
        .get(pk=exception.pk)
    )
    if not may_change(by, row.period):
        raise Refused("permission", "Only who may change this quiet period grants exceptions from it.")
    if row.asked_by_id == by.pk:
        raise Refused("own_request", "You asked for it yourself. Somebody else has to grant it.")
    if row.settled_at is not None:
        raise Refused("state", "This has been settled already.")
    if grant and row.covers != stretch(row.period.starts_at, row.period.ends_at):
        raise Refused("changed", "The quiet period was changed since. Ask again.")
    row.settled_by, row.settled_at, row.granted = by, clock.now(), grant
    row.save(update_fields=["settled_by", "settled_at", "granted"])
    action = "editorial.quiet_granted" if grant else "editorial.quiet_refused"
    log(instance=row.variant, action=action, user=by, data=_said(row))
    notices.tell_exception_settled(row)
    return row


def may_settle(exception: QuietException, user: Any) -> bool:
    return (
        exception.settled_at is None
        and exception.asked_by_id != user.pk
        and may_change(user, exception.period)
    )


def may_grant(exception: QuietException) -> list[Any]:
    """The people who could be the second one."""
    people = people_who_may_change(exception.period)
    return [person for person in people if person.pk != exception.asked_by_id]


def of(variant: Variant) -> list[QuietException]:
    rows = variant.quiet_exceptions.select_related("period", "asked_by", "settled_by")
    return list(rows)


def _said(row: QuietException) -> dict[str, Any]:
    return {"period": row.period.name, "at": row.at.isoformat(), "zone": row.zone, "reason": row.reason}

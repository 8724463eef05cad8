"""Many late posts, one decision: send them one by one, give them a new time, or leave them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Max, Q

from publishing.core.states import Reason, State
from publishing.domain import actions, asking
from publishing.models import Publication
from work import clock


class Way(StrEnum):
    SPACED = "spaced"
    NEW_TIME = "new_time"
    DROP = "drop"
    KEEP = "keep"  # decide later: it waits for a person, and nothing of it goes out meanwhile


@dataclass(frozen=True)
class Choice:
    way: Way
    at: datetime | None = None  # of NEW_TIME: the first one's


@dataclass
class Settled:
    """How many went which way; ``refused`` says for which something has changed meanwhile."""

    counts: dict[Way, int] = field(default_factory=dict)
    refused: list[tuple[Publication, str]] = field(default_factory=list)

    def count(self, way: Way) -> None:
        self.counts[way] = self.counts.get(way, 0) + 1


GAPS_MIN = (1, 5, 15, 30, 60)


def settle(
    publications: Iterable[Publication],
    choice_of: Callable[[Publication], Choice],
    *,
    gap: timedelta,
    by: Any,
) -> Settled:
    """Carry out each one's choice in order of their times. Of one account, two are ``gap`` apart at least.

    Never a burst: the first of an account is due now (or at its new time), the next ``gap`` later, behind
    whatever was already given a time in that stretch. The caller has asked ``access.policy`` for each.
    """
    now, result = clock.now(), Settled()
    free: dict[tuple[int, datetime | None], datetime] = {}
    for publication in sorted(publications, key=lambda p: (p.due_at, p.created_at, str(p.pk))):
        choice = choice_of(publication)
        try:
            if choice.way is Way.DROP:
                _drop(publication, by=by)
            elif choice.way in (Way.SPACED, Way.NEW_TIME):
                _send_at(publication, choice, now, free, gap, by=by)
            elif publication.state != State.ATTENTION:
                _keep(publication)
        except actions.NotPossible as error:
            result.refused.append((publication, str(error)))
            continue
        result.count(choice.way)
    return result


def _send_at(
    publication: Publication,
    choice: Choice,
    now: datetime,
    free: dict[tuple[int, datetime | None], datetime],
    gap: timedelta,
    *,
    by: Any,
) -> None:
    key = (publication.channel_id, choice.at)
    start = max(now, choice.at) if choice.at else _after_last(publication, now, gap)
    at = free.get(key, start)
    if at <= now:
        actions.send_now(publication, by=by)
    else:
        actions.reschedule(publication, at, by=by)
    free[key] = at + gap


def _after_last(publication: Publication, now: datetime, gap: timedelta) -> datetime:
    """Now, or ``gap`` after the account's last post that has just begun."""
    last = (
        Publication.objects.filter(channel_id=publication.channel_id, started_at__gt=now - gap)
        .exclude(pk=publication.pk)
        .aggregate(at=Max("started_at"))["at"]
    )
    return max(now, last + gap) if last else now


def _drop(publication: Publication, *, by: Any) -> None:
    why = "Left out after it had become late."
    if publication.state == State.ATTENTION:
        actions.drop(publication, by=by, why=why)
    elif not actions.cancel(publication, by=by, why=why):
        raise actions.NotPossible("It is being sent already.")


def _keep(publication: Publication) -> None:
    why = "It became late during a pause, and nobody has decided about it yet."
    if not asking.ask(publication, Reason.LATE, why, where=Q(intent_open=False)):
        raise actions.NotPossible("It is being sent already.")


def titles(refused: Sequence[tuple[Publication, str]]) -> list[str]:
    from publishing.words import title_of

    return [f"{title_of(publication)}: {why}" for publication, why in refused]

"""How much may be sent and to whom nothing is sent for a while: rows, so that all workers agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Max, Q

from publishing.models import Breaker, Budget

FAILURES = 5
WINDOW = timedelta(seconds=60)
OPEN_TIMES_MAX = 20  # of breaker_s: from 30 s by doubling up to 10 minutes
RETRY_BURST = 10  # repeats at once, then one every retry_every_s …
RETRY_SHARE = 0.1  # … and one for every ten first tries


def take(
    key: str, *, every_s: float, burst: float, now: datetime, share: float = 1.0, count: int = 1
) -> float:
    """Take ``count`` from the budget ``key`` (one per ``every_s``, ``burst`` at once), all or none. 0: taken;
    else seconds to wait.

    GCRA in one statement, so that it holds under any number of writers. ``share`` below 1 leaves the rest of
    the burst to others: who asks with 0.8 is refused while the last fifth is still there. More than there is
    room for is given when the budget is full; those who come then wait for all of it.
    """
    cost_s = count * every_s
    at, room_s = now.timestamp(), max(cost_s, burst * share * every_s)
    Budget.objects.get_or_create(key=key)
    greatest = _greatest()
    # the function's name is one of two words of ours; every value is a parameter
    statement = (
        f"UPDATE publishing_budget SET tat = {greatest}(tat, %s) + %s "  # noqa: S608
        f"WHERE key = %s AND {greatest}(tat, %s) + %s - %s <= %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [at, cost_s, key, at, cost_s, room_s, at])
        if cursor.rowcount == 1:
            return 0.0
    tat = Budget.objects.values_list("tat", flat=True).get(key=key)
    return max(0.1, tat + cost_s - room_s - at)


def spend(key: str, seconds: float, now: datetime) -> None:
    """Take from a budget whether or not it is there: ``seconds`` is the time in which that much comes back."""
    at = now.timestamp()
    Budget.objects.get_or_create(key=key)
    statement = f"UPDATE publishing_budget SET tat = {_greatest()}(tat, %s) + %s WHERE key = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [at, seconds, key])


def give_back(key: str, seconds: float, now: datetime) -> None:
    """Add to a budget that is not full: ``seconds`` is the time in which it would have filled by itself."""
    at = now.timestamp()
    statement = f"UPDATE publishing_budget SET tat = {_greatest()}(tat - %s, %s) WHERE key = %s AND tat > %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [seconds, at, key, at])


def _greatest() -> str:
    return "GREATEST" if connection.vendor == "postgresql" else "MAX"


# Repeats ----------------------------------------------------------------------------------------------------


def tried_first(host: str, now: datetime) -> None:
    """A first try earns a tenth of a repeat."""
    give_back(f"retries:{host}", RETRY_SHARE * settings.PUBLISHING["retry_every_s"], now)


def take_retry(host: str, now: datetime) -> float:
    """Take one repeat; seconds to wait when a network's repeats are used up, so that no outage makes a storm."""
    return take(f"retries:{host}", every_s=settings.PUBLISHING["retry_every_s"], burst=RETRY_BURST, now=now)


# Holds ------------------------------------------------------------------------------------------------------


def hold(key: str, until: datetime) -> None:
    """Send nothing under this key until then, because the network said so."""
    Breaker.objects.get_or_create(key=key)
    Breaker.objects.filter(key=key).exclude(open_until__gte=until).update(open_until=until)


def hold_ends(key: str) -> datetime | None:
    """When the last hold of a key ends or has ended; None where there never was one."""
    return Breaker.objects.filter(key=key).values_list("open_until", flat=True).first()


def held_until(keys: Iterable[str], now: datetime, *, tripped: bool | None = None) -> datetime | None:
    """When the last hold or open breaker of these keys ends; None when nothing stands in the way.

    ``tripped`` asks for open breakers only (True) or for what the network asked for only (False).
    """
    rows = Breaker.objects.filter(key__in=list(keys), open_until__gt=now)
    if tripped is not None:
        rows = rows.filter(tripped=tripped)
    return rows.aggregate(at=Max("open_until"))["at"]


# The breaker ------------------------------------------------------------------------------------------------


def failed(key: str, now: datetime) -> None:
    """Count a failure of the way to the network.

    Five in a minute open the breaker for 30 s, then 60 … 600 s.
    """
    row, _ = Breaker.objects.get_or_create(key=key)
    if row.first_failure_at is None or now - row.first_failure_at > WINDOW:
        Breaker.objects.filter(pk=row.pk).update(first_failure_at=now, failures=1)
        return
    Breaker.objects.filter(pk=row.pk).update(failures=F("failures") + 1)
    _trip(key, now, Q(failures__gte=FAILURES))


def silent(key: str, now: datetime) -> None:
    """It did not answer what could have waited: leave it alone at once, longer each time until something works."""
    Breaker.objects.get_or_create(key=key)
    _trip(key, now, Q())


def probe_failed(key: str, now: datetime) -> None:
    """It still does not answer: wait twice as long as the last time."""
    _trip(key, now, Q(tripped=True))


def _trip(key: str, now: datetime, where: Q) -> None:
    row = Breaker.objects.filter(where, key=key).first()
    if row is None:
        return
    first_s = settings.PUBLISHING["breaker_s"]
    open_s = int(min(OPEN_TIMES_MAX * first_s, row.open_s * 2 or first_s))
    until = now + timedelta(seconds=open_s)
    if row.open_until and row.open_until > until:
        until = row.open_until  # the network's own wish lasts longer
    Breaker.objects.filter(where, pk=row.pk, open_s=row.open_s).update(
        open_until=until, open_s=open_s, failures=0, first_failure_at=None, tripped=True, probe_until=None
    )


def worked(keys: Iterable[str]) -> None:
    """The network answered: forget the failures and close the breakers. A hold that it asked for stays."""
    rows = Breaker.objects.filter(key__in=list(keys))
    rows.filter(tripped=True).update(tripped=False, open_until=None, probe_until=None)
    rows.exclude(failures=0, open_s=0).update(failures=0, first_failure_at=None, open_s=0)


def half_open(keys: Sequence[str], now: datetime) -> list[str]:
    """The keys whose breaker's time is over, but under which nothing has worked again yet."""
    rows = Breaker.objects.filter(key__in=list(keys), tripped=True).exclude(open_until__gt=now)
    return list(rows.order_by("key").values_list("key", flat=True))


def take_probe(key: str, now: datetime, *, for_s: float) -> bool:
    """Whether the caller is the one who may try. Only one does at a time."""
    free = Q(probe_until=None) | Q(probe_until__lte=now)
    until = now + timedelta(seconds=for_s)
    return Breaker.objects.filter(free, key=key, tripped=True).update(probe_until=until) == 1

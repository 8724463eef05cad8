"""How often somebody may try. Kept in the database, so that it holds for all web processes together."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.crypto import salted_hmac

from editorial.models import Knock
from work import clock

WINDOW = timedelta(minutes=10)
PER_ADDRESS = 60
PER_LINK = 20


def too_often(kind: str, who: str, most: int, now: datetime) -> bool:
    """Count one try of ``who``; whether that was one too many within the window."""
    key = salted_hmac("editorial.guests.knock", f"{kind}:{who}", algorithm="sha256").hexdigest()
    rows = Knock.objects.filter(key=key)
    if rows.filter(since__lte=now - WINDOW).update(since=now, count=1):
        return False
    if not rows.update(count=F("count") + 1):
        Knock.objects.bulk_create([Knock(key=key, since=now, count=1)], ignore_conflicts=True)
        return False
    return rows.values_list("count", flat=True).get() > most


def forget() -> None:
    """A periodic job: drop what is older than a day."""
    Knock.objects.filter(since__lt=clock.now() - timedelta(days=1)).delete()

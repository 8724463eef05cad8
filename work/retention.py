"""How long what people were told is kept. Events, the record of what went out, are kept for ever."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from work import clock
from work.models import Notice, Outbox, Worker

READ_GOOD_NEWS = timedelta(days=90)
READ_TROUBLE = timedelta(days=365)
UNREAD = timedelta(days=730)
SENT_MAIL = timedelta(days=30)
UNSENT_MAIL = timedelta(days=90)
GONE_WORKER = timedelta(days=7)
GOOD_NEWS = ("published", "approved", "submitted")


def prune() -> int:
    """Delete what is older than its class allows; returns how many rows. Safe to call at any time, and to cut off."""
    now = clock.now()
    good, read = Q(kind__in=GOOD_NEWS), Q(read_at__isnull=False)
    old = (
        Notice.objects.filter(good & read, created_at__lt=now - READ_GOOD_NEWS),
        Notice.objects.filter(~good & read, created_at__lt=now - READ_TROUBLE),
        Notice.objects.filter(read_at=None, created_at__lt=now - UNREAD),
        Outbox.objects.filter(sent_at__lt=now - SENT_MAIL),
        Outbox.objects.filter(sent_at=None, next_action_at=None, created_at__lt=now - UNSENT_MAIL),
        Worker.objects.filter(seen_at__lt=now - GONE_WORKER),
    )
    return sum(rows.delete()[0] for rows in old)

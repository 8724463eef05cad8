"""How long notices and mails are kept: good news shorter than trouble, nothing unread before two years."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from work import clock, outbox, retention
from work.models import Notice, Outbox

pytestmark = pytest.mark.db


@pytest.mark.parametrize(
    ("kind", "days", "read", "kept"),
    [
        ("published", 89, True, True),
        ("published", 91, True, False),
        ("published", 91, False, True),
        ("late", 91, True, True),
        ("late", 366, True, False),
        ("late", 729, False, True),
        ("late", 731, False, False),
    ],
)
def test_notices(db, kind, days, read, kept):
    user = get_user_model().objects.create_user("ada", "", None)
    with clock.by_hand() as hand:
        outbox.tell([user], subject="s", body="b", event_id="e", kind=kind)
        if read:
            Notice.objects.update(read_at=hand.at)
        hand.at += timedelta(days=days)
        retention.prune()

        assert Notice.objects.exists() is kept


def test_mails_that_wait_are_kept_whatever_their_age(db):
    user = get_user_model().objects.create_user("ada", "ada@example.org", None)
    with clock.by_hand() as hand:
        for name in ("waits", "sent", "given up"):
            outbox.tell([user], subject=name, body="b", event_id=name, kind="late")
        Outbox.objects.filter(subject="sent").update(sent_at=hand.at, next_action_at=None)
        Outbox.objects.filter(subject="given up").update(next_action_at=None)
        hand.at += timedelta(days=31)
        retention.prune()
        assert sorted(Outbox.objects.values_list("subject", flat=True)) == ["given up", "waits"]
        hand.at += timedelta(days=60)
        retention.prune()
        assert list(Outbox.objects.values_list("subject", flat=True)) == ["waits"]

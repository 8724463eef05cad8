"""Mail: all that is due in one turn, one thread, and a server that is down tried once per turn."""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail

from work import outbox, sources, worker
from work.models import Outbox

pytestmark = pytest.mark.db


@pytest.fixture
def five(db):
    user = get_user_model().objects.create_user("ada", "ada@example.org", None)
    for n in range(5):
        outbox.tell([user], subject=f"News {n}", body="b", event_id=f"e{n}", kind="attention")
    return list(Outbox.objects.order_by("pk"))


def test_one_turn_sends_all_that_are_due(five):
    worker.run_one("outbox", five[0].pk)

    assert [m.subject for m in mail.outbox] == [f"News {n}" for n in range(5)]
    assert Outbox.objects.filter(sent_at=None).count() == 0


def test_a_server_that_is_down_is_asked_once_in_a_turn(five, monkeypatch):
    asked = []

    def down(self, *args, **kwargs):
        asked.append(1)
        raise OSError("no route")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", down)
    worker.run_one("outbox", five[0].pk)

    assert len(asked) == 1
    assert Outbox.objects.filter(sent_at=None, next_action_at__isnull=False).count() == 5


def test_mail_never_takes_a_second_thread(five, monkeypatch):
    inner = []
    monkeypatch.setattr(
        "django.core.mail.EmailMessage.send",
        lambda self: inner.append(worker.run_one("outbox", five[4].pk)),
    )
    worker.run_one("outbox", five[0].pk)

    assert inner == [False] * 5
    assert sources.get("outbox").at_once == 1

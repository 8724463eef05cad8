"""Telling people: once, with the change that it tells about, and sent afterwards."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection, transaction

from work import clock, drain, outbox, switches, worker
from work.models import Notice, Outbox

pytestmark = pytest.mark.db


@pytest.fixture
def ada(db):
    return get_user_model().objects.create_user("ada", "ada@example.org", None)


def tell(*users, **more):
    words = {
        "subject": "Late:\nthe river",
        "body": "It is late.",
        "url": "/admin/x/",
        "event_id": "e1",
        "kind": "late",
    }
    outbox.tell(users, **{**words, **more})


def test_told_twice_hears_once(ada):
    tell(ada)
    tell(ada, ada)

    assert Notice.objects.count() == Outbox.objects.count() == 1


def test_taken_back_with_the_transaction(ada):
    with transaction.atomic():
        tell(ada)
        transaction.set_rollback(True)

    assert not Notice.objects.exists()
    assert not Outbox.objects.exists()


def test_no_address_no_mail_inactive_nothing(db):
    make = get_user_model().objects.create_user
    tell(make("no-mail", "", None), make("gone", "gone@example.org", None, is_active=False), None)

    assert [n.user.username for n in Notice.objects.all()] == ["no-mail"]
    assert not Outbox.objects.exists()


def test_mail_is_sent_with_the_address(ada, settings):
    tell(ada)

    drain.drain(["outbox"])

    (message,) = mail.outbox
    assert message.to == ["ada@example.org"]
    assert message.subject == "Late: the river"
    assert f"{settings.PUBLIC_URL}/admin/x/" in message.body
    assert Outbox.objects.get().sent_at is not None


def test_mail_server_that_is_down_is_tried_again_and_given_up_after_days(ada, monkeypatch):
    def down(self, *args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", down)
    with clock.by_hand() as hand:
        tell(ada)
        row = Outbox.objects.get()
        for _ in range(3):
            worker.run_one("outbox", row.pk)
            row.refresh_from_db()
            hand.at = row.next_action_at
        assert (row.tries, row.last_error) == (3, "OSError: no route")

        hand.at += timedelta(days=3)
        worker.run_one("outbox", row.pk)
        row.refresh_from_db()
        assert row.next_action_at is None
        assert row.sent_at is None


def test_widest_pause_is_named(db):
    assert switches.paused(campaign_id=1, platform="x", channel_id=3) is None
    switches.turn("channel", "3", on=True, reason="c")
    switches.turn("platform", "x", on=True, reason="p")

    assert switches.paused(campaign_id=1, platform="x", channel_id=3).reason == "p"
    assert switches.paused(campaign_id=1, platform="facebook", channel_id=3).reason == "c"
    assert switches.paused(campaign_id=1, platform="facebook", channel_id=4) is None
    switches.turn("all", on=True, reason="a")
    assert switches.paused(platform="mastodon").reason == "a"
    switches.turn("all", on=False)
    assert switches.paused(platform="mastodon") is None


# Crowds -----------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(monkeypatch):
    bundle = outbox.Bundle(
        "posts",
        mail_title="{n} posts need you",
        titles={"late": "{n} posts are late"},
        wait=timedelta(seconds=60),
        url="/admin/all/",
    )
    monkeypatch.setitem(outbox._BUNDLES, "posts", bundle)
    return bundle


def tell_crowd(*users, events, kind="late"):
    for event in events:
        tell(
            *users,
            subject=f"Late: {event}",
            url=f"/admin/{event}/",
            event_id=event,
            bundle="posts",
            kind=kind,
        )


def test_hundred_late_posts_are_one_notice_and_one_mail(ada, crowd, settings):
    with clock.by_hand() as hand:
        tell_crowd(ada, events=[f"e{n}" for n in range(100)])
        drain.drain(["outbox"])
        assert mail.outbox == []  # it waits for the others
        hand.move(61)
        drain.drain(["outbox"])
        hand.move(3600)
        drain.drain(["outbox"])

    (message,) = mail.outbox
    assert message.subject == "100 posts need you"
    assert message.body.count("Late: e") == 100
    assert f"{settings.PUBLIC_URL}/admin/e99/" in message.body
    assert f"{settings.PUBLIC_URL}/admin/all/" in message.body
    notice = Notice.objects.get()
    assert (notice.subject, notice.url, len(notice.lines)) == ("100 posts are late", "/admin/all/", 100)
    assert Outbox.objects.filter(sent_at=None).count() == 0


def test_one_of_a_crowd_reads_like_any_other(ada, crowd):
    with clock.by_hand() as hand:
        tell_crowd(ada, events=["e1"])
        hand.move(61)
        drain.drain(["outbox"])

    assert mail.outbox[0].subject == "Late: e1"
    assert Notice.objects.get().subject == "Late: e1"


def test_gathered_twice_counts_once(ada, crowd):
    tell_crowd(ada, events=["e1", "e2", "e2", "e1"])

    assert len(Notice.objects.get().lines) == 2
    assert Outbox.objects.count() == 2


def test_read_or_old_notice_gathers_no_more(ada, crowd):
    with clock.by_hand() as hand:
        tell_crowd(ada, events=["e1"])
        Notice.objects.update(read_at=hand.at)
        tell_crowd(ada, events=["e2"])
        hand.move(3601)
        tell_crowd(ada, events=["e3"])

    assert Notice.objects.count() == 3


def test_full_notice_is_followed_by_another(ada, crowd, monkeypatch):
    monkeypatch.setattr("work.outbox.LINES", 3)
    with clock.by_hand() as hand:
        for n in range(7):
            hand.move(1)
            tell_crowd(ada, events=[f"e{n}"])

    held = Notice.objects.order_by("created_at").values_list("lines", flat=True)
    assert [[line["event"] for line in lines] for lines in held] == [
        ["e0", "e1", "e2"],
        ["e3", "e4", "e5"],
        ["e6"],
    ]
    assert Outbox.objects.count() == 7


def test_crowd_waits_together_while_the_mail_server_is_down(ada, crowd, monkeypatch):
    real = mail.EmailMessage.send
    down = True

    def send(self, *args, **kwargs):
        if down:
            raise OSError("no route")
        return real(self, *args, **kwargs)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    with clock.by_hand() as hand:
        tell_crowd(ada, events=["e1", "e2", "e3"])
        for _ in range(3):
            hand.move(61)
            drain.drain(["outbox"])
        down = False
        for _ in range(10):
            hand.move(600)
            drain.drain(["outbox"])

    assert [m.subject for m in mail.outbox] == ["3 posts need you"]


def test_mails_that_a_person_does_not_want_are_not_sent(ada, monkeypatch):
    from work import mails

    monkeypatch.setattr(mails, "_OFFERED", {})
    mails.offer("published", label="Published", default=False)
    bob = get_user_model().objects.create_user("bob", "bob@example.org", None)
    mails.choose(bob, {"published": True, "unheard of": True})

    tell(ada, bob, kind="published", event_id="p")
    tell(ada, bob, kind="late", event_id="l")

    assert [row.user.username for row in Outbox.objects.filter(kind="published")] == ["bob"]
    assert Outbox.objects.filter(kind="late").count() == 2
    assert Notice.objects.filter(kind="published").count() == 2
    assert mails.choices_of(ada) == {"published": False}


@pytest.mark.django_db(transaction=True)
def test_first_two_of_a_crowd_at_once_are_one_notice(crowd):
    """The second waits for the first, which no other transaction sees yet, and then grows its notice."""
    ada = get_user_model().objects.create_user("ada", email="ada@example.org")
    told, go_on = threading.Event(), threading.Event()

    def first():
        try:
            with transaction.atomic():
                tell_crowd(ada, events=["a"])
                told.set()
                go_on.wait(10)
        finally:
            connection.close()

    def second():
        try:
            told.wait(10)
            tell_crowd(ada, events=["b"])
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (first, second)]
    for thread in threads:
        thread.start()
    told.wait(10)
    threads[1].join(0.5)  # time enough to look for a notice and find none
    go_on.set()
    for thread in threads:
        thread.join(20)

    assert [line["event"] for line in Notice.objects.get(user=ada).lines] == ["a", "b"]

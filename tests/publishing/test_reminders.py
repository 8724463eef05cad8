"""Telling again: rows, events and news together, once, to the right people."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail

from publishing.domain import actions, reminders
from publishing.models import Event
from work import drain
from work.models import Notice, Outbox

pytestmark = pytest.mark.db
H = timedelta(hours=1)


@pytest.fixture
def late(world):
    publication = world.publication("The river is clean.")
    world.step(publication, to=publication.due_at + H)
    assert publication.state == "attention"
    return publication


@pytest.fixture
def chief(world):
    return get_user_model().objects.create_superuser("root", "root@example.org", None)


def told(kind):
    return sorted(n.user.username for n in Notice.objects.filter(kind=kind))


def kinds(publication):
    return list(Event.objects.filter(publication=publication).order_by("seq").values_list("kind", flat=True))


def test_nobody_looks_so_administrators_hear_of_it_once(world, late, chief):
    world.hand.at = late.attention_since + H
    reminders.run()
    reminders.run()

    assert told("escalated") == ["ada", "max", "root"]
    assert kinds(late).count("escalated") == 1
    late.refresh_from_db()
    assert late.attention_told == 2


def test_an_opened_case_is_reminded_and_not_escalated(world, late, chief):
    assert reminders.opened(late, by=world.manager)
    assert not reminders.opened(late, by=chief)  # only the first counts
    world.hand.at = late.attention_since + H
    reminders.run()

    assert told("escalated") == []
    assert told("reminder") == ["ada", "max"]
    late.refresh_from_db()
    assert late.attention_opened_by == world.manager
    assert kinds(late)[-2:] == ["opened", "reminded"]


def test_what_is_decided_is_told_no_more(world, late):
    world.hand.at = late.attention_since + 2 * H
    actions.drop(late, by=world.manager)
    reminders.run()

    assert told("reminder") == told("escalated") == []


def test_decided_between_reading_and_writing_tells_nobody(world, late):
    from publishing.digest import Telling
    from publishing.models import Publication

    stale = Publication.objects.get(pk=late.pk)
    actions.drop(late, by=world.manager)
    reminders.remind(stale, Telling.AGAIN, world.hand.at)

    assert told("reminder") == []
    assert "reminded" not in kinds(late)


def test_new_case_of_the_same_post_starts_anew(world, late):
    world.hand.at = late.attention_since + H
    reminders.run()
    actions.reschedule(late, world.hand.at + H, by=world.manager)
    world.step(late, to=late.due_at + H)
    late.refresh_from_db()
    assert (late.state, late.attention_told, late.attention_opened_at) == ("attention", 1, None)
    world.hand.at = late.attention_since + H
    reminders.run()

    assert kinds(late).count("escalated") == 2


def test_one_that_cannot_be_told_stops_no_other(world, late, monkeypatch):
    other = world.publication("Another one.")
    world.step(other, to=world.hand.at)
    real = reminders.remind

    def remind(publication, *more):
        if publication.pk == late.pk:
            raise OSError("broken")
        real(publication, *more)

    monkeypatch.setattr(reminders, "remind", remind)
    world.hand.at = other.attention_since + H
    reminders.run()

    assert kinds(other)[-1] == "escalated"


def test_night_without_power_is_one_mail_per_person(world, chief):
    """Thirty posts late at once: one mail and one notice for the owner, one each for the managers."""
    posts = [world.publication(f"Post {n}.") for n in range(30)]
    world.hand.at = posts[0].due_at + 9 * H
    for publication in posts:
        world.step(publication, to=world.hand.at)
        assert publication.state == "attention"
    world.hand.move(61)
    drain.drain(["outbox"])

    assert sorted(m.to[0] for m in mail.outbox) == ["ada@example.org", "max@example.org"]
    assert {m.subject for m in mail.outbox} == {"30 posts need a look"}
    assert all(m.body.count("/admin/publishing/") == 31 for m in mail.outbox)
    assert [n.subject for n in Notice.objects.filter(user=world.owner)] == [
        "30 posts are late and need a decision"
    ]
    assert not Outbox.objects.filter(sent_at=None).exists()


def test_campaign_without_managers_asks_administrators(world, chief):
    world.manager.groups.clear()
    publication = world.publication("The river is clean.")
    world.step(publication, to=publication.due_at + H)

    assert told("late") == ["ada", "root"]


def test_good_news_are_mailed_to_those_who_want_them(world):
    from work import mails

    mails.choose(world.owner, {"published": True})
    world.finish(world.publication("The river is clean."))
    assert Outbox.objects.filter(kind="published", user=world.owner).count() == 1
    mails.choose(world.owner, {"published": False})
    world.finish(world.publication("It still is."))

    assert Outbox.objects.filter(kind="published").count() == 1
    assert Notice.objects.get(kind="published").subject == "2 posts are out"

"""People: who click twice, change their minds in the last second, pull the brake, or do not react at all."""

import threading
from itertools import pairwise

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection

from channels.models import Channel
from publishing.domain import actions, reminders, run, void
from publishing.domain.approve import NotApprovable, freeze
from publishing.models import Publication, Version
from tests.faults import lab as net
from tests.faults.world import DUE, s
from work import switches, worker
from work.models import Notice, Outbox

pytestmark = pytest.mark.db


def at_once(*jobs):
    """Run the jobs in threads that begin together; returns what each returned or raised."""
    start, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def body(number, job):
        try:
            start.wait(20)
            results[number] = job()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=body, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


# Twice ----------------------------------------------------------------------------------------------------------


def test_approved_twice_at_once_goes_out_once(committed_world):
    world = committed_world
    variant = world.variant()
    payload = world.payload(variant, "one")

    results = at_once(*[lambda: freeze(variant, payload, by=world.manager)] * 4)

    assert not any(isinstance(r, IntegrityError) for r in results), results
    assert all(isinstance(r, Version | NotApprovable) for r in results), results
    assert Publication.objects.live().count() == 1
    assert Version.objects.filter(voided_at=None).count() == 1
    world.go_on()
    assert world.lab.texts() == ["one"]


def test_approved_twice_after_each_other_is_one_version(world):
    variant = world.variant()
    payload = world.payload(variant, "one")

    assert freeze(variant, payload, by=world.manager) == freeze(variant, payload, by=world.manager)

    world.go_on()
    assert world.lab.texts() == ["one"]


def test_sent_now_twice_at_once_goes_out_once(committed_world):
    world = committed_world
    publication = world.publication("one", due=DUE + s(86_400))

    def click():
        mine = Publication.objects.get(pk=publication.pk)
        actions.send_now(mine, by=world.manager)
        return worker.run_one("publication", mine.pk)

    results = at_once(click, click, click)

    assert all(r in (True, False) or isinstance(r, actions.NotPossible) for r in results), results
    world.go_on()
    assert world.lab.texts() == ["one"]


def test_cancelled_twice_is_cancelled_once(world):
    publication = world.publication("one")

    assert actions.cancel(publication, by=world.manager) is True
    with pytest.raises(actions.NotPossible):
        actions.cancel(publication, by=world.manager)

    world.go_on()
    assert world.events(publication).count("cancelled") == 1
    assert world.lab.calls == []


def test_decided_twice_at_once_is_decided_once(committed_world):
    world = committed_world
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    assert publication.reason == "late"

    def send():
        actions.send_now(Publication.objects.get(pk=publication.pk), by=world.manager)
        return "sent"

    def drop():
        actions.drop(Publication.objects.get(pk=publication.pk), by=world.manager)
        return "dropped"

    results = at_once(send, drop)
    world.go_on()

    done = [r for r in results if isinstance(r, str)]
    assert done, results
    publication.refresh_from_db()
    if publication.state == "published":
        assert world.lab.texts() == ["one"]
    else:
        assert publication.state == "cancelled"
        assert world.lab.texts() == []


# In the last second ---------------------------------------------------------------------------------------------


def just_before_the_intent(monkeypatch, do):
    """Call ``do`` once, when everything has been checked and the intent is about to be committed."""
    real, done = run.Run.intend, []

    def intend(held, step, now):
        if not done and step.kind in ("commit", "reply"):
            done.append(1)
            do()
        return real(held, step, now)

    monkeypatch.setattr(run.Run, "intend", intend)


def just_after_the_intent(monkeypatch, do):
    done = []

    def hit(name):
        if name == "after_intent" and not done:
            done.append(1)
            do()

    monkeypatch.setattr(run, "hit", hit)


def wrong_figure(world, publication):
    return lambda: void.void(publication.variant, reason="Wrong figure.", by=world.manager)


def stopped(world, publication):
    return lambda: actions.cancel(Publication.objects.get(pk=publication.pk), by=world.manager)


def paused(world, publication):
    return lambda: switches.turn("channel", world.channel.pk, on=True, reason="Silence", by=world.manager)


@pytest.mark.parametrize("act", [wrong_figure, stopped, paused])
def test_person_who_acts_between_claim_and_intent_wins(world, monkeypatch, act):
    publication = world.publication("one")
    just_before_the_intent(monkeypatch, act(world, publication))

    world.step(publication, to=DUE)

    assert world.lab.made("POST /post") == []
    assert publication.state in (("waiting", "scheduled") if act is paused else ("cancelled",))
    switches.turn("channel", world.channel.pk, on=False)
    world.go_on()
    assert world.lab.texts() == (["one"] if act is paused else [])


@pytest.mark.parametrize("act", [wrong_figure, stopped, paused])
def test_person_who_acts_after_the_intent_is_told_that_it_is_being_sent(world, monkeypatch, act):
    publication = world.publication("one")
    just_after_the_intent(monkeypatch, act(world, publication))

    world.finish(publication)

    assert world.lab.texts() == ["one"]
    assert publication.state == "published"
    if act is not paused:
        assert "stop_requested" in world.events(publication)


@pytest.mark.parametrize("act", [wrong_figure, stopped])
def test_person_who_stops_a_thread_in_its_middle_stops_it_there(world, monkeypatch, act):
    publication = world.publication("one", "two", "three")
    just_after_the_intent(monkeypatch, act(world, publication))

    world.finish(publication)

    assert world.lab.texts() == ["one"]
    assert (publication.state, publication.reason) == ("attention", "partial_thread")


@pytest.mark.parametrize("round", range(3))
def test_cancelled_in_the_second_of_the_claim_is_one_or_the_other(committed_world, round):
    world = committed_world
    publication = world.publication("one")
    world.hand.at = DUE

    cancelled, ran = at_once(
        lambda: actions.cancel(Publication.objects.get(pk=publication.pk), by=world.manager),
        lambda: worker.run_one("publication", publication.pk),
    )
    world.go_on()

    publication.refresh_from_db()
    if cancelled is True:
        assert (publication.state, world.lab.texts()) == ("cancelled", [])
    else:
        assert (publication.state, world.lab.texts()) == ("published", ["one"])


def test_stopped_while_in_doubt_is_settled_first_and_not_sent_again(world):
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST.undone())
    world.step(publication, to=DUE)

    assert actions.cancel(publication, by=world.manager) is False
    world.finish(publication)

    assert publication.state == "cancelled"
    assert len(world.lab.made("POST /post")) == 1


# The brake ------------------------------------------------------------------------------------------------------


def test_paused_in_the_middle_of_a_burst_and_released_floods_nobody(world):
    for number in range(10):
        world.publication(f"post {number}")
    world.hand.at = DUE
    for publication in list(Publication.objects.all())[:3]:
        world.step(publication, to=DUE)
    switches.turn("all", on=True, reason="Storm", by=world.manager)
    world.go_on(until=DUE + s(600))
    held = len(world.lab.texts())
    assert held <= 3

    switches.turn("all", on=False, by=world.manager)
    world.go_on()

    released = sorted(post.at for post in world.lab.stood() if post.at > DUE + s(1))
    assert len(released) == 10 - held
    assert all(b - a >= s(60) for a, b in pairwise(released))


def test_paused_beyond_the_grace_asks_about_all_and_sends_none(world):
    for number in range(10):
        world.publication(f"post {number}")
    switches.turn("platform", "lab", on=True, by=world.manager)
    world.go_on(until=DUE + s(1801))

    switches.turn("platform", "lab", on=False, by=world.manager)
    world.go_on()

    assert set(Publication.objects.values_list("state", "reason")) == {("attention", "late")}
    assert world.lab.texts() == []


# The mailbox ----------------------------------------------------------------------------------------------------


def post_mails(world):
    """Have every mail that is due sent, as the worker would."""
    for row in Outbox.objects.filter(next_action_at__lte=world.hand.at):
        worker.run_one("outbox", row.pk)


def test_mailbox_that_is_down_loses_no_mail_and_no_notice(world, monkeypatch):
    publication = world.publication("one")
    world.lab.next("POST /post", net.refusal(422, "text", "Too rude."))
    world.finish(publication)
    down = {"now": True}
    real = EmailBackend.send_messages

    def send_messages(self, messages):
        if down["now"]:
            raise OSError("the mail server is down")
        return real(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    for _ in range(5):
        world.hand.move(600)
        post_mails(world)
    assert mail.outbox == []
    assert Outbox.objects.filter(sent_at=None).exclude(next_action_at=None).count() >= 2
    assert Notice.objects.filter(user=world.owner, kind="failed").count() == 1
    down["now"] = False

    for _ in range(6):
        world.hand.move(700)
        post_mails(world)

    assert sorted(m.to[0] for m in mail.outbox) == ["ada@example.org", "max@example.org"]
    assert not Outbox.objects.filter(sent_at=None).exists()


def test_decision_that_nobody_makes_is_brought_up_again(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    assert world.told("late") == 1

    for _ in range(72):
        world.hand.move(3600)
        reminders.run()

    publication.refresh_from_db()
    assert publication.state == "attention"
    assert world.told("escalated") == 1
    assert 2 <= world.told("reminder") <= 4  # after an hour (the escalation), a day, then each morning
    assert world.lab.calls == []


# The channel ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reason"),
    [("disconnected", "reconnect"), ("reconnect", "reconnect"), ("blocked", "account_blocked")],
)
def test_channel_that_was_taken_away_before_the_time_asks(world, state, reason):
    publication = world.publication("one")
    Channel.objects.update(state=state, state_reason="Somebody did this.")

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", reason)
    assert world.lab.calls == []
    assert world.told("attention") == 1


def test_channel_that_the_network_suspends_blocks_its_other_posts(world):
    first, second = world.publication("one"), world.publication("two", due=DUE + s(600))
    world.lab.next("POST /post", net.refusal(403, "suspended", "This account is suspended."), times=9)

    world.go_on()

    first.refresh_from_db()
    second.refresh_from_db()
    assert {first.reason, second.reason} == {"account_blocked"}
    assert len(world.lab.made("POST /post")) == 1

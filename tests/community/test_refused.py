"""An answer that the network refuses: who was set aside because it was on its way waits again, and people are told where."""

from __future__ import annotations

import pytest
from django.urls import reverse

from channels.connectors.abilities import PrivateStart
from channels.connectors.base import Outcome, OutcomeKind
from channels.connectors.talk import MessageKind as K
from channels.models import Channel
from community import desk, ingest, rating, sorting
from community.models import Conversation, Message, Settings
from tests.community.conftest import enter
from tests.community.test_answers import person
from tests.community.test_set_aside import MINUTE, at, cleo, names, only, private, say  # noqa: F401
from tests.publishing.conftest import START
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db]
NO = Outcome(OutcomeKind.CONTENT, message="Comments are closed under this post.")


@pytest.fixture
def refused(world, network, cleo, at):  # noqa: F811
    """Send an answer at a minute; something is done five minutes later; then the network refuses the answer."""

    def _refused(minute, then=lambda: None):
        at(minute)
        message = Message.objects.get(remote_id="1")
        answer = desk.draft_answer(cleo, message.conversation, "Behind the mill.", message=message)
        answer = desk.send(cleo, answer)
        at(minute + 5)
        then()
        network.script["reply"] = [NO]
        world.finish(answer.publication)
        assert answer.publication.state == "failed"
        return answer

    return _refused


def close(by, status="closed"):
    sorting.set_status(only(), status, by=by, reason="said enough")


@pytest.mark.parametrize("status", ["closed", "no_answer", "answered"])
def test_what_was_closed_while_its_answer_was_on_its_way_waits_again(say, cleo, refused, status):  # noqa: F811
    say("1", 0)
    refused(15, lambda: close(cleo, status))

    row = only()
    assert (row.status, row.reason, row.closed_at) == ("open", "", None)
    assert (row.waiting_since, names(row)) == (START, ["mara"])
    assert row.next_due_at == START + 240 * MINUTE


def test_it_says_why_and_whoever_sent_it_is_led_there(say, world, cleo, refused, client):  # noqa: F811
    say("1", 0)
    refused(15, lambda: close(cleo))
    enter(client, cleo)

    notice = Notice.objects.get(user=cleo)
    assert notice.subject.startswith("Answer not sent: “Behind the mill.”")
    assert NO.message in notice.body
    assert notice.url == reverse("community:conversation", args=[only().pk])
    page = client.get(notice.url).content.decode()
    assert NO.message in page
    assert "Write it again" in page
    assert f'data-row="{only().pk}"' in client.get(reverse("community:inbox")).content.decode()


def test_who_may_not_answer_there_is_led_to_its_delivery(say, world, cleo, refused):  # noqa: F811
    mona = person(world, "mona", "manager")
    Channel.objects.filter(pk=world.channel.pk).update(only_groups=[cleo.groups.get().pk])
    say("1", 0)
    answer = refused(15)

    led = dict(Notice.objects.filter(kind="failed").values_list("user__username", "url"))
    assert led[cleo.username] == reverse("community:conversation", args=[only().pk])
    assert led[mona.username] == reverse("publishing:publication", args=[answer.publication_id])


def test_what_was_closed_before_it_was_written_stays_so(say, at, cleo, refused):  # noqa: F811
    say("1", 0)
    at(10)
    close(cleo)
    refused(15)

    assert (only().status, only().waiting_since) == ("closed", None)


def test_what_it_would_not_have_answered_stays_closed(say, at, cleo, refused):  # noqa: F811
    say("1", 0, author="mara")
    say("2", 1, author="tom", parent_id="1", kind=K.REPLY)

    def goes_on():
        say("3", 20, author="mara", parent_id="1", kind=K.REPLY)
        close(cleo)

    refused(15, goes_on)

    row = only()
    assert (row.status, names(row), row.waiting_since) == ("open", ["mara"], START)
    aside = set(row.messages.exclude(set_aside_at=None).values_list("remote_id", flat=True))
    assert aside == {"2", "3"}


def test_where_another_answer_stands_it_stays_closed(say, world, cleo, refused):  # noqa: F811
    say("1", 0)

    def answered():
        say("a", 19, parent_id="1", kind=K.REPLY, ours=True)
        close(cleo)

    refused(15, answered)

    assert (only().status, only().waiting_since) == ("closed", None)


def test_what_was_emptied_meanwhile_stays_closed(say, world, cleo, refused):  # noqa: F811
    say("1", 0)

    def emptied():
        ingest.mark_aside(only().messages.all(), world.hand.at)
        Conversation.objects.update(status="no_answer", emptied_at=world.hand.at)

    refused(15, emptied)

    assert only().status == "no_answer"
    assert not Message.objects.filter(set_aside_at=None).exists()


def test_the_question_how_our_answer_was_brings_nothing_back(say, at, world, network, cleo):  # noqa: F811
    Settings.objects.create(campaign=world.campaign, ask_rating=True, ask_channels=[world.channel.pk])
    private(say, "1", 0)
    private(say, "a", 5, ours=True)
    private(say, "2", 20)
    at(25)
    close(cleo)
    asked = rating.ask(cleo, only())
    close(cleo)
    network.script["reply"] = [NO]
    world.finish(asked.publication)

    assert asked.publication.state == "failed"
    assert only().status == "closed"


def test_what_we_have_only_begun_in_private_is_kept(say, world, network, cleo):  # noqa: F811
    """Nothing stands there that could wait; the words of what was refused do."""
    say("1", 0)
    network.begins = PrivateStart({}, "a test")
    sent = desk.send(cleo, desk.take_private(cleo, only(), "Which house is it?"))
    network.script["reply"] = [NO]
    world.finish(sent.publication)

    row = Conversation.objects.get(kind="direct")
    assert (row.status, row.answers.get().left_here) == ("open", True)


def test_that_it_failed_is_kept_whatever_else_stumbles(say, cleo, refused, monkeypatch):  # noqa: F811
    """A trouble of ours in the conversation undoes only what was done to it."""

    def stumbles(*args, **more):
        Message.objects.update(text="half done")
        Message.objects.create()  # the database refuses it

    say("1", 0)
    monkeypatch.setattr(ingest, "never_said", stumbles)
    answer = refused(15, lambda: close(cleo))

    answer.publication.refresh_from_db()
    assert (answer.publication.state, answer.publication.detail) == ("failed", NO.message)
    assert Message.objects.get().text == "Words 1"
    assert Notice.objects.filter(user=cleo, kind="failed").exists()

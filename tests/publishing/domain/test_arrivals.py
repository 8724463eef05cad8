"""What a network calls to us about a message that nobody can ask about: it settles a doubt, or says what went wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.base import Outcome, OutcomeKind, Safety, StepKind, StepSpec
from channels.connectors.talk import Arrival
from publishing.domain import arrivals, log
from publishing.models import Attempt, Event
from work import claim, clock, switches
from work.models import Notice

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
LOST = Arrival("wamid.1", "sent", witness="word of commit")


def s(seconds):
    return timedelta(seconds=seconds)


@pytest.fixture
def blind(world):
    world.network.safety = Safety.BLIND
    return world


def in_doubt(world, *texts, step="commit"):
    publication = world.publication(*texts)
    world.network.script[step] = ["lost"]
    world.finish(publication)
    return publication


def test_the_word_that_went_along_settles_a_doubt_and_the_rest_goes_out(blind):
    publication = in_doubt(blind, "one", "two")
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")

    arrivals.heard(blind.channel, LOST)
    blind.finish(publication)

    assert (publication.state, publication.remote_id, publication.parts_out) == ("published", "wamid.1", 2)
    assert publication.attention_since is None
    assert blind.network.texts() == ["one", "two"]
    assert len(blind.network.runs()) == 1
    assert Attempt.objects.get(step__key="commit").outcome == "found"
    assert log.broken_at(publication.pk) is None


def test_a_repeat_and_a_word_that_is_not_ours_change_nothing(blind):
    publication = in_doubt(blind, "one")
    arrivals.heard(blind.channel, Arrival("wamid.9", "sent", witness="somebody else's"))
    arrivals.heard(blind.channel, Arrival("wamid.9", "sent"))
    publication.refresh_from_db()
    assert publication.state == "attention"

    for _ in range(2):
        arrivals.heard(blind.channel, LOST)
    blind.finish(publication)

    assert (publication.state, publication.parts_out) == ("published", 1)
    assert Event.objects.filter(publication=publication, kind="found").count() == 1


def test_of_an_account_that_sends_once_more_nothing_is_sent_again(blind):
    blind.channel.on_unknown = "resend_once"
    blind.channel.save()
    publication = blind.publication("one")
    blind.network.script["commit"] = ["lost"]
    blind.step(publication, to=DUE)
    assert publication.state == "in_doubt"

    arrivals.heard(blind.channel, LOST)
    blind.finish(publication)

    assert publication.state == "published"
    assert len(blind.network.runs()) == 1


def test_a_case_that_waits_for_another_reason_waits_on(blind):
    publication = in_doubt(blind, "one")
    type(publication).objects.update(reason="restored")

    arrivals.heard(blind.channel, LOST)

    publication.refresh_from_db()
    assert (publication.state, publication.remote_id, publication.intent_open) == (
        "attention",
        "wamid.1",
        False,
    )


def test_what_a_worker_is_sending_just_now_is_taken_up_later(blind):
    publication = in_doubt(blind, "one")
    type(publication).objects.update(lease_owner="w", lease_until=clock.now() + s(60))
    with pytest.raises(arrivals.UnderWay):
        arrivals.heard(blind.channel, LOST)
    type(publication).objects.update(lease_owner="", lease_until=None)
    publication.steps.update(state="intent")
    with pytest.raises(arrivals.UnderWay):
        arrivals.heard(blind.channel, LOST)

    publication.refresh_from_db()
    assert (publication.state, publication.remote_id) == ("attention", "")
    assert not Event.objects.filter(publication=publication, kind="found").exists()


def test_what_was_left_out_as_unknowable_is_out_after_all(blind):
    publication = blind.publication("one", "two")
    publication.steps.all()
    specs = blind.network.plan(publication.payload, blind.channel)
    from dataclasses import replace

    blind.network.specs = [specs[0], replace(specs[1], required=False)]
    blind.network.script["reply 2"] = ["lost"]
    blind.finish(publication)
    assert publication.state == "published"
    assert len(publication.warnings) == 1

    arrivals.heard(blind.channel, Arrival("wamid.2", "delivered", witness="word of reply 2"))

    publication.refresh_from_db()
    assert (publication.warnings, publication.parts_out) == ([], 2)
    assert publication.remote_parts() == ("commit-1", "wamid.2")


def test_what_was_accepted_and_not_delivered_is_said_once_and_stays_published(blind):
    publication = blind.publication("one")
    blind.finish(publication)
    failed = Arrival(publication.remote_id, "failed", why="No marketing, please.", code="131050", to="+491")

    for _ in range(2):
        arrivals.heard(blind.channel, failed)
    arrivals.heard(blind.channel, Arrival(publication.remote_id, "sent"))

    publication.refresh_from_db()
    assert publication.state == "published"
    assert [w["why"] for w in publication.warnings] == ["+491: No marketing, please."]
    (event,) = Event.objects.filter(publication=publication, kind="undelivered")
    assert (event.data["code"], event.data["why"]) == ("131050", "No marketing, please.")
    assert Notice.objects.filter(subject__startswith="Not delivered").values("user").distinct().count() == 2
    assert log.broken_at(publication.pk) is None


def test_a_lost_answer_of_what_was_not_delivered_is_both(blind):
    publication = in_doubt(blind, "one")

    arrivals.heard(blind.channel, Arrival("wamid.1", "failed", witness="word of commit", why="Not there."))
    blind.finish(publication)

    assert (publication.state, publication.remote_id) == ("published", "wamid.1")
    assert [w["why"] for w in publication.warnings] == ["Not there."]


def test_another_account_hears_nothing_of_it(blind):
    publication = in_doubt(blind, "one")
    other = type(blind.channel).objects.create(
        campaign_id=blind.channel.campaign_id, platform="fake", remote_id="2", handle="@b"
    )

    arrivals.heard(other, LOST)

    publication.refresh_from_db()
    assert publication.state == "attention"


def test_the_worker_that_held_it_before_writes_nothing_more(blind):
    publication = in_doubt(blind, "one")

    arrivals.heard(blind.channel, LOST)

    with pytest.raises(claim.LeaseLost):
        claim.release(publication, next_action_at=None)


@pytest.mark.parametrize("paused", [False, True])
def test_a_call_that_comes_after_the_grace_ends_it_too(blind, paused):
    blind.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE, data={"asks_nobody": True}),
    ]
    blind.network.script["commit"] = [Outcome(OutcomeKind.CONTENT, message="Not there.", spared=True)]
    blind.network.script["people"] = [Outcome(OutcomeKind.CONTENT, message="Nobody is known to have got it.")]
    publication = in_doubt(blind, "one", step="reply 2")
    blind.hand.at += timedelta(hours=1)
    if paused:
        switches.turn("all", on=True)

    arrivals.heard(blind.channel, Arrival("wamid.1", "sent", witness="word of reply 2"))
    blind.step(publication)

    assert (publication.state, publication.reason) == ("published", "")


def test_a_call_about_one_of_many_ends_the_question_whether_anybody_got_it(blind):
    blind.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE, data={"asks_nobody": True}),
    ]
    blind.network.script["commit"] = [Outcome(OutcomeKind.CONTENT, message="Not there.", spared=True)]
    blind.network.script["people"] = [Outcome(OutcomeKind.CONTENT, message="Nobody is known to have got it.")]
    publication = in_doubt(blind, "one", step="reply 2")
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")

    arrivals.heard(blind.channel, Arrival("wamid.1", "sent", witness="word of reply 2"))
    blind.finish(publication)

    assert (publication.state, publication.remote_id, publication.parts_out) == ("published", "wamid.1", 1)
    assert len(blind.network.runs("reply 2")) == 1

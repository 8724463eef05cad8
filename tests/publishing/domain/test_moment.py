"""When a post went out that nobody saw go out: the network's word, else when it was sent, else between two moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind, Safety
from publishing.domain import actions, moment
from publishing.models import Event, Step
from publishing.words import say

pytestmark = pytest.mark.db
DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def s(seconds):
    return timedelta(seconds=seconds)


def found(at):
    return Lookup(LookupKind.FOUND, "77", "https://fake.example/77", True, {"id": "77"}, at=at)


def nobody_answers():
    return Lookup(LookupKind.CANNOT, outcome=Outcome(OutcomeKind.UNKNOWN), reason="no answer")


def in_doubt(world, *texts, hours):
    """Sent at its time, the answer lost; the network can be asked again only hours later."""
    publication = world.publication(*(texts or ("one",)))
    world.network.script["commit"] = ["lost"]
    world.step(publication, to=DUE)
    world.hand.move(hours * 3600)
    return publication


# Found by a look-up -------------------------------------------------------------------------------------------


def test_what_is_found_hours_later_is_as_old_as_the_network_says(world):
    publication = in_doubt(world, hours=6)
    world.network.looks = [found(DUE + s(7))]
    world.finish(publication)

    assert (publication.state, publication.published_at) == ("published", DUE + s(7))
    assert publication.out_until is None
    assert Event.objects.get(publication=publication, kind="published").at >= DUE + s(6 * 3600)


@pytest.mark.parametrize(
    "told",
    [None, DUE - s(61), DUE + timedelta(days=2)],
    ids=["silent", "before it was sent", "in the future"],
)
def test_where_the_network_does_not_say_or_cannot_be_right_it_went_out_when_it_was_sent(world, told):
    publication = in_doubt(world, hours=6)
    world.network.looks = [found(told)]
    world.finish(publication)

    assert (publication.published_at, publication.out_until) == (DUE, None)


def test_a_thread_whose_first_part_was_found_goes_on_and_is_out_with_its_last_part(world):
    publication = in_doubt(world, "one", "two", hours=0.1)
    world.network.looks = [found(DUE + s(7))]
    world.finish(publication)

    assert publication.published_at == world.network.ledger[-1].at >= DUE + s(360)
    assert Step.objects.get(publication=publication, key="commit").out_at == DUE + s(7)


def test_what_was_seen_to_go_out_is_of_that_moment(world):
    publication = world.publication("one")
    world.finish(publication)

    assert publication.published_at == DUE
    assert not Step.objects.exclude(out_at=None).exists()


# A person's word ----------------------------------------------------------------------------------------------


def test_what_a_person_says_days_later_lies_between_the_sending_and_then(world):
    world.network.safety = Safety.BLIND
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.finish(publication)
    world.hand.move(3 * 86_400)

    actions.mark_as_out(publication, "https://fake.example/77", by=world.manager)

    assert (publication.published_at, publication.out_until) == (DUE, world.hand.at)
    assert Event.objects.get(publication=publication, kind="marked_out").at == world.hand.at


def test_what_was_never_sent_and_is_said_to_be_out_lies_after_its_time(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    world.hand.move(3600)

    actions.mark_as_out(publication, "https://fake.example/77", by=world.manager)

    assert (publication.published_at, publication.out_until) == (DUE, world.hand.at)


def test_a_word_within_the_time_a_call_takes_to_land_leaves_nothing_open(world):
    world.network.safety = Safety.BLIND
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.finish(publication)
    world.hand.at = DUE + s(100)

    actions.mark_as_out(publication, "https://fake.example/77", by=world.manager)

    assert (publication.published_at, publication.out_until) == (DUE, None)


def test_a_thread_that_is_left_as_it_is_went_out_with_its_last_part_that_is_out(world):
    publication = world.publication("one", "two")
    world.network.script["reply 2"] = [Outcome(OutcomeKind.CONTENT, message="no")]
    world.finish(publication)
    assert (publication.state, publication.parts_out) == ("attention", 1)
    world.hand.move(86_400)

    actions.mark_as_out(publication, "", by=world.manager)

    assert (publication.published_at, publication.out_until) == (DUE, None)


def test_what_the_network_says_later_settles_it_once(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    actions.mark_as_out(publication, "https://fake.example/77", by=world.manager)

    assert not moment.learn(publication, world.hand.at + timedelta(days=1))
    assert moment.learn(publication, DUE + s(900))
    assert not moment.learn(publication, DUE + s(1000))

    publication.refresh_from_db()
    assert (publication.published_at, publication.out_until) == (DUE + s(900), None)
    assert "went out on" in say(Event.objects.get(publication=publication, kind="out_at"))


def test_its_page_says_between_which_moments(world, client):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    actions.mark_as_out(publication, "https://fake.example/77", by=world.manager)
    world.manager.is_superuser = True
    world.manager.save()
    client.force_login(world.manager)

    page = client.get(reverse("publishing:publication", args=[publication.pk])).content.decode()

    assert "<dt>Published</dt><dd>between" in page

"""A post that is out gets another text, or is deleted: once, by somebody who may, and its history says so."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from channels.connectors.abilities import Action
from channels.connectors.base import Outcome, OutcomeKind, Safety
from publishing.domain import actions, log, mending
from publishing.models import Event, Publication
from publishing.pages import decisions

pytestmark = pytest.mark.db
K = OutcomeKind


@pytest.fixture
def able(world):
    """The network can do both; what it was asked for stands in ``done``."""
    world.network.acts = MappingProxyType({Action.EDIT_POST: Safety.PURE, Action.DELETE_POST: Safety.PURE})
    world.network.done, world.network.says = [], []

    def act(act, ctx):
        ctx.wire.bytes_started_at = ctx.now
        world.network.done.append((str(act.action), act.remote_id, act.text))
        return world.network.says.pop(0) if world.network.says else Outcome(K.OK, remote_id=act.remote_id)

    world.network.act = act
    return world


@pytest.fixture
def thread(able):
    publication = able.publication("one", "two")
    able.finish(publication)
    return publication


def carry_out(world, publication):
    for deed in publication.mends.order_by("created_at"):
        world.finish(deed)
    publication.refresh_from_db()


def kinds(publication):
    return list(Event.objects.filter(publication=publication).order_by("seq").values_list("kind", flat=True))


def test_a_changed_text_goes_out_once_and_stands_in_the_history(able, thread):
    first, second = (each.remote_id for each in mending.out(thread))

    count = mending.change(thread, {first: "one", second: "two, mended "}, by=able.manager)
    carry_out(able, thread)

    assert count == 1  # the first reads as before
    assert able.network.done == [("edit_post", second, "two, mended")]
    assert [each.text for each in mending.out(thread)] == ["one", "two, mended"]
    assert kinds(thread)[-2:] == ["change_wanted", "changed"]
    wanted = Event.objects.get(publication=thread, kind="change_wanted")
    assert (wanted.data["before"], wanted.data["after"], wanted.by_name) == ("two", "two, mended", "Max")
    assert thread.payload["parts"][1]["text"] == "two"  # what was approved stays
    assert log.broken_at(thread.pk) is None


def test_a_deletion_takes_all_posts_down_the_last_one_first(able, thread):
    first, second = (each.remote_id for each in mending.out(thread))

    assert mending.delete(thread, by=able.manager, why="A mistake.") == 2
    carry_out(able, thread)

    assert able.network.done == [("delete_post", second, ""), ("delete_post", first, "")]
    assert (mending.out(thread), mending.is_gone(thread)) == ([], True)
    assert actions.allowed(thread) == ()
    assert (thread.state, kinds(thread)[-3:]) == ("published", ["deletion_wanted", "deleted", "deleted"])
    assert log.broken_at(thread.pk) is None


def test_while_one_is_on_its_way_no_other_is_taken(able, thread):
    assert set(actions.allowed(thread)) == {"edit_post", "delete_post"}
    assert not mending.is_gone(thread)

    mending.delete(thread, by=able.manager)

    assert actions.allowed(thread) == ()
    for again in (
        lambda: mending.delete(thread, by=able.manager),
        lambda: mending.change(thread, {}, by=able.manager),
    ):
        with pytest.raises(mending.NotMended, match="on its way"):
            again()
    assert thread.mends.count() == 2


def test_a_lost_answer_is_repeated_and_a_refusal_changes_nothing(able, thread):
    first = mending.out(thread)[0].remote_id
    able.network.says = [Outcome(K.UNKNOWN), Outcome(K.OK, remote_id=first)]
    mending.change(thread, {first: "one, mended"}, by=able.manager)
    carry_out(able, thread)
    able.network.says = [Outcome(K.CONTENT, message="Too late to change it.")]
    mending.change(thread, {first: "one, mended again"}, by=able.manager)
    carry_out(able, thread)

    assert [text for _, _, text in able.network.done] == ["one, mended", "one, mended", "one, mended again"]
    assert mending.out(thread)[0].text == "one, mended"
    refused = thread.mends.get(state="failed")
    assert refused.detail == "Too late to change it."
    assert set(actions.allowed(thread)) == {"edit_post", "delete_post"}


@pytest.mark.parametrize(
    ("texts", "words"),
    [({}, "Nothing was changed"), ({"commit-1": " one "}, "Nothing"), ({"commit-1": " "}, "all its text")],
)
def test_what_is_no_change_is_refused(able, thread, texts, words):
    with pytest.raises(mending.NotMended, match=words):
        mending.change(thread, texts, by=able.manager)
    assert thread.mends.count() == 0


def test_a_text_that_is_too_long_is_refused_here(able, thread, monkeypatch):
    from formats.registry import FORMATS

    monkeypatch.setattr(FORMATS, "get", lambda name: FORMATS["mastodon.thread"])

    with pytest.raises(mending.NotMended, match="500 are allowed"):
        mending.change(thread, {"commit-1": "x" * 501}, by=able.manager)


def test_new_words_need_somebody_who_may_approve_and_has_not_written_them(able, thread):
    with pytest.raises(mending.NotMended, match="Somebody else who approves here can"):
        mending.change(thread, {"commit-1": "mended"}, by=able.owner)

    assert mending.change(thread, {"commit-1": "mended"}, by=able.manager) == 1


def test_only_what_the_network_can_is_offered(world, able, thread):
    able.network.acts = {Action.DELETE_POST: Safety.PURE}
    assert actions.allowed(thread) == ("delete_post",)
    able.network.acts = {Action.EDIT_POST: Safety.PURE}
    assert actions.allowed(thread) == ("edit_post",)
    able.network.fixed = frozenset({"fake.post"})
    assert actions.allowed(thread) == ()
    able.network.fixed, able.network.acts = frozenset(), {}
    assert actions.allowed(thread) == ()


def test_what_is_not_out_cannot_be_mended(able):
    assert not set(actions.allowed(able.publication("one"))) & {"edit_post", "delete_post"}


def test_both_decisions_want_a_tick(able, thread):
    offered = {each.action: each for each in decisions.offered(thread)}

    assert offered["delete_post"].sure == "I know that this cannot be undone."
    assert offered["edit_post"].sure
    assert [each.text for each in offered["edit_post"].posts] == ["one", "two"]
    assert not decisions.is_sure(thread, "delete_post", False)


def test_what_a_network_asks_for_deleting_is_said_before(able, thread):
    from channels.connectors.x_prices import charges

    assert "asks" not in decisions.offered(thread)[-1].does
    able.network.costs = charges

    assert "Fake asks 0.02 USD for it." in decisions.offered(thread)[-1].does


def test_an_act_of_its_own_is_no_post_that_could_be_mended(able, thread):
    mending.delete(thread, by=able.manager)
    carry_out(able, thread)

    assert all(actions.allowed(deed) == () for deed in Publication.objects.filter(about=thread))

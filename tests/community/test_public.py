"""The public page counts what was done, and nothing that was only asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import RequestFactory

from channels.connectors.base import Outcome, OutcomeKind
from community import desk, objections
from community.models import Act, Message
from community.views import public
from tests.community.conftest import told
from tests.community.test_answers import person

pytestmark = [pytest.mark.db, pytest.mark.django_db]
SPAM = {"category": "spam", "note": "The same advertisement again and again."}
NOBODY = {**dict.fromkeys(public.COUNTED, 0), "appealed": 0}


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


def shown():
    page = public.moderation(RequestFactory().get("/moderation/"))
    return page.context_data


def counts(category="spam"):
    row = next(row for row in shown()["rows"] if row["category"].key == category)
    return {name: row["counts"][name] for name in NOBODY}


def moderated(cleo, remote_id, action="hide"):
    return desk.moderate(cleo, Message.objects.get(remote_id=remote_id), action, **SPAM)


def test_what_is_on_its_way_is_counted_when_it_is_done(world, store, cleo):
    store(told("1", post_id="p"), told("2", "Buy followers cheap!!! http://spam.example/now", post_id="p"))
    hidden, deleted = moderated(cleo, "1"), moderated(cleo, "2", "delete_comment")
    assert counts() == NOBODY

    world.finish(hidden.publication)
    world.finish(deleted.publication)
    assert counts() == {**NOBODY, "hidden": 1, "deleted": 1}

    hidden.refresh_from_db()
    back = desk.undo(cleo, hidden)
    assert counts()["back"] == 0
    world.finish(back.publication)
    assert counts() == {**NOBODY, "hidden": 1, "deleted": 1, "back": 1}


def test_what_the_network_refused_or_was_stopped_in_time_was_not_done(world, store, cleo, network):
    store(told("1", post_id="p"), told("2", post_id="p"))
    network.script["hide"] = [Outcome(OutcomeKind.CONTENT, message="no")]
    refused = moderated(cleo, "1")
    world.finish(refused.publication)
    stopped = moderated(cleo, "2")
    desk.undo(cleo, stopped)

    assert counts() == NOBODY
    refused.refresh_from_db(), stopped.refresh_from_db()
    assert (refused.outcome, stopped.outcome) == ("Not done", "Not done")


def test_whom_we_no_longer_answer_is_counted_at_once(world, store, cleo):
    store(told("1", post_id="p"))
    act = moderated(cleo, "1", "mute")
    assert counts() == {**NOBODY, "muted": 1}
    desk.undo(cleo, act)
    assert counts() == {**NOBODY, "muted": 1, "back": 1}


def test_how_an_act_stands_in_words(world, store, cleo):
    store(told("1", post_id="p"))
    act = moderated(cleo, "1")
    assert act.outcome == "On its way"
    world.finish(act.publication)
    assert Act.objects.get().outcome == "Done"


def test_every_objection_counts_also_of_which_nobody_knows_what_it_is_about(world, store, cleo):
    store(told("1", post_id="p"))
    world.finish(moderated(cleo, "1").publication)
    for _ in range(2):
        objections.file("@mara", "I object to this decision, it was no advertisement.")
    objections.file("@nobody", "I object to something that you cannot find.")

    assert counts()["appealed"] == 2
    assert shown()["loose"] == 1
    world.hand.at += timedelta(days=public.DAYS + 1)
    assert (counts(), shown()["loose"]) == (NOBODY, 0)

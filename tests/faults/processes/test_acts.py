"""Answers and moderation whose worker stands still, is killed or hears nothing: done once, and never out of order."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.processes.proxy import Proxy

pytestmark = [pytest.mark.e2e, pytest.mark.anydb]

POINTS = ("after_claim", "after_intent", "after_answer", "after_outcome")
LOST = ("lost_answer", "5xx_after", "garbled", "cut")
ADVERT = "Buy followers cheap!!! http://spam.example/now"


@pytest.fixture
def under(town):
    """``under("x", 2, "Question")``: a post is out there, so many people wrote under it, and we have read that."""

    def begin(platform: str, count: int, words: str) -> list[int]:
        pk = town.approve(f"post {platform}", platform=platform)
        assert town.run(pk) == "ended 0"
        post = town.state(pk)["remote_id"]
        for number in range(count):
            said = {"network": platform, "post": post, "login": f"p{number}"}
            said["text"] = f"{words} {town.name} {number}: @riverside_council"
            town.stack.ask("POST", "/_sandbox/say", said)
        found = town.call("hear", town=town.at, post=pk, begins=words, wanted=count)
        assert len(found) == count
        return found

    return begin


@pytest.fixture
def proxied(town):
    """(proxy to the networks, a process inside the application that reaches them only through it)"""
    with Proxy(town.stack.sandbox_port) as proxy:
        yield proxy, town.stack.inside(HUSTINGS_SANDBOX_URL=f"http://127.0.0.1:{proxy.port}")


def freeze(inside, pk, point):
    child = inside.call("run_apart", pk=pk, failpoints=f"{point}=stop")
    assert inside.call("became", child=child) == "stopped"
    return child


def thaw(inside, child):
    os.killpg(child, signal.SIGCONT)
    return inside.call("became", child=child)


@pytest.mark.parametrize("point", ["after_intent", "after_answer"])
def test_a_frozen_answer_is_sent_by_another_and_not_again_on_waking(town, under, proxied, point):
    proxy, inside = proxied
    (talk,) = under("x", 1, "Question")
    (text,) = town.thread(point)
    pk = town.call("answer", town=town.at, conversation=talk, text=text)
    child = freeze(inside, pk, point)
    before = len(proxy.sent)
    town.worker()
    town.published(pk, seconds=90)

    assert thaw(inside, child) == "ended 0"

    assert sum(call.sent for call in proxy.sent[before:]) == 0
    assert town.texts(point) == [text]
    assert town.call("said_by_us", conversation=talk) == [text]
    assert town.state(pk)["state"] == "published"
    town.check()


@pytest.mark.parametrize(("action", "ends"), [("hide", "hidden"), ("delete_comment", "gone")])
def test_moderation_killed_at_every_point_is_done_and_noted(town, under, action, ends):
    talks = under("facebook", len(POINTS), ADVERT)
    made = [town.call("moderate", town=town.at, conversation=talk, action=action) for talk in talks]
    for point, each in zip(POINTS, made, strict=True):
        assert town.run(each["publication"], f"{point}=kill") == "killed 9"
    town.worker()

    town.published(*(each["publication"] for each in made), seconds=90)

    for talk in talks:
        assert town.call("moderated", conversation=talk) == {"here": ends, "there": ends, "acts": ["Done"]}


@pytest.mark.parametrize(("action", "ends"), [("hide", "hidden"), ("delete_comment", "gone")])
def test_moderation_of_which_the_network_says_nothing_is_done_and_noted(town, under, action, ends):
    talks = under("facebook", len(LOST), ADVERT)
    made = []
    for fault, talk in zip(LOST, talks, strict=True):
        made.append(town.call("moderate", town=town.at, conversation=talk, action=action)["publication"])
        method = "DELETE" if action == "delete_comment" else "POST"
        town.stack.fault("facebook", f"{method} /v", fault)
        assert town.run(made[-1]) == "ended 0"
    town.worker()

    town.published(*made, seconds=90)

    for talk in talks:
        assert town.call("moderated", conversation=talk) == {"here": ends, "there": ends, "acts": ["Done"]}


def test_hiding_that_slept_hides_nothing_again_after_it_was_taken_back(town, under, proxied):
    proxy, inside = proxied
    (talk,) = under("facebook", 1, ADVERT)
    made = town.call("moderate", town=town.at, conversation=talk, action="hide")
    child = freeze(inside, made["publication"], "after_intent")
    before = len(proxy.sent)
    town.worker()
    town.published(made["publication"], seconds=90)
    undone = town.call("take_back", town=town.at, act=made["act"])
    town.published(undone, seconds=90)

    assert thaw(inside, child) == "ended 0"

    assert sum(call.sent for call in proxy.sent[before:]) == 0
    ends = {"here": "shown", "there": "shown", "acts": ["Done", "Done"]}
    assert town.call("moderated", conversation=talk) == ends

"""Answers to people whose worker is ended with kill -9, or whose answer from the network is lost: each stands once."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.anydb]

POINTS = ("after_claim", "after_intent", "after_answer", "after_outcome")
LOST = {"lost_answer": 1, "5xx_after": 1, "garbled": 1, "no_id": 1, "cut": 0}  # fault → whether it was done


@pytest.fixture
def talks(town):
    """``talks(3)``: a post is out, so many people wrote under it, and we have read that."""

    def begin(count: int) -> list[int]:
        pk = town.approve("the post")
        assert town.run(pk) == "ended 0"
        post = town.state(pk)["remote_id"]
        for number in range(count):
            town.stack.ask(
                "POST",
                "/_sandbox/say",
                {
                    "network": "x",
                    "post": post,
                    "text": f"Question {number}: @riverside_council, where is it?",
                    "login": f"p{number}",
                },
            )
        found = town.call("hear", town=town.at, post=pk, begins="Question", wanted=count)
        assert len(found) == count
        return found

    return begin


def stood_once(town, names: list[str], conversations: list[int]) -> None:
    for name, conversation in zip(names, conversations, strict=True):
        (text,) = town.thread(name)
        assert town.texts(name) == [text], name
        assert town.call("said_by_us", conversation=conversation) == [text], name


def test_killed_at_every_point_of_an_answer(town, talks):
    """One answer per point, each with a worker process that dies there; a form sent again meanwhile is the same one."""
    conversations = talks(len(POINTS))
    pks = {}
    for point, conversation in zip(POINTS, conversations, strict=True):
        (text,) = town.thread(point)
        pks[point] = town.call("answer", town=town.at, conversation=conversation, text=text)
        assert town.run(pks[point], f"{point}=kill") == "killed 9"
        assert len(town.texts(point)) == (point in ("after_answer", "after_outcome"))
        assert town.call("answer", town=town.at, conversation=conversation, text=text) == pks[point]
    town.worker()

    town.published(*pks.values(), seconds=90)

    stood_once(town, list(POINTS), conversations)
    town.check()


def test_answers_of_which_the_network_says_nothing(town, talks):
    """The network took it (or not), and what it said of it never came: it is looked for, and stands once."""
    conversations = talks(len(LOST))
    pks = {}
    for fault, conversation in zip(LOST, conversations, strict=True):
        (text,) = town.thread(fault)
        town.stack.fault("x", "POST /2/tweets", fault)
        pks[fault] = town.call("answer", town=town.at, conversation=conversation, text=text)
        assert town.run(pks[fault]) == "ended 0"
        assert town.state(pks[fault])["state"] == "in_doubt"
        assert len(town.texts(fault)) == LOST[fault]
    town.worker()

    town.published(*pks.values(), seconds=90)

    stood_once(town, list(LOST), conversations)
    town.check()

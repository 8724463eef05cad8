"""Answers to people whose worker is ended with kill -9: each stands once."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.anydb]

POINTS = ("after_claim", "after_intent", "after_answer", "after_outcome")


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

"""The first comment, over real HTTP against the sandbox, on every network that takes one and in each of its formats."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    LACKS_SCOPE,
    LookupKind,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
    UnsupportedFeature,
)
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Wanted
from tests.channels.conftest import every_format, payload

pytestmark = pytest.mark.db  # no database, but a server

TAKES = {connector.platform for connector in CONNECTORS if Action.COMMENT in connector.acts}
CALLS = {  # the call that writes it
    "facebook": r"POST /v26.0/\w+/comments$",
    "instagram": r"POST /v26.0/\d+/comments$",
    "linkedin": r"POST /rest/socialActions/.*/comments$",
    "youtube": r"POST /youtube/v3/commentThreads",
}
LISTS = {  # … and the one that tells whether it is there
    "facebook": r"GET /v26.0/\w+/comments",
    "instagram": r"GET /v26.0/\d+/comments",
    "linkedin": r"GET /rest/socialActions/.*/comments",
    "youtube": r"GET /youtube/v3/commentThreads",
}
COMMENTED = [
    each
    for each in every_format()
    if each.values[0] in TAKES and each.id != "instagram.story"  # stories have no comments
]


@pytest.fixture
def commented(going_out):
    """A post that is out, with a first comment that is still to be written."""
    text = f"Where we meet:\nthe old mill, at nine. {uuid.uuid4().hex}"
    options = going_out.payload.setdefault("options", {})
    going_out.payload["options"] = {**options, "first_comment": text}
    return going_out.run(until="comment")


def text_of(drive) -> str:
    return drive.payload["options"]["first_comment"]


def written(drive) -> list:
    """What reading the comments of the post tells of ours."""
    commit = drive.refs["commit"]["id"]
    ref = PublishedRef("p1", commit, (commit,), drive.payload["format"], datetime.now(UTC))
    found, cursor = [], ""
    while True:
        page = drive.connector.read(Wanted(Read.COMMENTS, ref, cursor=cursor), drive.context())
        assert page.problem == "", page
        found += [message for message in page.found if message.text == text_of(drive)]
        cursor = page.cursor
        if not cursor:
            return found


def wait_for(drive):
    """Write it as the delivery core would: a network that is still at the post is asked again."""
    end = time.monotonic() + 20
    while (outcome := drive.one("comment")).kind is OutcomeKind.BUSY and time.monotonic() < end:
        time.sleep(0.2)
    return outcome


def until_out(drive):
    """A reel takes comments when it is through: wait for that without writing."""
    end = time.monotonic() + 20
    while drive.payload["format"] == "facebook.reel" and not drive.connector._reel_is_out(drive.context()):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_networks_that_take_one_are_known_here():
    assert set(CALLS) == set(LISTS) == TAKES == {"facebook", "instagram", "linkedin", "youtube"}


@pytest.mark.parametrize(("platform", "profile"), COMMENTED)
def test_it_stands_under_the_post_and_is_ours(commented, platform, profile):
    step = commented.step("comment")
    assert (step.kind, step.safety, step.required, step.stage) == (
        StepKind.COMMENT,
        Safety.SEARCH,
        False,
        False,
    )
    keys = [step.key for step in commented.steps()]
    assert keys.index("comment") == keys.index("commit") + 1

    outcome = wait_for(commented)

    assert outcome.ok, outcome
    (said,) = written(commented)
    assert said.ours
    assert said.parent_id == ""
    assert outcome.remote_id == said.remote_id
    lookup = commented.look("comment")
    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, outcome.remote_id)


@pytest.mark.parametrize(("platform", "profile"), COMMENTED)
def test_a_lost_answer_is_looked_for_and_never_makes_two(commented, fault, platform, profile):
    until_out(commented)
    fault(platform, CALLS[platform], "lost_answer")

    assert commented.one("comment").kind is OutcomeKind.UNKNOWN

    lookup = commented.look("comment")
    assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True)
    (said,) = written(commented)
    assert lookup.remote_id == said.remote_id


@pytest.mark.parametrize("platform", sorted(TAKES))
def test_what_did_not_arrive_is_absent(commented, fault, platform):
    fault(platform, CALLS[platform], "5xx")

    assert commented.one("comment").kind is OutcomeKind.UNKNOWN
    lookup = commented.look("comment")

    assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True)
    assert commented.one("comment").ok
    assert len(written(commented)) == 1


@pytest.mark.parametrize("platform", sorted(TAKES))
def test_an_older_comment_with_the_same_words_is_not_taken_for_it(commented, fault, platform):
    assert commented.one("comment").ok
    later = datetime.now(UTC).replace(year=2031)

    lookup = commented.look("comment", intent_at=later)

    assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True)


@pytest.mark.parametrize("platform", sorted(TAKES))
def test_a_look_up_that_fails_is_no_answer(commented, fault, platform):
    fault(platform, LISTS[platform], "5xx")

    lookup = commented.look("comment")

    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, False)


@pytest.mark.parametrize("platform", sorted(TAKES))
def test_one_that_is_refused_leaves_the_post(commented, fault, ledger, platform):
    fault(platform, CALLS[platform], "refused")

    outcome = commented.one("comment")

    assert outcome.kind in {OutcomeKind.CONTENT, OutcomeKind.PERMISSION}, outcome
    assert outcome.message
    assert written(commented) == []
    shown = commented.payload["parts"][0]["text"]
    assert len(ledger(platform, shown[:25])) == 1


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_without_the_permission_it_is_not_tried(commented, platform):
    needed = commented.connector.needs[Action.COMMENT]
    commented.channel.scopes.remove(needed)

    outcome = commented.one("comment")

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, LACKS_SCOPE)
    assert outcome.bytes_started_at is None
    assert needed in outcome.message


@pytest.mark.parametrize(("said", "value"), [("made_for_kids", "yes"), ("privacy", "private")])
@pytest.mark.parametrize("platform", ["youtube"])
def test_a_video_without_comments_says_so(going_out, platform, said, value):
    going_out.payload["options"] |= {said: value, "first_comment": "Where we meet"}
    going_out.run(until="comment")

    outcome = going_out.one("comment")

    assert outcome.kind is OutcomeKind.CONTENT
    assert outcome.code == "commentsDisabled"
    assert outcome.message == "Comments are switched off under this video."


@pytest.mark.parametrize("platform", sorted({c.platform for c in CONNECTORS} - TAKES))
def test_where_there_is_none_it_is_refused_before_anything_is_sent(going_out, platform):
    going_out.payload["options"] = {
        **(going_out.payload.get("options") or {}),
        "first_comment": "Where we meet",
    }

    with pytest.raises(UnsupportedFeature, match="first comment"):
        going_out.steps()


def test_a_post_whose_id_was_never_told_gets_none(drive):
    going = drive(payload("instagram", "image", {"text": "River", "media": [{"kind": "image"}]}))
    going.payload["options"] = {"first_comment": "Where we meet"}
    going.refs["commit"] = {"id": ""}

    outcome = going.one("comment")

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "no-id")
    assert outcome.bytes_started_at is None


def test_a_story_has_none():
    (instagram,) = (c for c in CONNECTORS if c.platform == "instagram")
    story = payload("instagram", "story", {"media": [{"kind": "image"}]}) | {
        "options": {"first_comment": "Where we meet"}
    }

    with pytest.raises(UnsupportedFeature, match="first comment"):
        instagram.plan(story, None)

"""Instagram stories: frames in their order, each once, told by its container when its answer is lost."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.base import (
    METRICS,
    LookupKind,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
    UnsupportedFeature,
)
from channels.connectors.instagram_story import frame_metrics
from channels.connectors.registry import CONNECTORS


def payload(*media, text: str = "") -> dict:
    parts = [{"text": text, "link": "", "media": [medium]} for medium in media]
    return {
        "schema": 1,
        "format": "instagram.story",
        "platform": "instagram",
        "language": "en",
        "parts": parts,
    }


def plan(what: dict):
    return CONNECTORS["instagram"].plan(what, None)


def test_frames_are_prepared_first_and_made_public_in_their_order():
    steps = plan(payload({"kind": "image"}, {"kind": "video"}))

    assert [s.key for s in steps] == [
        "container 1.1",
        "container 2.1",
        "wait 1.1",
        "wait 2.1",
        "commit",
        "reply 2",
    ]
    public = [s for s in steps if s.kind in {StepKind.COMMIT, StepKind.REPLY}]
    assert {s.safety for s in public} == {Safety.EXACT}
    assert not any(s.stage for s in public)


@pytest.mark.parametrize(
    "what",
    [
        payload(),
        payload(*[{"kind": "image"}] * 11),
        payload({"kind": "image"}, text="words"),
        {**payload(), "parts": [{"text": "", "link": "", "media": [{"kind": "image"}] * 2}]},
        {**payload(), "parts": [{"text": "", "link": "https://x.org", "media": [{"kind": "image"}]}]},
    ],
)
def test_what_a_story_cannot_carry_is_refused_beforehand(what):
    with pytest.raises(UnsupportedFeature):
        plan(what)


def test_reach_of_several_frames_is_unknown_and_not_a_sum():
    one, two = {"views": 5, "reach": 4, "replies": 0}, {"views": 3, "reach": 3}

    assert (frame_metrics([one])["reach"], frame_metrics([one, two])["reach"]) == (4, None)
    assert (frame_metrics([one, two])["views"], frame_metrics([one, two])["comments"]) == (8, 0)
    assert frame_metrics([])["views"] is None
    assert frame_metrics([{"link_clicks": 2}, {"link_clicks": 3}, {}])["clicks"] == 5
    assert frame_metrics([one])["clicks"] is None


@pytest.fixture
def story(drive, picture, on_sandbox):
    size = (1080, 1920)
    return drive(payload(*(picture(f"story-{c}.jpg", colour=c, size=size) for c in ("teal", "navy"))))


def shown(ledger, since: datetime) -> list[dict]:
    return [
        r
        for r in ledger("instagram", "")
        if r["kind"] == "story" and datetime.fromisoformat(r["created_at"]) > since
    ]


@pytest.mark.db
def test_a_story_stands_in_the_ledger_frame_by_frame(story, ledger):
    began = datetime.now(UTC)

    story.run()

    rows = shown(ledger, began)
    assert [r["media"][0]["sha256"] for r in rows] == [
        p["media"][0]["sha256"] for p in story.payload["parts"]
    ]
    ids = [story.outcomes[key].remote_id for key in ("commit", "reply 2")]
    assert [r["remote_id"] for r in rows] == ids
    reading = story.connector.metrics(
        story.context(), [PublishedRef("p", ids[0], tuple(ids), "instagram.story", datetime.now(UTC))]
    )[0]
    assert set(reading.metrics) == set(METRICS)
    assert (reading.problem, reading.metrics["reach"]) == ("", None)
    assert reading.metrics["views"] is not None
    assert reading.metrics["clicks"] == 0  # told, and none yet


@pytest.mark.db
@pytest.mark.parametrize("key", ["commit", "reply 2"])
def test_a_lost_frame_is_found_and_never_published_twice(story, ledger, fault, key):
    began = datetime.now(UTC)
    story.run(until=key)
    fault("instagram", "/media_publish", "lost_answer")
    time.sleep(
        1.1
    )  # frames have no words: those of other tests must not be young enough to be taken for this one
    intent = datetime.now(UTC)

    assert story.one(key).kind is OutcomeKind.UNKNOWN
    found = story.look(key, intent_at=intent + timedelta(seconds=60))

    assert (found.kind, found.complete) == (LookupKind.FOUND, True)
    assert found.remote_id == shown(ledger, began)[-1]["remote_id"]


@pytest.mark.db
def test_a_frame_that_never_arrived_is_absent(story, fault):
    story.run(until="commit")
    fault("instagram", "/media_publish", "5xx")

    assert story.one("commit").kind is OutcomeKind.UNKNOWN
    lookup = story.look("commit")
    assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True)

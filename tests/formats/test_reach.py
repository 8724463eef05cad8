"""Only what a connector publishes is offered: what it declares and what it plans are the same."""

import pytest

from channels.connectors.base import StepKind, UnsupportedFeature
from channels.connectors.registry import CONNECTORS
from formats import reach
from formats.core.draft import Level
from formats.registry import FORMATS
from tests.formats import pieces

pytestmark = pytest.mark.unit

OF_CONNECTED = [each for each in FORMATS if each.platform in CONNECTORS]


def payload(format, piece):
    """A composed piece as a connector sees it."""

    def medium(item):
        kind = "image" if item.plan["kind"] == "card" else "video"
        mime = {"image": "image/jpeg", "video": "video/mp4"}[kind]
        return {"kind": kind, "mime": mime, "file": "a", "alt": item.alt, "cover": None, "captions": None}

    parts = [
        {"text": part.text, "link": part.link, "media": [medium(item) for item in part.media]}
        for part in format.compose(piece).parts
    ]
    return {"format": format.id, "platform": format.platform, "reply_to": None, "parts": parts}


@pytest.mark.parametrize("format", OF_CONNECTED, ids=lambda each: each.id)
@pytest.mark.parametrize("piece", pieces.GOOD.values(), ids=pieces.GOOD.keys())
def test_connector_plans_what_it_declares_and_refuses_the_rest(format, piece):
    connector = CONNECTORS[format.platform]

    if format.id in connector.publishes:
        steps = connector.plan(payload(format, piece), None)
        assert [step.kind for step in steps].count(StepKind.COMMIT) == 1
    else:
        with pytest.raises(UnsupportedFeature):
            connector.plan(payload(format, piece), None)


@pytest.mark.parametrize("connector", list(CONNECTORS), ids=lambda each: each.platform)
def test_connector_declares_formats_that_there_are_of_its_own_platform(connector):
    assert connector.publishes
    assert connector.publishes <= {each.id for each in FORMATS.for_platform(connector.platform)}


def test_formats_within_reach():
    found = reach.within_reach()

    assert set(found) == {name for connector in CONNECTORS for name in connector.publishes}
    assert list(found) == [each.id for each in FORMATS if each.id in found]


@pytest.fixture
def no_stories(monkeypatch):
    instagram = type(CONNECTORS["instagram"])
    monkeypatch.setattr(instagram, "publishes", instagram.publishes - {"instagram.story"})


@pytest.mark.parametrize(
    ("format", "code"),
    [
        ("x.video", None),
        ("instagram.story", "not_published"),
        ("bluesky.thread", None),
        ("gone.format", "not_connectable"),
    ],
)
def test_obstacle_says_why_and_what_to_do_instead(format, code, no_stories):
    found = reach.obstacle(format)

    assert (found and found.code) == code
    if found:
        assert found.level is Level.BLOCKER
        assert "copy it by hand" in found.remedy

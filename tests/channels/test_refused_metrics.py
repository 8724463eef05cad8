"""A metric that Meta refuses for one account: who is asked for it again, and when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from channels.connectors.facebook import FacebookConnector
from channels.wire import Answer

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
METRICS = ["post_media_view", "post_clicks", "post_reactions"]


class Page:
    """A page that knows some metrics; ``asked`` are the names of each question."""

    def __init__(self, name: str, *unknown: str):
        self.name, self.unknown, self.asked = name, set(unknown), []

    def get(self, url, params):
        names = params["metric"].split(",")
        self.asked.append(names)
        if self.unknown & set(names):
            error = {"code": 100, "message": "(#100) The value must be a valid insights metric"}
            return Answer("GET", url, 400, {}, json.dumps({"error": error}).encode(), 0.0)
        rows = [{"name": name, "values": [{"value": 7}]} for name in names]
        return Answer("GET", url, 200, {}, json.dumps({"data": rows}).encode(), 0.0)

    def at(self, moment: datetime):
        wire = SimpleNamespace(url=lambda part, path: path, get=self.get)
        return SimpleNamespace(wire=wire, channel=SimpleNamespace(remote_id=self.name), now=moment)


def read(connector, page: Page, moment: datetime = NOW) -> set[str]:
    page.asked.clear()
    return set(connector.insights(page.at(moment), "1/insights", METRICS)[0])


def test_what_one_page_does_not_know_is_asked_of_the_others():
    facebook, poor, rich = FacebookConnector(), Page("A", "post_media_view"), Page("B")

    assert read(facebook, poor) == {"post_clicks", "post_reactions"}
    assert read(facebook, rich) == set(METRICS)
    assert rich.asked == [METRICS]


def test_what_a_page_does_not_know_is_asked_again_after_a_day():
    facebook, page = FacebookConnector(), Page("A", "post_media_view")
    read(facebook, page)

    assert read(facebook, page, NOW + timedelta(hours=23)) == {"post_clicks", "post_reactions"}
    assert page.asked == [["post_clicks", "post_reactions"]]

    page.unknown.clear()
    assert read(facebook, page, NOW + timedelta(days=1)) == set(METRICS)

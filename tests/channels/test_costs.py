"""What a post on X costs: told before it is planned, a link costs more, and the sum is that of the calls."""

from __future__ import annotations

from decimal import Decimal

import pytest

from channels.connectors.registry import CONNECTORS
from channels.connectors.x_prices import LINK
from formats import cost
from formats.core.draft import Level, Part


def part(text: str, link: str = "", alts: tuple[str, ...] = ()) -> dict:
    return {"text": text, "link": link, "media": [{"alt": alt} for alt in alts]}


def amount(*parts: dict) -> Decimal:
    return cost.sum_of(CONNECTORS["x"].costs({"parts": list(parts)}))


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([part("Hello")], "0.015"),
        ([part("See https://example.org/a")], "0.20"),
        ([part("See example.org")], "0.20"),
        ([part("One"), part("Two"), part("Read on: https://example.org")], "0.23"),
        ([part("Cards", alts=("one", "two", ""))], "0.025"),
        ([part("Beside", link="https://example.org")], "0.20"),
        ([], "0"),
    ],
)
def test_the_price_is_that_of_the_calls(parts, told):
    assert amount(*parts) == Decimal(told)


@pytest.mark.parametrize(
    ("act", "text", "told"),
    [
        ({"action": "reply", "kind": "comment"}, "Thank you!", "0.015"),
        ({"action": "reply", "kind": "mention"}, "See https://example.org", "0.20"),
        ({"action": "reply", "kind": "direct"}, "See https://example.org", "0.015"),
        ({"action": "delete_post", "kind": "reply"}, "", "0.010"),
        ({"action": "delete_post", "kind": None}, "", "0.010"),
        ({"action": "hide", "kind": "reply"}, "", "0"),
        ({"action": "unhide", "kind": "reply"}, "", "0"),
    ],
)
def test_answers_and_deletions_have_their_own_price(act, text, told):
    payload = {"act": act, "parts": [part(text)]}

    assert cost.sum_of(CONNECTORS["x"].costs(payload)) == Decimal(told)


@pytest.mark.parametrize(
    "text", ["3.5 tonnes", "@river.side says", "mail a@b.org", "Well… and then", "v2.0", "U.S.A."]
)
def test_what_is_no_link_does_not_cost_one(text):
    assert LINK.search(text) is None


def test_the_note_says_how_much_why_and_what_would_change_it():
    (with_link,) = cost.of_parts("x", [Part("One"), Part("Read on: https://example.org")])
    (without,) = cost.of_parts("x", [Part("One")])

    assert with_link.level is Level.NOTE
    assert "X charges 0.215 USD for this on each account" in with_link.message
    assert "1 × a post with a link at 0.20 USD" in with_link.message
    assert "leave the link out" in with_link.remedy
    assert "0.015 USD" in without.message
    assert cost.of_parts("facebook", [Part("One")]) == ()
    assert cost.of_parts("nobody", [Part("One")]) == ()

"""Saved replies: fields filled, nothing unfilled goes out, nothing goes out unread."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.core.saved import check, fields_of, fill, findings

REPLY = "Hello {name}, “{story}” says more: {link}. We are here {office hours}."
VALUES = {"name": "Anna", "story": "Four tonnes", "link": "https://x.example", "hours": "Mon–Fri 9–17"}


def test_everything_known_is_filled():
    assert (
        fill(REPLY, VALUES)
        == "Hello Anna, “Four tonnes” says more: https://x.example. We are here Mon–Fri 9–17."
    )


def test_what_is_not_known_stays_and_stops_it():
    text = fill(REPLY, {**VALUES, "link": " "})

    assert "{link}" in text
    assert [each.level for each in findings(text)] == ["blocker"]
    assert "{link}" in findings(text)[0].message


@pytest.mark.parametrize(
    ("sent", "offered", "confirmed", "count"),
    [
        ("Hello Anna.", "", False, 0),
        ("Hello Anna.", "Hello Anna.", False, 1),
        ("Hello  Anna.\n", "Hello Anna.", False, 1),
        ("Hello Anna.", "Hello Anna.", True, 0),
        ("Hello dear Anna.", "Hello Anna.", False, 0),
        ("Hello {name}.", "Hello {name}.", True, 1),
        ("Hello { NAME }.", "", False, 1),
        ("Hello {whatever}.", "", False, 1),
        ("Brackets {} alone", "", False, 1),
    ],
)
def test_edited_or_confirmed(sent, offered, confirmed, count):
    assert len(findings(sent, offered=offered, confirmed=confirmed)) == count


def test_a_changed_fact_stops_it():
    assert "has changed" in findings("Hello.", outdated=True)[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello {nmae}", "is no field"),
        ("Hello {name", "no partner"),
        ("  ", "Write what"),
        ("Hello {me}", None),
    ],
)
def test_checked_when_saved(text, words):
    found = check(text)

    assert (words is None and not found) or any(words in each for each in found)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_a_persons_name_is_never_a_field(name, story):
    text = fill("Hello {name}, about {story}", {"name": name, "story": story})

    unfilled = {field for field, value in (("name", name), ("story", story)) if not value.strip()}
    assert set(fields_of(text)) == unfilled

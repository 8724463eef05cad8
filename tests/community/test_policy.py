"""The published policy: every act needs a ground, deleting criticism two people."""

from __future__ import annotations

import pytest

from community.core.policy import (
    BY_KEY,
    CATEGORIES,
    WORDS,
    Wish,
    allowed_for,
    findings,
    may_second,
    needs_second,
)

NOTE = "Calls the mayor's children by name and address."


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        (Wish("hide", "insult", NOTE), []),
        (Wish("delete_comment", "privacy", NOTE), []),
        (Wish("mute", "threat", NOTE), []),
        (Wish("hide", "", NOTE), ["category"]),
        (Wish("hide", "criticism", NOTE), ["category"]),
        (Wish("delete_comment", "insult", NOTE), ["category"]),
        (Wish("mute", "voting", NOTE), ["category"]),
        (Wish("hide", "insult", "bad"), ["note"]),
        (Wish("hide", "insult", "   " * 9), ["note"]),
        (Wish("hide"), ["category", "note"]),
        (Wish("explode", "insult", NOTE), ["action"]),
        (Wish("unhide"), []),
        (Wish("unmute"), []),
    ],
)
def test_findings(wish, fields):
    assert [each.field for each in findings(wish)] == fields


@pytest.mark.parametrize(
    ("action", "about_us", "setting", "needed"),
    [
        ("delete_comment", True, True, True),
        ("delete_comment", True, False, False),
        ("delete_comment", False, True, False),
        ("hide", True, True, False),
        ("mute", True, True, False),
    ],
)
def test_a_second_person(action, about_us, setting, needed):
    wish = Wish(action, "threat", NOTE, about_us)

    assert bool(needs_second(wish, second_person_for_criticism=setting)) is needed


def test_nobody_is_their_own_second_person():
    assert not may_second(by=3, second=3)
    assert may_second(by=3, second=4)


def test_the_policy_is_whole():
    assert len(BY_KEY) == len(CATEGORIES)
    assert "criticism" not in BY_KEY
    assert all(each.text.endswith(".") and each.allows <= set(WORDS) for each in CATEGORIES)
    assert all(allowed_for(action) for action in ("hide", "delete_comment", "mute"))
    assert [each.key for each in allowed_for("mute")] == ["threat", "hate", "insult", "spam"]

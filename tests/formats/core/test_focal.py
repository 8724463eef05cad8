"""Where a picture's focal point lies in what was made of it, as Mastodon wants to be told."""

from __future__ import annotations

import pytest

from formats.core import focal

pytestmark = pytest.mark.unit


def plan(x, y, *, source=(2000, 1000), size=(2000, 1000), template="picture", **text):
    focus = {"x": x, "y": y, "width": 0.0, "height": 0.0}
    named = {"path": "a.jpg", "width": source[0], "height": source[1], "focus": focus}
    return {"kind": "card", "template": template, "size": list(size), "source": named, "text": text}


@pytest.mark.parametrize(
    ("x", "y", "point"),
    [
        (0.0, 0.0, (-1.0, 1.0)),  # left and above
        (1.0, 1.0, (1.0, -1.0)),
        (0.75, 0.5, (0.5, 0.0)),
        (0.5, 0.25, (0.0, 0.5)),
    ],
)
def test_in_a_whole_picture_it_is_where_it_was(x, y, point):
    assert focal.point(plan(x, y)) == point


def test_a_cut_moves_it():
    # the middle half of the width is kept as far as the picture goes: 0.9 of 2000 is 300 points from the right edge
    assert focal.point(plan(0.9, 0.5, size=(1000, 1000))) == (0.6, 0.0)
    assert focal.point(plan(0.6, 0.5, size=(1000, 1000))) == (0.0, 0.0)
    # words at the foot: it comes to lie above the middle
    assert focal.point(plan(0.5, 0.4, source=(1000, 2000), size=(1000, 1000), body="Words"))[1] == 0.16


@pytest.mark.parametrize(
    "given",
    [
        plan(0.5, 0.5),  # nobody chose one
        plan(0.2, 0.2, template="cover"),  # words beside or over it
        plan(0.2, 0.2, source=(0, 0)),
        {"kind": "cut", "source": {"path": "a.mp4"}},
        {"kind": "card", "template": "quote", "size": [1, 1], "text": {"body": "x"}},
        {},
    ],
)
def test_where_there_is_none_the_network_takes_the_middle(given):
    assert focal.point(given) is None

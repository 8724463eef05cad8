"""How variants begin and where they lead, against each other."""

import pytest

from formats import comparing
from formats.core.draft import Part
from formats.core.worddiff import Kind

pytestmark = pytest.mark.unit
LINK = "https://example.org/join"


def made(*texts, link=""):
    return [Part(text, link=link if n == 0 else "") for n, text in enumerate(texts)]


def test_openings_are_held_against_how_most_begin():
    usual, same, other = comparing.lines(
        [made("Four tonnes\n\nmore"), made("Four tonnes"), made("", "Five tonnes!")]
    )

    assert usual.same
    assert same.same
    assert same.runs == ()
    assert other.opening == "Five tonnes!"
    assert {run.text for run in other.runs if run.kind is Kind.NEW} == {"Five", "!"}


def test_links_are_compared_without_what_counts_visits():
    found = comparing.lines(
        [
            made(f"Go {LINK}?utm_source=x&utm_medium=social"),
            made("Go", link=f"{LINK}?utm_source=facebook"),
            made("Go https://example.org/other?id=3&utm_source=x"),
            made("Nowhere"),
        ]
    )

    assert [line.links for line in found] == [(LINK,), (LINK,), ("https://example.org/other?id=3",), ()]
    assert [line.astray for line in found] == [False, False, True, False]


def test_nothing_said_is_no_difference():
    assert comparing.lines([[], made("")]) == [comparing.Line("", (), True, (), False)] * 2

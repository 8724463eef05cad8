"""A site's own statistics, as programs write them: columns by many names, and what is wrong with a row in words."""

from datetime import date

import pytest

from engagement.core import click_rows
from engagement.core.click_rows import NoClicks

pytestmark = pytest.mark.unit
HEADING = ["utm_source", "utm_campaign", "utm_content", "Landing page", "Date", "Sessions"]


def test_rows_are_read_under_the_names_that_programs_give():
    (row,) = click_rows.read(
        [HEADING, ["X", "River-2026", "x.thread", "https://a.example/bulbs?utm=1", "20261201", "1,234"]]
    )

    assert row.key == ("river-2026", "x", "x.thread", "/bulbs/", date(2026, 12, 1))
    assert (row.number, row.clicks, row.problems) == (2, 1234, ())


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (["", "river", "", "", "2026-12-01", "5"], "Source is empty."),
        (["(not set)", "river", "", "", "2026-12-01", "5"], "Source is empty."),
        (["x", "river", "", "", "", "5"], "Day is empty."),
        (["x", "river", "", "", "2026-12-01", "1.5"], "“1.5” is no whole number of clicks."),
        (["x", "river", "", "", "2026-12-01", "-3"], "“-3” is no whole number of clicks."),
        (["x", "river", "", "", "2026-12-01", ""], "Clicks is empty."),
        (["x", "river", "", "", "1/2/2026", "5"], "“1/2/2026” is no day. Write it like 2026-12-01."),
    ],
)
def test_a_faulty_row_says_what_is_wrong(cells, problem):
    (row,) = click_rows.read([HEADING, cells])

    assert row.problems == (problem,)


def test_the_same_said_twice_is_found_and_empty_rows_are_passed_over():
    same = ["x", "river", "x.post", "/a", "2026-12-01", "5"]

    first, second = click_rows.read([HEADING, same, [""], same])

    assert first.problems == ()
    assert second.problems == ("Row 2 says the same source, content, page and day already.",)


def test_what_programs_write_around_the_table_is_passed_over():
    """Remarks above the heading, columns that nobody reads, and a word where nothing is known."""
    file = [
        ["# Traffic"],
        [],
        ["Session source", "Users", "Session campaign", "Landing page", "Sessions"],
        ["x", "7", "river", "(not set)", "9"],
    ]

    rows = click_rows.kept(click_rows.below_remarks(file))

    assert rows == [["Source", "Campaign", "Page", "Clicks"], ["x", "river", "(not set)", "9"]]
    assert click_rows.columns(rows) == ("page",)
    (row,) = click_rows.read(rows)
    assert (row.page, row.clicks, row.problems) == ("", 9, ())


@pytest.mark.parametrize("rows", [[], [HEADING], [HEADING, ["", ""]], [["Source", "Content"], ["x", "y"]]])
def test_a_file_that_cannot_be_used_says_so(rows):
    with pytest.raises(NoClicks):
        click_rows.read(rows)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("12", 12),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        ("12,34", None),
        ("", None),
        ("٣", None),
        ("9" * 12, None),
    ],
)
def test_whole_numbers(text, number):
    assert click_rows.whole(text) == number

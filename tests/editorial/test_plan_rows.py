"""What a spreadsheet's cells mean, and what is said about those that mean nothing."""

from datetime import date, time

import pytest

from editorial.core import plan_rows
from editorial.core.plan_rows import NoPlan

pytestmark = pytest.mark.unit
HEAD = list(plan_rows.HEADINGS)


def one(**cells):
    row = [{"story": "A", "format": "X thread", **cells}.get(name, "") for name in plan_rows.COLUMNS]
    [found] = plan_rows.read([HEAD, row])
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("1.12.2026", date(2026, 12, 1)),
        ("1 December 2026", date(2026, 12, 1)),
        ("12/01/2026", None),
        ("2026-02-30", None),
        ("soon", None),
    ],
)
def test_days(text, expected):
    assert plan_rows.read_day(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:00", time(18)),
        ("9:30", time(9, 30)),
        ("18:00:59", time(18)),
        ("9.30", time(9, 30)),
        ("25:00", None),
    ],
)
def test_times(text, expected):
    assert plan_rows.read_time(text) == expected


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"story": ""}, "No story"),
        ({"format": "", "lead": "x"}, "No format"),
        ({"date": "soon", "time": "18:00"}, "is no date"),
        ({"date": "2026-12-01", "time": "late"}, "is no time"),
        ({"date": "2026-12-01"}, "go together"),
        ({"which": "third"}, "first, second, or nothing"),
    ],
)
def test_every_fault_says_what_to_write(cells, words):
    assert any(words in problem for problem in one(**cells).problems)


def test_a_good_row_has_no_problem_and_numbers_are_the_spreadsheets():
    rows = [HEAD, [], ["", "A", "X thread", "2026-12-01", "18:00", "Second", "@a; @b, c"]]

    [row] = plan_rows.read(rows)

    assert (row.number, row.problems, row.fold, row.accounts) == (3, (), 1, ("@a", "@b", "c"))
    assert row.wall.isoformat() == "2026-12-01T18:00:00"


def test_columns_come_in_any_order_and_unknown_ones_are_left_out():
    [row] = plan_rows.read([["Note", "FORMAT", " story "], ["n", "X thread", "A", "more"]])

    assert row.cells == {"format": "X thread", "story": "A"}


@pytest.mark.parametrize("rows", [[], [["Title"]], [HEAD], [HEAD, ["", ""]]])
def test_what_is_no_plan_is_said(rows):
    with pytest.raises(NoPlan):
        plan_rows.read(rows)

"""What an infographic shows beyond its rows, and what it cannot show."""

from dataclasses import replace

import pytest

from formats.core import alt, charting, checks, items
from formats.core.piece import Figures, Row, block_digest
from media.chart_kinds import KINDS
from media.regions import MAX_REGIONS
from tests.formats import pieces

pytestmark = pytest.mark.unit


def figures(chart, *values, unit="kg", **more):
    rows = tuple(
        Row(f"Row {n}", 0.0, v) if chart == "timeline" else Row(f"Row {n}", v) for n, v in enumerate(values)
    )
    return Figures("figures", "Title", unit, "Council", rows, chart, **more)


def shown(made, language="en"):
    return [(row.label, row.text, row.detail) for row in charting.charted(made, language).rows]


def test_amounts_become_shares_and_say_of_what():
    made = figures("share", 30, 10)

    assert shown(made) == [("Row 0", "75\u00a0%", "30\u00a0kg"), ("Row 1", "25\u00a0%", "10\u00a0kg")]
    assert charting.charted(made, "en").note == "100\u00a0% = 40\u00a0kg"


@pytest.mark.parametrize(
    ("values", "rest"), [((60, 15.5), "24.5\u00a0%"), ((33, 33, 33), None), ((60, 40), None)]
)
def test_percentages_below_a_hundred_leave_a_rest(values, rest):
    labels = {label: text for label, text, _ in shown(figures("share", *values, unit="%"))}

    assert labels.get("Other") == rest


@pytest.mark.parametrize(
    ("values", "unit", "text"),
    [
        ((10, 12), "kg", "+2\u00a0kg (+20\u00a0%)"),
        ((10, 5), "kg", "−5\u00a0kg (−50\u00a0%)"),
        ((9.4, 19.1), "%", "+9.7\u00a0percentage points"),
        ((0, 5), "kg", "+5\u00a0kg"),
        ((5, 5), "kg", "±0\u00a0kg"),
    ],
)
def test_difference_of_two_figures(values, unit, text):
    assert charting.charted(figures("comparison", *values, unit=unit), "en").difference == text


@pytest.mark.parametrize(("largest", "per_icon"), [(355, 50), (10, 1), (11, 2), (0.7, 0.1), (0, 1)])
def test_an_icon_stands_for_a_number_people_can_count_in(largest, per_icon):
    assert charting.charted(figures("pictogram", largest), "en").per_icon == pytest.approx(per_icon)


@pytest.mark.parametrize(
    ("on", "language", "text"),
    [
        ("2026-03-14", "en", "14 March 2026"),
        ("2026-03", "de", "März 2026"),
        ("2026", "fr", "2026"),
        ("2026-03-14", "ar", "14 مارس 2026"),
    ],
)
def test_dates_as_the_language_writes_them(on, language, text):
    assert charting.date_text(on, language) == text


def test_events_stand_in_order_of_their_dates():
    assert [text for _, text, _ in shown(figures("timeline", "2026", "2024-05-01", "2024-04"))] == [
        "April 2024",
        "1 May 2024",
        "2026",
    ]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (figures("share", 60, 45, unit="%"), "add up to 105 %"),
        (figures("share", 60, -5), "below zero"),
        (figures("share", 0, 0), "All parts of the whole are zero"),
        (figures("share", *range(1, 9)), "shows 7 rows; this one has 8"),
        (figures("comparison", 1, 2, 3), "shows 2 rows; this one has 3"),
        (figures("comparison", 1), "needs 2 rows; this one has 1"),
        (figures("pictogram", 100, per_icon=1), "would need 100 icons"),
        (figures("timeline", "2024", "in May"), "“in May” is not a date"),
        (figures("timeline", "2024", ""), "has no date"),
        (figures("timeline", "2024", "2024-13"), "is not a date"),
    ],
)
def test_what_cannot_be_drawn_is_said(made, message):
    (problem,) = charting.problems(made)

    assert message in problem.message
    assert problem.remedy
    assert charting.charted(made, "en").kind in ("bar", "timeline")


@pytest.mark.parametrize(
    "made",
    [
        figures("share", 33.4, 33.4, 33.4, unit="%"),
        figures("timeline", "2024", "2025"),
        figures("bar", -5, 3),
    ],
)
def test_what_can_be_drawn_has_no_problem(made):
    assert charting.problems(made) == []


@pytest.mark.parametrize(
    ("kind", "count", "message"),
    [
        ("bar", 12, None),
        ("bar", 20, "A bar chart shows 12 rows; these 20 are shown as a list."),
        ("", 13, "A bar chart shows 12 rows; these 13 are shown as a list."),
        ("column", 8, None),
        ("column", 9, "A column chart shows 8 rows; these 9 are shown as bars."),
        ("column", 13, "A column chart shows 8 rows; these 13 are shown as a list."),
        ("line", 24, None),
        ("line", 25, "A line chart shows 24 rows; these 25 are shown as a list."),
        ("pictogram", 30, None),
        ("number", 30, None),
    ],
)
def test_who_has_too_many_rows_for_a_chart_is_told_what_is_shown(kind, count, message):
    made = figures(kind, *range(1, count + 1))
    piece = replace(pieces.INFOGRAPHIC, blocks=(made,))

    found = {each.code: each for each in checks.piece(piece)}
    cards = items.figures_cards(piece, made, items.Canvas((1080, 1350)))

    assert (found["many_rows"].message if message else None) == message
    assert ("many_rows" in found) is bool(message)
    shown = {"list" if card.plan["template"] == "text" else card.plan["text"]["chart"] for card in cards}
    assert shown == {message.split()[-1].strip(".").replace("bars", "bar") if message else kind or "bar"}


def test_a_map_takes_a_figure_for_each_region_it_may_have():
    assert KINDS["map"].most == KINDS["map"].wide_most == MAX_REGIONS


def test_alt_text_says_what_the_picture_says():
    assert alt.figures(figures("share", 30, 10), None, "en") == (
        "Title. Row 0: 75 % (30 kg); Row 1: 25 % (10 kg). Source: Council."
    )


def test_long_timeline_goes_on_over_further_cards():
    made = figures("timeline", *(f"{year}" for year in range(2000, 2012)))
    piece = replace(pieces.INFOGRAPHIC, blocks=(made,))

    cards = items.figures_cards(piece, made, items.Canvas((1080, 1350)))

    assert [len(card.plan["text"]["rows"]) for card in cards] == [4, 4, 4]
    assert [card.plan["text"]["more"] for card in cards] == [[False, True], [True, True], [True, False]]
    assert all(card.plan["text"]["source"] == "Council" for card in cards)
    assert "2004" in cards[1].alt
    assert "2000" not in cards[1].alt


def test_what_nobody_touched_keeps_its_digest():
    """Fields that came later would otherwise show every approved infographic as drifted."""
    assert block_digest(pieces.FIGURES) == block_digest(replace(pieces.FIGURES, icon="", per_icon=0.0))
    assert block_digest(pieces.FIGURES) != block_digest(replace(pieces.FIGURES, icon="tree"))

"""How numbers are written: what is more than nothing never reads as nothing, and large ones read as people write them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engagement.api.endpoints import _range
from engagement.core import numerals
from engagement.core.metrics import rate
from engagement.core.statistics import Interval
from engagement.reports import changes
from engagement.reports.filters import Filters, Frame
from engagement.reports.report import Cell, Column, Report, Table, between
from engagement.templatetags.numbers import written
from engagement.views import as_file
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, likes, report

KINDS = ("number", "decimal", "percent", "times", "seconds")
more_than_nothing = st.floats(min_value=1e-9, max_value=1e12, allow_nan=False)
ZERO = {"0", "0.0", "-0", "0.00"}


def digits(words):
    return words.split("\u00a0")[0]


@pytest.mark.unit
@given(more_than_nothing, st.sampled_from(KINDS))
@example(0.022, "percent")
@example(0.049, "decimal")
@example(0.4, "number")
@example(0.9949, "percent")
def test_what_is_more_than_nothing_never_reads_as_nothing(value, kind):
    words = digits(written(kind, value))

    assert float(words.replace(",", "")) > 0
    assert "e" not in words
    assert between(Interval(0, value)).split(" to ")[1] not in ZERO
    assert numerals.rounded(value) > 0


@pytest.mark.unit
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_reads_as_nothing(kind):
    assert digits(written(kind, 0)) == digits(written(kind, 0.0)) == "0"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("value", "words"),
    [(0.022, "0.022"), (0.35, "0.35"), (0.5, "0.5"), (0.998, "1.0"), (3.14, "3.1"), (12345.6, "12,345.6")],
)
def test_a_rate_has_two_digits_that_count(value, words):
    assert written("percent", value) == f"{words}\u00a0%"


@pytest.mark.unit
@pytest.mark.parametrize("value", [12_345, 1_234_567, 2**62])
def test_large_numbers_are_written_whole_everywhere(value):
    assert written("number", value) == written("decimal", value) == f"{value:,}"


@pytest.mark.unit
@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_rate_that_programs_and_files_get_is_no_zero_either(interactions, of):
    found = rate({"likes": interactions, "followers": of}, "followers")
    assert numerals.rounded(found.value) > 0
    assert _range(found)[1] > 0

    table = Table("T", [Column("Post", "text"), Column("Rate", "percent")], [[Cell("a"), Cell(found.value)]])
    text = as_file(Report("R", tables=[table]), "csv", "r").content.decode("utf-8-sig")
    assert float(list(csv.reader(io.StringIO(text, newline="")))[1][1]) > 0


@pytest.mark.unit
@given(more_than_nothing, more_than_nothing, st.sampled_from([numerals.short, numerals.decimal]))
@example(1.04, 1.01, numerals.short)
@example(120.25, 120.5, numerals.decimal)
def test_two_numbers_of_which_one_is_above_are_written_differently(one, other, write):
    words = numerals.told_apart(one, other, write)

    assert (words[0] == words[1]) == (one == other)


@pytest.mark.db
def test_medians_that_lie_close_are_told_apart_where_one_leads(river):
    """Of 100,000 followers 1,040 to 1,045 and 1,010 to 1,015: 1.0425 % and 1.0125 % in the middle."""
    for fmt, first in (("x.thread", 1010), ("bluesky.thread", 1040)):
        rows = [{**each, "followers": 100_000} for each in likes(*range(first, first + 6))]
        river.posts(rows, fmt)

    said = report("formats", river, by="by_followers").sentences[0]

    assert "median 1.04\u00a0% over 6 posts, the next 1.01\u00a0%, more than chance does." in said


@pytest.mark.db
def test_small_rates_of_which_one_leads_are_told_apart(river):
    """Of 100,000 followers: threads 20 to 25 likes, 0.0225 % in the middle; carousels 40 to 45, 0.0425 %."""
    for fmt, first in (("x.thread", 20), ("bluesky.thread", 40)):
        rows = [{**each, "followers": 100_000} for each in likes(*range(first, first + 6))]
        river.posts(rows, fmt)

    found = report("formats", river, by="by_followers")

    said = found.sentences[0]
    assert said == (
        "Bluesky thread clearly leads by engagement rate by followers: median 0.042\u00a0% over 6 posts, the next "
        "0.022\u00a0%, more than chance does."
    )
    medians = [written("percent", value) for value in column(found.tables[0], "Median")]
    assert medians == ["0.042\u00a0%", "0.022\u00a0%"]
    at = [each.label for each in found.tables[0].columns].index("Median")
    assert [row[at].note for row in found.tables[0].rows] == ["0.04 to 0.045", "0.02 to 0.025"]


@pytest.mark.db
@pytest.mark.parametrize(("number", "words"), [(12_345, "12,345"), (1_234_567, "1,234,567")])
def test_sentences_write_large_numbers_as_tables_do(river, number, words):
    river.posts(likes(*[number] * 6), days_ago=3, hours_apart=1)
    river.posts(likes(*[number] * 6), days_ago=40, hours_apart=1)
    river.posts(likes(*range(6)), "bluesky.thread", days_ago=3, hours_apart=1)
    query = {"campaign": str(river.campaign.pk), "period": "30"}

    changed = changes.sentences(Frame.of(river.people["manager"], Filters.of(query), NOW))
    led = report("formats", river, by="likes", age="24h").sentences

    assert any(f"{words} before." in each for each in changed)
    assert f"median {words} over 12 posts" in led[0]

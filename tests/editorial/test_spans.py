"""Which days a month or a week of the calendar shows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editorial.core import spans

pytestmark = [pytest.mark.unit]
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("key", "text", "value", "title"),
    [
        ("month", "2026-12", "2026-12", "December 2026"),
        ("month", "2026-13", "2026-11", "November 2026"),
        ("month", "0001-01", "2026-11", "November 2026"),
        ("week", "2026-W49", "2026-W49", "30 November – 6 December 2026"),
        ("week", "2026-W53", "2026-W53", "28 December 2026 – 3 January 2027"),
        ("week", "2027-W53", "2026-W48", "23 – 29 November 2026"),
        ("week", "", "2026-W48", "23 – 29 November 2026"),
        ("week", "2026-W48-3", "2026-W48", "23 – 29 November 2026"),
        ("week", "9999-W01", "2026-W48", "23 – 29 November 2026"),
    ],
)
def test_read_from_the_address(key, text, value, title):
    span = spans.read(key, text, TODAY)

    assert (span.value, span.title) == (value, title)


@given(st.sampled_from(["month", "week"]), st.dates(date(2001, 1, 1), date(2200, 1, 1)))
def test_spans_follow_each_other_without_a_gap(key, day):
    span = spans.SPANS[key](day)

    assert day in span
    assert span.after not in span
    assert span.following().first == span.after
    assert span.previous().after == span.first
    assert spans.read(key, span.value, TODAY) == span
    assert key == "month" or span.after - span.first == timedelta(days=7)


def test_bands_on_the_same_days_share_their_words():
    day = date(2026, 12, 1)
    bands = [
        ("Silence", date(2026, 11, 20), day + timedelta(days=4)),
        ("Holiday", day + timedelta(days=1), None),
        ("Far away", date(2027, 5, 1), None),
    ]

    assert spans.words_on(bands, day, date(2027, 1, 1)) == [
        ("Silence", day, day + timedelta(days=1)),
        ("Silence · Holiday", day + timedelta(days=1), day + timedelta(days=2)),
        ("Silence", day + timedelta(days=2), day + timedelta(days=4)),
    ]

"""Medians, intervals and leads by hand-worked tables, and what must hold for any numbers."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement.core import hours, statistics
from engagement.core.hours import Outing
from engagement.core.statistics import Interval

pytestmark = pytest.mark.unit
NUMBERS = st.lists(st.one_of(st.none(), st.integers(0, 10**7)), max_size=30)


@pytest.mark.parametrize(
    ("values", "lower", "middle", "upper"),
    [
        ([7], 7, 7, 7),
        ([1, 3], 1.5, 2, 2.5),
        ([3, None, 1, 2], 1.5, 2, 2.5),
        ([4, 1, 3, 2], 1.75, 2.5, 3.25),
        ([0, 0, 0, 0, 100], 0, 0, 0),
    ],
)
def test_quartiles_of_what_is_known(values, lower, middle, upper):
    assert statistics.quartiles(values) == (lower, middle, upper)
    assert statistics.median(values) == middle


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_nothing_known_is_none_everywhere(values):
    assert statistics.median(values) is None
    assert statistics.quartiles(values) is None
    assert statistics.spread(values) is None
    assert statistics.median_interval(values) is None
    assert statistics.percentile(values, 95) is None


def test_percentile_lies_between_two_values_in_proportion():
    assert statistics.percentile(range(101), 95) == 95
    assert statistics.percentile([0, 10], 95) == 9.5


@pytest.mark.parametrize(
    ("n", "cut"),
    # Binomial(n, 1/2): the most values at one end whose probability is at most 2.5 %. 6: 1/64 = 1.6 %. 8: 1/256 alone,
    # with the next 9/256 = 3.5 %. 9: 10/512 = 2.0 %. 20: up to 5 of them 2.07 %, with the sixth 5.8 %.
    [(5, None), (6, 0), (8, 0), (9, 1), (20, 5)],
)
def test_median_interval_counts_ranks(n, cut):
    found = statistics.median_interval(range(n))

    assert found == (None if cut is None else Interval(cut, n - 1 - cut))


def test_median_intervals_that_are_judged_together_reach_further():
    """For ten looks 0.25 % at one end. 8: 1/256 = 0.39 %. 9: 1/512 = 0.20 %. 20: up to 3 of them 0.13 %, 4: 0.59 %."""
    found = [statistics.median_interval(range(n), looks=10) for n in (8, 9, 20)]

    assert found == [None, Interval(0, 8), Interval(3, 16)]


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Exact Poisson limits (Garwood), from tables.
    [(0, 0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.6)],
)
def test_count_interval_is_near_the_exact_limits(count, low, high):
    found = statistics.count_interval(count)

    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, rel=0.03)


def test_rate_interval_is_the_counts_per_hundred_and_needs_a_base():
    assert statistics.rate_interval(10, 1000).low == pytest.approx(0.48, abs=0.01)
    assert statistics.rate_interval(10, 1000).high == pytest.approx(1.84, abs=0.01)
    for count, of in ((None, 100), (3, None), (3, 0)):
        assert statistics.rate_interval(count, of) is None


def test_share_interval_is_wilsons():
    found = statistics.share_interval(8, 10)  # Wilson 1927: 0.490 to 0.943

    assert (round(found.low, 1), round(found.high, 1)) == (49.0, 94.3)
    assert statistics.share_interval(0, 0) is None


@pytest.mark.parametrize("whole", [1, 69, 75, 125, 138, 150, 250, 300, 500, 1000])
def test_none_and_all_of_some_reach_the_ends_exactly(whole):
    assert statistics.share_interval(0, whole).low == 0
    assert statistics.share_interval(whole, whole).high == 100


@pytest.mark.parametrize(
    ("groups", "winner"),
    [
        ({"a": range(10, 16), "b": range(6)}, "a"),
        ({"a": range(5, 11), "b": range(6)}, None),  # they touch at 5
        ({"a": [100, 200], "b": range(6)}, None),  # too few to judge, nobody to compare with
        ({"a": range(10, 16)}, None),
        ({"a": [None] * 9, "b": range(9)}, None),
        ({"a": range(20, 26), "b": range(10, 16), "c": range(6)}, "a"),
        ({}, None),
    ],
)
def test_leads_only_where_no_median_reaches_it(groups, winner):
    assert statistics.leads(groups) == winner


@pytest.mark.parametrize(
    ("counts", "winner"),
    [
        ({"a": 12, "b": 11}, None),
        ({"a": 40, "b": 11}, "a"),
        ({"a": 3, "b": 0}, None),
        ({"a": 40, "b": None}, None),
        ({"a": 40, "b": 11, "c": None}, "a"),
    ],
)
def test_counts_lead_only_beyond_chance(counts, winner):
    assert statistics.counts_lead(counts) == winner


def test_noise_has_no_winner():
    """Six formats of the same make, a thousand times: chance alone is called a winner in fewer than one of fifty."""
    dice = random.Random(8)
    called = 0
    for _ in range(1000):
        groups = {name: [dice.lognormvariate(5, 1) for _ in range(12)] for name in "abcdef"}
        called += statistics.leads(groups) is not None

    assert called < 20


def test_a_real_lead_is_found():
    dice = random.Random(9)
    groups = {name: [dice.lognormvariate(5 + (name == "b"), 0.3) for _ in range(20)] for name in "abc"}

    assert statistics.leads(groups) == "b"


def week_of_posts(dice, accounts, better=None, by=1.0):
    """Twelve posts of each account set at 40 hours of the week, some of which take off; one hour may be better."""
    places = [(day, hour) for day in range(5) for hour in range(9, 17)]
    return [
        Outing(account, *place, dice.lognormvariate(5 + account, 1) * (by if place == better else 1))
        for place in places
        for account in accounts
        for _ in range(12)
    ]


def test_an_hour_that_did_well_by_chance_is_not_called_sure():
    """40 hours of the same make, 200 times. Were each judged for itself, 60 of these would have a winner."""
    dice = random.Random(10)
    worlds = [hours.grid(week_of_posts(dice, [0, 1])) for _ in range(200)]

    called = sum(any(cell.sure for cell in cells.values()) for cells in worlds)

    assert called <= 10, called


def test_an_hour_that_is_better_is_called_sure_and_no_other():
    dice = random.Random(11)
    cells = hours.grid(week_of_posts(dice, [0, 1], better=(2, 13), by=4))

    assert [place for place, cell in cells.items() if cell.sure] == [(2, 13)]


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.integers(0, 5))
def test_unknown_values_change_nothing(values, unknown):
    found, more = statistics.spread(values), statistics.spread([*values, *[None] * unknown])

    if found is None:
        assert more is None
    else:
        assert more.of == found.of + unknown
        assert (more.known, more.median, more.interval) == (found.known, found.median, found.interval)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_spread_is_in_order(values):
    found = statistics.spread(values)

    if found is not None:
        assert found.lowest <= found.lower <= found.median <= found.upper <= found.highest
        assert found.small == (found.known < statistics.LEAST)
        if found.interval:
            assert found.interval.low <= found.median <= found.interval.high


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(1, 1000), max_size=12)), st.integers(2, 9)
)
def test_the_leader_has_the_greatest_median_and_does_not_hang_on_the_unit(groups, factor):
    winner = statistics.leads(groups)

    assert statistics.leads({name: [v * factor for v in values] for name, values in groups.items()}) == winner
    if winner:
        judged = [name for name, values in groups.items() if len(values) >= statistics.LEAST]
        assert winner == max(judged, key=lambda name: statistics.median(groups[name]))

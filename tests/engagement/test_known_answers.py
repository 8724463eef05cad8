"""Three platforms, nine posts, each rate and median worked out by hand below. Pure: rates, medians, quartiles, standings.

All at the age of 24 hours. "–" is what the network does not tell; it is in no sum and no median.

    Facebook    reach  views  likes  comments  shares  saves   interactions = likes + comments + shares (+ saves)
      F1         1000   1500     30         6       4      –   40
      F2          400    500     10         2       –      –   12
      F3         2500   4000     50         0       0      –   50
    X           impr.         likes  comments  shares  saves
      X1         8000            60        10      20     10   100
      X2         2000             5         0       1      0     6
      X3          500             0         0       0      0     0
    Mastodon                  likes  comments  shares          followers 800 (at that time)
      M1                         20         4      16          40
      M2                          –         –       –          nothing is told: unknown, not 0
      M3                          2         0       2           4

Rates, per hundred:
    by reach        F1  40 / 1000 = 4.0     F2  12 / 400 = 3.0     F3  50 / 2500 = 2.0     median 3.0
    by views        F1  40 / 1500 = 2.6667  F2  12 / 500 = 2.4     F3  50 / 4000 = 1.25    median 2.4
    by impressions  X1 100 / 8000 = 1.25    X2   6 / 2000 = 0.3    X3   0 / 500  = 0.0     median 0.3
    by followers    M1  40 / 800  = 5.0     M2  unknown            M3   4 / 800  = 0.5     median of the two: 2.75

Quartiles of the Facebook rates by reach, 2.0 3.0 4.0: the lower lies at place 0.25 × 2 = 0.5, half-way from 2.0 to 3.0: 2.5;
the upper at place 1.5: 3.5.
"""

from datetime import UTC, datetime, timedelta

import pytest

from engagement.core import rollups
from engagement.core.metrics import BASES, NAMES, interactions, rate
from engagement.core.rollups import Told
from engagement.core.statistics import median, quartiles

pytestmark = pytest.mark.unit

POSTS = {
    "F1": {"reach": 1000, "views": 1500, "likes": 30, "comments": 6, "shares": 4},
    "F2": {"reach": 400, "views": 500, "likes": 10, "comments": 2},
    "F3": {"reach": 2500, "views": 4000, "likes": 50, "comments": 0, "shares": 0},
    "X1": {"impressions": 8000, "likes": 60, "comments": 10, "shares": 20, "saves": 10},
    "X2": {"impressions": 2000, "likes": 5, "comments": 0, "shares": 1, "saves": 0},
    "X3": {"impressions": 500, "likes": 0, "comments": 0, "shares": 0, "saves": 0},
    "M1": {"followers": 800, "likes": 20, "comments": 4, "shares": 16},
    "M2": {"followers": 800},
    "M3": {"followers": 800, "likes": 2, "comments": 0, "shares": 2},
}
RATES = {
    "reach": {"F1": 4.0, "F2": 3.0, "F3": 2.0},
    "views": {"F1": 40 / 15, "F2": 2.4, "F3": 1.25},
    "impressions": {"X1": 1.25, "X2": 0.3, "X3": 0.0},
    "followers": {"M1": 5.0, "M3": 0.5},
}
MEDIANS = {"reach": 3.0, "views": 2.4, "impressions": 0.3, "followers": 2.75}


def values(post):
    return dict.fromkeys((*NAMES, "followers")) | POSTS[post]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("post", POSTS)
def test_each_rate(post, base):
    found = rate(values(post), base)

    if post in RATES[base]:
        assert found.value == pytest.approx(RATES[base][post])
    else:
        assert found is None


@pytest.mark.parametrize("base", BASES)
def test_each_median(base):
    rates = [None if (r := rate(values(post), base)) is None else r.value for post in POSTS]

    assert median(rates) == pytest.approx(MEDIANS[base])


def test_interactions_and_what_is_missing_of_them():
    told = {post: interactions(values(post)) for post in POSTS}

    expected = {"F1": 40, "F2": 12, "F3": 50, "X1": 100, "X2": 6, "X3": 0, "M1": 40, "M2": None, "M3": 4}
    assert told == expected
    assert rate(values("F2"), "reach").missing == ("shares", "saves")
    assert median(told.values()) == 26  # of 0 4 6 12 40 40 50 100 the two in the middle are 12 and 40


def test_quartiles_of_the_rates_by_reach():
    assert quartiles([4.0, None, 3.0, 2.0]) == (2.5, 3.0, 3.5)
    assert quartiles([None]) is None


def test_the_numbers_of_24_hours_are_the_ones_compared():
    """F1 was read at 50 min, 5 h, 23 h 50 min and 30 h: likes 9, 21, 30, 33. Days (UTC): 30 then 33 - 30 = 3."""
    out = datetime(2026, 5, 4, 0, 5, tzinfo=UTC)
    told = [
        Told(out + age, age, values("F1") | {"likes": likes})
        for age, likes in (
            (timedelta(minutes=50), 9),
            (timedelta(hours=5), 21),
            (timedelta(hours=23, minutes=50), 30),
            (timedelta(hours=30), 33),
        )
    ]

    standing = rollups.standings(told)
    days = rollups.days(told, UTC)

    assert {age: t.values["likes"] for age, t in standing.items()} == {
        "1h": 9,
        "6h": 21,
        "24h": 30,
        "7d": 33,  # provisional until it is seven days old
        "latest": 33,
    }
    assert [day.gains["likes"] for day in days.values()] == [30, 3]
    assert rate(standing["24h"].values, "reach").value == pytest.approx(4.0)


def test_a_rate_by_followers_is_by_those_that_there_were_then():
    """F1 again. The page had 1,900 followers at 50 min, 2,000 at 23 h 50 min and 2,500 at 30 h, after a mention in the news.

    24 h: 40 / 2000 = 2.0 per hundred; newest: (33 + 6 + 4) / 2500 = 43 / 2500 = 1.72. By today's followers the 24 hours
    would be 40 / 2500 = 1.6, as if the post had done worse for what came after it.
    """
    out = datetime(2026, 5, 4, 0, 5, tzinfo=UTC)
    told = [
        Told(out + age, age, values("F1") | {"likes": likes, "followers": followers})
        for age, likes, followers in (
            (timedelta(minutes=50), 9, 1900),
            (timedelta(hours=23, minutes=50), 30, 2000),
            (timedelta(hours=30), 33, 2500),
        )
    ]

    standing = rollups.standings(told)

    assert rate(standing["24h"].values, "followers").value == pytest.approx(2.0)
    assert rate(standing["latest"].values, "followers").value == pytest.approx(1.72)

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import fair
from media.fair import Waiting, order

pytestmark = pytest.mark.unit


def rows(*asked):
    return [
        Waiting(n, campaign, kind, float(at if at is not None else n))
        for n, (campaign, kind, at) in enumerate(asked)
    ]


@pytest.mark.parametrize(
    ("asked", "spent", "expected"),
    [
        ([(1, "card", 1), (1, "card", 2)], {}, [0, 1]),
        # fifty films of one campaign do not stand before another's card
        ([(1, "film", 0), (1, "film", 1), (1, "film", 2), (2, "card", 3)], {}, [0, 3, 1, 2]),
        # who was given much lately waits
        ([(1, "card", 0), (2, "card", 9)], {1: 60.0}, [1, 0]),
        # ten cards cost less than one cut
        ([(1, "cut", 0), (1, "cut", 1), *[(2, "card", 5)] * 4], {}, [0, 2, 3, 4, 5, 1]),
        # a card goes before a video of its campaign that was asked for a little earlier, but not much
        ([(1, "cut", 0), (1, "card", 100)], {}, [1, 0]),
        ([(1, "cut", 0), (1, "card", 130)], {}, [0, 1]),
        # without a campaign: a line of its own
        ([(None, "card", 0), (None, "card", 1), (7, "card", 2)], {}, [0, 2, 1]),
        ([], {}, []),
    ],
)
def test_order(asked, spent, expected):
    assert order(rows(*asked), spent) == expected


campaigns = st.sampled_from([1, 2, 3, None])
kinds = st.sampled_from(["card", "film", "cut", "new"])


@given(st.lists(st.tuples(campaigns, kinds, st.floats(0, 1000)), max_size=40))
def test_everybody_is_served_and_nobody_waits_for_more_than_the_dearest_of_each_other(asked):
    waiting = rows(*asked)

    found = order(waiting, {})

    assert sorted(found) == sorted(w.id for w in waiting)
    given_s = Counter()
    left = Counter(w.campaign for w in waiting)
    by_id = {w.id: w for w in waiting}
    for id in found:
        campaign = by_id[id].campaign
        others = [given_s[c] for c, count in left.items() if count]
        assert given_s[campaign] <= min(others)  # always the one that was given least
        given_s[campaign] += fair.COST_S.get(by_id[id].kind, 10.0)
        left[campaign] -= 1


def test_spent_counts_the_last_ten_minutes_and_what_is_under_way():
    work = [(1, 900.0, 950.0), (1, 100.0, 460.0), (2, 980.0, None), (2, None, None), (3, 10.0, 20.0)]

    assert fair.spent(work, 1000.0) == {1: 50.0 + 60.0, 2: 20.0, 3: 0.0}

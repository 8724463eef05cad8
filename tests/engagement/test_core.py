import json
from datetime import timedelta

import pytest

from engagement.core.metrics import interactions, rate
from engagement.core.packing import pack, unpack
from engagement.core.schedule import after_trouble, pause
from engagement.core.tags import of_payload

pytestmark = pytest.mark.unit
MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "unchanged", "expected"),
    [
        (timedelta(seconds=-5), 0, 5 * MIN),
        (timedelta(0), 0, 5 * MIN),
        (59 * MIN, 0, 5 * MIN),
        (HOUR, 0, 15 * MIN),
        (6 * HOUR, 0, HOUR),
        (DAY, 0, 6 * HOUR),
        (7 * DAY, 0, DAY),
        (30 * DAY, 0, 7 * DAY),
        (90 * DAY, 0, None),
        (0 * MIN, 1, 10 * MIN),
        (0 * MIN, 2, 20 * MIN),
        (0 * MIN, 9, 20 * MIN),
    ],
)
def test_pause_thins_out_with_age_and_silence(age, unchanged, expected):
    assert pause(age, unchanged=unchanged) == expected


def test_pause_at_a_faster_pace_is_shorter_and_ages_sooner():
    assert pause(timedelta(0), pace=60) == timedelta(seconds=5)
    assert pause(MIN, pace=60) == timedelta(seconds=15)
    assert pause(2 * DAY, pace=60) is None


@pytest.mark.parametrize(
    ("values", "base", "expected"),
    [
        ({"likes": 3, "comments": 1, "reach": 200}, "reach", 2.0),
        ({"likes": 0, "comments": 0, "reach": 200}, "reach", 0.0),
        ({"likes": 3, "reach": None}, "reach", None),
        ({"likes": 3, "reach": 0}, "reach", None),
        ({"reach": 200}, "reach", None),
        ({"likes": 3, "followers": 300}, "followers", 1.0),
    ],
)
def test_rate_needs_a_base_and_something_to_count(values, base, expected):
    found = rate(values, base)

    assert (found and found.value) == expected


def test_rate_names_what_is_not_known():
    assert rate({"likes": 3, "reach": 100}, "reach").missing == ("comments", "shares", "saves")


def test_interactions_of_nothing_known_is_unknown_not_zero():
    assert interactions({"likes": None}) is None
    assert interactions({"likes": 0}) == 0


@pytest.mark.parametrize(
    ("age", "unchanged", "expected"),
    [
        (50 * MIN, 2, 8 * MIN),  # to 58 minutes: what stands for one hour is read shortly before
        (58 * MIN, 0, 5 * MIN),
        (DAY - HOUR, 2, HOUR - DAY / 200),
        (DAY - DAY / 200, 0, HOUR),
    ],
)
def test_no_pause_passes_over_the_eve_of_a_standard_age(age, unchanged, expected):
    assert pause(age, unchanged=unchanged) == expected


def test_the_last_pull_is_on_the_eve_of_forgetting():
    last = DAY - DAY / 200

    assert pause(DAY - HOUR, unchanged=2, forgotten_at=DAY) == last - (DAY - HOUR)
    assert pause(last, forgotten_at=DAY) is None
    assert pause(90 * DAY - 90 * DAY / 200) is None


@pytest.mark.parametrize(("tries", "minutes"), [(0, 10), (1, 20), (5, 320), (6, 360), (99, 360)])
def test_after_trouble(tries, minutes):
    assert after_trouble(tries) == minutes * MIN


def test_an_answer_is_packed_small_and_comes_back():
    raw = {
        "posts": [
            {"id": "1", "text": "Straße – 🌊", "public_metrics": {"like_count": 3, "reply_count": None}}
        ]
    }

    assert unpack(pack(raw)) == raw
    assert len(pack(raw)) < len(json.dumps(raw)) * 0.8
    with pytest.raises(ValueError, match="not a packed"):
        unpack(b"{}")


def test_hashtags_of_a_first_comment_count_once_it_is_out():
    payload = {"parts": [{"text": "Clean #Water"}], "options": {"first_comment": "#river #water"}}

    assert of_payload(payload) == {"water": "Water"}
    assert of_payload(payload, commented=True) == {"water": "Water", "river": "river"}
    assert of_payload({"parts": [], "options": {}}, commented=True) == {}

"""A wave of the same is found; a busy evening is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from community.core.bursts import Heard, alike, find, words_of

START = datetime(2026, 11, 23, 18, tzinfo=UTC)


def wave(
    text: str,
    count: int,
    *,
    people: int | None = None,
    step_s: int = 60,
    first: int = 0,
    at: datetime = START,
):
    return [
        Heard(
            first + n, at + timedelta(seconds=step_s * n), f"person {n % (people or count)}", text.format(n=n)
        )
        for n in range(count)
    ]


OTHERS = [
    "When does the pool open?", "My street is dark again", "Thanks for the new benches", "The 14 was late today",
    "Is there parking at the hall?", "Love the flowers by the river", "Our bin was forgotten", "Who cleans the underpass?",
    "Please plant more trees", "The clock at the station is wrong",
]  # fmt: skip
SAME = "@town{n} is it true that the polling station at Mill Lane is closed tomorrow? https://x.example/{n}"


@pytest.mark.parametrize(
    ("heard", "sizes"),
    [
        ([], []),
        (wave(SAME, 8), [8]),
        (wave(SAME, 7), []),
        (wave(SAME, 8, people=3), []),
        (wave(SAME, 8, step_s=3600), []),
        (wave("Yes!", 50), []),
        ([Heard(n, START, str(n), text) for n, text in enumerate(OTHERS)], []),
        (wave(SAME, 9) + wave("Stop the felling of our trees in {n} now", 12, first=100), [12, 9]),
        (wave("投票所は明日閉まるのですか？ {n}", 8), [8]),
    ],
)
def test_waves(heard, sizes):
    assert [len(each.numbers) for each in find(heard)] == sizes


def test_changed_wording_is_the_same_wave():
    changed = [
        "Is it true that the polling station in Mill Lane is closed?",
        "is it really true that the polling station at mill lane is closed",
        "IS IT TRUE the polling station at Mill Lane is closed tomorrow??",
        "true that the polling station at Mill Lane is closed?",
    ]
    heard = [Heard(n, START, str(n), changed[n % 4]) for n in range(8)]

    found = find(heard)

    assert len(found) == 1
    assert {"polling", "station", "mill", "lane", "closed"} <= set(found[0].words)


def test_the_key_stays_while_it_goes_on():
    assert find(wave(SAME, 8))[0].key == find(wave(SAME, 30))[0].key


def test_order_does_not_matter():
    heard = wave(SAME, 10)

    assert find(reversed(heard)) == find(heard)


def test_an_hour_before_the_newest_counts():
    old = wave(SAME, 8, at=START - timedelta(hours=2))

    assert find([*old, Heard(99, START, "z", "Something else entirely")]) == []


def test_nothing_is_like_nothing():
    assert not alike(words_of("😀"), words_of("😀"))

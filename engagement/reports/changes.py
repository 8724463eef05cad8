"""What changed from one stretch of days to the next, and what of the numbers goes with it. No cause is claimed.

A total is the number of posts times what one post brought. Both are known, so a sentence can say which of them moved;
why the audience did what it did is in no number.
"""

from __future__ import annotations

from collections.abc import Sequence

from engagement.core import numerals, statistics
from engagement.core.measures import MEASURES
from engagement.core.metrics import INTERACTIONS, LABELS
from engagement.reports import behind, posts
from engagement.reports.filters import Frame
from engagement.reports.posts import Post
from engagement.reports.report import several

AGE = "24h"  # young enough that the last days have posts of it


def sentences(frame: Frame) -> list[str]:
    """One query."""
    before_days = frame.filters.before(frame.today)
    first_day, last_day = frame.days()
    if before_days is None or first_day > frame.today:
        return []
    two = posts.load_two(frame, before_days, (first_day, min(last_day, frame.today)), age=AGE)
    before, now = two.before, two.now
    first, last = before_days
    days = (last - first).days + 1
    said = compare(
        now.rows, before.rows, two.out, two.out_before, days=days, old=now.of, old_before=before.of
    )
    if two.until:
        until = f"{two.until.astimezone(frame.zone):%A, %-d %b, %H:%M}"
        said.append(
            f"Posts from {until} on are not a day old; what posts brought is compared without them, and without those of "
            "the same last hours before."
        )
    if frame.days()[1] >= frame.today:
        said.append("Today is one of these days and is not over.")
    if far := now.far + before.far:
        those = several(far, "post was", "posts were")
        said.append(f"{those} not read near the age of 24 hours, then or now, and counted only as gone out.")
    return [*said, *behind.words(AGE, [*before.rows, *now.rows])]


def compare(
    now: Sequence[Post],
    before: Sequence[Post],
    out: int,
    out_before: int,
    *,
    days: int,
    old: int | None = None,
    old_before: int | None = None,
) -> list[str]:
    """``out``: posts that went out; ``now`` and ``before``: those of them that have numbers of their first day.

    ``old``: how many of ``out`` are compared, where not all are a day old.
    """
    old = out if old is None else old
    old_before = out_before if old_before is None else old_before
    span = f"these {days} days" if days > 1 else "this day"
    said = [_count(out, out_before, span)]
    counted = posts.told_by_every_format([*now, *before])
    interactions = MEASURES["interactions"]
    new = [interactions.of(post.values, counted) for post in now]
    past = [interactions.of(post.values, counted) for post in before]
    middle, was = statistics.median(new), statistics.median(past)
    if middle is None or was is None:
        return [*said, _not_compared([*(now if middle is None else ()), *(before if was is None else ())])]
    names = " and ".join(LABELS[name] for name in counted)
    said.append(
        f"In its first 24 hours the median post brought {numerals.decimal(middle)} interactions ({names}), "
        f"{numerals.decimal(was)} before. "
        f"That is known of {_known(new):,} of {several(old, 'post')}, and of {_known(past):,} of {old_before:,} before."
    )
    clear = _clear(new, past)
    said.append(_judged(new, past, clear))
    total, total_before = _total(new), _total(past)
    if total and total_before:
        said.append(_which(total, total_before, _known(new), _known(past), clear))
    return said


def _count(out: int, before: int, span: str) -> str:
    if out == before:
        return f"{several(out, 'post')} went out in {span}, as many as in the same time before."
    word = "more" if out > before else "fewer"
    words = f"{several(out, 'post')} went out in {span}, {abs(out - before):,} {word}"
    return f"{words} than in the same time before ({before:,})."


def _not_compared(without: Sequence[Post]) -> str:
    """Why there is nothing to compare. ``without``: the posts of the side that has no number, or of both."""
    why = "one of the two has no numbers of it"
    if any(name in post.behind for post in without for name in INTERACTIONS):
        why = "numbers have not been told in full at that age"
    return f"How posts did on their first day cannot be compared: {why}."


def _clear(new: Sequence[float | None], old: Sequence[float | None]) -> str | None:
    """Which of the two is above the other beyond chance."""
    return statistics.leads({"now": new, "before": old})


def _judged(new: Sequence[float | None], old: Sequence[float | None], winner: str | None) -> str:
    if min(_known(new), _known(old)) < statistics.LEAST:
        return f"That is too few posts to say more: at least {statistics.LEAST} with numbers are needed on both sides."
    if winner is None:
        return "That difference is within what chance does among posts like these."
    how = "better" if winner == "now" else "worse"
    return f"So posts did {how} than before, and by more than chance does among posts like these."


def _which(total: float, before: float, posts_now: int, posts_before: int, clear: str | None) -> str:
    """How each of the two factors of a total moved. That the one explains it is said only of a change beyond chance.

    The total goes with the mean, chance is judged by the median: where the two point in different directions a few posts
    that took off have made the mean.
    """
    each, each_before = total / posts_now, before / posts_before
    words = f"Together {several(posts_now, 'post')} with such numbers brought {numerals.whole(total)}, "
    words += f"{several(posts_before, 'post')} brought {numerals.whole(before)} before"
    if posts_now == posts_before and each == each_before:
        return f"{words}: as many posts, and as much for each."
    words += (
        f": {_moved('posts', posts_now, posts_before)}, {_moved('a post on average', each, each_before)}."
    )
    if clear is None:
        return f"{words} What a post brought differs no more than by chance."
    if (clear == "now") != (each > each_before):
        return f"{words} The median post went the other way: a few posts have made the average."
    return words


def _moved(what: str, now: float, before: float) -> str:
    if now == before:
        return f"{what} as before"
    return f"{what} {numerals.whole(100 * abs(now - before) / before)} % {'up' if now > before else 'down'}"


def _total(values: Sequence[float | None]) -> float:
    return sum(statistics.known(values))


def _known(values: Sequence[float | None]) -> int:
    return len(statistics.known(values))

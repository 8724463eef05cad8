"""When to ask a network again what people said. Pure."""

from __future__ import annotations

from datetime import timedelta

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Under a post: (younger than, ask every). People answer most in the first hours, and years later a few still do.
POST = ((HOUR, 2 * MINUTE), (6 * HOUR, 5 * MINUTE), (DAY, 15 * MINUTE), (7 * DAY, HOUR), (90 * DAY, DAY))
CHANNEL = 2 * MINUTE  # mentions and private messages
LARGEST_BACKOFF = 8
FASTEST = 8.0  # times real life: the sandbox's people speak no faster
OVERLAP = HOUR  # read again what a late or corrected message may have changed
FIRST = 30 * DAY  # so far back a channel's first round reads
WHOLE = DAY  # so often everything is read, to notice what is gone
WHOLE_REACH = 7 * DAY  # of mentions and private messages


YOUNG = 7 * DAY  # so long under a post the shortest target holds
LEAST = 2 * MINUTE


def pause(
    age: timedelta | None, *, quiet: int = 0, pace: float = 1.0, target: timedelta | None = None
) -> timedelta | None:
    """How long to wait before the next round; None when a post is too old to ask. ``age`` None: of a channel.

    Rounds without news double the pause, up to eight times, but under a young post never beyond a quarter of ``target``, the
    shortest time within which somebody has to be answered: else it would be over before we read what they said.
    ``pace`` is how many times faster than real life the sandbox moves; people there speak at most eight times faster.
    """
    pace = min(max(pace, 1.0), FASTEST)
    factor = min(1 << min(max(quiet, 0), 10), LARGEST_BACKOFF)
    most = DAY if target is None else max(target / 4, LEAST)
    if age is None:
        return min(CHANNEL * factor, most) / pace
    age = max(age, timedelta(0))
    for younger_than, every in POST:
        if age < younger_than:
            return min(every * factor, most if age < YOUNG else DAY) / pace
    return None

"""How long to wait before a repeat that is known to be safe."""

from __future__ import annotations

LADDER_S = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
SELDOM_S, SELDOM_MAX_S = 15.0, 300.0
RATE_DEFAULT_S = 60.0
RATE_MIN_S = 1.0
WAIT_MAX_S = 366 * 86_400.0  # nobody means longer; and dates end


def backoff_s(tries: int, jitter: float) -> float:
    """Seconds before try number ``tries`` + 1. ``jitter`` is a random number in 0…1: full jitter, at
    least 0.2 s.

    Many posts that failed at the same moment must not all come back at the same moment.
    """
    step = LADDER_S[min(max(tries, 0), len(LADDER_S) - 1)]
    return max(0.2, step * min(max(jitter, 0.0), 1.0))


def seldom_s(tries: int) -> float:
    """Seconds between two questions whether a network is ready for what belongs to a post that is out: ever more."""
    return min(SELDOM_MAX_S, SELDOM_S * tries)


def sane_s(said_s: float | None) -> float | None:
    """A wait that a network named, as seconds that can be reckoned with; None when it named none or nonsense."""
    if said_s is None or said_s != said_s:
        return None
    return min(max(said_s, 0.0), WAIT_MAX_S)


def rate_wait_s(retry_after_s: float | None, jitter: float) -> float:
    """Seconds to wait when the network told us to: what it said and a little more, or a minute when it
    said nothing.
    """
    said = sane_s(retry_after_s)
    return max(RATE_MIN_S, RATE_DEFAULT_S if said is None else said) + min(max(jitter, 0.0), 1.0)

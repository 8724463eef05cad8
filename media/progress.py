"""How long a render will still take, from how far it is and how long that took. Pure."""

from __future__ import annotations

EARLY = 5  # per cent; below that, guesses are wild


def left_s(per_cent: int, elapsed_s: float | None) -> float | None:
    """Seconds; None while nobody can know."""
    if elapsed_s is None or per_cent < EARLY or elapsed_s < 1:
        return None
    return max(0.0, elapsed_s * (100 - per_cent) / per_cent)


def words(seconds: float | None) -> str:
    """``about 40 seconds left``; empty while nobody can know. Rounded so that it does not flicker."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {max(5, round(seconds / 5) * 5)} seconds left"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} minute{'s' if minutes > 1 else ''} left"

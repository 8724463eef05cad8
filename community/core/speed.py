"""How fast a conversation was answered, and which of its waits were in time. Pure.

A wait runs by the clock, nights included; whether it was in time is what its due time said then, with office hours.
So a miss that was noted decides, never a target that was changed later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from community.core.waiting import Said, Step, Wait, waits


@dataclass(frozen=True)
class Timed:
    """One wait. ``minutes`` None: not answered. ``kept`` None: nobody knows yet, or nobody will.

    ``open``: nobody has answered, and nobody has decided that it needs no answer.
    """

    since: datetime
    step: Step
    minutes: float | None
    kept: bool | None
    open: bool = False


def timed(said: Iterable[Said], missed: Sequence[datetime], silent: Collection[str] = ()) -> list[Timed]:
    """The waits of a conversation with what came of them; ``missed`` are the due times that passed without an answer,
    ``silent`` who is no longer answered.
    """
    every = waits(said)
    late = {id(wait) for due in missed if (wait := _due_then(every, due))}
    found = []
    for wait in every:
        end = wait.answered_at
        minutes = None if end is None else (end - wait.since).total_seconds() / 60
        nobody_knows = (
            end is None or wait.set_aside_at is not None
        )  # nothing was due any more when that one came
        kept = False if id(wait) in late else (None if nobody_knows else True)
        found.append(
            Timed(wait.since, wait.step, minutes, kept, wait.over_at is None and wait.who not in silent)
        )
    return found


def _due_then(waits: Sequence[Wait], due: datetime) -> Wait | None:
    """The wait that a due time was of: the oldest one that was open then."""
    of_then = (w for w in waits if w.since < due and (w.over_at is None or due <= w.over_at))
    return next(of_then, None)


def share(rows: Iterable[Timed]) -> tuple[int, int]:
    """(in time, all of which that is known)."""
    known = [row.kept for row in rows if row.kept is not None]
    return sum(known), len(known)


def words(minutes: float | None) -> str:
    """“1 h 12 min”, “2 d 3 h”; "" where nobody knows."""
    if minutes is None:
        return ""
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"

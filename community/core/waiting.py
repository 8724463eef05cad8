"""Who waits for an answer of ours, and which answer ended whose wait. Pure; the clock, the list and the report share it.

An answer that went out from here is for the person whose message it answers, and says nothing to what we had not read when
it was written. One that was written in the network's own app had the whole thread before it: under a thread's first message
nobody can tell whom of those below it is for, so it ends every wait of before; further down it is for whom it answers.
Who closes a conversation ends the waits of it as far as they had read: neither answered nor due (docs/adr/0104): each
closing marks the messages that it sets aside, so that a later one, or none, leaves it as it was. What is answered all the
same within a day has been answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ALL_THE_SAME = timedelta(
    days=1
)  # so long after a closing an answer to what it set aside is one; later it is something new


class Step(StrEnum):
    FIRST = "first"  # nobody of us has said anything in this conversation
    NEXT = "next"


@dataclass(frozen=True)
class Said:
    """One message of a conversation. ``automatic``: ours, but no person wrote it, so it is no answer of ours.

    ``again``: not a message of its own, but the moment from which on one says something else. ``who``: whose it is, of ours
    for whom ("": for everybody). ``known``: when we first read it, of ours what had been read when it was written (None: all
    of it). ``aside``: when a person of ours decided that it needs no answer. ``name``: which message it is, of ours which
    one it answers.
    """

    at: datetime
    ours: bool = False
    automatic: bool = False
    again: bool = False
    who: str = ""
    known: datetime | None = None
    aside: datetime | None = None
    name: str = ""


@dataclass(frozen=True)
class Wait:
    """Of one person: from the first thing that nobody had answered until our answer, if there is one.

    ``told``: still open, but an automatic answer has been given since, so that nothing is due. ``known``: when we first read
    what it began with. ``set_aside_at``: when a person of ours ended it without an answer; one that was given all the same
    came after that. ``open``: the messages that wait; ``aside``: those that were set aside and that nobody answered.
    """

    since: datetime
    step: Step
    answered_at: datetime | None = None
    who: str = ""
    told: bool = False
    known: datetime | None = None
    set_aside_at: datetime | None = None
    open: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def over_at(self) -> datetime | None:
        return self.set_aside_at or self.answered_at

    @property
    def due(self) -> bool:
        """Whether somebody still has to answer."""
        return self.over_at is None and not self.told


def answers(ours: Said, theirs: Said) -> bool:
    """Whether one of ours was an answer to what somebody had said before it."""
    for_them = not ours.who or not theirs.who or ours.who == theirs.who
    known = ours.known is None or theirs.known is None or theirs.known <= ours.known
    return theirs.at <= ours.at and for_them and known


def aimed_at(
    parent_id: str, *, from_here: bool, parents: Mapping[str, str], authors: Mapping[str, str]
) -> str:
    """Whom an answer of ours is for, by what it answers; "": everybody.

    ``authors`` are those of other people's messages, ``parents`` what every message of the thread answers.
    """
    above, seen = parent_id, {""}
    while above not in authors and above not in seen:  # one of our own, which goes on from something
        seen.add(above)
        above = parents.get(above, "")
    if above not in authors or not (from_here or parents.get(above)):
        return ""
    return authors[above]


@dataclass
class _Open:
    said: list[Said]
    told: bool = False


@dataclass
class _Aside:
    """Set aside: only an answer that was on its way already, or one that is given to it all the same, still answers it."""

    said: list[Said]
    at: datetime
    step: Step
    who: str

    def under_way(self, ours: Said) -> bool:
        return ours.known is not None and ours.known <= self.at and not ours.automatic

    def all_the_same(self, ours: Said) -> bool:
        """To one of these very messages: what is said to the person besides may be about anything."""
        named = bool(ours.name) and any(one.name == ours.name for one in self.said)
        return named and ours.at <= self.at + ALL_THE_SAME and not ours.automatic

    def answered(self, ours: Said) -> Wait | None:
        """The wait that an answer ends though it was set aside; what it ends is taken out."""
        under_way = self.under_way(ours)
        if not under_way and not self.all_the_same(ours):
            return None
        done = [one for one in self.said if answers(ours, one)]
        if not done:
            return None
        self.said = [one for one in self.said if one not in done]
        aside = None if under_way else self.at
        return Wait(done[0].at, self.step, ours.at, self.who, known=done[0].known, set_aside_at=aside)

    def left(self) -> Wait:
        names, first = tuple(one.name for one in self.said), self.said[0]
        return Wait(first.at, self.step, None, self.who, known=first.known, set_aside_at=self.at, aside=names)


def waits(said: Iterable[Said]) -> list[Wait]:
    """Every wait of a conversation, the oldest first. The order of ``said`` does not matter.

    Who writes again after an automatic answer waits from then on, for a first answer as before (docs/adr/0088).
    """
    found: list[Wait] = []
    waiting: dict[str, _Open] = {}
    aside: list[_Aside] = []
    spoken = False
    for each in _in_order(said):
        step = Step.NEXT if spoken else Step.FIRST
        if isinstance(each, datetime):
            aside += _set_aside(waiting, each, step)
            continue
        if not each.ours:
            mine = waiting.get(each.who)
            if mine is None or mine.told:
                waiting[each.who] = _Open([each])
            else:
                mine.said.append(each)
            continue
        for who, mine in list(waiting.items()):
            done = [one for one in mine.said if answers(each, one)]
            rest = [one for one in mine.said if not answers(each, one)]
            if not done:
                continue
            if each.automatic:
                waiting[who] = _Open(rest) if rest else _Open(mine.said, told=True)
                continue
            found.append(Wait(done[0].at, step, each.at, who, known=done[0].known))
            if rest:
                waiting[who] = _Open(rest)
            else:
                del waiting[who]
        found += [wait for old in aside if (wait := old.answered(each))]
        spoken = spoken or not each.automatic
    step = Step.NEXT if spoken else Step.FIRST
    for who, mine in waiting.items():
        names, first = tuple(one.name for one in mine.said), mine.said[0]
        found.append(Wait(first.at, step, None, who, mine.told, first.known, open=names))
    found += [old.left() for old in aside if old.said]
    return sorted(found, key=lambda wait: wait.since)


def _in_order(said: Iterable[Said]) -> list[Said | datetime]:
    """What was said, and the moments of the closings, each after all that it came after."""
    rows = list(said)
    every: list[tuple[datetime, int, Said | datetime]] = [(s.at, int(s.ours), s) for s in rows]
    every += [(at, 2, at) for at in {s.aside for s in rows if s.aside}]
    return [each for _, _, each in sorted(every, key=lambda one: one[:2])]


def _set_aside(waiting: dict[str, _Open], at: datetime, step: Step) -> list[_Aside]:
    """Take out what was set aside then; who said something besides goes on waiting for that."""
    found = []
    for who, mine in list(waiting.items()):
        read = [one for one in mine.said if one.aside == at]
        rest = [one for one in mine.said if one not in read]
        if read:
            found.append(_Aside(read, at, step, who))
        if rest:
            waiting[who] = _Open(rest, mine.told)
        else:
            del waiting[who]
    return found

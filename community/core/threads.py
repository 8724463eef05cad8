"""Which thread a message belongs to, whatever order the network tells them in. Pure.

A thread is named by its topmost message that anybody has named. A reply may come before what it answers: then
its thread is named by a message that nobody has seen yet, and joins another thread once that message tells
what it answers itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from community.core import waiting
from community.core.waiting import Wait

DIRECT, COMMENT, REPLY, MENTION = "direct", "comment", "reply", "mention"
_MORE_TELLING = (MENTION, REPLY, COMMENT, DIRECT)  # the later ones say more


@dataclass(frozen=True)
class Said:
    """Of one message, what its place depends on."""

    remote_id: str
    kind: str
    at: datetime
    parent_id: str = ""
    post_id: str = ""
    author: str = ""
    talk: str = ""  # the network's id of a private conversation
    ours: bool = False
    gone: bool = False
    again: datetime | None = None  # when it was seen to say something else than before
    automatic: bool = False  # ours, but no person wrote it
    known: datetime | None = (
        None  # when we first read it; of ours from here, what had been read when it was written
    )
    muted: bool = False  # its author is no longer answered
    aside: datetime | None = None  # when a person set it aside
    again_aside: datetime | None = None  # and again, what it says since it was changed
    speaker: int | None = None  # once its author is forgotten: the same number is the same person


def merged(known: Said, told: Said) -> Said:
    """Two tellings of one message: whatever one of them leaves out, the other one adds."""
    return replace(
        known,
        kind=max(known.kind, told.kind, key=_MORE_TELLING.index),
        parent_id=known.parent_id or told.parent_id,
        post_id=known.post_id or told.post_id,
        author=known.author or told.author,
        talk=known.talk or told.talk,
        ours=known.ours or told.ours,
    )


def key_of(said: Said, parent_of: Callable[[str], str]) -> str:
    """Return the thread's name. ``parent_of`` gives "" for a message that answers none, or is not known."""
    if said.kind == DIRECT:
        return f"direct:{said.talk or said.author or said.remote_id}"[:240]
    top, seen = said.remote_id, {said.remote_id}
    above = said.parent_id
    while above and above not in seen:
        top = above
        seen.add(above)
        above = parent_of(above)
    if above:  # a ring, which no honest network has: named by its least member, so that all of them agree
        ring, step = {above}, parent_of(above)
        while step and step not in ring:
            ring.add(step)
            step = parent_of(step)
        top = min(ring)
    return f"thread:{top}"


@dataclass(frozen=True)
class Standing:
    """What follows for a conversation from its messages."""

    kind: str
    count: int
    started_at: datetime
    last_at: datetime
    last_in_at: datetime | None
    last_out_at: datetime | None
    waiting_since: datetime | None
    first_answer_at: datetime | None
    person: (
        str  # remote id of the first message of theirs whose author is known (else the first); "": only ours
    )
    newest: str
    all_gone: bool
    waiting: frozenset[str] = frozenset()  # who waits, as :func:`name_of` says
    waiting_known: datetime | None = None  # when we first read what has waited longest
    news_at: datetime | None = None  # when we last read something new of other people
    silenced: bool = False  # somebody would wait, but is no longer answered


def spoken(rows: Sequence[Said]) -> list[waiting.Said]:
    """What :mod:`community.core.waiting` reads: whose each is, and for whom ours are."""
    authors = {m.remote_id: name_of(m) for m in rows if not m.ours}
    parents = {m.remote_id: m.parent_id for m in rows}
    found = []
    for m in rows:
        if m.gone:
            continue
        if m.ours:
            here = m.known is not None
            whom = waiting.aimed_at(m.parent_id, from_here=here, parents=parents, authors=authors)
            found.append(waiting.Said(m.at, True, m.automatic, who=whom, known=m.known, name=m.parent_id))
            continue
        who, aside = name_of(m), _not_before(m.at, m.aside)
        found.append(waiting.Said(m.at, who=who, known=m.known, aside=aside, name=m.remote_id))
        if m.again:
            aside = min((at for at in (m.aside, m.again_aside) if at and at >= m.again), default=None)
            found.append(waiting.Said(m.again, False, False, True, who, m.again, aside, m.remote_id))
    return found


def _not_before(said: datetime, aside: datetime | None) -> datetime | None:
    """A network's clock may go before ours."""
    return None if aside is None else max(said, aside)


def name_of(said: Said) -> str:
    """Whose message it is, for whom an answer may be. Private ones are all one person's."""
    if said.kind == DIRECT:
        return ""
    nameless = f"speaker {said.speaker}" if said.speaker else f"message {said.remote_id}"
    return said.author or nameless


def silenced(rows: Sequence[Said]) -> set[str]:
    """Who is no longer answered, of those who speak here."""
    heard = [m for m in rows if not m.ours]
    return {name_of(m) for m in heard if m.muted} - {name_of(m) for m in heard if not m.muted}


def waits_of(rows: Sequence[Said]) -> tuple[list[Wait], list[Wait]]:
    """The waits of a thread, and those of people who are no longer answered."""
    silent = silenced(rows)
    every = waiting.waits(spoken(rows))
    return [w for w in every if w.who not in silent], [w for w in every if w.who in silent]


def not_answered(rows: Sequence[Said]) -> set[datetime]:
    """When others said what is gone since, or what we do not answer."""
    silent = silenced(rows)
    lost = [m for m in rows if not m.ours and (m.gone or name_of(m) in silent)]
    return {at for m in lost for at in (m.at, m.again) if at}


def unanswered(rows: Sequence[Said]) -> set[str]:
    """The messages of others that wait for an answer of ours: also those that are gone, and of whom we no longer answer."""
    return {name for wait in _also_of_gone(rows) for name in wait.open}


def set_aside(rows: Sequence[Said]) -> set[tuple[str, datetime]]:
    """The messages of others that were set aside and never answered, each with that closing; also those that are gone."""
    return {(name, w.set_aside_at) for w in _also_of_gone(rows) for name in w.aside if w.set_aside_at}


def _also_of_gone(rows: Sequence[Said]) -> list[Wait]:
    there = [m if m.ours else replace(m, gone=False) for m in rows]
    return waiting.waits(spoken(there))


def standing(messages: Iterable[Said]) -> Standing:
    """Say where a conversation stands. The same for the same messages, in whatever order they were read."""
    rows = sorted(messages, key=lambda m: (m.at, m.remote_id))
    theirs = [m for m in rows if not m.ours]
    here = [m for m in theirs if not m.gone]
    ours = [m for m in rows if m.ours and not m.gone]
    last_in = here[-1].at if here else None
    last_out = ours[-1].at if ours else None
    mine, silent = waits_of(rows)
    due = [wait for wait in mine if wait.due]
    news = [at for m in here for at in (m.known, m.again) if at]
    answers = [m.at for m in ours if theirs and m.at > theirs[0].at and not m.automatic]
    first = rows[0]
    kind = DIRECT if first.kind == DIRECT else (MENTION if theirs and theirs[0].kind == MENTION else COMMENT)
    return Standing(
        kind=kind,
        count=len(rows),
        started_at=first.at,
        last_at=rows[-1].at,
        last_in_at=last_in,
        last_out_at=last_out,
        waiting_since=due[0].since if due else None,
        first_answer_at=answers[0] if answers else None,
        person=next((m for m in theirs if m.author), theirs[0]).remote_id if theirs else "",
        newest=rows[-1].remote_id,
        all_gone=bool(theirs) and not here,
        waiting=frozenset(wait.who for wait in due),
        waiting_known=due[0].known if due else None,
        news_at=max(news, default=None),
        silenced=any(wait.due for wait in silent),
    )


def status(old: str, now: Standing, *, news: bool) -> str:
    """Return the conversation's status. What a person decided stands until somebody says something new.

    ``news``: a message of other people that was not known before.
    """
    if now.waiting_since is not None:
        return "open" if news or old in ("open", "answered", "") else old
    if old in ("open", "waiting", ""):
        ours_is_last = now.last_out_at is not None and now.last_out_at >= (now.last_in_at or now.last_out_at)
        if now.all_gone or (now.silenced and not ours_is_last):
            return "no_answer"
        return "answered" if now.last_out_at is not None else "closed"
    return old


def groups(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Remote ids by thread."""
    found: dict[str, list[str]] = {}
    for remote_id, name in keys.items():
        found.setdefault(name, []).append(remote_id)
    return found

"""The list of conversations at 0, 1,000 and 200,000 messages: its time against that at 1,000, queries, search.

As a community manager sees it, who works for six of eight accounts: one is kept to a group of theirs, one to a group that
they are not in, one belongs to another campaign. At every size thirty-two conversations of each rare kind are the oldest of
all: what is looked for lies below everything else. ``config.bench`` makes the test database; run by ``manage.py bench``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from community import inbox
from community.inbox import Filters
from community.models import Contact, Conversation, Message, Seen
from work import clock

SIZES = (0, 1_000, 200_000)
PER_CONVERSATION = 4
PER_PERSON = 3  # conversations
RARE = 32  # a page of 30 is full, and there is a next one
ROUNDS = 25
MOST_QUERIES = 5
WORDS = ("parking", "bridge", "school", "lamp", "votes", "path", "river", "council", "bins", "market")
IN_JAPANESE = "橋はいつ通れますか。投票所はどこですか"
STEP = timedelta(minutes=7)


@dataclass(frozen=True)
class Place:
    """Where it is measured. ``channels``: the six that the person may see, the last of them the rare one; ``kept`` and
    ``other`` are not theirs.
    """

    user: Any
    colleague: Any
    campaign: Any
    channels: list[Any]
    kept: Any
    other: Any
    stories: tuple[Any, Any]  # a usual one, a rare one


def views(place: Place) -> dict[str, Filters]:
    """Every tab and filter; what may be frequent or rare is measured as both."""
    usual, rare = place.channels[0].pk, place.channels[-1].pk
    story, rare_story = (each.pk for each in place.stories)
    return {
        "to answer": Filters(),
        "by due time": Filters(tab="due"),
        "mine": Filters(tab="mine"),
        "nobody’s": Filters(tab="nobody"),
        "waiting": Filters(tab="waiting"),
        "snoozed": Filters(tab="snoozed"),
        "answered": Filters(tab="answered"),
        "closed": Filters(tab="closed"),
        "all": Filters(tab="all"),
        "unread": Filters(unread="1"),
        "all unread": Filters(tab="all", unread="1"),
        "overdue": Filters(late="1"),
        "overdue by due time": Filters(tab="due", late="1"),
        "an account": Filters(tab="all", channel=usual),
        "a rare account": Filters(tab="all", channel=rare),
        "a rare account, to answer": Filters(channel=rare),
        "a topic": Filters(tab="all", topic="traffic"),
        "a rare topic": Filters(tab="all", topic="ferries"),
        "a rare topic, to answer": Filters(topic="harbour"),
        "a language": Filters(tab="all", language="de"),
        "a rare language": Filters(tab="all", language="th"),
        "a rare language, to answer": Filters(language="fa"),
        "a story": Filters(tab="all", story=story),
        "a rare story": Filters(tab="all", story=rare_story),
        "a colleague’s": Filters(tab="all", who=place.colleague.pk),
        "questions": Filters(tab="all", wants="question"),
        "abuse": Filters(tab="all", wants="abuse"),
        "negative": Filters(tab="all", sentiment="negative"),
        "urgent": Filters(tab="all", urgency="high"),
        "high risk": Filters(tab="all", risk="high"),
        "private": Filters(tab="all", kind="direct"),
        "mentions": Filters(tab="all", kind="mention"),
        "questions in German": Filters(tab="all", wants="question", language="de"),
        "a topic, to answer": Filters(topic="traffic"),
        "what there is not (urgent in German)": Filters(tab="all", urgency="high", language="de"),
        "search for a rare word": Filters(tab="all", q="rareword42"),
        "search for a word of every message": Filters(tab="all", q="bridge"),
        "search for a word of one message in 25": Filters(tab="all", q="twentyfifth"),
        "search for a word, to answer": Filters(q="bridge"),
        "search for Japanese": Filters(tab="all", q="投票所"),
        "search for a name": Filters(tab="all", q="@person7"),
        "search for two words and an account": Filters(tab="all", q="bridge lamp", channel=usual),
        "search for what nobody said": Filters(tab="all", q="zeppelin"),
    }


def measure(place: Place, page: Callable[[], object]) -> Iterator[dict[str, Any]]:
    """Rows for the table of ``manage.py bench``; leaves its messages behind. ``page`` asks for the whole page."""
    at_1000: dict[str, float] = {}
    done = 0
    for size in SIZES:
        fill(place, done, size)
        done = size
        now, most = clock.now(), 0
        load = partial(inbox.load, place.user, inbox.channels_of(place.user), number=1, now=now)
        calls = {name: partial(load, filters) for name, filters in views(place).items()}
        for name, took in timed(calls).items():
            most = max(most, counted(calls[name]))
            if size == 1_000:
                at_1000[name] = took
            elif size > 1_000:
                words = f"conversations, {name}: time of the first page at {size:,} against 1,000"
                yield row(words, took, at_1000[name], "s", 1.5)
        yield row(
            f"conversations, {size:,} messages: the most queries of a list",
            most,
            MOST_QUERIES,
            "queries",
            1.0,
        )
        took, queries = timed({"page": page})["page"], counted(page)
        if size == 1_000:
            at_1000["page"], at_1000["queries"] = took, queries
        elif size > 1_000:
            words = f"conversations, the page: time at {size:,} against 1,000"
            yield row(words, took, at_1000["page"], "s", 1.5)
            yield row(
                f"conversations, the page: queries at {size:,} against 1,000",
                queries,
                at_1000["queries"],
                "queries",
                1.0,
            )


def timed(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the quickest of ``ROUNDS`` of each, taken in turns: what else runs on the machine makes none quicker."""
    for call in calls.values():
        call()
    rounds = [{name: _once(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    return {name: min(each[name] for each in rounds) for name in calls}


def _once(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def counted(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def row(name: str, ours: float, baseline: float, unit: str, goal: float) -> dict[str, Any]:
    ratio = round(ours / baseline, 3) if baseline else None
    return {
        "name": name,
        "ours": round(ours, 5),
        "baseline": round(baseline, 5),
        "ratio": ratio,
        "unit": unit,
        "goal": goal,
    }


def fill(place: Place, start: int, end: int) -> None:
    """Messages number ``start`` to ``end``, four to a conversation, the later the newer; two in five are open."""
    if start == end:
        return
    now = clock.now()
    oldest = now - STEP * (SIZES[-1] // PER_CONVERSATION + 1)
    first, last = start // PER_CONVERSATION, end // PER_CONVERSATION
    for begin in range(first, last, 5_000):
        numbers = range(begin, min(begin + 5_000, last))
        people = _people(numbers, now)
        rows = Conversation.objects.bulk_create(
            [_conversation(n, place, people[n // PER_PERSON], oldest + STEP * n) for n in numbers],
            batch_size=500,
        )
        said = [
            _message(row, n, part, people[n // PER_PERSON])
            for row, n in zip(rows, numbers, strict=True)
            for part in range(PER_CONVERSATION)
        ]
        Message.objects.bulk_create(said, batch_size=500)
        Seen.objects.bulk_create(
            Seen(conversation=row, user=place.user, at=now)
            for row, n in zip(rows, numbers, strict=True)
            if n % 2
        )
    if connection.vendor == "postgresql":  # as autovacuum does before long
        with connection.cursor() as cursor:
            for model in (Conversation, Message, Contact, Seen):
                cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def _people(numbers: range, now: datetime) -> dict[int, Contact]:
    wanted = {n // PER_PERSON for n in numbers}
    Contact.objects.bulk_create(
        (
            Contact(
                platform="x",
                remote_id=f"bench-{n}",
                handle=f"@person{n}",
                name=f"{WORDS[n % 10].title()} {n}",
                first_seen_at=now,
                last_seen_at=now,
            )
            for n in sorted(wanted)
        ),
        ignore_conflicts=True,
        batch_size=500,
    )
    names = {f"bench-{n}": n for n in wanted}
    rows = Contact.objects.filter(platform="x", remote_id__in=names)
    return {names[each.remote_id]: each for each in rows}


def _conversation(n: int, place: Place, person: Contact, at: datetime) -> Conversation:
    random = Random(n)  # noqa: S311  the same at every run
    usual, rare = place.stories
    fields: dict[str, Any] = {
        "channel": {0: place.kept, 1: place.other}.get(n % 16, place.channels[n % 5]),
        "status": random.choice((*["open"] * 4, *["answered"] * 3, "closed", "closed", "no_answer")),
        "topic": random.choice(("traffic", "housing")),
        "language": random.choice(("de", "en")),
        "wants": random.choice(("question", "complaint")),
        "sentiment": random.choice(("negative", "neutral")),
        "urgency": random.choice(("normal", "low")),
        "risk": random.choice(("low", "medium")),
        "kind": random.choice(("comment", "mention")),
        "story": usual if n % 2 else None,
        "assignee": random.choice((place.colleague, None)),
    }  # fmt: skip
    known = {
        "channel": place.channels[-1],
        "urgency": "high",
        "risk": "high",
        "kind": "direct",
        "story": rare,
    }
    if n < RARE:
        fields |= {**known, "status": "waiting", "topic": "ferries", "language": "th", "wants": "abuse"}
        fields |= {"assignee": place.user}
    elif n < 2 * RARE:
        fields |= {
            "status": "open",
            "snoozed_until": at + timedelta(days=3_000),
            "channel": place.channels[0],
        }
    elif n < 3 * RARE:
        fields |= {**known, "status": "open", "topic": "harbour", "language": "fa", "assignee": None}
    waits = fields["status"] in ("open", "waiting")
    return Conversation(
        campaign_id=fields["channel"].campaign_id,
        key=f"thread:{n}",
        contact=person,
        next_due_at=at + timedelta(hours=4) if waits else None,
        started_at=at,
        last_message_at=at,
        last_in_at=at,
        news_at=at,
        messages_count=PER_CONVERSATION,
        snippet=f"Message {n}",
        created_at=at,
        **fields,
    )


def _message(row: Conversation, n: int, part: int, person: Contact) -> Message:
    words = [WORDS[(n * 7 + part * 3 + k) % len(WORDS)] for k in range(12)]
    if n < RARE and part == 0:
        words += ["rareword42", IN_JAPANESE]
    if (n * PER_CONVERSATION + part) % 25 == 0:
        words.append("twentyfifth")
    return Message(
        conversation=row,
        channel_id=row.channel_id,
        remote_id=f"{n}-{part}",
        kind="comment",
        direction="in",
        author=person,
        text=" ".join(words),
        at=row.started_at,
        seen_at=row.started_at,
    )

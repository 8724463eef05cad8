"""The list of conversations at 0, 1,000 and 200,000 messages: its time against that at 1,000, queries, search.

Needs the test database that ``config.bench`` makes; run by ``manage.py bench``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from community import inbox
from community.models import Contact, Conversation, Message
from work import clock

SIZES = (0, 1_000, 200_000)
PER_CONVERSATION = 4
ROUNDS = 7
MOST_QUERIES = 5
WORDS = ("parking", "bridge", "school", "lamp", "votes", "path", "river", "council", "bins", "market")
VIEWS = {
    "newest": inbox.Filters(),
    "by due time": inbox.Filters(tab="due"),
    "all": inbox.Filters(tab="all"),
    "search": inbox.Filters(tab="all", q="rareword42"),
}


def measure(user: Any, campaign: Any, channel: Any) -> Iterator[dict[str, Any]]:
    """Rows for the table of ``manage.py bench``; leaves its messages behind."""
    at_1000: dict[str, float] = {}
    done = 0
    for size in SIZES:
        fill(campaign, channel, done, size)
        done = size
        now = clock.now()
        for name, filters in VIEWS.items():

            def call(filters: inbox.Filters = filters, now: datetime = now) -> object:
                return inbox.load(user, [channel], filters, number=1, now=now)

            took, queries = timed(call), counted(call)
            yield row(
                f"conversations, {name}, {size:,} messages: queries", queries, MOST_QUERIES, "queries", 1.0
            )
            if size == 1_000:
                at_1000[name] = took
            elif size > 1_000:
                words = f"conversations, {name}: time of the first page at {size:,} against 1,000"
                yield row(words, took, at_1000[name], "s", 1.5)


def timed(call: Callable[[], object]) -> float:
    call()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return median(took)


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


def fill(campaign: Any, channel: Any, start: int, end: int) -> None:
    """Messages number ``start`` to ``end``, four to a conversation; one in ten conversations waits for an answer."""
    now = clock.now()
    if start == end:
        return
    person, _ = Contact.objects.get_or_create(
        platform="x",
        remote_id="bench",
        defaults={"first_seen_at": now, "last_seen_at": now, "handle": "@bench"},
    )
    first, last = start // PER_CONVERSATION, end // PER_CONVERSATION
    for begin in range(first, last, 5_000):
        numbers = range(begin, min(begin + 5_000, last))
        rows = Conversation.objects.bulk_create(
            [_conversation(n, campaign, channel, person, now) for n in numbers], batch_size=500
        )
        Message.objects.bulk_create(
            [
                _message(row, n, part, person)
                for row, n in zip(rows, numbers, strict=True)
                for part in range(PER_CONVERSATION)
            ],
            batch_size=500,
        )


def _conversation(n: int, campaign: Any, channel: Any, person: Contact, now: datetime) -> Conversation:
    at = now - timedelta(minutes=7 * n)
    waits = n % 10 == 0
    return Conversation(
        channel=channel,
        campaign_id=campaign.pk,
        key=f"thread:{n}",
        contact=person,
        status="open" if waits else "answered",
        next_due_at=at + timedelta(hours=4) if waits else None,
        started_at=at,
        last_message_at=at,
        last_in_at=at,
        news_at=at,
        messages_count=PER_CONVERSATION,
        snippet=f"Message {n}",
        created_at=at,
    )


def _message(row: Conversation, n: int, part: int, person: Contact) -> Message:
    rare = " rareword42" if n % 500 == 7 and n < 2_000 and part == 0 else ""
    words = " ".join(WORDS[(n * 7 + part * 3 + k) % len(WORDS)] for k in range(12))
    return Message(
        conversation=row,
        channel_id=row.channel_id,
        remote_id=f"{n}-{part}",
        kind="comment",
        direction="in",
        author=person,
        text=f"{words}{rare}",
        at=row.started_at,
        seen_at=row.started_at,
    )

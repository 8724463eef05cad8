"""What publishing and the networks add to a variant's history: events, attempts, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from formats.models import Variant
from publishing import words
from publishing.models import Attempt, Event, Publication

NUMBERS_TITLE = "Numbers"
NUMBERS = ("impressions", "reach", "views", "likes", "comments", "shares", "saves", "clicks")


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str
    said: str = ""


def events(variant: Variant, most: int) -> list[Line]:
    rows = Event.objects.filter(publication__variant=variant).select_related("publication__channel")
    return [
        Line(
            event.at,
            event.by_name or "Hustings",
            f"Delivery to {event.publication.channel.handle}",
            words.say(event),
        )
        for event in rows.order_by("-at", "-pk")[:most]
    ]


def attempts(variant: Variant, most: int) -> list[Line]:
    """Each call to a network: which step, how often, what came of it."""
    rows = Attempt.objects.filter(step__publication__variant=variant)
    rows = rows.select_related("step__publication__channel").defer("body")
    return [
        Line(
            attempt.intent_at,
            "Hustings",
            f"Call for {attempt.step.publication.channel.handle}",
            _call(attempt),
        )
        for attempt in rows.order_by("-intent_at", "-pk")[:most]
    ]


def _call(attempt: Attempt) -> str:
    again = f", try {attempt.n}" if attempt.n > 1 else ""
    outcome = attempt.get_outcome_display() or "no answer yet"
    said = f" {attempt.message}" if attempt.message else ""
    return f"{words.named(attempt.step.key)}{again}: {outcome}.{said}"


def numbers(variant: Variant, most: int) -> list[Line]:
    """What the networks counted, where it changed. Their house stands beside this one: its rows come by relation."""
    lines: list[Line] = []
    for publication in Publication.objects.filter(variant=variant).select_related("channel"):
        snapshots = publication.snapshots.order_by("-at").defer("packed")  # type: ignore[attr-defined]
        said = [(row.at, counted(row)) for row in snapshots[: most + 1]]
        older = [*(words for _, words in said[1:]), ""]
        lines += [
            Line(at, publication.channel.handle, NUMBERS_TITLE, words)
            for (at, words), before in zip(said, older, strict=False)
            if words and words != before
        ]
    return lines


def counted(row: Any) -> str:
    """Only what the network said; what nobody knows is left out, never a zero."""
    found = ((name, getattr(row, name)) for name in NUMBERS)
    return ", ".join(f"{name} {value:,}" for name, value in found if value is not None)

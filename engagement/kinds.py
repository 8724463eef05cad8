"""Every report that there is: its name, what question it answers, and by what it can be filtered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engagement.reports import about, campaigns, channels, clicks, formats, hours, punctuality, topics
from engagement.reports.filters import Frame
from engagement.reports.report import Report

POSTS = ("campaign", "channel", "platform", "format", "language", "tag", "period")


@dataclass(frozen=True)
class Kind:
    """``filters``: the fields of its form, in order. ``one``: what must be chosen, so there is no “all” of it."""

    slug: str
    title: str
    question: str
    icon: str
    build: Callable[[Frame], Report]
    filters: tuple[str, ...]
    one: str = ""

    def report(self, frame: Frame) -> Report:
        """Built, with what it is about before everything else."""
        report = self.build(frame)
        report.basis[:0] = [about.sentence(frame, self.filters), *about.made_up(frame)]
        return report


KINDS: list[Kind] = [
    Kind(
        "campaign",
        "Campaign over time",
        "What came in each day or week, what changed from the days before, and how far are the goals?",
        "calendar",
        campaigns.build,
        ("campaign", "channel", "platform", "format", "language", "tag", "period", "step"),
        one="campaign",
    ),
    Kind(
        "account",
        "Account",
        "How do its followers grow, and how do its posts do in the middle?",
        "user",
        channels.build,
        ("channel", "format", "language", "tag", "period", "age", "by"),
        one="channel",
    ),
    Kind(
        "formats",
        "Format against format",
        "Which way of telling works better, by the same measure and at the same age?",
        "table",
        formats.build,
        (*POSTS, "age", "by"),
    ),
    Kind(
        "topics",
        "Topics by hashtag",
        "What do posts under each hashtag bring?",
        "tag",
        topics.build,
        (*POSTS, "age", "by"),
    ),
    Kind(
        "hours",
        "Weekday and hour",
        "When did our own posts do better than usual, and which hours could become slots?",
        "time",
        hours.build,
        (*POSTS, "age", "by"),
    ),
    Kind(
        "punctuality",
        "Punctuality",
        "How late did posts go out, and how many did not?",
        "history",
        punctuality.build,
        ("campaign", "channel", "platform", "format", "language", "period"),
    ),
    Kind(
        "clicks",
        "Clicks to the site",
        "Which network, which story and which post brought people to our own site, as its statistics count?",
        "link",
        clicks.build,
        ("campaign", "platform", "format", "language", "period"),
    ),
]


def register(kind: Kind) -> None:
    """One more report, of a house beside this one; while apps are made ready. Again is harmless."""
    if kind.slug not in {known.slug for known in KINDS}:
        KINDS.append(kind)

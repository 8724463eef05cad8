"""The reports themselves as JSON: the same filters, sentences and tables as the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wagtail.models import Page

from access import policy
from engagement.api.endpoints import TEXT, BadQuestion, Param
from engagement.core.catalogue import NETWORKS
from engagement.core.measures import MEASURES
from engagement.kinds import KINDS, Kind
from engagement.reports import stories
from engagement.reports.filters import AGE_WORDS, PERIODS, USUAL_AGE, USUAL_PERIOD, Filters, Frame
from engagement.reports.report import Report

STORY = Param("story", "integer", "the story (page id)", needed=True)
STORY_AGE = Param(
    "age",
    "string",
    "at which age its publications are compared; same: the greatest that all have reached",
    choices=tuple(stories.CHOICES),
    default=stories.SAME,
)
FILTERS: Mapping[str, tuple[Param, ...]] = {
    "campaign": (Param("campaign", "integer", "only of this campaign"),),
    "channel": (Param("channel", "integer", "only of this account"),),
    "platform": (Param("platform", "string", "only of this network", choices=tuple(NETWORKS)),),
    "format": (Param("format", "string", "only in this format, as in `standings`"),),
    "language": (Param("language", "string", "only of posts in this language"),),
    "tag": (Param("tag", "string", "only of posts with this hashtag"),),
    "period": (
        Param(
            "period", "string", "the last so many days, or all", choices=tuple(PERIODS), default=USUAL_PERIOD
        ),
        Param("from", "date", "from this day on, on the campaign's clock; wins over the period"),
        Param("to", "date", "up to this day, which is included"),
    ),
    "age": (
        Param(
            "age", "string", "at which age posts are compared", choices=tuple(AGE_WORDS), default=USUAL_AGE
        ),
    ),
    "by": (
        Param(
            "by",
            "string",
            "the measure to compare by; without it what most posts have",
            choices=tuple(MEASURES),
        ),
    ),
    "step": (Param("step", "string", "of a table over time", choices=("day", "week"), default="day"),),
}


@dataclass(frozen=True)
class ReportEndpoint:
    """``read(user, asked)`` builds the report."""

    name: str
    words: str
    params: tuple[Param, ...]
    read: Callable[[Any, Mapping[str, Any]], Report]


def _story(user: Any, asked: Mapping[str, Any]) -> Report:
    page = Page.objects.filter(pk=asked.get("story")).first()
    if page is None or not policy.can(user, policy.REPORT, page.specific):
        raise BadQuestion("story: name one that you may read.")
    return stories.report(page.specific, asked["age"], asked["now"])


def _of(kind: Kind) -> Callable[[Any, Mapping[str, Any]], Report]:
    def read(user: Any, asked: Mapping[str, Any]) -> Report:
        query = {
            name: value.isoformat() if isinstance(value, date) else str(value)
            for name, value in asked.items()
        }
        frame = Frame.of(user, Filters.of(query), asked["now"])
        for name, there in (("campaign", frame.campaigns), ("channel", frame.channels)):
            if name in asked and asked[name] not in there:
                raise BadQuestion(f"{name}: there is none that you may read.")
        return kind.report(frame)

    return read


def endpoints() -> list[ReportEndpoint]:
    """One for each report there is; to be asked for when all houses have put theirs in."""
    of_kinds = [
        ReportEndpoint(
            kind.slug, kind.question, tuple(p for name in kind.filters for p in FILTERS[name]), _of(kind)
        )
        for kind in KINDS
    ]
    words = "Which network carried this story, at the same age?"
    return [ReportEndpoint("story", words, (STORY, STORY_AGE), _story), *of_kinds]


def shown(endpoint: ReportEndpoint, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"report": endpoint.name, **endpoint.read(user, asked).as_data()}


def schema() -> dict[str, Any]:
    """Of every report's answer."""
    texts = {"type": "array", "items": TEXT}
    cell = _object(
        {
            "value": {
                "type": ["number", "string", "null"],
                "description": "null: nobody knows it. Moments are UTC, days as written.",
            },
            "note": {
                **TEXT,
                "description": "what stands under it: its range, of how many posts it is, that it is small",
            },
        }
    )
    line = {"type": "array", "items": cell, "description": "in the order of the columns"}
    column = _object({"label": TEXT, "kind": TEXT, "unit": TEXT, "meaning": TEXT})
    table = _object(
        {
            "title": TEXT,
            "note": TEXT,
            "columns": {"type": "array", "items": column},
            "rows": {"type": "array", "items": line},
            "foot": {**line, "type": ["array", "null"]},
        }
    )
    return _object(
        {
            "report": TEXT,
            "title": TEXT,
            "about": {**texts, "description": "campaigns, days, age, coverage, what is counted"},
            "sentences": texts,
            "tables": {"type": "array", "items": table},
            "empty": {**TEXT, "description": "why there is nothing; empty where there is"},
        }
    )


def _object(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}

"""What can be read, as data: addresses, questions, fields. Views and the OpenAPI file are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import QuerySet

from access import policy
from channels.models import Channel
from engagement.core import behind
from engagement.core.catalogue import NETWORKS, lag_h
from engagement.core.metrics import BASES, METRICS, NAMES, Rate, rate
from engagement.core.numerals import rounded
from engagement.core.rollups import AGES, LATEST, is_near
from engagement.core.statistics import rate_interval
from engagement.models import ChannelDay, DayFigure, Oddity, SiteClicks, Standing
from engagement.reports.filters import is_within_reach
from engagement.rollups import COLUMNS, GAINS
from formats import status
from formats.models import Variant


class BadQuestion(Exception):
    """A parameter that cannot be read; the words are for whoever wrote the program."""


@dataclass(frozen=True)
class Param:
    """``kind``: integer, string, date or uuid. ``lookup``: the field of the rows that it chooses by; "" for none."""

    name: str
    kind: str
    words: str
    lookup: str = ""
    choices: Sequence[str] = ()
    default: str = ""
    needed: bool = False

    def read(self, text: str) -> Any:
        try:
            if self.kind == "integer":
                return int(text) if len(text) < 19 else int("x")
            if self.kind == "date":
                return _within_reach(date.fromisoformat(text))
        except ValueError:
            raise BadQuestion(f"{self.name}: “{text[:40]}” is no {self.kind}.") from None
        if self.choices and text not in self.choices:
            raise BadQuestion(f"{self.name}: one of {', '.join(self.choices)}.")
        return text


def _within_reach(day: date) -> date:
    """Days that no filter knows are refused: one that is left out would show too much. Raises ValueError."""
    if not is_within_reach(day):
        raise ValueError
    return day


@dataclass(frozen=True)
class Endpoint:
    """``rows(user, asked)``, in whatever order; ``show(rows of a page)`` gives an object for each.

    ``fields`` are the properties of an object as OpenAPI schemas. ``key``: by what pages follow one another. Together these
    columns are unique among the rows, and stay with a row that is made anew, so that a walk meets each row once.
    """

    name: str
    words: str
    fields: Mapping[str, Any]
    rows: Callable[[Any, Mapping[str, Any]], QuerySet | Sequence[Any]]
    show: Callable[[Sequence[Any], Mapping[str, Any]], Iterable[dict[str, Any]]]
    params: Sequence[Param] = field(default_factory=tuple)
    paged: bool = True
    key: tuple[str, ...] = ("pk",)


# Fields -----------------------------------------------------------------------------------------------------

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
MOMENT, DAY, UUID = ({"type": "string", "format": f} for f in ("date-time", "date", "uuid"))


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


NUMBER = {
    "type": ["number", "null"],
    "description": "null: the network does not tell it. Never a zero in its place.",
}
VALUES = {
    "type": "object",
    "properties": dict.fromkeys((*NAMES, "followers"), NUMBER),
    "required": [*NAMES, "followers"],
}
RATES = {
    "type": "object",
    "description": "likes, comments, shares and saves, as far as told, per hundred of each base",
    "properties": dict.fromkeys(BASES, NUMBER),
    "required": list(BASES),
}
RANGE = {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
RANGES = {
    "type": "object",
    "description": "where `engagement_percent` really lies in 19 of 20 cases (from, to); few interactions make it wide",
    "properties": dict.fromkeys(BASES, RANGE),
    "required": list(BASES),
}
DESCRIBED = {
    "publication": UUID,
    "campaign": INTEGER,
    "channel": INTEGER,
    "story": INTEGER,
    "platform": TEXT,
    "format": TEXT,
    "published_at": MOMENT,
}


def _described(row: Any) -> dict[str, Any]:
    return {
        "publication": str(row.publication_id),
        "campaign": row.campaign_id,
        "channel": row.channel_id,
        "story": row.story_id,
        "platform": row.platform,
        "format": row.format,
        "published_at": row.published_at,
    }


def _values(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


# Questions --------------------------------------------------------------------------------------------------

CAMPAIGN = Param("campaign", "integer", "only of this campaign", "campaign")
CHANNEL = Param("channel", "integer", "only of this account", "channel")
STORY = Param("story", "integer", "only of this story", "story")
PLATFORM = Param("platform", "string", "only of this network", "platform", choices=tuple(NETWORKS))


def since(lookup: str) -> Param:
    return Param("since", "date", "from this day on (UTC where it is about moments)", f"{lookup}__gte")


def until(lookup: str) -> Param:
    return Param("until", "date", "before this day", f"{lookup}__lt")


def _chosen(rows: QuerySet, params: Sequence[Param], asked: Mapping[str, Any]) -> QuerySet:
    chosen = {}
    for param in params:
        if param.lookup and param.name in asked:
            value = asked[param.name]
            name = param.lookup.partition("__")[0]
            if param.kind == "date" and name != "day":
                value = datetime.combine(value, time(), UTC)
            chosen[param.lookup] = value
    return rows.filter(**chosen)


# What can be read -------------------------------------------------------------------------------------------


def _campaigns(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    return policy.campaigns(user, policy.REPORT)


CHANNEL_PARAMS = (CAMPAIGN, PLATFORM)


def _channels(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    return _chosen(policy.scoped(Channel.objects.all(), user, policy.REPORT), CHANNEL_PARAMS, asked)


def _show_channels(rows: Sequence[Channel], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield {
            "id": row.pk,
            "campaign": row.campaign_id,
            "platform": row.platform,
            "handle": row.handle,
            "followers": row.followers,
            "sandbox": row.sandbox,
        }


CHANNEL_DAY_PARAMS = (
    Param("campaign", "integer", "only of this campaign", "channel__campaign"),
    CHANNEL,
    since("day"),
    until("day"),
)


def _channel_days(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    rows = policy.scoped(ChannelDay.objects.all(), user, policy.REPORT, field="channel__campaign")
    return _chosen(rows, CHANNEL_DAY_PARAMS, asked)


STANDING_PARAMS = (
    Param(
        "age",
        "string",
        "the age at which each post is read; those that have not reached it are left out",
        choices=(*AGES, LATEST),
        default=LATEST,
    ),
    CAMPAIGN,
    CHANNEL,
    STORY,
    PLATFORM,
    since("published_at"),
    until("published_at"),
)


def _standings(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    rows = Standing.objects.at_age(asked["age"], asked["now"])
    return _chosen(policy.scoped(rows, user, policy.REPORT), STANDING_PARAMS, asked)


def _show_standings(rows: Sequence[Standing], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        told = _values(row)
        counted, late = behind.part(row.platform, row.age, row.age_s, told)
        rates = {base: rate(counted, base) for base in BASES}
        near = is_near(row.age, row.age_s)
        moment = {"age": row.age, "read_at": row.at, "read_age_s": row.age_s, "near": near}
        yield {
            **_described(row),
            **moment,
            "values": told,
            "behind": list(late),
            "engagement_percent": {base: rounded(r.value) if r else None for base, r in rates.items()},
            "engagement_range": {base: _range(r) for base, r in rates.items()},
        }


def _range(found: Rate | None) -> list[float] | None:
    around = rate_interval(found.interactions, found.of) if found else None
    return [rounded(around.low), rounded(around.high)] if around else None


DAY_PARAMS = (CAMPAIGN, CHANNEL, STORY, PLATFORM, since("day"), until("day"))


def _days(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    return _chosen(policy.scoped(DayFigure.objects.all(), user, policy.REPORT), DAY_PARAMS, asked)


def _show_days(rows: Sequence[DayFigure], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        gains = {name: getattr(row, gain) for name, gain in zip(NAMES, GAINS, strict=True)}
        yield {**_described(row), "day": row.day, "read_at": row.at, "values": _values(row), "gains": gains}


ODDITY_PARAMS = (CAMPAIGN, since("at"), until("at"))


def _oddities(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    return _chosen(policy.scoped(Oddity.objects.all(), user, policy.REPORT), ODDITY_PARAMS, asked)


def _show_oddities(rows: Sequence[Oddity], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield {
            "publication": str(row.publication_id),
            "campaign": row.campaign_id,
            "kind": row.kind,
            "words": row.get_kind_display(),
            "metric": row.metric,
            "before": row.before,
            "after": row.after,
            "at": row.at,
            "until": row.until,
        }


CLICK_PARAMS = (CAMPAIGN, STORY, since("day"), until("day"))


def _clicks(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    rows = SiteClicks.objects.filter(current=True)
    return _chosen(policy.scoped(rows, user, policy.REPORT), CLICK_PARAMS, asked)


def _show_clicks(rows: Sequence[SiteClicks], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield {
            "campaign": row.campaign_id,
            "source": row.source,
            "content": row.content,
            "page": row.page,
            "day": row.day,
            "clicks": row.clicks,
            "variant": row.variant_id,
            "story": row.story_id,
        }


VARIANT_PARAMS = (
    CAMPAIGN,
    STORY,
    Param("format", "string", "only in this format", "format"),
    since("planned_at"),
    until("planned_at"),
)


def _variants(user: Any, asked: Mapping[str, Any]) -> QuerySet:
    rows = policy.scoped(Variant.objects.defer("derivation", "plans"), user, policy.VIEW)
    return _chosen(rows.select_related("story").prefetch_related("channels"), VARIANT_PARAMS, asked)


def _show_variants(rows: Sequence[Variant], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    found = status.status_of(rows) if rows else {}
    for row in rows:
        yield {
            "id": row.pk,
            "campaign": row.campaign_id,
            "story": row.story_id,
            "title": row.story.title,
            "format": row.format,
            "language": row.language,
            "channels": [channel.pk for channel in row.channels.all()],
            "planned_at": row.planned_at,
            "status": found[row.pk].word,
            "posts": [url for _, url in found[row.pk].posts],
        }


def _metrics(user: Any, asked: Mapping[str, Any]) -> Sequence[Any]:
    return METRICS


def _show_metrics(rows: Sequence[Any], asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        told = {platform: n.metrics[row.name] for platform, n in NETWORKS.items() if row.name in n.metrics}
        yield {
            "name": row.name,
            "label": row.label,
            "unit": row.unit,
            "meaning": row.meaning,
            "networks": {
                platform: {
                    "theirs": d.theirs,
                    "meaning": d.words,
                    "since": d.since,
                    "lag": NETWORKS[platform].lag,
                    "lag_h": lag_h(platform, row.name),
                }
                for platform, d in told.items()
            },
        }


_POST_DAY = {
    **DESCRIBED,
    "day": {**DAY, "description": "in the campaign's time zone"},
    "read_at": MOMENT,
    "values": VALUES,
    "gains": {
        "type": "object",
        "description": "since the metric was last known; below zero where the network took something back",
        "properties": dict.fromkeys(NAMES, NUMBER),
        "required": list(NAMES),
    },
}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "campaigns",
        "The campaigns whose numbers you may read.",
        {"id": INTEGER, "title": TEXT},
        _campaigns,
        lambda rows, asked: ({"id": row.pk, "title": row.title} for row in rows),
    ),
    Endpoint(
        "channels",
        "Accounts, with the followers last told.",
        {
            "id": INTEGER,
            "campaign": INTEGER,
            "platform": TEXT,
            "handle": TEXT,
            "followers": NUMBER,
            "sandbox": {"type": "boolean"},
        },
        _channels,
        _show_channels,
        CHANNEL_PARAMS,
    ),
    Endpoint(
        "channel-days",
        "What accounts had on each day of their campaign's time zone, as last read on it: in the evening if it could be.",
        {
            "channel": INTEGER,
            "day": DAY,
            "read_at": MOMENT,
            "followers": NUMBER,
            "figures": {"type": "object"},
        },
        _channel_days,
        lambda rows, asked: (
            {
                "channel": r.channel_id,
                "day": r.day,
                "read_at": r.at,
                "followers": r.followers,
                "figures": r.figures,
            }
            for r in rows
        ),
        CHANNEL_DAY_PARAMS,
    ),
    Endpoint(
        "standings",
        "Where posts stood at an age: compare posts at the same age only.",
        {
            **DESCRIBED,
            "age": TEXT,
            "read_at": MOMENT,
            "read_age_s": {**INTEGER, "description": "the real age of the reading, in seconds"},
            "near": {
                "type": "boolean",
                "description": "whether it was read near this age; where not, reports leave the post out of comparisons",
            },
            "values": VALUES,
            "behind": {
                "type": "array",
                "items": TEXT,
                "description": "those of `values` that come too late for this age: leave them out of comparisons",
            },
            "engagement_percent": RATES,
            "engagement_range": RANGES,
        },
        _standings,
        _show_standings,
        STANDING_PARAMS,
        key=("publication_id",),  # of one age
    ),
    Endpoint(
        "days",
        "What posts had, and gained, on each day.",
        _POST_DAY,
        _days,
        _show_days,
        DAY_PARAMS,
        key=("publication_id", "day"),
    ),
    Endpoint(
        "oddities",
        "What a reader of the numbers must know: corrections by a network, gaps, deleted posts.",
        {
            "publication": UUID,
            "campaign": INTEGER,
            "kind": TEXT,
            "words": TEXT,
            "metric": TEXT,
            "before": NUMBER,
            "after": NUMBER,
            "at": MOMENT,
            "until": nullable(MOMENT),
        },
        _oddities,
        _show_oddities,
        ODDITY_PARAMS,
    ),
    Endpoint(
        "clicks",
        "Visits to the site by the tags in our links, as its own statistics were imported.",
        {
            "campaign": INTEGER,
            "source": TEXT,
            "content": TEXT,
            "page": {**TEXT, "description": "path of the landing page; empty where the file had none"},
            "day": {**nullable(DAY), "description": "null: of the whole time that the file is about"},
            "clicks": INTEGER,
            "variant": {
                **nullable(INTEGER),
                "description": "the one post these can be of; null where none or several",
            },
            "story": nullable(INTEGER),
        },
        _clicks,
        _show_clicks,
        CLICK_PARAMS,
    ),
    Endpoint(
        "variants",
        "Variants of stories: planned time, status, addresses of what is out.",
        {
            "id": INTEGER,
            "campaign": INTEGER,
            "story": INTEGER,
            "title": TEXT,
            "format": TEXT,
            "language": TEXT,
            "channels": {"type": "array", "items": INTEGER},
            "planned_at": nullable(MOMENT),
            "status": {**TEXT, "enum": sorted(status.LABELS)},
            "posts": {"type": "array", "items": {"type": "string", "format": "uri"}},
        },
        _variants,
        _show_variants,
        VARIANT_PARAMS,
    ),
    Endpoint(
        "metrics",
        "What each number means, and what each network counts under it.",
        {"name": TEXT, "label": TEXT, "unit": TEXT, "meaning": TEXT, "networks": {"type": "object"}},
        _metrics,
        _show_metrics,
        paged=False,
    ),
)

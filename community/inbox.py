"""What the inbox shows: what the address asks for, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from access import policy
from channels.models import Channel
from community import search
from community.enums import LIVE, Kind, Risk, Sentiment, Status, Urgency
from community.models import Conversation, Seen

PER_PAGE = 30
MOST_PAGES = 300  # further back one searches
TABS = {
    "todo": "To answer",
    "due": "By due time",
    "mine": "Mine",
    "nobody": "Nobody’s",
    "raised": "Escalated",
    "waiting": "Waiting",
    "snoozed": "Snoozed",
    "answered": "Answered",
    "closed": "Closed",
    "all": "All",
}
CHOICES: dict[str, tuple[str, dict[str, str]]] = {
    "wants": ("Wants", {k: v for k, v in Kind.choices if k}),
    "sentiment": ("Sentiment", {k: v for k, v in Sentiment.choices if k}),
    "urgency": ("Urgency", dict(Urgency.choices)),
    "risk": ("Risk", dict(Risk.choices)),
    "kind": (
        "Kind",
        {"comment": "Comments", "reply": "Replies", "mention": "Mentions", "direct": "Private messages"},
    ),
}


@dataclass(frozen=True)
class Filters:
    """What the address says. An unknown value filters nothing away, so that an old bookmark still opens."""

    tab: str = "todo"
    q: str = ""
    channel: int | None = None
    story: int | None = None
    topic: str = ""
    language: str = ""
    wants: str = ""
    sentiment: str = ""
    urgency: str = ""
    risk: str = ""
    kind: str = ""
    unread: str = ""
    late: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        values: dict[str, Any] = {
            "tab": query.get("tab", "") if query.get("tab") in TABS else "todo",
            "q": query.get("q", "").replace("\0", "").strip()[:100],
            "channel": _number(query.get("channel", "")),
            "story": _number(query.get("story", "")),
            "topic": query.get("topic", "").replace("\0", "")[:80],
            "language": query.get("language", "").replace("\0", "")[:12],
            "unread": "1" if query.get("unread") else "",
            "late": "1" if query.get("late") else "",
        }
        for name, (_, choices) in CHOICES.items():
            values[name] = query.get(name, "") if query.get(name, "") in choices else ""
        return cls(**values)

    def as_query(self) -> dict[str, str]:
        """As they stand in the address; what filters nothing is left out."""
        rows = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: str(value) for name, value in rows.items() if value and (name, value) != ("tab", "todo")
        }

    def address(self, **changes: Any) -> str:
        return f"?{urlencode(replace(self, **changes).as_query())}"

    def __bool__(self) -> bool:
        """Whether something besides the tab narrows the list."""
        return bool(replace(self, tab="todo").as_query())


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def channels_of(user: Any) -> list[Channel]:
    """The accounts for which a person may answer, by name."""
    rows = policy.scoped(Channel.objects.select_related("campaign"), user, policy.REPLY)
    return [row for row in rows.order_by("platform", "handle") if policy.may_use(user, row)]


def kept_from(user: Any) -> list[int]:
    """The accounts that are kept to groups in which this person is not; what is said there is not theirs to see."""
    kept = Channel.objects.exclude(only_groups=[])
    return [channel.pk for channel in kept if not policy.may_use(user, channel)]


def visible(user: Any, channels: list[Channel]) -> QuerySet[Conversation]:
    """The conversations that a person may see; administrators need no list of accounts."""
    rows = Conversation.objects.all()
    if policy.campaign_ids(user, policy.REPLY) is None:
        return rows
    return rows.filter(channel__in=[channel.pk for channel in channels])


def matching(
    rows: QuerySet[Conversation], filters: Filters, *, user: Any, now: datetime
) -> QuerySet[Conversation]:
    rows = _tab(rows, filters.tab, user, now)
    for name in ("channel", "story", "topic", *CHOICES):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.language:
        rows = rows.filter(Q(language=filters.language) | Q(language__startswith=f"{filters.language}-"))
    if filters.late:
        rows = rows.filter(next_due_at__lt=now, status__in=LIVE)
    if filters.unread:
        read = Seen.objects.filter(conversation=OuterRef("pk"), user=user, at__gte=OuterRef("news_at"))
        rows = rows.filter(~Exists(read), news_at__isnull=False)
    if filters.q:
        rows = rows.filter(search.matching(filters.q))
    return rows


def awake(now: datetime) -> Q:
    return Q(snoozed_until=None) | Q(snoozed_until__lte=now)


def _tab(rows: QuerySet[Conversation], tab: str, user: Any, now: datetime) -> QuerySet[Conversation]:
    newest = ("-last_message_at", "-id")
    match tab:
        case "due":
            return rows.filter(awake(now), status__in=LIVE, next_due_at__isnull=False).order_by(
                "next_due_at", "id"
            )
        case "mine":
            return rows.filter(assignee=user, status__in=LIVE).order_by(*newest)
        case "nobody":
            return rows.filter(awake(now), assignee=None, status=Status.OPEN).order_by(*newest)
        case "raised":
            return rows.filter(raised_at__isnull=False).order_by(*newest)
        case "waiting":
            return rows.filter(awake(now), status=Status.WAITING).order_by(*newest)
        case "snoozed":
            return rows.filter(snoozed_until__gt=now, status__in=LIVE).order_by(*newest)
        case "answered":
            return rows.filter(status=Status.ANSWERED).order_by(*newest)
        case "closed":
            return rows.filter(status__in=(Status.CLOSED, Status.NO_ANSWER)).order_by(*newest)
        case "all":
            return rows.order_by(*newest)
        case _:
            return rows.filter(awake(now), status=Status.OPEN).order_by(*newest)


@dataclass(frozen=True)
class Row:
    conversation: Conversation
    unread: bool
    due: str  # tone: "bad" (late), "act" (within the hour), "wait", ""


@dataclass(frozen=True)
class Page:
    """Without a count: whether there are 31 or 200,000 costs the same."""

    rows: list[Row]
    number: int
    more: bool


def load(user: Any, channels: list[Channel], filters: Filters, *, number: int, now: datetime) -> Page:
    number = min(max(1, number), MOST_PAGES)
    start = (number - 1) * PER_PAGE
    rows = matching(visible(user, channels), filters, user=user, now=now)
    found = list(
        rows.select_related("contact", "assignee", "story", "channel").defer("suggested", "corrected")[
            start : start + PER_PAGE + 1
        ]
    )
    shown = found[:PER_PAGE]
    read = dict(
        Seen.objects.filter(user=user, conversation__in=[row.pk for row in shown]).values_list(
            "conversation", "at"
        )
    )
    made = [Row(row, is_unread(row, read.get(row.pk)), tone_of(row, now)) for row in shown]
    return Page(made, number, len(found) > PER_PAGE and number < MOST_PAGES)


def is_unread(row: Conversation, seen_at: datetime | None) -> bool:
    """Whether we have read something new of other people since this person last looked."""
    return row.news_at is not None and (seen_at is None or seen_at < row.news_at)


def tone_of(row: Conversation, now: datetime) -> str:
    if row.next_due_at is None or row.status not in LIVE:
        return ""
    if row.next_due_at < now:
        return "bad"
    return "act" if row.next_due_at - now < timedelta(hours=1) else "wait"


def late(user: Any, channels: list[Channel], *, now: datetime) -> int:
    """How many are overdue, as the list by due time shows them; counted to 100."""
    rows = visible(user, channels).filter(awake(now), status__in=LIVE, next_due_at__lt=now)
    return rows.order_by(F("next_due_at"))[:100].count()

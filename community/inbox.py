"""What the inbox shows: what the address asks for, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from access import policy
from access.models import CampaignRole
from channels.models import Channel
from community import listing, search
from community.enums import LIVE, Kind, Risk, Sentiment, Status, Urgency
from community.models import Conversation, Seen

PER_PAGE = 30
MOST_PAGES = 300  # further back one searches
MOST_LATE = 100
NARROWING = ("story", "topic", "language", "wants", "sentiment", "urgency", "risk", "kind")
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
    who: int | None = None
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
            "who": _number(query.get("who", "")),
            "story": _number(query.get("story", "")),
            "topic": query.get("topic", "").replace("\0", "")[:80],
            "language": query.get("language", "").replace("\0", "").split("-")[0].lower()[:12],
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


def colleagues(user: Any, most: int = 200) -> list[Any]:
    """The people who answer in a campaign in which this person answers, by name."""
    roles = [role for role, has in policy.CAPABILITIES.items() if policy.REPLY in has]
    places = policy.scoped(CampaignRole.objects.filter(role__in=roles), user, policy.REPLY)
    people = get_user_model().objects.filter(is_active=True, groups__in=places.values("group"))
    return list(people.distinct().order_by("first_name", "last_name", "username")[:most])


def kept_from(user: Any) -> list[int]:
    """The accounts that are kept to groups in which this person is not; what is said there is not theirs to see."""
    kept = Channel.objects.exclude(only_groups=[])
    return [channel.pk for channel in kept if not policy.may_use(user, channel)]


def reach(user: Any, channels: list[Channel]) -> set[int] | None:
    """The accounts whose conversations a person may see; None: all (administrators need no list)."""
    if policy.campaign_ids(user, policy.REPLY) is None:
        return None
    return {channel.pk for channel in channels}


def visible(user: Any, channels: list[Channel]) -> QuerySet[Conversation]:
    """The conversations that a person may see."""
    rows, mine = Conversation.objects.all(), reach(user, channels)
    return rows if mine is None else rows.filter(channel__in=mine)


def _kept_to(mine: set[int] | None, channel: int | None) -> dict[str, Q] | None:
    """The condition that keeps a list to these accounts, and to the one that is asked for; None: there is nothing to see."""
    if channel is not None:
        return {"channel": Q(channel=channel)} if mine is None or channel in mine else None
    if mine is None:
        return {}
    if not mine:
        return None
    return {"channel": Q(channel=min(mine))} if len(mine) == 1 else {"reach": Q(channel__in=mine)}


def matching(
    user: Any, channels: list[Channel], filters: Filters, *, now: datetime, most: int
) -> QuerySet[Conversation]:
    """What a person may see of what the filters ask for, in its order; good for the first ``most`` rows."""
    wanted = {name: Q(**{name: value}) for name in NARROWING if (value := getattr(filters, name))}
    kept = _kept_to(reach(user, channels), filters.channel)
    if kept is None:
        return Conversation.objects.none()
    wanted |= kept
    statuses, tab = _tab(filters.tab, user, now)
    if filters.who:
        wanted["who" if "ours" in tab else "ours"] = Q(assignee=filters.who)
    wanted |= tab
    if filters.late:
        wanted |= {"late": Q(next_due_at__lt=now), "live": Q(status__in=LIVE)}
    if filters.unread:
        read = Seen.objects.filter(conversation=OuterRef("pk"), user=user, at__gte=OuterRef("news_at"))
        # A value, not EXISTS: looked up for one row of the list after the other.
        unread = Q(IsNull(Subquery(read.values("pk")[:1]), True))
        wanted["unread"] = unread & Q(news_at__isnull=False)
    by = listing.DUE if filters.tab == "due" else listing.NEWEST
    found = search.find(filters.q) if filters.q else None
    if found and found.few:
        return listing.of_found(found.conditions, wanted, by=by, statuses=statuses, most=most)
    if found:
        wanted["said"] = found.condition
    return listing.ordered(wanted, by=by, statuses=statuses, most=most)


def awake(now: datetime) -> Q:
    return Q(snoozed_until=None) | Q(snoozed_until__lte=now)


def _tab(tab: str, user: Any, now: datetime) -> tuple[tuple[str, ...], dict[str, Q]]:
    """The statuses of a tab (none: any), and its further conditions."""
    rested = {"awake": awake(now)}
    match tab:
        case "due":
            return LIVE, {**rested, "due": Q(next_due_at__isnull=False)}
        case "mine":
            return LIVE, {"ours": Q(assignee=user.pk)}
        case "nobody":
            return (Status.OPEN,), {**rested, "nobody": Q(assignee=None)}
        case "raised":
            return (), {"raised": Q(raised_at__isnull=False)}
        case "waiting":
            return (Status.WAITING,), rested
        case "snoozed":
            return LIVE, {"asleep": Q(snoozed_until__gt=now)}
        case "answered":
            return (Status.ANSWERED,), {}
        case "closed":
            return (Status.CLOSED, Status.NO_ANSWER), {}
        case "all":
            return (), {}
        case _:
            return (Status.OPEN,), rested


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
    rows = matching(user, channels, filters, now=now, most=start + PER_PAGE + 1)
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
    filters = Filters(tab="due", late="1")
    return matching(user, channels, filters, now=now, most=MOST_LATE)[:MOST_LATE].count()

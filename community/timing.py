"""By when a conversation is to be answered, from the rows that a team keeps; and what happens as time passes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from access import policy
from access.models import CampaignRole
from community.core import targets
from community.core.targets import ALWAYS, Due, Election, Hours, Plan, Step
from community.enums import LIVE
from community.models import Conversation, Miss, Office, Settings, Target
from formats.variants import zone_of
from work import clock, outbox

USUAL = targets.Target(first_min=240, next_min=480, warn_min=30)
ELECTION = targets.Target(first_min=60, next_min=120, warn_min=15)
AT_ONCE = 200  # conversations per run; the next run goes on
AHEAD = timedelta(days=4)  # warnings are looked for so far before the due time


def plan_of(conversation: Conversation) -> Plan:
    """The narrowest office (account, campaign, all), and the campaign's targets before those for all."""
    campaign, channel = conversation.campaign_id, conversation.channel_id
    offices = Office.objects.filter(
        Q(campaign=campaign) | Q(campaign=None), Q(channel=channel) | Q(channel=None)
    )
    office = max(
        offices, key=lambda row: (row.channel_id is not None, row.campaign_id is not None), default=None
    )
    hours = hours_of(office) if office else Hours(ALWAYS, zone_of(conversation.campaign))
    rows = list(Target.objects.filter(Q(campaign=campaign) | Q(campaign=None)))
    rows = [row for row in rows if row.campaign_id] or rows
    usual = _whole(tuple(_target(row) for row in rows if not row.election), USUAL)
    election = None
    if _settings(campaign).election_mode:
        own = _whole(tuple(_target(row) for row in rows if row.election), ELECTION)
        election = Election(date.min, date.max, Hours(ALWAYS, hours.zone), own)
    return Plan(hours, usual, election)


def _whole(found: tuple[targets.Target, ...], rest: targets.Target) -> tuple[targets.Target, ...]:
    """With one for whatever no target of the team is for, so that nothing is without a due time."""
    return found if any(not any(each.weight) for each in found) else (*found, rest)


def _settings(campaign: int) -> Settings:
    rows = Settings.objects.filter(Q(campaign=campaign) | Q(campaign=None))
    return min(rows, key=lambda row: row.campaign_id is None, default=Settings())


def hours_of(office: Office) -> Hours:
    """Raises ValueError for hours that cannot be."""
    weekly: dict[int, list[tuple[time, time]]] = {}
    for weekday, begins, until in sorted(office.hours):
        weekly.setdefault(weekday, []).append((time.fromisoformat(begins), time.fromisoformat(until)))
    closed = frozenset(date.fromisoformat(day) for day in office.closed_on)
    return Hours(weekly or ALWAYS, office.zone, office.country, office.subdivision, closed)


def _target(row: Target) -> targets.Target:
    channel = str(row.channel_id) if row.channel_id else ""
    return targets.Target(
        row.first_min, row.next_min, row.escalate_min, channel=channel, topic=row.topic, risk=row.risk
    )


def due_of(conversation: Conversation, plan: Plan | None = None) -> Due | None:
    """Of the wait that is open; None where nobody waits for us. ``plan``: of its account, where it is known."""
    if conversation.waiting_since is None or conversation.status not in LIVE:
        return None
    return targets.due(
        plan or plan_of(conversation),
        conversation.waiting_since,
        Step.NEXT if conversation.answered_at else Step.FIRST,
        channel=str(conversation.channel_id),
        topic=conversation.topic,
        risk=conversation.risk,
    )


def reckon(conversation: Conversation, plan: Plan | None = None) -> None:
    """Write down by when it is due; after anything that may have changed it."""
    found = due_of(conversation, plan)
    at = found.at if found else None
    fields: dict[str, Any] = {}
    if at != conversation.next_due_at:
        fields = {"next_due_at": at, "escalated_at": None}
    if found is not None and found.step is Step.FIRST and conversation.first_due_at != at:
        fields["first_due_at"] = at
    if fields:
        Conversation.objects.filter(pk=conversation.pk).update(**fields)
        for name, value in fields.items():
            setattr(conversation, name, value)


def reckon_all(campaign: int) -> int:
    """Again for whatever waits in a campaign, after its hours, targets or mode have changed; returns how many."""
    rows = Conversation.objects.filter(
        campaign=campaign, status__in=LIVE, waiting_since__isnull=False
    ).select_related("campaign")
    count = 0
    plans: dict[int, Plan] = {}  # all of one account share it
    for row in rows.iterator(chunk_size=500):
        if row.channel_id not in plans:
            plans[row.channel_id] = plan_of(row)
        reckon(row, plans[row.channel_id])
        count += 1
    return count


def settled(conversation: Conversation, now: datetime, **kwargs: Any) -> None:
    """What people or we said has changed: when our answer came, the misses it ends; then the next due time.

    An answer that came between two runs of :func:`watch`, but late, is a miss as well.
    """
    due, out = conversation.next_due_at, conversation.last_out_at
    if due is not None and out is not None and out > due:
        which = "first" if due == conversation.first_due_at else "next"
        Miss.objects.get_or_create(
            conversation=conversation, due_at=due, defaults={"which": which, "seen_at": now}
        )
    if out is not None:
        open_ = Miss.objects.filter(conversation=conversation, answered_at=None)
        open_.filter(due_at__lt=out).update(answered_at=out)
        if (
            conversation.waiting_since is None
        ):  # it was answered before, elsewhere, and we have read of it only now
            open_.filter(due_at__gte=out).delete()
    reckon(conversation)


def watch() -> None:
    """Tell more people before something is missed, and note what was. Runs each minute; safe to repeat."""
    now = clock.now()
    waiting = Conversation.objects.filter(status__in=LIVE, next_due_at__isnull=False)
    noted = Miss.objects.filter(conversation=OuterRef("pk"), due_at__gte=OuterRef("waiting_since"))
    for row in waiting.filter(~Exists(noted.filter(answered_at=None)), next_due_at__lt=now)[:AT_ONCE]:
        which = "next" if row.answered_at else "first"
        Miss.objects.get_or_create(
            conversation=row, due_at=row.next_due_at, defaults={"which": which, "seen_at": now}
        )
    soon = waiting.filter(escalated_at=None, next_due_at__lt=now + AHEAD).select_related(
        "campaign", "channel", "assignee"
    )
    for row in soon.order_by("next_due_at", "pk")[:AT_ONCE]:
        found = due_of(row)
        if found is not None and now >= found.escalate_at:
            _escalate(row, now)


def _escalate(row: Conversation, now: datetime) -> None:
    late = row.next_due_at is not None and row.next_due_at < now
    with transaction.atomic():  # noted and told, or neither: the next run tries again
        if Conversation.objects.filter(pk=row.pk, escalated_at=None).update(escalated_at=now) != 1:
            return
        outbox.tell(
            [*([row.assignee] if row.assignee else []), *managers(row)],
            subject=f"{'Not answered in time' if late else 'Soon too late to answer'}: {row.channel}",
            body=row.snippet,
            url=reverse("community:conversation", args=[row.pk]),
            event_id=f"community.due.{row.pk}.{row.next_due_at:%Y%m%d%H%M%S}",
            kind="talk_due",
            mail=False,
        )


def managers(row: Conversation) -> list[Any]:
    """Who answers for the campaign's people, as far as they may see what is said on this account."""
    roles = [role for role, has in policy.CAPABILITIES.items() if {policy.REPLY, policy.APPROVE} <= has]
    groups = CampaignRole.objects.filter(campaign=row.campaign_id, role__in=roles).values("group")
    people = get_user_model().objects.filter(is_active=True, groups__in=groups).distinct()
    return [user for user in people if policy.can(user, policy.REPLY, row)]

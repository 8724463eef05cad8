"""By when a conversation is to be answered, from the rows that a team keeps; and what happens as time passes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from access import policy
from access.models import CampaignRole
from community.core import targets
from community.core.targets import ALWAYS, Due, Election, Hours, Plan, Said, Step
from community.enums import LIVE, Direction
from community.models import Conversation, Message, Miss, Office, Settings, Target
from formats.variants import zone_of
from work import clock, outbox

USUAL = targets.Target(first_min=240, next_min=480, warn_min=30)
ELECTION = targets.Target(first_min=60, next_min=120, warn_min=15)
AT_ONCE = 200  # conversations per run; the next run goes on
AHEAD = timedelta(days=4)  # warnings are looked for so far before the due time


def plan_of(conversation: Conversation) -> Plan:
    """The narrowest office (account, campaign, all), and the campaign's targets before those for all.

    Where none of them fits, the usual one holds, so that there is always a due time.
    """
    campaign, channel = conversation.campaign_id, conversation.channel_id
    offices = Office.objects.filter(
        Q(campaign=campaign) | Q(campaign=None), Q(channel=channel) | Q(channel=None)
    )
    office = max(
        offices, key=lambda row: (row.channel_id is not None, row.campaign_id is not None), default=None
    )
    hours = hours_of(office) if office else Hours(ALWAYS, zone_of(conversation.campaign))
    rows = list(Target.objects.filter(Q(campaign=campaign) | Q(campaign=None)))
    usual = tuple(_target(row) for row in rows if not row.election)
    election = None
    if _settings(campaign).election_mode:
        own = tuple(_target(row) for row in rows if row.election)
        election = Election(date.min, date.max, Hours(ALWAYS, hours.zone), (*own, ELECTION))
    return Plan(hours, (*usual, USUAL), election)


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
        row.first_min,
        row.next_min,
        row.escalate_min,
        channel=channel,
        topic=row.topic,
        risk=row.risk,
        rank=2 if row.campaign_id else 1,
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
    at = _not_gone_by(found, conversation) if found else None
    fields: dict[str, Any] = {}
    if at != conversation.next_due_at:
        fields = {"next_due_at": at, "escalated_at": None}
    if found is not None and found.step is Step.FIRST and conversation.first_due_at != at:
        fields["first_due_at"] = at
    if fields:
        Conversation.objects.filter(pk=conversation.pk).update(**fields)
        for name, value in fields.items():
            setattr(conversation, name, value)


def _not_gone_by(found: Due, conversation: Conversation) -> datetime:
    """A due time that comes nearer, by another target, topic or mode, is none that has passed before anybody saw it."""
    before, now = conversation.next_due_at, clock.now()
    if before is None or before <= found.since or found.at >= min(before, now):
        return found.at
    if before <= now:
        return before
    return min(before, now + timedelta(minutes=found.target.warn_min))


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

    An answer that came between two runs of :func:`watch`, but late, is a miss as well. One that stood on the network
    in time, and was read only after the miss was noted, withdraws it.
    """
    due, out = conversation.next_due_at, conversation.last_out_at
    late = due is not None and out is not None and out > due
    misses = list(Miss.objects.filter(conversation=conversation))
    waits = [miss for miss in misses if miss.answered_at is None]
    heard = _heard(conversation) if late or waits else []
    for miss in waits:
        _close(miss, heard)
    if due is not None and late and not _noted(misses, heard, due):
        answers = [said.at for _, said in heard if said.ours and not said.automatic and said.at > due]
        Miss.objects.create(
            conversation=conversation,
            due_at=due,
            which="first" if due == conversation.first_due_at else "next",
            seen_at=now,
            answered_at=min(answers, default=out),
        )
    reckon(conversation)


def _heard(conversation: Conversation) -> list[tuple[datetime, Said]]:
    """What was said, each with when we knew it."""
    rows = Message.objects.filter(conversation=conversation, deleted_at=None)
    found = []
    for at, seen, direction, automatic, again in rows.values_list(
        "at", "seen_at", "direction", "automatic", "changed_at"
    ):
        ours = direction == Direction.OUT
        found.append((seen, Said(at, ours, automatic)))
        if again is not None and not ours:
            found.append((again, Said(again, again=True)))
    return found


def _noted(misses: Iterable[Miss], heard: Iterable[tuple[datetime, Said]], due: datetime) -> bool:
    """Whether the wait that was due then is noted as missed already: it is missed once, however its due time moved."""
    since = [wait.since for wait in targets.waits(said for _, said in heard) if wait.since < due]
    return any(miss.due_at == due or (since and miss.due_at > since[-1]) for miss in misses)


def _close(miss: Miss, heard: Iterable[tuple[datetime, Said]]) -> None:
    """Note when the answer came that the miss was about; take the miss back if that was in time.

    Which wait it was follows from what was known when it was noted.
    """
    known = [said for seen, said in heard if said.at < miss.due_at and (seen < miss.seen_at or not said.ours)]
    since = [wait.since for wait in targets.waits(known) if wait.answered_at is None]
    answers = [
        said.at for _, said in heard if said.ours and not said.automatic and since and said.at > since[-1]
    ]
    if answers and min(answers) <= miss.due_at:
        miss.delete()
    elif answers:
        Miss.objects.filter(pk=miss.pk).update(answered_at=min(answers))


def watch() -> None:
    """Tell more people before something is missed, and note what was. Runs each minute; safe to repeat."""
    now = clock.now()
    waiting = Conversation.objects.filter(status__in=LIVE, next_due_at__isnull=False)
    noted = Miss.objects.filter(conversation=OuterRef("pk"), due_at__gt=OuterRef("waiting_since"))
    for row in waiting.filter(~Exists(noted), next_due_at__lt=now)[:AT_ONCE]:
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

"""By when a conversation is to be answered, from the rows that a team keeps; and what happens as time passes."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from access import policy
from access.models import CampaignRole
from channels.models import Channel
from community import facts, ingest
from community.core import targets, threads
from community.core.targets import ALWAYS, Due, Election, Hours, Plan
from community.core.waiting import Step, Wait
from community.enums import LIVE
from community.models import Conversation, Miss, Office, Settings, Target
from formats.variants import zone_of
from work import clock, outbox

USUAL = targets.Target(first_min=240, next_min=480, warn_min=30)
ELECTION = targets.Target(first_min=60, next_min=120, warn_min=15)
AT_ONCE = 200  # conversations per run; the next run goes on


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


def soonest(channel: Channel) -> timedelta:
    """The shortest time within which anybody may have to be answered on an account."""
    rows = Target.objects.filter(
        Q(campaign=channel.campaign_id) | Q(campaign=None), Q(channel=channel) | Q(channel=None)
    )
    election = _settings(channel.campaign_id).election_mode
    every = [ELECTION if election else USUAL, *(_target(row) for row in rows if election or not row.election)]
    return timedelta(minutes=min(min(each.first_min, each.next_min) for each in every))


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
        topics=topics_of(conversation),
        risk=conversation.risk,
        known=conversation.waiting_known_at,
    )


def topics_of(conversation: Conversation) -> list[str]:
    """What those who wait write about; what a person said it is about goes before."""
    if "topic" in conversation.corrected:
        return [conversation.topic]
    return list(dict.fromkeys([conversation.topic, *conversation.topics]))


def reckon(conversation: Conversation, plan: Plan | None = None) -> None:
    """Write down by when it is due; after anything that may have changed it."""
    found = due_of(conversation, plan)
    at = _not_gone_by(found, conversation) if found else None
    warn_at = min(found.escalate_at, at) if found and at else None
    fields: dict[str, Any] = {}
    if at != conversation.next_due_at:
        fields = {"next_due_at": at, "escalated_at": None}
    if warn_at != conversation.warn_at:
        fields["warn_at"] = warn_at
    if conversation.due_since != conversation.waiting_since:
        fields["due_since"] = conversation.waiting_since
    if found is not None and found.step is Step.FIRST and conversation.first_due_at != at:
        fields["first_due_at"] = at
    if fields:
        Conversation.objects.filter(pk=conversation.pk).update(**fields)
        for name, value in fields.items():
            setattr(conversation, name, value)


def _not_gone_by(found: Due, conversation: Conversation) -> datetime:
    """A due time that comes nearer, by another target, topic or mode, is none that has passed before anybody saw it."""
    before, now = conversation.next_due_at, clock.now()
    if before is None or before <= found.since:
        return found.at
    if conversation.due_since not in (None, found.since):  # of somebody who was answered before
        return max(found.at, now + timedelta(minutes=found.target.warn_min)) if found.at < now else found.at
    if found.at >= min(before, now):
        return found.at
    if before <= now:
        return before
    return min(before, now + timedelta(minutes=found.target.warn_min))


def reckon_all(campaign: int) -> int:
    """Again for whatever waits in a campaign, after its hours, targets or mode have changed; returns how many."""
    waiting = Conversation.objects.filter(campaign=campaign, status__in=LIVE, waiting_since__isnull=False)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    plans: dict[int, Plan] = {}  # all of one account share it
    return sum(
        _reckon_some(waiting.filter(pk__in=pks[first : first + AT_ONCE]), plans)
        for first in range(0, len(pks), AT_ONCE)
    )


def _reckon_some(rows: QuerySet[Conversation], plans: dict[int, Plan]) -> int:
    """As they stand now: who answers or writes meanwhile comes before or after, and is not overwritten."""
    count = 0
    with transaction.atomic():
        for row in rows.select_for_update(no_key=True).order_by("pk"):
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
    needed = late or any(miss.answered_at is None for miss in misses)
    waits, ended = _waits(conversation) if needed else ([], set())
    for miss in misses:
        if miss.answered_at is None:
            _close(miss, waits, ended)
    if due is not None and late and (wait := _ended_late(waits, misses, due)):
        Miss.objects.create(
            conversation=conversation,
            due_at=due,
            since=wait.since,
            which="first" if due == conversation.first_due_at else "next",
            seen_at=now,
            answered_at=wait.answered_at or out,
        )
    reckon(conversation)


def _waits(conversation: Conversation) -> tuple[list[Wait], set[datetime]]:
    """Every wait in it, the oldest first, but those of people who are no longer answered; and the moments at which these
    began to wait, or others with what is gone since.
    """
    rows = ingest.said_in([conversation.pk])[0][conversation.pk]
    return threads.waits_of(rows)[0], threads.not_answered(rows)


def _ended_late(waits: Iterable[Wait], misses: Iterable[Miss], due: datetime) -> Wait | None:
    """The wait that was due then, if it is over since and its miss is not noted: it is missed once, however its due time
    moved. What is due is always the oldest wait that is open.
    """
    of_then = (w for w in waits if w.since < due and (w.over_at is None or w.over_at > due))
    wait = next(of_then, None)
    if (
        wait is None
        or wait.due
        or wait.set_aside_at
        or any(miss.due_at == due or _is_of(miss, wait) for miss in misses)
    ):
        return None
    return wait


def _is_of(miss: Miss, wait: Wait) -> bool:
    """Whether a miss was noted of this wait; an old one, of which nobody wrote down which, of any that it may be."""
    if miss.since is not None:
        return miss.since == wait.since
    return miss.due_at > wait.since


def _close(miss: Miss, waits: Iterable[Wait], ended: Container[datetime]) -> None:
    """Note when the answer came that the miss was about; take the miss back if that was in time.

    A wait may be found to have begun earlier, with a message that was read late. One that ended without an answer, since
    its message is gone or its author muted, stays missed, whoever else was answered then.
    """
    if miss.since is None:
        about = [wait for wait in waits if wait.since < miss.due_at]
    else:
        over = [w for w in waits if w.since <= miss.since and (not w.over_at or w.over_at >= miss.since)]
        exact = [wait for wait in over if wait.since == miss.since]
        about = exact or ([] if miss.since in ended else over)
    if not about:
        return
    wait = about[-1]
    if wait.answered_at is not None and wait.answered_at <= miss.due_at:
        miss.delete()
    elif (wait.answered_at, wait.since) != (None, miss.since):
        miss.since, miss.answered_at = wait.since, wait.answered_at
        miss.save(update_fields=["since", "answered_at"])


def watch() -> None:
    """Tell more people before something is missed, and note what was. Runs each minute; safe to repeat."""
    now = clock.now()
    waiting = Conversation.objects.filter(status__in=LIVE, next_due_at__isnull=False)
    for row in missed(waiting, now)[:AT_ONCE]:
        _note(row, now)
    soon = waiting.filter(escalated_at=None, warn_at__lte=now).select_related(
        "campaign", "channel", "assignee"
    )
    for row in soon.order_by("warn_at", "pk")[:AT_ONCE]:
        _escalate(row, now)


def missed(rows: QuerySet[Conversation], now: datetime) -> QuerySet[Conversation]:
    """Those whose due time has passed, and of whose wait no miss is noted."""
    of_it = Q(since=OuterRef("waiting_since")) | Q(since=None, due_at__gt=OuterRef("waiting_since"))
    noted = Miss.objects.filter(of_it, conversation=OuterRef("pk"))
    return rows.filter(~Exists(noted), status__in=LIVE, next_due_at__lt=now)


def note_missed(rows: QuerySet[Conversation], now: datetime) -> None:
    """What was missed since the last run, before something else than an answer ends the waits; in its transaction."""
    for row in missed(rows, now):
        _note(row, now)


def _note(row: Conversation, now: datetime) -> None:
    which = "next" if row.answered_at else "first"
    Miss.objects.get_or_create(
        conversation=row,
        due_at=row.next_due_at,
        defaults={"which": which, "since": row.waiting_since, "seen_at": now},
    )


def _escalate(row: Conversation, now: datetime) -> None:
    late = row.next_due_at is not None and row.next_due_at < now
    with transaction.atomic():  # noted and told, or neither: the next run tries again
        if Conversation.objects.filter(pk=row.pk, escalated_at=None).update(escalated_at=now) != 1:
            return
        told = [*([row.assignee] if policy.can(row.assignee, policy.REPLY, row) else []), *managers(row)]
        outbox.tell(
            told or facts.team(row.campaign_id, policy.REPLY, on=row),
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

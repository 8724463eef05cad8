"""Many alike within an hour: noticed as soon as they are read, told once, shown as a banner, answered together.

:mod:`community.core.bursts` finds them; here they get a row that goes on while the wave does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from access import policy
from community import answers, desk, facts, inbox
from community.answers import NotPossible
from community.core import bursts
from community.core.replies import Finding
from community.enums import AnswerState, Direction
from community.models import Burst, Case, Conversation, Message
from work import clock, outbox

OLD = timedelta(days=1)  # what was said longer ago when we read it makes no wave
QUIET_AGAIN = timedelta(
    hours=6
)  # so long a wave that somebody closed is not told anew before it is twice as large
MOST_ANSWERED = 100  # conversations in one go


def watch() -> None:
    """Look through what was read in the last hour, of each campaign; a periodic job, safe to repeat.

    It is a wave if it was said within an hour, however late it was read; what is a day old then is none any more. What is
    said on accounts that are kept to some groups makes waves of its own, which only they see.
    """
    now = clock.now()
    since, oldest = now - bursts.WITHIN, now - OLD
    heard = Message.objects.filter(
        direction=Direction.IN, at__gt=oldest - bursts.WITHIN, at__lte=now, deleted_at=None
    )
    read = Q(seen_at__gt=since, at__gt=oldest)
    busy = heard.order_by().values("conversation__campaign")
    busy = busy.annotate(n=Count("pk"), first=Min("at", filter=read)).filter(
        n__gte=bursts.LEAST, first__isnull=False
    )
    for campaign, first in list(busy.values_list("conversation__campaign", "first")):
        rows = heard.filter(conversation__campaign=campaign, at__gt=first - bursts.WITHIN)
        names = ("pk", "at", "seen_at", "author", "conversation", "text", "channel__only_groups")
        together: dict[tuple[int, ...], dict[int, dict[str, Any]]] = defaultdict(dict)
        for row in rows.order_by("-at", "-pk").values(*names)[: bursts.MOST]:
            together[tuple(sorted(row["channel__only_groups"]))][row["pk"]] = row
        for groups, said in together.items():
            found = bursts.find_any(
                bursts.Heard(pk, row["at"], str(row["author"] or pk), row["text"][:1000])
                for pk, row in said.items()
            )
            for each in found:
                heard_at = max(said[n]["seen_at"] for n in each.numbers)
                if heard_at > since:
                    talks = {said[n]["conversation"] for n in each.numbers}
                    _keep(campaign, each, talks, now, groups, heard_at)
    running = Burst.objects.filter(ended_at=None).alias(newest=Coalesce("heard_at", "last_at"))
    running.filter(newest__lte=since).update(ended_at=now)


def _keep(
    campaign: int,
    found: bursts.Burst,
    talks: set[int],
    now: datetime,
    groups: tuple[int, ...],
    heard_at: datetime,
) -> None:
    key = f"{groups} {found.key}"[:120] if groups else found.key
    with transaction.atomic():
        row = _same(campaign, key, talks, now, groups)
        if row is None:
            row = Burst.objects.create(
                campaign_id=campaign,
                key=key,
                words=found.example[:300],
                began_at=found.began_at,
                last_at=found.last_at,
                heard_at=heard_at,
                count=len(found.numbers),
            )
            _tell(row, found, Conversation.objects.select_related("channel").get(pk=min(talks)))
        else:
            new = Q(at__gt=row.last_at) | Q(seen_at__gt=row.heard_at or row.last_at)
            count = Message.objects.filter(new, pk__in=found.numbers).count()
            closed = row.closed_by_id is not None
            if count and (not closed or count >= row.count):
                _grow(row, found, count, heard_at)
                if closed:
                    _tell(row, found, Conversation.objects.select_related("channel").get(pk=min(talks)))
        row.conversations.add(*talks)


def _grow(row: Burst, found: bursts.Burst, count: int, heard_at: datetime) -> None:
    """It goes on; what somebody has closed is open again."""
    row.count += count
    row.last_at, row.heard_at = max(row.last_at, found.last_at), max(row.heard_at or heard_at, heard_at)
    row.ended_at = row.closed_by = None
    row.save(update_fields=["count", "last_at", "heard_at", "ended_at", "closed_by"])


def _same(campaign: int, key: str, talks: set[int], now: datetime, groups: tuple[int, ...]) -> Burst | None:
    """The row of a wave that goes on: the same words, or half of its conversations."""
    closed = Q(closed_by__isnull=False, ended_at__gt=now - QUIET_AGAIN)
    rows = list(Burst.objects.filter(Q(ended_at=None) | closed, campaign=campaign).select_for_update())
    rows.sort(key=lambda row: row.ended_at is not None)  # one that goes on before one that was closed
    for row in rows:
        if row.key == key:
            return row
    for row in rows:
        if any(tuple(sorted(kept)) != groups for kept in _kept(row)):
            continue
        if 2 * row.conversations.filter(pk__in=talks).count() >= len(talks):
            return row
    return None


def _kept(row: Burst) -> Any:
    """To which groups the accounts of a wave are kept."""
    return row.conversations.values_list("channel__only_groups", flat=True)


def _tell(row: Burst, found: bursts.Burst, talk: Conversation) -> None:
    team = facts.team(row.campaign_id, policy.REPLY)
    outbox.tell(
        [each for each in team if policy.can(each, policy.REPLY, talk)],
        subject=f"{len(found.numbers)} messages alike within an hour, of {found.people} people",
        body=found.example[:500],
        url=reverse("community:wave", args=[row.pk]),
        event_id=f"community.wave.{row.pk}.{row.count}",
        kind="talk_wave",
    )


def running(user: Any) -> QuerySet[Burst]:
    """The waves of one's campaigns that go on, what was called a crisis first."""
    return visible(user).filter(ended_at=None).order_by("-crisis", "-last_at")


def visible(user: Any) -> QuerySet[Burst]:
    """Of one's campaigns, without those on accounts that are kept from this person."""
    kept = Conversation.objects.filter(bursts=OuterRef("pk"), channel__in=inbox.kept_from(user))
    return policy.scoped(Burst.objects.all(), user, policy.REPLY).filter(~Exists(kept))


def close(user: Any, row: Burst) -> None:
    policy.require(user, policy.REPLY, row)
    Burst.objects.filter(pk=row.pk, ended_at=None).update(ended_at=clock.now(), closed_by=user)


def call_crisis(user: Any, row: Burst, crisis: bool) -> None:
    policy.require(user, policy.MODERATE, row)
    Burst.objects.filter(pk=row.pk).update(crisis=crisis)


# One answer for many ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """What one conversation would get; ``why_not`` says what stands against it, ``second`` that somebody agrees first,
    ``known`` what does not stand against it and should be known.
    """

    conversation: Conversation
    text: str
    why_not: str
    second: str
    message: Message | None = None
    known: str = ""


def asked_in(wave: Burst, talks: Iterable[Conversation]) -> dict[int, Message]:
    """By conversation the newest message of the time of the wave that is still there: that is what is answered."""
    rows = Message.objects.filter(
        conversation__in=[row.pk for row in talks],
        direction=Direction.IN,
        deleted_at=None,
        at__gte=wave.began_at,
        at__lte=wave.last_at,
    )
    return {row.conversation_id: row for row in rows.select_related("author").order_by("at", "pk")}


def plan(
    user: Any, talks: Iterable[Conversation], texts: dict[int, str], messages: Mapping[int, Message]
) -> list[Planned]:
    """``texts`` by conversation, with their fields filled, and ``messages`` that they answer. Nothing is written."""
    now = clock.now()
    found = []
    for row in talks:
        policy.require(user, policy.REPLY, row)
        message = messages.get(row.pk)
        checked = answers.findings(row, texts[row.pk], message=message, now=now)
        why, known = (_in_words(checked, stops=stops) for stops in (True, False))
        second = answers.why_second(row, user, to=message)
        found.append(Planned(row, texts[row.pk], why, second, message, known))
    return found


def _in_words(found: Iterable[Finding], *, stops: bool) -> str:
    return " ".join(f"{f.words} {f.remedy}".strip() for f in found if (f.level == "blocker") is stops)


@dataclass(frozen=True)
class Done:
    sent: int
    to_approve: int
    refused: list[tuple[Conversation, str]]


def answer(
    user: Any, planned: Sequence[Planned], *, key: str, seen: dict[int, int], case: Case | None = None
) -> Done:
    """Each conversation its own answer, through the delivery core; the same ``key`` again sends nothing twice.

    ``seen``: the newest message of ours in each as it stood on the page; where somebody was faster, ours stays here.
    ``case``: the rumour that they answer; they rest on what is known about it.
    """
    sent, to_approve, refused = 0, 0, []
    claims = list(case.claims.all()) if case is not None else []
    for each in planned[:MOST_ANSWERED]:
        if each.why_not:
            refused.append((each.conversation, each.why_not))
            continue
        try:
            made = desk.draft_answer(
                user,
                each.conversation,
                each.text,
                form_key=f"{key[:24]}-{each.conversation.pk}",
                message=each.message,
                claims=claims,
                case=case,
            )
            made = desk.send(
                user, made, seen=None if made.state != AnswerState.DRAFT else seen[each.conversation.pk]
            )
        except NotPossible as error:
            refused.append((each.conversation, str(error)))
            continue
        if made.state == AnswerState.TO_APPROVE:
            to_approve += 1
        else:
            sent += 1
    return Done(sent, to_approve, refused)

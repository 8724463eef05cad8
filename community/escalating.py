"""Handing a conversation up: one act with a reason, told at once, undone or taken on, and kept.

Whoever calls has asked that the person may answer here; who may end one is asked here.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from access import policy
from community import ingest, sorting, timing
from community.enums import REST, Urgency
from community.models import Conversation, Escalation
from community.sorting import Changed, Refused, name_of
from work import clock, outbox

MANAGERS = "The managers"
MOST_WORDS = 2000


def open_of(conversation: Conversation) -> Escalation | None:
    rows = conversation.escalations.filter(ended_at=None)
    return rows.select_related("to", "by").first()


def to_choose(conversation: Conversation, by: Any) -> list[Any]:
    """Whom it can be handed to besides the managers together: the team, managers first."""
    above = [user for user in timing.managers(conversation) if user.pk != by.pk]
    known = {user.pk for user in above}
    return above + [user for user in sorting.team(conversation) if user.pk not in known and user.pk != by.pk]


def escalate(
    conversation: Conversation, to: Any, reason: str, *, by: Any, version: int | None = None
) -> Escalation:
    """Hand it to a person, or to the managers (None). It becomes urgent and awake, and is open again if it was over."""
    reason = reason.replace("\0", "").strip()[:MOST_WORDS]
    if not reason:
        raise Refused("Say in a sentence why it has to go up.")
    if to is not None and (to.pk == by.pk or not policy.can(to, policy.REPLY, conversation)):
        raise Refused("This person cannot take it on. Choose somebody of the list.")
    told = [to] if to is not None else [user for user in timing.managers(conversation) if user.pk != by.pk]
    if not told:
        raise Refused("Nobody above you works in this campaign. Choose a colleague, or ask an administrator.")
    now = clock.now()
    with transaction.atomic():
        _hold(conversation, version)
        if found := open_of(conversation):
            raise Refused(f"It is escalated already, to {found.to_name}.")
        fields: dict[str, Any] = {"raised_at": now, "urgency": Urgency.HIGH, "snoozed_until": None}
        before = {"urgency": conversation.urgency, "assignee": conversation.assignee_id}
        if to is not None:
            fields["assignee"] = to
        if conversation.status in REST:
            fields |= ingest.opened(conversation)
        fields["corrected"] = {**conversation.corrected, "urgency": _word(conversation, by, now)}
        row = Escalation.objects.create(
            conversation=conversation,
            to=to,
            to_name=name_of(to) if to is not None else MANAGERS,
            reason=reason,
            by=by,
            by_name=name_of(by),
            at=now,
            before=before,
        )
        _change(conversation, **fields)
        ingest.count_waits(conversation)
        timing.reckon(conversation)
        _tell(told, row, f"{name_of(by)} escalates a conversation to you", reason, "raised", mail=True)
    return row


def take_on(conversation: Conversation, *, by: Any, note: str = "") -> Escalation:
    """It is theirs from now on. Whoever it was handed to may, and every manager; whoever escalated it is told."""
    with transaction.atomic():
        row = _ending(conversation)
        if row.to_id != by.pk and by.pk not in {user.pk for user in timing.managers(conversation)}:
            raise Refused(f"It was handed to {row.to_name}.")
        _end(row, Escalation.End.TAKEN_ON, by, note)
        _change(conversation, raised_at=None, assignee=by)
        if row.by is not None and row.by_id != by.pk:
            _tell([row.by], row, f"{name_of(by)} has taken on what you escalated", row.note, "taken")
    return row


def withdraw(conversation: Conversation, *, by: Any, note: str = "") -> Escalation:
    """Take it back: what it changed is as before, as far as nobody has changed it since. Who was told is told."""
    with transaction.atomic():
        row = _ending(conversation)
        above = timing.managers(conversation)
        if row.by_id != by.pk and by.pk not in {user.pk for user in above}:
            raise Refused(f"{row.by_name} escalated it. They or a manager can take it back.")
        _end(row, Escalation.End.WITHDRAWN, by, note)
        fields: dict[str, Any] = {"raised_at": None}
        said = conversation.corrected.get("urgency") or {}
        if said.get("escalation") and conversation.urgency == Urgency.HIGH:
            left = {name: value for name, value in conversation.corrected.items() if name != "urgency"}
            earlier = said.get("was")
            fields |= {
                "urgency": row.before.get("urgency", Urgency.NORMAL),
                "corrected": {**left, "urgency": earlier} if earlier else left,
            }
        if row.to_id is not None and conversation.assignee_id == row.to_id:
            fields["assignee_id"] = row.before.get("assignee")
        _change(conversation, **fields)
        told = [row.to] if row.to is not None else above
        others = [user for user in told if user.pk != by.pk]
        timing.reckon(conversation)
        _tell(others, row, f"{name_of(by)} has taken an escalation back", row.note, "withdrawn")
    return row


def _word(conversation: Conversation, by: Any, now: Any) -> dict[str, Any]:
    """As a correction by a person, so that no suggestion makes it less urgent again; it keeps an earlier one."""
    before = conversation.corrected.get("urgency")
    return {
        "by": by.pk,
        "by_name": name_of(by),
        "at": now.isoformat(),
        "from": conversation.urgency,
        "first": (before or {}).get("first", conversation.urgency),
        "escalation": True,
        "was": before,
    }


def _hold(conversation: Conversation, version: int | None = None) -> None:
    """Lock the row, and see it as it is."""
    rows = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation.pk)
    current = rows.values_list("version", flat=True).first()
    if current is None or (version is not None and current != version):
        raise Changed
    conversation.refresh_from_db()


def _ending(conversation: Conversation) -> Escalation:
    _hold(conversation)
    if (row := open_of(conversation)) is None:
        raise Refused("It is not escalated any more.")
    return row


def _end(row: Escalation, end: str, by: Any, note: str) -> None:
    row.end, row.ended_at = end, clock.now()
    row.ended_by, row.ended_by_name = by, name_of(by)
    row.note = note.replace("\0", "").strip()[:MOST_WORDS]
    row.save()


def _change(conversation: Conversation, **fields: Any) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(version=F("version") + 1, **fields)
    conversation.refresh_from_db()


def _tell(
    people: list[Any], row: Escalation, subject: str, body: str, what: str, *, mail: bool = False
) -> None:
    conversation = row.conversation
    may = [user for user in people if policy.can(user, policy.REPLY, conversation)]
    outbox.tell(
        may,
        subject=f"{subject}: {conversation.channel}",
        body=body or conversation.snippet,
        url=reverse("community:conversation", args=[conversation.pk]),
        event_id=f"community.{what}.{row.pk}",
        kind=f"talk_{what}",
        mail=mail,
    )

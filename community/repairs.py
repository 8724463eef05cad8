"""An answer that was noted wrongly, as sent though it was not or the other way, is looked up again and set right.

The delivery core's record stays as it was believed then; beside it stands who set it right, when and why. Only for what
is over: what is on its way, or waits for a decision, is decided under Publishing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from access import policy
from channels.connectors.abilities import Read
from channels.connectors.base import LookupKind
from channels.connectors.registry import CONNECTORS
from community import answers, ingest
from community.answers import NotPossible
from community.enums import AnswerState, Direction
from community.models import Answer, Message, Repair
from community.sorting import name_of
from publishing.core.states import GONE, State
from publishing.domain import second_look
from publishing.models import Attempt
from work import clock

Stands, Looked = Repair.Stands, Repair.Looked
NOT_TOLD = "Our records do not say any more what it said there."
MOST_NOTE = 2000
REPAIRED = "It was noted as sent, and was not."


@dataclass(frozen=True)
class Look:
    """What the network says now. ``why`` it could not tell, for people."""

    looked: str
    why: str = ""
    remote_id: str = ""
    url: str = ""


def may(user: Any, answer: Answer) -> bool:
    """A manager of the campaign, who may see what is said on the account."""
    row = answer.conversation
    return policy.can(user, policy.APPROVE, row) and policy.can(user, policy.REPLY, row)


def believed(answer: Answer) -> str:
    """How it is noted now; "" while it is not over."""
    if answer.publication is None:
        return ""
    if (last := answer.repairs.first()) is not None:
        return last.stands
    if answer.publication.state == State.PUBLISHED:
        return Stands.OUT
    return Stands.NOT_OUT if answer.publication.state in GONE else ""


def look(answer: Answer) -> Look:
    """Ask the network. Not inside a transaction; nothing is written."""
    publication = answer.publication
    assert publication is not None
    if publication.payload.get("emptied"):
        return Look(Looked.CANNOT, NOT_TOLD)
    if answer.message is not None and answer.message.changed_at is not None:
        return Look(Looked.CANNOT, "It was changed since it went out. Look in the network’s own app.")
    found = second_look.look(publication)
    if found.kind == LookupKind.FOUND:
        return Look(Looked.FOUND, "", found.remote_id, found.remote_url)
    if found.kind == LookupKind.ABSENT and found.complete:
        return Look(Looked.ABSENT, found.reason)
    return Look(Looked.CANNOT, found.reason or "It gave no complete answer.")


def unclaimed(answer: Answer) -> QuerySet[Message]:
    """Messages of ours in the conversation that belong to no answer here: read back, and not known whose they are."""
    rows = answer.conversation.messages.filter(direction=Direction.OUT, deleted_at=None, answer_row=None)
    return rows.order_by("-at", "-pk")


def correct(user: Any, answer: Answer, stands: str, *, note: str, message: Message | None = None) -> Repair:
    """Set right how it is noted, after one more look. ``message``: which of our messages it is.

    Raises NotPossible with what stands against it: what the network says goes before what a person thinks.
    """
    if not may(user, answer):
        policy.require(user, policy.APPROVE, answer.conversation)
        policy.require(user, policy.REPLY, answer.conversation)
    note = note.replace("\0", "").strip()[:MOST_NOTE]
    if not note:
        raise NotPossible("Say how you know. It stays in the history.")
    if stands not in Stands.values:
        raise NotPossible("Say whether it is out or not.")
    before = believed(answer)
    if not before:
        raise NotPossible("It is not over yet. Decide about it under Publishing.")
    if before == stands:
        raise NotPossible("That is what is noted already.")
    seen = look(answer)
    if stands == Stands.NOT_OUT and seen.looked == Looked.FOUND:
        raise NotPossible(f"The network shows it. {seen.url}".strip())
    if stands == Stands.OUT and seen.looked == Looked.ABSENT and message is None:
        raise NotPossible(
            "The network does not show it. If it is one of our messages above, choose which; else write it again."
        )
    with transaction.atomic():
        ingest.hold(_homes(answer, seen, message))
        answer = Answer.objects.select_related("conversation__channel", "to", "publication", "message").get(
            pk=answer.pk
        )
        if believed(answer) != before:
            raise NotPossible("Somebody has set it right already.")
        row = Repair.objects.create(
            answer=answer,
            stands=stands,
            looked=seen.looked,
            why_not_told=seen.why[:300],
            note=note,
            by=user,
            by_name=name_of(user),
            at=clock.now(),
        )
        looked = row.get_looked_display()
        second_look.note(answer.publication, stands=stands == Stands.OUT, looked=looked, by=user)
        if stands == Stands.OUT:
            _is_out(answer, seen, message)
        else:
            _is_not_out(answer)
    return row


def _homes(answer: Answer, seen: Look, message: Message | None) -> set[int]:
    """The conversations that it may change: its own, and those of the messages that it was, or is now, taken for."""
    same = Q(channel=answer.conversation.channel, remote_id=seen.remote_id)
    which = Q(pk__in=[pk for pk in (answer.message_id, message and message.pk) if pk]) | same
    return {answer.conversation_id, *Message.objects.filter(which).values_list("conversation_id", flat=True)}


def _is_not_out(answer: Answer) -> None:
    """What was taken for our message is none: their question waits again, from when they asked."""
    message = answer.message
    Answer.objects.filter(pk=answer.pk).update(state=AnswerState.DROPPED, message=None)
    if message is not None:
        ingest.answer_gone(message, at=clock.now(), why=REPAIRED)


def _is_out(answer: Answer, seen: Look, message: Message | None) -> None:
    if message is not None:
        if not unclaimed(answer).filter(pk=message.pk).exists():
            raise NotPossible("That message belongs to another answer.")
        remote_id, url, at = message.remote_id, message.url, message.at
    elif seen.remote_id:
        remote_id, url, at = seen.remote_id, seen.url, _sent_at(answer)
    elif _is_told(answer):
        raise NotPossible(
            f"The network could not tell: {seen.why} Try again, or choose which of our messages it is."
        )
    else:  # a network that tells nothing of ours: the person's word is all there ever will be
        remote_id, url, at = f"noted-{answer.publication_id}", "", _sent_at(answer)
    Message.objects.filter(channel=answer.conversation.channel, remote_id=remote_id).update(deleted_at=None)
    Answer.objects.filter(pk=answer.pk).update(state=AnswerState.HANDED_OVER)
    answers.stands(answer, remote_id, url, at)


def _is_told(answer: Answer) -> bool:
    """Whether rounds of reading bring our own messages of this kind back."""
    reads = CONNECTORS[answer.conversation.channel.platform].reads
    return (
        Read.DIRECT in reads if answer.conversation.private else bool({Read.COMMENTS, Read.MENTIONS} & reads)
    )


def _sent_at(answer: Answer) -> datetime:
    tried = Attempt.objects.filter(step__publication=answer.publication_id, bytes_started_at__isnull=False)
    at = tried.order_by("-bytes_started_at").values_list("bytes_started_at", flat=True).first()
    return at or clock.now()

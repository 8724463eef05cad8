"""Objections to what was decided about somebody's words: taken from anybody, looked at and answered by a person.

Whoever objects is shown an address that nobody else gets; the answer stands there. The decision that it is about is
found by the address of the post, or by the name they write under where only one decision fits.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from access import policy
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from community import desk, inbox, moderation
from community.answers import NotPossible
from community.core import clean
from community.enums import ActState, Appeal
from community.models import Act, Objection
from work import clock

SALT = "community.objection"
MOST_TEXT = 4000
LEAST_TEXT = 20
MOST_CANDIDATES = 10
DECIDED = (ActState.HANDED_OVER, ActState.HERE)
OBJECTABLE = ("hide", "delete_comment", "mute", "block")


def file(place: str, text: str, platform: str = "") -> Objection:
    """Keep an objection, with the decision it is about where exactly one fits."""
    words, _ = clean.text(text, MOST_TEXT)
    where = clean.line(place, 500)
    found = candidates_for(where, platform)[:2]
    act = found[0] if len(found) == 1 else None
    with transaction.atomic():
        row = Objection.objects.create(platform=platform, place=where, text=words, act=act, at=clock.now())
        if act is not None and act.appeal == Appeal.NONE:
            moderation.appeal(act, note=words)
    return row


def candidates_for(place: str, platform: str = "") -> list[Act]:
    """The decisions that an address or a name may be about, the newest first."""
    place = place.strip()
    if not place:
        return []
    handle = place.removeprefix("@")
    same = Q(message__url=place) if "://" in place else Q(message__author__handle__in=[handle, f"@{handle}"])
    rows = Act.objects.filter(same, state__in=DECIDED, action__in=OBJECTABLE, undone_by=None)
    if platform in CONNECTORS:
        rows = rows.filter(conversation__channel__platform=platform)
    return list(rows.select_related("conversation__channel", "message").order_by("-at")[:MOST_CANDIDATES])


def token_of(row: Objection) -> str:
    return signing.Signer(salt=SALT).sign(row.token.hex)


def find(token: str) -> Objection | None:
    try:
        key = uuid.UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return Objection.objects.filter(token=key).first()


# For the team -----------------------------------------------------------------------------------------------


def visible(user: Any) -> QuerySet[Objection]:
    """Those about decisions of this person's campaigns, and those of which nobody knows yet what they are about."""
    rows = Objection.objects.select_related("act__conversation__channel", "act__message", "decided_by")
    ids = policy.campaign_ids(user, policy.MODERATE)
    if ids is not None:
        mine = Q(act__conversation__campaign__in=ids)
        mine &= ~Q(act__conversation__channel__in=inbox.kept_from(user))
        rows = rows.filter(mine | Q(act=None) & _may_be_about(user, list(ids)))
    return rows.order_by("-at", "-pk")


def _may_be_about(user: Any, campaigns: list[int]) -> Q:
    """Of those that nobody has linked: those that may be about a decision of these campaigns, and those that fit none."""
    same = Q(message__url=OuterRef("place")) | Q(message__author__handle=OuterRef("place"))
    same |= Q(message__author__handle=Concat(Value("@"), OuterRef("place"))) | Q(called=OuterRef("place"))
    acts = Act.objects.annotate(called=Concat(Value("@"), "message__author__handle"))
    fitting = acts.filter(same, state__in=DECIDED, action__in=OBJECTABLE)
    here = fitting.filter(conversation__campaign__in=campaigns)
    here = here.exclude(conversation__channel__in=inbox.kept_from(user))
    elsewhere = Channel.objects.exclude(campaign__in=campaigns).values("platform")
    ours = Channel.objects.filter(campaign__in=campaigns).values("platform")
    nowhere = ~Exists(fitting) & (~Q(platform__in=elsewhere) | Q(platform__in=ours))
    return Q(Exists(here)) | Q(nowhere)


def may(user: Any, row: Objection) -> bool:
    if row.act is None:
        return policy.can(user, policy.MODERATE)
    return policy.can(user, policy.MODERATE, row.act.conversation)


def link(user: Any, row: Objection, act: Act) -> None:
    """Say which decision it is about."""
    policy.require(user, policy.MODERATE, act.conversation)
    if row.state != Appeal.OPEN:
        raise NotPossible("This objection has been decided already.")
    with transaction.atomic():
        Objection.objects.filter(pk=row.pk).update(act=act)
        if act.appeal == Appeal.NONE:
            moderation.appeal(act, note=row.text or "An objection.")
    row.refresh_from_db()


def decide(user: Any, row: Objection, state: str, answer: str) -> str:
    """Answer an objection, once, and take the decision back where that was said. Returns what else is to be done.

    The one who decided first does not decide alone about their own decision where somebody else can.
    """
    if not may(user, row):
        policy.require(user, policy.MODERATE, row.act.conversation if row.act else None)
    answer, _ = clean.text(answer, MOST_TEXT)
    if state not in (Appeal.UPHELD, Appeal.REVERSED):
        raise NotPossible("Say whether the decision stands or is taken back.")
    if not answer.strip():
        raise NotPossible("Write them why. They read it under their address.")
    if state == Appeal.REVERSED and row.act is None:
        raise NotPossible("Say first which decision it is about; else there is nothing to take back.")
    about = _decided_about(row)
    if user.pk in {person for act in about for person in (act.by_id, act.second_id)}:
        raise NotPossible("Nobody decides about an objection to their own decision. Ask a colleague.")
    if row.act is None and about:
        raise NotPossible("Say first which decision it is about.")
    with transaction.atomic():
        rows = Objection.objects.filter(pk=row.pk, state=Appeal.OPEN)
        if rows.update(state=state, answer=answer, decided_at=clock.now(), decided_by=user) != 1:
            raise NotPossible("Somebody has decided this already.")
        row.refresh_from_db()
        if row.act is None:
            return ""
        moderation.appeal(row.act, note=answer, state=state)
        if state == Appeal.REVERSED:
            return _take_back(user, row.act)
    return ""


def _decided_about(row: Objection) -> list[Act]:
    """Every decision that it may be about: all that was done to the message, or all that its place may mean."""
    if row.act is None:
        return candidates_for(row.place, row.platform)
    if row.act.message_id is None:
        return [row.act]
    return list(Act.objects.filter(message=row.act.message_id, state__in=DECIDED, action__in=OBJECTABLE))


def _take_back(user: Any, act: Act) -> str:
    """In the transaction that answers them: what is said to be taken back is, or nothing is said."""
    if act.action not in moderation.UNDO:
        return "What was deleted cannot be brought back."
    if act.action == "hide" and act.message is not None and act.message.deleted_at is not None:
        return "It is no longer on the network, so there is nothing to show again."
    desk.undo(user, act, note="Taken back after an objection.")
    return ""

"""Rumours as cases: opened, linked to what people said, looked into, settled.

Every function asks ``access.policy``: REPLY opens and links, MODERATE settles. What was answered on a case that then
turns out otherwise is :mod:`community.facts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from access import policy
from cms.models import Claim
from community import facts
from community.answers import NotPossible
from community.enums import CaseState
from community.models import Case, CaseSource, Conversation, Message
from work import clock

SETTLED = (CaseState.TRUE, CaseState.FALSE, CaseState.UNCLEAR)
MOST_LINKED = 100  # conversations in one go


def clean(text: str, most: int) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()[:most]


def open_case(user: Any, campaign: int, *, title: str, rumour: str, message: Message | None = None) -> Case:
    """``message`` is where it was first seen; its conversation is linked."""
    now = clock.now()
    made = Case(
        campaign_id=campaign,
        title=clean(title, 200),
        rumour=clean(rumour, 5000),
        owner=user,
        opened_at=now,
        changed_at=now,
    )
    policy.require(user, policy.REPLY, made)
    if not made.title or not made.rumour:
        raise NotPossible("Give it a title, and write what is being said, in its own words.")
    with transaction.atomic():
        made.save()
        if message is not None:
            link(user, made, [message.conversation])
    return made


def link(user: Any, case: Case, conversations: Iterable[Conversation]) -> int:
    """Link what people said; what is linked already stays so. Returns how many are new."""
    policy.require(user, policy.REPLY, case)
    wanted = list(conversations)[:MOST_LINKED]
    for row in wanted:
        policy.require(user, policy.REPLY, row)
        if row.campaign_id != case.campaign_id:
            raise NotPossible("That conversation belongs to another campaign.")
    with transaction.atomic():
        have = set(case.conversations.filter(pk__in=[r.pk for r in wanted]).values_list("pk", flat=True))
        case.conversations.add(*wanted)
        _touch(case)
    return len(wanted) - len(have)


def unlink(user: Any, case: Case, conversation: Conversation) -> None:
    policy.require(user, policy.REPLY, case)
    case.conversations.remove(conversation)
    _touch(case)


def add_claim(user: Any, case: Case, claim: Claim) -> None:
    policy.require(user, policy.REPLY, case)
    if claim.campaign_id != case.campaign_id:
        raise NotPossible("That claim belongs to another campaign.")
    case.claims.add(claim)
    _touch(case)


def remove_claim(user: Any, case: Case, claim: Claim) -> None:
    policy.require(user, policy.REPLY, case)
    case.claims.remove(claim)
    _touch(case)


def add_source(
    user: Any, case: Case, *, title: str, url: str = "", says: str = "", supports: bool | None = None
) -> CaseSource:
    policy.require(user, policy.REPLY, case)
    row = CaseSource.objects.create(
        case=case,
        title=clean(title, 200),
        url=url,
        says=clean(says, 5000),
        supports=supports,
        added_by=user,
        added_at=clock.now(),
    )
    _touch(case)
    return row


def remove_source(user: Any, case: Case, source: CaseSource) -> None:
    policy.require(user, policy.REPLY, case)
    source.delete()
    _touch(case)


def settle(user: Any, case: Case, *, state: str, finding: str) -> Case:
    """Say how it stands. Words that were settled already and change now take along what was answered with them."""
    policy.require(user, policy.MODERATE, case)
    finding = clean(finding, 5000)
    if state not in CaseState.values:
        raise NotPossible("There is no such state.")
    if state in SETTLED and not finding:
        raise NotPossible("Write what is true, in words that can be sent.")
    if state in (CaseState.TRUE, CaseState.FALSE) and not (case.sources.exists() or case.claims.exists()):
        raise NotPossible("Say first where it is known from: add a source or a claim.")
    with transaction.atomic():
        before = Case.objects.select_for_update().get(pk=case.pk)
        now = clock.now()
        case.state, case.finding, case.changed_at = state, finding, now
        if state in SETTLED:
            case.settled_at, case.settled_by = now, user
        elif state == CaseState.OPEN:
            case.settled_at = case.settled_by = None
        case.save()
        other = before.finding != finding or (before.state != state and state != CaseState.CLOSED)
        if other and before.finding:
            facts.changed(case=case, why=f"What we know about “{case}” has changed.")
    return case


def _touch(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(changed_at=clock.now())

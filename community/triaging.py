"""Suggestions and the team's rules for what has just been said. Both only fill what no person has corrected."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from access import policy
from community import timing
from community.core import rules, triage
from community.core.rules import Rule
from community.enums import Status
from community.models import Conversation, Message
from community.models import Rule as RuleRow
from community.moderation import NOT_ANSWERED
from work import clock

log = logging.getLogger(__name__)
FIELDS = {
    "language": "language",
    "kind": "wants",
    "sentiment": "sentiment",
    "topic": "topic",
    "urgency": "urgency",
}
LENGTH = 2000  # characters of the newest messages together


def arrived(conversation: Conversation, messages: Sequence[Message], **kwargs: Any) -> None:
    """Called inside the transaction that stored them."""
    if messages and all(message.author is not None and message.author.muted_at for message in messages):
        Conversation.objects.filter(pk=conversation.pk).update(
            status=Status.NO_ANSWER, reason=NOT_ANSWERED, closed_at=clock.now()
        )
        conversation.refresh_from_db()
        timing.reckon(conversation)
    text = "\n".join(message.text for message in messages)[:LENGTH]
    if not text.strip():
        return
    told = triage.suggest(text)
    suggested = dict(conversation.suggested)
    fields: dict[str, Any] = {}
    for name, field in FIELDS.items():
        guess = getattr(told, name)
        if guess.value and field not in conversation.corrected:
            fields[field] = guess.value
            suggested[field] = {"value": guess.value, "why": list(guess.why)[:6]}
    fields |= _ruled(conversation, messages, text, fields, suggested)
    fields["suggested"] = suggested
    Conversation.objects.filter(pk=conversation.pk).update(**fields)
    conversation.refresh_from_db()
    timing.reckon(conversation)


def of_campaign(campaign: int) -> list[tuple[RuleRow, Rule]]:
    """The rules that are on, the campaign's before those for all; one that cannot be read is left out and logged."""
    found = []
    rows = RuleRow.objects.filter(Q(campaign=campaign) | Q(campaign=None), on=True)
    for row in sorted(rows, key=lambda each: (each.campaign_id is None, each.sort_order, each.pk)):
        try:
            found.append((row, rules.of_data(row.when, row.then)))
        except (KeyError, TypeError, AttributeError):
            log.warning("rule %s cannot be read", row.pk)
    return found


def _ruled(
    conversation: Conversation,
    messages: Sequence[Message],
    text: str,
    fields: dict[str, Any],
    suggested: dict[str, Any],
) -> dict[str, Any]:
    team = of_campaign(conversation.campaign_id)
    if not team:
        return {}
    facts = {
        "text": text,
        "where": conversation.kind,
        "platform": conversation.channel.platform,
        "channel": conversation.channel.handle,
        "author": messages[-1].author.handle if messages[-1].author else "",
    }
    for name, field in {**FIELDS, "risk": "risk"}.items():
        facts[name] = fields.get(field, getattr(conversation, field))
    applied = rules.apply([rule for _, rule in team], facts)
    found: dict[str, Any] = {}
    for name, value in applied.values.items():
        field = {"kind": "wants"}.get(name, name)
        why = [f"the rule “{team[applied.why[name]][0].name}”"]
        if name == "assign":
            to = get_user_model().objects.filter(username=value.removeprefix("@"), is_active=True).first()
            if (
                to is not None
                and conversation.assignee_id is None
                and policy.can(to, policy.REPLY, conversation)
            ):
                found["assignee"] = to
        elif name == "close":
            found |= {"status": Status.CLOSED, "closed_at": clock.now()}
        elif field not in conversation.corrected:
            found[field] = value[:80]
            suggested[field] = {"value": value[:80], "why": why}
    if applied.tags:
        found["tags"] = list(dict.fromkeys([*conversation.tags, *applied.tags]))[:20]
    return found

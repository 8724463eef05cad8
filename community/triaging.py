"""Suggestions and the team's rules for what has just been said. Both only fill what no person has corrected."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from access import policy
from community import ingest, sorting, timing
from community.core import rules, triage
from community.core.rules import Rule
from community.core.triage import Guess
from community.enums import Direction, Status
from community.models import Conversation, Message
from community.models import Rule as RuleRow
from work import clock

log = logging.getLogger(__name__)
FIELDS = {
    "language": "language",
    "kind": "wants",
    "sentiment": "sentiment",
    "topic": "topic",
    "urgency": "urgency",
}
ASSIGNED = "assignee"  # among what was suggested: which rule gave it to whom
LENGTH = 2000  # characters of one message, and of those together that rules look through


def arrived(conversation: Conversation, messages: Sequence[Message], **kwargs: Any) -> None:
    """Called inside the transaction that stored them.

    While something else waits here, what is said now takes nothing away: of kind, sentiment and urgency the worst stays,
    and topics are gathered.
    """
    text = "\n".join(message.text for message in messages)[:LENGTH]
    if not text.strip():
        return
    more = not conversation.anew and _more_waits(conversation, messages)
    guesses, topics = _guessed(messages)
    suggested = dict(conversation.suggested)
    fields: dict[str, Any] = {}
    for field, guess in guesses.items():
        before, ruled = getattr(conversation, field), _ruled_before(conversation, field)
        value = _merged(conversation, field, guess.value, more)
        if value != before or not (more or ruled or field in conversation.corrected):
            fields[field] = value
            suggested[field] = {"value": value, "why": list(guess.why)[:6]}
    found = _ruled(conversation, messages, text, guesses, suggested, more=more)
    every = [*([conversation.topic, *conversation.topics] if more else ()), found.get("topic", ""), *topics]
    fields |= found | {"topics": list(dict.fromkeys(filter(None, every)))[:20], "suggested": suggested}
    here = Conversation.objects.filter(pk=conversation.pk)
    if "set_aside_at" in fields:
        timing.note_missed(here, fields["set_aside_at"])
    here.update(**fields)
    conversation.refresh_from_db()
    if "assignee" in fields:
        sorting.tell_ruled(conversation, fields["suggested"][ASSIGNED]["rule"])
    if "set_aside_at" in fields:
        ingest.set_aside(conversation, fields["set_aside_at"])
        ingest.count_waits(conversation)
    timing.reckon(conversation)


def _more_waits(conversation: Conversation, messages: Sequence[Message]) -> bool:
    """Whether something besides these messages has been waiting here for an answer."""
    if conversation.waiting_since is None:
        return False
    rows = conversation.messages.filter(direction=Direction.IN, deleted_at=None)
    since = rows.filter(Q(at__gte=conversation.waiting_since) | Q(changed_at__gte=conversation.waiting_since))
    return since.exclude(pk__in=[message.pk for message in messages]).exists()


def _guessed(messages: Sequence[Message]) -> tuple[dict[str, Guess], list[str]]:
    """What each of them seems to be about, put together: field → the worst guess; and all topics."""
    found: dict[str, Guess] = {}
    topics = []
    for message in messages:
        told = triage.suggest(message.text[:LENGTH])
        topics.append(told.topic.value)
        for name, field in FIELDS.items():
            guess = getattr(told, name)
            before = found.get(field)
            if guess.value and (
                before is None or triage.worse(field, before.value, guess.value) != before.value
            ):
                found[field] = guess
    return found, topics


def _ruled_before(conversation: Conversation, field: str) -> bool:
    return bool((conversation.suggested.get(field) or {}).get("rule"))


def _merged(conversation: Conversation, field: str, value: str, more: bool) -> str:
    """What a field says after a guess. What a person or a rule has said stays; a rule's urgency can be raised, and is over
    when everybody was answered.
    """
    before = str(getattr(conversation, field))
    if field in conversation.corrected:
        return before
    if _ruled_before(conversation, field) and field != "urgency":
        return before
    return triage.worse(field, before, value) if more and field != "language" else value


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
    guesses: Mapping[str, Guess],
    suggested: dict[str, Any],
    *,
    more: bool,
) -> dict[str, Any]:
    """What the team's rules say of these messages, by field; ``suggested`` notes which rule it was."""
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
        facts[name] = guesses[field].value if field in guesses else getattr(conversation, field)
    applied = rules.apply([rule for _, rule in team], facts)
    found: dict[str, Any] = {}
    for name, value in applied.values.items():
        field, rule = {"kind": "wants"}.get(name, name), team[applied.why[name]][0].name
        if name == "assign":
            to = get_user_model().objects.filter(username=value.removeprefix("@"), is_active=True).first()
            if (
                to is not None
                and conversation.assignee_id is None
                and policy.can(to, policy.REPLY, conversation)
            ):
                found["assignee"] = to
                suggested[ASSIGNED] = {
                    "value": to.get_username(),
                    "why": [f"the rule “{rule}”"],
                    "rule": rule,
                }
        elif name == "close":
            if not more:  # who waits here besides is not closed over
                now = clock.now()
                found |= {"status": Status.CLOSED, "closed_at": now, "set_aside_at": now}
                found["reason"] = f"The rule “{rule}”"
        elif field not in conversation.corrected:
            if field == "topic":
                value = sorting.topic_of(value)
            if more and field in ("urgency", "risk"):
                value = triage.worse(field, getattr(conversation, field), value)
            found[field] = value[:80]
            suggested[field] = {"value": value[:80], "why": [f"the rule “{rule}”"], "rule": rule}
    if applied.tags:
        found["tags"] = list(dict.fromkeys([*conversation.tags, *applied.tags]))[:20]
    return found

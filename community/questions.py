"""Frequent questions: pairs that a second person approved, what is suggested of them, what goes out by itself.

By itself goes only what :func:`community.core.faq.automatic` lets through: a pair that is marked, on an account that is
marked. It is an answer like any other, handed over once per message, and labelled. At the first sign of a complaint, or
when somebody asks for a person, the conversation waits for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from access import policy
from channels.connectors.registry import CONNECTORS
from community import answers, facts, ingest, timing
from community.answers import NotPossible
from community.core import faq, replies, triage
from community.core.faq import Ruling
from community.enums import REST, AnswerState, Direction, Status, Urgency
from community.models import Answer, Burst, Conversation, Message, Mute, Pair
from formats.claims import day_of
from formats.variants import zone_of
from work import clock, outbox

LATELY = timedelta(days=14)  # so long after a complaint a person answers that person
OLD = timedelta(hours=24)  # what is older when we first read it is answered by a person
MOST_ASKED = 100  # messages of one person that are looked through for a complaint
LONG_NAME = "@" + 30 * "n"  # as long as Mastodon's are
TAG = "wants a person"
KEY = "automatic"  # in Conversation.suggested: what came of the last message


# Pairs ----------------------------------------------------------------------------------------------------------


def keep(pair: Pair, *, by: Any) -> None:
    """Save what a form has put into the row. Other words need another approval, and end a stop."""
    policy.require(by, policy.MODERATE, pair)
    pair.written_by, pair.changed_at = by, clock.now()
    pair.approved_by = pair.approved_at = pair.stopped_at = None
    pair.stop_reason = ""
    pair.save()


def approve(pair: Pair, *, by: Any, seen: Any = None) -> None:
    """The second person's yes to the words as they stood on the page (``seen``: its changed_at). Never one's own."""
    policy.require(by, policy.MODERATE, pair)
    if by.pk == pair.written_by_id:
        raise NotPossible("Nobody approves their own words.")
    if found := facts.findings(pair.claims.select_related("campaign", "successor")):
        raise NotPossible(" ".join(f"{f.words} {f.remedy}" for f in found))
    rows = Pair.objects.filter(pk=pair.pk, stopped_at=None)
    if seen is not None:
        rows = rows.filter(changed_at=seen)
    if rows.update(approved_by=by, approved_at=clock.now()) != 1:
        raise NotPossible("It was changed or stopped meanwhile. Look at it again.")
    pair.refresh_from_db()


def stop(pair: Pair, why: str) -> bool:
    """Take it out of use until somebody has looked at it. False: it had been stopped already.

    What it was about to send by itself is stopped too; the gate holds what cannot be.
    """
    rows = Pair.objects.filter(pk=pair.pk, stopped_at=None)
    if rows.update(stopped_at=clock.now(), stop_reason=why[:300]) != 1:
        return False
    waits = Answer.objects.filter(pair=pair, automatic=True, state=AnswerState.HANDED_OVER, message=None)
    for answer in waits.select_related("publication"):
        with suppress(NotPossible):
            answers.drop(answer, by=None)
    return True


def delete(pair: Pair, *, by: Any) -> None:
    """Take it away; what it was about to send by itself is stopped first."""
    policy.require(by, policy.MODERATE, pair)
    with transaction.atomic():
        stop(pair, "It was deleted.")
        pair.delete()


def unmark(channels: Iterable[int]) -> None:
    """Nothing goes out by itself on these accounts any more; what waits to is stopped, and the gate holds the rest."""
    waits = Answer.objects.filter(automatic=True, state=AnswerState.HANDED_OVER, message=None)
    for answer in waits.filter(conversation__channel__in=list(channels)).select_related("publication"):
        with suppress(NotPossible):
            answers.drop(answer, by=None)


def too_long(pair: Pair, channels: Sequence[Any]) -> list[str]:
    """The marked accounts on which the labelled answer does not fit; there a person answers."""
    said = faq.labelled(pair.answer, pair.language)
    found = []
    for channel in channels:
        sent = partial(CONNECTORS[channel.platform].named, handle=LONG_NAME)
        limit = replies.room(channel.platform, private=False, facts=channel.facts, sent=sent)
        if limit is not None and (length := limit.count(said)) > limit.most:
            found.append(f"{channel}: {length:,} of {limit.most:,}")
    return found


def of_campaign(campaign: int, channels: frozenset[int]) -> tuple[dict[int, Pair], list[faq.Pair]]:
    rows = {row.pk: row for row in Pair.objects.filter(campaign=campaign).exclude(approved_at=None)}
    core = [
        faq.Pair(
            row.pk,
            (row.question, *row.ways),
            row.answer,
            row.language,
            row.automatic,
            channels,
            approved=row.approved_by_id is not None,
            expires_on=row.expires_on,
            stopped=row.stopped_at is not None,
        )
        for row in rows.values()
    ]
    return rows, core


def suggestions(conversation: Conversation, message: Message | None) -> list[Pair]:
    """The pairs that fit what was said last, the best first; for a person to look at."""
    if message is None or not message.text.strip():
        return []
    rows, core = of_campaign(conversation.campaign_id, frozenset())
    on = day_of(zone_of(conversation.campaign), clock.now())
    found = faq.matches(message.text, core, language=conversation.language, today=on)
    return [rows[match.pair.number] for match in found]


# By itself ------------------------------------------------------------------------------------------------------


def arrived(conversation: Conversation, messages: Sequence[Message], **kwargs: Any) -> None:
    """Listens to community.signals.arrived, after the suggestions were made."""
    if not messages or conversation.emptied_at is not None:
        return
    sent = list(conversation.answers.filter(automatic=True).select_related("pair", "publication"))
    if sent:
        _heard_again(conversation, messages, sent)
        return
    marked = frozenset(answers.settings_for(conversation.campaign_id).automatic_channels)
    if conversation.channel_id not in marked:
        return
    rows, core = of_campaign(conversation.campaign_id, marked)
    if not any(pair.automatic for pair in core):
        return
    told = triage.suggest(messages[-1].text[:2000])
    ruling = rule(conversation, messages[-1], told, core, marked)
    if ruling.match is None:
        return
    pair = rows[ruling.match.pair.number]
    why = ruling.why_not or _send(conversation, messages[-1], pair)
    _note(conversation, {"value": "" if why else str(pair.pk), "pair": pair.pk, "why": [why] if why else []})


def rule(
    conversation: Conversation,
    message: Message,
    told: triage.Suggestions,
    core: Sequence[faq.Pair],
    marked: frozenset[int],
) -> Ruling:
    on = day_of(zone_of(conversation.campaign), clock.now())
    language = told.language.value
    found = faq.matches(message.text, core, language=language, today=on)
    before = conversation.messages.filter(
        direction=Direction.IN
    )  # of anybody: who joins a thread goes on with it
    handled = (
        conversation.status != Status.OPEN
        or conversation.assignee_id is not None
        or conversation.messages.filter(direction=Direction.OUT).exists()
        or conversation.answers.exclude(state=AnswerState.DROPPED).exists()
        or Mute.objects.filter(contact=message.author_id, campaign=conversation.campaign_id).exists()
        or _unhappy_elsewhere(conversation, message)
        or Burst.objects.filter(campaign=conversation.campaign_id, crisis=True, ended_at=None).exists()
    )
    return faq.automatic(
        message.text,
        found,
        told,
        channel=conversation.channel_id,
        earlier=before.exclude(pk=message.pk).count(),
        handled=handled,
        old=clock.now() - message.at > OLD,
    )


def _unhappy_elsewhere(conversation: Conversation, message: Message) -> bool:
    """Whether the same person has complained anywhere in the campaign lately.

    Their own words are asked, as they stood and stand there: what a conversation is called follows what was said later. And
    so is what a person called it.
    """
    if message.author_id is None:
        return False
    since = clock.now() - LATELY
    theirs = Q(contact=message.author_id) | Q(messages__author=message.author_id)
    rows = Conversation.objects.filter(theirs, campaign=conversation.campaign_id).exclude(pk=conversation.pk)
    sign = Q(wants__in=faq.STOPS) | Q(sentiment="negative")
    if rows.filter(sign, last_in_at__gt=since).exists():
        return True
    said = Message.objects.filter(
        author=message.author_id, conversation__campaign=conversation.campaign_id, at__gt=since
    ).exclude(pk=message.pk)
    newest = said.order_by("-at", "-pk").values_list("text", "earlier")[:MOST_ASKED]
    texts = (text for now, before in newest for text in (now, *(old for old, _ in before)))
    return any((told := _sign(text, triage.suggest(text[:2000]))) and told.complaint for text in texts)


def _send(conversation: Conversation, message: Message, pair: Pair) -> str:
    """Hand it over; why not, in words, where something stands against it. One message has at most one such answer."""
    try:
        with transaction.atomic():
            answer = answers.draft(
                conversation,
                faq.labelled(pair.answer, pair.language),
                by=None,
                form_key=f"automatic-{message.pk}",
                message=message,
                pair=pair,
                automatic=True,
            )
            if found := facts.findings(facts.of_answer(answer)):
                raise NotPossible(found[0].words)
            answers.send(answer, by=None)
    except NotPossible as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class _Sign:
    """Why a person is needed; ``complaint`` stops the pair for everybody."""

    words: str
    complaint: bool = True


def _sign(text: str, told: triage.Suggestions) -> _Sign | None:
    if told.kind.value in faq.STOPS:
        return _Sign(f"It sounds like {told.kind.value}.")
    if told.sentiment.value == "negative":
        return _Sign("It sounds unhappy.")
    if faq.wants_human(text):
        return _Sign("A person was asked for.", complaint=False)
    if told.urgency.value == "high":
        return _Sign("It sounds urgent.", complaint=False)
    return None


def _heard_again(
    conversation: Conversation,
    messages: Sequence[Message],
    sent: Sequence[Answer],
) -> None:
    """Somebody wrote after an automatic answer: there is no second one, and a complaint calls for a person."""
    for answer in sent:
        if answer.state == AnswerState.HANDED_OVER and answer.message_id is None:
            try:
                answers.drop(answer, by=None)
            except NotPossible:
                continue  # it is out, or being sent at this moment
    signs = [(_sign(each.text, triage.suggest(each.text[:2000])), each) for each in messages]
    found = [(sign, each) for sign, each in signs if sign is not None]
    if not found:
        return
    sign, message = max(
        found, key=lambda pair: pair[0].complaint
    )  # the first of them; a complaint before the others
    fields: dict[str, Any] = {"status": Status.OPEN, "snoozed_until": None}
    if conversation.status in REST:  # a rule has closed it at this moment
        fields |= ingest.opened(conversation)
    fields["tags"] = list(dict.fromkeys([*conversation.tags, TAG]))[:20]
    if "urgency" not in conversation.corrected:
        fields["urgency"] = Urgency.HIGH
    Conversation.objects.filter(pk=conversation.pk).update(**fields)
    conversation.refresh_from_db()
    ingest.count_waits(conversation)
    timing.reckon(conversation)
    _note(conversation, {"value": "", "why": [sign.words]})
    stopped = [a.pair for a in sent if sign.complaint and a.pair and stop(a.pair, f"After it: {sign.words}")]
    outbox.tell(
        [
            each
            for each in facts.team(conversation.campaign_id)
            if policy.can(each, policy.REPLY, conversation)
        ],
        subject=f"A person is wanted after an automatic answer: {conversation.channel}",
        body="\n".join([sign.words, message.text[:500], *(f"Stopped: {pair}" for pair in stopped)]),
        url=reverse("community:conversation", args=[conversation.pk]),
        event_id=f"community.automatic.{message.pk}",
        kind="talk_automatic",
        mail=False,
    )


def _note(conversation: Conversation, said: dict[str, Any]) -> None:
    suggested = {**conversation.suggested, KEY: said}
    Conversation.objects.filter(pk=conversation.pk).update(suggested=suggested)
    conversation.suggested = suggested


def log(campaign: int) -> Any:
    """Every automatic answer of a campaign, the newest first."""
    rows = Answer.objects.filter(conversation__campaign=campaign, automatic=True)
    rows = rows.select_related(
        "conversation__channel", "conversation__contact", "pair", "to", "publication", "message"
    )
    return rows.order_by("-created_at", "-pk")

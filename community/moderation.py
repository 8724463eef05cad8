"""What is done to other people's words, under the published policy, and to our own answers that are out.

Every act keeps a copy, a category and a note, can be undone, and leaves through the delivery core. Whoever
calls has asked ``access.policy`` (MODERATE); :mod:`community.desk` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from channels.connectors.abilities import Action
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act as NetworkAct
from channels.connectors.talk import MessageKind
from community import ingest, timing
from community.answers import NotPossible, readers, settings_for, told, who_reads
from community.core import policy, replies, triage
from community.core.policy import Wish
from community.enums import LIVE as WAITS
from community.enums import ActState, Appeal, Direction, Kind, Status
from community.models import Act, Answer, Contact, Conversation, Message, Mute
from publishing.core.states import LIVE, State
from publishing.domain.deeds import hand_over
from publishing.models import Publication
from work import clock

UNDO = {"hide": "unhide", "mute": "unmute", "block": "unblock"}
HERE = frozenset({"mute", "unmute"})  # no network is asked
OWN = frozenset({"edit_post", "delete_answer"})
PERSON = frozenset({"block", "unblock"})  # done to the author, wherever the message stands
DELETED = "We deleted it under the moderation policy."


def can(message: Message, action: str, *, person: Contact | None = None) -> str:
    """Why an act is not offered for a message; "" when it is. ``person``: of whom it is known besides."""
    connector = CONNECTORS[message.channel.platform]
    nobody = message.author_id is None and person is None
    if message.deleted_at is not None and action not in HERE | PERSON:
        return "It is gone already."
    if action in HERE:
        return "Nobody knows who wrote it." if nobody else ""
    if action in OWN and not message.ours:
        return "That is for our own answers."
    if action not in OWN and message.ours:
        return "It is our own."
    if action in OWN:
        return (
            ""
            if _mending(message, action)
            else f"Hustings cannot do that on {connector.label}. Its own app may."
        )
    if Action(action) not in connector.acts:
        return f"{connector.label} lets no program do that. Its own app may."
    if action in PERSON and nobody:
        return "Nobody knows who wrote it."
    if words := connector.lacking(message.channel, connector.needs.get(Action(action), "")):
        return words
    if action in ("hide", "delete_comment") and message.kind in (MessageKind.DIRECT, MessageKind.MENTION):
        return "It stands in their own place, not under a post of ours."
    return ""


def _mending(message: Message, action: str) -> Action | None:
    """What the network is asked for to change or delete an answer of ours; None where it lets nobody do that."""
    kind = MessageKind.DIRECT if message.conversation.private else MessageKind(message.kind)
    tried = (Action.DELETE_COMMENT, Action.DELETE_POST) if action == "delete_answer" else (Action(action),)
    mends = CONNECTORS[message.channel.platform].mends
    return next((each for each in tried if kind in mends.get(each, ())), None)


def moderate(
    message: Message, action: str, *, by: Any, category: str = "", note: str = "", criticism: bool = False
) -> Act:
    """Do one thing to a message of other people, or ask a second person first. Raises NotPossible with the words."""
    if why := can(message, action):
        raise NotPossible(why)
    critical = criticism or may_criticise(message)
    alone = category == "spam" and not criticism and is_advertising(message)
    wish = Wish(action, category, note, about_us=critical or not alone)
    if found := policy.findings(wish):
        raise NotPossible(" ".join(f.message for f in found))
    wanted = settings_for(message.conversation.campaign_id)
    why = policy.needs_second(wish, second_person_for_criticism=wanted.second_person_for_criticism)
    with transaction.atomic():
        _hold(message, action)
        if _open(message, action):
            raise NotPossible("That has been asked for already. Look at what was done to the message.")
        act = _record(message, action, by=by, category=category, note=note, criticism=critical)
        if why:
            Act.objects.filter(pk=act.pk).update(state=ActState.TO_APPROVE)
            act.state = ActState.TO_APPROVE
            return act
        return _do(act, message, by=by)


def may_criticise(message: Message) -> bool:
    """Whether a message may be criticism, by its own words as they stand there now.

    What a colleague corrected and what the person said afterwards does not count. Only what is clearly advertising, or a
    question or praise without an unhappy word, is none; what nobody here can read may be.
    """
    row = message.conversation
    told = [row.wants, (row.suggested.get("wants") or {}).get("value")]
    told += [(row.corrected.get("wants") or {}).get(name) for name in ("from", "first")]
    if Kind.COMPLAINT in told:
        return True
    found = triage.suggest(message.text[:2000])
    return found.sentiment.value == "negative" or found.kind.value not in (
        Kind.SPAM,
        Kind.QUESTION,
        Kind.PRAISE,
    )


def is_advertising(message: Message) -> bool:
    """Whether one person may delete it as such: clearly so by every wording it had, whole, and nothing in it is asked.

    What a question, praise or bad language is meant as, no list of words can tell: those take two people.
    """
    texts = [message.text, *(old[0] for old in message.earlier)]
    return all(_sells(text) for text in texts)


def _sells(text: str) -> bool:
    found = triage.suggest(text[:2000])
    asks = any(mark in text for mark in "?？؟;⸮¿")
    return (
        len(text) <= 2000
        and found.kind.value == Kind.SPAM
        and found.sentiment.value != "negative"
        and not asks
    )


def agree(act: Act, *, by: Any) -> Act:
    """The second person's yes. Never one's own."""
    assert act.message is not None
    with transaction.atomic():
        _hold(act.message, act.action, act)
        if act.message.text != act.copy:
            raise NotPossible(
                "They have changed what it says meanwhile. Refuse this, and look at the message again."
            )
        if why := can(act.message, act.action):
            raise NotPossible(why)
        _second(act, by, ActState.HANDED_OVER)
        return _do(act, act.message, by=act.by, second=by)


def refuse(act: Act, *, by: Any) -> Act:
    """The second person's no: nothing is done, and the wish stays in the log."""
    with transaction.atomic():
        _second(act, by, ActState.REJECTED)
    return act


def undo(act: Act, *, by: Any, note: str = "") -> Act:
    """Take an act back: show again, or answer the person again. What was deleted cannot come back."""
    back = UNDO.get(act.action)
    if back is None:
        raise NotPossible("What was deleted cannot be brought back. Its copy is in the log.")
    assert act.message is not None
    with transaction.atomic():
        Publication.objects.select_for_update(no_key=True).filter(pk=act.publication_id).first()
        _hold(act.message, back, act)
        act.refresh_from_db()
        if act.state not in (ActState.HANDED_OVER, ActState.HERE):
            raise NotPossible("It was never done.")
        if Act.objects.filter(undoes=act).exists():
            raise NotPossible("It has been taken back already.")
        if why := can(act.message, back, person=_person(act, act.message)):
            raise NotPossible(why)
        out = act.publication
        if out is None or out.state == State.PUBLISHED:
            made = _record(act.message, back, by=by, category=act.category, note=note, undoes=act)
            return _do(made, act.message, by=by)
        if out.state not in LIVE:
            raise NotPossible("It was never done.")
        stopped = _stop(out, by=by)  # an undo that is sent now could come before what it takes back
        if stopped:
            made = _record(act.message, back, by=by, category=act.category, note=note, undoes=act)
            Act.objects.filter(pk=made.pk).update(state=ActState.HERE)
            made.state = ActState.HERE
            return made
    raise NotPossible("It is being done at this moment. Take it back when it is done.")


def _person(act: Act, message: Message) -> Contact | None:
    """Whom an act is about. Once its conversation was emptied, only the decision that it takes back still knows."""
    if message.author is not None:
        return message.author
    mute = Mute.objects.filter(act=act.undoes_id or act.pk).select_related("contact").first()
    return mute.contact if mute is not None else None


def _stop(publication: Publication, *, by: Any) -> bool:
    from publishing.domain import actions

    try:
        return actions.cancel(publication, by=by, why="It was taken back.")
    except actions.NotPossible as error:
        raise NotPossible(str(error)) from error


def _hold(message: Message, action: str, act: Act | None = None) -> None:
    """Let a second person who does something to the same message wait, and see what the first one did.

    The conversations go before the message (:func:`community.ingest.hold`): what is done to a person changes all of theirs.
    """
    homes = {message.conversation_id}
    if action in HERE | PERSON:
        person = _person(act, message) if act is not None else message.author
        if person is not None:  # not emptied meanwhile
            homes |= set(_talks(person, message.conversation.campaign_id).values_list("pk", flat=True))
    ingest.hold(homes)
    Message.objects.select_for_update(no_key=True).filter(pk=message.pk).values_list("pk").first()
    message.refresh_from_db(fields=["hidden", "deleted_at", "text", "earlier"])


def _talks(person: Contact, campaign: int) -> QuerySet[Conversation]:
    """Where a person has spoken in a campaign; one row for each message."""
    return Conversation.objects.filter(campaign=campaign, messages__author=person)


def _open(message: Message, action: str) -> bool:
    """Whether the same thing waits for a second person, or is on its way."""
    asked = Q(state=ActState.TO_APPROVE) | Q(state=ActState.HANDED_OVER, publication__state__in=LIVE)
    return Act.objects.filter(asked, message=message, action=action).exists()


def appeal(act: Act, *, note: str, state: str = Appeal.OPEN) -> Act:
    """Note that the person asks for the decision to be looked at again, or what came of that."""
    if not note.strip():
        raise NotPossible("Say what they object to, or why it was decided so.")
    Act.objects.filter(pk=act.pk).update(appeal=state, appeal_note=note, appeal_at=clock.now())
    act.refresh_from_db()
    return act


def change_answer(message: Message, text: str, *, was: str | None = None, by: Any, note: str = "") -> Act:
    """Change an answer of ours that is out, where its network allows that. ``was``: what the writer saw there."""
    if why := can(message, "edit_post"):
        raise NotPossible(why)
    channel = message.channel
    sent, private = changed_as(message), message.kind == MessageKind.DIRECT
    found = replies.check(channel.platform, text, private=private, facts=channel.facts, sent=sent)
    if blockers := [f for f in found if f.level == "blocker"]:
        raise NotPossible(" ".join(f"{f.words} {f.remedy}".strip() for f in blockers))
    if more := _more_readers(message, text):
        raise NotPossible(who_reads(channel, more))
    text = sent(text)
    with transaction.atomic():
        _hold_own(message, "edit_post")
        if was is not None and was != message.text:
            raise NotPossible("A colleague has changed it meanwhile. Look at it again.")
        if text in (message.text, sent(message.text)):
            raise NotPossible("That is what it says already.")
        act = _record(message, "edit_post", by=by, note=note, new_text=text)
        return _do(act, message, by=by)


def changed_as(message: Message) -> Callable[[str], str]:
    """What an answer of ours becomes with another text: what went out from here keeps the name that it needs."""
    return partial(CONNECTORS[message.channel.platform].named, handle=_answered(message))


def _answered(message: Message) -> str:
    row = Answer.objects.filter(message=message).select_related("to__author").first()
    person = row.to.author if row is not None and row.to is not None else None
    return person.handle if person is not None else ""


def _more_readers(message: Message, text: str) -> list[str]:
    """Whom a changed private answer would let read along: whoever it names and did not name, nor answers."""
    if not (message.conversation.private or message.kind == MessageKind.DIRECT):
        return []
    heard = message.conversation.messages.filter(direction=Direction.IN, author__isnull=False)
    there = {f"@{handle.lstrip('@').casefold()}" for handle in heard.values_list("author__handle", flat=True)}
    there.update(readers(message.channel, message.text, ""))
    return [name for name in readers(message.channel, text, "") if name not in there]


def delete_answer(message: Message, *, by: Any, note: str = "") -> Act:
    """Delete an answer of ours that is out, where its network allows that. The copy stays here."""
    if why := can(message, "delete_answer"):
        raise NotPossible(why)
    with transaction.atomic():
        _hold_own(message, "delete_answer")
        return _do(_record(message, "delete_answer", by=by, note=note), message, by=by)


def _hold_own(message: Message, action: str) -> None:
    """One change of an answer of ours at a time: the network does them in no certain order."""
    _hold(message, action)
    if why := can(message, action):
        raise NotPossible(why)
    if any(_open(message, each) for each in OWN):
        raise NotPossible("It is being changed or deleted just now. Look again in a moment.")


def _second(act: Act, by: Any, state: str) -> None:
    if by is None or act.by_id is None or not policy.may_second(by=act.by_id, second=by.pk):
        raise NotPossible("Nobody is their own second person.")
    rows = Act.objects.filter(pk=act.pk, state=ActState.TO_APPROVE)
    if rows.update(state=state, second=by, second_at=clock.now()) != 1:
        raise NotPossible("Somebody has decided this already.")
    act.refresh_from_db()


def _record(message: Message, action: str, *, by: Any, undoes: Act | None = None, **fields: Any) -> Act:
    author = message.author
    called = str(author) if author else (undoes.copy_author if undoes else "")  # as that one was emptied
    return Act.objects.create(
        conversation=message.conversation,
        message=message,
        action=action,
        copy=message.text,
        copy_author=called,
        undoes=undoes,
        by=by,
        by_name=(by.get_full_name() or by.get_username()) if by else "",
        at=clock.now(),
        **fields,
    )


def _do(act: Act, message: Message | None, *, by: Any, second: Any = None) -> Act:
    """Hand it to the delivery core, or do it here; in the caller's transaction."""
    assert message is not None
    if act.action in HERE:
        _silence(act, message)
        Act.objects.filter(pk=act.pk).update(state=ActState.HERE)
        act.state = ActState.HERE
        return act
    publication = hand_over(_network_act(act, message), message.channel, by=by, approved_by=second)
    Act.objects.filter(pk=act.pk).update(state=ActState.HANDED_OVER, publication=publication)
    act.refresh_from_db()
    return act


def _silence(act: Act, message: Message) -> None:
    """Answer this person no longer in the act's campaign, or again. Others who wait go on waiting. In a transaction that
    holds their conversations (:func:`_hold`).

    What was set aside only because of it waits again when it is taken back.
    """
    campaign, about = act.conversation.campaign_id, _person(act, message)
    assert about is not None  # can() was asked
    person = about.pk
    now = clock.now()
    rows = _talks(about, campaign)
    if act.action in ("mute", "block"):
        Mute.objects.get_or_create(
            act=act, defaults={"contact_id": person, "campaign_id": campaign, "at": now}
        )
        live = set(rows.filter(status__in=WAITS).values_list("pk", flat=True))
        timing.note_missed(Conversation.objects.filter(pk__in=live), now)
        ingest.settle(live, at=now)
        return
    mutes = Mute.objects.filter(contact=person, campaign=campaign)
    (mutes.filter(act=act.undoes) if act.undoes_id else mutes).delete()
    aside = set(rows.filter(status=Status.NO_ANSWER, reason=ingest.NOT_ANSWERED).values_list("pk", flat=True))
    others = set(rows.filter(status__in=(*WAITS, Status.ANSWERED)).values_list("pk", flat=True))
    ingest.settle(aside | others, at=now, news=aside)


def muted(conversation: Conversation) -> Mute | None:
    """Since when the person of a conversation is no longer answered there; None: they are."""
    rows = Mute.objects.filter(contact=conversation.contact_id, campaign=conversation.campaign_id)
    return rows.select_related("act").order_by("at").first() if conversation.contact_id else None


def _network_act(act: Act, message: Message) -> NetworkAct:
    action = _mending(message, act.action) if act.action in OWN else Action(act.action)
    assert action is not None  # can() was asked
    said, about = told(message), _person(act, message)
    if message.author is None and about is not None:
        said = replace(said, author_id=about.remote_id, author_handle=about.handle)
    return NetworkAct.to(action, said, text=act.new_text, key=f"act-{act.pk}")


def went_out(publication: Publication, **kwargs: Any) -> None:
    """An act was done on the network; in the transaction that says so. Safe to repeat."""
    if publication.variant_id is not None:
        return
    act = (
        Act.objects.select_related("message__author", "message__conversation")
        .filter(publication=publication)
        .first()
    )
    if act is None or act.message is None:
        return
    now, row = clock.now(), act.message
    _hold(row, act.action, act)
    if act.action in ("hide", "unhide"):
        Message.objects.filter(pk=row.pk).update(hidden=act.action == "hide", told_at=now)
    elif act.action in PERSON:
        _silence(act, row)
    elif act.action == "delete_comment":
        timing.note_missed(Conversation.objects.filter(pk=row.conversation_id), now)
        Message.objects.filter(pk=row.pk).update(deleted_at=now)
        ingest.settle({row.conversation_id}, at=now, gone_why=DELETED)
    elif act.action == "delete_answer":
        ingest.answer_gone(row, at=now, why=DELETED)
    elif act.action == "edit_post":
        if row.text != act.new_text:  # else a round has read it back already
            earlier = [*row.earlier, [row.text, now.isoformat()]]
            Message.objects.filter(pk=row.pk).update(text=act.new_text, earlier=earlier, changed_at=now)
        ingest.settle({row.conversation_id}, at=now)

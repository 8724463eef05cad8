"""Answers of ours: written, looked at by a second person where the team wants that, sent once.

The delivery core sends them (publishing.domain.deeds). Here is only decided whether one may be handed over,
and what follows when it is out. Whoever calls has asked ``access.policy``; :mod:`community.desk` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from access import policy
from channels.connectors.abilities import Action
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act as NetworkAct
from channels.connectors.talk import Message as Told
from channels.connectors.talk import MessageKind
from community import facts, ingest, pictures, signals
from community.core import replies, threads, triage
from community.core.replies import Finding
from community.enums import AnswerState, Direction, Status
from community.models import Answer, Conversation, Message, Settings
from community.sorting import topic_of
from publishing.core.states import GONE, State
from publishing.domain import people
from publishing.domain.deeds import hand_over
from publishing.models import Publication
from work import clock

ASKED = "rating-"  # begins the form_key of what community.rating sends


class NotPossible(ValueError):
    """It cannot be done as things stand; the text says why, for people. Nothing was changed."""


class Collision(NotPossible):
    """Somebody else was faster: ``answers`` are what has been sent or is on its way since."""

    def __init__(self, words: str, answers: list[Any]):
        super().__init__(words)
        self.answers = answers


class MoreReaders(NotPossible):
    """A private answer would be read by others too: ``names`` are whom its text names."""

    def __init__(self, words: str, names: list[str]):
        super().__init__(words)
        self.names = names


# Whether and how --------------------------------------------------------------------------------------------


def told(message: Message) -> Told:
    """A stored message in the networks' words, for a connector."""
    author = message.author
    return Told(
        remote_id=message.remote_id,
        kind=MessageKind(message.kind),
        text=message.text,
        at=message.at,
        author_id=author.remote_id if author else "",
        author_handle=author.handle if author else "",
        author_name=author.name if author else "",
        parent_id=message.parent_id,
        post_id=message.post_id,
        conversation_id=message.remote_conversation,
        url=message.url,
        hidden=message.hidden,
        ours=message.ours,
        raw=message.raw,
    )


def to_answer(conversation: Conversation) -> Message | None:
    """The message that an answer goes to: the newest of other people that is still there."""
    rows = conversation.messages.filter(direction=Direction.IN, deleted_at=None).select_related("author")
    return rows.order_by("-at", "-pk").first()


def why_not(conversation: Conversation, message: Message | None, now: datetime) -> str:
    """Why this cannot be answered from here, for people; "" when it can."""
    connector = CONNECTORS[conversation.channel.platform]
    if Action.REPLY not in connector.acts:
        return f"{connector.label} takes no answers from other programs. Answer in its own app."
    if conversation.private:  # its window runs from their last message, whichever is answered
        newest = to_answer(conversation)
        message = newest or message
    if message is None and conversation.private:
        return "They have not written back yet. What they write comes here."
    if message is None:
        return "There is no message left to answer."
    if message.deleted_at is not None:
        return "Its author has deleted it."
    if message.ours:
        return "That is our own message."
    return connector.may_answer(told(message), now)


def findings(
    conversation: Conversation,
    text: str,
    *,
    message: Message | None = None,
    now: datetime,
    media: Sequence[Mapping[str, Any]] = (),
) -> list[Finding]:
    """What stands against sending this text with these pictures, and what to do about it."""
    found = []
    message = message or to_answer(conversation)
    if why := why_not(conversation, message, now):
        found.append(Finding("blocker", why))
    return found + _checked(conversation, text, message, private=conversation.private, media=media)


def _checked(
    conversation: Conversation,
    text: str,
    message: Message | None,
    *,
    private: bool,
    media: Sequence[Mapping[str, Any]],
) -> list[Finding]:
    channel = conversation.channel
    return replies.check(
        channel.platform,
        text,
        private=private,
        facts=channel.facts,
        media=media,
        takes=pictures.taken(conversation, private=private),
        sent=as_sent(conversation, message),
    )


def as_sent(conversation: Conversation, message: Message | None) -> Callable[[str], str]:
    """What goes out for a text that answers this message: some networks need the person's name in it."""
    author = message.author if message is not None else None
    handle = author.handle if author is not None else ""
    return partial(CONNECTORS[conversation.channel.platform].named, handle=handle)


def room(conversation: Conversation, message: Message | None) -> replies.ReplyLimit | None:
    """How much text an answer to this message holds."""
    channel = conversation.channel
    return replies.room(
        channel.platform,
        private=conversation.private,
        facts=channel.facts,
        sent=as_sent(conversation, message),
    )


def settings_for(campaign_id: int) -> Settings:
    """The campaign's settings, else those for all, else the usual ones (not stored)."""
    rows = Settings.objects.filter(Q(campaign=campaign_id) | Q(campaign=None))
    return min(rows, key=lambda row: row.campaign_id is None, default=Settings())


def out(conversation: Conversation) -> QuerySet[Answer]:
    """Answers that are out, also where nobody could say which message of the network they are."""
    handed = Q(state=AnswerState.HANDED_OVER, publication__state=State.PUBLISHED)
    return conversation.answers.filter(Q(message__isnull=False) | handed)


def why_second(
    conversation: Conversation,
    by: Any,
    *,
    about: Conversation | None = None,
    to: Message | None = None,
) -> str:
    """Why a second person has to look at an answer first; "" when nobody has to.

    ``to``: the message that is answered; its own words count, whatever was said after it. ``about``: where it stands, if
    that is another conversation. A private conversation is about what the public one was about that it goes on from; a topic
    that a person corrected away still counts.
    """
    wanted = settings_for(conversation.campaign_id)
    rows = [conversation, conversation.continued_from, about]
    topics = dict.fromkeys(topic for row in rows if row is not None for topic in _topics(row))
    if to is not None and wanted.approve_topics:
        topics[triage.suggest(to.text[:2000]).topic.value] = None
    asked = {topic_of(topic) for topic in wanted.approve_topics}
    if topic := next((each for each in topics if topic_of(each) in asked), ""):
        return f"Answers about “{topic}” are looked at by a second person."
    groups = set(wanted.approve_groups)
    if groups and by is not None and groups & set(by.groups.values_list("pk", flat=True)):
        return "Your answers are looked at by a second person."
    return ""


def why_second_again(message: Message, by: Any) -> str:
    """Why a second person would have to look at a change of an answer of ours that is out; "" when nobody has to.

    Whatever the thread speaks of meanwhile: what was looked at once is looked at again, and what it answers counts.
    """
    answer = Answer.objects.select_related("to__conversation").filter(message=message).first()
    if answer is None:  # written in the network's own app
        above = message.conversation.messages.filter(remote_id=message.parent_id, direction=Direction.IN)
        return why_second(message.conversation, by, to=above.first() if message.parent_id else None)
    if answer.approver_id or answer.approved_at or answer.why_approval:
        return "A second person has looked at what it says."
    return why_second(message.conversation, by, about=_about(answer), to=answer.to)


def _topics(conversation: Conversation) -> list[str]:
    """What it is about now, what the machine thought, and what it was before somebody corrected it."""
    found = [
        conversation.topic,
        *conversation.topics,
        (conversation.suggested.get("topic") or {}).get("value"),
        (conversation.corrected.get("topic") or {}).get("from"),
        (conversation.corrected.get("topic") or {}).get("first"),
    ]
    return [str(topic) for topic in found if topic]


# Write and send ---------------------------------------------------------------------------------------------


def draft(
    conversation: Conversation,
    text: str,
    *,
    by: Any,
    form_key: str = "",
    message: Message | None = None,
    **fields: Any,
) -> Answer:
    """Keep an answer. The same ``form_key`` gives the same answer again, with the newer words, while it is a draft.

    ``fields``: saved_reply, pair, attachments, corrects …; ``claims`` and ``case`` are the facts that were put in.
    """
    now = clock.now()
    claims, case = fields.pop("claims", None), fields.pop("case", None)
    fields.setdefault("private", conversation.private)
    values = {"text": text, "to": message or to_answer(conversation), "changed_at": now, **fields}
    with transaction.atomic():
        if not form_key:
            answer = Answer.objects.create(conversation=conversation, author=by, created_at=now, **values)
            facts.rest(answer, claims, case)
            return answer
        answer, made = Answer.objects.get_or_create(
            conversation=conversation,
            form_key=form_key,
            defaults={"author": by, "created_at": now, **values},
        )
        if not made and answer.state not in (AnswerState.DRAFT, AnswerState.REJECTED) and answer.text != text:
            raise NotPossible(
                "This form has been sent already, with other words. Open the page anew to write another."
            )
        if not made and answer.state in (AnswerState.DRAFT, AnswerState.REJECTED):
            # Whoever writes the words is their author: nobody approves their own, whoever began them.
            Answer.objects.filter(pk=answer.pk, state=answer.state).update(author=by, **values)
            answer.refresh_from_db()
        if answer.state in (AnswerState.DRAFT, AnswerState.REJECTED):
            facts.rest(answer, claims, case)
    return answer


def send(
    answer: Answer,
    *,
    by: Any,
    at: datetime | None = None,
    seen: int | None = None,
    anyway: bool = False,
    readers: Sequence[str] = (),
) -> Answer:
    """Hand an answer to the delivery core, or to a second person first. Twice is once.

    ``seen`` is the newest message of ours that the writer had on the page (0: none): if another answer has
    gone out or is on its way since, Collision is raised unless ``anyway``. ``readers``: who else may read a private one;
    MoreReaders is raised for others whom it names. Raises NotPossible with the words of what is in the way.
    """
    with transaction.atomic():
        conversation = _held(answer.conversation_id)
        answer = Answer.objects.select_related("to__author", "to__conversation").get(pk=answer.pk)
        if answer.state in (AnswerState.HANDED_OVER, AnswerState.TO_APPROVE):
            return answer
        if answer.state == AnswerState.DROPPED:
            raise NotPossible("This answer was dropped.")
        if at is not None and at <= clock.now():
            raise NotPossible("That time has passed already.")
        _refuse_blockers(conversation, answer, at)
        _refuse_readers(conversation, answer, readers)
        second = why_second(conversation, by, about=_about(answer), to=answer.to)
        if answer.automatic and second:
            raise NotPossible(second)
        if not anyway and (others := _others(conversation, answer, seen)):
            raise Collision("Somebody has answered meanwhile. Look at it before you send yours.", others)
        Answer.objects.filter(pk=answer.pk).update(send_at=at)
        answer.send_at = at
        if second:
            _move(answer, AnswerState.TO_APPROVE, why_approval=second)
            return answer
        return _hand_over(conversation, answer, by=by)


def _about(answer: Answer) -> Conversation | None:
    return answer.to.conversation if answer.to is not None else None


def approve(answer: Answer, *, by: Any, anyway: bool = False) -> Answer:
    """The second person's yes: what they saw goes out. Never one's own.

    Collision is raised when another answer has gone out since this one was written, or is on its way, unless
    ``anyway``.
    """
    with transaction.atomic():
        conversation = _held(answer.conversation_id)
        fresh = Answer.objects.select_related("to__author").get(pk=answer.pk)
        if fresh.state != AnswerState.TO_APPROVE:
            raise NotPossible("Somebody has decided this already.")
        if by is None or by.pk == fresh.author_id:
            raise NotPossible("Nobody approves their own answer.")
        if (fresh.text, fresh.attachments) != (answer.text, answer.attachments):
            raise NotPossible("It was changed meanwhile. Look at it again.")
        _refuse_blockers(conversation, fresh, fresh.send_at)
        if not anyway and (others := _since(conversation, fresh)):
            raise Collision(
                "This has been answered meanwhile. Look at that before a second answer goes.", others
            )
        return _hand_over(conversation, fresh, by=fresh.author, approved_by=by)


def reject(answer: Answer, *, by: Any, why: str) -> Answer:
    """Send it back to its author with a reason."""
    with transaction.atomic():
        if not why.strip():
            raise NotPossible("Say what should be different.")
        _move(
            answer, AnswerState.REJECTED, frm=(AnswerState.TO_APPROVE,), approver=by, reject_reason=why[:500]
        )
    return answer


def drop(answer: Answer, *, by: Any) -> Answer:
    """Do not send it. What is on its way already is stopped if that is still possible."""
    from publishing.domain import actions

    waits = (AnswerState.DRAFT, AnswerState.REJECTED, AnswerState.TO_APPROVE)
    with transaction.atomic():
        if answer.publication_id is None:
            _move(answer, AnswerState.DROPPED, frm=waits)
            return answer
        if answer.publication.state in GONE:  # it never went out: only put away
            Answer.objects.filter(pk=answer.pk).update(state=AnswerState.DROPPED)
            answer.state = AnswerState.DROPPED
            return answer
        try:
            stopped = actions.cancel(answer.publication, by=by, why="The answer was taken back.")
        except actions.NotPossible as error:
            raise NotPossible(str(error)) from error
        if stopped:
            Answer.objects.filter(pk=answer.pk).update(state=AnswerState.DROPPED)
            answer.state = AnswerState.DROPPED
    if (
        not stopped
    ):  # said after the transaction: the worker still reads the wish to stop before its next step
        raise NotPossible("It is being sent already. It stops there if that is still possible.")
    return answer


def _held(conversation_id: int) -> Conversation:
    """The conversation, locked so that two who answer at the same time see each other."""
    rows = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id)
    rows.values_list("pk").first()
    return Conversation.objects.select_related("channel", "continued_from").get(pk=conversation_id)


def _refuse_blockers(conversation: Conversation, answer: Answer, at: datetime | None) -> None:
    """``at``: when it is to be sent; a network's window counts to then."""
    now = max(at or clock.now(), clock.now())
    found = findings(conversation, answer.text, message=answer.to, now=now, media=answer.attachments)
    if answer.to is not None and _begins(answer):
        found = _checked(conversation, answer.text, answer.to, private=True, media=answer.attachments)
        if why := why_not_begin(conversation, answer.to, now, answer=answer.pk):
            found.append(Finding("blocker", why))
    found += facts.blockers(answer)
    if blockers := [f for f in found if f.level == "blocker"]:
        raise NotPossible(" ".join(f"{f.words} {f.remedy}".strip() for f in blockers))


def _refuse_readers(conversation: Conversation, answer: Answer, known: Sequence[str]) -> None:
    if not answer.private:
        return
    author = answer.to.author if answer.to is not None else None
    names = readers(conversation.channel, answer.text, author.handle if author is not None else "")
    if any(name not in known for name in names):
        raise MoreReaders(who_reads(conversation.channel, names), names)


def readers(channel: Any, text: str, handle: str) -> list[str]:
    """Who else may read a private answer to this person, since the text names them. We are not counted."""
    own = channel.handle.lstrip("@").casefold()
    names = CONNECTORS[channel.platform].readers(text, handle)
    return [name for name in names if name.lstrip("@").casefold() not in (own, own.partition("@")[0])]


def who_reads(channel: Any, names: Sequence[str]) -> str:
    label, who = CONNECTORS[channel.platform].label, " and ".join(names)
    return (
        f"On {label} whoever a private message names can read it: {who}. Leave out the @ to keep it private."
    )


def _begins(answer: Answer) -> bool:
    """Whether it writes in private to somebody as an answer to what they said in public."""
    return answer.private and answer.to is not None and answer.to.kind != MessageKind.DIRECT


def _others(conversation: Conversation, answer: Answer, seen: int | None) -> list[Any]:
    """What colleagues have sent since the page was opened, what is on its way, and what waits for a second one."""
    waits = conversation.answers.filter(state=AnswerState.TO_APPROVE).exclude(pk=answer.pk)
    found: list[Any] = [*_under_way(conversation, answer), *waits]
    if seen is not None:
        found += list(conversation.messages.filter(direction=Direction.OUT, pk__gt=seen))
    return found


def _under_way(conversation: Conversation, answer: Answer) -> list[Any]:
    states = [State.SCHEDULED, State.RUNNING, State.WAITING, State.IN_DOUBT, State.ATTENTION]
    rows = conversation.answers.filter(state=AnswerState.HANDED_OVER, publication__state__in=states)
    return list(rows.exclude(pk=answer.pk))


def _since(conversation: Conversation, answer: Answer) -> list[Any]:
    """What is on its way, or has gone out since the answer was written (by whatever program)."""
    ours = conversation.messages.filter(direction=Direction.OUT, deleted_at=None, automatic=False)
    return [*_under_way(conversation, answer), *ours.filter(seen_at__gte=answer.changed_at)]


def _move(answer: Answer, state: str, frm: tuple[str, ...] = (), **fields: Any) -> None:
    rows = Answer.objects.filter(
        pk=answer.pk, state__in=frm or (AnswerState.DRAFT, AnswerState.REJECTED), publication=None
    )
    if rows.update(**{"state": state, "changed_at": clock.now(), **fields}) != 1:
        raise NotPossible("Somebody has decided this already.")
    answer.refresh_from_db()


def _hand_over(conversation: Conversation, answer: Answer, *, by: Any, approved_by: Any = None) -> Answer:
    """In one transaction: the answer's state, conditionally, and the delivery core's row."""
    publication = hand_over(
        _act(conversation, answer),
        conversation.channel,
        by=by,
        approved_by=approved_by,
        at=answer.send_at,
    )
    frm = (AnswerState.DRAFT, AnswerState.REJECTED, AnswerState.TO_APPROVE)
    fields: dict[str, Any] = {}
    if approved_by is not None:
        # Its author knew what was read until they wrote it, not what came while it waited.
        fields = {"approver": approved_by, "approved_at": clock.now(), "changed_at": answer.changed_at}
    _move(answer, AnswerState.HANDED_OVER, frm=frm, publication=publication, **fields)
    return answer


def _act(conversation: Conversation, answer: Answer) -> NetworkAct:
    message = answer.to
    if message is None:
        raise NotPossible("There is no message left to answer.")
    data: Mapping[str, Any] = message.raw
    kind = MessageKind(message.kind)
    if _begins(answer):
        begins = CONNECTORS[conversation.channel.platform].begins
        assert begins is not None  # why_not_begin() was asked
        data, kind = {**message.raw, **begins.data}, MessageKind.DIRECT
    return NetworkAct(
        Action.REPLY,
        message.remote_id,
        answer.text,
        kind,
        post_id=message.post_id,
        person_id=message.author.remote_id if message.author else "",
        handle=message.author.handle if message.author else "",
        conversation_id=message.remote_conversation,
        key=f"answer-{answer.pk}",
        data=data,
        media=answer.attachments,
    )


# Private ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """How to go on in private with whoever wrote a message.

    ``there``: the private conversation that there is already; ``message``: what the private message answers; ``why``: why
    it is not possible ("": it is).
    """

    there: Conversation | None = None
    message: Message | None = None
    why: str = ""


def private_way(conversation: Conversation, now: datetime, message: Message | None = None) -> Way:
    """``message``: of whose author; else the newest of the person whom the conversation is with."""
    if conversation.private:
        return Way(conversation, None, "This conversation is private already.")
    message = message or _newest_of(conversation, conversation.contact_id)
    if message is None or message.author_id is None:
        return Way(None, message, "Nobody knows whom this is with.")
    rows = Conversation.objects.filter(
        channel=conversation.channel_id, contact=message.author_id, kind=MessageKind.DIRECT
    )
    there = rows.select_related("channel").order_by("-last_message_at").first()
    theirs = to_answer(there) if there is not None else None
    if there is not None and theirs is not None and not why_not(there, theirs, now):
        return Way(there, theirs)
    why = why_not_begin(conversation, message, now)
    if why and there is not None and theirs is not None:
        why = why_not(there, theirs, now)  # says more than that none can be begun
    return Way(there, message, why)


def why_not_begin(
    conversation: Conversation, message: Message, now: datetime, answer: int | None = None
) -> str:
    """Why nobody can be written to in private as an answer to what they said in public; "" when they can.

    ``answer``: the row that wants to, so that it does not stand in its own way.
    """
    connector = CONNECTORS[conversation.channel.platform]
    if message.deleted_at is not None:
        return "Its author has deleted it."
    if why := connector.may_begin(told(message), conversation.channel, now):
        return why
    sent = Answer.objects.filter(to=message, private=True, state=AnswerState.HANDED_OVER).exclude(pk=answer)
    if (
        connector.begins
        and connector.begins.once
        and sent.exclude(publication__state__in=sorted(GONE)).exists()
    ):
        return f"{connector.label} takes one private message to each comment. Wait until they write back."
    return ""


def _newest_of(conversation: Conversation, contact: int | None) -> Message | None:
    rows = conversation.messages.filter(direction=Direction.IN, deleted_at=None, author=contact)
    return rows.select_related("author").order_by("-at", "-pk").first() if contact else None


def take_private(
    conversation: Conversation,
    text: str,
    *,
    by: Any,
    form_key: str = "",
    message: Message | None = None,
    **fields: Any,
) -> Answer:
    """Write a private message to the person of a public conversation, and link the two. It is a draft; send it.

    ``message``: to its author, else to the person whom the conversation is with. Raises NotPossible with the words of
    what can be done instead.
    """
    now = clock.now()
    way = private_way(conversation, now, message)
    if way.why:
        raise NotPossible(way.why)
    there, person = way.there, way.message.author if way.message else None
    with transaction.atomic():
        if there is None:
            assert person is not None
            there, _ = Conversation.objects.get_or_create(
                channel=conversation.channel,
                key=f"direct:{person.remote_id}"[:240],
                defaults={
                    "campaign_id": conversation.campaign_id,
                    "kind": MessageKind.DIRECT.value,
                    "contact": person,
                    "status": Status.OPEN,
                    "started_at": now,
                    "last_message_at": now,
                    "created_at": now,
                    "snippet": "A private message is being written.",
                },
            )
        if there.pk != conversation.pk:  # the newest: what is being talked about now
            Conversation.objects.filter(pk=there.pk).update(continued_from=conversation)
        there.refresh_from_db()
        return draft(there, text, by=by, form_key=form_key, message=way.message, private=True, **fields)


# What came of it ----------------------------------------------------------------------------------------------


def went_out(publication: Publication, **kwargs: Any) -> None:
    """An answer is out: it becomes a message of the conversation; in the transaction that says so. Safe to repeat."""
    if publication.variant_id is not None:
        return
    answer = (
        Answer.objects.select_related("conversation__channel", "to").filter(publication=publication).first()
    )
    if answer is None:
        return
    if not publication.remote_id:
        return  # a person said that it is out; the next round brings the network's own row of it
    told = Message.objects.filter(channel=answer.conversation.channel, remote_id=publication.remote_id)
    ingest.hold({answer.conversation_id, *told.values_list("conversation_id", flat=True)})
    stands(answer, publication.remote_id, publication.remote_url, publication.published_at or clock.now())


@transaction.atomic
def did_not_go_out(publication: Publication, **kwargs: Any) -> None:
    """An answer failed for good: who was set aside because of it waits again. Safe to repeat."""
    rows = Answer.objects.filter(publication=publication)
    ingest.hold(rows.values_list("conversation_id", flat=True))
    answer = rows.select_related(
        "conversation", "to"
    ).first()  # as it stands now: its thread may have joined another
    if answer is None or answer.to is None or answer.to.conversation_id != answer.conversation_id:
        return
    emptied_at = answer.conversation.emptied_at
    if emptied_at is not None and emptied_at >= answer.changed_at:
        return  # nobody can be answered there any more
    now = clock.now()
    ours = threads.Said(
        f"answer {answer.pk}",
        answer.to.kind,
        now,
        answer.to.remote_id,
        ours=True,
        automatic=_no_answer(answer),
        known=answer.changed_at,
    )
    ingest.never_said(answer.conversation_id, ours, at=now)


def place(publication: Publication) -> people.Place | None:
    """Where people go on with an answer that was refused: its words stand in the conversation."""
    answer = Answer.objects.select_related("conversation__channel").filter(publication=publication).first()
    if answer is None:
        return None
    conversation = answer.conversation
    return people.Place(
        reverse("community:conversation", args=[conversation.pk]),
        "Answer not sent",
        "The conversation says who still waits. The words stand there, to be written again.",
        lambda user: policy.can(user, policy.REPLY, conversation),
    )


def _no_answer(answer: Answer) -> bool:
    """The question how our answer was is none itself, whatever it goes out in answer to."""
    return answer.automatic or answer.form_key.startswith(ASKED)


def stands(answer: Answer, remote_id: str, url: str, at: datetime) -> None:
    """Write down that an answer is out, as a message of the conversation. In a transaction; safe to repeat."""
    conversation, to = answer.conversation, answer.to
    automatic = _no_answer(answer)
    message, _ = Message.objects.get_or_create(
        channel=conversation.channel,
        remote_id=remote_id,
        defaults={
            "conversation": conversation,
            "kind": MessageKind.DIRECT if conversation.private else MessageKind.REPLY,
            "direction": Direction.OUT,
            "text": answer.text,
            "at": at,
            "seen_at": clock.now(),
            "parent_id": to.remote_id if to and to.conversation_id == conversation.pk else "",
            "post_id": to.post_id if to and not answer.private else "",
            "remote_conversation": (to.remote_conversation if to else "") or _talk_of(conversation, answer),
            "url": url,
            "automatic": automatic,
        },
    )
    known: dict[str, Any] = {"automatic": automatic, "knew_at": answer.changed_at}
    if to is not None and to.conversation_id == message.conversation_id:
        known["parent_id"] = to.remote_id  # some networks hang it on the first comment, whomever it was for
    Message.objects.filter(pk=message.pk).update(direction=Direction.OUT, **known)
    Answer.objects.filter(pk=answer.pk).update(message=message)
    ingest.settle({message.conversation_id}, at=clock.now())
    conversation.refresh_from_db()
    ingest.tell(signals.answered, answer=answer, conversation=conversation, message=message)


def _talk_of(conversation: Conversation, answer: Answer) -> str:
    """The network's name of the private conversation; "" where the network has not told it yet."""
    if not conversation.private:
        return ""
    begins = CONNECTORS[conversation.channel.platform].begins
    if _begins(answer) and not (begins and begins.named):
        return ""
    return conversation.key.removeprefix("direct:")

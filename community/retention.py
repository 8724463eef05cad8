"""How long conversations are kept, and what a person can ask for: a copy of all we hold about them, and erasure.

Erasing empties names, texts and addresses and leaves the rows, so that counts and answering times stay true; whose messages
belong together is kept as a number without a name.
Acts of moderation keep their category, note and time for the transparency log; the copy of what was said goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from channels.connectors.talk import MessageKind
from community import ingest
from community.answers import NotPossible, drop, settings_for
from community.core import naming
from community.enums import LIVE, REST, AnswerState, Status
from community.models import (
    Act,
    Answer,
    Burst,
    Case,
    CaseSource,
    Contact,
    Conversation,
    Escalation,
    Message,
    Moved,
    Note,
    Objection,
    Rating,
    Repair,
    Stance,
)
from publishing.domain import deeds
from publishing.models import Publication
from work import clock, outbox

AT_ONCE = 500
NOBODY_CLOSED = 3  # times as long is kept what nobody has answered or closed
GONE = "(erased)"
OVER = "Its time was over."
EMPTIED = "About a conversation whose words are gone"
UNSENT = (AnswerState.DRAFT, AnswerState.REJECTED, AnswerState.TO_APPROVE, AnswerState.HANDED_OVER)
LOOSE_DAYS = 365  # an objection of which nobody found what it is about is emptied so long after its answer, or after two


def prune() -> int:
    """Empty conversations whose time is over: in pieces, safe to cut off and to repeat. Returns how many."""
    now, done = clock.now(), 0
    campaigns = Conversation.objects.order_by().values_list("campaign_id", flat=True).distinct()
    for campaign in list(campaigns):
        wanted = settings_for(campaign)
        for private, days in ((True, wanted.keep_private_days), (False, wanted.keep_days)):
            done += _prune(campaign, private=private, now=now, days=days)
    _forget_deeds()
    _close_emptied()
    long_ago = now - timedelta(days=LOOSE_DAYS)
    loose = Q(decided_at__lt=long_ago) | Q(decided_at=None, at__lt=long_ago - timedelta(days=LOOSE_DAYS))
    old = Objection.objects.filter(loose, act=None, emptied_at=None)
    return done + _empty_objections(old)


def _prune(campaign: int, *, private: bool, now: datetime, days: int) -> int:
    direct = Q(kind=MessageKind.DIRECT)
    since = Message.objects.filter(conversation=OuterRef("pk"), seen_at__gt=OuterRef("emptied_at"))
    over = Q(status__in=REST, last_message_at__lt=now - timedelta(days=days))
    left = Q(last_message_at__lt=now - NOBODY_CLOSED * timedelta(days=days))
    rows = Conversation.objects.filter(
        over | left,
        direct if private else ~direct,
        campaign=campaign,
    ).filter(Q(emptied_at=None) | Exists(since))
    done = 0
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            _empty(Conversation.objects.filter(pk__in=pks))
        done += len(pks)
    return done


def _empty(rows: QuerySet[Conversation]) -> None:
    """Take out what was said and by whom; times, topics and counts stay."""
    pks = ingest.hold(rows.values_list("pk", flat=True))
    said = Message.objects.filter(conversation__in=pks)
    first = Message.objects.filter(conversation=OuterRef("conversation"), author=OuterRef("author"))
    said.exclude(author=None).update(speaker=Subquery(first.order_by("pk").values("pk")[:1]))
    said.update(text="", earlier=[], raw={}, url="", media=[], author=None)
    ingest.mark_aside(said, clock.now())
    Note.objects.filter(conversation__in=pks).delete()
    Act.objects.filter(conversation__in=pks).update(copy="", copy_author=GONE, new_text="", appeal_note="")
    Answer.objects.filter(conversation__in=pks).update(text="", attachments=[], reject_reason="")
    Escalation.objects.filter(conversation__in=pks).update(reason=GONE, note="")
    Repair.objects.filter(answer__conversation__in=pks).update(note=GONE, why_not_told="")
    Rating.objects.filter(conversation__in=pks).update(text="")
    for wave in Burst.objects.filter(conversations__in=pks, ended_at__isnull=False).distinct():
        _empty_wave(wave)
    _empty_objections(Objection.objects.filter(act__conversation__in=pks))
    rows.update(snippet=GONE, contact=None, emptied_at=clock.now(), suggested={}, corrected={})
    _forget_elsewhere(pks)
    nobody = Contact.objects.filter(conversations=None, messages=None)
    Stance.objects.filter(contact__in=nobody.values("pk")).delete()
    nobody.exclude(name="", handle="").update(name="", handle="", erased_at=clock.now())


def _close_emptied() -> None:
    """Nobody can answer any more what has no words and no person; whoever writes again opens it again."""
    since = Message.objects.filter(conversation=OuterRef("pk"), seen_at__gt=OuterRef("emptied_at"))
    rows = Conversation.objects.filter(~Exists(since), emptied_at__isnull=False, status__in=LIVE)
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            _close(rows.filter(pk__in=ingest.hold(pks)))


def _close(rows: QuerySet[Conversation]) -> None:
    ingest.mark_aside(Message.objects.filter(conversation__in=rows.values("pk")), clock.now())
    rows.update(
        status=Status.NO_ANSWER,
        reason=OVER,
        closed_at=F("emptied_at"),
        set_aside_at=F("emptied_at"),
        waiting_since=None,
        waiting_known_at=None,
        next_due_at=None,
        snoozed_until=None,
        raised_at=None,
    )


def _pages(publications: Iterable[Any]) -> list[str]:
    return [reverse("publishing:publication", args=[pk]) for pk in publications]


def _forget_elsewhere(pks: list[int]) -> None:
    """What was told about emptied conversations, and what was handed to the delivery core; what is under way first ends."""
    was = Moved.objects.filter(conversation__in=pks).values_list(
        "was", flat=True
    )  # lines of notices keep old addresses
    outbox.forget([reverse("community:conversation", args=[pk]) for pk in {*pks, *was}], EMPTIED)
    _forget_deeds(pks)


def _forget_deeds(pks: list[int] | None = None) -> None:
    """The answers and acts whose words are gone here, also in the delivery core; ``pks`` None: of all conversations."""
    where = Q() if pks is None else Q(conversation__in=pks)
    left = where & Q(publication__isnull=False) & ~Q(publication__version__payload__has_key="emptied")
    answers = Answer.objects.filter(left, text="").values_list("publication", flat=True)
    acts = Act.objects.filter(left, copy_author=GONE).values_list("publication", flat=True)
    gone = [*answers, *acts]
    outbox.forget(_pages(gone), EMPTIED)
    deeds.forget(gone)


def _stop(answers: QuerySet[Answer]) -> None:
    """Nothing is sent any more to somebody who is to be forgotten, as far as it can still be stopped."""
    for answer in answers.filter(state__in=UNSENT).select_related("publication"):
        with suppress(NotPossible):  # it is out, or on its way
            drop(answer, by=None)


def _empty_objections(rows: QuerySet[Objection]) -> int:
    return rows.update(place=GONE, text="", answer="", emptied_at=clock.now())


def export(contact: Contact) -> dict[str, Any]:
    """All that is held about a person, as plain data for a file. Notes of colleagues about them are theirs too."""
    return {
        "person": {
            "network": contact.platform,
            "id": contact.remote_id,
            "handle": contact.handle,
            "name": contact.name,
            "first seen": contact.first_seen_at.isoformat(),
            "last seen": contact.last_seen_at.isoformat(),
        },
        "marked as": [
            {"campaign": str(row.campaign), "as": row.get_value_display(), "at": row.at.isoformat()}
            for row in contact.stances.select_related("campaign")
        ],
        "objections": [
            {
                "at": row.at.isoformat(),
                "about": row.place,
                "text": row.text,
                "state": row.get_state_display(),
                "our answer": row.answer,
            }
            for row in _objections(contact, Message.objects.filter(author=contact)).order_by("at", "pk")
        ],
        "conversations": [_conversation(row, contact) for row in _talks(contact)],
    }


def _talks(contact: Contact) -> QuerySet[Conversation]:
    mine = Q(contact=contact) | Q(messages__author=contact)
    return Conversation.objects.filter(mine).distinct().select_related("channel").order_by("started_at", "pk")


def _conversation(row: Conversation, contact: Contact) -> dict[str, Any]:
    """What others said in a thread is not theirs to have: only their own words and what we answered them."""
    ours = Q(conversation__contact=contact) | Q(answer_row__to__author=contact)
    said = row.messages.filter(Q(author=contact) | (Q(direction="out") & ours))
    return {
        "account": str(row.channel),
        "kind": row.get_kind_display(),
        "status": row.get_status_display(),
        "topic": row.topic,
        "suggested and corrected": {"suggested": row.suggested, "corrected": row.corrected},
        "messages": [
            {
                "at": m.at.isoformat(),
                "from": "us" if m.ours else "you",
                "text": m.text,
                "earlier": m.earlier,
                "address": m.url,
                "hidden": m.hidden,
                "deleted": m.deleted_at.isoformat() if m.deleted_at else "",
            }
            for m in said.order_by("at", "pk")
        ],
        "your mark": _mark(row) if row.contact_id == contact.pk else None,
        "notes": _notes(row) if row.contact_id == contact.pk else [],
        "moderation": [
            {
                "at": act.at.isoformat(),
                "what": act.get_action_display(),
                "category": act.category,
                "note": act.note,
                "copy": act.copy,
            }
            for act in row.acts.filter(message__author=contact)
        ],
    }


def _notes(row: Conversation) -> list[str]:
    raised = [text for each in row.escalations.all() for text in (each.reason, each.note) if text]
    return [*(note.text for note in row.notes.all()), *raised]


def _mark(row: Conversation) -> dict[str, Any] | None:
    found = Rating.objects.filter(conversation=row).exclude(rated_at=None).first()
    if found is None or found.rated_at is None:
        return None
    return {"at": found.rated_at.isoformat(), "mark": found.score, "text": found.text}


def erase(contact: Contact, *, also: Iterable[Named] = ()) -> int:
    """Forget a person on request; returns how many of their messages were emptied. Safe to repeat.

    ``also``: notes elsewhere that somebody has looked at (:func:`named`) and that are to go as well.

    Wherever they spoke: also in threads that others began, what we answered them there, and what was told, noted or
    opened about their words. The network's id of the person stays: by it the next round of reading knows what not to
    bring back.
    """
    with transaction.atomic():
        now = clock.now()
        theirs = Message.objects.filter(author=contact)
        own = Conversation.objects.filter(contact=contact)
        said = {row.pk: row.text for row in theirs.only("pk", "text")}
        before = [old[0] for row in theirs.only("earlier") for old in row.earlier]
        talks = {*own.values_list("pk", flat=True), *theirs.values_list("conversation", flat=True)}
        objections = list(_objections(contact, theirs).values_list("pk", flat=True))
        to_them = Answer.objects.filter(Q(conversation__in=own) | Q(to__in=list(said)))
        sent = Publication.objects.filter(pk__in=list(to_them.values_list("publication", flat=True)))
        # Some will be stopped; what is out just now holds its own before its conversation.
        list(sent.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        ingest.hold(talks)
        theirs.update(text="", earlier=[], raw={}, url="", media=[])
        _stop(to_them)
        answers = Message.objects.filter(
            Q(conversation__in=own)
            | Q(answer_row__in=to_them)
            | Q(conversation__in=talks, parent_id__in=_ids(theirs)),
            direction="out",
        )
        done = list(answers.values_list("pk", flat=True))
        Message.objects.filter(pk__in=done).update(text="", earlier=[], raw={})
        to_them.update(text="", attachments=[], reject_reason="")
        Note.objects.filter(conversation__in=own).delete()
        Escalation.objects.filter(conversation__in=own).update(reason=GONE, note="")
        Repair.objects.filter(answer__in=to_them).update(note=GONE, why_not_told="")
        for each in also:
            each.empty()
        Rating.objects.filter(conversation__in=own).update(text="")
        _empty_acts(Act.objects.filter(message__in=[*said, *done]))
        words = [text for text in (*said.values(), *before) if text.strip()]
        _empty_quotes(talks, list(said), words)
        _empty_objections(Objection.objects.filter(pk__in=objections))
        Stance.objects.filter(contact=contact).delete()
        own.update(snippet=GONE, suggested={}, corrected={})
        own.exclude(reason="").update(reason=GONE)
        for row in Conversation.objects.filter(pk__in=talks - set(own.values_list("pk", flat=True))):
            newest = row.messages.order_by("-at", "-pk").first()
            snippet = GONE if newest is not None and not newest.text else row.snippet
            Conversation.objects.filter(pk=row.pk).update(snippet=snippet, suggested={})
        _forget_elsewhere(sorted(talks))
        Contact.objects.filter(pk=contact.pk).update(name="", handle="", erased_at=now)
    return len(said)


def _objections(contact: Contact, messages: QuerySet[Message]) -> QuerySet[Objection]:
    """What they objected to: about their words, or filed under their name or the address of a message of theirs."""
    handle = contact.handle.removeprefix("@")
    places = [handle, f"@{handle}"] if handle else []
    places += messages.exclude(url="").values_list("url", flat=True)
    return Objection.objects.filter(Q(act__message__author=contact) | Q(act=None, place__in=places))


@dataclass(frozen=True)
class Named:
    """A note of colleagues in another place that names or quotes somebody. ``key`` stays the same over pages."""

    key: str
    row: Note | Escalation
    how: str

    @property
    def text(self) -> str:
        return self.row.text if isinstance(self.row, Note) else f"{self.row.reason}\n{self.row.note}".strip()

    @property
    def who(self) -> str:
        if isinstance(self.row, Escalation):
            return self.row.by_name
        return (self.row.author.get_full_name() or self.row.author.get_username()) if self.row.author else ""

    def empty(self) -> None:
        """Take the words out, here and in what was told about them; that there was a note stays."""
        talk = self.row.conversation_id
        if isinstance(self.row, Note):
            Note.objects.filter(pk=self.row.pk).update(text=GONE)
            outbox.forget_news([f"community.mentioned.{talk}.{self.row.pk}"], EMPTIED)
        else:
            Escalation.objects.filter(pk=self.row.pk).update(reason=GONE, note="")
            told = [f"community.{what}.{self.row.pk}" for what in ("raised", "taken", "withdrawn")]
            outbox.forget_news(told, EMPTIED)


MOST_NAMED = 200


def named(contact: Contact) -> list[Named]:
    """Notes about other people's conversations that name this person or quote them; those about their own go anyway.

    Names are looked for wherever they spoke, quotes in the threads in which they did. The newest first.
    """
    theirs = Message.objects.filter(author=contact)
    talks = set(theirs.values_list("conversation", flat=True))
    campaigns = set(_talks(contact).order_by().values_list("campaign", flat=True))
    said = [
        text for row in theirs.only("text", "earlier") for text in (row.text, *(e[0] for e in row.earlier))
    ]
    who = naming.person([contact.name, contact.handle], said)
    words = {part for name in who.names for part in name}
    found: list[Named] = []
    for model, fields in ((Note, ("text",)), (Escalation, ("reason", "note"))):
        holds = Q(conversation__in=talks)
        for field in fields:
            for word in words:
                holds |= Q(**{f"{field}__icontains": word})
        rows = model._default_manager.filter(holds, conversation__campaign__in=campaigns)
        rows = rows.exclude(conversation__contact=contact).exclude(**{fields[0]: GONE})
        person = "author" if model is Note else "by"
        for row in rows.select_related(person, "conversation__channel").order_by("-at", "-pk").iterator():
            text = " \n".join(getattr(row, field) for field in fields)
            if how := naming.concerns(text, who):
                found.append(Named(f"{model.__name__.lower()}-{row.pk}", row, how))
            if len(found) >= MOST_NAMED:
                return found
    return found


def _ids(messages: QuerySet[Message]) -> list[str]:
    return list(messages.values_list("remote_id", flat=True))


def _empty_acts(rows: QuerySet[Act]) -> None:
    """What and why stays by its category; what was said, by whom, and what a colleague wrote about it goes."""
    rows.exclude(note="").update(note=GONE)
    rows.update(copy="", copy_author=GONE, new_text="", appeal_note="")


def _empty_quotes(talks: set[int], messages: list[int], words: list[str]) -> None:
    """What was copied out of their messages: the words of a wave, of a rumour, and what they are a source for."""
    for wave in Burst.objects.filter(conversations__in=talks).distinct():
        if any(text.startswith(wave.words[:100]) or wave.words[:100] in text for text in words):
            _empty_wave(wave)
    for case in Case.objects.filter(conversations__in=talks).distinct():
        if any(text.strip()[:200] in f"{case.rumour} {case.title}" for text in words):
            title = GONE if any(text.strip()[:60] in case.title for text in words) else case.title
            Case.objects.filter(pk=case.pk).update(rumour=GONE, title=title)
    CaseSource.objects.filter(message__in=messages).update(says=GONE, title=GONE, url="")


def _empty_wave(wave: Burst) -> None:
    Burst.objects.filter(pk=wave.pk).update(words=GONE, key=f"{GONE} {wave.pk}")
    outbox.forget([reverse("community:wave", args=[wave.pk])], EMPTIED)

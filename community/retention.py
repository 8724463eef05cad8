"""How long conversations are kept, and what a person can ask for: a copy of all we hold about them, and erasure.

Erasing empties names, texts and addresses and leaves the rows, so that counts and answering times stay true.
Acts of moderation keep their category, note and time for the transparency log; the copy of what was said goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from channels.connectors.talk import MessageKind
from community.answers import NotPossible, drop, settings_for
from community.enums import REST, AnswerState
from community.models import (
    Act,
    Answer,
    Burst,
    Case,
    CaseSource,
    Contact,
    Conversation,
    Message,
    Note,
    Objection,
    Rating,
    Stance,
)
from publishing.domain import deeds
from work import clock, outbox

AT_ONCE = 500
NOBODY_CLOSED = 3  # times as long is kept what nobody has answered or closed
GONE = "(erased)"
EMPTIED = "About a conversation whose words are gone"
UNSENT = (AnswerState.DRAFT, AnswerState.REJECTED, AnswerState.TO_APPROVE, AnswerState.HANDED_OVER)
LOOSE_DAYS = 365  # an objection of which nobody found what it is about is emptied so long after its answer


def prune() -> int:
    """Empty conversations whose time is over: in pieces, safe to cut off and to repeat. Returns how many."""
    now, done = clock.now(), 0
    campaigns = Conversation.objects.order_by().values_list("campaign_id", flat=True).distinct()
    for campaign in list(campaigns):
        wanted = settings_for(campaign)
        for private, days in ((True, wanted.keep_private_days), (False, wanted.keep_days)):
            done += _prune(campaign, private=private, now=now, days=days)
    _forget_deeds()
    old = Objection.objects.filter(act=None, emptied_at=None, decided_at__lt=now - timedelta(days=LOOSE_DAYS))
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
    pks = list(rows.values_list("pk", flat=True))
    said = Message.objects.filter(conversation__in=pks)
    said.update(text="", earlier=[], raw={}, url="", media=[], author=None)
    Note.objects.filter(conversation__in=pks).delete()
    Act.objects.filter(conversation__in=pks).update(copy="", copy_author=GONE, new_text="", appeal_note="")
    Answer.objects.filter(conversation__in=pks).update(text="", attachments=[])
    Rating.objects.filter(conversation__in=pks).update(text="")
    for wave in Burst.objects.filter(conversations__in=pks, ended_at__isnull=False).distinct():
        _empty_wave(wave)
    _empty_objections(Objection.objects.filter(act__conversation__in=pks))
    rows.update(snippet=GONE, contact=None, emptied_at=clock.now(), suggested={}, corrected={})
    _forget_elsewhere(pks)
    nobody = Contact.objects.filter(conversations=None, messages=None)
    Stance.objects.filter(contact__in=nobody.values("pk")).delete()
    nobody.exclude(name="", handle="").update(name="", handle="", erased_at=clock.now())


def _pages(publications: Iterable[Any]) -> list[str]:
    return [reverse("publishing:publication", args=[pk]) for pk in publications]


def _forget_elsewhere(pks: list[int]) -> None:
    """What was told about emptied conversations, and what was handed to the delivery core; what is under way first ends."""
    outbox.forget([reverse("community:conversation", args=[pk]) for pk in pks], EMPTIED)
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
            for row in Objection.objects.filter(act__message__author=contact).order_by("at", "pk")
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
        "notes": [n.text for n in row.notes.all()] if row.contact_id == contact.pk else [],
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


def _mark(row: Conversation) -> dict[str, Any] | None:
    found = Rating.objects.filter(conversation=row).exclude(rated_at=None).first()
    if found is None or found.rated_at is None:
        return None
    return {"at": found.rated_at.isoformat(), "mark": found.score, "text": found.text}


def erase(contact: Contact) -> int:
    """Forget a person on request; returns how many of their messages were emptied. Safe to repeat.

    Wherever they spoke: also in threads that others began, what we answered them there, and what was told, noted or
    opened about their words. The network's id of the person stays: by it the next round of reading knows what not to
    bring back.
    """
    with transaction.atomic():
        now = clock.now()
        theirs = Message.objects.filter(author=contact)
        own = Conversation.objects.filter(contact=contact)
        said = {row.pk: row.text for row in theirs.only("pk", "text")}
        talks = {*own.values_list("pk", flat=True), *theirs.values_list("conversation", flat=True)}
        handles = [contact.handle, contact.handle.removeprefix("@"), f"@{contact.handle}"]
        theirs.update(text="", earlier=[], raw={}, url="", media=[])
        to_them = Answer.objects.filter(Q(conversation__in=own) | Q(to__in=list(said)))
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
        Rating.objects.filter(conversation__in=own).update(text="")
        _empty_acts(Act.objects.filter(message__in=[*said, *done]))
        words = [text for text in said.values() if text.strip()]
        _empty_quotes(talks, list(said), words)
        _empty_objections(
            Objection.objects.filter(
                Q(act__message__in=list(said)) | Q(act=None, place__in=filter(None, handles))
            )
        )
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

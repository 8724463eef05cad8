"""How long conversations are kept, and what a person can ask for: a copy of all we hold about them, and erasure.

Erasing empties names, texts and addresses and leaves the rows, so that counts and answering times stay true.
Acts of moderation keep their category, note and time for the transparency log; the copy of what was said goes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from channels.connectors.talk import MessageKind
from community.answers import settings_for
from community.enums import REST
from community.models import Act, Answer, Contact, Conversation, Message, Note, Objection, Rating, Stance
from work import clock

AT_ONCE = 500
GONE = "(erased)"
LOOSE_DAYS = 365  # an objection of which nobody found what it is about is emptied so long after its answer


def prune() -> int:
    """Empty conversations whose time is over: in pieces, safe to cut off and to repeat. Returns how many."""
    now, done = clock.now(), 0
    campaigns = Conversation.objects.order_by().values_list("campaign_id", flat=True).distinct()
    for campaign in list(campaigns):
        wanted = settings_for(campaign)
        for private, days in ((True, wanted.keep_private_days), (False, wanted.keep_days)):
            done += _prune(campaign, private=private, before=now - timedelta(days=days))
    old = Objection.objects.filter(act=None, emptied_at=None, decided_at__lt=now - timedelta(days=LOOSE_DAYS))
    return done + _empty_objections(old)


def _prune(campaign: int, *, private: bool, before: Any) -> int:
    direct = Q(kind=MessageKind.DIRECT)
    since = Message.objects.filter(conversation=OuterRef("pk"), seen_at__gt=OuterRef("emptied_at"))
    rows = Conversation.objects.filter(
        direct if private else ~direct,
        campaign=campaign,
        status__in=REST,
        last_message_at__lt=before,
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
    Act.objects.filter(conversation__in=pks).update(copy="", copy_author=GONE, appeal_note="")
    Answer.objects.filter(conversation__in=pks).update(text="", attachments=[])
    Rating.objects.filter(conversation__in=pks).update(text="")
    _empty_objections(Objection.objects.filter(act__conversation__in=pks))
    rows.update(snippet=GONE, contact=None, emptied_at=clock.now(), suggested={}, corrected={})
    nobody = Contact.objects.filter(conversations=None, messages=None)
    Stance.objects.filter(contact__in=nobody.values("pk")).delete()
    nobody.exclude(name="", handle="").update(name="", handle="", erased_at=clock.now())


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
    said = row.messages.filter(Q(author=contact) | Q(direction="out", conversation__contact=contact))
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

    The network's id of the person stays: by it the next round of reading knows what not to bring back.
    """
    with transaction.atomic():
        now = clock.now()
        theirs = Message.objects.filter(author=contact)
        ids = list(theirs.values_list("pk", flat=True))
        theirs.update(text="", earlier=[], raw={}, url="", media=[])
        own = Conversation.objects.filter(contact=contact)
        answers = Message.objects.filter(conversation__in=own, direction="out")
        answers.update(text="", earlier=[], raw={})
        Answer.objects.filter(conversation__in=own).update(text="", attachments=[])
        Note.objects.filter(conversation__in=own).delete()
        Rating.objects.filter(conversation__in=own).update(text="")
        Act.objects.filter(message__in=ids).update(copy="", copy_author=GONE, appeal_note="")
        _empty_objections(Objection.objects.filter(act__message__in=ids))
        Stance.objects.filter(contact=contact).delete()
        own.update(snippet=GONE, suggested={}, corrected={})
        Contact.objects.filter(pk=contact.pk).update(name="", handle="", erased_at=now)
    return len(ids)

"""What a person does with a conversation besides answering: whose it is, how it stands, notes, corrections.

Every change is conditional on the version that the person saw; who saves over somebody else's is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import regex
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from access import policy
from access.models import CampaignRole
from community import ingest, timing
from community.enums import REST, Kind, Risk, Sentiment, Status, Urgency
from community.models import Conversation, Note, Seen
from work import clock, outbox

CORRECTABLE = {
    "wants": dict(Kind.choices),
    "sentiment": dict(Sentiment.choices),
    "urgency": dict(Urgency.choices),
    "risk": dict(Risk.choices),
    "topic": None,
    "language": None,
}


class Changed(Exception):
    """Somebody else has changed the conversation since the person saw it."""


class Refused(ValueError):
    """It cannot be done so; the message says what to do."""


def _change(conversation: Conversation, *, version: int | None, **fields: Any) -> None:
    rows = Conversation.objects.filter(pk=conversation.pk)
    if version is not None:
        rows = rows.filter(version=version)
    if rows.update(version=F("version") + 1, **fields) != 1:
        raise Changed
    conversation.refresh_from_db()


def team(conversation: Conversation) -> list[Any]:
    """The people who may answer it, by name: in its campaign, and for its account where that is kept to groups."""
    roles = [role for role, has in policy.CAPABILITIES.items() if policy.REPLY in has]
    groups = CampaignRole.objects.filter(campaign=conversation.campaign_id, role__in=roles).values("group")
    people = get_user_model().objects.filter(is_active=True, groups__in=groups).distinct()
    people = people.order_by("first_name", "last_name", "username")
    return [user for user in people if policy.can(user, policy.REPLY, conversation)]


def assign(conversation: Conversation, to: Any, *, by: Any, version: int | None = None) -> None:
    """Give it to somebody of the team, or to nobody (None). Whoever gets it from somebody else is told."""
    if to is not None and not policy.can(to, policy.REPLY, conversation):
        raise Refused("This person may not answer in this campaign. Choose somebody of its team.")
    before = conversation.assignee_id
    with transaction.atomic():
        _change(conversation, version=version, assignee=to)
        if to is not None and to.pk not in (before, by.pk):
            _tell(
                [to],
                conversation,
                f"{name_of(by)} gave you a conversation",
                "assigned",
                str(conversation.version),
            )


def set_status(
    conversation: Conversation, status: str, *, by: Any, reason: str = "", version: int | None = None
) -> None:
    """How it stands now. NO_ANSWER needs a reason. Of what is over nobody waits any more, however it goes on later, until
    a person opens it again.
    """
    if status not in Status.values:
        raise Refused("There is no such status.")
    reason = reason.strip()
    if status == Status.NO_ANSWER and not reason:
        raise Refused("Say in a few words why no answer is needed.")
    over = status in (Status.CLOSED, Status.NO_ANSWER)
    now = clock.now()
    fields: dict[str, Any] = {
        "status": status,
        "reason": reason[:300] if status == Status.NO_ANSWER else "",
        "closed_at": now if over else None,
        "snoozed_until": None,
    }
    if status in REST:
        fields["next_due_at"] = None
    with transaction.atomic():
        rows = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation.pk)
        before = rows.first()
        if before is None:
            raise Changed
        if status in REST:
            timing.note_missed(rows, now)
            fields["set_aside_at"] = (before.status in REST and before.set_aside_at) or now
            ingest.set_aside(before, fields["set_aside_at"])
        elif before.status in REST:
            ingest.bring_back(before)
            fields["set_aside_at"] = None
        _change(conversation, version=version, **fields)
        ingest.count_waits(conversation)
        timing.reckon(conversation)


def snooze(
    conversation: Conversation, until: datetime | None, *, by: Any, version: int | None = None
) -> None:
    """Out of sight until then, or until somebody writes. None takes it back."""
    if until is not None and until <= clock.now():
        raise Refused("Choose a time that is still to come.")
    _change(conversation, version=version, snoozed_until=until)


def main_language(tag: str) -> str:
    """The language of a tag, without country and script: a list is filtered by it."""
    return tag.strip().lower().split("-")[0][:12]


def topic_of(name: str) -> str:
    """A topic as it is compared: however its letters are written, it is the same one."""
    return " ".join(name.split()).casefold()[:80]


def correct(
    conversation: Conversation, field: str, value: str, *, by: Any, version: int | None = None
) -> None:
    """Say what it really is. The machine no longer touches the field; who said what is kept."""
    if field not in CORRECTABLE:
        raise Refused("This cannot be corrected.")
    choices = CORRECTABLE[field]
    value = main_language(value) if field == "language" else value.strip()[:80]
    value = topic_of(value) if field == "topic" else value
    if choices is not None and value not in choices:
        raise Refused("Choose one of the list.")
    if field in ("urgency", "risk") and not value:
        raise Refused("Choose one of the list.")
    before = conversation.corrected.get(field) or {}
    said = {
        "by": by.pk,
        "by_name": name_of(by),
        "at": clock.now().isoformat(),
        "from": getattr(conversation, field),
        "first": before.get("first", before.get("from", getattr(conversation, field))),
    }
    fields = {field: value, "corrected": {**conversation.corrected, field: said}}
    with transaction.atomic():  # who settles it meanwhile comes after
        _change(conversation, version=version, **fields)
        timing.reckon(conversation)  # another topic or risk may have another target


def note(conversation: Conversation, text: str, *, by: Any) -> Note:
    """Something between colleagues. Who is named with @ and may read it here is told."""
    text = text.replace("\0", "").strip()
    if not text:
        raise Refused("Write something first.")
    with transaction.atomic():
        row = Note.objects.create(conversation=conversation, author=by, text=text[:10_000], at=clock.now())
        named = [user for user in _mentioned(text, team(conversation)) if user.pk != by.pk]
        row.mentions.set(named)
        _tell(
            named,
            conversation,
            f"{name_of(by)} mentions you in a conversation",
            "mentioned",
            str(row.pk),
            text[:500],
        )
    return row


def _mentioned(text: str, people: Sequence[Any]) -> list[Any]:
    """Those whose user name stands behind an @, in whatever case, with a full stop after it or not.

    User names may be addresses of mail themselves, and begin like one another: the longest counts.
    """
    names = {user.username.casefold() for user in people} - {""}
    if not names:
        return []
    every = "|".join(regex.escape(name) for name in sorted(names, key=len, reverse=True))
    found = set(regex.findall(rf"(?<![\w@])@({every})(?![\w@]|[.+-]\w)", text.casefold()))
    return [user for user in people if user.username.casefold() in found]


def seen(conversation: Conversation, *, by: Any) -> None:
    Seen.objects.update_or_create(
        conversation=conversation, user=by, defaults={"at": clock.now()}, create_defaults={"at": clock.now()}
    )


def unread(conversation: Conversation, *, by: Any) -> None:
    Seen.objects.filter(conversation=conversation, user=by).delete()


def tell_ruled(conversation: Conversation, rule: str) -> None:
    """Tell whoever a rule has given it to."""
    if conversation.assignee is not None:
        subject = f"The rule “{rule}” gave you a conversation"
        _tell([conversation.assignee], conversation, subject, "assigned", f"rule-{conversation.version}")


def _tell(people: Any, conversation: Conversation, subject: str, kind: str, key: str, body: str = "") -> None:
    outbox.tell(
        people,
        subject=subject,
        body=body or f"{conversation.channel}: {conversation.snippet}",
        url=reverse("community:conversation", args=[conversation.pk]),
        event_id=f"community.{kind}.{conversation.pk}.{key}",
        kind=f"talk_{kind}",
        mail=False,
    )


def name_of(user: Any) -> str:
    return user.get_full_name() or user.get_username()

"""The people behind the messages: who they are to us, what is held about them, and forgetting them on request.

A person on a network may have spoken in several campaigns. A copy and erasure are whole or not at all, so they need
somebody who moderates in every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.log_actions import log
from wagtail.models import Page

from access import policy
from community import inbox, retention
from community.answers import NotPossible, settings_for
from community.models import Contact, Conversation, Message, Stance
from work import clock

LEAST_REASON = 5


def matching(user: Any, words: str) -> QuerySet[Contact]:
    """The people who spoke in a campaign in which this person moderates, by name, handle or the network's id."""
    talks = Conversation.objects.filter(contact=OuterRef("pk"))
    said = Message.objects.filter(author=OuterRef("pk"))
    if (ids := policy.campaign_ids(user, policy.MODERATE)) is not None:
        kept = inbox.kept_from(user)
        talks = talks.filter(campaign__in=ids).exclude(channel__in=kept)
        said = said.filter(conversation__campaign__in=ids).exclude(channel__in=kept)
    rows = Contact.objects.filter(Q(Exists(talks)) | Q(Exists(said)))
    words = words.replace("\0", "").strip()
    if words:
        handle = words.removeprefix("@")
        rows = rows.filter(Q(handle__icontains=handle) | Q(name__icontains=words) | Q(remote_id=words))
    return rows.order_by("-last_seen_at", "-pk")


def campaigns_of(contact: Contact) -> QuerySet[Page]:
    """Every campaign in which they spoke, or were marked."""
    mine = Q(contact=contact) | Q(messages__author=contact)
    talks = Conversation.objects.filter(mine).values("campaign")
    return Page.objects.filter(
        Q(pk__in=talks) | Q(pk__in=Stance.objects.filter(contact=contact).values("campaign"))
    )


def may_see(user: Any, contact: Contact) -> bool:
    return matching(user, "").filter(pk=contact.pk).exists()


def may_all(user: Any, contact: Contact) -> bool:
    """Whether a copy or erasure is this person's to make: they moderate wherever the contact spoke."""
    ids = policy.campaign_ids(user, policy.MODERATE)
    if ids is None:
        return True
    talks = Conversation.objects.filter(Q(contact=contact) | Q(messages__author=contact)).distinct()
    found = list(talks.select_related("channel"))
    return bool(found) and all(policy.can(user, policy.MODERATE, row) for row in found)


def copy(user: Any, contact: Contact) -> dict[str, Any]:
    """All that is held about them; that it was made is logged."""
    _require(user, contact)
    found = retention.export(contact)
    _log(contact, user, "community.copied", {})
    return found


def named(user: Any, contact: Contact) -> list[retention.Named]:
    """Notes in other people's conversations that name or quote them, as far as this person may read there."""
    return [
        each for each in retention.named(contact) if policy.can(user, policy.MODERATE, each.row.conversation)
    ]


def forget(user: Any, contact: Contact, why: str, decided: Mapping[str, str] | None = None) -> int:
    """Erase them on request. Counts stay; the log keeps who did it and why, not whom. Returns how many messages.

    ``decided``: for each note that names or quotes them (:func:`named`) "empty" or "keep". None may be passed over.
    """
    _require(user, contact)
    found = named(user, contact)
    said = {each.key: (decided or {}).get(each.key, "") for each in found}
    if not set(said.values()) <= {"empty", "keep"}:
        raise NotPossible("Say of each note below whether it is emptied or stays.")
    if len(why.strip()) < LEAST_REASON:
        raise NotPossible("Say on whose request, for example the date of their letter.")
    with transaction.atomic():
        places = list(campaigns_of(contact))
        gone = [each for each in found if said[each.key] == "empty"]
        count = retention.erase(contact, also=gone)
        told = {"why": why.strip()[:300], "messages": count}
        told |= {"notes emptied": len(gone), "notes kept": len(found) - len(gone)}
        _log(contact, user, "community.erased", told, places)
    return count


def _require(user: Any, contact: Contact) -> None:
    if not may_all(user, contact):
        raise PermissionDenied


def _log(
    contact: Contact, user: Any, action: str, data: dict[str, Any], places: list[Page] | None = None
) -> None:
    told = {"person": contact.pk, "network": contact.platform, **data}
    for page in campaigns_of(contact) if places is None else places:
        log(instance=page, action=action, user=user, data=told)


# Supporter, critic, undecided -----------------------------------------------------------------------------------


def marks_people(campaign: int) -> bool:
    """Whether a campaign has turned this on and says on what legal basis. Off by default."""
    wanted = settings_for(campaign)
    return wanted.person_types and bool(wanted.person_types_basis.strip())


def stance_of(conversation: Conversation) -> Stance | None:
    if conversation.contact_id is None or not marks_people(conversation.campaign_id):
        return None
    rows = Stance.objects.filter(contact=conversation.contact_id, campaign=conversation.campaign_id)
    return rows.select_related("by").first()


def mark(user: Any, conversation: Conversation, value: str) -> None:
    """Mark the person of a conversation, or take the mark back with ""."""
    policy.require(user, policy.REPLY, conversation)
    if not marks_people(conversation.campaign_id):
        raise NotPossible("This campaign does not keep what people think of it.")
    contact = conversation.contact
    if contact is None or contact.erased_at is not None:
        raise NotPossible("Nobody knows who this is.")
    if value and value not in dict(Stance._meta.get_field("value").choices or ()):
        raise NotPossible("Choose one of the list.")
    rows = Stance.objects.filter(contact=contact, campaign=conversation.campaign_id)
    if not value:
        rows.delete()
        return
    Stance.objects.update_or_create(
        contact=contact,
        campaign_id=conversation.campaign_id,
        defaults={"value": value, "by": user, "at": clock.now()},
    )


def stop_marking(campaign: int) -> int:
    """The campaign has turned it off: what was kept goes. Returns how many."""
    return Stance.objects.filter(campaign=campaign).delete()[0]

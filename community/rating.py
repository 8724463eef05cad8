"""The question how our answer was: asked by link in private, answered once, on a page that needs no account.

Only in private conversations: a link in public would be followed by everybody. The link is signed, so that a made-up
one costs no look-up, and ends after a month.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings as site
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from access import policy
from community import desk
from community.answers import ASKED, NotPossible, settings_for, to_answer, why_not
from community.core import asking
from community.enums import AnswerState
from community.models import Answer, Conversation, Rating
from publishing.core.states import GONE
from work import clock

SALT = "community.rating"
DAYS = 30
MOST_TEXT = 4000


def why_not_asked(row: Conversation) -> str:
    """Why this person is not asked, for people; "" when they can be."""
    wanted = settings_for(row.campaign_id)
    if not wanted.ask_rating or row.channel_id not in wanted.ask_channels:
        return "The campaign does not ask on this account. Managers turn it on under Settings."
    if not row.private:
        return "Only in private: a link in public would be followed by everybody."
    if row.last_out_at is None or row.waiting_since is not None:
        return "Answer first: the question how it was comes after that."
    if row.emptied_at or (row.contact and row.contact.erased_at):
        return "Nothing is known of this person any more."
    asked = Rating.objects.filter(conversation=row).first()
    if asked is not None and asked.asked_at is not None and not _never_left(row, asked):
        return "They have been asked already."
    return why_not(row, to_answer(row), clock.now())


def _never_left(row: Conversation, asked: Rating) -> bool:
    """Whether the question was sent back by a second person, thrown away or refused by the network."""
    last = _asked(row, asked).order_by("-pk").first()
    if last is None or asked.rated_at is not None:
        return False
    refused = last.publication is not None and last.publication.state in GONE
    return last.state in (AnswerState.REJECTED, AnswerState.DROPPED) or refused


def _asked(row: Conversation, asked: Rating) -> QuerySet[Answer]:
    return Answer.objects.filter(conversation=row, form_key__startswith=f"{ASKED}{asked.pk}-")


def ask(user: Any, row: Conversation) -> Answer:
    """Send the question with its link, once per conversation, as any answer goes out."""
    policy.require(user, policy.REPLY, row)
    with transaction.atomic():
        Conversation.objects.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk").first()
        if why := why_not_asked(row):
            raise NotPossible(why)
        rating, _ = Rating.objects.get_or_create(conversation=row)
        Rating.objects.filter(pk=rating.pk).update(asked_at=clock.now(), asked_by=user)
        text = asking.words_for(row.language).message.format(link=address(rating))
        key = f"{ASKED}{rating.pk}-{_asked(row, rating).count() + 1}"
        return desk.send(user, desk.draft_answer(user, row, text, form_key=key))


def token_of(rating: Rating) -> str:
    return signing.Signer(salt=SALT).sign(rating.token.hex)


def address(rating: Rating) -> str:
    return site.PUBLIC_URL + reverse("rate", args=[token_of(rating)])


def find(token: str) -> Rating | None:
    """The question of a link that we signed."""
    try:
        key = uuid.UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    rows = Rating.objects.select_related("conversation__campaign", "conversation__contact")
    return rows.filter(token=key).first()


def is_over(rating: Rating) -> bool:
    asked, row = rating.asked_at, rating.conversation
    return asked is None or asked + timedelta(days=DAYS) < clock.now() or row.emptied_at is not None


def rate(rating: Rating, score: int, text: str) -> bool:
    """Keep the mark; False where one was given before. Two at the same time are one."""
    rows = Rating.objects.filter(pk=rating.pk, rated_at=None)
    return rows.update(score=score, text=text[:MOST_TEXT], rated_at=clock.now()) == 1

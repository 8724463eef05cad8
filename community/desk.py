"""The door of this house for pages that answer and moderate: who may, then one function of what lies below.

Every function raises PermissionDenied for who may not, and :class:`community.answers.NotPossible` with words for
people. REPLY answers, MODERATE hides and deletes, APPROVE or MODERATE is asked of the second person.
:mod:`community.inbox` has the lists, :mod:`community.sorting` what is done to a conversation besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from access import policy
from community import answers, inbox, moderation
from community.answers import Collision, NotPossible
from community.enums import ActState, AnswerState
from community.models import Act, Answer, Conversation, Message, Seen
from work import clock

__all__ = [
    "Collision",
    "NotPossible",
    "agree",
    "approve",
    "change_answer",
    "delete_answer",
    "draft_answer",
    "drop",
    "moderate",
    "refuse",
    "reject",
    "send",
    "take_private",
    "to_agree",
    "to_approve",
    "undo",
    "writing",
]
WRITING_S = 60  # so long after the last key, somebody counts as writing


def writing(user: Any, row: Conversation) -> list[Any]:
    """Note that a person is writing an answer; returns the colleagues who are writing one too."""
    policy.require(user, policy.REPLY, row)
    now = clock.now()
    Seen.objects.update_or_create(
        conversation=row,
        user=user,
        defaults={"writing_at": now},
        create_defaults={"at": now, "writing_at": now},
    )
    rows = row.seen.filter(writing_at__gte=now - timedelta(seconds=WRITING_S)).exclude(user=user)
    return [each.user for each in rows.select_related("user")]


# Answer -----------------------------------------------------------------------------------------------------


def draft_answer(
    user: Any,
    row: Conversation,
    text: str,
    *,
    form_key: str = "",
    message: Message | None = None,
    **fields: Any,
) -> Answer:
    """Keep an answer that is being written. The same ``form_key`` (one per opened form) is the same answer.

    ``fields``: saved_reply, pair, attachments, corrects; ``claims`` and ``case`` are what it rests on.
    """
    policy.require(user, policy.REPLY, row)
    if message is not None and message.conversation_id != row.pk:
        raise NotPossible("That message stands in another conversation.")
    return answers.draft(row, text, by=user, form_key=form_key, message=message, **fields)


def send(
    user: Any,
    answer: Answer,
    *,
    at: datetime | None = None,
    seen: int | None = None,
    anyway: bool = False,
    readers: Sequence[str] = (),
) -> Answer:
    """Send an answer now or at a time; it may first go to a second person (``state`` to_approve says so).

    ``seen``: the pk of our newest message that stood on the page (0: none). Raises Collision when a colleague
    has answered since, unless ``anyway``, and MoreReaders when a private one names others than ``readers``. A form sent
    twice sends one answer.
    """
    policy.require(user, policy.REPLY, answer.conversation)
    return answers.send(answer, by=user, at=at, seen=seen, anyway=anyway, readers=readers)


def approve(user: Any, answer: Answer, *, anyway: bool = False) -> Answer:
    """The second person's yes to exactly the text that ``answer`` carries. Raises Collision as :func:`send` does."""
    _require_second(user, answer)
    return answers.approve(answer, by=user, anyway=anyway)


def reject(user: Any, answer: Answer, why: str) -> Answer:
    _require_second(user, answer)
    return answers.reject(answer, by=user, why=why)


def drop(user: Any, answer: Answer) -> Answer:
    """Throw an answer away, or stop one that is scheduled."""
    policy.require(user, policy.REPLY, answer.conversation)
    return answers.drop(answer, by=user)


def to_approve(user: Any) -> QuerySet[Answer]:
    """The answers that wait for this person as the second one."""
    rows = Answer.objects.filter(state=AnswerState.TO_APPROVE).exclude(author=user)
    return _mine(rows, user).select_related("conversation__channel", "author", "to").order_by("created_at")


def take_private(
    user: Any,
    row: Conversation,
    text: str,
    *,
    form_key: str = "",
    message: Message | None = None,
    **fields: Any,
) -> Answer:
    """Write the private message that goes on from a public conversation; send it as any answer. Both are linked.

    ``message``: to whoever wrote that; else to the person whom the conversation is with.
    """
    policy.require(user, policy.REPLY, row)
    if message is not None and message.conversation_id != row.pk:
        raise NotPossible("That message stands in another conversation.")
    return answers.take_private(row, text, by=user, form_key=form_key, message=message, **fields)


def _mine(rows: Any, user: Any) -> Any:
    """Only those of campaigns in which the person moderates, and of accounts that are not kept from them."""
    rows = policy.scoped(rows, user, policy.MODERATE, field="conversation__campaign")
    return rows.exclude(conversation__channel__in=inbox.kept_from(user))


def _require_second(user: Any, answer: Answer) -> None:
    row = answer.conversation
    if not (policy.can(user, policy.APPROVE, row) or policy.can(user, policy.MODERATE, row)):
        policy.require(user, policy.APPROVE, row)
    groups = set(answers.settings_for(row.campaign_id).approve_groups)
    if user.pk != answer.author_id and groups & set(user.groups.values_list("pk", flat=True)):
        raise NotPossible("Your own answers are looked at by a second person, so you are nobody’s.")


# Moderate ---------------------------------------------------------------------------------------------------


def moderate(
    user: Any, message: Message, action: str, *, category: str, note: str, criticism: bool = False
) -> Act:
    """Hide, delete or mute under the policy. ``state`` says whether a second person is asked first."""
    policy.require(user, policy.MODERATE, message.conversation)
    return moderation.moderate(message, action, by=user, category=category, note=note, criticism=criticism)


def to_agree(user: Any) -> QuerySet[Act]:
    """The acts that wait for this person as the second one."""
    rows = Act.objects.filter(state=ActState.TO_APPROVE).exclude(by=user)
    return _mine(rows, user).select_related("conversation__channel", "message", "by").order_by("at")


def agree(user: Any, act: Act) -> Act:
    policy.require(user, policy.MODERATE, act.conversation)
    return moderation.agree(act, by=user)


def refuse(user: Any, act: Act) -> Act:
    policy.require(user, policy.MODERATE, act.conversation)
    return moderation.refuse(act, by=user)


def undo(user: Any, act: Act, *, note: str = "") -> Act:
    policy.require(user, policy.MODERATE, act.conversation)
    return moderation.undo(act, by=user, note=note)


def change_answer(user: Any, message: Message, text: str, *, was: str | None = None, note: str = "") -> Act:
    """Change an answer of ours that is out (``was``: what stood on the page). What needed a second person, or would need
    one now, is not changed by one alone.
    """
    policy.require(user, policy.REPLY, message.conversation)
    if why := answers.why_second_again(message, user):
        raise NotPossible(f"{why} Delete it and write a new one.")
    return moderation.change_answer(message, text, was=was, by=user, note=note)


def delete_answer(user: Any, message: Message, *, note: str = "") -> Act:
    policy.require(user, policy.REPLY, message.conversation)
    return moderation.delete_answer(message, by=user, note=note)

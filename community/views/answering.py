"""Writing an answer, going on in private, and what is done to a message under the policy."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages

from access import policy
from community import answers, desk, moderation
from community.answers import NotPossible
from community.core import policy as published
from community.core import replies, saved
from community.enums import ActState, AnswerState
from community.models import Conversation, Message, Office, SavedReply
from community.views.base import TalkPage
from community.views.conversation import ConversationPage
from community.views.settings import DAYS, shown_shifts
from work import clock

ACTIONS = {"hide": "Hide", "delete_comment": "Delete", "mute": "Stop answering"}


def of_campaign(conversation: Conversation) -> list[SavedReply]:
    return list(SavedReply.objects.filter(campaign_id__in=[conversation.campaign_id])) + list(
        SavedReply.objects.filter(campaign=None)
    )


def values_of(conversation: Conversation, user: Any) -> dict[str, str]:
    """What the fields of a saved reply stand for here."""
    story = conversation.story
    return {
        "name": (conversation.contact.name or conversation.contact.handle) if conversation.contact else "",
        "story": story.title if story else "",
        "link": (story.full_url or "") if story and story.live else "",
        "campaign": conversation.campaign.title,
        "hours": hours_in_words(conversation.campaign_id),
        "me": user.get_full_name() or user.get_username(),
    }


def hours_in_words(campaign: int) -> str:
    """“Monday 09:00–17:00, …” as the team has set them; "" where it has not."""
    office = Office.objects.filter(campaign=campaign, channel=None).first()
    days = [(day, shown_shifts(office.hours, number)) for number, day in enumerate(DAYS)] if office else []
    return ", ".join(f"{day} {shifts}" for day, shifts in days if shifts)


def composer(conversation: Conversation, user: Any, **given: Any) -> dict[str, Any]:
    """Everything that the form for an answer shows. ``given`` goes before: the text of a form that was refused."""
    now = clock.now()
    text = given.get("text", "")
    newest_ours = conversation.messages.filter(direction="out").order_by("-pk").values_list("pk", flat=True)
    limit = replies.room(
        conversation.channel.platform, private=conversation.private, facts=conversation.channel.facts
    )
    private, private_why = answers.private_way(conversation, now)
    return {
        "text": text,
        "key": uuid.uuid4().hex,
        "seen": newest_ours.first() or 0,
        "why_not": answers.why_not(conversation, answers.to_answer(conversation), now),
        "limit": limit,
        "length": limit.count(text) if limit and text else 0,
        "saved": of_campaign(conversation),
        "private_why": private_why,
        "private": private,
        "second": answers.why_second(conversation, user),
        "waiting": conversation.answers.filter(
            state__in=(AnswerState.TO_APPROVE, AnswerState.REJECTED, AnswerState.HANDED_OVER), message=None
        ).select_related("author", "publication")[:5],
        "reply": None,
        **given,
    }


class Reply(ConversationPage):
    """Sends the form of an answer, or shows the page again with it and what stands against it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(reverse("community:conversation", args=[pk]))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        text = request.POST.get("text", "").replace("\0", "").replace("\r\n", "\n")
        do = request.POST.get("do", "")
        reply = self.reply_of(conversation)
        given: dict[str, Any] = {
            "text": text,
            "reply": reply,
            "confirmed": "confirmed" in request.POST,
            "send_at": request.POST.get("send_at", "")[:30],
            "key": request.POST.get("key", "")[:40] or uuid.uuid4().hex,
        }
        wrong = self.wrong(conversation, given)
        if do == "use":
            if reply is not None:
                given["text"] = saved.fill(reply.text, values_of(conversation, request.user))
            return self.page(conversation, {**given, "confirmed": False})
        if do == "check" or wrong:
            return self.page(conversation, {**given, "wrong": wrong, "checked": do == "check" and not wrong})
        try:
            said, there = self.send(conversation, given, do)
        except answers.Collision as error:
            return self.page(conversation, {**given, "wrong": [str(error)], "anyway": True})
        except NotPossible as error:
            return self.page(conversation, {**given, "wrong": [str(error)]})
        messages.success(request, said)
        return redirect(reverse("community:conversation", args=[there.pk]))

    def reply_of(self, conversation: Conversation) -> SavedReply | None:
        wanted = self.request.POST.get("reply", "")
        return next((row for row in of_campaign(conversation) if str(row.pk) == wanted), None)

    def wrong(self, conversation: Conversation, given: dict[str, Any]) -> list[str]:
        text, reply = given["text"], given["reply"]
        offered = saved.fill(reply.text, values_of(conversation, self.request.user)) if reply else ""
        outdated = bool(reply and reply.outdated_at)
        found = [
            f.message
            for f in saved.findings(text, offered=offered, confirmed=given["confirmed"], outdated=outdated)
        ]
        if self.request.POST.get("do") != "private":
            now = clock.now()
            found += [
                f"{f.words} {f.remedy}".strip()
                for f in answers.findings(conversation, text, now=now)
                if f.level == "blocker"
            ]
        return list(dict.fromkeys(found))

    def send(self, conversation: Conversation, given: dict[str, Any], do: str) -> tuple[str, Conversation]:
        user, post = self.request.user, self.request.POST
        at = self.moment(given["send_at"])
        fields = {"saved_reply": given["reply"]} if given["reply"] else {}
        if do == "private":
            answer = desk.take_private(user, conversation, given["text"], form_key=given["key"])
        else:
            answer = desk.draft_answer(user, conversation, given["text"], form_key=given["key"], **fields)
        seen = int(post["seen"]) if post.get("seen", "").isdecimal() and do != "private" else None
        answer = desk.send(user, answer, at=at, seen=seen, anyway="anyway" in post)
        if answer.state == AnswerState.TO_APPROVE:
            return "Kept for a second person, who has to agree before it goes out.", answer.conversation
        if at is not None:
            return f"It goes out on {timezone.localtime(at):%-d %B at %H:%M}.", answer.conversation
        return "It is on its way.", answer.conversation

    @staticmethod
    def moment(text: str) -> datetime | None:
        if not text:
            return None
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            raise NotPossible("Write the time like 2026-11-30 09:00, or leave it empty.") from None
        return timezone.make_aware(wall) if timezone.is_naive(wall) else wall

    def page(self, conversation: Conversation, given: dict[str, Any]) -> HttpResponse:
        return self.show(conversation, composer(conversation, self.request.user, **given))


class Decide(TalkPage):
    """What waits for a second person: answers and deletions. Nobody decides about their own."""

    template_name = "community/decide.html"
    page_title = crumb = "For a second person"
    capability = policy.MODERATE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render_to_response(
            self.get_context_data(
                answers=desk.to_approve(request.user)[:50], acts=desk.to_agree(request.user)[:50]
            )
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        user, do = request.user, request.POST.get("do", "")
        try:
            if number := request.POST.get("answer", ""):
                answer = self.one(desk.to_approve(user), number)
                if do == "yes":
                    answer.text = request.POST.get("text", "").replace("\r\n", "\n")
                    desk.approve(user, answer)
                    said = "It is on its way."
                else:
                    desk.reject(user, answer, request.POST.get("why", ""))
                    said = "Sent back to its author."
            else:
                act = self.one(desk.to_agree(user), request.POST.get("act", ""))
                (desk.agree if do == "yes" else desk.refuse)(user, act)
                said = "It is being done." if do == "yes" else "Nothing is done; the wish stays in the log."
            messages.success(request, said)
        except NotPossible as error:
            messages.error(request, str(error))
        return redirect("community:decide")

    def one(self, rows: Any, number: str) -> Any:
        row = rows.filter(pk=number if number.isdecimal() and len(number) < 12 else 0).first()
        if row is None:
            raise Http404
        policy.require(self.request.user, policy.MODERATE, row.conversation)
        return row


class Moderate(TalkPage):
    """Hide, delete, or no longer answer: with a category of the published policy and a note."""

    template_name = "community/moderate.html"
    page_title = crumb = "Moderate"
    capability = policy.MODERATE

    def message(self, pk: int) -> Message:
        row = (
            Message.objects.select_related("conversation__channel", "author", "channel").filter(pk=pk).first()
        )
        if row is None or not policy.can(self.request.user, policy.MODERATE, row.conversation):
            raise Http404
        return row

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.message(pk))

    def page(self, message: Message, **given: Any) -> HttpResponse:
        offered = [
            {"name": name, "label": label, "why_not": moderation.can(message, name)}
            for name, label in ACTIONS.items()
        ]
        return self.render_to_response(
            self.get_context_data(
                message=message,
                offered=offered,
                possible=any(not each["why_not"] for each in offered),
                categories=published.CATEGORIES,
                done=message.acts.order_by("-at", "-pk").select_related("undone_by"),
                **given,
            )
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        message, post = self.message(pk), request.POST
        try:
            if number := post.get("undo", ""):
                act = message.acts.filter(pk=number if number.isdecimal() and len(number) < 12 else 0).first()
                if act is None:
                    raise Http404
                desk.undo(request.user, act)
                messages.success(request, "It is being taken back.")
            else:
                act = desk.moderate(
                    request.user,
                    message,
                    post.get("action", "") if post.get("action") in ACTIONS else "hide",
                    category=post.get("category", "")[:40],
                    note=post.get("note", "").replace("\0", "")[:2000],
                    criticism="criticism" in post,
                )
                waits = act.state == ActState.TO_APPROVE
                messages.success(
                    request, "A second person has to agree." if waits else "It is being done. A copy is kept."
                )
        except NotPossible as error:
            return self.page(
                message, wrong=str(error), note=post.get("note", ""), chosen=post.get("category", "")
            )
        return redirect(reverse("community:conversation", args=[message.conversation_id]))

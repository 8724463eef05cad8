"""An answer of ours that is out: changed or deleted, where its network lets us, and what was done to it before."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from community import answers, desk, moderation
from community.answers import NotPossible
from community.core import replies
from community.models import Message
from community.views.answering import MOST_COUNTED
from community.views.base import TalkPage


class OurAnswer(TalkPage):
    template_name = "community/ours.html"
    page_title = crumb = "Our answer"

    def message(self, pk: int) -> Message:
        rows = Message.objects.select_related("conversation__continued_from", "channel", "author")
        row = rows.filter(pk=pk).first()
        if row is None or not row.ours or not policy.can(self.request.user, policy.REPLY, row.conversation):
            raise Http404
        return row

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.message(pk))

    def page(self, message: Message, **given: Any) -> HttpResponse:
        channel = message.channel
        second = answers.why_second_again(message, self.request.user)
        cannot = moderation.can(message, "edit_post")
        if second and not cannot:
            cannot = f"{second} Delete it and write a new one."
        acts = message.acts.select_related("publication").order_by("-at", "-pk")
        return self.render_to_response(
            self.get_context_data(
                message=message,
                cannot_change=cannot,
                cannot_delete=moderation.can(message, "delete_answer"),
                limit=replies.room(
                    channel.platform,
                    private=message.conversation.private,
                    facts=channel.facts,
                    sent=moderation.changed_as(message),
                ),
                acts=acts,
                **{"text": message.text, "was": message.text, **given},
            )
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        message, post = self.message(pk), request.POST
        note = post.get("note", "").replace("\0", "").strip()[:2000]
        text = post.get("text", "")[:MOST_COUNTED].replace("\0", "").replace("\r\n", "\n").strip()
        try:
            if post.get("do") == "delete":
                if "sure" not in post:
                    raise NotPossible("Tick that you are sure. The network does not bring it back.")
                desk.delete_answer(request.user, message, note=note)
                said = "It is being deleted. What it said is kept here."
            else:
                was = post.get("was", message.text).replace("\r\n", "\n")
                desk.change_answer(request.user, message, text, was=was, note=note)
                said = "It is being changed. What it said before is kept here."
        except NotPossible as error:
            message.refresh_from_db(fields=["text", "deleted_at"])
            shown = {"text": text} if post.get("do") != "delete" else {}
            return self.page(message, wrong=str(error), note=note, **shown)
        messages.success(request, said)
        return redirect(reverse("community:conversation", args=[message.conversation_id]))

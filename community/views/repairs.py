"""An answer that may be noted wrongly: the network is asked again, and a manager sets it right with a note."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from community import repairs
from community.answers import NotPossible
from community.models import Answer, Message
from community.views.base import TalkPage

KEPT = ("conversation__channel", "conversation__campaign", "to", "message", "publication__version", "author")
MOST_SHOWN = 20


class Repaired(TalkPage):
    template_name = "community/repair.html"
    page_title = crumb = "Look an answer up again"

    def answer(self, pk: int) -> Answer:
        row = Answer.objects.select_related(*KEPT).filter(pk=pk, publication__isnull=False).first()
        if row is None or not policy.can(self.request.user, policy.REPLY, row.conversation):
            raise Http404
        return row

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.answer(pk))

    def page(self, answer: Answer, **given: Any) -> HttpResponse:
        believed = repairs.believed(answer)
        other = {repairs.Stands.OUT: repairs.Stands.NOT_OUT, repairs.Stands.NOT_OUT: repairs.Stands.OUT}.get(
            believed
        )
        return self.render_to_response(
            self.get_context_data(
                answer=answer,
                believed=repairs.Stands(believed).label if believed else "",
                other=other,
                may=repairs.may(self.request.user, answer),
                repairs=list(answer.repairs.all()),
                unclaimed=repairs.unclaimed(answer)[:MOST_SHOWN] if other == repairs.Stands.OUT else [],
                **given,
            )
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        answer, post = self.answer(pk), request.POST
        note = post.get("note", "")
        if post.get("do") == "look":
            if not repairs.believed(answer):
                return self.page(answer, wrong="It is not over yet. Decide about it under Publishing.")
            seen = repairs.look(answer)
            return self.page(answer, seen=seen, said=repairs.Looked(seen.looked).label, note=note)
        number = post.get("message", "")
        message: Message | None = None
        if number.isdecimal() and len(number) < 12:
            message = repairs.unclaimed(answer).filter(pk=number).first()
        try:
            repairs.correct(request.user, answer, post.get("stands", ""), note=note, message=message)
        except NotPossible as error:
            return self.page(self.answer(pk), wrong=str(error), note=note)
        messages.success(request, "It is set right. What was noted before stays in the history.")
        return redirect(reverse("community:conversation", args=[answer.conversation_id]))

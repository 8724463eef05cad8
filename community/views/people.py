"""One person on a network: found on request, a copy of all that is held about them, and forgetting them."""

from __future__ import annotations

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from community import people, rating
from community.answers import NotPossible
from community.models import Contact
from community.views.base import TalkAccess, TalkPage
from formats.registry import FORMATS
from work import clock

PER_PAGE = 30


class People(TalkPage):
    """Whoever asks for a copy or for erasure is looked for by the name they write under."""

    template_name = "community/people.html"
    page_title = crumb = "People"
    capability = policy.MODERATE

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "")[:100]
        page = Paginator(people.matching(request.user, words), PER_PAGE).get_page(request.GET.get("p"))
        rows = [(row, FORMATS.platform_label(row.platform)) for row in page]
        return self.render_to_response(self.get_context_data(page=page, rows=rows, words=words))


class Person(TalkPage):
    template_name = "community/person.html"
    capability = policy.MODERATE

    def person(self, pk: int) -> Contact:
        row = Contact.objects.filter(pk=pk).first()
        if row is None or not people.may_see(self.request.user, row):
            raise Http404
        return row

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.person(pk)
        kind = request.GET.get("copy", "")
        if kind not in ("json", "paper"):
            return self.page(row)
        found = people.copy(request.user, row)
        if kind == "paper":
            answer = render(request, "community/copy.html", {"copy": found, "person": row, "at": clock.now()})
        else:
            text = json.dumps(found, indent=1)  # nothing but ASCII: no mark turns the text around it
            answer = HttpResponse(text, content_type="application/json")
            answer["Content-Disposition"] = f'attachment; filename="person-{row.pk}.json"'
        answer["Cache-Control"] = "private, no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def page(self, row: Contact, status: int = 200, **given: Any) -> HttpResponse:
        user = self.request.user
        self.page_title = self.crumb = str(row)
        rows = row.conversations.select_related("channel", "campaign").order_by("-last_message_at")
        ids = policy.campaign_ids(user, policy.MODERATE)
        if ids is not None:
            rows = rows.filter(campaign__in=ids)
        seen = [talk for talk in rows[:50] if policy.can(user, policy.MODERATE, talk)]
        context = self.get_context_data(
            person=row,
            platform=FORMATS.platform_label(row.platform),
            talks=seen,
            may_all=(may_all := people.may_all(user, row)),
            named=people.named(user, row) if may_all and row.erased_at is None else [],
            **given,
        )
        return self.render_to_response(context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row, why = self.person(pk), request.POST.get("why", "").replace("\0", "")
        decided = {
            name: value for name, value in request.POST.items() if name.startswith(("note-", "escalation-"))
        }
        if "sure" not in request.POST:
            sure = "Tick that you are sure. It cannot be taken back."
            return self.page(row, 400, wrong=sure, why=why, decided=decided)
        try:
            count = people.forget(request.user, row, why, decided)
        except NotPossible as error:
            return self.page(row, 400, wrong=str(error), why=why, decided=decided)
        messages.success(
            request, f"Forgotten. {count} message{'' if count == 1 else 's'} emptied; counts stay."
        )
        return redirect("community:people")


class OfPerson(TalkAccess):
    """What is done to the person of a conversation: asked how our answer was, or marked."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        try:
            if request.POST.get("do") == "ask":
                rating.ask(request.user, conversation)
                messages.success(request, "The question is on its way.")
            else:
                people.mark(request.user, conversation, request.POST.get("value", ""))
                messages.success(request, "Kept.")
        except NotPossible as error:
            messages.error(request, str(error))
        return redirect(reverse("community:conversation", args=[conversation.pk]))

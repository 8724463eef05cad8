"""Objections: the form for everybody, the page of one's own, and the list for those who moderate."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import sensitive_variables
from wagtail.admin import messages

from access import policy
from channels.connectors.registry import CONNECTORS
from community import objections
from community.answers import NotPossible
from community.enums import Appeal
from community.models import Objection
from community.views.base import TalkPage
from editorial.guests import limit
from work import clock

PER_HOUR = 6  # objections of one address within the limit's window
PER_PAGE = 30


class ObjectionForm(forms.Form):
    platform = forms.ChoiceField(label="Where it stands", required=False)
    place = forms.CharField(
        label="Address of the post, or the name you write under",
        max_length=500,
        error_messages={"required": "Say which post it is about, or under which name you write."},
    )
    text = forms.CharField(
        label="Why you object",
        min_length=objections.LEAST_TEXT,
        max_length=objections.MOST_TEXT,
        widget=forms.Textarea({"rows": 6, "dir": "auto"}),
        error_messages={
            "required": "Say why you object.",
            "min_length": "Say in a sentence or two why you object.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted((connector.label, connector.platform) for connector in CONNECTORS)
        self.fields["platform"].choices = [("", "I do not know"), *((name, label) for label, name in known)]  # type: ignore[attr-defined]


class Object(View):
    """For everybody, without an account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, ObjectionForm())

    def page(self, request: HttpRequest, form: ObjectionForm, status: int = 200) -> HttpResponse:
        return render(request, "community/object.html", {"form": form}, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ObjectionForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, 400)
        if limit.too_often("objection", request.META.get("REMOTE_ADDR", ""), PER_HOUR, clock.now()):
            form.add_error(None, "There were too many objections from here. Wait ten minutes.")
            return self.page(request, form, 429)
        sent = form.cleaned_data
        row = objections.file(sent["place"], sent["text"], sent["platform"])
        return redirect("my_objection", token=objections.token_of(row))


@method_decorator(sensitive_variables("token"), name="dispatch")
class Mine(View):
    """What became of one objection; for whoever has its address."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        row = objections.find(token)
        if row is None:
            who = request.META.get("REMOTE_ADDR", "")
            often = limit.too_often("objection-address", who, limit.PER_ADDRESS, clock.now())
            answer = render(request, "community/objection.html", {}, status=429 if often else 404)
        else:
            answer = render(request, "community/objection.html", {"row": row})
        answer["Cache-Control"] = "private, no-store"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer


class Objections(TalkPage):
    """What people objected to, the open ones first to be seen; each is answered once."""

    template_name = "community/objections.html"
    page_title = crumb = "Objections"
    capability = policy.MODERATE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page()

    def page(self, status: int = 200, **given: Any) -> HttpResponse:
        shown = self.request.GET.get("state", "open")
        shown = shown if shown in ("open", "decided") else "open"
        rows = objections.visible(self.request.user)
        rows = rows.filter(state=Appeal.OPEN) if shown == "open" else rows.exclude(state=Appeal.OPEN)
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))
        user = self.request.user
        listed = [
            {
                "row": row,
                "own": row.act is not None and row.act.by_id == user.pk,
                "may": row.act is None or policy.can(user, policy.MODERATE, row.act.conversation),
            }
            for row in page
        ]
        context = self.get_context_data(page=page, rows=listed, shown=shown, **given)
        return self.render_to_response(context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        row = self.one(request.POST.get("objection", ""))
        do = request.POST.get("do", "")
        try:
            if do == "find":
                found = [
                    act
                    for act in objections.candidates_for(
                        request.POST.get("place", "").replace("\0", "") or row.place, row.platform
                    )
                    if policy.can(request.user, policy.MODERATE, act.conversation)
                ]
                return self.page(looked=row.pk, candidates=found)
            if do == "link":
                objections.link(request.user, row, self.candidate(row))
                messages.success(request, "Kept. It is noted in the log of that decision.")
            else:
                more = objections.decide(
                    request.user, row, do, request.POST.get("answer", "").replace("\0", "")
                )
                messages.success(request, f"Answered. They read it under their address. {more}".strip())
        except NotPossible as error:
            return self.page(400, wrong=str(error), at=row.pk, answer=request.POST.get("answer", "")[:4000])
        return redirect("community:objections")

    def one(self, number: str) -> Objection:
        number = number if number.isdecimal() and len(number) < 12 else "0"
        row = objections.visible(self.request.user).filter(pk=number).first()
        if row is None or not objections.may(self.request.user, row):
            raise Http404
        return row

    def candidate(self, row: Objection) -> Any:
        from community.models import Act

        number = self.request.POST.get("act", "")
        number = number if number.isdecimal() and len(number) < 12 else "0"
        act = Act.objects.filter(pk=number, action__in=objections.OBJECTABLE).first()
        if act is None or not policy.can(self.request.user, policy.MODERATE, act.conversation):
            raise Http404
        return act

"""The page behind the link that asks how our answer was. It shows nothing of the conversation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import sensitive_variables

from community import rating
from community.core import asking, clean
from community.models import Rating
from editorial.guests import limit
from work import clock


class MarkForm(forms.Form):
    score = forms.TypedChoiceField(coerce=int, choices=[(n, str(n)) for n in range(1, 6)])
    text = forms.CharField(required=False, max_length=rating.MOST_TEXT, strip=True)


@method_decorator(sensitive_variables("token"), name="dispatch")
class Rate(View):
    """Whoever has the link answers once. Wrong links are counted by address, like those of guests."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().dispatch(request, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    def found(self, request: HttpRequest, token: str) -> Rating | HttpResponse:
        row, now = rating.find(token), clock.now()
        if row is None:
            who = request.META.get("REMOTE_ADDR", "")
            often = limit.too_often("rating", who, limit.PER_ADDRESS, now)
            return self.page(request, None, status=429 if often else 404)
        if request.method == "POST" and limit.too_often("rate", str(row.pk), limit.PER_LINK, now):
            return self.page(request, row, status=429)
        if row.rated_at is not None:
            return self.page(request, row, status=200 if request.method == "GET" else 410, done=True)
        if rating.is_over(row):
            return self.page(request, row, status=410, over=True)
        return row

    def page(
        self, request: HttpRequest, row: Rating | None, status: int = 200, **context: Any
    ) -> HttpResponse:
        words = asking.words_for(row.conversation.language if row else "")
        shown = {"words": words, "rating": row, "marks": list(enumerate(words.marks, 1)), **context}
        return render(request, "community/rate.html", shown, status=status)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        found = self.found(request, token)
        return found if isinstance(found, HttpResponse) else self.page(request, found, form=MarkForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        found = self.found(request, token)
        if isinstance(found, HttpResponse):
            return found
        form = MarkForm(request.POST)
        if not form.is_valid():
            return self.page(request, found, 400, form=form, text=request.POST.get("text", "")[:4000])
        kept, _ = clean.text(form.cleaned_data["text"], rating.MOST_TEXT)
        rating.rate(found, form.cleaned_data["score"], kept)
        return redirect("rate", token=token)

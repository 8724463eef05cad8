"""Views of the calendar that a person saves under a name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from wagtail.admin import messages

from editorial.board import Filters
from editorial.models import SavedView
from editorial.views import CalendarPage

VIEWS = {"month": "Month", "week": "Week", "list": "List"}


def _known(view: str) -> str:
    return view if view in VIEWS else "month"


class SavedViewForm(forms.Form):
    name = forms.CharField(label="Save it as", max_length=120)


class SavedViews(CalendarPage):
    """The person's own, to open and to delete; the one they come from to save. A name used before is replaced."""

    template_name = "editorial/saved_views.html"
    page_title = crumb = "Saved views"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(SavedViewForm())

    @property
    def view_name(self) -> str:
        return _known(self.request.GET.get("view", ""))

    def page(self, form: SavedViewForm) -> HttpResponse:
        rows = [
            {
                "saved": saved,
                "label": VIEWS[_known(saved.view)],
                "url": f"{reverse(f'editorial:{_known(saved.view)}')}?{saved.query}",
            }
            for saved in SavedView.objects.filter(user=self.request.user)
        ]
        context: dict[str, Any] = {"form": form, "rows": rows, "label": VIEWS[self.view_name]}
        return self.render_to_response(self.get_context_data(filters=Filters.of(self.request.GET), **context))

    def post(self, request: HttpRequest) -> HttpResponse:
        mine = SavedView.objects.filter(user=request.user)
        if gone := request.POST.get("delete"):
            saved = get_object_or_404(mine, pk=gone if gone.isdecimal() and len(gone) < 12 else 0)
            saved.delete()
            messages.success(request, f"“{saved}” is deleted.")
            return redirect(request.get_full_path())
        form = SavedViewForm(request.POST)
        if not form.is_valid():
            return self.page(form)
        query = QueryDict(mutable=True)
        query.update(Filters.of(request.GET).as_query())
        name = form.cleaned_data["name"]
        SavedView.objects.update_or_create(
            user=request.user, name=name, defaults={"view": self.view_name, "query": query.urlencode()}
        )
        messages.success(request, f"“{name}” is saved.")
        return redirect(request.get_full_path())

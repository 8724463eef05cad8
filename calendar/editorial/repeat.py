"""Duplicate posts: as unapproved drafts, each at the same time of day some weeks later on its own clock."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request

from access import policy
from editorial import board, domain, pages
from editorial.core import spans, weeks
from editorial.domain import Question, Refused
from editorial.views import MAX_BULK, CalendarPage, chosen_ids
from formats.again import again
from formats.models import Variant
from work import clock

MOST_WEEKS = 52


class RepeatForm(forms.Form):
    weeks = forms.IntegerField(
        label="How many weeks later?",
        min_value=1,
        max_value=MOST_WEEKS,
        widget=forms.NumberInput(attrs={"class": "cal-days"}),
    )


class Repeat(CalendarPage):
    """Shows which copies will stand where, then makes them. ``v`` are the posts, or ``week`` has them all."""

    capability = policy.WRITE
    template_name = "editorial/repeat.html"
    page_title = crumb = "Duplicate"
    more = 0  # posts beyond those that go at once

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(RepeatForm(request.GET if "weeks" in request.GET else {"weeks": 1}))

    @property
    def back(self) -> str:
        return get_valid_next_url_from_request(self.request) or reverse("editorial:list")

    def variants(self, sent: Any) -> list[Variant]:
        """What may be copied of what was asked for; a correction answers one post and is not said again."""
        rows = Variant.objects.filter(planned_wall__isnull=False, kind=Variant.Kind.POST)
        if "week" in sent and not sent.getlist("v"):
            span = spans.read("week", sent["week"], clock.now().date())
            filters = board.Filters.of(sent)
            shown = board.load(self.request.user, span.first, span.after, filters).entries
            rows = rows.filter(pk__in=[entry.pk for entry in shown])
        else:
            rows = rows.filter(pk__in=chosen_ids(sent.getlist("v")))
        rows = policy.scoped(
            rows.select_related("story", "campaign", "owner"), self.request.user, policy.WRITE
        )
        found = list(rows.order_by("planned_at", "pk"))
        self.more = max(0, len(found) - MAX_BULK)
        return found[:MAX_BULK]

    def page(self, form: RepeatForm, status: int = 200) -> HttpResponse:
        sent = self.request.POST if self.request.method == "POST" else self.request.GET
        entries = board.entries_of(
            self.variants(sent), self.request.user, zone=timezone.get_current_timezone_name()
        )
        later = form.cleaned_data["weeks"] if form.is_valid() else None
        rows = [{"entry": entry, "to": later and _later(entry.variant, later)} for entry in entries]
        context = self.get_context_data(form=form, rows=rows, later=later, more=self.more, next=self.back)
        return self.render_to_response(context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RepeatForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=400)
        made = self.make(self.variants(request.POST), form.cleaned_data["weeks"])
        if not made:
            return HttpResponseRedirect(self.back)
        placed = [variant for variant in made if variant.planned_wall is not None]
        said = f"{pages.count(len(made), 'copy').replace('copys', 'copies')} made, as drafts."
        messages.success(request, said)
        if not placed:
            return HttpResponseRedirect(self.back)
        first: date = placed[0].planned_wall.date()
        query = urlencode({"week": spans.week_with(first).value})
        return HttpResponseRedirect(f"{reverse('editorial:week')}?{query}")

    def make(self, variants: list[Variant], later: int) -> list[Variant]:
        """The copies. One that finds no place (a quiet period, a full day) is made without a time, and says so."""
        made = []
        for variant in variants:
            copy = again(variant, by=self.request.user)
            to = _later(variant, later)
            try:
                if to is None:
                    raise Refused("past", "There is no such date.")
                copy = domain.move(
                    copy,
                    by=self.request.user,
                    wall=to.wall - to.shifted,
                    zone=variant.planned_zone,
                    fold=variant.planned_fold,
                ).variant
            except (Refused, Question) as error:
                messages.warning(
                    self.request, f"The copy of “{variant.story.title}” has no time yet. {error}"
                )
            made.append(copy)
        return made


def _later(variant: Variant, number: int) -> Any:
    return weeks.later(variant.planned_wall, variant.planned_zone, 7 * number, variant.planned_fold)

"""Move the ticked posts by whole days, each at the same time of day on its own clock."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request

from access import policy
from editorial import board, domain, pages
from editorial.core import weeks
from editorial.domain import Question, Refused
from editorial.enums import FIXED
from editorial.views import CalendarPage, chosen_ids
from formats import schedule
from formats.models import Variant

MOST_DAYS = 366


class ShiftForm(forms.Form):
    days = forms.IntegerField(
        label="Move by how many days?",
        min_value=-MOST_DAYS,
        max_value=MOST_DAYS,
        help_text="A negative number moves to earlier days.",
        widget=forms.NumberInput(attrs={"class": "cal-days"}),
    )

    def clean_days(self) -> int:
        days = self.cleaned_data["days"]
        if not days:
            raise forms.ValidationError("Enter a number other than 0.")
        return days


class Shift(CalendarPage):
    """Shows what will stand where, then moves it. What cannot be moved is named with its reason and stays."""

    capability = policy.PLAN
    template_name = "editorial/shift.html"
    page_title = crumb = "Move by days"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ShiftForm(request.GET if "days" in request.GET else {"days": 1})
        return self.page(form, request.GET.getlist("v"))

    def page(self, form: ShiftForm, chosen: list[str], status: int = 200) -> HttpResponse:
        entries = board.entries_of(
            self.variants(chosen), self.request.user, zone=timezone.get_current_timezone_name()
        )
        by = form.cleaned_data["days"] if form.is_valid() else None
        rows = [
            {"entry": entry, "to": by is not None and _later(entry.variant, by), "stays": entry.word in FIXED}
            for entry in entries
        ]
        context = self.get_context_data(
            form=form,
            rows=rows,
            any_movable=any(not row["stays"] for row in rows),
            any_approved=any(row["entry"].word == "approved" for row in rows),
            next=self.back,
        )
        return self.render_to_response(context, status=status)

    @property
    def back(self) -> str:
        return get_valid_next_url_from_request(self.request) or reverse("editorial:list")

    def variants(self, chosen: list[str]) -> list[Variant]:
        rows = Variant.objects.filter(pk__in=chosen_ids(chosen), planned_wall__isnull=False)
        rows = policy.scoped(
            rows.select_related("story", "campaign", "owner"), self.request.user, policy.PLAN
        )
        return list(rows.order_by("planned_at", "pk"))

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = request.POST.getlist("v")
        form = ShiftForm(request.POST)
        if not form.is_valid():
            return self.page(form, chosen, status=400)
        days = form.cleaned_data["days"]
        moved = self.move_all(self.variants(chosen), days)
        if moved:
            query = urlencode([*(("v", pk) for pk in moved), ("days", -days), ("next", self.back)])
            undo = messages.button(f"{reverse('editorial:shift')}?{query}", "Take it back…")
            far = f"{pages.count(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
            messages.success(request, f"{pages.count(len(moved), 'post')} moved {far}.", buttons=[undo])
        return HttpResponseRedirect(self.back)

    def move_all(self, variants: list[Variant], by: int) -> list[int]:
        """Those that were moved. The foremost go first, so that no day is fuller in between than it will be."""
        moved = []
        for variant in reversed(variants) if by > 0 else variants:
            to = _later(variant, by)
            try:
                if to is None:
                    raise Refused("past", "There is no such date.")
                # The fold is kept: where an hour happens twice, the one that was chosen for it is meant again.
                domain.move(
                    variant,
                    by=self.request.user,
                    wall=to.wall - to.shifted,
                    fold=variant.planned_fold,
                    confirmed=self.request.POST.get("confirmed") == "1",
                )
                moved.append(variant.pk)
            except Refused as error:
                messages.error(self.request, f"“{variant.story.title}” was not moved. {error}")
            except Question as question:
                messages.error(self.request, f"“{variant.story.title}” was not moved. {question.message}")
        return moved


def _later(variant: Variant, days: int) -> schedule.Resolved | None:
    return weeks.later(variant.planned_wall, variant.planned_zone, days, variant.planned_fold)

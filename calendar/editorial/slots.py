"""Each account's rhythm: the times of the week at which it usually posts, and how far apart two posts must be."""

from __future__ import annotations

from collections import defaultdict
from datetime import time
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from wagtail.admin import messages
from wagtail.log_actions import log

from access import policy
from channels.models import Channel
from editorial.models import RecurringSlot, Weekday
from editorial.views import CalendarPage

SPARE_ROWS = 3
MOST_ROWS = 24


class GapForm(forms.Form):
    min_gap_min = forms.IntegerField(
        label="Minutes between two posts, at least",
        min_value=0,
        max_value=24 * 60,
        help_text="Nearer posts are marked on the calendar; free slots keep this distance.",
        widget=forms.NumberInput(attrs={"class": "cal-days"}),
    )


class SlotForm(forms.Form):
    """One time of day and the days on which it holds; without either the row is left out."""

    at = forms.TimeField(
        label="Time", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    days = forms.TypedMultipleChoiceField(
        label="Days",
        required=False,
        coerce=int,
        choices=Weekday.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("at") and not data.get("days"):
            self.add_error("days", "Tick at least one day, or empty the time.")
        if data.get("days") and not data.get("at") and "at" not in self.errors:
            self.add_error("at", "Write a time, or untick the days.")
        return data


SlotFormSet = forms.formset_factory(
    SlotForm, extra=SPARE_ROWS, max_num=MOST_ROWS, validate_max=True, absolute_max=MOST_ROWS + 1
)


def rows_of(slots: Any) -> list[dict[str, Any]]:
    """Slots as the form shows them: a time with its days."""
    by_time: dict[time, list[int]] = defaultdict(list)
    for slot in slots:
        by_time[slot.at].append(slot.weekday)
    return [{"at": at, "days": sorted(by_time[at])} for at in sorted(by_time)]


def days_words(days: list[int]) -> str:
    if days == list(range(7)):
        return "every day"
    if days == list(range(5)):
        return "Monday to Friday"
    return ", ".join(Weekday(day).label for day in days)


class Slots(CalendarPage):
    """All accounts with their rhythm."""

    template_name = "editorial/slots/index.html"
    page_title = crumb = "Slots of the accounts"

    def get(self, request: HttpRequest) -> HttpResponse:
        channels = policy.scoped(Channel.objects.all(), request.user).select_related("campaign")
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for channel in channels.prefetch_related("slots").order_by("campaign__title", "platform", "handle"):
            rows = [{**row, "words": days_words(row["days"])} for row in rows_of(channel.slots.all())]
            may = policy.can(request.user, policy.CHANNELS, channel)
            groups[channel.campaign.title].append({"channel": channel, "rows": rows, "may": may})
        return self.render_to_response(self.get_context_data(groups=dict(groups)))


class EditSlots(CalendarPage):
    """One account's slots and gap. Those who connect accounts decide."""

    capability = policy.CHANNELS
    template_name = "editorial/slots/edit.html"
    page_title = "Slots"

    def channel(self, pk: int) -> Channel:
        rows = policy.scoped(Channel.objects.select_related("campaign"), self.request.user, policy.CHANNELS)
        return get_object_or_404(rows, pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk)
        return self.page(
            channel,
            SlotFormSet(initial=rows_of(channel.slots.all())),
            GapForm(initial={"min_gap_min": channel.min_gap_min}),
        )

    def page(self, channel: Channel, formset: Any, gap: GapForm, status: int = 200) -> HttpResponse:
        self.page_subtitle = self.crumb = str(channel)
        zone = getattr(channel.campaign.specific, "time_zone", "UTC")
        context = self.get_context_data(channel=channel, formset=formset, gap=gap, zone=zone)
        return self.render_to_response(context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk)
        formset, gap = SlotFormSet(request.POST, initial=rows_of(channel.slots.all())), GapForm(request.POST)
        if not (formset.is_valid() & gap.is_valid()):
            return self.page(channel, formset, gap, status=400)
        chosen = {
            (day, form.cleaned_data["at"].replace(second=0, microsecond=0))
            for form in formset
            if form.cleaned_data.get("at")
            for day in form.cleaned_data["days"]
        }
        keep(channel, chosen, gap.cleaned_data["min_gap_min"], by=request.user)
        count = f"{len(chosen)} slot{'' if len(chosen) == 1 else 's'} a week"
        messages.success(request, f"{channel.handle}: {count}, {channel.min_gap_min} minutes apart at least.")
        return HttpResponseRedirect(reverse("editorial:slots"))


@transaction.atomic
def keep(channel: Channel, slots: set[tuple[int, time]], min_gap_min: int, *, by: Any) -> None:
    """Replace the account's slots and gap. Posts that are planned stay where they are."""
    channel.slots.all().delete()
    RecurringSlot.objects.bulk_create(
        RecurringSlot(channel=channel, weekday=day, at=at) for day, at in sorted(slots)
    )
    channel.min_gap_min = min_gap_min
    channel.save(update_fields=["min_gap_min"])
    told = [f"{day} {at:%H:%M}" for day, at in sorted(slots)]
    log(instance=channel, action="editorial.slots", user=by, data={"slots": told, "min_gap_min": min_gap_min})


def slots_of(channel: Channel) -> set[tuple[int, time]]:
    return set(channel.slots.values_list("weekday", "at"))


@transaction.atomic
def add(channel: Channel, slots: set[tuple[int, time]], *, by: Any) -> int:
    """Add slots to those that the account has; how many were new."""
    have = slots_of(Channel.objects.select_for_update().get(pk=channel.pk))
    if new := slots - have:
        keep(channel, have | new, channel.min_gap_min, by=by)
    return len(new)

"""The page on which an exception from a quiet period is asked for, and granted or refused by somebody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from editorial.domain import exceptions, quiet
from editorial.domain.refused import Refused
from editorial.views import CalendarPage, tell_refusal
from formats import schedule
from formats.models import Variant
from formats.variants import zone_of


class AskForm(forms.Form):
    wall = forms.DateTimeField(
        label="For which time",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    reason = forms.CharField(
        label="Why it has to go out all the same",
        widget=forms.Textarea({"rows": 3}),
        help_text="Kept with the post, and told to whoever decides.",
    )

    def clean_wall(self) -> datetime:
        return self.cleaned_data["wall"].replace(tzinfo=None)


class Quiet(CalendarPage):
    capability = policy.VIEW
    template_name = "editorial/exceptions/quiet.html"
    page_title = crumb = "Quiet period"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        variant = self.get_variant(pk)
        return self.page(variant, AskForm(initial={"wall": variant.planned_wall}))

    def page(self, variant: Variant, form: AskForm, status: int = 200) -> HttpResponse:
        self.page_subtitle = str(variant)
        user = self.request.user
        period = quiet.period_of(variant)
        zone = variant.planned_zone or zone_of(variant.campaign)
        rows = [
            {
                "row": row,
                "wall": schedule.wall_of(row.at, row.zone or "UTC")[0],
                "may": exceptions.may_settle(row, user),
            }
            for row in exceptions.of(variant)
        ]
        filled = self.get_context_data(
            variant=variant,
            form=form,
            rows=rows,
            zone=zone,
            held=quiet.explain(period, zone) if period else "",
            may_ask=policy.can(user, policy.PLAN, variant),
        )
        return self.render_to_response(filled, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        variant = self.get_variant(pk)
        if "exception" in request.POST:
            return self.settle(variant)
        form = AskForm(request.POST)
        if not form.is_valid():
            return self.page(variant, form, status=400)
        try:
            exceptions.ask(
                variant, by=request.user, reason=form.cleaned_data["reason"], at=self.moment(variant, form)
            )
        except Refused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
            return self.page(variant, form, status=400)
        messages.success(request, "Asked. Whoever may grant it has been told; you cannot grant it yourself.")
        return redirect(reverse("editorial:quiet", args=[variant.pk]))

    def moment(self, variant: Variant, form: AskForm) -> datetime:
        """The planned time exactly where it is meant, so that a doubled hour stays the one that was chosen."""
        wall = form.cleaned_data["wall"]
        planned = variant.planned_wall
        if planned is not None and variant.planned_at is not None and wall == planned.replace(second=0):
            return variant.planned_at
        zone = variant.planned_zone or zone_of(variant.campaign)
        return schedule.resolve(wall, zone, 0).at

    def settle(self, variant: Variant) -> HttpResponse:
        number = self.request.POST["exception"]
        row = get_object_or_404(
            variant.quiet_exceptions, pk=number if number.isdecimal() and len(number) < 12 else 0
        )
        grant = self.request.POST.get("do") == "grant"
        try:
            exceptions.settle(row, by=self.request.user, grant=grant)
        except Refused as error:
            tell_refusal(self.request, error)
        else:
            messages.success(self.request, "Granted, for this time only." if grant else "Refused.")
        return redirect(reverse("editorial:quiet", args=[variant.pk]))


def summary(variant: Variant, user: Any) -> list[dict[str, Any]]:
    """What stands beside the post about exceptions that still matter: for its planned time."""
    return [
        {"row": row, "may": exceptions.may_settle(row, user)}
        for row in exceptions.of(variant)
        if row.at == variant.planned_at
    ]

"""What a campaign wants to reach, metric by metric; managers decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.models import Page

from access import policy
from cms.models import CampaignPage
from engagement.models import Goal
from engagement.report_models import SUMMED
from engagement.views import Numbers

MOST = 10**12


class GoalForm(forms.Form):
    """One metric; empty means no goal."""

    target = forms.IntegerField(label="Wanted", required=False, min_value=1, max_value=MOST)
    due_on = forms.DateField(
        label="By", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("due_on") and not data.get("target") and "target" not in self.errors:
            self.add_error("target", "Write a number, or empty the day.")
        return data


class Goals(Numbers):
    """A campaign's goals in one form."""

    header_icon = "crosshairs"
    page_title = "Goals"

    def campaign(self, pk: int) -> CampaignPage:
        page = get_object_or_404(Page, pk=pk)
        policy.require(self.request.user, policy.GOALS, page)
        self.page_subtitle = page.title
        self.crumb = "Goals"
        return get_object_or_404(CampaignPage, pk=pk)

    def get(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        campaign = self.campaign(campaign_id)
        have = {goal.metric: goal for goal in Goal.objects.filter(campaign=campaign)}
        rows = [
            (label, GoalForm(prefix=name, initial=vars(have[name]) if name in have else None))
            for name, label in SUMMED
        ]
        return self.form(campaign, rows)

    def post(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        campaign = self.campaign(campaign_id)
        rows = [(label, GoalForm(request.POST, prefix=name)) for name, label in SUMMED]
        faulty = [form for _, form in rows if not form.is_valid()]
        if faulty:
            return self.form(campaign, rows, status=400)
        wanted = {str(form.prefix): form.cleaned_data for _, form in rows if form.cleaned_data.get("target")}
        keep(campaign, wanted, by=request.user)
        messages.success(request, f"Goals of {campaign.title}: {len(wanted)} set.")
        return HttpResponseRedirect(f"{reverse('engagement:campaign')}?campaign={campaign.pk}")

    def form(self, campaign: CampaignPage, rows: list[Any], status: int = 200) -> HttpResponse:
        return self.page("engagement/goals.html", campaign=campaign, rows=rows, status=status)


@transaction.atomic
def keep(campaign: CampaignPage, wanted: dict[str, dict[str, Any]], *, by: Any) -> None:
    """Replace a campaign's goals: metric to ``target`` and ``due_on``."""
    Page.objects.select_for_update().get(pk=campaign.pk)  # two people who save at once go in turn
    Goal.objects.filter(campaign=campaign).delete()
    Goal.objects.bulk_create(
        Goal(campaign=campaign, metric=name, **values) for name, values in wanted.items()
    )
    told = {name: values["target"] for name, values in wanted.items()}
    log(instance=campaign, action="engagement.goals", user=by, data={"goals": told})

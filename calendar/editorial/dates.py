"""The dates that campaigns plan around, in the admin: whoever plans posts of a campaign keeps its dates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import modelform_factory
from django.shortcuts import get_object_or_404
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.models import Page

from access import policy
from editorial import pages
from editorial.models import CampaignEvent
from formats.permissions import CampaignPolicy


class CampaignEventPolicy(CampaignPolicy):
    capabilities = {
        "view": policy.PLAN,
        "add": policy.PLAN,
        "change": policy.PLAN,
        "delete": policy.PLAN,
    }


class CampaignEventForm(WagtailAdminModelForm):
    """Offers only campaigns in which the person plans."""

    campaign = forms.ModelChoiceField(Page.objects.none(), empty_label="Choose a campaign")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaigns = policy.campaigns(self.for_user, policy.PLAN)
        self.fields["campaign"].queryset = campaigns
        if self.instance.pk is None and len(campaigns) == 1:
            self.fields["campaign"].initial = campaigns[0]


class _Walled:
    """Mixed into every view: nobody opens a date of another campaign, by whatever address."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        policy.require(request.user, policy.PLAN)
        if "pk" in kwargs:
            event = get_object_or_404(CampaignEvent, pk=unquote(str(kwargs["pk"])))
            if not policy.can(request.user, policy.PLAN, event):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class _WalledList(_Walled):
    def get_base_queryset(self) -> QuerySet:
        rows = super().get_base_queryset()
        if getattr(rows, "model", None) is not CampaignEvent:  # the history view lists log entries
            return rows
        return policy.scoped(rows, self.request.user, policy.PLAN).select_related("campaign")


class CampaignEventViewSet(ModelViewSet):
    model = CampaignEvent
    name = "campaign_dates"
    url_prefix = "calendar/dates"
    icon = "date"
    menu_label = "Campaign dates"
    add_to_settings_menu = True
    copy_view_enabled = False
    list_display = (
        "name",
        Column("campaign", label="Campaign", accessor="campaign.title"),
        Column(
            "first_on", label="Day", sort_key="first_on", accessor=lambda event: pages.day(event.first_on)
        ),
        Column("begins", label="Time", accessor=lambda event: event.begins and f"{event.begins:%H:%M}"),
        Column("place", label="Place"),
    )
    ordering = "-first_on"
    form_fields = ("name", "campaign", "first_on", "last_on", "begins", "place")

    def get_form_class(self, for_update: bool = False) -> type[CampaignEventForm]:
        return modelform_factory(self.model, form=CampaignEventForm, fields=self.form_fields)

    def construct_view(self, view_class: type, **kwargs: Any) -> Any:
        wall = _WalledList if hasattr(view_class, "get_base_queryset") else _Walled
        return super().construct_view(type(view_class.__name__, (wall, view_class), {}), **kwargs)


campaign_dates = CampaignEventViewSet()

"""Quiet periods in the admin: managers keep their campaigns' own, administrators also those for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.forms import modelform_factory
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.models import Page
from wagtail.permission_policies.base import BasePermissionPolicy

from access import policy
from access.models import CampaignRole
from channels.models import Channel
from editorial.models import QuietPeriod
from editorial.quiet_rights import may_change


class QuietPeriodPolicy(BasePermissionPolicy):
    """Whoever may hold a campaign's posts (PAUSE) may plan its quiet periods; those for all are administrators'."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return policy.can(user, policy.PAUSE)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return may_change(user, instance)

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> QuerySet:
        return policy.scoped(QuietPeriod.objects.all(), user, policy.PAUSE)

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet:
        roles = [role for role, has in policy.CAPABILITIES.items() if policy.PAUSE in has]
        groups = CampaignRole.objects.filter(role__in=roles).values("group")
        users = get_user_model().objects.filter(is_active=True)
        return users.filter(Q(is_superuser=True) | Q(groups__in=groups)).distinct()


class QuietPeriodForm(WagtailAdminModelForm):
    """Offers only campaigns and accounts that the person may hold."""

    # A list to choose from, not Wagtail's chooser that shows the whole tree.
    campaign = forms.ModelChoiceField(
        Page.objects.none(), required=False, help_text="Empty: every campaign.", empty_label="Every campaign"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.for_user
        campaigns = policy.campaigns(user, policy.PAUSE)
        self.fields["campaign"].queryset = campaigns
        self.fields["channel"].queryset = policy.scoped(Channel.objects.all(), user, policy.PAUSE)
        if not user.is_superuser:
            self.fields["campaign"].required = True
            self.fields["campaign"].empty_label = "Choose a campaign"
            self.fields["campaign"].help_text = "Nothing of this campaign goes out."

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("campaign") is None and not self.for_user.is_superuser:
            raise ValidationError({"campaign": "Choose a campaign."})
        return data

    def save(self, commit: bool = True) -> QuietPeriod:
        if self.instance.pk is None:
            self.instance.created_by = self.for_user
        return super().save(commit)


class _Walled:
    """Mixed into every view of the viewset: nobody opens a period that is not theirs, by whatever address."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        policy.require(request.user, policy.PAUSE)
        if "pk" in kwargs:
            period = get_object_or_404(QuietPeriod, pk=unquote(str(kwargs["pk"])))
            allowed = QuietPeriodPolicy(QuietPeriod)
            if not allowed.user_has_permission_for_instance(request.user, "change", period):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class _WalledList(_Walled):
    def get_base_queryset(self) -> QuerySet:
        rows = super().get_base_queryset()
        if getattr(rows, "model", None) is not QuietPeriod:  # the history view lists log entries
            return rows
        return (
            policy.scoped(rows, self.request.user, policy.PAUSE)
            .select_related("campaign", "channel")
            .annotate(
                granted=Count("exceptions", filter=Q(exceptions__granted=True)),
                asked=Count("exceptions", filter=Q(exceptions__settled_at=None)),
            )
        )


def _time(at: datetime) -> str:
    """In the person's zone; Wagtail's own date column only knows the past."""
    return date_format(timezone.localtime(at), "D j M Y, H:i")


def exceptions_of(period: QuietPeriod) -> str:
    """How many posts may go out all the same, and how many ask to."""
    counts = ((getattr(period, "granted", 0), "granted"), (getattr(period, "asked", 0), "asked for"))
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "None"


class QuietPeriodViewSet(ModelViewSet):
    model = QuietPeriod
    name = "quiet_periods"
    url_prefix = "calendar/quiet"
    icon = "no-view"
    menu_label = "Quiet periods"
    add_to_settings_menu = True
    copy_view_enabled = False
    list_display = (
        "name",
        Column("campaign", label="Campaign", accessor=lambda period: period.campaign or "Every campaign"),
        Column("channel", label="Account", accessor=lambda period: period.channel or "All accounts"),
        Column(
            "starts_at", label="From", sort_key="starts_at", accessor=lambda period: _time(period.starts_at)
        ),
        Column("ends_at", label="Until", sort_key="ends_at", accessor=lambda period: _time(period.ends_at)),
    )
    ordering = "-starts_at"
    form_fields = ("name", "reason", "campaign", "channel", "country", "starts_at", "ends_at")

    def get_form_class(self, for_update: bool = False) -> type[QuietPeriodForm]:
        return modelform_factory(
            self.model,
            form=QuietPeriodForm,
            fields=self.form_fields,
        )

    def construct_view(self, view_class: type, **kwargs: Any) -> Any:
        wall = _WalledList if hasattr(view_class, "get_base_queryset") else _Walled
        return super().construct_view(type(view_class.__name__, (wall, view_class), {}), **kwargs)


quiet_periods = QuietPeriodViewSet()

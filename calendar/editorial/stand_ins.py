"""Who stands in for whom: an approver names somebody for the time they are away; administrators for anybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import modelform_factory
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies.base import BasePermissionPolicy

from access import policy
from access.models import CampaignRole, StandIn


class StandInPolicy(BasePermissionPolicy):
    """Whoever may approve may name somebody for themselves; administrators for everybody."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return bool(user.is_active) and policy.approves_anywhere(user)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return bool(
            user.is_active
            and (user.is_superuser or (policy.approves_anywhere(user) and instance.absent_id == user.pk))
        )

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> QuerySet:
        return mine(StandIn.objects.all(), user)

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet:
        groups = CampaignRole.objects.filter(role__in=policy.APPROVING).values("group")
        users = get_user_model().objects.filter(is_active=True)
        return users.filter(Q(is_superuser=True) | Q(groups__in=groups)).distinct()


def mine(rows: QuerySet, user: Any) -> QuerySet:
    return rows if user.is_superuser else rows.filter(absent=user)


def colleagues(user: Any) -> QuerySet:
    """Everybody with a role in a campaign of this person: only there they can stand in."""
    people = get_user_model().objects.filter(is_active=True)
    if user.is_superuser:
        return people.order_by("last_name", "username")
    seen = policy.campaign_ids(user, policy.VIEW) or set()
    groups = CampaignRole.objects.filter(campaign_id__in=seen).values("group")
    return people.filter(groups__in=groups).exclude(pk=user.pk).distinct().order_by("last_name", "username")


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, person: Any) -> str:
        return person.get_full_name() or person.get_username()


class StandInForm(WagtailAdminModelForm):
    absent = PersonField(None, label="Who is away")
    deputy = PersonField(
        None, label="Who stands in", help_text="May approve meanwhile, in the campaigns that they see anyway."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.for_user
        self.fields["deputy"].queryset = colleagues(user)
        people = get_user_model().objects.filter(is_active=True)
        self.fields["absent"].queryset = people if user.is_superuser else people.filter(pk=user.pk)
        if not user.is_superuser:
            self.fields["absent"].initial = user.pk

    def save(self, commit: bool = True) -> StandIn:
        if self.instance.pk is None:
            self.instance.made_by = self.for_user
        return super().save(commit)


class _Walled:
    """Mixed into every view of the viewset: nobody opens what is not theirs, by whatever address."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if not policy.approves_anywhere(request.user):
            raise PermissionDenied
        if "pk" in kwargs:
            row = get_object_or_404(StandIn, pk=unquote(str(kwargs["pk"])))
            if not StandInPolicy(StandIn).user_has_permission_for_instance(request.user, "change", row):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class _WalledList(_Walled):
    def get_base_queryset(self) -> QuerySet:
        rows = super().get_base_queryset()
        if getattr(rows, "model", None) is not StandIn:  # the history view lists log entries
            return rows
        return mine(rows, self.request.user).select_related("absent", "deputy")


def _person(name: str) -> Any:
    return lambda row: PersonField.label_from_instance(None, getattr(row, name))  # type: ignore[arg-type]


def _time(at: datetime) -> str:
    """In the person's zone; Wagtail's own date column only knows the past."""
    return date_format(timezone.localtime(at), "D j M Y, H:i")


class StandInViewSet(ModelViewSet):
    model = StandIn
    name = "stand_ins"
    url_prefix = "calendar/stand-ins"
    icon = "group"
    menu_label = "Stand-ins"
    add_to_settings_menu = True
    copy_view_enabled = False
    list_display = (
        Column("absent", label="Away", accessor=_person("absent")),
        Column("deputy", label="Stands in", accessor=_person("deputy")),
        Column("starts_at", label="From", sort_key="starts_at", accessor=lambda row: _time(row.starts_at)),
        Column("ends_at", label="Until", sort_key="ends_at", accessor=lambda row: _time(row.ends_at)),
        "note",
    )
    ordering = "-starts_at"
    form_fields = ("absent", "deputy", "starts_at", "ends_at", "note")

    def get_form_class(self, for_update: bool = False) -> type[StandInForm]:
        return modelform_factory(self.model, form=StandInForm, fields=self.form_fields)

    def construct_view(self, view_class: type, **kwargs: Any) -> Any:
        wall = _WalledList if hasattr(view_class, "get_base_queryset") else _Walled
        return super().construct_view(type(view_class.__name__, (wall, view_class), {}), **kwargs)


stand_ins = StandInViewSet()

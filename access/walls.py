"""Addresses of Wagtail and its kin that show a thing without asking whose it is: asked here first, for all of them.

Wagtail guards pages by the tree and files by collections, but some of its views name what they should not: choosers, usage
pages, bulk actions, reports over the whole site. ``tests/editorial/test_every_address.py`` walks every address of the admin
and found each of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from wagtail.models import CollectionMember, Page

from access import policy
from access.models import CampaignRole

Guard = Callable[[HttpRequest, dict[str, Any]], None]


def sees_page(user: Any, page: Page) -> bool:
    """Pages outside every campaign are everybody's; inside one, its team's."""
    paths = CampaignRole.objects.values_list("campaign__path", flat=True).distinct()
    inside = any(page.path.startswith(path) for path in paths)
    return not inside or policy.can(user, policy.VIEW, page)


def visible_pages(pages: QuerySet, user: Any) -> QuerySet:
    """Of a chooser's pages: one's own campaigns', those outside any, and what the public sees anyway."""
    if user.is_superuser:
        return pages
    rows = CampaignRole.objects.values_list("campaign_id", "campaign__path").distinct()
    mine = policy.campaign_ids(user, policy.VIEW) or set()
    foreign = Q()
    for pk, path in rows:
        if pk not in mine:
            foreign |= Q(path__startswith=path)
    return pages.exclude(foreign & Q(live=False)) if foreign else pages


# Guards ---------------------------------------------------------------------------------------------------------------
def administrators(request: HttpRequest, kwargs: dict[str, Any]) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


def page_named(*names: str) -> Guard:
    def guard(request: HttpRequest, kwargs: dict[str, Any]) -> None:
        for page in Page.objects.filter(pk__in=[kwargs[name] for name in names if name in kwargs]):
            if not sees_page(request.user, page):
                raise Http404

    return guard


def bulk(request: HttpRequest, kwargs: dict[str, Any]) -> None:
    """The page names also what may not be done with; so nothing foreign may be in the list at all."""
    try:
        model = apps.get_model(kwargs["app_label"], kwargs["model_name"])
    except LookupError as error:
        raise Http404 from error
    things = _asked(model, request)
    if issubclass(model, Page):
        hidden = any(not sees_page(request.user, page) for page in things)
    elif any(field.name == "campaign" for field in model._meta.get_fields()):
        hidden = any(not policy.can(request.user, policy.VIEW, thing) for thing in things)
    else:
        hidden = things.exists() and _files_of(model, request.user).filter(pk__in=things).count() != len(
            things
        )
    if hidden:
        raise Http404


def _asked(model: Any, request: HttpRequest) -> QuerySet:
    """What Wagtail would name for these ids, read as it reads them: int() takes " 5" and "+5" as well."""
    ids = request.GET.getlist("id")
    things = model._default_manager.all()
    if "all" not in ids:
        try:
            return things.filter(pk__in=[int(pk) for pk in ids])
        except (ValueError, OverflowError) as error:
            raise Http404 from error
    if issubclass(model, Page) and "childOf" in request.GET:
        parent = get_object_or_404(Page, pk=_number(request.GET["childOf"]))
        return parent.get_descendants() if request.GET.get("q") else parent.get_children()
    # Of files Wagtail takes only those that the person may change.
    return things.none() if issubclass(model, CollectionMember) else things


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Http404 from error


def file_named(label: str, name: str) -> Guard:
    """A file of a collection in which the person may do anything at all."""

    def guard(request: HttpRequest, kwargs: dict[str, Any]) -> None:
        if not _files_of(apps.get_model(label), request.user).filter(pk=kwargs[name]).exists():
            raise Http404

    return guard


def _files_of(model: Any, user: Any) -> QuerySet:
    from wagtail.permissions import policy_registry  # filled when the apps are ready

    return policy_registry.get_by_type(model).instances_user_has_any_permission_for(
        user, ["choose", "change", "delete"]
    )


GUARDS: dict[str, Guard] = {
    "wagtail_bulk_action": bulk,
    "wagtailadmin_pages:move_confirm": page_named("page_to_move_id", "destination_id"),
    "wagtailadmin_choose_page_child": page_named("parent_page_id"),
    **dict.fromkeys(
        (
            # They say in a message what a page is called before they ask whose it is.
            "wagtailadmin_pages:workflow_action",
            "wagtailadmin_pages:collect_workflow_action_data",
            "wagtailadmin_pages:confirm_workflow_cancellation",
            "wagtailadmin_pages:workflow_preview",
        ),
        page_named("page_id"),
    ),
    "wagtailmedia:media_usage": file_named("cms.CampaignMedia", "media_id"),
    **dict.fromkeys(
        (
            "wagtailadmin_pages:type_use",
            "wagtailadmin_pages:type_use_results",
            "wagtailadmin_workflows:task_chooser",
            "wagtailadmin_workflows:task_chooser_results",
            "wagtailadmin_workflows:task_chosen",
            "wagtailadmin_reports:locked_pages",
            "wagtailadmin_reports:locked_pages_results",
            "wagtailadmin_reports:workflow",
            "wagtailadmin_reports:workflow_results",
            "wagtailadmin_reports:workflow_tasks",
            "wagtailadmin_reports:workflow_tasks_results",
            "wagtailadmin_reports:site_history",
            "wagtailadmin_reports:site_history_results",
            "wagtailadmin_reports:aging_pages",
            "wagtailadmin_reports:aging_pages_results",
            "wagtailadmin_reports:page_types_usage",
            "wagtailadmin_reports:page_types_usage_results",
        ),
        administrators,
    ),
}


class Middleware:
    """Asks the guard of an address before its view runs. Whoever is not signed in meets the sign-in page first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        match = request.resolver_match
        guard = GUARDS.get(match.view_name) if match else None
        if guard is not None and request.user.is_authenticated:
            guard(request, kwargs)

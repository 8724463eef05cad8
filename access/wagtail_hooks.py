"""Where Wagtail lists more than a person may see: its interface for files, the chooser of pages, the menu of reports."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail import hooks
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.permissions import policy_registry

from access import walls

SITE_WIDE = {"locked-pages", "workflows", "workflow-tasks", "site-history", "aging-pages", "page-types-usage"}


class MyFiles:
    """Only files of collections in which the person may do anything."""

    def get_queryset(self) -> QuerySet:
        rows: Any = super().get_queryset()  # type: ignore[misc]
        policy = policy_registry.get_by_type(rows.model)
        mine = policy.instances_user_has_any_permission_for(
            self.request.user,  # type: ignore[attr-defined]
            ["choose", "change", "delete"],
        )
        return rows.filter(pk__in=mine.values("pk"))


class MyImages(MyFiles, ImagesAdminAPIViewSet):
    pass


class MyDocuments(MyFiles, DocumentsAdminAPIViewSet):
    pass


@hooks.register("construct_admin_api", order=100)
def endpoints(router: Any) -> None:
    """After Wagtail's own, in whose places these are."""
    router.register_endpoint("images", MyImages)
    router.register_endpoint("documents", MyDocuments)


@hooks.register("construct_page_chooser_queryset")
def my_pages(pages: QuerySet, request: HttpRequest) -> QuerySet:
    return walls.visible_pages(pages, request.user)


@hooks.register("construct_reports_menu")
def my_reports(request: HttpRequest, menu_items: list[Any]) -> None:
    """Reports over the whole site are the administrators'; elsewhere the address answers no as well (access.walls)."""
    if not request.user.is_superuser:
        menu_items[:] = [item for item in menu_items if item.name not in SITE_WIDE]

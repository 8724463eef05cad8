"""Notices in Wagtail's admin: a panel on the first page and a page of all."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from work import glance, pages
from work.account import MailsPanel
from work.models import Notice

SHOWN = 5


glance.register(
    "notices", lambda user: glance.count_of(Notice.objects.filter(user=user, read_at=None), "user")
)


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("notices/", include(pages))]


@hooks.register("register_account_settings_panel")
def account_panel(request: HttpRequest, user: Any, profile: Any) -> MailsPanel:
    return MailsPanel(request, user, profile)


class NoticesMenuItem(MenuItem):
    """Says on every page how many notices are new."""

    def render_component(self, request: HttpRequest) -> Any:
        item = super().render_component(request)
        if unread := glance.of(request)["notices"]:
            item.label = f"{item.label} ({unread})"
        return item


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return NoticesMenuItem("Notices", reverse("work:notices"), name="notices", icon_name="mail", order=9000)


class Unread(Component):
    name = "notices"
    template_name = "work/unread.html"
    order = 120

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        unread = Notice.objects.filter(user=parent_context["request"].user, read_at=None)
        return {"notices": list(unread[:SHOWN]), "count": unread.count()}


@hooks.register("construct_homepage_panels")
def panels(request: HttpRequest, panels: list[Any]) -> None:
    panels.append(Unread())


@hooks.register("insert_global_admin_css")
def css() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("work/notices.css"))

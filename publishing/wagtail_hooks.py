"""Where publishing meets Wagtail's admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists
from django.http import HttpRequest
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from access import policy
from publishing import urls
from publishing.core.states import State
from publishing.models import Publication, Version
from publishing.pages.base import Row
from work import glance
from work.models import Switch


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("publishing/", include(urls))]


class PublishingMenuItem(MenuItem):
    """Says on every page of the admin how many posts wait for this person."""

    def is_shown(self, request: HttpRequest) -> bool:
        return policy.can(request.user, policy.VIEW)

    def render_component(self, request: HttpRequest) -> Any:
        item = super().render_component(request)
        if waiting := glance.of(request)["waiting"]:
            item.label = f"{item.label} ({waiting})"
        return item


def _waiting(user: Any) -> Any:
    """How many posts need a decision that this person may make."""
    rows = policy.scoped(Publication.objects.filter(state=State.ATTENTION), user, policy.PUBLISH)
    return glance.count_of(rows, "state")


glance.register("waiting", _waiting)
glance.register("paused", lambda user: Exists(Switch.objects.filter(on=True)))


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return PublishingMenuItem(
        "Publishing", reverse("publishing:index"), name="publishing", icon_name="upload", order=200
    )


class NeedsDecision(Component):
    """On the first page after signing in: what waits for a person."""

    name = "needs-decision"
    template_name = "publishing/needs_decision.html"
    order = 110

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        rows = (
            Publication.objects.seen_by(user)
            .filter(state=State.ATTENTION)
            .select_related("version", "channel")
        )
        waiting = policy.scoped(rows, user, policy.PUBLISH).order_by("attention_since", "due_at")
        return {"rows": [Row(publication) for publication in waiting[:5]], "count": waiting.count()}


@hooks.register("construct_homepage_panels")
def panels(request: HttpRequest, panels: list[Any]) -> None:
    if policy.can(request.user, policy.PUBLISH):
        panels.append(NeedsDecision())


@hooks.register("register_icons")
def icons(icons: list[str]) -> list[str]:
    return [*icons, "publishing/icons/pub-pause.svg", "publishing/icons/pub-dot.svg"]


@hooks.register("insert_global_admin_css")
def panel_css() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("publishing/publishing.css"))


@hooks.register("before_delete_page")
def keep_what_was_approved(request: HttpRequest, page: Any) -> Any:
    """Approved versions are the record of what went out; the page they hang on stays, too."""
    below = page.get_descendants(inclusive=True)
    if Version.objects.filter(variant__story__in=below).exists():
        messages.error(
            request,
            f"“{page.get_admin_display_title()}” cannot be deleted: posts made from it were approved, and the record of "
            "them must stay. Unpublish it instead.",
        )
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None

"""Where the calendar meets Wagtail's admin."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.home import UserObjectsInWorkflowModerationPanel, WorkflowObjectsToModeratePanel
from wagtail.log_actions import LogFormatter
from wagtail.permissions import register_permission_policy
from wagtail.snippets.action_menu import (
    ActionMenuItem,
    CancelWorkflowMenuItem,
    PublishMenuItem,
    RestartWorkflowMenuItem,
    SubmitForModerationMenuItem,
    UnpublishMenuItem,
    WorkflowMenuItem,
)

from access import policy
from access.models import StandIn
from editorial import domain, record, urls
from editorial.claims import views as claims
from editorial.dashboard import MyVariants, WaitingForMe
from editorial.dates import CampaignEventPolicy, campaign_dates
from editorial.domain import Refused
from editorial.history import WORDS
from editorial.models import CampaignEvent, QuietPeriod
from editorial.quiet_periods import QuietPeriodPolicy, quiet_periods
from editorial.stand_ins import StandInPolicy, stand_ins
from formats.models import Variant
from formats.registry import FORMATS

register_permission_policy(QuietPeriod, QuietPeriodPolicy(QuietPeriod))
register_permission_policy(CampaignEvent, CampaignEventPolicy(CampaignEvent))
register_permission_policy(StandIn, StandInPolicy(StandIn))

__all__ = ["record"]  # its hooks register themselves

ICONS = tuple(f"platform-{name}" for name in sorted({each.platform for each in FORMATS}))


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("calendar/", include(urls)), path("claims/", include(claims))]


@hooks.register("register_admin_viewset")
def admin_viewset() -> Any:
    return [quiet_periods, campaign_dates, stand_ins]


@hooks.register("register_icons")
def icons(icons: list[str]) -> list[str]:
    return [*icons, *(f"editorial/icons/{name}.svg" for name in ICONS)]


class CalendarMenuItem(MenuItem):
    def is_shown(self, request: Any) -> bool:
        return policy.can(request.user, policy.VIEW)


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return CalendarMenuItem(
        "Calendar", reverse("editorial:month"), name="calendar", icon_name="calendar-alt", order=1
    )


@hooks.register("insert_global_admin_css")
def panel_css() -> str:
    """The dashboard's panels; the calendar's own pages load it themselves."""
    return format_html('<link rel="stylesheet" href="{}">', static("editorial/parts.css"))


@hooks.register("construct_homepage_panels")
def panels(request: Any, panels: list[Any]) -> None:
    """Ours stand in for Wagtail's two: those list variants with buttons that approve unseen."""
    theirs = (WorkflowObjectsToModeratePanel, UserObjectsInWorkflowModerationPanel)
    panels[:] = [panel for panel in panels if not isinstance(panel, theirs)]
    panels += [WaitingForMe(), MyVariants()]


# The editor's buttons -------------------------------------------------------------------------------------------------
class SubmitForApproval(ActionMenuItem):
    """Saves, then submits by our rules (after_edit_snippet); Wagtail's own button knows no blockers."""

    name = "editorial-submit"
    label = "Submit for approval"
    icon_name = "resubmit"

    def is_shown(self, context: dict[str, Any]) -> bool:
        variant = context.get("instance")
        return (
            context["view"] == "edit"
            and not context.get("locked_for_user")
            and policy.can(context["request"].user, policy.SUBMIT, variant)
            and not variant.workflow_in_progress
        )


class OpenForApproval(ActionMenuItem):
    """Approving is done where the payload is shown; saving in the editor would make the approver an author."""

    name = "editorial-open"
    label = "Look at it and decide…"
    icon_name = "view"

    def is_shown(self, context: dict[str, Any]) -> bool:
        return True

    def get_url(self, parent_context: dict[str, Any]) -> str:
        return reverse("editorial:variant", args=[quote(parent_context["instance"].pk)])


WAGTAILS_OWN = (
    PublishMenuItem,
    UnpublishMenuItem,
    SubmitForModerationMenuItem,
    RestartWorkflowMenuItem,
    WorkflowMenuItem,
)


@hooks.register("construct_snippet_action_menu")
def variant_buttons(menu_items: list[Any], request: Any, context: dict[str, Any]) -> None:
    if context["model"] is not Variant:
        return
    decides = any(isinstance(item, WorkflowMenuItem) for item in menu_items)
    menu_items[:] = [item for item in menu_items if not isinstance(item, WAGTAILS_OWN)]
    for item in menu_items:
        if isinstance(item, CancelWorkflowMenuItem):
            item.label = "Withdraw from approval"
    if (submit := SubmitForApproval(order=10)).is_shown(context):
        menu_items.append(submit)
    if decides:
        menu_items.append(OpenForApproval(order=5))
    menu_items.sort(key=lambda item: item.order)


@hooks.register("after_edit_snippet")
def submit_after_saving(request: Any, instance: Any) -> None:
    if not isinstance(instance, Variant) or "editorial-submit" not in request.POST:
        return
    try:
        domain.submit(instance, by=request.user)
    except Refused as error:
        for reason in error.reasons:
            messages.error(request, reason)
    else:
        messages.success(request, "Submitted. The people who approve have been told.")


GUESTS_AND_QUIET = {
    name: words for name, words in WORDS.items() if name.startswith(("editorial.guest", "editorial.quiet"))
}


@hooks.register("register_log_actions")
def log_actions(actions: Any) -> None:
    actions.register_action("editorial.slots", "Change slots", "Changed the account's slots")
    for name, words in GUESTS_AND_QUIET.items():
        actions.register_action(name, words, words)

    @actions.register_action("editorial.move")
    class Moved(LogFormatter):
        label = "Move in time"

        def format_message(self, log_entry: Any) -> str:
            planned = log_entry.data.get("to") or {}
            wall = (planned.get("wall") or "").replace("T", " ")
            return f"Moved to {wall[:16]} ({planned.get('zone', '')})" if wall else "Taken off the calendar"

"""The admin's look, its first page, and menus without what a role never needs.

Menus only follow permissions: what is hidden here is refused elsewhere (access.policy, Wagtail's own policies).
"""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import LogFormatter
from wagtail.snippets.models import register_snippet

from cms import welcome
from cms.claims.viewset import ClaimViewSet
from cms.library import CopyAgainView
from cms.looks import views as looks
from cms.maps.viewset import MapViewSet
from cms.models import CampaignPage
from cms.people.viewset import AccountViewSet

register_snippet(ClaimViewSet)
register_snippet(AccountViewSet)
register_snippet(MapViewSet)

# For those who build the site; and links that lead to other people's servers.
ONLY_ADMINISTRATORS = {"documents"}
REPORTS_FOR_TEAMS = {"locked-pages", "site-history", "aging-pages"}
HELP = {"keyboard-shortcuts-trigger"}


class WelcomePanel(Component):
    name = "hustings_welcome"
    template_name = "cms/admin/welcome.html"
    order = 50

    def get_context_data(self, parent_context):
        user = parent_context["request"].user
        return {"user": user, "corners": welcome.corners(user)}


@hooks.register("construct_homepage_panels")
def welcome_panel(request, panels):
    panels.append(WelcomePanel())


@hooks.register("register_admin_urls")
def look_urls():
    return [
        path("campaigns/<int:pk>/look/", looks.LookView.as_view(), name="campaign_look"),
        path("campaigns/<int:pk>/look/check/", looks.CheckView.as_view(), name="campaign_look_check"),
        path("campaigns/<int:pk>/look/cards.jpg", looks.PictureView.as_view(), name="campaign_look_picture"),
    ]


@hooks.register("register_admin_urls")
def media_urls():
    return [path("media/<int:pk>/public-copy/", CopyAgainView.as_view(), name="campaign_media_copy")]


@hooks.register("register_page_header_buttons")
def look_button(page, user, view_name, next_url=None):
    if page.pk and page.specific_class is CampaignPage and page.permissions_for_user(user).can_edit():
        yield Button("Look", url=reverse("campaign_look", args=[page.pk]), icon_name="view", priority=14)


@hooks.register("insert_global_admin_css")
def admin_css():
    return format_html('<link rel="stylesheet" href="{}">', static("cms/admin.css"))


@hooks.register("construct_main_menu", order=1000)
def main_menu(request, items):
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name not in ONLY_ADMINISTRATORS]


@hooks.register("construct_reports_menu", order=1000)
def reports_menu(request, items):
    """Wagtail's reports about its own workflows and page types; ours come under their own names."""
    if request.user.is_superuser:
        return
    theirs = {"workflows", "workflow-tasks", "page-types-usage"} | REPORTS_FOR_TEAMS
    items[:] = [item for item in items if item.name not in theirs or item.name in REPORTS_FOR_TEAMS]


@hooks.register("construct_help_menu", order=1000)
def help_menu(request, items):
    items[:] = [item for item in items if item.name in HELP]


@hooks.register("construct_homepage_summary_items", order=1000)  # after those who add
def summary(request, items):
    """Counts of pages and documents of the whole site say nothing to a team."""
    if not request.user.is_superuser:
        items[:] = []


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action("claims.check")
    class Checked(LogFormatter):
        label = "Check a claim"

        def format_message(self, log_entry):
            until = log_entry.data.get("until")
            return f"Checked, as of {log_entry.data.get('on')}" + (f", good until {until}" if until else "")

    @actions.register_action("claims.withdraw")
    class Withdrawn(LogFormatter):
        label = "Correct or retract a claim"

        def format_message(self, log_entry):
            return f"{str(log_entry.data.get('how', '')).capitalize()}: {log_entry.data.get('why', '')}"

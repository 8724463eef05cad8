from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access import policy
from engagement import spending
from engagement.api.page import Panel
from engagement.subscribing import DigestPanel
from publishing.pages import costs

costs.also_reads(spending.shown)


class NumbersMenuItem(MenuItem):
    def is_shown(self, request):
        return policy.can(request.user, policy.REPORT)


@hooks.register("register_admin_urls")
def urls():
    return [path("numbers/", include("engagement.urls"))]


@hooks.register("register_admin_menu_item")
def menu_item():
    # Wagtail has a menu of its own called Reports, about pages.
    return NumbersMenuItem(
        "Numbers", reverse("engagement:index"), name="numbers", icon_name="order", order=250
    )


@hooks.register("register_account_settings_panel")
def digest_panel(request, user, profile):
    return DigestPanel(request, user, profile)


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action("engagement.goals", "Set goals", "Set the campaign's goals")
    actions.register_action("engagement.clicks", "Import clicks", "Imported clicks on the site")
    actions.register_action(
        "engagement.clicks_back", "Delete clicks", "Deleted an import of clicks on the site"
    )


@hooks.register("register_account_settings_panel")
def keys_panel(request, user, profile):
    return Panel(request, user, profile)

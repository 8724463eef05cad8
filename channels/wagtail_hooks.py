from django.urls import reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access import policy
from channels.viewset import ChannelsViewSet


@hooks.register("register_admin_viewset")
def register_channels() -> ChannelsViewSet:
    return ChannelsViewSet()


class ChannelsMenuItem(MenuItem):
    def is_shown(self, request):
        return policy.can(request.user, policy.VIEW)


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    return ChannelsMenuItem(
        "Channels", reverse("channels:index"), name="channels", icon_name="link", order=450
    )


@hooks.register("register_log_actions")
def register_log_actions(actions) -> None:
    actions.register_action("channels.connect", "Connect", "Connected the account")
    actions.register_action("channels.reconnect", "Reconnect", "Connected the account again")
    actions.register_action("channels.groups", "Groups", "Changed which groups may use the account")
    actions.register_action("channels.app", "App", "Changed our app at the network")
    actions.register_action("channels.disconnect", "Disconnect", "Disconnected the account")

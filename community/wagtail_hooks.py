"""Where conversations meet Wagtail's admin."""

from __future__ import annotations

from typing import Any

from django.urls import include, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from access import policy
from community import urls


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("conversations/", include(urls))]


class ConversationsMenuItem(MenuItem):
    def is_shown(self, request: Any) -> bool:
        return policy.can(request.user, policy.REPLY)


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return ConversationsMenuItem(
        "Conversations", reverse("community:inbox"), name="conversations", icon_name="comment", order=2
    )


@hooks.register("register_log_actions")
def log_actions(actions: Any) -> None:
    actions.register_action(
        "community.copied", "Copy for a person", "Made a copy of all that is held about a person"
    )
    actions.register_action("community.erased", "Forget a person", "Forgot a person on request")
    actions.register_action(
        "community.settings", "Set conversations", "Changed how conversations are handled"
    )

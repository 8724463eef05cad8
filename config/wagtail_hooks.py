"""The System page in Wagtail's admin, for administrators only."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from config.system import System
from config.templatetags.hustings import bundle


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("system/", System.as_view(), name="system")]


@hooks.register("insert_global_admin_js")
def on_every_page() -> str:
    return bundle("saving") + bundle("tags")


class SystemMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_superuser


@hooks.register("register_settings_menu_item")
def menu_item() -> MenuItem:
    return SystemMenuItem("System", reverse("system"), name="system", icon_name="cogs", order=9000)

"""The page where an administrator enters the id and secret of our app at each network.

A secret that was entered is never shown again. What stands in the environment goes first, and the page says so.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from wagtail.admin import messages
from wagtail.log_actions import log

from channels import connect, keys, webhooks
from channels.connectors.registry import CONNECTORS
from channels.models import NetworkApp
from channels.views import ChannelsPage

MAX = 300


@method_decorator(sensitive_post_parameters("client_secret"), name="dispatch")
class NetworksView(ChannelsPage):
    template_name = "channels/networks.html"
    page_title = "Networks"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = [_row(connector) for connector in CONNECTORS]
        return super().get_context_data(rows=rows, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        platform = request.POST.get("platform", "")
        if platform not in CONNECTORS:
            raise PermissionDenied
        label, now = CONNECTORS[platform].label, keys.of(platform)
        if now.source == "environment":
            messages.error(request, f"{label} is set in the environment; change it there.")
        elif request.POST.get("forget"):
            keys.forget(platform)
            _log(request, platform, "forgot")
            messages.success(request, f"{label}'s app is forgotten here.")
        else:
            self.keep(request, platform, label, now)
        return redirect("channels:networks")

    def keep(self, request: HttpRequest, platform: str, label: str, now: keys.AppKeys) -> None:
        client_id = request.POST.get("client_id", "").strip()[:MAX]
        secret = request.POST.get("client_secret", "").strip()[:MAX]
        if not client_id:
            messages.error(request, f"Enter the id of our app at {label}.")
            return
        if not secret and not now.client_secret:
            messages.error(request, f"Enter the secret of our app at {label} too.")
            return
        keys.remember(platform, client_id, secret, by=request.user)
        _log(request, platform, "entered")
        after = (
            "Accounts can be connected now."
            if CONNECTORS[platform].oauth.needs_app
            else "Its calls are known now."
        )
        messages.success(request, f"{label} is set up. {after}")


def _row(connector: Any) -> dict[str, Any]:
    for_hooks = not connector.oauth.needs_app and connector.webhook is not None
    takes_app = connector.oauth.needs_app or for_hooks
    found = keys.of(connector.platform) if takes_app else keys.AppKeys()
    return {
        "connector": connector,
        "keys": found,
        "has_secret": bool(found.client_secret),
        "takes_app": takes_app,
        "app_for_hooks": for_hooks,
        "sandbox": connect.on_sandbox(connector.platform),
        "callback": connect.callback_url(connector.platform) if connector.oauth.redirects else "",
        "hook": webhooks.subscription(connector.platform, settings.PUBLIC_URL) if connector.webhook else None,
        "variable": f"NETWORK_{connector.platform.upper()}_CLIENT_ID",
    }


def _log(request: HttpRequest, platform: str, what: str) -> None:
    """Who changed it and when; never what it was."""
    row = NetworkApp.objects.filter(platform=platform, server="").first()
    if row is not None:
        log(instance=row, action="channels.app", user=request.user, data={"platform": platform, "what": what})

"""The id and secret of our app at each network: from the environment, else what an administrator has entered.

The environment wins, so that an installation that is set up by its operator cannot be changed from a page.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings


@dataclass(frozen=True)
class AppKeys:
    """``source`` is "environment" or "admin"; "" when there are none."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    source: str = ""

    def as_kept(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}


def of(platform: str, server: str = "") -> AppKeys:
    """The keys in use. ``server``: where each server has its own app (Mastodon)."""
    said = settings.NETWORKS[platform]
    if said["client_id"] and not server:
        return AppKeys(said["client_id"], said["client_secret"], "environment")
    return stored(platform, server) or AppKeys()


def stored(platform: str, server: str = "") -> AppKeys | None:
    row = _rows().filter(platform=platform, server=server).first()
    return AppKeys(row.client_id, row.client_secret, "admin") if row else None


def remember(platform: str, client_id: str, client_secret: str, *, server: str = "", by: Any = None) -> None:
    """Keep the keys, sealed. An empty secret keeps the one that is there."""
    row, _ = _rows().get_or_create(platform=platform, server=server)
    row.client_id, row.changed_by = client_id, by
    if client_secret:
        row.client_secret = client_secret
    row.save()


def forget(platform: str, *, server: str = "") -> None:
    _rows().filter(platform=platform, server=server).delete()


def webhook_token(platform: str) -> str:
    """The word that we and the network's settings page agree on: made from our own secret, so stored nowhere."""
    return hmac.new(settings.SECRET_KEY.encode(), f"webhook {platform}".encode(), hashlib.sha256).hexdigest()[
        :40
    ]


def _rows() -> Any:
    return apps.get_model("channels", "NetworkApp").objects

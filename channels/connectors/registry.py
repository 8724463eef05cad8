"""The connectors we have. Adding one is its module and one line in ``CONNECTORS``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from channels import keys
from channels.connectors.base import Connector
from channels.connectors.bluesky import BlueskyConnector
from channels.connectors.facebook import FacebookConnector
from channels.connectors.instagram import InstagramConnector
from channels.connectors.linkedin import LinkedInConnector
from channels.connectors.mastodon import MastodonConnector
from channels.connectors.threads import ThreadsConnector
from channels.connectors.tiktok import TikTokConnector
from channels.connectors.whatsapp import WhatsAppConnector
from channels.connectors.x import XConnector
from channels.connectors.youtube import YouTubeConnector
from channels.oauth import Flow


class Registry:
    """Connectors by platform, in the order of registration. Tests may build their own."""

    def __init__(self, *connectors: Connector):
        self._connectors: dict[str, Connector] = {}
        for connector in connectors:
            self.register(connector)

    def register(self, connector: Connector) -> None:
        if connector.platform in self._connectors:
            raise ValueError(f"two connectors for {connector.platform!r}")
        self._connectors[connector.platform] = connector

    def __getitem__(self, platform: str) -> Connector:
        try:
            return self._connectors[platform]
        except KeyError:
            raise KeyError(
                f"no connector for {platform!r}; there are: {', '.join(self._connectors)}"
            ) from None

    def __contains__(self, platform: object) -> bool:
        return platform in self._connectors

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._connectors.values())

    def __len__(self) -> int:
        return len(self._connectors)

    def choices(self) -> list[tuple[str, str]]:
        return [(c.platform, c.label) for c in self]


CONNECTORS = Registry(
    XConnector(),
    FacebookConnector(),
    InstagramConnector(),
    ThreadsConnector(),
    LinkedInConnector(),
    YouTubeConnector(),
    MastodonConnector(),
    BlueskyConnector(),
    WhatsAppConnector(),
    TikTokConnector(),
)


def flow_of(channel: Any) -> Flow:
    """How this channel's account is let in: its network's flow, at the server where it lives."""
    flow = CONNECTORS[channel.platform].oauth
    server = getattr(channel, "server", "")
    if not server:
        return flow
    app = keys.stored(channel.platform, server)
    return flow.at({"server": server} | (app.as_kept() if app else {}))

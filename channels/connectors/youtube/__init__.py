"""YouTube: Shorts over the Data API v3."""

from channels.connectors.youtube.connector import YouTubeConnector

__all__ = ["YouTubeConnector"]

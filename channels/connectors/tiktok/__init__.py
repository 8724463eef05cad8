"""TikTok: videos over the Content Posting API v2."""

from channels.connectors.tiktok.connector import TikTokConnector

__all__ = ["TikTokConnector"]

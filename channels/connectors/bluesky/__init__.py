"""Bluesky over the AT Protocol, as read in November 2026.

Every post goes under a record key that we have chosen and stored before, so putting it twice is putting it once. An
account lives on a server of its own (bsky.social is one); what the network as a whole sees is asked elsewhere.
"""

from channels.connectors.bluesky.connector import BlueskyConnector

__all__ = ["BlueskyConnector"]

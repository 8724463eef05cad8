"""Mastodon, and the servers that speak its API, as read in November 2026.

Each account lives on a server of its own, named by the person who connects it; limits are that server's. A public
call carries an Idempotency-Key that follows from what was approved, so a repeat within the hour makes no second post;
later, or where a server ignores the key, the account's own list of posts tells.
"""

from channels.connectors.mastodon.connector import MastodonConnector

__all__ = ["MastodonConnector"]

"""How a network's public addresses of posts look: data of its connector, read by :mod:`channels.addresses`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Found = Mapping[str, str]


def plain(found: Found, remote_id: str) -> str:
    return found.get("id", "")


def by_page(found: Found, remote_id: str) -> str:
    """Facebook: posts are known as page_post, reels by their own number; what is no number is not the id."""
    if found.get("reel"):
        return found["reel"]
    number = (found.get("id") or found.get("story_fbid", "")).rpartition("_")[2]
    return f"{remote_id}_{number}" if number.isdigit() else ""


def record(found: Found, remote_id: str) -> str:
    """Bluesky: a post is known by its account and its key together."""
    key = found.get("id", "")
    return f"at://{remote_id}/app.bsky.feed.post/{key}" if key else ""


@dataclass(frozen=True)
class PostShape:
    """``path`` may name ``account``, ``id`` and what ``id_of`` wants; what the query says is added to that.

    ``coded``: the address has a short code, which is not the id that the interface knows. ``loose``: a name in it may
    be one that we were never told (a page's own name); only a number must be ours.
    """

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    example: str
    id_of: Callable[[Found, str], str] = plain
    coded: bool = False
    loose: bool = False

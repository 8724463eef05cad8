"""Whether an address that a person pastes can be a post of an account: by host, shape and account name. Pure.

It opens nothing. What an address cannot show (Instagram's names no account) is left to the person's word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


class NotAPost(ValueError):
    """The address is no post of this account; the text says why, for people."""


@dataclass(frozen=True)
class Shape:
    """How a network's addresses of posts look. ``path`` may name ``account`` and ``id``."""

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    example: str


SHAPES: Mapping[str, Shape] = {
    "x": Shape(
        ("x.com", "twitter.com"),
        re.compile(r"^/(?P<account>\w{1,15})/status/(?P<id>\d+)(/|$)"),
        "https://x.com/name/status/123…",
    ),
    "facebook": Shape(
        ("facebook.com",),
        re.compile(
            r"^/(?:(?P<account>[\w.-]+)/(?:posts|videos)/(?:[^/]+/)?(?P<id>\w+)|reel/(?P<reel>\d+)"
            r"|permalink\.php|story\.php|photo(?:\.php|/)?|watch/?)/?$"
        ),
        "https://www.facebook.com/page/posts/123…",
    ),
    "instagram": Shape(
        ("instagram.com",),
        re.compile(r"^/(?:(?P<account>[\w.]+)/)?(?:p|reel|tv)/(?P<id>[\w-]+)(/|$)"),
        "https://www.instagram.com/p/Ab1…",
    ),
    "threads": Shape(
        ("threads.net", "threads.com"),
        re.compile(r"^/@(?P<account>[\w.]+)/post/(?P<id>[\w-]+)(/|$)"),
        "https://www.threads.net/@name/post/Ab1…",
    ),
    "linkedin": Shape(
        ("linkedin.com",),
        re.compile(
            r"^/(?:feed/update/(?:(?P<id>urn:li:(?:share|ugcPost):\d+)|urn:li:activity:\d+)"
            r"|posts/(?P<account>[\w-]+?)_[\w%-]+)(/|$)"
        ),
        "https://www.linkedin.com/feed/update/urn:li:share:123…",
    ),
    "bluesky": Shape(
        ("bsky.app",),
        re.compile(r"^/profile/(?P<account>[^/]+)/post/(?P<id>[2-7a-z]{13})(/|$)"),
        "https://bsky.app/profile/name.bsky.social/post/3k…",
    ),
}
PREFIXES = ("www.", "m.", "mobile.", "web.")


@dataclass(frozen=True)
class PostAddress:
    """``id`` is the network's id of the post where its address tells it, else empty."""

    url: str
    id: str = ""


def read(url: str, *, platform: str, handle: str, remote_id: str, profile: str = "") -> PostAddress:
    """Read a pasted address as a post of this account. Raises NotAPost.

    ``profile`` is the account's own address: on a stand-in network or an instance of its own, posts lie on
    its host, below or beside it.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NotAPost("Paste the whole address of the post, beginning with https://")
    shape, host = SHAPES.get(platform), _host(parts.netloc)
    home = urlsplit(profile)
    if home.netloc and host == _host(home.netloc) and (shape is None or host not in shape.hosts):
        return _own_host(url, parts.path, home.path, platform, handle, remote_id, parts.fragment)
    if shape is None:
        if host != _host(home.netloc):
            raise NotAPost(f"This address is on {host}, and the account is on {_host(home.netloc)}.")
        return PostAddress(url)
    if host not in shape.hosts:
        raise NotAPost(f"This address is on {host}. A post of {handle} has one like {shape.example}")
    return _public(url, parts.path, parts.query, shape, platform, handle, remote_id)


def _public(
    url: str, path: str, query: str, shape: Shape, platform: str, handle: str, remote_id: str
) -> PostAddress:
    match = shape.path.match(path)
    if match is None:
        raise NotAPost(f"This is no address of a post. One looks like {shape.example}")
    found = match.groupdict()
    account = found.get("account") or ""
    asked = parse_qs(query)
    if platform == "facebook" and asked.get("id"):
        account = account or asked["id"][0]
    _same_account(account, handle, remote_id, platform)
    number = found.get("id") or found.get("reel") or next(iter(asked.get("story_fbid", [])), "")
    if platform == "facebook":  # posts are known as page_post; what is no number is not the id
        number = number if found.get("reel") else f"{remote_id}_{number}" if number.isdigit() else ""
    elif platform in ("instagram", "threads"):
        number = ""  # a short code is not the id that the interface knows
    elif platform == "bluesky":
        number = _record(remote_id, number)
    return PostAddress(url, number)


def _record(did: str, key: str) -> str:
    """A post on Bluesky is known by its account and its key together."""
    return f"at://{did}/app.bsky.feed.post/{key}"


def _same_account(account: str, handle: str, remote_id: str, platform: str) -> None:
    """Names that an address carries must be ours; Facebook's may be a page name that we were never told."""
    ours = {handle.lstrip("@").casefold(), remote_id.casefold()}
    if not account or account.casefold() in ours:
        return
    if platform == "facebook" and not account.isdigit():
        return
    raise NotAPost(f"This is a post of {account}, not of {handle}.")


def _own_host(
    url: str, path: str, home: str, platform: str, handle: str, remote_id: str, fragment: str
) -> PostAddress:
    network = home.strip("/").split("/")[0]
    segments = [part for part in path.strip("/").split("/") if part]
    if not segments or (network == platform and segments[0] != platform):
        raise NotAPost(f"This is no address of a post of {handle}.")
    if platform == "linkedin" and segments[-2:-1] == ["update"]:
        return PostAddress(url, segments[-1])
    names = {handle.lstrip("@").casefold(), remote_id.casefold(), home.strip("/").split("/")[-1].casefold()}
    if not names & {segment.casefold() for segment in segments} and "reel" not in segments:
        raise NotAPost(f"This is not a post of {handle}.")
    number = fragment.removeprefix("p") if fragment else segments[-1]
    if number.casefold() in names:
        raise NotAPost("This is the account's own page. Open the post and paste its address.")
    if platform == "facebook" and "posts" in segments:
        number = f"{remote_id}_{number.split('_')[-1]}"
    elif platform == "bluesky":
        number = _record(remote_id, number)
    elif platform == "threads" and not number.isdigit():
        number = ""  # a short code
    return PostAddress(url, number)


def _host(netloc: str) -> str:
    host = netloc.casefold().rpartition("@")[2]
    for prefix in PREFIXES:
        host = host.removeprefix(prefix)
    return host

"""The server of an account, where a network has many: what a person typed, made into an address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from channels.safe import UnsafeAddress, allowed, check_address

MARK = "{server}"


def server_address(typed: str) -> str:
    """Return "https://host" of an instance; raises UnsafeAddress with words.

    A bare name, an address or a profile (@name@host) will do. Without TLS only the sandbox is taken and what the
    operator has allowed (HUSTINGS_PRIVATE_HOSTS); only the sandbox may lie below a path.
    """
    text = typed.strip().rstrip("/")
    if "://" not in text:
        text = "https://" + text.rpartition("@")[2]
    parts = urlsplit(text)
    if settings.SANDBOX_URL and text.startswith(settings.SANDBOX_URL + "/"):
        return text
    check_address(text)
    if parts.hostname and allowed(parts.hostname, parts.port):
        return f"{parts.scheme}://{parts.netloc.lower()}"
    if parts.scheme != "https":
        raise UnsafeAddress("The server must be reached over https.")
    if "." not in (parts.hostname or ""):
        raise UnsafeAddress("That is not the name of a server. It looks like mastodon.social.")
    return f"https://{parts.netloc.lower()}"


def has_servers(platform: str) -> bool:
    """Whether each account of this network lives on a server of its own."""
    return any(MARK in value for value in settings.NETWORKS[platform].values())


def network_of(platform: str, server: str = "") -> Mapping[str, str]:
    """The network's addresses in ``settings.NETWORKS``, with the account's server put in."""
    network = settings.NETWORKS[platform]
    if not server:
        return network
    return {part: value.replace(MARK, server) for part, value in network.items()}

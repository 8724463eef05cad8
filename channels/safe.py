"""Fetching an address that a person has influenced, without being led into our own network.

The name is resolved once, every address it has must be a public one, and the connection goes to that very
address; the name still goes into TLS and Host. At most three redirects are followed, each checked like the
first.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings

from channels.wire import AnswerLost, DeadlineBackend, NotSent, new_client, send

MAX_BYTES = 20 * 1024 * 1024
TOTAL_S = 30.0
REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


class UnsafeAddress(NotSent, ValueError):
    """The address leads (or could lead) somewhere that is not public. The text is for people."""

    def __init__(self, message: str):
        super().__init__(message, "unsafe_address")


@dataclass(frozen=True)
class Fetched:
    url: str
    mime: str
    body: bytes


def fetch_public(
    url: str, *, max_bytes: int = MAX_BYTES, mimes: tuple[str, ...] = (), total_s: float = TOTAL_S
) -> Fetched:
    """Get a public address; raises UnsafeAddress, NotSent, AnswerLost or, for a bad status or type,
    ValueError.

    ``mimes``: the accepted types, or their beginnings ("image/").
    """
    for _ in range(REDIRECTS + 1):
        check_address(url)
        try:
            request = client().build_request("GET", url)
        except httpx.InvalidURL as error:
            raise UnsafeAddress("That is not an address.") from error
        answer = send(request, total_s=total_s, max_bytes=max_bytes, through=client())
        if answer.status in {301, 302, 303, 307, 308} and answer.headers.get("location"):
            url = urljoin(url, answer.headers["location"])
            continue
        return _taken(url, answer, max_bytes, mimes)
    raise UnsafeAddress(f"{urlsplit(url).hostname} sends us on and on.")


def _taken(url: str, answer, max_bytes: int, mimes: tuple[str, ...]) -> Fetched:
    mime = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    host = urlsplit(url).hostname
    if not answer.ok:
        raise ValueError(f"{host} answered {answer.status}.")
    if answer.cut:
        raise ValueError(f"The file at {host} is larger than {max_bytes // 2**20} MB.")
    if mimes and not mime.startswith(mimes):
        raise ValueError(f"{host} sent {mime or 'something unnamed'} instead of {' or '.join(mimes)}.")
    return Fetched(url, mime, answer.body)


def check_address(url: str) -> None:
    """Refuse what is wrong before any name is resolved: scheme, port, user names."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsafeAddress("That is not an address.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise UnsafeAddress("Only http and https addresses are fetched.")
    if parts.username or parts.password:
        raise UnsafeAddress("An address with a user name in it is not fetched.")
    if port not in (None, PORTS[parts.scheme]) and not allowed(parts.hostname, port):
        raise UnsafeAddress("Only the usual ports are fetched from.")


def is_public(text: str) -> bool:
    """Whether an IP address is a public one, after unwrapping the forms that hide a v4 address in a v6 one.

    Python calls the NAT64, 6to4 and v4-compatible forms of 127.0.0.1 global.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address in _NAT64_LOCAL:
            return False  # where the v4 address stands in it is each network's own affair
        elif address in _NAT64 or address in _V4_COMPATIBLE:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif address in _SIX_TO_FOUR:
            address = ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast


def allowed(host: str, port: int | None) -> bool:
    """The administrator's list of private hosts ("host" or "host:port"); and the sandbox, while one is in
    use.
    """
    listed = set(getattr(settings, "HUSTINGS_PRIVATE_HOSTS", ()))
    if settings.SANDBOX_URL:
        sandbox = urlsplit(settings.SANDBOX_URL)
        listed.add(f"{sandbox.hostname}:{sandbox.port}")
    return host in listed or f"{host}:{port}" in listed


class PublicBackend(DeadlineBackend):
    """Connects to the address that was checked, so that a name cannot change its mind in between."""

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        if not allowed(host, port):
            host = _resolve(host, port)
        return super().connect_tcp(host, port, timeout, local_address, socket_options)


def _resolve(host: str, port: int) -> str:
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address") from error
    if not found or not all(is_public(address) for address in found):
        raise UnsafeAddress(f"{host} does not lead to a public address.")
    return found[0]


@lru_cache(maxsize=1)
def client() -> httpx.Client:
    """The client that connects to public addresses only."""
    made = new_client(PublicBackend())
    made.headers["Accept"] = "*/*"
    return made


__all__ = ["AnswerLost", "Fetched", "NotSent", "UnsafeAddress", "check_address", "fetch_public", "is_public"]

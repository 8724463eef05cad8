"""Whether an address that a person pastes can be a post of an account: by host, shape and account name. Pure.

The shapes are data of the connectors. Nothing is opened: what an address cannot show (Instagram's names no account) is
left to the person's word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from channels.connectors.registry import CONNECTORS
from channels.connectors.shapes import PostShape

PREFIXES = ("www.", "m.", "mobile.", "web.")


class NotAPost(ValueError):
    """The address is no post of this account; the text says why, for people."""


@dataclass(frozen=True)
class PostAddress:
    """``id`` is the network's id of the post where its address tells it, else empty."""

    url: str
    id: str = ""


@dataclass(frozen=True)
class _Account:
    platform: str
    handle: str
    remote_id: str
    home: str  # the path of its own page

    @property
    def names(self) -> set[str]:
        last = self.home.strip("/").split("/")[-1]
        return {self.handle.lstrip("@").casefold(), self.remote_id.casefold(), last.casefold()}


def read(url: str, *, platform: str, handle: str, remote_id: str, profile: str = "") -> PostAddress:
    """Read a pasted address as a post of this account. Raises NotAPost.

    ``profile`` is the account's own address: on a stand-in network or an instance of its own, posts lie on
    its host, below or beside it.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NotAPost("Paste the whole address of the post, beginning with https://")
    shape = CONNECTORS[platform].shape if platform in CONNECTORS else None
    host, home = _host(parts.netloc), urlsplit(profile)
    account = _Account(platform, handle, remote_id, home.path)
    if home.netloc and host == _host(home.netloc) and (shape is None or host not in shape.hosts):
        return PostAddress(url, _on_own_host(parts.path, parts.fragment, shape or ANY, account))
    if shape is None:
        if host != _host(home.netloc):
            raise NotAPost(f"This address is on {host}, and the account is on {_host(home.netloc)}.")
        return PostAddress(url)
    if host not in shape.hosts:
        raise NotAPost(f"This address is on {host}. A post of {handle} has one like {shape.example}")
    return PostAddress(url, _public(parts.path, parts.query, shape, account))


def _public(path: str, query: str, shape: PostShape, account: _Account) -> str:
    match = shape.path.match(path)
    if match is None:
        raise NotAPost(f"This is no address of a post. One looks like {shape.example}")
    found = {name: values[0] for name, values in parse_qs(query).items()}
    asked = found.pop("id", "")  # of the page, where addresses have one
    found |= {name: value for name, value in match.groupdict().items() if value}
    named = found.get("account") or (asked if shape.loose else "")
    _same_account(named, account, loose=shape.loose)
    return "" if shape.coded else shape.id_of(found, account.remote_id)


def _same_account(named: str, account: _Account, *, loose: bool) -> None:
    """Names that an address carries must be ours."""
    ours = {account.handle.lstrip("@").casefold(), account.remote_id.casefold()}
    if not named or named.casefold() in ours or (loose and not named.isdigit()):
        return
    raise NotAPost(f"This is a post of {named}, not of {account.handle}.")


def _on_own_host(path: str, fragment: str, shape: PostShape, account: _Account) -> str:
    network = account.home.strip("/").split("/")[0]
    segments = [part for part in path.strip("/").split("/") if part]
    if not segments or (network == account.platform and segments[0] != account.platform):
        raise NotAPost(f"This is no address of a post of {account.handle}.")
    alone = shape.path.match("/" + "/".join(segments[1:]))
    if alone and alone.groupdict().get("id") and "account" in alone.groupdict() and not alone["account"]:
        return "" if shape.coded else shape.id_of({"id": alone["id"]}, account.remote_id)  # names no account
    if not account.names & {segment.casefold() for segment in segments} and "reel" not in segments:
        raise NotAPost(f"This is not a post of {account.handle}.")
    number = fragment.removeprefix("p") if fragment else segments[-1]
    if number.casefold() in account.names:
        raise NotAPost("This is the account's own page. Open the post and paste its address.")
    if shape.coded and not number.isdigit():
        return ""
    return shape.id_of({"reel" if "reel" in segments else "id": number}, account.remote_id)


def _number(found: Mapping[str, str], remote_id: str) -> str:
    return found.get("reel") or found.get("id", "")


ANY = PostShape((), re.compile(r"$^"), "", _number)


def _host(netloc: str) -> str:
    host = netloc.casefold().rpartition("@")[2]
    for prefix in PREFIXES:
        host = host.removeprefix(prefix)
    return host

"""LinkedIn's names of things ("urn:li:share:7…") and how they stand in addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

POST = re.compile(r"urn:li:(?:share|ugcPost):\d+")


def organization(remote_id: str) -> str:
    return f"urn:li:organization:{remote_id}"


def encoded(urn: str) -> str:
    return quote(urn, safe="")


def listed(urns: Iterable[str]) -> str:
    """As a list in a query; its parentheses and commas must stay as they are."""
    return f"List({','.join(encoded(urn) for urn in urns)})"


def post_in(text: str) -> str:
    """The first post that a text names; "" when it names none."""
    found = POST.search(text)
    return found[0] if found else ""


def is_ugc(urn: str) -> bool:
    return urn.startswith("urn:li:ugcPost:")

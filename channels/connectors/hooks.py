"""A network calls us: whether it is the network, and what it says. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass


class NotGenuine(Exception):
    """The call was not signed with our app's secret. Nothing of it is read."""


@dataclass(frozen=True)
class Webhook:
    """How a network signs its calls: HMAC-SHA256 over the raw body, in hex, after ``prefix`` in ``header``."""

    header: str = "x-hub-signature-256"
    prefix: str = "sha256="


def require_signature(hook: Webhook, body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Raise NotGenuine unless the body is signed with the secret. ``headers`` have lower-case names.

    An empty secret signs nothing: without one every call is refused.
    """
    told = headers.get(hook.header, "")
    given = told.removeprefix(hook.prefix) if told.startswith(hook.prefix) else ""
    ours = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(given.encode(), ours.encode()):
        raise NotGenuine(f"the signature in {hook.header} does not fit")

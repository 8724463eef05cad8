"""The secret of a link: signed, so that made-up ones cost no look-up, and kept only as its hash."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "editorial.guests"


def new() -> tuple[str, str]:
    """(token for the link, hash to keep)."""
    secret = secrets.token_urlsafe(24)
    return signing.Signer(salt=SALT).sign(secret), _hash(secret)


def hash_of(token: str) -> str | None:
    """The kept hash that this token answers to; None where we never signed it."""
    try:
        return _hash(signing.Signer(salt=SALT).unsign(token))
    except signing.BadSignature:
        return None


def address(token: str) -> str:
    return settings.PUBLIC_URL + reverse("guest_review", args=[token])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

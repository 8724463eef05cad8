"""Keys with which a person's programs read: kept as a digest, shown once, taken back at any time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from engagement.models import ApiToken
from publishing import limits

PREFIX = "hst_"  # so that scanners for lost secrets know one when they see it
EVERY_S, AT_ONCE = 1.0, 60  # requests of one key: sixty at once, then one a second
NOTED = timedelta(minutes=1)


def make(user: Any, name: str, now: datetime) -> tuple[ApiToken, str]:
    """A new key and its text, which is kept nowhere and cannot be shown again."""
    text = PREFIX + secrets.token_urlsafe(32)
    return ApiToken.objects.create(user=user, name=name, digest=_digest(text), created_at=now), text


def find(text: str, now: datetime) -> ApiToken | None:
    """The key, if it stands and its person's account is active. Notes that it was used, once a minute."""
    row = ApiToken.objects.select_related("user").filter(digest=_digest(text), user__is_active=True).first()
    if row is not None and (row.used_at is None or now - row.used_at > NOTED):
        ApiToken.objects.filter(pk=row.pk).update(used_at=now)
    return row


def wait_s(token: ApiToken, now: datetime) -> float:
    """Take one request from the key's budget. 0: go ahead; else seconds to wait."""
    return limits.take(f"api:{token.pk}", every_s=EVERY_S, burst=AT_ONCE, now=now)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

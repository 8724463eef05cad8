"""The last calls of each channel, and what their answers said about limits: for the channel's page."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from channels.models import Call, Channel
from channels.wire import Answer, WireError, redact
from work import clock

KEPT = 40
PRUNE_EVERY = 10
USED = ("call_count", "total_cputime", "total_time")  # what Meta counts, each in per cent
log = logging.getLogger(__name__)


def note(channel: Any, method: str, path: str, answer: Answer | None, error: WireError | None) -> None:
    """Write one call down. A record that cannot be written never stands in the way of the call itself."""
    if not isinstance(channel, Channel):
        return
    try:
        with transaction.atomic():
            call = Call.objects.create(
                channel=channel,
                at=clock.now(),
                method=method[:7],
                path=redact(path)[:200],
                status=answer.status if answer else 0,
                error=error.code[:60] if error else "",
                elapsed_ms=int(answer.elapsed_s * 1000) if answer else 0,
                request_id=answer.request_id if answer else "",
                limits=limits_of(answer.headers) if answer else {},
            )
            if call.pk % PRUNE_EVERY == 0:
                prune(channel)
    except Exception:
        log.warning("a call of channel %s could not be written down", channel.pk)


def prune(channel: Channel) -> None:
    """Keep the newest few dozen."""
    calls = Call.objects.filter(channel=channel).order_by("-pk")
    if oldest := calls.values_list("pk", flat=True)[KEPT : KEPT + 1]:
        Call.objects.filter(channel=channel, pk__lte=oldest[0]).delete()


def limits_of(headers: Mapping[str, str]) -> dict[str, Any]:
    """What an answer's headers say of the limit that it counted against; empty when they say nothing.

    X, Mastodon and Bluesky name a number, what is left of it and when it is whole again; Meta percentages, of what our app
    may ask in all and of what it may ask about one page, account or number. The highest counts.
    """
    for prefix in ("x-rate-limit-", "x-ratelimit-", "ratelimit-"):
        limit, left = (_number(headers.get(prefix + name)) for name in ("limit", "remaining"))
        if limit is not None and left is not None:
            return {"limit": limit, "left": left, "until": _until(headers.get(prefix + "reset", ""))}
    shares = [
        *_shares(headers.get("x-app-usage", "")),
        *_shares(headers.get("x-business-use-case-usage", "")),
    ]
    return {"used_percent": max(shares)} if shares else {}


def _shares(text: str) -> list[int]:
    """The percentages in one of Meta's headers: one account of what is used, or for each business a list of them."""
    try:
        told = json.loads(text)
        rows = [row for rows in told.values() if isinstance(rows, list) for row in rows] or [told]
        return [int(row[name]) for row in rows for name in USED if name in row]
    except (ValueError, TypeError, AttributeError):
        return []


def _number(text: str | None) -> int | None:
    try:
        return int(float((text or "").split(";")[0].split(",")[0]))
    except (ValueError, OverflowError):
        return None


def _until(text: str) -> str:
    """As ISO text in UTC; the header holds seconds since 1970, or a date."""
    try:
        seconds = float(text)
        return (
            datetime.fromtimestamp(seconds, UTC).isoformat()
            if math.isfinite(seconds) and seconds > 1e9
            else ""
        )
    except (ValueError, OverflowError, OSError):
        pass
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC).isoformat() if at.tzinfo else ""
    except ValueError:
        return ""

"""Settings that would break the promise stop the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_waits(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A lease covers a call with its guard; no wait is negative."""
    waits = settings.PUBLISHING
    found: list[CheckMessage] = []
    if waits["lease_s"] < waits["call_max_s"] + waits["guard_s"]:
        found.append(
            Error(
                "PUBLISHING_LEASE_S is shorter than PUBLISHING_CALL_MAX_S + PUBLISHING_GUARD_S: nothing could be sent.",
                hint="A lease must cover the longest call and the guard before it.",
                id="publishing.E001",
            )
        )
    for name, value in waits.items():
        if value < 0:
            found.append(Error(f"PUBLISHING_{name.upper()} is negative.", id="publishing.E002"))
    return found

"""The one sandbox an app serves: its store, its pace and its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import Response, current_app

from sandbox.store import Store


@dataclass(frozen=True)
class Pace:
    """How fast the networks live. `day_s`: how many real seconds make a day in the life of a post."""

    name: str
    day_s: float
    image_s: float  # how long a picture is "in progress"
    video_s: float
    token_min_age_s: float  # Instagram refreshes no token younger than this (24 h on the real network)


PACES = {
    "demo": Pace("demo", day_s=60, image_s=1.0, video_s=3.0, token_min_age_s=60),
    "test": Pace("test", day_s=10, image_s=0.15, video_s=0.3, token_min_age_s=60),
    "real": Pace("real", day_s=86_400, image_s=3.0, video_s=15.0, token_min_age_s=86_400),
}

CLIENT_ID = "sandbox-app"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 (known to everyone, opens nothing but the sandbox)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Box:
    store: Store
    pace: Pace
    now: Callable[[], datetime] = utc_now
    fetch_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "::1"})


def box() -> Box:
    return cast(Box, current_app.extensions["sandbox"])


class Refused(Exception):
    """Ends a request with this answer, in the words of the network that refuses."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response

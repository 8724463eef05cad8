"""Which formats can go out: those that a connector publishes. Which these are is the connectors' data."""

from __future__ import annotations

from channels.connectors.registry import CONNECTORS
from formats.core.draft import Finding, Level
from formats.registry import FORMATS

NOT_CONNECTABLE = Finding(
    "not_connectable",
    Level.BLOCKER,
    "No account of this platform can be connected yet.",
    "It can be planned, looked at and counted. To publish it, copy it by hand, or choose a format of another platform.",
)
NOT_PUBLISHED = Finding(
    "not_published",
    Level.BLOCKER,
    "This format cannot be published from here yet, though accounts of its platform can be connected.",
    "It can be planned, looked at and counted. To publish it, copy it by hand, or choose another format of the platform.",
)


def obstacle(format: str) -> Finding | None:
    """Return why a format cannot go out, whichever account is chosen; None where it can."""
    platform = format.split(".", 1)[0]
    if platform not in CONNECTORS:
        return NOT_CONNECTABLE
    return None if format in CONNECTORS[platform].publishes else NOT_PUBLISHED


def within_reach() -> tuple[str, ...]:
    """The formats that can be published, in order."""
    return tuple(each.id for each in FORMATS if obstacle(each.id) is None)

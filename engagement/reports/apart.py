"""That networks count different things under one name: clicks on the link here, anywhere on the post there."""

from __future__ import annotations

from collections.abc import Iterable

from engagement.core.catalogue import counted_apart
from engagement.core.metrics import LABELS
from formats.registry import FORMATS


def words(metric: str, platforms: Iterable[str]) -> str:
    """What each of these networks counts under the name, in a sentence; empty where all count the same."""
    found = counted_apart(metric, platforms)
    if not found:
        return ""
    told = "; ".join(
        f"{what} on {', '.join(FORMATS.platform_label(platform) for platform in named)}"
        for what, named in found.items()
    )
    return f"{LABELS[metric].capitalize()} are not the same thing on every network: {told}."

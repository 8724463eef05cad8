"""What can be wrong with a piece or with parts, said so that the person who reads it can mend it.

The checks know no platform: what a platform accepts is the format's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from formats.core.checks import linking, media, naming, standing, texts
from formats.core.checks.findings import BLOCKER, WARNING, omitted, unique
from formats.core.checks.story import check as piece
from formats.core.checks.story import has_content, says_something
from formats.core.draft import Finding, Part
from formats.core.piece import Account

if TYPE_CHECKING:
    from formats.core.format import Format

__all__ = ["has_content", "omitted", "parts", "piece", "says_something", "unique"]


def parts(
    format: Format,
    parts: Sequence[Part],
    *,
    language: str,
    imprint: str = "",
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    accounts: Sequence[Account] = (),
) -> tuple[Finding, ...]:
    """Return the findings about the parts of a variant in this format."""
    if not parts:
        remedy = "Add a part, or derive again from the story."
        return (Finding("nothing_to_post", BLOCKER, "There is nothing to post.", remedy),)
    found: list[Finding] = []
    if len(parts) > format.max_parts:
        found.append(_too_many_parts(format, len(parts)))
    for index, part in enumerate(parts):
        found += texts.check(format, index, part)
        found += media.check(format, index, part, facts or {})
    found += texts.opening(format, parts[0])
    found += linking.check(format, parts)
    found += naming.check(format, parts, accounts)
    found += standing.imprint_of(parts, imprint)
    found += standing.looks(parts)
    found += standing.runs(parts, language)
    found += format.rules(parts)
    return unique(found)


def _too_many_parts(format: Format, count: int) -> Finding:
    one = format.max_parts == 1
    return Finding(
        "too_many_parts",
        BLOCKER if one else WARNING,
        f"{count} posts where {format.label} takes {format.max_parts}.",
        "Remove or join some.",
        limit=format.max_parts,
        actual=count,
        unit="posts",
        mends=("join_parts",) if one else (),
    )

"""Findings that several checks make, and the order they are shown in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import regex

from formats.core import mends
from formats.core.draft import Finding, Level
from formats.core.limits import Limit

BLOCKER, WARNING, NOTE = Level.BLOCKER, Level.WARNING, Level.NOTE
WORDS = regex.compile(r"[\p{L}\p{N}]")


def unique(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings worst first, each once; one that names its place replaces the same one without.

    Each gets the mends that its code has, unless it names its own.
    """
    listed = list(dict.fromkeys(_with_mends(each) for each in findings))
    placed = {each.code for each in listed if each.part is not None}
    kept = [each for each in listed if each.part is not None or each.code not in placed]
    order = [BLOCKER, WARNING, NOTE]
    return tuple(sorted(kept, key=lambda each: order.index(each.level)))


def _with_mends(finding: Finding) -> Finding:
    offered = finding.mends or mends.BY_CODE.get(finding.code, ())
    return replace(finding, mends=offered) if offered != finding.mends else finding


def omitted(what: str, where: str) -> Finding:
    return Finding(
        "left_out",
        NOTE,
        f"Left out of {where}: {what}.",
        "Nothing to mend: it stays on the story's page. To have it here, write it into the text or choose another format.",
    )


def unsourced(what: str, part: int | None = None, media: int | None = None) -> Finding:
    return Finding(
        "unsourced_statistic",
        BLOCKER,
        f"{what} is a claim without a source.",
        "Write in the story who says so (the field “Source” of the statistic), then derive again.",
        part=part,
        media=media,
    )


def no_alt(what: str, part: int | None = None, media: int | None = None) -> Finding:
    return Finding(
        "missing_alt",
        BLOCKER,
        f"{what} has no alt text.",
        "Say in a sentence what it shows, for people who cannot see it.",
        part=part,
        media=media,
    )


def wordless(code: str, message: str, what: str, part: int | None = None) -> Finding:
    return Finding(
        code,
        BLOCKER,
        message,
        f"Write {what} in words: emoji alone say nothing to a screen reader, a search or a reader in a hurry.",
        part=part,
    )


def over(
    code: str, level: Level, what: str, limit: Limit, actual: int, part: int, remedy: str = ""
) -> Finding:
    return Finding(
        code,
        level,
        f"{actual} {what}, where {limit.ceiling} are {'allowed' if level is BLOCKER else 'advised'}.",
        remedy or f"Remove {actual - limit.ceiling} of them.",
        part=part,
        limit=limit.ceiling,
        actual=actual,
        unit=limit.unit,
        source=limit.source,
    )


def listed(names: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)

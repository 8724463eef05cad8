"""Links: usable, where they can be clicked, and not more than serve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from formats.core import links, tokens
from formats.core.checks.findings import BLOCKER, NOTE, WARNING, over
from formats.core.draft import Finding, Part

if TYPE_CHECKING:
    from formats.core.format import Format


def check(format: Format, parts: Sequence[Part]) -> list[Finding]:
    found: list[Finding] = []
    total = 0
    for index, part in enumerate(parts):
        spans = tokens.addresses(part.text)
        total += len(spans) + bool(part.link.strip())
        if part.link.strip() and links.parsed(part.link) is None:
            found.append(_bad_link(part.link, index))
        most = format.limits.get("links_per_post")
        if most is not None and (count := _distinct(part, spans)) > most.ceiling:
            found.append(over("too_many_links", BLOCKER, "links", most, count, index))
        if spans and not format.links_work:
            found.append(_dead_link(format, part.text[spans[0][0] : spans[0][1]], index))
        if part.link.strip() and part.media and format.link_or_media:
            found.append(_link_beside_media(format, index))
        found += _unrecognised(part, spans, index)
    if format.link_wanted and not total:
        found.append(
            Finding(
                "no_link",
                WARNING,
                "There is no link to the story.",
                "Publish the story's page, or add a link, so that people can read on and visits can be counted.",
            )
        )
    if format.one_link and total > 1:
        found.append(
            Finding(
                "several_links",
                WARNING,
                f"{total} links; one is enough, and each post with a link costs more.",
                "Keep the link in the last post.",
                limit=1,
                actual=total,
                unit="links",
                source=format.limits["links"].source if "links" in format.limits else None,
            )
        )
    return found


def _distinct(part: Part, spans: Sequence[tokens.Span]) -> int:
    """How many addresses a post leads to; the same one twice counts once."""
    found = {part.text[first:last] for first, last in spans}
    return len(found | {part.link.strip()} - {""})


def _bad_link(link: str, index: int) -> Finding:
    return Finding(
        "bad_link",
        BLOCKER,
        f"“{link.strip()[:80]}” is not a web address.",
        "Write it in full, beginning with https://",
        part=index,
    )


def _dead_link(format: Format, link: str, index: int) -> Finding:
    return Finding(
        "dead_link",
        WARNING,
        f"“{link[:60]}” cannot be clicked here.",
        "Take it out of the text, and put it in the account's profile or in a story.",
        part=index,
        limit=0,
        actual=1,
        unit="links",
    )


def _link_beside_media(format: Format, index: int) -> Finding:
    limit = format.limits.get("link_or_media")
    return Finding(
        "link_with_media",
        BLOCKER,
        "A post has either a link preview or pictures, not both.",
        "Move the link into the text, or remove the pictures.",
        part=index,
        source=limit.source if limit else None,
    )


def _unrecognised(part: Part, spans: Sequence[tokens.Span], index: int) -> list[Finding]:
    public = set(tokens.urls(part.text))
    if any(span not in public for span in spans):
        return [
            Finding(
                "link_not_public",
                NOTE,
                "The link leads to an address that is not public.",
                "Nothing to do while trying things out. For the real thing, set the site's public address.",
                part=index,
            )
        ]
    return []

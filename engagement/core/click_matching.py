"""Which post a row of a site's statistics is about, and what importing it changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from engagement.core.click_rows import ClickRow, path_of
from engagement.core.tags import texts
from formats.core import tokens

Key = tuple[str, str, str, date | None]  # source, content, page, day


@dataclass(frozen=True)
class Link:
    """A tagged address in a post that is out."""

    source: str
    content: str
    page: str
    variant: int
    story: int


@dataclass(frozen=True)
class Match:
    """``variant`` and ``story`` only where there is no other it could be; ``posts``: how many it could be."""

    variant: int | None
    story: int | None
    posts: int


def links_of(
    payload: Mapping[str, Any], *, campaign: str, variant: int, story: int, commented: bool = False
) -> Iterator[Link]:
    """The addresses of a payload that carry this campaign's tags. Letters count the same, large or small.

    ``commented``: whether its first comment is out as well.
    """
    for address in _addresses(payload, commented):
        parts = urlsplit(address)
        tags = {name: value.casefold() for name, value in parse_qsl(parts.query) if name.startswith("utm_")}
        if tags.get("utm_source") and tags.get("utm_campaign") == campaign:
            page = path_of(address)[:500]
            yield Link(tags["utm_source"][:60], tags.get("utm_content", "")[:100], page, variant, story)


def _addresses(payload: Mapping[str, Any], commented: bool) -> Iterator[str]:
    for text in texts(payload, commented=commented):
        yield from (text[begin:end] for begin, end in tokens.addresses(text))
    for part in payload.get("parts", ()):
        if link := str(part.get("link") or ""):
            yield link


def match(row: ClickRow, links: Iterable[Link]) -> Match:
    """What a row leaves open (content, page) rules nothing out."""
    fitting = [
        link
        for link in links
        if link.source == row.source and row.content in ("", link.content) and row.page in ("", link.page)
    ]
    variants, stories = {link.variant for link in fitting}, {link.story for link in fitting}
    return Match(
        next(iter(variants)) if len(variants) == 1 else None,
        next(iter(stories)) if len(stories) == 1 else None,
        len(variants),
    )


@dataclass
class Step:
    """One row with what comes of it. ``before``: the clicks that stand there now, None for none."""

    row: ClickRow
    campaign: Any = None
    match: Match = field(default_factory=lambda: Match(None, None, 0))
    before: int | None = None
    same: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return key_of(self.row)

    @property
    def is_ready(self) -> bool:
        return not self.problems and not self.same


def key_of(row: ClickRow) -> Key:
    return row.source, row.content, row.page, row.day


def mixture(have: tuple[str, ...], brings: tuple[str, ...], campaign: str) -> str:
    """Why clicks told apart by other columns cannot be added to those there; empty if they are the same.

    Visits by page and the same visits by day are two tables of one thing: their sum counts everybody twice.
    """
    if have == brings:
        return ""
    return (
        f"The clicks of {campaign} that are there are told apart by {_listed(have)}, those of this file by "
        f"{_listed(brings)}. Together they would count visits twice. Export the same columns as before, or delete "
        "the earlier imports first."
    )


def _listed(names: tuple[str, ...]) -> str:
    first = ["source", *names]
    return first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"

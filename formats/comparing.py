"""How the variants of a story begin and where they lead, side by side. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from formats.core import tokens, worddiff
from formats.core.draft import Part


@dataclass(frozen=True)
class Line:
    """One variant's first line, word by word against how most begin; and the addresses it leads to.

    ``same`` says that it begins like most; ``astray`` that it leads somewhere else than most. Having no link at all is the
    format's matter.
    """

    opening: str
    runs: tuple[worddiff.Run, ...]
    same: bool
    links: tuple[str, ...]
    astray: bool


def lines(variants: Sequence[Sequence[Part]]) -> list[Line]:
    """One line for each variant, in the same order."""
    openings = [opening(parts) for parts in variants]
    led = [links(parts) for parts in variants]
    usual = _most(openings)
    usual_link = _most([found[-1] if found else "" for found in led])
    return [
        Line(
            first,
            worddiff.diff(usual, first) if first != usual else (),
            first == usual,
            found,
            bool(found) and usual_link not in found,
        )
        for first, found in zip(openings, led, strict=True)
    ]


def opening(parts: Sequence[Part]) -> str:
    text = next((part.text.strip() for part in parts if part.text.strip()), "")
    return text.partition("\n")[0].strip()


def links(parts: Sequence[Part]) -> tuple[str, ...]:
    """The addresses of a variant, each once, without what only counts visits."""
    found = [part.text[first:last] for part in parts for first, last in tokens.addresses(part.text)]
    found += [part.link for part in parts if part.link]
    return tuple(dict.fromkeys(map(_bare, found)))


def _bare(address: str) -> str:
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("utm_")]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _most(values: Sequence[str]) -> str:
    """The value that comes most often (the first of several), leaving out empty ones."""
    counted = Counter(value for value in values if value).most_common(1)
    return counted[0][0] if counted else ""

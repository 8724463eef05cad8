"""Where a text has web addresses.

Our own scanner, made from what the platforms document: X shortens every address with http(s), and every bare domain
with a known ending, to 23 characters (https://docs.x.com/fundamentals/counting-characters and
https://help.x.com/en/using-x/how-to-post-a-link, read 2026-11-23). What follows the domain is what RFC 3986 lets stand
in a path, in Latin or Cyrillic letters; punctuation that ends a sentence is not part of it.

It goes over each run of letters once: as one regular expression such a grammar backtracks for minutes on hostile text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex

from formats.core.tlds import TLDS

Span = tuple[int, int]

MOST_CHARS = 4096
MOST_LABEL_CHARS = 63
_SCHEMES = ("https://", "http://")

# A name and its dots: letters of any script, digits, hyphens, underscores. At least one dot has something behind it.
_RUN = regex.compile(r"[\p{L}\p{M}\p{N}_\-]++(?:\.++[\p{L}\p{M}\p{N}_\-]++)++")
_INNER_DOT = regex.compile(r"\.[\p{L}\p{M}\p{N}_\-]")
_ENDING = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:-[\p{L}\p{N}\-]+)?")
_LATIN_TAIL = regex.compile(r"[\p{Latin}\p{M}0-9.\-]+$")
_PORT = regex.compile(r":[0-9]{1,5}(?![0-9])")
_BEHIND = regex.compile(r"[/?][\p{Latin}\p{Cyrillic}\p{M}\p{Nd}\-–._~!$&'()*+,;=:@%/?#\[\]|]*")
_OPEN = regex.compile(r"(?i)https?://[^\s\u200e\u200f]*[^\s\u200e\u200f.,;:!?)\]}'\"”’»]")
_ENDS_WELL = regex.compile(r"[\p{L}\p{M}\p{Nd}/=_#&+\-]")


@lru_cache(maxsize=1024)
def public(text: str) -> tuple[Span, ...]:
    """Return where addresses stand whose domain ends as public ones do, bare domains among them, in order."""
    if "." not in text or not _INNER_DOT.search(text):
        return ()
    return tuple(_scan(text))


def every(text: str) -> list[Span]:
    """Return where anything stands that a reader takes for a link: also hosts that are not public."""
    found = public(text)
    if "://" not in text:
        return list(found)
    return merged([*found, *(match.span() for match in _OPEN.finditer(text))])


def merged(spans: list[Span]) -> list[Span]:
    """Return the spans in order, those that overlap as one; empty ones are dropped."""
    kept: list[Span] = []
    for first, last in sorted(spans):
        if kept and first < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(last, kept[-1][1]))
        elif last > first:
            kept.append((first, last))
    return kept


def _scan(text: str) -> Iterator[Span]:
    free = 0  # nothing before this is looked at again
    for run in _RUN.finditer(text):
        if run.start() < free:
            continue
        scheme = _scheme_before(text, run.start(), free)
        if not scheme and not _may_be_bare(text, run.start()):
            continue
        domain = _domain(text, run.start(), run.end(), any_script=bool(scheme))
        if domain is None:
            continue
        first, end = domain
        last = _with_path(text, end)
        if last - first <= MOST_CHARS:
            free = last
            yield first - (scheme if first == run.start() else 0), last


def _scheme_before(text: str, start: int, free: int) -> int:
    """Return how long the protocol before ``start`` is; 0 where there is none, or it belongs to a word."""
    if text[max(0, start - 3) : start] != "://":
        return 0
    for scheme in _SCHEMES:
        first = start - len(scheme)
        if first >= free and text[first:start].lower() == scheme:
            before = text[first - 1 : first]
            return (
                0
                if before and (before in "@＠$#＃" or (before.isascii() and before.isalnum()))
                else len(scheme)
            )
    return 0


def _may_be_bare(text: str, start: int) -> bool:
    return start == 0 or text[start - 1] not in "@＠#＃$/."


def _domain(text: str, start: int, end: int, *, any_script: bool) -> Span | None:
    """Return the longest domain in a run of letters and dots: labels, the last of them a known ending."""
    best: Span | None = None
    first, at = start, start
    before = ""  # the label before the one at hand
    while at <= end:
        dot = text.find(".", at, end)
        label = text[at : dot if dot >= 0 else end]
        if before and (stop := _ending(text, at, label)) and "_" not in before:
            best = first, stop
        if not _is_label(label):
            if best:
                break
            first = (dot if dot >= 0 else end) + 1
            before = ""
        else:
            before = label
        if dot < 0:
            break
        at = dot + 1
    if best is None or any_script:
        return best
    return _latin(text, best)


def _is_label(label: str) -> bool:
    if not label or label[0] in "-_" or label[-1] in "-_" or len(label) > MOST_LABEL_CHARS:
        return False
    return label.isascii() or len(label.encode("punycode")) + len("xn--") <= MOST_LABEL_CHARS


def _ending(text: str, at: int, label: str) -> int:
    """Return where a known top-level domain at ``at`` ends; 0 if there is none, or it goes on as a word or an e-mail.

    Scripts without spaces go on right behind it: what follows may be a letter, but none of ASCII.
    """
    match = _ENDING.match(label)
    if match is None:
        return 0
    word = match.group().lower()
    if word in TLDS or word.startswith("xn--"):
        return 0 if text[at + len(word) : at + len(word) + 1] in ("@", "＠", "+") else at + len(word)
    ascii_part = regex.match(r"[a-z0-9]+", word)
    if ascii_part and len(ascii_part.group()) < len(label) and ascii_part.group() in TLDS:
        following = label[len(ascii_part.group())]
        return at + len(ascii_part.group()) if following != "-" else 0
    return 0


def _latin(text: str, domain: Span) -> Span | None:
    """Without a protocol only Latin names are links: of "日本example.jp" the part from "example"."""
    first, last = domain
    tail = _LATIN_TAIL.search(text, first, last)
    if tail is None:
        return None
    start = tail.start()
    while start < last and text[start] in ".-":
        start += 1
    return (start, last) if "." in text[start:last] else None


def _with_path(text: str, end: int) -> int:
    """Return where an address ends whose domain ends at ``end``: port, path, query, fragment."""
    if port := _PORT.match(text, end):
        end = port.end()
    behind = _BEHIND.match(text, end)
    if behind is None:
        return end
    last = behind.end()
    opened = text.count("(", behind.start(), last) - text.count(")", behind.start(), last)
    while last > end and not _ENDS_WELL.match(text, last - 1):
        sign = text[last - 1]
        if sign == ")" and opened >= 0:  # it closes one of the address
            break
        opened += {")": 1, "(": -1}.get(sign, 0)
        last -= 1
    return last

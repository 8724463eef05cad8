"""Words for people who cannot see a picture, written from the same data that the picture is drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from formats.core import charting, splitting, wording
from formats.core.piece import Figures, Picture, Quote, Row, Statistic

# The strictest limit of our platforms (X and Instagram: 1000). What a person wrote is never shortened here.
MOST_CHARS = 1000
_SCRIPT = regex.compile(r"(?P<wide>[\p{Han}\p{Hiragana}\p{Katakana}ー」』）])|(?P<nagari>\p{Devanagari})")
_STOPS = {"wide": "。", "nagari": "।"}


def cover(headline: str, picture: Picture | None) -> str:
    """Return the headline with the picture's description; nothing when the picture has none, so that it is missed."""
    if picture is None:
        return fitted(headline)
    if not picture.alt.strip():
        return ""
    both = f"{sentence(headline)} {picture.alt.strip()}".strip()
    return both if len(both) <= MOST_CHARS else picture.alt.strip()


def statistic(data: Statistic, language: str) -> str:
    return fitted(
        " ".join(
            sentence(each) for each in (wording.statistic_line(data), wording.source(data.source, language))
        )
    )


def quote(data: Quote, text: str, language: str) -> str:
    who = wording.speaker(data)
    return fitted(wording.quoted(text, language) + (f" — {who}" if who else ""))


def figures(data: Figures, rows: Sequence[Row] | None, language: str) -> str:
    """Return title, every row (or those given) and the source; rows beyond the limit are counted instead."""
    head = sentence(data.title)
    tail = sentence(wording.source(data.source, language))
    listed = charting.lines(data, language, rows)
    for shown in range(len(listed), -1, -1):
        more = f"; … (+{len(listed) - shown})" if shown < len(listed) else ""
        whole = f"{head} {sentence('; '.join(listed[:shown]) + more)} {tail}".strip()
        if len(whole) <= MOST_CHARS:
            return " ".join(whole.split())
    return fitted(f"{head} {tail}")


def sentence(text: str) -> str:
    """Return ``text`` with a full stop, so that a screen reader pauses."""
    text = " ".join(text.split())
    if not text or text[-1] in ".!?…。！？؟।":
        return text
    return text + (_STOPS.get(_script(text[-1])) or ".")


def _script(letter: str) -> str:
    match = _SCRIPT.match(letter)
    return (match.lastgroup or "") if match else ""


def fitted(text: str) -> str:
    """Return ``text``, or its beginning and an ellipsis where it is longer than platforms take."""
    text = text.strip()
    if len(text) <= MOST_CHARS:
        return text
    first, _ = splitting.opening(text, lambda part: len(part) < MOST_CHARS)
    return f"{first[: MOST_CHARS - 1].rstrip()}…"

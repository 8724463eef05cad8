"""The text of a part: its length by each of the platform's measures, its first line, hashtags and mentions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from formats.core import mends, splitting, tokens
from formats.core.checks.findings import BLOCKER, WARNING, WORDS, over, wordless
from formats.core.draft import Finding, Part

if TYPE_CHECKING:
    from formats.core.format import Format, Measure


def check(format: Format, index: int, part: Part) -> list[Finding]:
    text = part.text.strip()
    if not text and not part.media:
        remedy = "Write something, or remove it."
        return [Finding("empty_part", BLOCKER, f"Post {index + 1} is empty.", remedy, part=index)]
    found = [_too_long(format, index, each) for each in format.measures(part) if each.over]
    if mends.UNSENDABLE.search(part.text):
        found.append(_unsendable(index))
    if signs := [sign for sign in format.forbidden if sign in part.text]:
        found.append(_forbidden(format, signs, index))
    return [*found, *_mentions(format, index, part), *_hashtags(format, index, part)]


def _too_long(format: Format, index: int, measure: Measure) -> Finding:
    several = format.max_parts > 1
    offered: tuple[str, ...] = ()
    what = f"The {measure.name}" if measure.name else f"Post {index + 1}"
    if measure.code != "text_too_long":
        remedy = measure.remedy or "Shorten it: the platform refuses it otherwise."
    elif several:
        remedy, offered = "Shorten it, or move a sentence to the next post.", ("split_part",)
    else:
        remedy, offered = "Shorten it. The rest can be read on the story's page.", ("condense",)
    return Finding(
        measure.code,
        BLOCKER,
        f"{what} is {measure.over} {measure.limit.unit} too long.",
        remedy,
        part=index,
        limit=measure.limit.ceiling,
        actual=measure.count,
        unit=measure.limit.unit,
        source=measure.limit.source,
        mends=offered,
    )


def _unsendable(index: int) -> Finding:
    return Finding(
        "unsendable_character",
        BLOCKER,
        f"Post {index + 1} has an invisible character that platforms refuse.",
        "Delete the text and type it anew, or paste it without formatting.",
        part=index,
    )


def _forbidden(format: Format, signs: Sequence[str], index: int) -> Finding:
    return Finding(
        "forbidden_character",
        BLOCKER,
        f"{format.label} takes no {' or '.join(signs)} in its texts.",
        "Write it in words, or use ‹ and ›.",
        part=index,
        source=format.limits["text"].source,
    )


def _mentions(format: Format, index: int, part: Part) -> list[Finding]:
    found = []
    for name, code, what, spans in (
        ("mentions", "too_many_mentions", "mentions", tokens.mentions),
        ("cashtags", "too_many_cashtags", "cashtags ($ABC)", tokens.cashtags),
    ):
        limit = format.limits.get(name)
        count = len(spans(part.text)) if limit is not None else 0
        if limit is not None and count > limit.ceiling:
            found.append(over(code, BLOCKER, what, limit, count, index))
    return found


def _hashtags(format: Format, index: int, part: Part) -> list[Finding]:
    count = len(tokens.hashtags(part.text))
    hard, advised = format.limits.get("hashtags"), format.limits.get("hashtags_advised")
    if hard is not None and count > hard.ceiling:
        return [over("too_many_hashtags", BLOCKER, "hashtags", hard, count, index)]
    if advised is not None and count > advised.ceiling:
        remedy = f"Keep the {advised.ceiling} that people really search for."
        return [over("too_many_hashtags", WARNING, "hashtags", advised, count, index, remedy)]
    return []


def opening(format: Format, part: Part) -> list[Finding]:
    text = splitting.unmarked(part.text).strip()
    if not text:
        if format.caption_wanted:
            return [
                Finding(
                    "no_caption",
                    WARNING,
                    "There is no caption.",
                    "Write at least a first line: it is what people see beside the picture, and what search finds.",
                    part=0,
                )
            ]
        return []
    first = text.splitlines()[0]
    if not WORDS.search(first):
        return [wordless("opening_without_words", "The first line has no words.", "the first line", 0)]
    if not WORDS.search(_without(first, tokens.hashtags(first))):
        return [
            Finding(
                "opening_is_hashtags",
                WARNING,
                "The first line is only hashtags.",
                "Put the message first and the hashtags last: the first line is often all that is shown.",
                part=0,
            )
        ]
    return []


def _without(text: str, spans: Sequence[tokens.Span]) -> str:
    for first, last in reversed(spans):
        text = text[:first] + text[last:]
    return text

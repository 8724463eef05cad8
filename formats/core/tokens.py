"""What in a text hangs together: links, mentions, hashtags, emoji, numbers with their unit, abbreviations.

The rules are ours, made from what the platforms tell their users (hashtags: https://help.x.com/en/using-x/how-to-use-hashtags,
handles: https://help.x.com/en/managing-your-account/x-username-rules and the handle syntax of each network; read
2026-11-23). They are a little wider than any one platform's, so that nothing is cut that one of them links.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

import regex

from formats.core import addresses as _addresses
from formats.core.addresses import merged

Span = tuple[int, int]

# A handle: letters, digits, underscore; inner dots and hyphens as Instagram and Bluesky have them; "@server" behind it
# as Mastodon has it. Not the end of an e-mail address, and not the beginning of another name.
_MENTION = regex.compile(
    r"(?<![\p{L}\p{N}_@＠#$&/.])[@＠][A-Za-z0-9_]{1,63}+(?:[.\-][A-Za-z0-9_]+)*+(?:@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+)?"
    r"(?![@＠\p{Latin}]|://)"
)
# A hashtag: letters of any script with their marks, digits, underscore and the joiners that scripts need; one letter at
# least. Not inside a word, not two without a space, not a keycap.
_TAG_SIGN = r"[\p{L}\p{M}\p{Nd}_\u200c\u200d\u00b7\u30fb]"
_HASHTAG = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}\p{{Nd}}_&#＃])[#＃](?!\ufe0f|\u20e3){_TAG_SIGN}++(?![#＃]|://)"
)
_LETTER = regex.compile(r"\p{L}")
_CASHTAG = regex.compile(r"(?<!\S)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?=$|\s|\p{P})")

# An emoji as X counts it: keycaps, flags, subdivision flags, and pictographs with presentation, skin tone and joined
# parts. (c) and (R) are letters unless the emoji presentation is asked for; U+FE0E asks for the letter.
_PICTOGRAPH = (
    r"(?:[\p{Emoji_Modifier_Base}]\ufe0f?\p{Emoji_Modifier}"
    r"|[[\p{Emoji}]&&[\p{Extended_Pictographic}]--[©®]](?!\ufe0e)\ufe0f?|[©®]\ufe0f)"
)
EMOJI = regex.compile(
    rf"(?V1)[0-9#*]\ufe0f?\u20e3|\p{{Regional_Indicator}}{{2}}"
    rf"|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f|{_PICTOGRAPH}(?:\u200d{_PICTOGRAPH})*|\p{{Emoji_Modifier}}"
)

_UNIT_SIGN = r"[\p{Sc}%‰°]"
_NUMBER = regex.compile(
    rf"(?:[\p{{Sc}}§№]\s?|\b(?:No|Nr|nº|p|pp|Art)\.\s?)?[+\-−~≈]?\p{{Nd}}+(?:[.,:/'’\u00a0\u202f\u2009 \-–]?\p{{Nd}}+)*+"
    rf"(?:[^\S\n]?{_UNIT_SIGN}(?:\p{{L}}(?!\p{{L}}))?(?![\p{{L}}\p{{Nd}}])|[^\S\n]\p{{L}}[\p{{L}}\p{{M}}/.²³]*+(?<![.])(?:[^\S\n]\p{{Nd}}{{4}}\b)?|\p{{L}}+)?"
)
_BIG = regex.compile(
    r"(?:hundred|thousand|million|billion|trillion|m|bn|k|mio|mrd|millionen|milliarden|millions)\.?", regex.I
)
_MARKS = regex.compile(r"\p{M}+")  # of the character before
_NEXT_WORD = regex.compile(r"[^\S\n]\p{L}[\p{L}\p{M}/²³]*+")
_ABBREVIATIONS = (
    "mr|mrs|ms|mx|dr|prof|rev|hon|st|messrs|cllr|jr|sr|vs|etc|eg|ie|cf|ca|approx|nr|art|abs|bzw|usw|evtl|ggf|inkl|vgl|sog"
    "|str|tel|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|okt|dez|mme|mlle|mm|av|p|pp|vol|ed|fig|dept|gov|gen|col|lt"
    "|sgt|capt|inc|ltd|co|corp|est|min|max|incl|excl|sra|srta"
)
_ABBREVIATION = regex.compile(
    rf"\b(?:{_ABBREVIATIONS})\.(?=[^\S\n]+\S)|\b(?:\p{{L}}\.[^\S\n]?){{2,}}|(?<!\S)\p{{Lu}}\.(?=[^\S\n]\p{{Lu}})",
    regex.IGNORECASE,
)


def urls(text: str) -> list[Span]:
    """Return where X sees links, bare domains with a known top-level domain among them."""
    return list(_addresses.public(text))


def addresses(text: str) -> list[Span]:
    """Return where anything stands that a reader takes for a link: also hosts that are not public."""
    return _addresses.every(text)


def mentions(text: str) -> list[Span]:
    """Return where accounts are mentioned (``@name``)."""
    if "@" not in text and "＠" not in text:
        return []
    return [match.span() for match in _MENTION.finditer(text)]


def hashtags(text: str) -> list[Span]:
    """Return where hashtags stand. Digits alone are none, nor is a ``#`` inside a link."""
    if "#" not in text and "＃" not in text:
        return []
    links = _addresses.public(text)
    starts = [first for first, _ in links]

    def in_link(span: Span) -> bool:
        index = bisect_left(starts, span[1]) - 1
        return index >= 0 and span[0] < links[index][1]

    spans = (match.span() for match in _HASHTAG.finditer(text) if _LETTER.search(match.group()))
    return [span for span in spans if not in_link(span)]


def cashtags(text: str) -> list[Span]:
    """Return where shares are named (``$ABC``)."""
    return [match.span() for match in _CASHTAG.finditer(text)] if "$" in text else []


def emoji(text: str) -> list[Span]:
    return [] if text.isascii() else [match.span() for match in EMOJI.finditer(text)]


def _numbers(text: str) -> Iterator[Span]:
    for match in _NUMBER.finditer(text):
        first, last = match.span()
        word = regex.search(r"\p{L}+$", match.group())
        if word and _BIG.fullmatch(word.group()) and (unit := _NEXT_WORD.match(text, last)):
            last = unit.end()
        marks = _MARKS.match(text, last)
        yield first, marks.end() if marks else last


def unbreakable(text: str) -> list[Span]:
    """Return the spans that must stay whole, merged where they touch or overlap, in order.

    An abbreviation keeps the word after it, so that no line ends in "Dr.".
    """
    return list(_unbreakable(text))


@lru_cache(maxsize=256)
def _unbreakable(text: str) -> tuple[Span, ...]:
    spans = [
        *addresses(text),
        *mentions(text),
        *hashtags(text),
        *cashtags(text),
        *emoji(text),
        *_numbers(text),
    ]
    if "." in text:
        spans += [_with_next_word(text, match) for match in _ABBREVIATION.finditer(text)]
    return tuple(merged(spans))


def _with_next_word(text: str, match: regex.Match[str]) -> Span:
    first, last = match.start(), match.start() + len(match.group().rstrip())
    following = regex.match(r"[^\S\n]*\S", text[last : last + 8])
    return first, last + (following.end() if following else 0)

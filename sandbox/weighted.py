"""How X counts a post and where it sees links in it: twitter-text's rules, version 3, written anew.

On purpose not the counting that Hustings uses: two implementations that were written apart check each other.
Source of the weights: github.com/twitter/twitter-text `config/v3.json`, read on 2026-11-23. Top-level domains: the Public
Suffix List as the package publicsuffixlist ships it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib.resources import files

import regex

MAX_WEIGHT = 280
URL_WEIGHT = 23
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))  # these count one, all others two


def _top_level_domains() -> list[str]:
    lines = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8").splitlines()
    public = lines[: lines.index("// ===BEGIN PRIVATE DOMAINS===")]
    rules = {line.strip().lstrip("!").removeprefix("*.") for line in public if not line.startswith("//")}
    return sorted((rule for rule in rules if rule and "." not in rule), key=len, reverse=True)


_TLDS = _top_level_domains()
_ACCENTED = r"\p{Latin}\p{Cyrillic}0-9"
_PATH = rf"[{_ACCENTED}!*';:=+,.$%#\[\]\-\u2013_~&|@/]"
_PATH_END = rf"[{_ACCENTED}=_#/+\-]"
_BALANCED = rf"\((?:{_PATH}|\({_PATH}+\))+\)"
_WIDE = r"[^\s\p{P}\p{C}<>$+=^`|~]"  # what may stand in a host after http://
_BARE = r"[\p{Latin}0-9]"  # and without it
_TLD = rf"(?:{'|'.join(map(regex.escape, _TLDS))}|xn--[a-z0-9\-]+)(?![A-Za-z0-9@+\-])"


def _host(letter: str) -> str:
    label = rf"{letter}(?:(?:{letter}|[_\-])*{letter})?"
    return rf"(?:{label}\.)+{_TLD}"


URL = regex.compile(
    rf"(?<![A-Za-z0-9@＠$#＃\u202A-\u202E\u061C\u200E\u200F\u2066-\u2069_/.\-])"
    rf"(?:https?://(?P<wide>{_host(_WIDE)})|(?P<bare>{_host(_BARE)}))"
    rf"(?::[0-9]+)?"
    rf"(?:/(?:(?:{_PATH}|{_BALANCED})*(?:{_PATH_END}|{_BALANCED}))?)?"
    rf"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?",
    regex.IGNORECASE,
)
TCO = regex.compile(
    r"(?:https?://)?t\.co/([a-z0-9]*)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?", regex.I
)
EMOJI = regex.compile(
    r"[\U0001F1E6-\U0001F1FF]{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Extended_Pictographic}(?=[\U0001F3FB-\U0001F3FF\u200D]))"
    r"[\U0001F3FB-\U0001F3FF]?[\U000E0020-\U000E007F]*"
    r"(?:\u200D\p{Extended_Pictographic}\uFE0F?[\U0001F3FB-\U0001F3FF]?)*"
)
CASHTAG = regex.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![\w$])")


@dataclass(frozen=True)
class Link:
    start: int
    end: int
    url: str


def links(text: str) -> list[Link]:
    """Find what X would turn into a t.co link. A bare domain is one only where its last label is a known one."""
    found = []
    for match in URL.finditer(text):
        domain, url = match["wide"] or match["bare"], match[0]
        labels = domain.split(".")
        if "_" in labels[-2] or any(len(_wire_label(label)) > 63 for label in labels):
            continue
        if own := TCO.match(url):
            url = own[0]
            if len(own[1]) > 40:
                continue
        found.append(Link(match.start(), match.start() + len(url), url))
    return found


def _wire_label(label: str) -> str:
    if label.isascii():
        return label
    return f"xn--{label.encode('punycode').decode()}" if not label.startswith("xn--") else "x" * 64


def weight(text: str) -> int:
    """Return the length in X's weighted characters. Lone surrogates and control characters are the caller's affair."""
    text = unicodedata.normalize("NFC", text)
    total = 0
    position = 0
    for link in links(text):
        total += _plain(text[position : link.start]) + URL_WEIGHT * 100
        position = link.end
    return (total + _plain(text[position:])) // 100


def _plain(text: str) -> int:
    bare, emoji = EMOJI.subn("", text)
    return 200 * emoji + sum(100 if any(low <= ord(c) <= high for low, high in LIGHT) else 200 for c in bare)

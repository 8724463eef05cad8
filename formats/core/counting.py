"""How long a text is, by each platform's own rule.

``COUNTERS`` has the rule for each unit that a limit can be given in, so that a finding (which names its unit) can be
counted again without knowing the format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import regex

from formats.core import tokens

URL_WEIGHT = 23  # X (t.co) and Mastodon's default, whatever the length
# X's counting, as documented: https://docs.x.com/fundamentals/counting-characters (read 2026-11-23): these code points
# weigh 1, every other 2, an emoji sequence 2, a link 23.
_SINGLE = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_ONE = regex.compile("[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _SINGLE) + "]")
_GRAPHEME = regex.compile(r"\X")
# Without one of these, each code point stands alone.
_JOINING = regex.compile(r"[^\p{GCB=Other}\p{GCB=Control}\p{GCB=LF}]")
_REMOTE_MENTION = regex.compile(r"(?<![\w/@])(@[A-Za-z0-9_]+(?:[A-Za-z0-9_.\-]*[A-Za-z0-9_]+)?)@[\w.\-]*\w")
_WEB_LINK = regex.compile(r"(?i)(?<![\p{L}\p{N}_])https?://[^\s<>\"]+")
_LINK_TAIL = regex.compile(r"[.,;:!?'\"”’»…]+$")


def code_points(text: str) -> int:
    """Return the number of Unicode code points, which is what "characters" means in most platforms' documents."""
    return len(text)


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 code units: what a program in Java or JavaScript calls the length."""
    return (
        len(text) + sum(1 for character in text if character > "\uffff") if not text.isascii() else len(text)
    )


def utf8_bytes(text: str) -> int:
    """Return the length in UTF-8; a lone surrogate, which cannot be sent anyway, counts 3."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def graphemes(text: str) -> list[str]:
    """Return the characters as a reader sees them; a flag or a family is one."""
    return _GRAPHEME.findall(text)


def grapheme_count(text: str) -> int:
    """Return the number of characters as a reader sees them. Only CR LF is one of two in plain ASCII."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    return len(_GRAPHEME.findall(text)) if _JOINING.search(text) else len(text)


def mastodon(text: str, url_weight: int = URL_WEIGHT) -> int:
    """Return graphemes, where a link counts ``url_weight`` and ``@name@server`` counts as ``@name``.

    Only addresses with http(s) are links there; a bare domain counts as written.
    """
    if "://" in text:
        text = _WEB_LINK.sub(lambda link: _stand_in(link.group(), url_weight), text)
    if "@" in text:
        text = _REMOTE_MENTION.sub(r"\1", text)
    return grapheme_count(text)


def _stand_in(link: str, weight: int) -> str:
    """``weight`` letters in place of the link; punctuation behind it, and a bracket it did not open, is text."""
    cut = _LINK_TAIL.sub("", link)
    while cut.endswith(")") and cut.count(")") > cut.count("("):
        cut = _LINK_TAIL.sub("", cut[:-1])
    return "x" * weight + link[len(cut) :]


def threads(text: str) -> int:
    """Return characters, where each emoji counts as many as it has bytes in UTF-8."""
    if text.isascii() and "\u20e3" not in text:
        return len(text)
    return len(text) + sum(utf8_bytes(each) - len(each) for each in tokens.EMOJI.findall(text))


def weighted(text: str) -> int:
    """Return X's weighted length: links 23, emoji sequences 2, wide letters 2, others 1.

    The text is counted in Unicode form C. A joined emoji is counted as one sequence even where Unicode does not list
    the combination; X may then count each part.
    """
    if text.isascii() and "." not in text:
        return len(text)
    text = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    for first, last in tokens.urls(text):
        total += _weight(text[at:first]) + URL_WEIGHT
        at = last
    return total + _weight(text[at:])


def _weight(text: str) -> int:
    if text.isascii():
        return len(text)
    rest, found = tokens.EMOJI.subn("", text)
    return 2 * found + 2 * len(rest) - len(_ONE.findall(rest))


COUNTERS: dict[str, Callable[[str], int]] = {
    "characters": code_points,
    "weighted characters": weighted,
    "visible characters": grapheme_count,
    "bytes": utf8_bytes,
    "UTF-16 units": utf16_units,
    "Mastodon characters": mastodon,
    "Threads characters": threads,
}

"""The few words that a format adds to what people wrote, and how parts of a piece read as text."""

from __future__ import annotations

import math

import regex

from formats.core.piece import Quote, Row, Statistic
from media import sourcing

# Only words a reader needs; everything else is the author's. A language not listed gets English.
MAP = {
    "ar": "الخريطة", "cs": "Mapa", "cy": "Map", "da": "Kort", "de": "Karte", "en": "Map", "es": "Mapa",
    "fi": "Kartta", "fr": "Carte", "ga": "Léarscáil", "he": "מפה", "it": "Mappa", "nb": "Kart", "nl": "Kaart",
    "no": "Kart", "pl": "Mapa", "pt": "Mapa", "ro": "Hartă", "sv": "Karta", "tr": "Harita", "uk": "Карта",
    "hi": "मानचित्र", "ja": "地図", "ko": "지도", "ru": "Карта", "th": "แผนที่", "zh": "地图",
}  # fmt: skip
QUOTE_MARKS = {
    "da": "»«", "de": "„“", "cs": "„“", "es": "«»", "fr": "«»", "it": "«»", "nb": "«»", "no": "«»", "pl": "„”",
    "pt": "“”", "ro": "„”", "ru": "«»", "sv": "””", "fi": "””", "uk": "«»", "ar": "«»", "ja": "「」", "zh": "“”",
}  # fmt: skip
DECIMAL_COMMA = frozenset(
    "bg ca cs da de el es et fi fr hr hu id is it lt lv nb nl no pl pt ro ru sk sl sr sv tr uk vi".split()  # noqa: SIM905
)
DECIMALS = 4
_COMMA = str.maketrans(",.", "\u202f,")
_SPACELESS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_MARKS = '“”"„«»‘’「」'


def primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def number(value: float, language: str) -> str:
    """Return a figure as people write it: grouped by threes, with the decimals it was given with, the language's own marks.

    Up to four decimals, as many as figures are kept with. Pictures (``media.charts``) and the public page show the same.
    """
    if not math.isfinite(value):
        return "?"
    text = f"{round(value, DECIMALS) + 0.0:,.{DECIMALS}f}".rstrip("0").rstrip(".")
    if primary(language) in DECIMAL_COMMA:
        return text.translate(_COMMA)
    return text


def source(name: str, language: str) -> str:
    return sourcing.source_line(name, language)


def map_source(name: str, language: str) -> str:
    """Return where a map is from and under which licence, as it stands on every picture of it."""
    return sourcing.told(MAP, name, language)


def quoted(text: str, language: str) -> str:
    """Return ``text`` in the language's quotation marks, which it may have already."""
    text = text.strip()
    if not text or (text[0] in _MARKS and text[-1] in _MARKS and len(text) > 1):
        return text
    marks = QUOTE_MARKS.get(primary(language), "“”")
    return f"{marks[0]}{text}{marks[1]}"


def speaker(quote: Quote) -> str:
    return ", ".join(each.strip() for each in (quote.speaker, quote.role) if each.strip())


def quote_text(quote: Quote, language: str) -> str:
    who = speaker(quote)
    return quoted(quote.text, language) + (f"\n— {who}" if who else "")


def statistic_line(statistic: Statistic) -> str:
    """Return "4.2 tonnes of rubbish collected"; a label that is a heading of its own is set off by a dash.

    No space stands before a unit or label in a script that has none between words.
    """
    value, unit, label = statistic.value.strip(), statistic.unit.strip(), statistic.label.strip()
    figure = value + ("" if not value or _spaceless(unit) else " ") + unit
    figure = figure.strip()
    if not figure or not label:
        return figure or label
    if _spaceless(label):
        return figure + label
    return f"{figure} – {label}" if label[0].isupper() else f"{figure} {label}"


def _spaceless(text: str) -> bool:
    return _SPACELESS.match(text) is not None


def statistic_text(statistic: Statistic, language: str) -> str:
    return joined(statistic_line(statistic), source(statistic.source, language))


def row_text(row: Row, unit: str, language: str) -> str:
    return f"{row.label.strip()}: {number(row.value, language)} {unit.strip()}".strip()


def joined(*lines: str) -> str:
    return "\n".join(line.strip() for line in lines if line.strip())


def paragraphs(*texts: str) -> str:
    """Return the texts that say something, a blank line between them."""
    return "\n\n".join(text.strip() for text in texts if text.strip())

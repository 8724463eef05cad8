"""How a source is named, in the language of what it stands under: on pictures, in alt texts and in posts. Pure."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = {
    "ar": "المصدر", "cs": "Zdroj", "cy": "Ffynhonnell", "da": "Kilde", "de": "Quelle", "en": "Source", "es": "Fuente",
    "fi": "Lähde", "fr": "Source", "ga": "Foinse", "he": "מקור", "it": "Fonte", "nb": "Kilde", "nl": "Bron",
    "no": "Kilde", "pl": "Źródło", "pt": "Fonte", "ro": "Sursa", "sv": "Källa", "tr": "Kaynak", "uk": "Джерело",
    "hi": "स्रोत", "ja": "出典", "ko": "출처", "ru": "Источник", "th": "ที่มา", "zh": "来源",
}  # fmt: skip


def source_line(name: str, language: str) -> str:
    return told(SOURCE, name, language)


def told(words: Mapping[str, str], name: str, language: str) -> str:
    """``name`` after the language's word for what it is, which it may begin with already. English where there is none."""
    name = " ".join(name.split())
    word = words.get(language.replace("_", "-").split("-")[0].lower(), words["en"])
    return name if not name or name.casefold().startswith(word.casefold()) else f"{word}: {name}"

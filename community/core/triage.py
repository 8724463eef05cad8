"""What a message seems to be about: suggestions by word lists and one small model, made here. Never a judgement.

An empty value means "not known": of a language without lists only the language is said, of a text that is too short or
too mixed not even that. docs/conversation.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import regex

from community.core import lexicon
from community.core.lexicon import Lexicon, fold

LEAST_LETTERS = 8  # below that no language is said
SURE = 0.5  # what the model must say before we repeat it
_HEART = regex.compile(r"[❤♥💙💚💛🧡💜👏👍🙏😍🥰😊🎉💪]")
_ANGER = regex.compile(r"[😡🤬👎🤮💩😠]")
_LINK = regex.compile(r"https?://\S+|www\.\S+")
_HANDLE = regex.compile(r"[@#][\w.@-]+")
_LETTER = regex.compile(r"\p{L}")
# Marks of a question in every script that has its own.
_ASKS = regex.compile(r"[?？؟;¿](?:\s|$|\p{P}|\p{So})|¿")
# Scripts that are written by one language, or nearly.
_SCRIPTS = (
    ("ja", regex.compile(r"[\p{Hiragana}\p{Katakana}]")),
    ("ko", regex.compile(r"\p{Hangul}")),
    ("th", regex.compile(r"\p{Thai}")),
    ("el", regex.compile(r"\p{Greek}")),
    ("he", regex.compile(r"\p{Hebrew}")),
    ("ka", regex.compile(r"\p{Georgian}")),
    ("hy", regex.compile(r"\p{Armenian}")),
    ("zh", regex.compile(r"\p{Han}")),
)


@dataclass(frozen=True)
class Guess:
    """``why`` are the words that it rests on, for people; "" as value where nothing is known."""

    value: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestions:
    language: Guess = field(default_factory=Guess)
    kind: Guess = field(default_factory=Guess)
    sentiment: Guess = field(default_factory=Guess)
    topic: Guess = field(default_factory=Guess)
    urgency: Guess = field(default_factory=Guess)

    def values(self) -> Mapping[str, str]:
        names = ("language", "kind", "sentiment", "topic", "urgency")
        return {name: getattr(self, name).value for name in names}


# What counts when several people wait in one conversation: the later ones say more about what is to be done.
_WORST = {
    "wants": ("", "other", "spam", "praise", "question", "abuse", "complaint"),
    "sentiment": ("", "positive", "neutral", "negative"),
    "urgency": ("", "low", "normal", "high"),
    "risk": ("", "low", "medium", "high"),
}


def worse(field: str, one: str, other: str) -> str:
    """Of two values of a field the one that a team must not overlook; of others than these fields the first that is one."""
    order = _WORST.get(field)
    return max(one, other, key=order.index) if order else one or other


@cache
def _model() -> Any:
    """Loaded at the first message, from the package itself; nothing is fetched."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # slow to import: half a second

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(text: str) -> Guess:
    """Which language a text is in; nothing for a few letters, only names and links, or a text that the model doubts."""
    plain = _HANDLE.sub(" ", _LINK.sub(" ", text[: lexicon.MOST_CHARS])).replace("\0", "")
    letters = len(_LETTER.findall(plain))
    for code, script in _SCRIPTS:
        if letters and 2 * len(script.findall(plain)) >= letters:
            return Guess(code)
        if code == "ja" and letters >= 4 and 5 * len(script.findall(plain)) >= letters:
            return Guess(code)  # kanji with a little kana
    if letters < LEAST_LETTERS:
        return Guess()
    code, sure = _model().classify(plain)
    return Guess(code) if sure >= SURE else Guess()


def suggest(text: str, *, usual: str = "") -> Suggestions:
    """Everything that can be suggested. ``usual`` is the channel's language; it stands in where the text is too short."""
    tongue = language(text)
    lists = lexicon.of_language(tongue.value or usual) if tongue.value or usual else None
    folded = fold(text)
    asks = bool(_ASKS.search(text))
    if lists is None:
        words = () if tongue.value else _insults(folded)
        kind = Guess("abuse", words) if words else Guess("question", ("?",)) if asks else Guess()
        return Suggestions(tongue, kind)
    kind = _kind(folded, lists, asks)
    return Suggestions(
        tongue,
        kind,
        _sentiment(folded, lists, kind.value),
        _most(folded, lists.topics),
        _urgency(folded, lists, kind.value),
    )


def _found(pattern: regex.Pattern[str], folded: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.group() for match in pattern.finditer(folded)))


def _insults(folded: str) -> tuple[str, ...]:
    """Insults are short: where no language is known, those of every list are looked for."""
    lists = [each for code in sorted(lexicon.languages()) if (each := lexicon.of_language(code))]
    return tuple(dict.fromkeys(word for each in lists for word in _found(each.kinds["abuse"], folded)))


def _kind(folded: str, lists: Lexicon, asks: bool) -> Guess:
    """Abuse and spam go first, then a complaint, which may well be put as a question. An accusation is one where nothing is
    asked, also behind praise (“Bravo, you sold the hospital”).
    """
    found = {name: _found(pattern, folded) for name, pattern in lists.kinds.items()}
    for name in ("abuse", "complaint"):
        if found[name]:
            return Guess(name, found[name])
    if len(found["spam"]) > 1 or (found["spam"] and (_LINK.search(folded) or not asks)):
        return Guess("spam", found["spam"])
    if asks:
        return Guess("question", ("?", *found["question"]))
    if accused := _found(lists.accusations, folded):
        return Guess("complaint", accused)
    if found["praise"]:
        return Guess("praise", found["praise"])
    if any(folded.startswith(word) for word in found["question"]) and len(folded.split()) > 3:
        return Guess("question", found["question"])
    return Guess()


def _sentiment(folded: str, lists: Lexicon, kind: str) -> Guess:
    """Counts words for and against, turned round after a negation; nothing to count is not known, never neutral."""
    words: dict[str, list[str]] = {"positive": [], "negative": []}
    for name, pattern in (("positive", lists.positive), ("negative", lists.negative)):
        for match in pattern.finditer(folded):
            before = " ".join(folded[: match.start()].split()[-3:])
            turned = bool(lists.negation.search(before)) and not lists.negation.search(match.group())
            words[_other(name) if turned else name].append(match.group())
    words["positive"] += _found(_HEART, folded)
    words["negative"] += _found(_ANGER, folded)
    for_it, against = len(words["positive"]), len(words["negative"])
    if kind in ("abuse", "complaint"):
        against += 1
    if for_it == against:
        return Guess("neutral") if kind == "question" and not for_it else Guess()
    better = "positive" if for_it > against else "negative"
    return Guess(better, tuple(words[better]))


def _other(name: str) -> str:
    return "negative" if name == "positive" else "positive"


def _most(folded: str, patterns: Mapping[str, regex.Pattern[str]]) -> Guess:
    """The topic with most words; between two alike nothing is said."""
    found = sorted(((_found(p, folded), name) for name, p in patterns.items()), key=lambda row: -len(row[0]))
    if not found or not found[0][0] or (len(found) > 1 and len(found[0][0]) == len(found[1][0])):
        return Guess()
    return Guess(found[0][1], found[0][0])


def _urgency(folded: str, lists: Lexicon, kind: str) -> Guess:
    words = _found(lists.urgent, folded)
    if words and kind != "spam":
        return Guess("high", words)
    return Guess("low") if kind in ("praise", "spam") else Guess("normal")

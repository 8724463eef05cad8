"""Frequent questions: which approved pair fits, and whether it may go out without a person. Pure.

The default is that a person looks. An automatic answer needs every one of the conditions of :func:`automatic`; the first
sign of a complaint, of distress or of doubt ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import regex

from community.core.bursts import words_of
from community.core.triage import Suggestions

SUGGESTED = 0.4  # of the question's words that count; a person looks at it
CERTAIN = 0.85  # one strange word among five may be what it is about
MOST_WORDS = 30  # whoever writes more wants to be read by somebody
STOPS = ("complaint", "abuse", "spam")
_SEVERAL = regex.compile(r"[?？؟]")
# Small words that say nothing about which question it is.
_SMALL = {
    "en": "a an the is are was be to of in on at for and or i we you my our your it do does can could will would please "
    "me this that with how what when where who which there any hello hi",
    "de": "ein eine einen der die das den dem ist sind war zu von in im am auf für und oder ich wir sie ihr mein unser es "
    "kann können bitte mir mich wie was wann wo wer welche gibt hallo",
    "fr": "un une le la les l d de du des est sont à au aux en dans sur pour et ou je nous vous mon notre il elle ce que "
    "qui où quand comment puis peut bonjour",
    "es": "un una el la los las de del es son está a en por para y o yo nos me mi nuestro que qué quién dónde cuándo cómo "
    "puedo hola",
}
SMALL = {code: frozenset(words.split()) for code, words in _SMALL.items()}
_ALL_SMALL = frozenset().union(*SMALL.values())


@dataclass(frozen=True)
class Pair:
    """``ways`` are all wordings of the question. ``channels`` are those on which it may go out by itself."""

    number: int
    ways: tuple[str, ...]
    answer: str
    language: str = ""
    automatic: bool = False
    channels: frozenset[int] = frozenset()
    approved: bool = False
    expires_on: date | None = None
    stopped: bool = False

    def usable(self, today: date) -> bool:
        return self.approved and not self.stopped and (self.expires_on is None or today <= self.expires_on)


@dataclass(frozen=True)
class Match:
    pair: Pair
    score: float  # 1.0: every word that counts is the same


def _counting(text: str, language: str) -> frozenset[str]:
    small = SMALL.get(language.split("-")[0], _ALL_SMALL)
    words = words_of(text)
    return (words - small) or words


def _score(asked: frozenset[str], known: frozenset[str]) -> float:
    if not asked or not known:
        return 0.0
    return 2 * len(asked & known) / (len(asked) + len(known))


def matches(
    text: str, pairs: Sequence[Pair], *, language: str = "", today: date, most: int = 3
) -> list[Match]:
    """The usable pairs that fit, the best first. A pair of another language than the message's is never one."""
    asked = _counting(text, language)
    found = []
    for pair in pairs:
        if not pair.usable(today) or (language and pair.language and pair.language != language.split("-")[0]):
            continue
        score = max((_score(asked, _counting(way, pair.language)) for way in pair.ways), default=0.0)
        if score >= SUGGESTED:
            found.append(Match(pair, round(score, 3)))
    return sorted(found, key=lambda each: (-each.score, each.pair.number))[:most]


@dataclass(frozen=True)
class Ruling:
    """``match`` may go out by itself where ``why_not`` is empty; else the words say why a person is needed."""

    match: Match | None
    why_not: str = ""


def automatic(
    text: str,
    found: Sequence[Match],
    told: Suggestions,
    *,
    channel: int,
    earlier: int = 0,
    handled: bool = False,
    old: bool = False,
) -> Ruling:
    """Whether the best match may be sent without a person.

    ``earlier``: how many messages of this person stand in the conversation before this one; ``handled``: somebody of
    us is at it, has answered, or an automatic answer was sent already; ``old``: it was said long before we read it.
    """
    if not found:
        return Ruling(None, "No approved question is like it.")
    best = found[0]
    for reason, holds in (
        ("The pair is not marked for automatic answers.", not best.pair.automatic),
        ("The channel is not marked for it.", channel not in best.pair.channels),
        ("Somebody is at it, or it was answered already.", handled),
        ("It was said too long ago.", old),
        ("The person has written again: somebody should read it.", earlier > 0),
        ("It sounds like a complaint, abuse or spam.", told.kind.value in STOPS),
        ("It sounds unhappy.", told.sentiment.value == "negative"),
        ("It sounds urgent.", told.urgency.value == "high"),
        ("It is not recognised as a question.", told.kind.value != "question"),
        ("Its language is not known well enough.", not told.language.value or not told.sentiment.value),
        ("It asks more than one thing.", len(_SEVERAL.findall(text)) > 1),
        ("It is long: whoever writes much wants to be read.", len(text.split()) > MOST_WORDS),
        ("It is not like the approved question closely enough.", best.score < CERTAIN),
        ("Two approved questions fit it alike.", len(found) > 1 and found[1].score >= best.score - 0.1),
    ):
        if holds:
            return Ruling(best, reason)
    return Ruling(best)


LABELS = {
    "en": ("Automatic answer: ", " Reply “human” and a person answers you."),
    "de": ("Automatische Antwort: ", " Antworten Sie „Mensch“, dann antwortet Ihnen eine Person."),
    "fr": ("Réponse automatique : ", " Répondez « humain » et une personne vous répondra."),
    "es": ("Respuesta automática: ", " Responda «persona» y le contestará una persona."),
}
HUMAN = frozenset({"human", "person", "mensch", "humain", "persona"})


def labelled(answer: str, language: str) -> str:
    """The answer as it goes out: it says that it is automatic, and how to reach a person."""
    before, after = LABELS.get(language.split("-")[0], LABELS["en"])
    return f"{before}{answer.strip()}{after}"


def wants_human(text: str) -> bool:
    """Whether somebody asks for a person after an automatic answer."""
    return len(text.split()) < 6 and bool(words_of(text) & HUMAN)

"""What a correction says, as a piece that every format can make its post from. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from formats.core.piece import Campaign, Paragraph, Piece

SOURCE = "correction"  # the one block behind every part of a correction


@dataclass(frozen=True)
class Words:
    headline: str
    wrote: str  # with {text}
    right: str  # with {text}
    source: str  # with {text}


WORDS = {
    "en": Words(
        "Correction", "We wrote: “{text}” This was wrong.", "What is right: {text}", "Source: {text}"
    ),
    "de": Words(
        "Berichtigung",
        "Wir haben geschrieben: „{text}“ Das war falsch.",
        "Richtig ist: {text}",
        "Quelle: {text}",
    ),
    "fr": Words(
        "Rectificatif",
        "Nous avons écrit : « {text} » C’était faux.",
        "Ce qui est exact : {text}",
        "Source : {text}",
    ),
    "es": Words(
        "Corrección", "Escribimos: «{text}» Era incorrecto.", "Lo correcto es: {text}", "Fuente: {text}"
    ),
}


@dataclass(frozen=True)
class Correction:
    """What was said, what was wrong with it, and what is right (empty: retracted)."""

    text: str
    explanation: str
    right: str = ""
    source: str = ""


def piece_of(correction: Correction, story: Piece) -> Piece:
    """The correction of a statement in a story: links to it, keeps its language and imprint, brings no hashtags.

    Languages without words of their own get English ones; a person edits the draft in any case.
    """
    words = WORDS.get(story.language.split("-")[0].lower(), WORDS["en"])
    said = correction.text.strip()
    lines = [correction.explanation.strip()]
    if correction.right.strip():
        lines.append(words.right.format(text=correction.right.strip()))
    if correction.source.strip():
        lines.append(words.source.format(text=correction.source.strip()))
    return Piece(
        key=f"{story.key}:{SOURCE}",
        kind="correction",
        headline=words.headline,
        lead=words.wrote.format(text=said if said[-1:] in ".!?…。" else f"{said}."),
        blocks=(Paragraph(SOURCE, "\n".join(filter(None, lines))),),
        link=story.link,
        language=story.language,
        campaign=without_hashtags(story.campaign),
    )


def without_hashtags(campaign: Campaign) -> Campaign:
    return replace(campaign, hashtags=())

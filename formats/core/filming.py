"""A short video for a post: a cut of the story's video with captions, or a film made of its cards."""

from __future__ import annotations

from dataclasses import dataclass, replace

from formats.core import alt, cards, items, plans, splitting
from formats.core.draft import Finding, Level, MediaItem
from formats.core.piece import Music, Piece, Video

SHORTEST_S = 3.0
MOST_SLIDES = 9


@dataclass(frozen=True)
class Film:
    """What a platform's short video is like. ``longest_s`` is our choice of a length people watch to the end."""

    canvas: items.Canvas
    longest_s: float = 60
    shortest_s: float = SHORTEST_S
    max_bytes: int = plans.VIDEO_BYTES


def of(piece: Piece, film: Film) -> tuple[MediaItem, list[Finding]]:
    """Return the video of a piece, and a note where it is made of cards."""
    video = next((each for each in piece.blocks if isinstance(each, Video)), None)
    if video:
        return _cut(piece, video, film), []
    music = next((each for each in piece.blocks if isinstance(each, Music)), None)
    return _film(piece, film, music), [WITH_MUSIC if music else NO_VIDEO]


def _cut(piece: Piece, video: Video, film: Film) -> MediaItem:
    headline, _ = splitting.opening(
        piece.headline.strip() or video.title, lambda text: len(text) <= items.HEADLINE_CHARS
    )
    plan = plans.cut(
        piece,
        video,
        film.canvas.size,
        headline=headline,
        end_card=items.closing_text(piece),
        max_s=film.longest_s,
        min_s=film.shortest_s,
        max_bytes=film.max_bytes,
        safe=film.canvas.safe,
    )
    words = video.alt.strip() or video.title.strip() or piece.headline.strip()
    return MediaItem(plan, alt.fitted(words), "cut", ("headline", video.id, "link", "campaign"))


def _film(piece: Piece, film: Film, music: Music | None) -> MediaItem:
    """The cards of the story one after the other; the closing card is the film's end card."""
    made, _ = cards.of(piece, film.canvas, MOST_SLIDES)
    slides = [card for card in made if card.role != "closing"]
    plan = plans.film(
        piece,
        [dict(card.plan) for card in slides],
        film.canvas.size,
        end_card=items.closing_text(piece),
        max_bytes=film.max_bytes,
        safe=film.canvas.safe,
        music=music.file if music else None,
    )
    words = alt.fitted(" ".join(alt.sentence(card.alt) for card in slides))
    sources = [source for card in made for source in card.sources] + ([music.id] if music else [])
    return MediaItem(plan, words, "film", tuple(dict.fromkeys(sources)))


NO_VIDEO = Finding(
    "film_of_cards",
    Level.NOTE,
    "The story has no video, so this is a film made of its cards, without sound.",
    "Nothing to mend. With a video in the story, it is a cut of that.",
)
WITH_MUSIC = replace(
    NO_VIDEO, message="The story has no video, so this is a film made of its cards, with the story's music."
)

"""The fonts we draw with, which characters each has, and the choice of a font per run of text.

The fonts are put into ``media/fonts/dist`` by ``python -m media.build_fonts``; nothing depends on what a
machine has installed. Pillow has no fallback between fonts: :func:`faces_for` splits a text into runs
that one font can draw. A character that no font has raises RenderError naming it: never publish boxes.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import regex
from PIL import ImageFont, features

from media.errors import RenderError

DIST = Path(__file__).resolve().parent / "fonts" / "dist"
BITMAP_EMOJI_PX = 109  # the one size of a font of emoji pictures (CBDT)

REGULAR, MEDIUM, SEMIBOLD, HEAVY = 400, 500, 600, 800

# What a campaign may set its words in, and the file of it; what that font lacks is drawn by the others.
CHOICES = {"sans": "Inter.ttf", "serif": "SourceSerif4.ttf", "rounded": "Nunito.ttf", "plain": "NotoSans.ttf"}

GRAPHEME = regex.compile(r"\X")
EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}|[0-9#*]\uFE0F?\u20E3")
# Invisible by nature: they steer shaping or direction, and a font need not have them.
INVISIBLE = frozenset(
    chr(c)
    for c in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00,
    0xFE10),
              0x00AD, 0x061C, 0x180E, 0xFEFF, *range(0xE0020, 0xE0080))
)  # fmt: skip

# Nobody sees them, no font has them, XML cannot hold most of them: they come along when text is pasted.
UNSEEN = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
BREAK = regex.compile(r"[\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")


@dataclass(frozen=True)
class Face:
    """One font. ``axes`` are (tag, lowest, highest) of a variable font, in the font's order; ``bold`` is the file for
    strong text of one that has no axes.
    """

    file: str
    family: str
    kind: str  # "text", "emoji" (one colour), "colour" (vector), "bitmap" (pictures of one size)
    axes: tuple[tuple[str, float, float], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    bold: str = ""

    def file_for(self, weight: int) -> str:
        return self.bold if self.bold and weight >= SEMIBOLD else self.file

    def has(self, char: str) -> bool:
        code = ord(char)
        at = bisect_right(self.starts, code) - 1
        return at >= 0 and code <= self.ends[at]

    def covers(self, cluster: str) -> bool:
        return all(self.has(char) for char in cluster if char not in INVISIBLE)


class FontsMissing(RenderError):
    """The fonts have not been built: the operator's to mend."""


@cache
def manifest() -> dict:
    try:
        return json.loads((DIST / "fonts.json").read_text())
    except FileNotFoundError:
        raise FontsMissing(
            "The fonts are not built. Run: make setup (or python -m media.build_fonts)."
        ) from None


def digest() -> str:
    """A digest over all font files; "none" while they are not built (then nothing can be rendered either)."""
    try:
        return _digest()
    except FontsMissing:
        return "none"


@cache
def _digest() -> str:
    hashes = sorted(font["sha256"] + font.get("bold_sha256", "") for font in manifest()["fonts"])
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


@cache
def faces() -> tuple[Face, ...]:
    """All faces in the order in which they are asked."""
    return tuple(
        Face(
            file=font["file"],
            family=font["family"],
            kind=font["kind"],
            axes=tuple((tag, low, high) for tag, low, high in font["axes"]),
            starts=tuple(a for a, _ in font["ranges"]),
            ends=tuple(b for _, b in font["ranges"]),
            bold=font.get("bold", ""),
        )
        for font in manifest()["fonts"]
    )


@lru_cache(maxsize=512)
def load(face: Face, weight: int, size: int) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels. Weight and optical size are set where the font has such axes."""
    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    size = BITMAP_EMOJI_PX if face.kind == "bitmap" else size
    font = ImageFont.truetype(DIST / face.file_for(weight), size, layout_engine=engine)
    if face.axes:
        font.set_variation_by_axes(list(position(face, weight, size).values()))
    return font


def position(face: Face, weight: int, size: int) -> dict[str, float]:
    """Where on its axes a variable font stands for text of that weight and size, axes in the font's order."""
    wanted = {"wght": weight, "opsz": size * 0.75, "wdth": 100}
    return {tag: min(max(wanted.get(tag, low), low), high) for tag, low, high in face.axes}


@cache
def can_shape() -> bool:
    """Is complex text laid out right? Without FriBiDi on the system Pillow sets Arabic reversed."""
    return bool(features.check("raqm"))


UNSHAPEABLE = (
    "This server cannot set right-to-left, Indic or Thai text, nor emoji made of several, yet. The operator has to install "
    "FriBiDi (Debian: apt install libfribidi0) and start the worker again."
)


def refuse_unshapeable(text: str) -> None:
    if not can_shape() and any(map(needs_shaping, text)):
        raise RenderError(UNSHAPEABLE)


# Scripts whose letters are joined, reordered or stacked by the font's rules, and what joins emoji into one.
SHAPED = (
    (0x0900, 0x0EFF),  # Devanagari to Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x200D, 0x200D),  # zero width joiner
    (0x1F1E6, 0x1F1FF),  # flags
    (0x1F3FB, 0x1F3FF),  # skin tones
)


def needs_shaping(char: str) -> bool:
    if unicodedata.bidirectional(char) in ("R", "AL"):
        return True
    return any(first <= ord(char) <= last for first, last in SHAPED)


def on_one_line(text: str) -> str:
    """What is seen of a text, with a space for breaks of any kind (Word writes a vertical tab); XML can hold it."""
    return UNSEEN.sub("", BREAK.sub(" ", text))


def clusters(text: str) -> list[str]:
    return GRAPHEME.findall(text)


@lru_cache(maxsize=8192)
def face_for(cluster: str, chosen: str = "") -> Face | None:
    """The first face that can draw a grapheme cluster whole: emoji faces first for what is meant as emoji, then the
    ``chosen`` one (a name of CHOICES).
    """
    emoji_first = bool(EMOJI.match(cluster)) and "\ufe0e" not in cluster
    wanted = CHOICES.get(chosen, "")
    for face in sorted(faces(), key=lambda f: ((f.kind == "text") == emoji_first, f.file != wanted)):
        if face.covers(cluster):
            return face
    return None


def faces_for(text: str, chosen: str = "") -> list[tuple[str, Face]]:
    """Split ``text`` into (run, face). Spaces stay with the run before them where its face has them."""
    runs: list[tuple[str, Face]] = []
    missing: list[str] = []
    for cluster in clusters(text):
        neutral = not cluster.strip() or cluster in INVISIBLE
        if neutral and runs and (runs[-1][1].kind == "text") and runs[-1][1].covers(cluster):
            face = runs[-1][1]
        else:
            face = face_for(cluster, chosen)
        if face is None:
            missing.append(cluster)
        elif runs and runs[-1][1] is face:
            runs[-1] = (runs[-1][0] + cluster, face)
        else:
            runs.append((cluster, face))
    if missing:
        raise RenderError(missing_message(missing))
    return runs


def missing_characters(text: str) -> list[str]:
    """The characters (grapheme clusters) that no font here can draw, in order, each once."""
    seen = clusters(UNSEEN.sub("", text))
    return list(dict.fromkeys(c for c in seen if c.strip() and face_for(c) is None))


def emoji_in_one_colour(text: str) -> bool:
    """Whether emoji that people know in colour are drawn by the font that has them in one."""
    if not EMOJI.search(text):
        return False
    drawn = [face_for(cluster) for cluster in clusters(text) if EMOJI.match(cluster)]
    return any(face is not None and face.kind == "emoji" for face in drawn)


def missing_message(missing: list[str]) -> str:
    return f"No font here can draw {named(missing)}. Leave it out of the picture, or ask the operator for a font."


def named(missing: Sequence[str]) -> str:
    """Characters with their names, since not everybody's screen shows them."""
    first = list(dict.fromkeys(missing))
    return ", ".join(f"“{c}” ({_name(c)})" for c in first[:5]) + (" and others" if first[5:] else "")


def _name(cluster: str) -> str:
    return unicodedata.name(cluster[0], f"U+{ord(cluster[0]):04X}").lower()

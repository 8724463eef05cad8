"""Set text in a box: wrap, shrink until it fits, draw. Text never leaves its box and is never cut off.

What cannot fit at the smallest size raises :class:`TooLong`, which says by how much to shorten.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest

import pyphen
import regex
from icu4py.breakers import LineBreaker
from PIL import Image, ImageDraw

from media import bidi, typefaces
from media.colour import RGB
from media.errors import RenderError
from media.typefaces import BITMAP_EMOJI_PX, Face

# Where a line may break: after a space (but "5 December" and "4.2 tonnes" stay together where they can), after a hyphen,
# dash or slash inside a word. Scripts that put no space between words are left to ICU (adr/0008), which keeps phrases
# together.
NUMBER = r"(?<!\d)\d{1,3}\s"
BREAKS = regex.compile(
    rf"(?<=\s)(?<!{NUMBER}(?=\p{{L}}{{1,12}}\b))(?=\S)|(?<=\w\w\w[-–—/])(?=\w\w\w)|(?<=\u200b)"
)
PHRASES = {
    "ja": r"[\p{Hiragana}\p{Katakana}]", "ko": r"\p{Hangul}", "zh": r"\p{Han}", "th": r"\p{Thai}", "lo": r"\p{Lao}",
    "km": r"\p{Khmer}", "my": r"\p{Myanmar}",
}  # fmt: skip
# What ICU's phrases tear in Japanese and Chinese: a number from what it counts, a polite ご or お from its word.
CARRIED = regex.compile(r"(?:[第約]?[\d.,〇一二三四五六七八九十百千万億兆]+|(?<!\p{Hiragana}{2})[ごお])$")
COUNTED = regex.compile(r"[\p{Han}\p{Katakana}つ]")
UNSPACED = {language: regex.compile(script) for language, script in PHRASES.items()}

DIVIDED_IS_WORTH = 1.5  # a word of a headline is divided where the text can then be so much larger
WIDOW = (
    0.33  # a last line shorter than this share of the width is spared where a little less breadth spares it
)
EMOJI_SHARE = 0.95  # height of emoji pictures, in multiples of the size


@dataclass(frozen=True)
class Style:
    """How text looks: ``leading`` is the distance of baselines in multiples of the size."""

    weight: int
    size: int
    colour: RGB
    leading: float = 1.3
    align: str = "start"  # start, centre, end: in the direction of the text
    typeface: str = ""  # of typefaces.CHOICES

    def at(self, size: int) -> Style:
        return replace(self, size=size)


@dataclass(frozen=True)
class Run:
    text: str
    face: Face
    rtl: bool
    width: float


@dataclass(frozen=True)
class Line:
    """Runs in the order in which they stand from left to right."""

    runs: tuple[Run, ...]
    width: float
    rtl: bool


@dataclass(frozen=True)
class Block:
    """Text that has been set: lines, and the box they need."""

    lines: tuple[Line, ...]
    style: Style
    width: float
    height: int

    @property
    def line_height(self) -> int:
        return line_height(self.style)


class TooLong(RenderError):
    """A text does not fit at the smallest size that can be read."""


def line_height(style: Style) -> int:
    return round(style.size * style.leading)


def metrics(style: Style) -> tuple[int, int]:
    """Height of capitals and depth of descenders, in pixels; the same for every line, whatever its fonts."""
    return round(style.size * 0.73), round(style.size * 0.25)


@lru_cache(maxsize=4096)
def shape(text: str, weight: int, size: int, rtl: bool, typeface: str = "") -> Line:
    """One line of text as runs: one font and one direction each, measured, in visual order."""
    text = unicodedata.normalize("NFC", typefaces.UNSEEN.sub("", text).strip())
    typefaces.refuse_unshapeable(text)
    levels = bidi.levels(text, rtl)
    runs: list[Run] = []
    run_levels: list[int] = []
    at = 0
    for piece, face in typefaces.faces_for(text, typeface):
        start = at
        at += len(piece)
        for i in range(start, at):  # split the font's run where the direction changes
            if i + 1 == at or levels[i + 1] != levels[i]:
                part, start = text[start : i + 1], i + 1
                level = levels[i]
                runs.append(
                    Run(part, face, bool(level % 2), _width(part, face, weight, size, bool(level % 2)))
                )
                run_levels.append(level)
    ordered = tuple(runs[i] for i in bidi.visual_order(run_levels))
    return Line(ordered, sum(run.width for run in ordered), rtl)


def _width(text: str, face: Face, weight: int, size: int, rtl: bool) -> float:
    font = typefaces.load(face, weight, size)
    length = font.getlength(text, **_direction(rtl))
    return length * (size * EMOJI_SHARE / BITMAP_EMOJI_PX) if face.kind == "bitmap" else length


def _direction(rtl: bool) -> dict[str, str]:
    return {"direction": "rtl" if rtl else "ltr"} if typefaces.can_shape() else {}


def wrap(text: str, style: Style, width: int, language: str = "en") -> list[Line]:
    """Break text into lines no wider than ``width``. A word that is wider is divided by the rules of its language, with
    a hyphen; between its letters where there are no such rules.
    """
    lines: list[Line] = []
    for paragraph in text.splitlines() or [""]:
        rtl = bidi.base_is_rtl(paragraph, language)
        current = ""
        whole = shape(" ".join(paragraph.split()), style.weight, style.size, rtl, style.typeface)
        if whole.width <= width:  # most texts on a card: measured once, not word by word
            lines.append(whole)
            continue
        for word in _words_that_fit(paragraph, style, width, rtl):
            if shape(current + word, style.weight, style.size, rtl, style.typeface).width <= width:
                current += word
                continue
            if current.strip():
                lines.append(shape(current, style.weight, style.size, rtl, style.typeface))
            current = ""
            for piece in _pieces(word, style, width, rtl, language):
                if current:
                    lines.append(shape(current, style.weight, style.size, rtl, style.typeface))
                current = piece
        lines.append(shape(current, style.weight, style.size, rtl, style.typeface))
    return lines


def _words_that_fit(paragraph: str, style: Style, width: int, rtl: bool) -> Iterator[str]:
    """A number and what it counts are one word, but in a column too narrow for both."""
    for word in words_of(paragraph):
        if " " in word.strip() and not _fits(word, style, width, rtl):
            yield from (f"{part} " for part in word.split())
        else:
            yield word


@lru_cache(maxsize=1024)
def words_of(paragraph: str) -> tuple[str, ...]:
    """What a line may not be broken inside; spaces stay with the word before them."""
    text = typefaces.UNSEEN.sub("", " ".join(paragraph.split()))
    script = next((name for name, found in UNSPACED.items() if found.search(text)), "")
    if script:
        phrases = list(LineBreaker(text, f"{script}@lw=phrase"))
        return tuple(_with_numbers(phrases) if script in ("ja", "zh") else phrases)
    return tuple(word for word in BREAKS.split(text) if word)


def _with_numbers(phrases: list[str]) -> list[str]:
    """A number that stands at the end of a phrase goes with what it counts, at the beginning of the next."""
    joined: list[str] = []
    carried = ""
    for phrase, after in zip_longest(phrases, phrases[1:], fillvalue=""):
        whole = carried + phrase
        tail = CARRIED.search(whole) if COUNTED.match(after) else None
        rest, carried = (whole[: tail.start()], tail[0]) if tail else (whole, "")
        joined += [rest] if rest else []
    return joined


def _pieces(word: str, style: Style, width: int, rtl: bool, language: str) -> list[str]:
    if _fits(word, style, width, rtl):
        return [word]
    return divided(word, style, width, rtl, language) or _torn(word, style, width, rtl)


def _fits(text: str, style: Style, width: int, rtl: bool) -> bool:
    return shape(text, style.weight, style.size, rtl, style.typeface).width <= width


def _torn(word: str, style: Style, width: int, rtl: bool) -> list[str]:
    pieces, current = [], ""
    for cluster in typefaces.clusters(word):
        if current and not _fits(current + cluster, style, width, rtl):
            pieces.append(current)
            current = ""
        current += cluster
    return [*pieces, current]


@lru_cache(maxsize=64)
def _dictionary(language: str) -> pyphen.Pyphen | None:
    known = pyphen.language_fallback(language.replace("-", "_"))
    return pyphen.Pyphen(lang=known, left=3, right=3) if known else None


def divided(word: str, style: Style, width: int, rtl: bool, language: str) -> list[str]:
    """A word that is broader than a line, in pieces with hyphens that fit; empty where that cannot be."""
    rules = _dictionary(language)
    letters = word.strip(".,;:!?…()«»„“”\"'’ ")
    if rules is None or not letters.isalpha() or rtl:
        return []
    start = word.index(letters)
    places = [start + at for at in rules.positions(letters)]
    pieces, begun = [], 0
    while not _fits(word[begun:], style, width, rtl):
        fitting = [at for at in places if at > begun and _fits(word[begun:at] + "-", style, width, rtl)]
        if not fitting:
            return []
        pieces.append(word[begun : fitting[-1]] + "-")
        begun = fitting[-1]
    return [*pieces, word[begun:]]


def set_text(
    text: str, style: Style, width: int, language: str = "en", *, balance: bool = False, pretty: bool = False
) -> Block:
    """Wrap at the style's size. ``balance`` makes the lines of a headline about equally long; ``pretty`` leaves no
    single short word on the last line of a paragraph.
    """
    lines = wrap(text, style, width, language)
    if pretty and len(lines) > 1:
        lines = [
            line
            for paragraph in text.splitlines()
            for line in _without_widow(paragraph, style, width, language)
        ]
    if balance and 1 < len(lines) <= 6 and "\n" not in text:
        lines = _balanced(text, style, width, language, lines)
    height = (len(lines) - 1) * line_height(style) + sum(metrics(style)) if text.strip() else 0
    return Block(tuple(lines), style, max((line.width for line in lines), default=0.0), height)


def _without_widow(paragraph: str, style: Style, width: int, language: str) -> list[Line]:
    lines = wrap(paragraph, style, width, language)
    if len(lines) < 2 or lines[-1].width >= width * WIDOW:
        return lines
    for share in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7):
        narrow = round(width * share)
        if tears_words(paragraph, style, narrow, language):
            break
        tried = wrap(paragraph, style, narrow, language)
        if len(tried) > len(lines):
            break
        if tried[-1].width >= width * WIDOW:
            return tried
    return lines


def _balanced(text: str, style: Style, width: int, language: str, lines: list[Line]) -> list[Line]:
    low, high = int(width * 0.5), width
    while high - low > 8:
        middle = (low + high) // 2
        tried = wrap(text, style, middle, language)
        if len(tried) <= len(lines) and not tears_words(text, style, middle, language):
            lines, high = tried, middle
        else:
            low = middle
    return lines


def tears_words(text: str, style: Style, width: int, language: str, *, dividing: bool = False) -> bool:
    """Whether a word of the text is broader than ``width``; ``dividing``: and has no place for a hyphen either."""
    rtl = bidi.base_is_rtl(text, language)
    if _fits(" ".join(text.split()), style, width, rtl):
        return False
    words = (part for word in words_of(text.replace("\n", " ")) for part in word.split())
    broad = [word for word in words if not _fits(word, style, width, rtl)]
    return any(not dividing or not divided(word, style, width, rtl, language) for word in broad)


def fit(
    text: str,
    style: Style,
    width: int,
    height: int,
    *,
    smallest: int,
    language: str = "en",
    balance: bool = False,
    what: str = "text",
) -> Block:
    """Set text as large as it fits into ``width`` × ``height``, from the style's size down to ``smallest``.

    A word is divided with a hyphen where even the smallest size does not help, in a headline (``balance``) also where the
    text can then be much larger; it is torn between its letters only where there is no place for a hyphen. Raises
    TooLong, naming ``what`` is too long.
    """
    best = _largest(text, style, width, height, smallest, language, dividing=False)
    if best is None or (balance and best.size * DIVIDED_IS_WORTH <= style.size):
        other = _largest(text, style, width, height, smallest, language, dividing=True)
        if other is not None and (best is None or other.size >= best.size * DIVIDED_IS_WORTH):
            best = other
    if best is None:
        best = style.at(min(smallest, style.size))
        block = set_text(text, best, width, language)
        if block.height > height:
            share = max(0.0, 1 - height / block.height)
            over = max(1, math.ceil(len(text) * share))
            raise TooLong(f"The {what} is too long for its picture. Shorten it by about {over} characters.")
    if balance:
        return _best_lines(text, best, width, language)
    return set_text(text, best, width, language, pretty=True)


def _largest(
    text: str, style: Style, width: int, height: int, smallest: int, language: str, *, dividing: bool
) -> Style | None:
    low, high, best = min(smallest, style.size), style.size, None
    size = high  # most texts fit as they are wanted
    while low <= high:
        tried = style.at(size)
        fits = set_text(text, tried, width, language).height <= height
        if fits and not tears_words(text, tried, width, language, dividing=dividing):
            best, low = tried, size + 1
        else:
            high = size - 1
        size = (low + high) // 2
    return best


def _best_lines(text: str, style: Style, width: int, language: str) -> Block:
    """A headline a little smaller than it could be, if that spares it a last line of one short word."""
    sizes = dict.fromkeys(round(style.size * share) for share in (1.0, 0.95, 0.9, 0.85))
    blocks = [set_text(text, style.at(size), width, language, balance=True) for size in sizes]

    def worth(block: Block) -> float:
        last = block.lines[-1].width / max(block.width, 1)
        return block.style.size / style.size + 0.4 * min(last, 0.6)

    return max(blocks, key=worth)


def draw(image: Image.Image, block: Block, left: int, top: int, width: int) -> None:
    """Draw set text with the top of its first line's capitals at ``top``, aligned within ``width``."""
    for line, x, baseline in placed(block, left, top, width):
        draw_line(image, line, block.style, x, baseline)


def placed(
    block: Block, left: float, top: float, width: float, rtl: bool | None = None
) -> Iterator[tuple[Line, float, int]]:
    """Each line of set text with where it starts, from the left, and its baseline. ``rtl``: the side where all lines
    begin, whatever their own direction.
    """
    capitals, _ = metrics(block.style)
    for number, line in enumerate(block.lines):
        baseline = round(top) + capitals + number * block.line_height
        yield line, _start(line, left, width, block.style.align, rtl), baseline


def _start(line: Line, left: float, width: float, align: str, rtl: bool | None = None) -> float:
    slack = width - line.width
    if align == "centre":
        return left + slack / 2
    begins_right = line.rtl if rtl is None else rtl
    to_right = begins_right != (align == "end")
    return left + slack if to_right else left


def draw_line(image: Image.Image, line: Line, style: Style, x: float, baseline: int) -> None:
    pen = ImageDraw.Draw(image)
    fill = style.colour if image.mode == "RGB" else (*style.colour, 255)
    for run in line.runs:
        font = typefaces.load(run.face, style.weight, style.size)
        if run.face.kind == "bitmap":
            _draw_bitmap_emoji(image, run, font, style.size, x, baseline)
        else:
            pen.text(
                (x, baseline),
                run.text,
                font=font,
                fill=fill,
                anchor="ls",
                embedded_color=run.face.kind == "colour",
                **_direction(run.rtl),
            )
        x += run.width


def _draw_bitmap_emoji(image: Image.Image, run: Run, font, size: int, x: float, baseline: int) -> None:
    big = Image.new("RGBA", (math.ceil(font.getlength(run.text)), BITMAP_EMOJI_PX * 5 // 4))
    ImageDraw.Draw(big).text((0, 0), run.text, font=font, embedded_color=True)
    small = big.resize(
        (max(1, round(run.width)), round(big.height * size * EMOJI_SHARE / BITMAP_EMOJI_PX)), Image.LANCZOS
    )
    image.paste(small, (round(x), baseline - round(size * 0.9)), small)

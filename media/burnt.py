"""Words in a video: title, captions and end card, drawn by Pillow (any script, real fonts) as transparent pictures.

ffmpeg lays them over the picture, so that no text of a user ever stands in a filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import regex
from PIL import Image, ImageDraw

from media import cards, lettering
from media.canvas import CORNERS
from media.captions import Cue
from media.colour import BLACK, RGB, WHITE, contrast, mix, readable, rgb
from media.lettering import Style
from media.typefaces import HEAVY, SEMIBOLD

TITLE_S = 3.2
FADE_S = 0.35
LOWER_THIRD_S = 4.5
PLATE_ALPHA = 212  # of captions: the picture is still felt behind them
ON_WHITE = 9.8  # contrast of captions where the picture behind their plate is white
MOST_LINES = 2  # of a caption at once: more hides the picture and is not read in time
SHORTEST_SCREEN_S = 0.8
SPEAKS = regex.compile(r"[-–—]")  # a line of its own where two people talk
UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
JOINT = regex.compile(rf"(?<={UNSPACED})\n(?={UNSPACED})")
PAUSE = regex.compile(r"[,;:.!?…،؛؟。、！？।][\"'”’»)\]]*\s*$")


@dataclass(frozen=True)
class Overlay:
    """A transparent picture laid over the video at (x, y) from ``start_s`` to ``end_s``."""

    file: Path
    x: int
    y: int
    start_s: float
    end_s: float
    fade_s: float = 0.0


def overlays(
    plan: Mapping[str, Any], folder: Path, cues: Sequence[Cue], passage_s: float, *, title: bool = True
) -> list[Overlay]:
    """Title, captions and lower third of a passage that lasts so long, drawn into ``folder``."""
    found = []
    headline = ((plan.get("title") or {}).get("headline") or "").strip()
    if headline and title:
        found.append(_title(plan, folder, headline, min(TITLE_S, passage_s)))
    shown = [screen for cue in cues for screen in screens(plan, cue)]
    captions = [_caption(plan, folder / f"caption{i}.png", screen) for i, screen in enumerate(shown)]
    found += captions
    if (plan.get("lower_third") or {}).get("name"):
        begins = TITLE_S if headline and title else 0.5
        if passage_s - begins >= 1.5:
            top = min((each.y for each in captions), default=plan["size"][1] - _margins(plan)[2])
            found.append(_lower_third(plan, folder, top, begins, min(begins + LOWER_THIRD_S, passage_s)))
    return found


def _margins(plan: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Top, right, bottom, left: at least 6 % at the sides, 8 % above, 14 % below; more where the platform's buttons are."""
    width, height = plan["size"]
    least = (height * 0.08, width * 0.06, height * 0.14, width * 0.06)
    safe = [*(plan.get("safe") or ()), 0, 0, 0, 0][:4]
    top, right, bottom, left = (round(max(a, b)) for a, b in zip(safe, least, strict=True))
    return top, right, bottom, left


def screens(plan: Mapping[str, Any], cue: Cue) -> list[Cue]:
    """A caption as it is shown: two lines at once, the rest after them, each for as long as its share of the letters.

    One that is too short for that is shown in as many parts as its time allows, and these are set smaller.
    """
    style, room = _caption_style(plan)
    language = plan.get("language") or "en"

    def fits(text: str) -> bool:
        return len(lettering.wrap(text, style, room, language)) <= MOST_LINES

    whole = replace(cue, text=_flowing(cue.text))
    if fits(whole.text):
        return [whole]
    shown = [whole]
    for count in range(2, int((cue.end_s - cue.start_s) / SHORTEST_SCREEN_S) + 1):
        parts = _parts(whole.text.replace("\n", " "), count)
        if len(parts) == count:
            shown = _one_after_the_other(whole, parts)
            if all(map(fits, parts)):
                break
    return shown


def _flowing(text: str) -> str:
    """Without the line breaks of another shape of picture, but for those between two speakers."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(SPEAKS.match(line) for line in lines[1:]):
        return "\n".join(lines)
    return JOINT.sub("", "\n".join(lines)).replace("\n", " ")


def _parts(text: str, count: int) -> list[str]:
    """Text in parts of about the same length, parted where one pauses if such a place is near."""
    words = lettering.words_of(text)
    share = len(text) / count
    ends, at = [], 0
    for word in words:
        at += len(word)
        ends.append(at)
    parts, begun = [], 0
    for part in range(1, count):
        possible = range(begun, len(words) - (count - part))
        if not possible:
            return []
        cut = min(
            possible,
            key=lambda n: abs(ends[n] - part * share) - (0.25 * share if PAUSE.search(words[n]) else 0),
        )
        parts.append("".join(words[begun : cut + 1]).strip())
        begun = cut + 1
    return [*parts, "".join(words[begun:]).strip()]


def _one_after_the_other(cue: Cue, parts: Sequence[str]) -> list[Cue]:
    letters, said = sum(map(len, parts)), 0
    times = [cue.start_s]
    for part in parts:
        said += len(part)
        times.append(round(cue.start_s + (cue.end_s - cue.start_s) * said / letters, 3))
    return [Cue(times[n], times[n + 1], part) for n, part in enumerate(parts)]


@dataclass(frozen=True)
class Look:
    """What of a campaign's look words in a video have: typeface, corners, colours."""

    typeface: str
    corners: float
    colour: RGB
    ink: RGB
    paper: RGB
    words: RGB

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> Look:
        said = plan.get("look") or {}
        colour, paper = rgb(said.get("colour") or "#0b5c63"), rgb(said.get("paper") or "#ffffff")
        return cls(
            said.get("typeface") or "",
            CORNERS.get(said.get("corners") or "soft", 1.0),
            colour,
            readable(rgb(said.get("ink") or "#ffffff"), colour),
            paper,
            readable(rgb(said.get("text") or "#14201f"), paper),
        )

    @property
    def caption_plate(self) -> tuple[int, int, int, int]:
        """The campaign's colour, as dark as it takes for white words to be read over a white picture."""
        colour = self.colour
        while contrast(WHITE, mix(WHITE, colour, PLATE_ALPHA / 255)) < ON_WHITE and colour != BLACK:
            colour = mix(colour, BLACK, 0.12) if max(colour) > 4 else BLACK
        return (*colour, PLATE_ALPHA)


def _caption_style(plan: Mapping[str, Any]) -> tuple[Style, int]:
    """How captions are set, and how broad a line may be."""
    _, right, _, left = _margins(plan)
    size = max(lettering_px(plan, 52), 18)
    return Style(SEMIBOLD, size, WHITE, 1.42, "centre", Look.of(plan).typeface), plan["size"][
        0
    ] - left - right - size


def draw_caption(plan: Mapping[str, Any], text: str) -> Image.Image:
    """A caption as a transparent picture as wide as the video: white on plates in the campaign's colour, one per line."""
    width, _ = plan["size"]
    _, right, _, left = _margins(plan)
    style, room = _caption_style(plan)
    size, language = style.size, plan.get("language") or "en"
    two_lines = lettering.line_height(style) + sum(lettering.metrics(style))
    try:
        block = lettering.fit(text, style, room, two_lines, smallest=max(16, round(size * 0.7)), language=language,
                              what="caption", balance=True)  # fmt: skip
    except lettering.TooLong:  # too much for its time: it is shown whole all the same
        block = lettering.fit(text, style, room, size * 6, smallest=max(16, size // 2), language=language,
                              what="caption", balance=True)  # fmt: skip
    look = Look.of(plan)
    return _plates(block, width, left, width - left - right, look.caption_plate, 0.36, look.corners)


def lettering_px(plan: Mapping[str, Any], units: float) -> int:
    width, height = plan["size"]
    return round(units * min(width, height) / 1080)


def _plates(
    block: lettering.Block,
    width: int,
    left: int,
    room: int,
    plate: tuple[int, int, int, int],
    pad: float,
    corners: float,
) -> Image.Image:
    """Lines of text, each on a rounded plate; the plates of neighbouring lines touch."""
    size = block.style.size
    capitals, _ = lettering.metrics(block.style)
    edge = round(size * pad)
    step = block.line_height
    image = Image.new(
        "RGBA", (width, edge * 2 + capitals + step * (len(block.lines) - 1) + round(size * 0.3)), (0, 0, 0, 0)
    )
    mask = Image.new("L", (image.width * 2, image.height * 2))
    pen = ImageDraw.Draw(mask)
    for i, line in enumerate(block.lines):
        x = lettering._start(line, left, room, block.style.align)
        top = edge + i * step - (step - capitals) // 2
        box = (x - size * 0.4, top - 1, x + line.width + size * 0.4, top + step + 1)
        pen.rounded_rectangle(tuple(v * 2 for v in box), round(size * 0.2 * corners) * 2, fill=255)
    image.paste(plate, (0, 0), mask.reduce(2).point([round(v * plate[3] / 255) for v in range(256)]))
    image.putalpha(mask.reduce(2).point([round(v * plate[3] / 255) for v in range(256)]))
    lettering.draw(image, block, left, edge, room)
    return image


def _caption(plan: Mapping[str, Any], file: Path, cue: Cue) -> Overlay:
    try:
        image = draw_caption(plan, cue.text)
    except lettering.TooLong as error:
        begins = f"{int(cue.start_s // 60)}:{int(cue.start_s % 60):02}"
        words = " ".join(cue.text.split()[:6])[:60]
        raise lettering.TooLong(f"{error} It begins {begins} into the cut: “{words} …”") from error
    image.save(file, compress_level=1)
    bottom = plan["size"][1] - _margins(plan)[2]
    return Overlay(file, 0, max(0, bottom - image.height), cue.start_s, cue.end_s)


def draw_title(plan: Mapping[str, Any], headline: str) -> Image.Image:
    width, height = plan["size"]
    _, right, _, left = _margins(plan)
    look = Look.of(plan)
    size = lettering_px(plan, 78)
    style = Style(HEAVY, size, look.ink, 1.3, typeface=look.typeface)
    pad = round(size * 0.4)
    room = width - left - right - 2 * pad
    block = lettering.fit(headline, style, room, round(height * 0.3), smallest=max(16, size // 2),
                          language=plan.get("language") or "en", balance=True, what="title")  # fmt: skip
    return _plates(block, width, left + pad, room, (*look.colour, 255), 0.4, look.corners)


def _title(plan: Mapping[str, Any], folder: Path, headline: str, length_s: float) -> Overlay:
    image = draw_title(plan, headline)
    file = folder / "title.png"
    image.save(file, compress_level=1)
    return Overlay(file, 0, _margins(plan)[0], 0.0, length_s, fade_s=min(FADE_S, length_s / 3))


def draw_lower_third(plan: Mapping[str, Any], name: str, role: str) -> Image.Image:
    """Who speaks: the name on the campaign's colour, and below it what they are, on white."""
    width, _ = plan["size"]
    _, right, _, left = _margins(plan)
    look = Look.of(plan)
    plates = []
    for said, weight, units, ground, ink in (
        (name, HEAVY, 50, look.colour, look.ink),
        (role, SEMIBOLD, 38, look.paper, look.words),
    ):
        if said:
            size = max(16, lettering_px(plan, units))
            pad = round(size * 0.4)
            room = width - left - right - 2 * pad
            style = Style(weight, size, ink, 1.3, typeface=look.typeface)
            block = lettering.fit(said, style, room, size * 3, smallest=max(14, size // 2),
                                  language=plan.get("language") or "en", what="name")  # fmt: skip
            plates.append(_plates(block, width, left + pad, room, (*ground, 255), 0.4, look.corners))
    whole = Image.new("RGBA", (width, sum(plate.height for plate in plates)), (0, 0, 0, 0))
    top = 0
    for plate in plates:
        whole.paste(plate, (0, top))
        top += plate.height
    return whole


def _lower_third(plan: Mapping[str, Any], folder: Path, above: int, start_s: float, end_s: float) -> Overlay:
    """Above where captions stand, so that neither covers the other."""
    said = plan["lower_third"]
    image = draw_lower_third(plan, str(said.get("name") or "").strip(), str(said.get("role") or "").strip())
    file = folder / "lower-third.png"
    image.save(file, compress_level=1)
    gap = lettering_px(plan, 24)
    return Overlay(
        file, 0, max(0, above - gap - image.height), start_s, end_s, fade_s=min(FADE_S, (end_s - start_s) / 3)
    )


def end_card(plan: Mapping[str, Any], root: Path, folder: Path) -> Path:
    card = {
        "template": "closing",
        "size": plan["size"],
        "text": plan["end_card"],
        "look": plan.get("look") or {},
        "language": plan.get("language"),
        "safe": plan.get("safe") or (),
    }
    file = folder / "end.png"
    cards.draw_card(card, root).save(file, compress_level=1)
    return file

"""What a card is drawn on: the picture, the campaign's look, the box that words stay in, and what every card has.

Sizes are in units of the canvas (1.0 on a 1080 × 1350 card), so that a template works in every format.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from media import bidi, lettering, pictures, plans
from media.colour import BLACK, READABLE, RGB, WHITE, contrast, is_dark, luminance, mix, readable, rgb
from media.geometry import Box, Focus
from media.lettering import Block, Style
from media.sourcing import source_line
from media.surface import Raster, Surface
from media.typefaces import MEDIUM, SEMIBOLD

SMALLEST_PX = (
    20  # nothing smaller can be read on a telephone (pictures smaller than platforms show: in proportion)
)
SCRIM_LOOK = 256  # into how many parts a side of a photograph is divided to see how bright it gets
CORNERS = {"square": 0.0, "soft": 1.0, "round": 2.4}  # how round the corners of bars, chips and buttons are
TINTS = (0.055, 0.10)  # of the circles on a card's backdrop


class Canvas:
    """A card while it is drawn: the picture, the campaign's look, and the box that words must stay in."""

    def __init__(self, plan: Mapping[str, Any], root: Path, surface: Surface | None = None) -> None:
        self.plan, self.root = plan, root
        self.width, self.height = plan["size"]
        self.text: Mapping[str, Any] = plan.get("text") or {}
        self.language = plan.get("language") or "en"
        look = plan.get("look") or {}
        self.colour = rgb(look.get("colour") or "#0b5c63")
        self.paper = rgb(look.get("paper") or "#ffffff")
        self.ink = readable(rgb(look.get("ink") or "#ffffff"), self.colour)
        self.words = readable(rgb(look.get("text") or "#14201f"), self.paper)
        self.name = look.get("name") or ""
        self.logo = look.get("logo")
        self.typeface = look.get("typeface") or ""
        self.corners = CORNERS.get(look.get("corners") or "soft", 1.0)
        self.brand_at_end = look.get("brand") == "end"
        self.surface = surface or Raster(Image.new("RGB", (self.width, self.height), self.paper))

    @property
    def image(self) -> Image.Image:
        """The picture, for templates that are only ever drawn as one."""
        return self.surface.image

    @image.setter
    def image(self, image: Image.Image) -> None:
        self.surface.image = image

    @cached_property
    def unit(self) -> float:
        return math.sqrt(self.width * self.height / (1080 * 1350))

    def px(self, units: float) -> int:
        return round(units * self.unit)

    def type_px(self, units: float) -> int:
        return max(min(SMALLEST_PX, round(27 * self.unit)), self.px(units))

    @cached_property
    def legible(self) -> int:
        """The smallest text of a chart: some nine points where a telephone shows the card as broad as its screen."""
        return round(self.width * 24 / 1080)

    @cached_property
    def finest(self) -> int:
        """The smallest that a long source becomes on a chart."""
        return round(self.width * 18 / 1080)

    @cached_property
    def box(self) -> Box:
        margin = self.px(84)
        top, right, bottom, left = (
            max(margin, int(s)) for s in (*(self.plan.get("safe") or ()), 0, 0, 0, 0)[:4]
        )
        return Box(left, top, self.width - right, self.height - bottom)

    def get(self, name: str) -> str:
        return str(self.text.get(name) or "").strip()

    @cached_property
    def rtl(self) -> bool:
        """Whether the card reads from the right: by its longest text, so that bars stand where lines begin."""
        texts = [v for v in self.text.values() if isinstance(v, str)]
        if (
            self.plan.get("template") == "figures"
        ):  # a long source in another language must not turn the chart round
            texts = [self.get("headline")]
        return bidi.base_is_rtl(max(texts, key=len, default=""), self.language)

    # Setting text

    def style(self, weight: int, size: int, colour: RGB, leading: float = 1.3, align: str = "start") -> Style:
        """A style in the campaign's typeface."""
        return Style(weight, size, colour, leading, align, self.typeface)

    def fit(
        self, text: str, weight: int, size: float, width: int, height: int, colour: RGB, *, smallest: float = 26,
        leading: float = 1.3, balance: bool = False, align: str = "start", what: str = "text",
    ) -> Block:  # fmt: skip
        style = self.style(weight, self.type_px(size), colour, leading, align)
        return lettering.fit(
            text, style, width, max(1, height), smallest=self.type_px(smallest), language=self.language,
            balance=balance, what=what,
        )  # fmt: skip

    def write(self, block: Block, top: int, box: Box | None = None) -> int:
        """Draw a block at ``top``; returns the top of what may follow."""
        box = box or self.box
        self.put(block, box.left, top, box.width)
        return top + block.height

    def put(self, block: Block, left: float, top: float, width: float) -> None:
        """Draw set text with the top of its first line's capitals at ``top``, aligned within ``width`` where the card's
        lines begin: a name in Latin letters too stands at the right of a card in Arabic.
        """
        for line, x, baseline in lettering.placed(block, left, top, width, self.rtl):
            self.surface.text(line, block.style, x, baseline)

    # Shapes, smooth: drawn four times as large as a mask of their own box, then reduced

    def shape(self, box: Box, colour: RGB, paint: Callable[[ImageDraw.ImageDraw, int, int], None]) -> None:
        mask = Image.new("L", (max(1, box.width) * 4, max(1, box.height) * 4))
        paint(ImageDraw.Draw(mask), mask.width - 1, mask.height - 1)
        self.image.paste(colour, (box.left, box.top), mask.reduce(4))

    def rounded(self, box: Box, colour: RGB, radius: float | None = None) -> None:
        if box.width < 1 or box.height < 1:
            return
        r = min(box.width, box.height) / 2 if radius is None else radius * self.corners
        self.surface.rounded(box, colour, min(r, box.width / 2, box.height / 2))

    def circle(self, x: float, y: float, radius: float, colour: RGB, ring: float = 0) -> None:
        """A filled circle, or a ring of that thickness. May hang over the edge."""
        self.surface.circle(x, y, radius, colour, ring)

    def bar_length(self, room: float, share: float) -> int:
        """How far a bar reaches in its direction: seen however small its figure is, and not at all where that is zero."""
        return max(2, self.px(4), round(room * abs(share))) if share else 0

    def bar_at_start(self, top: int, width: int, height: int, colour: RGB) -> None:
        """A short bar where lines begin."""
        left = self.box.right - width if self.rtl else self.box.left
        self.rounded(Box(left, top, left + width, top + height), colour, height / 2)

    # What every card has

    @property
    def brand_right(self) -> bool:
        """Whether logo and name stand at the right: where reading begins, or opposite if the campaign wants that."""
        return self.rtl != self.brand_at_end

    def brand(self, ground: RGB, colour: RGB) -> int:
        """The campaign's logo or a mark, and its name, at the top. Returns the top of what follows."""
        height, top, right = self.px(44), self.box.top, self.brand_right
        at = self.box.right if right else self.box.left
        sign = -1 if right else 1
        if self.logo:
            at += sign * (self._draw_logo(at, top, self.px(64), ground) + self.px(20))
            height = self.px(64)
        elif self.name:
            mark = self.px(14)
            left = at - mark if right else at
            self.rounded(Box(left, top, left + mark, top + height), readable(self.colour, ground, 1.6)
                         if ground != self.colour else colour, mark / 3)  # fmt: skip
            at += sign * (mark + self.px(18))
        if self.name:
            width = at - self.box.left if right else self.box.right - at
            block = self.name_block(width, 30, 44, colour)
            left = at - round(block.width) if right else at
            width = round(block.width) + 1
            self.put(block, left, top + (height - block.height) // 2 + block.style.size // 8, width)
        return top + (height + self.px(40) if self.name or self.logo else 0)

    def name_block(self, width: int, size: float, height: float, colour: RGB) -> Block:
        """The campaign's name on one line; a long one on two."""
        try:
            return self.fit(self.name, SEMIBOLD, size, width, self.px(height), colour, smallest=22)
        except lettering.TooLong:
            return self.fit(
                self.name,
                SEMIBOLD,
                24,
                width,
                self.px(66),
                colour,
                smallest=20,
                leading=1.15,
                what="campaign's name",
            )

    def _draw_logo(self, at: int, top: int, height: int, ground: RGB) -> int:
        path = plans.checked_source(self.logo, self.root, "logo")
        logo = pictures.load(path)
        scale = min(height / logo.height, self.px(320) / logo.width)
        logo = logo.resize(
            (max(1, round(logo.width * scale)), max(1, round(logo.height * scale))), Image.LANCZOS
        )
        pad = self.px(10)
        left = at - logo.width - 2 * pad if self.brand_right else at
        chip = Box(left, top - pad, left + logo.width + 2 * pad, top + height + pad)
        if ground != self.paper:  # logos are made for paper
            self.rounded(chip, self.paper, self.px(12))
        place = (left + pad, top + (height - logo.height) // 2)
        self.surface.picture(logo, *place)
        return chip.width

    def small_print(self, colour: RGB, smallest: int = 0, room: float = 1 / 5) -> int:
        """Source and footer at the foot, in at most that share of the height, never shortened.

        Returns the bottom of the room that is left above.
        """
        lines = [line for line in (self.source_line(), self.get("footer")) if line]
        if not lines:
            return self.box.bottom
        style = self.style(MEDIUM, max(self.type_px(25), smallest), colour, 1.35)
        block = lettering.fit("\n".join(lines), style, self.box.width, round(self.height * room),
                              smallest=max(self.type_px(20), smallest), language=self.language,
                              what="source or imprint")  # fmt: skip
        top = self.box.bottom - block.height
        self.write(block, top)
        return top - self.px(44)

    def source_line(self) -> str:
        return source_line(self.get("source"), self.language)

    def picture(
        self, anchor: tuple[float, float] = (0.5, 0.5), size: tuple[int, int] | None = None
    ) -> Image.Image:
        source = self.plan["source"]
        path = plans.checked_source(source, self.root, "picture")
        return pictures.cover(
            path, size or self.image.size, Focus.of(source.get("focus")), anchor, self.paper
        )

    def scrim(self, top: int, colour: RGB, upwards: bool = True) -> None:
        """Darken the picture from ``top`` to the foot just enough for white text, softly from above.

        How much depends on the brightest parts there: a night picture keeps its depth, snow is covered well.
        """
        strength = scrim_strength(self.image.crop((0, top, self.width, self.height)), colour)
        fade = min(top, round(self.height * 0.34))
        soft = Image.linear_gradient("L").resize((self.width, max(1, fade)))
        soft = soft.point([round(strength * 255 * (v / 255) ** 1.6) for v in range(256)])
        self.image.paste(colour, (0, top - fade), soft)
        rest = Image.linear_gradient("L").resize((self.width, self.height - top))
        deeper = min(0.96, strength + 0.12)
        rest = rest.point([round((strength + (deeper - strength) * v / 255) * 255) for v in range(256)])
        self.image.paste(colour, (0, top), rest)

    def tinted(self, share: float) -> RGB:
        """The campaign's colour, a little towards white (a light one: black); the other way where its ink would not be read
        on it.
        """
        both = (WHITE, BLACK) if is_dark(self.colour) else (BLACK, WHITE)
        tints = (mix(self.colour, towards, share) for towards in both)
        return next((tint for tint in tints if contrast(self.ink, tint) >= READABLE), self.colour)

    @property
    def quiet_ink(self) -> RGB:
        """For small print on the campaign's colour: a little of the colour in the ink, where it is still read on all of
        the backdrop.
        """
        quiet = mix(self.ink, self.colour, 0.1)
        grounds = (self.colour, *map(self.tinted, TINTS))
        return quiet if all(contrast(quiet, ground) >= READABLE for ground in grounds) else self.ink

    def shade(self) -> RGB:
        """The campaign's colour, dark enough to carry white text."""
        colour = self.colour
        while contrast(WHITE, colour) < 9:
            colour = mix(colour, BLACK, 0.12)
        return colour

    def backdrop(self) -> None:
        """The campaign's colour with two large quiet circles: a ground with some depth."""
        self.image.paste(self.colour, (0, 0, self.width, self.height))
        x, y = (0 if self.rtl else self.width), 0
        big = max(self.width, self.height)
        for share, tint in zip((0.46, 0.27), TINTS, strict=True):
            self.circle(x, y, big * share, self.tinted(tint))


def scrim_strength(picture: Image.Image, colour: RGB) -> float:
    """How opaque ``colour`` must lie over a picture (0.5 to 0.94) so that white text has 4.5 to 1 on it."""
    fine = picture.resize(
        (SCRIM_LOOK, SCRIM_LOOK), Image.Resampling.BOX
    )  # leaves against the sky are seen singly
    histogram = fine.convert("L").histogram()
    count, brightest = 0, 0
    for value in range(255, -1, -1):
        count += histogram[value]
        if count > SCRIM_LOOK**2 * 0.02:
            brightest = value
            break
    for step in range(50, 95, 2):
        ground = mix((brightest,) * 3, colour, step / 100)
        if (1.05) / (luminance(ground) + 0.05) >= 5:
            return step / 100
    return 0.94

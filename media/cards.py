"""Cards: pictures with words, drawn from a plan. One function per template, on the canvas that all share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from media import charts, lettering, pictures, plans
from media.canvas import TINTS, Canvas
from media.chart_kinds import is_wide
from media.colour import RGB, WHITE, mix, readable, rgb
from media.geometry import Box
from media.lettering import Block, Style
from media.typefaces import HEAVY, MEDIUM, REGULAR, SEMIBOLD


def cover(c: Canvas) -> None:
    if not c.plan.get("source"):
        _cover_plain(c)
    elif c.width > c.height * 1.2:
        _cover_wide(c)
    else:
        _cover_tall(c)


def _cover_tall(c: Canvas) -> None:
    """The picture above, running out into the campaign's colour on which the headline stands: nothing is hidden."""
    kicker = _kicker(c, WHITE)
    above = c.px(46) + (kicker.height + c.px(30) if kicker else 0)
    foot = c.box.bottom - _footer_height(c)
    room = (
        foot - above - c.box.top - (c.px(130) if c.name or c.logo else 0)
    )  # the campaign's chip is at the top
    headline = c.fit(c.get("headline"), HEAVY, 92, c.box.width, min(room, round(c.height * 0.44)), WHITE, smallest=34,
                     leading=1.08, balance=True, what="headline")  # fmt: skip
    words_top = foot - headline.height
    top = words_top - above
    shade = c.shade()
    seen = min(c.height, max(top + c.px(60), round(c.height * 0.36)))
    c.image.paste(shade, (0, 0, c.width, c.height))
    c.image.paste(c.picture(anchor=(0.5, 0.45), size=(c.width, seen)), (0, 0))
    _fade(
        c, Box(0, max(0, min(top, seen) - round(c.height * 0.2)), c.width, seen), shade, until=top - c.px(24)
    )
    c.small_print(mix(WHITE, shade, 0.12))
    c.write(headline, words_top)
    c.bar_at_start(words_top - c.px(46), c.px(96), c.px(10), readable(c.colour, shade, 3))
    if kicker:
        c.write(kicker, top)
    _chip(c)


def _kicker(c: Canvas, colour: RGB) -> Block | None:
    label = c.get("label")
    return (
        c.fit(label, SEMIBOLD, 32, c.box.width, c.px(48), colour, smallest=24, what="label")
        if label
        else None
    )


def _fade(c: Canvas, box: Box, colour: RGB, until: int) -> None:
    """Let the picture run out into ``colour``: opaque enough for text from ``until`` on, fully at the box's end."""
    values = []
    for y in range(box.height):
        at = (box.top + y - box.top) / max(1, until - box.top)
        after = (box.top + y - until) / max(1, box.bottom - until)
        values.append(0.88 * min(1, at) ** 1.5 if at < 1 else 0.88 + 0.12 * min(1, after))
    column = Image.new("L", (1, box.height))
    column.putdata([round(255 * v) for v in values])
    c.image.paste(colour, (box.left, box.top), column.resize((box.width, box.height)))


def _cover_wide(c: Canvas) -> None:
    """Words on the campaign's colour at the side where reading begins, the picture beside them."""
    split = round(c.width * 0.54)
    size = (c.width - split, c.height)
    c.image.paste(c.colour, (0, 0, c.width, c.height))
    c.circle(0 if not c.rtl else c.width, c.height, c.height * 0.55, c.tinted(TINTS[0]))
    c.image.paste(c.picture(size=size), (0 if c.rtl else split, 0))
    gutter = c.px(64)
    full = c.box
    left, right = (c.width - split + gutter, full.right) if c.rtl else (full.left, split - gutter)
    c.box = Box(left, full.top, right, full.bottom)
    top = c.brand(c.colour, c.ink)
    bottom = c.small_print(c.quiet_ink)
    kicker = _kicker(c, c.ink)
    room = bottom - top - c.px(60) - (kicker.height + c.px(30) if kicker else 0)
    headline = c.fit(c.get("headline"), HEAVY, 92, c.box.width, room, c.ink, smallest=34, leading=1.1, balance=True,
                     what="headline")  # fmt: skip
    at = bottom - headline.height
    c.write(headline, at)
    c.bar_at_start(at - c.px(46), c.px(96), c.px(10), c.ink)
    if kicker:
        c.write(kicker, at - c.px(76) - kicker.height)


def _footer_height(c: Canvas) -> int:
    """The height that small print takes, with its distance from the text above."""
    lines = [line for line in (c.source_line(), c.get("footer")) if line]
    if not lines:
        return 0
    block = c.fit("\n".join(lines), MEDIUM, 25, c.box.width, c.height // 5, WHITE, smallest=20, leading=1.35,
                  what="source or imprint")  # fmt: skip
    return block.height + c.px(44)


def _chip(c: Canvas) -> None:
    """The campaign's name on a chip of its colour: readable on any picture."""
    if c.logo:
        c.brand(c.colour, WHITE) if not c.name else _draw_chip(c)
    elif c.name:
        _draw_chip(c)


def _draw_chip(c: Canvas) -> None:
    pad_x = c.px(26)
    used = 0
    at = c.box.right if c.brand_right else c.box.left
    if c.logo:
        used = c._draw_logo(at, c.box.top, c.px(52), c.colour) + c.px(14)
    room = c.box.width - used - 2 * pad_x
    block = c.name_block(room, 29, 42, c.ink)
    width, height = (
        round(block.width) + 2 * pad_x,
        max(c.px(52), block.height + c.px(28)) + (c.px(20) if c.logo else 0),
    )
    left = at - used - width if c.brand_right else at + used
    top = c.box.top - (c.px(10) if c.logo else 0)
    c.rounded(Box(left, top, left + width, top + height), c.colour, c.px(12))
    descent = lettering.metrics(block.style)[1]
    c.put(block, left + pad_x, top + (height - block.height + descent) // 2, round(block.width) + 2)


def _cover_plain(c: Canvas) -> None:
    c.backdrop()
    top = c.brand(c.colour, c.ink)
    bottom = c.small_print(c.quiet_ink)
    kicker = c.get("label")
    foot = bottom
    if body := c.get("body"):
        block = c.fit(
            body, MEDIUM, 42, c.box.width, c.height // 4, c.ink, smallest=28, leading=1.4, what="text"
        )
        c.write(block, bottom - block.height)
        foot -= block.height + c.px(48)
    headline = c.fit(c.get("headline"), HEAVY, 112, c.box.width, foot - top - c.px(120), c.ink, smallest=34,
                     leading=1.08, balance=True, what="headline")  # fmt: skip
    at = foot - headline.height
    c.write(headline, at)
    c.bar_at_start(at - c.px(52), c.px(96), c.px(10), c.ink)
    if kicker:
        c.write(c.fit(kicker, SEMIBOLD, 34, c.box.width, c.px(50), c.ink, what="label"), at - c.px(120))


def statistic(c: Canvas) -> None:
    c.backdrop()
    top = c.brand(c.colour, c.ink)
    bottom = c.small_print(c.quiet_ink)
    value, unit, label = c.get("value"), c.get("unit"), c.get("label")
    wide = c.width > c.height
    number = c.fit(value, HEAVY, 330 if not wide else 260, c.box.width, round((bottom - top) * 0.42), c.ink,
                   smallest=72, leading=1.0, what="figure")  # fmt: skip
    number = _one_line(c, number, value)
    unit_style = c.style(SEMIBOLD, c.type_px(84), c.ink, 1.12)
    beside = None
    if unit:
        beside = lettering.set_text(unit, unit_style, 10_000, c.language)
        if len(beside.lines) > 1 or number.width + beside.width + c.px(28) > c.box.width:
            beside = None
    blocks: list[tuple[Block, int]] = [(number, 0)]
    if unit and beside is None:
        below = c.fit(
            unit, SEMIBOLD, 84, c.box.width, c.px(190), c.ink, smallest=40, leading=1.1, what="unit"
        )
        blocks.append((below, c.px(44) - round(number.style.size * 0.12)))  # figures have no descenders
    if label:
        room = bottom - top - sum(b.height + gap for b, gap in blocks) - c.px(120)
        blocks.append((c.fit(label, MEDIUM, 50, round(c.box.width * (0.92 if not wide else 0.8)), room, c.ink,
                             smallest=28, leading=1.32, what="label"), c.px(52)))  # fmt: skip
    total = sum(b.height + gap for b, gap in blocks)
    at = top + max(0, round((bottom - top - total) * 0.55))
    for block, gap in blocks:
        at += gap
        c.write(block, at)
        if block is number and beside is not None:
            baseline_top = at + lettering.metrics(number.style)[0] - lettering.metrics(unit_style)[0]
            left = c.box.left if c.rtl else c.box.left + round(number.width) + c.px(28)
            width = c.box.width - round(number.width) - c.px(28)
            c.put(beside, left, baseline_top, width)
        at += block.height
    rule = bottom + c.px(20)
    if c.get("source") or c.get("footer"):
        c.image.paste(mix(c.colour, c.ink, 0.35), (c.box.left, rule, c.box.right, rule + max(2, c.px(2))))


def _one_line(c: Canvas, block: Block, text: str) -> Block:
    """A figure stays on one line: "1 200" must not break."""
    size = block.style.size
    while size > 12 and (len(block.lines) > 1 or block.width > c.box.width):
        size = round(size * 0.92)
        block = lettering.set_text(text, block.style.at(size), 10_000, c.language)
    return block


def quote(c: Canvas) -> None:
    ground = mix(c.paper, c.colour, 0.045)
    c.image.paste(ground, (0, 0, c.width, c.height))
    colour, words = readable(c.colour, ground), readable(c.words, ground)
    top = c.brand(ground, words)
    bottom = c.small_print(readable(mix(words, ground, 0.3), ground))
    speaker, role = c.get("speaker"), c.get("role")
    who: list[Block] = []
    if speaker:
        who.append(c.fit(speaker, HEAVY, 40, c.box.width - c.px(40), c.px(110), words, smallest=26, leading=1.2,
                         what="speaker's name"))  # fmt: skip
    if role:
        who.append(c.fit(role, REGULAR, 34, c.box.width - c.px(40), c.px(120), readable(mix(words, ground, 0.25), ground),
                         smallest=24, leading=1.3, what="speaker's role"))  # fmt: skip
    who_height = sum(b.height for b in who) + c.px(20) * max(0, len(who) - 1)
    mark_px = c.px(150)
    room = bottom - top - mark_px - who_height - c.px(100)
    text = c.get("body") or c.get("headline")
    said = c.fit(text, SEMIBOLD, 74, c.box.width, room, words, smallest=28, leading=1.26,
                 what="quote")  # fmt: skip
    total = mark_px + said.height + c.px(70) + who_height
    at = top + max(0, (bottom - top - total) // 2)
    _quote_mark(c, at, mark_px, colour)
    at = c.write(said, at + mark_px) + c.px(70)
    if who:
        left = c.box.right - c.px(10) if c.rtl else c.box.left
        c.rounded(Box(left, at, left + c.px(10), at + who_height), colour, c.px(5))
    inner = c.box.inset(right=c.px(40)) if c.rtl else c.box.inset(left=c.px(40))
    for block in who:
        at = c.write(block, at, inner) + c.px(20)


def _quote_mark(c: Canvas, top: int, height: int, colour: RGB) -> None:
    """A pair of marks as shapes of our own, so that they sit exactly on the margin."""
    width, gap = round(height * 0.36), round(height * 0.12)
    total = 2 * width + gap
    left = c.box.right - total if c.rtl else c.box.left
    body = round(height * 0.62)
    for number in range(2):
        x = left + number * (width + gap)

        def paint(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
            pen.ellipse((0, h - w, w, h), fill=255)
            pen.polygon([(0, h - w / 2), (w * 0.30, 0), (w * 0.78, 0), (w * 0.56, h - w)], fill=255)

        c.shape(Box(x, top, x + width, top + body), colour, paint)


def text(c: Canvas) -> None:
    accent = readable(c.colour, c.paper, 3)
    strip = c.px(20)
    edge = (c.width - strip, 0, c.width, c.height) if c.rtl else (0, 0, strip, c.height)
    c.image.paste(accent, edge)
    top = c.brand(c.paper, c.words)
    bottom = c.small_print(readable(mix(c.words, c.paper, 0.35), c.paper))
    headline, body = c.get("headline"), c.get("body")
    blocks: list[tuple[Block | list, int]] = []
    used = 0
    if headline:
        block = c.fit(headline, HEAVY, 76, c.box.width, round((bottom - top) * (0.45 if body else 0.9)),
                      readable(c.colour, c.paper), smallest=32, leading=1.12, balance=True, what="headline")  # fmt: skip
        blocks.append((block, 0))
        used = block.height + c.px(56)
    if body:
        blocks.append((_body(c, body, bottom - top - used), c.px(56) if headline else 0))
    total = sum(_height(c, b) + gap for b, gap in blocks)
    at = top + max(0, round((bottom - top - total) * 0.42))
    for block, gap in blocks:
        at += gap
        at = c.write(block, at) if isinstance(block, Block) else _write_points(c, block, at)


BULLETS = ("• ", "- ", "– ", "* ")


def _body(c: Canvas, body: str, room: int) -> Block | list[tuple[bool, Block]]:
    """Plain text as one block; lines that begin with a bullet as a list with hanging indents."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    if not any(line.startswith(BULLETS) for line in lines):
        return c.fit(
            "\n".join(lines), REGULAR, 52, c.box.width, room, c.words, smallest=27, leading=1.42, what="text"
        )
    for size in range(56, 25, -1):
        points = []
        for line in lines:
            pointed = line.startswith(BULLETS)
            style = c.style(MEDIUM, c.type_px(size), c.words, 1.34)
            width = c.box.width - (_indent(style) if pointed else 0)
            points.append(
                (
                    pointed,
                    lettering.set_text(line[2:] if pointed else line, style, width, c.language, pretty=True),
                )
            )
        if _height(c, points) <= room:
            return points
    raise lettering.TooLong("The key points are too long for one picture. Leave one out or shorten them.")


def _indent(style: Style) -> int:
    return round(style.size * 1.25)


def _height(c: Canvas, block: Block | list) -> int:
    if isinstance(block, Block):
        return block.height
    return sum(b.height for _, b in block) + c.px(34) * max(0, len(block) - 1)


def _write_points(c: Canvas, points: list[tuple[bool, Block]], at: int) -> int:
    for pointed, block in points:
        box = c.box
        if pointed:
            indent = _indent(block.style)
            radius = block.style.size * 0.19
            x = c.box.right - radius if c.rtl else c.box.left + radius
            c.circle(x, at + lettering.metrics(block.style)[0] / 2, radius, readable(c.colour, c.paper, 3))
            box = c.box.inset(right=indent) if c.rtl else c.box.inset(left=indent)
        at = c.write(block, at, box) + c.px(34)
    return at


def closing(c: Canvas) -> None:
    c.backdrop()
    top = c.brand(c.colour, c.ink)
    bottom = c.small_print(c.quiet_ink)
    headline, body = c.get("headline"), c.get("body")
    blocks: list[tuple[Block, int, bool]] = []
    if body:
        button = "\n" not in body and len(body) <= 48
        pad = c.px(40) if button else 0
        ground = c.ink if button else c.colour
        block = c.fit(body, SEMIBOLD if button else MEDIUM, 40 if button else 44, c.box.width - 2 * pad,
                      round((bottom - top) * 0.35), readable(c.colour, ground) if button else c.ink, smallest=25,
                      leading=1.38, what="text")  # fmt: skip
        blocks.append((block, c.px(64), button))
    total = sum(b.height + gap + (c.px(60) if pill else 0) for b, gap, pill in blocks)
    if headline:
        room = min(bottom - top - total, round((bottom - top) * 0.6))
        block = c.fit(headline, HEAVY, 96, c.box.width, room, c.ink, smallest=34, leading=1.1, balance=True,
                      what="headline")  # fmt: skip
        blocks.insert(0, (block, 0, False))
        total += block.height
    at = top + max(0, round((bottom - top - total) * 0.5))
    for block, gap, pill in blocks:
        at += gap
        at = _button(c, block, at) if pill else c.write(block, at)


def _button(c: Canvas, block: Block, top: int) -> int:
    pad_x, pad_y = c.px(40), c.px(30)
    width, height = round(block.width) + 2 * pad_x, block.height + 2 * pad_y
    left = c.box.right - width if c.rtl else c.box.left
    c.rounded(Box(left, top, left + width, top + height), c.ink, min(c.px(18), height / 2))
    c.put(block, left + pad_x, top + pad_y + block.style.size // 10, round(block.width) + 1)
    return top + height


def figures(c: Canvas) -> None:
    muted = readable(mix(c.words, c.paper, 0.35), c.paper)
    whole, wide = c.box, is_wide(c.plan["size"])
    if wide:  # words where reading begins, the chart beside them in full height
        c.box = _part(c, 0, 0.36)
    top = c.brand(c.paper, c.words)
    bottom, foot = _chart_foot(c, whole, muted)
    if headline := c.get("headline"):
        block = c.fit(headline, HEAVY, 64, c.box.width, round((bottom - top) * (0.7 if wide else 0.28)),
                      readable(c.colour, c.paper), smallest=30, leading=1.12, balance=not wide, what="title")  # fmt: skip
        top = c.write(block, top) + c.px(24)
    if unit := c.get("unit"):
        style = c.style(MEDIUM, max(c.type_px(36), c.legible), muted)
        block = lettering.fit(
            unit, style, c.box.width, c.px(140), smallest=c.legible, language=c.language, what="unit"
        )
        top = c.write(block, top + c.px(8)) + c.px(16)
    if wide:
        c.box, top = whole, whole.top
        room = _part(c, 0.41, 1)
        charts.draw(c, Box(room.left, room.top, room.right, foot), muted)
    else:
        charts.draw(c, Box(c.box.left, top + c.px(28), c.box.right, bottom), muted)


def _chart_foot(c: Canvas, whole: Box, muted: RGB) -> tuple[int, int]:
    """Draw the sources of a chart; returns where the words above must end, and where the chart beside them.

    What is too long for its place (a map's licence, say) becomes smaller and takes the card's whole width.
    """
    try:
        return c.small_print(muted, c.legible, 1 / 3), whole.bottom
    except lettering.TooLong:
        narrow, c.box = c.box, whole
        bottom = c.small_print(muted, c.finest, 1 / 3)
        c.box = narrow
        return bottom, bottom


def _part(c: Canvas, start: float, end: float) -> Box:
    """A part of the box's width, counted from where reading begins."""
    if c.rtl:
        start, end = 1 - end, 1 - start
    return Box(
        round(c.box.left + c.box.width * start),
        c.box.top,
        round(c.box.left + c.box.width * end),
        c.box.bottom,
    )


def picture(c: Canvas) -> None:
    if not c.plan.get("source"):
        raise lettering.RenderError("This picture card has no picture. Choose one.")
    words = c.get("body") or c.get("headline")
    c.image = c.picture(anchor=plans.picture_anchor(c.plan) or (0.5, 0.5))
    if not words and not c.source_line() and not c.get("footer"):
        return
    block = c.fit(words, SEMIBOLD, 46, c.box.width, c.height // 3, WHITE, smallest=26, leading=1.3,
                  what="caption") if words else None  # fmt: skip
    top = c.box.bottom - _footer_height(c) - (block.height if block else 0)
    c.scrim(max(0, top - c.px(40)), c.shade())
    c.small_print(WHITE)
    if block:
        c.write(block, top)


TEMPLATES: dict[str, Callable[[Canvas], None]] = {
    "cover": cover,
    "statistic": statistic,
    "quote": quote,
    "text": text,
    "closing": closing,
    "figures": figures,
    "picture": picture,
}


def draw_card(plan: Mapping[str, Any], root: Path) -> Image.Image:
    """The card as an RGB picture in the plan's size."""
    canvas = Canvas(plan, root)
    TEMPLATES[plan["template"]](canvas)
    return canvas.image


def save_card(plan: Mapping[str, Any], *, root: Path, out: Path) -> tuple[int, int]:
    if plan.get("format") in ("svg", "pdf"):
        surface = _drawing_surface(plan)
        canvas = Canvas(plan, root, surface)
        TEMPLATES[plan["template"]](canvas)
        surface.save(out, canvas.get("headline"), charts.told(canvas))
        return canvas.width, canvas.height
    image = draw_card(plan, root)
    photo = bool(plan.get("source")) and plan["template"] in ("cover", "picture")
    credit = (plan.get("text") or {}).get("footer") or "" if plan.get("source") else ""
    pictures.save(image, out, plan.get("format", "jpeg"), plan.get("max_bytes"), photo=photo, credit=credit)
    return image.size


def _drawing_surface(plan: Mapping[str, Any]) -> Any:
    paper = rgb((plan.get("look") or {}).get("paper") or "#ffffff")
    if plan["format"] == "pdf":
        from media.pdf import PdfSurface  # brings a converter of 80 MB

        return PdfSurface(plan["size"], paper)
    from media.svg import SvgSurface  # brings the font tools, which no other card needs

    return SvgSurface(plan["size"], paper)

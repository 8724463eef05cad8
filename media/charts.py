"""The charts of a figures card: bars, columns, a line, or one big number. Further kinds have modules of their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from media import lettering, maps, pictograms, shares, timelines
from media.chart_kinds import KINDS
from media.colour import RGB, mix, readable
from media.errors import RenderError
from media.geometry import Box
from media.lettering import Block, Style
from media.typefaces import HEAVY, MEDIUM, SEMIBOLD

if TYPE_CHECKING:
    from media.canvas import Canvas

DECIMAL_COMMA = frozenset(
    [
        "bg",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "fi",
        "fr",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "lt",
        "lv",
        "nb",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "tr",
        "uk",
        "vi",
    ]
)


DECIMALS = 4


def format_number(value: float, language: str = "en") -> str:
    """A figure as people write it: grouped by threes, with the decimals it was given with (up to four, as many as figures
    are kept with), a decimal comma where that is the custom. ``formats.core.wording.number`` writes it alike in text.
    """
    text = f"{round(value, DECIMALS) + 0.0:,.{DECIMALS}f}".rstrip("0").rstrip(".")
    if language.split("-")[0].lower() in DECIMAL_COMMA:
        return text.translate(str.maketrans({",": "\u202f", ".": ","}))
    return text


def draw(c: Canvas, box: Box, muted: RGB) -> None:
    """Draw the plan's chart into ``box``. Raises RenderError when there is nothing to draw, or too much."""
    given = c.text.get("rows") or ()
    chart = str(c.text.get("chart") or "bar").lower()
    if not given:
        raise RenderError("This infographic has no figures yet. Add at least one row.")
    chart = {"pie": "bar", "bars": "bar", "columns": "column", "big": "number", "big_number": "number"}.get(
        chart, chart
    )
    if chart not in DRAWN:
        raise RenderError(f"There is no chart called “{chart}”. Choose one of {', '.join(DRAWN)}.")
    if len(given) == 1 and chart in ("bar", "column", "line"):
        chart = "number"
    most = KINDS[chart].most
    if chart != "number" and len(given) > most:
        raise RenderError(f"A {chart} chart shows at most {most} rows; this one has {len(given)}.")
    if chart in WRITTEN:
        DRAWN[chart](c, box, [(*row, "", "")[:4] for row in given], muted)
    else:
        DRAWN[chart](c, box, [(str(label), float(value)) for label, value in given], muted)


def told(c: Canvas) -> str:
    """The figures of a chart in words, with unit and source, as it shows them."""
    unit, figures = c.get("unit"), []
    for label, value, *words in c.text.get("rows") or ():
        said = words[0] if words else ""
        bare = not said or c.get("chart") in ("comparison", "pictogram", "map")
        figure = f"{said or format_number(float(value), c.language)} {unit}".strip() if bare else said
        figures.append(": ".join(each for each in (str(label), figure) if each))
    return ". ".join(each.rstrip(".") for each in ("; ".join(figures), c.source_line()) if each) + "."


Rows = list[tuple[str, float]]


def bars(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    """Label above its bar, value behind it; the largest in the campaign's colour, the others in a tint.

    With figures below zero the bars leave a common line to both sides, and the values stand beside the labels.
    """
    low, high = min(0.0, *(v for _, v in rows)), max(0.0, *(v for _, v in rows))
    span = (high - low) or 1
    row_height = box.height // len(rows)
    least = c.legible if row_height >= c.legible * 1.9 else round(c.legible * 0.85)  # a dozen on a broad card
    label_size = min(max(c.type_px(34), least), max(least, round(min(row_height, c.px(150)) * 0.26)))
    label_style = c.style(MEDIUM, label_size, c.words, 1.15)
    value_size = min(max(c.type_px(40), least), max(least, round(min(row_height, c.px(150)) * 0.32)))
    value_style = c.style(HEAVY, value_size, c.words, 1.0)
    values = [figure(format_number(v, c.language), value_style) for _, v in rows]
    widest = round(max(v.width for v in values)) + c.px(24)
    room = box.width if low < 0 else box.width - widest
    full = readable(c.colour, c.paper, 3)
    tint = mix(full, c.paper, 0.45)
    most = max(abs(v) for _, v in rows)
    label_room = box.width - (widest if low < 0 else 0)
    named = _bar_labels(c, [label for label, _ in rows], label_style, label_room, row_height)
    further = max(block.height for block in named) - min(block.height for block in named)
    row_height = min(row_height, c.px(150) + further)
    top = box.top + max(0, (box.height - row_height * len(rows)) // 2)
    thick = round(min(row_height, c.px(150)) * 0.34)
    if low < 0:
        x = round(room * -low / span)
        x = box.right - x if c.rtl else box.left + x
        c.surface.rect(Box(x - 1, top, x + max(1, c.px(2)), top + row_height * len(rows)), muted)
    for number_, ((_, value), text, shown) in enumerate(zip(rows, named, values, strict=True)):
        y = top + number_ * row_height
        c.put(text, box.left + (box.width - label_room if c.rtl else 0), y, label_room)
        used = text.height + c.px(6)
        bar_top = y + used
        height = max(c.px(12), min(thick, row_height - used - c.px(8)))
        length = c.bar_length(room, value / span)
        start = round(room * -low / span) - (length if value < 0 else 0)
        left = box.right - start - length if c.rtl else box.left + start
        colour = full if abs(value) == most else tint
        c.rounded(Box(left, bar_top, left + length, bar_top + height), colour, min(height / 2, c.px(10)))
        caps = lettering.metrics(value_style)[0]
        if low < 0:
            x, at = (box.left if c.rtl else box.right - round(shown.width)), y
        else:
            gap = c.px(18) if length else 0
            x = left - gap - round(shown.width) if c.rtl else left + length + gap
            at = bar_top + (height - caps) // 2
        c.put(shown, x, at, round(shown.width) + 1)


def _bar_labels(c: Canvas, labels: list[str], style: Style, width: int, row_height: int) -> list[Block]:
    """All in one size; on two lines where there is room. Smaller than is good only before failing."""
    room = max(round(style.size * 1.3), row_height - c.px(38))

    def fit(label: str, style: Style, smallest: int) -> Block:
        return lettering.fit(label, style, width, room, smallest=smallest, language=c.language,
                             what=f"label “{label[:20]}”")  # fmt: skip

    smallest = min(style.size, c.legible)
    try:
        sizes = [fit(label, style, smallest).style.size for label in labels]
    except lettering.TooLong:
        sizes = [fit(label, style, max(c.finest, round(smallest * 0.75))).style.size for label in labels]
    return [fit(label, style.at(min(sizes)), min(sizes)) for label in labels]


def one_line(c: Canvas, text: str, style: Style) -> Block:
    return lettering.set_text(text, style, 10_000, c.language)


def figure(text: str, style: Style) -> Block:
    """On one line, and from the left in every language: a minus stands before its figure in Arabic and Hebrew too."""
    return lettering.set_text(text, style, 10_000)


def columns(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    """Columns; bars instead where a label or figure is broader than its column: no word is torn apart."""
    step = box.width / len(rows)
    label_style = c.style(MEDIUM, max(c.type_px(28), c.legible), c.words, 1.15, "centre")
    value_style = c.style(HEAVY, max(c.type_px(38), c.legible), c.words, 1.0, "centre")
    room = round(step - c.px(12))
    words = [word for label, _ in rows for word in label.split()]
    figures = [format_number(value, c.language) for _, value in rows]
    if not all(_narrow(c, word, label_style, room) for word in words) or not all(
        _narrow(c, said, value_style, round(step)) for said in figures
    ):
        return bars(c, box, rows, muted)
    try:
        labels = [_column_label(c, label, label_style, room) for label, _ in rows]
    except lettering.TooLong:
        return bars(c, box, rows, muted)
    low, high = min(0.0, *(v for _, v in rows)), max(0.0, *(v for _, v in rows))
    span = (high - low) or 1
    most = max(abs(v) for _, v in rows)
    label_height = max(b.height for b in labels) + c.px(22)
    plot = Box(box.left, box.top + c.px(60), box.right, box.bottom - label_height)
    zero = plot.bottom - round(plot.height * -low / span)
    full = readable(c.colour, c.paper, 3)
    tint = mix(full, c.paper, 0.45)
    c.surface.rect(Box(plot.left, zero, plot.right, zero + max(2, c.px(2))), mix(c.words, c.paper, 0.75))
    for number_, ((_, value), said, label) in enumerate(zip(rows, figures, labels, strict=True)):
        at = number_ if not c.rtl else len(rows) - 1 - number_
        left = round(box.left + at * step)
        width = round(step * 0.64)
        x = left + round((step - width) / 2)
        length = c.bar_length(plot.height, value / span)
        top, bottom = (zero - length, zero) if value > 0 else (zero, zero + length)
        colour = full if abs(value) == most else tint
        c.rounded(Box(x, top, x + width, bottom), colour, c.px(10))
        if bottom - top > c.px(20):  # columns stand on the line, or hang from it: square there
            foot = bottom - c.px(10) if value > 0 else top
            c.surface.rect(Box(x, foot, x + width, foot + c.px(10)), colour)
        shown = lettering.fit(said, value_style, round(step), round(value_style.size * 1.2), smallest=c.legible,
                              what="figure")  # fmt: skip
        c.put(shown, left, top - shown.style.size - c.px(4), round(step))
        c.put(label, left + c.px(6), plot.bottom + c.px(22), room)


def _narrow(c: Canvas, word: str, style: Style, width: int) -> bool:
    return one_line(c, word, style.at(c.legible)).width <= width


def _column_label(c: Canvas, label: str, style: Style, width: int) -> Block:
    return lettering.fit(label, style, width, c.px(150), smallest=c.legible, language=c.language,
                         what=f"label “{label[:20]}”")  # fmt: skip


def line(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    """A line over a field from zero, which has a line of its own where figures lie below it; bars instead where the first or
    last label takes more than half of the breadth.
    """
    values = [v for _, v in rows]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1
    label_style = c.style(MEDIUM, max(c.type_px(27), c.legible), c.words, 1.15, "centre")
    half = round(box.width / 2) - c.px(16)
    if len(rows) <= KINDS["bar"].most and not all(_narrow(c, rows[i][0], label_style, half) for i in (0, -1)):
        return bars(c, box, rows, muted)
    floor = box.bottom - label_style.size - c.px(46)
    foot = c.px(76) if low < 0 else 0  # for the figure of the lowest point
    plot = Box(box.left + c.px(30), box.top + c.px(76), box.right - c.px(30), floor - foot)
    zero = plot.bottom + plot.height * low / span
    points = [
        (plot.left + plot.width * i / (len(rows) - 1), zero - plot.height * v / span)
        for i, v in enumerate(values)
    ]
    if c.rtl:
        points = [(plot.left + plot.right - x, y) for x, y in points]
    colour, thin = readable(c.colour, c.paper, 3), max(1, c.px(2))
    for y in [round(plot.bottom - plot.height * share) for share in (0, 0.5, 1) if low == 0]:
        c.surface.rect(Box(box.left, y, box.right, y + thin), mix(c.words, c.paper, 0.86))
    c.surface.area([[(points[0][0], zero), *points, (points[-1][0], zero)]], mix(colour, c.paper, 0.85))
    if low < 0:
        c.surface.rect(Box(box.left, round(zero), box.right, round(zero) + thin), mix(c.words, c.paper, 0.6))
    c.surface.stroke(points, colour, max(3, c.px(8)))
    taken: list[Box] = []
    marked = (0, len(rows) - 1, values.index(max(values)), *([values.index(low)] if low < 0 else []))
    for i in dict.fromkeys(marked):
        place = _figure_place(
            c, box, points, i, format_number(values[i], c.language), floor, zero if low < 0 else None
        )
        _mark(c, points[i], *place, colour, taken)
    _line_labels(c, box, plot, rows, points, label_style, floor)


def _figure_place(c: Canvas, box: Box, points: list[tuple[float, float]], i: int, said: str, floor: int,
                  zero: float | None) -> tuple[Block, Box]:  # fmt: skip
    """A point's figure: above, or below where the line comes from above; on the other side of a line at zero that would
    strike it through.
    """
    x, y = points[i]
    shown = figure(said, c.style(HEAVY, max(c.type_px(38), c.legible), c.words, 1.0, "centre"))
    width, size = round(shown.width), shown.style.size
    left = round(min(max(x - width / 2, box.left), box.right - width))
    beside = [points[j][1] for j in (i - 1, i + 1) if 0 <= j < len(points)]
    above, under, air = round(y) - c.px(26) - size, round(y) + c.px(30), c.px(14)
    if zero is not None:
        above = min(above, round(zero) - air - size) if above - air < zero < above + size + air else above
        under = max(under, round(zero) + air) if under - air < zero < under + size + air else under
    falls = any(each < y - size for each in beside) and under + size < floor
    top = under if falls else above
    return shown, Box(left, top, left + width, top + size)


def _mark(
    c: Canvas, point: tuple[float, float], shown: Block, place: Box, colour: RGB, taken: list[Box]
) -> None:
    """A point with its figure. Left away where another stands."""
    if any(place.left < b.right + c.px(12) and b.left - c.px(12) < place.right and place.top < b.bottom
           and b.top < place.bottom for b in taken):  # fmt: skip
        return
    taken.append(place)
    c.circle(*point, c.px(15), c.paper)
    c.circle(*point, c.px(11), colour)
    c.put(shown, place.left, place.top, place.width + 1)


def _line_labels(
    c: Canvas, box: Box, plot: Box, rows: Rows, points: list[tuple[float, float]], style: Style, floor: int
) -> None:
    """As many labels as stand side by side on one line, the first and the last always."""
    apart = plot.width / (len(rows) - 1)
    ends = box.width / 2 - c.px(16)
    blocks = [
        lettering.fit(label, style, round(ends), round(style.size * 1.3), smallest=min(style.size, c.legible),
                      language=c.language, what=f"label “{label[:20]}”")
        if i in (0, len(rows) - 1) else one_line(c, label, style)
        for i, (label, _) in enumerate(rows)
    ]  # fmt: skip
    every = max(1, math.ceil((max(b.width for b in blocks) + c.px(18)) / apart))
    taken: list[tuple[float, float]] = []
    for i in dict.fromkeys((0, len(rows) - 1, *range(0, len(rows), every))):
        block = blocks[i]
        left = min(max(points[i][0] - block.width / 2, box.left), box.right - block.width)
        if any(left < end + c.px(16) and start - c.px(16) < left + block.width for start, end in taken):
            continue
        taken.append((left, left + block.width))
        c.put(block, left, floor + c.px(26), block.width + 1)


def number(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    """The first row as one big figure, what it counts below it."""
    label, value = rows[0]
    style = c.style(HEAVY, c.type_px(300), readable(c.colour, c.paper), 1.0)
    shown = figure(format_number(value, c.language), style)
    while shown.width > box.width or shown.height > box.height * 0.5:  # a figure stays on one line
        shown = figure(format_number(value, c.language), shown.style.at(round(shown.style.size * 0.94)))
    style = c.style(SEMIBOLD, max(c.type_px(46), c.legible), c.words, 1.3)
    below = lettering.fit(label, style, box.width, round(box.height * 0.4), smallest=c.legible,
                          language=c.language, what="label")  # fmt: skip
    total = shown.height + c.px(40) + below.height
    top = box.top + max(0, (box.height - total) // 2)
    c.put(shown, box.left, top, box.width)
    c.put(below, box.left, top + shown.height + c.px(40), box.width)


WRITTEN = ("share", "pictogram", "comparison", "timeline", "map")
DRAWN: dict[str, Callable[..., None]] = {
    "bar": bars,
    "column": columns,
    "line": line,
    "number": number,
    "share": shares.share,
    "pictogram": pictograms.pictogram,
    "comparison": shares.comparison,
    "timeline": timelines.timeline,
    "map": maps.draw,
}

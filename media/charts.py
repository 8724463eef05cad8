"""The charts of a figures card: bars, columns, a line, or one big number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media import lettering
from media.colour import RGB, mix, readable
from media.errors import RenderError
from media.geometry import Box
from media.lettering import Style
from media.typefaces import HEAVY, MEDIUM, SEMIBOLD

if TYPE_CHECKING:
    from media.cards import Canvas

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
MOST_ROWS = {"bar": 12, "column": 8, "line": 24, "number": 1}


def format_number(value: float, language: str = "en") -> str:
    """A figure as people write it: grouped by threes, no needless decimals, a decimal comma where that is the custom."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if not float(value).is_integer() else f"{value:,.0f}"
    if language.split("-")[0].lower() in DECIMAL_COMMA:
        return text.translate(str.maketrans({",": "\u202f", ".": ","}))
    return text


def draw(c: Canvas, box: Box, muted: RGB) -> None:
    rows = [(str(label), float(value)) for label, value in (c.text.get("rows") or ())]
    chart = str(c.text.get("chart") or "bar").lower()
    if not rows:
        raise RenderError("This infographic has no figures yet. Add at least one row.")
    chart = {"pie": "bar", "bars": "bar", "columns": "column", "big": "number", "big_number": "number"}.get(
        chart, chart
    )
    if len(rows) == 1:
        chart = "number"
    if chart not in MOST_ROWS:
        raise RenderError(f"There is no chart called “{chart}”. Choose bar, column, line or number.")
    if chart != "number" and len(rows) > MOST_ROWS[chart]:
        raise RenderError(f"A {chart} chart shows at most {MOST_ROWS[chart]} rows; this one has {len(rows)}.")
    {"bar": bars, "column": columns, "line": line, "number": number}[chart](c, box, rows, muted)


Rows = list[tuple[str, float]]


def bars(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    """Label above its bar, value behind it; the largest in the campaign's colour, the others in a tint."""
    largest = max(abs(v) for _, v in rows) or 1
    row_height = min(box.height // len(rows), c.px(150))
    top = box.top + max(0, (box.height - row_height * len(rows)) // 2)
    label_style = Style(MEDIUM, min(c.type_px(34), max(20, round(row_height * 0.26))), c.words, 1.15)
    value_style = Style(HEAVY, min(c.type_px(40), max(20, round(row_height * 0.32))), c.words, 1.0)
    values = [
        lettering.set_text(format_number(v, c.language), value_style, 10_000, c.language) for _, v in rows
    ]
    room = box.width - round(max(v.width for v in values)) - c.px(24)
    full = readable(c.colour, c.paper, 3)
    tint = mix(full, c.paper, 0.45)
    for number_, ((label, value), shown) in enumerate(zip(rows, values, strict=True)):
        y = top + number_ * row_height
        text = lettering.fit(label, label_style, box.width, round(label_style.size * 1.3), smallest=18,
                             language=c.language, what=f"label “{label[:20]}”")  # fmt: skip
        lettering.draw(c.image, text, box.left, y, box.width)
        bar_top = y + round(label_style.size * 1.25)
        height = max(c.px(14), round(row_height * 0.34))
        length = max(height // 2, round(room * abs(value) / largest))
        left = box.right - length if c.rtl else box.left
        colour = full if abs(value) == largest else tint
        c.rounded(Box(left, bar_top, left + length, bar_top + height), colour, min(height / 2, c.px(10)))
        caps = lettering.metrics(value_style)[0]
        x = left - c.px(18) - round(shown.width) if c.rtl else left + length + c.px(18)
        lettering.draw(c.image, shown, x, bar_top + (height - caps) // 2, round(shown.width) + 1)


def columns(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    largest = max(max(v for _, v in rows), 0) or 1
    lowest = min(0.0, min(v for _, v in rows))
    step = box.width / len(rows)
    label_style = Style(MEDIUM, c.type_px(28), c.words, 1.15, "centre")
    value_style = Style(HEAVY, c.type_px(38), c.words, 1.0, "centre")
    labels = [_column_label(c, label, label_style, round(step - c.px(12))) for label, _ in rows]
    label_height = max(b.height for b in labels) + c.px(22)
    plot = Box(box.left, box.top + c.px(60), box.right, box.bottom - label_height)
    zero = plot.bottom - round(plot.height * (-lowest) / (largest - lowest))
    full = readable(c.colour, c.paper, 3)
    tint = mix(full, c.paper, 0.45)
    c.image.paste(mix(c.words, c.paper, 0.75), (plot.left, zero, plot.right, zero + max(2, c.px(2))))
    for number_, ((_, value), label) in enumerate(zip(rows, labels, strict=True)):
        at = number_ if not c.rtl else len(rows) - 1 - number_
        left = round(box.left + at * step)
        width = round(step * 0.64)
        x = left + round((step - width) / 2)
        end = zero - round(plot.height * value / (largest - lowest))
        top, bottom = min(end, zero), max(end, zero)
        colour = full if value == largest else tint
        c.rounded(Box(x, top, x + width, max(bottom, top + 4)), colour, c.px(10))
        if bottom - top > c.px(20) and value > 0:  # columns stand on the line: square feet
            c.image.paste(colour, (x, bottom - c.px(10), x + width, bottom))
        shown = lettering.fit(format_number(value, c.language), value_style, round(step), c.px(46), smallest=20,
                              language=c.language, what="figure")  # fmt: skip
        lettering.draw(c.image, shown, left, top - shown.style.size - c.px(4), round(step))
        lettering.draw(c.image, label, left + c.px(6), plot.bottom + c.px(22), round(step - c.px(12)))


def _column_label(c: Canvas, label: str, style: Style, width: int):
    return lettering.fit(label, style, width, c.px(130), smallest=18, language=c.language,
                         what=f"label “{label[:20]}”")  # fmt: skip


def line(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    values = [v for _, v in rows]
    low, high = min(min(values), 0.0), max(values)
    span = (high - low) or 1
    label_style = Style(MEDIUM, c.type_px(27), c.words, 1.15, "centre")
    plot = Box(box.left + c.px(30), box.top + c.px(70), box.right - c.px(30), box.bottom - c.px(70))
    points = [
        (plot.left + plot.width * i / (len(rows) - 1), plot.bottom - plot.height * (v - low) / span)
        for i, v in enumerate(values)
    ]
    if c.rtl:
        points = [(plot.left + plot.right - x, y) for x, y in points]
    for share in (0, 0.5, 1):
        y = round(plot.bottom - plot.height * share)
        c.image.paste(mix(c.words, c.paper, 0.86), (box.left, y, box.right, y + max(1, c.px(2))))
    colour = readable(c.colour, c.paper, 3)
    area = Box(box.left, plot.top - c.px(20), box.right, plot.bottom)

    def place(p: tuple[float, float]) -> tuple[float, float]:
        return (p[0] - area.left) * 4, (p[1] - area.top) * 4

    shape = [place(p) for p in points]
    c.shape(area, mix(colour, c.paper, 0.85),
            lambda pen, w, h: pen.polygon([(shape[0][0], h), *shape, (shape[-1][0], h)], fill=255))  # fmt: skip
    thick = max(3, c.px(8)) * 4
    c.shape(area, colour, lambda pen, w, h: pen.line(shape, fill=255, width=thick, joint="curve"))
    marked = {0, len(rows) - 1, values.index(high)}
    value_style = Style(HEAVY, c.type_px(38), c.words, 1.0, "centre")
    every = max(1, -(-len(rows) // 6))
    for i, ((label, value), (x, y)) in enumerate(zip(rows, points, strict=True)):
        if i in marked:
            c.circle(x, y, c.px(15), c.paper)
            c.circle(x, y, c.px(11), colour)
            shown = lettering.set_text(format_number(value, c.language), value_style, 10_000, c.language)
            left = min(max(x - shown.width / 2, box.left), box.right - shown.width)
            lettering.draw(
                c.image, shown, round(left), round(y) - c.px(26) - shown.style.size, round(shown.width) + 1
            )
        if i % every == 0 or i == len(rows) - 1:
            width = round(plot.width / min(len(rows), 6)) + c.px(20)
            text = lettering.fit(label, label_style, width, c.px(60), smallest=18, language=c.language,
                                 what=f"label “{label[:20]}”")  # fmt: skip
            left = min(
                max(x - width / 2, box.left - (width - text.width) / 2), box.right - (width + text.width) / 2
            )
            lettering.draw(c.image, text, round(left), plot.bottom + c.px(26), width)


def number(c: Canvas, box: Box, rows: Rows, muted: RGB) -> None:
    """The first row as one big figure; further rows small below it."""
    label, value = rows[0]
    style = Style(HEAVY, c.type_px(300), readable(c.colour, c.paper), 1.0)
    shown = lettering.fit(format_number(value, c.language), style, box.width, round(box.height * 0.5),
                          smallest=c.type_px(60), language=c.language, what="figure")  # fmt: skip
    below = lettering.fit(label, Style(SEMIBOLD, c.type_px(46), c.words, 1.3), box.width, round(box.height * 0.28),
                          smallest=c.type_px(26), language=c.language, what="label")  # fmt: skip
    total = shown.height + c.px(40) + below.height
    top = box.top + max(0, (box.height - total) // 2)
    lettering.draw(c.image, shown, box.left, top, box.width)
    lettering.draw(c.image, below, box.left, top + shown.height + c.px(40), box.width)

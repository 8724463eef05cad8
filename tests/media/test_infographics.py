"""Infographics in every shape: words inside the card, none over another, readable, true to their figures."""

import json
import re
from contextlib import suppress
from itertools import combinations, groupby
from operator import itemgetter
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageOps

from cms.core.chart import layout
from media import cards, charts, lettering, maps, outlines, regions, spread, surface
from media.canvas import Canvas
from media.colour import contrast
from media.errors import RenderError
from media.geometry import Box
from media.render import render
from media.surface import Raster

pytestmark = pytest.mark.unit

SIZES = {
    (1080, 1350): (60,) * 4,
    (1080, 1080): (0,) * 4,
    (1080, 1920): (250, 120, 460, 60),
    (1600, 900): (0,) * 4,
}
LONG = "Verkehrswegeplanungsbeschleunigung im Landkreis Garmisch-Partenkirchen"
LABELS = {
    "en": ["Schools", "Roads and bridges", "Parks", "Town hall", "Libraries"],
    "de": [LONG, "Kraftfahrzeughaftpflichtversicherungsbeiträge", "Grün", "Bäder", "Rathaus"],
    "ar": ["المدارس ورياض الأطفال", "الطرق", "الحدائق العامة والملاعب", "البلدية", "المكتبات"],
}


def rows(kind, language):
    labels = LABELS[language][: 2 if kind == "comparison" else 4]
    if kind in ("bar", "column", "line"):
        return [[label, 40.5 - 9 * n] for n, label in enumerate(labels)]
    words = {"timeline": "14 February 2024", "share": "46\u00a0%"}.get(kind, "1,234,567")
    return [
        [label, 46 - 10 * n, words, "1,640 kg" if kind == "share" else ""] for n, label in enumerate(labels)
    ]


class Recorder(Raster):
    """Draws, and keeps where each line of text came to stand and what lay under it."""

    def __init__(self, size):
        super().__init__(Image.new("RGB", size, (255, 255, 255)))
        self.lines, self.areas, self.strokes = [], [], []

    def area(self, rings, colour):
        self.areas.append(rings)
        super().area(rings, colour)

    def stroke(self, points, colour, width):
        self.strokes.append(points)
        super().stroke(points, colour, width)

    def text(self, line, style, x, baseline):
        capitals, descent = lettering.metrics(style)
        box = Box(round(x), baseline - capitals, round(x + line.width), baseline + round(descent * 0.6))
        under = self.image.crop(box)
        grounds = [
            colour for count, colour in under.getcolors(1 << 20) if count > under.width * under.height * 0.02
        ]
        self.lines.append((box, style, grounds))
        super().text(line, style, x, baseline)


def drawn(card, kind, language, size, look=None):
    plan = card(
        "figures", size=size, safe=list(SIZES[size]), look=look, language=language, chart=kind, rows=rows(kind, language),
        headline=" ".join(LABELS[language][1:3]), unit="kg", source="Riverside Council, weighbridge record, October 2026",
        note="= 5 kg", difference="+10 kg (+28 %)", per_icon=5, icon="person",
    )  # fmt: skip
    recorder = Recorder(size)
    cards.TEMPLATES["figures"](Canvas(plan, None, recorder))
    return recorder


@pytest.mark.parametrize("language", LABELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["bar", "column", "line", "share", "comparison", "pictogram", "timeline"])
def test_words_are_inside_apart_and_readable(card, kind, size, language):
    made = drawn(card, kind, language, size)
    top, right, bottom, left = SIZES[size]

    for box, style, grounds in made.lines:
        assert left <= box.left
        assert box.right <= size[0] - right + 1
        assert top <= box.top
        assert box.bottom <= size[1] - bottom + 1
        assert all(contrast(style.colour, ground) >= 4.5 for ground in grounds)
        assert style.size >= size[0] * 17 / 1080
    for (a, _, _), (b, _, _) in combinations(made.lines, 2):
        assert not (a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("below_zero", [0, 3])
def test_as_many_bars_as_there_may_be(card, size, below_zero):
    rows = [[f"Ward number {n}", n - below_zero + 0.5] for n in range(12)]
    plan = card("figures", size=size, chart="bar", rows=rows, headline="H", safe=list(SIZES[size]))
    made = Recorder(size)

    cards.TEMPLATES["figures"](Canvas(plan, None, made))

    for (a, _, _), (b, _, _) in combinations(made.lines, 2):
        assert not (a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom)


@pytest.mark.parametrize("size", SIZES)
def test_long_labels_of_many_bars_can_be_read_or_are_refused(card, size):
    """Never smaller than some six points on a telephone."""
    for letters in (40, 90, 160):
        rows = [[f"{LONG} {n} ".ljust(letters, "x")[:letters], n + 0.5] for n in range(12)]
        plan = card("figures", size=size, chart="bar", rows=rows, headline="H", safe=list(SIZES[size]))
        made = Recorder(size)
        with suppress(lettering.TooLong):
            cards.TEMPLATES["figures"](Canvas(plan, None, made))

        assert min(style.size for _, style, _ in made.lines) >= size[0] * 17 / 1080


BELOW_ZERO = {
    "all below": [-5, -4.8, -4.9, -4.6],
    "small": [-0.2, -0.4, -0.1, -0.3],
    "both": [-10, 5, 10, -3],
    "close to zero": [10, -0.4, 0.3, -0.2],
    "close to zero at the end": [-10, -0.2, -9, 0.1],
}


@pytest.mark.parametrize("language", LABELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["column", "line"])
@pytest.mark.parametrize("figures", BELOW_ZERO)
def test_words_of_charts_below_zero_are_apart_and_readable(card, kind, size, language, figures):
    labels = {"de": ["2021", "2022", "2023", "2024"]}.get(language, LABELS[language])
    made = charted(card, kind, list(zip(labels, BELOW_ZERO[figures], strict=False)), size, language)
    top, right, bottom, left = SIZES[size]

    for box, style, grounds in made.lines:
        assert left <= box.left
        assert box.right <= size[0] - right + 1
        assert top <= box.top
        assert box.bottom <= size[1] - bottom + 1
        assert all(contrast(style.colour, ground) >= 4.5 for ground in grounds)
    for (a, _, _), (b, _, _) in combinations(made.lines, 2):
        assert not (a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom)


def charted(card, kind, rows, size=(1080, 1350), language="en"):
    plan = card("figures", size=size, safe=list(SIZES[size]), language=language, chart=kind, headline="Balance", rows=rows,
                unit="million euros", source="Riverside Council")  # fmt: skip
    recorder = Recorder(size)
    cards.TEMPLATES["figures"](Canvas(plan, None, recorder))
    return recorder


def years(values):
    return [[str(2020 + n), value] for n, value in enumerate(values)]


@pytest.mark.parametrize("figures", BELOW_ZERO)
def test_a_line_is_as_far_from_zero_as_its_figures_and_as_the_public_page_draws_it(card, figures, tmp_path):
    values = BELOW_ZERO[figures]
    made = charted(card, "line", years(values))
    ((ring,),), (points,) = made.areas, made.strokes
    zero, furthest = ring[0][1], max(map(abs, values))
    shown = layout([(label, value) for label, value in years(values)])
    unit = (points[0][1] - points[1][1]) / (shown.bars[0].level - shown.bars[1].level)
    svg = card("figures", size=(1080, 1350), safe=[60] * 4, format="svg", chart="line", headline="Balance",
               rows=years(values), unit="million euros", source="Riverside Council")  # fmt: skip
    drawing = render(svg, root=tmp_path, out=tmp_path / "made.svg").file.read_text()

    assert ring[1:-1] == points
    assert ring[-1][1] == zero
    longest = max(abs(y - zero) for _, y in points)
    for (_, y), value, bar in zip(points, values, shown.bars, strict=True):
        assert (zero - y) / longest == pytest.approx(value / furthest)
        assert y - zero == pytest.approx((bar.level - shown.zero_from_top) * unit, abs=1)
    written = [
        [float(each) for each in at.split(",")] for at in re.search('points="(.+?)"', drawing)[1].split()
    ]
    assert written == [pytest.approx(point, abs=0.01) for point in points]


def test_the_field_of_a_line_lies_between_it_and_zero(card):
    """-10 to 10: below zero to the left, above it to the right, and a line where zero is."""
    made = charted(card, "line", years([-10, 10]))
    ((ring,),) = made.areas
    (left, low), (right, high), zero = ring[1], ring[2], round(ring[0][1])
    pixel, paper = made.image.getpixel, (255, 255, 255)

    filled = pixel((round(left) + 60, zero + 20))
    assert filled != paper
    assert pixel((round(right) - 60, zero - 20)) == filled
    assert pixel((round(left) + 60, zero - 20)) == pixel((round(right) - 60, zero + 20)) == paper
    assert pixel((round(left) - 20, zero)) not in (paper, filled)
    assert low - zero == pytest.approx(zero - high, abs=1)


def test_columns_below_zero_use_the_height_and_the_furthest_has_the_full_colour(card):
    made = charted(card, "column", years([-0.2, -0.4, -0.1]))
    full = (11, 92, 99)
    lines = [y for y in range(1350) if any(made.image.getpixel((x, y)) == full for x in range(400, 680, 20))]

    assert lines[-1] - lines[0] > 1350 * 0.5


@pytest.mark.parametrize("language", ["ar", "he", "en"])
@pytest.mark.parametrize("kind", ["bar", "column", "line", "number", "comparison"])
def test_a_minus_stands_before_its_figure_in_every_language(card, kind, language):
    figures = [["2024", -9.5, "-9.5", ""], ["2025", -4, "-4", ""]]
    if kind != "comparison":
        figures = [row[:2] for row in figures]
    plan = card("figures", size=(1080, 1080), language=language, chart=kind, headline="H", rows=figures)
    said, canvas = [], Canvas(plan, None)
    canvas.surface.text = lambda line, *where: said.append("".join(run.text for run in line.runs))

    cards.TEMPLATES["figures"](canvas)

    assert "-9.5" in said
    assert kind == "number" or "-4" in said


@pytest.mark.parametrize("language", ["ar", "he", "en"])
def test_a_minus_stands_before_its_figure_outside_charts_too(card, language):
    point = {"ar": "نقطة", "he": "נקודות", "en": "points"}[language]
    statistic = card("statistic", language=language, value="-9.5%")
    rows = [["2024", 10, "10", ""], ["2025", 5, "5", ""]]
    comparison = card("figures", size=(1080, 1080), language=language, chart="comparison", headline="H",
                      rows=rows, difference=f"−5 {point} (−50 %)")  # fmt: skip

    assert "-9.5%" in lines_of(statistic)
    (difference,) = [line for line in lines_of(comparison) if point in line]
    assert re.search(r"−5\b(?!0)", difference)
    assert "−50" in difference


@pytest.mark.parametrize("language", ["ar", "he", "en"])
def test_a_minus_stands_before_its_figure_in_what_a_map_means(card, language):
    canvas, said = Canvas(card("figures", language=language), None), []
    canvas.surface.text = lambda line, *where: said.append("".join(run.text for run in line.runs))
    steps = [maps.Step(-10, -5, (0, 0, 0))]

    maps._legend(canvas, canvas.box, steps, False, (0, 0, 0))

    (text,) = said
    assert sorted(text.split(" – ")) == ["-10", "-5"]


def lines_of(plan):
    said, canvas = [], Canvas(plan, None)
    canvas.surface.text = lambda line, *where: said.append("".join(run.text for run in line.runs))
    cards.TEMPLATES[plan["template"]](canvas)
    return said


AROUND_ZERO = {
    "a little below": [-0.3, 12, -25],
    "nothing": [0, 12, -25],
    "a little above": [0.3, 12, -25],
    "a little above others": [0.3, 12, 25],
    "nothing beside others": [0, 12, 25],
    "a little below others": [-0.3, -12, -25],
    "nothing at all": [0, 0, 0],
}


def bars_seen(image, kind):
    """Begin and end of each bar along its axis, in the order of the rows; upwards counts as forwards."""
    if kind != "bar":
        image = image.transpose(Image.Transpose.ROTATE_270)  # the foot at the left, the first column above
    seen = image.convert("HSV").getchannel("S").point(lambda strength: 255 * (strength > 60))
    lines = groupby(enumerate(seen.getprojection()[1]), itemgetter(1))
    bands = [[y for y, _ in band] for filled, band in lines if filled]
    boxes = [seen.crop((0, band[0], seen.width, band[-1] + 1)).getbbox() for band in bands]
    return [(left, right) for left, _, right, _ in boxes]


@pytest.mark.parametrize("figures", AROUND_ZERO)
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", [(1080, 1350), (1600, 900)])
@pytest.mark.parametrize("kind", ["bar", "column", "comparison"])
def test_a_bar_lies_on_the_side_of_its_figure_and_zero_has_none(card, kind, size, language, figures):
    values = AROUND_ZERO[figures][:: 2 if kind == "comparison" else 1]
    written = 4 if kind == "comparison" else 2
    rows = [[f"Town {n}", value, str(value), ""][:written] for n, value in enumerate(values)]
    plan = card("figures", size=size, chart=kind, language=language, headline=LABELS[language][0], rows=rows,
                look={"colour": "#c00000"})  # fmt: skip
    canvas = Canvas(plan, None)
    canvas.surface.text = lambda *words: None

    charts.draw(canvas, canvas.box, (120, 120, 120))

    image = ImageOps.mirror(canvas.image) if language == "ar" else canvas.image
    bars, shown = bars_seen(image, kind), [value for value in values if value]
    assert len(bars) == len(shown)
    if not shown:
        return
    zero = bars[-1][0 if shown[-1] > 0 else 1]  # the last bar is the longest
    longest = bars[-1][1] - bars[-1][0]
    for (begin, end), value in zip(bars, shown, strict=True):
        assert (begin if value > 0 else end) == pytest.approx(zero, abs=1)
        least = canvas.px(4) if abs(value) < 1 else 0
        assert end - begin == pytest.approx(max(least, longest * abs(value) / abs(shown[-1])), abs=2)
        assert end - begin >= 2


def test_a_part_of_nothing_takes_no_room_of_a_stack(card):
    """Its name has a place in the order, the other parts the whole column."""
    parts = {"some": [40, 0, 60], "at the end": [40, 60, 0], "none": [40, 60]}
    stacks = {}
    for name, sizes in parts.items():
        rows = [[f"Part {n}", size, f"{size} %", ""] for n, size in enumerate(sizes)]
        canvas = Canvas(card("figures", size=(1080, 1350), chart="share", headline="H", rows=rows), None)
        canvas.surface.text = canvas.surface.stroke = lambda *words: None
        charts.draw(canvas, canvas.box, (120, 120, 120))
        stack = canvas.image.crop((canvas.box.left, 0, canvas.box.left + 20, 1350)).convert("L")
        lines = groupby(stack.point(lambda light: 255 * (light < 250)).getprojection()[1])
        stacks[name] = [(filled, len(list(line))) for filled, line in lines]

    assert len(stacks["none"]) == 5  # air, part, gap, part, air
    assert stacks["some"] == stacks["at the end"] == stacks["none"]


def test_columns_of_nothing_stand_on_their_line(card):
    assert charted(card, "column", years([0, 0, 0])).lines
    assert charted(card, "line", years([0, 0, 0])).lines


@pytest.mark.parametrize("colour", ["#ffffff", "#ffe600", "#000000", "#d4145a"])
def test_any_campaign_colour_can_be_read(card, colour):
    for kind in ("share", "comparison", "pictogram", "timeline"):
        for _, style, grounds in drawn(
            card, kind, "en", (1080, 1080), {"colour": colour, "ink": "#777777"}
        ).lines:
            assert all(contrast(style.colour, ground) >= 4.5 for ground in grounds)


def test_parts_are_told_apart_without_colour(card):
    """Neighbours differ in lightness or pattern: the picture in grey still shows them."""
    made = drawn(card, "comparison", "en", (1080, 1080)).image.convert("L")
    left, right = (made.crop((x, 640, x + 60, 700)).getextrema() for x in (300, 750))

    assert left[0] != left[1]  # hatched
    assert right[0] == right[1]


def test_stack_is_true_to_its_shares(card):
    plan = card("figures", size=(1080, 1350), chart="share", headline="H",
                rows=[["a", 75, "75 %", ""], ["b", 25, "25 %", ""]])  # fmt: skip
    image = cards.draw_card(plan, None)
    column = [image.getpixel((90, y)) for y in range(1350)]
    first, both = column.count((11, 92, 99)), sum(pixel != (255, 255, 255) for pixel in column)

    assert first / both == pytest.approx(0.75, abs=0.06)


def test_the_last_icon_is_cut_where_the_figure_ends():
    square = outlines.icon("square")

    assert surface.bounds(surface.cut_at(square, 50)) == (8, 8, 50, 92)
    assert surface.bounds(surface.cut_at(square, 50, before=False)) == (50, 8, 92, 92)


@pytest.mark.parametrize("name", outlines.ICONS)
def test_icons_lie_on_their_field(name):
    box = surface.bounds(outlines.icon(name))

    assert box.left >= 0
    assert box.top >= 0
    assert box.right <= 100
    assert box.bottom <= 100


def test_labels_keep_their_order_and_distance():
    places = spread.places([10, 12, 14, 95], [10, 10, 10, 10], 0, 100, 2)

    assert places == [5, 17, 29, 90]


@pytest.mark.parametrize("language", LABELS)
@pytest.mark.parametrize("kind", ["bar", "column", "line", "share", "comparison", "pictogram", "timeline"])
def test_drawing_has_the_same_words_as_text_and_its_fonts(card, tmp_path, kind, language):
    plan = card("figures", size=(1080, 1350), format="svg", chart=kind, rows=rows(kind, language), language=language,
                headline="<Less> & less", unit="kg", source="Council", note="= 5", icon="tree", per_icon=5)  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "made.svg")

    tree = ElementTree.parse(facts.file)
    tags = {each.tag.rpartition("}")[2] for each in tree.iter()}
    words = "".join(each.text for each in tree.iter("{http://www.w3.org/2000/svg}text"))
    assert tags <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "circle",
        "path",
        "polyline",
        "clipPath",
        "g",
        "text",
    }
    assert "<Less> & less" in words
    assert LABELS[language][0].split()[0] in words.replace("-", "")  # a long word may be divided
    assert "font/woff2" in facts.file.read_text()
    told = tree.find("{http://www.w3.org/2000/svg}desc").text
    for label, _, *figure in rows(kind, language):
        assert f"{label}: {figure[0] if figure else ''}" in told
    if kind in ("bar", "comparison", "pictogram"):
        assert told.split(";")[0].endswith(" kg")
    assert told.endswith("Council.")
    assert facts.mime == "image/svg+xml"


UNSEEN = {
    "\x0b": " ", "\x0c": " ", "\x1c": " ", "\x1d": " ", "\x1e": " ", "\x1f": " ", "\x85": " ", "\u2028": " ",
    "\x00": "", "\x01": "", "\x08": "", "\x1b": "", "\x7f": "", "\ufffe": "", "\uffff": "", "\ud800": "",
}  # fmt: skip


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
@pytest.mark.parametrize("chart", ["bar", "share", "timeline"])
def test_signs_that_nobody_sees_do_not_break_a_drawing(card, tmp_path, chart, sign):
    """A text pasted from Word has a vertical tab where its line breaks: XML cannot hold it."""
    said = f"River{sign}Meuse"
    rows = [[said, 40, f"40{sign}%", said], ["B", 60, "60 %", ""]]
    plan = card("figures", size=(1080, 1350), format="svg", chart=chart, headline=said, unit=said, source=said,
                note=said, rows=[row[:2] for row in rows] if chart == "bar" else rows)  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "made.svg")

    tree = ElementTree.parse(facts.file)
    seen = f"River{UNSEEN[sign]}Meuse"
    assert tree.find("{http://www.w3.org/2000/svg}title").text == seen
    assert f"Source: {seen}" in tree.find("{http://www.w3.org/2000/svg}desc").text
    words = [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "".join(words).count("River") >= 3
    assert sign not in "".join(words)


def test_only_infographics_become_drawings(card, tmp_path):
    with pytest.raises(RenderError, match="Only infographics"):
        render(card("quote", format="svg", body="x"), root=tmp_path, out=tmp_path / "made.svg")


# Big number and map -------------------------------------------------------------------------------


MAP = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 50"><path id="North Bank" d="M0 0h40v40h-40z"/>'
    '<path id="Harbour" d="M45 0h40v40h-40z"/></svg>'
)


@pytest.fixture
def one_or_a_map(card, tmp_path):
    """Draws a big number or a map; returns what was recorded."""
    (tmp_path / "map.json").write_text(json.dumps(regions.parse(MAP.encode())))

    def make(kind, size, language="en"):
        given = {"number": [[LABELS[language][0], 1234567.5]],
                 "map": [["North Bank", 42.5, "42.5", ""], ["Harbour", 8, "8", ""]]}[kind]  # fmt: skip
        plan = card("figures", size=size, safe=list(SIZES[size]), language=language, chart=kind, rows=given, unit="kg",
                    headline=" ".join(LABELS[language][1:3]), source="Riverside Council, weighbridge record, October 2026",
                    map={"path": str(tmp_path / "map.json"), "sha256": ""})  # fmt: skip
        recorder = Recorder(size)
        cards.TEMPLATES["figures"](Canvas(plan, tmp_path, recorder))
        return recorder

    return make


@pytest.mark.parametrize("language", LABELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["number", "map"])
def test_big_number_and_map_too(one_or_a_map, kind, size, language):
    made = one_or_a_map(kind, size, language)
    top, right, bottom, left = SIZES[size]

    assert len(made.lines) >= 3
    for box, style, grounds in made.lines:
        assert left <= box.left
        assert box.right <= size[0] - right + 1
        assert top <= box.top
        assert box.bottom <= size[1] - bottom + 1
        assert all(
            contrast(style.colour, ground) >= 4.5 for ground in grounds if count_of(made, ground) > 500
        )
        assert style.size >= size[0] * 17 / 1080
    for (a, _, _), (b, _, _) in combinations(made.lines, 2):
        assert not (a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom)


def count_of(made, colour):
    return {each: count for count, each in made.image.getcolors(1 << 22)}.get(colour, 0)


# How people see who lack one kind of cone (Machado, Oliveira, Fernandes 2009, severity 1), and in grey.
SEEN_AS = {
    "protanopia": (0.152286, 1.052583, -0.204868, 0, 0.114503, 0.786281, 0.099216, 0, -0.003882, -0.048116, 1.051998, 0),
    "deuteranopia": (0.367322, 0.860646, -0.227968, 0, 0.280085, 0.672501, 0.047413, 0, -0.01182, 0.04294, 0.968881, 0),
    "tritanopia": (1.255528, -0.076749, -0.178779, 0, -0.078411, 0.930809, 0.147602, 0, 0.004733, 0.691367, 0.3039, 0),
    "grey": (0.2126, 0.7152, 0.0722, 0) * 3,
}  # fmt: skip


@pytest.mark.parametrize("seen", SEEN_AS)
@pytest.mark.parametrize("colour", ["#0b5c63", "#d4145a", "#2e7d32", "#ffe600"])
def test_parts_of_a_stack_are_told_apart_however_colours_are_seen(card, colour, seen):
    """Plain and hatched areas take turns, and a line of paper lies between them."""
    labels = [f"part {n}" for n in range(7)]
    plan = card("figures", size=(1080, 1350), chart="share", headline="H", look={"colour": colour},
                rows=[[label, 14, "14 %", ""] for label in labels])  # fmt: skip
    image = cards.draw_card(plan, None).convert("RGB").convert("RGB", SEEN_AS[seen])
    paper = image.getpixel((1070, 10))
    inside = [image.getpixel((100, y)) == paper for y in range(1350)]
    starts = [y for y in range(1, 1350) if inside[y - 1] and not inside[y]]
    ends = [y for y in range(1, 1350) if not inside[y - 1] and inside[y]]
    parts = [image.crop((90, a + 8, 250, b - 8)) for a, b in zip(starts, ends, strict=True) if b - a > 60]

    assert len(parts) == 7
    for number, part in enumerate(parts):
        shades = sorted(part.getcolors(1 << 16), reverse=True)
        hatched = shades[0][0] < part.width * part.height
        assert hatched is bool(number % 2)
        if hatched:
            light, dark = (edge(shade for _, shade in shades) for edge in (max, min))
            assert contrast(light, dark) >= 1.5
        else:
            assert contrast(shades[0][1], paper) >= 1.5


@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.just(0.0) | st.floats(0.2, 30),
    st.integers(-20, 60),
    st.integers(-20, 60),
)
def test_a_shape_with_round_corners_is_as_if_it_were_drawn_whole(width, height, radius, left, top):
    """Only its corners are drawn smoothly, which takes a fraction of the time. Also where it hangs over the edge."""
    radius = min(radius, width / 2, height / 2)
    mask = Image.new("L", (width * 4, height * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * 4 - 1, height * 4 - 1), radius * 4, fill=255)
    whole = Image.new("RGB", (80, 80), (255, 255, 255))
    whole.paste((10, 90, 140), (left, top), mask.reduce(4))
    ours = Raster(Image.new("RGB", (80, 80), (255, 255, 255)))

    ours.rounded(Box(left, top, left + width, top + height), (10, 90, 140), radius)

    assert max(high for _, high in ImageChops.difference(whole, ours.image).getextrema()) == 0

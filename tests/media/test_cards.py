import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from formats.core import wording
from media import cards, charts
from media.canvas import Canvas, scrim_strength
from media.colour import contrast
from media.errors import RenderError
from media.render import render

pytestmark = pytest.mark.unit

TEXTS = {
    "cover": {"headline": "Two hundred volunteers, four tonnes", "footer": "Published by the council"},
    "statistic": {"value": "4.2", "unit": "tonnes", "label": "of litter", "source": "Waste service"},
    "quote": {"body": "I have never seen the gravel this clean.", "speaker": "M. Oduya", "role": "Angler"},
    "text": {"headline": "What happens next", "body": "• First\n• Second point\nThen a plain line"},
    "closing": {"headline": "Join us", "body": "riverside.example/river", "footer": "Imprint"},
    "figures": {
        "headline": "Found",
        "unit": "kg",
        "rows": [["Plastic", 1640], ["Glass", 410.5]],
        "source": "Us",
    },
    "picture": {"body": "Evening"},
}


@pytest.mark.parametrize("size", [(324, 405), (400, 225), (225, 400), (300, 300)])
@pytest.mark.parametrize("template", TEXTS)
def test_every_template_in_every_shape(card, picture, source, tmp_path, template, size):
    photo = source(picture()) if template in ("cover", "picture") else None
    plan = card(template, size=size, photo=photo, **TEXTS[template])

    facts = render(plan, root=tmp_path, out=tmp_path / "made.jpg")

    with Image.open(facts.file) as made:
        made.load()
        assert (made.format, made.mode, made.size) == ("JPEG", "RGB", size)
    assert (facts.mime, facts.width, facts.height, facts.cover) == ("image/jpeg", *size, None)
    assert facts.sha256 == hashlib.sha256(facts.file.read_bytes()).hexdigest()
    assert facts.bytes == facts.file.stat().st_size


def test_same_plan_same_bytes(card, tmp_path):
    plan = card("quote", **TEXTS["quote"])

    assert (
        render(plan, root=tmp_path, out=tmp_path / "a.jpg").sha256
        == render(plan, root=tmp_path, out=tmp_path / "b.jpg").sha256
    )


def test_the_focal_point_is_in_the_picture(card, picture, source, tmp_path):
    path = picture(size=(900, 300), red=(0.9, 0.5))

    def red_in(x):
        image = cards.draw_card(card("picture", photo=source(path, x=x)), tmp_path)
        return any(r > 180 and g < 90 for _, (r, g, b) in image.resize((108, 135)).getcolors(20_000))

    assert red_in(0.9)
    assert not red_in(0.2)


@pytest.mark.parametrize("colour", ["#0b5c63", "#f2c230", "#ffffff", "#000000", "#808080", "#e3000f"])
def test_words_can_be_read_in_any_colour(card, tmp_path, colour):
    canvas = Canvas(card("closing", look={"colour": colour, "ink": colour, "text": "#888888"}), tmp_path)

    assert contrast(canvas.ink, canvas.colour) >= 4.5
    assert contrast(canvas.words, canvas.paper) >= 4.5
    assert contrast((255, 255, 255), canvas.shade()) >= 4.5


@pytest.mark.parametrize("brightness", [0, 128, 255])
def test_white_text_can_be_read_on_any_photograph(brightness):
    photo = Image.new("RGB", (64, 64), (brightness,) * 3)
    shade = (9, 60, 66)

    strength = scrim_strength(photo, shade)

    ground = tuple(round(p + (s - p) * strength) for p, s in zip((brightness,) * 3, shade, strict=True))
    assert contrast((255, 255, 255), ground) >= 4.5


def test_small_print_is_never_cut(card, tmp_path):
    with pytest.raises(RenderError, match="source or imprint is too long"):
        cards.draw_card(
            card("closing", headline="x", footer="Published by somebody, somewhere. " * 60), tmp_path
        )


@pytest.mark.parametrize("headline", ["🌊🎉", "نظّف المتطوعون النهر", "W" * 200, "Καθαρό ποτάμι", "1"])
def test_difficult_headlines(card, tmp_path, headline):
    image = cards.draw_card(card("cover", headline=headline), tmp_path)

    assert len(image.getcolors(100_000)) > 20  # something was drawn


def test_safe_area_is_kept_free(card, tmp_path):
    plain = card("text", size=(300, 500), **TEXTS["text"])
    image = cards.draw_card(plain | {"safe": [120, 0, 200, 0]}, tmp_path).crop((10, 0, 300, 500))

    assert image.crop((0, 0, 290, 115)).getcolors() == [(290 * 115, (255, 255, 255))]
    assert image.crop((0, 305, 290, 500)).getcolors() == [(290 * 195, (255, 255, 255))]


def test_byte_limit_and_other_formats(card, tmp_path):
    small = render(card("quote", max_bytes=9_000, **TEXTS["quote"]), root=tmp_path, out=tmp_path / "s.jpg")
    png = render(card("quote", format="png", **TEXTS["quote"]), root=tmp_path, out=tmp_path / "p.png")

    assert small.bytes <= 9_000
    assert png.mime == "image/png"


def test_a_failed_render_leaves_the_old_file(card, tmp_path):
    out = tmp_path / "made.jpg"
    out.write_bytes(b"the old one")

    with pytest.raises(RenderError):
        render(card("picture"), root=tmp_path, out=out)
    assert out.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["made.jpg"]


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (1640, "en", "1,640"),
        (1640.5, "de", "1\u202f640,5"),
        (4.2, "en", "4.2"),
        (0.0, "en", "0"),
        (-3.25, "fr", "-3,25"),
        (0.0042, "en", "0.0042"),
        (-0.004, "de", "-0,004"),
        (-0.00001, "en", "0"),
    ],
)
def test_numbers_as_people_write_them(value, language, text):
    assert charts.format_number(value, language) == text


@given(st.decimals(-(10**11), 10**11, places=4), st.sampled_from(["en", "de", "fr", "ar", "ja"]))
def test_a_picture_and_its_alt_text_and_the_table_have_the_same_figure(value, language):
    """Figures are kept with four decimals; the public page shows all of them (``cms_site.figure``)."""
    shown = charts.format_number(float(value), language)

    assert shown == wording.number(float(value), language)
    point, apart = (",", "\u202f") if language in ("de", "fr") else (".", ",")
    assert Decimal(shown.replace(apart, "").replace(point, ".")) == value


@pytest.mark.parametrize(
    ("chart", "rows", "message"),
    [
        ("bar", [], "no figures yet"),
        ("bar", [["x", i] for i in range(13)], "at most 12 rows"),
        ("sunburst", [["a", 1], ["b", 2]], "no chart called"),
    ],
)
def test_charts_that_cannot_be(card, tmp_path, chart, rows, message):
    with pytest.raises(RenderError, match=message):
        cards.draw_card(card("figures", chart=chart, rows=rows), tmp_path)


@pytest.mark.parametrize("chart", ["bar", "column", "line", "number"])
@pytest.mark.parametrize("rows", [[["a", 0], ["b", 0]], [["a", -5], ["b", 3]], [["only", 12.5]]])
def test_charts_with_odd_figures(card, tmp_path, chart, rows):
    cards.draw_card(card("figures", chart=chart, rows=rows, headline="Odd"), tmp_path)


def test_bars_are_true_to_their_figures(card, tmp_path):
    image = cards.draw_card(
        card("figures", size=(600, 600), chart="bar", rows=[["a", 100], ["b", 50]]), tmp_path
    )

    def longest(colour_test):
        pixels = image.load()
        return max(sum(colour_test(pixels[x, y]) for x in range(600)) for y in range(150, 600, 6))

    full = longest(lambda p: p == (11, 92, 99))
    tint = longest(lambda p: p not in ((11, 92, 99), (255, 255, 255)) and 110 < p[0] < 135)
    assert tint == pytest.approx(full / 2, abs=6)


def test_all_lines_of_a_card_begin_at_the_same_side(card):
    """Names in Latin letters on a card in Arabic, and the other way round."""
    for language, text, other, ground_left in (
        ("ar", "نظّف المتطوعون النهر وأخرجوا أربعة أطنان من النفايات", "Riverside", True),
        ("en", "Volunteers pulled four tonnes out of the river", "نهر", False),
    ):
        plan = card("quote", body=text, speaker=other, role="", footer=other, language=language)
        canvas = Canvas(plan, None)
        starts = []
        canvas.surface.text = lambda line, style, x, baseline, starts=starts: starts.append(
            (x, x + line.width)
        )

        cards.TEMPLATES["quote"](canvas)

        edges = [right if ground_left else left for left, right in starts]
        assert len(edges) >= 3
        assert max(edges) - min(edges) <= canvas.px(40) + 2  # speakers stand in by that


def test_a_row_of_a_pictogram_stays_on_one_line_where_shapes_stay_large(card, monkeypatch):
    from media import pictograms

    drawn = []
    monkeypatch.setattr(pictograms, "_icon", lambda c, shape, left, top, *rest: drawn.append(round(top)))
    plan = card("figures", size=(1080, 1080), chart="pictogram", headline="Two hundred people came",
                unit="people by where they live", icon="person", per_icon=5, look={"name": "Riverside Town Council"},
                rows=[["Old town", 84, "84", ""], ["Harbour", 61, "61", ""], ["Mill", 35, "35", ""], ["Else", 20, "20", ""]],
                note="= 5 people", source="Parks office")  # fmt: skip

    cards.TEMPLATES["figures"](Canvas(plan, None))

    assert len(set(drawn)) == 4 + 1  # a line for each row, and the key

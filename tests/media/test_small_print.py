"""Sources, credits, licences and imprints as long as their fields allow: wrapped, shrunk, inside, apart, readable."""

import json
from itertools import combinations

import pytest
from PIL import Image

from media import cards, regions
from media.canvas import SMALLEST_PX, Canvas
from media.colour import contrast
from tests.media.test_infographics import SIZES, Recorder
from tests.media.test_regions import SVG

pytestmark = pytest.mark.unit

IMPRINT = (
    "Published by the Friends of the River Wharfe and its Tributaries, 14 Old Mill Lane, Riverside RV1 4QT; promoted by "
    "Margaretha Featherstonehaugh-Okonkwo for the Clean River Campaign Committee, registered charity 1 098 765, printed "
    "by the promoter. Complaints and corrections: office@river-campaign.example"
).ljust(300, ".")
CREDIT = (
    "Photograph: Wolfeschlegelsteinhausenbergerdorff, CC BY-SA 4.0, https://commons.example/wiki/File:River_Wharfe_at_"
    "dawn_2026_(restored_version_with_colour_correction).tif via Example Commons, cropped, brighter"
).ljust(200, ".")
LICENCE = (
    "Kartengrundlage: Landesvermessungsamt, Verwaltungsgebietsgrenzen und Verkehrswegeplanungsbeschleunigungsgebiete, "
    "Datenlizenz Deutschland – Namensnennung – Version 2.0, https://www.govdata.example/dl-de/by-2-0, verändert; "
    "Gewässer: © OpenStreetMap-Mitwirkende, ODbL 1.0, https://www.openstreetmap.example/copyright"
).ljust(300, ".")
TEXTS = {
    "cover": {"headline": "Two hundred volunteers took four tonnes out of the river", "footer": CREDIT},
    "picture": {"body": "Evening on the river", "footer": CREDIT},
    "statistic": {"value": "4.2", "unit": "tonnes", "label": "of litter in one morning", "source": CREDIT},
    "quote": {"body": "I have never seen the gravel this clean.", "speaker": "M. Oduya", "role": "Angler"},
    "closing": {"headline": "Join us on 12 December", "body": "riverside.example/river", "footer": IMPRINT},
}


def photograph(kind, folder):
    """Nothing kind to white text: snow; leaves against the sky; night with a lit window; noise."""
    image = Image.new("RGB", (1600, 1200), (255, 255, 255))
    if kind == "leaves":
        image = Image.new("L", (160, 120))
        image.putdata([255 * ((x * 7 + y * 3) % 5 < 2) for y in range(120) for x in range(160)])
        image = image.resize((1600, 1200), Image.Resampling.NEAREST).convert("RGB")
    elif kind == "night":
        image = Image.new("RGB", (1600, 1200), (8, 8, 12))
        image.paste((255, 250, 220), (200, 800, 900, 1150))
    elif kind == "noise":
        image = Image.effect_noise((400, 300), 90).resize((1600, 1200)).convert("RGB")
    path = folder / f"{kind}.png"
    image.save(path)
    return {"path": str(path), "sha256": "", "focus": {"x": 0.5, "y": 0.5, "width": 0, "height": 0}}


class Reader(Recorder):
    """Keeps what it was given to write, too."""

    said = ""

    def text(self, line, style, x, baseline):
        self.said += " ".join(run.text for run in line.runs) + " "
        super().text(line, style, x, baseline)


def drawn(plan, size):
    made = Reader(size)
    cards.TEMPLATES[plan["template"]](Canvas(plan, None, made))
    return made


def faults(made, size, smallest=SMALLEST_PX):
    top, right, bottom, left = SIZES[size]
    wrong = []
    for box, style, grounds in made.lines:
        inside = left <= box.left and box.right <= size[0] - right + 1
        if not inside or box.top < top or box.bottom > size[1] - bottom + 1:
            wrong.append(f"outside: {box}")
        if low := [ground for ground in grounds if contrast(style.colour, ground) < 4.5]:
            wrong.append(f"unreadable: {box} on {low}")
        if style.size < smallest:
            wrong.append(f"tiny: {style.size}")
    for (a, _, _), (b, _, _) in combinations(made.lines, 2):
        if a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom:
            wrong.append(f"over one another: {a}, {b}")
    return wrong


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("template", TEXTS)
def test_as_long_as_its_field(card, tmp_path, template, size):
    photo = photograph("snow", tmp_path) if template in ("cover", "picture") else None
    plan = card(template, size=size, photo=photo, safe=list(SIZES[size]), **TEXTS[template])

    made = drawn(plan, size)

    assert faults(made, size) == []
    words = TEXTS[template].get("footer") or TEXTS[template].get("source") or ""
    assert all(word in made.said for word in words.split() if len(word) < 12)


# Looks that the CMS calls readable (ink on colour 4.5 to 1 or a little more), and light, dark and middling ones.
LOOKS = [
    ("#e3000f", "#ffffff"), ("#0072c6", "#ffffff"), ("#1a7f37", "#ffffff"), ("#d4145a", "#ffffff"), ("#767676", "#ffffff"),
    ("#ffe600", "#14201f"), ("#8fd3ff", "#0a4a78"), ("#000000", "#ffffff"), ("#ffffff", "#767676"),
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("colour", "ink"), LOOKS)
@pytest.mark.parametrize("template", ["cover", "statistic", "closing", "quote"])
def test_in_any_look(card, template, colour, ink, size):
    """No picture: words stand on the campaign's colour, and on the circles of its backdrop."""
    look = {"colour": colour, "ink": ink, "name": "Friends of the River Wharfe and its Tributaries"}
    plan = card(template, size=size, look=look, safe=list(SIZES[size]), **TEXTS[template])

    assert faults(drawn(plan, size), size) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["bar", "map"])
def test_a_charts_source_and_its_maps_licence_at_once(card, tmp_path, kind, size):
    (tmp_path / "m.json").write_text(json.dumps(regions.parse(SVG.encode())))
    rows = (
        [["North Bank", 40, "40", ""], ["old town", 9, "9", ""]]
        if kind == "map"
        else [["Ward", 3.5], ["Mill", 9]]
    )
    plan = card("figures", size=size, safe=list(SIZES[size]), chart=kind, rows=rows, headline="Rubbish by ward",
                unit="kg", source=CREDIT, footer=LICENCE, map={"path": str(tmp_path / "m.json"), "sha256": ""})  # fmt: skip

    made = drawn(plan, size)

    assert faults(made, size, smallest=size[0] * 17 / 1080) == []
    assert "ODbL" in made.said


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["snow", "leaves", "night", "noise"])
@pytest.mark.parametrize("template", ["cover", "picture"])
def test_words_on_any_photograph(card, tmp_path, template, kind, size):
    texts = {**TEXTS[template], "label": "Clean river"}
    plan = card(template, size=size, photo=photograph(kind, tmp_path), safe=list(SIZES[size]), **texts)

    assert faults(drawn(plan, size), size) == []

"""Words in a video: captions of two lines, one screen after the other, in the safe area and readable on any picture."""

from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from media import audiogram, burnt, lettering
from media.captions import Cue
from media.colour import WHITE, contrast

pytestmark = pytest.mark.unit

TALL = {
    "size": [1080, 1920],
    "safe": [220, 120, 380, 60],
    "language": "en",
    "look": {"colour": "#0b5c63", "ink": "#ffffff"},
}
LONG = {
    "en": "Two hundred people are about to walk its banks, all of them with bags, gloves and hooks, and nobody knows what "
    "they will find under the old bridge.",
    "de": "Zweihundert Menschen gehen gleich die Ufer entlang, alle mit Säcken und Handschuhen, und niemand weiß, was die "
    "Verkehrswegeplanungsbeschleunigung bringt.",
    "ar": "مئتا شخص على وشك السير على ضفافه، جميعهم يحملون أكياسا وقفازات وخطاطيف، "
    "ولا أحد يعرف ما الذي سيجدونه تحت الجسر القديم.",
    "ja": "二百人がこれから川岸を歩きます。全員が袋と手袋とフックを持っていて、"
    "古い橋の下で何が見つかるかは誰にも分かりません。",
    "th": "คนสองร้อยคนกำลังจะเดินไปตามริมฝั่งแม่น้ำ ทุกคนมีถุง ถุงมือ และตะขอ และไม่มีใครรู้ว่าพวกเขาจะพบอะไรใต้สะพานเก่า",
}


def lines(plan, text):
    style, room = burnt._caption_style(plan)
    return len(lettering.wrap(text, style, room, plan["language"]))


@pytest.mark.parametrize("language", LONG)
@pytest.mark.parametrize("size", [(1080, 1920), (1080, 1080), (1920, 1080)])
def test_at_most_two_lines_at_once_and_every_word_in_its_time(language, size):
    plan = TALL | {"size": list(size), "language": language}
    cue = Cue(2.0, 8.0, LONG[language])

    found = burnt.screens(plan, cue)

    assert max(lines(plan, each.text) for each in found) <= 2
    assert "".join("".join(each.text.split()) for each in found) == "".join(cue.text.split())
    assert (found[0].start_s, found[-1].end_s) == (2.0, 8.0)
    assert all(a.end_s == b.start_s for a, b in pairwise(found))
    assert all(each.end_s - each.start_s >= 0.5 for each in found)


@pytest.mark.parametrize(
    ("text", "length_s", "shown"),
    [
        ("One short line.", 2, ["One short line."]),
        ("Broken for a wide\npicture.", 2, ["Broken for a wide picture."]),
        ("- Who pays?\n- The town.", 2, ["- Who pays?\n- The town."]),
        ("川を\nきれいに", 2, ["川をきれいに"]),
        (
            "Tyres, bicycles, bottles and a trolley, it all had to come out of the water before the evening and it did",
            4,
            [
                "Tyres, bicycles, bottles and a trolley,",
                "it all had to come out of the water before the evening and it did",
            ],
        ),
    ],
)
def test_how_a_caption_is_shown(text, length_s, shown):
    assert [each.text for each in burnt.screens(TALL, Cue(0, length_s, text))] == shown


def test_too_much_for_its_time_is_shown_whole_and_smaller():
    (whole,) = burnt.screens(TALL, Cue(0, 1.0, LONG["en"]))

    assert whole.text == LONG["en"]
    assert burnt.draw_caption(TALL, whole.text).height > 0


@pytest.mark.parametrize("language", LONG)
@pytest.mark.parametrize(("length_s", "most"), [(1.7, 2), (2.5, 3)])
def test_what_is_said_too_fast_is_shown_in_as_many_parts_as_there_is_time_for(language, length_s, most):
    """Whole it would be six lines at half the size, over a third of the picture."""
    plan = TALL | {"language": language}
    said = " ".join([LONG[language]] * 3)

    found = burnt.screens(plan, Cue(1.0, 1.0 + length_s, said))

    assert len(found) == most
    assert "".join(each.text for each in found).replace(" ", "") == said.replace(" ", "")
    assert (found[0].start_s, found[-1].end_s) == (1.0, 1.0 + length_s)
    assert all(a.end_s == b.start_s for a, b in pairwise(found))


def test_a_caption_that_cannot_be_set_says_which_it_is(tmp_path):
    said = " ".join(LONG["en"] for _ in range(6))
    plan = TALL | {"size": [270, 480], "safe": [], "title": {}}

    with pytest.raises(lettering.TooLong) as refused:
        burnt.overlays(plan, tmp_path, [Cue(0, 5, "Hello"), Cue(67.2, 68, said)], 90.0)

    assert str(refused.value).startswith("The caption is too long for its picture. Shorten it by about")
    assert str(refused.value).endswith("It begins 1:07 into the cut: “Two hundred people are about to …”")


@pytest.mark.parametrize("picture", [(255, 255, 255), (0, 0, 0), (255, 230, 0)])
def test_readable_on_any_picture(picture):
    """White letters on their plate, whatever the video shows below it."""
    drawn = burnt.draw_caption(TALL, "Two hundred people came.")
    whole = Image.new("RGB", drawn.size, picture)
    whole.paste(drawn, (0, 0), drawn)
    box = drawn.getchannel("A").point([255 * (v == burnt.PLATE_ALPHA) for v in range(256)]).getbbox()
    inner = whole.crop((box[0] + 4, box[1] + 4, box[2] - 4, box[3] - 4))

    count, ground = max(inner.getcolors(1 << 20))
    assert count > inner.width * inner.height / 3
    assert contrast(WHITE, ground) >= 4.5
    assert WHITE in {colour for _, colour in inner.getcolors(1 << 20)}


@pytest.mark.parametrize("safe", [[], TALL["safe"]])
@pytest.mark.parametrize("size", [(1080, 1920), (1080, 1080), (1080, 1350), (1280, 720)])
def test_a_name_covers_no_waves(size, safe, tmp_path):
    """Of a recording: title, waves, who speaks and captions, one below the other."""
    safe = safe if size == (1080, 1920) else []
    plan = TALL | {"size": list(size), "safe": safe, "lower_third": {"name": "Jean Okafor", "role": "volunteer at the mill"},
                   "title": {"headline": "The river, told by those who clean it on the first Saturday"}}  # fmt: skip

    _, (_, top, _, height) = audiogram.ground(plan, tmp_path, tmp_path)
    caption, name = burnt.overlays(plan, tmp_path, [Cue(0.5, 9.0, LONG["en"][:60])], 10.0, title=False)

    assert name.y >= top + height
    with Image.open(name.file) as image:
        assert name.y + image.height <= caption.y


@pytest.mark.parametrize("words", ["Who?", LONG["de"], LONG["ar"]])
def test_inside_the_safe_area(words, tmp_path):
    plan = TALL | {
        "title": {"headline": "Our river in one day"},
        "lower_third": {"name": "Jean Okafor", "role": "volunteer"},
    }
    top, right, bottom, left = plan["safe"]

    for each in burnt.overlays(plan, tmp_path, [Cue(0.5, 9.0, words)], 10.0):
        with Image.open(each.file) as image:
            box = image.getchannel("A").getbbox()
        assert each.x + box[0] >= left
        assert each.x + box[2] <= 1080 - right
        assert each.y + box[1] >= top
        assert each.y + box[3] <= 1920 - bottom


COLOURS = ["#ffffff", "#ffe600", "#000000", "#d4145a", "#0b5c63", "#777777"]


@pytest.mark.parametrize("picture", [(255, 255, 255), (0, 0, 0), (255, 230, 0)])
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(
    "drawing",
    [
        lambda plan: burnt.draw_caption(plan, "Two hundred people."),
        lambda plan: burnt.draw_title(plan, "Two hundred people"),
        lambda plan: burnt.draw_lower_third(plan, "Jean Okafor", ""),
        lambda plan: burnt.draw_lower_third(
            plan | {"look": plan["look"] | {"paper": plan["look"]["colour"]}}, "", "Mayor"
        ),
    ],
    ids=["caption", "title", "name", "role"],
)
def test_words_in_any_campaigns_colour_can_be_read(drawing, colour, picture):
    """Colours of a look as they are set on purpose to be hard to read: the words' own is one that can hardly be seen."""
    drawn = drawing(TALL | {"look": {"colour": colour, "ink": colour, "text": colour}})
    whole = Image.new("RGB", drawn.size, picture)
    whole.paste(drawn, (0, 0), drawn)
    opaque = drawn.getchannel("A").point([255 * (v >= burnt.PLATE_ALPHA) for v in range(256)]).getbbox()
    inner = whole.crop((opaque[0] + 8, opaque[1] + 8, opaque[2] - 8, opaque[3] - 8))
    found = sorted(inner.getcolors(1 << 20), reverse=True)
    ground = found[0][1]

    words = max((each for _, each in found if _ > 20), key=lambda each: contrast(each, ground))

    assert contrast(words, ground) >= 4.5


def test_captions_wear_the_campaigns_colour():
    plates = {
        burnt.Look.of(TALL | {"look": {"colour": colour}}).caption_plate[:3]
        for colour in ("#d4145a", "#0b5c63")
    }

    assert len(plates) == 2
    red, green = sorted(plates, reverse=True)
    assert red[0] > 2 * max(red[1:])
    assert min(green[1:]) > 2 * green[0]


@pytest.mark.parametrize("look", [{"typeface": "serif"}, {"typeface": "rounded"}, {"typeface": "plain"}])
@pytest.mark.parametrize("drawing", [burnt.draw_caption, burnt.draw_title])
def test_words_are_set_in_the_campaigns_typeface(drawing, look, monkeypatch):
    used = []
    load = lettering.typefaces.load
    monkeypatch.setattr(
        lettering.typefaces, "load", lambda face, *rest: used.append(face.file) or load(face, *rest)
    )

    drawing(TALL | {"look": TALL["look"] | look}, "Two hundred people")

    assert {Path(file).name for file in used} == {lettering.typefaces.CHOICES[look["typeface"]]}


def test_plates_have_the_campaigns_corners():
    def corner(corners):
        drawn = burnt.draw_title(TALL | {"look": TALL["look"] | {"corners": corners}}, "One").getchannel("A")
        left, top, *_ = drawn.point([255 * (v > 200) for v in range(256)]).getbbox()
        return next(x for x in range(200) if drawn.getpixel((left + x, top + 1)) > 200)

    assert corner("square") == 0 < corner("soft") < corner("round")

"""The filter graph as text: what must and what must never stand in it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from formats.core import plans
from media import burnt, checks, ffmpeg, film, inspection, passage, sound
from media.burnt import Overlay
from media.cut import batches, fits, plan_timing
from media.encode import SETTINGS, SOUND
from media.errors import RenderError
from media.graph import COLOURS, Shot, Standing, Timing, build
from media.passage import Passage
from media.probe import Probe
from media.sound import Level

pytestmark = pytest.mark.unit

CLIP = Probe("video", "video/mp4", 1920, 1080, 40.0, True, 25.0, "h264", "aac", "yuv420p")
SILENT = Probe("video", "video/mp4", 1920, 1080, 40.0, False, 25.0, "h264", "", "yuv420p")
PLAN = {"size": [1080, 1920], "fps": 30, "max_s": 60, "min_s": 3, "end_card": {"headline": "Join us"}}


def shot(plan=PLAN, overlays=(), end=Path("end.png"), timing=Timing(10.0, 2.6), **more):  # noqa: B008
    return Shot(plan, Passage(more.pop("start_s", 3.0), 0.5), timing, overlays, end, **more)


def graph(facts=CLIP, *shots, level=None, **changes):
    made = build(shots or [shot(**changes)], facts, level)
    return ";".join(made.texts), list(made.inputs)


def test_no_words_of_a_user_reach_the_graph():
    words = "Rivers'; drawtext=textfile=/etc/passwd"
    plan = PLAN | {"title": {"headline": words}, "end_card": {"headline": words}, "look": {"name": words}}

    text, inputs = graph(plan=plan, overlays=[Overlay(Path("title.png"), 0, 150, 0, 3.2, 0.35)])

    assert "passwd" not in text + "".join(inputs)
    assert "drawtext" not in text


def test_every_drawn_picture_is_read_by_one_thread():
    """By itself ffmpeg starts as many for each as the machine has cores; a minute of talk in four shapes has a hundred."""
    over = [Overlay(Path(f"c{n}.png"), 0, 900, n, n + 0.9) for n in range(5)]

    _, inputs = graph(CLIP, shot(overlays=over), shot(overlays=over))

    assert inputs.count("-i") == 12
    assert all(inputs[at - 2 : at] == ["-threads", "1"] for at, word in enumerate(inputs) if word == "-i")


def test_numbers_have_their_leading_zero():
    text, _ = graph(overlays=[Overlay(Path("c.png"), 0, 900, 0.05, 0.95)])

    assert "gte(t,0.05)*lt(t,0.95)" in text
    assert "(.0" not in text
    assert "=." not in text


def test_silent_video_gets_a_silent_track():
    assert "anullsrc" in graph(SILENT, end=None)[0]
    assert "[0:a" not in graph(SILENT)[0]


def test_hdr_and_odd_pixels_are_mended_first():
    facts = Probe("video", "video/mp4", 1024, 576, 40.0, False, hdr=True, square=False)

    text, _ = graph(facts)

    assert text.index("scale=1024:576") < text.index("tonemap") < text.index("crop=")


@pytest.mark.parametrize(
    ("plan", "duration", "passage", "end"),
    [
        ({}, 40.0, 40.0, 2.6),
        ({}, 100.0, 57.4, 2.6),
        ({"end_card": {}}, 100.0, 60.0, 0.0),
        ({"max_s": 5}, 100.0, 5.0, 0.0),  # no room for an end card
        ({"start_s": 30.0}, 40.0, 10.0, 2.6),
        ({"start_s": 10.0, "length_s": 12.5}, 100.0, 12.5, 2.6),
        ({"start_s": 30.0, "length_s": 12.5}, 40.0, 10.0, 2.6),
        ({"start_s": 0.0, "length_s": 90.0}, 100.0, 57.4, 2.6),
    ],
)
def test_timing(plan, duration, passage, end):
    facts = Probe("video", "video/mp4", 1920, 1080, duration)

    timing = plan_timing(PLAN | plan, facts)

    assert (timing.passage_s, timing.end_s) == pytest.approx((passage, end))
    assert timing.end_s == pytest.approx(plans.end_card_s(PLAN | plan))  # what the editor says beforehand


@pytest.mark.parametrize(
    ("plan", "duration", "message"),
    [({"end_card": {}}, 2.0, "would last 2.0 s; at least 3 s"), ({"start_s": 50.0}, 40.0, "begin at 50.0 s")],
)
def test_timing_that_cannot_be(plan, duration, message):
    with pytest.raises(RenderError, match=message):
        plan_timing(PLAN | plan, Probe("video", "video/mp4", 1920, 1080, duration))


def test_several_shapes_share_one_decode():
    square = PLAN | {"size": [1080, 1080]}

    shots = shot(), shot(square, end=None), shot(PLAN, [Overlay(Path("c.png"), 0, 900, 1, 2)])

    made, one = build(shots, CLIP, None), ("-threads", "1", "-i")

    assert [text.count("[0:V:0]") for text in made.texts] == [
        1,
        1,
        1,
    ]  # a thread each, and no input of its own
    assert [f"[{pad}{n}]" in made.texts[n] for n in range(3) for pad in "vat"] == [True] * 9
    assert made.inputs == (*one, "end.png", *one, "c.png", *one, "end.png")


def test_a_picture_of_before_is_an_input_of_its_own_and_the_words_count_on():
    made = build([shot()], CLIP, None, standing=Standing(("-ss", "1", "-i", "file:in.bin"), 2.005))

    assert made.inputs == ("-ss", "1", "-i", "file:in.bin", "-threads", "1", "-i", "end.png")
    assert ("[1:V:0]" in made.texts[0], "[0:V:0]" in made.texts[0], "[0:a:0]" in made.texts[0]) == (
        True,
        False,
        True,
    )
    assert "PTS-2.005/TB" in made.texts[0]
    assert "[2:v]scale" in made.texts[0]


def test_the_colours_of_hdr_are_brought_down_once():
    made = build([shot(), shot()], replace(CLIP, hdr=True), None)

    assert [text.count("tonemap") for text in made.texts] == [1]


def test_frames_that_are_dropped_are_not_scaled():
    def at(fps):
        text, _ = graph(Probe("video", "video/mp4", 1920, 1080, 40.0, True, fps))
        return text.index("fps=30") < text.index("scale=")

    assert [at(fps) for fps in (25.0, 30.0, 50.0, 60.0)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        (CLIP, ":in_color_matrix=bt709:"),  # without a word about it, as players take it: by its size
        (replace(CLIP, width=640, height=360), ":in_color_matrix=bt601:"),
        (replace(CLIP, matrix="bt470bg"), "bicubic:out_color_matrix"),
    ],
)
def test_colours_keep_their_meaning(facts, asked):
    assert asked in graph(facts)[0]


FITTING = {"size": [1920, 1080], "fps": 30, "max_s": 60, "min_s": 3}


@pytest.mark.parametrize(
    ("changes", "facts", "level", "expected"),
    [
        ({}, {}, None, True),
        ({}, {}, Level(0.6, False, -14.0), True),
        ({}, {}, Level(4.0, False, -14.0), False),
        ({}, {}, Level(0.6, True, -14.0), False),
        ({"end": Path("end.png")}, {}, None, False),
        ({"overlays": [Overlay(Path("t.png"), 0, 0, 0, 1)]}, {}, None, False),
        ({"start_s": 1.0}, {}, None, False),
        ({"timing": Timing(20.0, 0.0)}, {}, None, False),
        ({"plan": FITTING | {"size": [1080, 1920]}}, {}, None, False),
        ({}, {"hdr": True}, None, False),
        ({}, {"turned": True}, None, False),
        ({}, {"uneven": True}, None, False),
        ({}, {"video_codec": "hevc"}, None, False),
        ({}, {"pixel_format": "yuv420p10le"}, None, False),
        ({}, {"audio_codec": ""}, None, False),
    ],
)
def test_what_fits_already_is_not_encoded_again(changes, facts, level, expected):
    made = shot(**{"plan": FITTING, "end": None, "start_s": 0.0, "timing": Timing(40.0, 0.0)} | changes)

    assert fits(made, replace(CLIP, **facts), level) is expected


def test_captions_and_titles_are_drawn_within_the_frame():
    plan = {"size": [270, 480], "safe": [60, 20, 120, 20], "language": "en", "look": {"colour": "#0b5c63"}}

    caption = burnt.draw_caption(
        plan, "Two hundred people are about to walk its banks, all of them with bags."
    )
    title = burnt.draw_title(plan, "Four tonnes lighter: our river in one day")

    for image in (caption, title):
        left, top, right, bottom = image.getchannel("A").getbbox()
        assert 0 < left < right < 270
        assert 0 <= top < bottom <= image.height


def test_starts_fast(tmp_path):
    def atoms(*names):
        path = tmp_path / "x.mp4"
        path.write_bytes(b"".join((8 + 4).to_bytes(4, "big") + name + b"data" for name in names))
        return path

    assert inspection.starts_fast(atoms(b"ftyp", b"moov", b"mdat"))
    assert not inspection.starts_fast(atoms(b"ftyp", b"mdat", b"moov"))


def named(graph):
    """The names of the filters in a graph."""
    bare = re.sub(r"'[^']*'|\[[^\]]*\]", "", graph)
    return {step.split("=")[0] for step in re.split("[;,]", bare)}


def test_what_the_start_asks_of_ffmpeg_is_what_is_used(monkeypatch, tmp_path):
    """Every filter of a graph, of the measuring, of the small copy and of a film; and none besides."""
    calls = []
    monkeypatch.setattr(ffmpeg, "run", lambda words, **rest: calls.append(words) or "")
    monkeypatch.setattr(ffmpeg, "safe_input", lambda *words: [])
    heard = replace(CLIP, kind="audio", width=0, height=0)
    waves = shot(end=None, ground=Path("g.png"), wave=(0, 0, 64, 64))
    fading = [Overlay(Path("t.png"), 0, 0, 0, 3.2, 0.35)]
    level = Level(3.0, True, -14.0)
    graphs = [
        graph(CLIP, shot(overlays=fading), level=level)[0],
        graph(replace(SILENT, hdr=True, square=False, interlaced=True), shot())[0],
        graph(heard, waves, level=level)[0],
        f"[0:v]{COLOURS}[v0];{film._sound(level, 3.0)}",
        film._sound(None, 3.0),
        film._fades(3.0),
    ]
    sound.measure([], tmp_path, 3.0, level.chain)
    for facts in (CLIP, heard):
        passage.make_proxy(tmp_path / "in.bin", tmp_path, facts)
    looked = [words[words.index(o) + 1] for words in calls for o in ("-vf", "-af") if o in words]
    blank = [words[words.index("lavfi") + 2] for words in calls if "lavfi" in words]

    used = set().union(*map(named, [*graphs, *looked, *blank]))
    made_by = {words[words.index(o) + 1] for words in calls for o in ("-c:v", "-c:a") if o in words}
    made_by |= {SETTINGS[1], SOUND[1]}

    assert used == set(checks.FILTERS)
    assert made_by - {"copy"} == set(checks.ENCODERS)


@pytest.mark.parametrize("missing", ["zscale", "libx264", "aac"])
def test_an_ffmpeg_that_lacks_something_is_named_at_the_start(monkeypatch, missing):
    have = {"filters": {*checks.FILTERS} - {missing}, "encoders": {*checks.ENCODERS} - {missing}}
    monkeypatch.setattr(ffmpeg, "has", have.__getitem__)

    (error,) = checks.ffmpeg_is_there(None)

    assert (error.id, missing in error.msg) == ("media.E002", True)


@pytest.mark.parametrize(
    ("drawn", "made"),
    [
        ([7, 7, 7, 7], [[0, 1, 2, 3]]),
        ([40, 40, 40, 40], [[0, 1], [2, 3]]),
        ([300, 5, 0], [[0], [1, 2]]),
        ([0, 300, 100, 1], [[0], [1], [2], [3]]),
        ([], []),
    ],
)
def test_as_many_shapes_in_one_go_as_their_captions_leave_room_for(drawn, made):
    assert batches(dict(enumerate(drawn))) == made

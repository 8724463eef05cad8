"""Every platform's video as it is really made: within the format's own limits, words where the app leaves room for them."""

from dataclasses import replace

import pytest

from formats.core.draft import MediaItem
from formats.core.piece import FileRef, Video
from formats.registry import FORMATS
from media import inspection
from media.plans import plan_key
from media.render import render_together
from tests.formats.pieces import STORY
from tests.media.test_render_video import frame, make_clip

pytestmark = pytest.mark.e2e

FILMING = [name for name in FORMATS.ids() if FORMATS[name].kinds == frozenset({"video"})]
SMALLER = 4
VTT = "WEBVTT\n\n00:04.000 --> 00:05.000\nTwo hundred people came, all of them with bags.\n"


def smaller(plan):
    """The same at a quarter of the size, for tests."""
    return {
        **plan,
        "size": [side // SMALLER for side in plan["size"]],
        "safe": [edge // SMALLER for edge in plan["safe"]],
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(plan, facts) by format, of a white video in which one sentence is said; those that show the same share a decode."""
    folder = tmp_path_factory.mktemp("platforms")
    clip = make_clip(folder / "clip.mp4", seconds=6, size="640x360", extra=("-vf", "drawbox=c=white:t=fill"))
    (folder / "clip.vtt").write_text(VTT)
    video = Video("video", FileRef(str(clip), "", "video/mp4", clip.stat().st_size, 640, 360, 6.0), "The river",
                  FileRef(str(folder / "clip.vtt"), "", "text/vtt"), "The river")  # fmt: skip
    piece = replace(STORY, blocks=(video, *(b for b in STORY.blocks if not isinstance(b, Video))))
    plans = {}
    for name in FILMING:
        (part, *_) = FORMATS[name].compose(piece).parts
        plans[name] = smaller(part.media[0].plan)
    found = render_together(
        list(plans.values()), root=folder, outs=[folder / f"{name}.mp4" for name in plans]
    )
    return dict(zip(plans, zip(plans.values(), found, strict=True), strict=True))


@pytest.mark.parametrize("name", FILMING)
def test_within_the_limits_of_its_platform(made, name):
    plan, facts = made[name]
    known = {
        "bytes": facts.bytes,
        "width": facts.width,
        "height": facts.height,
        "duration_s": facts.duration_s,
        "mime": facts.mime,
    }
    piece = FORMATS[name].compose(STORY).parts[0]
    part = replace(piece, media=(MediaItem(plan, "The river", "cut", ()),))

    findings = FORMATS[name].check((part,), language="en", facts={plan_key(plan): known})

    assert [f.code for f in findings if f.media is not None and f.level.value == "blocker"] == []
    seen = inspection.look(facts.file)
    assert (seen.facts.video_codec, seen.facts.audio_codec, seen.facts.pixel_format) == (
        "h264",
        "aac",
        "yuv420p",
    )
    assert seen.starts_fast
    assert seen.frames == round((6.0 + 2.6) * 30)
    assert seen.lufs == pytest.approx(-14, abs=1)


@pytest.mark.parametrize("name", FILMING)
def test_captions_are_there_when_they_are_said_and_clear_of_the_apps_own_buttons(made, name, tmp_path):
    plan, facts = made[name]
    top, right, bottom, left = plan["safe"] or (0, 0, 0, 0)
    width, height = plan["size"]

    def dark(at_s):
        """The box around everything dark on the white video."""
        return frame(facts.file, at_s, tmp_path).convert("L").point([255] * 120 + [0] * 136).getbbox()

    assert dark(3.7) is None  # the title is gone, nobody has spoken yet
    assert dark(5.3) is None
    box = dark(4.5)
    assert box is not None
    assert box[0] >= left
    assert box[1] >= top
    assert box[2] <= width - right
    assert box[3] <= height - bottom


def test_one_decode_gave_all_that_show_the_same(made):
    assert len({tuple(plan["size"]) for plan, _ in made.values()}) >= 2
    assert all(facts.start_s == 0.0 for _, facts in made.values())

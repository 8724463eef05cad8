"""Every format's first picture and video in full size, judged by ffprobe itself against the format's own limits.

ffprobe is no part of Hustings and not of every ffmpeg: where neither the PATH nor HUSTINGS_FFPROBE has it, this is left out.
"""

import json
import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from PIL import Image

from formats.core import items
from formats.core.piece import FileRef, Focus, Picture, Video
from formats.registry import FORMATS
from media.errors import MediaError
from media.render import render_together
from tests.formats.pieces import STORY
from tests.media.test_odd_videos import make, source

FFPROBE = shutil.which(os.environ.get("HUSTINGS_FFPROBE") or "ffprobe")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not FFPROBE, reason="no ffprobe here: set HUSTINGS_FFPROBE to judge results by it"),
]
VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\nTwo hundred people came, all of them with bags.\n"
SECONDS = 4


def shown(name):
    """What of a format is looked at: (format, "image" or "video")."""
    return [(name, kind) for kind in sorted(FORMATS[name].kinds)]


EACH = [each for name in FORMATS.ids() for each in shown(name)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(plan, ffprobe's words) by format and kind; what shows the same photograph or passage is made together."""
    folder = tmp_path_factory.mktemp("full-size")
    clip = make(folder / "clip.mp4", *source("testsrc2=s=1920x1080:r=30", SECONDS), *source("sine=frequency=300", SECONDS),
                "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")  # fmt: skip
    (folder / "clip.vtt").write_text(VTT)
    video = Video("video", FileRef(str(clip), "", "video/mp4", clip.stat().st_size, 1920, 1080, float(SECONDS)), "The river",
                  FileRef(str(folder / "clip.vtt"), "", "text/vtt"), "The river")  # fmt: skip
    Image.effect_noise((2400, 1600), 60).convert("RGB").save(folder / "photo.jpg", quality=90)
    photo = FileRef(str(folder / "photo.jpg"), "", "image/jpeg", 1, 2400, 1600)
    blocks = [
        replace(b, file=photo) if isinstance(b, Picture) else b
        for b in STORY.blocks
        if not isinstance(b, Video)
    ]
    with_video = replace(STORY, blocks=(video, *blocks))
    plans = {}
    for name, kind in EACH:
        media = [item.plan for part in FORMATS[name].compose(with_video).parts for item in part.media]
        fitting = [plan for plan in media if (plan["kind"] in ("cut", "film")) == (kind == "video")]
        if not fitting and kind == "image":  # as somebody puts a picture of the library into it
            most = FORMATS[name].limits["image_bytes"].ceiling
            fitting = [
                items.whole_picture(
                    with_video, Picture("p", photo, "The river", Focus()), max_bytes=most
                ).plan
            ]
        if fitting:
            plans[name, kind] = fitting[0]
    found = {}
    photographs = [key for key in plans if key[1] == "image"]
    for keys in ([key for key in plans if key[1] == "video"], photographs):
        outs = [folder / f"{name}-{kind}" for name, kind in keys]
        results = render_together([plans[key] for key in keys], root=folder, outs=outs)
        for key, out, result in zip(keys, outs, results, strict=True):
            assert not isinstance(result, MediaError), f"{key}: {result}"
            found[key] = plans[key], probed(out)
    return found


def probed(file):
    said = subprocess.run(
        [FFPROBE, "-v", "error", "-show_streams", "-show_format", "-count_frames", "-of", "json", str(file)],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(said.stdout)


def within(value, limit):
    if limit is not None:
        assert limit.least is None or value >= limit.least
        assert not limit.most or value <= limit.most


def of(made, name, kind):
    if (name, kind) not in made:
        pytest.skip(f"{name} shows no {kind} of this story")
    plan, said = made[name, kind]
    streams = {stream["codec_type"]: stream for stream in said["streams"]}
    assert len(streams) == len(said["streams"]) == (2 if kind == "video" else 1)
    return plan, said["format"], streams


@pytest.mark.parametrize(("name", "kind"), EACH)
def test_within_the_limits_of_its_format(made, name, kind):
    plan, whole, streams = of(made, name, kind)
    limits, picture = FORMATS[name].limits, streams["video"]

    assert (picture["width"], picture["height"]) == tuple(plan["size"])
    within(int(whole["size"]), limits.get(f"{kind}_bytes"))
    within(picture["width"] / picture["height"], limits.get(f"{kind}_ratio"))
    if kind == "video":
        within(float(whole["duration"]), limits.get("video_s"))


@pytest.mark.parametrize("name", [name for name, kind in EACH if kind == "video"])
def test_a_video_is_as_every_app_takes_it(made, name):
    plan, whole, streams = of(made, name, "video")
    picture, sound = streams["video"], streams["audio"]

    assert "mp4" in whole["format_name"]
    assert (picture["codec_name"], picture["profile"], picture["pix_fmt"]) == ("h264", "High", "yuv420p")
    assert (picture["color_space"], picture["color_transfer"], picture["color_primaries"]) == ("bt709",) * 3
    assert picture["color_range"] == "tv"
    assert picture["avg_frame_rate"] == picture["r_frame_rate"] == f"{plan['fps']}/1"
    assert picture.get("field_order") in (None, "progressive", "unknown")
    assert int(picture["nb_read_frames"]) == pytest.approx(float(whole["duration"]) * plan["fps"], abs=1)
    assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == ("aac", "48000", 2)
    assert float(whole["duration"]) == pytest.approx(float(picture["duration"]), abs=0.05)
    assert not {"location", "com.apple.quicktime.location.ISO6709", "creation_time"} & set(
        whole.get("tags", {})
    )


def test_every_format_was_looked_at(made):
    """But those that go out without a medium where there is a link."""
    seen = {name for name, _ in made}

    assert {name for name in FORMATS.ids() if FORMATS[name].min_media} <= seen
    assert {name for name in FORMATS.ids() if FORMATS[name].kinds == {"video"}} <= {
        n for n, kind in made if kind == "video"
    }
    assert len(seen) >= len(FORMATS.ids()) - 1

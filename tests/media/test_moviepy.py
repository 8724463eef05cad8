"""MoviePy declares pillow<12; we ship Pillow 13 (pyproject.toml says why). This runs what we use of it."""

import os
import subprocess
import tracemalloc

import numpy as np
import PIL
import pytest
from PIL import Image

from media import ffmpeg, passage

pytestmark = pytest.mark.e2e


@pytest.fixture
def clip(tmp_path):
    """Three seconds: grey and silent, then a bright square jumping at the right with a tone."""
    os.environ["IMAGEIO_FFMPEG_EXE"] = os.environ["FFMPEG_BINARY"] = ffmpeg.executable()
    from moviepy import AudioClip, VideoClip

    def frame(t):
        image = Image.new("RGB", (160, 90), (60, 60, 60))
        if t >= 1.5:
            image.paste((250, 240, 200), (120, 20 + int(t * 8) % 3 * 20, 150, 50 + int(t * 8) % 3 * 20))
        return np.asarray(image)

    def sound(t):
        wave = 0.5 * np.sin(2 * np.pi * 440 * t) * (t >= 1.5)
        return np.array([wave, wave]).T

    tone = AudioClip(sound, duration=3, fps=16000)
    path = tmp_path / "clip.mp4"
    VideoClip(frame, duration=3).with_audio(tone).write_videofile(
        str(path), fps=8, audio_fps=16000, audio_codec="aac", temp_audiofile_path=str(tmp_path), logger=None
    )
    return path


def test_moviepy_runs_on_the_pillow_we_ship(clip):
    from moviepy import VideoFileClip
    from moviepy.video.fx import Resize

    assert int(PIL.__version__.split(".")[0]) >= 13
    with VideoFileClip(str(clip)) as video:
        small = video.with_effects([Resize(height=45)])  # the effect that goes through Pillow
        assert small.get_frame(2.0).shape[:2] == (45, 80)


def test_sound_is_heard_as_loud_as_it_is(tmp_path):
    """MoviePy gives back silence for a longer stretch than half its buffer; so we ask for less at a time."""
    path = tmp_path / "tone.mp4"
    subprocess.run(
        [ffmpeg.executable(), "-v", "error", "-f", "lavfi", "-i", "color=gray:size=16x16:rate=4:duration=7", "-f", "lavfi",
         "-i", "aevalsrc=if(gt(t\\,4)\\,0.4*sin(2000*t)\\,0):d=7:s=8000", "-pix_fmt", "yuv420p", "-g", "4", str(path)],
        check=True,
    )  # fmt: skip

    loudness = passage.look_into(path, 7.0, has_audio=True).loudness

    assert max(loudness[:7]) < 0.01
    assert min(loudness[9:13]) > 0.15


def test_looking_into_a_long_sound_holds_little_of_it_at_once(tmp_path):
    """All at once ten minutes take 157 MB, an hour six times as much; two seconds at a time 11, however long."""
    path = tmp_path / "tone.mp4"
    subprocess.run(
        [ffmpeg.executable(), "-v", "error", "-f", "lavfi", "-i", "color=gray:size=16x16:rate=1:duration=600", "-f", "lavfi",
         "-i", "sine=duration=600:sample_rate=8000", "-pix_fmt", "yuv420p", "-preset", "ultrafast", str(path)],
        check=True,
    )  # fmt: skip
    passage.look_into(path, 2.0, has_audio=False)  # what is imported does not count

    tracemalloc.start()
    try:
        loudness = passage.look_into(path, 600.0, has_audio=True).loudness
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert min(loudness[1:-1]) > 0.05
    assert most < 20_000_000


def test_look_sees_and_hears_where_things_happen(clip):
    look = passage.look_into(clip, 3.0, has_audio=True)

    assert sum(look.motion[3:]) > sum(look.motion[:3])
    assert sum(look.loudness[3:]) > 5 * sum(look.loudness[:3])
    assert passage.pick_centre(look.columns, 0.3) > 0.6
    assert passage.pick_start(look, 1.0, 3.0) >= 1.0

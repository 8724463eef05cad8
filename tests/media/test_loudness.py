"""How loud finished videos are, whatever their sound: within half a LU of the target, and no true peak over -1 dBTP."""

import re
import subprocess

import pytest

from media import ffmpeg, sound
from media.render import render
from media.sound import Heard, Level
from tests.media.test_odd_videos import FAST, make, plain, source

pytestmark = pytest.mark.e2e

SOUNDS = {
    "white noise": "anoisesrc=a=0.9:d=6:c=white",
    "clicks": "aevalsrc='0.95*lt(mod(t,0.5),0.0005)+0.02*sin(2*PI*300*t)':d=6",
    "overdriven": "aevalsrc='0.9*sgn(sin(2*PI*220*t))':d=6",
    "like speech": "anoisesrc=a=0.5:d=6:c=brown,tremolo=f=4:d=0.95",
    "bursts": "aevalsrc='0.9*sin(2*PI*440*t)*lt(mod(t,1),0.2)':d=6",
}


def heard(path):
    """What ffmpeg's meter says, read apart from our own reading of it."""
    said = subprocess.run(
        [ffmpeg.executable(), "-i", str(path), "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    summary = said[said.rindex("Summary:") :]
    return (
        float(re.search(r"I:\s+(-[\d.]+) LUFS", summary)[1]),
        float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)[1]),
    )


@pytest.mark.parametrize("end_card", [{}, {"headline": "Join us"}])
@pytest.mark.parametrize("name", SOUNDS)
def test_as_loud_as_it_should_be(tmp_path, name, end_card):
    clip = make(tmp_path / "s.mkv", *source("testsrc2=s=160x90:r=25", 6), "-f", "lavfi", "-i", SOUNDS[name], *FAST,
                "-c:a", "pcm_s16le")  # fmt: skip

    made = render(plain(clip, [160, 90]) | {"end_card": end_card}, root=tmp_path, out=tmp_path / "o.mp4")

    loud, peak = heard(made.file)
    assert loud == pytest.approx(sound.TARGET_LUFS, abs=0.5)
    assert peak <= -1.0
    assert made.duration_s == pytest.approx(6.0 + (2.6 if end_card else 0), abs=0.06)


@pytest.mark.parametrize(
    ("finished", "gain", "ceiling"),
    [
        (Heard(-14.2, -1.2), None, None),
        (Heard(-15.6, -3.0), 5.6, -2.0),
        (Heard(-14.0, -0.3), 4.0, -3.2),
        (Heard(-13.2, -0.5), 3.2, -3.0),
    ],
)
def test_what_is_tried_instead(finished, gain, ceiling):
    better = Level(4.0, False, -14.0).corrected(finished)

    if gain is None:
        assert better is None
    else:
        assert better.limited
        assert (better.gain_db, better.ceiling_db) == (pytest.approx(gain), pytest.approx(ceiling))

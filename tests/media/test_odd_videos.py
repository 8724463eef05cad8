"""What telephones and editing programs make: turned, uneven, HDR, several tracks, odd pixels."""

import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from media import ffmpeg, inspection, probe
from media.errors import BadMedia, RenderError
from media.render import render, render_together
from tests.media.test_render_video import cut, frame

pytestmark = pytest.mark.e2e

FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def make(path, *arguments):
    subprocess.run([ffmpeg.executable(), "-v", "error", "-y", *arguments, str(path)], check=True)
    return path


def source(picture, seconds=2):
    return ("-f", "lavfi", "-i", f"{picture}:d={seconds}")


def plain(path, size, **changes):
    return cut(path, size=size, title={}, end_card={}, min_s=1, start_s=0.0, **changes)


def test_a_telephones_video_is_shown_upright(tmp_path):
    lying = make(
        tmp_path / "l.mp4",
        *source("color=black:s=320x180:r=25"),
        *("-vf", "drawbox=x=0:y=0:w=60:h=180:c=white:t=fill"),
        *FAST,
    )
    turned = make(tmp_path / "t.mp4", "-display_rotation:v:0", "90", "-i", str(lying), "-c", "copy")

    facts = probe.probe(turned)
    assert (facts.width, facts.height, facts.turned) == (180, 320, True)
    seen = render(plain(turned, [180, 320]), root=tmp_path, out=tmp_path / "o.mp4")
    image = frame(seen.file, 1, tmp_path).convert("L")
    # Turned by 90 degrees against the clock: what was at the left is below.
    assert (image.getpixel((90, 10)) > 200, image.getpixel((90, 310)) > 200) == (False, True)


def test_uneven_frames_come_out_even_and_as_long_as_they_were(tmp_path):
    uneven = make(tmp_path / "u.mp4", *source("testsrc2=s=160x90:r=30", 3), "-vf", "select='not(mod(n\\,7))+lt(n\\,30)'",
                  "-fps_mode", "vfr", *FAST)  # fmt: skip

    assert probe.probe(uneven).uneven
    facts = render(plain(uneven, [160, 90]), root=tmp_path, out=tmp_path / "o.mp4")

    seen = inspection.look(facts.file)
    assert (seen.frames, seen.facts.fps) == (round(facts.duration_s * 30), 30)
    assert facts.duration_s == pytest.approx(probe.probe(uneven).duration_s, abs=0.05)


def combed(image) -> float:
    """How much every line differs from the two around it: fields of two moments in one picture look like combs."""
    rows = np.asarray(image.convert("L"), dtype=float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())


@pytest.mark.parametrize("passage", [{}, {"start_s": 0.5, "length_s": 1.5}])
def test_interlaced_pictures_come_out_without_combs(tmp_path, passage):
    """Also where the file is what the plan asks for otherwise, and would be copied as it is."""
    box = (
        "color=white:s=40x180:r=50:d=3[b];color=black:s=320x180:r=50:d=3[g];[g][b]overlay=x='mod(t*300,280)'"
    )
    moving = ("-f", "lavfi", "-i", box, "-f", "lavfi", "-i", "anullsrc", "-shortest")
    made = make(tmp_path / "i.mp4", *moving, "-vf", "tinterlace=interleave_top,setfield=tff", *FAST,
                "-flags", "+ilme+ildct", "-x264opts", "tff=1")  # fmt: skip
    assert probe.probe(made).interlaced
    assert not probe.probe(make(tmp_path / "p.mp4", *moving, *FAST)).interlaced
    assert combed(frame(made, 1.0, tmp_path)) > 3

    seen = render(plain(made, [320, 180], fps=25) | passage, root=tmp_path, out=tmp_path / "o.mp4")

    assert combed(frame(seen.file, 0.8, tmp_path)) < 1
    assert frame(seen.file, 0.8, tmp_path).convert("L").getextrema()[1] > 200  # the box is still there


def test_hdr_becomes_what_every_screen_shows(tmp_path):
    """White paper at 203 nits (BT.2408's white) under PQ: a plain decode would show it grey."""
    hdr = make(tmp_path / "h.mp4", *source("color=white:s=160x90:r=25"), "-vf",
               "format=gbrp,zscale=pin=bt709:tin=bt709:min=gbr:p=bt2020:t=smpte2084:m=bt2020nc:npl=203,format=yuv420p10le",
               "-c:v", "libx264", "-preset", "ultrafast", "-color_primaries", "bt2020", "-color_trc", "smpte2084",
               "-colorspace", "bt2020nc")  # fmt: skip

    assert probe.probe(hdr).hdr
    facts = render(plain(hdr, [90, 160]), root=tmp_path, out=tmp_path / "o.mp4")

    seen = inspection.look(facts.file).facts
    assert (seen.pixel_format, seen.hdr) == ("yuv420p", False)
    assert min(frame(facts.file, 1, tmp_path).getpixel((45, 80))) > 195


def test_cover_art_before_the_video_is_not_taken_for_it(tmp_path):
    """As podcasts and music videos have it; also where somebody has to look for a passage first."""
    Image.new("RGB", (160, 90), "blue").save(tmp_path / "cover.png")
    red = make(
        tmp_path / "r.mp4", *source("color=red:s=160x90:r=25", 5), *source("sine=frequency=440", 5), *FAST
    )
    covered = make(tmp_path / "c.mp4", "-i", str(tmp_path / "cover.png"), "-i", str(red), "-map", "0", "-map", "1",
                   "-c:v:0", "png", "-c:v:1", "copy", "-c:a", "copy", "-disposition:v:0", "attached_pic")  # fmt: skip
    said = subprocess.run(
        [ffmpeg.executable(), "-i", str(covered)], capture_output=True, text=True, check=False
    ).stderr
    assert re.search(r"Stream #0:\d.*png.*attached pic", said)

    for wanted in ({}, {"start_s": None, "length_s": 2.0, "size": [90, 160]}):
        facts = render(plain(covered, [160, 90]) | wanted, root=tmp_path, out=tmp_path / "o.mp4")

        red, _, blue = frame(facts.file, 1, tmp_path).getpixel((45, 45))
        assert red > 200 > blue


@pytest.mark.parametrize("start_s", [0.0, 1.0])
def test_a_picture_that_stands_while_somebody_speaks_is_no_broken_file(tmp_path, start_s):
    """A browser's recording of slides: a frame when something moves, and nobody says how long it stands."""
    slides = make(tmp_path / "s.mkv", *source("color=red:s=160x90:r=25", 2), *source("sine=frequency=440", 9),
                  *FAST)  # fmt: skip

    facts = render(plain(slides, [160, 90], length_s=5.0) | {"start_s": start_s}, root=tmp_path,
                   out=tmp_path / "o.mp4")  # fmt: skip

    assert inspection.look(facts.file).frames == 150
    assert frame(facts.file, 4.5, tmp_path).getpixel((80, 45))[0] > 200


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """A screen recording: red for 4 s, green for 4 s, then blue, each written when it comes; somebody speaks for 12 s."""
    colours = "".join(f"color={name}:s=160x90:r=25:d=4[{name}];" for name in ("red", "green", "blue"))
    return make(tmp_path_factory.mktemp("slides") / "s.mkv", *source("sine=frequency=440", 12), "-filter_complex",
                f"{colours}[red][green][blue]concat=n=3,select='lt(n\\,5)+eq(n\\,100)+eq(n\\,200)'",
                "-fps_mode", "vfr", *FAST)  # fmt: skip


@pytest.mark.parametrize(
    ("start_s", "seen"),
    [(2.0, "red red green"), (6.0, "green green blue"), (9.0, "blue blue blue"), (0.1, "red red red")],
)
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_picture_that_stands_when_a_passage_begins_is_seen_until_the_next(
    tmp_path, slides, start_s, seen, suffix
):
    """Also the last one, for as long as somebody speaks."""
    recorded = make(tmp_path / f"r{suffix}", "-i", str(slides), "-c", "copy")
    plan = plain(recorded, [160, 90], length_s=3.0, centre={"x": 0.5, "y": 0.5}) | {"start_s": start_s}

    facts = render(plan, root=tmp_path, out=tmp_path / "o.mp4")

    names = {0: "red", 1: "green", 2: "blue"}
    pixels = [frame(facts.file, at, tmp_path).getpixel((80, 45)) for at in (0.0, 1.5, 2.9)]
    assert " ".join(names[pixel.index(max(pixel))] for pixel in pixels) == seen
    assert inspection.look(facts.file).frames == 90
    assert silent_at_start_s(facts.file) == 0


def test_the_last_tenth_of_a_second_of_pictures_may_be_chosen(tmp_path):
    still = make(
        tmp_path / "s.mkv", *source("color=red:s=160x90:r=25", 2), *source("sine=frequency=440", 9), *FAST
    )

    facts = render(
        plain(still, [160, 90], length_s=3.0) | {"start_s": 1.9}, root=tmp_path, out=tmp_path / "o.mp4"
    )

    assert frame(facts.file, 2.9, tmp_path).getpixel((80, 45))[0] > 200


def test_a_passage_before_the_first_picture_takes_no_other_with_it(tmp_path):
    late = make(tmp_path / "s.mkv", "-itsoffset", "5", *source("color=red:s=160x90:r=25", 3),
                *source("sine=frequency=440", 9), *FAST)  # fmt: skip
    wanted = [
        plain(late, [160, 90], length_s=1.5, centre={"x": 0.5, "y": 0.5}) | {"start_s": at}
        for at in (1.0, 6.0)
    ]

    bad, good = render_together(wanted, root=tmp_path, outs=[tmp_path / "a.mp4", tmp_path / "b.mp4"])

    assert isinstance(bad, BadMedia)
    assert str(bad).startswith(
        "From 1.0 to 2.5 s this video has sound but no picture. Choose another passage"
    )
    assert inspection.look(good.file).frames == 45
    assert not (tmp_path / "a.mp4").exists()


def test_of_several_tracks_the_first_picture_and_sound_are_taken(tmp_path):
    """Two videos and two languages."""
    many = make(tmp_path / "m.mkv", *source("color=red:s=160x90:r=25"), *source("color=blue:s=160x90:r=25"),
                *source("sine=frequency=440"), *source("anullsrc=r=48000"),
                "-map", "0", "-map", "1", "-map", "2", "-map", "3", *FAST, "-shortest")  # fmt: skip

    facts = render(plain(many, [160, 90]), root=tmp_path, out=tmp_path / "o.mp4")

    red, _, blue = frame(facts.file, 1, tmp_path).getpixel((80, 45))
    assert red > 200 > blue
    assert inspection.look(facts.file).lufs == pytest.approx(-14, abs=1)
    said = subprocess.run(
        [ffmpeg.executable(), "-i", str(facts.file)], capture_output=True, text=True, check=False
    ).stderr
    assert said.count("Stream #0:") == 2


def test_surround_sound_becomes_stereo_and_wide_pixels_square(tmp_path):
    wide = make(tmp_path / "w.mp4", *source("testsrc2=s=120x90:r=25"), *source("anoisesrc=a=0.1:r=48000"),
                "-vf", "setsar=4/3", "-ac", "6", *FAST)  # fmt: skip

    assert (probe.probe(wide).width, probe.probe(wide).square) == (160, False)
    facts = render(plain(wide, [160, 90]), root=tmp_path, out=tmp_path / "o.mp4")

    said = subprocess.run(
        [ffmpeg.executable(), "-i", str(facts.file)], capture_output=True, text=True, check=False
    ).stderr
    assert "stereo" in said
    assert inspection.look(facts.file).facts.square


def test_wide_pixels_that_only_the_container_tells(tmp_path):
    plain_pixels = make(
        tmp_path / "p.mp4", *source("testsrc2=s=120x90:r=25"), *source("sine=frequency=440"), *FAST
    )
    wide = make(tmp_path / "w.mkv", "-i", str(plain_pixels), "-c", "copy", "-aspect", "16:9")

    assert (probe.probe(wide).width, probe.probe(wide).height, probe.probe(wide).square) == (160, 90, False)
    facts = render(plain(wide, [160, 90]), root=tmp_path, out=tmp_path / "o.mp4")
    assert (facts.width, facts.height) == (160, 90)


@pytest.mark.parametrize("end_card", [{}, {"headline": "Join us"}])
@pytest.mark.parametrize("start_s", [0.0, 0.2, 0.5])
@pytest.mark.parametrize(("picture_late", "sound_late"), [(0, 0.1), (0, 1.0), (0.5, 0)])
def test_picture_and_sound_may_begin_apart(tmp_path, picture_late, sound_late, start_s, end_card):
    """Screen recorders and trimmed files. The cut is as long as it should be, and the sound stays where it was."""
    apart = make(tmp_path / "a.mkv", "-itsoffset", str(picture_late), *source("testsrc2=s=160x90:r=25", 8),
                 "-itsoffset", str(sound_late), *source("sine=frequency=440", 8), *FAST)  # fmt: skip
    plan = plain(apart, [160, 90]) | {"start_s": start_s, "length_s": 3.0, "end_card": end_card}

    facts = render(plan, root=tmp_path, out=tmp_path / "o.mp4")  # what is wrong in length is refused

    seen = inspection.look(facts.file)
    assert seen.frames == round((3.0 + (2.6 if end_card else 0)) * 30)
    assert silent_at_start_s(facts.file) == pytest.approx(max(0, sound_late - start_s), abs=0.06)


def silent_at_start_s(path):
    said = subprocess.run(
        [ffmpeg.executable(), "-i", str(path), "-af", "silencedetect=n=-40dB:d=0.05", "-f", "null", "-"],
        capture_output=True, text=True, check=False,
    ).stderr  # fmt: skip
    begins = [float(line.rsplit(": ", 1)[1]) for line in said.splitlines() if "silence_start" in line]
    ends = [
        float(line.split("silence_end: ")[1].split(" ")[0])
        for line in said.splitlines()
        if "silence_end" in line
    ]
    return ends[0] if ends and begins and begins[0] < 0.05 else 0


def test_many_streams_and_tags_with_a_region(tmp_path):
    """A telephone's data beside picture and sound, and a language written as browsers write it."""
    tracks = [word for _ in range(12) for word in ("-map", "1")]
    many = make(tmp_path / "m.mkv", *source("testsrc2=s=160x90:r=25"), *source("sine=frequency=440"),
                "-map", "0", *tracks, "-metadata:s:a", "language=de-DE", "-metadata:s:v", "language=en-US",
                *FAST)  # fmt: skip

    facts = probe.probe(many)

    assert (facts.kind, facts.has_audio, facts.width) == ("video", True, 160)
    assert render(plain(many, [160, 90]), root=tmp_path, out=tmp_path / "o.mp4").duration_s == pytest.approx(
        2, abs=0.05
    )


def test_hdr_is_refused_in_words_where_ffmpeg_cannot_convert_it(tmp_path, monkeypatch):
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    hdr = make(tmp_path / "h.mp4", *source("color=white:s=160x90:r=25"), "-vf", tags, *FAST)
    assert probe.probe(hdr).hdr
    has = ffmpeg.has
    monkeypatch.setattr(ffmpeg, "has", lambda what: has(what) - {"zscale"})

    with pytest.raises(RenderError, match=r"HDR.*Export it anew"):
        render(plain(hdr, [90, 160]), root=tmp_path, out=tmp_path / "o.mp4")

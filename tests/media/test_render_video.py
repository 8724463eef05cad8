"""Whole videos through ffmpeg, small and short."""

import subprocess

import pytest
from PIL import Image

from media import captions, child, ffmpeg, probe
from media.errors import BadMedia, RenderError
from media.render import render

pytestmark = pytest.mark.e2e

LOOK = {
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "text": "#14201f",
    "logo": None,
    "name": "River",
}
VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nLet's clean, 100%: 'now'\n\n00:03.000 --> 00:05.000\nنظّف النهر\n"


def make_clip(path, seconds=6, size="320x180", audio=True, extra=()):
    sound = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"] if audio else []
    subprocess.run(
        [ffmpeg.executable(), "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}",
         *sound, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *extra, str(path)],
        check=True,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


# What is to be seen, chosen: nothing has to look for a lively passage first, which takes longer than a small cut.
CHOSEN = {"start_s": 0.0, "centre": {"x": 0.5, "y": 0.5}}


def cut(path, **changes):
    return {
        "kind": "cut",
        "version": 1,
        "size": [180, 320],
        "fps": 30,
        "source": {"path": str(path), "sha256": ""},
        "start_s": None,
        "max_s": 60,
        "min_s": 3,
        "captions": None,
        "title": {"headline": "Our river: 'one' day; 100%"},
        "end_card": {"headline": "Join us", "body": "riverside.example"},
        "look": LOOK,
        "language": "en",
        "safe": [20, 10, 40, 10],
        "max_bytes": 3_000_000,
    } | changes


def frame(video, at_s, folder):
    path = folder / "frame.png"
    subprocess.run(
        [
            ffmpeg.executable(),
            "-v",
            "error",
            "-y",
            "-ss",
            str(at_s),
            "-i",
            str(video),
            "-frames:v",
            "1",
            str(path),
        ],
        check=True,
    )
    return Image.open(path).convert("RGB")


def test_cut_with_captions_title_and_end_card(clip, tmp_path):
    (tmp_path / "c.vtt").write_text(VTT)
    shares = []
    plan = cut(clip, captions={"path": str(tmp_path / "c.vtt"), "sha256": ""})

    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4", progress=shares.append)

    seen = probe.probe(facts.file)
    assert (seen.width, seen.height, seen.fps, seen.video_codec, seen.audio_codec) == (
        180,
        320,
        30.0,
        "h264",
        "aac",
    )
    assert seen.duration_s == pytest.approx(8.6, abs=0.15)
    assert facts.duration_s == pytest.approx(8.6, abs=0.15)
    with Image.open(facts.cover) as cover:
        assert (cover.format, cover.size) == ("JPEG", (180, 320))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    end = frame(facts.file, 8.0, tmp_path)
    assert all(
        abs(a - b) < 8 for a, b in zip(end.getpixel((8, 310)), (11, 92, 99), strict=True)
    )  # colours are true
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".cut.mp4.json",
        "c.vtt",
        "cut.cover.jpg",
        "cut.mp4",
        "cut.vtt",
        "frame.png",
    ]
    assert facts.captions.read_text().startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nLet")
    assert facts.start_s == 0.0


def test_captions_are_burnt_in_when_they_are_said(tmp_path):
    clip = make_clip(tmp_path / "c.mp4", extra=("-vf", "drawbox=c=white:t=fill"))
    (tmp_path / "c.vtt").write_text(VTT)
    plan = cut(
        clip, captions={"path": str(tmp_path / "c.vtt"), "sha256": ""}, title={}, end_card={}, **CHOSEN
    )

    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4")

    def dark(at_s):
        return (
            min(frame(facts.file, at_s, tmp_path).convert("L").crop((10, 200, 170, 280)).get_flattened_data())
            < 90
        )

    assert [dark(t) for t in (0.5, 1.7, 2.8, 4.0, 5.5)] == [False, True, False, True, False]


def test_chosen_passage_centre_and_cover(tmp_path):
    """Ten seconds, of which a square wanders over the right of a black frame from the fourth to the sixth."""
    shown = (
        "color=black:s=320x180:r=25:d=10,drawbox=x=230:y=60:w=60:h=60:c=white:t=fill:enable='between(t,4,6)'"
    )
    clip = make_clip(
        tmp_path / "c.mp4", seconds=10, extra=("-filter_complex", f"{shown}[v]", "-map", "[v]", "-map", "1:a")
    )
    (tmp_path / "c.vtt").write_text(
        "WEBVTT\n\n00:04.500 --> 00:05.500\nLook there.\n\n00:08.000 --> 00:09.000\nNo.\n"
    )
    plan = cut(
        clip, captions={"path": str(tmp_path / "c.vtt"), "sha256": ""}, title={}, end_card={}, start_s=3.5, length_s=3.0,
        centre={"x": 0.8125, "y": 0.5}, cover_s=1.5,
    )  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4")

    assert facts.duration_s == pytest.approx(3.0, abs=0.1)
    assert facts.start_s == 3.5
    assert facts.captions.read_text() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nLook there.\n"
    assert [frame(facts.file, at, tmp_path).getpixel((90, 150))[0] > 200 for at in (0.2, 1.5, 2.8)] == [
        False,
        True,
        False,
    ]
    with Image.open(facts.cover) as cover:
        assert cover.getpixel((90, 150))[0] > 200


def test_tall_video_is_cut_to_a_wide_one_around_its_centre(tmp_path):
    shown = "color=black:s=180x320:r=25:d=4,drawbox=x=60:y=250:w=60:h=40:c=white:t=fill"
    clip = make_clip(
        tmp_path / "c.mp4", seconds=4, extra=("-filter_complex", f"{shown}[v]", "-map", "[v]", "-map", "1:a")
    )
    plan = cut(
        clip, size=[320, 180], title={}, end_card={}, start_s=0.0, centre={"x": 0.5, "y": 0.84}, safe=[]
    )

    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4")

    assert (facts.width, facts.height) == (320, 180)
    assert frame(facts.file, 1, tmp_path).getpixel((160, 90))[0] > 200


def test_long_video_is_cut_to_the_longest_length(clip, tmp_path):
    facts = render(cut(clip, max_s=3, min_s=1, end_card={}), root=tmp_path, out=tmp_path / "cut.mp4")

    assert facts.duration_s == pytest.approx(3.0, abs=0.1)


def test_video_without_sound_gets_a_silent_track(tmp_path):
    silent = make_clip(tmp_path / "s.mp4", seconds=3, audio=False)

    facts = render(cut(silent, title={}, **CHOSEN), root=tmp_path, out=tmp_path / "cut.mp4")

    assert probe.probe(facts.file).has_audio


def test_loudness_comes_near_its_target(clip, tmp_path):
    facts = render(cut(clip, end_card={}), root=tmp_path, out=tmp_path / "cut.mp4")

    said = subprocess.run(
        [ffmpeg.executable(), "-hide_banner", "-i", str(facts.file), "-af", "ebur128", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    assert float(said.rsplit("I:", 1)[1].split("LUFS")[0]) == pytest.approx(-14, abs=1.0)


def test_same_cut_same_bytes(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("media.encode.threads", lambda: 1)
    first = render(cut(clip, max_s=3, min_s=1, end_card={}), root=tmp_path, out=tmp_path / "a.mp4")
    second = render(cut(clip, max_s=3, min_s=1, end_card={}), root=tmp_path, out=tmp_path / "b.mp4")

    assert first.sha256 == second.sha256


def test_film_of_cards(card, picture, source, tmp_path):
    slides = [
        card("cover", photo=source(picture()), headline="Clean river"),
        card("statistic", value="4.2", unit="t"),
    ]
    plan = {"kind": "film", "version": 1, "size": [180, 320], "fps": 30, "slides": slides, "slide_s": 1.0,
            "end_card": {"headline": "Join us"}, "look": LOOK, "language": "en", "max_bytes": 3_000_000}  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "film.mp4")

    assert facts.duration_s == pytest.approx(3.0, abs=0.1)
    assert probe.probe(facts.file).has_audio
    ground = frame(facts.file, 2.7, tmp_path).getpixel((5, 315))
    assert all(abs(a - b) < 8 for a, b in zip(ground, (11, 92, 99), strict=True))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.mp4", b"no video at all, really", "not a video|not a picture"),
        ("cut.mp4", None, "^This video breaks off"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a video|not a picture"),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "not a video|not a picture"),
    ],
)
def test_hostile_and_broken_videos(clip, tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(clip.read_bytes()[:3000] if content is None else content)
    out = tmp_path / "out.mp4"
    out.write_bytes(b"the old one")

    with pytest.raises((BadMedia, RenderError), match=message):
        render(cut(path), root=tmp_path, out=out)
    assert out.read_bytes() == b"the old one"


def test_a_codec_that_is_not_on_the_list_is_named(tmp_path):
    odd = tmp_path / "odd.mkv"
    subprocess.run(
        [
            ffmpeg.executable(),
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=64x64:duration=1",
            "-c:v",
            "mjpeg",
            str(odd),
        ],
        check=True,
    )

    with pytest.raises(BadMedia, match="coded as “mjpeg”"):
        probe.probe(odd)


def test_more_bits_than_allowed_are_saved(clip, tmp_path):
    facts = render(cut(clip, max_bytes=450_000, **CHOSEN), root=tmp_path, out=tmp_path / "small.mp4")

    assert facts.bytes <= 450_000


def test_a_caption_is_gone_in_the_frame_in_which_the_next_begins(tmp_path):
    """Two that follow each other on a whole frame: a long one, then a short one."""
    clip = make_clip(tmp_path / "c.mp4", extra=("-vf", "drawbox=c=white:t=fill"))
    (tmp_path / "c.vtt").write_text(
        "WEBVTT\n\n00:01.000 --> 00:02.000\nA rather long first\n\n00:02.000 --> 00:03.000\nNo\n"
    )
    plan = cut(clip, captions={"path": str(tmp_path / "c.vtt"), "sha256": ""}, title={}, end_card={},
               start_s=0.0, length_s=4.0)  # fmt: skip
    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4")

    def breadth(nth):
        """Of what is dark in the frame of this number."""
        dark = frame_number(facts.file, nth, tmp_path).convert("L").point([255] * 120 + [0] * 136).getbbox()
        return dark[2] - dark[0] if dark else 0

    assert breadth(29) == 0
    assert breadth(30) == breadth(59) > 80
    assert 0 < breadth(60) == breadth(89) < 60
    assert breadth(90) == 0


def frame_number(video, nth, folder):
    path = folder / "frame.png"
    choose = f"select=eq(n\\,{nth})"
    subprocess.run([ffmpeg.executable(), "-v", "error", "-y", "-i", str(video), "-vf", choose, "-frames:v", "1", str(path)],
                   check=True)  # fmt: skip
    return Image.open(path)


def test_many_captions_in_four_shapes_stay_within_the_limits_of_the_process(clip, tmp_path):
    """As many pictures as a minute of talk has. Each is an input of ffmpeg, with threads of its own."""
    cues = [captions.Cue(n * 0.15, n * 0.15 + 0.15, f"Word {n}") for n in range(38)]
    (tmp_path / "c.vtt").write_text(captions.to_vtt(cues))
    said = {"path": str(tmp_path / "c.vtt"), "sha256": ""}
    sizes = ([90, 160], [160, 160], [128, 160], [160, 90])
    wanted = [cut(clip, size=size, captions=said, **CHOSEN) for size in sizes]
    outs = [str(tmp_path / f"out{n}.mp4") for n in range(4)]

    made = child.run_python(
        "media.render_job", {"plans": wanted, "root": str(tmp_path), "outs": outs}, timeout_s=240
    )

    assert [each.get("error") for each in made] == [None] * 4

"""Files that are not what they say, or say what cannot be: each refused with its reason, quickly, and the worker lives."""

import struct
import subprocess
import time
import zlib

import pytest
from PIL import Image

from media import cache, ffmpeg, probe
from media.errors import BadMedia
from media.models import Render
from media.render import render
from tests.media.test_render_video import cut, make_clip
from work import hold, worker

pytestmark = pytest.mark.e2e

QUICKLY_S = 20.0  # under load; alone each takes well under two
BOX = b"\0\0\0\x14ftypisom\0\0\x02\0isom"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    return make_clip(folder / "clip.mp4", seconds=3, size="160x90", extra=("-movflags", "+faststart"))


def png(width, height):
    """A small file that claims to be so large."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4096))
        + chunk(b"IEND", b"")
    )


def jpeg(tmp_path, width, height):
    Image.new("RGB", (16, 16)).save(tmp_path / "small.jpg")
    data = (tmp_path / "small.jpg").read_bytes()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def made(path, *arguments):
    subprocess.run([ffmpeg.executable(), "-v", "error", "-y", *arguments, str(path)], check=True)
    return path.read_bytes()


ULTRAFAST = ("-c:v", "libx264", "-preset", "ultrafast")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
TONE = ("-f", "lavfi", "-i", "sine=duration=1")
PICTURES = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1")
H264 = (*PICTURES, *TONE, *ULTRAFAST, "-pix_fmt", "yuv420p")
CASES = {
    "playlist.mp4": (lambda t, g: HLS, "not a picture|not a video"),
    "playlist in a box.mp4": (lambda t, g: BOX + HLS, "not a video"),
    "concat.mp4": (lambda t, g: b"ffconcat version 1.0\nfile /etc/passwd\n", "not a picture|not a video"),
    "concat in a box.mp4": (lambda t, g: BOX + b"ffconcat version 1.0\nfile /etc/passwd\n", "not a video"),
    "drawing.mp4": (lambda t, g: SVG, "not a picture|not a video"),
    "drawing.jpg": (lambda t, g: SVG, "not a picture"),
    "truncated in its index.mp4": (lambda t, g: g.read_bytes()[:700], "^This video breaks off: .* Copy it again"),
    "truncated in its beginning.mp4": (lambda t, g: g.read_bytes()[:28], "^This video breaks off"),
    "truncated before its index.mp4": (lambda t, g: made(t / "w.mp4", *H264)[:9000], "^This video breaks off"),
    "truncated.m4a": (lambda t, g: made(t / "w.m4a", *TONE)[:3000], "^This recording breaks off"),
    "without its index.mp4": (lambda t, g: BOX + b"\0\0\0\x10mdat" + b"\0" * 8, "^This video breaks off"),
    "no frames.mp4": (
        lambda t, g: made(t / "n.mp4", "-f", "lavfi", "-i", "color=s=64x64:d=1", "-frames:v", "0", "-c:v", "libx264"),
        "shorter than half a second|not a video|how long",
    ),
    "eight hours.mp4": (
        lambda t, g: made(
            t / "h.mp4", "-f", "lavfi", "-i", "color=s=16x16:r=1/120:d=28800", *ULTRAFAST),
        "lasts 8 h; at most 60 minutes",
    ),
    "too many pixels.mp4": (
        lambda t, g: made(t / "p.mp4", "-f", "lavfi", "-i", "color=s=8192x4320:r=1:d=1", *ULTRAFAST),
        "at most 4096 × 2304|pixels",
    ),
    "bomb.png": (lambda t, g: png(60_000, 60_000), "at most 50 megapixels"),
    "hundred megapixels.jpg": (lambda t, g: jpeg(t, 10_000, 10_000), "has 100 megapixels; at most 50"),
    "empty.mp4": (lambda t, g: b"", "is empty"),
    "noise.mkv": (lambda t, g: b"\x1aE\xdf\xa3" + bytes(range(256)) * 40, "not a video|how long|examined"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused_with_the_reason_and_quickly(good, tmp_path, name):
    make, reason = CASES[name]
    path = tmp_path / name
    path.write_bytes(make(tmp_path, good))

    began = time.monotonic()
    with pytest.raises(BadMedia, match=reason) as refused:
        probe.probe(path)

    assert time.monotonic() - began < QUICKLY_S
    assert "passwd" not in str(refused.value)
    assert str(refused.value).endswith((".", "AV1."))


TAG = b"ID3\x04\0\0\0\0\0\x10" + b"\0" * 16
VP9 = (*PICTURES, *TONE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus")
TAKEN = {
    "film.mp4": (H264, "video/mp4"),
    "film.mov": (H264, "video/mp4"),
    "film.m4v": ((*H264, "-f", "mp4"), "video/mp4"),
    "film.mkv": (H264, "video/x-matroska"),
    "film.webm": (VP9, "video/webm"),
    "talk.mp3": (TONE, "audio/mpeg"),
    "talk.m4a": (TONE, "audio/mp4"),
    "talk.wav": (TONE, "audio/wav"),
    "talk.flac": (TONE, "audio/flac"),
    "talk.ogg": ((*TONE, "-c:a", "libvorbis"), "audio/ogg"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_every_kind_that_is_taken_is_read(tmp_path, name):
    command, mime = TAKEN[name]
    made(tmp_path / name, *command)

    facts = probe.inspect_video(tmp_path / name)

    assert (facts.mime, facts.has_audio) == (mime, True)


def test_a_tag_before_flac_makes_it_no_mp3(tmp_path):
    (tmp_path / "t.mp3").write_bytes(TAG + made(tmp_path / "t.flac", *TONE))

    assert probe.inspect_video(tmp_path / "t.mp3").mime == "audio/flac"


@pytest.mark.parametrize("begin", [TAG, b"OggS"])
def test_a_file_is_read_as_what_it_begins_with_and_as_nothing_else(tmp_path, begin):
    """Ogg in an MP3's clothes, and the other way round: left to itself, ffmpeg would take the one that it guesses."""
    inside = (
        ("t.ogg", "-c:a", "libvorbis")
        if begin == TAG
        else ("t.mp3", "-write_xing", "0", "-id3v2_version", "0")
    )
    (tmp_path / "posing.mp4").write_bytes(begin + made(tmp_path / inside[0], *TONE, *inside[1:]) * 3)

    with pytest.raises(BadMedia, match="not a video"):
        probe.inspect_video(tmp_path / "posing.mp4")


def test_every_input_that_is_not_drawn_here_is_a_safe_one(good, tmp_path, monkeypatch):
    """Looking, measuring, cutting, the cover and the inspection: of a cut as of a film with music."""
    calls, run = [], ffmpeg.run
    monkeypatch.setattr(ffmpeg, "run", lambda words, **rest: calls.append(list(words)) or run(words, **rest))
    music = made(tmp_path / "m.wav", *TONE) and {"path": "m.wav", "sha256": ""}
    film = {"kind": "film", "version": 1, "size": [64, 64], "fps": 10, "slide_s": 1, "music": music,
            "slides": [{"template": "text", "text": {"body": "Hello"}}]}  # fmt: skip

    render(cut(good, min_s=1, max_s=2), root=tmp_path, out=tmp_path / "cut.mp4")
    render(film, root=tmp_path, out=tmp_path / "film.mp4")

    read = []
    for words in calls:
        begin = 0
        for at in (n for n, word in enumerate(words) if word == "-i"):
            options, name, begin = words[begin:at], words[at + 1], at + 2
            if name.endswith(".png") or name == "pipe:0" or "lavfi" in options:
                continue  # drawn here
            read.append(name)
            assert {"-protocol_whitelist", "-format_whitelist", "-codec_whitelist"} <= {*options}, words
            assert options[options.index("-f") + 1] in ("mov", "wav"), words
    assert {name.rsplit("/")[-1] for name in read} >= {
        "file:in.bin",
        "file:music.bin",
        "file:out0.mp4",
        "file:out.mp4",
    }


def test_a_name_says_nothing(good, tmp_path):
    """A video called .jpg is a video, a picture called .mp4 is a picture: what the upload form then says is its business."""
    (tmp_path / "clip.jpg").write_bytes(good.read_bytes())
    Image.new("RGB", (64, 48)).save(tmp_path / "p.png")
    (tmp_path / "photo.mp4").write_bytes((tmp_path / "p.png").read_bytes())

    assert probe.probe(tmp_path / "clip.jpg").kind == "video"
    assert probe.probe(tmp_path / "photo.mp4").kind == "picture"


def test_the_worker_lives_and_says_why(db, settings, tmp_path, monkeypatch, card):
    """Files that turned hostile after they were taken: every row comes to its end, and the next one is made."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(hold, "_reasons", {})
    data = make_clip(
        tmp_path / "whole.mp4", seconds=8, size="160x90", extra=("-movflags", "+faststart")
    ).read_bytes()
    files = {
        "playlist.mp4": BOX + HLS,
        "broken off.mp4": data[: len(data) * 4 // 10],  # its index is whole and promises more
        "drawing.mp4": SVG,
        "bomb.png": png(60_000, 60_000),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    plans = {name: cut(name, title={}, end_card={}, start_s=0.0) for name in files if name.endswith(".mp4")}
    plans["bomb.png"] = card("picture", photo={"path": "bomb.png", "sha256": ""})
    rows = {name: cache.request(plan) for name, plan in plans.items()}
    last = cache.request(card("quote", body="Still here"))

    while worker.run_one("renders", last.pk):
        pass

    said = {name: Render.objects.get(pk=row.pk) for name, row in rows.items()}
    assert {name: row.state for name, row in said.items()} == dict.fromkeys(rows, "failed")
    assert "not a video" in said["playlist.mp4"].error
    assert "breaks off" in said["broken off.mp4"].error
    assert "not a video" in said["drawing.mp4"].error
    assert "50 megapixels" in said["bomb.png"].error
    assert Render.objects.get(pk=last.pk).state == "done"

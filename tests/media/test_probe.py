import re
import subprocess

import pytest

from media import ffmpeg, probe, sound
from media.errors import BadMedia, RenderError, RenderInterrupted

PHONE = """
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:in.bin':
  Duration: 00:01:04.50, start: 0.000000, bitrate: 9000 kb/s
  Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 1920x1080, 8900 kb/s, 29.97 fps, 29.97 tbr, 600 tbn (default)
    Side data:
      Display Matrix: rotation of -90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 93 kb/s (default)
Output #0, null, to 'pipe:':
  Stream #0:0: Video: something else, 1x1
"""  # noqa: E501
WEBM = """
Input #0, matroska,webm, from 'file:in.bin':
  Duration: 03:02:01.00, start: 0.000000, bitrate: 900 kb/s
  Stream #0:0(eng): Video: vp9 (Profile 0), yuv420p(tv, bt709), 720x576 [SAR 64:45 DAR 16:9], 25 fps, 25 tbr
"""


def test_parse_a_telephones_video():
    facts = probe.parse(PHONE)

    assert (facts.width, facts.height, facts.duration_s, facts.fps) == (1080, 1920, 64.5, 29.97)
    assert (facts.video_codec, facts.audio_codec, facts.hdr, facts.has_audio) == ("hevc", "aac", True, True)
    assert (facts.mime, facts.matrix, facts.turned) == ("video/mp4", "bt2020nc", True)


def test_parse_pixels_that_are_not_square():
    facts = probe.parse(WEBM)

    assert (facts.width, facts.height, facts.square, facts.has_audio) == (1024, 576, False, False)
    assert facts.mime == "video/webm"


def test_three_hours_are_refused_with_a_way_out():
    with pytest.raises(BadMedia, match=r"lasts 3 h 2 min; at most 60 minutes .* Cut out the passage"):
        probe.check(probe.parse(WEBM))


PODCAST = """
Input #0, mp3, from 'file:in.bin':
  Metadata:
    title           : The river, told
  Duration: 00:10:00.00, start: 0.000000, bitrate: 128 kb/s
  Chapters:
    Chapter #0:0: start 0.000000, end 61.500000
      Metadata:
        title           : Welcome: who we are
    Chapter #0:1: start 61.500000, end 61.500000
      Metadata:
        title           : Nothing
    Chapter #0:2: start 61.500000, end 600.000000
  Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 128 kb/s
      Metadata:
        title           : Track
"""


def test_chapters_are_those_with_a_length_and_take_no_other_title():
    assert probe.parse(PODCAST).chapters == [[0.0, 61.5, "Welcome: who we are"], [61.5, 600.0, ""]]
    assert probe.parse(WEBM).chapters == []


@pytest.mark.parametrize(
    ("end", "error", "words"),
    [
        ("echo 'failed: Resource temporarily unavailable' >&2; exit 1", RenderInterrupted, "memory or processes"),
        ("echo '    title : Resource temporarily unavailable' >&2; exit 1", BadMedia, "may be damaged"),
        ("kill -s XFSZ $$", RenderError, "larger than this server may write"),
        ("kill -s XCPU $$", RenderInterrupted, "more time or memory"),
    ],
)  # fmt: skip
def test_what_is_no_fault_of_the_file_is_not_told_as_one(tmp_path, monkeypatch, end, error, words):
    stand_in = tmp_path / "ffmpeg"
    stand_in.write_text(f"#!/bin/sh\n{end}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "executable", lambda: str(stand_in))

    with pytest.raises(error, match=words):
        ffmpeg.run([], folder=tmp_path, timeout_s=20)


LIAR = """
Input #0, matroska,webm, from 'file:in.bin':
  Metadata:
    title           : Duration: 00:00:10.00
                    : Stream #0:0: Video: h264, yuv420p, 64x64, 30 fps
    comment         : rotate: 90
  Duration: 08:00:00.00, start: 0.000000, bitrate: 900 kb/s
  Stream #0:0(eng): Video: h264 (High), yuv420p(tv, bt709), 1440x1080 [SAR 1:1 DAR 4:3], SAR 4:3 DAR 16:9, 25 fps, 25 tbr
      Metadata:
        title           : Stream #0:1: Audio: aac
        comment         : displaymatrix: rotation of -90.00 degrees
  Stream #0:1: Data: bin_data
      Side data:
        displaymatrix: rotation of -90.00 degrees
"""


def test_what_a_file_writes_into_its_tags_is_not_believed():
    facts = probe.parse(LIAR)

    assert (facts.duration_s, facts.has_audio, facts.turned) == (8 * 3600, False, False)
    assert (
        ffmpeg.FfmpegFailed(1, LIAR + "Error opening input files: Invalid data")
        .args[0]
        .endswith("(Error opening input files: Invalid data)")
    )


def test_what_the_container_says_of_the_pixels_goes_before_what_the_coding_says():
    facts = probe.parse(LIAR)

    assert (facts.width, facts.height, facts.square) == (1920, 1080, False)


@pytest.mark.e2e
def test_chapters_of_a_real_file(tmp_path):
    (tmp_path / "c.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=At the mill\n"
        "[CHAPTER]\nTIMEBASE=1/1\nSTART=1\nEND=3\ntitle=On the bank\n"
    )
    command = [
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=3",
        "-i",
        "c.txt",
        "-map_metadata",
        "1",
        "t.m4a",
    ]
    subprocess.run([ffmpeg.executable(), *command], cwd=tmp_path, check=True)

    found = probe.probe(tmp_path / "t.m4a").chapters

    assert [(round(start), round(end), title) for start, end, title in found] == [
        (0, 1, "At the mill"), (1, 3, "On the bank")]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "video"),
    [
        (b"\0\0\0\x20ftypisom", True),
        (b"\0\0\0\x20ftypavif", False),
        (b"\0\0\0\x20ftypheic", False),
        (b"\x1aE\xdf\xa3" + b"\0" * 8, True),
        (b"\xff\xd8\xff\xe0" + b"\0" * 8, False),
        (b"#EXTM3U\n", False),
    ],
)
def test_looks_like_video(start, video):
    assert probe.looks_like_video(start) is video


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3600, "60 minutes"), (10_920, "3 h 2 min"), (7200, "2 h"), (90, "90 seconds"), (600, "10 minutes")],
)
def test_spoken(seconds, words):
    assert probe.spoken(seconds) == words


@pytest.mark.e2e
def test_probe_in_a_child(picture, tmp_path):
    found = probe.probe(picture())
    assert (found.kind, found.mime, found.width, found.height) == ("picture", "image/jpeg", 600, 400)

    text = tmp_path / "photo.jpg"
    text.write_text("not a photograph")
    with pytest.raises(BadMedia, match="not a picture we can read"):
        probe.probe(text)


@pytest.mark.e2e
def test_probe_takes_no_playlist_for_a_video(tmp_path):
    """A playlist may name other files on the server; its container is not on our list."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    fake = tmp_path / "clip.mp4"
    fake.write_bytes(b"\0\0\0\x08ftyp#EXTM3U\n#EXTINF:1,\n" + f"file://{secret}\n".encode())

    with pytest.raises(BadMedia) as refused:
        probe.probe(fake)
    assert "secret" not in str(refused.value)


WMV = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c" + b"\0" * 99
MTS = b"\0\0\0\0G@\0\x10" + b"\xff" * 200


@pytest.mark.unit
@pytest.mark.parametrize(
    "start",
    [WMV, MTS, b"\0\0\x01\xba" + b"D" * 60, b"\xff\xf1P\x80" + b"\0" * 60],
    ids=["wmv", "mts", "mpg", "aac"],
)
@pytest.mark.parametrize(
    ("wanted", "use"), [("video", "Use an MP4, MOV"), ("audio", "Use an MP3, M4A"), ("picture", "Use a JPEG")]
)
def test_of_a_file_of_another_kind_the_reason_says_what_to_use(tmp_path, start, wanted, use):
    path = tmp_path / "f.bin"
    path.write_bytes(start)

    with pytest.raises(BadMedia, match=use):
        probe.inspect(path, wanted)


@pytest.mark.e2e
@pytest.mark.parametrize("codec", ["pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_f32le", "alac", "pcm_s32le"])
def test_the_sound_of_cameras_and_recorders_is_taken(tmp_path, codec):
    made = tmp_path / "r.mov"
    command = [
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=160x90:d=1",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
    ]
    subprocess.run([ffmpeg.executable(), *command, "-c:a", codec, str(made)], check=True)

    facts = probe.probe(made)

    assert (facts.kind, facts.audio_codec) == ("video", codec)
    assert sound.measure(ffmpeg.safe_input(made), tmp_path, 1.0).lufs > -40


@pytest.mark.e2e
def test_a_recording_of_24_bits_is_taken_and_one_that_is_not_is_called_a_sound(tmp_path):
    for codec in ("pcm_s24le", "pcm_mulaw"):
        command = ["-v", "error", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", codec, f"{codec}.wav"]
        subprocess.run([ffmpeg.executable(), *command], cwd=tmp_path, check=True)

    assert probe.probe(tmp_path / "pcm_s24le.wav").kind == "audio"
    with pytest.raises(
        BadMedia, match=r"This sound is coded as “pcm_mulaw”, .* Export it as MP3, M4A, WAV or FLAC"
    ):
        probe.probe(tmp_path / "pcm_mulaw.wav")


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["odd.mp4", "odd.mkv"])
@pytest.mark.parametrize(
    ("codecs", "reason"),
    [
        (("libx264", "ac3"), "^The sound of this video is coded as “ac3”, .* H.264 and AAC"),
        (("mpeg2video", "aac"), "^This video is coded as “mpeg2video”"),
        (("mpeg2video", "ac3"), "^This video is coded as “mpeg2video”"),
    ],
)
def test_what_is_coded_as_we_do_not_take_is_named(tmp_path, name, codecs, reason):
    sources = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=1", "-f", "lavfi", "-i", "sine=duration=1")
    coded = ("-c:v", codecs[0], "-pix_fmt", "yuv420p", "-c:a", codecs[1])
    subprocess.run([ffmpeg.executable(), "-v", "error", *sources, *coded, name], cwd=tmp_path, check=True)

    with pytest.raises(BadMedia, match=reason):
        probe.probe(tmp_path / name)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ("Audio: ac3, 44100 Hz", "^The sound of this video is coded as “ac3”"),
        ("Audio: dts (ac3) (DTS), 44100 Hz", "^The sound of this video is coded as “ac3”"),
        ("Video: ac3, yuv420p", "^This video is coded as “ac3”"),
    ],
)
def test_what_ffmpeg_will_not_open_is_named(stream, words):
    tail = f"Codec (ac3) not on whitelist 'h264'\n  Stream #0:0: Video: h264\n  Stream #0:1: {stream}"
    assert re.search(words, probe._not_allowed(tail))


PACKETS = "#software: Lavf63\n#tb 0: 1/1000\n#media_type 0: video\n"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("times", "stood_s"),
    [
        ((-80, -40, 0, 40), 0.0),
        ((-9980, -40, 20), 0.0),
        ((-10000, -4000), 4.0),
        ((-4000, 20), 0.0),
        ((-10000, -4000, 250), 4.0),
        ((-40, -4000, 250), 0.04),
        ((0, 250), 0.0),
        ((120, 160), None),
        ((), None),
    ],
)
def test_how_long_a_picture_has_stood(times, stood_s):
    lines = (f"0, {at:10}, {at:10},       40,     1234, 0x1234abcd\n" for at in times)

    assert probe.standing(PACKETS + "".join(lines)) == stood_s


@pytest.mark.unit
def test_a_list_without_its_heading_says_nothing():
    assert probe.standing("") == 0.0

"""The copy of a video that the public gets: the same picture and sound, nothing that a camera noted."""

import subprocess

import pytest
from PIL import Image

from media import copying, ffmpeg, plans, probe
from media.errors import RenderError, RenderInterrupted
from media.render import render
from tests.media.test_odd_videos import FAST, make, source

pytestmark = pytest.mark.e2e

PLACE = "+51.5074-000.1278/"
APPLE = "com.apple.quicktime.location.ISO6709"


def plan(path, mime, **more):
    return {
        "kind": "copy",
        "version": 1,
        "source": {"path": str(path), "sha256": ""},
        "mime": mime,
        "poster": None,
    } | more


def copied(path, mime, folder, **more):
    wanted = plan(path, mime, **more)
    return render(wanted, root=folder, out=folder / f"copy.{plans.extension(wanted)}")


def atoms(data, inside=(b"moov", b"udta", b"trak", b"meta", b"mdia", b"minf")):
    """The names of an MP4's boxes, those within boxes too."""
    found, at = [], 0
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        size = len(data) - at if size == 0 else size
        if size < 8 or at + size > len(data):
            break
        found.append(name)
        if name in inside:
            found += atoms(data[at + (12 if name == b"meta" else 8) : at + size], inside)
        at += size
    return found


def digest(path, stream):
    """Of the packets of a stream, as they are stored."""
    said = subprocess.run(
        [ffmpeg.executable(), "-v", "error", "-i", str(path), "-map", stream, "-c", "copy", "-f", "md5", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return said.stdout


@pytest.fixture
def from_a_phone(tmp_path):
    """With the place in both ways that telephones write it, a chapter and the device's name."""
    (tmp_path / "chapters.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=Home, Elm Road 4\n"
    )
    old = make(tmp_path / "old.mp4", *source("testsrc2=s=160x90:r=25"), *source("sine=frequency=440"), "-metadata",
               f"location={PLACE}", *FAST)  # fmt: skip
    new = make(tmp_path / "new.mov", "-i", str(old), "-i", str(tmp_path / "chapters.txt"), "-map_metadata", "0",
               "-map_chapters", "1", "-c", "copy", "-metadata", f"{APPLE}={PLACE}", "-metadata", "model=Phone 9",
               "-movflags", "use_metadata_tags")  # fmt: skip
    return old, new


def test_no_place_no_device_no_chapters_the_same_picture_and_sound(from_a_phone, tmp_path):
    old, new = from_a_phone
    assert {b"\xa9xyz", b"loci"} & set(atoms(old.read_bytes()))
    assert PLACE.encode() in new.read_bytes()

    for file in (old, new):
        before = file.read_bytes()
        facts = copied(file, "video/mp4", tmp_path)

        data = facts.file.read_bytes()
        assert not {b"\xa9xyz", b"loci", b"keys", b"chpl", b"tref"} & set(atoms(data))
        for word in (b"51.5074", b"ISO6709", b"Phone 9", b"Elm Road"):
            assert word not in data
        assert digest(facts.file, "0:v:0") == digest(file, "0:v:0")
        assert digest(facts.file, "0:a:0") == digest(file, "0:a:0")
        assert file.read_bytes() == before
        assert (facts.mime, facts.width, facts.height) == ("video/mp4", 160, 90)


def test_a_recording_loses_its_tags_and_its_cover(tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "cover.jpg")
    song = make(tmp_path / "s.mp3", *source("sine=frequency=440"), "-i", str(tmp_path / "cover.jpg"), "-map", "0",
                "-map", "1", "-metadata", "comment=Elm Road 4", "-disposition:v", "attached_pic")  # fmt: skip
    assert b"Elm Road" in song.read_bytes()

    facts = copied(song, "audio/mpeg", tmp_path)

    assert facts.file.suffix == ".mp3"
    assert b"Elm Road" not in facts.file.read_bytes()
    assert probe.probe(facts.file).kind == "audio"
    assert b"APIC" not in facts.file.read_bytes()


@pytest.mark.parametrize(("name", "mime"), [("c.webm", "video/webm"), ("c.mkv", "video/x-matroska")])
def test_other_containers_stay_what_they_are(tmp_path, name, mime):
    codec = ("-c:v", "libvpx", "-b:v", "200k") if name.endswith("webm") else FAST
    clip = make(tmp_path / name, *source("testsrc2=s=160x90:r=25"), "-metadata", f"location={PLACE}", *codec)

    facts = copied(clip, mime, tmp_path)

    assert facts.mime == mime
    assert PLACE.encode() not in facts.file.read_bytes()


def test_the_poster_is_drawn_anew(from_a_phone, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Phone 9"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0)})
    Image.new("RGB", (4000, 3000), (10, 120, 200)).save(tmp_path / "poster.jpg", exif=exif)

    facts = copied(
        from_a_phone[0], "video/mp4", tmp_path, poster={"path": str(tmp_path / "poster.jpg"), "sha256": ""}
    )

    with Image.open(facts.cover) as poster:
        assert poster.size == (1920, 1440)
        assert not poster.getexif()
    assert b"Phone 9" not in facts.cover.read_bytes()


def test_a_poster_that_cannot_be_read_is_left_out(from_a_phone, tmp_path):
    (tmp_path / "poster.jpg").write_bytes(b"no picture")

    facts = copied(
        from_a_phone[0], "video/mp4", tmp_path, poster={"path": str(tmp_path / "poster.jpg"), "sha256": ""}
    )

    assert facts.cover is None


def test_a_copy_that_breaks_off_is_not_used(from_a_phone, tmp_path, monkeypatch):
    run = ffmpeg.run

    def shorter(arguments, **options):
        if "copy" in arguments and "-movflags" in arguments:
            arguments = [*arguments[:-1], "-t", "0.6", arguments[-1]]
        return run(arguments, **options)

    monkeypatch.setattr(copying.ffmpeg, "run", shorter)

    with pytest.raises(RenderError, match="shorter"):
        copied(from_a_phone[0], "video/mp4", tmp_path)


# What only some browsers play -------------------------------------------------------------------------------------------
def streams(path):
    facts = probe.probe(path)
    return facts.video_codec, facts.audio_codec, facts.pixel_format


HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")


@pytest.mark.parametrize(
    ("name", "sound"),
    [("c.mkv", ("-c:a", "aac")), ("c.mkv", ("-c:a", "flac")), ("c.mkv", ("-c:a", "pcm_s16le"))],
)
def test_an_mkv_becomes_an_mp4_with_the_same_picture(tmp_path, name, sound):
    clip = make(
        tmp_path / name, *source("testsrc2=s=160x90:r=25"), *source("sine=frequency=440"), *FAST, *sound
    )

    facts = copied(clip, "video/mp4", tmp_path)

    assert facts.file.suffix == ".mp4"
    assert facts.mime == "video/mp4"
    assert digest(facts.file, "0:v:0") == digest(clip, "0:v:0")
    assert streams(facts.file)[:2] == ("h264", "aac")


@pytest.mark.skipif("libx265" not in ffmpeg.has("encoders"), reason="no encoder to make the source with")
def test_a_telephones_hevc_becomes_h264_upright_and_no_larger_than_hd(tmp_path, monkeypatch):
    monkeypatch.setattr(copying, "LARGEST", (160, 160))
    lying = make(tmp_path / "l.mp4", *source("testsrc2=s=320x180:r=60"), *source("sine=frequency=440"), *HEVC,
                 "-tag:v", "hvc1")  # fmt: skip
    clip = make(tmp_path / "t.mp4", "-display_rotation:v:0", "90", "-i", str(lying), "-c", "copy")

    facts = copied(clip, "video/mp4", tmp_path)

    assert streams(facts.file) == ("h264", "aac", "yuv420p")
    assert (facts.width, facts.height) == (90, 160)
    assert probe.probe(facts.file).fps == 30
    assert b"moov" in atoms(facts.file.read_bytes())[:3]


def test_ten_bits_a_colour_become_eight(tmp_path):
    clip = make(tmp_path / "t.mp4", *source("testsrc2=s=160x90:r=25"), "-c:v", "libx264", "-preset", "ultrafast",
                "-pix_fmt", "yuv420p10le")  # fmt: skip
    assert streams(clip)[2] == "yuv420p10le"

    assert streams(copied(clip, "video/mp4", tmp_path).file)[2] == "yuv420p"


@pytest.mark.parametrize("why", ["too long", "too slow", "damaged"])
def test_what_cannot_be_coded_anew_stays_as_it_is(tmp_path, monkeypatch, why):
    clip = make(tmp_path / "t.mp4", *source("testsrc2=s=160x90:r=25"), "-c:v", "libx264", "-preset", "ultrafast",
                "-pix_fmt", "yuv420p10le")  # fmt: skip
    run, coded = ffmpeg.run, []

    def running(arguments, **options):
        if "libx264" in arguments:
            coded.append(options["timeout_s"])
            raise RenderInterrupted("late") if why == "too slow" else ffmpeg.FfmpegFailed(1, "Invalid data")
        return run(arguments, **options)

    monkeypatch.setattr(copying.ffmpeg, "run", running)
    if why == "too long":
        monkeypatch.setattr(copying, "ENCODED_S", 0.5)

    facts = copied(clip, "video/mp4", tmp_path)

    assert digest(facts.file, "0:v:0") == digest(clip, "0:v:0")
    assert coded == ([] if why == "too long" else [copying.encoding_s(probe.probe(clip).duration_s)])

"""Several shapes from one decode, lower thirds, sound alone, music, stream copy, covers: whole videos, small and short."""

import subprocess

import pytest
from PIL import Image, ImageDraw

from media import covers, ffmpeg, inspection, probe, sound
from media import cut as cutting
from media.errors import RenderError, RenderInterrupted
from media.render import render, render_together
from tests.media.test_render_video import CHOSEN, LOOK, VTT, cut, frame, make_clip

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=4)


def lavfi(path, *arguments):
    subprocess.run([ffmpeg.executable(), "-v", "error", "-y", *arguments, str(path)], check=True)
    return path


def runs(monkeypatch):
    """The arguments of every ffmpeg that reads the source and encodes."""
    seen, run = [], ffmpeg.run

    def noting(arguments, **options):
        if "libx264" in arguments and "in.bin" in " ".join(arguments) and "proxy.mp4" not in arguments:
            seen.append(arguments)
        return run(arguments, **options)

    monkeypatch.setattr(ffmpeg, "run", noting)
    return seen


def test_four_shapes_of_one_passage_come_from_one_decode(clip, tmp_path, monkeypatch):
    (tmp_path / "c.vtt").write_text(VTT)
    captions = {"path": str(tmp_path / "c.vtt"), "sha256": ""}
    sizes = [[180, 320], [240, 240], [240, 300], [320, 180]]
    wanted = [cut(clip, size=size, captions=captions, start_s=0.5, length_s=3.0, centre={"x": 0.5, "y": 0.5})
              for size in sizes]  # fmt: skip
    wanted[1]["title"] = {
        "headline": "Unreadably long " * 80
    }  # one that cannot be made does not hold up the others
    ran = runs(monkeypatch)

    found = render_together(wanted, root=tmp_path, outs=[tmp_path / f"{n}.mp4" for n in range(4)])

    assert len(ran) == 1
    assert isinstance(found[1], RenderError)
    made = [found[0], found[2], found[3]]
    assert [[facts.width, facts.height] for facts in made] == [sizes[0], sizes[2], sizes[3]]
    for facts in made:
        seen = inspection.look(facts.file)
        assert (seen.frames, seen.starts_fast) == (round(5.6 * 30), True)
        assert facts.captions.read_text().count("-->") == 2
        assert facts.cover.exists()


def test_passages_that_differ_are_each_decoded_and_looked_into_once(clip, tmp_path, monkeypatch):
    ran = runs(monkeypatch)
    wanted = [
        cut(clip, start_s=start, length_s=3.0, centre={"x": 0.5, "y": 0.5}, title={}, end_card={})
        for start in (0.0, 1.0)
    ]

    found = render_together(wanted, root=tmp_path, outs=[tmp_path / "a.mp4", tmp_path / "b.mp4"])

    assert [facts.start_s for facts in found] == [0.0, 1.0]
    assert len(ran) == 2


def test_a_shape_that_becomes_too_large_takes_no_other_with_it(clip, tmp_path):
    wanted = [cut(clip, size=size, title={}, end_card={}, max_bytes=limit, **CHOSEN) for size, limit in
              (([180, 320], 3_000_000), ([240, 240], 30_000), ([320, 180], 3_000_000))]  # fmt: skip

    found = render_together(wanted, root=tmp_path, outs=[tmp_path / f"{n}.mp4" for n in range(3)])

    assert [getattr(each, "width", None) for each in found] == [180, None, 320]
    assert "cannot be made smaller than" in str(found[1])


def test_what_is_cut_off_is_told_of_those_that_were_not_made_yet(clip, tmp_path, monkeypatch):
    """A later try may help them; a passage that is made already stays made."""
    real = cutting.encode

    def encode(graph, outputs, *rest):
        if outputs[0].length_s < 3.2:
            raise RenderInterrupted("The disk is full.")
        return real(graph, outputs, *rest)

    monkeypatch.setattr(cutting, "encode", encode)
    wanted = [
        cut(clip, start_s=0.5, length_s=length, centre={"x": 0.5, "y": 0.5}, title={}, end_card={})
        for length in (3.0, 3.4)
    ]

    found = render_together(wanted, root=tmp_path, outs=[tmp_path / "a.mp4", tmp_path / "b.mp4"])

    assert isinstance(found[0], RenderInterrupted)
    assert found[1].file.exists()


def near(pixel, colour=(11, 92, 99)):
    return all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=True))


def test_a_lower_third_says_who_speaks_above_the_captions(tmp_path):
    clip = make_clip(tmp_path / "c.mp4", seconds=4, extra=("-vf", "drawbox=c=white:t=fill"))
    (tmp_path / "c.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:04.000\nHello there\n")
    plan = cut(clip, captions={"path": str(tmp_path / "c.vtt"), "sha256": ""}, title={}, end_card={}, **CHOSEN,
               size=[270, 480], lower_third={"name": "Jean Okafor", "role": "volunteer"})  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4")

    def green(image):
        """The lines on which the campaign's colour stands."""
        column = image.crop((8, 0, 90, 480)).resize((1, 480), Image.Resampling.NEAREST)
        return [y for y in range(480) if near(column.getpixel((0, y)))]

    shown = frame(facts.file, 2.0, tmp_path)
    plate, grey = green(shown), shown.convert("L")
    dark = [
        y
        for y in range(max(plate, default=0) + 1, 480)
        if grey.crop((100, y, 170, y + 1)).getextrema()[0] < 70
    ]
    assert plate
    assert dark  # the caption, all of it below the plate
    assert green(frame(facts.file, 0.2, tmp_path)) == []


def test_a_passage_of_a_podcast_shows_its_waves(tmp_path):
    podcast = lavfi(
        tmp_path / "p.mp3", "-f", "lavfi", "-i", "sine=frequency=300:duration=4", "-c:a", "libmp3lame"
    )
    (tmp_path / "c.vtt").write_text(VTT)
    plan = cut(podcast, captions={"path": str(tmp_path / "c.vtt"), "sha256": ""}, size=[270, 480], start_s=0.0,
               end_card={}, title={"headline": "Our river"}, safe=[])  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "cut.mp4")

    seen = inspection.look(facts.file)
    assert (seen.frames, seen.facts.width, seen.lufs) == (120, 270, pytest.approx(-14, abs=1))
    image = frame(facts.file, 2.0, tmp_path)
    wave = image.crop((30, 240, 240, 306)).convert("L")
    assert wave.getextrema()[1] > 200  # white on the campaign's colour
    assert (
        frame(facts.file, 2.0, tmp_path).crop((0, 330, 270, 460)).convert("L").getextrema()[0] < 60
    )  # captions


def test_the_passage_of_a_podcast_is_chosen_by_its_sound(tmp_path):
    podcast = lavfi(
        tmp_path / "p.wav", "-f", "lavfi", "-i", "aevalsrc=if(gt(t\\,6)\\,0.4*sin(2000*t)\\,0):d=12:s=16000"
    )

    facts = render(cut(podcast, max_s=4, min_s=1, end_card={}), root=tmp_path, out=tmp_path / "cut.mp4")

    assert 5.5 <= facts.start_s <= 8
    assert probe.inspect(podcast).kind == probe.AUDIO


def test_a_film_has_its_music_loud_enough_to_its_end(card, tmp_path):
    music = lavfi(tmp_path / "m.wav", "-f", "lavfi", "-i", "sine=frequency=440:duration=1,volume=-9dB")
    plan = {"kind": "film", "version": 1, "size": [180, 320], "fps": 30, "slide_s": 1.5, "end_card": {}, "look": LOOK,
            "slides": [card("text", headline="One"), card("text", headline="Two")], "language": "en",
            "music": {"path": str(music), "sha256": ""}}  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / "film.mp4")

    seen = inspection.look(facts.file)
    assert (seen.frames, seen.lufs) == (90, pytest.approx(-14, abs=1))


def test_loud_peaks_are_held_and_the_whole_is_as_loud_as_it_should_be(tmp_path):
    """Quiet speech with bangs: turned up alone, the bangs would go over."""
    sounds = "aevalsrc=0.02*sin(2000*t)+if(lt(mod(t\\,1)\\,0.02)\\,0.7*sin(900*t)\\,0):d=5:s=48000"
    clip = lavfi(tmp_path / "c.mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=5", "-f", "lavfi",
                 "-i", sounds, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")  # fmt: skip

    facts = render(cut(clip, title={}, end_card={}), root=tmp_path, out=tmp_path / "cut.mp4")

    heard = sound.measure(["-i", str(facts.file)], tmp_path, 5)
    assert heard.lufs == pytest.approx(-14, abs=1)
    assert heard.peak < -0.5


def test_a_video_that_fits_already_is_taken_over_as_it_is(tmp_path):
    clip = lavfi(tmp_path / "c.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=3", "-f", "lavfi",
                 "-i", "sine=frequency=440:duration=3,volume=7.8dB", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                 "yuv420p", "-c:a", "aac")  # fmt: skip
    plan = cut(clip, size=[320, 180], title={}, end_card={})

    facts = render(plan, root=tmp_path, out=tmp_path / "same.mp4")

    def pictures(path):
        command = [ffmpeg.executable(), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [line.rsplit(",", 1)[1] for line in said.splitlines() if not line.startswith("#")]

    assert pictures(facts.file) == pictures(clip)
    assert inspection.starts_fast(facts.file)
    assert facts.cover.exists()


# Covers -----------------------------------------------------------------------------------------------------


def small(draw):
    image = Image.new("L", (96, 170), 120)
    draw(ImageDraw.Draw(image))
    return image


@pytest.mark.unit
def test_the_best_cover_is_sharp_where_one_looks_and_neither_black_nor_moving():
    plain = small(lambda pen: None)
    black = small(lambda pen: pen.rectangle((0, 0, 96, 170), fill=4))
    edge = small(lambda pen: [pen.line((2 + n, 0, 2 + n, 170), fill=255) for n in (0, 4, 8)])
    middle = small(lambda pen: [pen.line((44 + n, 0, 44 + n, 170), fill=255) for n in (0, 4, 8)])

    assert covers.best([plain, black, edge, middle, middle], 0, 9) == 1.5
    assert covers.best([middle, plain, edge, plain], 0.5, 1.5) == 1.0  # only what lies between the two times
    assert covers.best([middle, black, middle, middle], 0, 9) == 1.0  # the first goes over into black
    assert covers.best([], 0, 9) is None


def test_the_cover_is_a_sharp_frame(tmp_path):
    shown = "testsrc2=size=320x180:rate=25:duration=4,gblur=sigma=8:enable='lt(t,2)+gt(t,2.9)'"
    clip = lavfi(
        tmp_path / "c.mp4",
        "-f",
        "lavfi",
        "-i",
        shown,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    )
    facts = render(cut(clip, title={}, end_card={}, start_s=0.0), root=tmp_path, out=tmp_path / "cut.mp4")

    with Image.open(facts.cover) as cover:
        sharp = covers.worth(cover.convert("L").resize((96, 170)))
    assert sharp > 2 * covers.worth(frame(facts.file, 0.5, tmp_path).convert("L").resize((96, 170)))

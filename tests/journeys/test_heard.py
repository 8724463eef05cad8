"""Sound in stories: a recording becomes a video with title, waves and captions; music is heard under a film of cards.

Made by hand in the browser, rendered by the worker, looked at and listened to as they lie on the page of all files.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from media import ffmpeg, inspection, sound
from tests.journeys.test_editor import open_editor, press, reach, serious, settled
from tests.journeys.test_main_job import add_block, campaign
from tests.media.test_render_video import frame
from tests.stack import until

pytestmark = [pytest.mark.browser]
SAID = """1
00:00:01,000 --> 00:00:03,000
Two hundred people came.

2
00:00:05,000 --> 00:00:07,500
All of them brought bags.
"""
# Two seconds of a voice-like tone, two of silence, and so on: where it is silent no wave stands.
VOICE = "aevalsrc=if(lt(mod(t\\,4)\\,2)\\,0.2*sin(1400*t)*(1+sin(30*t))/2\\,0):d=9:s=44100"
SONG = "sine=frequency=440:duration=5,volume=-6dB"


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    """``voice.mp3`` with its captions as SubRip, and ``song.mp3``, shorter than a film."""
    folder = tmp_path_factory.mktemp("sounds")
    for name, what in (("voice.mp3", VOICE), ("song.mp3", SONG)):
        command = [
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            what,
            "-c:a",
            "libmp3lame",
            "-b:a",
            "128k",
            folder / name,
        ]
        subprocess.run([ffmpeg.executable(), *command], check=True)
    (folder / "voice.srt").write_text(SAID)
    return folder


def upload(someone, title: str, file: Path, captions: Path | None = None) -> None:
    page = someone.go("/admin/media/audio/add/")
    assert someone.serious() == []
    page.fill("[name=title]", title)
    page.set_input_files("[name=file]", file)
    if captions is not None:
        page.set_input_files("[name=captions]", captions)
    page.locator("form[enctype] button[type=submit], form[enctype] input[type=submit]").last.click()
    page.get_by_role("link", name=title).first.wait_for()


def choose_sound(page, block, title: str) -> None:
    block.locator(".chooser button:visible").first.click()
    page.locator(".modal, dialog").get_by_role("link", name=title).first.click()
    block.get_by_text(title).first.wait_for()


def story(stack, someone, title: str) -> None:
    page = someone.go(f"/admin/pages/add/cms/storypage/{campaign(stack)}/")
    page.fill("#id_title", title)
    page.fill("#id_lead", "Neighbours cleaned both banks on Saturday.")


def reel(stack, someone, tmp_path) -> tuple[str, Path]:
    """Make the reel of the story that is open, and keep its file as the page of all files hands it out."""
    pk = re.search(r"/pages/(\d+)/", someone.page.url)[1]
    page = someone.go(f"/admin/variants/story/{pk}/create/")
    ticked = page.locator("input[name=format]:checked")
    while ticked.count():
        ticked.first.uncheck()
    page.check("input[name=format][value='instagram.reel']")
    page.click("button:has-text('Create the ticked variants')")
    page.wait_for_url(re.compile(r"/admin/variants/story/\d+/$"))
    someone.go("/admin/")  # that page loads itself again once all is made
    states = (
        "from media.models import Render as R;"
        "print(*R.objects.filter(plan__size=[1080, 1920]).values_list('state', 'error'))"
    )

    def made():
        said = stack.shell(states)
        return said if not re.search("'(waiting|rendering)'", said) else ""

    assert "failed" not in until(made, seconds=420, every=2, what="the reel")
    page = someone.go(f"/admin/variants/story/{pk}/files/")
    page.locator(".files-file a[download$='.mp4']").last.wait_for()
    expect(page.locator(".files-file")).to_have_count(1)
    image = page.locator(".files-picture img").first
    page.wait_for_function("e => e.complete", arg=image.element_handle())
    assert page.evaluate("e => createImageBitmap(e).then(b => b.height)", image.element_handle()) == 1920
    assert someone.serious() == []
    answer = page.request.get(page.locator(".files-file a[download$='.mp4']").last.evaluate("e => e.href"))
    assert answer.ok
    file = tmp_path / "reel.mp4"
    file.write_bytes(answer.body())
    return page.locator(".files-file").inner_text(), file


def loudness(file: Path, start_s: float, length_s: float) -> float:
    heard = sound.measure(["-ss", str(start_s), "-t", str(length_s), "-i", file.name], file.parent, length_s)
    return heard.lufs if heard else -99.0


def test_a_recording_becomes_a_video_with_its_waves_and_captions(stack, person, sounds, tmp_path):
    chris = person("chris")
    upload(chris, "The river, told", sounds / "voice.mp3", sounds / "voice.srt")
    story(stack, chris, "What the neighbours say")
    page = chris.page
    block = add_block(page, "Recording")
    choose_sound(page, block, "The river, told")
    block.locator("[name$='-title']").fill("The river, told by those who clean it")
    block.locator("[name$='-alt']").fill("Anna Shaw talks about Saturday.")
    chris.save()

    told, file = reel(stack, chris, tmp_path)

    assert "Anna Shaw talks about Saturday." in told
    assert "1080 × 1920" in told
    assert re.search(r"WebVTT,\s+SubRip, burnt in too", told)
    seen = inspection.look(file)
    assert (seen.facts.width, seen.facts.height) == (1080, 1920)
    assert seen.starts_fast
    assert seen.lufs == pytest.approx(-14, abs=1)
    start = 0.0 if seen.facts.duration_s > 9 else None  # all of it, and the closing card after
    assert start == 0.0

    def lit(at_s: float, top: float, bottom: float) -> float:
        """How much of these lines of the picture is nearly white."""
        image = frame(file, at_s, tmp_path).convert("L")
        part = image.crop((0, round(image.height * top), image.width, round(image.height * bottom)))
        return sum(part.histogram()[215:]) / (part.width * part.height)

    waves, words = (0.5, 0.64), (0.64, 0.86)
    assert lit(1.5, *waves) > lit(3.5, *waves) + 0.02  # he speaks, and then he does not
    assert lit(5.5, *waves) > lit(7.8, *waves) + 0.02
    assert [lit(at, *words) > 0.002 for at in (0.5, 2.0, 4.0, 6.0, 8.5)] == [False, True, False, True, False]
    vtt = page.request.get(page.get_by_role("link", name="WebVTT").evaluate("e => e.href")).text()
    srt = page.request.get(page.get_by_role("link", name="SubRip").evaluate("e => e.href")).text()
    assert "00:00:05.000 --> 00:00:07.500\nAll of them brought bags." in vtt
    assert "00:00:05,000 --> 00:00:07,500\nAll of them brought bags." in srt
    assert chris.trouble == []
    choose_a_passage_of_what_is_heard_by_keyboard(stack, chris)


def choose_a_passage_of_what_is_heard_by_keyboard(stack, chris):
    """Goes on with the recording above: its second sentence, and nothing of a frame to choose."""
    last = "from formats.models import Variant as V; v = V.objects.latest('pk')"
    page = open_editor(chris, int(stack.shell(f"{last}; print(v.pk)").split()[-1]))
    press(page, page.locator(".variant-media [data-do=passage]").first)
    dialog = page.locator("#variant-passage")
    sentences = dialog.locator("[data-sentence]")
    until(lambda: sentences.count() == 2, what="what is said")
    assert serious(chris) == []
    assert dialog.locator("video, input[name=x], input[name=y]").count() == 0
    heard = dialog.locator("audio")
    assert until(lambda: heard.evaluate("e => e.duration"), what="the sound") == pytest.approx(9, abs=0.2)

    press(page, sentences.nth(1).locator("[data-begin]"))
    press(page, sentences.nth(1).locator("[data-end]"))
    until(
        lambda: heard.evaluate("e => e.currentTime") == pytest.approx(5, abs=0.1),
        what="the sound to go there",
    )
    handle = dialog.locator("input[name=end_line]")
    reach(page, handle)
    page.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuetext") == "0:07.6"
    assert dialog.locator("[data-passage-length]").inner_text() == "2.6 s"
    press(page, dialog.locator("[data-passage-play]"))
    until(lambda: heard.evaluate("e => e.paused && e.currentTime >= 7.5"), what="the passage to be over")
    press(page, dialog.get_by_role("button", name="Use this passage"))
    until(lambda: not dialog.is_visible(), what="the dialog to close")
    settled(page)
    page.keyboard.press("Control+s")
    page.wait_for_load_state()
    code = f"{last}; p = v.to_parts()[0].media[0].plan; print(p.get('start_s'), p.get('length_s'))"
    until(lambda: stack.shell(code).split()[-2:] == ["5.0", "2.6"], every=1, what="saving")
    assert chris.trouble == []


def test_music_is_heard_under_a_film_of_the_cards_from_its_start_to_its_end(stack, person, sounds, tmp_path):
    chris = person("chris")
    upload(chris, "Brass band", sounds / "song.mp3")
    story(stack, chris, "A morning in figures")
    page = chris.page
    figure = add_block(page, "Statistic")
    for name, text in (("value", "4.2"), ("unit", "t"), ("label", "of rubbish"), ("source", "Parks office")):
        figure.locator(f"[name$='-{name}']").fill(text)
    choose_sound(page, add_block(page, "Music"), "Brass band")
    chris.save()

    told, file = reel(stack, chris, tmp_path)

    assert "Film of cards" in told
    assert "nothing is said in it" in told
    seen = inspection.look(file)
    length = seen.facts.duration_s
    assert length > 7  # the song is five seconds long: it begins again
    assert seen.lufs == pytest.approx(-14, abs=1)
    assert loudness(file, 5.5, 1.0) > -20
    assert loudness(file, length - 0.5, 0.5) < loudness(file, 2.0, 1.0) - 4  # fades out with the last card
    assert chris.trouble == []

"""What a short video is made of: a recording, or cards with music."""

from dataclasses import replace

import pytest

from formats.core import checks, filming, items, omissions, plans
from formats.core.draft import Part
from formats.core.piece import Figures, FileRef, Music, Recording, Row, block_digest
from formats.registry import FORMATS
from formats.views import passages
from tests.formats.pieces import CAPTIONS, STORY, VIDEO

pytestmark = pytest.mark.unit

SOUND = FileRef("sounds/river.mp3", "12" * 32, "audio/mpeg", 700_000, 0, 0, 90.0)
RECORDING = Recording("said", SOUND, "The river, told", CAPTIONS, "Anna Shaw talks")
MUSIC = Music("music", FileRef("sounds/song.mp3", "34" * 32, "audio/mpeg", 500_000, 0, 0, 60.0))
SILENT = replace(STORY, blocks=tuple(each for each in STORY.blocks if each is not VIDEO))
FILM = filming.Film(items.Canvas((1080, 1920)))


def test_a_recording_is_cut_like_a_video():
    item, notes = filming.of(replace(SILENT, blocks=(*SILENT.blocks, RECORDING)), FILM)

    assert (item.plan["kind"], item.plan["source"]["path"], item.plan["source"]["duration_s"]) == (
        "cut", SOUND.path, 90.0)  # fmt: skip
    assert item.plan["captions"] == plans.file(CAPTIONS)
    assert item.alt == "Anna Shaw talks"
    assert "said" in item.sources
    assert notes == []


def test_a_recording_without_captions_stops_the_post():
    piece = replace(SILENT, blocks=(replace(RECORDING, captions=None),))

    draft = FORMATS.get("instagram.reel").compose(piece)

    assert "no_captions" in [finding.code for finding in draft.findings]


def test_a_film_of_cards_has_the_storys_music():
    item, (note,) = filming.of(replace(SILENT, blocks=(*SILENT.blocks, MUSIC)), FILM)

    assert item.plan["music"] == plans.file(MUSIC.file)
    assert "music" in item.sources  # another song makes the film anew
    assert "with the story's music" in note.message
    silent, (plain,) = filming.of(SILENT, FILM)
    assert "music" not in silent.plan  # films made before keep their key
    assert "without sound" in plain.message


def test_music_is_never_missed_in_a_post():
    alone = replace(SILENT, headline="", lead="", blocks=(MUSIC,))

    assert not checks.has_content(alone)
    assert omissions.of(replace(SILENT, blocks=(MUSIC,)), [Part("")], lambda block: "") == ()


def test_a_recording_that_a_format_cannot_use_is_named():
    piece = replace(SILENT, blocks=(*SILENT.blocks, RECORDING))

    (left,) = [each for each in FORMATS.get("x.thread").compose(piece).left_out if each.source == "said"]

    assert left.what == "recording"
    assert "audiogram" in left.why


def test_a_map_says_where_it_is_from_on_every_picture():
    figures = Figures(
        "f", "Rubbish", "kg", "Council", (Row("North", 1.0), Row("South", 2.0)), "map", regions=("North", "South"),
        map=FileRef("maps/a.json", "56" * 32, "application/json"), map_source="OpenStreetMap, ODbL",
    )  # fmt: skip
    (card,) = items.figures_cards(replace(STORY, language="de"), figures, items.Canvas((1080, 1350)))

    assert card.plan["text"]["footer"] == "Karte: OpenStreetMap, ODbL"
    assert block_digest(figures) != block_digest(replace(figures, map_source=""))


def test_a_recording_has_no_frame_to_be_moved():
    """Its passage is chosen like a video's; that it has no size must not stop the dialog."""
    item, _ = filming.of(replace(SILENT, blocks=(RECORDING,)), FILM)

    assert passages._frame(item.plan, None) == passages.Frame(1.0, 1.0, 50, 50)

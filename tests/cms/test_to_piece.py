"""A page as a piece: every block, gaps, other scripts."""

import pytest
from django.core.files.base import ContentFile
from wagtail.rich_text import RichText

from cms.models import CampaignMedia, InfographicPage, InfographicRow, StoryPage
from formats.core import piece

pytestmark = pytest.mark.db


def story_with(make_story, *blocks, **fields):
    return StoryPage.objects.get(pk=make_story(body=blocks, **fields).pk)


def test_story_words_become_blocks(make_story):
    page = story_with(
        make_story,
        ("heading", "What we found"),
        ("paragraph", RichText("<p>One <b>tonne</b> &amp; more.</p><ul><li>glass</li><li>tin</li></ul>")),
        ("key_points", ["First", "", "  Second "]),
        ("quote", {"text": "So clear.", "speaker": "Jean", "role": "volunteer"}),
        (
            "statistic",
            {
                "value": "4.2",
                "unit": "tonnes",
                "label": "of rubbish",
                "source": "Weighbridge",
                "source_url": "https://example.org/w",
            },
        ),
        ("call_to_action", {"text": "Join us", "url": "https://example.org/join"}),
    )

    made = page.to_piece()

    heading, paragraph, points, quote, figure, action = made.blocks
    assert heading == piece.Heading(heading.id, "What we found")
    assert paragraph.text == "One tonne & more.\n\n• glass\n• tin"
    assert points.points == ("First", "Second")
    assert quote == piece.Quote(quote.id, "So clear.", "Jean", "volunteer")
    assert figure == piece.Statistic(
        figure.id, "4.2", "tonnes", "of rubbish", "Weighbridge", "https://example.org/w"
    )
    assert action == piece.CallToAction(action.id, "Join us", "https://example.org/join")
    assert [b.id for b in made.blocks] == [b.id for b in page.body]


def test_story_carries_its_campaign(make_story, settings):
    settings.PUBLIC_URL = "https://riverside.example"

    made = story_with(make_story, hashtags="#CleanBanks").to_piece()

    assert made.kind == "story"
    assert made.key.startswith("story:")
    assert made.headline == "Four tonnes in one day"
    assert made.lead == "214 neighbours cleaned the banks."
    assert made.link == "https://riverside.example/river-clean-up/four-tonnes-in-one-day/"
    assert made.hashtags == ("CleanBanks",)
    assert made.campaign.hashtags == ("RiverCleanUp", "Riverside")
    assert made.campaign.utm_name == "river-clean-up"
    assert made.campaign.imprint == "Published by Riverside Town Council"
    assert made.campaign.time_zone == "Europe/London"


def test_own_link_wins(make_story):
    assert (
        story_with(make_story, link="https://example.org/more").to_piece().link == "https://example.org/more"
    )


def test_picture_brings_focus_credit_and_digest(make_story, picture):
    value = {"image": picture, "alt": "The bridge at dawn", "caption": "Saturday, 7 am"}

    page = story_with(make_story, ("picture", value))

    (block,) = page.to_piece().blocks
    assert (block.alt, block.caption, block.credit) == (
        "The bridge at dawn",
        "Saturday, 7 am",
        "Riverside Town Council",
    )
    assert block.file.path == picture.file.name
    assert len(block.file.sha256) == 64
    assert (block.file.mime, block.file.width, block.file.height) == ("image/jpeg", 1200, 800)
    assert block.focus == piece.Focus(0.25, 0.25, 0.1, 0.1)
    assert page.cover_id == picture.pk


def test_alt_text_falls_back_to_the_pictures_description_never_its_title(make_story, picture):
    value = {"image": picture, "alt": "", "caption": ""}
    assert story_with(make_story, ("picture", value)).to_piece().blocks[0].alt == ""

    picture.description = "A stone bridge over brown water"
    picture.save()

    assert story_with(make_story, ("picture", value)).to_piece().blocks[0].alt == picture.description


def test_replaced_file_changes_the_digest(picture, jpeg):
    before = picture.sha256
    picture.file = ContentFile(jpeg(colour=(1, 2, 3)), name="other.jpg")
    picture.save()

    assert picture.sha256 != before


def test_video_brings_its_captions(make_story):
    video = CampaignMedia.objects.create(
        title="Morning",
        type="video",
        file=ContentFile(b"video", name="morning.mp4"),
        captions=ContentFile(b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n", name="morning.vtt"),
        duration=12.5,
        width=1920,
        height=1080,
    )

    page = story_with(make_story, ("video", {"video": video, "title": "A morning", "alt": ""}))

    (block,) = page.to_piece().blocks
    assert (block.title, block.file.mime, block.file.duration_s) == ("A morning", "video/mp4", 12.5)
    assert (block.file.width, block.file.height, block.file.bytes) == (1920, 1080, 5)
    assert block.captions.path == video.captions.name
    assert block.captions.sha256 == video.captions_sha256 != ""


def test_a_recording_and_music_bring_their_files(make_story):
    sound = CampaignMedia.objects.create(
        title="Told",
        type="audio",
        file=ContentFile(b"sound", name="told.mp3"),
        captions=ContentFile(b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n", name="told.vtt"),
        duration=12.5,
    )
    page = story_with(
        make_story,
        ("recording", {"audio": sound, "title": "The river, told", "alt": ""}),
        ("music", {"audio": sound}),
        ("music", {"audio": None}),
    )

    recording, music = page.to_piece().blocks

    assert isinstance(recording, piece.Recording)
    assert (recording.title, recording.file.mime, recording.file.width) == (
        "The river, told",
        "audio/mpeg",
        0,
    )
    assert recording.captions.sha256 == sound.captions_sha256
    assert (music.file.path, music.file.duration_s) == (sound.file.name, 12.5)


def test_empty_story_is_an_empty_piece(make_story):
    page = story_with(
        make_story,
        ("heading", ""),
        ("paragraph", RichText("<p></p>")),
        ("key_points", [""]),
        ("quote", {"text": "", "speaker": "", "role": ""}),
        ("picture", {"image": None, "alt": "", "caption": ""}),
        ("video", {"video": None, "title": "", "alt": ""}),
        ("call_to_action", {"text": "", "url": ""}),
        lead="",
        live=False,
    )

    made = page.to_piece()

    assert made.blocks == ()
    assert made.lead == ""


@pytest.mark.parametrize(
    ("title", "language", "direction"),
    [
        ("🎉🎉🎉", "en", "ltr"),
        ("تنظيف النهر", "ar", "rtl"),
        ("ניקוי הנהר", "he", "rtl"),
        ("Río limpio", "es-AR", "ltr"),
    ],
)
def test_headlines_in_any_script(make_story, title, language, direction):
    page = story_with(make_story, title=title, language=language)

    made = page.to_piece()

    assert (made.headline, made.language, page.direction) == (title, language, direction)
    assert page.slug
    assert made.link


def test_infographic_becomes_figures(campaign):
    page = InfographicPage(
        title="Less every month",
        intro="Tonnes by month.",
        unit="tonnes",
        source="Council",
        chart="column",
        rows=[
            InfographicRow(label="May", value="4.2"),
            InfographicRow(label="June", value="3"),
            InfographicRow(label="", value=None),
        ],
    )
    campaign.add_child(instance=page)

    made = InfographicPage.objects.get(pk=page.pk).to_piece()

    assert (made.kind, made.lead) == ("infographic", "Tonnes by month.")
    (figures,) = made.blocks
    assert figures.rows == (piece.Row("May", 4.2), piece.Row("June", 3.0))
    assert (figures.unit, figures.chart, figures.source, figures.title) == (
        "tonnes",
        "column",
        "Council",
        "Less every month",
    )


def test_piece_of_a_draft_revision_is_of_that_revision(make_story):
    page = make_story()
    page.title = "Changed, not published"
    revision = page.save_revision()

    draft = page.get_latest_revision_as_object().to_piece()

    assert (draft.headline, draft.revision) == ("Changed, not published", str(revision.pk))
    assert StoryPage.objects.get(pk=page.pk).to_piece().headline == "Four tonnes in one day"

"""The sample: complete, believable to the checks of its own pages, loaded once, never in production."""

import subprocess

import pytest
from django.contrib.auth import authenticate, get_user_model
from wagtail.models import Page, Site

from cms import sample, sample_stories
from cms.models import CampaignImage, CampaignMedia, CampaignPage, KnownAccount, StoryPage
from cms.people.forms import linking
from formats.core import mentions, piece
from formats.registry import FORMATS
from media import ffmpeg

pytestmark = pytest.mark.db


@pytest.fixture
def files(db, tmp_path, jpeg):
    """Small stand-ins under the names that media.sample gives its pictures."""
    pictures = {}
    for name in ("river-morning", "volunteers", "bridge-evening", "wetland", "collected"):
        pictures[name] = tmp_path / f"{name}.jpg"
        pictures[name].write_bytes(jpeg(600, 400))
    video, captions = tmp_path / "clean-river.mp4", tmp_path / "clean-river.vtt"
    source = ["-f", "lavfi", "-i", "testsrc=s=320x180:d=2:r=10", "-pix_fmt", "yuv420p"]
    subprocess.run([ffmpeg.executable(), "-loglevel", "error", *source, str(video)], check=True)
    captions.write_text("WEBVTT\n\n00:00.000 --> 00:01.500\nThis is the Wend.\n")
    return sample.SampleFiles(pictures=pictures, video=video, captions=captions)


@pytest.fixture
def loaded(files):
    return sample.load(files=files)


def counts():
    models = (Page, CampaignImage, CampaignMedia, KnownAccount, get_user_model(), Site)
    return [model.objects.count() for model in models]


def test_second_load_adds_nothing(loaded, files):
    before = counts()

    again = sample.load(files=files)

    assert counts() == before
    assert {slug: page.pk for slug, page in again.pieces.items()} == {
        slug: page.pk for slug, page in loaded.pieces.items()
    }


def test_everything_is_published_and_passes_its_own_checks(loaded, client):
    for page in [loaded.home, *loaded.campaigns.values(), *loaded.pieces.values()]:
        page.specific.full_clean()
        assert client.get(page.get_url()).status_code == 200, page


def test_pieces_have_facts_with_sources_and_pictures_with_words(loaded):
    made = [page.to_piece() for page in loaded.pieces.values()]

    for told in made:
        assert told.lead
        assert told.campaign.imprint
        assert all(figure.source for figure in (*told.of(piece.Statistic), *told.of(piece.Figures)))
        assert all(picture.alt for picture in told.of(piece.Picture))
    (video,) = [video for told in made for video in told.of(piece.Video)]
    assert video.captions is not None
    assert video.file.duration_s > 0
    assert len(loaded.pieces["less-rubbish-every-month"].to_piece().blocks[0].rows) == 8


def test_stories_mention_everybody_on_the_list_as_each_platform_calls_them(loaded):
    made = [page.to_piece() for page in loaded.pieces.values()]
    named = {
        each.account.name
        for told in made
        for text in mentions.texts(told)
        for each in mentions.named(text, told.accounts)
    }

    herons = next(told for told in made if told.headline.startswith("The herons"))
    begins = {
        name: FORMATS[name].compose(herons).parts[0].text
        for name in ("x.thread", "mastodon.thread", "facebook.post")
    }

    assert named == {name for name, _, _ in sample_stories.ACCOUNTS}
    assert "reports @RiversideWild." in begins["x.thread"]
    assert "reports @wildlife@riverside.example." in begins["mastodon.thread"]
    assert "reports the Riverside Wildlife Group." in begins["facebook.post"]


def test_handles_of_the_sample_are_handles(loaded):
    for account in KnownAccount.objects.all():
        for platform, handle in account.handles.items():
            assert linking()[platform].handle.read(handle) == handle


def test_people_sign_in_and_see_only_their_campaign(loaded, client):
    for person in sample.PEOPLE:
        assert authenticate(username=person.username, password="river-demo"), person
    client.force_login(loaded.people["sasha"])

    html = client.get("/admin/pages/", follow=True).content.decode()

    assert "Three school streets" in html
    assert "River Clean-up" not in html


def test_sign_in_page_shows_the_demos_people(loaded, client, settings):
    assert "river-demo" in client.get("/admin/login/").content.decode()

    settings.PRODUCTION = True

    assert "river-demo" not in client.get("/admin/login/").content.decode()


def test_sign_in_page_without_the_sample_shows_nobody(client, db):
    assert "river-demo" not in client.get("/admin/login/").content.decode()


def test_sample_refuses_production(files, settings):
    settings.PRODUCTION = True

    with pytest.raises(sample.NotInProduction):
        sample.load(files=files)
    assert CampaignPage.objects.count() == 0


def test_edited_person_stays_edited(loaded, files):
    KnownAccount.objects.filter(name="Wend Rowing Club").update(handles={"x": "Rowers"})

    sample.load(files=files)

    assert KnownAccount.objects.get(name="Wend Rowing Club").handles == {"x": "Rowers"}


def test_edited_story_stays_edited(loaded, files):
    page = StoryPage.objects.get(slug="the-herons-are-back")
    page.title = "Ours now"
    page.save()

    again = sample.load(files=files)

    assert again.pieces["the-herons-are-back"].title == "Ours now"

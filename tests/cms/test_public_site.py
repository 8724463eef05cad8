"""The public pages: what stands in them, for whom they work, how much they ask of the database."""

from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.rich_text import RichText

from cms.models import InfographicPage, InfographicRow

pytestmark = pytest.mark.db

ALT = 'The "old" bridge & a <heron>'


class Page(HTMLParser):
    """What a page loads, links and claims."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.meta, self.loads, self.inline, self.images = [], {}, [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        if tag == "meta":
            self.meta[attrs.get("property") or attrs.get("name")] = attrs.get("content")
        if tag in ("script", "img", "source", "track", "video", "iframe"):
            self.loads += [attrs[key] for key in ("src", "poster") if attrs.get(key)]
        if tag == "link" and attrs.get("rel") in ("stylesheet", "icon"):
            self.loads.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)
        if tag == "style" or "style" in attrs or any(key.startswith("on") for key in attrs):
            self.inline.append((tag, attrs))
        if tag == "script" and not attrs.get("src"):
            self.inline.append((tag, attrs))


def look(client, page) -> tuple[Page, str]:
    response = client.get(page.get_url())
    assert response.status_code == 200
    html = response.content.decode()
    return Page(html), html


@pytest.fixture
def full_story(make_story, picture):
    return make_story(
        body=[
            ("picture", {"image": picture, "alt": ALT, "caption": "Saturday"}),
            ("heading", "What we found"),
            ("paragraph", RichText("<p>One <b>tonne</b>.</p>")),
            ("key_points", ["First", "Second"]),
            ("quote", {"text": "So <clear>.", "speaker": "Jean", "role": "volunteer"}),
            (
                "statistic",
                {"value": "4.2", "unit": "tonnes", "label": "of it", "source": "Scale", "source_url": ""},
            ),
            ("call_to_action", {"text": "Join us", "url": "https://example.org/join"}),
        ]
    )


def test_story_says_everything(client, full_story, settings):
    settings.PUBLIC_URL = "https://riverside.example"

    page, html = look(client, full_story)

    for words in ("What we found", "<b>tonne</b>", "Second", "So &lt;clear&gt;.", "4.2", "Scale", "Join us"):
        assert words in html
    assert page.tags.count("h1") == 1
    assert page.images[0]["alt"] == ALT
    assert "Published by Riverside Town Council" in html
    assert page.meta["og:type"] == "article"
    assert page.meta["og:title"] == full_story.title
    assert page.meta["og:url"] == f"https://riverside.example{full_story.get_url()}"
    assert page.meta["og:image"].startswith("https://riverside.example/files/")
    assert page.meta["og:image:alt"] == ALT
    assert page.meta["description"] == full_story.lead


def test_pages_load_nothing_from_elsewhere_and_nothing_inline(client, full_story, campaign, home):
    for where in (full_story, campaign, home):
        page, _ = look(client, where)

        assert page.loads
        assert [url for url in page.loads if not url.startswith("/")] == []
        assert page.inline == []


def test_colours_come_from_the_campaigns_own_stylesheet(client, campaign):
    page, html = look(client, campaign)
    (address,) = [url for url in page.loads if url.startswith("/campaign-")]

    response = client.get(address)

    assert response["Content-Type"].startswith("text/css")
    assert campaign.colour in response.content.decode()
    assert "immutable" in response["Cache-Control"]
    assert f'class="campaign-{campaign.pk} ' in html

    campaign.colour = "#5a1f7a"
    campaign.save()
    changed, _ = look(client, campaign)

    assert address not in changed.loads
    assert "no-cache" in client.get(address)["Cache-Control"]


def test_right_to_left_story(client, make_story):
    _, html = look(client, make_story(title="تنظيف النهر", language="ar"))

    assert '<html lang="ar" dir="rtl">' in html


def test_story_without_anything_renders(client, make_story):
    page, _ = look(client, make_story(body=[]))

    assert page.tags.count("h1") == 1


def test_draft_is_not_public(client, make_story):
    page = make_story(live=False)

    assert client.get(page.get_url()).status_code == 404


@pytest.mark.parametrize("kind", ["bar", "column", "line"])
def test_infographic_has_its_chart_and_its_table(client, campaign, kind):
    page = InfographicPage(
        title="Less every month",
        intro="Tonnes.",
        unit="tonnes",
        source="Council",
        chart=kind,
        rows=[InfographicRow(label="May", value="4.2"), InfographicRow(label="June", value="1200")],
    )
    campaign.add_child(instance=page)

    found, html = look(client, page)

    assert "svg" in found.tags
    assert '<td class="number">4.2</td>' in html
    assert '<td class="number">1,200</td>' in html
    assert found.inline == []


@pytest.mark.parametrize(
    ("kind", "unit", "words"),
    [
        ("share", "kg", ["75\u00a0%", "30\u00a0kg", "100\u00a0% = 40\u00a0kg"]),
        ("comparison", "kg", ["−20\u00a0kg (−67\u00a0%)"]),
        ("pictogram", "kg", ["One icon = 5\u00a0kg"]),
        ("timeline", "", ["March 2024", '<time datetime="2024-03">', "What happened"]),
    ],
)
def test_further_charts_on_the_page(client, campaign, kind, unit, words):
    rows = [
        InfographicRow(label="First", value=None if kind == "timeline" else 30, on="2024-03"),
        InfographicRow(label="Second", value=None if kind == "timeline" else 10, on="2025"),
    ]
    page = InfographicPage(title="T", intro="I.", unit=unit, source="Council", chart=kind, rows=rows)
    campaign.add_child(instance=page)

    found, html = look(client, page)

    assert all(each in html for each in words)
    assert found.inline == []


@pytest.fixture
def video():
    from django.core.files.base import ContentFile

    from cms.models import CampaignMedia

    return CampaignMedia.objects.create(
        title="Morning",
        type="video",
        file=ContentFile(b"video", name="morning.mp4"),
        captions=ContentFile(b"WEBVTT\n", name="morning.vtt"),
        thumbnail=ContentFile(b"poster", name="morning.jpg"),
        mime="video/mp4",
        width=1920,
        height=1080,
    )


def copy_of(video, **changes):
    """The row of its copy for the public, as the worker leaves it."""
    from cms.public_media import plan
    from media import cache
    from media.models import Render

    row = cache.find([plan(video)])[cache.plans.plan_key(plan(video))]
    Render.objects.filter(pk=row.pk).update(**changes)
    return row


@pytest.fixture
def made_copy(settings):
    from pathlib import Path

    names = {"file": "renders/ab/copy.mp4", "cover": "renders/ab/copy.cover.jpg"}
    for name in names.values():
        file = Path(settings.MEDIA_ROOT) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"copy")
    return {**names, "state": "done", "mime": "video/mp4"}


def test_video_has_its_captions_track(client, make_story, video, made_copy):
    page = make_story(body=[("video", {"video": video, "title": "A morning", "alt": ""})])
    look(client, page)  # asks for the copy
    copy_of(video, **made_copy)

    found, html = look(client, page)

    assert video.captions.url in found.loads
    assert '<track kind="captions"' in html


def test_the_public_gets_a_copy_of_a_video_and_never_the_original(client, make_story, video, made_copy):
    """Cameras write the place into a video, and into the picture that is its poster."""
    page = make_story(body=[("video", {"video": video, "title": "A morning", "alt": ""})])

    found, html = look(client, page)

    assert "This video is being prepared" in html
    assert video.captions.url in html
    assert "video" not in found.tags

    row = copy_of(video, **made_copy)
    found, html = look(client, page)
    assert {"/files/renders/ab/copy.mp4", "/files/renders/ab/copy.cover.jpg"} <= set(found.loads)

    copy_of(video, state="failed", file="", cover="")
    _, failed = look(client, page)
    assert "This video cannot be shown" in failed
    for shown in (html, failed):
        assert video.file.url not in shown
        assert video.thumbnail.url not in shown
    assert row.plan["source"]["sha256"] == video.sha256
    for url in (video.file.url, video.thumbnail.url):
        assert client.get(url).status_code == 302  # to the sign-in


def test_a_copy_stands_until_a_new_version_has_made_it_anew(
    client, make_story, video, made_copy, monkeypatch, settings
):
    from pathlib import Path

    from media import plans

    page = make_story(body=[("video", {"video": video, "title": "A morning", "alt": ""})])
    look(client, page)
    copy_of(video, **made_copy)
    monkeypatch.setattr(plans, "RENDERER", plans.RENDERER + 1)

    found, _ = look(client, page)
    assert "/files/renders/ab/copy.mp4" in found.loads
    assert copy_of(video).state == "waiting"  # asked for all the same

    copy_of(video, state="failed")
    assert "/files/renders/ab/copy.mp4" in look(client, page)[0].loads
    (Path(settings.MEDIA_ROOT) / "renders/ab/new.mp4").write_bytes(b"copy")
    copy_of(video, **{**made_copy, "file": "renders/ab/new.mp4"})
    assert "/files/renders/ab/new.mp4" in look(client, page)[0].loads


def test_an_mkv_is_shown_as_mp4(db, video):
    from cms.public_media import plan
    from media import plans

    assert plans.extension(plan(video)) == "mp4"
    video.mime = "video/x-matroska"
    assert plans.extension(plan(video)) == "mp4"
    video.mime = "video/webm"
    assert plans.extension(plan(video)) == "webm"


def test_a_recording_is_a_copy_too(client, make_story):
    from django.core.files.base import ContentFile

    from cms.models import CampaignMedia

    sound = CampaignMedia.objects.create(
        title="Talk", type="audio", file=ContentFile(b"sound", name="talk.mp3"), mime="audio/mpeg"
    )
    page = make_story(body=[("recording", {"audio": sound, "title": "A talk", "alt": ""})])

    _, html = look(client, page)

    assert "This recording is being prepared" in html
    assert sound.file.url not in html


def test_lists_ask_the_same_of_the_database_however_long(client, campaign, home, make_story, picture):
    def ask(where) -> int:
        client.get(where.get_url())  # renditions are made once
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(where.get_url()).status_code == 200
        return len(queries)

    def add(number):
        make_story(
            title=f"Story {number}",
            body=[("picture", {"image": picture, "alt": "Bridge", "caption": ""})],
        )
        page = InfographicPage(
            title=f"Figures {number}",
            intro="i",
            source="s",
            rows=[InfographicRow(label="a", value=1), InfographicRow(label="b", value=2)],
        )
        campaign.add_child(instance=page)

    add(1)
    add(2)
    few = ask(campaign), ask(home)
    for number in range(3, 6):
        add(number)

    assert (ask(campaign), ask(home)) == few


def test_lost_address_gets_our_own_page(client, home):
    response = client.get("/no-such-page/")

    assert response.status_code == 404
    assert "There is no page at this address." in response.content.decode()


def test_our_own_fault_gets_our_own_page():
    from django.test import RequestFactory
    from django.views.defaults import server_error

    response = server_error(RequestFactory().get("/"))

    assert "Nothing that was saved is lost." in response.content.decode()

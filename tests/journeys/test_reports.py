"""From a story's numbers to a decision: an analyst compares, takes the report along, and a manager acts on it."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
SCENE = """
import json, logging
from datetime import timedelta
from channels.models import Channel
from cms.models import CampaignPage, StoryPage
from engagement.core.rollups import AGES, LATEST
from engagement.models import Standing
from formats.models import Variant
from publishing.models import Publication, Version
from work import clock
campaign = CampaignPage.objects.get(slug='river-clean-up-2026')
story = StoryPage.objects.descendant_of(campaign).first()
now = clock.now()
def out(channel, fmt, at, likes, **numbers):
    variant = Variant.objects.create(story_id=story.pk, campaign_id=campaign.pk, format=fmt, language='en')
    version = Version.objects.create(variant=variant, payload={'format': fmt, 'parts': []}, digest='d', approved_at=at)
    post = Publication.objects.create(version=version, variant=variant, channel=channel, campaign_id=campaign.pk,
        state='published', published_at=at, due_at=at, state_changed_at=at, created_at=at, lateness_ms=400)
    for code, age in [*AGES.items(), (LATEST, now - at)]:
        if age <= now - at:
            Standing.objects.create(publication=post, age=code, at=at + age, age_s=int(age.total_seconds()),
                campaign_id=campaign.pk, channel=channel, story_id=story.pk, platform=channel.platform, format=fmt,
                published_at=at, likes=likes, followers=1000, **numbers)
x = Channel.objects.create(campaign_id=campaign.pk, platform='x', remote_id='rx', handle='@numbers_x', followers=1000)
facebook = Channel.objects.create(campaign_id=campaign.pk, platform='facebook', remote_id='rf', handle='Numbers page')
noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
for week in range(2, 9):
    out(x, 'x.thread', noon - timedelta(weeks=week), 90, comments=4, shares=0)
    out(x, 'x.thread', noon - timedelta(weeks=week, days=1, hours=3), 10, comments=1, shares=0)
out(facebook, 'facebook.post', noon - timedelta(weeks=2), 40, reach=900)
print(json.dumps({'story': story.pk, 'title': story.title, 'campaign': campaign.pk, 'x': x.pk}))
"""


@pytest.fixture(scope="module")
def scene(stack):
    return json.loads(stack.shell(SCENE).strip().splitlines()[-1])


def taken(page, link: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=link, exact=True).click()
    return download.value.path().read_bytes()


def test_an_analyst_compares_a_story_and_takes_the_report_along(person, scene):
    ana = person("ana")
    page = ana.go("/admin/numbers/")
    page.get_by_role("link", name="Story across platforms").click()
    page.get_by_role("link", name=scene["title"]).click()
    page.locator("canvas").wait_for()

    page.select_option("#report-age", "7d")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("age=7d"))
    table = page.get_by_role("table").first
    assert "Facebook post" in table.inner_text()
    line = page.get_by_role("row", name=re.compile("X thread")).first
    assert "–" in line.inner_text()  # nobody told the reach on X, and that is no zero
    assert ana.serious() == []

    rows = list(csv.reader(io.StringIO(taken(page, "CSV").decode("utf-8-sig"))))
    rows = rows[: rows.index([])]  # the words of the report come after an empty line
    reach = next(at for at, words in enumerate(rows[0]) if words.startswith("Reach"))  # with its unit
    assert next(row for row in rows if row[0] == "Facebook post")[reach] == "900"
    assert {row[reach] for row in rows if row[0] == "X thread"} == {""}
    book = load_workbook(io.BytesIO(taken(page, "XLSX")))
    assert book.sheetnames[:2] == ["About", "Each publication"]

    page.get_by_role("link", name="For paper").click()
    page.get_by_role("button", name=re.compile("Print")).wait_for()
    expect(page.get_by_role("heading", name=scene["title"])).to_be_visible()
    chart = page.get_by_role("img")
    assert "All of it stands in the table" in chart.get_attribute("aria-label")
    assert chart.evaluate("c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)")
    assert ana.serious() == []
    page.get_by_label("Chart of").select_option("– no chart –")
    assert chart.is_hidden()
    page.emulate_media(media="print")
    assert page.get_by_label("Chart of").is_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Back to the report").click()
    page.get_by_role("link", name="What the numbers mean").first.click()
    page.get_by_text("network by network").first.click()
    assert page.locator("details[open]").first.inner_text()
    assert ana.serious() == []
    assert ana.trouble == []


def test_an_analyst_changes_nothing(person, scene):
    ana = person("ana")
    page = ana.go(f"/admin/numbers/hours/?channel={scene['x']}&period=90&by=likes")
    expect(page.get_by_text("Managers can take them over")).to_be_visible()
    assert page.locator("input[name=slot]").count() == 0
    ana.go(f"/admin/numbers/campaign/?campaign={scene['campaign']}")
    assert page.get_by_role("link", name="Goals of the campaign").count() == 0
    assert ana.trouble == []

    for path in (
        f"goals/{scene['campaign']}/",
        "clicks/imports/",
    ):
        answer = page.request.get(f"{ana.site}/admin/numbers/{path}")
        assert "/admin/login/" in answer.url or answer.status == 403 or answer.url.endswith("/admin/"), path
    answer = page.request.get(f"{ana.site}/admin/pages/{scene['story']}/edit/")
    assert answer.status == 403 or answer.url.endswith("/admin/")


def test_a_manager_sets_a_goal_and_takes_an_hour_over(stack, person, scene):
    mona = person("mona")
    page = mona.go(f"/admin/numbers/campaign/?campaign={scene['campaign']}")
    page.get_by_role("link", name="Goals of the campaign").click()
    page.fill("[name=likes-target]", "5000")
    page.get_by_role("button", name="Save goals").click()
    page.get_by_text("1 set.").wait_for()
    assert "5,000" in page.get_by_role("table").first.inner_text()
    assert mona.serious() == []

    mona.go(f"/admin/numbers/hours/?channel={scene['x']}&period=90&by=likes")
    page.locator("input[name=slot]").first.check()
    page.get_by_role("button", name=re.compile("Take over")).click()
    page.get_by_text("1 slot added").wait_for()
    assert mona.serious() == []
    slots = f"from editorial.models import RecurringSlot as S; print(S.objects.filter(channel={scene['x']}).count())"
    assert stack.shell(slots).strip() == "1"
    assert mona.trouble == []


DRAWN = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
EDGE = "c => c.getContext('2d').getImageData(0, 0, 2, c.height).data.some(v => v)"  # where a name that is cut off ends


def test_names_beside_bars_are_not_cut_off_on_a_small_phone(person, scene):
    ana = person("ana", size=(320, 844))
    for path in (f"story/{scene['story']}/?age=7d", "formats/?period=90"):
        page = ana.go(f"/admin/numbers/{path}")
        charts = page.locator("#report-metric option").count()
        for chart in range(charts):
            page.select_option("#report-metric", str(chart))
            canvas = page.locator("canvas")
            page.wait_for_timeout(300)
            assert canvas.evaluate(DRAWN), path
            assert not canvas.evaluate(EDGE), (path, chart)
    assert ana.trouble == []


FILE = "Source,Campaign,Content,Page,Day,Clicks\nx,{name},x.thread,/a/,{day},41\nx,nobody,,,{day},3\n"


def import_clicks(stack, mona, scene):
    """On the page of clicks: a file of the site's statistics is taken in."""
    words = (
        "from cms.models import CampaignPage as C; from work import clock;"
        f"c = C.objects.get(pk={scene['campaign']}); print(c.utm_name or c.slug, clock.now().date())"
    )
    name, day = stack.shell(words).strip().splitlines()[-1].split()
    page = mona.page
    page.get_by_role("link", name="Import clicks").click()
    file = {"name": "site.csv", "mimeType": "text/csv", "buffer": FILE.format(name=name, day=day).encode()}
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="See what it brings").click()
    page.get_by_text("41 clicks in 1 row will be imported, 1 row to mend").wait_for()
    assert mona.serious() == []
    page.get_by_role("button", name="Import 1 row").click()
    page.get_by_text("41 clicks in 1 row imported").wait_for()


def test_a_manager_imports_clicks_sees_them_and_takes_them_back(stack, person, scene):
    mona = person("mona")
    page = mona.go("/admin/numbers/clicks/")
    import_clicks(stack, mona, scene)
    assert "41" in page.get_by_role("table").first.inner_text()
    assert mona.serious() == []

    page.get_by_role("link", name="Import clicks").click()
    page.get_by_role("link", name="Delete site.csv").click()
    page.get_by_role("button", name="Delete the import").click()
    page.get_by_text("is deleted").wait_for()
    mona.go("/admin/numbers/clicks/")
    page.get_by_text("No clicks have been imported").wait_for()
    assert mona.trouble == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=lambda size: size[0])
def test_every_report_is_sound_in_both_themes_and_on_a_phone(stack, person, scene, size, scheme):
    mona = person("mona", size=size, scheme=scheme)
    if mona.go("/admin/numbers/clicks/").get_by_text("No clicks have been imported").count():
        import_clicks(stack, mona, scene)
    found = []
    reports = (
        "campaign", "account", "formats", "topics", "hours", "punctuality", "clicks", "conversations",
    )  # fmt: skip
    for path in (
        "",
        "meanings/",
        "story/",
        f"story/{scene['story']}/",
        f"story/{scene['story']}/?paper=1",
        *(f"{name}/?period=90" for name in reports),
        f"goals/{scene['campaign']}/",
        "clicks/imports/",
        "keys/",
    ):
        page = mona.go(f"/admin/numbers/{path}")
        found += [f"{path}: {each}" for each in mona.serious()]
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    assert found == []
    assert mona.trouble == []

"""Approval by hand in a browser: many at once, lost again and seen by both, and by somebody without an account."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import AXE, WATCH

pytestmark = [pytest.mark.browser, pytest.mark.anydb]

READY = """
import json
from datetime import datetime, timedelta
from django.contrib.auth import get_user_model
from channels.models import Channel
from cms.models import CampaignPage, StoryPage
from editorial import domain
from formats.core.draft import Part
from formats.variants import create_variants, plan, set_parts
chris = get_user_model().objects.get(username="chris")
page = CampaignPage.objects.get(slug="river-clean-up-2026")
channel = Channel.objects.create(campaign_id=page.pk, platform="x", remote_id="900", handle="@riverside_test")
made = []
day = (datetime.now() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
for n, story in enumerate(StoryPage.objects.descendant_of(page).order_by("pk")[:3]):
    [variant] = create_variants(story, ["x.thread"], by=chris, channels=[channel])
    variant = set_parts(variant, [Part(text=f"Post number {n} about the river. {page.imprint}")], by=chris)
    plan(variant, day + timedelta(hours=n), "Europe/London", by=chris)
    domain.submit(variant, by=chris)
    made.append(variant.pk)
print(json.dumps({"variants": made, "day": (day + timedelta(days=1)).isoformat(timespec="minutes")}))
"""
NAME = "Dr Ann Lee"


@pytest.fixture(scope="module")
def told(stack):
    return json.loads(stack.shell(READY).strip().splitlines()[-1])


@pytest.fixture
def guest(chromium):
    """Somebody without an account, on a phone. Returns the page and what it complained about."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.add_init_script(WATCH)
    trouble: list[str] = []
    page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield page, trouble
    context.close()


def test_manager_approves_many_at_once_seeing_each(person, told):
    mona = person("mona")
    page = mona.go("/admin/calendar/review/")
    for n in range(3):
        expect(page.get_by_text(f"Post number {n} about the river.").first).to_be_visible()
    expect(page.locator("input[name=v]:checked")).to_have_count(3)
    page.locator("input[name=v]").nth(2).uncheck()
    assert mona.serious() == []

    page.click("button:has-text('Approve ticked posts')")

    page.get_by_text("2 posts approved.").wait_for()
    assert mona.trouble == []


def test_a_lost_approval_is_seen_by_both(person, told):
    first = told["variants"][0]
    chris, mona = person("chris"), person("mona")
    page = chris.go(f"/admin/calendar/variant/{first}/move/")
    page.fill("input[name=wall]", told["day"])
    page.click("button:text-is('Move')")
    page.get_by_role("button", name="Move it and ask for approval again").click()
    page.get_by_text("The approval is void").first.wait_for()

    page = chris.go(f"/admin/calendar/variant/{first}/")
    expect(page.get_by_text("Approval lost").first).to_be_visible()
    page = mona.go(f"/admin/calendar/variant/{first}/")
    expect(page.get_by_text("Approval lost").first).to_be_visible()
    assert mona.serious() == []
    page = mona.go("/admin/notices/")
    expect(page.get_by_text("Approval lost:").first).to_be_visible()
    page = mona.go(f"/admin/calendar/variant/{first}/history/")
    expect(page.get_by_text("Approval lost").first).to_be_visible()
    assert mona.serious() == []
    assert chris.trouble == []
    assert mona.trouble == []


def make_link(mona, variant: int) -> str:
    page = mona.go(f"/admin/calendar/variant/{variant}/guests/")
    page.fill("input[name=name]", NAME)
    page.click("button:has-text('Make the link')")
    return page.locator("#guest-address").input_value()


def test_a_link_works_once(person, told, guest):
    mona = person("mona")
    waiting = told["variants"][2]
    link = make_link(mona, waiting)
    assert mona.serious() == []
    page, trouble = guest

    page.goto(link)
    expect(page.get_by_text("Post number 2 about the river.").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.fill("#id_name", NAME)
    page.click("button:text-is('Approve')")
    page.get_by_text("You approved the post").wait_for()
    assert trouble == []

    page.goto(link)
    expect(page.get_by_text("took one answer")).to_be_visible()
    assert page.get_by_role("button").count() == 0
    page = mona.go(f"/admin/calendar/variant/{waiting}/history/")
    expect(page.get_by_text(NAME).first).to_be_visible()
    page = mona.go(f"/admin/calendar/variant/{waiting}/")
    expect(page.get_by_text("Scheduled").first).to_be_visible()
    assert mona.trouble == []


def test_a_link_shows_nothing_after_its_time(person, told, stack, guest):
    mona = person("mona")
    link = make_link(mona, told["variants"][0])
    stack.shell(
        "from editorial.models import Invitation; from work import clock; "
        "Invitation.objects.filter(answer='').update(expires_at=clock.now())"
    )
    page, _ = guest
    page.goto(link)

    expect(page.get_by_text("This link is too old")).to_be_visible()
    assert page.get_by_text("Post number 0").count() == 0

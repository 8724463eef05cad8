"""A post with its first comment, from the editor to the network; then its text is changed there, and then it is deleted."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.stack import until

pytestmark = [pytest.mark.browser]

LONDON = ZoneInfo("Europe/London")
SAID = "Who has a spade to lend on Saturday? Write it here."
MENDED = "Neighbours plant trees along the river on Sunday, not on Saturday."
MADE = """
import json
from django.contrib.auth import get_user_model
from channels import sample
from channels.models import Channel
from cms.models import CampaignPage
from formats.variants import create_variants
people = get_user_model().objects
mona, chris = people.get(username="mona"), people.get(username="chris")
campaign = CampaignPage.objects.get(slug="river-clean-up-2026")
sample.connect_all(campaign, by=mona, platforms={"facebook": ""})
story = campaign.get_children().first().specific
(variant,) = create_variants(story, ["facebook.post"], by=chris)
print(json.dumps([variant.pk, [c.pk for c in variant.channels.all()]]))
"""
STANDS = """
import json
from publishing.models import Publication as P
print(json.dumps([[str(p.pk), p.state, p.reason, p.variant_id] for p in P.objects.order_by("created_at")]))
"""


def appears(page, words: str) -> None:
    """The page is loaded anew until the words stand there."""

    def look():
        page.reload()
        return page.get_by_text(words).count()

    until(look, seconds=60, every=1, what=words)


@pytest.fixture(scope="module")
def told():
    return {}


def publications(stack) -> list[list]:
    return json.loads(stack.shell(STANDS).strip().splitlines()[-1])


def ours(stack) -> list[dict]:
    return [row for row in stack.ledger("facebook") if not row.get("reply_to")]


def test_creator_writes_a_first_comment_and_manager_approves_it(stack, person, told):
    variant, channels = json.loads(stack.shell(MADE).strip().splitlines()[-1])
    assert channels
    chris = person("chris")
    page = chris.go(f"/admin/variants/edit/{variant}/")
    page.get_by_label("First comment").fill(SAID)
    page.get_by_text(SAID).first.wait_for()
    assert chris.serious() == []
    chris.save()
    due = (datetime.now(LONDON) + timedelta(seconds=90)).replace(second=0, microsecond=0) + timedelta(
        minutes=1
    )
    page = chris.go(f"/admin/calendar/variant/{variant}/move/")
    page.fill("input[name=wall]", due.strftime("%Y-%m-%dT%H:%M"))
    page.click("button:text-is('Move')")
    page.wait_for_url(re.compile(r"/admin/calendar/(?!.*move)"))
    page = chris.go(f"/admin/calendar/variant/{variant}/")
    page.click("button:has-text('Submit for approval')")
    page.get_by_text("Waiting for approval").first.wait_for()

    mona = person("mona")
    page = mona.go("/admin/calendar/review/")
    page.get_by_text(SAID).first.wait_for()
    assert mona.serious() == []
    page.click("button:has-text('Approve ticked posts')")
    page.wait_for_load_state()
    assert chris.trouble == mona.trouble == []

    rows = until(lambda: publications(stack), seconds=20, every=1, what="approval")
    told["post"] = rows[0][0]
    until(lambda: publications(stack)[0][1] == "published", seconds=240, every=2, what="publishing")
    told["url"] = ours(stack)[-1]["remote_id"]


def test_the_comment_stands_under_the_post_and_on_its_page(stack, person, told):
    mona = person("mona")
    page = mona.go(f"/admin/publishing/{told['post']}/")

    def written():
        page.reload()
        return (
            page.get_by_text(re.compile("Write the first comment")).count()
            and page.locator(".pub-steps li", has_text="Write the first comment")
            .get_by_text("done", exact=False)
            .count()
        )

    until(written, seconds=60, every=2, what="the first comment")
    assert SAID in page.request.get(f"{stack.sandbox}/facebook/feed/riversidetowncouncil").text()
    assert mona.serious() == []
    assert mona.trouble == []


def test_its_text_is_changed_on_the_network_by_who_may_approve(stack, person, told):
    mona = person("mona")
    page = mona.go(f"/admin/publishing/{told['post']}/")
    page.locator("summary", has_text="Change its text").click()
    page.get_by_label("Its text").fill(MENDED)
    page.get_by_role("button", name="Change it on Facebook").click()
    assert page.url.endswith(f"/{told['post']}/")  # the browser asks for the tick first
    page.get_by_label("I have read the new text").check()
    assert mona.serious() == []
    mona.picture("changing-a-post-that-is-out")
    page.get_by_role("button", name="Change it on Facebook").click()
    page.get_by_text("is changed within seconds").wait_for()

    until(lambda: ours(stack)[-1]["text"] == MENDED, seconds=60, every=1, what="the change")
    appears(page, "The network has changed its text.")
    expect(page.get_by_text("wants its text changed").first).to_be_visible()
    expect(page.get_by_role("heading", name="Done to it since")).to_be_visible()
    assert mona.serious() == []
    mona.picture("a-post-that-was-changed")
    assert mona.trouble == []


def test_who_wrote_it_may_neither_change_nor_delete_it(stack, person, told):
    chris = person("chris")
    page = chris.go(f"/admin/publishing/{told['post']}/")

    expect(page.get_by_text("Done to it since")).to_be_visible()
    assert page.locator("summary", has_text="Change its text").count() == 0
    assert page.locator("summary", has_text="Delete it").count() == 0
    assert chris.trouble == []


def test_it_is_deleted_on_the_network_after_a_second_yes(stack, person, told):
    before = len(ours(stack))
    mona = person("mona")
    page = mona.go(f"/admin/publishing/{told['post']}/")
    page.locator("summary", has_text="Delete it").click()
    page.get_by_label("Why (for the record)").fill("It was the wrong day.")
    page.get_by_label("I know that this cannot be undone").check()
    assert mona.serious() == []
    mona.picture("deleting-a-post-that-is-out")
    page.get_by_role("button", name="Delete on Facebook").click()
    page.get_by_text("It is being deleted on Facebook.").wait_for()

    until(lambda: len(ours(stack)) == before - 1, seconds=60, every=1, what="the deletion")
    appears(page, "It is deleted on the network.")
    expect(page.get_by_text("deleted on Facebook", exact=True)).to_be_visible()
    expect(page.get_by_text("It was the wrong day.").first).to_be_visible()
    assert page.locator("summary", has_text="Delete it").count() == 0
    assert page.locator("summary", has_text="Change its text").count() == 0
    mona.picture("a-post-that-was-deleted")
    assert mona.serious() == []
    assert mona.trouble == []

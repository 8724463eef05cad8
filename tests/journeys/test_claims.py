"""A claim from its first word to its correction: nothing unchecked goes out, and what was wrong is put right in place."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.stack import until

pytestmark = [pytest.mark.browser, pytest.mark.anydb]
LONDON = ZoneInfo("Europe/London")
STATEMENT = "3,000 bulbs were planted in the park"
RIGHT = "2,000 bulbs were planted in the park"

STORY = """
from cms.models import CampaignPage, Claim, StoryPage
campaign = CampaignPage.objects.get(slug='river-clean-up-2026')
from django.contrib.auth import get_user_model
chris = get_user_model().objects.get(username='chris')
claim = Claim.objects.get(text__startswith='3,000')
story = StoryPage(title='Bulbs in the park', lead='The park will bloom in spring.', owner=chris, live=False,
    body=[('paragraph', {'text': '<p>We planted 3,000 bulbs.</p>', 'claims': [claim]})])
campaign.add_child(instance=story)
story.save_revision(user=chris)
from formats.variants import create_variants
variant, = create_variants(story, ['x.thread'], by=chris)
print(variant.pk, claim.pk, story.pk)
"""


@pytest.fixture(scope="module")
def told(stack):
    """What one step leaves for the next."""
    campaign = stack.shell(
        "from cms.models import CampaignPage; print(CampaignPage.objects.get(slug='river-clean-up-2026').pk)"
    )
    stack.manage("connect_sandbox", "--campaign", campaign.strip(), "--by", "mona")
    return {"campaign": int(campaign)}


def plan(person, pk: int, *, after_s: int) -> datetime:
    due = (datetime.now(LONDON) + timedelta(seconds=after_s + 59)).replace(second=0, microsecond=0)
    page = person.go(f"/admin/calendar/variant/{pk}/move/")
    page.fill("input[name=wall]", due.strftime("%Y-%m-%dT%H:%M"))
    page.click("button:text-is('Move')")
    page.wait_for_url(re.compile(r"/admin/calendar/(?!.*move)"))
    return due


def out(stack, variant: int) -> None:
    """Wait until a variant is out with all its parts; the ledger holds a thread's first part before its last."""
    state = (
        "from publishing.models import Publication as P;"
        f"print(P.objects.filter(version__variant={variant}).values_list('state', flat=True))"
    )
    until(lambda: "published" in stack.shell(state), seconds=180, every=2, what="all parts of the thread")


def submit(person, pk: int):
    page = person.go(f"/admin/calendar/variant/{pk}/")
    page.click("button:has-text('Submit for approval')")
    page.wait_for_load_state()
    return page


def approve(person, pk: int):
    page = person.go(f"/admin/calendar/variant/{pk}/")
    page.get_by_role("button", name="Approve for scheduling").first.click()
    page.get_by_text(re.compile("approved", re.I)).first.wait_for()


def check(person, pk: int):
    page = person.go(f"/admin/claims/inspect/{pk}/")
    assert person.serious() == []
    page.get_by_role("button", name=re.compile("agrees with its source")).click()
    page.get_by_text("What carries it may go out").wait_for()


def test_creator_writes_a_claim_and_cannot_submit_what_carries_it(stack, person, told):
    chris = person("chris")
    page = chris.go("/admin/claims/add/")
    assert chris.serious() == []
    page.fill("[name=text]", STATEMENT)
    page.fill("[name=source_title]", "Parks office, delivery note of 20 November 2026")
    page.get_by_role("button", name=re.compile("^(create|save)", re.I)).first.click()
    page.get_by_text("Nothing that carries it goes out until then").wait_for()
    told["variant"], told["claim"], told["story"] = map(int, stack.shell(STORY).split())
    plan(chris, told["variant"], after_s=600)

    page = chris.go(f"/admin/calendar/variant/{told['variant']}/")

    assert page.get_by_role("button", name="Submit for approval").first.is_disabled()
    page.get_by_text("has not been checked").first.wait_for()
    page.get_by_role("link", name="Open the claim").first.click()
    page.wait_for_url(f"**/claims/inspect/{told['claim']}/")
    expect(page.get_by_role("link", name="X thread: Bulbs in the park")).to_be_visible()
    assert chris.trouble == []


def test_manager_checks_and_it_goes_out(stack, person, told):
    mona, chris = person("mona"), person("chris")
    check(mona, told["claim"])
    plan(chris, told["variant"], after_s=20)
    submit(chris, told["variant"])
    approve(mona, told["variant"])

    out(stack, told["variant"])
    rows = stack.ledger("x")

    assert "3,000 bulbs" in "\n".join(row["text"] for row in rows)
    told["posts"] = [row["remote_id"] for row in rows]
    page = mona.go("/admin/claims/")
    page.get_by_text("1 out:").first.wait_for()
    assert mona.serious() == []
    assert (chris.trouble, mona.trouble) == ([], [])


def test_correcting_the_claim_prepares_a_reply_that_is_approved_and_goes_out(stack, person, told):
    mona, chris = person("mona"), person("chris")
    page = chris.go(f"/admin/claims/{told['claim']}/withdraw/")
    expect(page.get_by_text("a reply below the post")).to_be_visible()
    assert chris.serious() == []
    page.fill("[name=explanation]", "We counted one delivery twice.")
    page.fill("[name=right]", RIGHT)
    page.fill("[name=source]", "Parks office, delivery notes, counted again")
    page.get_by_role("button", name=re.compile("what will happen")).click()
    page.get_by_role("heading", name="Look at what will happen").wait_for()
    expect(page.get_by_text("We counted one delivery twice.").first).to_be_visible()
    assert chris.serious() == []
    page.get_by_role("button", name=re.compile("^Correct the claim")).click()
    page.get_by_text("Corrected on").first.wait_for()
    expect(page.get_by_role("link", name=re.compile("^Correction, X thread")).first).to_be_visible()
    code = (
        "from formats.models import Variant; from cms.models import Claim; import json;"
        "v = Variant.objects.get(kind='correction');"
        "print(json.dumps([v.pk, Claim.objects.get(text__startswith='2,000').pk]))"
    )
    correction, successor = json.loads(stack.shell(code))

    check(mona, successor)
    plan(chris, correction, after_s=20)
    submit(chris, correction)
    approve(mona, correction)
    before = len(told["posts"])
    out(stack, correction)

    first = stack.ledger("x")[before]
    assert first["reply_to"] == told["posts"][-1]
    assert "Correction" in first["text"]
    assert (chris.trouble, mona.trouble) == ([], [])


def test_changed_story_is_looked_at_before_it_is_derived_again(stack, person, told):
    chris = person("chris")
    change = (
        f"from cms.models import StoryPage; s = StoryPage.objects.get(pk={told['story']})"
        ".get_latest_revision_as_object(); s.lead = 'The park will bloom in March.'; s.save_revision()"
    )
    stack.shell(
        f"from formats.again import again; from formats.models import Variant;"
        f"v = Variant.objects.get(pk={told['variant']}); n = again(v, by=v.owner); print(n.pk)\n{change}"
    )
    newest = int(
        stack.shell("from formats.models import Variant; print(Variant.objects.order_by('-pk')[0].pk)")
    )
    page = chris.go(f"/admin/variants/drift/{newest}/")
    expect(page.locator("ins", has_text="March").first).to_be_visible()
    assert chris.serious() == []
    page.get_by_role("button", name="Derive again").click()
    page.wait_for_url(f"**/variants/edit/{newest}/")
    expect(page.get_by_text("Up to date with the story")).to_be_visible()
    assert chris.trouble == []

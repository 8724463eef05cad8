"""The manager's side of a bad day, in a browser: a lost answer, a late post, a pause."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.stack import running, until

pytestmark = [pytest.mark.browser]

# Quick waits: an answer counts as lost after seconds, not minutes.
QUICK = {
    "PUBLISHING_LEASE_S": "12",
    "PUBLISHING_CALL_MAX_S": "3",
    "PUBLISHING_GUARD_S": "1",
    "PUBLISHING_SETTLE_S": "1",
    "PUBLISHING_ABSENT_GAP_S": "1",
    "PUBLISHING_LOOKUP_MAX_S": "3",
}
POST = """
import json
from datetime import timedelta
from zoneinfo import ZoneInfo
from django.contrib.auth import get_user_model
from channels import sample
from channels.models import Channel
from cms.models import CampaignPage
from formats.models import Variant
from publishing.domain.approve import freeze
from work import clock
people = get_user_model().objects
mona, chris = people.get(username="mona"), people.get(username="chris")
campaign = CampaignPage.objects.get(slug="river-clean-up-2026")
if not Channel.objects.filter(campaign=campaign, platform="x").exists():
    sample.connect_all(campaign, by=mona, platforms={{"x": ""}})
channel = Channel.objects.get(campaign=campaign, platform="x")
due = clock.now() + timedelta(seconds={due})
variant = Variant.objects.create(story=campaign.get_children().first(), campaign=campaign, format="x.post", owner=chris)
version = freeze(variant, {{
    "schema": 1, "variant": variant.pk, "format": "x.post", "platform": "x", "language": "en",
    "planned_at": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "wall_time": due.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%dT%H:%M:%S"),
    "zone": "America/New_York", "fold": 0,
    "channels": [{{"id": channel.pk, "platform": "x", "remote_id": channel.remote_id, "handle": channel.handle}}],
    "parts": [{{"text": {text!r}, "link": "", "media": []}}],
}}, by=mona)
print(json.dumps([str(version.publications.get().pk), channel.url]))
"""
STATE = "from publishing.models import Publication as P; p = P.objects.get(pk={pk!r}); print(p.state, p.reason or '-')"

WORKERS = "from work.models import Worker as W; print(list(W.objects.values_list('name', 'holds', 'skew_s')))"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running(tmp_path_factory.mktemp("delivery"), sample=("--bare",), **QUICK) as found:
        yield found


def post(stack, text: str, due: float) -> tuple[str, str]:
    import json

    pk, profile = json.loads(stack.shell(POST.format(due=due, text=text)).strip().splitlines()[-1])
    return pk, profile


def stands(stack, pk: str, state: str, seconds: float = 60) -> None:
    said = ""

    def look():
        nonlocal said
        said = stack.shell(STATE.format(pk=pk)).strip().splitlines()[-1]
        return said.startswith(state)

    try:
        until(look, seconds=seconds, every=1, what=f"{state} of {pk}")
    except AssertionError as error:
        workers = stack.shell(WORKERS).strip().splitlines()[-1]
        raise AssertionError(
            f"{error}; it is {said}; workers: {workers}; {stack.log('worker')[-3000:]}"
        ) from None


def test_lost_answer_that_nobody_can_settle_is_settled_by_the_manager(stack, person):
    text = "The river path opens on Monday."
    pk, profile = post(stack, "A post that goes out and connects the account.", due=1)
    stands(stack, pk, "published")
    stack.fault("x", "POST /2/tweets", "lost_answer", times=1)
    stack.fault("x", "GET /2/users/[^/]*/tweets", "5xx", times=50)
    pk, _ = post(stack, text, due=2)
    stands(stack, pk, "attention unknown_outcome")
    (posted,) = [row for row in stack.ledger("x") if row["text"] == text]

    mona = person("mona")
    page = mona.page
    expect(page.get_by_role("link", name="Publishing (1)").first).to_be_visible()
    page = mona.go("/admin/publishing/attention/")
    assert mona.serious() == []
    page.get_by_role("link", name=re.compile("The river path opens")).click()
    page.get_by_role("heading", name="Nobody knows whether it arrived").wait_for()
    for words in ("No clear answer", "Looked up", text, "Open @riverside_council on X"):
        expect(page.get_by_text(words).first, words).to_be_visible()
    assert mona.serious() == []

    def say_it_is_out(address: str):
        """By keyboard alone."""
        page.get_by_text("It is out …").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type(address)
        page.keyboard.press("Enter")
        page.wait_for_load_state()

    say_it_is_out(profile.replace("riverside_council", "somebody_else") + "/status/1")
    page.get_by_text("This is not a post of @riverside_council.").wait_for()
    say_it_is_out(f"{profile}/status/{posted['remote_id']}")
    page.get_by_text("Noted: it is out.").wait_for()
    expect(page.get_by_text("Mona Manager says that it is out").first).to_be_visible()
    stands(stack, pk, "published")
    assert len([row for row in stack.ledger("x") if row["text"] == text]) == 1
    assert mona.serious() == []
    assert mona.trouble == []
    stack.ask("DELETE", "/_sandbox/faults")


def test_late_post_after_a_downtime_gets_a_new_time(stack, person):
    stack.kill("worker")
    text = "The bridge is repaired."
    pk, _ = post(stack, text, due=-7200)
    stack.start_worker()
    stands(stack, pk, "attention late")
    mona = person("mona")
    page = mona.go("/admin/publishing/attention/?reason=late")
    page.get_by_role("checkbox", name=re.compile("bridge is repaired")).check()
    page.select_option("#way", "new_time")
    page.fill("#wall", "2031-05-06T10:00")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("1 has a new time.").wait_for()
    expect(page.get_by_text("No case of this kind waits.")).to_be_visible()
    page = mona.go(f"/admin/publishing/{pk}/")
    expect(page.get_by_text("Tue 6 May 2031, 10:00").first).to_be_visible()
    expect(page.get_by_text("(05:00 America/New_York)").first).to_be_visible()
    assert text not in [row["text"] for row in stack.ledger("x")]
    assert mona.trouble == []


def test_pause_is_seen_everywhere_and_release_asks(stack, person):
    mona = person("mona")
    page = mona.go("/admin/publishing/pause/")
    page.fill("#reason", "Flood warning")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_text("Paused. What is being sent").wait_for()
    pk, _ = post(stack, "Held while the water rises.", due=1)
    chris = person("chris", size=(390, 844))
    for path in ("/admin/", "/admin/calendar/", "/admin/pages/", "/admin/account/", "/admin/notices/"):
        chris.go(path)
        expect(chris.page.get_by_text("Flood warning").first, path).to_be_visible()
        assert chris.page.get_by_role("link", name=re.compile("Release")).count() == 0
        assert chris.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert chris.serious() == []
    chris.page.wait_for_timeout(1500)
    page.get_by_role("region", name="Paused").get_by_role("link", name=re.compile("Release")).click()
    page.get_by_role("heading", name="1 post became late meanwhile").wait_for()
    assert mona.serious() == []
    page.select_option(f"#way-{pk}", "spaced")
    page.select_option("#gap", "1")
    page.get_by_role("button", name="Release with these decisions").click()
    page.get_by_text("running again").wait_for()
    assert page.get_by_role("region", name="Paused").count() == 0
    mona.go(f"/admin/publishing/{pk}/")  # the page follows the post by itself until it is out
    page.locator(".pub-states").get_by_text("Published", exact=True).wait_for(timeout=90_000)
    stands(stack, pk, "published")
    assert mona.trouble == []
    assert chris.trouble == []

"""One story the whole way, by hand in a browser: written, adapted, approved, published on time, compared."""

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
FORMATS = ("x.thread", "facebook.post", "instagram.carousel", "instagram.reel")
TITLE = "Two hundred new trees along the river"
POINTS = (
    "The first tree was planted by Class 4b",
    "Each tree has a neighbour who waters it",
    "The last ten are fruit trees",
)


@pytest.fixture(scope="module")
def told():
    """What one step of the journey leaves for the next."""
    return {}


def campaign(stack) -> int:
    return int(
        stack.shell(
            "from cms.models import CampaignPage; print(CampaignPage.objects.get(slug='river-clean-up-2026').pk)"
        )
    )


def test_manager_connects_three_accounts(stack, person, told):
    told["campaign"] = campaign(stack)
    mona = person("mona")
    for network in ("x", "facebook", "instagram"):
        page = mona.go(f"/admin/channels/connect/?campaign={told['campaign']}")
        page.click(f"button[name=platform][value={network}]")
        if page.url.startswith(stack.site):
            page.get_by_role("link", name=re.compile("continue|go on|open", re.I)).first.click()
        page.wait_for_url(f"{stack.sandbox}/{network}/**")
        page.click("button[value=allow]")
        page.wait_for_url(f"{stack.site}/admin/channels/**")
        if page.locator("form button:has-text('Connect')").count() and "choose" in page.url:
            page.locator("form button:has-text('Connect')").first.click()
    page = mona.go("/admin/channels/")
    for handle in ("@riverside_council", "Riverside Town Council", "@riverside.council"):
        expect(page.get_by_text(handle).first).to_be_visible()
    assert mona.serious() == []
    assert mona.trouble == []


def add_block(page, label: str):
    """Append a block to the body through Wagtail's own menu; returns the new block."""
    blocks = page.locator("[data-contentpath=body] [data-streamfield-child]")
    before = blocks.count()
    page.locator("[data-contentpath=body] .c-sf-add-button").last.click()
    page.locator(".w-combobox__option, [role=option]").filter(
        has_text=re.compile(f"^{label}", re.I)
    ).first.click()
    until(lambda: blocks.count() > before, what=f"a new block {label}")
    return blocks.nth(before)


def test_creator_writes_a_story_with_a_picture(stack, person, told):
    chris = person("chris")
    page = chris.go(f"/admin/pages/add/cms/storypage/{told['campaign']}/")
    page.fill("#id_title", TITLE)
    page.fill("#id_lead", "Neighbours planted two hundred trees on both banks on Saturday.")

    picture = add_block(page, "Picture")
    picture.get_by_role("button", name=re.compile("choose an image", re.I)).click()
    page.locator(".image-choice, [data-chooser-modal-choice]").first.click()
    picture.locator("[name$='-alt_text'], [name$='-alt']").first.fill(
        "Children and parents plant young trees on a river bank."
    )

    points = add_block(page, "Key points")
    fields = points.locator("input[type=text], textarea")
    while fields.count() < len(POINTS):
        points.locator("[data-contentpath=points] button.c-sf-add-button").last.click()
    for number, text in enumerate(POINTS):
        fields.nth(number).fill(text)

    quote = add_block(page, "Quote")
    quote.locator("[name$='-text'], [name$='-quote']").first.fill("In ten years we will sit in their shade.")
    quote.locator("[name$='-speaker']").fill("Ada Brook")

    figure = add_block(page, "Statistic")
    for name, text in (
        ("value", "200"),
        ("unit", "trees"),
        ("label", "planted on 14 November"),
        ("source", "Parks office"),
    ):
        figure.locator(f"[name$='-{name}']").fill(text)

    chris.save()
    told["story"] = int(re.search(r"/pages/(\d+)/", page.url)[1])

    figure = page.locator("[data-streamfield-child]").filter(has=page.locator("[name$='-unit']"))
    figure.locator("[data-contentpath=claims] button.c-sf-add-button").last.click()
    figure.get_by_role("button", name=re.compile("choose claim", re.I)).click()
    page.get_by_role("link", name=re.compile("4.2 tonnes of rubbish")).click()
    figure.get_by_text("4.2 tonnes of rubbish").wait_for()
    chris.save()
    kept = (
        f"from cms.models import StoryPage as S; story = S.objects.get(pk={told['story']}); "
        "print(len(story.get_latest_revision_as_object().to_piece().claims))"
    )
    until(lambda: int(stack.shell(kept)) == 1, seconds=20, every=1, what="the claim on the figure")
    assert chris.trouble == []


def test_creator_makes_four_variants_and_sees_them_as_each_platform_will(stack, person, told):
    chris = person("chris")
    page = chris.go(f"/admin/variants/story/{told['story']}/create/")
    for name in FORMATS:
        page.check(f"input[name=format][value='{name}']")
    assert chris.serious() == []
    page.click("button:has-text('Create the ticked variants')")
    page.wait_for_url(re.compile(r"/admin/variants/story/\d+/$"))
    rendered = "from media.models import Render; print(Render.objects.exclude(state='done').count(), Render.objects.count())"

    def all_done():
        waiting, every = map(int, stack.shell(rendered).split())
        return every > 5 and waiting == 0

    until(all_done, seconds=240, every=2, what="rendering")
    page.locator("[data-progress-url]:not([data-waiting])").wait_for(timeout=60_000)  # it loads itself anew
    expect(page.get_by_text(TITLE).first).to_be_visible()
    expect(page.locator("video")).to_have_count(1)
    assert chris.serious() == []
    assert chris.trouble == []
    code = (
        "from formats.models import Variant; import json;"
        "print(json.dumps({v.format: v.pk for v in Variant.objects.all()}))"
    )
    told["variants"] = json.loads(stack.shell(code))
    assert set(told["variants"]) == set(FORMATS)


def test_creator_plans_and_submits(stack, person, told):
    chris = person("chris")
    due = (datetime.now(LONDON) + timedelta(seconds=150)).replace(second=0, microsecond=0)
    told["due"] = due
    for pk in told["variants"].values():
        page = chris.go(f"/admin/calendar/variant/{pk}/move/")
        page.fill("input[name=wall]", due.strftime("%Y-%m-%dT%H:%M"))
        page.click("button:text-is('Move')")
        page.wait_for_url(re.compile(r"/admin/calendar/(?!.*move)"))
        page = chris.go(f"/admin/calendar/variant/{pk}/")
        page.click("button:has-text('Submit for approval')")
        page.get_by_text("Waiting for approval").first.wait_for()
    page = chris.go(f"/admin/calendar/variant/{pk}/")
    assert page.get_by_role("button", name="Approve for scheduling").count() == 0
    assert chris.trouble == []


def test_manager_approves_on_the_calendar(stack, person, told):
    mona = person("mona")
    page = mona.go("/admin/calendar/")
    page.get_by_text(TITLE).first.wait_for()
    assert mona.serious() == []
    page = mona.go("/admin/calendar/review/")
    expect(page.get_by_text("Neighbours planted two hundred trees").first).to_be_visible()
    assert mona.serious() == []
    page.click("button:has-text('Approve ticked posts')")
    page.wait_for_load_state()
    count = (
        "from publishing.models import Publication as P;"
        "print(P.objects.filter(state__in=['scheduled', 'waiting', 'running']).count())"
    )
    assert int(stack.shell(count)) == 4
    assert datetime.now(LONDON) < told["due"], "approved too late to say anything about punctuality"
    assert mona.trouble == []


def approved(stack) -> dict:
    code = (
        "import json; from publishing.models import Version;"
        "print(json.dumps({v.payload['format']: v.payload for v in Version.objects.filter(voided_at=None)}))"
    )
    return json.loads(stack.shell(code))


def test_all_four_stand_in_the_ledger_within_five_seconds_exactly_as_approved(stack, told):
    payloads = approved(stack)
    assert set(payloads) == set(FORMATS)
    thread, post, carousel, reel = (payloads[f]["parts"] for f in FORMATS)
    expected = len(thread) + 3
    wait = (told["due"] - datetime.now(LONDON)).total_seconds()
    rows = until(
        lambda: (r := stack.ledger()) and len(r) >= expected and r,
        seconds=max(wait, 0) + 60,
        what="publishing",
    )

    assert len(rows) == expected
    on_x = [r for r in rows if r["network"] == "x"]
    assert [r["text"] for r in on_x] == [p["text"] for p in thread]
    assert [r["reply_to"] for r in on_x] == [None, *(r["remote_id"] for r in on_x[:-1])]
    (on_facebook,) = [r for r in rows if r["network"] == "facebook"]
    assert on_facebook["text"] == post[0]["text"]
    on_instagram = {len(r["media"]) > 1: r for r in rows if r["network"] == "instagram"}
    assert on_instagram[True]["text"] == carousel[0]["text"]
    assert on_instagram[False]["text"] == reel[0]["text"]
    for row, part in (
        (on_facebook, post[0]),
        (on_instagram[True], carousel[0]),
        (on_instagram[False], reel[0]),
    ):
        assert [m["sha256"] for m in row["media"]] == [m["sha256"] for m in part["media"]]
        if row["network"] != "instagram" or len(row["media"]) > 1:
            assert [m["alt"] for m in row["media"]] == [m["alt"] for m in part["media"]]
    first = {}
    for row in rows:
        kind = (row["network"], len(row["media"]) > 1) if row["network"] == "instagram" else row["network"]
        first.setdefault(kind, datetime.fromisoformat(row["created_at"]))
    for kind, at in first.items():
        late = (at - told["due"]).total_seconds()
        assert 0 <= late <= 5, f"{kind} went out {late:.2f} s after its time"


def test_team_compares_the_platforms(stack, person, told):
    ana = person("ana")
    known = "from engagement.models import Snapshot; print(Snapshot.objects.values('publication').distinct().count())"
    until(lambda: int(stack.shell(known)) == 4, seconds=90, every=2, what="numbers of all four")
    page = ana.go("/admin/numbers/story/")
    page.get_by_role("link", name=TITLE).click()
    page.wait_for_url("**/admin/numbers/story/*/**")
    table = page.locator(".report-table")
    for label in ("X thread", "Facebook post", "Instagram carousel", "Instagram reel"):
        expect(table.get_by_text(label).first).to_be_visible()
    expect(page.locator(".report-chart canvas")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    table = lines[: lines.index("")]  # the words of the report come after an empty line
    assert len(table) == 6
    assert table[-1].startswith("Told by,")
    assert ana.serious() == []
    assert ana.trouble == []

"""A manager connects accounts in a real browser: our pages, the network's consent, and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Person

pytestmark = pytest.mark.browser

PLATFORMS = ("X", "Facebook", "Instagram")


def connect(page, label: str) -> None:
    page.get_by_role("link", name="Connect a channel").first.click()
    page.locator(f"button[value={label.lower()}]").click()
    page.get_by_role("link", name=f"Continue to {label}").click()
    page.get_by_role("button", name="Allow").click()


def test_connect_check_reconnect_and_disconnect(person, stack):
    mona = person("mona")
    page = mona.go("/admin/channels/")

    for label in PLATFORMS:
        connect(page, label)
        page.wait_for_url(f"{stack.site}/admin/channels/*")  # Instagram leaves its #_ behind
    expect(page.locator(".hc-card--good")).to_have_count(3)
    expect(page.locator(".hc-pill--sandbox")).to_have_count(3)
    assert mona.serious() == []

    page.get_by_role("button", name="Check @riverside_council").click()
    page.get_by_text("everything needed to publish is there").wait_for()
    assert mona.serious() == []

    page.get_by_role("button", name="Reconnect @riverside_council").click()
    assert mona.serious() == []
    page.get_by_role("link", name="Continue to X").click()
    page.get_by_role("button", name="Deny").click()
    page.get_by_text("said no").wait_for()
    expect(page.locator(".hc-card--good")).to_have_count(3)

    page.get_by_role("link", name="Disconnect @riverside_council").click()
    assert mona.serious() == []
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_text("X has been told").wait_for()
    expect(page.locator(".hc-card--off")).to_have_count(1)

    assert mona.trouble == []


def test_choosing_among_pages(person, stack):
    mona = person("mona")
    page = mona.go("/admin/channels/connect/")
    page.locator("button[value=facebook]").click()
    page.get_by_role("link", name="Continue to Facebook").click()
    for box in page.locator("input[name=account]").all():
        box.check()
    page.get_by_role("button", name="Allow").click()

    page.get_by_role("heading", name="Which of them").wait_for()
    assert mona.serious() == []
    page.get_by_role("checkbox").last.check()
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("is connected").wait_for()

    assert mona.trouble == []


def test_networks_whose_accounts_live_on_a_server(person, stack):
    mona = person("mona")
    page = mona.go("/admin/channels/connect/")
    page.locator("button[value=mastodon]").click()
    page.get_by_label("Server of the account").fill(f"{stack.sandbox}/bluesky")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("does not answer as a Mastodon server").wait_for()
    assert mona.serious() == []
    page.get_by_label("Server of the account").fill(f"{stack.sandbox}/mastodon")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Continue to Mastodon").click()
    page.get_by_role("button", name="Allow").click()
    page.get_by_text("@riverside_council@social.sandbox.example is connected").wait_for()

    page = mona.go("/admin/channels/connect/")
    page.locator("button[value=bluesky]").click()
    page.get_by_label("App password").fill("not-this-one")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("does not know this name with this app password").wait_for()
    assert page.get_by_label("App password").input_value() == ""
    assert mona.serious() == []
    page.get_by_label("App password").fill("demo-demo-demo-demo")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("@council.riverside.example is connected").wait_for()

    assert mona.trouble == []


def test_one_who_may_only_look(person):
    chris = person("chris")
    page = chris.go("/admin/channels/")

    assert page.get_by_role("link", name="Connect a channel").count() == 0
    assert page.get_by_role("link", name="Disconnect").count() == 0
    assert chris.serious() == []
    assert chris.trouble == []


def platforms() -> list[tuple[str, str]]:
    from channels.connectors.registry import CONNECTORS

    return [(connector.platform, connector.label) for connector in CONNECTORS]


def enter(page, platform: str, label: str, **more) -> None:
    """From the list of networks to the answer, by whatever way this network lets people in."""
    page.locator(f"button[value={platform}]").click()
    walk(page, label, **more)


def walk(page, label: str, *, consent=lambda page: None, answer: str = "Allow", **typed: str) -> None:
    """The same from our page about the network on. ``typed``: fields whose name begins so."""
    page.wait_for_load_state()
    if page.get_by_role("button", name="Go on").count():  # what the sandbox takes is filled in
        for name, value in typed.items():
            page.locator(f"#field-{name}").fill(value)
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()
    if page.get_by_role("link", name=f"Continue to {label}").count():
        page.get_by_role("link", name=f"Continue to {label}").click()
        consent(page)
        page.get_by_role("button", name=answer).click()
        page.wait_for_load_state()
    if page.get_by_role("heading", name="Which of them").count():
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Connect").click()


def uncheck(scope: str):
    def choose(page) -> None:
        page.get_by_text("Choose what to allow").click()
        page.locator(f"input[name=granted][value='{scope}']").uncheck()

    return choose


def test_a_refused_permission_is_explained(person):
    mona = person("mona")
    page = mona.go("/admin/channels/connect/")

    enter(page, "facebook", "Facebook", consent=uncheck("pages_manage_posts"))
    page.get_by_text("did not give us what publishing needs: publish posts (pages_manage_posts)").wait_for()

    page = mona.go("/admin/channels/connect/")
    enter(page, "facebook", "Facebook", consent=uncheck("pages_read_user_content"))
    said = page.get_by_text(": not allowed, so it will be missing: read comments").inner_text()
    handle = said.partition(": not allowed")[0].removeprefix("Warning:").strip()
    page.locator(".hc-card__handle").get_by_role("link", name=handle, exact=True).click()
    page.get_by_text("so it is missing: read comments (pages_read_user_content)").wait_for()
    assert mona.serious() == []
    assert mona.trouble == []


# Every network: refused, connected, run out, connected again ---------------------------------------------------------

NEEDED = "did not give us what publishing needs: "
# network: (the permission that is refused on its page; "" where it is all or nothing there, what is said then)
REFUSED = {
    "x": ("", "X was not allowed to let us in: you"),
    "facebook": ("pages_manage_posts", f"{NEEDED}publish posts (pages_manage_posts)"),
    "instagram": (
        "instagram_business_content_publish",
        f"{NEEDED}publish pictures, carousels and reels (instagram_business_content_publish)",
    ),
    "threads": ("threads_content_publish", f"{NEEDED}publish posts and replies (threads_content_publish)"),
    "linkedin": ("", "LinkedIn was not allowed to let us in: you"),
    "youtube": ("https://www.googleapis.com/auth/youtube.upload", f"{NEEDED}upload videos"),
    "mastodon": ("write:statuses", f"{NEEDED}publish, edit and delete posts (write:statuses)"),
    "bluesky": ("", "does not know this name with this app password"),
    "whatsapp": (
        "whatsapp_business_management",
        f"{NEEDED}see the number, its limits and its templates (whatsapp_business_management). Make a key that has it",
    ),
    "tiktok": ("video.publish", f"{NEEDED}publish videos (video.publish)"),
}


@pytest.fixture(scope="module")
def one_mona(chromium, stack):
    """Signed in once for all networks."""
    mona = Person(chromium, stack.site, "mona")
    yield mona
    mona.close()


@pytest.fixture
def mona(one_mona, request):
    one_mona.complaints.clear()
    yield one_mona
    if getattr(request.node, "failed", False):
        one_mona.picture(request.node.name)


def system_token(page, stack, refused: str = "") -> str:
    """WhatsApp's key is made by hand, on a page of its own."""
    page.goto(f"{stack.sandbox}/whatsapp/settings/system-users")
    if refused:
        page.locator(f"input[value={refused}]").uncheck()
    page.get_by_role("button", name="Generate token").click()
    return page.locator("code").inner_text()


def refuse(mona, stack, platform: str, label: str) -> None:
    scope, _ = REFUSED[platform]
    typed = {"token": system_token(mona.page, stack, scope)} if platform == "whatsapp" else {}
    if platform == "bluesky":
        typed = {"password": "taken-back"}
    page = mona.go("/admin/channels/connect/")
    consent = uncheck(scope) if scope else lambda page: None
    enter(page, platform, label, consent=consent, answer="Allow" if scope else "Deny", **typed)


def keys_to(page, stack, platform: str) -> dict[str, str]:
    return {"token": system_token(page, stack)} if platform == "whatsapp" else {}


def all_of_them(page) -> None:
    """Where several accounts can be ticked: all, so that the one that is connected again is among them."""
    for box in page.locator("input[name=account][type=checkbox]").all():
        box.check()


@pytest.mark.parametrize(("platform", "label"), platforms())
def test_refused_then_connected_then_run_out_then_connected_again(mona, stack, platform, label):
    page, own = mona.page, f".hc-card:has(.hc-network--{platform})"
    mona.go("/admin/channels/")
    before = page.locator(own).count()

    refuse(mona, stack, platform, label)
    page.get_by_text(REFUSED[platform][1]).wait_for()
    mona.go("/admin/channels/")
    expect(page.locator(own)).to_have_count(before)

    typed = keys_to(page, stack, platform)
    enter(mona.go("/admin/channels/connect/"), platform, label, **typed)
    page.locator(".messages .success").first.wait_for()
    card = page.locator(f".hc-card--good:has(.hc-network--{platform})").first
    handle, address = card.locator("a").first.inner_text(), card.locator("a").first.get_attribute("href")
    cards = page.locator(own).count()
    card.get_by_role("button", name="Check").click()
    page.get_by_text("everything needed to publish is there").wait_for()
    page.get_by_role("heading", name="How it is").wait_for()
    look_closely = platform in ("instagram", "bluesky")  # the pages differ in words only
    assert not look_closely or mona.serious() == []

    stack.ask("POST", "/_sandbox/expire", {"network": platform, "whole": True})
    page.get_by_role("button", name="Check").click()
    page.locator(".hc-pill--bad").first.wait_for()
    page.get_by_text(
        f"{label} no longer accepts our key. Reconnect the account; posts wait until then."
    ).wait_for()
    assert not look_closely or mona.serious() == []
    made = page.locator(".hc-table tbody tr").count()

    typed = keys_to(page, stack, platform)
    mona.go(address).get_by_role("button", name=f"Reconnect {handle}").click()
    page.get_by_role("heading", name=f"Connect {handle} again").wait_for()
    if platform == "instagram":
        page.get_by_text(f"Sign in there as {handle}").wait_for()
    walk(page, label, consent=all_of_them, **typed)
    page.get_by_text("is connected").wait_for()
    expect(page.locator(own)).to_have_count(cards)
    assert page.locator(f".hc-card--bad:has(.hc-network--{platform})").count() == 0
    expect(page.locator(f".hc-card--good:has(a[href='{address}'])")).to_have_count(1)
    mona.go(address)
    page.get_by_text("The account is connected.").wait_for()
    assert page.locator(".hc-table tbody tr").count() >= made
    assert mona.trouble == []


def test_bluesky_by_the_servers_own_sign_in_page(mona, stack):
    page = mona.page
    enter(mona.go("/admin/channels/connect/"), "bluesky", "Bluesky", password="", answer="Deny")
    page.get_by_text("Bluesky was not allowed to let us in: you").wait_for()

    enter(mona.go("/admin/channels/connect/"), "bluesky", "Bluesky", password="")
    page.get_by_text("@council.riverside.example is connected").wait_for()
    page.get_by_role("button", name="Check @council.riverside.example").click()
    page.get_by_text("everything needed to publish is there").wait_for()
    assert mona.trouble == []

"""A manager connects accounts in a real browser: our pages, the network's consent, and back."""

from __future__ import annotations

import pytest

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
    assert page.locator(".hc-card--good").count() == 3
    assert page.locator(".hc-pill--sandbox").count() == 3
    assert mona.serious() == []

    page.get_by_role("button", name="Check @riverside_council").click()
    page.get_by_text("everything needed to publish is there").wait_for()
    assert mona.serious() == []

    page.get_by_role("button", name="Reconnect @riverside_council").click()
    assert mona.serious() == []
    page.get_by_role("link", name="Continue to X").click()
    page.get_by_role("button", name="Deny").click()
    page.get_by_text("said no").wait_for()
    assert page.locator(".hc-card--good").count() == 3

    page.get_by_role("link", name="Disconnect @riverside_council").click()
    assert mona.serious() == []
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_text("X has been told").wait_for()
    assert page.locator(".hc-card--off").count() == 1

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


def enter(page, platform: str, label: str, *, consent=lambda page: None) -> None:
    """From the list of networks to the answer, by whatever way this network lets people in."""
    page.locator(f"button[value={platform}]").click()
    page.wait_for_load_state()
    if page.get_by_role("button", name="Go on").count():  # what the sandbox takes is filled in
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()
    if page.get_by_role("link", name=f"Continue to {label}").count():
        page.get_by_role("link", name=f"Continue to {label}").click()
        consent(page)
        page.get_by_role("button", name="Allow").click()
        page.wait_for_load_state()
    if page.get_by_role("heading", name="Which of them").count():
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Connect").click()


def test_every_network_lets_us_in(person, stack):
    mona = person("mona")

    for platform, label in platforms():
        page = mona.go("/admin/channels/connect/")
        enter(page, platform, label)
        page.locator(".messages .success").first.wait_for()
        assert page.locator(f".hc-card--good .hc-network--{platform}").count() >= 1, label

    page.locator(".hc-card--good .hc-card__handle a").last.click()
    page.get_by_role("heading", name="How it is").wait_for()
    assert mona.serious() == []
    assert mona.trouble == []


def uncheck(scope: str):
    def choose(page) -> None:
        page.get_by_text("Choose what to allow").click()
        page.locator(f"input[name=granted][value={scope}]").uncheck()

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


def test_an_account_whose_key_has_run_out_is_connected_again(person, stack):
    mona = person("mona")
    enter(mona.go("/admin/channels/connect/"), "instagram", "Instagram")
    mona.page.locator(".messages .success").first.wait_for()
    stack.ask("POST", "/_sandbox/expire", {"network": "instagram"})
    page = mona.go("/admin/channels/")
    card = page.locator(".hc-card:has(.hc-network--instagram)").first
    handle = card.locator(".hc-card__handle").inner_text()

    card.get_by_role("button", name="Check").click()
    page.locator(".hc-pill--bad").first.wait_for()
    page.get_by_text("Reconnect the account; posts wait until then.").wait_for()
    assert mona.serious() == []

    page.get_by_role("button", name=f"Reconnect {handle}").click()
    page.get_by_text(f"Sign in there as {handle}").wait_for()
    page.get_by_role("link", name="Continue to Instagram").click()
    page.get_by_role("button", name="Allow").click()
    page.get_by_text("is connected").wait_for()
    assert page.locator(".hc-card--bad").count() == 0
    assert mona.trouble == []

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


def test_one_who_may_only_look(person):
    chris = person("chris")
    page = chris.go("/admin/channels/")

    assert page.get_by_role("link", name="Connect a channel").count() == 0
    assert page.get_by_role("link", name="Disconnect").count() == 0
    assert chris.serious() == []
    assert chris.trouble == []

"""A person's own Save while Wagtail's autosave is on its way: one story, with every word, and no error."""

from __future__ import annotations

import re

import pytest

from tests.journeys.test_main_job import campaign
from tests.stack import until

pytestmark = [pytest.mark.browser]


def hold_drafts(page) -> list:
    """Autosave's requests from now on; each waits until it is answered here."""
    held: list = []

    def seen(route, request):
        if request.method == "POST" and "text/html" not in request.headers.get("accept", ""):
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile(r"/admin/pages/(add/|\d+/edit/)"), seen)
    return held


def test_save_waits_for_the_draft_of_a_new_story(stack, person):
    chris = person("chris")
    page = chris.go(f"/admin/pages/add/cms/storypage/{campaign(stack)}/")
    held = hold_drafts(page)
    page.wait_for_timeout(2_500)  # Wagtail begins to look for changes two seconds after the page is there
    page.fill("#id_title", "Benches for the river path")
    page.locator("#id_title").blur()
    until(lambda: page.wait_for_timeout(50) or held, what="the first autosave")
    answer = held[0].fetch()  # the server has it, the page does not know yet
    assert answer.status == 200
    page.fill("#id_lead", "Twelve of them, with backs.")

    page.keyboard.press("Control+s")
    page.keyboard.press("Control+s")  # impatient
    page.wait_for_timeout(300)
    assert page.url.endswith(f"/add/cms/storypage/{campaign(stack)}/")
    with page.expect_event("load"):
        held[0].fulfill(response=answer)

    assert re.search(r"/admin/pages/\d+/edit/", page.url)
    assert len(held) == 1  # no other draft went out beside the person's own
    assert page.locator(".messages .error").count() == 0
    assert page.input_value("#id_lead") == "Twelve of them, with backs."
    made = stack.shell(
        "from cms.models import StoryPage;"
        "print([p.get_latest_revision_as_object().lead"
        " for p in StoryPage.objects.filter(draft_title='Benches for the river path')])"
    )
    assert made.strip().splitlines()[-1] == "['Twelve of them, with backs.']"
    assert chris.trouble == []


@pytest.mark.parametrize(
    ("who", "button", "name", "told"),
    [
        ("chris", "Submit to", "action-submit", "has been submitted"),
        (
            "mona",
            "Publish",
            "action-publish",
            "published",
        ),  # Wagtail switches this button off once it is pressed
    ],
)
def test_what_is_pressed_is_what_happens_after_the_wait(stack, person, who, button, name, told):
    someone = person(who)
    page = someone.go(f"/admin/pages/add/cms/storypage/{campaign(stack)}/")
    page.wait_for_timeout(2_500)
    page.fill("#id_title", f"A ramp at the weir, told by {who}")
    page.fill("#id_lead", "For wheels of every kind.")
    page.wait_for_url(re.compile(r"/admin/pages/\d+/edit/"))  # put there by autosave
    page.locator("#w-autosave-indicator[data-w-autosave-state-value=saved]").wait_for()
    page.wait_for_timeout(1_500)
    held = hold_drafts(page)
    page.fill("#id_lead", "For wheels of every kind, from May on.")
    until(lambda: page.wait_for_timeout(50) or held, what="an autosave")
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    pressed = page.locator(f"footer button[name={name}]")
    assert button in pressed.inner_text()
    pressed.click()
    page.wait_for_timeout(300)
    with page.expect_event("load"):
        held[0].continue_()

    assert told in page.locator(".messages").inner_text()
    assert someone.trouble == []

"""A morning of the community manager: what people write in many languages arrives by itself, and is sorted, answered, taken
private, hidden with a reason and handed on; the manager sees in the report what became of it.
"""

from __future__ import annotations

import io
import json
import re

import pytest
from PIL import Image

from tests.stack import until

pytestmark = [pytest.mark.browser, pytest.mark.anydb]

CONNECT = """
import json
from django.contrib.auth import get_user_model
from channels.sample import connect_all
from cms.models import CampaignPage, StoryPage
page = CampaignPage.objects.get(slug='river-clean-up-2026')
mona = get_user_model().objects.get(username='mona')
made = connect_all(page, by=mona, platforms=dict.fromkeys(('x', 'mastodon', 'facebook'), ''))
story = StoryPage.objects.descendant_of(page).order_by('pk').first()
print(json.dumps({'campaign': page.pk, 'user': mona.pk, 'story': story.pk, 'title': story.title,
    'channels': {c.platform: c.pk for c in made}, 'accounts': {c.platform: c.remote_id for c in made}}))
"""
UNDER = "from formats.models import Variant; Variant.objects.update(story_id={story})"
SAID = """
import json
from community.models import Message
rows = Message.objects.filter(direction='in').select_related('conversation', 'channel', 'author').order_by('pk')
print(json.dumps([{'talk': m.conversation_id, 'at': m.channel.platform, 'kind': m.conversation.kind, 'text': m.text,
    'language': m.conversation.language, 'status': m.conversation.status, 'message': m.pk, 'who': m.author_id,
    'login': m.author.remote_id, 'name': m.author.name} for m in rows if m.author]))
"""
HEARD = """
import json
from community.models import Message
rows = Message.objects.filter(direction='in').values_list('channel__platform', 'remote_id')
print(json.dumps(sorted(rows)))
"""
LAST_LINE = """table => Object.fromEntries([...table.tHead.rows[0].cells].map((cell, n) =>
    [cell.firstChild.textContent.trim(), table.tFoot.rows[0].cells[n].firstChild.textContent.trim()]))"""
SEED = "morning-39"  # its first thirty messages hold an insult, a question about voting and a complaint, on two networks
INSULT, WHERE, COMPLAINT = "You are all idiots", "Where is my polling station", "Third time I write"
ANSWER = "Your polling station is the school in Mill Lane; it is open from 7 to 22 o'clock."
INBOX = "/admin/conversations/"


def photograph() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 40).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def said(stack) -> list[dict]:
    return json.loads(stack.shell(SAID).strip().splitlines()[-1])


def heard(stack) -> list[list[str]]:
    """What is kept of what people said."""
    return json.loads(stack.shell(HEARD).strip().splitlines()[-1])


def spoken(stack) -> list[list[str]]:
    """What people have said, as the networks themselves count it."""
    return sorted([row["network"], row["id"]] for row in stack.ask("GET", "/_sandbox/said"))


def all_told(page) -> dict[str, str]:
    """The last line of the report's table of accounts, by the names of its columns."""
    table = page.locator("table", has=page.locator("caption", has_text="By account"))
    return table.evaluate(LAST_LINE)


def first(rows: list[dict], words: str, network: str) -> dict:
    return next(
        r for r in rows if r["text"].startswith(words) and (r["at"], r["kind"]) == (network, "comment")
    )


@pytest.fixture(scope="module")
def morning(stack):
    """Three posts are out; people have written under them for half a minute, and all of it has been read."""
    town = json.loads(stack.shell(CONNECT).strip().splitlines()[-1])
    for platform in (
        "x",
        "mastodon",
        "facebook",
    ):  # one after the other: the stream goes by the order of the posts
        pk = stack.call(
            "approve", town=town, texts=[f"Come to the river on Saturday. ({platform})"], platform=platform
        )
        stack.shell(UNDER.format(**town))
        until(
            lambda pk=pk: stack.call("states", pks=[pk])[pk]["state"] == "published",
            seconds=60,
            what=platform,
        )
    stack.ask("POST", "/_sandbox/stream", {"per_hour": 3600, "seed": SEED})

    def arrived() -> bool:
        rows = said(stack)
        wanted = ((INSULT, "facebook"), (WHERE, "facebook"), (COMPLAINT, "mastodon"), (COMPLAINT, "facebook"))
        return all(any(r["text"].startswith(w) and r["at"] == at for r in rows) for w, at in wanted)

    until(arrived, seconds=240, every=2, what="what people say")
    stack.ask("POST", "/_sandbox/stream", {"per_hour": 0, "seed": SEED})
    return town


def out(stack, answers: int) -> bool:
    """Whether so many answers stand on the networks."""
    code = "from community.models import Answer as A; print(A.objects.exclude(message=None).count())"
    return int(stack.shell(code)) >= answers


def asked_of(stack, network: str, method: str, end: str) -> int:
    """How many such calls a network has taken."""
    calls = stack.ask("GET", "/_sandbox/calls")
    wanted = [r for r in calls if (r["network"], r["method"], r["status"]) == (network, method, 200)]
    return sum(r["path"].endswith(end) for r in wanted)


def test_a_morning_of_the_community_manager(stack, person, morning):
    until(lambda: heard(stack) == spoken(stack), seconds=90, every=2, what="all that was said, each once")
    rows = said(stack)
    cody = person("cody")
    page = cody.go(INBOX)

    # What has arrived: of three networks, in several languages, under the story
    assert {"x", "mastodon", "facebook"} >= {r["at"] for r in rows} >= {"mastodon", "facebook"}
    assert len({r["language"] for r in rows if r["language"]}) >= 3
    assert len(rows) >= 12
    shown = page.locator("[data-row]")
    assert shown.count() >= 8
    assert page.locator("[data-row].is-unread").count() == shown.count()
    assert cody.serious() == []

    # Sort: what is abusive is found by what the words suggest; a suggestion is corrected and stays so
    complaint = first(rows, COMPLAINT, "mastodon")
    page.select_option("[name=wants]", "abuse")
    page.wait_for_url(re.compile("wants=abuse"))
    assert page.get_by_text(INSULT).first.is_visible()
    assert page.get_by_text(WHERE).count() == 0
    page.goto(f"{cody.site}{INBOX}{complaint['talk']}/")
    assert page.get_by_role("link", name=morning["title"]).first.is_visible()
    page.get_by_label("Risk", exact=True).select_option("high")
    page.get_by_role("button", name="Correct: Risk").click()
    page.get_by_text("Risk is corrected.").wait_for()
    assert page.get_by_text("Corrected by Cody Community").is_visible()
    assert cody.serious() == []

    # Hand on: a note names the manager, and she gets it
    page.get_by_label("Note", exact=True).fill("@mona third letter about the lamp, please look at it today")
    page.get_by_role("button", name="Add the note").click()
    page.get_by_text("Noted; Mona Manager was told.").wait_for()
    page.get_by_label("Whose it is").select_option(label="Mona Manager")
    page.get_by_role("button", name="Assign", exact=True).click()
    page.get_by_text("It is Mona Manager’s now.").wait_for()

    # Escalate: by one key, to a person, with the reason; it is marked until she takes it on
    page.keyboard.press("x")
    page.get_by_label("To whom").select_option(label="Mona Manager")
    page.get_by_label("Why", exact=True).fill("She wants to go to the paper; we promised the lamp twice")
    assert cody.serious() == []
    page.get_by_role("button", name="Escalate", exact=True).click()
    page.get_by_text("Escalated. Mona Manager was told at once.").wait_for()
    assert page.get_by_text("Nobody has taken it on yet").is_visible()
    assert cody.serious() == []

    # Answer: checked against the network's limit, then sent once
    asked = first(rows, WHERE, "facebook")
    page.goto(f"{cody.site}{INBOX}{asked['talk']}/")
    page.get_by_role("button", name="Assign it to me").click()
    page.get_by_text("It is Cody Community’s now.").wait_for()
    answer = page.locator("[data-answer]")
    answer.fill("y" * 8_001)
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Shorten it by 1.").wait_for()
    answer.fill(ANSWER)
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Nothing stands against it.").wait_for()
    page.get_by_text("Add a picture").click()
    page.get_by_label("From this computer").set_input_files(
        files=[{"name": "school.jpg", "mimeType": "image/jpeg", "buffer": photograph()}]
    )
    page.get_by_role("button", name="Add it", exact=True).click()
    shows = page.get_by_label(re.compile("What “school” shows"))
    shows.wait_for()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("The picture has no alt text.").wait_for()
    shows.fill("The door of the school in Mill Lane, with the ramp on the left")
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Nothing stands against it.").wait_for()
    assert cody.serious() == []
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("It is on its way.").wait_for()
    until(lambda: out(stack, 1), seconds=60, what="the answer")
    page.reload()
    assert page.locator(".talk-said.is-ours").get_by_text(ANSWER).is_visible()
    assert asked_of(stack, "facebook", "POST", "/comments") == 1
    assert asked_of(stack, "facebook", "POST", "/photos") == 1
    assert page.locator(".talk-said.is-ours img").get_attribute("alt").startswith("The door of the school")

    # Take private: the other complaint goes on where nobody else reads it, and both know of each other
    private = first(rows, COMPLAINT, "facebook")
    page.goto(f"{cody.site}{INBOX}{private['talk']}/")
    answer.fill("I am sorry that you had to write three times. Which house is the lamp in front of?")
    who = ("facebook", "direct", private["name"])  # in private a person has another id there
    wrote = [row for row in said(stack) if (row["at"], row["kind"], row["name"]) == who]
    page.get_by_role("button", name="Continue in private").click()
    page.get_by_text("It is on its way.").wait_for()
    assert page.get_by_role("link", name="a public conversation").is_visible()
    until(lambda: out(stack, 2), seconds=60, what="the private message")
    page.reload()
    assert cody.serious() == []
    page.get_by_role("link", name="a public conversation").click()
    page.get_by_role("link", name="a private conversation").wait_for()
    assert page.get_by_text("takes one private message to each comment").is_visible()
    back = {
        "network": "facebook",
        "account": morning["accounts"]["facebook"],
        "text": "In front of number 12.",
    }
    stack.ask("POST", "/_sandbox/say", {**back, "login": private["login"], "name": private["name"]})

    def answered() -> str:
        page.goto(f"{cody.site}{INBOX}{private['talk']}/")
        there = page.get_by_role("link", name="a private conversation").evaluate("e => e.href")
        # What they write back says how the network calls the private conversation, and it moves there meanwhile.
        answer = page.request.get(there)
        return there if answer.ok and back["text"] in answer.text() else ""

    page.goto(until(answered, seconds=90, every=2, what="what they write back in private"))
    assert page.get_by_text("Which house is the lamp in front of?").is_visible()
    assert page.get_by_role("link", name="a public conversation").is_visible()
    assert page.locator("[data-answer]").is_visible()

    # Hide: only with a reason of the policy and a sentence; the copy stays, and the public page counts it
    insult = first(rows, INSULT, "facebook")
    page.goto(f"{cody.site}{INBOX}{insult['talk']}/")
    page.locator(f"#message-{insult['message']}").get_by_role("link", name="Moderate…").click()
    page.get_by_label("What is to be done").select_option("hide")
    page.get_by_role("button", name="Do it").click()
    page.get_by_role("alert").first.wait_for()
    assert cody.serious() == []
    page.get_by_label("What is to be done").select_option("hide")
    page.get_by_label("Reason of the policy").select_option("insult")
    page.get_by_label("What is wrong with it").fill("Calls everybody idiots, says nothing else")
    page.get_by_role("button", name="Do it").click()
    page.get_by_text("It is being done. A copy is kept.").wait_for()
    hidden = f"from community.models import Message as M; print(M.objects.get(pk={insult['message']}).hidden)"
    until(lambda: stack.shell(hidden).strip() == "True", seconds=60, what="hiding")
    page.reload()
    line = page.locator(f"#message-{insult['message']}")
    assert line.get_by_text("Hidden", exact=True).is_visible()
    assert line.get_by_text(INSULT).is_visible()
    page.goto(f"{cody.site}/moderation/")
    assert "1" in page.get_by_role("row", name=re.compile("^Insults")).inner_text()
    assert cody.serious() == []

    # Whatever wants no answer is closed from the list by keyboard
    page.goto(f"{cody.site}{INBOX}?tab=nobody")
    top = page.locator("[data-row]").first.get_attribute("data-row")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.get_by_text("It is now “Closed”.").wait_for()
    page.goto(f"{cody.site}{INBOX}?tab=nobody")
    assert page.locator(f"[data-row='{top}']").count() == 0
    page.goto(f"{cody.site}{INBOX}?tab=closed")
    assert page.locator(f"[data-row='{top}']").count() == 1
    assert cody.trouble == []

    # The manager: told of it, takes it on, the conversation is hers, and the report knows of the morning
    mona = person("mona")
    page = mona.go(f"{INBOX}?tab=raised")
    page.locator(f"[data-row='{complaint['talk']}']").get_by_role("link").first.click()
    page.get_by_text("we promised the lamp twice").wait_for()
    page.get_by_role("button", name="I take it on").click()
    page.get_by_text("It is yours now; Cody Community was told.").wait_for()
    assert page.get_by_text("Taken on by Mona Manager").is_visible()
    page = mona.go(f"{INBOX}?tab=mine")
    page.locator(f"[data-row='{complaint['talk']}']").get_by_role("link").first.click()
    page.get_by_text("third letter about the lamp").wait_for()
    kinds = "N.objects.filter(user__username='mona').values_list('kind', flat=True)"
    told = stack.shell(f"from work.models import Notice as N; print(*{kinds})").split()
    assert {"talk_mentioned", "talk_assigned", "talk_raised"} <= set(told)

    def reported() -> dict[str, str]:
        """People may go on talking meanwhile."""
        line = all_told(mona.go("/admin/numbers/conversations/"))
        return line if line["Messages"] == str(len(spoken(stack))) else {}

    line = until(reported, seconds=60, every=2, what="the report of all that was said")
    assert line["Conversations"] == str(len({r["talk"] for r in said(stack)}))
    # About the polling station; and in private, where that person had asked something there before
    answered = 1 + bool(wrote)
    assert (line["Answered"], line["In time"], line["Missed"]) == (str(answered), "100.0\u00a0%", "0")
    assert 0 < float(line["First answer"]) < 60
    assert line["Next answers"].startswith("–")
    assert page.get_by_text(f"{answered} of {answered} came in time (100 %).").is_visible()
    assert page.get_by_text("Half of the first answers came within").is_visible()
    assert mona.serious() == []
    assert mona.trouble == []


def test_an_answer_of_ours_is_changed_and_deleted_where_the_network_lets_us(stack, person, morning):
    rows = said(stack)
    answered = set(
        json.loads(
            stack.shell(
                "from community.models import Message as M; print(list(M.objects.filter("
                "direction='out').values_list('conversation_id', flat=True)))"
            )
        )
    )
    asked = next(
        r
        for r in rows
        if (r["at"], r["kind"], r["status"]) == ("facebook", "comment", "open") and r["talk"] not in answered
    )
    cody = person("cody")
    page = cody.go(f"{INBOX}{asked['talk']}/")
    page.locator("[data-answer]").fill("We meet at nine at the mill.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("It is on its way.").wait_for()
    ours = page.locator(".talk-said.is-ours")

    def there(words: str) -> bool:
        page.reload()
        return (
            ours.get_by_text(words, exact=True).count() == 1
            and ours.get_by_text("Change or delete…").count() == 1
        )

    until(lambda: there("We meet at nine at the mill."), seconds=60, every=1, what="the answer")
    page.get_by_role("link", name="Change or delete…").click()
    assert cody.serious() == []
    page.get_by_label(re.compile("New words")).fill("We meet at ten at the mill.")
    page.get_by_role("button", name="Change it").click()
    page.get_by_text("It is being changed.").wait_for()
    until(lambda: there("We meet at ten at the mill."), seconds=60, every=1, what="the change")
    page.get_by_text("What it said before").click()
    assert page.get_by_text("We meet at nine at the mill.").is_visible()

    page.get_by_role("link", name="Change or delete…").click()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_text("Tick that you are sure.").wait_for()
    page.get_by_label("Why (for colleagues)").fill("Wrong meeting point")
    page.get_by_label("I am sure").check()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_text("It is being deleted.").wait_for()

    def gone() -> bool:
        """A page read in that very moment may have the conversation from before and its messages from after."""
        page.reload()
        again = page.locator(".talk-facts").get_by_text("Open", exact=True).count() == 1
        return again and ours.get_by_text("Gone from the network").count() == 1

    until(gone, seconds=60, every=1, what="deleting it, and that they wait for an answer again")
    assert ours.get_by_text("Change or delete…").count() == 0
    assert asked_of(stack, "facebook", "DELETE", "") >= 1
    assert cody.trouble == []


PAGES = (
    "",
    "?tab=all&q=bridge",
    "{talk}/",
    "moderate/{message}/",
    "rumours/",
    "rumours/new/",
    "rumours/{case}/",
    "questions/",
    "questions/log/",
    "replies/",
    "rules/",
    "hours/",
    "settings/",
    "objections/",
    "people/",
    "people/{who}/",
    "second/",
    "waves/{wave}/",
)
MORE = """
from datetime import timedelta
from cms.models import CampaignPage
from django.contrib.auth import get_user_model
from community.models import Answer, Burst, Case, Conversation, Rating
from community.rating import token_of
from work import clock
import json
now = clock.now()
page = CampaignPage.objects.get(slug='river-clean-up-2026')
case = Case.objects.create(campaign_id=page.pk, title='The bridge', rumour='It is closed all summer', opened_at=now,
    changed_at=now)
wave = Burst.objects.create(campaign_id=page.pk, key='k', words='Is the bridge closed?', began_at=now, last_at=now, count=2)
talks = Conversation.objects.exclude(contact=None).exclude(kind='direct')[:3]
wave.conversations.set(talks)
rating = Rating.objects.create(conversation=talks[0], asked_at=now)
print(json.dumps({'case': case.pk, 'wave': wave.pk, 'token': token_of(rating),
    'answer': Answer.objects.exclude(publication=None).values_list('pk', flat=True).first()}))
"""


@pytest.fixture(scope="module")
def more(stack, morning) -> dict:
    """What the morning does not bring by itself: a rumour, a wave, and a question how our answer was."""
    return json.loads(stack.shell(MORE).strip().splitlines()[-1])


@pytest.mark.parametrize(
    ("size", "scheme"),
    [((1440, 900), "light"), ((1440, 900), "dark"), ((390, 844), "light"), ((390, 844), "dark")],
)
def test_every_page_of_conversations_is_sound_in_both_themes_and_on_a_phone(
    stack, person, more, size, scheme
):
    row = next(r for r in said(stack) if r["at"] == "facebook" and r["kind"] == "comment")
    mona = person("mona", size=size, scheme=scheme)
    found = []
    paths = [INBOX + path.format(**more, **row) for path in PAGES]
    if more["answer"]:
        paths.append(f"{INBOX}answers/{more['answer']}/")
    paths += ["/admin/numbers/conversations/", "/admin/numbers/conversations/?paper=1"]
    paths += ["/moderation/", "/moderation/object/", f"/rate/{more['token']}/"]
    for path in paths:
        answer = mona.page.goto(mona.site + path)
        assert answer.status == 200, path
        found += [f"{path}: {each}" for each in mona.serious()]
        if (wide := mona.page.evaluate("document.documentElement.scrollWidth")) > size[0]:
            found.append(f"{path}: {wide} px wide")
    assert found == []
    page = mona.go(f"{INBOX}waves/{more['wave']}/")
    page.locator("[name=talk]").first.check()
    page.locator("textarea[name=text]").fill("The bridge is open all summer, {name}.")
    page.get_by_role("button", name="Look at it before sending").click()
    page.get_by_role("button", name=re.compile("^Send")).wait_for()
    assert mona.serious() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert mona.trouble == []

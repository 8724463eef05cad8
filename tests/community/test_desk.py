"""The inbox and a conversation's page: who sees what, what can be done, hostile words, queries that do not grow."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community import sorting
from community.core.rules import parse
from community.models import Message, Note, Rule, Seen, View
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture
def cora(river, as_user):  # noqa: F811
    user = river.people["community"]
    client = as_user(user)

    def post(row, **fields):
        return client.post(reverse("community:change", args=[row.pk]), fields, follow=True)

    def get(query="", row=None):
        url = reverse("community:conversation", args=[row.pk]) if row else reverse("community:inbox")
        answer = client.get(url + query)
        return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)

    return SimpleNamespace(user=user, client=client, post=post, get=get)


@pytest.mark.parametrize("role", ["creator", "analyst"])
def test_only_who_answers_sees_it(river, as_user, role):  # noqa: F811
    row = talk(river)
    client = as_user(river.people[role])

    for url in (reverse("community:inbox"), reverse("community:conversation", args=[row.pk])):
        assert client.get(url).status_code in (302, 403)
    client.post(reverse("community:change", args=[row.pk]), {"do": "status", "status": "closed"})

    row.refresh_from_db()
    assert row.status == "open"


def test_not_of_another_campaign_and_not_of_an_account_kept_to_others(river, make_campaign, cora):  # noqa: F811
    forest = make_campaign("Forest")
    theirs, kept = talk(forest, "Zanzibar"), talk(river, "Kept words")
    river.channel.only_groups = [999_999]
    river.channel.save()

    page = cora.get("?tab=all")

    assert "Zanzibar" not in page
    assert "Kept words" not in page
    assert cora.get(row=theirs) == cora.get(row=kept) == "404"


ASKED = [
    ("", {"open", "urgent", "mine"}),
    ("?tab=mine", {"mine"}),
    ("?tab=nobody", {"open", "urgent"}),
    ("?tab=waiting", {"waiting"}),
    ("?tab=snoozed", {"asleep"}),
    ("?tab=closed", {"closed"}),
    ("?tab=due", {"urgent"}),
    ("?tab=all", {"open", "urgent", "mine", "waiting", "asleep", "closed"}),
    ("?urgency=high", {"urgent"}),
    ("?q=URGENT", {"urgent"}),
    ("?q=@zoe", {"open"}),
    ("?late=1", {"urgent"}),
    ("?topic=voting", {"urgent"}),
    ("?wants=made-up", {"open", "urgent", "mine"}),
    ("?unread=1", {"urgent", "mine"}),
    ("?q=%00&p=-3&channel=x", {"open", "urgent", "mine"}),
]


def test_what_the_address_asks_for(river, cora):  # noqa: F811
    words = {
        "open": talk(river, "words-open", name="Zoe"),
        "urgent": talk(
            river, "words-urgent", urgency="high", topic="voting", next_due_at=NOW - timedelta(hours=1)
        ),
        "mine": talk(river, "words-mine", assignee=cora.user),
        "waiting": talk(river, "words-waiting", status="waiting"),
        "asleep": talk(river, "words-asleep", snoozed_until=NOW + timedelta(hours=1)),
        "closed": talk(river, "words-closed", status="closed"),
    }
    sorting.seen(words["open"], by=cora.user)

    found = {query: {name for name in words if f"words-{name}" in cora.get(query)} for query, _ in ASKED}

    assert found == dict(ASKED)


def test_queries_do_not_grow(river, cora):  # noqa: F811
    def count():
        with CaptureQueriesContext(
            connection,
        ) as found:
            cora.get("?tab=all")
        return len(found)

    talk(river)
    cora.get("?tab=all")
    one = count()
    for number in range(40):
        talk(river, name=f"P{number}", assignee=cora.user)

    assert count() == one
    assert one < 30


def test_the_second_page(river, cora):  # noqa: F811
    for number in range(31):
        talk(river, f"words-{number:02}", name=f"P{number}", minute=number)

    assert "words-30" not in cora.get()
    assert "words-30" in cora.get("?p=2")
    assert "words-29" not in cora.get("?p=2")


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> \u202egnp.exe {{7*7}} =1+1'


def test_hostile_words_are_words(river, cora):  # noqa: F811
    row = talk(river, HOSTILE, name='"><b onmouseover=alert(1)>')
    sorting.note(row, HOSTILE, by=cora.user)

    for page in (cora.get(), cora.get(row=row)):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b onmouseover" not in page
        assert "&lt;script&gt;alert(1)" in page
    assert 'class="talk-words" dir="auto">&lt;script&gt;' in cora.get(row=row)


def test_opening_it_is_reading_it(river, cora):  # noqa: F811
    row = talk(river)
    assert "is-unread" in cora.get()

    cora.get(row=row)
    assert "is-unread" not in cora.get()

    assert "is-unread" in cora.post(row, do="unread").content.decode()


def test_status_and_the_reason(river, cora):  # noqa: F811
    row = talk(river, next_due_at=NOW)
    assert "Say in a few words" in cora.post(row, do="status", status="no_answer").content.decode()

    cora.post(row, do="status", status="no_answer", reason="Said thanks.")

    row.refresh_from_db()
    assert (row.status, row.reason, row.next_due_at, row.closed_at) == (
        "no_answer",
        "Said thanks.",
        None,
        NOW,
    )
    cora.post(row, do="status", status="open")
    row.refresh_from_db()
    assert (row.status, row.reason, row.closed_at) == ("open", "", None)


def test_who_saves_over_somebody_elses_change_is_told(river, cora):  # noqa: F811
    row = talk(river)
    seen = row.version
    sorting.set_status(row, "waiting", by=river.people["manager"])

    page = cora.post(row, do="status", status="closed", version=seen).content.decode()

    row.refresh_from_db()
    assert "Somebody else has just changed" in page
    assert row.status == "waiting"


def test_assigning_tells_the_other(river, make_campaign, cora):  # noqa: F811
    row, manager = talk(river), river.people["manager"]
    stranger = make_campaign("Forest").people["manager"]

    assert "may not answer" in cora.post(row, do="assign", to=stranger.pk).content.decode()
    cora.post(row, do="assign", to=manager.pk)
    row.refresh_from_db()
    assert row.assignee == manager
    cora.post(row, do="assign", to="me")

    row.refresh_from_db()
    assert row.assignee == cora.user
    assert [notice.user for notice in Notice.objects.filter(kind="talk_assigned")] == [manager]


def test_snooze(river, cora):  # noqa: F811
    row = talk(river)
    assert "still to come" in cora.post(row, do="snooze", until="2020-01-01T09:00").content.decode()
    cora.post(row, do="snooze", until="2026-11-24T09:00+00:00")

    row.refresh_from_db()
    assert row.snoozed_until == NOW + timedelta(days=1)
    cora.post(row, do="snooze", until="")
    row.refresh_from_db()
    assert row.snoozed_until is None


def test_a_note_tells_whom_it_names(river, make_campaign, cora):  # noqa: F811
    forest = make_campaign("Forest")
    row, manager = talk(river), river.people["manager"]

    cora.post(
        row, do="note", text=f"@{manager.username} look, and @{forest.people['manager'].username}, me@x.org"
    )

    assert list(Note.objects.get().mentions.all()) == [manager]
    assert [notice.user for notice in Notice.objects.filter(kind="talk_mentioned")] == [manager]


@pytest.mark.parametrize(
    ("names", "text", "told"),
    [
        (["max"], "Please look, @max.", ["max"]),
        (["max"], "@Max: please", ["max"]),
        (["Max"], "(@max)", ["Max"]),
        (["max", "max.power"], "@max.power has it", ["max.power"]),
        (["max", "max.power"], "@max. Power is out.", ["max"]),
        (["mona@example.org"], "@mona@example.org, look", ["mona@example.org"]),
        (["max"], "@maximilian me@max.org @max@elsewhere @max.power", []),
        (["max"], "@ @@max", []),
    ],
)
def test_whom_a_note_means(river, cora, names, text, told):  # noqa: F811
    group = river.people["community"].groups.get()
    for name in names:
        get_user_model().objects.create_user(name, f"{len(name)}@x.org", "x").groups.add(group)
    row = sorting.note(talk(river), text, by=cora.user)
    assert [user.username for user in row.mentions.all()] == told


def test_what_they_said_in_somebody_elses_thread_is_known(river, cora):  # noqa: F811
    row, other = talk(river, "Is it open?", name="Mara"), talk(river, "I say so.", name="Tom")
    mara = row.contact
    Message.objects.create(
        conversation=other, channel=other.channel, remote_id="below", kind="reply", author=mara, text="Do you?",
        at=NOW, seen_at=NOW,
    )  # fmt: skip
    page = cora.get(row=row)
    assert reverse("community:conversation", args=[other.pk]) in page
    assert "Nothing else is known of them here." not in page


def test_the_list_is_filtered_by_topics_of_rules_too(river, make_campaign, cora):  # noqa: F811
    def rule(line, **fields):
        when, then = parse(line).as_data()
        Rule.objects.create(name=line, when=when, then=then, changed_at=NOW, **fields)

    rule("contains lamp -> topic Lamps", campaign=river.page)
    rule("contains ferry -> topic ferries")
    rule("contains tree -> topic trees", campaign=make_campaign("Forest").page)
    rule("contains off -> topic off", on=False)
    Rule.objects.create(name="Broken", when=[], then=[1], changed_at=NOW)
    topics = cora.client.get(reverse("community:inbox")).context["topics"]
    assert {"lamps", "ferries", "voting"} <= set(topics)
    assert not {"trees", "off"} & set(topics)


def test_a_correction_is_kept_with_its_author(river, cora):  # noqa: F811
    row = talk(river, wants="question")
    cora.post(row, do="correct", field="wants", value="complaint")
    cora.post(row, do="correct", field="status", value="closed")
    cora.post(row, do="correct", field="urgency", value="sometimes")

    row.refresh_from_db()
    assert (row.wants, row.status, row.urgency) == ("complaint", "open", "normal")
    assert row.corrected["wants"]["from"] == "question"
    assert set(row.corrected) == {"wants"}


def test_a_colleague_who_is_at_it_is_seen(river, cora):  # noqa: F811
    row = talk(river)
    Seen.objects.create(conversation=row, user=river.people["manager"], at=NOW, writing_at=NOW)

    assert "is writing an answer here just now" in cora.get(row=row)


def test_views_are_kept(river, cora):  # noqa: F811
    url = reverse("community:views") + "?tab=mine&urgency=high&x=1"
    cora.client.post(url, {"name": "Fires"})

    assert View.objects.get().filters == {"tab": "mine", "urgency": "high"}
    assert "tab=mine&amp;urgency=high" in cora.get()
    View.objects.create(user=river.people["manager"], name="Theirs")
    assert "Theirs" not in cora.get()
    theirs = View.objects.get(name="Theirs")
    assert cora.client.post(reverse("community:views"), {"delete": theirs.pk}).status_code == 404
    cora.client.post(reverse("community:views"), {"delete": View.objects.get(name="Fires").pk})
    assert list(View.objects.all()) == [theirs]

"""The list shows what its filters say, whichever index it is found by, and no condition makes it read everything."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import Channel
from community import inbox, listing
from community.enums import LIVE, Status
from community.inbox import Filters
from community.models import Conversation, Seen
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

VALUES = {
    "status": Status.values,
    "topic": ["", "traffic", "voting"],
    "language": ["", "de", "th"],
    "wants": ["question", "abuse"],
    "sentiment": ["negative", "neutral"],
    "urgency": ["normal", "high"],
    "risk": ["low", "high"],
    "kind": ["comment", "direct"],
}


@pytest.fixture
def many(river, make_campaign):  # noqa: F811
    """Ninety conversations of every kind on four accounts, of which the community manager sees two."""
    random, user, mona = Random(7), river.people["community"], river.people["manager"]
    mine = Channel.objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="second", handle="@second"
    )
    kept = Channel.objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="kept", handle="@kept", only_groups=[999_999]
    )
    other = make_campaign("Forest").channel
    for n in range(90):
        channel = (river.channel, mine, kept, other)[n % 4]
        row = talk(river, f"words{n} {'bridge' if n % 3 else 'lamp'}", name=f"P{n}", minute=n * 7 % 90)
        Conversation.objects.filter(pk=row.pk).update(
            channel=channel,
            story=random.choice((river.story.pk, None)),
            assignee=random.choice((user, mona, None)),
            snoozed_until=random.choice((None, None, NOW - timedelta(hours=1), NOW + timedelta(hours=1))),
            raised_at=random.choice((None, None, NOW)),
            next_due_at=random.choice((None, NOW - timedelta(minutes=n + 1), NOW + timedelta(minutes=n))),
            **{name: random.choice(values) for name, values in VALUES.items()},
        )
        if random.random() < 0.4:
            Seen.objects.create(conversation=row, user=user, at=NOW - timedelta(minutes=random.randrange(90)))
    return {river.channel.pk, mine.pk}


def asked(user, mona, channel, story):
    """Each filter with each tab, and some at once."""
    single = [
        {},
        {"topic": "traffic"},
        {"language": "th"},
        {"wants": "abuse"},
        {"sentiment": "negative"},
        {"urgency": "high"},
        {"urgency": "normal"},
        {"risk": "high"},
        {"kind": "direct"},
        {"story": story},
        {"channel": channel},
        {"who": mona.pk},
        {"unread": "1"},
        {"late": "1"},
        {"q": "bridge"},
        {"q": "words7"},
        {"q": "nothing"},
        {"channel": channel, "topic": "voting", "urgency": "normal", "unread": "1"},
        {"who": user.pk, "language": "de", "q": "bridge"},
        {"late": "1", "wants": "question", "q": "lamp"},
    ]
    return [Filters(tab=tab, **more) for tab in inbox.TABS for more in single]


def expected(filters, user, mine):
    """The same in Python, row by row."""
    rows = []
    for row in Conversation.objects.prefetch_related("messages", "seen"):
        awake = row.snoozed_until is None or row.snoozed_until <= NOW
        read = any(each.user_id == user.pk and each.at >= row.news_at for each in row.seen.all())
        late = row.next_due_at is not None and row.next_due_at < NOW and row.status in LIVE
        text = row.messages.all()[0].text
        tabs = {
            "todo": row.status == "open" and awake,
            "due": row.status in LIVE and awake and row.next_due_at is not None,
            "mine": row.status in LIVE and row.assignee_id == user.pk,
            "nobody": row.status == "open" and awake and row.assignee_id is None,
            "waiting": row.status == "waiting" and awake,
            "snoozed": row.status in LIVE and not awake,
            "answered": row.status == "answered",
            "closed": row.status in ("closed", "no_answer"),
            "raised": row.raised_at is not None,
            "all": True,
        }
        fields = ("topic", "language", "wants", "sentiment", "urgency", "risk", "kind")
        if (
            row.channel_id in mine
            and tabs[filters.tab]
            and all(getattr(filters, name) in ("", getattr(row, name)) for name in fields)
            and filters.channel in (None, row.channel_id)
            and filters.story in (None, row.story_id)
            and filters.who in (None, row.assignee_id)
            and not (filters.unread and read)
            and not (filters.late and not late)
            and (not filters.q or any(word.startswith(filters.q) for word in text.split()))
        ):
            rows.append(row)
    key = (
        (lambda row: (row.next_due_at, row.pk))
        if filters.tab == "due"
        else (lambda row: (row.last_message_at, row.pk))
    )
    return [row.pk for row in sorted(rows, key=key, reverse=filters.tab != "due")]


@pytest.mark.parametrize("few", [300, 5, 1], ids=["few", "some", "many"])
def test_every_list_is_what_its_filters_say(river, many, monkeypatch, few):  # noqa: F811
    monkeypatch.setattr(listing, "FEW", few)
    monkeypatch.setattr("community.search.FEW", few)
    user, mona = river.people["community"], river.people["manager"]
    channels = inbox.channels_of(user)
    assert {each.pk for each in channels} == many
    wrong, found = [], 0
    for filters in asked(user, mona, max(many), river.story.pk):
        wanted = expected(filters, user, many)
        shown = [
            row.conversation.pk
            for number in (1, 2, 3)
            for row in inbox.load(user, channels, filters, number=number, now=NOW).rows
        ]
        found += len(shown)
        if shown != wanted:
            wrong.append((filters.as_query(), len(shown), len(wanted)))
    assert wrong == []
    assert found > 700
    late = expected(Filters(tab="due", late="1"), user, many)
    assert inbox.late(user, channels, now=NOW) == len(late) > 3


@pytest.mark.parametrize("few", [300, 1], ids=["few", "many"])
def test_an_administrator_and_who_works_for_one_account_or_none(river, many, monkeypatch, few):  # noqa: F811
    monkeypatch.setattr(listing, "FEW", few)
    admin, user = User.objects.create_superuser("root"), river.people["community"]
    everywhere = set(Conversation.objects.values_list("channel", flat=True))

    def shown(who, channels, **filters):
        rows = inbox.load(who, channels, Filters(**{"tab": "all"} | filters), number=1, now=NOW).rows
        return {row.conversation.channel_id for row in rows}

    channels = inbox.channels_of(user)
    elsewhere = min(everywhere - many)
    assert shown(admin, inbox.channels_of(admin)) == everywhere
    assert shown(admin, inbox.channels_of(admin), channel=elsewhere) == {elsewhere}
    assert shown(user, channels[:1]) == {channels[0].pk}
    assert shown(user, channels[:1], channel=channels[1].pk) == set()
    assert shown(user, channels, channel=elsewhere) == set()
    assert shown(user, []) == set()
    for tab in inbox.TABS:
        assert shown(user, channels, tab=tab, channel=elsewhere) == set()
        assert shown(user, [], tab=tab) == set()


def test_what_was_said_and_who_is_called_so_stand_in_one_order(river, many):  # noqa: F811
    user = river.people["community"]
    made = [
        talk(river, "we met Quillfeather", name="Ana", minute=4),
        talk(river, "the river", name="Quillfeather", minute=3),
        talk(river, "says Quillfeather", name="Quillfeather", minute=2),
        talk(river, "so says Quillfeather", name="Bo", minute=1),
    ]
    rows = inbox.load(user, inbox.channels_of(user), Filters(tab="all", q="quillf"), number=1, now=NOW).rows
    assert [row.conversation.pk for row in rows] == [row.pk for row in reversed(made)]


# Filters of which every row of the list could be one, and the index whose order the list is read in.
READ_BY = [
    (Filters(), "conversation_by_status"),
    (Filters(tab="nobody"), "conversation_by_status"),
    (Filters(tab="waiting"), "conversation_by_status"),
    (Filters(tab="answered"), "conversation_by_status"),
    (Filters(tab="closed"), "conversation_by_status"),
    (Filters(tab="mine"), "conversation_of_ours"),
    (Filters(tab="all", who=1), "conversation_of_ours"),
    (Filters(tab="due"), "conversation_late"),
    (Filters(tab="due", late="1"), "conversation_late"),
    (Filters(tab="due", topic="traffic"), "conversation_late"),
    (Filters(tab="all"), "conversation_all_newest"),
    (Filters(tab="all", unread="1"), "conversation_all_newest"),
    (Filters(tab="all", sentiment="negative"), "conversation_all_newest"),
    (Filters(tab="all", topic="traffic"), "conversation_by_topic"),
    (Filters(tab="all", language="de"), "conversation_by_language"),
    (Filters(tab="all", story=1), "conversation_of_story"),
    (Filters(tab="all", wants="abuse"), "conversation_by_wants"),
    (Filters(tab="all", urgency="high"), "conversation_by_urgency"),
    (Filters(tab="all", risk="high"), "conversation_by_risk"),
    (Filters(tab="all", kind="direct"), "conversation_by_kind"),
]


@pytest.mark.parametrize(("filters", "index"), READ_BY)
def test_sqlite_reads_the_list_in_the_order_of_an_index(river, many, monkeypatch, filters, index):  # noqa: F811
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by how frequent each value is; make bench measures it")
    monkeypatch.setattr(listing, "_counted", lambda conditions: [listing.FEW] * len(conditions))
    user = river.people["community"]
    rows = inbox.matching(user, inbox.channels_of(user), filters, now=NOW, most=31)
    plan = rows[:31].explain()

    assert index in plan
    assert "SCAN community_conversation\n" not in plan
    # Sorted are at most the first rows of each status, or what was said in one moment.
    if index in ("conversation_by_topic", "conversation_of_story"):
        assert (
            "TEMP B-TREE FOR RIGHT PART" in plan
            or "TEMP B-TREE FOR LAST TERM" in plan
            or "TEMP B-TREE" not in plan
        )
    elif "LIST SUBQUERY" not in plan:
        assert "TEMP B-TREE" not in plan


def test_sqlite_looks_first_for_what_leaves_least(river, many, monkeypatch):  # noqa: F811
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by how frequent each value is; make bench measures it")
    user = river.people["community"]
    Conversation.objects.update(language="de", urgency="normal", status="open")
    Conversation.objects.filter(pk__in=Conversation.objects.values("pk")[:3]).update(urgency="high")
    filters = Filters(urgency="high", language="de")
    monkeypatch.setattr(listing, "FEW", 20)

    rows = inbox.matching(user, inbox.channels_of(user), filters, now=NOW, most=31)
    assert "conversation_by_urgency" in rows[:31].explain()


def test_the_number_of_queries_does_not_grow_with_the_rows(river, as_user):  # noqa: F811
    client = as_user(river.people["community"])
    addresses = ["", "?tab=all&q=bridge", "?tab=mine", "?tab=closed&topic=voting&unread=1", "?tab=due&late=1"]

    def counts():
        found = []
        for address in addresses:
            client.get(reverse("community:inbox") + address)
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("community:inbox") + address)
            found.append(len(queries))
        return found

    for status in Status.values:  # one for each address: what shows nothing asks nobody who has read it
        talk(river, "bridge", status=status, topic="voting", next_due_at=NOW - timedelta(hours=1))
    Conversation.objects.filter(status="waiting").update(assignee=river.people["community"])
    few = counts()
    for n in range(40):
        talk(river, "bridge", name=f"P{n}", status=Status.values[n % 5], topic="voting", next_due_at=NOW)
    assert all(now <= before for now, before in zip(counts(), few, strict=True))


def test_filters_by_language_and_colleague_have_their_fields(river, as_user):  # noqa: F811
    mona = river.people["manager"]
    talk(river, "words-hers", assignee=mona, language="de")
    talk(river, "words-free", language="en")
    client = as_user(river.people["community"])

    def page(query):
        return client.get(reverse("community:inbox") + query).content.decode()

    assert f'<option value="{mona.pk}"' in page("")
    assert '<option value="de">German (Deutsch)</option>' in page("")
    for query in (f"?who={mona.pk}", "?language=de", "?language=de-AT"):
        assert ("words-hers" in page(query), "words-free" in page(query)) == (True, False)
    assert f'<option value="{mona.pk}" selected' in page(f"?who={mona.pk}")
    assert "words-hers" not in page(f"?who={mona.pk}&tab=mine")
    assert "selected" in page("?language=xx").split('name="language"')[1].split("</select>")[0]


def test_a_corrected_language_is_the_main_one(river):  # noqa: F811
    from community import sorting

    row = talk(river, language="en")
    sorting.correct(row, "language", " pt-BR ", by=river.people["community"])
    row.refresh_from_db()
    assert row.language == "pt"

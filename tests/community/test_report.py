"""What the report on conversations says of rows whose numbers are worked out here, who sees words, what it costs."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community import report, retention
from community.models import Conversation, Message, Miss, Mute, Rating
from engagement.reports.filters import Filters, Frame
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
URL = "engagement:conversations"


def answered(row, *, after, automatic=False):
    """Our answer so many minutes after the conversation began."""
    at = row.started_at + timedelta(minutes=after)
    Message.objects.create(
        conversation=row, channel=row.channel, remote_id=f"a{row.pk}-{after}", kind="reply", direction="out",
        text="Behind the mill.", at=at, seen_at=at, automatic=automatic,
    )  # fmt: skip
    Conversation.objects.filter(pk=row.pk).update(status="answered", answered_at=at, last_out_at=at)


def missed(row, minute):
    Miss.objects.create(
        conversation=row, which="first", due_at=row.started_at + timedelta(minutes=minute), seen_at=NOW
    )


def build(there, role="community", **query):
    return report.build(Frame.of(there.people[role], Filters.of(query), NOW))


def table(found, title):
    return next(each for each in found.tables if each.title == title)


def cells(table, row=0, foot=False):
    line = table.foot if foot else table.rows[row]
    return {column.label: cell.value for column, cell in zip(table.columns, line, strict=True)}


@pytest.fixture
def week(river):  # noqa: F811
    """Four first answers after 10, 20, 30 and 500 minutes, the last one missed; one still waits, one automatic."""
    for minutes in (10, 20, 30):
        answered(talk(river, "Where do I vote?", minute=3000 + minutes, topic="voting"), after=minutes)
    late = talk(river, "The lamp is broken.", minute=4000, topic="streets")
    answered(late, after=500)
    missed(late, 240)
    answered(talk(river, "Only a machine spoke.", minute=600, topic="streets"), after=1, automatic=True)
    old = talk(river, "Where do I vote, please?", minute=60 * 24 * 40, topic="voting")
    answered(old, after=5)
    Rating.objects.create(conversation=late, score=2, text="Too slow.", rated_at=NOW)
    Rating.objects.create(conversation=old, score=5, rated_at=NOW - timedelta(days=39))
    return river


def test_known_answers(week):
    found = build(week, period="30")

    whole = cells(table(found, "By account"), foot=True)
    assert (whole["Messages"], whole["Conversations"], whole["Answered"]) == (5, 5, 4)
    assert whole["First answer"] == 25  # of 10, 20, 30, 500
    assert whole["In time"] == 75
    assert (whole["Missed"], whole["Still waiting"], whole["Mark"]) == (1, 0, 2)
    assert "3 of 4 came in time (75 %)." in found.sentences
    Conversation.objects.filter(snippet="Only a machine spoke.").update(status="open")
    assert cells(table(build(week, period="30"), "By account"), foot=True)["Still waiting"] == 1


def test_what_was_set_aside_is_no_wait_and_what_came_later_is_one_of_its_own(river):  # noqa: F811
    """Nobody answered the thanks; the question of ten days later was answered after ten minutes."""
    row = talk(river, "Thanks!", minute=60 * 24 * 10)
    row.messages.update(set_aside_at=row.started_at + timedelta(minutes=5))
    asked = row.started_at + timedelta(days=9)
    Message.objects.create(
        conversation=row, channel=row.channel, remote_id="later", kind="reply", author=row.contact,
        text="Where do I vote?", at=asked, seen_at=asked,
    )  # fmt: skip
    Conversation.objects.filter(pk=row.pk).update(last_message_at=asked)
    whole = cells(table(build(river, period="30"), "By account"), foot=True)
    assert (whole["Messages"], whole["Still waiting"], whole["Missed"]) == (2, 1, 0)

    answered(row, after=60 * 24 * 9 + 10)
    whole = cells(table(build(river, period="30"), "By account"), foot=True)
    assert (whole["Answered"], whole["First answer"], whole["Still waiting"]) == (1, 10, 0)


def test_what_was_emptied_counts_as_before(river):  # noqa: F811
    row = talk(river, "Where do I vote?", minute=60 * 24 * 10)
    for minute in (5, 10):
        at = row.started_at + timedelta(minutes=minute)
        Message.objects.create(
            conversation=row, channel=row.channel, remote_id=f"more{minute}", kind="reply", author=row.contact,
            text="Where?", at=at, seen_at=at,
        )  # fmt: skip
    answered(row, after=300)
    missed(row, 240)

    def speed():
        whole = cells(table(build(river, period="30"), "By account"), foot=True)
        return [whole[name] for name in ("Messages", "Answered", "First answer", "In time", "Missed")]

    before = speed()
    assert before == [3, 1, 300, 0, 1]
    retention._empty(Conversation.objects.filter(pk=row.pk))
    assert not Message.objects.exclude(author=None).exists()
    assert speed() == before


def test_who_is_no_longer_answered_is_not_still_waiting(river):  # noqa: F811
    row = talk(river, "You are all idiots", name="Mara")
    other = talk(river, "Is it open?", name="Tom")
    Message.objects.filter(conversation=other).update(conversation=row)
    assert cells(table(build(river, period="30"), "By account"), foot=True)["Still waiting"] == 2
    Mute.objects.create(contact=row.contact, campaign_id=row.campaign_id, at=NOW)
    assert cells(table(build(river, period="30"), "By account"), foot=True)["Still waiting"] == 1


def test_topics_with_trend_and_examples(week):
    topics = table(build(week, period="30"), "Recurring topics")

    assert [row[0].value for row in topics.rows] == ["voting", "streets"]
    voting = cells(topics)
    assert (voting["Messages"], voting["Change"]) == (3, "+2")  # one in the thirty days before
    assert voting["What people write"] == "Where do I vote? · Where do I vote?"
    assert cells(topics, 1)["Change"] == "+2"


def test_hours_are_of_the_campaigns_clock(week):
    hours = table(build(week, period="30"), "When people write")

    assert sum(row[-1].value for row in hours.rows) == 5
    zone = Frame.of(week.people["manager"], Filters(), NOW).zone
    local = Message.objects.get(text="Only a machine spoke.").at.astimezone(zone)
    assert hours.rows[local.hour][1 + local.weekday()].value >= 1


def test_words_are_for_those_who_answer_and_never_of_private_messages(week):
    Message.objects.filter(text="The lamp is broken.").update(kind="direct")
    Message.objects.filter(text="Only a machine spoke.").update(hidden=True)

    seen = build(week, period="30")
    assert cells(table(seen, "Recurring topics"), 1)["What people write"] is None
    assert table(seen, "What people wrote beside it").rows[0][2].value == "Too slow."

    analyst = build(week, "analyst", period="30")
    assert cells(table(analyst, "Recurring topics"))["What people write"] is None
    assert "What people wrote beside it" not in [each.title for each in analyst.tables]
    assert cells(table(analyst, "By account"), foot=True)["Messages"] == 5


def test_another_campaigns_people_are_not_in_it(week, make_campaign):  # noqa: F811
    forest = make_campaign("Forest")
    assert build(forest, period="30").empty
    talk(forest, "Trees!")
    assert cells(table(build(week, period="30"), "By account"), foot=True)["Messages"] == 5


def test_filters_narrow_it(week):
    Conversation.objects.filter(topic="voting").update(language="de-AT")
    whole = cells(table(build(week, period="30", language="de"), "By account"), foot=True)
    assert whole["Messages"] == 3
    assert build(week, period="30", platform="facebook").empty
    assert cells(table(build(week, period="all"), "By account"), foot=True)["Messages"] == 6


def test_files_are_safe_and_hold_every_table(week, as_user):  # noqa: F811
    talk(week, '=HYPERLINK("http://evil.example")', topic="=1+1", minute=5)
    client = as_user(week.people["community"])

    answer = client.get(reverse(URL), {"export": "csv", "period": "30"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    every = [cell for row in rows for cell in row]
    assert "Recurring topics" in every
    assert not [cell for cell in every if cell.startswith(("=", "@"))]
    assert client.get(reverse(URL), {"export": "xlsx"}).content.startswith(b"PK")
    assert "Recurring topics" in client.get(reverse(URL), {"paper": "1"}).content.decode()


def test_the_page_and_who_may(week, as_user):  # noqa: F811
    page = as_user(week.people["analyst"]).get(reverse(URL)).content.decode()
    assert "Half of the first answers came within" in page
    assert reverse(URL) in as_user(week.people["analyst"]).get(reverse("engagement:index")).content.decode()


def test_the_cost_does_not_grow(week):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            build(week, period="365")
        return len(asked)

    cost()  # a person's roles are read once
    few = cost()
    for number in range(60):
        answered(talk(week, f"Question {number}", minute=number * 100, topic=f"t{number % 30}"), after=7)
    assert cost() == few
    assert few < 14


def test_what_somebody_changed_is_a_wait_of_its_own_and_no_further_message(river):  # noqa: F811
    row = talk(river, "Is there parking?", minute=3000)
    answered(row, after=10)
    row.messages.filter(direction="in").update(changed_at=row.started_at + timedelta(minutes=60))
    answered(row, after=90)

    found = cells(table(build(river), "By account"))
    assert (found["Messages"], found["First answer"], found["Next answers"]) == (1, 10, 30)


def test_a_week_that_these_days_hold_only_in_part_says_so(week):
    begun = Message.objects.filter(direction="in").order_by("at").first().at.date()
    monday = begun - timedelta(days=begun.weekday())
    days = {"from": str(monday - timedelta(days=4)), "to": str(monday + timedelta(days=4))}

    made = build(week, step="week", **days)
    whole = build(week, step="week", **days | {"to": str(monday + timedelta(days=6))})

    part = "" if monday + timedelta(days=6) <= NOW.date() else f"{(NOW.date() - monday).days + 1} of 7 days"
    (row,) = table(made, "Over time").rows
    assert (row[0].value, row[0].note) == (monday, "5 of 7 days")
    assert made.charts[0].labels == [f"{monday:%-d %b} (5 of 7 days)"]
    assert table(whole, "Over time").rows[0][0].note == part

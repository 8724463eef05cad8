"""An account that is not being read looks like no fall: report and mail say since when, and how many posts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from channels.connectors.base import Reading
from channels.models import Channel
from engagement.core import schedule
from engagement.core.weeks import Week
from engagement.models import MetricPull, Oddity, Standing
from engagement.reports import unread, weekly
from engagement.reports.filters import Filters, Frame
from engagement.rollups import keep
from publishing.models import Publication
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, day_figure, likes, report

pytestmark = pytest.mark.db
SAID = "2 posts of @facebook on Facebook have not been read since 20 Apr 2026, one of them since 19 Apr 2026"


def ordered(post, read=None, **more):
    """As it is asked for; ``read``: so long ago."""
    values = {"next_action_at": NOW, "pulled_at": read and NOW - read, **more}
    return MetricPull.objects.create(publication=post, **values)


@pytest.fixture
def halves(river):
    """X brings 10 likes a day and is read; Facebook brought 100, and has not been read for a fortnight."""
    (x,) = river.posts(likes(1), days_ago=27)
    face = river.posts(likes(1, 2), "facebook.post", days_ago=27)
    for n in range(27, 0, -1):
        day = (NOW - timedelta(days=n)).date()
        day_figure(x, day, likes=10)
        if n > 13:
            day_figure(face[0], day, likes=100)
    ordered(x, timedelta(hours=20))
    for post, days in zip(face, (14, 15), strict=True):
        ordered(post, timedelta(days=days), tries=30, last_error="@facebook is not connected")
    return river


def frame(world, first, last, **more):
    filters = Filters(campaign=world.campaign.pk, first=first, last=last, **more)
    return Frame.of(world.people["manager"], filters, NOW)


def test_the_campaigns_report_says_who_was_not_read_since_when(halves):
    found = report("campaign", halves, period="30")
    others = report("campaign", halves, period="30", platform="x")
    earlier = report("campaign", halves, **{"from": "2026-04-10", "to": "2026-04-18"})

    table = next(table for table in found.tables if table.title.startswith("Added"))
    assert column(table, "Likes")[:2] == [10, 10]
    assert column(table, "Likes")[-2:] == [110, 110]
    assert [words for words in found.basis if "not been read" in words] == [
        f"{SAID}: what came after it is missing here, and no fall."
    ]
    assert not any("not been read" in words for words in (*others.basis, *earlier.basis))


def test_the_weekly_mail_says_it_first_and_beside_each_number(halves):
    week = Week(date(2026, 4, 20))

    made = weekly.build(frame(halves, week.monday, week.sunday), week)
    before = weekly.build(frame(halves, date(2026, 4, 6), date(2026, 4, 12)), Week(date(2026, 4, 6)))

    assert made.sentences[0].startswith(SAID)
    (row,) = made.tables[0].rows
    assert row[-1].value == "7 of 7 days, 7 of 7 before"
    assert row[-1].note == "without 2 posts of @facebook on Facebook since 20 Apr, one of them since 19 Apr"
    assert not any("not been read" in words for words in before.sentences)
    assert before.tables[0].rows[0][-1].note == ""


def test_one_post_that_cannot_be_read_is_not_its_whole_account(river):
    *read, private = river.posts(likes(*range(11)), "tiktok.video", hours_apart=1)
    for post in read:
        ordered(post, timedelta(hours=5))
        day_figure(post, date(2026, 4, 23), likes=10)
    ordered(private, tries=50, last_error="TikTok tells numbers only of videos that everybody sees")
    week = Week(date(2026, 4, 20))

    one = weekly.build(frame(river, week.monday, week.sunday), week)
    MetricPull.objects.update(pulled_at=NOW - timedelta(days=10))
    all_of_them = weekly.build(frame(river, week.monday, week.sunday), week)

    assert [(row[1].value, row[-1].note) for row in one.tables[0].rows] == [
        (100, "without 1 post of @tiktok on TikTok since 14 Apr")
    ]
    assert all_of_them.tables[0].rows[0][-1].note.startswith("without 11 posts of @tiktok")


def test_one_post_that_failed_long_before_the_others_is_told_and_counted_for_days_before_theirs(river):
    """One has failed by itself since 9 April, the other since 24 April; each was read until then."""
    for post, days in zip(river.posts(likes(1, 2), days_ago=27), (25, 10), strict=True):
        ordered(post, timedelta(days=days))

    (now,) = unread.of(frame(river, date(2026, 4, 1), NOW.date()))
    (before,) = unread.of(frame(river, date(2026, 4, 1), date(2026, 4, 20)))

    assert (
        "2 posts of @x on X have not been read since 24 Apr 2026, one of them since 9 Apr 2026:" in now.words
    )
    assert now.note == "without 2 posts of @x on X since 24 Apr, one of them since 9 Apr"
    assert "1 post of @x on X has not been read since 9 Apr 2026:" in before.words
    assert unread.of(frame(river, date(2026, 4, 1), date(2026, 4, 8))) == []


def test_where_nothing_at_all_was_read_the_mail_comes_and_says_so(river):
    (post,) = river.posts(likes(1), days_ago=40)
    ordered(post, timedelta(days=30))
    week = Week(date(2026, 4, 20))

    made = weekly.build(frame(river, week.monday, week.sunday), week)
    empty = report("campaign", river, period="30")

    assert made.empty == ""
    assert "1 post of @x on X has not been read since 4 Apr 2026" in made.sentences[0]
    assert "1 post of @x on X has not been read since 4 Apr 2026" in empty.empty


@pytest.mark.parametrize(
    ("days_ago", "read", "more", "alarm"),
    [
        (27, timedelta(days=1, hours=20), {}, False),
        (27, timedelta(days=2, hours=1), {}, True),
        (27, timedelta(days=4, hours=20), {"unchanged": 7}, False),  # nothing moves: every fourth day
        (27, timedelta(days=5, hours=1), {"unchanged": 7}, True),
        (60, timedelta(days=7, hours=20), {}, False),
        (60, timedelta(days=9), {}, True),
        (2, None, {}, True),  # never read at all
        (0.5, None, {}, False),
        (27, timedelta(days=14), {"missed_at": NOW - timedelta(days=13)}, True),  # missed once, then not read
        (27, timedelta(days=14), {"next_action_at": None}, False),
        (100, timedelta(days=30), {}, False),  # too old to be asked for
    ],
)
def test_who_is_a_day_overdue(river, days_ago, read, more, alarm):
    (post,) = river.posts(likes(1), days_ago=days_ago)
    ordered(post, read, **more)

    assert bool(unread.of(frame(river, date(2026, 1, 1), NOW.date()))) == alarm


@pytest.mark.parametrize(
    ("kind", "until", "alarm"),
    [("gone", None, False), ("gone", NOW - timedelta(days=13), True), ("part", None, True)],
)
def test_what_is_gone_and_said_to_be_is_not_unread_and_what_lost_a_part_may_be(river, kind, until, alarm):
    (post,) = river.posts(likes(1), days_ago=27)
    since = NOW - timedelta(days=14)
    ordered(post, timedelta(days=14), missed_at=since)
    Oddity.objects.create(publication=post, campaign_id=post.campaign_id, kind=kind, at=since, until=until)

    assert bool(unread.of(frame(river, date(2026, 1, 1), NOW.date()))) == alarm


def test_an_account_that_was_disconnected_on_purpose_makes_no_mail_by_itself(river):
    (post,) = river.posts(likes(1), days_ago=40)
    ordered(post, timedelta(days=30))
    week = Week(date(2026, 4, 20))
    Channel.objects.update(state="disconnected")

    alone = weekly.build(frame(river, week.monday, week.sunday), week)
    day_figure(post, date(2026, 4, 23), likes=10)
    beside = weekly.build(frame(river, week.monday, week.sunday), week)

    assert (alone.empty, alone.sentences) == ("Nothing went out and no numbers came in.", [])
    assert "1 post of @x on X has not been read since 4 Apr 2026" in beside.sentences[0]


def gap(post, begin, until, *, read=timedelta(hours=5)):
    """Of a post that was read again, newest ``read`` ago."""
    Oddity.objects.create(publication=post, campaign_id=post.campaign_id, kind="gap", at=begin, until=until)
    if not MetricPull.objects.filter(publication=post).exists():
        ordered(post, read)


def april(day, hour=9, minute=0):
    return datetime(2026, 4, day, hour, minute, tzinfo=UTC)


def said_of_gaps(world, monday):
    week = Week(monday)
    made = weekly.build(frame(world, week.monday, week.sunday), week)
    return [words for words in made.sentences if "read again" in words]


def test_the_mail_names_a_gap_that_is_over_as_long_as_it_compares_with_it(river):
    face, more = river.posts(likes(1, 2), "facebook.post", days_ago=27)
    for post, day in ((face, 15), (more, 16)):
        gap(post, april(day), april(22))
    day_figure(face, date(2026, 4, 22), likes=700)

    words = (
        "Posts of @facebook on Facebook were read again on 22 Apr 2026 (2 posts after up to 7 days): what came in "
        "meanwhile counts as of that day, and is no rise."
    )
    assert said_of_gaps(river, date(2026, 4, 20)) == said_of_gaps(river, date(2026, 4, 27)) == [words]
    assert said_of_gaps(river, date(2026, 4, 13)) == said_of_gaps(river, date(2026, 5, 4)) == []


def test_the_mail_and_the_report_name_posts_that_were_first_read_after_days(river):
    """Two posts of 8 April were out for a week and longer before anybody could read them; one was read in time."""
    posts = list(river.posts(likes(1, 2), "facebook.post", days_ago=26, hours_apart=1))
    posts += river.posts(likes(3), days_ago=26)
    for post, days in zip(posts, (14, 14, 0), strict=True):
        out = Publication.objects.select_related("channel", "variant").get(pk=post.pk)
        Standing.objects.filter(publication=post).delete()
        at = out.published_at + timedelta(days=days, minutes=5)
        keep(out, Reading(str(out.pk), {"likes": 700}, {}, at))
        ordered(out, NOW - at)

    (words,) = said_of_gaps(river, date(2026, 4, 20))
    assert words.startswith(
        "Posts of @facebook on Facebook were read again on 22 Apr 2026 (2 posts after 14 days):"
    )
    table = next(t for t in report("campaign", river, period="30").tables if "not read" in t.title)
    assert [(row[0].value, row[0].note, row[1].value) for row in table.rows] == [
        ("2 posts", "@facebook on Facebook", "Not read for up to 14 days")
    ]


def test_gaps_that_do_not_overlap_are_told_apart(river):
    first, second = river.posts(likes(1, 2), days_ago=27)
    gap(first, april(13), april(16))
    gap(first, april(22), april(24))
    gap(second, april(22), april(24))
    day_figure(first, date(2026, 4, 24), likes=7)

    assert said_of_gaps(river, date(2026, 4, 20)) == [
        "Posts of @x on X were read again on 16 Apr (1 post after 3 days) and 24 Apr 2026 (2 posts after 2 days): what "
        "came in meanwhile counts as of these days, and is no rise."
    ]


def test_young_posts_that_were_missed_for_two_hours_are_read_on_all_days(river):
    """A worker away on the 17th and on the 22nd, and over night: those are gaps, and no day was without a reading."""
    posts = river.posts(likes(1, 2, 3), days_ago=27)
    spans = ((april(17, 9), april(17, 11)), (april(22, 9), april(22, 11)), (april(22, 22), april(23, 9)))
    for post, (begin, until) in zip(posts, spans, strict=True):
        gap(post, begin, until)
    day_figure(posts[0], date(2026, 4, 22), likes=7)

    assert said_of_gaps(river, date(2026, 4, 20)) == []


def test_what_was_given_up_unread_is_not_called_read_again(river):
    given_up, read = river.posts(likes(1, 2), days_ago=27)
    gap(given_up, april(2), april(22), read=NOW - april(2))
    gap(read, april(12), april(22), read=NOW - april(22))
    day_figure(read, date(2026, 4, 22), likes=7)

    (words,) = said_of_gaps(river, date(2026, 4, 20))
    assert "on 22 Apr 2026 (1 post after 10 days)" in words


@pytest.mark.parametrize("unchanged", [0, 1, 7])
@pytest.mark.parametrize("days_ago", [10, 50])
def test_what_was_called_unread_is_a_gap_once_it_is_read(river, days_ago, unchanged):
    """Whatever the report says while it lasts, it says of it afterwards too."""
    (post,) = river.posts(likes(1), days_ago=days_ago)
    row = ordered(post, timedelta(hours=1), unchanged=unchanged)
    told = []
    for hours in range(1, 24 * days_ago, 5):
        read = timedelta(hours=hours)
        MetricPull.objects.filter(pk=row.pk).update(pulled_at=NOW - read)
        age = timedelta(days=days_ago)
        if not schedule.is_gap(age - read, age, unchanged=unchanged):
            told += unread.of(frame(river, date(2026, 1, 1), NOW.date()))

    assert told == []


def test_gaps_take_one_line_a_day_and_account_and_push_nothing_out(river):
    """Three days without a worker: 130 posts have a gap each. One was deleted before, and is told below them."""
    posts = river.posts(likes(*range(130)), days_ago=8, hours_apart=1)
    for post in posts[1:]:
        gap(post, april(26), april(29))
    gap(posts[0], april(25), april(29))
    gap(posts[1], april(29, 10), april(29, 12))  # two hours move no number of a day
    gone = {"publication": posts[2], "campaign_id": posts[2].campaign_id, "kind": "gone", "at": april(20)}
    Oddity.objects.create(**gone)
    day_figure(posts[0], date(2026, 4, 29), likes=7)

    table = report("campaign", river, period="30").tables[-1]

    assert [(row[0].value, row[0].note, row[1].value, row[4].value) for row in table.rows] == [
        ("130 posts", "@x on X", "Not read for up to 4 days", april(29)),
        ("River story", "X thread", "The post is gone", april(20)),
    ]
    assert "(2 lines)" in table.title


def test_a_gap_of_before_that_ended_in_these_days_stands_in_the_report_of_these_days(river):
    """The mail's link leads to its week: the rise on the day of the reading is explained there too."""
    (post,) = river.posts(likes(1), days_ago=27)
    gap(post, april(15), april(22))
    day_figure(post, date(2026, 4, 22), likes=700)

    def gaps(first, last):
        tables = report("campaign", river, **{"from": first, "to": last}).tables
        return [row[1].value for table in tables if "not read" in table.title for row in table.rows]

    day_figure(post, date(2026, 4, 14), likes=1)
    day_figure(post, date(2026, 4, 29), likes=1)
    assert gaps("2026-04-20", "2026-04-26") == gaps("2026-04-13", "2026-04-19") == ["Not read for 7 days"]
    assert gaps("2026-04-13", "2026-04-14") == gaps("2026-04-23", "2026-04-29") == []


def test_what_was_read_again_costs_one_query(river, django_assert_num_queries):
    for post in river.posts(likes(1, 2), days_ago=27):
        gap(post, april(15), april(22))
    asked = frame(river, date(2026, 4, 13), date(2026, 4, 26))

    with django_assert_num_queries(1) as queries:
        assert unread.again(asked)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"].replace("%", "%%"))
            plan = "\n".join(row[3] for row in cursor.fetchall())
        assert "oddity_by_campaign (campaign_id=? AND at>?)" in plan
        assert "SCAN" not in plan


def test_it_costs_one_query(halves, django_assert_num_queries):
    asked = frame(halves, date(2026, 4, 1), NOW.date())

    with django_assert_num_queries(1):
        unread.of(asked)


def test_the_longest_pause_is_that_of_the_schedule():
    assert schedule.LARGEST_BACKOFF == 2**schedule.DOUBLINGS

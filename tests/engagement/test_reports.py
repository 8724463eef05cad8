"""What reports say of rows whose medians and rates are worked out here, who may read them, and what they cost."""

from __future__ import annotations

import io
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from access.models import Role
from channels.models import Channel
from engagement import tags
from engagement.kinds import KINDS
from engagement.models import ChannelDay, DayFigure, Goal, Oddity, SiteClicks, SiteImport, Standing, TagUse
from engagement.reports import changes, posts, stories
from engagement.reports.filters import Filters, Frame
from publishing.models import Publication
from tests.community.talking import talk
from tests.engagement.conftest import NOW, World

pytestmark = pytest.mark.db
BUILDERS = {kind.slug: kind.build for kind in KINDS}


def report(slug, world, role="manager", **query):
    return BUILDERS[slug](Frame.of(world.people[role], Filters.of(query), NOW))


def column(table, label):
    at = [column.label for column in table.columns].index(label)
    return [row[at].value for row in table.rows]


def likes(*values, **more):
    return [{"likes": value, "comments": 0, "shares": 0, **more} for value in values]


# Known answers ----------------------------------------------------------------------------------------------------
def test_a_story_on_three_platforms_by_hand(river):
    """X tells impressions, Facebook reach, YouTube views; nobody tells all three, and they are never one column.

    X: 30 + 6 + 4 = 40 interactions of 2,000 impressions: 2 %, of 1,000 followers: 4 %.
    Facebook: 90 + 20 + 10 = 120 of reach 3,000: 4 %, of 1,000 followers: 12 %.
    YouTube: 8 likes and 2 comments, shares unknown: 10 of 500 views: 2 %, of 1,000 followers: 1 %.
    """
    river.posts([{"likes": 30, "comments": 6, "shares": 4, "impressions": 2000}])
    river.posts([{"likes": 90, "comments": 20, "shares": 10, "reach": 3000}], "facebook.post")
    river.posts([{"likes": 8, "comments": 2, "views": 500}], "youtube.short")

    found = stories.build(river.story, "same", NOW)

    (table,) = found.tables
    assert column(table, "Impressions") == [2000, None, None]
    assert column(table, "Reach") == [None, 3000, None]
    assert column(table, "Views") == [None, None, 500]
    assert column(table, "Shares") == [4, 10, None]
    assert column(table, "Engagement rate by impressions") == [2.0, None, None]
    assert column(table, "Engagement rate by reach") == [None, 4.0, None]
    assert column(table, "Engagement rate by views") == [None, None, 2.0]
    assert column(table, "Engagement rate by followers") == [4.0, 12.0, 1.0]
    assert "7 days after publishing" in found.basis[0]
    said = " ".join(found.sentences)
    assert "Facebook post · @facebook brought the most likes: 90" in said
    assert "Reach: not told by X, YouTube" in said
    assert [cell.value for cell in table.foot][-1] == ""


def test_a_lead_of_a_few_likes_is_no_lead(river):
    river.posts([{"likes": 12}])
    river.posts([{"likes": 11}], "facebook.post")

    said = stories.build(river.story, "same", NOW).sentences

    assert said == ["No publication clearly brought the most likes."]


def test_a_story_is_compared_where_all_have_been(river):
    river.posts([{"likes": 100}], days_ago=40)
    river.posts([{"likes": 1}], "facebook.post", days_ago=2)

    found = stories.build(river.story, "same", NOW)
    week = stories.build(river.story, "7d", NOW)

    assert "24 hours after publishing, the greatest age that all have reached" in found.basis[0]
    assert column(week.tables[0], "Likes") == [100, None]
    assert "1 of 2 publications have no numbers at this age" in week.basis[1]


def test_before_the_first_common_age_a_story_says_that_there_is_none(river):
    river.posts([{"likes": 100}], days_ago=40)
    alone = stories.build(river.story, "same", NOW - timedelta(days=40) + timedelta(minutes=30))
    (young,) = river.posts([{"likes": 1}], "facebook.post", days_ago=0)
    Publication.objects.filter(pk=young.pk).update(published_at=NOW - timedelta(minutes=20))

    found = stories.build(river.story, "same", NOW)

    none = "The youngest has been out for less than an hour, so there is no age yet that all have."
    assert found.basis[0].startswith(f"{none} The newest numbers of each publication")
    assert none not in alone.basis[0]
    assert none not in stories.build(river.story, "latest", NOW).basis[0]


def test_formats_by_median_on_what_all_of_them_tell(river):
    """Saves are told by Instagram only, so they count for nobody. Rates by followers (1,000 each):

    threads 10..16 likes: median 13 of 1,000 = 1.3 %; carousels 30..36: 3.3 %, saves left out.
    """
    river.posts(likes(*range(10, 17)))
    river.posts(likes(*range(30, 37), saves=500), "instagram.carousel")
    river.posts(likes(900), "facebook.post")

    found = report("formats", river, by="by_followers")

    (table,) = found.tables
    assert column(table, "Format") == ["Facebook post", "Instagram carousel", "X thread"]
    assert column(table, "Median") == [90.0, pytest.approx(3.3), pytest.approx(1.3)]
    assert column(table, "Posts") == [1, 7, 7]
    assert "likes, comments, shares, which is what every one of them tells" in found.basis[1]
    said = " ".join(found.sentences)
    assert "Instagram carousel clearly leads" in said
    assert "Not judged, with fewer than 6 posts: Facebook post." in said


def test_posts_too_young_for_the_age_are_left_out_and_counted(river):
    river.posts(likes(*range(6)))
    river.posts(likes(5, 5), days_ago=1, hours_apart=1)

    found = report("formats", river)

    assert found.basis[0] == (
        "7 days after publishing: 6 of 8 posts of these days. The other 2 are younger or have no numbers."
    )


def test_one_post_that_is_too_young_is_said_to_be_one(river):
    river.posts(likes(*range(6)))
    river.posts(likes(5), days_ago=1)

    assert report("formats", river).basis[0].endswith("The other 1 is younger or has no numbers.")


def read_early(posts, age, hours):
    """As if reading had failed since."""
    rows = Standing.objects.filter(publication__in=posts, age=age)
    assert rows.update(age_s=hours * 3600) == len(posts)


def test_posts_that_were_not_read_near_the_age_are_left_out_and_counted(river):
    """Nine tenths of seven days are 151.2 hours. Those left out have the most likes, of 150 hours; one of 152 stays."""
    out = river.posts(likes(1, 2, 3, 4, 5, 6, 900, 901), "x.thread")
    read_early(out[6:], "7d", 150)
    read_early(out[:1], "7d", 152)
    read_early(out[:1], "latest", 1)

    found, newest = report("formats", river, by="likes"), report("formats", river, age="latest")
    read_early(out, "7d", 150)
    nothing = report("formats", river, by="likes")

    assert found.basis[0] == (
        "7 days after publishing: 6 of 8 posts of these days. 2 were not read near that age."
    )
    assert column(found.tables[0], "Highest") == [6]
    assert "8 of 8 posts" in newest.basis[0]
    assert "8 were not read near that age" in nothing.empty


def test_what_changed_is_of_posts_that_were_read_near_a_day(river):
    now, before = river.posts(likes(10, 10, 500)), river.posts(likes(6, 6), days_ago=40)
    read_early(now[2:], "24h", 20)
    query = {"period": "30", "campaign": str(river.campaign.pk)}

    said = changes.sentences(Frame.of(river.people["manager"], Filters.of(query), NOW))
    read_early(before[1:], "24h", 1)
    both = changes.sentences(Frame.of(river.people["manager"], Filters.of(query), NOW))

    assert "brought 10 interactions" in said[1]
    assert said[-1].startswith("1 post was not read near the age of 24 hours")
    assert both[-1].startswith("2 posts were not read near")


def test_a_storys_publication_that_was_not_read_near_the_age_stands_without_numbers(river):
    river.posts([{"likes": 100}])
    read_early(river.posts([{"likes": 900}], "facebook.post"), "7d", 30)

    found = stories.build(river.story, "7d", NOW)

    assert column(found.tables[0], "Likes") == [100, None]
    assert found.basis[1:] == ["Of 2 publications, 1 was not read near that age."]
    assert found.sentences == []


def test_the_heat_map_is_on_the_clock_of_the_campaign(river):
    """2026-04-14 was a Tuesday; 12:00 UTC is 13:00 in London, and was 12:00 before the clocks changed on 29 March.

    The account's usual is the median of all six: 15. So 20 is 1.3 times the usual and 10 is 0.7 times.
    """
    river.posts(likes(20, 20, 20, 10, 10, 10), "facebook.post", hours_apart=7 * 24)

    found = report("hours", river, period="all", by="likes", channel=str(river.channel("facebook").pk))

    (table,) = found.tables
    assert [row[0].value for row in table.rows] == ["12:00", "13:00"]
    assert [row[2].value for row in table.rows] == [pytest.approx(10 / 15), pytest.approx(20 / 15)]
    assert [cell.value for cell in table.rows[0][3:]] == [None] * 5
    assert table.rows[1][2].note == "3 posts"
    (slot,) = found.extra["suggestions"]
    assert (slot["words"], slot["known"], slot["sure"], slot["is_slot"]) == ("Tuesday 13:00", 3, False, False)
    assert "none of them by more than chance does" in found.sentences[0]


def test_an_hour_a_little_better_than_usual_is_not_denied(river):
    """Of 100 in the middle: 13:00 stands at 104, which is better, but not by a tenth."""
    river.posts(likes(104, 104, 104, 96, 96, 96), "facebook.post", hours_apart=7 * 24)

    found = report("hours", river, period="all", by="likes", channel=str(river.channel("facebook").pk))

    assert found.tables[0].rows[1][2].value == pytest.approx(1.04)
    assert found.sentences == ["No hour did a tenth better than usual, or more, over at least 3 posts."]


def test_silence_begins_on_the_day_of_the_last_reading_also_by_weeks(river):
    """Wednesday, 15 April was read last; the week goes on to Sunday, 19 April."""
    (post,) = river.posts(likes(1))
    for day in (13, 15):
        day_figure(post, date(2026, 4, day), likes=1)

    for step in ("day", "week"):
        basis = report("campaign", river, step=step).basis
        assert any("No number has been read since 15 Apr 2026" in words for words in basis)


def test_no_line_ends_between_a_number_and_its_unit():
    assert stories.age_words(581) == "9\u00a0min 41\u00a0s"
    assert stories.age_words(0) == "0\u00a0s"


def test_punctuality_counts_late_and_failed(river):
    out = river.posts(likes(1, 1, 1, 1))
    for post, late in zip(out, (400, 1_000, 9_000, 90_000), strict=True):
        Publication.objects.filter(pk=post.pk).update(lateness_ms=late)
    river.posts([{}], "facebook.post", state="failed", published_at=None, lateness_ms=None)

    found = report("punctuality", river)

    (table,) = found.tables
    facebook, x = table.rows
    assert [cell.value for cell in x][2:] == [4, 5.0, pytest.approx(77.85), 90.0, 50.0, 75.0, 0, 0, 0]
    assert [cell.value for cell in facebook][2:] == [0, None, None, None, None, None, 1, 0, 0]
    assert "3 of 4 posts went out within a minute" in found.sentences[0]


def test_accounts_of_one_name_on_two_networks_are_told_apart_also_without_colours(river):
    for fmt in ("x.thread", "facebook.post"):
        river.posts(likes(1, 2), fmt)
    Channel.objects.update(handle="@riverside")

    found = report("punctuality", river)

    (chart,) = found.charts
    assert sorted(chart.labels) == ["Facebook · @riverside", "X · @riverside"]
    heading, *lines, foot = found.tables[0].as_rows()
    assert heading[:3] == ["Account", "Platform", "Went out"]
    assert sorted(line[:2] for line in lines) == [["@riverside", "Facebook"], ["@riverside", "X"]]
    assert foot[:3] == ["All together", "", 4]
    assert [each.label for each in found.tables[0].shown][:2] == ["Account", "Went out"]


def test_what_should_have_gone_out_and_has_not_is_not_punctual(river):
    """Publishing may be paused: one post is an hour over its time, one has half a minute of it left, one is cancelled."""
    late, soon, dropped = river.posts([{}, {}, {}], published_at=None, lateness_ms=None, state="scheduled")
    times = {late: timedelta(hours=-1), soon: timedelta(seconds=-30), dropped: timedelta(hours=-2)}
    for post, ago in times.items():
        Publication.objects.filter(pk=post.pk).update(due_at=NOW + ago)
    Publication.objects.filter(pk=dropped.pk).update(state="cancelled")

    found = report("punctuality", river)

    (row,) = found.tables[0].rows
    assert [cell.value for cell in row][2:] == [0, None, None, None, None, None, 0, 0, 1]
    assert found.sentences == [
        "1 post should have gone out and has not: publishing is paused, held up or behind. Publishing, Scheduled lists "
        "them."
    ]


def day_figure(post, day, **numbers):
    gains = {f"{name}_gain": value for name, value in numbers.items()}
    same = ("campaign_id", "channel_id", "published_at")
    described = {name: getattr(post, name) for name in same} | {
        "story_id": post.variant.story_id,
        "platform": post.channel.platform,
        "format": post.variant.format,
    }
    return DayFigure.objects.create(publication=post, day=day, at=NOW, age_s=1, **described, **gains)


def test_a_campaign_adds_up_by_day_and_week_and_unknown_stays_unknown(river):
    one, two = river.posts(likes(1, 1))
    monday = date(2026, 4, 13)
    day_figure(one, monday, likes=5, comments=2)
    day_figure(two, monday, likes=7)
    day_figure(one, monday + timedelta(days=2), likes=-3)
    Goal.objects.create(campaign=river.campaign, metric="likes", target=20, due_on=date(2026, 5, 18))
    days = {"from": "2026-04-13", "to": "2026-04-30"}

    daily = report("campaign", river, **days)
    weekly = report("campaign", river, step="week", **days)

    goals, table = daily.tables[0], daily.tables[1]
    assert column(table, "Likes") == [-3, None, 12]
    assert column(table, "Comments") == [None, None, 2]
    assert column(weekly.tables[1], "Likes") == [9]
    assert "Reach" not in [each.label for each in table.columns]
    # two posts have 1 like each so far; 18 more in two weeks
    assert [cell.value for cell in goals.rows[0]] == ["Likes", 20, date(2026, 5, 18), 2, 10.0, 9, "2 of 2"]


def test_an_account_shows_days_without_a_number_as_gaps(river):
    channel = river.channel()
    river.posts(likes(3))
    for day, followers in ((date(2026, 4, 20), 900), (date(2026, 4, 22), 950)):
        ChannelDay.objects.create(channel=channel, day=day, at=NOW, followers=followers)

    found = report("account", river, channel=str(channel.pk))

    (chart,) = [chart for chart in found.charts if chart.kind == "line"]
    assert list(chart.series[0][1]) == [900, None, 950]
    assert column(found.tables[-1], "Change from the day before") == [None, None, None]
    assert "50 more followers" in found.sentences[0]


def test_topics_count_a_post_under_each_of_its_hashtags(river):
    for post in river.posts(likes(10, 20), text="Swim! #River #CleanUp"):
        tags.went_out(post)
        tags.went_out(post)
    for post in river.posts(likes(2), text="#river2026, no. 5"):
        tags.went_out(post)

    found = report("topics", river, by="likes")
    one = report("topics", river, by="likes", tag="#CLEANUP")

    assert TagUse.objects.count() == 5
    assert column(found.tables[0], "Hashtag") == ["#CleanUp", "#River", "#river2026"]
    assert column(found.tables[0], "Median") == [15, 15, 2]
    assert column(one.tables[0], "Posts") == [2, 2]


def test_groups_that_mix_networks_count_what_every_format_tells(river):
    """X tells shares, Bluesky saves here. Under one hashtag, and from month to month, only likes and comments count.

    Now: (9 + 1) and (19 + 1), so 10 and 20, median 15. A month before: 5 + 1 = 6.
    """
    mixed = [{"likes": 9, "comments": 1, "shares": 50}], [{"likes": 19, "comments": 1, "saves": 50}]
    for rows, fmt in zip(mixed, ("x.thread", "bluesky.thread"), strict=True):
        for post in river.posts(rows, fmt, text="#River"):
            tags.went_out(post)
    river.posts([{"likes": 5, "comments": 1, "shares": 7}], days_ago=40)

    topics = report("topics", river, by="interactions", period="30")
    query = {"period": "30", "campaign": str(river.campaign.pk)}
    said = changes.sentences(Frame.of(river.people["manager"], Filters.of(query), NOW))

    assert column(topics.tables[0], "Median") == [15]
    assert "counted: likes, comments, which is what every one of them tells" in topics.basis[1]
    assert said[:2] == [
        "2 posts went out in these 30 days, 1 more than in the same time before (1).",
        "In its first 24 hours the median post brought 15 interactions (likes and comments), 6 before. "
        "That is known of 2 of 2 posts, and of 1 of 1 before.",
    ]
    assert said[2].startswith("That is too few posts to say more")
    assert ": posts 100 % up, a post on average 150 % up." in said[3]  # 2 for 1, and 15 for 6 each
    assert said[3].endswith("What a post brought differs no more than by chance.")


@pytest.mark.parametrize(
    ("now", "clear"), [((20, 21, 22, 23, 24, 25), True), ((1, 2, 60, 61, 62, 63), False)]
)
def test_what_moved_a_total_is_said_only_beyond_chance(river, now, clear):
    """Before: 6 posts of 8 to 13 likes. 20 to 25 lie above all of them; 1 to 63 may be chance, for all their sum."""
    river.posts(likes(*now), days_ago=8)
    river.posts(likes(*range(8, 14)), days_ago=40)

    query = {"period": "30", "campaign": str(river.campaign.pk)}
    said = changes.sentences(Frame.of(river.people["manager"], Filters.of(query), NOW))

    assert said[2].startswith(
        "So posts did better than before" if clear else "That difference is within what chance does"
    )
    assert "posts as before, a post on average " in said[3]
    assert ("no more than by chance" in said[3]) != clear


def stood(count):
    return posts.Post(None, 1, 1, "x", "x.thread", NOW, 86_000, {"likes": count})


def test_a_few_posts_that_took_off_do_not_explain_what_the_median_post_did(river):
    """Before: 6 posts of 20 to 25. Now five of 1 to 5, clearly less, and one of 900: the mean is 152.5, the median 3.5."""
    river.posts(likes(1, 2, 3, 4, 5, 900), days_ago=8)
    river.posts(likes(*range(20, 26)), days_ago=40)
    query = {"period": "30", "campaign": str(river.campaign.pk)}
    said = changes.sentences(Frame.of(river.people["manager"], Filters.of(query), NOW))

    assert said[2].startswith(
        "That difference is within"
    )  # 1 to 900 reaches over 20 to 25: six values carry no more
    now = [stood(n) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 2000)]
    before = [stood(n) for n in range(20, 30)]
    said = changes.compare(now, before, 10, 10, days=30)
    assert said[2] == "So posts did worse than before, and by more than chance does among posts like these."
    assert said[3].endswith("The median post went the other way: a few posts have made the average.")


def test_a_long_past_says_from_which_day_on_it_is_shown(river):
    post, channel = river.posts(likes(3))[0], river.channel()
    last = date(2026, 4, 20)
    for days in (0, 399, 500, 600):
        day_figure(post, last - timedelta(days=days), likes=1)
        ChannelDay.objects.create(channel=channel, day=last - timedelta(days=days), at=NOW, followers=days)

    campaign, account = (
        report("campaign", river, period="all"),
        report("account", river, period="all", channel=str(channel.pk)),
    )
    short = report("campaign", river, period="30")

    assert "2 days with numbers before that are left out." in campaign.basis[-1]
    assert "The line of followers begins on 17 Mar 2025; 2 days with numbers" in " ".join(account.basis)
    assert "left out" not in " ".join(short.basis)


def test_a_campaigns_report_opens_with_the_campaign_that_published_last(river, make_campaign):
    ada, later = User.objects.create_superuser("ada"), make_campaign("Later")

    def opened() -> str:
        return Frame.of(ada, Filters.of({}), NOW).with_one_campaign().campaign.title

    river.campaign.starts_on, later.page.starts_on = date(2026, 1, 1), date(2026, 3, 1)
    river.campaign.save()
    later.page.save()
    assert opened() == "Later"
    river.posts(likes(5), days_ago=20)
    assert opened() == "River"
    World(later.page, later.story, later.people).posts(likes(5), days_ago=3)
    assert opened() == "Later"
    (answer,) = river.posts(likes(5), days_ago=1)
    assert opened() == "River"
    Publication.objects.filter(pk=answer.pk).update(variant=None)  # as of an answer, which is no post
    assert opened() == "Later"


def test_what_is_deleted_or_was_not_read_for_its_cost_is_said(river):
    here, gone, back = (
        river.posts(likes(9), fmt)[0] for fmt in ("x.thread", "facebook.post", "youtube.short")
    )
    at = NOW - timedelta(days=2)
    for post, kind, until in ((gone, "gone", None), (back, "gone", NOW), (here, "capped", None)):
        Oddity.objects.create(publication=post, campaign_id=post.campaign_id, kind=kind, at=at, until=until)
    day_figure(here, date(2026, 4, 28), likes=1)

    story, campaign = stories.build(river.story, "same", NOW), report("campaign", river)

    deleted = [each for each in story.sentences if "deleted" in each]
    assert deleted == [
        f"Facebook post · @facebook is deleted or hidden: Facebook has not shown it since {at:%-d %b %Y}. "
        "Its numbers are of before."
    ]
    assert [row[0].note for row in story.tables[0].rows if "gone" in row[0].note] == [
        f"@facebook, gone since {at:%-d %b %Y}"
    ]
    assert "Not read: the limit for paid reads was reached" in column(campaign.tables[-1], "What happened")


# Who, and at what cost --------------------------------------------------------------------------------------------
@pytest.fixture
def bank(make_campaign, now):
    made = make_campaign("Zanzibar")
    return World(made.page, made.story, made.people)


def test_an_analyst_reads_their_campaign_and_changes_nothing(client, river, bank):
    river.posts(likes(4, 5))
    bank.posts(likes(777_777))
    client.force_login(river.people[Role.ANALYST])
    channel = river.channel()

    for kind in KINDS:
        for more in ({}, {"export": "csv"}, {"paper": "1"}):
            query = {"campaign": bank.campaign.pk, "channel": bank.channel().pk, "period": "all", **more}
            answer = client.get(reverse(f"engagement:{kind.slug}"), query)
            assert answer.status_code == 200, kind.slug
            assert "777,777" not in answer.content.decode()
            assert "777777" not in answer.content.decode()
            assert "Zanzibar" not in answer.content.decode()
    theirs = client.get(reverse("engagement:story", args=[bank.story.pk]))
    goals = client.post(reverse("engagement:goals", args=[river.campaign.pk]), {"likes-target": "5"})
    slots = client.post(reverse("engagement:take_slots"), {"channel": channel.pk, "slot": "1-13"})

    assert theirs.status_code in (302, 403)
    assert goals.status_code in (302, 403)
    assert slots.status_code in (302, 403)
    assert not Goal.objects.exists()
    assert not channel.slots.exists()
    assert "Goals of the campaign" not in client.get(reverse("engagement:campaign")).content.decode()


def test_a_manager_sets_goals_and_takes_hours_over(client, river):
    river.posts(likes(4, 5))
    channel = river.channel()
    client.force_login(river.people[Role.MANAGER])
    url = reverse("engagement:goals", args=[river.campaign.pk])

    faulty = client.post(url, {"likes-due_on": "2026-06-01"})
    client.post(url, {"likes-target": "500", "likes-due_on": "2026-06-01", "views-target": ""})
    for _ in range(2):
        client.post(reverse("engagement:take_slots"), {"channel": channel.pk, "slot": ["1-13", "9-99", "x"]})

    assert faulty.status_code == 400
    assert [(goal.metric, goal.target) for goal in Goal.objects.all()] == [("likes", 500)]
    assert [str(slot) for slot in channel.slots.all()] == ["Tuesday 13:00"]
    assert 'value="500"' in client.get(url).content.decode()


def fill(world, count):
    for fmt in ("x.thread", "facebook.post"):
        for post in world.posts(likes(*range(count)), fmt, days_ago=10, hours_apart=1, text="#River"):
            TagUse.objects.create(publication=post, tag="river", written="River")
            day_figure(post, date(2026, 4, 20), likes=1)


def somebody_writes(river):
    there = SimpleNamespace(channel=river.channel("x"), page=river.campaign, story=river.story)
    conversation = talk(there, "When do you start?")
    at = NOW - timedelta(days=3)
    conversation.messages.update(at=at)
    type(conversation).objects.update(started_at=at, last_message_at=at, last_in_at=at)


@pytest.mark.parametrize("who", [Role.ANALYST, Role.MANAGER, "administrator"])
def test_a_whole_report_page_asks_under_twelve_times_however_much_went_out(client, river, who):
    """The page with all that Wagtail's admin puts around it, for a signed-in person."""
    person = User.objects.create_superuser("admin") if who == "administrator" else river.people[who]
    client.force_login(person)
    urls = [f"{reverse(f'engagement:{kind.slug}')}?period=365" for kind in KINDS]
    urls.append(reverse("engagement:story", args=[river.story.pk]))
    Goal.objects.create(campaign=river.campaign, metric="likes", target=100)

    def cost():
        asked = {}
        for url in urls:
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(url)
            assert answer.status_code == 200
            assert answer.context["report"].empty == "", url
            asked[url] = len(queries)
        return asked

    fill(river, 5)
    imported = SiteImport.objects.create(campaign=river.campaign, name="a.csv", at=NOW)
    same = {"site_import": imported, "campaign": river.campaign, "story_id": river.story.pk, "clicks": 3}
    SiteClicks.objects.create(**same, source="x", day=date(2026, 4, 20))
    somebody_writes(river)
    few = cost()
    fill(river, 145)
    SiteClicks.objects.bulk_create(
        SiteClicks(**same, source="x", content=f"c{n}", day=date(2026, 4, 20)) for n in range(50)
    )

    assert cost() == few
    assert max(few.values()) < 12, few


@pytest.mark.parametrize("slug", sorted(BUILDERS))
def test_nothing_to_show_says_what_to_do(client, river, slug):
    client.force_login(river.people[Role.ANALYST])

    page = client.get(reverse(f"engagement:{slug}")).content.decode()

    assert "Nothing to show" in page
    assert "Choose other days" in page or "Nothing went out" in page or "A manager exports them" in page
    assert "export=csv" not in page


CHOSEN = {"platform": "x", "format": "x.thread", "language": "en", "tag": "River"}


def test_page_paper_and_files_say_what_they_are_about(client, river):
    for post in river.posts(likes(*range(6)), text="#River"):
        tags.went_out(post)
    client.force_login(river.people[Role.ANALYST])
    url, days = reverse("engagement:formats"), {"from": "2026-04-01", "to": "2026-04-30"}
    query = {**CHOSEN, **days, "campaign": river.campaign.pk, "channel": river.channel().pk}

    page, paper = (client.get(url, {**query, **more}).content.decode() for more in ({}, {"paper": "1"}))
    sheet = client.get(url, {**query, "export": "xlsx"})
    csv = client.get(url, {**query, "export": "csv"})
    late = client.get(reverse("engagement:punctuality"), {**query, "paper": "1"}).content.decode()
    everything = client.get(url, {"period": "all"}).context["report"].basis[0]

    about = (
        "Campaign River; account @x on X; format X thread; in English; under #river; "
        "1 Apr 2026 to 30 Apr 2026 (Europe/London)."
    )
    assert about in page
    assert about in paper
    assert [row[0].value for row in load_workbook(io.BytesIO(sheet.content))["About"]][1] == about
    assert csv.content.decode("utf-8-sig").startswith("Format,")
    assert "-river-" in csv["Content-Disposition"]
    assert csv["Content-Disposition"].endswith('-2026-04-01-2026-04-30.csv"')
    assert about.replace(" under #river;", "") in late  # it counts what was due, under whatever hashtag
    assert everything == f"Campaign River; everything up to {NOW:%-d %b %Y} (Europe/London)."


def test_files_hold_every_table(client, river):
    river.posts(likes(*range(6)))
    client.force_login(river.people[Role.ANALYST])
    url = reverse("engagement:account")

    query = {"channel": river.channel().pk}
    text = client.get(url, {**query, "export": "csv"}).content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(client.get(url, {**query, "export": "xlsx"}).content))

    assert "Its formats by median" in text
    assert book.sheetnames == ["About", "Its formats by median", "Its posts"]
    assert text.count("River story") == 6

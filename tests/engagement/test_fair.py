"""Nobody is said to lead where the numbers do not carry it, and a sum says of how many posts it is."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import Channel
from engagement import tags
from engagement.core.weeks import Week
from engagement.kinds import KINDS
from engagement.models import DayFigure, Oddity, Standing
from engagement.reports import changes, stories, weekly
from engagement.reports.filters import Filters, Frame
from engagement.views import as_file
from publishing.models import Publication
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, day_figure, likes, report

LEADS = ("clearly leads", "brought the most", "Clearly above")


@pytest.mark.db
@pytest.mark.parametrize("slug", ["formats", "topics", "hours", "account"])
def test_of_different_ages_nobody_leads(river, slug):
    """Eight old threads of 100 likes and more, eight young posts of 1 to 8: at one age the threads lead, by 100 at least."""
    for n, fmt in enumerate(("x.thread", "x.video")):
        for post in river.posts(
            likes(*range(100, 108) if n == 0 else range(1, 9)), fmt, text="#A" if n else "#B"
        ):
            tags.went_out(post)
    more = {"channel": str(river.channel().pk)} if slug == "account" else {}

    at_an_age = report(slug, river, by="likes", age="7d", **more)
    at_any = report(slug, river, by="likes", age="latest", **more)

    assert slug == "hours" or any("clearly leads" in said for said in at_an_age.sentences)
    assert not any(word in said for said in at_any.sentences for word in LEADS)
    assert any("of different ages" in said for said in at_any.sentences)
    assert not at_any.extra.get("suggestions")


@pytest.mark.db
def test_a_story_with_a_young_post_names_no_winner(river):
    river.posts([{"likes": 300}], "facebook.post", days_ago=30)
    young = river.posts([{"likes": 4}], "x.thread", days_ago=1)[0]

    said = stories.build(river.story, "same", NOW).sentences
    assert any("brought the most likes: 300, then 4 (2 of 2 publications tell them)" in each for each in said)
    assert any("one publication each" in each for each in said)
    assert not any("chance" in each for each in said)

    young.published_at = NOW - timedelta(minutes=10)
    young.save()
    said = stories.build(river.story, "same", NOW).sentences
    assert not any(word in each for each in said for word in LEADS)
    assert said[0].startswith("These publications are of different ages")


@pytest.mark.db
def test_no_publication_brought_the_most_of_what_networks_count_each_in_its_own_way(river):
    """900 people sent it on by Instagram, 40 reposted it on X: two things. Reposts on X and Bluesky are one."""
    river.posts([{"shares": 40, "comments": 2}], days_ago=20.2)
    river.posts([{"shares": 400}], "bluesky.thread", days_ago=20.1)
    alike = stories.build(river.story, "7d", NOW).sentences
    river.posts([{"shares": 900, "comments": 3}], "instagram.carousel")

    apart = stories.build(river.story, "7d", NOW).sentences

    assert alike[0].startswith("Bluesky thread · @bluesky brought the most shares: 400")
    assert apart == [
        "Shares are not the same thing on every network: reposts and quotes on X, Bluesky; times sent to somebody on "
        "Instagram. So no publication is said to have brought the most."
    ]  # of 3 comments nothing is said


@pytest.mark.db
def test_formats_of_networks_that_count_shares_each_in_its_own_way_are_not_ranked_by_them(river):
    river.posts([{"shares": n} for n in range(10, 16)])
    river.posts([{"shares": n} for n in range(90, 96)], "instagram.carousel")

    (said,) = report("formats", river, by="shares").sentences

    assert said.startswith("Shares are not the same thing on every network")
    assert "So no format is said to lead by it" in said


@pytest.mark.db
def test_a_week_counts_each_post_once_and_a_sum_says_how_many_tell_it(river):
    """Monday 27 April to Wednesday: A B C, then B C, then C D. Four posts, of which A and D tell likes: 1 + 2 = 3."""
    a, b, c, d = river.posts(likes(1, None, None, 2))
    days = {27: (a, b, c), 28: (b, c), 29: (c, d)}
    told = {a.pk: 1, d.pk: 2}
    for day, posts in days.items():
        for post in posts:
            DayFigure.objects.create(
                publication=post,
                day=date(2026, 4, day),
                at=NOW,
                age_s=1,
                campaign_id=post.campaign_id,
                channel=post.channel,
                story_id=river.story.pk,
                platform="x",
                format="x.thread",
                published_at=post.published_at,
                likes_gain=told.get(post.pk),
                views_gain=1,
            )

    (table,) = report("campaign", river, step="week", period="all").tables
    assert column(table, "Posts with numbers") == [4]
    cell = table.rows[0][[c.label for c in table.columns].index("Likes")]
    assert (cell.value, cell.note) == (3, "2 of 4 tell it")
    (table,) = report("campaign", river, step="day", period="all").tables
    assert column(table, "Posts with numbers") == [2, 2, 3]
    assert column(table, "Likes") == [2, None, 1]


@pytest.mark.db
def test_the_digest_ranks_posts_at_one_age_and_unknown_ones_last(river):
    river.posts(likes(5, 0, None), days_ago=4)
    Standing.objects.filter(age="latest", likes=0).update(likes=900)
    week = Week(date(2026, 4, 27))
    filters = Filters(campaign=river.campaign.pk, first=week.monday, last=week.sunday)

    made = weekly.build(Frame.of(river.people["manager"], filters, NOW), week)

    best = next(table for table in made.tables if table.title.startswith("Posts of the week"))
    assert column(best, "interactions") == [5, 0, None]
    assert "24 hours after publishing: 3 of 3 posts" in best.note


@pytest.mark.db
def test_sandbox_accounts_are_marked_on_the_page_and_in_files(client, river):
    river.posts(likes(1, 2), "x.thread")
    river.posts(likes(3, 4), "facebook.post")
    Channel.objects.filter(platform="x").update(sandbox=True)
    client.force_login(river.people["analyst"])
    story_url = reverse("engagement:story", args=[river.story.pk])

    page = client.get(story_url).content.decode()
    file = client.get(f"{story_url}?export=csv").content.decode()
    formats = client.get(reverse("engagement:formats")).content.decode()
    late = client.get(reverse("engagement:punctuality"), {"export": "csv"}).content.decode()

    for text in (page, file, late):
        assert "@x (sandbox)" in text
        assert "@facebook (sandbox)" not in text
    for text in (page, file, formats, late):
        assert re.search(r"Sandbox: the numbers of [^.]*@x\b[^.]* are made up", text)
    assert "Campaign River; went out" in page
    Channel.objects.update(sandbox=True)
    assert "Sandbox: all these numbers are made up" in client.get(story_url).content.decode()
    Channel.objects.update(sandbox=False)
    assert "andbox" not in client.get(f"{story_url}?export=csv").content.decode()


@pytest.mark.db
def test_a_file_says_what_stands_under_its_numbers(river):
    """Three posts that tell likes of five: a median of few posts, by a measure that is named, at an age."""
    river.posts(likes(1, 2, 3, None, None))
    (kind,) = (each for each in KINDS if each.slug == "formats")
    query = {"by": "likes", "age": "7d", "period": "90"}
    made = kind.report(Frame.of(river.people["manager"], Filters.of(query), NOW))

    told = as_file(made, "csv", "r").content.decode("utf-8-sig")

    heading, line, *_ = csv.reader(io.StringIO(told, newline=""))
    assert heading[2] == "Median of likes"
    assert line[heading.index("Notes")] == "Posts: of 5; Median: small: fewer than 6"
    assert "7 days after publishing: 5 of 5 posts of these days." in told
    assert "Fewer than 6 posts carry no such interval." in told


@pytest.mark.db
def test_what_columns_mean_is_there_without_pointing_at_them(client, river):
    river.posts(likes(1, 2))
    client.force_login(river.people["analyst"])

    page = client.get(reverse("engagement:formats")).content.decode()

    assert "<summary>What the columns mean</summary>" in page
    assert "<dd>A quarter of the posts have less</dd>" in page
    assert ' title="A quarter' not in page


@pytest.mark.db
def test_nothing_leads_by_a_number_that_networks_count_each_in_its_own_way(river):
    """Eight X threads of 1 to 8 clicks on the link, eight Facebook posts of 100 and more anywhere on the post."""
    river.posts([{"clicks": n} for n in range(1, 9)])
    river.posts([{"clicks": n} for n in range(100, 108)], "facebook.post")
    river.posts([{"clicks": n} for n in range(1000, 1008)], "linkedin.post")

    mixed = report("formats", river, by="clicks")
    alike = report("formats", river, by="clicks", platform="facebook")

    assert not any(word in said for said in mixed.sentences for word in LEADS)
    assert "Clicks are not the same thing on every network" in mixed.sentences[0]
    assert "clicks on the link on X" in mixed.basis[1]
    assert "not the same" not in " ".join(alike.basis)


@pytest.mark.db
def test_what_changed_compares_the_same_hours_of_both_weeks(river):
    """Monday 12:00. Seven posts a day apart from Sunday 18:00 back, and as many the week before, of 10 likes each.

    Those of Sunday 18:00 are 18 hours old: without that day's on both sides six stand against six, and nothing is down.
    """
    river.posts(likes(*[10] * 14), days_ago=0.75)
    Standing.objects.filter(age="latest").delete()
    Standing.objects.filter(age__in=("7d", "30d", "90d")).delete()
    for post in Publication.objects.filter(published_at__lt=NOW - timedelta(days=1)):
        described = {
            "campaign_id": post.campaign_id,
            "channel_id": post.channel_id,
            "story_id": river.story.pk,
        }
        moment = {"at": NOW, "age_s": 86_000, "published_at": post.published_at, "age": "24h"}
        names = {"platform": "x", "format": "x.thread"}
        Standing.objects.get_or_create(
            publication=post,
            age="24h",
            defaults={**described, **moment, **names, "likes": 10, "comments": 0, "shares": 0},
        )
    days = {"from": "2026-04-27", "to": "2026-05-03", "campaign": str(river.campaign.pk)}

    said = changes.sentences(Frame.of(river.people["manager"], Filters.of(days), NOW))

    assert said[0] == "7 posts went out in these 7 days, as many as in the same time before."
    assert "That is known of 6 of 6 posts, and of 6 of 6 before." in said[1]
    assert "as many posts, and as much for each" in said[3]
    assert said[4].startswith("Posts from Sunday, 3 May, 13:00 on are not a day old")


@pytest.mark.db
def test_each_post_stands_in_one_weekly_mail(river):
    """One post a day for three weeks at noon, read at 24 hours: on Monday at eight Sunday's is not that old."""
    out = river.posts(likes(*range(21)), days_ago=1)
    titles = []
    for monday in (date(2026, 4, 13), date(2026, 4, 20), date(2026, 4, 27)):
        week = Week(monday)
        now = NOW.replace(month=monday.month, day=monday.day, hour=8) + timedelta(days=7)
        filters = Filters(campaign=river.campaign.pk, first=week.monday, last=week.sunday)
        made = weekly.build(Frame.of(river.people["manager"], filters, now), week)
        best = next(table for table in made.tables if table.title.startswith("Posts of the week"))
        titles += column(best, "interactions")

    assert len(out) == 21
    assert len(titles) == len(set(titles)) == 20
    assert "those of this Sunday stand in the next mail" in best.note


@pytest.mark.db
def test_a_story_says_that_a_part_of_it_is_gone(river):
    whole, torn = river.posts([{"likes": 300}], "facebook.post")[0], river.posts([{"likes": 4}])[0]
    Oddity.objects.create(
        publication=torn, campaign_id=torn.campaign_id, kind="part", at=NOW - timedelta(days=2)
    )
    Oddity.objects.create(publication=whole, campaign_id=torn.campaign_id, kind="part", at=NOW, until=NOW)

    found = stories.build(river.story, "same", NOW)

    assert [said for said in found.sentences if "part" in said] == [
        "A part of X thread · @x is deleted or hidden: X has not shown it since 2 May 2026. The "
        "newest numbers are without it."
    ]
    assert [row[0].note for row in found.tables[0].rows] == ["@facebook", "@x, a part gone since 2 May 2026"]


@pytest.mark.db
def test_small_falls_and_silent_posts_do_not_drown_what_went_down(river):
    """Twenty likes taken back one by one, 2,000 of 40,000 views corrected on a day in two goes, clicks of two silent."""
    posts = river.posts(likes(9, 9))
    day_figure(posts[0], date(2026, 5, 1), likes=1)
    at = NOW - timedelta(days=2)

    def odd(kind, minutes, post=posts[0], **more):
        same = {"publication": post, "campaign_id": post.campaign_id, "kind": kind}
        Oddity.objects.create(**same, at=at + timedelta(minutes=minutes), **more)

    for n in range(20):
        odd("correction", n, metric="likes", before=412 - n, after=411 - n)
    odd("correction", 30, metric="views", before=40_000, after=39_000)
    odd("correction", 60, metric="views", before=39_000, after=38_000)
    for post in posts:
        odd("silent", 0, post, metric="clicks", before=50, until=None)
    odd("part", -90 * 1440, posts[1], until=None)

    table = report("campaign", river).tables[-1]

    assert [[cell.value for cell in row][:4] for row in table.rows] == [
        ["River story", "Views went down", 40_000, 38_000],
        ["2 posts", "Clicks no longer told", 100, None],
        ["River story", "A part of the post is gone; its numbers are without it", None, None],
    ]
    assert "(3 lines)" in table.title
    assert "small falls are not listed" in table.note


@pytest.mark.db
def test_days_after_the_last_reading_are_called_unknown(river):
    post = river.posts(likes(9))[0]
    day_figure(post, date(2026, 4, 22), likes=1)

    silent = report("campaign", river)
    day_figure(post, date(2026, 5, 3), likes=1)
    lately = report("campaign", river)

    assert (
        "No number has been read since 22 Apr 2026: what is missing after it is unknown, not zero."
        in silent.basis
    )
    assert not any("No number has been read" in words for words in lately.basis)


@pytest.mark.db
def test_the_table_and_the_charts_of_a_campaign_say_on_which_day_a_number_stands(client, river):
    post = river.posts(likes(9))[0]
    day_figure(post, date(2026, 5, 1), likes=1)
    client.force_login(river.people["analyst"])
    url = reverse("engagement:campaign")

    made = report("campaign", river)
    page, paper = (client.get(url, more).content.decode() for more in ({}, {"paper": "1"}))

    assert made.charts[0].title == "Likes, by day of reading"
    assert "stands whole on the day of the reading" in made.tables[0].note
    for text in (page, paper):
        assert "Likes, by day of reading" in text
        assert "stands whole on the day of the reading" in text
        assert "Read on" in text


@pytest.mark.db
def test_filters_that_a_report_does_not_offer_do_nothing(client, river):
    river.posts(likes(*range(6)), "facebook.post")
    client.force_login(river.people["analyst"])
    query = {"channel": river.channel("facebook").pk, "platform": "x"}

    page = client.get(reverse("engagement:account"), query)

    assert page.context["report"].empty == ""
    assert "platform=x" not in page.context["here"]


@pytest.mark.db
def test_hours_of_an_account_that_usually_brings_nothing_say_so(river):
    river.posts(likes(0, 0, 0, 5))

    made = report("hours", river, by="likes")

    assert "4 posts of accounts that usually bring nothing cannot be held against that" in " ".join(
        made.basis
    )


@pytest.mark.db
@pytest.mark.parametrize("role", ["manager", "analyst"])
def test_hours_within_chance_stand_apart_as_hours_to_try(client, river, role):
    """Tuesday 13:00 did better over three posts: too few to be more than chance, and no winner."""
    river.posts(likes(20, 20, 20, 10, 10, 10), "facebook.post", hours_apart=7 * 24)
    client.force_login(river.people[role])
    query = {"period": "all", "by": "likes", "channel": river.channel("facebook").pk}

    page = client.get(reverse("engagement:hours"), query)
    text = page.content.decode()

    assert page.context["report"].extra["sure"] == []
    assert "<legend>To try</legend>" in text
    assert "<legend>Clearly above the usual</legend>" not in text
    assert "chance alone could have done it: nothing says that these hours are good ones" in text
    assert ('name="slot" value="1-13"' in text) == (role == "manager")


@pytest.mark.db
def test_days_before_the_first_number_of_all_are_not_missing(river):
    """The last thirty days; numbers since 28 April. Of a campaign that had some in March the days before are unknown."""
    post = river.posts(likes(9))[0]
    day_figure(post, date(2026, 4, 28), likes=1)
    day_figure(post, date(2026, 4, 30), likes=1)

    new = report("campaign", river, period="30").tables[-1]
    day_figure(post, date(2026, 3, 2), likes=1)
    old = report("campaign", river, period="30").tables[-1]

    assert column(new, "Likes") == [1, None, 1]
    assert column(old, "Likes") == [1, None, 1, *[None] * 23]


@pytest.mark.db
def test_a_week_that_these_days_hold_only_in_part_says_so(river):
    """Ten likes on each day; today is a Monday. The last ninety days begin on a Wednesday, so five are in its week."""
    post = river.posts(likes(1), days_ago=100)[0]
    for n in range(98):
        day_figure(post, date(2026, 1, 26) + timedelta(days=n), likes=10)
    day_figure(post, NOW.date(), likes=10)

    made = report("campaign", river, step="week")
    days = {"from": "2026-04-01", "to": "2026-04-21"}
    between = report("campaign", river, step="week", **days)
    daily = report("campaign", river, step="day", **days)

    rows = [(row[0].value, row[0].note, row[2].value) for row in made.tables[-1].rows]
    assert rows[0] == (date(2026, 5, 4), "1 of 7 days", 10)
    assert rows[-1] == (date(2026, 2, 2), "5 of 7 days", 50)
    assert {note for _, note, _ in rows[1:-1]} == {""}
    assert {value for _, _, value in rows[1:-1]} == {70}
    assert made.charts[0].labels[0] == "2 Feb 2026 (5 of 7 days)"
    assert made.charts[0].labels[-1] == "4 May 2026 (1 of 7 days)"
    assert made.charts[0].labels[1] == "9 Feb 2026"
    assert "Read in the week from: 5 of 7 days" in str(made.tables[-1].as_rows()[-1])
    notes = [row[0].note for row in between.tables[-1].rows]
    assert notes == ["2 of 7 days", "", "", "5 of 7 days"]
    assert {row[0].note for row in daily.tables[-1].rows} == {""}


@pytest.mark.db
def test_on_its_sunday_a_week_is_not_over(river):
    sunday, week = NOW - timedelta(days=1), date(2026, 4, 27)

    def part(now, **more):
        filters = Filters(campaign=river.campaign.pk, step="week", **more)
        return Frame.of(river.people["manager"], filters, now).part_of_step(week)

    assert part(sunday) == "7 of 7 days, today is not over"
    assert part(sunday, last=date(2026, 5, 20)) == "7 of 7 days, today is not over"
    assert part(sunday, last=date(2026, 5, 2)) == "6 of 7 days"
    assert part(NOW) == ""


@pytest.mark.db
def test_what_a_network_is_documented_to_stop_telling_is_no_news(river):
    post = river.posts(likes(9), days_ago=40)[0]
    day_figure(post, date(2026, 4, 28), likes=1)
    odd = {"publication": post, "campaign_id": post.campaign_id, "before": 5, "at": NOW - timedelta(days=10)}
    Oddity.objects.create(**odd, kind="ended", metric="clicks")

    ended = report("campaign", river).tables
    Oddity.objects.create(**odd, kind="silent", metric="likes")
    silent = report("campaign", river).tables

    assert [table.title for table in ended] == ["Added each day"]
    assert [row[1].value for row in silent[-1].rows] == ["Likes no longer told"]


@pytest.mark.db
def test_what_was_lost_is_found_without_going_through_the_past(river):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes both indexes for either way of asking")
    old = river.posts(likes(*[1] * 50), days_ago=100)
    odd = [
        Oddity(publication=p, campaign_id=p.campaign_id, kind="ended", metric="clicks", at=NOW) for p in old
    ]
    Oddity.objects.bulk_create(odd)
    day_figure(old[0], date(2026, 5, 1), likes=1)

    with CaptureQueriesContext(connection) as queries:
        report("campaign", river, period="30")
    (asked,) = [
        query["sql"] for query in queries if query["sql"].startswith('SELECT "publication_id", "kind"')
    ]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked.replace("%", "%%"))
        plan = "\n".join(row[3] for row in cursor.fetchall())

    # What was noticed in these days, and gaps that began before them.
    assert plan.count("oddity_by_campaign (campaign_id=? AND at>? AND at<?)") == 2
    assert "oddity_still (campaign_id=? AND kind=?)" in plan
    assert "SCAN engagement_oddity" not in plan


@pytest.mark.db
def test_a_day_that_nobody_told_is_a_gap_in_the_chart_of_a_campaign_and_no_zero(river):
    post, other = river.posts(likes(9, 9))
    day_figure(post, date(2026, 4, 28), likes=1, views=4)
    day_figure(post, date(2026, 4, 29), views=0)
    day_figure(other, date(2026, 5, 1), likes=0)

    charts = {chart.title: list(chart.series[0][1]) for chart in report("campaign", river).charts}

    assert charts["Likes, by day of reading"] == [1, None, None, 0]
    assert charts["Views, by day of reading"] == [4, 0, None, None]

"""Nobody is said to lead where the numbers do not carry it, and a sum says of how many posts it is."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from channels.models import Channel
from engagement import tags
from engagement.core.weeks import Week
from engagement.kinds import KINDS
from engagement.models import DayFigure, Standing
from engagement.reports import stories, weekly
from engagement.reports.filters import Filters, Frame
from engagement.views import as_file
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, likes, report

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

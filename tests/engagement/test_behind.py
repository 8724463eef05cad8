"""A number that its network tells late stands in no comparison while the post is younger than that, and is never lost."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement import digest
from engagement.api.endpoints import _show_standings
from engagement.core import behind
from engagement.core.catalogue import NETWORKS, lag_h
from engagement.core.measures import MEASURES
from engagement.core.metrics import NAMES
from engagement.core.rollups import AGES, LATEST
from engagement.core.weeks import Week
from engagement.models import Standing
from engagement.reports import changes, posts, stories, weekly
from engagement.reports.filters import Filters, Frame
from engagement.reports.posts import Post
from engagement.views import as_file
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, likes, report

OUT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
number = st.one_of(st.none(), st.just(0), st.integers(0, 5000))
values = st.fixed_dictionaries(dict.fromkeys((*NAMES, "followers"), number))
platforms = st.sampled_from(sorted(NETWORKS))
ages = st.sampled_from([*AGES, LATEST])
seconds = st.integers(0, 100 * 86400)


def window_s(age, age_s):
    return age_s if age == LATEST else AGES[age].total_seconds()


@pytest.mark.unit
@settings(max_examples=200, deadline=None)
@given(platforms, ages, seconds, values)
def test_a_lagging_number_never_counts_and_nothing_is_lost_or_made_up(platform, age, age_s, told):
    counted, late = behind.part(platform, age, age_s, told)

    for name in told:
        if lag_h(platform, name) * 3600 >= window_s(age, age_s) and lag_h(platform, name):
            assert counted[name] is None
            assert late.get(name) == told[name]
        else:
            assert counted[name] == told[name]
            assert name not in late
    assert None not in late.values()


@pytest.mark.unit
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(platforms, values, values), min_size=1, max_size=8), st.sampled_from([*AGES]))
def test_what_lags_moves_no_median_whatever_it_is(rows, age):
    """The same posts twice, with other numbers wherever the network tells them too late for the age."""

    def made(other):
        for n, (platform, told, instead) in enumerate(rows):
            late = behind.late_at(platform, age, 0)
            told = {**told, **{name: instead[name] for name in late}} if other else told
            counted, held = behind.part(platform, age, 0, told)
            yield Post(n, 1, 1, platform, f"{platform}.post", OUT, 0, counted, held)

    for code in MEASURES:
        one, two = (posts.compare(made(other), code, lambda each: each.platform) for other in (False, True))
        assert [(g.key, g.values) for g in one.groups] == [(g.key, g.values) for g in two.groups]


@pytest.mark.unit
def test_the_lags_are_those_that_the_networks_state():
    """Facebook: insights once in 24 hours, reactions at once. Instagram: up to 48 hours. YouTube Analytics: up to 72."""
    assert (lag_h("facebook", "reach"), lag_h("facebook", "likes")) == (24, 0)
    assert {lag_h("instagram", name) for name in NETWORKS["instagram"].metrics} == {48}
    assert (lag_h("youtube", "shares"), lag_h("youtube", "views")) == (72, 0)
    assert lag_h("mastodon", "likes") == lag_h("unheard-of", "likes") == 0


@pytest.mark.unit
@pytest.mark.parametrize(
    ("platform", "age", "late"),
    [
        ("facebook", "6h", True),
        ("facebook", "24h", True),  # of any hour of the day: as long as the age is not shorter than it
        ("facebook", "7d", False),
        ("instagram", "24h", True),
        ("instagram", "7d", False),
        ("x", "1h", False),
    ],
)
def test_a_lag_as_long_as_the_age_is_too_long(platform, age, late):
    counted, held = behind.part(platform, age, 1, dict.fromkeys(NAMES, 5))

    assert (counted["reach"], held.get("reach")) == ((None, 5) if late else (5, None))


@pytest.mark.unit
def test_the_newest_numbers_count_by_how_old_the_post_was():
    told = dict.fromkeys(NAMES, 5)

    assert behind.part("instagram", LATEST, 48 * 3600, told)[0]["likes"] is None
    assert behind.part("instagram", LATEST, 48 * 3600 + 1, told)[0]["likes"] == 5


# In reports -------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(river):
    """At 24 hours as at 7 days. X: 20 likes. Facebook: 30 likes, reach 400. Instagram: 90 likes, reach 900."""
    river.posts([{"likes": 20, "comments": 0, "shares": 0}], days_ago=20.2)
    river.posts([{"likes": 30, "comments": 0, "shares": 0, "reach": 400}], "facebook.post", days_ago=20.1)
    river.posts([{"likes": 90, "comments": 0, "shares": 0, "saves": 0, "reach": 900}], "instagram.carousel")
    return river


@pytest.mark.db
def test_a_story_at_an_age_at_which_a_network_has_not_told_yet(three):
    """At 24 hours Instagram is up to 48 hours behind: 90 likes lead nothing, and have no rate; 30 and 20 are compared.

    Facebook's likes come at once and its reach within a day, so at 24 hours there is no rate by reach either. At 7 days
    both count: 90 of 900 is 10 %, 30 of 400 is 7.5 %.
    """
    day, week = (stories.build(three.story, age, NOW) for age in ("24h", "7d"))

    (table,) = day.tables
    reach = [c.label for c in table.columns].index("Reach")
    assert column(table, "Likes") == [20, 30, 90]
    assert [row[reach].note for row in table.rows] == ["", "up to 24 h behind", "up to 48 h behind"]
    assert table.foot[reach].value == "0 of 3, 2 behind"
    assert "Engagement rate by reach" not in [c.label for c in table.columns]
    assert column(table, "Engagement rate by followers") == [2.0, 3.0, None]
    assert not any("Instagram" in said for said in day.sentences)
    assert {tuple(chart.labels) for chart in day.charts} == {("X thread · @x", "Facebook post · @facebook")}
    assert day.basis[-1] == (
        "Not told in full 24 hours after publishing, so no comparison counts it: reach on Facebook (up to 24 hours behind); "
        "everything on Instagram (up to 48 hours behind)."
    )
    (table,) = week.tables
    assert column(table, "Engagement rate by reach") == [None, 7.5, 10.0]
    assert "Instagram carousel · @instagram brought the most likes: 90" in " ".join(week.sentences)
    assert week.basis[-1] == (
        "What was told 7 days after publishing may lack the last of it: reach on Facebook (up to 24 hours behind); "
        "everything on Instagram (up to 48 hours behind)."
    )


@pytest.mark.db
def test_formats_count_what_is_told_in_time(river):
    """Carousels of 90 likes and more, threads of 10 to 15. At 24 hours only threads have a median: 12.5."""
    river.posts(likes(*range(10, 16)))
    river.posts(likes(*range(90, 96)), "instagram.carousel")

    day, week = (report("formats", river, by="likes", age=age) for age in ("24h", "7d"))

    assert column(day.tables[0], "Format") == ["X thread", "Instagram carousel"]
    assert column(day.tables[0], "Median") == [12.5, None]
    assert not any("clearly leads" in said for said in day.sentences)
    assert "no comparison counts it: everything on Instagram (up to 48 hours behind)" in day.basis[0]
    assert "clearly leads" in " ".join(week.sentences)


@pytest.mark.db
def test_the_digest_shows_what_was_told_late_and_ranks_it_nowhere(three):
    week = Week(date(2026, 4, 13))
    filters = Filters(campaign=three.campaign.pk, first=week.monday, last=week.sunday)

    made = weekly.build(Frame.of(three.people["manager"], filters, NOW), week)

    best = next(table for table in made.tables if table.title.startswith("Posts of the week"))
    assert column(best, "interactions") == [30, 20, 90]
    assert [row[1].note for row in best.rows] == ["", "", "up to 48 h behind"]
    assert column(best, "of the followers") == [3.0, 2.0, None]
    assert [row[4].note for row in best.rows] == ["up to 24 h behind", "", "up to 48 h behind"]
    assert any(said.startswith("Not told in full 24 hours after publishing") for said in made.sentences)


NO_AGE = (
    "Instagram story: its numbers can be read for 24 hours only and come up to 48 hours late, so no comparison counts "
    "them at any age."
)


@pytest.mark.db
@pytest.mark.parametrize("age", ["24h", "7d", "latest"])
def test_stories_of_instagram_are_said_to_count_nowhere(river, age):
    river.posts([{"likes": 90}], "instagram.story", days_ago=20)
    Standing.objects.exclude(age__in=["1h", "6h", "24h"]).update(age_s=86_000)
    if age == "7d":
        Standing.objects.filter(age__in=["7d"]).delete()
    river.posts([{"likes": 20}], days_ago=20)

    assert NO_AGE in stories.build(river.story, age, NOW).basis
    if age != "7d":
        assert NO_AGE in report("formats", river, age=age).basis[0]


@pytest.mark.db
def test_posts_of_instagram_count_at_a_later_age_and_nothing_else_is_said(three):
    assert not any("at any age" in words for words in stories.build(three.story, "24h", NOW).basis)
    assert "at any age" not in report("formats", three, age="24h").basis[0]


@pytest.fixture
def of_instagram(river):
    """90, 80 and 70 likes at 24 hours, of which nobody knows whether that is all; and as many a month before."""
    for days_ago in (20, 50):
        numbers = [{"likes": n, "comments": 1, "shares": 2, "saves": 7} for n in (90, 80, 70)]
        river.posts(numbers, "instagram.carousel", days_ago=days_ago, hours_apart=1)
    return river


@pytest.mark.db
def test_the_digest_says_what_instagram_alone_told_of_the_first_day(of_instagram):
    week = Week(date(2026, 4, 13))
    filters = Filters(campaign=of_instagram.campaign.pk, first=week.monday, last=week.sunday)

    made = weekly.build(Frame.of(of_instagram.people["manager"], filters, NOW), week)
    text = digest.as_text(made)

    assert text.count("interactions 100 (up to 48 h behind), of the followers –") == 1
    assert text.endswith("A dash is not a zero: nobody told this number, or not in full yet.")


@pytest.mark.db
def test_an_account_of_instagram_shows_what_was_told_of_the_first_day(of_instagram):
    channel = str(of_instagram.channel("instagram").pk)

    usual, by_likes, by_rate = (
        report("account", of_instagram, channel=channel, age="24h", period="30", by=by).tables[-1]
        for by in ("", "likes", "by_followers")
    )

    at = [each.label for each in usual.columns].index("Interactions")
    assert [row[at].value for row in usual.rows] == [100, 90, 80]
    assert {row[at].note for row in usual.rows} == {"up to 48 h behind"}
    assert usual.columns[at].meaning == "Counted: likes, comments, shares, saves"
    assert column(by_likes, "Likes") == [90, 80, 70]
    assert by_likes.rows[0][3].note == "up to 48 h behind"
    assert column(by_rate, "Engagement rate by followers") == [None] * 3


@pytest.mark.db
def test_first_days_that_were_not_told_in_full_are_not_called_unknown(of_instagram):
    def said():
        filters = Filters(campaign=of_instagram.campaign.pk, period="30")
        return changes.sentences(Frame.of(of_instagram.people["manager"], filters, NOW))[1]

    words = "How posts did on their first day cannot be compared: "
    assert said() == f"{words}numbers have not been told in full at that age."
    Standing.objects.update(platform="x", likes=None, comments=None, shares=None, saves=None)
    assert said() == f"{words}one of the two has no numbers of it."


@pytest.mark.db
def test_a_file_says_how_far_behind_a_number_is(three):
    made = stories.build(three.story, "24h", NOW)

    heading, *lines = csv.reader(
        io.StringIO(as_file(made, "csv", "r").content.decode("utf-8-sig"), newline="")
    )

    notes = {line[1]: line[heading.index("Notes")] for line in lines[:3]}
    assert "Reach: up to 24 h behind" in notes["Facebook"]
    assert "Likes: up to 48 h behind" in notes["Instagram"]


@pytest.mark.unit
def test_programs_are_told_which_numbers_are_behind_and_get_no_rate_of_them():
    moment = {"publication_id": "p", "campaign_id": 1, "channel_id": 1, "story_id": 1, "published_at": OUT}
    told = dict.fromkeys(NAMES) | {"likes": 4, "reach": 100, "followers": 200}

    def sent(age, age_s=1):
        row = Standing(
            **moment, platform="facebook", format="facebook.post", age=age, at=OUT, age_s=age_s, **told
        )
        return next(iter(_show_standings([row], {})))

    day, week = sent("24h"), sent("7d")
    assert (day["near"], week["near"]) == (False, False)
    assert (sent("24h", 86_000)["near"], sent("latest", 1)["near"]) == (True, True)
    assert (day["values"]["reach"], day["behind"]) == (100, ["reach"])
    assert (day["engagement_percent"]["reach"], day["engagement_percent"]["followers"]) == (None, 2.0)
    assert (week["behind"], week["engagement_percent"]["reach"]) == ([], 4.0)

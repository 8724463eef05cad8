"""Small things that would mislead: few values, equal ones, days to come, what is behind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engagement import clicks, goals, pull
from engagement.core.click_rows import NoClicks
from engagement.models import Goal, SiteImport
from engagement.reports import changes, stories
from engagement.reports.filters import Filters, Frame
from publishing.models import Publication
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, likes, report

pytestmark = pytest.mark.db


def of(world, **more):
    return Frame.of(world.people["manager"], Filters(campaign=world.campaign.pk, **more), NOW)


def test_days_to_come_are_compared_with_nothing(river):
    """From 1 May to 31 December, on 4 May: four days, beside the four before them."""
    river.posts(likes(*range(6)), days_ago=0.5, hours_apart=12)
    frame = of(river, first=date(2026, 5, 1), last=date(2026, 12, 31))

    assert frame.filters.before(frame.today) == (date(2026, 4, 27), date(2026, 4, 30))
    assert "in these 4 days, " in changes.sentences(frame)[0]
    assert changes.sentences(of(river, first=date(2026, 6, 1), last=date(2026, 6, 3))) == []


@pytest.mark.parametrize(
    ("count", "note"), [(1, "small: fewer than 6"), (5, "small: fewer than 6"), (6, "1.0 to 6.0")]
)
def test_lateness_of_few_posts_is_marked(river, count, note):
    for n, post in enumerate(river.posts(likes(*range(count))), 1):
        Publication.objects.filter(pk=post.pk).update(lateness_ms=1000 * n)

    (row,) = report("punctuality", river).tables[0].rows

    assert row[3].note == note
    assert row[4].note == ("" if count == 6 else note)


def test_told_by_counts_what_is_behind_apart(river):
    river.posts([{"likes": 120}], "instagram.carousel", days_ago=1.5)
    river.posts([{"likes": 9}], "x.thread", days_ago=1.5)

    (table,) = stories.build(river.story, "24h", NOW).tables

    at = [each.label for each in table.columns].index("Likes")
    assert sorted(column(table, "Likes")) == [9, 120]
    assert table.foot[at].value == "1 of 2, 1 behind"


def test_two_equal_ones_are_both_named(river):
    river.posts(likes(1, 2, 3, 4, 5, 6, 7))
    river.posts(likes(1, 2, 3, 4, 5, 6, 7), "bluesky.thread")
    river.posts(likes(1, 1, 3, 3, 5, 6, 7), "mastodon.thread")

    said = report("formats", river, by="likes").sentences[0]

    assert "Bluesky thread and X thread have the highest median (4)" in said


def test_clicks_told_apart_otherwise_are_refused_also_when_they_came_meanwhile(river):
    name = river.campaign.utm_name or river.campaign.slug
    heading = ["Source", "Campaign", "Content", "Page", "Day", "Clicks"]
    rows = [heading, ["x", name, "", "/herons", "2026-04-01", "4"]]
    found = clicks.look(rows, by=river.people["manager"])
    assert len(found.ready) == 1

    SiteImport.objects.create(campaign=river.campaign, name="first.csv", columns=["page"], at=NOW)

    with pytest.raises(NoClicks, match="would count visits twice"):
        clicks.keep(found, name="second.csv", by=river.people["manager"], at=NOW)
    assert SiteImport.objects.count() == 1


def test_a_null_byte_in_the_rows_of_a_form_is_left_out(river, client):
    name = river.campaign.utm_name or river.campaign.slug
    rows = f'[["Source", "Campaign", "Clicks", "Page"], ["x\\u0000", "{name}", "4", "/her\\u0000ons"]]'
    client.force_login(river.people["manager"])

    answer = client.post(
        "/admin/numbers/clicks/imports/", {"rows": rows, "name": "a\0.csv", "action": "keep"}
    )

    assert answer.status_code == 302
    (row,) = SiteImport.objects.get().rows.all()
    assert (row.source, row.page, row.site_import.name) == ("x", "/herons/", "a.csv")


def test_goals_of_two_people_go_in_turn(river, django_assert_num_queries, monkeypatch):
    locked = []
    real = goals.Page.objects.select_for_update
    monkeypatch.setattr(goals.Page.objects, "select_for_update", lambda: locked.append(1) or real())

    goals.keep(river.campaign, {"likes": {"target": 5, "due_on": None}}, by=river.people["manager"])

    assert (locked, Goal.objects.count()) == ([1], 1)


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (
            timedelta(hours=3),
            timedelta(minutes=12),
        ),  # 3.75 days of the demo's time: every six hours, of which 30 are one
        (timedelta(hours=23, minutes=30), timedelta(minutes=22, seconds=48)),  # the eve of a real day
        (timedelta(days=3), timedelta(hours=6)),  # the demo's time is over: as in real life
        (
            timedelta(days=6, hours=22),
            timedelta(hours=1, minutes=9, seconds=36),
        ),  # the eve of real seven days
        (timedelta(days=91), None),
    ],
)
def test_the_demo_reads_on_the_eves_of_real_ages_too(river, settings, age, pause):
    settings.METRICS_PACE = 30
    (post,) = river.posts([{}], days_ago=age / timedelta(days=1))

    assert pull._pause(pull.CONNECTORS["x"], post, NOW, 0) == pause
    assert (pull._retry(post, NOW, timedelta(minutes=9)) is None) == (pause is None)

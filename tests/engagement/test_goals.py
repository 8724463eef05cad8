"""What goals count: what was reached stays reached, what is made up is not, and a day that is over is over."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import Channel
from engagement.models import Goal, Oddity, Standing
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import day_figure, likes, report

pytestmark = pytest.mark.db


def goal_row(world, **query):
    table = report("campaign", world, **query).tables[0]
    assert table.title == "Goals"
    return dict(zip([c.label for c in table.columns], table.rows[0], strict=True)), table


def test_what_a_network_no_longer_tells_stays_reached(river):
    """Three posts of 100, 200 and 50 clicks. Of the second X tells none any more: 350 of 700 is a half, as before."""
    posts = river.posts([{"clicks": 100}, {"clicks": 200}, {"clicks": 50}])
    Goal.objects.create(campaign=river.campaign, metric="clicks", target=700)
    before, _ = goal_row(river)

    Standing.objects.filter(publication=posts[1], age="latest").update(clicks=None)
    silent = {"publication": posts[1], "campaign_id": river.campaign.pk, "kind": "silent", "metric": "clicks"}
    Oddity.objects.create(**silent, before=200, at=NOW - timedelta(days=1))
    Oddity.objects.create(
        **silent | {"publication": posts[0]}, before=90, at=NOW - timedelta(days=9), until=NOW
    )
    after, table = goal_row(river)

    assert (before["Reached so far"].value, before["Reached so far"].note) == (350, "")
    assert (after["Reached so far"].value, after["Reached so far"].note) == (350, "1 post as last told")
    assert (after["Of the goal"].value, after["Told by"].value) == (50.0, "3 of 3")


def test_a_goal_whose_day_is_over_counts_what_stood_then(river):
    post = river.posts(likes(130))[0]
    day_figure(post, date(2026, 4, 20), likes=40)
    day_figure(post, date(2026, 4, 28), likes=30)
    day_figure(post, date(2026, 5, 2), likes=60)
    Goal.objects.create(campaign=river.campaign, metric="likes", target=100, due_on=date(2026, 4, 28))

    row, table = goal_row(river)
    Goal.objects.update(due_on=date(2026, 5, 4))
    today, _ = goal_row(river)

    assert (row["Reached so far"].value, row["Reached by the day"].value, row["Of the goal"].value) == (
        130,
        70,
        70.0,
    )
    assert "whose day is over" in table.note
    assert "Reached by the day" not in today
    assert today["Of the goal"].value == 130.0


def test_what_is_needed_each_week_is_enough(river):
    """Ten more in three weeks: 3 a week would be nine."""
    river.posts(likes(10))
    Goal.objects.create(
        campaign=river.campaign, metric="likes", target=20, due_on=NOW.date() + timedelta(days=21)
    )

    row, _ = goal_row(river)

    assert row["Still needed each week"].value == 4


def test_what_the_sandbox_made_up_is_no_part_of_a_goal(river):
    river.posts(likes(20_000))
    river.posts(likes(5), "facebook.post")
    Goal.objects.create(campaign=river.campaign, metric="likes", target=10)
    Channel.objects.filter(platform="x").update(sandbox=True)

    mixed, table = goal_row(river, platform="facebook")
    Channel.objects.update(sandbox=True)
    trying, all_made_up = goal_row(river, platform="facebook")

    assert (mixed["Reached so far"].value, mixed["Told by"].value) == (5, "1 of 1")
    assert "Accounts of the sandbox do not count." in table.note
    assert trying["Reached so far"].value == 20_005
    assert "made up" in all_made_up.note


def test_a_goal_of_clicks_says_what_each_network_counts(river):
    river.posts([{"clicks": 3}])
    river.posts([{"clicks": 40}], "facebook.post")
    Goal.objects.create(campaign=river.campaign, metric="clicks", target=10)

    _, table = goal_row(river)

    assert "clicks on the link on X; clicks anywhere on the post on Facebook" in table.note.replace(
        "clicks anywhere on the post on Facebook; clicks on the link on X",
        "clicks on the link on X; clicks anywhere on the post on Facebook",
    )


@pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite reads no partial index by a parameter"
)
def test_what_is_added_up_over_all_the_past_is_read_from_an_index_alone(river):
    """At ten million readings the rows themselves take twenty times as long."""
    river.posts(likes(100, 20))
    Goal.objects.create(campaign=river.campaign, metric="likes", target=1000)
    with CaptureQueriesContext(connection) as queries:
        goal_row(river)
    asked = next(q["sql"] for q in queries if "engagement_standing" in q["sql"] and "told_likes" in q["sql"])

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + asked.replace("%", "%%"))
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using standing_now" in plan


def test_what_a_network_tells_only_for_a_while_stays_reached_for_good(river):
    posts = river.posts([{"clicks": 100}, {"clicks": None}])
    Goal.objects.create(campaign=river.campaign, metric="clicks", target=700)
    ended = {"publication": posts[1], "campaign_id": river.campaign.pk, "kind": "ended", "metric": "clicks"}
    Oddity.objects.create(**ended, before=250, at=NOW - timedelta(days=1))

    row, _ = goal_row(river)

    assert (row["Reached so far"].value, row["Told by"].value) == (350, "2 of 2")

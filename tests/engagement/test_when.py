"""Posts of which nobody saw when they went out: their numbers stand beside no others until the network says it."""

from datetime import timedelta

import pytest

from channels.connectors.base import Reading
from engagement import pull
from engagement.core.rollups import LATEST
from engagement.models import DayFigure, MetricPull, Snapshot, Standing
from publishing.models import Event, Publication
from tests.engagement.conftest import NOW
from tests.engagement.test_pull import NOON, campaign, network, publication, pull_again, story  # noqa: F401  fixtures
from tests.engagement.test_reports import likes, report
from work import clock

pytestmark = pytest.mark.db
H = timedelta(hours=1)


def vague(story, *, hours_ago, hours):  # noqa: F811
    """It went out between ``hours_ago`` and so many hours after that."""
    out = publication(story, minutes_ago=hours_ago * 60)
    Publication.objects.filter(pk=out.pk).update(out_until=out.published_at + hours * H)
    out.refresh_from_db()
    return out


def ages(out):
    return set(Standing.objects.filter(publication=out).values_list("age", flat=True))


def read_along(out, network, hand, hours):  # noqa: F811
    for n in range(hours):
        network.says = {"likes": 10 + n}
        pull_again(out)
        hand.move(3600)


def test_what_was_said_to_be_out_days_later_stands_at_no_young_age(story, network):  # noqa: F811
    with clock.by_hand(NOON) as hand:
        out, known = vague(story, hours_ago=0, hours=72), publication(story, minutes_ago=0, fmt="x.video")
        for each in (out, known):
            hand.at = NOON
            read_along(each, network, hand, 26)
        snapshots = Snapshot.objects.filter(publication=out).count()

    assert ages(known) == {"1h", "6h", "24h", "7d", LATEST}
    assert ages(out) == {LATEST}
    assert snapshots == 26
    assert DayFigure.objects.filter(publication=out).exists()  # what came in by day is no matter of age


def test_an_age_to_which_the_doubt_is_small_counts(story, network):  # noqa: F811
    """Twelve hours are a fourteenth of seven days, and half of one."""
    with clock.by_hand(NOON) as hand:
        out = vague(story, hours_ago=0, hours=12)
        read_along(out, network, hand, 26)

    assert ages(out) == {"7d", LATEST}


def test_made_anew_it_is_the_same(story, network):  # noqa: F811
    from engagement.rollups import rebuild

    with clock.by_hand(NOON) as hand:
        out = vague(story, hours_ago=0, hours=72)
        read_along(out, network, hand, 8)
        before = list(Standing.objects.order_by("age").values_list("age", "at", "likes"))
        rebuild([Publication.objects.select_related("channel", "variant").get(pk=out.pk)])

    assert list(Standing.objects.order_by("age").values_list("age", "at", "likes")) == before


def test_what_the_network_says_of_when_it_went_out_puts_everything_in_its_place(story, network):  # noqa: F811
    """Two readings are of unknown age; the third brings the moment. All three then are as old as they really were."""
    with clock.by_hand(NOON) as hand:
        out = vague(story, hours_ago=48, hours=48)
        read_along(out, network, hand, 2)
        assert ages(out) == {LATEST}
        really = NOON - timedelta(minutes=50)
        told = Reading(str(out.pk), {"likes": 99}, {}, hand.at, out_at=really)
        network.metrics = lambda ctx, refs: [told]
        pull_again(out)

    out.refresh_from_db()
    assert (out.published_at, out.out_until) == (really, None)
    assert list(Snapshot.objects.order_by("at").values_list("age_s", flat=True)) == [3000, 6600, 10_200]
    assert dict(Standing.objects.values_list("age", "likes")) == {"1h": 10, "6h": 99, LATEST: 99}
    assert set(Standing.objects.values_list("published_at", flat=True)) == {really}
    assert set(DayFigure.objects.values_list("published_at", flat=True)) == {really}
    assert Event.objects.filter(publication=out, kind="out_at").count() == 1


def test_a_moment_that_is_known_is_not_changed_by_what_the_network_says(story, network):  # noqa: F811
    """Threads are out with their last part; what some network says of its own clock moves nothing."""
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        network.metrics = lambda ctx, refs: [
            Reading(str(out.pk), {"likes": 9}, {}, hand.at, out_at=hand.at - 9 * H)
        ]
        pull_again(out)

    before, at = out.published_at, Publication.objects.get().published_at
    assert at == before


def test_a_story_found_hours_later_is_read_before_its_network_forgets_it(story, network):  # noqa: F811
    """It went out 20 hours ago and is forgotten after 24: the last reading is on that eve, not a day from now."""
    network.forgets = {"x.thread": 24 * H}
    network.says = {"likes": 3}
    with clock.by_hand(NOON) as hand:
        out = publication(story, minutes_ago=20 * 60)
        pull.went_out(out)
        for _ in range(30):
            row = MetricPull.objects.get()
            if row.next_action_at is None:
                break
            hand.at = row.next_action_at
            pull_again(out)
        last = Snapshot.objects.order_by("-at").first()

    end = out.published_at + 24 * H
    assert end - timedelta(minutes=10) <= last.at < end
    assert row.next_action_at is None


def test_of_what_is_vague_the_network_is_asked_soon(story, network):  # noqa: F811
    network.forgets = {"x.thread": 24 * H}
    with clock.by_hand(NOON):
        pull.went_out(vague(story, hours_ago=72, hours=72))

        assert MetricPull.objects.get().next_action_at == NOON + timedelta(minutes=5)


def unseen(posts, hours):
    for post in posts:
        Publication.objects.filter(pk=post.pk).update(out_until=post.published_at + hours * H)


def test_no_hour_is_suggested_by_posts_of_which_nobody_knows_when_they_went_out(river):
    """Three that a person said to be out twelve hours later did nine times as well; three others stand at their hour."""
    river.posts(likes(*[10] * 6), hours_apart=168)
    said = river.posts(likes(*[90] * 3), days_ago=19, hours_apart=168)
    unseen(said, 12)

    found = report("hours", river, by="likes", period="365")
    unseen(said, 0.4)
    known = report("hours", river, by="likes", period="365")
    Publication.objects.update(out_until=NOW)
    nothing = report("hours", river, by="likes", period="365")

    words = "3 posts cannot be put at an hour, and are left out: nobody knows when they went out."
    assert found.extra["suggestions"] == []
    assert words in found.basis
    assert [each["words"] for each in known.extra["suggestions"]] == ["Wednesday 13:00"]
    assert words not in known.basis
    assert "9 posts cannot be put at an hour" in nothing.empty


def test_reports_say_between_which_moments_it_went_out(river, client):
    sure, said = river.posts(likes(1, 2))
    unseen([said], 12)
    client.force_login(river.people["analyst"])

    account = report("account", river, channel=str(river.channel().pk)).tables[-1]
    page = client.get(f"/admin/numbers/story/{river.story.pk}/").content.decode()
    pages = [page, client.get("/admin/numbers/account/", {"channel": river.channel().pk}).content.decode()]

    (new, old) = [row[[c.label for c in account.columns].index("Went out")] for row in account.rows]
    assert (new.until, old.until) == (None, said.published_at + 12 * H)
    assert "Went out: between this and 2026-04-14 00:00:00 UTC" in str(account.as_rows()[-1])
    for page in pages:
        assert page.count("between 13 Apr 2026, 12:00 and 14 Apr 2026, 00:00") == 1
        assert "14 Apr 2026, 12:00" in page

"""The day quota is counted when a post is approved or moved, not when it is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.base import DayQuota
from publishing.domain import actions, quota
from publishing.domain.approve import NotApprovable

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_fourth_of_three_is_refused_with_a_way_out(world):
    world.network.day_quota = DayQuota(3)
    for n in range(3):
        world.publication(f"post {n}", due=DUE + n * HOUR)

    with pytest.raises(
        NotApprovable, match=r"Fake takes 3 posts in 24 hours on @river; this would be number 4\."
    ):
        world.publication("too many", due=DUE + 23 * HOUR)
    world.publication("the next day", due=DUE + 24 * HOUR)


def test_what_is_stopped_counts_no_more(world):
    world.network.day_quota = DayQuota(1)
    first = world.publication("one")
    with pytest.raises(NotApprovable):
        world.publication("two")

    actions.cancel(first, by=world.manager)

    assert world.publication("two").state == "scheduled"


def test_parts_and_formats_count_as_the_network_counts(world):
    world.network.day_quota = DayQuota(4, parts=True)
    world.publication("one", "two", "three")
    with pytest.raises(NotApprovable, match="number 5"):
        world.publication("four", "five")

    world.network.day_quota = DayQuota(1, formats=".reel")
    world.publication("four", "five")  # a post, no reel
    assert quota.refusal([world.channel], DUE, format="fake.reel") is None


def test_what_the_network_said_of_the_account_counts_more(world):
    world.network.day_quota = DayQuota(50)
    world.channel.facts = {"posts_a_day": 1}
    world.channel.save()
    world.publication("one")

    with pytest.raises(NotApprovable, match="takes 1 posts"):
        world.publication("two")


def test_planned_ones_can_be_counted_too_and_ones_own_never_counts(world):
    world.network.day_quota = DayQuota(2)
    publication = world.publication("one")
    refusal = quota.refusal
    planned = {world.channel.pk: [(DUE, 1)]}

    assert refusal([world.channel], DUE, format="fake.post", also=planned)
    own = publication.variant_id
    assert refusal([world.channel], DUE, format="fake.post", also=planned, but_variant=own) is None
    assert replace(DayQuota(2), posts=3).posts == 3

"""Followers stand under the day on whose evening they were read, so that a day's change is that day's."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cms.models import CampaignPage
from engagement import accounts
from engagement.models import ChannelDay
from tests.engagement.test_pull import publication, story  # noqa: F401  a fixture
from work import clock

pytestmark = pytest.mark.db
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def campaign(db):
    from wagtail.models import Page

    page = CampaignPage(title="River", slug="river-z", publisher="River", time_zone="Europe/Berlin")
    return Page.get_first_root_node().add_child(instance=page)


@pytest.mark.parametrize("first", [datetime(2026, 3, 27, 9, 0), datetime(2026, 10, 23, 23, 30)])
def test_accounts_are_read_once_a_day_in_its_evening(story, first):  # noqa: F811
    """Rounds three hours apart for six days, over the change of the clocks. The first one reads, as nothing is there."""
    channel = publication(story).channel
    start = first.replace(tzinfo=BERLIN).astimezone(UTC)

    for n in range(6 * 8):
        at = start + timedelta(hours=3 * n)
        if not accounts.told_today(channel, at):
            accounts.checked(channel, {"followers": n}, at)

    rows = list(ChannelDay.objects.order_by("day").values_list("day", "at"))
    assert len({day for day, _ in rows}) == len(rows) >= 6
    for day, at in rows[1:-1]:
        local = at.astimezone(BERLIN)
        assert (local.date(), local.hour >= 20) == (day, True)


def test_an_evening_without_a_worker_is_made_up_for_the_next_morning(story):  # noqa: F811
    channel = publication(story).channel
    evening = datetime(2026, 5, 4, 20, 30, tzinfo=BERLIN)
    accounts.checked(channel, {"followers": 5}, evening.astimezone(UTC))

    assert accounts.told_today(channel, (evening + timedelta(hours=23)).astimezone(UTC))
    assert not accounts.told_today(channel, (evening + timedelta(hours=24)).astimezone(UTC))
    assert not accounts.told_today(channel, (evening + timedelta(hours=36)).astimezone(UTC))


def test_what_came_on_a_day_stands_under_that_day(story):  # noqa: F811
    """3,000 new followers on Monday between ten and six: Monday's evening has them."""
    channel = publication(story).channel
    told = {}
    for hours in range(0, 72, 3):
        at = datetime(2026, 5, 3, 0, 30, tzinfo=BERLIN) + timedelta(hours=hours)
        now = 1000 if at < datetime(2026, 5, 4, 18, 0, tzinfo=BERLIN) else 4000
        with clock.by_hand(at.astimezone(UTC)):
            if not accounts.told_today(channel, clock.now()):
                accounts.checked(channel, {"followers": now}, clock.now())
    told = dict(ChannelDay.objects.values_list("day", "followers"))

    assert [told[datetime(2026, 5, day, tzinfo=UTC).date()] for day in (3, 4, 5)] == [1000, 4000, 4000]

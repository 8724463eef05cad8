"""What reading numbers and followers is charged: what the network bills, no more and no less."""

from datetime import timedelta
from decimal import Decimal

import pytest
from wagtail.models import Page

from channels import signals as signals_of_channels
from channels.connectors.abilities import Price
from channels.connectors.base import Reading
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from cms.models import CampaignPage
from engagement import pull
from engagement.models import MetricPull, ReadSpending
from publishing.models import Publication
from tests.engagement.test_pull import NOON, campaign, network, publication, pull_again, story  # noqa: F401  fixtures
from work import clock

pytestmark = pytest.mark.db
PRICE = Price("post read", Decimal("0.005"), "reading", "source")


@pytest.fixture
def thread(story, network):  # noqa: F811
    """Three posts, of which the network tells as many as the test says."""
    network.numbers_price = PRICE
    out = publication(story)
    Publication.objects.filter(pk=out.pk).update(parts_out=3)

    def tell(*missing, **more):
        network.metrics = lambda ctx, refs: [
            Reading(str(out.pk), {"likes": 3}, {}, clock.now(), missing=missing, **more)
        ]
        return pull_again(out)

    return tell


def posts():
    return [row.posts for row in ReadSpending.objects.order_by("day")]


def test_the_connector_charges_what_its_price_table_says():
    x = next(c for c in CONNECTORS if c.platform == "x")
    prices = {price.amount for price in (x.numbers_price, x.person_price, x.message_price)}

    assert (x.numbers_price.amount, prices) == (Decimal("0.005"), {Decimal("0.005"), Decimal("0.010")})
    assert {x.person_price, x.message_price} <= set(x.prices)


def test_an_answer_with_a_part_missing_is_charged_and_the_rest_when_it_is_told(thread):
    """X bills the two posts that it told, though their sum is not kept yet; then the third, once on that day."""
    with clock.by_hand(NOON) as hand:
        thread("third")
        assert posts() == [2]
        hand.move(60)
        thread("third")
        assert posts() == [2]
        hand.move(60)
        thread()
        assert posts() == [3]
        hand.move(60)
        thread()
        assert posts() == [3]
        hand.move(86_400)
        thread()

    assert posts() == [3, 3]
    assert MetricPull.objects.get().charged_posts == 3


def test_what_is_not_told_is_not_charged(thread):
    with clock.by_hand(NOON):
        thread(problem="X does not show this post (any more).", gone=True)

    assert posts() == []


def test_our_own_account_is_a_person_once_a_day_by_utc(story, monkeypatch):  # noqa: F811
    account = publication(story).channel
    for hours in (0, 1, 11, 13, 20):  # from 13 on it is the next day by UTC
        signals_of_channels.channel_checked.send(
            None, channel=account, facts={"followers": 10}, at=NOON + timedelta(hours=hours)
        )

    rows = ReadSpending.objects.order_by("day").values_list("people", "amount")
    assert list(rows) == [(1, Decimal("0.0100")), (1, Decimal("0.0100"))]


def test_where_reading_is_free_nothing_is_written_down(story):  # noqa: F811
    account = publication(story, "mastodon", "mastodon.thread").channel
    signals_of_channels.channel_checked.send(None, channel=account, facts={"followers": 10}, at=NOON)

    assert not ReadSpending.objects.exists()


def test_followers_wait_at_the_campaigns_limit(db, network, monkeypatch):  # noqa: F811
    network.person_price = Price("person", Decimal("0.010"), "a person", "source")
    asked = []
    monkeypatch.setattr(pull, "check_channel", lambda channel, **kwargs: asked.append(channel.pk))
    limited = Page.get_first_root_node().add_child(
        instance=CampaignPage(title="Lake", slug="lake-s", publisher="Lake", reads_cap_usd=Decimal("0.01"))
    )
    tale = limited.add_child(instance=Page(title="Tale", slug="tale-s"))
    with clock.by_hand(NOON) as hand:
        account = publication(tale).channel
        Channel.objects.update(state="connected")
        ReadSpending.objects.create(
            campaign_id=limited.pk, platform="x", day=NOON.date(), amount=Decimal("0.010")
        )
        pull.refresh_followers()
        assert asked == []
        hand.move(31 * 86_400)
        pull.refresh_followers()

    assert asked == [account.pk]

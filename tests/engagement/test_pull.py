"""Pulling numbers with a scripted network. Real HTTP is in tests/journeys, the reports in test_reports."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from wagtail.models import Page

from channels import signals as signals_of_channels
from channels.connectors.abilities import Price, Read
from channels.connectors.base import Outcome, OutcomeKind, Rate, Reading, Refused
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from cms.models import CampaignPage
from engagement import pull, spending
from engagement.models import ChannelDay, MetricPull, Oddity, ReadSpending, Snapshot
from formats.models import Variant
from publishing import signals
from publishing.domain import budget
from publishing.models import Publication, Version
from work import claim, clock

pytestmark = pytest.mark.db
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def campaign(db):
    return Page.get_first_root_node().add_child(instance=Page(title="River", slug="river-e"))


@pytest.fixture
def story(campaign):
    return campaign.add_child(instance=Page(title="=Clean water", slug="story-e"))


def publication(story, platform="x", fmt="x.thread", minutes_ago=60, **channel):
    campaign = story.get_parent()
    account, _ = Channel.objects.get_or_create(
        campaign=campaign,
        platform=platform,
        remote_id="1",
        defaults={"handle": f"@{platform}", "followers": 200, **channel},
    )
    variant = Variant(story=story, campaign=campaign, format=fmt, language="en")
    variant.save()
    version = Version.objects.create(
        variant=variant, payload={"format": fmt, "parts": []}, digest="d", approved_at=NOON
    )
    out = NOON - timedelta(minutes=minutes_ago)
    return Publication.objects.create(
        version=version,
        variant=variant,
        channel=account,
        campaign=campaign,
        due_at=out,
        state="published",
        published_at=out,
        remote_id="r1",
        remote_url=f"http://127.0.0.1/{platform}/r1",
        state_changed_at=out,
        created_at=out,
    )


def snapshot(publication, minutes, **numbers):
    at = publication.published_at + timedelta(minutes=minutes)
    return Snapshot.objects.create(publication=publication, at=at, age_s=minutes * 60, raw={}, **numbers)


@pytest.fixture
def network(monkeypatch):
    """Answers with the numbers in ``network.says``; an exception is raised instead."""

    class Network:
        says: object = None
        platform = "x"
        rates = ()
        numbers_at_once = 50
        numbers_price = person_price = message_price = None
        forgets = {}
        answers = 1  # of the network, to one question
        parts_missing = ()
        server_of = staticmethod(lambda channel: "x")

        def __init__(self):
            self.asked = []

        def metrics(self, ctx, refs):
            if isinstance(self.says, Exception):
                raise self.says
            self.asked.append([ref.publication_id for ref in refs])
            return [self.answer(ref) for ref in refs]

        def answer(self, ref):
            if self.says is None:
                return Reading(ref.publication_id, {}, {}, clock.now(), "not there", gone=True)
            told = {"told": True}
            return Reading(
                ref.publication_id, self.says, told, clock.now(), missing=tuple(self.parts_missing)
            )

    found = Network()
    monkeypatch.setattr(pull, "CONNECTORS", {"x": found})
    monkeypatch.setattr(pull, "context", lambda channel, worker: SimpleNamespace(wire=found))
    return found


def claimed(publication):
    row, _ = MetricPull.objects.get_or_create(
        publication=publication, defaults={"next_action_at": clock.now()}
    )
    MetricPull.objects.filter(pk=row.pk).update(next_action_at=clock.now())
    return claim.claim(MetricPull, row.pk, worker="w")


def test_what_went_out_is_asked_for_soon_and_once(story):
    with clock.by_hand(NOON):
        out = publication(story, minutes_ago=0)
        signals.published.send(sender=None, publication=out)
        signals.published.send(sender=None, publication=out)

    assert [r.next_action_at for r in MetricPull.objects.all()] == [NOON + timedelta(minutes=5)]


def test_an_answer_is_kept_raw_and_normalised_and_unknown_is_null(story, network):
    network.says = {"likes": 3, "impressions": 90, "reach": None}
    with clock.by_hand(NOON):
        out = publication(story)

        pull.pull(claimed(out))

    kept = Snapshot.objects.get()
    assert (kept.likes, kept.impressions, kept.reach, kept.saves) == (3, 90, None, None)
    assert (kept.age_s, kept.followers, kept.raw) == (3600, 200, {"told": True})
    row = MetricPull.objects.get()
    assert row.next_action_at == NOON + timedelta(minutes=15)
    assert row.lease_owner == ""


def test_numbers_that_do_not_move_are_asked_for_less_often(story, network):
    network.says = {"likes": 3}
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        for expected in (15, 30, 60, 60):
            pull.pull(claimed(out))
            row = MetricPull.objects.get()
            assert row.next_action_at - clock.now() == timedelta(minutes=expected)
            hand.move(60)
        network.says = {"likes": 4}
        pull.pull(claimed(out))

    assert MetricPull.objects.get().unchanged == 0


def test_trouble_is_asked_again_and_keeps_what_is_there(story, network):
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        network.says = {"likes": 3}
        pull.pull(claimed(out))
        hand.move(60)
        network.says = RuntimeError("secret token abc")
        pull.pull(claimed(out))

    row = MetricPull.objects.get()
    assert Snapshot.objects.count() == 1
    assert row.next_action_at == NOON + timedelta(minutes=11)
    assert "secret" not in row.last_error


def test_old_publications_are_asked_no_more(story, network):
    network.says = {"likes": 3}
    with clock.by_hand(NOON):
        out = publication(story, minutes_ago=60 * 24 * 91)
        pull.pull(claimed(out))

    assert MetricPull.objects.get().next_action_at is None


def pull_again(out):
    pull.pull(claimed(out))
    return MetricPull.objects.get(publication=out)


def test_what_is_due_on_one_channel_is_asked_for_together(story, network):
    network.says = {"likes": 3}
    with clock.by_hand(NOON):
        first, second, later = (publication(story, fmt=f) for f in ("x.thread", "x.video", "x.image"))
        other = publication(story, "facebook", "facebook.post")
        for out in (second, other):
            MetricPull.objects.create(publication=out, next_action_at=NOON)
        MetricPull.objects.create(publication=later, next_action_at=NOON + timedelta(seconds=1))

        pull.pull(claimed(first))

    assert network.asked == [[str(first.pk), str(second.pk)]]
    assert not MetricPull.objects.exclude(lease_owner="").exists()
    assert set(Snapshot.objects.values_list("publication", flat=True)) == {first.pk, second.pk}


def test_a_batch_waits_for_the_budget_as_one(story, network, monkeypatch):
    network.says = {"likes": 3}
    monkeypatch.setattr(pull.budget, "take_spare", lambda *a, **k: 90.0)
    with clock.by_hand(NOON):
        row = pull_again(publication(story))

    assert (network.asked, row.next_action_at) == ([], NOON + timedelta(seconds=90))


def test_a_post_that_is_not_shown_is_gone_an_hour_later_and_looked_for_ever_more_rarely(story, network):
    network.says = None
    with clock.by_hand(NOON) as hand:
        out = publication(story, minutes_ago=31 * 24 * 60)
        once = pull_again(out)
        assert (once.missed_at, once.next_action_at) == (NOON, NOON + timedelta(hours=1))
        assert not Oddity.objects.exists()
        hand.move(3600)
        twice = pull_again(out)

        waits = []
        for _ in range(3):
            hand.move((twice.next_action_at - clock.now()).total_seconds())
            twice = pull_again(out)
            waits.append((twice.next_action_at - clock.now()).days)
        network.says = {"likes": 3}
        hand.move(3600)
        back = pull_again(out)

    assert waits == [2, 4, 8]
    assert [(o.kind, o.at, o.until) for o in Oddity.objects.order_by("at")] == [
        ("gap", out.published_at, back.pulled_at),  # it was never read before
        ("gone", NOON, back.pulled_at),
    ]
    assert (back.missed_at, back.tries) == (None, 0)


def test_what_is_gone_is_looked_for_only_as_long_as_its_numbers_would_be_read(story, network):
    network.says = None
    with clock.by_hand(NOON) as hand:
        out = publication(story, minutes_ago=89 * 24 * 60)
        pull_again(out)
        hand.move(3600)
        pull_again(out)
        hand.move(23 * 3600)
        last = pull_again(out)

    assert last.next_action_at is None
    assert not Snapshot.objects.exists()


def test_the_look_an_hour_later_passes_over_no_eve_of_an_age(story, network):
    network.says = None
    with clock.by_hand(NOON):
        row = pull_again(publication(story, minutes_ago=5 * 60 + 30))

    assert row.next_action_at == NOON + timedelta(minutes=30) - timedelta(minutes=2)


def test_a_thread_without_one_of_its_parts_is_waited_for_and_then_read_without_it(story, network):
    network.says, network.parts_missing = {"likes": 70}, ["2"]
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        Publication.objects.filter(pk=out.pk).update(parts_out=3)
        once = pull_again(out)
        assert (once.next_action_at, once.last_error) == (
            NOON + timedelta(hours=1),
            "1 of 3 parts were not told",
        )
        assert not Snapshot.objects.exists()
        hand.move(3600)
        pull_again(out)
        hand.move(3600)
        network.says = {"likes": 75}
        row = pull_again(out)

        assert list(Snapshot.objects.order_by("at").values_list("likes", flat=True)) == [70, 75]
        assert [(o.kind, o.at, o.until) for o in Oddity.objects.order_by("at")] == [
            ("gap", out.published_at, NOON + timedelta(hours=1)),  # first read when it was two hours old
            ("part", NOON, None),
        ]
        assert (row.tries, row.last_error) == (0, "")

        network.parts_missing = []
        hand.move(3600)
        whole = pull_again(out)

    assert [o.until for o in Oddity.objects.filter(kind="part")] == [whole.pulled_at]
    assert whole.missed_at is None


def test_a_thread_that_is_whole_again_was_only_badly_told(story, network):
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        network.says = {"likes": 170}
        pull_again(out)
        hand.move(600)
        network.says, network.parts_missing = {"likes": 70}, ["1"]
        pull_again(out)
        hand.move(600)
        network.says, network.parts_missing = {"likes": 171}, []
        pull_again(out)

    assert list(Snapshot.objects.order_by("at").values_list("likes", flat=True)) == [170, 171]
    assert not Oddity.objects.exists()


def test_a_part_that_is_missing_before_the_numbers_are_forgotten_loses_not_the_others(story, network):
    network.forgets = {"x.thread": timedelta(hours=24)}
    network.says, network.parts_missing = {"likes": 70}, ["2"]
    with clock.by_hand(NOON):
        pull_again(publication(story, minutes_ago=24 * 60))

    assert list(Snapshot.objects.values_list("likes", flat=True)) == [70]
    assert [o.kind for o in Oddity.objects.order_by("at")] == ["gap", "part"]


def test_calls_beyond_those_that_were_taken_are_booked_as_well(story, network):
    """Facebook asks twice for a post, and name by name where one does not fit: that is known only afterwards."""
    network.says, network.answers = {"likes": 3}, 9
    network.rates = (Rate(20, 3600, per="channel", of="all"),)
    with clock.by_hand(NOON):
        first, second = publication(story), publication(story, fmt="x.video")
        pull_again(first)
        waiting = pull_again(second)

    assert network.asked == [[str(first.pk)]]
    assert waiting.next_action_at > NOON


def test_a_post_that_is_shown_again_was_not_gone(story, network):
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        network.says = None
        pull_again(out)
        hand.move(3600)
        network.says = {"likes": 3}
        row = pull_again(out)

    assert (row.missed_at, row.last_error) == (None, "")
    assert [o.kind for o in Oddity.objects.all()] == ["gap"]  # first read when it was two hours old


def test_trouble_is_asked_less_and_less_often_and_not_for_ever(story, network):
    network.says = RuntimeError("down")
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        waits = []
        for _ in range(3):
            row = pull_again(out)
            waits.append(row.next_action_at - clock.now())
        hand.move(91 * 86_400)
        last = pull_again(out)

    assert waits == [timedelta(minutes=10 * 2**n) for n in range(3)]
    assert last.next_action_at is None


def test_a_network_that_says_slower_is_not_asked_for_anything_of_the_account_until_then(story, network):
    network.says = Refused(Outcome(OutcomeKind.RATE, retry_after_s=900.0))
    network.numbers_at_once = 1
    with clock.by_hand(NOON) as hand:
        first, second, later = (publication(story, fmt=f) for f in ("x.thread", "x.video", "x.image"))
        other = publication(story, "facebook", "facebook.post")
        for out in (second, other):
            MetricPull.objects.create(publication=out, next_action_at=NOON)
        pull.pull(claimed(first))
        due = dict(MetricPull.objects.values_list("publication", "next_action_at"))
        network.says = {"likes": 3}
        hand.move(600)
        meanwhile = pull_again(later)
        asked = list(network.asked)
        hand.move(300)
        pull_again(first)

    until = NOON + timedelta(minutes=15)
    assert due == {first.pk: until, second.pk: until, other.pk: NOON}
    assert (meanwhile.next_action_at, asked) == (until, [])
    assert network.asked == [[str(first.pk)]]


def test_trouble_passes_over_no_eve_and_the_last_reading_is_tried_until_the_end(story, network, monkeypatch):
    """The thread's numbers are gone after 24 hours; their eve is 432 s before. Waits after trouble grow to 6 hours."""
    network.forgets = {"x.thread": timedelta(hours=24)}
    network.says = {"likes": 3}
    with clock.by_hand(NOON) as hand:
        out, lasting = (publication(story, fmt=f, minutes_ago=23 * 60 + 30) for f in ("x.thread", "x.video"))
        end = NOON + timedelta(minutes=30)
        well = pull_again(out).next_action_at
        lasts = pull_again(lasting).next_action_at
        network.says = RuntimeError("down")
        MetricPull.objects.filter(publication=out).update(tries=5)
        troubled = pull_again(out).next_action_at
        with monkeypatch.context() as spent:
            spent.setattr(pull.budget, "take_spare", lambda *a, **k: 7200.0)
            waiting = pull_again(out).next_action_at
        hand.move(1800 - 432)
        on_the_eve = pull_again(out).next_action_at
        network.says = {"likes": 3}
        done, goes_on = (pull_again(each).next_action_at for each in (out, lasting))
        network.says = RuntimeError("down")
        hand.move(500)
        over = pull_again(out).next_action_at

    eve = end - timedelta(seconds=432)
    assert (well, lasts, troubled, waiting) == (eve, eve, eve, eve)
    assert on_the_eve == end - timedelta(seconds=216)
    assert (done, over) == (None, None)
    assert goes_on > end


def test_an_account_that_cannot_be_checked_does_not_end_the_round(story, monkeypatch):
    accounts = [publication(story, platform, f"{platform}.post").channel for platform in ("x", "facebook")]
    Channel.objects.update(state="connected")
    checked = []

    def check(channel, worker, refused):
        checked.append(channel.pk)
        raise RuntimeError("a row that is gone")

    monkeypatch.setattr(pull, "check_channel", check)
    pull.refresh_followers()

    assert sorted(checked) == sorted(account.pk for account in accounts)


PRICE = Price("post read", Decimal("0.01"), "reading", "source")


def test_a_paid_read_is_charged_once_a_day_and_for_each_post(story, network):
    network.says, network.numbers_price = {"likes": 3}, PRICE
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        Publication.objects.filter(pk=out.pk).update(parts_out=3)
        for seconds in (60, 60, 86_400):
            pull_again(out)
            hand.move(seconds)

    spent = ReadSpending.objects.values_list("day", "posts", "amount")
    assert list(spent) == [(NOON.date(), 3, Decimal("0.03"))]


def test_at_the_campaigns_limit_reading_pauses_and_says_why(db, network):
    network.says, network.numbers_price = {"likes": 3}, PRICE
    limited = Page.get_first_root_node().add_child(
        instance=CampaignPage(title="Lake", slug="lake-e", publisher="Lake", reads_cap_usd=Decimal("0.01"))
    )
    tale = limited.add_child(instance=Page(title="Tale", slug="tale-e"))
    with clock.by_hand(NOON):
        first, second = publication(tale), publication(tale, fmt="x.video")
        MetricPull.objects.create(publication=second, next_action_at=NOON)
        pull_again(first)
        waiting = MetricPull.objects.get(publication=second)
        again = pull_again(first)  # the same day: free

    assert waiting.next_action_at == NOON + timedelta(days=1)
    assert "1 June" in waiting.last_error
    assert [o.publication_id for o in Oddity.objects.filter(kind="capped")] == [second.pk]
    assert again.last_error == ""
    assert ReadSpending.objects.get().amount == Decimal("0.01")


def test_what_an_account_has_is_kept_by_day_and_silence_undoes_nothing(story):
    account = publication(story).channel
    for facts, hours in (
        ({"followers": 10, "facts": {"posts": 4, "verified": True}}, 0),
        ({"followers": None, "facts": {}}, 1),
        ({"followers": None}, 24),
    ):
        signals_of_channels.channel_checked.send(
            None, channel=account, facts=facts, at=NOON + timedelta(hours=hours)
        )

    kept = ChannelDay.objects.order_by("day").values_list("followers", flat=True)
    assert list(kept) == [10, None]


def test_what_reading_cost_is_told_to_the_campaigns_people_only(story, django_user_model):
    row = {"platform": "x", "day": NOON.date(), "posts": 3, "amount": Decimal("0.015")}
    ReadSpending.objects.create(campaign_id=publication(story).campaign_id, **row)
    boss, stranger = (
        django_user_model.objects.create_user(name, is_superuser=name == "boss")
        for name in ("boss", "stranger")
    )

    (told,) = spending.shown(boss, NOON - timedelta(days=1))

    assert (told.campaign, told.network, told.posts, told.limit) == ("River", "X", 3, "none")
    assert "0.015" in told.amount
    assert list(spending.shown(stranger, NOON - timedelta(days=1))) == []


# Reading has its own rate ---------------------------------------------------------------------------------------
def test_reading_has_a_rate_of_its_own_that_publishing_does_not_use(story, network):
    network.rates = (Rate(10, 3600, of="reads"), Rate(10, 3600, of="posts"))
    with clock.by_hand(NOON):
        channel = publication(story).channel
        taken = [budget.take_spare(network, channel, NOON) for _ in range(12)]
        assert 0 < sum(wait == 0 for wait in taken) < 10
        assert budget.take(network, channel, NOON, public=False) == 0
        assert all(budget.take(network, channel, NOON, public=True) == 0 for _ in range(5))


def test_every_network_whose_numbers_are_read_says_how_fast():
    for connector in CONNECTORS:
        if Read.NUMBERS in connector.reads:
            assert any(rate.of in ("all", "reads") for rate in connector.rates), connector.platform


def test_followers_are_read_once_a_day_and_wait_where_the_network_says_slower(story, network, monkeypatch):
    """X says: wait two hours. Numbers and followers of that account wait; then followers are read once on that day."""
    asked = []

    def check(channel, worker, refused):
        asked.append(clock.now())
        if len(asked) == 1:
            refused(Outcome(OutcomeKind.RATE, retry_after_s=7200.0))
        else:
            ChannelDay.objects.create(channel=channel, day=clock.now().date(), at=clock.now(), followers=5)

    monkeypatch.setattr(pull, "check_channel", check)
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        Channel.objects.update(state="connected")
        for _ in range(8):
            pull.refresh_followers()
            hand.move(1800)

        assert [at - NOON for at in asked] == [timedelta(0), timedelta(hours=2)]
        network.says = {"likes": 3}
        Channel.objects.update(state="connected")
        pull_again(out)
        assert network.asked
        hand.move(86_400)
        pull.refresh_followers()
    assert len(asked) == 3


def test_a_round_of_followers_stays_inside_what_reading_may_take(story, network, monkeypatch):
    network.rates = (Rate(2, 3600, of="reads"),)
    asked = []
    monkeypatch.setattr(pull, "check_channel", lambda channel, **kwargs: asked.append(channel.pk))
    with clock.by_hand(NOON):
        publication(story)
        Channel.objects.update(state="connected")
        for _ in range(5):
            pull.refresh_followers()
    assert len(asked) == 1


def test_what_was_not_read_to_the_end_is_a_gap_for_good(story, network):
    """Nothing could be read from the 30th day on, of the other from the 82nd, and from the 90th on nobody asks."""
    out, other = publication(story), publication(story, minutes_ago=90 * 1440 - 6)
    for post in (out, other):
        Publication.objects.filter(pk=post.pk).update(published_at=NOON - timedelta(days=89, hours=23))
    network.says = ConnectionError()
    with clock.by_hand(NOON) as moment:
        rows = [claimed(post) for post in (out, other)]
        read = NOON - timedelta(days=7), NOON - timedelta(days=60)
        for row, at in zip(rows, read, strict=True):
            claim.write(row, pulled_at=at)
        moment.move(3 * 3600)
        for row in rows:
            pull._try_later(row, Publication.objects.get(pk=row.publication_id), "no")

    assert [row.next_action_at for row in rows] == [None, None]
    (gap,) = Oddity.objects.all()
    assert (gap.publication_id, gap.kind, gap.at, gap.until) == (
        other.pk,
        "gap",
        read[1],
        NOON + timedelta(hours=3),
    )


@pytest.fixture
def limited(db, network):
    """A campaign whose limit is reached: the first post was read, the second waits for money."""
    network.says, network.numbers_price = {"likes": 3}, PRICE
    root = Page.get_first_root_node()
    page = CampaignPage(title="Lake", slug="lake-f", publisher="Lake", reads_cap_usd=Decimal("0.01"))
    lake = root.add_child(instance=page)
    return lake, lake.add_child(instance=Page(title="Tale", slug="tale-f"))


def test_a_raised_limit_lets_reading_go_on_at_once(limited, network):
    lake, tale = limited
    with clock.by_hand(NOON) as hand:
        first, second = publication(tale), publication(tale, fmt="x.video")
        MetricPull.objects.create(publication=second, next_action_at=NOON)
        pull_again(first)
        hand.move(60)
        waits = []
        for cap in (Decimal("0.01"), Decimal("0.05")):
            lake.reads_cap_usd = cap
            lake.save()
            waits.append(MetricPull.objects.get(publication=second).next_action_at - clock.now())

    assert waits == [timedelta(days=1) - timedelta(minutes=1), timedelta(0)]


def test_what_waits_for_money_is_asked_for_no_more_when_it_is_too_old(limited, network):
    _, tale = limited
    with clock.by_hand(NOON):
        pull_again(publication(tale))
        old = publication(tale, fmt="x.video", minutes_ago=91 * 1440)
        row = pull_again(old)

    capped = Oddity.objects.get(kind="capped", publication=old)
    assert row.next_action_at is None
    assert capped.until == NOON


@pytest.mark.parametrize("says", [{"likes": 3}, None, ConnectionError()], ids=["numbers", "gone", "trouble"])
def test_the_limit_keeps_a_post_only_until_there_is_room_whatever_comes_then(limited, network, says):
    """A month later its network is asked, or would be: an account that was disconnected meanwhile is its own trouble."""
    _, tale = limited
    with clock.by_hand(NOON) as hand:
        first, second = publication(tale), publication(tale, fmt="x.video")
        MetricPull.objects.create(publication=second, next_action_at=NOON)
        pull_again(first)
        open_then = Oddity.objects.get(kind="capped", publication=second).until
        hand.move(40 * 86_400)
        network.says = says
        pull_again(second)

    assert open_then is None
    assert Oddity.objects.get(kind="capped", publication=second).until == NOON + timedelta(days=40)


@pytest.mark.parametrize(
    ("unchanged", "days", "kinds"),
    [(0, 6, ["gap"]), (0, 2.1, ["gap"]), (0, 1.9, []), (7, 4, []), (7, 5.1, ["gap"]), (7, 8.5, ["gap"])],
)
def test_a_gap_that_is_over_is_told_by_how_often_the_post_was_read(story, network, unchanged, days, kinds):
    """Ten days old: read every day, or every fourth where nothing moved."""
    network.says = {"likes": 3}
    with clock.by_hand(NOON) as hand:
        out = publication(story, minutes_ago=10 * 1440)
        pull_again(out)
        MetricPull.objects.update(unchanged=unchanged)
        hand.move(days * 86400)
        row = pull_again(out)

    first = ("gap", out.published_at, NOON)
    assert [(o.kind, o.at, o.until) for o in Oddity.objects.order_by("at")] == [
        first,
        *((kind, NOON, row.pulled_at) for kind in kinds),
    ]

"""Reading takes its turn: posts of many parts are read too, silent networks are left alone, posts always have threads."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from channels.connectors.base import Rate, Reading
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from channels.wire import AnswerLost, NotSent
from engagement import pull
from engagement.models import MetricPull, Snapshot
from formats.registry import FORMATS
from publishing import limits
from publishing.domain import budget
from publishing.models import Budget, Publication
from tests.engagement.test_pull import NOON, campaign, claimed, network, publication, story  # noqa: F401  fixtures
from work import claim, clock

pytestmark = pytest.mark.db
READS = Rate(10, 3600, of="reads")  # five at once, four of them for reading; another one every 720 s


def s(seconds):
    return timedelta(seconds=seconds)


def in_parts(story, parts, **more):  # noqa: F811
    out = publication(story, **more)
    Publication.objects.filter(pk=out.pk).update(parts_out=parts)
    return out


def follow(out, hand, *, rounds):
    """Work on the row whenever it is due, until it has been read."""
    for _ in range(rounds):
        row = MetricPull.objects.get(publication=out)
        hand.move(max(0.0, (row.next_action_at - hand.at).total_seconds()))
        pull.pull(claim.claim(MetricPull, row.pk, worker="w"))
        if Snapshot.objects.filter(publication=out).exists():
            return
    raise AssertionError(f"not read in {rounds} rounds")


# The budget ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [3, 9])  # 9 are more than there ever is room for
def test_a_post_of_several_parts_is_read_once_there_is_enough_for_all(story, network, parts):  # noqa: F811
    network.says, network.rates, network.numbers_at_once = {"likes": 3}, (READS,), 1
    with clock.by_hand(NOON) as hand:
        out = in_parts(story, parts, minutes_ago=7 * 24 * 60)
        network.answers = parts
        while budget.take_spare(network, out.channel, hand.at) == 0:
            pass
        claimed(out)
        MetricPull.objects.update(lease_until=None)
        began = hand.at

        follow(out, hand, rounds=3)

        full = s(720 * (5 if parts > 4 else parts))
        assert hand.at - began <= full + s(60)
        assert len(network.asked) == 1


def test_calls_are_taken_together_or_not_at_all(story, network):  # noqa: F811
    network.rates = (READS,)
    with clock.by_hand(NOON):
        channel = publication(story).channel
        assert budget.take_spare(network, channel, NOON, calls=3) == 0
        assert budget.take_spare(network, channel, NOON, calls=3) == 1440
        assert (
            budget.take_spare(network, channel, NOON, calls=3) == 1440
        )  # the one that is left was not taken
        assert limits.take(Budget.objects.get().key, every_s=720, burst=5, now=NOON, share=0.8) == 0
        assert budget.take_spare(network, channel, NOON + s(1440), calls=3) > 0
        assert budget.take_spare(network, channel, NOON + s(2160), calls=3) == 0


def test_what_the_app_refuses_costs_the_channel_nothing(story, network):  # noqa: F811
    network.rates = (Rate(100, 3600, of="reads"), Rate(2, 3600, per="app", of="reads"))
    with clock.by_hand(NOON):
        channel = publication(story).channel
        assert budget.take_spare(network, channel, NOON) == 0
        before = list(Budget.objects.order_by("key").values_list("key", "tat"))
        for calls in (1, 2, 1):
            assert budget.take_spare(network, channel, NOON, calls=calls) > 0

    assert list(Budget.objects.order_by("key").values_list("key", "tat")) == before


def test_many_small_askers_do_not_starve_a_large_one_nor_it_them(story, network):  # noqa: F811
    """Somebody wants one call each minute, which is twelve times what comes back; others want four now and then."""
    network.rates = (READS,)
    ones, fours = [], []
    with clock.by_hand(NOON):
        channel = publication(story).channel
        again = 0.0
        for minute in range(24 * 60):
            now = NOON + s(60 * minute)
            if again <= minute and not (wait_s := budget.take_spare(network, channel, now, calls=4)):
                fours.append(now)
            elif again <= minute:
                again = minute + wait_s / 60
            if budget.take_spare(network, channel, now) == 0:
                ones.append(now)

    assert len(fours) >= 8
    assert len(ones) >= 24
    assert len(ones) + 4 * len(fours) <= 24 * 5 + 5


def test_posts_have_their_fifth_whatever_reading_takes(story, network):  # noqa: F811
    network.rates = (Rate(100, 3600, of="all"),)
    with clock.by_hand(NOON):
        channel = publication(story).channel
        for calls in (25, 10, 3, 1, 1, 1, 2):
            budget.take_spare(network, channel, NOON, calls=calls)
        own = sum(budget.take(network, channel, NOON, public=True) == 0 for _ in range(50))

    assert own == 10


def test_the_longest_post_fits_into_what_reading_may_take_of_calls_that_posts_need():
    checked = 0
    for connector in CONNECTORS:
        longest = max((FORMATS.get(name).max_parts for name in connector.publishes), default=1)
        for rate in connector.rates:
            if rate.of == "all" and connector.numbers_at_once == 1:
                assert longest <= (1 - budget.RESERVE) * budget.pace(rate)[1], connector.platform
                checked += 1
    assert checked >= 3


# Leases and silence -------------------------------------------------------------------------------------------


def test_many_slow_calls_keep_the_row_and_their_numbers(story, network):  # noqa: F811
    """Ten calls of 30 s: more than two leases. Nobody else gets the row meanwhile."""
    network.numbers_at_once = 1
    others = []

    with clock.by_hand(NOON) as hand:
        out = in_parts(story, 10)

        def slowly(ctx, refs):
            for _ in range(10):
                ctx.wire.guard()
                hand.move(30)
                others.append(claim.claim(MetricPull, row.pk, worker="other"))
            return [Reading(refs[0].publication_id, {"likes": 3}, {}, clock.now())]

        network.metrics = slowly
        row = claimed(out)
        pull.pull(row)

    assert others == [None] * 10
    assert Snapshot.objects.get().likes == 3


def test_a_network_that_answers_too_slowly_is_asked_another_time(story, network):  # noqa: F811
    network.numbers_at_once = 1
    with clock.by_hand(NOON) as hand:
        out, calls = in_parts(story, 250), []

        def slowly(ctx, refs):
            for n in range(250):
                ctx.wire.guard()
                calls.append(n)
                hand.move(25)

        network.metrics = slowly
        pull.pull(claimed(out))
        row = MetricPull.objects.get()

    assert len(calls) <= 26
    assert (row.lease_owner, row.tries) == ("", 1)
    assert row.next_action_at > NOON + s(600)


def test_what_another_worker_has_taken_is_not_asked_for_any_more(story, network):  # noqa: F811
    with clock.by_hand(NOON) as hand:
        out, calls = publication(story), []

        def frozen(ctx, refs):
            hand.move(121)
            assert claim.claim(MetricPull, row.pk, worker="other") is not None
            ctx.wire.guard()
            calls.append(1)

        network.metrics = frozen
        row = claimed(out)
        with pytest.raises(claim.LeaseLost):
            pull.pull(row)

    assert calls == []
    assert MetricPull.objects.get().lease_owner == "other"


def other_account(story, out, n):  # noqa: F811
    """A second post of the same network, on an account of its own."""
    account = Channel.objects.create(
        campaign=out.campaign, platform="x", remote_id=f"other {n}", handle="@o", state="connected"
    )
    second = publication(story, fmt="x.video")
    Publication.objects.filter(pk=second.pk).update(channel=account)
    return second


def test_a_network_that_does_not_answer_is_left_alone_for_ever_longer_until_it_does(story, network):  # noqa: F811
    network.says = AnswerLost("no answer in time", "ReadTimeout")
    tried = []
    with clock.by_hand(NOON) as hand:
        first = publication(story)
        second = other_account(story, first, 1)
        network.metrics = lambda ctx, refs: tried.append(hand.at) or network.answer_or_raise(refs)
        network.answer_or_raise = lambda refs: (_ for _ in ()).throw(network.says)
        for _ in range(20):
            for out in (first, second):
                pull.pull(claimed(out))
            hand.move(10)
        network.answer_or_raise = lambda refs: [network.answer(ref) for ref in refs]
        network.says = {"likes": 3}
        hand.move(600)
        for out in (first, second, first, second):
            pull.pull(claimed(out))
        network.answer_or_raise = lambda refs: (_ for _ in ()).throw(AnswerLost("again", "ReadTimeout"))
        pull.pull(claimed(first))
        pull.pull(claimed(second))
        held = MetricPull.objects.get(publication=second)

    assert [(at - NOON).total_seconds() for at in tried[:3]] == [0, 30, 90]
    assert len(tried) == 3 + 4 + 1
    assert held.next_action_at == tried[-1] + s(30)  # what had worked is held for a short while again


def test_trouble_with_one_account_holds_no_other(story, network):  # noqa: F811
    network.says = RuntimeError("our mistake")
    with clock.by_hand(NOON):
        first = publication(story)
        second = other_account(story, first, 1)
        pull.pull(claimed(first))
        network.says = {"likes": 3}
        pull.pull(claimed(second))

    assert network.asked == [[str(second.pk)]]


def test_of_a_silent_network_one_account_is_tried_in_a_round_of_followers(story, network, monkeypatch):  # noqa: F811
    """The second and the third account of it are not: each would take half a minute of a thread."""
    from channels import service

    tried = []

    class Silent(type(network)):
        label = "X"

        def account(self, ctx):
            tried.append(ctx.channel.pk)
            raise NotSent("no connection in time", "ConnectTimeout")

    silent = Silent()
    monkeypatch.setattr(pull, "CONNECTORS", {"x": silent})
    monkeypatch.setattr(service, "CONNECTORS", {"x": silent})
    monkeypatch.setattr(service, "context", lambda channel, worker: SimpleNamespace(channel=channel))
    with clock.by_hand(NOON) as hand:
        first = publication(story)
        for n in range(3):
            other_account(story, first, n)
        Channel.objects.update(state="connected")
        pull.refresh_followers()
        pull.refresh_followers()
        assert len(tried) == 1
        hand.move(31)
        pull.refresh_followers()

    assert len(tried) == 2


# What cannot be written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("nonsense", [10**30, -1, float("nan"), float("inf"), "many", True, [3]])
def test_what_is_no_count_is_as_if_it_were_not_told(story, network, nonsense):  # noqa: F811
    network.says = {"likes": nonsense, "comments": 4}
    with clock.by_hand(NOON):
        pull.pull(claimed(publication(story)))

    kept = Snapshot.objects.get()
    assert (kept.likes, kept.comments) == (None, 4)


def test_one_post_that_cannot_be_written_down_keeps_no_other_back(story, network, monkeypatch):  # noqa: F811
    network.says = {"likes": 3}
    real = pull.keep_all
    with clock.by_hand(NOON):
        first, bad, third = (publication(story, fmt=f) for f in ("x.thread", "x.video", "x.image"))
        for out in (bad, third):
            MetricPull.objects.create(publication=out, next_action_at=NOON)

        def keep_all(pairs, **more):
            if any(each.pk == bad.pk for each, _ in pairs):
                raise ValueError("not this one")
            return real(pairs, **more)

        monkeypatch.setattr(pull, "keep_all", keep_all)
        pull.pull(claimed(first))

    assert set(Snapshot.objects.values_list("publication", flat=True)) == {first.pk, third.pk}
    row = MetricPull.objects.get(publication=bad)
    assert (row.last_error, row.tries, row.lease_owner) == ("ValueError", 1, "")
    assert row.next_action_at == NOON + timedelta(minutes=10)

"""Breaker, budgets and the pace of repeats: rows that all workers agree on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.base import Outcome, OutcomeKind, Rate
from channels.wire import AnswerLost
from publishing import limits
from publishing.domain import budget
from publishing.models import Breaker

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
K = OutcomeKind


def s(seconds):
    return timedelta(seconds=seconds)


def trip(*keys, at=DUE):
    for key in keys:
        for _ in range(limits.FAILURES):
            limits.failed(key, at)


# Breaker ----------------------------------------------------------------------------------------------------


def test_five_failures_in_a_minute_open_it_for_longer_each_time(db):
    for n in range(4):
        limits.failed("host:x", DUE + s(n))
    assert limits.held_until(["host:x"], DUE + s(4)) is None

    limits.failed("host:x", DUE + s(4))
    assert limits.held_until(["host:x"], DUE + s(5)) == DUE + s(34)
    for wait_s in (60, 120, 240, 480, 600, 600):
        limits.probe_failed("host:x", DUE)
        assert limits.held_until(["host:x"], DUE) == DUE + s(wait_s)


def test_failures_that_lie_apart_do_not_open_it(db):
    for n in range(10):
        limits.failed("host:x", DUE + s(61 * n))

    assert not Breaker.objects.get().tripped


def test_a_wish_of_the_network_is_not_cut_short_by_failures(db):
    limits.hold("channel:1", DUE + s(900))

    trip("channel:1")

    assert limits.held_until(["channel:1"], DUE) == DUE + s(900)


def test_only_one_may_probe_at_a_time(db):
    trip("host:x")

    assert limits.half_open(["host:x"], DUE + s(1)) == []
    assert limits.half_open(["host:x"], DUE + s(31)) == ["host:x"]
    assert limits.take_probe("host:x", DUE + s(31), for_s=60)
    assert not limits.take_probe("host:x", DUE + s(32), for_s=60)
    assert limits.take_probe("host:x", DUE + s(92), for_s=60)  # the first prober died


def keys(world):
    return [f"channel:{world.channel.pk}", "host:fake"]


def test_no_post_goes_before_a_read_has_succeeded(world):
    publication = world.publication("one")
    trip(*keys(world), at=DUE - s(20))

    world.step(publication, to=DUE)
    assert world.network.calls == []
    assert publication.next_action_at == DUE + s(10)

    world.network.before = lambda step, ctx: asked.extend(world.network.checked)
    asked = []
    world.step(publication)
    assert asked == world.network.runs() == [DUE + s(10)]
    assert limits.half_open(keys(world), DUE + s(60)) == []


def test_failed_probe_posts_nothing_and_waits_twice_as_long(world):
    publication = world.publication("one")
    trip(*keys(world), at=DUE - s(31))
    world.network.troubles = [AnswerLost("no answer", "ReadTimeout")]

    world.step(publication, to=DUE)

    assert world.network.runs() == []
    assert publication.next_action_at == DUE + s(60)
    assert publication.state == "waiting"


def test_while_another_probes_one_waits(world):
    publication = world.publication("one")
    trip(*keys(world), at=DUE - s(31))
    for key in keys(world):
        assert limits.take_probe(key, DUE, for_s=60)

    world.step(publication, to=DUE)

    assert world.network.calls == []
    assert DUE < publication.next_action_at <= DUE + s(6)


def test_outage_beyond_the_grace_asks_because_it_is_late(world):
    publication = world.publication("one")
    Breaker.objects.create(key="host:fake", tripped=True, open_until=DUE + s(7200))

    world.step(publication, to=DUE)
    assert publication.state == "waiting"
    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "late")


def test_lookups_wait_for_an_open_breaker_and_close_it(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.step(publication, to=DUE)
    trip(*keys(world), at=DUE + s(110))

    world.step(publication, to=DUE + s(121))
    assert world.network.look_times() == []
    assert publication.state == "in_doubt"
    world.finish(publication)

    assert publication.state == "published"
    assert not Breaker.objects.filter(tripped=True).exists()


def test_refusals_do_not_count(world):
    for n in range(6):
        publication = world.publication(f"post {n}")
        world.network.script["commit"] = [Outcome(K.CONTENT, message="no")]
        world.step(publication, to=DUE)

    assert not Breaker.objects.exclude(failures=0).exists()


# Repeats ----------------------------------------------------------------------------------------------------


def test_ten_repeats_a_minute_and_one_for_ten_first_tries(db):
    assert [limits.take_retry("x", DUE) for _ in range(10)] == [0.0] * 10
    assert limits.take_retry("x", DUE) == pytest.approx(6.0)

    for _ in range(25):
        limits.tried_first("x", DUE)

    assert [limits.take_retry("x", DUE) == 0 for _ in range(3)] == [True, True, False]
    assert limits.take_retry("x", DUE + s(6)) == 0


def test_quiet_hours_save_up_no_storm(db):
    limits.take_retry("x", DUE)
    for _ in range(10_00):
        limits.tried_first("x", DUE + s(3600))

    taken = [limits.take_retry("x", DUE + s(3600)) == 0 for _ in range(15)]

    assert taken.count(True) == 10


def test_outage_makes_no_storm(world):
    """Fifty posts whose first tries all fail: repeats keep to ten a minute and a tenth of the first tries."""
    publications = [world.publication(f"post {n}") for n in range(15)]
    world.network.script["commit"] = [Outcome(K.BUSY, retry_after_s=1)] * 60

    for publication in publications:
        world.step(publication, to=DUE)
    for publication in publications:
        world.step(publication, to=DUE + s(1))

    at_once = [at for at in world.network.runs() if at == DUE + s(1)]
    assert 10 <= len(at_once) <= 12
    later = [p for p in publications if "turns" in p.detail]
    assert later
    assert all(p.state == "waiting" for p in later)


# Budgets ----------------------------------------------------------------------------------------------------


def test_no_window_holds_more_calls_than_the_rate(world):
    network = replace(world.network, rates=(Rate(20, 100),))
    taken = []
    for tenth in range(4000):
        now = DUE + s(tenth / 10)
        if budget.take(network, world.channel, now, public=True) == 0:
            taken.append(now)

    most = max(sum(start <= at < start + s(100) for at in taken) for start in taken)
    assert 18 <= most <= 20
    assert len(taken) >= 45  # and little of it is wasted


def test_a_fifth_is_left_to_publishing(world):
    network = replace(world.network, rates=(Rate(100, 3600, of="all"),))

    spare = sum(budget.take_spare(network, world.channel, DUE) == 0 for _ in range(100))
    own = sum(budget.take(network, world.channel, DUE, public=False) == 0 for _ in range(100))

    assert (spare, own) == (40, 10)
    assert budget.take_spare(network, world.channel, DUE) > 0


def test_only_public_calls_count_for_posts_and_the_app_is_shared(world):
    network = replace(world.network, rates=(Rate(4, 60), Rate(2, 60, per="app")))
    other = type(world.channel).objects.create(
        campaign_id=world.channel.campaign_id, platform="fake", remote_id="2", handle="@b"
    )

    assert [budget.take(network, world.channel, DUE, public=False) for _ in range(9)] == [0.0] * 9
    assert budget.take(network, world.channel, DUE, public=True) == 0
    assert budget.take(network, other, DUE, public=True) > 0
    assert budget.take_spare(network, other, DUE) == 0


def test_spent_budget_waits_inside_the_grace_and_asks_beyond_it(world):
    world.network.rates = (Rate(2, 600),)
    first, second = world.publication("one"), world.publication("two")

    world.step(first, to=DUE)
    world.step(second, to=DUE)
    assert (first.state, second.state) == ("published", "waiting")
    assert second.next_action_at == DUE + s(600)

    world.network.rates = (Rate(2, 6000),)
    third, fourth = world.publication("three"), world.publication("four")
    world.step(third, to=DUE)
    world.step(fourth, to=DUE)
    assert (fourth.state, fourth.reason) == ("attention", "quota")


def test_factor_of_an_installation(world, settings):
    settings.PUBLISHING = {**settings.PUBLISHING, "budget_factor": 10}

    assert budget.pace(Rate(100, 900)) == (900 / 500, 500)
    settings.PUBLISHING = {**settings.PUBLISHING, "budget_factor": 0.001}
    assert budget.pace(Rate(100, 900)) == (900, 1)

"""Limits: waits that a network names in every spelling, quotas, crowds, outages."""

from itertools import pairwise

import pytest

from channels.connectors.base import DayQuota
from publishing import limits
from publishing.domain import quota
from publishing.models import Attempt, Publication
from tests.faults import lab as net
from tests.faults.world import DUE, s

pytestmark = pytest.mark.db


def http_date(at):
    return at.strftime("%a, %d %b %Y %H:%M:%S GMT")


# Retry-After ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("300", 300),
        ("1.5", 1.5),
        (http_date(DUE + s(300)), 300),
        (http_date(DUE - s(300)), 60),  # past: as if nothing had been said
        ("soon", 60),
        ("", 60),
        ("-30", 60),
        ("0", 60),
        ("NaN", 60),
        ("Infinity", 60),
        ("Tue, 99 Nov 2026 99:99:99 GMT", 60),
    ],
)
def test_retry_after_is_obeyed_in_every_spelling(world, said, wait_s):
    publication = world.publication("one")
    dated = net.refusal(429, "slow-down", Retry_After=said, Date=http_date(DUE))
    world.lab.next("POST /post", dated)

    world.finish(publication)

    first, second = (call.at for call in world.lab.made("POST /post"))
    assert wait_s <= (second - first).total_seconds() <= wait_s + 2
    assert publication.state == "published"


@pytest.mark.parametrize("said", ["7200", http_date(DUE + s(7200)), "1e300", "99999999999999"])
def test_retry_after_beyond_the_grace_asks_at_once(world, said):
    publication = world.publication("one")
    world.lab.next("POST /post", net.refusal(429, "slow-down", Retry_After=said, Date=http_date(DUE)))

    world.step(publication, to=DUE)

    assert (publication.state, publication.reason) == ("attention", "quota")
    assert world.told("attention") == 1
    assert len(world.lab.made("POST /post")) == 1


def test_wait_of_one_post_holds_the_whole_account(world):
    world.publication("one")
    world.publication("two")
    world.lab.next("POST /post", net.refusal(429, "slow-down", Retry_After="300"))

    world.go_on()

    assert sorted(world.lab.texts()) == ["one", "two"]
    later = [call.at for call in world.lab.made("POST /post")][1:]
    assert all(at >= DUE + s(300) for at in later)


# Crowds ---------------------------------------------------------------------------------------------------------


def test_fifty_first_of_fifty_is_refused_when_it_is_planned(world, monkeypatch):
    monkeypatch.setattr(type(world.connector), "day_quota", DayQuota(50))
    for number in range(50):
        world.publication(f"post {number}", due=DUE + s(60 * number))

    assert quota.refusal([world.channel], DUE + s(86_400 * 2), format="lab.post") is None
    why = quota.refusal([world.channel], DUE + s(3600), format="lab.post")
    assert "50 posts" in why
    assert "number 51" in why
    world.checks = False  # they are not to be sent here


def test_five_hundred_due_in_one_second_on_one_account(world):
    """The network lets a hundred through in fifteen minutes. Nothing is doubled or lost, and nobody hammers it."""
    world.lab.limit = (100, 900)
    world.hand.at = DUE - s(
        1
    )  # approved at the last moment: no checks ahead, which are not the question here
    for number in range(500):
        world.publication(f"{number}: the river is clean again")

    world.go_on(turns=20_000)

    states = list(Publication.objects.values_list("state", "reason"))
    out = states.count(("published", ""))
    assert out == len(set(world.lab.texts())) == len(world.lab.texts())
    assert out >= 110  # the first window's hundred, and one a minute after it until the grace is over
    assert out + sum(state == "attention" for state, _ in states) == 500
    assert len(world.lab.made("POST /post")) <= out + 20


def test_network_that_is_down_for_an_hour_makes_no_storm(world):
    """Twenty posts fall due in the outage; those whose time runs out are asked about, the rest go out one by one."""
    for number in range(20):
        world.publication(f"post {number}", due=DUE + s(180 * number))
    world.lab.next("", net.status(503, done=False), times=10**6)
    world.go_on(until=DUE + s(3600))
    calls = len(world.lab.calls)
    world.lab.well_again()

    world.go_on()

    assert calls < 200
    posts = world.lab.stood()
    assert len(posts) >= 5  # the breaker looks again after ten minutes at most
    assert all((b.at - a.at).total_seconds() >= 60 for a, b in pairwise(sorted(posts, key=lambda p: p.at)))
    rest = Publication.objects.filter(state="attention")
    assert len(posts) + rest.count() == 20


def test_network_that_cannot_be_reached_for_an_hour_makes_no_storm(world, settings):
    good = settings.NETWORKS
    settings.NETWORKS = {**good, "lab": {**good["lab"], "api": "http://127.0.0.1:9"}}
    for number in range(10):
        world.publication(f"post {number}")
    world.go_on(until=DUE + s(1500))
    assert Attempt.objects.count() < 300
    settings.NETWORKS = good

    world.go_on()

    assert len(world.lab.texts()) + Publication.objects.filter(state="attention").count() == 10
    assert len(world.lab.texts()) >= 1


def test_numbers_that_are_read_leave_a_reserve_for_posts(world):
    """Reading stops at four fifths of what the account may do; a post still gets through."""
    key, rate = f"calls:{world.channel.pk}", {"every_s": 60, "burst": 10}
    read = 0
    while limits.take(key, **rate, now=DUE, share=0.8) == 0:
        read += 1

    assert read == 8
    assert limits.take(key, **rate, now=DUE) == 0
    assert limits.take(key, **rate, now=DUE) == 0
    assert limits.take(key, **rate, now=DUE) > 0

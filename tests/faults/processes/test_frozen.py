"""Workers that stand still (SIGSTOP, a sleeping machine) and wake up when their time is over."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.processes.proxy import Proxy
from tests.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.anydb]


@pytest.fixture
def proxied(town):
    """(proxy to the networks, a process inside the application that reaches them only through it)"""
    with Proxy(town.stack.sandbox_port) as proxy:
        inside = town.stack.inside(HUSTINGS_SANDBOX_URL=f"http://127.0.0.1:{proxy.port}")
        yield proxy, inside


def freeze(inside, pk, point):
    child = inside.call("run_apart", pk=pk, failpoints=f"{point}=stop")
    assert inside.call("became", child=child) == "stopped"
    return child


def thaw(inside, child):
    os.killpg(child, signal.SIGCONT)
    return inside.call("became", child=child)


def posts(proxy):
    return [c.sent for c in proxy.sent]


def test_frozen_between_intent_and_wire_lets_no_byte_out(town, proxied, patience):
    """Nobody has taken its place, so only the guard at the wire stands between it and a post outside its lease."""
    proxy, inside = proxied
    pk = town.approve("post")
    child = freeze(inside, pk, "after_intent")
    before = len(proxy.sent)
    patience("LEASE_S")

    assert thaw(inside, child) == "ended 0"

    assert len(proxy.sent) > before, "it did not even try: the test proves nothing"
    assert sum(posts(proxy)[before:]) == 0
    assert [a["code"] for a in town.call("attempts", pk=pk)] == ["guard_late"]
    town.worker()
    town.published(pk)
    assert town.texts("post") == town.thread("post")
    town.check()


def test_frozen_between_intent_and_wire_while_another_takes_over(town, proxied):
    proxy, inside = proxied
    pk = town.approve("post")
    child = freeze(inside, pk, "after_intent")
    before = len(proxy.sent)
    town.worker()
    town.published(pk)

    assert thaw(inside, child) == "ended 0"

    assert sum(posts(proxy)[before:]) == 0
    assert town.state(pk)["state"] == "published"
    assert town.texts("post") == town.thread("post")
    town.check()


def test_frozen_after_the_bytes_writes_nothing_when_it_wakes_up(town, proxied):
    """Another worker has looked, found the post and ended it; the late answer changes nothing and tells nobody."""
    _, inside = proxied
    pk = town.approve("thread", 3)
    child = freeze(inside, pk, "after_answer")
    town.worker()
    town.published(pk)
    events, fence = town.call("events", pk=pk), town.state(pk)["fence"]

    assert thaw(inside, child) == "ended 0"

    assert town.call("events", pk=pk) == events
    assert town.state(pk)["fence"] == fence
    assert town.texts("thread") == town.thread("thread", 3)
    town.check()


def test_real_worker_frozen_past_its_lease_in_the_middle_of_a_thread(town):
    town.stack.fault("x", "POST /2/tweets", "slow_after", skip=1, seconds=1)
    town.worker("frozen")
    pk = town.approve("thread", 5)
    until(lambda: len(town.texts("thread")) == 2, every=0.05, what="the second part")
    town.stack.freeze("frozen")
    town.worker("healthy")
    town.published(pk)

    town.stack.thaw("frozen")
    other = town.approve("afterwards", delay=1)

    town.published(other)
    assert town.texts("thread") == town.thread("thread", 5)
    town.check()

"""Workers that are ended with kill -9 at bad moments, against the sandbox networks: each part is there once."""

from __future__ import annotations

import time

import pytest

from tests.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.anydb]

PARTS = 5


def test_killed_at_every_point_of_a_thread_of_five(town):
    """One publication per point, each with a worker process that dies there; then one healthy worker for all of them."""
    deaths = [("after_claim", 1)]
    deaths += [
        (point, n) for n in range(1, PARTS + 1) for point in ("after_intent", "after_answer", "after_outcome")
    ]
    pks = {}
    for point, n in deaths:
        pks[point, n] = pk = town.approve(f"{point} {n}", PARTS)
        assert town.run(pk, f"{point}=kill@{n}") == "killed 9"
    for point, n in deaths:
        assert len(town.texts(f"{point} {n}")) == n - (point in ("after_claim", "after_intent"))
    town.worker()

    town.published(*pks.values(), seconds=90)

    for point, n in deaths:
        assert town.texts(f"{point} {n}") == town.thread(f"{point} {n}", PARTS), (point, n)
    town.check()


def test_killed_on_the_networks_that_stage(town):
    """Facebook with two pictures and an Instagram carousel, killed around each upload and around the public call."""
    pks = {}
    for point in ("after_intent", "after_answer", "after_outcome"):
        for n in (1, 3):  # the first upload; the post itself
            pks["facebook", point, n] = pk = town.approve(f"{point} {n}", platform="facebook", pictures=2)
            assert town.run(pk, f"{point}=kill@{n}") == "killed 9"
        # Instagram's containers have to be waited for, so its public call has a run of its own
        name = f"{point} publish"
        pks["instagram", point, 0] = pk = town.approve(name, platform="instagram", pictures=2, delay=3)
        town.call("prefer", pk=pk)
        due_in = until(lambda pk=pk: town.run(pk) and town.state(pk)["next_action_at"])
        assert due_in
        pks["instagram", point, 1] = town.approve(f"{point} upload", platform="instagram", pictures=2)
        assert town.run(pks["instagram", point, 1], f"{point}=kill@1") == "killed 9"
    time.sleep(3)  # the prepared carousels become due
    for point in ("after_intent", "after_answer", "after_outcome"):
        assert town.run(pks["instagram", point, 0], f"{point}=kill@1") == "killed 9"
    town.worker()

    town.published(*pks.values(), seconds=90)

    for network, point, n in pks:
        name = f"{point} {n}" if network == "facebook" else f"{point} {'upload' if n else 'publish'}"
        assert town.texts(name, network) == town.thread(name), (network, point, n)
    town.check()


def test_real_worker_killed_in_a_thread_by_a_failpoint(town):
    """The same through Celery, its threads and its ticker."""
    town.stack.start_worker("doomed", HUSTINGS_FAILPOINTS="after_answer=kill@3")
    pk = town.approve("thread", PARTS)
    until(lambda: town.stack.children["doomed"].poll() is not None, seconds=60, what="the kill")
    assert len(town.texts("thread")) == 3
    town.worker()

    town.published(pk)
    assert town.texts("thread") == town.thread("thread", PARTS)
    town.check()


def test_killed_while_the_network_has_it_but_has_not_answered(town):
    """After the bytes, before the answer."""
    town.stack.fault("x", "POST /2/tweets", "slow_after", skip=2, seconds=2)
    town.worker("doomed")
    pk = town.approve("thread", PARTS)
    until(lambda: len(town.texts("thread")) == 3, seconds=60, every=0.05, what="the third part")
    town.stack.kill("doomed")
    town.worker()

    town.published(pk)
    assert town.texts("thread") == town.thread("thread", PARTS)
    assert "crashed" in town.call("events", pk=pk)
    town.check()

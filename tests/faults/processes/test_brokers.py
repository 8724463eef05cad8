"""The broker carries nudges only: whatever it does to them, posts go out once and hardly later."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress

import pytest

from tests.faults.processes.brokers import own_broker
from tests.stack import until

pytestmark = [pytest.mark.broker]

UNCLAIMED_S = 5  # a nudged row that nobody took is run by the ticker itself after so long
IN_TIME_S = 3


@pytest.fixture(scope="module")
def broker():
    with own_broker() as found:
        yield found


@pytest.fixture
def worker(town, broker):
    """A worker that has heard a nudge through the broker."""
    town.worker(BROKER_URL=broker.url)
    try:
        yield town
    finally:
        broker.proxy.cut()
        broker.proxy.behave()


@pytest.fixture(scope="module")
def sender(whole_town, broker):
    """A process that publishes messages of its own."""
    return whole_town.stack.inside(BROKER_URL=broker.url)


def in_time(town, *pks, seconds):
    """They are out, once, and their public call began so many seconds after the due time at most."""
    town.published(*pks)
    late = {pk: town.state(pk)["lateness_ms"] for pk in pks}
    assert max(late.values()) <= seconds * 1000, [late, *(town.call("story", pk=pk) for pk in pks)]
    assert min(late.values()) >= 0
    town.check()


def hears(town):
    """Nudges come through again. A worker that has met a broken broker works without it for five seconds, so that
    the first posts may find it doing so.
    """

    def heard():
        return town.stack.log_of_run("worker").count("received")

    before, pks = heard(), []

    def post_and_listen():
        pks.append(town.approve(f"again {time.time()}", delay=0.5))
        with suppress(AssertionError):
            until(lambda: heard() > before, seconds=3)
        return heard() > before

    until(post_and_listen, seconds=30, what="a nudge")
    town.published(*pks)


def test_absent_at_the_start(town, broker):
    broker.kill()
    try:
        before = len(town.call("workers"))
        town.stack.start_worker(BROKER_URL=broker.url)
        until(lambda: len(town.call("workers")) > before, seconds=60, what="the worker's first sign of life")
        pk = town.approve("post", delay=2)
        in_time(town, pk, seconds=IN_TIME_S)
    finally:
        broker.start()
    hears(town)


def test_killed_ten_seconds_around_the_due_time(worker, broker):
    pks = [worker.approve(f"post {n}", delay=6 + n / 2) for n in range(6)]
    time.sleep(1.5)
    broker.kill()
    time.sleep(10)
    broker.start()

    in_time(worker, *pks, seconds=IN_TIME_S)
    hears(worker)


@contextmanager
def always(do):
    """Do it again and again in a thread."""
    ended = threading.Event()

    def body():
        while not ended.wait(0.01):
            do()

    thread = threading.Thread(target=body)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_emptied_all_the_time(worker, broker):
    pks = [worker.approve(f"post {n}", delay=1 + n / 4) for n in range(8)]
    with always(broker.empty):
        time.sleep(4)

    in_time(worker, *pks, seconds=UNCLAIMED_S + IN_TIME_S)


def test_repeats_each_message_fifty_times(worker, sender):
    pks = [worker.approve(f"post {n}", delay=1) for n in range(3)]
    for wait_s in (0, 0.8):  # before they are due, and while they are worked on
        time.sleep(wait_s)
        for pk in pks:
            sender.call("nudge", pk=pk, times=25)

    in_time(worker, *pks, seconds=IN_TIME_S)
    assert [len(worker.call("attempts", pk=pk)) for pk in pks] == [1, 1, 1]


def test_half_open_connection(worker, broker):
    """Everything is taken and nothing arrives; the connection stands."""
    broker.proxy.swallow()
    pks = [worker.approve(f"post {n}", delay=1 + n) for n in range(3)]

    in_time(worker, *pks, seconds=UNCLAIMED_S + IN_TIME_S)

    broker.proxy.cut()
    broker.proxy.behave()
    hears(worker)


def test_accepts_but_never_delivers(worker, broker):
    broker.proxy.withhold(b"work.run_due")
    pks = [worker.approve(f"post {n}", delay=1 + n) for n in range(3)]

    in_time(worker, *pks, seconds=UNCLAIMED_S + IN_TIME_S)

    broker.proxy.cut()
    broker.proxy.behave()


def test_foreign_and_broken_messages(worker, broker, sender):
    """Whatever can be read as a message is passed over."""
    sender.call("foreign_messages")
    pks = [worker.approve(f"post {n}", delay=1) for n in range(3)]

    in_time(worker, *pks, seconds=UNCLAIMED_S + IN_TIME_S)

    assert worker.stack.children["worker"].poll() is None
    hears(worker)


def test_garbage_in_the_queue(worker, broker):
    """On Redis, Celery ends over what is no message at all; its supervisor starts it again and the garbage is gone."""
    broker.push_garbage()
    pks = [worker.approve(f"post {n}", delay=1) for n in range(3)]

    def supervised():
        if worker.stack.children["worker"].poll() is not None:
            worker.worker(BROKER_URL=broker.url)
        return all(worker.state(pk)["state"] == "published" for pk in pks)

    until(supervised, seconds=60, every=1, what="being out")
    worker.published(*pks)

    worker.check()
    hears(worker)

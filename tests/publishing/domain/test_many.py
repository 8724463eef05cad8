"""Several workers at once, on rows that are really committed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from publishing import limits
from publishing.domain import run
from publishing.models import Publication
from work import claim, worker

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def in_threads(count, do):
    start = threading.Barrier(count)

    def body(n):
        try:
            start.wait(20)
            do(n)
        finally:
            connection.close()

    threads = [threading.Thread(target=body, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_six_workers_one_publication(committed_world):
    world = committed_world
    publication = world.publication("one", "two", "three")
    world.hand.at = DUE
    ran = []

    in_threads(6, lambda n: ran.append(worker.run_one("publication", publication.pk)))

    assert ran.count(True) == 1
    assert world.network.texts() == ["one", "two", "three"]


def test_frozen_worker_that_wakes_up_sends_and_writes_nothing(committed_world):
    """Its lease ran out while it slept; another one has gone on. The intent demands the fence."""
    world = committed_world
    publication = world.publication("one", "two")
    world.hand.at = DUE
    frozen = run.Run(claim.claim(Publication, publication.pk, worker="frozen"))
    world.hand.move(121)
    world.step(publication)
    assert publication.state == "published"

    with pytest.raises(claim.LeaseLost):
        frozen.go()

    assert world.network.texts() == ["one", "two"]
    publication.refresh_from_db()
    assert publication.state == "published"


def test_frozen_between_intent_and_answer_writes_nothing_afterwards(committed_world):
    world = committed_world
    publication = world.publication("one")
    world.hand.at = DUE
    taken = []

    def freeze(step, ctx):
        if not taken:
            world.hand.move(125)
            taken.append(claim.claim(Publication, publication.pk, worker="other"))

    world.network.before = freeze
    world.step(publication, to=DUE)

    assert taken[0] is not None
    publication.refresh_from_db()
    assert publication.lease_owner == "other"
    assert publication.state == "running"
    world.hand.move(121)
    world.finish(publication)
    assert world.network.texts() == ["one"]
    assert publication.state == "published"


def test_budget_holds_under_many_writers(committed_world):
    now, taken = datetime(2026, 11, 23, tzinfo=UTC), []
    limits.take("app", every_s=1, burst=10, now=now - timedelta(days=1))

    def take(n):
        for _ in range(10):
            if limits.take("app", every_s=1, burst=10, now=now) == 0:
                taken.append(n)

    in_threads(4, take)

    assert len(taken) == 10
    assert limits.take("app", every_s=1, burst=10, now=now + timedelta(seconds=1)) == 0
    assert limits.take("app", every_s=1, burst=10, now=now + timedelta(seconds=1)) > 0

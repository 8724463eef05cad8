"""Claim, lease and fence: who holds a row, and who only believes so."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q

from work import claim, clock, heartbeat, jobs, sources, worker
from work.models import PeriodicJob, Worker

pytestmark = pytest.mark.db


@pytest.fixture
def hand(db):
    with clock.by_hand() as hand:
        yield hand


@pytest.fixture
def row(hand):
    return PeriodicJob.objects.create(name="test", every_s=60, next_action_at=hand.at)


def take(row, name="a", **more):
    return claim.claim(PeriodicJob, row.pk, worker=name, **more)


def test_claim_gives_the_row_with_a_new_fence(row, hand):
    held = take(row)

    assert (held.fence, held.lease_owner, held.lease_until) == (1, "a", hand.at + timedelta(seconds=120))
    assert take(row, "b") is None


def test_claim_before_its_time_gives_nothing(row, hand):
    hand.move(-0.001)
    assert take(row) is None


def test_claim_without_a_date_gives_nothing(row):
    PeriodicJob.objects.update(next_action_at=None)
    assert take(row) is None


def test_claim_demands_extra_conditions(row):
    assert take(row, extra=Q(name="other")) is None
    assert take(row, extra=Q(name="test")) is not None


def test_lease_that_ran_out_is_taken_over_and_the_old_holder_can_no_longer_write(row, hand):
    first = take(row)
    hand.move(121)
    second = take(row, "b")

    assert second.fence == first.fence + 1
    for write in (
        lambda: claim.write(first, last_error="old"),
        lambda: claim.renew(first),
        lambda: claim.release(first, next_action_at=None),
    ):
        with pytest.raises(claim.LeaseLost):
            write()
    claim.write(second, last_error="new")
    assert PeriodicJob.objects.get(name="test").last_error == "new"


def test_renewed_lease_begins_anew(row, hand):
    held = take(row)
    hand.move(100)
    claim.renew(held)
    hand.move(100)

    assert take(row, "b") is None


def test_released_row_is_due_when_said(row, hand):
    held = take(row)
    claim.release(held, next_action_at=hand.at + timedelta(seconds=10), tries=3)

    assert take(row, "b") is None
    hand.move(10)
    again = take(row, "b")
    assert (again.fence, again.tries) == (2, 3)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_wins():
    row = PeriodicJob.objects.create(name="race", every_s=60, next_action_at=clock.now())
    start, won = threading.Barrier(8), []

    def race(name):
        try:
            start.wait(10)
            if held := claim.claim(PeriodicJob, row.pk, worker=name):
                won.append((name, held.fence))
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    ((name, fence),) = won
    row.refresh_from_db()
    assert (row.lease_owner, row.fence) == (name, fence) == (name, 1)


# Runs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(monkeypatch):
    monkeypatch.setattr(sources, "_SOURCES", {})

    def make(run, **more):
        return sources.register(sources.Source("test", PeriodicJob, run=run, **more))

    return make


def test_run_that_returns_is_done(row, source):
    ran = []
    source(lambda held: ran.append(held.pk))

    assert worker.run_one("test", str(row.pk)) is True
    assert worker.run_one("test", str(row.pk)) is False

    row.refresh_from_db()
    assert ran == [row.pk]
    assert (row.next_action_at, row.lease_owner) == (None, "")


def test_run_that_raises_comes_back_later(row, source, hand):
    def fail(held):
        raise ValueError("no")

    source(fail)
    worker.run_one("test", row.pk)

    row.refresh_from_db()
    assert (row.tries, row.last_error, row.lease_owner) == (1, "ValueError: no", "")
    assert hand.at < row.next_action_at <= hand.at + timedelta(seconds=1)


def test_run_that_lost_its_lease_writes_nothing(row, source, hand):
    def slow(held):
        hand.move(200)
        assert claim.claim(PeriodicJob, held.pk, worker="other") is not None
        claim.write(held, last_error="too late")

    source(slow)
    worker.run_one("test", row.pk)

    row.refresh_from_db()
    assert (row.lease_owner, row.last_error, row.tries) == ("other", "", 0)


def test_source_of_unknown_name_is_left_alone(db):
    assert worker.run_one("from a newer version", "1") is False


def test_media_leaves_threads_for_publishing(row, source, monkeypatch):
    monkeypatch.setattr(worker, "_media_slots", threading.BoundedSemaphore(1))
    inner = []
    source(lambda held: inner.append(worker.run_one("test", row.pk)), queue="media")

    assert worker.run_one("test", row.pk) is True
    assert inner == [False]


def test_two_sources_of_one_name_are_refused(source):
    source(print)
    with pytest.raises(ValueError, match="two sources"):
        source(repr)


def test_dead_workers_rows_are_freed_where_allowed(row, source, hand):
    source(print, steal=Q(last_error=""))
    Worker.objects.create(name="a", started_at=hand.at, seen_at=hand.at)
    take(row, "a")

    hand.move(15)
    assert heartbeat.free_dead(hand.at) == 0
    hand.move(6)
    PeriodicJob.objects.update(last_error="intent open")
    assert heartbeat.free_dead(hand.at) == 0
    PeriodicJob.objects.update(last_error="")
    assert heartbeat.free_dead(hand.at) == 1
    assert take(row, "b") is not None


# Jobs -------------------------------------------------------------------------------------------------------


def test_job_comes_back(hand, monkeypatch):
    monkeypatch.setattr(jobs, "_JOBS", {})
    ran = []
    jobs.register("sweep", every=timedelta(minutes=5), run=lambda: ran.append(hand.at))
    jobs.ensure_rows()
    row = PeriodicJob.objects.get(name="sweep")

    for _ in range(3):
        worker.run_one("job", row.pk)
        row.refresh_from_db()
        assert row.next_action_at == hand.at + timedelta(minutes=5)
        hand.move(300)

    assert len(ran) == 3


def test_job_of_another_version_stays(hand, monkeypatch):
    monkeypatch.setattr(jobs, "_JOBS", {})
    row = PeriodicJob.objects.create(name="newer", every_s=60, next_action_at=hand.at)

    assert sources.get("job").ids_due(hand.at, 10) == []
    assert not worker.run_one("job", row.pk)

    row.refresh_from_db()
    assert (row.tries, row.lease_owner, row.last_ok_at, row.fence) == (0, "", None, 0)
    assert row.next_action_at == hand.at

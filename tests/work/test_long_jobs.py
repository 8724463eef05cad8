"""Jobs that take long, and rows that wait for networks: one at a time, kept by whoever has them, never all threads."""

from datetime import timedelta

import pytest

from work import claim, clock, jobs, sources, worker
from work.models import PeriodicJob

pytestmark = pytest.mark.db


@pytest.fixture
def hand(db):
    with clock.by_hand() as hand:
        yield hand


@pytest.fixture
def job(hand, monkeypatch):
    monkeypatch.setattr(jobs, "_JOBS", {})

    def make(run, name="followers"):
        jobs.register(name, every=timedelta(hours=3), run=run, long=True)
        jobs.ensure_rows()
        return PeriodicJob.objects.get(name=name)

    return make


def test_nobody_else_begins_a_long_job_while_it_goes_on(job, hand):
    """An hour in pieces of two minutes: thirty times as long as a short row is held for."""
    others = []

    def slow(keep):
        for _ in range(30):
            keep()
            hand.move(121)
            others.append(claim.claim(PeriodicJob, row.pk, worker="other"))
            others.append(worker.run_one("long job", row.pk))

    row = job(slow)
    assert worker.run_one("long job", row.pk)
    row.refresh_from_db()

    assert set(others) == {None, False}
    assert (row.last_ok_at, row.next_action_at, row.last_error) == (hand.at, hand.at + timedelta(hours=3), "")


def test_one_that_was_frozen_stops_where_another_has_taken_over(job, hand):
    pieces = []

    def frozen(keep):
        for n in range(3):
            keep()
            pieces.append(n)
            hand.move(jobs.LONG_LEASE_S + 1)
            claim.claim(PeriodicJob, row.pk, worker="other")

    row = job(frozen)
    worker.run_one("long job", row.pk)
    row.refresh_from_db()

    assert pieces == [0]
    assert (row.lease_owner, row.last_ok_at) == ("other", None)


def test_long_jobs_run_one_after_the_other_and_short_ones_beside_them(job, hand):
    seen = []

    def first(keep):
        seen.append(worker.run_one("long job", PeriodicJob.objects.get(name="zones").pk))
        seen.append(worker.run_one("job", PeriodicJob.objects.get(name="sweep").pk))
        seen.append(PeriodicJob.objects.get(name="zones").last_ok_at)

    row = job(first)
    job(lambda keep: None, "zones")
    jobs.register("sweep", every=timedelta(minutes=1), run=lambda: None)
    jobs.ensure_rows()

    worker.run_one("long job", row.pk)

    assert seen == [False, True, None]
    assert PeriodicJob.objects.get(name="zones").last_ok_at == hand.at  # right after the first


def test_a_long_job_is_no_short_one(job):
    row = job(lambda keep: None)

    assert not worker.run_one("job", row.pk)


def test_what_waits_for_networks_leaves_half_the_threads_to_posts(hand, monkeypatch, settings):
    """Numbers and conversations hang. Followers wait; a post and a short job do not."""
    monkeypatch.setattr(sources, "_SOURCES", {})
    names = ["numbers", "conversations", "followers", "post"]
    rows = {
        name: PeriodicJob.objects.create(name=f"test {name}", every_s=60, next_action_at=hand.at)
        for name in names
    }
    started = []

    def hang(*inside):
        def run(row):
            started.append(row.name.removeprefix("test "))
            for name in inside:
                worker.run_one(name, rows[name].pk)

        return run

    spare = {"spare": True, "at_once": 1, "patient": True}
    sources.register(sources.Source("numbers", PeriodicJob, run=hang("conversations"), **spare))
    sources.register(sources.Source("conversations", PeriodicJob, run=hang("followers", "post"), **spare))
    sources.register(sources.Source("followers", PeriodicJob, run=hang(), **spare))
    sources.register(sources.Source("post", PeriodicJob, run=hang()))

    assert worker.run_one("numbers", rows["numbers"].pk)

    assert settings.WORKER_THREADS == 4
    assert started == ["numbers", "conversations", "post"]
    assert worker.run_one("followers", rows["followers"].pk)  # once they are through
    assert started[-1] == "followers"


def test_everything_that_asks_networks_for_what_can_wait_is_spare():
    waits = {"metrics", "conversations", "long job", "weekly numbers"}

    assert {source.name for source in sources.every() if source.spare} == waits


def test_rows_that_found_no_thread_are_next_without_another_nudge(hand, monkeypatch):
    """Three nudges come while the one thread for such rows is busy: it takes them before it goes."""
    monkeypatch.setattr(sources, "_SOURCES", {})
    names = ["a", "b", "c", "d"]
    rows = {n: PeriodicJob.objects.create(name=n, every_s=60, next_action_at=hand.at) for n in names}
    ran = []

    def run(row):
        ran.append(row.name)
        if row.name == "a":
            assert [worker.run_one("numbers", rows[n].pk) for n in "bcdb"] == [False] * 4

    sources.register(sources.Source("numbers", PeriodicJob, run=run, at_once=1, patient=True, spare=True))

    assert worker.run_one("numbers", rows["a"].pk)

    assert ran == names
    assert not worker.run_one("numbers", rows["a"].pk)

"""When a worker claims nothing: before its checks, with a wrong clock. And what it does with odd nudges."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from work import claim, clock, clock_watch, errands, heartbeat, hold, sources, tally, tasks, ticker, worker
from work.clock_watch import ClockWatch
from work.listening import ENOUGH, Listening
from work.models import PeriodicJob, Tally, Worker


@pytest.fixture(autouse=True)
def nothing_stands(monkeypatch):
    monkeypatch.setattr(hold, "_reasons", {})
    monkeypatch.setattr(hold, "_CHECKS", [])
    monkeypatch.setattr(clock_watch, "_WITNESSES", [])


@pytest.fixture
def row(db, monkeypatch):
    monkeypatch.setattr(sources, "_SOURCES", {})
    ran = []
    sources.register(sources.Source("test", PeriodicJob, run=ran.append))
    row = PeriodicJob.objects.create(name="t", every_s=60, next_action_at=datetime(2026, 1, 1, tzinfo=UTC))
    row.ran = ran
    return row


# Holds ------------------------------------------------------------------------------------------------------


def test_nothing_is_claimed_while_a_reason_stands(row):
    hold.say("clock", "Wrong clock.")
    assert worker.run_one("test", row.pk) is False
    assert row.ran == []

    hold.say("clock", None)
    assert worker.run_one("test", row.pk) is True


def test_checks_are_asked_before_the_first_claim(row):
    asked = []
    hold.say("start", "It has not checked yet.")
    hold.check_at_start_and_each_minute(lambda: asked.append(1))

    hold.run_checks()

    assert asked == [1]
    assert hold.why() == ""


def test_a_check_that_fails_keeps_the_start_waiting_and_the_others_are_asked():
    asked = []

    def fails():
        raise OSError("no disk")

    hold.say("start", "Not yet.")
    hold.check_at_start_and_each_minute(fails)
    hold.check_at_start_and_each_minute(lambda: asked.append(1))
    with pytest.raises(OSError, match="no disk"):
        hold.run_checks()

    assert asked == [1]
    assert hold.why() == "Not yet."


def test_a_check_that_answers_holds():
    hold.check_at_start_and_each_minute(lambda: "Something is wrong.")
    hold.run_checks()
    assert hold.why() == "Something is wrong."


@pytest.mark.parametrize(("skew_s", "holds"), [(0, False), (-29, False), (31, True), (-31, True)])
def test_skew_beyond_half_a_minute_holds(db, monkeypatch, skew_s, holds):
    monkeypatch.setattr(clock, "skew_s", lambda now: skew_s)

    heartbeat.beat(datetime(2026, 1, 1, tzinfo=UTC), queues=["default"], broker_down=True)

    assert bool(hold.why()) is holds
    said = Worker.objects.get(name=worker.name())
    assert (said.skew_s, said.broker_down, bool(said.holds)) == (skew_s, True, holds)


def test_nothing_is_claimed_in_the_seconds_before_the_heartbeat_notices(db, monkeypatch):
    """The database's clock has just jumped ahead: what looks due is not."""
    row = PeriodicJob.objects.create(name="t", every_s=60, next_action_at=datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(clock, "skew_s", lambda at: -120.0)

    assert claim.claim(PeriodicJob, row.pk, worker="w") is None

    monkeypatch.setattr(clock, "skew_s", lambda at: 0.5)
    assert claim.claim(PeriodicJob, row.pk, worker="w") is not None


# Clocks -----------------------------------------------------------------------------------------------------


class Hands:
    def __init__(self):
        self.wall, self.boot = 1_800_000_000.0, 1000.0

    def go(self, seconds):
        self.wall += seconds
        self.boot += seconds


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def watch(hands):
    return ClockWatch(lambda: hands.wall, lambda: hands.boot)


def test_a_machine_that_slept_has_no_wrong_clock(hands, watch):
    hands.go(9 * 3600)
    assert watch.look() is False


@pytest.mark.parametrize("by_s", [61, -61, 86_400])
def test_a_clock_that_was_set_holds_until_somebody_outside_agrees(hands, watch, by_s):
    hands.wall += by_s
    assert watch.look() is True
    assert "jumped" in hold.why()

    assert watch.settle() is False  # nobody to ask
    off = [-by_s]
    clock_watch.ask(lambda: datetime.fromtimestamp(hands.wall, UTC) + timedelta(seconds=off[0]))
    assert watch.settle() is False
    assert "off by what a network says" in hold.why()

    off[0] = 3
    assert watch.settle() is True
    assert hold.why() == ""
    assert watch.look() is False


def test_a_clock_set_back_right_needs_no_witness(hands, watch):
    hands.wall += 4000
    watch.look()
    hands.wall -= 4000
    assert watch.look() is False
    assert hold.why() == ""


def test_small_corrections_do_not_add_up(hands, watch):
    for _ in range(10):
        hands.wall += 30
        assert watch.look() is False


# Silence ----------------------------------------------------------------------------------------------------


class Mono:
    def __init__(self):
        self.at = 0.0

    def __call__(self):
        return self.at


@pytest.fixture
def mono():
    return Mono()


@pytest.fixture
def ears(mono):
    return Listening(mono)


def test_an_idle_worker_is_never_deaf(mono, ears):
    mono.at = 100_000
    assert ears.is_deaf() is False


def test_deaf_after_a_minute_of_nudges_that_nobody_took(mono, ears):
    ears.sent()
    ears.unclaimed()
    mono.at = 59
    assert ears.is_deaf() is False
    mono.at = 60
    assert ears.is_deaf() is True
    ears.heard()
    assert ears.is_deaf() is False


def test_nudges_that_others_take_make_nobody_deaf(mono, ears):
    for _ in range(ENOUGH - 1):
        ears.sent()
    mono.at = 600
    assert ears.is_deaf() is False
    ears.sent()
    assert ears.is_deaf() is True


def test_ticker_counts_what_the_broker_took_and_nobody_claimed(row, mono, monkeypatch):
    ears = Listening(mono)
    clock = [0.0]
    monkeypatch.setattr(ticker.time, "monotonic", lambda: clock[0])
    tick = ticker.Ticker(listening=ears)
    monkeypatch.setattr(tick.local, "submit", lambda *a: None)
    source, key = sources.get("test"), ("test", str(row.pk))
    tick.hand_out(source, key)
    assert tick.nudges.qsize() == 1
    ears.sent()

    clock[0] = ticker.UNCLAIMED_S + 1
    tick.hand_out(source, key)
    mono.at = 61

    assert ears.is_deaf() is True


# Odd nudges -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"source": "from a newer version", "id": "1"},
        {"source": "test", "id": "no number"},
        {"source": "test", "id": None},
        {"source": ["test"], "id": {"a": 1}},
        {"source": "test", "id": "999999"},
        {"source": "nothing", "id": "1", "something": "new"},
    ],
)
def test_odd_nudges_do_nothing(row, kwargs):
    tasks.run_due(**kwargs)
    tasks.run_due("further", "words", **kwargs)

    assert row.ran == []


def test_a_nudge_in_a_newer_versions_words_still_works(row):
    tasks.run_due(source="test", id=str(row.pk), hint="from a newer version")
    assert len(row.ran) == 1


def test_one_unknown_source_is_complained_about_once(row, caplog):
    for _ in range(5):
        worker.run_one("only here unknown", "1")
    assert caplog.text.count("only here unknown") == 1


def test_a_database_that_does_not_answer_costs_the_task_nothing(row, monkeypatch):
    from django.db import OperationalError

    def away(*args):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(worker, "run_one", away)
    tasks.run_due(source="test", id="1")


# The ticker in trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("bug")])
def test_ticker_goes_on_with_growing_pauses_and_few_words(db, monkeypatch, caplog, error):
    tick = ticker.Ticker(listening=None)
    for _ in range(40):
        tick.stumble(error)

    assert caplog.text.count("the ticker stumbled") == 1
    assert tick.failures == 40


def test_slow_rows_of_a_source_keep_to_their_threads(row, monkeypatch):
    monkeypatch.setattr(sources, "_SOURCES", {})
    inner = []
    sources.register(
        sources.Source(
            "slow", PeriodicJob, run=lambda held: inner.append(worker.run_one("slow", row.pk)), at_once=1
        )
    )
    assert worker.run_one("slow", row.pk) is True
    assert inner == [False]


# Tallies and errands ----------------------------------------------------------------------------------------


def test_tallies_add_up_and_survive_a_database_that_is_away(db, monkeypatch):
    monkeypatch.setattr(tally, "_waiting", type(tally._waiting)())
    tally.count("a")
    tally.count("a", 2)
    with monkeypatch.context() as patch:
        patch.setattr(Tally.objects, "filter", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tally.write_down()
    tally.write_down()
    tally.write_down()

    assert tally.read()["a"] == 3


def test_an_errand_that_hangs_does_not_hold_the_ticker(db, monkeypatch):
    monkeypatch.setattr(errands, "_ERRANDS", {})
    begun, may_end = threading.Event(), threading.Event()

    def slow():
        begun.set()
        may_end.wait(10)

    errands.register("slow", every_s=60, run=slow)
    thread = errands.Errands()
    began = time.monotonic()
    thread.start()
    assert begun.wait(10)
    thread.ended.set()
    assert time.monotonic() - began < 9
    may_end.set()
    thread.join(5)


def test_an_errand_that_fails_says_so_once(monkeypatch, caplog, db):
    errand = errands.Errand("ping", 60, lambda: 1 / 0)
    for _ in range(3):
        errands.Errands.do(errand)
    assert caplog.text.count("ping: ZeroDivisionError") == 1


def test_a_flood_of_foreign_messages_is_one_line_a_minute(monkeypatch):
    import logging

    from work import quiet

    at = [0.0]
    monkeypatch.setattr(quiet.time, "monotonic", lambda: at[0])
    once = quiet.OncePerMinute()

    def let_through(message):
        return once.filter(logging.LogRecord("n", logging.WARNING, "f", 1, message, (), None))

    assert [let_through("Received and deleted unknown message.") for _ in range(3)] == [True, False, False]
    assert let_through("Something else.") is True
    at[0] = 60
    assert let_through("Received and deleted unknown message.") is True


def test_celerys_complaints_go_through_it():
    import logging

    from work.quiet import OncePerMinute

    filters = logging.getLogger("celery.worker.consumer.consumer").filters
    assert [type(each) for each in filters] == [OncePerMinute]

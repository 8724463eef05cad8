"""Looks twice a second for rows that are due and has them worked on.

A daemon thread in each worker process. It publishes a nudge per due row and lets the broker choose a
process; when the broker is down or silent it works on the rows itself. Any number of tickers may run: the
claim decides.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from celery import current_app
from django.db import close_old_connections, connection

from work import clock, errands, heartbeat, hold, jobs, leave, sources, tally, worker
from work.clock_watch import ClockWatch
from work.listening import Listening, nudges

log = logging.getLogger(__name__)

TICK_S = 0.5
TROUBLE_MAX_S = 5.0  # so long between two tries while the database is away
CHECK_S = 60.0
BROKER_PAUSE_S = 5.0
UNCLAIMED_S = 5.0
LOCAL_THREADS = 4
AT_ONCE = 100  # rows of one source looked at per tick


_last_tick: float | None = None


def last_tick() -> float | None:
    """When this process last went through a whole tick (monotonic seconds); None before the first."""
    return _last_tick


class Ticker(threading.Thread):
    """``listening`` None: this process has no consumer whose silence would mean anything."""

    def __init__(
        self, queues: Iterable[str] = sources.QUEUES, *, listening: Listening | None = nudges
    ) -> None:
        super().__init__(name="ticker", daemon=True)
        self.queues = [q for q in queues if q in sources.QUEUES] or list(sources.QUEUES)
        self.ended = threading.Event()
        self.nudges: queue.Queue[tuple[sources.Source, str] | None] = queue.Queue(maxsize=2000)
        self.broker_down_until = 0.0
        self.nudged: dict[tuple[str, str], float] = {}  # row → when it was handed out (monotonic)
        self.local = ThreadPoolExecutor(LOCAL_THREADS, thread_name_prefix="local")
        self.running_here: set[tuple[str, str]] = set()
        self.listening = listening
        self.clocks = ClockWatch()
        self.errands = errands.Errands()
        self.next_beat = self.next_check = 0.0
        self.failures = 0
        errands.register("clock", every_s=10, run=self.settle_clock)

    def start(self) -> None:
        hold.say("start", "It has not checked yet whether it may begin.")
        super().start()

    # the thread ---------------------------------------------------------------------------------------
    def run(self) -> None:
        global _last_tick
        threading.Thread(target=self._publish_nudges, name="nudges", daemon=True).start()
        self.errands.start()
        while not self.ended.is_set():
            began = time.monotonic()
            try:
                self.tick()
                self.failures, _last_tick = 0, time.monotonic()
            except Exception as error:
                self.stumble(error)
            wait_s = TICK_S if not self.failures else min(TROUBLE_MAX_S, TICK_S * 2.0**self.failures)
            self.ended.wait(max(0.05, wait_s - (time.monotonic() - began)))
        self._say_goodbye()

    def stumble(self, error: Exception) -> None:
        """Go on whatever it was: a database away or locked, a full disk. Said once, then each fiftieth time."""
        if self.failures % 50 == 0:
            log.error(
                "the ticker stumbled over %s (%s); it tries again", type(error).__name__, str(error).strip()
            )
        self.failures += 1
        connection.close()

    def stop(self) -> None:
        self.ended.set()
        self.errands.ended.set()
        self.nudges.put(None)
        self.local.shutdown(wait=False, cancel_futures=True)
        if self.is_alive():
            self.join(timeout=5)

    def tick(self) -> None:
        close_old_connections()
        now, mono = clock.now(), time.monotonic()
        self.clocks.look()
        if not self.next_check:
            jobs.ensure_rows()
            hold.run_checks()  # before the first claim they have to be asked, and have to answer
            self.next_check = mono + CHECK_S
        elif mono >= self.next_check:
            self.next_check = mono + CHECK_S
            hold.run_checks()
        if mono >= self.next_beat:
            down = mono < self.broker_down_until
            skew_s = heartbeat.beat(now, queues=self.queues, broker_down=down)
            if abs(skew_s) > heartbeat.SKEW_WARN_S:
                log.warning("this clock differs from the database's by %.1f s", skew_s)
            self.next_beat = mono + heartbeat.EVERY_S
        if self.listening is not None and self.listening.is_deaf() and not is_busy():
            leave.deaf()
            self.listening = None
        if hold.why():
            return
        self.look(now)

    def settle_clock(self) -> None:
        if hold.standing("clock"):
            self.clocks.settle()

    def look(self, now: datetime) -> None:
        seen = set()
        for source in sources.every(self.queues):
            for pk in source.ids_due(now, AT_ONCE):
                key = (source.name, str(pk))
                seen.add(key)
                self.hand_out(source, key)
        self.nudged = {key: at for key, at in self.nudged.items() if key in seen}

    def hand_out(self, source: sources.Source, key: tuple[str, str]) -> None:
        """Nudge once; a row that is still unclaimed some seconds later, or that no broker will carry, is
        run here.
        """
        at, mono = self.nudged.get(key), time.monotonic()
        if at is None and mono >= self.broker_down_until:
            self.nudged[key] = mono
            try:
                self.nudges.put_nowait((source, key[1]))
                return
            except queue.Full:
                pass
        late = at is not None and mono - at >= UNCLAIMED_S
        if (at is None or late or mono < self.broker_down_until) and self.run_here(key):
            self.nudged[key] = mono  # where there was no room for it, the next tick tries again
            if late and self.listening is not None:
                self.listening.unclaimed()

    # the broker's side --------------------------------------------------------------------------------
    def _publish_nudges(self) -> None:
        while (item := self.nudges.get()) is not None:
            source, pk = item
            if time.monotonic() < self.broker_down_until:
                self.run_here((source.name, pk))
                continue
            try:
                current_app.send_task(
                    "work.run_due",
                    kwargs={"source": source.name, "id": pk},
                    queue=source.queue,
                    expires=60,
                    retry=False,
                    ignore_result=True,
                )
                if self.listening is not None:
                    self.listening.sent()
            except Exception as error:
                self.broker_down_until = time.monotonic() + BROKER_PAUSE_S
                log.warning("the broker takes no nudges, working without it: %s", error)
                self.run_here((source.name, pk))

    # this process's side ------------------------------------------------------------------------------
    def run_here(self, key: tuple[str, str]) -> bool:
        if key in self.running_here or len(self.running_here) >= LOCAL_THREADS * 2 or self.ended.is_set():
            return False
        self.running_here.add(key)
        try:
            self.local.submit(self._run_here, key)
        except RuntimeError:  # shutting down
            self.running_here.discard(key)
            return False
        return True

    def _run_here(self, key: tuple[str, str]) -> None:
        close_old_connections()
        try:
            if worker.run_one(*key):
                tally.count("local_runs")
        except Exception as error:
            log.warning("%s %s: %s: %s", *key, type(error).__name__, str(error).strip())
        finally:
            self.running_here.discard(key)
            close_old_connections()

    def _say_goodbye(self) -> None:
        try:
            heartbeat.goodbye(clock.now())
        except Exception as error:
            log.info("stopped without saying so: %s", error)
        finally:
            connection.close()


def is_busy() -> bool:
    """Whether Celery holds a nudge for a free thread: then it hears no further one, and is not deaf."""
    from celery.worker import state

    return bool(state.reserved_requests)

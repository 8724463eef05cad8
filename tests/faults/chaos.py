"""``make chaos``: kill, freeze, end and cut everything at random while posts go out, then count the copies.

    python -m tests.faults.chaos --seconds 60 --seed 7 [--brokers memory,redis,amqp]

The seconds are shared among the brokers: memory on SQLite, Redis and RabbitMQ on a PostgreSQL of our own. Each has its
own sandbox networks, which lie as well. Afterwards nothing is disturbed any more, everything comes to rest, and the
networks' ledger is held against the database. One copy too many, or one post that nobody knows of, ends it with status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.processes.brokers import Broker, own_broker
from tests.faults.processes.proxy import Proxy
from tests.faults.processes.servers import POSTGRES_BIN, REDIS_SERVER, OwnPostgres, listens
from tests.faults.processes.texts import thread
from tests.stack import SHORT_WAITS, Stack, beside, running

WORKERS = 3
EVERY_S = 0.35  # about so often something is done to somebody
A_SECOND = 4  # publications approved in a second
SETTLE_S = 150
ENDS = ("published", "failed", "attention", "cancelled")
NETWORKS = ("x", "facebook", "instagram")
CALLS = {
    "x": ("POST /2/tweets", "GET /2/users"),
    "facebook": ("POST .*/feed", "POST .*/photos", "GET .*/(feed|published_posts)"),
    "instagram": ("POST .*/media_publish", "POST .*/media", "GET /"),
}
LIES = ("lost_answer", "cut", "5xx", "5xx_after", "garbled", "429", "slow", "slow_after")


@dataclass
class Tally:
    """What one part of the run came to."""

    name: str
    publications: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    doubles: int = 0
    lost: int = 0
    done: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Round:
    """One broker's share: a stack, its disturbers, its posts."""

    def __init__(self, name: str, stack: Stack, chance: random.Random, holds: ExitStack):
        self.tally = Tally(name)
        self.stack, self.chance = stack, chance
        self.broker: Broker | None = None
        self.cluster: OwnPostgres | None = None
        self.workers: dict[int, float] = {}  # process id → when it is thawed (0: it runs)
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.network = holds.enter_context(Proxy(stack.sandbox_port))
        self.database: Proxy | None = None
        self.lock = threading.Lock()

    # Posts ------------------------------------------------------------------------------------------------------
    def prepare(self) -> None:
        self.town = self.stack.call("prepare", platforms=list(NETWORKS), slug="chaos")
        limits = {"limit x POST /2/tweets": 100_000, "instagram quota": 100_000}
        self.stack.ask("POST", "/_sandbox/settings", limits)

    def approve(self) -> None:
        network = self.chance.choice(NETWORKS)
        texts = thread(f"{network} {len(self.posts)}", self.chance.randint(1, 5) if network == "x" else 1)
        pictures = {"x": 0, "facebook": self.chance.randint(0, 2), "instagram": self.chance.randint(2, 3)}
        post = {"platform": network, "texts": texts, "pictures": pictures[network]}
        with contextlib.suppress(AssertionError):  # the database is away: nobody approves anything now
            pk = self.stack.call("approve", town=self.town, delay=self.chance.uniform(0.5, 4), **post)
            self.posts.append((pk, post))

    # Workers ----------------------------------------------------------------------------------------------------
    def forker(self) -> Any:
        env = {"HUSTINGS_SANDBOX_URL": f"http://127.0.0.1:{self.network.port}", "LOG_LEVEL": "WARNING"}
        if self.broker:
            env["BROKER_URL"] = self.broker.url
        if self.database:
            env["DATABASE_URL"] = beside(
                f"postgresql://postgres@127.0.0.1:{self.database.port}/x",
                self.stack.database_url.rsplit("/", 1)[1],
            )
        return self.stack.inside(**env)

    def keep_workers(self) -> None:
        """As a supervisor does: whoever has ended is started again; whoever was frozen long enough wakes up."""
        for pid, thaw_at in list(self.workers.items()):
            if thaw_at and time.monotonic() >= thaw_at:
                os.killpg(pid, signal.SIGCONT)
                self.workers[pid] = 0.0
            if self.workers_home.call("became", child=pid, seconds=0) not in ("running", "stopped"):
                del self.workers[pid]
        while len(self.workers) < WORKERS:
            self.workers[self.workers_home.call("fork_worker")] = 0.0

    def one(self) -> int:
        return self.chance.choice(list(self.workers))

    # Disturbances -----------------------------------------------------------------------------------------------
    def kill(self) -> None:
        pid = self.one()
        os.killpg(pid, signal.SIGKILL)
        self.workers_home.call("became", child=pid)
        del self.workers[pid]

    def freeze(self) -> None:
        pid = self.one()
        os.killpg(pid, signal.SIGSTOP)
        self.workers[pid] = time.monotonic() + self.chance.choice((0.5, 3, 8))

    def term(self) -> None:
        pid = self.one()
        if not self.workers[pid]:
            os.killpg(pid, signal.SIGTERM)

    def lie(self) -> None:
        network = self.chance.choice(NETWORKS)
        fault, match = self.chance.choice(LIES), self.chance.choice(CALLS[network])
        times, seconds = self.chance.randint(1, 3), self.chance.choice((0.5, 2, 4))
        self.stack.fault(network, match, fault, times, seconds=seconds)

    def cut_network(self) -> None:
        self.network.cut()

    def slow_network(self) -> None:
        self.network.delay(self.chance.choice((0, 0, 0.1, 0.3)))

    def cut_database(self) -> None:
        if self.database:
            self.database.cut()

    def crash_database(self) -> None:
        if self.cluster:
            self.cluster.stop()
            time.sleep(self.chance.uniform(0, 1))
            self.cluster.start()

    def stop_broker(self) -> None:
        if self.broker:
            self.broker.kill()
            time.sleep(self.chance.uniform(0.2, 1))
            self.broker.start()

    def empty_broker(self) -> None:
        if self.broker:
            self.broker.empty()

    def half_open_broker(self) -> None:
        if self.broker:
            self.broker.proxy.swallow()
            time.sleep(self.chance.uniform(0.5, 1.5))
            self.broker.proxy.cut()
            self.broker.proxy.behave()

    def kinds(self) -> list[tuple[Callable[[], None], int]]:
        found = [(self.kill, 10), (self.freeze, 5), (self.term, 2), (self.lie, 12)]
        found += [(self.cut_network, 3), (self.slow_network, 2)]
        if self.cluster:
            found += [(self.cut_database, 4), (self.crash_database, 1)]
        if self.broker:
            found += [(self.stop_broker, 2), (self.empty_broker, 2), (self.half_open_broker, 1)]
        return found

    # The run ----------------------------------------------------------------------------------------------------
    def rage(self, seconds: float) -> None:
        self.workers_home = self.forker()
        self.workers_home.call("states")  # it has loaded; now the time counts
        what, weights = zip(*self.kinds(), strict=True)
        ends = time.monotonic() + seconds
        next_post = next_blow = time.monotonic()
        while (now := time.monotonic()) < ends:
            self.keep_workers()
            if now >= next_post:
                self.approve()
                next_post = max(next_post + 1 / A_SECOND, now - 1)
            if now >= next_blow:
                (blow,) = self.chance.choices(what, weights)
                self.tally.done[blow.__name__.replace("_", " ")] += 1
                blow()
                next_blow = time.monotonic() + self.chance.expovariate(1 / EVERY_S)
            time.sleep(0.02)

    def settle(self) -> None:
        """Undisturbed: until nothing goes on by itself any more."""
        self.stack.ask("DELETE", "/_sandbox/faults")
        self.network.behave()
        for pid in self.workers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGCONT)
            self.workers[pid] = 0.0
        ends = time.monotonic() + SETTLE_S
        while time.monotonic() < ends:
            self.keep_workers()
            states = self.stack.call("states")
            if all(states[pk]["state"] in ENDS for pk, _ in self.posts if pk in states):
                break
            time.sleep(0.5)
        self.end()

    def end(self) -> None:
        for pid in self.workers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self.workers.clear()

    def count(self) -> Tally:
        ledger, states = self.stack.ledger(), self.stack.call("states")
        copies = Counter(row["text"] for row in ledger)
        tally = self.tally
        tally.publications = len(states)
        tally.copies = max(copies.values(), default=0)
        tally.doubles = sum(n - 1 for n in copies.values())
        tally.ends = Counter(
            row["state"]
            + (f": {row['reason']} ({row['last_error'] or row['detail']:.120})" if row["reason"] else "")
            for row in states.values()
        )
        tally.problems = self.stack.call("history", ledger=ledger)
        approved = [(pk, post) for pk, post in self.posts if pk not in states]
        tally.lost = len(approved) + sum("LOST" in each or "ORPHAN" in each for each in tally.problems)
        return tally


@contextlib.contextmanager
def a_round(name: str, cluster: OwnPostgres | None, chance: random.Random) -> Iterator[Round]:
    with ExitStack() as holds:
        folder = Path(holds.enter_context(tempfile.TemporaryDirectory(prefix="hustings-chaos-")))
        url = cluster.url if cluster and name != "memory" else ""
        quiet = {"LOG_LEVEL": "ERROR"}
        stack = holds.enter_context(
            running(folder, web=False, worker=False, pace="test", database_url=url, **SHORT_WAITS, **quiet)
        )
        made = Round(name, stack, chance, holds)
        if url:
            made.cluster = cluster
            made.database = holds.enter_context(Proxy(cluster.port if cluster else 0))
        if name != "memory":
            made.broker = holds.enter_context(own_broker(name))
        holds.callback(made.end)
        made.prepare()
        yield made


def possible(name: str) -> str:
    """Why this broker cannot be had here; empty when it can."""
    if name == "memory":
        return ""
    if POSTGRES_BIN is None:
        return "PostgreSQL's programs are not on this machine"
    if name == "redis":
        return "" if REDIS_SERVER else "redis-server is not on this machine"
    return "" if listens(5672) else "no RabbitMQ answers at 127.0.0.1:5672"


def run(seconds: float, seed: int, brokers: list[str]) -> list[Tally]:
    """One broker after the other; the first ones come to rest while the next is disturbed."""
    os.environ.pop("BROKER_URL", None)
    os.environ.pop("DATABASE_URL", None)
    done: list[Tally] = []
    with ExitStack() as holds, ThreadPoolExecutor(3) as pool:
        cluster = None
        settling: list[Any] = []
        on_cluster: list[Any] = []
        if any(name != "memory" for name in brokers):
            cluster = OwnPostgres()
            holds.callback(cluster.end)
        for name in brokers:
            for each in on_cluster:  # a crash of the shared server would disturb who comes to rest on it
                each.result()
            made = holds.enter_context(a_round(name, cluster, random.Random(f"{seed} {name}")))
            print(f"· {name}: {seconds / len(brokers):.0f} s", flush=True)
            made.rage(seconds / len(brokers))
            settling.append(pool.submit(lambda made=made: (made.settle(), done.append(made.count()))))
            if made.cluster:
                on_cluster.append(settling[-1])
        for each in settling:
            each.result()
    return done


def table(done: list[Tally]) -> str:
    titles = (
        "broker",
        "publications",
        "published",
        "failed",
        "attention",
        "other",
        "copies (max)",
        "doubles",
        "lost",
    )
    rows = [titles]
    for tally in done:
        asked = sum(n for end, n in tally.ends.items() if end.startswith("attention"))
        other = tally.publications - asked - tally.ends["published"] - tally.ends["failed"]
        rows.append(
            tuple(
                str(each)
                for each in (
                    tally.name, tally.publications, tally.ends["published"], tally.ends["failed"], asked, other,
                    tally.copies, tally.doubles, tally.lost,
                )
            )
        )  # fmt: skip
    widths = [max(len(row[n]) for row in rows) for n in range(len(titles))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    for tally in done:
        blows = ", ".join(f"{what} {n}" for what, n in sorted(tally.done.items()))
        lines.append(f"{tally.name}: {blows}")
        reasons = {end: n for end, n in tally.ends.items() if end.startswith("attention")}
        if reasons:
            lines += [f"{tally.name}: {n} {end}" for end, n in sorted(reasons.items())]
        lines += [f"{tally.name}: WRONG: {each}" for each in tally.problems]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--brokers", default="memory,redis,amqp")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"Seed {seed}. The same again: make chaos SECONDS={given.seconds:g} SEED={seed}", flush=True)
    wanted = given.brokers.replace(",", " ").split()
    missing = {name: why for name in wanted if (why := possible(name))}
    for name, why in missing.items():
        print(f"· {name} is left out: {why}")
    if missing and os.environ.get("CI"):
        print("With CI=true every broker must take part.")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is tidied up
    done = run(given.seconds, seed, [name for name in wanted if name not in missing])
    print(table(done))
    good = all(not (tally.problems or tally.doubles or tally.lost) and tally.publications for tally in done)
    print("Every post stands once, or its owner knows why not." if good else f"Not as promised. Seed {seed}.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Start the processes, fill the tables, wait, and say how it went.

Smaller or larger by environment: BENCH_POSTS (1,000; the full measure is 10,000), BENCH_WORKERS (2), BENCH_THREADS (4).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

POSTS = int(os.environ.get("BENCH_POSTS", "1000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))
THREADS = int(os.environ.get("BENCH_THREADS", "4"))
ACCOUNTS = 200
TOGETHER, PEER_S = 200, 300.0  # the nearest open peer needs about 300 s for 200 posts that are due together
STOPPED, WATCH_S = 1000, 20.0
POSTGRES = os.environ.get("DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"


def measure() -> list[dict[str, Any]]:
    with _database() as url, _stack(url) as stack:
        stack.python(f"accounts({ACCOUNTS})")
        with stack.workers():
            rows = [_together(stack), *_stop(stack)]
        with stack.workers(PUBLISHING_CATCH_UP_S="0", PUBLISHING_BUDGET_FACTOR=str(max(1, POSTS // 2000))):
            rows += _many(stack)
        return rows


# What is measured -------------------------------------------------------------------------------------------


def _together(stack: Stack) -> dict[str, Any]:
    stack.forget()
    stack.python(f"fill({TOGETHER}, starts_in_s=6, label='together')")
    found = stack.wait("together", TOGETHER, within_s=PEER_S)
    slowest = max((started - due for due, started, _, _ in found if started), default=PEER_S)
    name = f"{TOGETHER} due together: seconds to the last start, against a peer's"
    return _row(name, slowest if len(found) == TOGETHER else PEER_S, PEER_S, "s", 0.2)


def _stop(stack: Stack) -> Iterator[dict[str, Any]]:
    stack.forget()
    stack.python(f"fill({STOPPED}, starts_in_s=-90, stop=True, label='stopped')")
    time.sleep(WATCH_S)
    sent = len(stack.calls())
    yield _row(f"stop over {STOPPED} due posts: calls made", sent, STOPPED, "calls", 0.0)
    stack.forget()
    stack.python("release()")
    time.sleep(WATCH_S)
    calls = stack.calls()
    per_account = Counter(token for _, token in calls)
    most = max(per_account.values(), default=0)
    yield _row(f"its release: late posts of one account in {WATCH_S:.0f} s", most, 1, "calls", 1.0)
    yield _row(f"its release: calls in {WATCH_S:.0f} s against accounts", len(calls), ACCOUNTS, "calls", 1.0)
    stack.python("drop_rest('stopped')")


def _many(stack: Stack) -> Iterator[dict[str, Any]]:
    stack.forget()
    stack.python(f"fill({POSTS}, starts_in_s=15, over_s=60 * {POSTS} / 10000, label='many')")
    found = stack.wait("many", POSTS, within_s=30 + POSTS / 10)
    late = sorted(started - due for due, started, _, _ in found if started)
    times = [at for at, _ in stack.calls()]
    ours_s = (max(times) - min(times)) / len(times) if times else float("inf")
    bare_s = stack.bare(min(POSTS, 2000))
    what = f"{POSTS} due over {ACCOUNTS} accounts, {10000 / 60:.0f} a second"
    yield _row(f"{what}: median lateness", late[len(late) // 2] if late else 60, 60, "s", 1.0)
    yield _row(
        f"{what}: lateness of the 99th in 100", late[len(late) * 99 // 100] if late else 60, 60, "s", 1.0
    )
    yield _row("seconds per published post, against bare Celery's per call", ours_s, bare_s, "s", 12.0)
    yield _row(f"{what}: not published", POSTS - len(found), POSTS, "posts", 0.0)


def _row(name: str, ours: float, baseline: float, unit: str, goal: float) -> dict[str, Any]:
    ratio = round(ours / baseline, 3) if baseline else None
    values = {
        "ours": round(ours, 4),
        "baseline": round(baseline, 4),
        "ratio": ratio,
        "unit": unit,
        "goal": goal,
    }
    return {"name": name, **values}


# Processes --------------------------------------------------------------------------------------------------


class Stack:
    """The network, the workers, and commands in their environment. Ends only what it started."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.port = folder, _free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        dropped = {"DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"}
        self.env = {k: v for k, v in os.environ.items() if k not in dropped} | {
            "VAR": str(folder),
            "HUSTINGS_SANDBOX_URL": self.site,
            "LOG_LEVEL": "ERROR",
            "WORKER_THREADS": str(THREADS),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **({"DATABASE_URL": database} if database else {}),
        }

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[bytes]:
        with (self.folder / "bench.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env={**self.env, **extra},
                stdout=log,
                stderr=log,
            )

    def run(self, *arguments: str, within_s: float = 400) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stdout[-1000:]}{done.stderr[-3000:]}")
        return done.stdout

    def python(self, code: str) -> str:
        return self.run("manage.py", "shell", "-v", "0", "-c", f"from publishing.bench.rows import *; {code}")

    @contextlib.contextmanager
    def workers(self, **extra: str) -> Iterator[None]:
        running = [
            self.start("manage.py", "run_worker", "--queues", "default", **extra) for _ in range(WORKERS)
        ]
        try:
            yield
        finally:
            end(running)

    def wait(self, label: str, count: int, *, within_s: float) -> list[list[Any]]:
        """The published rows, once all are or the time is over. Forget the calls before it.

        Until all were sent only the network is asked: a look into the tables starts a process, and takes the time of
        those that are measured.
        """
        ends = time.monotonic() + within_s
        while len(self.calls()) < count and time.monotonic() < ends:
            time.sleep(1)
        while True:
            rows = json.loads(self.python(f"report({label!r})").strip().splitlines()[-1])
            found = [row for row in rows if row[3] == "published"]
            if len(found) == count or time.monotonic() > ends:
                return found
            time.sleep(2)

    def bare(self, calls: int) -> float:
        """Seconds per call of bare Celery with as many processes and threads."""
        self.forget()
        each, address = calls // WORKERS, f"{self.site}/x/2/tweets"
        running = [
            self.start("-m", "publishing.bench.bare", address, str(each), str(THREADS))
            for _ in range(WORKERS)
        ]
        for child in running:
            child.wait(300)
        times = [at for at, _ in self.calls()]
        return (max(times) - min(times)) / len(times)

    def calls(self) -> list[list[Any]]:
        with urllib.request.urlopen(f"{self.site}/calls", timeout=30) as answer:  # noqa: S310  our own address
            return json.load(answer)

    def forget(self) -> None:
        with urllib.request.urlopen(f"{self.site}/forget", timeout=30):  # noqa: S310
            return


def end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()


@contextlib.contextmanager
def _stack(database: str) -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="hustings-bench-"))
    stack = Stack(folder, database)
    network = stack.start("-m", "publishing.bench.network", str(stack.port))
    try:
        stack.run("manage.py", "migrate", "-v", "0")
        yield stack
    finally:
        end([network])
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """A database of its own on PostgreSQL where one answers; else "" (SQLite in the bench's folder)."""
    import psycopg

    name = f"hustings_bench_{uuid.uuid4().hex[:12]}"
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.Error:
        yield ""
        return
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield POSTGRES.rsplit("/", 1)[0] + "/" + name
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

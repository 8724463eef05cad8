"""The whole of Hustings as real processes on free loopback ports, for journeys and fault tests.

Ends only what it started. On PostgreSQL it makes a database of its own and drops it again.
"""

from __future__ import annotations

import atexit
import functools
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.templates import beside, copy_postgres, drop, migrated_postgres, migrated_sqlite

ROOT = Path(__file__).resolve().parent.parent

# Small enough for a test and still true: a lease covers a call and the guard; look-ups wait for both.
SHORT_WAITS = {
    "PUBLISHING_LEASE_S": "6",
    "PUBLISHING_CALL_MAX_S": "3",
    "PUBLISHING_GUARD_S": "1",
    "PUBLISHING_SETTLE_S": "0.5",
    "PUBLISHING_ABSENT_GAP_S": "1",
    # A stack publishes more in a minute than one account may: its budget is another test's business.
    "PUBLISHING_BUDGET_FACTOR": "1000",
    "PUBLISHING_RETRY_EVERY_S": "0.05",
    "PUBLISHING_BREAKER_S": "1",
    "PUBLISHING_CATCH_UP_S": "0.1",
    # Numbers and conversations at their usual pace: asked for every second, they take the processor from what is tested.
    "METRICS_PACE": "1",
}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(probe, *, seconds: float = 30, every: float = 0.1, what: str = "it"):
    """The first true answer of ``probe``; AssertionError with its last answer when none comes in time."""
    deadline, answer = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError(f"{what} did not happen within {seconds} s; last seen: {answer!r}")


class Inside:
    """A process with Django in it that runs functions of ``tests.inside``, one at a time."""

    def __init__(self, env: dict[str, str], log: Path):
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.inside"],
                cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True,
            )  # fmt: skip
        self.lock = threading.Lock()

    def call(self, name: str, **arguments: Any) -> Any:
        with self.lock:
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(json.dumps({"call": name, "with": arguments}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        answer = json.loads(line or '{"error": "the process inside has ended"}')
        if "error" in answer:
            raise AssertionError(f"{name}: {answer['error']}")
        return answer["answer"]

    def stop(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:  # a busy machine: web and worker are to be ended all the same
            self.process.kill()
            self.process.wait(5)
        self.process.stdout.close()


class Stack:
    """``folder`` is VAR. ``extra`` goes into every process's environment."""

    def __init__(self, folder: Path, database_url: str = "", broker_url: str = "", **extra: str):
        self.folder = folder
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.site = f"http://127.0.0.1:{self.web_port}"
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "BROKER_URL", "VAR"}}
        self.env |= {
            "VAR": str(folder),
            "PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "HUSTINGS_SANDBOX_URL": self.sandbox,
            "METRICS_PACE": "300",
            "PYTHONUNBUFFERED": "1",
            **({"DATABASE_URL": database_url} if database_url else {}),
            **({"BROKER_URL": broker_url} if broker_url else {}),
            **extra,
        }
        self.children: dict[str, subprocess.Popen] = {}
        self.marks: dict[str, int] = {}  # how long a worker's log was when it was started last
        self.insides: list[Inside] = []
        self.files: http.server.ThreadingHTTPServer | None = None

    @property
    def database_url(self) -> str:
        return self.env.get("DATABASE_URL", "")

    @property
    def database_file(self) -> Path:
        return self.folder / "hustings.sqlite3"

    def manage(self, *arguments: str, seconds: float = 400) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def shell(self, code: str) -> str:
        """Run Python inside the application, without starting it anew; what it prints comes back."""
        return self.call("shell", code=code)

    def inside(self, **env: str) -> Inside:
        """One more process for :meth:`call`, with changes to its environment."""
        made = Inside({**self.env, **env}, self.folder / "inside.log")
        self.insides.append(made)
        return made

    @functools.cached_property
    def _inside(self) -> Inside:
        return self.inside()

    def call(self, name: str, **arguments: Any) -> Any:
        """Run a function of ``tests.inside`` in the application."""
        return self._inside.call(name, **arguments)

    # Processes --------------------------------------------------------------------------------------------------
    def start(self, name: str, *arguments: str, **env: str) -> subprocess.Popen:
        log = (self.folder / f"{name}.log").open("ab")
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.env, **env},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.children[name] = child
        return child

    def start_sandbox(self, pace: str = "demo") -> None:
        state = str(self.folder / "sandbox")
        self.start(
            "sandbox", "-m", "sandbox", "--port", str(self.sandbox_port), "--state", state, "--pace", pace
        )
        until(lambda: answers(self.sandbox), what="the sandbox")

    def start_web(self) -> None:
        self.start(
            "web", "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{self.web_port}",
            "--worker-class", "gthread", "--threads", "8", "--timeout", "120",
        )  # fmt: skip
        until(lambda: answers(f"{self.site}/health/live"), what="the web process")

    def serve_files(self) -> None:
        """In the web process's place: only the media files, for networks that fetch them."""
        root = self.folder / "media"

        class Files(http.server.SimpleHTTPRequestHandler):
            def translate_path(self, path: str) -> str:
                return str(root / path.removeprefix("/files/"))

            def log_message(self, *_: object) -> None:
                pass

        self.files = http.server.ThreadingHTTPServer(("127.0.0.1", self.web_port), Files)
        threading.Thread(target=self.files.serve_forever, daemon=True).start()

    def start_worker(self, name: str = "worker", **env: str) -> subprocess.Popen:
        self.marks[name] = len(self.log(name, 10**7))
        return self.start(name, "manage.py", "run_worker", **env)

    def await_worker(self, name: str = "worker", seconds: float = 60) -> None:
        """Until it works: Celery says so once its pool and our ticker run."""
        until(lambda: "ready." in self.log_of_run(name), seconds=seconds, what=f"{name} being ready")

    def log_of_run(self, name: str) -> str:
        """What a worker has said since it was started last."""
        return self.log(name, 10**7)[self.marks.get(name, 0) :]

    def signal(self, name: str, number: int) -> None:
        os.killpg(self.children[name].pid, number)

    def freeze(self, name: str) -> None:
        self.signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.signal(name, signal.SIGCONT)

    def kill(self, name: str) -> None:
        """-9 to the whole process group: nothing gets to tidy up."""
        child = self.children.pop(name)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)

    def stop(self) -> None:
        for inside in self.insides:
            inside.stop()
        self.insides.clear()
        self.__dict__.pop("_inside", None)
        for child in self.children.values():
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                os.killpg(child.pid, signal.SIGCONT)  # a frozen one hears nothing before
        for child in self.children.values():
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait(5)
        self.children.clear()
        if self.files:
            self.files.shutdown()
            self.files.server_close()

    def log(self, name: str, tail: int = 4000) -> str:
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace")[-tail:] if file.exists() else ""

    # The sandbox networks ---------------------------------------------------------------------------------------
    def ledger(self, network: str = "") -> list[dict]:
        """What the sandbox networks have made public, oldest first."""
        rows = self.ask("GET", "/_sandbox/ledger")
        return [r for r in rows if not network or r["network"] == network]

    def fault(self, network: str, match: str, fault: str, times: int = 1, **more: float) -> None:
        """``more``: skip, seconds."""
        asked = {"network": network, "match": match, "fault": fault, "times": times, **more}
        self.ask("POST", "/_sandbox/faults", asked)

    def ask(self, method: str, path: str, body: object = None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.sandbox + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


# Databases ------------------------------------------------------------------------------------------------------
@functools.cache
def migrated(url: str) -> str:
    """A migrated, empty database to copy from, made once per run: a file's path, or a database's name beside ``url``."""
    return migrated_postgres(url) if url else str(migrated_sqlite())


@functools.cache
def sampled(url: str, *arguments: str) -> tuple[str, Path]:
    """As :func:`migrated`, with what ``load_sample`` makes, and the folder with its files."""
    folder = Path(tempfile.mkdtemp(prefix="hustings-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    name = _copy(url, migrated(url), folder)
    if url:
        atexit.register(drop, url, name)
    Stack(folder, beside(url, name) if url else "").manage("load_sample", *arguments)
    return name, folder / "media"


def _copy(url: str, template: str, folder: Path) -> str:
    """A database of one's own like the template: its file in ``folder``, or its name beside ``url``."""
    if not url:
        folder.mkdir(parents=True, exist_ok=True)
        return str(shutil.copy(template, folder / "hustings.sqlite3"))
    name = f"hustings_{uuid.uuid4().hex[:12]}"
    copy_postgres(url, template, name)
    return name


@contextmanager
def own_database(url: str, folder: Path, sample: tuple[str, ...] = ()):
    """The address of a migrated database of one's own beside the given PostgreSQL one; '' stays '' (SQLite in VAR).

    ``sample`` is how ``load_sample`` is called before, once per run; its files are copied into the folder too.
    """
    template = migrated(url)
    if sample:
        template, files = sampled(url, *sample)
        shutil.copytree(files, folder / "media", dirs_exist_ok=True)
    name = _copy(url, template, folder)
    try:
        yield beside(url, name) if url else ""
    finally:
        if url:
            drop(url, name)


@contextmanager
def running(
    folder: Path,
    *,
    worker: bool = True,
    web: bool = True,
    sample: tuple[str, ...] = (),
    pace: str = "demo",
    database_url: str | None = None,
    **extra: str,
):
    """A migrated Hustings with sandbox (and web, worker), on the database and broker of the environment.

    ``sample`` is how ``load_sample`` is called before. ``database_url`` puts another PostgreSQL in that one's place.
    """
    url = os.environ.get("DATABASE_URL", "") if database_url is None else database_url
    with own_database(url, folder, sample) as database:
        stack = Stack(folder, database, os.environ.get("BROKER_URL", ""), **extra)
        try:
            stack.start_sandbox(pace)
            if web:
                stack.start_web()
            else:
                stack.serve_files()
            if worker:
                stack.start_worker()
            yield stack
        except BaseException:
            for name in ("web", "worker", "sandbox", "inside"):
                print(f"--- {name} ---\n{stack.log(name)}")
            raise
        finally:
            stack.stop()

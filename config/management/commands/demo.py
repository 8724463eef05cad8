"""``make demo``: web, worker and sandbox networks on this machine, with a sample campaign, until Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

import config
from channels import keys
from channels.connectors.registry import CONNECTORS
from config import sample

READY_S = 60
STOP_S = 25
SIGN_INS = (
    ("creator", "chris"),
    ("manager", "mona"),
    ("community manager", "cody"),
    ("analyst", "ana"),
    ("administrator", "admin"),
)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def handle(self, *args, **options):
        if settings.PRODUCTION:
            raise CommandError(
                "The demo shows its passwords on screen; it does not run with HUSTINGS_ENV=production."
            )
        for name, port in (("PORT", settings.PORT), ("SANDBOX_PORT", settings.SANDBOX_PORT)):
            refuse_taken_port(name, port)
        if not settings.SANDBOX_URL:
            # Settings are read once at the start, so start again with the sandbox in the place of the networks.
            os.environ |= {
                "HUSTINGS_SANDBOX_URL": f"http://127.0.0.1:{settings.SANDBOX_PORT}",
                "METRICS_PACE": os.environ.get("METRICS_PACE", "30"),
                "LOG_LEVEL": "WARNING",  # of what stands on screen; the processes' own logs say more
            }
            os.execv(sys.executable, [sys.executable, *sys.argv])
        Demo(self.stdout).run()


def refuse_taken_port(name: str, port: int) -> None:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError as taken:
            raise CommandError(
                f"Port {port} is already in use. Stop what runs there, or choose another: make demo {name}={port + 10}"
            ) from taken


class Demo:
    """The processes of a demo, and what is said on screen. Ends only what it started."""

    def __init__(self, out):
        self.out = out
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.logs = settings.VAR / "logs"
        self.stopping = threading.Event()

    def say(self, line: str = "") -> None:
        self.out.write(line)
        self.out.flush()

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self.start()
            for line in self.narrate():
                self.say(line)
        finally:
            self.stop()

    def start(self) -> None:
        self.say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        self.child(
            "sandbox",
            "-m",
            "sandbox",
            "--port",
            str(settings.SANDBOX_PORT),
            "--state",
            str(settings.VAR / "sandbox"),
        )
        self.wait_for(f"http://127.0.0.1:{settings.SANDBOX_PORT}/", "sandbox")
        self.child(
            "web", "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{settings.PORT}",
            "--worker-class", "gthread", "--workers", "1", "--threads", "12", "--timeout", "120",
        )  # fmt: skip
        self.wait_for(f"http://127.0.0.1:{settings.PORT}/health/live", "web")
        if not sample.LOADED.exists():
            self.say(
                "Loading the sample campaign: pictures, a short video, stories and variants (about a minute) …"
            )
            call_command("load_sample", stdout=self.out)
        if not self.stopping.is_set():
            self.callbacks()
            self.people()
            self.child("worker", "manage.py", "run_worker")
            self.welcome()

    def people(self) -> None:
        """On the sandbox networks people begin to talk, about one message a minute."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{settings.SANDBOX_PORT}/_sandbox/stream",
            json.dumps({"per_hour": 60, "seed": "demo"}).encode(),
            {"Content-Type": "application/json"},
        )
        with contextlib.suppress(OSError):
            urllib.request.urlopen(asked, timeout=5).close()  # noqa: S310  our own sandbox

    def callbacks(self) -> None:
        """The sandbox networks tell us what people say, as the networks themselves would."""
        for connector in CONNECTORS:
            name = connector.platform
            if connector.webhook is not None:
                url = f"http://127.0.0.1:{settings.PORT}/hooks/{name}/"
                sent = {"network": name, "url": url, "token": keys.webhook_token(name)}
                asked = urllib.request.Request(
                    f"http://127.0.0.1:{settings.SANDBOX_PORT}/_sandbox/callbacks",
                    json.dumps(sent).encode(),
                    {"Content-Type": "application/json"},
                )
                try:
                    with urllib.request.urlopen(asked, timeout=10):  # noqa: S310
                        pass
                except OSError as problem:
                    self.say(f"  {connector.label} will not call us: {problem}")

    def welcome(self) -> None:
        site = f"http://127.0.0.1:{settings.PORT}"
        self.say()
        self.say(f"  Hustings is running:  {site}/admin/")
        self.say(f"  The public pages:     {site}/")
        self.say(f"  The sandbox networks: http://127.0.0.1:{settings.SANDBOX_PORT}/")
        self.say()
        self.say("  Sign in as            user name    password")
        for who, user in SIGN_INS:
            self.say(f"    {who:<20}{user:<13}river-demo")
        self.say()
        self.say(
            "  Two variants become due within two minutes: watch them here, in the sandbox feeds and in the report."
        )
        self.say("  Ctrl-C stops everything; the data stays. “make demo-reset” starts anew.")
        self.say()

    def narrate(self) -> Iterator[str]:
        """What happens from now on, a plain line each, until asked to stop or a process ends by itself."""
        from publishing.narrate import since

        last = None
        while not self.stopping.wait(0.7):
            for name, child in self.children.items():
                if child.poll() is not None:
                    raise CommandError(
                        f"{name} has stopped by itself. Its last words are in {self.logs / name}.log"
                    )
            lines, last = since(last)
            yield from lines

    def child(self, name: str, *arguments: str) -> None:
        log = (self.logs / f"{name}.log").open("ab")
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "INFO"}
        self.children[name] = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=config.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()

    def wait_for(self, address: str, name: str) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and not self.stopping.is_set():
            if self.children[name].poll() is not None:
                break
            try:
                with urllib.request.urlopen(address, timeout=2):  # noqa: S310  our own address
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.2)
        if not self.stopping.is_set():
            tail = Path(self.logs / f"{name}.log").read_text(errors="replace")[-2000:]
            raise CommandError(f"{name} did not start. Its last words:\n{tail}")

    def stop(self) -> None:
        """TERM to each process group, the worker first so that a call in flight can finish; KILL what stays."""
        if not self.children:
            return
        self.say("\nStopping …")
        for name in ("worker", "web", "sandbox"):
            if (child := self.children.get(name)) and child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        self.say("Stopped. “make demo” starts again where you left off.")

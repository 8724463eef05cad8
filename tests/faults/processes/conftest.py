"""One Hustings per module of tests: database, sandbox, accounts on all three networks; each test brings its workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.processes.texts import thread
from tests.stack import SHORT_WAITS, Stack, running, until

SETTLED = ("published", "failed", "attention", "cancelled")


class Town:
    """A stack, a campaign with channels in it, and what tests ask about them."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.call = stack.call
        self.at = stack.call("prepare", platforms=["x", "facebook", "instagram"])
        self.name = ""
        # Sandbox limits are for what people do in a quarter of an hour, not for a module of tests.
        stack.ask("POST", "/_sandbox/settings", {"limit x POST /2/tweets": 5000, "instagram quota": 5000})

    def thread(self, name: str, count: int = 1) -> list[str]:
        return thread(f"{self.name} {name}", count)

    def approve(self, name: str, count: int = 1, **more: Any) -> str:
        """A publication whose texts are :meth:`thread`; see ``tests.inside.approve``."""
        return self.call("approve", town=self.at, texts=self.thread(name, count), **more)

    def texts(self, name: str, network: str = "x") -> list[str]:
        return [r["text"] for r in self.stack.ledger(network) if r["text"].startswith(f"{self.name} {name},")]

    def state(self, pk: str) -> dict:
        return self.call("states", pks=[pk])[pk]

    def run(self, pk: str, failpoints: str = "") -> str:
        """Run one publication in a process of its own until that ends (or is stopped); how it ended."""
        return self.call("became", child=self.call("run_apart", pk=pk, failpoints=failpoints))

    def settle(self, *pks: str, seconds: float = 60) -> list[tuple[str, str]]:
        """(state, reason) of each once none of them goes on by itself."""

        def done() -> list[tuple[str, str]] | None:
            found = self.call("states", pks=list(pks))
            if all(found[pk]["state"] in SETTLED for pk in pks):
                return [(found[pk]["state"], found[pk]["reason"]) for pk in pks]
            return None

        try:
            return until(done, seconds=seconds, every=0.2, what="coming to rest")
        except AssertionError as error:
            lines = [f"{pk}: {row}" for pk, row in self.call("states", pks=list(pks)).items()]
            raise AssertionError("\n".join([str(error), *lines])) from None

    def published(self, *pks: str, seconds: float = 60) -> None:
        """All of them come to rest as published."""
        ends = self.settle(*pks, seconds=seconds)
        wrong = [pk for pk, (state, _) in zip(pks, ends, strict=True) if state != "published"]
        found = {
            pk: (self.state(pk), self.call("attempts", pk=pk), self.call("story", pk=pk)) for pk in wrong
        }
        assert not wrong, found

    def check(self) -> None:
        """The networks' ledger and the database tell the same story, and nothing is open."""
        assert self.call("history", ledger=self.stack.ledger()) == []

    def worker(self, name: str = "worker", **env: str) -> None:
        self.stack.start_worker(name, **env)
        self.stack.await_worker(name)


@pytest.fixture(scope="module")
def waits():
    """Settings of the module's processes; a module may put its own in this one's place."""
    return SHORT_WAITS


@pytest.fixture(scope="module")
def whole_town(tmp_path_factory, waits):
    with running(tmp_path_factory.mktemp("town"), web=False, worker=False, pace="test", **waits) as stack:
        yield Town(stack)


@pytest.fixture
def town(whole_town, request):
    """The module's town, without any worker but those that the test starts."""
    whole_town.name = request.node.name
    try:
        yield whole_town
    finally:
        stack = whole_town.stack
        stack.ask("DELETE", "/_sandbox/faults")
        for name in [n for n in stack.children if n != "sandbox"]:
            print(f"--- {name} ---\n{stack.log(name)}")  # pytest shows it when the test failed
            stack.kill(name)


@pytest.fixture
def faketime(tmp_path):
    """The environment of a process whose wall clock is off by so many seconds; calling it again moves it."""
    libfaketime = pytest.importorskip("libfaketime")
    library = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
    setting = tmp_path / "clock"
    probe = [sys.executable, "-c", "import time; print(time.time())"]
    env = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    setting.write_text("+3600")
    told = subprocess.run(
        probe, env={**os.environ, **env}, capture_output=True, text=True, check=False
    ).stdout
    if not told or float(told) < time.time() + 3000:
        pytest.skip("libfaketime does not work on this system")

    def turn(seconds: float) -> dict[str, str]:
        setting.write_text(f"{seconds:+}")
        return env

    return turn


@pytest.fixture
def patience():
    """Sleep for a wait of the settings: its name in, a little longer than it out."""

    def wait(*names: str, more: float = 0.3) -> None:
        time.sleep(sum(float(SHORT_WAITS[f"PUBLISHING_{name}"]) for name in names) + more)

    return wait

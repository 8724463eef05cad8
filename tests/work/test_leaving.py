"""Real processes: a worker that is told to stop leaves in time; one that the broker no longer reaches ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.stack import ROOT, running, until

LEAVE = """
import os, time
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
from work import hold, leave
leave._goodbye = lambda: None
leave.begin(within_s=0.5, status={status})
leave.begin(within_s=60)
while True:
    time.sleep(0.05)
    assert not hold.why() or "stopped" in hold.why()
"""


@pytest.mark.e2e
@pytest.mark.parametrize("status", [0, 70])
def test_a_process_that_hangs_ends_in_time_with_its_status(status, tmp_path):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LEAVE.format(status=status)],
        cwd=ROOT,
        env={**os.environ, "VAR": str(tmp_path)},
        timeout=120,
        check=False,
    )
    assert done.returncode == status
    assert time.monotonic() - began < 100


@pytest.mark.e2e
def test_worker_leaves_when_told_and_ends_with_a_status_when_deaf(tmp_path):
    """The consumer is cut off from its queue; nudges go on being published, and rows are run all the same."""
    with running(tmp_path, web=False, worker=False) as stack:
        code = (
            "import sys; from work import listening; listening.SILENT_S = 3.0; "
            "from work import tasks, ticker; "
            "listening.nudges.heard = lambda: None; "
            "ticker.UNCLAIMED_S = 0.5; ticker.is_busy = lambda: False; "
            "from work.worker import run_one; import work.worker; "
            "tasks.worker = type('Deaf', (), {'run_one': staticmethod(lambda *a: False)}); "
            "from django.core.management import call_command; call_command('run_worker')"
        )
        deaf = stack.start(
            "deaf",
            "-c",
            f"import os; os.environ['DJANGO_SETTINGS_MODULE']='config.settings'; import django; django.setup(); {code}",
        )
        assert deaf.wait(120) == 70
        assert "ending, to be started again" in stack.log("deaf", 50_000)

        stack.start_worker()
        until(lambda: "ready." in stack.log("worker", 50_000), seconds=120, what="the worker")
        worker = stack.children["worker"]
        os.killpg(worker.pid, signal.SIGTERM)
        began = time.monotonic()
        assert worker.wait(60) == 0
        assert time.monotonic() - began < 30

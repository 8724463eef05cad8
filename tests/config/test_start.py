"""Starting under bad conditions: a clear line that says what to do, and nothing half started."""

import os
import socket
import subprocess
import sys

import pytest

from tests.stack import ROOT

pytestmark = pytest.mark.e2e


def manage(*arguments, **environment):
    env = {k: v for k, v in os.environ.items() if k not in {"SECRET_KEY", "HUSTINGS_KEYS", "HUSTINGS_ENV"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**env, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "HUSTINGS_KEYS"])
def test_production_makes_no_secret_up(tmp_path, missing):
    given = {"SECRET_KEY": "s" * 50, "HUSTINGS_KEYS": "k" * 44}
    del given[missing]

    done = manage("check", VAR=str(tmp_path), HUSTINGS_ENV="production", **given)

    assert done.returncode != 0
    assert f"{missing} (or {missing}_FILE) is not set" in done.stderr
    assert not (tmp_path / "keys").exists()


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    code = "from django.conf import settings; print(settings.SECRET_KEY)"

    done = manage("shell", "-v", "0", "-c", code, VAR=str(tmp_path), SECRET_KEY_FILE=str(tmp_path / "secret"))

    assert done.stdout.strip() == "from a file"


def test_keys_that_the_demo_makes_are_kept_and_closed_to_others(tmp_path):
    first = manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings; print(settings.SECRET_KEY)",
        VAR=str(tmp_path),
    )
    again = manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings; print(settings.SECRET_KEY)",
        VAR=str(tmp_path),
    )

    assert first.stdout == again.stdout != ""
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_named_with_a_way_out(tmp_path, name):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        done = manage("demo", VAR=str(tmp_path), **{name: port})

    assert done.returncode != 0
    assert f"Port {port} is already in use" in done.stderr
    assert f"make demo {name}=" in done.stderr
    assert not (tmp_path / "hustings.sqlite3").exists()


def test_the_demo_does_not_run_in_production(tmp_path):
    given = {"SECRET_KEY": "s" * 50, "HUSTINGS_KEYS": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="}

    done = manage("demo", VAR=str(tmp_path), HUSTINGS_ENV="production", **given)

    assert done.returncode != 0
    assert "does not run with HUSTINGS_ENV=production" in done.stderr


def test_the_locks_hold_no_addresses():
    done = subprocess.run(
        [sys.executable, "scripts/check_locks.py"], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stdout

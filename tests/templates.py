"""Migrated, empty databases to copy from: half a minute of migrations is paid once, not by every process that tests.

``python -m tests.templates make postgresql://…`` makes one on PostgreSQL and prints its address, which the processes of a
run find in POSTGRES_TEMPLATE; ``drop`` with that address removes it.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = 4


def _migrate(var: str, **database: str) -> None:
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "BROKER_URL"}}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=env | {"VAR": var, **database}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


# PostgreSQL -----------------------------------------------------------------------------------------------------
def migrated_postgres(url: str) -> str:
    """The name of a database beside ``url``. Made, and dropped at the end, where this run has none on that server."""
    shared = os.environ.get("POSTGRES_TEMPLATE", "")
    if shared and shared == beside(url, shared.rsplit("/", 1)[-1]):
        return shared.rsplit("/", 1)[-1]
    name = make_postgres(url)
    atexit.register(drop, url, name)
    return name


def make_postgres(url: str) -> str:
    name = f"hustings_template_{uuid.uuid4().hex[:12]}"
    execute(url, f'CREATE DATABASE "{name}"')
    with tempfile.TemporaryDirectory(prefix="hustings-template-") as folder:
        _migrate(folder, DATABASE_URL=beside(url, name))
    return name


def copy_postgres(url: str, template: str, name: str) -> None:
    execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def execute(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def drop(url: str, name: str) -> None:
    import psycopg

    try:
        execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    except psycopg.OperationalError:
        print(f"the test database {name} could not be dropped", file=sys.stderr)


def beside(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + name


# SQLite ---------------------------------------------------------------------------------------------------------
def migrated_sqlite() -> Path:
    """The file, made when there is none for exactly these migrations and packages. Never open it: copy it.

    Safe to call from several processes; it lies in a cache outside the checkout (HUSTINGS_CACHE moves it).
    """
    file = _folder() / f"{_digest()}.sqlite3"
    file.parent.mkdir(parents=True, exist_ok=True)
    with (file.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _make(file)
            for old in sorted(file.parent.glob("*.sqlite3"), key=lambda p: -p.stat().st_mtime)[KEPT:]:
                old.unlink()
    return file


def _make(file: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hustings-template-", dir=file.parent) as folder:
        _migrate(folder)
        made = Path(folder) / "hustings.sqlite3"
        assert not made.with_name(made.name + "-wal").exists()  # all of it is in the one file
        made.rename(file)


def _folder() -> Path:
    base = os.environ.get("HUSTINGS_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "hustings" / "databases"


def _digest() -> str:
    """Of all that a migrated database depends on: migrations, the packages that bring their own, and models.

    Models count because permissions and content types are made from them after each migration.
    """
    files = [*ROOT.glob("*/migrations/*.py"), ROOT / "requirements-dev.lock"]
    files += [*ROOT.glob("calendar/*/migrations/*.py"), ROOT / "config" / "settings.py"]
    files += [*ROOT.glob("*/models.py"), *ROOT.glob("*/models/*.py"), *ROOT.glob("calendar/*/models*.py")]
    total = hashlib.sha256(sys.version.encode())
    for file in sorted(files):
        total.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:20]


if __name__ == "__main__":
    what, address = sys.argv[1:]
    if what == "make":
        print(beside(address, make_postgres(address)))
    else:
        server, _, made = address.rpartition("/")
        drop(f"{server}/postgres", made)

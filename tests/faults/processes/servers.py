"""Database and broker servers of one's own, on free ports of loopback, to be killed and restarted at will."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.stack import free_port, until


def listens(port: int) -> bool:
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def _postgres_bin() -> Path | None:
    places = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: float(p.split("/")[4]))
    if places:
        return Path(places[-1])
    found = shutil.which("pg_ctl")
    return Path(os.path.realpath(found)).parent if found else None


POSTGRES_BIN = _postgres_bin()
REDIS_SERVER = shutil.which("redis-server") or shutil.which("valkey-server")


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then its processes belong to somebody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("there is neither a user postgres nor nobody")


class OwnPostgres:
    """A cluster that is fast and forgets at a power cut, but not when its processes are killed."""

    def __init__(self) -> None:
        assert POSTGRES_BIN, "PostgreSQL's programs (initdb, pg_ctl) are not on this machine"
        self.bin, self.port, self.runs_as = POSTGRES_BIN, free_port(), _unprivileged()
        self.home = Path(tempfile.mkdtemp(prefix="hustings-pg-"))
        if self.runs_as:
            os.chown(self.home, self.runs_as["user"], self.runs_as["group"])
        self.data = self.home / "data"
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._do(
            "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "--no-instructions",
            "-E",
            "UTF8",
        )
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.home}'\n"
                "fsync = off\nfull_page_writes = off\nmax_connections = 120\nshared_buffers = 32MB\nssl = off\n"
            )
        self.start()

    def _do(self, program: str, *arguments: object) -> None:
        command = [str(self.bin / program), *map(str, arguments)]
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, cwd=self.home, env=env, capture_output=True, text=True, check=False, **self.runs_as
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self) -> None:
        self._do("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is a crash: connections break, the log is replayed at the start."""
        self._do("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "60", "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def copy(self, source: str, copy: str) -> None:
        """A database as it is now under another name; everybody is thrown out of the source for a moment."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{source}" ALLOW_CONNECTIONS false')
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [source]
            )
            connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{source}"')
            connection.execute(f'ALTER DATABASE "{source}" ALLOW_CONNECTIONS true')

    def end(self) -> None:
        if listens(self.port):
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


class OwnRedis:
    """Keeps nothing: whenever it is started it is empty."""

    def __init__(self) -> None:
        assert REDIS_SERVER, "redis-server is not on this machine"
        self.port, self.process = free_port(), None
        self.home = Path(tempfile.mkdtemp(prefix="hustings-redis-"))
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = [str(REDIS_SERVER), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self.home), "--maxmemory-policy", "noeviction"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: listens(self.port), what="the Redis of our own")

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def client(self) -> Any:
        import redis

        return redis.Redis(port=self.port)

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

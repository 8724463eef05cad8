"""The real Bluesky server as a context: started on free ports of loopback, ended with the test process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real import install

STARTS_S = 90


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a PDS with an empty state and its directory of accounts; gives their addresses. Raises NotInstalled."""
    if not install.is_there():
        raise install.NotInstalled("The Bluesky server is not installed: python -m tests.real.install")
    script = install.folder() / "pds.mjs"  # beside its packages, or Node does not find them
    shutil.copy(install.HERE / "pds.mjs", script)
    env = os.environ | {"PDS_DATA": str(folder), "LOG_ENABLED": "false", "STOP_WITH_STDIN": "1"}
    server = subprocess.Popen(
        [str(install.node()), str(script), str(_free_port()), str(_free_port())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr.txt").open("w"),
        env=env,
        text=True,
    )
    late = threading.Timer(STARTS_S, server.kill)
    late.start()
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        late.cancel()
        if not line.startswith("{"):
            words = (folder / "stderr.txt").read_text()[-3000:]
            raise RuntimeError(f"The Bluesky server did not start: {line}{words}")
        told = json.loads(line)
        yield str(told["pds"]), str(told["plc"])
    finally:
        late.cancel()
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)

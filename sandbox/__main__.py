"""python -m sandbox --port 8001 --state var/sandbox [--pace demo|real]"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path

from sandbox import calling, server
from sandbox.box import PACES
from sandbox.networks.registry import NETWORKS


def main() -> int:
    parser = argparse.ArgumentParser(
        "python -m sandbox", description="Stand-in networks on this machine: X, Facebook Pages, Instagram."
    )
    parser.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT", "8001")))
    parser.add_argument("--host", default="127.0.0.1", help="only change this inside a container")
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(os.environ.get("VAR", "var")) / "sandbox",
        help="folder of the state",
    )
    parser.add_argument(
        "--pace",
        choices=sorted(PACES),
        default="demo",
        help="demo: a day in the life of a post takes a minute",
    )
    parser.add_argument(
        "--fetch-host", action="append", default=[], help="a further host from which media may be fetched"
    )
    given = parser.parse_args()
    try:
        socket.create_server((given.host, given.port)).close()  # the server's own complaint is less clear
    except OSError as problem:
        why = f"The sandbox cannot use port {given.port}: {os.strerror(problem.errno or 0)}."
        return complain(f"{why} Choose another with --port or SANDBOX_PORT.")
    try:
        running = server.make(
            given.state, host=given.host, port=given.port, pace=given.pace, fetch_hosts=given.fetch_host
        )
    except (OSError, sqlite3.Error) as problem:
        return complain(
            f"The sandbox cannot keep its state in {given.state}: {problem}. Choose another with --state."
        )
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    calling.start(running.app, NETWORKS.values())  # type: ignore[arg-type]
    print(f"Sandbox networks (X, Facebook, Instagram) at http://{given.host}:{given.port}/", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        running.serve_forever()
    running.server_close()
    return 0


def complain(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

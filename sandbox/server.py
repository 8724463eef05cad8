"""The sandbox as a running process: a threaded server on loopback."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.box import utc_now


class Quiet(WSGIRequestHandler):
    """Says nothing about single requests (the control page shows them) nor about connections cut on purpose."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        self.close_connection = True  # what is left of the request must not be read as a next one

    def make_environ(self) -> dict[str, object]:
        """Let Meta's upload headers through: werkzeug drops names with an underscore."""
        environ = super().make_environ()
        for name in ("file_size", "file_url"):
            if value := self.headers.get(name):
                environ[f"HTTP_{name.upper()}"] = value
        return environ


def make(
    state: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    pace: str = "demo",
    fetch_hosts: Iterable[str] = (),
    now: Callable[[], datetime] = utc_now,
) -> BaseWSGIServer:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app(state, pace=pace, fetch_hosts=fetch_hosts, now=now)
    server = make_server(host, port, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server


@contextmanager
def in_thread(server: BaseWSGIServer) -> Iterator[str]:
    """Serve beside the caller and give the address; stops at the end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

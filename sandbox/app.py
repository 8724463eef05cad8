"""The sandbox as a web application: all networks under one address, plus its own control page.

/<network>/…   the wire of each network, and /<network>/feed/<name> as a page
/                                 control page         /_sandbox/…  the same for programs
/file/<sha256>                    an uploaded file
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from flask import Flask, Response, abort, g, request, send_file

from sandbox import control, faults, files, pages, stream
from sandbox.box import PACES, Box, Refused, box, utc_now
from sandbox.networks.registry import NETWORKS
from sandbox.store import Store, insert, stamp

KEPT_CALLS = 500
MAX_REQUEST = 600 * 2**20
SECRET_IN_URL = re.compile(
    r"((?:access_token|input_token|client_secret|fb_exchange_token|appsecret_proof|code)=)[^&]+"
)
CONTENT_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'self' http://127.0.0.1:* http://localhost:*"  # consent goes back to the app, wherever it listens
)


def create_app(
    state: Path | str,
    *,
    pace: str = "demo",
    now: Callable[[], datetime] = utc_now,
    fetch_hosts: Iterable[str] = (),
) -> Flask:
    """Build the sandbox over a state folder. `now` lets tests choose the time; `fetch_hosts` are further hosts
    from which media may be fetched besides this machine."""
    app = Flask("sandbox", root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    state_box = Box(Store(Path(state)), PACES[pace], now)
    state_box.fetch_hosts |= frozenset(fetch_hosts)
    app.extensions["sandbox"] = state_box
    with state_box.store.tx() as db:
        for network in NETWORKS.values():
            network.seed(db, now())

    app.before_request(stream.flow)
    app.after_request(
        _write_down
    )  # registered first, so it runs last and sees what the fault made of the answer
    app.teardown_request(lambda problem: request.close())
    faults.install(app, {name: network.refusal for name, network in NETWORKS.items()})
    app.register_blueprint(control.bp)
    app.register_blueprint(pages.bp)
    pages.install(app, NETWORKS)
    for network in NETWORKS.values():
        app.register_blueprint(network.blueprint)
    app.register_error_handler(Refused, lambda refused: refused.response)
    app.add_url_rule("/file/<sha256>", view_func=uploaded_file)
    app.add_url_rule("/favicon.ico", view_func=lambda: Response(status=204), endpoint="favicon")
    return app


def uploaded_file(sha256: str) -> Response:
    path = box().store.path(sha256)
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not path.exists():
        abort(404)
    response = send_file(path, mimetype=files.mime_of(path), conditional=True, max_age=86_400, etag=sha256)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _write_down(response: Response) -> Response:
    """Keep the last calls for the control page; tokens in addresses are blotted out."""
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["Cache-Control"] = "no-store"
    if g.get("network") is None:
        return response
    path = g.wire_path + (f"?{request.query_string.decode(errors='replace')}" if request.query_string else "")
    fault = g.fault["fault"] if g.get("fault") else ""
    cut = request.environ.get("sandbox.cut")
    with box().store.tx() as db:
        insert(
            db,
            "call",
            at=stamp(box().now()),
            network=g.network,
            method=request.method,
            path=SECRET_IN_URL.sub(r"\1…", path)[:500],
            status=0 if cut else response.status_code,
            fault=fault,
        )
        db.execute("DELETE FROM call WHERE id <= (SELECT max(id) FROM call) - ?", (KEPT_CALLS,))
    return response

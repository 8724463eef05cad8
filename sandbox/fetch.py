"""Fetch a medium as Meta's servers would: one GET, no redirects, a limit of size and time.

Only from this machine (and hosts named at the start): a stand-in network must not become a way out of it.
"""

from __future__ import annotations

import http.client
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

AGENT = "facebookexternalhit/1.1 (sandbox)"
TIMEOUT_S = 20
CHUNK = 1 << 20


class NotFetched(Exception):
    """The medium could not be had; the message says why."""


def fetch(url: str, *, hosts: Iterable[str], limit: int, folder: Path) -> Path:
    """Return a temporary file in `folder` with the body; the caller removes it. Raises NotFetched."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotFetched("the address is not an http address")
    if not re.fullmatch(r"[\x21-\x7e]+", url):
        raise NotFetched("the address has characters other than plain ASCII")
    if parts.hostname not in hosts:
        raise NotFetched(f"the sandbox fetches from this machine only, not from {parts.hostname}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
    try:
        path = parts.path or "/"
        connection.request(
            "GET", f"{path}?{parts.query}" if parts.query else path, headers={"User-Agent": AGENT}
        )
        answer = connection.getresponse()
        if answer.status != 200:
            raise NotFetched(f"the address answered {answer.status}")
        return _keep(answer, limit, folder)
    except (OSError, http.client.HTTPException) as problem:
        raise NotFetched(f"the address could not be read: {problem or type(problem).__name__}") from problem
    finally:
        connection.close()


def _keep(answer: http.client.HTTPResponse, limit: int, folder: Path) -> Path:
    with tempfile.NamedTemporaryFile(dir=folder, prefix="fetch-", delete=False) as file:
        size = 0
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            size += len(chunk)
            if size > limit:
                break
    path = Path(file.name)
    if not size:
        path.unlink()
        raise NotFetched("the address answered with nothing")
    return path

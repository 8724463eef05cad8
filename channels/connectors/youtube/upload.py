"""Google's resumable uploads: a session whose address is kept, pieces that continue where the server says.

developers.google.com/youtube/v3/guides/using_resumable_upload_protocol, read in November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from channels.connectors.base import Context, Outcome, OutcomeKind, Refused
from channels.connectors.pieces import deadline_s, pieces
from channels.wire import Answer

PIECE_BYTES = 32 * 256 * 1024  # a multiple of 256 KiB, as every piece but the last has to be
GOES_ON = 308  # not a redirect: "Resume Incomplete"
GONE = frozenset({404, 410})
STANDSTILLS = 3  # so often the server may take a piece without getting any further


def begin(ctx: Context, url: str, about: Mapping[str, Any], *, mime: str, size: int, **params: Any) -> Answer:
    """Ask for a session. The address to send to is the answer's ``location`` header."""
    return ctx.wire.post(
        url,
        params={"uploadType": "resumable", **params},
        json=about,
        headers={"X-Upload-Content-Type": mime, "X-Upload-Content-Length": str(size)},
    )


def send(ctx: Context, session: str, path: Path, mime: str) -> Answer:
    """Send what the session does not have yet, and return the answer that ends it.

    It asks first how far the session has come, whoever sent that: so it may be called again after any crash, and
    a session that has everything answers with the finished resource.
    """
    size = path.stat().st_size
    answer = ctx.wire.put(session, content=b"", headers={"Content-Range": f"bytes */{size}"})
    have, stood = -1, 0
    while answer.status == GOES_ON:
        now = received(answer)
        stood = stood + 1 if now <= have else 0
        have = now
        if stood >= STANDSTILLS or have >= size:
            raise Refused(
                Outcome(
                    OutcomeKind.BUSY,
                    retry_after_s=10.0,
                    code="standstill",
                    message="The upload does not get any further just now.",
                )
            )
        end = min(have + PIECE_BYTES, size)
        (piece,) = pieces(path, [(have, end)], ctx.renew)
        told = f"bytes {have}-{end - 1}/{size}"
        head = {"Content-Range": told, "Content-Type": mime}
        answer = ctx.wire.put(session, content=piece, headers=head, total_s=deadline_s(len(piece)))
    return answer


def received(answer: Answer) -> int:
    """How many bytes a session has: ``Range: bytes=0-x``; none where the header is missing."""
    found = re.fullmatch(r"(?:bytes=)?0-(\d+)", answer.headers.get("range", "").strip())
    return int(found[1]) + 1 if found else 0

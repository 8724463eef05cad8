"""What TikTok calls to the app: that a video is out, may be seen by everybody, or failed, and that a person has taken the
permission away. It asks no address first.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sandbox.accounts import removed
from sandbox.box import CLIENT_ID, CLIENT_SECRET
from sandbox.calling import Body, Calls
from sandbox.networks.tiktok.videos import is_private, of
from sandbox.store import Db, Row, instant, rows

BY_THE_PERSON = 1  # developers.tiktok.com/doc/webhooks-events: "User disconnects from TikTok app"


def sign(body: bytes, now: datetime) -> dict[str, str]:
    """The time and the body, with the app's secret."""
    at = str(int(now.timestamp()))
    digest = hmac.new(CLIENT_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"TikTok-Signature": f"t={at},s={digest}"}


def happened(db: Db, now: datetime) -> Iterator[tuple[str, Callable[[], Body]]]:
    for post in rows(db, "SELECT * FROM post WHERE network='tiktok' ORDER BY made_at, id"):
        data = of(post)
        if data["reason"]:
            events = [("post.publish.failed", data["ready_at"])]
        else:
            events = [("post.publish.complete", data["ready_at"])]
            events += [] if is_private(post) else [("post.publish.publicly_available", data["shown_at"])]
        for event, at in events:
            if instant(at) <= now:
                key = f"{event} {data['publish_id']}"
                yield key, lambda post=post, event=event, at=at: _event(post, event, at)  # type: ignore[misc]
    for account, at in removed(db, "tiktok").items():
        key = f"authorization.removed {account} {at}"
        yield key, lambda account=account, at=at: _removed(account, at)  # type: ignore[misc]


def _event(post: Row, event: str, at: str) -> Body:
    data = of(post)
    content = {"publish_id": data["publish_id"], "publish_type": "DIRECT_PUBLISH"}
    if event.endswith("publicly_available"):
        content["post_id"] = post["id"]
    elif event.endswith("failed"):
        content["reason"] = data["reason"]
    return _body(event, at, post["account"], content)


def _removed(account: str, at: str) -> Body:
    return _body("authorization.removed", at, account, {"reason": BY_THE_PERSON})


def _body(event: str, at: str, account: str, content: dict[str, Any]) -> Body:
    return {
        "client_key": CLIENT_ID,
        "event": event,
        "create_time": int(instant(at).timestamp()),
        "user_openid": account,
        "content": json.dumps(content),
    }


CALLS = Calls(happened, sign, asks=False)

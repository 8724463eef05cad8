"""What a Mastodon server's refusals mean. Pure.

Its words are translated into the account's language, so the status decides and words only add; servers that speak
its API answer with other words, and what stands before them with HTML. Read at docs.joinmastodon.org/api/guidelines
and in the server's source on 2026-11-23.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from urllib.parse import urlsplit

from channels.connectors.base import Outcome, OutcomeKind
from channels.wire import Answer

K = OutcomeKind
RATE_WAIT_S = 300.0  # the length of the window in which calls are counted

# (status, fragment of the error in lower case or "") → meaning. The first match wins.
REFUSALS: tuple[tuple[int, str, OutcomeKind, str], ...] = (
    (401, "", K.AUTH, "{server} no longer accepts our key."),
    (
        403,
        "scope",
        K.PERMISSION,
        "{server} says that we were not given the permission for this. Reconnect the account and allow it.",
    ),
    (403, "disabled", K.PERMISSION, "{server} has disabled this account. Sign in there and see why."),
    (403, "suspended", K.PERMISSION, "{server} has suspended this account. Sign in there and see why."),
    (403, "confirm", K.PERMISSION, "The account's e-mail address is not confirmed yet at {server}."),
    (403, "pending", K.PERMISSION, "The account is still waiting for {server} to approve it."),
    (403, "", K.PERMISSION, "{server} does not let this account do that. Sign in there and see why."),
    (404, "", K.CONTENT, "{server} does not know (any more) what this refers to."),
    (410, "", K.CONTENT, "What this refers to has been deleted at {server}."),
    (413, "", K.CONTENT, "The file is larger than {server} takes."),
    (422, "finished processing", K.BUSY, "{server} is still processing the file."),
    (422, "character limit", K.CONTENT, "The text is longer than {server} takes: {said}."),
    (422, "can't be blank", K.CONTENT, "A post needs a text or a picture."),
    (422, "cannot attach", K.CONTENT, "{server} does not take these files together: {said}."),
    (422, "content type", K.CONTENT, "{server} does not take this kind of file."),
    (422, "file size", K.CONTENT, "The file is larger than {server} takes."),
    (422, "scheduled", K.BUG, "{server} was asked for another time than now."),
    (429, "", K.RATE, "{server} asks us to wait."),
)


def server_name(answer: Answer) -> str:
    return urlsplit(answer.url).hostname or "The server"


def meaning(answer: Answer) -> Outcome:
    """Return what an answer means that is no success."""
    kind, words = _kind(answer)
    return Outcome(
        kind,
        retry_after_s=_wait_s(answer) if kind in {K.RATE, K.BUSY} else None,
        code=str(answer.status),
        message=words,
        http_status=answer.status,
        request_id=answer.request_id,
        body=answer.text,
    )


def said(answer: Answer) -> str:
    """The server's own words; "" where it sent none (an HTML page of a proxy)."""
    words = answer.data.get("error_description") or answer.data.get("error")
    return words.strip()[:300] if isinstance(words, str) else ""


def _kind(answer: Answer) -> tuple[OutcomeKind, str]:
    server, words = server_name(answer), said(answer)
    if answer.status >= 500:
        return K.UNKNOWN, f"{server} had a failure ({answer.status})."
    if answer.ok:
        return K.UNKNOWN, f"{server} gave an answer that cannot be read."
    if 300 <= answer.status < 400:
        return K.BUG, f"{server} sent us somewhere else."
    for status, fragment, kind, message in REFUSALS:
        if status == answer.status and fragment in words.lower():
            return kind, message.format(server=server, said=words.rstrip("."))
    return K.CONTENT, f"{server} refuses this: {words or answer.status}"


def _wait_s(answer: Answer) -> float:
    """Seconds until ``X-RateLimit-Reset`` (a date and time, not a number); Retry-After where a proxy sends it."""
    if answer.status != 429:
        return 5.0
    if answer.retry_after_s is not None:
        return answer.retry_after_s
    try:
        reset = datetime.fromisoformat(answer.headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        return RATE_WAIT_S
    reset = reset if reset.tzinfo else reset.replace(tzinfo=UTC)
    wait_s = (reset - answer.received_at).total_seconds()
    return max(1.0, wait_s) if math.isfinite(wait_s) else RATE_WAIT_S

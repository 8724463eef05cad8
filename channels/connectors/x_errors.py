"""What X's refusals mean. Pure.

Sources: docs.x.com/x-api/fundamentals/response-codes-and-errors and the error page of developer.x.com/en/support/x-api,
read in November 2026. The kinds of problems and the statuses stand there; of the sentences most were seen by others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from channels.connectors.base import OutcomeKind
from channels.wire import Answer

K = OutcomeKind

# (status, last part of the problem's type or "", fragment of title or detail in lower case) → meaning. First match wins.
REFUSALS: tuple[tuple[int, str, str, OutcomeKind, str], ...] = (
    (400, "", "media id", K.BUSY, "X no longer has an uploaded file; it is uploaded again."),
    (400, "", "too long", K.CONTENT, "The text is longer than X takes."),
    (400, "invalid-request", "", K.CONTENT, "X does not understand a part of this post. {said}"),
    (401, "", "", K.AUTH, "X no longer accepts our key."),
    (402, "", "", K.PERMISSION, "The X developer account has no credits left; top it up, then send again."),
    (403, "", "duplicate content", K.DUPLICATE, "X says that this text has been posted already."),
    (403, "", "reply to this conversation is not allowed", K.CONTENT,
     "X lets us answer only people who mentioned or quoted us. Answer in the X app."),
    (403, "", "deleted or not visible", K.BUSY, "X does not see the post above yet."),
    (403, "", "maximum of one cashtag", K.CONTENT, "X takes at most one $cashtag in a post."),
    (403, "", "video longer than", K.CONTENT, "The video is longer than X allows for this account."),
    (403, "", "invalid url", K.CONTENT, "X does not accept a link in this post."),
    (403, "", "too long", K.CONTENT, "The text is longer than X takes."),
    (403, "", "daily status update limit", K.RATE, "The account has posted as often today as X allows."),
    (403, "", "daily limit", K.RATE, "The account has posted as often today as X allows."),
    (403, "", "might be automated", K.CONTENT,
     "X takes this for the work of a machine and holds it back. Post it in the X app, or change the text."),
    (403, "user-suspended", "", K.PERMISSION, "X has suspended this account."),
    (403, "", "suspended", K.PERMISSION, "X has suspended this account."),
    (403, "", "temporarily locked", K.PERMISSION, "X has locked this account. Log in at X and follow its steps."),
    (403, "client-forbidden", "", K.PERMISSION, "Our app at X may not do this; its plan or settings are wrong."),
    (403, "", "unsupported authentication", K.PERMISSION, "Our app at X may not do this with this kind of key."),
    (403, "unsupported-authentication", "", K.PERMISSION, "Our app at X may not do this with this kind of key."),
    (403, "not-authorized-for-resource", "", K.CONTENT, "X does not let this account see what this refers to."),
    (403, "disallowed-resource", "", K.CONTENT, "X holds back what this refers to, by its rules."),
    (403, "", "permission to dm", K.CONTENT, "X does not let us write to this person. Answer in the X app."),
    (403, "", "not permitted to perform", K.PERMISSION, "X does not let this account do that. Reconnect it."),
    (404, "", "", K.CONTENT, "X does not know (any more) what this post refers to."),
    (409, "", "", K.UNKNOWN, "X was changing the same thing just then; it may have taken this."),
    (413, "", "", K.CONTENT, "The file is larger than X takes."),
    (429, "usage-capped", "", K.RATE, "The monthly allowance of our app at X is used up."),
    (429, "", "usagecapexceeded", K.RATE, "The monthly allowance of our app at X is used up."),
    (429, "", "", K.RATE, "X asks us to wait."),
)  # fmt: skip


def problem_of(answer: Answer) -> str:
    """The last part of the problem's type: only that is the same on both hosts X writes there."""
    kind = str(answer.data.get("type") or "").rstrip("/").rsplit("/", 1)[-1]
    if kind and kind != "about:blank":
        return kind
    return str(answer.data.get("error") or answer.data.get("title") or "")


def meaning(answer: Answer) -> tuple[OutcomeKind, str]:
    """Return what an answer means that is no success, and the words for its owner."""
    body = answer.data
    words = [str(body.get(key) or "") for key in ("title", "detail", "error", "error_description")]
    words += [str(e.get("message") or "") for e in body.get("errors") or () if isinstance(e, Mapping)]
    said = " ".join(words).lower().replace("media ids", "media id").replace("media_ids", "media id")
    if answer.status >= 500:
        return K.UNKNOWN, f"X had a failure ({answer.status})."
    detail = str(body.get("detail") or next((w for w in words if w), ""))
    for status, problem, fragment, kind, message in REFUSALS:
        if status == answer.status and fragment in said and problem in ("", problem_of(answer)):
            return kind, message.format(said=f"It says: {detail.rstrip('.')}." if detail else "").strip()
    if 300 <= answer.status < 400:
        return K.BUG, "X sent us somewhere else."
    if answer.ok:
        return K.UNKNOWN, "X gave an answer that cannot be read."
    return K.CONTENT, f"X refuses this post: {detail or answer.status}"


def until_reset(answer: Answer) -> float:
    try:
        wait_s = float(answer.headers["x-rate-limit-reset"]) - answer.received_at.timestamp()
    except (KeyError, ValueError):
        return 900.0 if answer.retry_after_s is None else answer.retry_after_s
    return max(1.0, wait_s) if math.isfinite(wait_s) else 900.0

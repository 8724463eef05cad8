"""What LinkedIn's refusals mean. Pure.

Sources: the error page of the API guide and the pages of the Posts, Images and Videos APIs on learn.microsoft.com, read in
November 2026; fragments that stand there nowhere were seen by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.base import OutcomeKind
from channels.wire import Answer

K = OutcomeKind
MOST_WAIT_S = 3600.0  # quotas start anew at midnight UTC; they are asked about again within the hour

# (status or 0 for any, code or "", fragment of the message in lower case) → meaning, words. First match wins.
REFUSALS: tuple[tuple[int, str, str, OutcomeKind, str], ...] = (
    (401, "", "", K.AUTH, "LinkedIn no longer accepts our key."),
    (
        403,
        "",
        "",
        K.PERMISSION,
        "LinkedIn does not let us do this for the page: a permission is missing, or whoever connected it has no role there"
        " any more. Reconnect the page.",
    ),
    (
        400,
        "",
        "permissions must be used when using organization as author",
        K.PERMISSION,
        "The permission to post as the page is missing. Reconnect the page.",
    ),
    (
        426,
        "",
        "",
        K.PERMISSION,
        "LinkedIn has ended the version of its interface that Hustings speaks. Update Hustings.",
    ),
    (422, "DUPLICATE_POST", "", K.DUPLICATE, "LinkedIn says that the page has posted this text just before."),
    (422, "", "duplicate", K.DUPLICATE, "LinkedIn says that the page has posted this text just before."),
    (429, "", "", K.RATE, "The number of calls that LinkedIn allows for the day is used up."),
    (400, "MEDIA_ASSET_PROCESSING_FAILED", "", K.CONTENT, "LinkedIn could not process the file."),
    (400, "INVALID_VIDEO_ID", "", K.CONTENT, "LinkedIn does not know the uploaded video."),
    (400, "MEDIA_ASSET_WAITING_UPLOAD", "", K.BUSY, "LinkedIn is still processing the file."),
    (400, "", "still processing", K.BUSY, "LinkedIn is still processing the file."),
    (400, "EXPIRED_UPLOAD_URL", "", K.BUSY, "The upload has run out; it is begun anew."),
    (400, "FIELD_LENGTH_TOO_LONG", "", K.CONTENT, "A text is longer than LinkedIn takes."),
    (400, "MISSING_FIELD", "", K.CONTENT, "LinkedIn asks for something that this post does not have. {said}"),
    (400, "INVALID_VALUE_FOR_FIELD", "", K.CONTENT, "LinkedIn does not take a part of this post. {said}"),
    (
        400,
        "INVALID_URN_ID",
        "",
        K.CONTENT,
        "LinkedIn does not know (any more) a file, page or post that this names. {said}",
    ),
    (
        400,
        "INVALID_URN_TYPE",
        "",
        K.CONTENT,
        "This names something of another kind than LinkedIn takes here; that is a mistake of Hustings. {said}",
    ),
    (404, "", "", K.CONTENT, "LinkedIn does not know (any more) what this refers to."),
    (409, "", "", K.UNKNOWN, "LinkedIn was changing the same thing just then; it may have taken this."),
    (413, "", "", K.CONTENT, "The file is larger than LinkedIn takes."),
    (415, "", "", K.CONTENT, "LinkedIn does not take files of this kind."),
    (0, "", "unable to obtain activity", K.UNKNOWN, "LinkedIn had a passing failure."),
)


def meaning(answer: Answer) -> tuple[OutcomeKind, str]:
    if answer.status >= 500:
        return K.UNKNOWN, f"LinkedIn had a failure ({answer.status})."
    said, codes = words(answer.data), codes_of(answer.data)
    for status, code, fragment, kind, text in REFUSALS:
        if status in (0, answer.status) and (not code or code in codes) and fragment in said.lower():
            return kind, text.format(said=f"It says: {said}" if said else "").strip()
    if 300 <= answer.status < 400:
        return K.BUG, "LinkedIn sent us somewhere else."
    if answer.ok:
        return K.UNKNOWN, "LinkedIn gave an answer that cannot be read."
    return K.CONTENT, f"LinkedIn refuses this: {said or answer.status}"


def codes_of(body: Mapping[str, Any]) -> set[str]:
    found = {str(body.get("code") or "")}
    return {code for code in found | {str(each.get("code") or "") for each in _inputs(body)} if code}


def words(body: Mapping[str, Any]) -> str:
    said = [str(body.get("message") or "")]
    said += [str(each.get("description") or "") for each in _inputs(body)]
    return " ".join(dict.fromkeys(filter(None, said)))


def _inputs(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = body.get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, Mapping) else None
    return [each for each in inputs if isinstance(each, Mapping)] if isinstance(inputs, list) else []


def quota_wait_s(answer: Answer) -> float:
    """No header says when; quotas start anew at midnight UTC."""
    if answer.retry_after_s is not None:
        return answer.retry_after_s
    now: datetime = answer.received_at
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=5, microsecond=0)
    return min(MOST_WAIT_S, (midnight - now).total_seconds())

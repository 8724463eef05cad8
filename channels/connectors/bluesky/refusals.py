"""What the refusals of XRPC mean. Pure. Lexicons and packages/pds of bluesky-social/atproto, read 2026-11-23."""

from __future__ import annotations

import math

from channels.connectors.base import Outcome, OutcomeKind
from channels.wire import Answer

K = OutcomeKind
RATE_WAIT_S = 300.0

# (name of the error or "", status or 0, fragment of the message in lower case or "") → meaning. First match wins.
REFUSALS: tuple[tuple[str, int, str, OutcomeKind, str], ...] = (
    ("ExpiredToken", 0, "", K.AUTH, "Bluesky's key has run out."),
    ("InvalidToken", 0, "", K.AUTH, "Bluesky no longer accepts our key."),
    ("AuthMissing", 0, "", K.AUTH, "Bluesky no longer accepts our key."),
    (
        "AuthFactorTokenRequired",
        0,
        "",
        K.AUTH,
        "Bluesky asks for a code from an e-mail. Use an app password instead.",
    ),
    (
        "AuthenticationRequired",
        0,
        "identifier or password",
        K.AUTH,
        "Bluesky does not know this name with this app password.",
    ),
    ("AuthenticationRequired", 0, "", K.AUTH, "Bluesky no longer accepts our key."),
    (
        "AccountTakedown",
        0,
        "",
        K.PERMISSION,
        "Bluesky has taken this account down. Sign in there and see why.",
    ),
    (
        "AccountSuspended",
        0,
        "",
        K.PERMISSION,
        "Bluesky has suspended this account. Sign in there and see why.",
    ),
    ("AccountDeactivated", 0, "", K.PERMISSION, "This account is deactivated. Sign in there to wake it."),
    ("RepoDeactivated", 0, "", K.PERMISSION, "This account is deactivated. Sign in there to wake it."),
    ("RepoTakendown", 0, "", K.PERMISSION, "Bluesky has taken this account down. Sign in there and see why."),
    (
        "ScopeMissingError",
        0,
        "",
        K.PERMISSION,
        "We were not given the permission for this. Reconnect the account.",
    ),
    ("InvalidSwap", 0, "", K.DUPLICATE, "There is already another post under this key."),
    ("BlobNotFound", 0, "", K.BUSY, "Bluesky no longer has an uploaded file; it is uploaded again."),
    ("BlobTooLarge", 0, "", K.CONTENT, "The file is larger than Bluesky takes."),
    ("PayloadTooLarge", 0, "", K.CONTENT, "The file is larger than this server takes."),
    ("InvalidMimeType", 0, "", K.CONTENT, "Bluesky does not take this kind of file."),
    ("InvalidSize", 0, "", K.CONTENT, "Bluesky has another size for an uploaded file."),
    ("RecordNotFound", 0, "", K.CONTENT, "What this refers to is not there (any more)."),
    ("RepoNotFound", 0, "", K.CONTENT, "Bluesky does not know this account."),
    ("NotFound", 0, "", K.CONTENT, "What this refers to is not there (any more)."),
    ("XRPCNotSupported", 0, "", K.CONTENT, "This server does not know how to do that."),
    ("MethodNotImplemented", 0, "", K.CONTENT, "This server does not know how to do that."),
    (
        "InvalidRequest",
        0,
        "grapheme too big",
        K.CONTENT,
        "The text is longer than the 300 characters Bluesky takes.",
    ),
    (
        "InvalidRequest",
        0,
        "string too big",
        K.CONTENT,
        "The text has more than the 3,000 bytes Bluesky takes.",
    ),
    (
        "InvalidRequest",
        0,
        "array too big",
        K.CONTENT,
        "There is more of something than Bluesky takes: {said}",
    ),
    ("InvalidRequest", 0, "blob too big", K.CONTENT, "The file is larger than Bluesky takes: {said}"),
    ("InvalidRequest", 0, "could not find repo", K.CONTENT, "Bluesky does not know this account."),
    ("RateLimitExceeded", 0, "", K.RATE, "Bluesky asks us to wait."),
    ("", 401, "", K.AUTH, "Bluesky no longer accepts our key."),
    ("", 403, "", K.PERMISSION, "Bluesky does not let this account do that."),
    ("", 413, "", K.CONTENT, "The file is larger than this server takes."),
    ("", 429, "", K.RATE, "Bluesky asks us to wait."),
)


def name_of(answer: Answer) -> str:
    name = answer.data.get("error")
    return name[:80] if isinstance(name, str) else ""


def said(answer: Answer) -> str:
    words = answer.data.get("message")
    return words.strip()[:300] if isinstance(words, str) else ""


def meaning(answer: Answer) -> Outcome:
    """Return what an answer means that is no success."""
    kind, words = _kind(answer)
    wait_s = {K.RATE: _until_reset(answer), K.BUSY: 1.0}.get(kind)
    return Outcome(
        kind,
        retry_after_s=wait_s,
        code=name_of(answer) or str(answer.status),
        message=words,
        http_status=answer.status,
        request_id=answer.request_id,
        body=answer.text,
    )


def _kind(answer: Answer) -> tuple[OutcomeKind, str]:
    if answer.status >= 500:
        return K.UNKNOWN, f"Bluesky had a failure ({answer.status})."
    if answer.ok:
        return K.UNKNOWN, "Bluesky gave an answer that cannot be read."
    if 300 <= answer.status < 400:
        return K.BUG, "Bluesky sent us somewhere else."
    name, words = name_of(answer), said(answer)
    for error, status, fragment, kind, message in REFUSALS:
        if error in ("", name) and status in (0, answer.status) and fragment in words.lower():
            return kind, message.format(said=words)
    return K.CONTENT, f"Bluesky refuses this: {words or name or answer.status}"


def _until_reset(answer: Answer) -> float:
    if answer.retry_after_s is not None:
        return answer.retry_after_s
    try:
        wait_s = float(answer.headers["ratelimit-reset"]) - answer.received_at.timestamp()
    except (KeyError, ValueError):
        return RATE_WAIT_S
    return max(1.0, wait_s) if math.isfinite(wait_s) else RATE_WAIT_S


# app.bsky.video.defs#jobStatus, failureCode
VIDEO_FAILURES = {
    "validation_failure": "Bluesky does not take this video. It takes MP4 of ten minutes and 300 MB at most.",
    "encoding_failure": "Bluesky could not convert the video. Make it anew, or send it once more.",
    "pds_upload_failure": "Bluesky could not bring the video to the account's server. Send it once more.",
    "pds_upload_unsupported_blob_size": "The account's server does not take a file as large as this video.",
    "generic_failure": "Bluesky could not process the video. Send it once more.",
}


# After these the same video may be taken the next time: of the video service itself, not of the file.
VIDEO_MAY_PASS = frozenset({"encoding_failure", "pds_upload_failure", "generic_failure"})


def video_failed(code: str, said: str) -> Outcome:
    """What a job that failed means: its video will not come, whatever is asked."""
    words = VIDEO_FAILURES.get(code, "Bluesky could not process the video.")
    return Outcome(
        K.CONTENT, code=code or "video-failed", message=f"{words} It says: {said}" if said else words
    )

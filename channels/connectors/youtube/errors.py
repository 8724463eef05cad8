"""What YouTube's refusals mean. Source: developers.google.com/youtube/v3/docs/errors, read in November 2026. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from channels.connectors.base import Outcome, OutcomeKind
from channels.wire import Answer

K = OutcomeKind
PACIFIC = ZoneInfo("America/Los_Angeles")  # where Google's days of quota begin
DAY_S, BURST_S = 86_400.0, 60.0
USED_UP = "Our app at YouTube has used up its day until midnight in California."
UNTIL_MIDNIGHT = -1.0  # in the table: wait for the next day of quota

# reason → (kind, seconds to wait, words for the owner)
REASONS: dict[str, tuple[OutcomeKind, float | None, str]] = {
    "authError": (K.AUTH, None, "YouTube no longer accepts our key."),
    "unauthorized": (K.AUTH, None, "YouTube no longer accepts our key."),
    "youtubeSignupRequired": (K.PERMISSION, None, "This Google account has no YouTube channel (any more)."),
    "insufficientPermissions": (K.AUTH, None, "YouTube was not allowed to let us do this. Reconnect the channel."),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": (
        K.AUTH, None, "YouTube was not allowed to let us do this. Reconnect the channel.",
    ),
    "accessNotConfigured": (K.PERMISSION, None, "The YouTube interface is not switched on for our app at Google."),
    "quotaExceeded": (K.RATE, UNTIL_MIDNIGHT, USED_UP),
    "dailyLimitExceeded": (K.RATE, UNTIL_MIDNIGHT, USED_UP),
    "uploadLimitExceeded": (K.RATE, DAY_S, "This channel has uploaded as many videos today as YouTube allows it."),
    "rateLimitExceeded": (K.RATE, BURST_S, "YouTube asks us to wait."),
    "userRateLimitExceeded": (K.RATE, BURST_S, "YouTube asks us to wait."),
    "uploadRateLimitExceeded": (K.RATE, BURST_S, "YouTube asks us to wait with pictures and captions."),
    "invalidTitle": (K.CONTENT, None, "YouTube does not accept the title: 1 to 100 characters, without < and >."),
    "invalidDescription": (K.CONTENT, None, "YouTube does not accept the description: up to 5,000 bytes, without < and >."),
    "invalidTags": (K.CONTENT, None, "YouTube does not accept the tags: at most 500 characters in all."),
    "invalidCategoryId": (K.CONTENT, None, "YouTube does not know this category (any more). Choose another one."),
    "invalidVideoMetadata": (K.CONTENT, None, "YouTube does not accept what is said about the video."),
    "invalidFilename": (K.CONTENT, None, "YouTube does not accept the name of the file."),
    "defaultLanguageNotSet": (K.CONTENT, None, "YouTube wants to know the video's language."),
    "invalidPublishAt": (K.CONTENT, None, "YouTube does not accept the time of publishing."),
    "invalidRecordingDetails": (K.CONTENT, None, "YouTube does not accept what is said about the recording."),
    "mediaBodyRequired": (K.CONTENT, None, "YouTube got a request without a file."),
    "invalidImage": (K.CONTENT, None, "YouTube cannot read the cover picture."),
    "captionExists": (K.DUPLICATE, None, "YouTube has captions in this language already."),
    "contentRequired": (K.CONTENT, None, "The file with the captions is empty."),
    "nameTooLong": (K.CONTENT, None, "The captions' name is too long."),
    "forbiddenPrivacySetting": (K.CONTENT, None, "YouTube does not let this channel choose who sees the video."),
    "forbiddenLicenseSetting": (K.CONTENT, None, "YouTube does not let this channel choose the licence."),
    "forbidden": (K.PERMISSION, None, "YouTube does not let this channel do that."),
    "channelClosed": (K.PERMISSION, None, "YouTube has closed this channel."),
    "channelSuspended": (K.PERMISSION, None, "YouTube has suspended this channel."),
    "accountClosed": (K.PERMISSION, None, "YouTube has closed this account."),
    "accountSuspended": (K.PERMISSION, None, "YouTube has suspended this account."),
    "authenticatedUserAccountClosed": (K.PERMISSION, None, "YouTube has closed this account."),
    "authenticatedUserAccountSuspended": (K.PERMISSION, None, "YouTube has suspended this account."),
    "authenticatedUserNotChannel": (K.PERMISSION, None, "The channel belongs to another Google account."),
    "videoNotFound": (K.CONTENT, None, "YouTube does not know this video (any more)."),
    "playlistNotFound": (K.CONTENT, None, "YouTube does not know this channel's list of videos."),
    "channelNotFound": (K.PERMISSION, None, "YouTube does not know this channel (any more)."),
    "commentNotFound": (K.CONTENT, None, "YouTube does not know this comment (any more)."),
    "commentThreadNotFound": (K.CONTENT, None, "YouTube does not know this comment (any more)."),
    "parentCommentNotFound": (K.CONTENT, None, "The comment that is answered is gone."),
    "parentCommentIsPrivate": (K.CONTENT, None, "The comment that is answered is not public."),
    "commentsDisabled": (K.CONTENT, None, "Comments are switched off under this video."),
    "commentTextRequired": (K.CONTENT, None, "A comment needs a text."),
    "commentTextTooLong": (K.CONTENT, None, "The comment is longer than YouTube takes."),
    "invalidCommentMetadata": (K.CONTENT, None, "YouTube does not accept this comment."),
    "invalidCommentThreadMetadata": (K.CONTENT, None, "YouTube does not accept this comment."),
    "operationNotSupported": (K.CONTENT, None, "YouTube does not take an answer to this comment."),
    "ineligibleAccount": (K.PERMISSION, None, "This account may not comment. Sign in at YouTube and follow its steps."),
    "processingFailure": (K.UNKNOWN, None, "YouTube could not take this just now."),
    "backendError": (K.UNKNOWN, None, "YouTube had a failure."),
    "internalError": (K.UNKNOWN, None, "YouTube had a failure."),
}  # fmt: skip

# Why a video that was uploaded does not become one: developers.google.com/youtube/v3/docs/videos#status
FAILED = {
    "codec": "YouTube cannot read the video's codec.",
    "conversion": "YouTube could not convert the video.",
    "emptyFile": "The file of the video is empty.",
    "invalidFile": "YouTube cannot read the file as a video.",
    "tooSmall": "The file of the video is too small.",
    "uploadAborted": "The upload of the video was broken off.",
    "claim": "YouTube refused the video: somebody claims rights in it.",
    "copyright": "YouTube refused the video for copyright.",
    "duplicate": "YouTube refused the video: it has the same one already.",
    "inappropriate": "YouTube refused the video as inappropriate.",
    "legal": "YouTube refused the video for legal reasons.",
    "length": "The video is longer than YouTube allows this channel. A verified channel may upload longer ones.",
    "termsOfUse": "YouTube refused the video by its terms of use.",
    "trademark": "YouTube refused the video for a trademark.",
    "uploaderAccountClosed": "YouTube refused the video: the account is closed.",
    "uploaderAccountSuspended": "YouTube refused the video: the account is suspended.",
}


def reason_of(answer: Answer) -> str:
    error = answer.data.get("error")
    if not isinstance(error, dict):
        return str(error or "")
    reasons = [str(each.get("reason") or "") for each in _dicts(error.get("errors"))]
    details = [str(each.get("reason") or "") for each in _dicts(error.get("details"))]
    known = [reason for reason in (*details, *reasons) if reason in REASONS]
    return (known or reasons or details or [""])[0]


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def meaning(answer: Answer) -> Outcome:
    """What an answer means that is not a success. The reason decides, the status where there is none."""
    reason = reason_of(answer)
    kind, wait_s, words = REASONS.get(reason) or _by_status(answer)
    if wait_s == UNTIL_MIDNIGHT:
        wait_s = until_midnight(answer.received_at)
    elif kind is K.RATE and answer.retry_after_s is not None:
        wait_s = answer.retry_after_s
    return Outcome(
        kind,
        retry_after_s=wait_s,
        code=reason or str(answer.status),
        message=words,
        http_status=answer.status,
        request_id=answer.request_id,
        body=answer.text,
    )


def _by_status(answer: Answer) -> tuple[OutcomeKind, float | None, str]:
    if answer.status >= 500:
        return K.UNKNOWN, None, f"YouTube had a failure ({answer.status})."
    if answer.status == 401:
        return REASONS["authError"]
    if answer.status == 429:
        return REASONS["rateLimitExceeded"]
    if 300 <= answer.status < 400:
        return K.BUG, None, "YouTube sent us somewhere else."
    if answer.ok:
        return K.UNKNOWN, None, "YouTube gave an answer that cannot be read."
    error = answer.data.get("error")
    said = error.get("message") if isinstance(error, dict) else ""
    return K.CONTENT, None, f"YouTube refuses this: {said or answer.status}"


def until_midnight(at: datetime) -> float:
    """Seconds from ``at`` to the next midnight in California."""
    local = at.astimezone(PACIFIC)
    next_day = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), tzinfo=PACIFIC)
    return max(1.0, next_day.timestamp() - at.timestamp())

"""What TikTok's refusals mean. Source: developers.tiktok.com/doc/tiktok-api-v2-error-handling and the pages of the Content
Posting API, read in November 2026. Pure."""

from __future__ import annotations

from channels.connectors.base import Outcome, OutcomeKind
from channels.wire import Answer

K = OutcomeKind
DAY_S, WINDOW_S = 86_400.0, 60.0  # a window of TikTok's lasts a minute, and no header says when it ends

RECONNECT = "TikTok was not allowed to let us do this. Reconnect the account."
TOO_MANY = "This account has posted as often in 24 hours as TikTok allows."
BANNED = "TikTok does not let this account post. Look into the TikTok app for the reason."

# error.code → (kind, seconds to wait, words for the owner)
CODES: dict[str, tuple[OutcomeKind, float | None, str]] = {
    "access_token_invalid": (K.AUTH, None, "TikTok no longer accepts our key."),
    "access_token_expired": (K.AUTH, None, "TikTok no longer accepts our key."),
    "access_token_has_been_revoked": (K.AUTH, None, "TikTok no longer accepts our key."),
    "scope_not_authorized": (K.AUTH, None, RECONNECT),
    "scope_permission_missed": (K.PERMISSION, None, "Our app at TikTok has no permission for this. The operator adds it."),
    "token_not_authorized_for_specified_publish_id": (K.CONTENT, None, "TikTok says: this upload is another account's."),
    "invalid_publish_id": (K.CONTENT, None, "TikTok does not know this upload (any more)."),
    "invalid_param": (K.CONTENT, None, "TikTok does not accept what is said about the video."),
    "invalid_params": (K.CONTENT, None, "TikTok does not accept what is said about the video."),
    "invalid_file_upload": (K.CONTENT, None, "TikTok does not accept the file."),
    "app_version_check_failed": (K.CONTENT, None, "The TikTok app of this account is too old. Update it, then send again."),
    "url_ownership_unverified": (
        K.PERMISSION, None, "TikTok does not know our address for files. The operator verifies it there as a URL property.",
    ),
    "privacy_level_option_mismatch": (
        K.CONTENT, None, "TikTok does not offer this account what was chosen for “Who can see it”. Choose another.",
    ),
    "unaudited_client_can_only_post_to_private_accounts": (
        K.CONTENT, None,
        "TikTok has not audited our app yet. Until then it takes only videos that “Only ourselves” see, from an account "
        "that is set to private in the TikTok app.",
    ),
    "reached_active_user_cap": (K.RATE, DAY_S, "Our app has as many people posting today as TikTok allows it."),
    "spam_risk_too_many_posts": (K.RATE, DAY_S, TOO_MANY),
    "spam_risk_too_many_pending_share": (K.RATE, DAY_S, "Too many uploads are unfinished; TikTok asks us to wait."),
    "spam_risk_user_banned_from_posting": (K.PERMISSION, None, BANNED),
    "spam_risk": (K.CONTENT, None, "TikTok takes this video for spam."),
    "rate_limit_exceeded": (K.RATE, WINDOW_S, "TikTok asks us to wait."),
    "internal_error": (K.UNKNOWN, None, "TikTok had a failure."),
}  # fmt: skip

# status.fail_reason → words: why an upload did not become a post.
FAILED: dict[str, str] = {
    "file_format_check_failed": "TikTok cannot read the format of the video or picture.",
    "duration_check_failed": "The video is longer or shorter than TikTok allows this account.",
    "frame_rate_check_failed": "TikTok takes 23 to 60 frames a second.",
    "picture_size_check_failed": (
        "TikTok takes videos of 360 to 4,096 points on each side, and pictures of 1,080 by 1,920 at most."
    ),
    "internal": "TikTok could not process the video. Send it again.",
    "video_pull_failed": "TikTok could not fetch the video.",
    "photo_pull_failed": "TikTok could not fetch the pictures.",
    "publish_cancelled": "The publishing was cancelled at TikTok.",
    "auth_removed": RECONNECT,
    "spam_risk_too_many_posts": TOO_MANY,
    "spam_risk_user_banned_from_posting": BANNED,
    "spam_risk_text": "TikTok takes the caption for spam.",
    "spam_risk": "TikTok takes this video for spam.",
}  # fmt: skip


# After these the same video or pictures may be taken the next time. That the permission was withdrawn can be read only with
# one that was given since; where it still lacks something, the next call says so.
MAY_PASS = frozenset({"internal", "video_pull_failed", "photo_pull_failed", "auth_removed"})


def code_of(answer: Answer) -> str:
    """The code of the envelope that every call has; "ok" means done, whatever the status says."""
    error = answer.data.get("error")
    if isinstance(error, dict):
        return str(error.get("code") or "")
    return str(error or "")


def meaning(answer: Answer) -> Outcome:
    """What an answer means that is not a success. The code decides, the status where there is none."""
    code = code_of(answer)
    kind, wait_s, words = CODES.get(code) or _by_status(answer)
    error = answer.data.get("error")
    return Outcome(
        kind,
        retry_after_s=wait_s,
        code=code or str(answer.status),
        message=words,
        http_status=answer.status,
        request_id=str(error.get("log_id") or "")[:120] if isinstance(error, dict) else answer.request_id,
        body=answer.text,
    )


def _by_status(answer: Answer) -> tuple[OutcomeKind, float | None, str]:
    if answer.status >= 500:
        return K.UNKNOWN, None, f"TikTok had a failure ({answer.status})."
    if answer.status == 401:
        return CODES["access_token_invalid"]
    if answer.status == 429:
        return CODES["rate_limit_exceeded"]
    if 300 <= answer.status < 400:
        return K.BUG, None, "TikTok sent us somewhere else."
    error = answer.data.get("error")
    said = error.get("message") if isinstance(error, dict) else ""
    if answer.ok and not error:
        return K.UNKNOWN, None, "TikTok gave an answer that cannot be read."
    return K.CONTENT, None, f"TikTok refuses this: {said or code_of(answer) or answer.status}"


def failed(reason: str) -> Outcome:
    """An upload that TikTok took and then refused: there is no post, and asking again changes nothing."""
    words = FAILED.get(reason) or f"TikTok could not publish the post: {reason or 'no reason'}."
    return Outcome(K.CONTENT, code=reason, message=words, undone=("commit",))

"""What the networks document as refused, written down from their pages and not from our tables.

A row is what came (status, code or body), what must follow, and a word that its owner must read. ``seen`` rows stand on no
page of the network; others met them. Each network names its pages, and the day on which they were read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from channels.connectors.base import OutcomeKind as K

NOTED = "2026-11-23"


@dataclass(frozen=True)
class Row:
    status: int
    body: Any
    kind: K
    words: str
    seen: bool = False  # by others, on no page of the network


@dataclass(frozen=True)
class Documented:
    pages: tuple[str, ...]
    rows: tuple[Row, ...]
    read_on: str = NOTED


# X ------------------------------------------------------------------------------------------------------------------


def _x(status: int, kind: K, words: str, *, problem: str = "", detail: str = "", seen: bool = False) -> Row:
    body = {"type": f"https://api.x.com/2/problems/{problem}" if problem else "about:blank", "detail": detail}
    return Row(status, body, kind, words, seen)


X = Documented(
    (
        "https://docs.x.com/x-api/fundamentals/response-codes-and-errors",
        "https://developer.x.com/en/support/x-api/error-troubleshooting",
    ),
    (
        _x(400, K.CONTENT, "does not understand", problem="invalid-request", detail="One parameter is wrong"),
        _x(400, K.BUSY, "uploaded again", problem="invalid-request", detail="Your media IDs are invalid."),
        _x(
            400, K.CONTENT, "longer than X takes", problem="invalid-request", detail="Tweet text is too long."
        ),
        _x(401, K.AUTH, "key"),
        _x(402, K.PERMISSION, "credits", problem="credits-depleted", detail="credits depleted", seen=True),
        _x(402, K.PERMISSION, "credits", problem="credits", seen=True),
        _x(
            403,
            K.DUPLICATE,
            "posted already",
            detail="You are not allowed to create a Tweet with duplicate content.",
        ),
        _x(
            403,
            K.CONTENT,
            "mentioned or quoted",
            detail="Reply to this conversation is not allowed because …",
        ),
        _x(
            403,
            K.BUSY,
            "above",
            detail="You attempted to reply to a Tweet that is deleted or not visible to you.",
        ),
        _x(403, K.CONTENT, "$cashtag", detail="A Tweet may contain a maximum of one cashtag", seen=True),
        _x(403, K.CONTENT, "longer", detail="not allowed to post a video longer than 2 minutes", seen=True),
        _x(403, K.CONTENT, "link", detail="The Tweet contains an invalid URL.", seen=True),
        _x(403, K.CONTENT, "longer than X takes", detail="Tweet needs to be a bit shorter; it is too long."),
        _x(403, K.RATE, "as often today", detail="User is over daily status update limit."),
        _x(
            403,
            K.RATE,
            "as often today",
            detail="You have reached your daily limit for sending Tweets",
            seen=True,
        ),
        _x(403, K.CONTENT, "machine", detail="This request looks like it might be automated."),
        _x(403, K.PERMISSION, "suspended", problem="user-suspended"),
        _x(403, K.PERMISSION, "suspended", detail="Your account is suspended and is not permitted to …"),
        _x(403, K.PERMISSION, "locked", detail="To protect our users … this account is temporarily locked."),
        _x(403, K.PERMISSION, "plan or settings", problem="client-forbidden"),
        _x(403, K.PERMISSION, "kind of key", problem="unsupported-authentication"),
        _x(403, K.PERMISSION, "kind of key", detail="Unsupported Authentication"),
        _x(403, K.CONTENT, "see", problem="not-authorized-for-resource"),
        _x(403, K.CONTENT, "holds back", problem="disallowed-resource"),
        _x(
            403,
            K.CONTENT,
            "write to this person",
            detail="You do not have permission to DM one or more participants.",
        ),
        _x(403, K.PERMISSION, "Reconnect", detail="You are not permitted to perform this action."),
        _x(404, K.CONTENT, "does not know", problem="resource-not-found"),
        _x(409, K.UNKNOWN, "may have taken"),
        _x(413, K.CONTENT, "larger"),
        _x(429, K.RATE, "wait", detail="Too Many Requests"),
        _x(429, K.RATE, "monthly", problem="usage-capped"),
        _x(429, K.RATE, "monthly", detail="UsageCapExceeded"),
        _x(500, K.UNKNOWN, "failure", problem="internal-error"),
        _x(502, K.UNKNOWN, "failure"),
        _x(503, K.UNKNOWN, "failure"),
        _x(504, K.UNKNOWN, "failure"),
    ),
)


# Meta ---------------------------------------------------------------------------------------------------------------


def _meta(
    code: int, kind: K, words: str, subcode: int = 0, *, status: int = 400, said: str = "", seen: bool = False
) -> Row:
    body = {"message": said or "irgendetwas", "type": "OAuthException", "code": code, "fbtrace_id": "T"}
    return Row(status, {"error": body | ({"error_subcode": subcode} if subcode else {})}, kind, words, seen)


GRAPH = (
    _meta(1, K.UNKNOWN, "unexplained"),
    _meta(2, K.UNKNOWN, "out of service"),
    _meta(3, K.PERMISSION, "capability"),
    _meta(4, K.RATE, "wait"),
    _meta(4, K.PERMISSION, "spam", 2207051),
    _meta(10, K.PERMISSION, "Reconnect"),
    _meta(17, K.RATE, "wait"),
    _meta(100, K.CONTENT, "does not know", 33, seen=True),
    _meta(102, K.AUTH, "key"),
    _meta(190, K.AUTH, "key"),
    _meta(190, K.AUTH, "removed", 458),
    _meta(190, K.AUTH, "log in", 459),
    _meta(190, K.AUTH, "password", 460),
    _meta(190, K.AUTH, "run out", 463),
    _meta(190, K.AUTH, "not confirmed", 464),
    _meta(190, K.AUTH, "withdrawn", 467),
    _meta(190, K.AUTH, "role", 492),
    *(_meta(code, K.PERMISSION, "Reconnect") for code in (200, 210, 230, 299)),
    _meta(341, K.RATE, "limit of our app"),
    _meta(368, K.PERMISSION, "for a while"),
    _meta(506, K.DUPLICATE, "just before"),
    _meta(613, K.RATE, "wait"),
    _meta(613, K.RATE, "wait", 1996),
    *(_meta(code, K.RATE, "wait") for code in range(80000, 80015)),
)
MESSAGES = (
    _meta(551, K.CONTENT, "reached"),
    _meta(10, K.CONTENT, "24 hours", 2018278, seen=True),
    _meta(10, K.CONTENT, "24 hours", 2534022, seen=True),
    _meta(100, K.CONTENT, "reached", 2018001, seen=True),
)

FACEBOOK = Documented(
    (
        "https://developers.facebook.com/docs/graph-api/guides/error-handling",
        "https://developers.facebook.com/docs/pages-api/error-codes",
        "https://developers.facebook.com/docs/graph-api/overview/rate-limiting",
        "https://github.com/gitroomhq/postiz-app facebook.provider.ts (what was seen)",
    ),
    (
        *GRAPH,
        *MESSAGES,
        _meta(1, K.PERMISSION, "permission", 2853006),
        _meta(32, K.RATE, "this page"),
        _meta(190, K.AUTH, "page's own key", 2069032),
        *(_meta(200, K.CONTENT, "kind of page", subcode) for subcode in (2069030, 2069031, 2069033)),
        _meta(1609005, K.CONTENT, "link"),
        _meta(1609008, K.CONTENT, "links to itself"),
        _meta(2874008, K.CONTENT, "too few people"),
        _meta(2932001, K.CONTENT, "no numbers"),
        _meta(3001, K.CONTENT, "no number", 1504028),
        *(
            _meta(code, kind, words, seen=True)
            for code, kind, words in (
                (1346003, K.CONTENT, "abusive"),
                (1349125, K.CONTENT, "content"),
                (1363040, K.CONTENT, "9:16"),
                (1363047, K.UNKNOWN, "passing"),
                (1363127, K.CONTENT, "540"),
                (1363128, K.CONTENT, "3 to 90"),
                (1363129, K.CONTENT, "24 to 60"),
                (1366046, K.CONTENT, "picture"),
                (1366051, K.DUPLICATE, "already"),
                (1390008, K.RATE, "too fast"),
                (1404006, K.PERMISSION, "security check"),
                (1404078, K.PERMISSION, "authorised"),
                (1404102, K.CONTENT, "community standards"),
                (1404112, K.PERMISSION, "some days"),
                (1609010, K.UNKNOWN, "passing"),
                (2061006, K.CONTENT, "link"),
                (2069019, K.CONTENT, "file"),
                (4854002, K.PERMISSION, "who you are"),
            )
        ),
        _meta(6000, K.DUPLICATE, "out already", 1363131, seen=True),
        _meta(100, K.RATE, "too fast", 1390008, seen=True),
    ),
)

INSTAGRAM = Documented(
    (
        "https://developers.facebook.com/docs/instagram-platform/reference/error-codes",
        "https://developers.facebook.com/docs/graph-api/guides/error-handling",
    ),
    (
        *GRAPH,
        *MESSAGES,
        _meta(-2, K.BUSY, "in time", 2207003),
        _meta(-2, K.BUSY, "prepared again", 2207020),
        _meta(-1, K.BUSY, "failure", 2207001),
        _meta(-1, K.BUSY, "could not prepare", 2207032),
        _meta(-1, K.BUSY, "upload", 2207053),
        _meta(-1, K.UNKNOWN, "unexplained"),
        _meta(1, K.CONTENT, "cover", 2207057),
        _meta(9, K.RATE, "posts a day", 2207042),
        _meta(9, K.RATE, "posts a day"),
        _meta(9, K.RATE, "uploads a day", 2207069, seen=True),
        _meta(24, K.BUSY, "prepared again", 2207006),
        _meta(24, K.BUSY, "prepared again", 2207008),
        _meta(25, K.PERMISSION, "restricted", 2207050),
        _meta(100, K.CONTENT, "kind of post", 2207023),
        _meta(100, K.CONTENT, "two to ten", 2207028),
        _meta(100, K.CONTENT, "outside the picture", 2207035),
        _meta(100, K.CONTENT, "too many product tags", 2207036),
        _meta(100, K.CONTENT, "cannot be tagged", 2207037),
        _meta(100, K.CONTENT, "more than 20", 2207040),
        _meta(100, K.CONTENT, "place", said="INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"),
        _meta(352, K.CONTENT, "format", 2207026),
        _meta(9004, K.CONTENT, "reachable", 2207052),
        _meta(9007, K.BUSY, "not finished", 2207027),
        _meta(36000, K.CONTENT, "8 MB", 2207004),
        _meta(36001, K.CONTENT, "JPEG", 2207005),
        _meta(36003, K.CONTENT, "4:5", 2207009),
        _meta(36004, K.CONTENT, "caption", 2207010),
        _meta(0, K.BUSY, "download", 2207077, seen=True),
        _meta(0, K.CONTENT, "trial", 2207081, seen=True),
        _meta(0, K.BUSY, "upload", 2207082, seen=True),
        _meta(0, K.CONTENT, "process", 2207085, seen=True),
    ),
)

THREADS = Documented(
    (
        "https://developers.facebook.com/docs/threads/troubleshooting",
        "https://developers.facebook.com/docs/threads/overview",
        "https://developers.facebook.com/docs/graph-api/guides/error-handling",
    ),
    (
        *GRAPH,
        _meta(24, K.BUSY, "yet", 4279009, seen=True),
        _meta(0, K.PERMISSION, "restricted", 4279013, seen=True),
        _meta(100, K.CONTENT, "five different links", said="THREADS_API__LINK_LIMIT_EXCEEDED"),
        _meta(100, K.CONTENT, "does not offer", said="THREADS_API__FEATURE_NOT_AVAILABLE"),
        _meta(100, K.CONTENT, "countries", said="GEO_GATING_INVALID_COUNTRY_CODES"),
        _meta(36001, K.CONTENT, "PNG", 2207005),
        _meta(36003, K.CONTENT, "ten times", 2207009),
        _meta(36004, K.CONTENT, "longer", 2207010),
    ),
)

WHATSAPP = Documented(
    (
        "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes",
        "https://github.com/david-lev/pywa errors.py (where Meta's list is mirrored)",
    ),
    tuple(
        _meta(code, kind, words, seen=code in (33, 132018, 133010))
        for code, kind, words in (
            (0, K.AUTH, "key"),
            (1, K.UNKNOWN, "unexplained"),
            (2, K.UNKNOWN, "out of service"),
            (3, K.PERMISSION, "permission"),
            (4, K.RATE, "wait"),
            (10, K.PERMISSION, "permission"),
            (33, K.CONTENT, "does not know"),
            (190, K.AUTH, "key"),
            *((code, K.PERMISSION, "permission") for code in (200, 250, 299)),
            (368, K.PERMISSION, "rules"),
            (80007, K.RATE, "wait"),
            (80008, K.RATE, "wait"),
            (130429, K.RATE, "a second"),
            (130472, K.CONTENT, "experiment"),
            (130497, K.PERMISSION, "country"),
            (131000, K.UNKNOWN, "unexplained"),
            (131005, K.PERMISSION, "permission"),
            (131008, K.CONTENT, "misses"),
            (131009, K.CONTENT, "does not take something"),
            (131016, K.UNKNOWN, "out of service"),
            (131021, K.CONTENT, "itself"),
            (131026, K.CONTENT, "reached"),
            (131030, K.CONTENT, "testers"),
            (131031, K.PERMISSION, "locked"),
            (131037, K.PERMISSION, "display name"),
            (131042, K.PERMISSION, "pay"),
            (131044, K.PERMISSION, "pay"),
            (131045, K.PERMISSION, "registered"),
            (131047, K.CONTENT, "24 hours"),
            (131048, K.PERMISSION, "reported"),
            (131049, K.CONTENT, "holds this message back"),
            (131050, K.CONTENT, "no marketing"),
            (131051, K.CONTENT, "kind of message"),
            (131052, K.CONTENT, "download"),
            (131053, K.CONTENT, "file"),
            (131056, K.RATE, "same person"),
            (131057, K.UNKNOWN, "maintenance"),
            (131062, K.CONTENT, "hides"),
            (131063, K.CONTENT, "switched off"),
            (131064, K.PERMISSION, "wrongly classed"),
            (132000, K.CONTENT, "number of values"),
            (132001, K.CONTENT, "no such template"),
            (132005, K.CONTENT, "too long"),
            (132007, K.CONTENT, "rules"),
            (132008, K.CONTENT, "fit"),
            (132012, K.CONTENT, "values"),
            (132015, K.CONTENT, "paused"),
            (132016, K.CONTENT, "for good"),
            (132018, K.CONTENT, "values"),
            (132068, K.CONTENT, "flow"),
            (132069, K.RATE, "flow"),
            (133010, K.PERMISSION, "registered"),
            (133016, K.RATE, "too often"),
            (135000, K.CONTENT, "does not take this message"),
            (137000, K.CONTENT, "identity"),
        )
    ),
)


# Mastodon -----------------------------------------------------------------------------------------------------------


def _toot(status: int, said: str, kind: K, words: str, *, seen: bool = False) -> Row:
    return Row(status, {"error": said} if said else b"<html>", kind, words, seen)


MASTODON = Documented(
    (
        "https://docs.joinmastodon.org/entities/Error/",
        "https://docs.joinmastodon.org/methods/statuses/",
        "https://docs.joinmastodon.org/methods/media/",
        "https://github.com/mastodon/mastodon config/locales/en.yml",
    ),
    (
        _toot(401, "The access token is invalid", K.AUTH, "key"),
        _toot(401, "The access token was revoked", K.AUTH, "key"),
        _toot(401, "This method requires an authenticated user", K.AUTH, "key"),
        _toot(403, "This action is outside the authorized scopes", K.PERMISSION, "Reconnect"),
        _toot(403, "Your login is currently disabled", K.PERMISSION, "disabled"),
        _toot(403, "Your login is suspended", K.PERMISSION, "suspended"),
        _toot(403, "Your login is missing a confirmed e-mail address", K.PERMISSION, "e-mail"),
        _toot(403, "Your login is currently pending approval", K.PERMISSION, "approve"),
        _toot(403, "This action is not allowed", K.PERMISSION, "does not let"),
        _toot(404, "Record not found", K.CONTENT, "does not know"),
        _toot(410, "Gone", K.CONTENT, "deleted"),
        _toot(413, "", K.CONTENT, "larger", seen=True),
        _toot(422, "Cannot attach files that have not finished processing. Try again!", K.BUSY, "processing"),
        _toot(422, "Validation failed: Text character limit of 500 exceeded", K.CONTENT, "longer"),
        _toot(422, "Validation failed: Text can't be blank", K.CONTENT, "text or a picture"),
        _toot(422, "Cannot attach more than 4 files", K.CONTENT, "together"),
        _toot(422, "Validation failed: File content type is invalid", K.CONTENT, "kind of file"),
        _toot(422, "Validation failed: File file size must be less than 16 MB", K.CONTENT, "larger"),
        _toot(422, "Validation failed: Scheduled at must be in the future", K.BUG, "another time"),
        _toot(429, "Too many requests", K.RATE, "wait"),
        _toot(500, "There was an error processing thumbnail for uploaded media", K.UNKNOWN, "failure"),
        _toot(503, "There was a temporary problem serving your request", K.UNKNOWN, "failure"),
        *(_toot(status, "", K.UNKNOWN, "failure", seen=True) for status in (502, 504, 520, 524)),
    ),
)


# The others ---------------------------------------------------------------------------------------------------------


def _coded(rows: tuple[tuple[int, str, K, str], ...]) -> tuple[Row, ...]:
    return tuple(Row(status, {"error": {"code": code}}, kind, words) for status, code, kind, words in rows)


TIKTOK = Documented(
    ("https://developers.tiktok.com/doc/tiktok-api-v2-error-handling",),
    _coded(
        (
            (401, "access_token_invalid", K.AUTH, "key"),
            (401, "scope_not_authorized", K.AUTH, "Reconnect"),
            (400, "invalid_param", K.CONTENT, "video"),
            (403, "privacy_level_option_mismatch", K.CONTENT, "Who can see it"),
            (403, "unaudited_client_can_only_post_to_private_accounts", K.CONTENT, "audited"),
            (403, "url_ownership_unverified", K.PERMISSION, "address"),
            (403, "reached_active_user_cap", K.RATE, "people posting"),
            (403, "spam_risk_too_many_posts", K.RATE, "24 hours"),
            (403, "spam_risk_too_many_pending_share", K.RATE, "unfinished"),
            (403, "spam_risk_user_banned_from_posting", K.PERMISSION, "post"),
            (429, "rate_limit_exceeded", K.RATE, "wait"),
            (500, "internal_error", K.UNKNOWN, "failure"),
        )
    ),
)


def _named(rows: tuple[tuple[int, str, K, str], ...]) -> tuple[Row, ...]:
    return tuple(Row(status, {"error": name}, kind, words) for status, name, kind, words in rows)


BLUESKY = Documented(
    ("https://github.com/bluesky-social/atproto lexicons and packages/pds",),
    _named(
        (
            (400, "ExpiredToken", K.AUTH, "run out"),
            (401, "AuthMissing", K.AUTH, "key"),
            (403, "AccountTakedown", K.PERMISSION, "taken"),
            (400, "InvalidSwap", K.DUPLICATE, "another post"),
            (400, "BlobTooLarge", K.CONTENT, "larger"),
            (413, "PayloadTooLarge", K.CONTENT, "larger"),
            (400, "InvalidMimeType", K.CONTENT, "kind of file"),
            (403, "ScopeMissingError", K.PERMISSION, "Reconnect"),
            (404, "XRPCNotSupported", K.CONTENT, "does not know"),
            (429, "RateLimitExceeded", K.RATE, "wait"),
            (500, "InternalServerError", K.UNKNOWN, "failure"),
            (502, "UpstreamFailure", K.UNKNOWN, "failure"),
        )
    ),
)
LINKEDIN = Documented(
    ("https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling",),
    (
        Row(401, {"code": "REVOKED_ACCESS_TOKEN"}, K.AUTH, "key"),
        Row(403, {"code": "ACCESS_DENIED"}, K.PERMISSION, "permission"),
        Row(409, {"code": "CONFLICT"}, K.UNKNOWN, "may have taken"),
        Row(422, {"message": "Content is a duplicate of urn:li:share:1"}, K.DUPLICATE, "just before"),
        Row(426, {"code": "NONEXISTENT_VERSION"}, K.PERMISSION, "Update Hustings"),
        Row(429, {"code": "TOO_MANY_REQUESTS"}, K.RATE, "used up"),
        Row(500, {}, K.UNKNOWN, "failure"),
    ),
)
YOUTUBE = Documented(
    ("https://developers.google.com/youtube/v3/docs/errors",),
    tuple(
        Row(403, {"error": {"code": 403, "errors": [{"reason": reason}]}}, kind, words)
        for reason, kind, words in (
            ("authError", K.AUTH, "key"),
            ("quotaExceeded", K.RATE, "midnight"),
            ("uploadLimitExceeded", K.RATE, "today"),
            ("invalidTitle", K.CONTENT, "title"),
            ("forbidden", K.PERMISSION, "does not let"),
            ("youtubeSignupRequired", K.PERMISSION, "no YouTube channel"),
            ("backendError", K.UNKNOWN, "failure"),
        )
    ),
)

DOCUMENTED = {
    "x": X,
    "facebook": FACEBOOK,
    "instagram": INSTAGRAM,
    "threads": THREADS,
    "whatsapp": WHATSAPP,
    "mastodon": MASTODON,
    "tiktok": TIKTOK,
    "bluesky": BLUESKY,
    "linkedin": LINKEDIN,
    "youtube": YOUTUBE,
}


def every_row() -> Iterator[tuple[str, Row]]:
    for platform, documented in DOCUMENTED.items():
        for row in documented.rows:
            yield platform, row

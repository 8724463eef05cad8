"""What Facebook and Instagram share: the Graph API's error codes, waits and times.

Classified by (code, subcode) and never by the words: Meta translates them. Sources, read on 2026-11-23:
developers.facebook.com/docs/graph-api/guides/error-handling, …/docs/pages-api/error-codes and
…/docs/instagram-platform/reference/error-codes; entries marked C were seen by others only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Version
from channels.connectors.base import Connector, Outcome, OutcomeKind, Rate, Refused
from channels.oauth import Account, Flow
from channels.wire import Answer, AnswerLost

# A version lives until two years after the next one came (v24.0 until 18 February 2028, v25.0 being of 18 February 2026).
# So v26.0 of 29 July 2026 is kept until two years after that day at least; its own end is announced with the next one.
GRAPH = Version(
    "v26.0",
    date(2028, 7, 29),
    "https://developers.facebook.com/docs/graph-api/changelog, read 2026-11-23",
    promised=True,
)
VERSION = GRAPH.name
DEFAULT_WAIT_S = 900.0  # throttled without a word about the end; the windows run over an hour

K = OutcomeKind
ANY = None

_RECONNECT = "Reconnect the account."
_AT_META = "Log in there and follow its steps, then reconnect."

# (code, subcode) → meaning, words for the owner. A subcode of None stands for all others of that code.
NOT_ASKED = timedelta(days=1)  # a metric that was refused; some pages know fewer than others
MEANINGS: dict[tuple[int, int | None], tuple[OutcomeKind, str]] = {
    (1, ANY): (K.UNKNOWN, "{label} had an unexplained failure."),
    (1, 2853006): (K.PERMISSION, f"We have no permission for this page (any more). {_RECONNECT}"),
    (1, 2207057): (K.CONTENT, "The moment chosen for the cover picture lies outside the video."),
    (2, ANY): (K.UNKNOWN, "{label} is out of service for the moment."),
    (3, ANY): (K.PERMISSION, "Our app at Meta lacks a capability; its settings must be changed."),
    (4, ANY): (K.RATE, "{label} asks us to wait: too many calls by our app."),
    (4, 2207051): (K.PERMISSION, "{label} took this for spam and stops the account for a while."),
    (9, 2207042): (K.RATE, "The account's number of posts a day is used up."),
    (9, 2207069): (K.RATE, "The account's number of uploads a day is used up."),  # C
    (9, ANY): (K.RATE, "The account's number of posts a day is used up."),
    (10, ANY): (K.PERMISSION, f"A permission is missing. {_RECONNECT}"),
    (10, 2018278): (K.CONTENT, "More than 24 hours have passed since the person's last message."),  # C
    (10, 2534022): (K.CONTENT, "More than 24 hours have passed since the person's last message."),  # C
    (17, ANY): (K.RATE, "{label} asks us to wait: too many calls."),
    (24, 2207006): (K.BUSY, "{label} no longer knows the prepared post; it is prepared again."),
    (24, 2207008): (K.BUSY, "{label} no longer knows the prepared post; it is prepared again."),
    (25, 2207050): (K.PERMISSION, f"{{label}} has restricted this account. {_AT_META}"),
    (32, ANY): (K.RATE, "{label} asks us to wait: too many calls for this page."),
    (100, 2207023): (K.CONTENT, "{label} does not know this kind of post."),
    (100, 2207028): (K.CONTENT, "A carousel takes two to ten pictures."),
    (100, 2207035): (K.CONTENT, "A product tag lies outside the picture."),
    (100, 2207036): (K.CONTENT, "There are too many product tags."),
    (100, 2207037): (K.CONTENT, "A tagged product or account cannot be tagged."),
    (100, 2207040): (K.CONTENT, "There are more than 20 tags."),
    (100, 2018001): (K.CONTENT, "This person cannot be reached (any more)."),  # C
    (100, 33): (
        K.CONTENT,
        "{label} does not know (any more) what this refers to, or does not show it to us.",
    ),
    (102, ANY): (K.AUTH, "{label} no longer accepts our key."),
    (190, ANY): (K.AUTH, "{label} no longer accepts our key."),
    (190, 458): (K.AUTH, "Our app was removed in the account's settings."),
    (190, 459): (K.AUTH, "{label} wants the person who connected the account to log in there first."),
    (190, 460): (K.AUTH, "The password was changed, so our key has ended."),
    (190, 463): (K.AUTH, "Our key has run out."),
    (190, 464): (K.AUTH, "The account is not confirmed yet."),
    (190, 467): (K.AUTH, "Our key has been withdrawn."),
    (190, 492): (K.AUTH, "The person who connected the page has no role there any more."),
    (190, 2069032): (
        K.AUTH,
        "{label} wants the page's own key for this; it is fetched anew when you reconnect.",
    ),
    (200, 2069030): (K.CONTENT, "{label} does not offer this for this kind of page."),
    (200, 2069031): (K.CONTENT, "{label} does not offer this for this kind of page."),
    (200, 2069033): (K.CONTENT, "{label} does not offer this for this kind of page."),
    (341, ANY): (K.RATE, "{label} asks us to wait: the limit of our app is reached."),
    (352, 2207026): (K.CONTENT, "{label} does not take this video's format."),
    (368, ANY): (
        K.PERMISSION,
        f"{{label}} has stopped the account for a while for breaking its rules. {_AT_META}",
    ),
    (506, ANY): (K.DUPLICATE, "{label} says that this text was posted just before."),
    (551, ANY): (K.CONTENT, "This person cannot be reached now."),
    (613, ANY): (K.RATE, "{label} asks us to wait: too many calls."),
    (1346003, ANY): (K.CONTENT, "{label} holds this content for abusive."),  # C
    (1349125, ANY): (K.CONTENT, "{label} does not take this content."),  # C
    (1363040, ANY): (K.CONTENT, "The reel's proportions are not 9:16."),  # C
    (1363047, ANY): (K.UNKNOWN, "{label} had a passing failure."),  # C
    (1363127, ANY): (K.CONTENT, "The reel has too few pixels; 540×960 at least."),  # C
    (1363128, ANY): (K.CONTENT, "The reel must last 3 to 90 seconds."),  # C
    (1363129, ANY): (K.CONTENT, "The reel must have 24 to 60 frames per second."),  # C
    (1366046, ANY): (K.CONTENT, "A picture is too large or not of a format that {label} takes."),  # C
    (1366051, ANY): (K.DUPLICATE, "{label} says that these pictures have been posted already."),  # C
    (1390008, ANY): (K.RATE, "{label} says that the page posts too fast."),  # C
    (1404006, ANY): (K.PERMISSION, f"{{label}} wants a security check. {_AT_META}"),  # C
    (1404078, ANY): (K.PERMISSION, f"The page must be authorised to publish. {_AT_META}"),  # C
    (1404102, ANY): (K.CONTENT, "{label} says that this breaks its community standards."),  # C
    (1404112, ANY): (K.PERMISSION, "{label} has limited the account for some days."),  # C
    (1609005, ANY): (K.CONTENT, "{label} cannot read the page that the link leads to."),
    (1609008, ANY): (K.CONTENT, "{label} does not take links to itself here."),
    (1609010, ANY): (K.UNKNOWN, "{label} had a passing failure."),  # C
    (2061006, ANY): (K.CONTENT, "{label} does not take this link."),  # C
    (2069019, ANY): (K.CONTENT, "{label} does not take this file."),  # C
    (6000, 1363131): (K.DUPLICATE, "{label} says that the reel is out already."),  # C
    (2874008, ANY): (K.CONTENT, "{label} tells no numbers here: too few people follow the page."),
    (2932001, ANY): (K.CONTENT, "{label} has no numbers for this."),
    (3001, 1504028): (K.CONTENT, "{label} was asked for no number at all; that is a mistake of Hustings."),
    (4854002, ANY): (K.PERMISSION, f"{{label}} wants to know who you are. {_AT_META}"),  # C
    (9004, 2207052): (
        K.CONTENT,
        "{label} could not fetch the file from this site. Is its public address reachable from outside?",
    ),
    (9007, 2207027): (K.BUSY, "{label} has not finished preparing the post."),
    (36000, 2207004): (K.CONTENT, "A picture is larger than 8 MB."),
    (36001, 2207005): (K.CONTENT, "{label} takes JPEG pictures only."),
    (36003, 2207009): (K.CONTENT, "A picture's proportions lie outside 4:5 to 1.91:1."),
    (36004, 2207010): (K.CONTENT, "The caption is longer than {label} takes."),
    (-1, 2207001): (K.BUSY, "{label} had a failure while preparing the post."),
    (-1, 2207032): (K.BUSY, "{label} could not prepare the post."),
    (-1, 2207053): (K.BUSY, "{label} could not take the upload."),
    (-1, ANY): (K.UNKNOWN, "{label} had an unexplained failure."),
    (-2, 2207003): (K.BUSY, "{label} did not get the file from this site in time."),
    (-2, 2207020): (K.BUSY, "The prepared post has run out; it is prepared again."),
}
# Subcodes that say all by themselves; they also stand in the status text of a container that failed.
SUBCODES: dict[int, tuple[OutcomeKind, str]] = {
    subcode: meaning for (_, subcode), meaning in MEANINGS.items() if subcode and subcode > 2_207_000
} | {
    2207077: (K.BUSY, "{label} could not download the file."),  # C
    2207081: (K.CONTENT, "The account has no trial reels."),  # C
    2207082: (K.BUSY, "{label} could not take the upload."),  # C
    2207085: (K.CONTENT, "{label} cannot process this video."),  # C
}
# Names that stand in an error's words; Meta does not translate them.
NAMED: dict[str, tuple[OutcomeKind, str]] = {
    "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID": (
        K.CONTENT,
        "{label} does not know the place of this post.",
    ),
    "THREADS_API__LINK_LIMIT_EXCEEDED": (K.CONTENT, "Threads takes at most five different links in a post."),
    "THREADS_API__FEATURE_NOT_AVAILABLE": (K.CONTENT, "Threads does not offer this to this account."),
    "GEO_GATING_INVALID_COUNTRY_CODES": (K.CONTENT, "Threads does not know one of the countries."),
}
# After these a new container is needed, not only another look.
NEW_CONTAINER = frozenset({2207001, 2207003, 2207006, 2207008, 2207020, 2207032, 2207053, 2207077, 2207082})
THROTTLES = range(80000, 80015)
PERMISSIONS = range(200, 300)
NO_DATA = frozenset({2874008, 3001}) | frozenset(
    range(2932001, 2932010)
)  # insights that do not exist for this


def numbers(error: Mapping[str, Any]) -> tuple[int, int]:
    """Code and subcode of an error body; they may come as texts or not at all."""

    def number(value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError):
            return 0

    return number(error.get("code")), number(error.get("error_subcode"))


MISSING = "100/33"  # the object is not there, or not ours


def is_missing(body: Mapping[str, Any]) -> bool:
    """Whether an error body says that the object is not there (or not ours)."""
    return numbers(body.get("error") or {}) == (100, 33)


def meaning(code: int, subcode: int) -> tuple[OutcomeKind, str] | None:
    if found := MEANINGS.get((code, subcode)) or SUBCODES.get(subcode) or MEANINGS.get((subcode, ANY)):
        return found
    if code in THROTTLES:
        return K.RATE, "{label} asks us to wait: too many calls."
    if found := MEANINGS.get((code, ANY)):
        return found
    if code in PERMISSIONS:
        return K.PERMISSION, f"A permission is missing. {_RECONNECT}"
    return None


def _named(error: Mapping[str, Any]) -> tuple[OutcomeKind, str] | None:
    words = " ".join(str(error.get(key) or "") for key in ("message", "error_user_title", "error_user_msg"))
    return next((found for name, found in NAMED.items() if name in words), None)


def wait_s(answer: Answer) -> float:
    """How long Meta wants us to wait: throttled answers come as 400, mostly without Retry-After."""
    minutes = 0.0
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        for entries in usage.values():
            for entry in entries:
                minutes = max(minutes, float(entry.get("estimated_time_to_regain_access") or 0))
    except (ValueError, TypeError, AttributeError):
        pass
    said = minutes * 60 or answer.retry_after_s or DEFAULT_WAIT_S
    return said if math.isfinite(said) else DEFAULT_WAIT_S


def instant(text: str) -> datetime:
    """A Graph time ("2026-11-23T18:00:00+0000")."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)


def plain(text: str) -> str:
    return " ".join((text or "").split())


MOST_LISTS = 20


def every(page: Callable[[Mapping[str, str]], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All rows of a list that comes in pages. ``page`` reads one, given the parameter that leads to it."""
    found: list[Mapping[str, Any]] = []
    after: dict[str, str] = {}
    for _ in range(MOST_LISTS):
        told = page(after)
        found += told.get("data") or ()
        paging = told.get("paging") or {}
        cursor = (paging.get("cursors") or {}).get("after")
        if not paging.get("next") or not cursor:
            break
        after = {"after": str(cursor)}
    return found


def switched_on(
    flow: Flow, account: Account, scopes: Sequence[str], fields: Mapping[str, str]
) -> dict[str, bool]:
    """Have Meta call us about an account: ``fields`` that may be called, and the permission that each needs."""
    wanted = [field for field, scope in fields.items() if scope in scopes]
    if not wanted:
        return {}
    url = f"{flow.network['graph']}/{VERSION}/{account.remote_id}/subscribed_apps"
    return {
        "calls_us": flow.wire(account.access_token).post(url, form={"subscribed_fields": ",".join(wanted)}).ok
    }


class MetaConnector(Connector):
    """Reads the Graph API's answers."""

    host = "graph"
    # Rate limiting, read in November 2026: 4800 calls a day for each engaged user or impression; the least there is.
    rates = (Rate(4800, 86_400, of="all"),)

    def graph(self, ctx: Any, path: str) -> str:
        return ctx.wire.url(self.host, f"/{VERSION}/{path}")

    def data(self, answer: Answer) -> dict[str, Any]:
        """The body of a success; raises for everything else. A 2xx may carry an error."""
        if not answer.ok or "error" in answer.data:
            raise Refused(self.classify(answer))
        if not isinstance(answer.json, dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return answer.data

    def id_of(self, answer: Answer) -> str:
        found = self.data(answer).get("id")
        if not found:
            raise AnswerLost("its answer could not be read", "unreadable")
        return str(found)

    def classify(self, answer: Answer) -> Outcome:
        error = answer.data.get("error")
        error = error if isinstance(error, Mapping) else {}
        code, subcode = numbers(error)
        kind, message = self._meaning(answer, error, code, subcode)
        retry_after_s = {K.RATE: wait_s(answer), K.BUSY: 5.0}.get(kind)
        if code == 9 or 1390008 in (code, subcode):
            retry_after_s = 3600.0
        return Outcome(
            kind,
            retry_after_s=retry_after_s,
            code=f"{code}/{subcode}" if subcode else str(code or answer.status),
            message=message.replace("{label}", self.label),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _meaning(
        self, answer: Answer, error: Mapping[str, Any], code: int, subcode: int
    ) -> tuple[OutcomeKind, str]:
        if code == 100 and subcode == 33 and answer.method == "GET":
            return K.BUSY, f"{self.label} does not show the object yet."  # seen for seconds on fresh ids
        if found := _named(error) or meaning(code, subcode):
            return found
        if answer.status >= 500:
            return K.UNKNOWN, f"{self.label} had a failure ({answer.status})."
        if answer.status == 429:
            return K.RATE, f"{self.label} asks us to wait."
        if answer.status == 401:
            return K.AUTH, f"{self.label} no longer accepts our key."
        if 300 <= answer.status < 400:
            return K.BUG, f"{self.label} sent us somewhere else."
        debug = answer.data.get("debug_info")  # the upload host speaks its own dialect
        if isinstance(debug, Mapping):
            said = f"{self.label} could not take the file: {debug.get('message') or answer.status}"
            return (K.BUSY if debug.get("retriable") is True else K.CONTENT), said
        if answer.ok and not error:
            return K.UNKNOWN, f"{self.label} gave an answer that cannot be read."
        said = error.get("error_user_msg") or error.get("message") or answer.status
        return K.CONTENT, f"{self.label} refuses this: {said}"

    def insights(self, ctx: Any, path: str, metrics: list[str]) -> tuple[dict[str, Any], list[Any]]:
        """Ask for metrics by name; return values by name and the raw answers.

        One name that does not fit makes Meta refuse the whole question, so a refusal is asked again name by
        name. A name that was refused alone while others were answered is not asked again for this account within a day,
        among the same others; if none was answered, it is the object that is at fault.
        """
        dead = self._dead.setdefault((ctx.channel.remote_id, *metrics), {})
        names = [name for name in metrics if dead.get(name, ctx.now) <= ctx.now]
        values, raw, refused = self._ask(ctx, path, names)
        if refused and len(names) > 1 and not is_missing(raw[-1]):
            refused = []
            for name in names:
                more, answers, no = self._ask(ctx, path, [name])
                values |= more
                raw += answers
                refused += no
            if values:
                dead.update(dict.fromkeys(refused, ctx.now + NOT_ASKED))
        return values, raw

    def _ask(self, ctx: Any, path: str, names: list[str]) -> tuple[dict[str, Any], list[Any], list[str]]:
        """One question: values, raw answer, and the names if it was refused for what it asked."""
        if not names:
            return {}, [], []
        answer = ctx.wire.get(self.graph(ctx, path), params={"metric": ",".join(names), **self.period})
        if answer.ok and "error" not in answer.data and isinstance(answer.json, dict):
            return {row["name"]: _value(row) for row in answer.data.get("data") or ()}, [answer.data], []
        outcome = self.classify(answer)
        if outcome.kind in {K.AUTH, K.RATE, K.UNKNOWN}:
            raise Refused(outcome)
        code, _ = numbers(answer.data.get("error") or {})
        return {}, [answer.data], [] if code in NO_DATA else names

    period: Mapping[str, str] = {}

    def __init__(self) -> None:
        self._dead: dict[tuple[str, ...], dict[str, datetime]] = {}


def _value(row: Mapping[str, Any]) -> Any:
    values = row.get("values") or ()
    if values:
        return values[-1].get("value")
    return (row.get("total_value") or {}).get("value")


def total(value: Any) -> int | float | None:
    """A number, or the sum of an object of numbers (reactions by type); None when there is nothing."""
    if isinstance(value, Mapping):
        return sum(v for v in value.values() if isinstance(v, int | float))
    return value if isinstance(value, int | float) else None


def subcode_in(text: str) -> int:
    """The subcode in a container's status text ("Error: … 2207026 …"); 0 when there is none."""
    found = re.search(r"\b2207\d{3}\b", text or "")
    return int(found[0]) if found else 0

"""Publishing as an organisation's page, looking for what was lost, and reading numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, Read
from channels.connectors.base import (
    METRICS,
    Connector,
    Context,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    PublishedRef,
    Rate,
    Reading,
    Refused,
    Safety,
    StepKind,
    StepSpec,
    Trouble,
    TroubleKind,
    UnsupportedFeature,
)
from channels.connectors.linkedin import errors, little, urns
from channels.connectors.linkedin.flow import HEADERS, VERSION, LinkedInFlow, page_url
from channels.connectors.linkedin.media import READY, Uploads, category
from channels.connectors.linkedin.mentions import Mentions
from channels.connectors.shapes import PostShape
from channels.connectors.talk import IN_PUBLIC
from channels.wire import Answer, AnswerLost

K = OutcomeKind
MAX_IMAGES = 20
MAX_TITLE = 400  # not stated; what other tools keep to
PAGE = 50
PAGES = 4
BATCH = 20  # posts in one question for numbers
WARN_BEFORE = timedelta(days=7)
FINDER = {"X-RestLi-Method": "FINDER"}
NUMBERS = {
    "impressions": "impressionCount",
    "reach": "uniqueImpressionsCount",
    "likes": "likeCount",
    "comments": "commentCount",
    "shares": "shareCount",
    "clicks": "clickCount",
}


class LinkedInConnector(Mentions, Uploads, Connector):
    platform = "linkedin"
    label = "LinkedIn"
    shape = PostShape(
        ("linkedin.com",),
        re.compile(
            r"^/(?:feed/update/(?:(?P<id>urn:li:(?:share|ugcPost):\d+)|urn:li:activity:\d+)"
            r"|posts/(?P<account>[\w-]+?)_[\w%-]+)(/|$)"
        ),
        "https://www.linkedin.com/feed/update/urn:li:share:123…",
    )
    oauth = LinkedInFlow()
    publishes = frozenset({"linkedin.post"})
    numbers_at_once = BATCH
    # LinkedIn shows its figures, by day, only to an app's owner: politely
    rates = (Rate(400, 86_400, of="reads"),)
    version = VERSION
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.GIF, Media.VIDEO, Media.ALT_TEXT})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS})
    acts = {
        Action.REPLY: Safety.SEARCH,
        Action.COMMENT: Safety.SEARCH,
        Action.DELETE_COMMENT: Safety.PURE,
        Action.DELETE_POST: Safety.PURE,
        Action.EDIT_POST: Safety.PURE,
    }
    needs = {Read.COMMENTS: "r_organization_social"}
    mends = {Action.DELETE_COMMENT: IN_PUBLIC}  # EDIT_POST goes to posts
    mending = "The text can be edited, or the post deleted, on the page at LinkedIn."

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        if len(payload["parts"]) != 1:
            raise UnsupportedFeature(self.label, "a post of several parts")
        part = payload["parts"][0]
        media = part.get("media") or ()
        if not part["text"]:
            raise UnsupportedFeature(self.label, "a post without text")
        if len(media) > MAX_IMAGES or (len(media) > 1 and any(category(m) != "image" for m in media)):
            raise UnsupportedFeature(
                self.label, "more than 20 pictures, or a video or document beside others"
            )
        if media and part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside pictures or video")
        commit = StepSpec("commit", StepKind.COMMIT, Safety.PROBE)
        return [*_media_steps(len(media)), commit, *self.comment_steps(payload)]

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        if step.kind is StepKind.UPLOAD:
            return self.upload(step, ctx)
        if step.kind is StepKind.WAIT:
            return self.wait(step, ctx)
        return self._post(ctx)

    def _post(self, ctx: Context) -> Outcome:
        part = ctx.parts()[0]
        media = part.get("media") or ()
        ids = [ctx.refs[f"upload 1.{j}"]["id"] for j in range(1, len(media) + 1)]
        body = post_body(urns.organization(ctx.channel.remote_id), part, ids)
        answer = ctx.wire.post(self.rest(ctx, "posts"), json=body, headers=HEADERS)
        if not answer.ok:
            outcome = self.classify(answer)
            if outcome.kind is K.DUPLICATE and (urn := self._ours(ctx, urns.post_in(answer.text))):
                return self._out(ctx, urn, answer)
            raise Refused(outcome)
        return self._out(ctx, urns.post_in(answer.headers.get("x-restli-id", "")), answer)

    def _ours(self, ctx: Context, urn: str) -> str:
        """The post that a refusal names, if it came of this very publication: its text, and not before it."""
        if not urn:
            return ""
        answer = ctx.wire.get(self.rest(ctx, f"posts/{urns.encoded(urn)}"), headers=HEADERS)
        since = _since(ctx)
        return urn if answer.ok and since and same(answer.data, ctx.parts()[0], since=since) else ""

    def _out(self, ctx: Context, urn: str, answer: Answer) -> Outcome:
        if not urn:
            raise AnswerLost("its answer did not name the post", "unreadable")
        return Outcome(
            K.OK,
            remote_ref={"id": urn},
            remote_id=urn,
            remote_url=self.permalink(urn, ctx),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def address(self, remote_id: str, channel: Any) -> str:
        known = channel.url and remote_id.startswith("urn:li:")
        return f"{channel.url.partition('/company/')[0]}/feed/update/{remote_id}/" if known else ""

    def permalink(self, remote_id: str, ctx: Context) -> str:
        return f"{ctx.wire.network['authorize']}/feed/update/{remote_id}/"

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        answer = ctx.wire.delete(self.rest(ctx, f"posts/{urns.encoded(remote_id)}"), headers=HEADERS)
        if answer.status != 404:  # gone already is what was wanted
            self.must(answer)
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Compare the page's posts since a minute before the intent: text and number of media."""
        if step.kind is not StepKind.COMMIT:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        since, part = ctx.intent_at - timedelta(seconds=60), ctx.parts()[0]
        posts, complete = self._own_posts(ctx, since)
        matches = [post for post in posts if same(post, part, since=since)]
        seen = tuple({"id": p["id"], "createdAt": p.get("createdAt")} for p in matches)
        if len(matches) > 1:
            reason = f"LinkedIn has {len(matches)} posts with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=seen, reason=reason)
        if matches:
            urn = str(matches[0]["id"])
            url = self.permalink(urn, ctx)
            ref, at = {"id": urn}, made_at(matches[0])
            return Lookup(LookupKind.FOUND, urn, url, complete=True, remote_ref=ref, seen=seen, at=at)
        recent = [post for post in posts if made_at(post) >= since]
        shown = [{"id": p["id"], "text": little.shown(p.get("commentary") or "")} for p in recent]
        return self.nothing_found(part["text"], shown, lambda p: p["text"], complete=complete)

    def _own_posts(self, ctx: Context, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        """The page's posts, newest first, and whether they reach back to ``since``."""
        author = urns.encoded(urns.organization(ctx.channel.remote_id))
        posts: list[dict[str, Any]] = []
        for _ in range(PAGES):
            query = f"q=author&author={author}&start={len(posts)}&count={PAGE}&sortBy=CREATED"
            answer = ctx.wire.get(self.rest(ctx, f"posts?{query}"), headers=HEADERS | FINDER)
            page = self.data(answer).get("elements")
            if not isinstance(page, list):
                raise AnswerLost("its answer could not be read", "unreadable")
            posts += page
            if len(page) < PAGE or made_at(page[-1]) < since:
                return posts, True
        return posts, False

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        about = self.data(
            ctx.wire.get(self.rest(ctx, f"organizations/{ctx.channel.remote_id}"), headers=HEADERS)
        )
        urn = urns.encoded(urns.organization(ctx.channel.remote_id))
        path = f"networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
        size = self.data(ctx.wire.get(self.rest(ctx, path), headers=HEADERS))
        vanity = about.get("vanityName") or ctx.channel.remote_id
        return {
            "handle": vanity,
            "name": about.get("localizedName", ""),
            "url": page_url(ctx.wire.network, vanity),
            "followers": size.get("firstDegreeSize"),
            "facts": {},
        }

    def check(self, ctx: Context) -> list[str]:
        self.account(ctx)
        return [*self.missing_scopes(ctx.channel), *key_troubles(ctx.channel, ctx.now)]

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        told = self._numbers(ctx, [p.remote_id for p in publications if p.remote_id])
        return [self._reading(ctx, publication, told) for publication in publications]

    def _numbers(self, ctx: Context, ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        ids = list(ids)
        author = urns.encoded(urns.organization(ctx.channel.remote_id))
        found: dict[str, Mapping[str, Any]] = {}
        for name, wanted in (
            ("shares", [urn for urn in ids if not urns.is_ugc(urn)]),
            ("ugcPosts", [urn for urn in ids if urns.is_ugc(urn)]),
        ):
            for batch in (wanted[i : i + BATCH] for i in range(0, len(wanted), BATCH)):
                query = f"q=organizationalEntity&organizationalEntity={author}&{name}={urns.listed(batch)}"
                path = f"organizationalEntityShareStatistics?{query}"
                body = self.data(ctx.wire.get(self.rest(ctx, path), headers=HEADERS))
                for row in body.get("elements") or []:
                    found[str(row.get("share") or row.get("ugcPost"))] = row
        return found

    def _reading(self, ctx: Context, publication: PublishedRef, told: Mapping[str, Any]) -> Reading:
        urn, nothing = publication.remote_id, dict.fromkeys(METRICS)
        row = told.get(urn)
        if row is None and not (urn and self._may_stand(ctx, urn)):
            problem = "LinkedIn does not show this post (any more)."
            return Reading(publication.publication_id, nothing, {}, ctx.now, problem, gone=True)
        # LinkedIn says that it leaves out what had no activity. It may leave out others too: left out is not known.
        stats = (row or {}).get("totalShareStatistics") or {}
        metrics = nothing | {ours: _number(stats.get(theirs)) for ours, theirs in NUMBERS.items()}
        return Reading(publication.publication_id, metrics, {"statistics": row or {}}, ctx.now)

    def _may_stand(self, ctx: Context, urn: str) -> bool:
        """Whether nothing says that a post is gone: who may not read it does not learn whether it is there."""
        if self.lacking(ctx.channel, self.needs[Read.COMMENTS]):
            return True
        answer = ctx.wire.get(self.rest(ctx, f"posts/{urns.encoded(urn)}"), headers=HEADERS)
        if answer.status not in (400, 403, 404):
            self.must(answer)
        return answer.status not in (400, 404)

    # Answers ------------------------------------------------------------------------------------------------

    def rest(self, ctx: Context, path: str) -> str:
        return ctx.wire.url("api", f"/rest/{path}")

    def must(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Refused(self.classify(answer))
        return answer

    def data(self, answer: Answer) -> dict[str, Any]:
        if not isinstance(self.must(answer).json, dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return answer.data

    def classify(self, answer: Answer) -> Outcome:
        kind, message = errors.meaning(answer)
        waits = {K.RATE: errors.quota_wait_s(answer), K.BUSY: 5.0}
        codes = sorted(errors.codes_of(answer.data))
        return Outcome(
            kind,
            retry_after_s=waits.get(kind),
            code=" ".join(codes) or str(answer.status),
            message=message,
            http_status=answer.status,
            request_id=answer.request_id or answer.headers.get("x-li-uuid", ""),
            body=answer.text,
        )


# Pure parts -------------------------------------------------------------------------------------------------


def _media_steps(count: int) -> Iterator[StepSpec]:
    for j in range(1, count + 1):
        yield StepSpec(f"upload 1.{j}", StepKind.UPLOAD, Safety.PURE, stage=True, data={"media": j - 1})
    for j in range(1, count + 1):
        yield StepSpec(f"wait 1.{j}", StepKind.WAIT, Safety.PURE, stage=True, data={"media": j - 1})


def post_body(author: str, part: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    """The body of a post: an article where there is a link and no media; its title is the text's first line."""
    media = part.get("media") or ()
    content: dict[str, Any] = {}
    if len(ids) > 1:
        images = [_image(urn, medium) for urn, medium in zip(ids, media, strict=True)]
        content = {"multiImage": {"images": images}}
    elif ids:
        titled = {"title": title_of(media[0].get("alt") or part["text"])}
        content = {"media": _image(ids[0], media[0]) | (titled if category(media[0]) != "image" else {})}
    elif part.get("link") and part["link"] not in part["text"]:
        content = {"article": {"source": part["link"], "title": title_of(part["text"])}}
    return {
        "author": author,
        "commentary": little.written(part["text"]),
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    } | ({"content": content} if content else {})


def _image(urn: str, medium: Mapping[str, Any]) -> dict[str, Any]:
    alt = medium.get("alt") or ""
    return {"id": urn} | ({"altText": alt} if alt and category(medium) == "image" else {})


def title_of(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1].rstrip()}…"


def made_at(post: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp((post.get("createdAt") or post.get("publishedAt") or 0) / 1000, UTC)


def plain(text: str) -> str:
    return " ".join(text.split())


def media_count(post: Mapping[str, Any]) -> int:
    content = post.get("content") or {}
    if images := (content.get("multiImage") or {}).get("images"):
        return len(images)
    return 1 if content.get("media") else 0


def same(post: Mapping[str, Any], part: Mapping[str, Any], *, since: datetime) -> bool:
    return (
        made_at(post) >= since.replace(microsecond=0)
        and plain(little.shown(post.get("commentary") or "")) == plain(part["text"])
        and media_count(post) == len(part.get("media") or ())
    )


def key_troubles(channel: Any, now: datetime) -> list[str]:
    """A key that we cannot renew is told a week before its end."""
    ends = getattr(getattr(channel, "credential", None), "token_expires_at", None)
    if not ends or (getattr(channel, "facts", None) or {}).get("renewable") or ends - now > WARN_BEFORE:
        return []
    day: date = ends.date()
    words = f"LinkedIn's key for the page ends on {day:%-d %B %Y}. Reconnect the page before that."
    return [Trouble(words, TroubleKind.TOKEN)]


def _since(ctx: Context) -> datetime | None:
    return ctx.intent_at - timedelta(seconds=60) if ctx.intent_at else None


def _number(value: Any) -> int | float | None:
    return max(0, value) if isinstance(value, int | float) else None


__all__ = ["READY", "LinkedInConnector"]

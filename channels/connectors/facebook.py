"""Facebook Pages: posts with text, a link or pictures; reels for video. Graph API v26.0.

Pictures are uploaded unpublished, so that at the due time one call is left. That call has no key and no
handle, hence the look-up in the page's own posts. A reel has a handle from its first step on and is simply
asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, Read
from channels.connectors.attached import Pictures
from channels.connectors.base import (
    METRICS,
    Context,
    DayQuota,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    PublishedRef,
    Reading,
    Refused,
    Safety,
    StepKind,
    StepSpec,
    UnsupportedFeature,
)
from channels.connectors.chains import last_out
from channels.connectors.facebook_reel import VERIFY, Reels, whole
from channels.connectors.meta import (
    GRAPH,
    MISSING,
    VERSION,
    every,
    instant,
    is_missing,
    numbers,
    plain,
    switched_on,
    total,
)
from channels.connectors.meta_talk import Names
from channels.connectors.shapes import PostShape, by_page
from channels.connectors.talk import IN_PUBLIC, Act
from channels.oauth import Account, Flow, Grant, OAuthFailed, expiry
from channels.wire import Wire

K = OutcomeKind
MAX_PHOTOS = 10
A_LIST = 100  # pages told at once
NO_SUCH_POST = (100, 33)
ATTACHMENTS = "attachments{media_type,subattachments.limit(20)}"
POST_FIELDS = f"id,message,created_time,permalink_url,status_type,is_published,{ATTACHMENTS}"
POST_METRICS = ["post_media_view", "post_total_media_view_unique", "post_clicks"]
REEL_METRICS = [
    "blue_reels_play_count",
    "post_video_view_time",
    "post_video_likes_by_reaction_type",
    "post_video_social_actions",
    "post_video_followers",
]


NAMES = Names(
    fields="id,message,created_time,from,parent{id},is_hidden,can_reply_privately,permalink_url",
    text="message",
    at="created_time",
    hidden="is_hidden",
    person="name",
    answers="comments",
    query={"filter": "stream", "order": "reverse_chronological"},
)


CALLED = {"feed": "pages_manage_metadata", "mention": "pages_manage_metadata", "messages": "pages_messaging"}


BUSINESS = "business_management"
PAGE_FIELDS = "id,name,access_token,link,followers_count"
MOST_BUSINESSES = 50


def _tasks_of(page: Mapping[str, Any]) -> list[str]:
    return ["CREATE_CONTENT"] if page.get("access_token") else []


class FacebookFlow(Flow):
    platform = "facebook"
    label = "Facebook"
    scopes = {
        "pages_show_list": "see which pages you run",
        "pages_read_engagement": "read the page's posts and numbers",
        "pages_manage_posts": "publish posts",
        "pages_manage_engagement": "answer and hide comments",
        "pages_read_user_content": "read comments",
        "read_insights": "read views and reach",
        "pages_messaging": "read and answer messages to the page",
        "pages_manage_metadata": "be told at once when somebody writes",
        BUSINESS: "find the pages that belong to a business portfolio",
    }
    optional = frozenset(
        {
            "pages_manage_engagement",
            "pages_read_user_content",
            "read_insights",
            "pages_messaging",
            "pages_manage_metadata",
            BUSINESS,
        }
    )
    in_passing = frozenset({BUSINESS})
    shared = True

    @property
    def authorize_url(self) -> str:
        return f"{self.network['dialog']}/{VERSION}/dialog/oauth"

    @property
    def token_url(self) -> str:
        return f"{self.network['graph']}/{VERSION}/oauth/access_token"

    def scope_text(self) -> str:
        return ",".join(self.scopes)

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        secret = self.network["client_secret"]
        short = self.fetch(
            self.session(redirect_uri=redirect_uri),
            code=code,
            method="GET",
            include_client_id=True,
            client_secret=secret,
        )
        asked = {
            "grant_type": "fb_exchange_token",
            "client_id": self.network["client_id"],
            "client_secret": secret,
            "fb_exchange_token": short["access_token"],
        }
        long = self.read(self.wire().get(self.token_url, params=asked, scheme=""))
        token = long["access_token"]
        granted = self.read(self.wire(token).get(f"{self.network['graph']}/{VERSION}/me/permissions"))
        scopes = [p["permission"] for p in granted.get("data") or () if p.get("status") == "granted"]
        return Grant(access_token=token, expires_at=expiry(long), scopes=tuple(scopes))

    def accounts(self, grant: Grant) -> list[Account]:
        """The pages that the person runs, and those of their business portfolios, which may be missing among them."""
        wire = self.wire(grant.access_token)
        pages = {str(page["id"]): page for page in self._listed(wire, "me/accounts", f"tasks,{PAGE_FIELDS}")}
        if BUSINESS in grant.scopes:
            for page in self._of_businesses(wire):
                pages.setdefault(str(page["id"]), page)
        me = self.read(wire.get(f"{self.network['graph']}/{VERSION}/me", params={"fields": "id"}))
        return [self._account(page, grant, str(me.get("id") or "")) for page in pages.values()]

    def _listed(self, wire: Wire, path: str, fields: str) -> list[Mapping[str, Any]]:
        url, params = f"{self.network['graph']}/{VERSION}/{path}", {"fields": fields, "limit": A_LIST}
        return every(lambda after: self.read(wire.get(url, params={**params, **after})))

    def _of_businesses(self, wire: Wire) -> Iterator[Mapping[str, Any]]:
        """Pages that a portfolio owns or works on for others. One that shows its pages to nobody hides no other's.

        Of these Facebook tells no tasks; who may not act for a page gets no key of it.
        """
        for business in self._listed(wire, "me/businesses", "id,name")[:MOST_BUSINESSES]:
            for edge in ("owned_pages", "client_pages"):
                try:
                    pages = self._listed(wire, f"{business['id']}/{edge}", PAGE_FIELDS)
                except OAuthFailed:
                    continue
                yield from ({**page, "tasks": _tasks_of(page)} for page in pages)

    def switch_on(self, account: Account, scopes: Sequence[str]) -> Mapping[str, Any]:
        return switched_on(self, account, scopes, CALLED) if "pages_manage_metadata" in scopes else {}

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        """Take back all that the person gave, with the person's own token; every page's key ends with it."""
        if not refresh_token:
            return False
        url = f"{self.network['graph']}/{VERSION}/me/permissions"
        return self.wire(refresh_token).delete(url).ok

    def _account(self, page: Mapping[str, Any], grant: Grant, person: str) -> Account:
        tasks = page.get("tasks") or []
        trouble = (
            "" if "CREATE_CONTENT" in tasks else "You may not publish on this page; ask its administrator."
        )
        return Account(
            remote_id=str(page["id"]),
            handle=page["name"],
            name=page["name"],
            url=page.get("link") or f"{self.network['dialog']}/{page['id']}",
            access_token=page.get("access_token", ""),
            refresh_token=grant.access_token,
            expires_at=None,  # a page's token that was fetched with a long-lived one has no end
            followers=page.get("followers_count"),
            facts={"tasks": tasks},
            extra={"person": person},
            trouble=trouble,
        )

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        """Fetch the page's token again with the person's: all that can be done without the person."""
        if not refresh_token:
            raise OAuthFailed("Facebook no longer accepts our key.", dead=True)
        url = f"{self.network['graph']}/{VERSION}/{remote_id}"
        page = self.read(self.wire(refresh_token).get(url, params={"fields": "access_token"}))
        if page.get("access_token", access_token) == access_token:
            raise OAuthFailed("Facebook no longer accepts our key.", dead=True)
        return Grant(access_token=page["access_token"], refresh_token=refresh_token)


class FacebookConnector(Reels):
    platform = "facebook"
    label = "Facebook"
    shape = PostShape(
        ("facebook.com",),
        re.compile(
            r"^/(?:(?P<account>[\w.-]+)/(?:posts|videos)/(?:[^/]+/)?(?P<id>\w+)|reel/(?P<reel>\d+)"
            r"|permalink\.php|story\.php|photo(?:\.php|/)?|watch/?)/?$"
        ),
        "https://www.facebook.com/page/posts/123…",
        by_page,
        loose=True,
    )
    oauth = FacebookFlow()
    publishes = frozenset({"facebook.post", "facebook.reel"})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS, Read.DIRECT})
    needs = {
        Read.COMMENTS: "pages_read_user_content",
        Read.MENTIONS: "pages_read_user_content",
        Read.DIRECT: "pages_messaging",
        Action.COMMENT: "pages_manage_engagement",
        Action.HIDE: "pages_manage_engagement",
        Action.UNHIDE: "pages_manage_engagement",
        Action.DELETE_COMMENT: "pages_manage_engagement",
        Action.BLOCK: "pages_manage_engagement",
        Action.UNBLOCK: "pages_manage_engagement",
    }
    acts = {
        Action.REPLY: Safety.SEARCH,
        Action.COMMENT: Safety.SEARCH,
        Action.HIDE: Safety.PURE,
        Action.UNHIDE: Safety.PURE,
        Action.DELETE_COMMENT: Safety.PURE,
        Action.EDIT_POST: Safety.PURE,
        Action.DELETE_POST: Safety.PURE,
        Action.BLOCK: Safety.PURE,
        Action.UNBLOCK: Safety.PURE,
    }
    mends = {Action.DELETE_COMMENT: IN_PUBLIC, Action.EDIT_POST: IN_PUBLIC}
    # of a comment; what goes with a private message is a message of its own there, and left out
    attaches = {
        False: Pictures(
            "facebook-business 26.0.3, attachment_id of a comment, read 2026-11-30; size as of posts",
            max_bytes=4_000_000,
            alt=1000,
        )
    }
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.VIDEO, Media.ALT_TEXT, Media.CAPTIONS, Media.COVER})
    version = GRAPH
    fixed = frozenset(
        {"facebook.reel"}
    )  # a video has a description, which no page of the guide says how to change
    names = NAMES
    messenger = "messenger"
    # developers.facebook.com, Pages API, read in November 2026
    mending = "The text of a post can be edited on Facebook; the post can be deleted at any time."
    day_quota = DayQuota(30, formats=".reel")  # Reels publishing guide, read in November 2026
    period = {"period": "lifetime"}

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        part = self._only_part(payload)
        media = part.get("media") or ()
        videos = [m for m in media if m["kind"] == "video"]
        if videos:
            if len(media) > 1:
                raise UnsupportedFeature(self.label, "a video beside other media")
            return list(self.reel_steps(payload))
        if len(media) > MAX_PHOTOS:
            raise UnsupportedFeature(self.label, f"more than {MAX_PHOTOS} pictures")
        if not part["text"] and not media and not part.get("link"):
            raise UnsupportedFeature(self.label, "a post without text, link and media")
        if media and part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside pictures; put it into the text")
        commit = StepSpec("commit", StepKind.COMMIT, Safety.SEARCH)
        return [*self._photo_steps(media), commit, *self.comment_steps(payload), VERIFY]

    def _only_part(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        if len(payload["parts"]) != 1:
            raise UnsupportedFeature(self.label, "a post of several parts")
        return payload["parts"][0]

    def attach(self, act: Act) -> Sequence[StepSpec]:
        """Uploaded unpublished, as for a post: so the comment itself is one call, and the alt text goes along."""
        return list(self._photo_steps(act.media))

    def _photo_steps(self, media: Sequence[Mapping[str, Any]]) -> Iterator[StepSpec]:
        for j in range(len(media)):
            data = {"media": j}
            yield StepSpec(f"upload 1.{j + 1}", StepKind.UPLOAD, Safety.PURE, stage=True, data=data)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        if "container" in ctx.refs or step.key == "container":
            return self.perform_reel(step, ctx)
        work = {"commit": self._post, "verify": self._verify}
        return (work.get(step.key) or self._photo)(step, ctx)

    def _photo(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = ctx.parts()[0]["media"][step.data["media"]]
        path = ctx.open_media(medium)
        form = {"published": False, "alt_text_custom": medium.get("alt") or None}
        with path.open("rb") as file:
            files = {"source": (path.name, file, medium["mime"])}
            photo = self.id_of(ctx.wire.post(self.page(ctx, "photos"), form=form, files=files))
        return Outcome(K.OK, remote_ref={"id": photo})

    def _post(self, step: StepSpec, ctx: Context) -> Outcome:
        part = ctx.parts()[0]
        photos = [ctx.refs[f"upload 1.{j}"]["id"] for j in range(1, len(part.get("media") or ()) + 1)]
        form: dict[str, Any] = {"message": part["text"] or None, "published": True}
        if photos:
            form["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif part.get("link"):
            form["link"] = part["link"]
        answer = ctx.wire.post(self.page(ctx, "feed"), form=form)
        post = self.id_of(answer)
        return Outcome(
            K.OK,
            remote_ref={"id": post},
            remote_id=post,
            remote_url=post_url(ctx, post),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        answer = ctx.wire.delete(self.graph(ctx, remote_id))
        if numbers(answer.data.get("error") or {}) != NO_SUCH_POST:  # gone already is what was wanted
            self.data(answer)
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    def _verify(self, step: StepSpec, ctx: Context) -> Outcome:
        post = ctx.refs["commit"]["id"]
        params = {"fields": "permalink_url,created_time,is_published"}
        found = self.data(ctx.wire.get(self.graph(ctx, post), params=params))
        if found.get("is_published") is False:
            return Outcome(K.CONTENT, code="unpublished", message="Facebook holds the post back.")
        return Outcome(
            K.OK, remote_ref={"id": post}, remote_id=post, remote_url=found.get("permalink_url", "")
        )

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        if step.kind is not StepKind.COMMIT:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        return self.ask_reel(ctx) if "container" in ctx.refs else self._search_posts(ctx)

    def _search_posts(self, ctx: Context) -> Lookup:
        part, since = ctx.parts()[0], (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        params = {"fields": POST_FIELDS, "since": int(since.timestamp()), "limit": 100}
        found = self.data(ctx.wire.get(self.page(ctx, "published_posts"), params=params))
        if "data" not in found:
            return Lookup(LookupKind.CANNOT, reason="Facebook gave no list of posts.")
        posts = found["data"]
        complete = "next" not in (found.get("paging") or {}) or any(_made_at(p) < since for p in posts)
        matches = [post for post in posts if _same(post, part, since)]
        seen = tuple({k: post.get(k) for k in ("id", "created_time", "message")} for post in matches)
        if len(matches) > 1:
            reason = f"Facebook has {len(matches)} posts with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=seen, reason=reason)
        if not matches:
            young = [p for p in posts if _made_at(p) >= since]
            return self.nothing_found(part["text"], young, lambda p: p.get("message", ""), complete=complete)
        post = matches[0]
        return Lookup(
            LookupKind.FOUND,
            remote_id=post["id"],
            remote_url=post.get("permalink_url", ""),
            complete=True,
            remote_ref={"id": post["id"]},
            seen=seen,
            at=_made_at(post),
        )

    def address(self, remote_id: str, channel: Any) -> str:
        if not channel.url or "_" not in remote_id:
            return ""
        page, _, number = remote_id.rpartition("_")
        return f"{channel.url.rstrip('/').rpartition('/')[0]}/{page}/posts/{number}"

    def permalink(self, remote_id: str, ctx: Context) -> str:
        found = self.data(ctx.wire.get(self.graph(ctx, remote_id), params={"fields": "permalink_url"}))
        return whole(ctx, str(found.get("permalink_url") or ""))

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        fields = {"fields": "id,name,link,followers_count"}
        page = self.data(ctx.wire.get(self.graph(ctx, ctx.channel.remote_id), params=fields))
        return {
            "handle": page["name"],
            "name": page["name"],
            "url": page.get("link") or f"{ctx.wire.network['dialog']}/{page['id']}",
            "followers": page.get("followers_count"),
            "facts": {},
        }

    def check(self, ctx: Context) -> list[str]:
        self.account(ctx)
        return [*self.missing_scopes(ctx.channel)]

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        return [self._reading(ctx, publication) for publication in publications]

    def _reading(self, ctx: Context, publication: PublishedRef) -> Reading:
        reel = "_" not in publication.remote_id
        try:
            metrics, raw = (self._reel_numbers if reel else self._post_numbers)(ctx, publication.remote_id)
        except Refused as refused:
            if refused.outcome.kind in {K.AUTH, K.RATE, K.UNKNOWN}:
                raise
            metrics, raw = dict.fromkeys(METRICS), {"error": refused.outcome.body}
            gone = refused.outcome.code == MISSING
            return Reading(publication.publication_id, metrics, raw, ctx.now, refused.outcome.message, gone)
        told = any(value is not None for value in metrics.values())
        gone = not told and any(
            map(is_missing, raw["insights"])
        )  # of a reel: its insights are all that is asked
        words = "Facebook no longer has this reel." if gone else "Facebook tells no numbers for this post."
        out_at = last_out([raw.get("fields") or {}], "created_time", instant)
        return Reading(
            publication.publication_id, metrics, raw, ctx.now, "" if told else words, gone, out_at=out_at
        )

    def _post_numbers(self, ctx: Context, post: str) -> tuple[dict[str, Any], dict[str, Any]]:
        fields = "created_time,shares,comments.limit(0).summary(true),reactions.limit(0).summary(total_count)"
        counts = self.data(ctx.wire.get(self.graph(ctx, post), params={"fields": fields}))
        values, raw = self.insights(ctx, f"{post}/insights", POST_METRICS)
        return dict.fromkeys(METRICS) | {
            "views": total(values.get("post_media_view")),
            "reach": total(values.get("post_total_media_view_unique")),
            "clicks": total(values.get("post_clicks")),
            "likes": _summary(counts, "reactions"),
            "comments": _summary(counts, "comments"),
            "shares": (counts.get("shares") or {}).get("count", 0),  # absent means none
        }, {"fields": counts, "insights": raw}

    def _reel_numbers(self, ctx: Context, video: str) -> tuple[dict[str, Any], dict[str, Any]]:
        values, raw = self.insights(ctx, f"{video}/video_insights", REEL_METRICS)
        actions = values.get("post_video_social_actions")
        actions = {k.lower(): v for k, v in actions.items()} if isinstance(actions, Mapping) else {}
        watched_ms = total(values.get("post_video_view_time"))
        return dict.fromkeys(METRICS) | {
            "views": total(values.get("blue_reels_play_count")),
            "likes": total(values.get("post_video_likes_by_reaction_type")),
            "comments": actions.get("comment"),
            "shares": actions.get("share"),
            "watch_time_s": None if watched_ms is None else watched_ms / 1000,
            "follows": total(values.get("post_video_followers")),
        }, {"insights": raw}


def post_url(ctx: Context, post: str) -> str:
    """Where "{page}_{post}" is shown, until the permalink is read."""
    page, _, number = post.rpartition("_")
    return f"{ctx.wire.network['dialog']}/{page}/posts/{number}"


# Pure parts -------------------------------------------------------------------------------------------------


def _summary(counts: Mapping[str, Any], name: str) -> int | None:
    return ((counts.get(name) or {}).get("summary") or {}).get("total_count")


def _made_at(post: Mapping[str, Any]) -> datetime:
    return instant(post["created_time"])


def _photos(post: Mapping[str, Any]) -> int:
    attachments = (post.get("attachments") or {}).get("data") or []
    if not attachments or attachments[0].get("media_type") in {"link", "share"}:
        return 0
    return len((attachments[0].get("subattachments") or {}).get("data") or []) or 1


def _same(post: Mapping[str, Any], part: Mapping[str, Any], since: datetime) -> bool:
    return (
        _made_at(post) >= since
        and plain(post.get("message", "")) == plain(part["text"])
        and _photos(post) == len(part.get("media") or ())
    )

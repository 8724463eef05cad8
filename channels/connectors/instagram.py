"""Instagram through Instagram Login: pictures, carousels, reels and stories. Graph API v26.0.

Instagram fetches each file from our public address. Everything is prepared in containers that nobody sees;
one call publishes, and the container tells afterwards whether it was published. So a lost answer never needs
a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, Read
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
    Trouble,
    TroubleKind,
    UnsupportedFeature,
    cover_of,
    first_comment,
)
from channels.connectors.containers import LongTokenFlow, kind_of
from channels.connectors.instagram_mentions import Mentions
from channels.connectors.instagram_story import StoryFrames, is_story
from channels.connectors.meta import (
    GRAPH,
    MISSING,
    NEW_CONTAINER,
    SUBCODES,
    VERSION,
    instant,
    is_missing,
    numbers,
    plain,
    subcode_in,
    switched_on,
    total,
)
from channels.connectors.meta_talk import Names
from channels.connectors.shapes import PostShape
from channels.connectors.talk import IN_PUBLIC
from channels.oauth import Account, Grant

K = OutcomeKind
MAX_ITEMS = 10
MEDIA_FIELDS = "id,caption,timestamp,permalink,shortcode,media_type,media_product_type"
FEED_METRICS = ["views", "reach", "likes", "comments", "shares", "saved", "follows", "profile_visits"]
REEL_METRICS = ["views", "reach", "likes", "comments", "shares", "saved", "ig_reels_video_view_total_time"]


NAMES = Names(
    fields="id,text,timestamp,username,from,hidden,parent_id,replies{id,text,timestamp,username,from,hidden}",
    text="text",
    at="timestamp",
    hidden="hidden",
    person="username",
    answers="replies",
    query={},
)


CALLED = {
    "comments": "instagram_business_manage_comments",
    "mentions": "instagram_business_manage_comments",
    "messages": "instagram_business_manage_messages",
}


class InstagramFlow(LongTokenFlow):
    platform = "instagram"
    label = "Instagram"
    prefix = "ig"
    scopes = {
        "instagram_business_basic": "see the account and its posts",
        "instagram_business_content_publish": "publish pictures, carousels and reels",
        "instagram_business_manage_comments": "read and answer comments",
        "instagram_business_manage_insights": "read views, reach and the other numbers",
        "instagram_business_manage_messages": "read and answer messages",
    }
    optional = frozenset(
        {
            "instagram_business_manage_comments",
            "instagram_business_manage_insights",
            "instagram_business_manage_messages",
        }
    )

    def switch_on(self, account: Account, scopes: Sequence[str]) -> Mapping[str, Any]:
        return switched_on(self, account, scopes, CALLED)

    def granted(self, short: Mapping[str, Any], token: str) -> tuple[str, ...]:
        permissions = short.get("permissions") or ()
        return tuple(permissions.split(",") if isinstance(permissions, str) else permissions)

    def accounts(self, grant: Grant) -> list[Account]:
        user = self.read(
            self.wire(grant.access_token).get(
                f"{self.network['graph']}/{VERSION}/me", params={"fields": USER_FIELDS}
            )
        )
        kind = str(user.get("account_type", "")).upper()
        trouble = "Only professional accounts can publish." if kind == "PERSONAL" else ""
        return [
            Account(
                remote_id=str(user.get("user_id") or user["id"]),
                handle=f"@{user['username']}",
                name=user.get("name", ""),
                url=f"{self.network['authorize']}/{user['username']}",
                access_token=grant.access_token,
                expires_at=grant.expires_at,
                followers=user.get("followers_count"),
                facts={"account_type": user.get("account_type", "")},
                extra={"id": str(user.get("id", ""))},
                trouble=trouble,
            )
        ]


USER_FIELDS = "user_id,username,name,account_type,profile_picture_url,followers_count"


class InstagramConnector(Mentions, StoryFrames):
    platform = "instagram"
    label = "Instagram"
    shape = PostShape(
        ("instagram.com",),
        re.compile(r"^/(?:(?P<account>[\w.]+)/)?(?:p|reel|tv)/(?P<id>[\w-]+)(/|$)"),
        "https://www.instagram.com/p/Ab1…",
        coded=True,
    )
    state_field = "status_code"
    reason_field = "status"
    oauth = InstagramFlow()
    publishes = frozenset({"instagram.carousel", "instagram.image", "instagram.reel", "instagram.story"})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS, Read.DIRECT})
    # Posts can be deleted through Facebook Login only, and captions by nobody.
    needs = {
        Read.COMMENTS: "instagram_business_manage_comments",
        Read.MENTIONS: "instagram_business_manage_comments",
        Read.DIRECT: "instagram_business_manage_messages",
        Action.COMMENT: "instagram_business_manage_comments",
        Action.HIDE: "instagram_business_manage_comments",
        Action.UNHIDE: "instagram_business_manage_comments",
        Action.DELETE_COMMENT: "instagram_business_manage_comments",
    }
    acts = {
        Action.REPLY: Safety.SEARCH,
        Action.COMMENT: Safety.SEARCH,
        Action.HIDE: Safety.PURE,
        Action.UNHIDE: Safety.PURE,
        Action.DELETE_COMMENT: Safety.PURE,
    }
    mends = {Action.DELETE_COMMENT: IN_PUBLIC}
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.VIDEO, Media.ALT_TEXT, Media.COVER})
    version = GRAPH
    forgets = {"instagram.story": timedelta(hours=24)}  # instagram-media insights, read 2026-11-23
    names = NAMES
    messenger = "instagram"
    day_quota = DayQuota(50)  # where the account has not said its own; the documents say 50 and 100 (2026)
    # developers.facebook.com, Instagram media, read in November 2026: no caption can be changed through the API
    mending = (
        "In the Instagram app the caption can be edited, or the post deleted; other programs cannot edit it."
    )

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        if is_story(payload):
            if first_comment(payload):
                raise UnsupportedFeature(self.label, "a first comment under a story")
            return list(self.story_steps(payload["parts"]))
        if len(payload["parts"]) != 1:
            raise UnsupportedFeature(self.label, "a post of several parts")
        part = payload["parts"][0]
        media = part.get("media") or ()
        if not 1 <= len(media) <= MAX_ITEMS:
            raise UnsupportedFeature(self.label, f"a post of {len(media)} media; it takes one to {MAX_ITEMS}")
        if payload["format"] not in self.publishes:
            raise UnsupportedFeature(self.label, f"{payload['format']} in this version of Hustings")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the caption")
        return [*self._steps(len(media)), *self.comment_steps(payload), _VERIFY]

    def _steps(self, count: int) -> Iterator[StepSpec]:
        pure = {"safety": Safety.PURE, "stage": True}
        for j in range(1, count + 1):
            yield StepSpec(f"container 1.{j}", StepKind.CONTAINER, data={"media": j - 1}, **pure)
        for j in range(1, count + 1):
            yield StepSpec(f"wait 1.{j}", StepKind.WAIT, data={"of": f"container 1.{j}"}, **pure)
        if count > 1:
            yield StepSpec("container", StepKind.CONTAINER, **pure)
            yield StepSpec("wait", StepKind.WAIT, data={"of": "container"}, **pure)
        yield StepSpec("commit", StepKind.COMMIT, Safety.EXACT)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        if is_story(ctx.payload):
            return self.perform_frame(step, ctx)
        if step.kind is StepKind.WAIT:
            return self.wait(step.data["of"], ctx)
        if step.key == "container":
            return self._parent(ctx)
        if step.kind is StepKind.CONTAINER:
            return self._container(step, ctx)
        return self._publish(ctx) if step.kind is StepKind.COMMIT else self._verify(ctx)

    def _container(self, step: StepSpec, ctx: Context) -> Outcome:
        part = ctx.parts()[0]
        form = container_form(part, step.data["media"], ctx.public_url)
        return self.made(ctx, self.id_of(ctx.wire.post(self.edge(ctx, "media"), form=form)))

    def _parent(self, ctx: Context) -> Outcome:
        part = ctx.parts()[0]
        children = [ctx.refs[f"container 1.{j}"]["id"] for j in range(1, len(part["media"]) + 1)]
        form = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": part["text"] or None}
        answer = ctx.wire.post(self.edge(ctx, "media"), form=form)
        if numbers(answer.data.get("error") or {})[1] in NEW_CONTAINER:  # one of the pictures has run out
            raise Refused(replace(self.classify(answer), redo=_all_staged(ctx), retry_after_s=30.0))
        return self.made(ctx, self.id_of(answer))

    def failed(self, of: str, reason: str) -> Outcome:
        subcode = subcode_in(reason)
        kind, message = SUBCODES.get(subcode, (K.CONTENT, f"Instagram could not prepare the post: {reason}"))
        message = message.replace("{label}", self.label)
        if subcode in NEW_CONTAINER:
            return self.again(of, message, str(subcode), retry_after_s=30.0)
        return Outcome(kind, code=str(subcode or "container-error"), message=message)

    def _top(self, ctx: Context) -> str:
        """The container that is published: the parent of a carousel, or the only one."""
        return ctx.refs["container" if len(ctx.parts()[0]["media"]) > 1 else "container 1.1"]["id"]

    def _publish(self, ctx: Context) -> Outcome:
        return self.publish_container(ctx, self._top(ctx), _all_staged(ctx))

    def _verify(self, ctx: Context) -> Outcome:
        media = ctx.refs["commit"].get("id")
        if not media:
            return Outcome(K.OK, remote_ref={})
        params = {"fields": "id,permalink,timestamp,media_product_type,shortcode"}
        found = self.data(ctx.wire.get(self.graph(ctx, media), params=params))
        ref = {"id": media, "shortcode": found.get("shortcode", "")}
        return Outcome(K.OK, remote_ref=ref, remote_id=media, remote_url=found.get("permalink", ""))

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Ask the container: PUBLISHED means live, FINISHED means not (yet)."""
        if is_story(ctx.payload):
            return self.search_frame(step, ctx)
        if step.kind is not StepKind.COMMIT:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        code, _ = self.state(ctx, self._top(ctx))
        seen = ({"container": self._top(ctx), "status_code": code},)
        if code == "PUBLISHED":
            return self._find(ctx, seen)
        if code in {"EXPIRED", "ERROR"}:  # ERROR is also said of what is out: the list of posts decides
            found = self._find(ctx, seen)
            return found if found.remote_id else Lookup(LookupKind.ABSENT, complete=True, seen=seen)
        if code == "FINISHED":
            return Lookup(LookupKind.ABSENT, complete=True, seen=seen)
        return Lookup(LookupKind.CANNOT, seen=seen, reason="Instagram is still at it.")

    def _find(self, ctx: Context, seen: tuple[Mapping[str, Any], ...]) -> Lookup:
        """It is out; find its id by caption, kind and time. Without a match it stays published without a
        link.
        """
        since = (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        params = {"fields": MEDIA_FIELDS, "since": int(since.timestamp()), "limit": 25}
        listed = self.data(ctx.wire.get(self.edge(ctx, "media"), params=params)).get("data") or []
        matches = [m for m in listed if _same(m, ctx.parts()[0], since)]
        if len(matches) != 1:
            reason = "It is out, but its link could not be told."
            return Lookup(LookupKind.FOUND, complete=True, remote_ref={"id": ""}, seen=seen, reason=reason)
        media = matches[0]
        return Lookup(
            LookupKind.FOUND,
            remote_id=media["id"],
            remote_url=media.get("permalink", ""),
            complete=True,
            remote_ref={"id": media["id"]},
            seen=seen,
            at=instant(media["timestamp"]),
        )

    def permalink(self, remote_id: str, ctx: Context) -> str:
        found = self.data(ctx.wire.get(self.graph(ctx, remote_id), params={"fields": "permalink"}))
        return str(found.get("permalink") or "")

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        user = self.data(ctx.wire.get(self.graph(ctx, "me"), params={"fields": USER_FIELDS}))
        used, most = self._quota(ctx)
        return {
            "handle": f"@{user['username']}",
            "name": user.get("name", ""),
            "url": f"{ctx.wire.network['authorize']}/{user['username']}",
            "followers": user.get("followers_count"),
            "facts": {
                "account_type": user.get("account_type", ""),
                "posts_today": used,
                "posts_a_day": most,
            },
        }

    def _quota(self, ctx: Context) -> tuple[int | None, int | None]:
        params = {"fields": "quota_usage,config"}
        found = self.data(ctx.wire.get(self.edge(ctx, "content_publishing_limit"), params=params))
        row = (found.get("data") or [{}])[0]
        return row.get("quota_usage"), (row.get("config") or {}).get("quota_total")

    def check(self, ctx: Context) -> list[str]:
        facts = self.account(ctx)["facts"]
        problems: list[str] = [*self.missing_scopes(ctx.channel)]
        used, most = facts["posts_today"], facts["posts_a_day"]
        if used is not None and most is not None and used >= most:
            words = f"Instagram takes {most} posts in 24 hours, and {used} are out already."
            problems.append(Trouble(words, TroubleKind.QUOTA))
        return problems

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        return [self._reading(ctx, publication) for publication in publications]

    def _reading(self, ctx: Context, publication: PublishedRef) -> Reading:
        media, nothing = publication.remote_id, dict.fromkeys(METRICS)
        if not media:
            return Reading(
                publication.publication_id, nothing, {}, ctx.now, "Instagram did not tell the post's id."
            )
        if publication.format.endswith(".story"):
            return self.story_reading(ctx, publication)
        reel = publication.format.endswith(".reel")
        try:
            values, raw = self.insights(ctx, f"{media}/insights", REEL_METRICS if reel else FEED_METRICS)
        except Refused as refused:
            if refused.outcome.kind in {K.AUTH, K.RATE, K.UNKNOWN}:
                raise
            raw_error = {"error": refused.outcome.body}
            gone = refused.outcome.code == MISSING
            return Reading(
                publication.publication_id, nothing, raw_error, ctx.now, refused.outcome.message, gone
            )
        metrics = nothing | media_metrics(values)
        gone = not values and any(map(is_missing, raw))
        words = (
            "Instagram no longer has this post." if gone else "Instagram has no numbers for this post yet."
        )
        problem = "" if values else words
        return Reading(publication.publication_id, metrics, {"insights": raw}, ctx.now, problem, gone)


_VERIFY = StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False)

# Pure parts -------------------------------------------------------------------------------------------------


def container_form(part: Mapping[str, Any], index: int, public_url: Any) -> dict[str, Any]:
    """What a container is made of: a child of a carousel, or the post itself."""
    medium, single = part["media"][index], len(part["media"]) == 1
    form: dict[str, Any] = {}
    if medium["kind"] == "video":
        form |= {"media_type": "REELS" if single else "VIDEO", "video_url": public_url(medium)}
        if single:
            form["share_to_feed"] = True
            if medium.get("cover"):
                form["cover_url"] = public_url(cover_of(medium))
    else:
        form |= {"image_url": public_url(medium), "alt_text": medium.get("alt") or None}
    if single:
        form["caption"] = part["text"] or None
    else:
        form["is_carousel_item"] = True
    return form


def media_metrics(values: Mapping[str, Any]) -> dict[str, int | float | None]:
    watched_ms = total(values.get("ig_reels_video_view_total_time"))  # the unit is inferred; raw is kept
    names = {
        "views": "views",
        "reach": "reach",
        "likes": "likes",
        "comments": "comments",
        "shares": "shares",
        "saves": "saved",
        "follows": "follows",
        "profile_visits": "profile_visits",
    }
    return {ours: total(values.get(theirs)) for ours, theirs in names.items()} | {
        "watch_time_s": None if watched_ms is None else watched_ms / 1000
    }


def _all_staged(ctx: Context) -> tuple[str, ...]:
    return tuple(key for key in ctx.refs if key.startswith(("container", "wait")))


def _same(media: Mapping[str, Any], part: Mapping[str, Any], since: datetime) -> bool:
    return (
        instant(media["timestamp"]) >= since
        and media.get("media_type") == kind_of(part["media"])
        and plain(media.get("caption", "")) == plain(part["text"])
    )

"""Instagram through Instagram Login: pictures, carousels and reels. Graph API v26.0.

Instagram fetches each file from our public address. Everything is prepared in containers that nobody sees;
one call publishes, and the container tells afterwards whether it was published. So a lost answer never needs
a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

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
)
from channels.connectors.meta import (
    NEW_CONTAINER,
    SUBCODES,
    VERSION,
    MetaConnector,
    instant,
    plain,
    subcode_in,
    total,
)
from channels.oauth import Account, Flow, Grant, expiry

K = OutcomeKind
MAX_ITEMS = 10
FIRST_LOOK_S = 3.0
LATER_LOOK_S = 10.0
MEDIA_FIELDS = "id,caption,timestamp,permalink,shortcode,media_type,media_product_type"
FEED_METRICS = ["views", "reach", "likes", "comments", "shares", "saved", "follows", "profile_visits"]
REEL_METRICS = ["views", "reach", "likes", "comments", "shares", "saved", "ig_reels_video_view_total_time"]


class InstagramFlow(Flow):
    platform = "instagram"
    label = "Instagram"
    refresh_before = timedelta(days=1)
    scopes = {
        "instagram_business_basic": "see the account and its posts",
        "instagram_business_content_publish": "publish pictures, carousels and reels",
        "instagram_business_manage_comments": "read and answer comments",
        "instagram_business_manage_insights": "read views, reach and the other numbers",
    }
    optional = frozenset({"instagram_business_manage_comments", "instagram_business_manage_insights"})

    @property
    def authorize_url(self) -> str:
        return f"{self.network['authorize']}/oauth/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.network['token']}/oauth/access_token"

    def scope_text(self) -> str:
        return ",".join(self.scopes)

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        secret = self.network["client_secret"]
        session = self.session(redirect_uri=redirect_uri)
        session.register_compliance_hook("access_token_response", _unwrapped)
        code = code.removesuffix("#_")
        short = self.fetch(session, code=code, include_client_id=True, client_secret=secret)
        permissions = short.get("permissions") or ()
        scopes = permissions.split(",") if isinstance(permissions, str) else permissions
        asked = {
            "grant_type": "ig_exchange_token",
            "client_secret": secret,
            "access_token": short["access_token"],
        }
        long = self.read(self.wire().get(f"{self.network['graph']}/access_token", params=asked, scheme=""))
        return Grant(long["access_token"], expires_at=expiry(long), scopes=tuple(scopes))

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

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        asked = {"grant_type": "ig_refresh_token", "access_token": access_token}
        url = f"{self.network['graph']}/refresh_access_token"
        long = self.read(self.wire().get(url, params=asked, scheme=""))
        return Grant(long["access_token"], expires_at=expiry(long))

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        return now + timedelta(days=7)


USER_FIELDS = "user_id,username,name,account_type,profile_picture_url,followers_count"


def _unwrapped(response: Any) -> Any:
    """The token answer comes plain or as the only entry of "data"."""
    import json

    body = response.json()
    if isinstance(body, dict) and isinstance(body.get("data"), list) and body["data"]:
        response._content = json.dumps(body["data"][0]).encode()
    return response


class InstagramConnector(MetaConnector):
    platform = "instagram"
    label = "Instagram"
    oauth = InstagramFlow()
    publishes = frozenset({"instagram.carousel", "instagram.image", "instagram.reel"})
    day_quota = DayQuota(50)  # where the account has not said its own; the documents say 50 and 100 (2026)
    # developers.facebook.com, Instagram media, read in November 2026: no caption can be changed through the API
    mending = (
        "In the Instagram app the caption can be edited, or the post deleted; other programs cannot edit it."
    )

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_reply(payload)
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
        return list(self._steps(len(media)))

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
        yield StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        if step.kind is StepKind.WAIT:
            return self._wait(step.data["of"], ctx)
        if step.key == "container":
            return self._parent(ctx)
        if step.kind is StepKind.CONTAINER:
            return self._container(step, ctx)
        return self._publish(ctx) if step.kind is StepKind.COMMIT else self._verify(ctx)

    def _account(self, ctx: Context, edge: str) -> str:
        return self.graph(ctx, f"{ctx.channel.remote_id}/{edge}")

    def _container(self, step: StepSpec, ctx: Context) -> Outcome:
        part = ctx.parts()[0]
        form = container_form(part, step.data["media"], ctx.public_url)
        return self._made(ctx, self.id_of(ctx.wire.post(self._account(ctx, "media"), form=form)))

    def _parent(self, ctx: Context) -> Outcome:
        part = ctx.parts()[0]
        children = [ctx.refs[f"container 1.{j}"]["id"] for j in range(1, len(part["media"]) + 1)]
        form = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": part["text"] or None}
        return self._made(ctx, self.id_of(ctx.wire.post(self._account(ctx, "media"), form=form)))

    def _made(self, ctx: Context, container: str) -> Outcome:
        expires_at = ctx.now + timedelta(hours=23)  # they live a day; an hour is kept for publishing
        return Outcome(K.OK, remote_ref={"id": container, "expires_at": expires_at.isoformat()})

    def _status(self, ctx: Context, container: str) -> dict[str, Any]:
        params = {"fields": "status_code,status"}
        return self.data(ctx.wire.get(self.graph(ctx, container), params=params))

    def _wait(self, of: str, ctx: Context) -> Outcome:
        container = ctx.refs[of]["id"]
        status = self._status(ctx, container)
        code = status.get("status_code", "")
        if code in {"FINISHED", "PUBLISHED"}:
            return Outcome(K.OK, remote_ref={"id": container})
        if code == "EXPIRED":
            return self._again(of, "The prepared post has run out; it is prepared again.", code)
        if code == "ERROR":
            return self._failed(of, status.get("status", ""))
        message = "Instagram is still preparing the post."
        return Outcome(K.BUSY, retry_after_s=FIRST_LOOK_S, code="in-progress", message=message)

    def _failed(self, of: str, text: str) -> Outcome:
        subcode = subcode_in(text)
        kind, message = SUBCODES.get(subcode, (K.CONTENT, f"Instagram could not prepare the post: {text}"))
        if subcode in NEW_CONTAINER:
            return self._again(of, message, str(subcode), retry_after_s=30.0)
        return Outcome(kind, code=str(subcode or "container-error"), message=message)

    def _again(self, of: str, message: str, code: str, retry_after_s: float = 1.0) -> Outcome:
        """Not ready, and will not be: the container must be made anew, and whatever was built on it."""
        redo = (of, of.replace("container", "wait"))
        return Outcome(K.BUSY, retry_after_s=retry_after_s, code=code, message=message, redo=redo)

    def _top(self, ctx: Context) -> str:
        """The container that is published: the parent of a carousel, or the only one."""
        return ctx.refs["container" if len(ctx.parts()[0]["media"]) > 1 else "container 1.1"]["id"]

    def _publish(self, ctx: Context) -> Outcome:
        container = self._top(ctx)
        answer = ctx.wire.post(self._account(ctx, "media_publish"), form={"creation_id": container})
        if not answer.ok or "error" in answer.data:
            outcome = self.classify(answer)
            if outcome.kind is K.BUSY and _subcode(outcome) in NEW_CONTAINER:
                outcome = Outcome(**{**outcome.__dict__, "redo": _all_staged(ctx), "retry_after_s": 30.0})
            raise Refused(outcome)
        media = self.id_of(answer)
        return Outcome(
            K.OK,
            remote_ref={"id": media},
            remote_id=media,
            remote_url="",  # the permalink is read by the next step; a fresh id may be unknown for seconds
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

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
        if step.kind is not StepKind.COMMIT:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        status = self._status(ctx, self._top(ctx))
        code = status.get("status_code", "")
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
        listed = self.data(ctx.wire.get(self._account(ctx, "media"), params=params)).get("data") or []
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
        )

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
        found = self.data(ctx.wire.get(self._account(ctx, "content_publishing_limit"), params=params))
        row = (found.get("data") or [{}])[0]
        return row.get("quota_usage"), (row.get("config") or {}).get("quota_total")

    def check(self, ctx: Context) -> list[str]:
        facts = self.account(ctx)["facts"]
        problems = [
            Trouble(
                f"The permission “{scope}” is missing ({why}). Reconnect the account.", TroubleKind.SCOPES
            )
            for scope, why in InstagramFlow.scopes.items()
            if scope not in ctx.channel.scopes
        ]
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
        reel = publication.format.endswith(".reel")
        try:
            values, raw = self.insights(ctx, f"{media}/insights", REEL_METRICS if reel else FEED_METRICS)
        except Refused as refused:
            if refused.outcome.kind in {K.AUTH, K.RATE, K.UNKNOWN}:
                raise
            raw_error = {"error": refused.outcome.body}
            return Reading(publication.publication_id, nothing, raw_error, ctx.now, refused.outcome.message)
        metrics = nothing | media_metrics(values)
        problem = "" if values else "Instagram has no numbers for this post yet."
        return Reading(publication.publication_id, metrics, {"insights": raw}, ctx.now, problem)


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
                form["cover_url"] = public_url({"file": medium["cover"], "kind": "image"})
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


def _subcode(outcome: Outcome) -> int:
    return int(outcome.code.partition("/")[2] or 0)


def _all_staged(ctx: Context) -> tuple[str, ...]:
    return tuple(key for key in ctx.refs if key.startswith(("container", "wait")))


def _kind(part: Mapping[str, Any]) -> str:
    if len(part["media"]) > 1:
        return "CAROUSEL_ALBUM"
    return "VIDEO" if part["media"][0]["kind"] == "video" else "IMAGE"


def _same(media: Mapping[str, Any], part: Mapping[str, Any], since: datetime) -> bool:
    return (
        instant(media["timestamp"]) >= since
        and media.get("media_type") == _kind(part)
        and plain(media.get("caption", "")) == plain(part["text"])
    )

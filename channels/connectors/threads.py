"""Threads: posts and reply chains of text, pictures and video. Threads API v1.0, as read in November 2026.

Every post is prepared in a container and published by one call; the container tells afterwards whether it was
published. A chain is posts that answer one another, so each further container is made when the post above is out.
Threads fetches each file from our public address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, Read, Version
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
    Trouble,
    TroubleKind,
    UnsupportedFeature,
)
from channels.connectors.chains import told_parts
from channels.connectors.containers import LongTokenFlow, kind_of
from channels.connectors.meta import instant, is_missing, plain, total
from channels.connectors.shapes import PostShape
from channels.connectors.talk import IN_PUBLIC
from channels.connectors.threads_mentions import ThreadsMentions
from channels.oauth import Account, Grant
from channels.wire import Answer

K = OutcomeKind
# The only one since 2024; versions of Threads are counted apart from the Graph API's, and no end is announced.
VERSION = Version("v1.0", None, "https://developers.facebook.com/docs/threads/changelog, read 2026-11-23")
MAX_ITEMS = 20
STALE_S = 60.0  # a container that is not found a minute after it was ready will not be found later
USER_FIELDS = "id,username,name,threads_profile_picture_url,threads_biography,is_verified"
POST_FIELDS = "id,media_type,permalink,text,timestamp,shortcode"
POST_METRICS = ["views", "likes", "replies", "reposts", "quotes", "shares"]
QUOTA_FIELDS = "quota_usage,config,reply_quota_usage,reply_config"

# (code, subcode) → meaning; what is not here is read as Meta's other networks are. Sources: the troubleshooting and
# overview pages of Threads, read in November 2026; 4279009 and 4279013 were seen by others.
MEANINGS: dict[tuple[int, int], tuple[OutcomeKind, str]] = {
    (24, 4279009): (K.BUSY, "Threads does not know the prepared post, or the one above, yet."),
    (4, 2207051): (K.PERMISSION, "Threads took this for spam and stops the account for a while."),
    (36001, 2207005): (K.CONTENT, "Threads takes JPEG and PNG pictures only."),
    (36003, 2207009): (
        K.CONTENT,
        "A picture is more than ten times as wide as high, or the other way round.",
    ),
    (36004, 2207010): (K.CONTENT, "The text is longer than Threads takes."),
}
RESTRICTED = (
    K.PERMISSION,
    "Threads has restricted this account. Log in there and follow its steps, then reconnect.",
)
# What a container that failed says, and whether another one may fare better.
FAILURES: dict[str, tuple[bool, str]] = {
    "FAILED_DOWNLOADING_VIDEO": (True, "Threads could not download the video from this site."),
    "FAILED_DOWNLOADING_IMAGE": (True, "Threads could not download the picture from this site."),
    "FAILED_PROCESSING_AUDIO": (False, "Threads could not process the video's sound."),
    "FAILED_PROCESSING_VIDEO": (True, "Threads could not process the video."),
    "INVALID_ASPEC_RATIO": (False, "Threads does not take these proportions."),  # spelt so
    "INVALID_ASPECT_RATIO": (False, "Threads does not take these proportions."),
    "INVALID_BIT_RATE": (False, "The video's bit rate is higher than Threads takes."),
    "INVALID_DURATION": (False, "The video must last at most five minutes on Threads."),
    "INVALID_FRAME_RATE": (False, "The video must have 23 to 60 frames per second on Threads."),
    "INVALID_AUDIO_CHANNELS": (False, "The video's sound must have one or two channels on Threads."),
    "INVALID_AUDIO_CHANNEL_LAYOUT": (
        False,
        "Threads does not take the layout of the video's sound channels.",
    ),
    "UNKNOWN": (True, "Threads could not prepare the post."),
}


class ThreadsFlow(LongTokenFlow):
    platform = "threads"
    label = "Threads"
    prefix = "th"
    scopes = {
        "threads_basic": "see the profile and its posts",
        "threads_content_publish": "publish posts and replies",
        "threads_read_replies": "read replies, and find our own again",
        "threads_manage_replies": "answer and hide replies",
        "threads_manage_insights": "read views, likes and the other numbers",
        "threads_manage_mentions": "read where others name the profile",
        "threads_delete": "delete posts",
    }
    optional = frozenset(
        {
            "threads_read_replies",
            "threads_manage_replies",
            "threads_manage_insights",
            "threads_manage_mentions",
            "threads_delete",
        }
    )

    def granted(self, short: Mapping[str, Any], token: str) -> tuple[str, ...]:
        """The answer to the code does not name them, so the token is looked at."""
        url = f"{self.network['graph']}/{VERSION.name}/debug_token"
        found = self.read(self.wire(token).get(url, params={"input_token": token}))
        return tuple((found.get("data") or {}).get("scopes") or ())

    def accounts(self, grant: Grant) -> list[Account]:
        url, wire = f"{self.network['graph']}/{VERSION.name}/me", self.wire(grant.access_token)
        user = self.read(wire.get(url, params={"fields": USER_FIELDS}))
        followers = None
        if "threads_manage_insights" in grant.scopes:
            told = self.read(wire.get(f"{url}/threads_insights", params={"metric": "followers_count"}))
            followers = (((told.get("data") or [{}])[0]).get("total_value") or {}).get("value")
        return [
            Account(
                remote_id=str(user["id"]),
                handle=f"@{user['username']}",
                name=user.get("name", ""),
                url=f"{self.network['authorize']}/@{user['username']}",
                access_token=grant.access_token,
                expires_at=grant.expires_at,
                followers=followers,
                facts={"verified": bool(user.get("is_verified"))},
            )
        ]


class ThreadsConnector(ThreadsMentions):
    platform = "threads"
    label = "Threads"
    shape = PostShape(
        ("threads.net", "threads.com"),
        re.compile(r"^/@(?P<account>[\w.]+)/post/(?P<id>[\w-]+)(/|$)"),
        "https://www.threads.net/@name/post/Ab1…",
        coded=True,
    )
    state_field = "status"
    reason_field = "error_message"
    oauth = ThreadsFlow()
    publishes = frozenset({"threads.thread"})
    day_quota = DayQuota(250)  # a chain is one post and replies; those have their own 1,000 a day
    version = VERSION
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.VIDEO, Media.ALT_TEXT})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS})
    needs = {
        Read.COMMENTS: "threads_read_replies",
        Read.MENTIONS: "threads_manage_mentions",
        Action.REPLY: "threads_manage_replies",
        Action.HIDE: "threads_manage_replies",
        Action.UNHIDE: "threads_manage_replies",
        Action.DELETE_POST: "threads_delete",
    }
    acts = {
        Action.REPLY: Safety.EXACT,
        Action.HIDE: Safety.PURE,
        Action.UNHIDE: Safety.PURE,
        Action.DELETE_POST: Safety.PURE,
    }
    mends = {Action.DELETE_POST: IN_PUBLIC}
    # an answer is prepared as a post is; more than one picture would be a carousel, which is left out
    attaches = {
        False: Pictures(
            "Threads pages on posts and replies, read 2026-11-23", max_bytes=8_000_000, alt=1000, ratio=10
        )
    }
    can_reply = True
    # developers.facebook.com, Threads posts, read in November 2026: there is no way to change a text
    mending = (
        "In the Threads app a post can be edited for some minutes, or deleted; other programs cannot edit it."
    )

    def graph(self, ctx: Any, path: str) -> str:
        return ctx.wire.url(self.host, f"/{VERSION.name}/{path}")

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        parts = payload["parts"]
        if not parts:
            raise UnsupportedFeature(self.label, "a post without text and media")
        for part in parts:
            self._refuse_what_it_cannot(part)
        staged = [step for n, part in enumerate(parts, 1) for step in _children(n, part)]
        steps = [*staged, *_own_container(1, stage=True), _public(1)]
        for n in range(2, len(parts) + 1):
            steps += [*_own_container(n, stage=False), _public(n)]
        return [*steps, StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False)]

    def _refuse_what_it_cannot(self, part: Mapping[str, Any]) -> None:
        media = part.get("media") or ()
        if not part["text"] and not media:
            raise UnsupportedFeature(self.label, "a post without text and media")
        if len(media) > MAX_ITEMS:
            raise UnsupportedFeature(self.label, f"a post of {len(media)} media; it takes up to {MAX_ITEMS}")
        if media and part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside pictures or video")

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        match step.kind:
            case StepKind.WAIT:
                return self.wait(step.data["of"], ctx)
            case StepKind.CONTAINER:
                return self._container(step, ctx)
            case StepKind.VERIFY:
                return self._verify(ctx)
        return self.publish(f"container {step.data['part'] + 1}", ctx)

    def _container(self, step: StepSpec, ctx: Context) -> Outcome:
        if answered := step.data.get("answers"):
            part = {"text": step.data["text"], "media": step.data.get("media") or ()}
            form = post_form(part, (), ctx.public_url) | {"reply_to_id": answered}
            return self.made(ctx, self.id_of(ctx.wire.post(self.edge(ctx, "threads"), form=form)))
        number = step.data["part"]
        part = ctx.parts()[number]
        if "media" in step.data:
            form = medium_form(part["media"][step.data["media"]], ctx.public_url) | {"is_carousel_item": True}
            return self.made(ctx, self.id_of(ctx.wire.post(self.edge(ctx, "threads"), form=form)))
        children = [ctx.refs[key]["id"] for key in _items(ctx, f"{number + 1}")]
        form = post_form(part, children, ctx.public_url) | {"reply_to_id": self._parent(number, ctx) or None}
        answer = ctx.wire.post(self.edge(ctx, "threads"), form=form)
        if children and not answer.ok and (outcome := self.classify(answer)).kind is K.BUSY:
            raise Refused(self._with_items(step.key, outcome, ctx))
        return self.made(ctx, self.id_of(answer))

    def _with_items(self, of: str, outcome: Outcome, ctx: Context) -> Outcome:
        """What "not found" means of a carousel: the post above is not there yet, or items have run out."""
        items = _items(ctx, of.partition(" ")[2])
        if all(self._state(ctx, ctx.refs[key]["id"]) == "FINISHED" for key in items):
            return outcome
        return replace(outcome, redo=_prepared(of, ctx), retry_after_s=10.0)

    def _parent(self, number: int, ctx: Context) -> str:
        if number == 0:
            return str(ctx.payload.get("reply_to") or "")
        return str(ctx.refs[public_key(number)]["id"])

    def failed(self, of: str, reason: str) -> Outcome:
        name = reason.strip().partition(":")[0].strip()
        again, words = FAILURES.get(name, (False, f"Threads could not prepare the post: {reason}"))
        if again:
            return self.again(of, words, name, retry_after_s=30.0)
        return Outcome(K.CONTENT, code=name or "container-error", message=words)

    def publish(self, of: str, ctx: Context) -> Outcome:
        """Publish the container that the step ``of`` has made."""
        container = ctx.refs[of]
        answer = ctx.wire.post(self.edge(ctx, "threads_publish"), form={"creation_id": container["id"]})
        if not answer.ok or "error" in answer.data:
            outcome = self.classify(answer)
            if outcome.kind is K.BUSY:
                outcome = self._given_up(of, outcome, ctx, stale=_is_stale(container, ctx.now))
            raise Refused(outcome)
        media = self.id_of(answer)
        return Outcome(
            K.OK,
            remote_ref={"id": media},
            remote_id=media,
            remote_url="",  # the permalink is read at the end; a fresh id may be unknown for seconds
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _given_up(self, of: str, outcome: Outcome, ctx: Context, *, stale: bool) -> Outcome:
        """A container that cannot be published: it is out already, not ready yet, or (``stale``) another one is needed."""
        state = self._state(ctx, ctx.refs[of]["id"])
        if state == "PUBLISHED" or (stale and not state):  # unknown is also said of what was made just now
            return replace(outcome, kind=K.UNKNOWN, retry_after_s=None)
        if not stale:
            return outcome
        return replace(outcome, redo=_prepared(of, ctx), retry_after_s=10.0)

    def _verify(self, ctx: Context) -> Outcome:
        media = ctx.refs["commit"].get("id")
        if not media:
            return Outcome(K.OK)
        params = {"fields": "id,permalink,timestamp,shortcode"}
        found = self.data(ctx.wire.get(self.graph(ctx, media), params=params))
        ref = {"id": media, "shortcode": found.get("shortcode", "")}
        return Outcome(K.OK, remote_ref=ref, remote_id=media, remote_url=found.get("permalink", ""))

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        answer = ctx.wire.delete(self.graph(ctx, remote_id))
        if not is_missing(answer.data):  # gone already is what was wanted
            self.data(answer)
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Ask the container: PUBLISHED means live, FINISHED means not (yet)."""
        if step.kind not in {StepKind.COMMIT, StepKind.REPLY}:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        container = ctx.refs[f"container {step.data['part'] + 1}"]["id"]
        state = self._state(ctx, container)
        seen = ({"container": container, "status": state},)
        if state == "FINISHED":
            return Lookup(LookupKind.ABSENT, complete=True, seen=seen)
        if state == "IN_PROGRESS":
            return Lookup(LookupKind.CANNOT, seen=seen, reason="Threads is still at it.")
        return self._find(step, ctx, state, seen)

    def _state(self, ctx: Context, container: str) -> str:
        """The container's state; "" where it is not known as one any more, as was seen of published ones."""
        try:
            return self.state(ctx, container)[0]
        except Refused as refused:
            if refused.outcome.code.partition("/")[0] != "100":
                raise
            return ""

    def _find(self, step: StepSpec, ctx: Context, state: str, seen: tuple[Mapping[str, Any], ...]) -> Lookup:
        """Look for the post among our own of that time; its id is needed where another part follows."""
        number = step.data["part"]
        matches = self._own(ctx, number, self._parent(number, ctx))
        if len(matches) == 1:
            media = matches[0]
            return Lookup(
                LookupKind.FOUND,
                remote_id=str(media["id"]),
                remote_url=media.get("permalink", ""),
                complete=True,
                remote_ref={"id": str(media["id"])},
                seen=seen,
                at=instant(media["timestamp"]),
            )
        if len(matches) > 1:
            reason = f"Threads has {len(matches)} posts with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=tuple(matches), reason=reason)
        if state in {"EXPIRED", "ERROR"}:
            return Lookup(LookupKind.ABSENT, complete=True, seen=seen)
        if state == "PUBLISHED" and number + 1 == len(ctx.parts()):
            reason = "It is out, but its link could not be told."
            return Lookup(LookupKind.FOUND, complete=True, remote_ref={"id": ""}, seen=seen, reason=reason)
        return Lookup(LookupKind.CANNOT, seen=seen, reason="Threads does not list the post yet.")

    def _own(self, ctx: Context, number: int, parent: str) -> list[Mapping[str, Any]]:
        since = (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        fields = POST_FIELDS + (",replied_to" if parent else "")
        params = {"fields": fields, "since": int(since.timestamp()), "limit": 50}
        listed = self.data(ctx.wire.get(self.edge(ctx, "replies" if parent else "threads"), params=params))
        known = {str(ref.get("id")) for ref in ctx.refs.values()}
        part = ctx.parts()[number]
        posts = listed.get("data") or []
        return [p for p in posts if str(p["id"]) not in known and same(p, part, since=since, parent=parent)]

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        user = self.data(ctx.wire.get(self.graph(ctx, "me"), params={"fields": USER_FIELDS}))
        quota = self._quota(ctx)
        return {
            "handle": f"@{user['username']}",
            "name": user.get("name", ""),
            "url": f"{ctx.wire.network['authorize']}/@{user['username']}",
            "followers": self._followers(ctx),
            "facts": {
                "verified": bool(user.get("is_verified")),
                "posts_today": quota.get("quota_usage"),
                "posts_a_day": (quota.get("config") or {}).get("quota_total"),
                "replies_today": quota.get("reply_quota_usage"),
                "replies_a_day": (quota.get("reply_config") or {}).get("quota_total"),
            },
        }

    def _quota(self, ctx: Context) -> Mapping[str, Any]:
        found = self.data(
            ctx.wire.get(self.edge(ctx, "threads_publishing_limit"), params={"fields": QUOTA_FIELDS})
        )
        return (found.get("data") or [{}])[0]

    def _followers(self, ctx: Context) -> int | None:
        """Only told to who may read the numbers."""
        if "threads_manage_insights" not in ctx.channel.scopes:
            return None
        values, _ = self.insights(ctx, f"{ctx.channel.remote_id}/threads_insights", ["followers_count"])
        count = total(values.get("followers_count"))
        return None if count is None else int(count)

    def check(self, ctx: Context) -> list[str]:
        facts = self.account(ctx)["facts"]
        problems = self.missing_scopes(ctx.channel)
        for what in ("posts", "replies"):
            used, most = facts[f"{what}_today"], facts[f"{what}_a_day"]
            if used is not None and most is not None and used >= most:
                words = f"Threads takes {most} {what} in 24 hours, and {used} are out already."
                problems.append(Trouble(words, TroubleKind.QUOTA))
        return problems

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        return [self._reading(ctx, publication) for publication in publications]

    def _reading(self, ctx: Context, publication: PublishedRef) -> Reading:
        ids = [part for part in publication.parts or (publication.remote_id,) if part]
        found: dict[str, Mapping[str, Any]] = {}
        raw: dict[str, Any] = {}
        problem = "" if ids else "Threads did not tell the post's id."
        for media in ids:
            values, raw[media] = self.insights(ctx, f"{media}/insights", POST_METRICS)
            if values:
                found[media] = values
        told = told_parts(publication, found)
        gone = bool(ids) and all(any(map(is_missing, raw[media])) for media in ids)
        if ids and not told.parts:
            problem = "Threads has no numbers for this post (any more)."
        metrics = chain_metrics(told.parts, ours=told.ours)
        return Reading(publication.publication_id, metrics, raw, ctx.now, problem, gone, told.missing)

    # Answers ------------------------------------------------------------------------------------------------

    def _meaning(
        self, answer: Answer, error: Mapping[str, Any], code: int, subcode: int
    ) -> tuple[OutcomeKind, str]:
        if subcode == 4279013:
            return RESTRICTED
        if found := MEANINGS.get((code, subcode)):
            return found
        return super()._meaning(answer, error, code, subcode)


# Pure parts -------------------------------------------------------------------------------------------------


def _children(n: int, part: Mapping[str, Any]) -> Iterator[StepSpec]:
    """The items of a carousel; a single medium is part of the post's own container."""
    media = part.get("media") or ()
    if len(media) < 2:
        return
    for j in range(1, len(media) + 1):
        data = {"part": n - 1, "media": j - 1}
        yield StepSpec(f"container {n}.{j}", StepKind.CONTAINER, Safety.PURE, stage=True, data=data)
    for j in range(1, len(media) + 1):
        data = {"of": f"container {n}.{j}"}
        yield StepSpec(f"wait {n}.{j}", StepKind.WAIT, Safety.PURE, stage=True, data=data)


def _own_container(n: int, *, stage: bool) -> list[StepSpec]:
    of = f"container {n}"
    return [
        StepSpec(of, StepKind.CONTAINER, Safety.PURE, stage=stage, data={"part": n - 1}),
        StepSpec(f"wait {n}", StepKind.WAIT, Safety.PURE, stage=stage, data={"of": of}),
    ]


def public_key(n: int) -> str:
    return "commit" if n == 1 else f"reply {n}"


def _public(n: int) -> StepSpec:
    kind = StepKind.COMMIT if n == 1 else StepKind.REPLY
    return StepSpec(public_key(n), kind, Safety.EXACT, data={"part": n - 1})


def medium_form(medium: Mapping[str, Any], public_url: Any) -> dict[str, Any]:
    kind = "video" if medium["kind"] == "video" else "image"
    return {
        "media_type": kind.upper(),
        f"{kind}_url": public_url(medium),
        "alt_text": medium.get("alt") or None,
    }


def post_form(part: Mapping[str, Any], children: Sequence[str], public_url: Any) -> dict[str, Any]:
    """What the container of one post is made of, but for the post that it answers."""
    media = part.get("media") or ()
    if children:
        form: dict[str, Any] = {"media_type": "CAROUSEL", "children": ",".join(children)}
    elif media:
        form = medium_form(media[0], public_url)
    else:
        link = part.get("link") or ""
        form = {"media_type": "TEXT", "link_attachment": link if link and link not in part["text"] else None}
    return form | {"text": part["text"] or None}


def _items(ctx: Context, name: str) -> list[str]:
    """The containers of a carousel's items, in their order. ``name``: of the post's own container."""
    keys = [key for key in ctx.refs if key.startswith(f"container {name}.")]
    return sorted(keys, key=lambda key: int(key.partition(".")[2]))


def _prepared(of: str, ctx: Context) -> tuple[str, ...]:
    """A post's own container and those of its items: they run out together."""
    containers = [*_items(ctx, of.partition(" ")[2]), of]
    return tuple(key for each in containers for key in (each, each.replace("container", "wait")))


def _is_stale(container: Mapping[str, Any], now: datetime) -> bool:
    """Whether a container is so old that "not found" is no matter of seconds any more."""
    expires_at = container.get("expires_at")
    if not expires_at:
        return False
    left = datetime.fromisoformat(expires_at) - now
    return left < timedelta(hours=23) - timedelta(seconds=STALE_S)


def same(post: Mapping[str, Any], part: Mapping[str, Any], *, since: datetime, parent: str) -> bool:
    """Whether a listed post is this part: its text, kind, time, and the post above where the list tells it."""
    media = part.get("media") or ()
    above = str((post.get("replied_to") or {}).get("id") or "")
    return (
        instant(post["timestamp"]) >= since
        and post.get("media_type") == (kind_of(media) if media else "TEXT_POST")
        and plain(post.get("text", "")) == plain(part["text"])
        and (not above or above == parent)
    )


def chain_metrics(parts: Sequence[Mapping[str, Any]], *, ours: int) -> dict[str, int | float | None]:
    """The numbers of all posts of a chain together. ``ours``: replies that are our own next parts."""

    def summed(*names: str) -> int | float | None:
        known = [n for values in parts for name in names if (n := total(values.get(name))) is not None]
        return sum(known) if known else None

    replies = summed("replies")
    return dict.fromkeys(METRICS) | {
        "views": summed("views"),
        "likes": summed("likes"),
        "comments": None if replies is None else max(0, replies - ours),
        "shares": summed("reposts", "quotes"),  # "shares" is what was sent on privately; it is kept raw
    }

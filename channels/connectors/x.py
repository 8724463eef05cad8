"""X: threads over API v2, as read in November 2026.

A post that is made twice cannot be told by a key, so each public step is looked up in the account's own
timeline. Media are uploaded beforehand and harmless until a post names them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from requests.auth import HTTPBasicAuth

from channels.connectors.abilities import Action, Charge, Media, Read, Version
from channels.connectors.attached import Pictures
from channels.connectors.base import (
    METRICS,
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
    UnsupportedFeature,
)
from channels.connectors.chains import last_out, told_parts
from channels.connectors.pieces import deadline_s, pieces, spans
from channels.connectors.shapes import PostShape
from channels.connectors.talk import IN_PUBLIC, Act
from channels.connectors.tracks import subrip
from channels.connectors.x_errors import meaning, problem_of, until_reset
from channels.connectors.x_prices import EVERY, MESSAGE_PRICE, PERSON_PRICE, READ_PRICE, charges
from channels.connectors.x_talk import XTalk
from channels.oauth import Account, Flow, Grant, expiry
from channels.wire import Answer, AnswerLost

CHUNK_BYTES = 4 * 1024 * 1024
ONE_SHOT_BYTES = 5 * 1024 * 1024
MAX_IMAGES = 4
POST_FIELDS = "created_at,entities,attachments,referenced_tweets,author_id"
PRIVATE_FOR = timedelta(
    days=30, hours=-2
)  # non_public_metrics exist for 30 days; what stands for 30 is read 3.6 h before
PAGES = 5

K = OutcomeKind

VERSION = Version("v2", None, "https://docs.x.com/changelog, read 2026-11-23")


UNBOUGHT = (
    "X tells it only by its analytics, at the price of one more post read (0.005 USD) for each reading of each post, beside "
    "the reading that tells everything else. Hustings does not ask for it."
)


class XFlow(Flow):
    platform = "x"
    label = "X"
    one_key = True
    pkce = "S256"
    scopes = {
        "tweet.read": "read your posts and their numbers",
        "tweet.write": "publish posts",
        "users.read": "read your name and profile",
        "media.write": "upload pictures and video",
        "offline.access": "do so while nobody is signed in",
        "tweet.moderate.write": "hide answers to your posts",
        "dm.read": "read messages to you",
        "dm.write": "answer messages to you",
    }
    optional = frozenset({"tweet.moderate.write", "dm.read", "dm.write"})

    @property
    def authorize_url(self) -> str:
        return f"{self.network['authorize']}/i/oauth2/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.network['api']}/2/oauth2/token"

    def _client(self) -> dict[str, Any]:
        """A confidential app signs with Basic, a public one names itself."""
        if secret := self.network["client_secret"]:
            return {"auth": HTTPBasicAuth(self.network["client_id"], secret)}
        return {"include_client_id": True}

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        session = self.session(redirect_uri=redirect_uri)
        return self._grant(self.fetch(session, code=code, code_verifier=verifier, **self._client()))

    def _grant(self, token: Mapping[str, Any]) -> Grant:
        scope = token.get("scope") or ()
        return Grant(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token", ""),
            expires_at=expiry(token),
            scopes=tuple(scope.split() if isinstance(scope, str) else scope),
        )

    def accounts(self, grant: Grant) -> list[Account]:
        answer = self.wire(grant.access_token).get(
            self.network["api"] + "/2/users/me", params={"user.fields": USER_FIELDS}
        )
        user = self.read(answer)["data"]
        return [
            Account(
                remote_id=str(user["id"]),
                handle=f"@{user['username']}",
                name=user.get("name", ""),
                url=f"{self.network['authorize']}/{user['username']}",
                access_token=grant.access_token,
                refresh_token=grant.refresh_token,
                expires_at=grant.expires_at,
                followers=(user.get("public_metrics") or {}).get("followers_count"),
                facts={"verified_type": user.get("verified_type", "")},
            )
        ]

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        session = self.session()
        session.scope = session._client.scope = (
            None  # X knows it; naming it again is one thing more to refuse
        )
        client = self._client()
        if client.pop("include_client_id", False):
            client["client_id"] = self.network["client_id"]
        return self._grant(self.renew(session, refresh_token=refresh_token, **client))

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        wire = self.wire()
        basic = HTTPBasicAuth(self.network["client_id"], self.network["client_secret"])
        gone = True
        for token in filter(None, (refresh_token, access_token)):
            signed = basic(_Headers())
            answer = wire.post(
                self.network["api"] + "/2/oauth2/revoke",
                form={"token": token, "client_id": self.network["client_id"]},
                headers=signed.headers,
                scheme="",
            )
            gone = gone and answer.ok
        return gone

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        # The access token lives two hours and is renewed when needed. Only a channel that nobody uses must be
        # visited, because the refresh token itself ends after about six months.
        return now + timedelta(days=30)


class _Headers:
    def __init__(self) -> None:
        self.headers: dict[str, str] = {}


USER_FIELDS = "username,name,profile_image_url,verified_type,public_metrics"


class XConnector(XTalk):
    platform = "x"
    label = "X"
    shape = PostShape(
        ("x.com", "twitter.com"),
        re.compile(r"^/(?P<account>\w{1,15})/status/(?P<id>\d+)(/|$)"),
        "https://x.com/name/status/123…",
    )
    oauth = XFlow()
    publishes = frozenset({"x.thread", "x.post", "x.video"})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS, Read.DIRECT})
    needs = {
        Read.DIRECT: "dm.read",
        Action.HIDE: "tweet.moderate.write",
        Action.UNHIDE: "tweet.moderate.write",
    }
    # Editing is left out: only Premium accounts may, within an hour, and the post gets a new id.
    acts = {
        Action.REPLY: Safety.SEARCH,
        Action.HIDE: Safety.PURE,
        Action.UNHIDE: Safety.PURE,
        Action.DELETE_POST: Safety.PURE,
    }
    # of a direct message X takes a picture too, uploaded in another way; that is left out
    attaches = {
        False: Pictures(
            "docs.x.com, posts and media, read 2026-11-23", max_bytes=5_000_000, most=MAX_IMAGES, alt=1000
        )
    }
    mends = {Action.DELETE_POST: IN_PUBLIC}  # a reply is a post; a direct message is none
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.GIF, Media.VIDEO, Media.ALT_TEXT, Media.CAPTIONS})
    version = VERSION
    reply_rule = "X lets us answer only people who mentioned or quoted us. Answer in the X app."
    prices = EVERY
    numbers_price, person_price, message_price = READ_PRICE, PERSON_PRICE, MESSAGE_PRICE
    # docs.x.com, analytics, read in November 2026; docs/adr/0089 says why it is not bought
    untold = {
        "follows": UNBOUGHT,
        "watch_time_s": UNBOUGHT,
    }
    numbers_at_once = 50  # of a hundred ids in one call; threads have several
    can_reply = True
    # docs.x.com, post edits and deletion, read in November 2026
    mending = "X lets Premium accounts edit a post within an hour; it can be deleted at any time."
    # docs.x.com, rate limits, read in November 2026: POST /2/tweets per user and per app; the least that any reading has
    rates = (
        Rate(100, 900),
        Rate(10_000, 86_400, per="app"),
        Rate(300, 900, of="reads"),
        Rate(450, 900, per="app", of="reads"),
    )

    def __init__(self) -> None:
        # The spec of August 2026 renamed tweet.fields to post.fields; the live service was seen with both.
        self._fields_key = "tweet.fields"

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        parts = payload["parts"]
        if not parts:
            raise UnsupportedFeature(self.label, "a post without text and media")
        spoken = language_code(payload) != ""
        staged = [step for n, part in enumerate(parts, 1) for step in self._media_steps(n, part, spoken)]
        public = [
            StepSpec(
                key="commit" if n == 1 else f"reply {n}",
                kind=StepKind.COMMIT if n == 1 else StepKind.REPLY,
                safety=Safety.SEARCH,
                data={"part": n - 1},
            )
            for n in range(1, len(parts) + 1)
        ]
        return staged + public

    def attach(self, act: Act) -> Sequence[StepSpec]:
        return list(self._media_steps(1, {"text": act.text, "media": act.media}, spoken=False))

    def _media_steps(self, n: int, part: Mapping[str, Any], spoken: bool) -> Iterator[StepSpec]:
        media = part.get("media") or ()
        moving = [m for m in media if _category(m) != "tweet_image"]
        if len(media) > MAX_IMAGES or (moving and len(media) > 1):
            raise UnsupportedFeature(self.label, "more than four pictures, or a video beside other media")
        if not part["text"] and not media:
            raise UnsupportedFeature(self.label, "a post without text and media")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text")
        for j, medium in enumerate(media, 1):
            data = {"part": n - 1, "media": j - 1}
            pure = {"safety": Safety.PURE, "stage": True, "data": data}
            yield StepSpec(key=f"upload {n}.{j}", kind=StepKind.UPLOAD, **pure)
            if medium in moving:
                yield StepSpec(key=f"wait {n}.{j}", kind=StepKind.WAIT, **pure)
            if medium.get("alt"):
                yield StepSpec(key=f"alt {n}.{j}", kind=StepKind.UPLOAD, required=False, **pure)
            if medium.get("captions") and spoken:
                yield StepSpec(key=f"captions {n}.{j}", kind=StepKind.UPLOAD, required=False, **pure)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        what = step.key.split()[0]
        return {
            "upload": self._upload,
            "wait": self._wait,
            "alt": self._alt,
            "captions": self._captions,
            "commit": self._post,
            "reply": self._post,
        }[what](step, ctx)

    def _medium(self, step: StepSpec, ctx: Context) -> Mapping[str, Any]:
        return ctx.parts()[step.data["part"]]["media"][step.data["media"]]

    def _media_id(self, step: StepSpec, ctx: Context) -> str:
        return ctx.refs[f"upload {step.key.split()[1]}"]["media_id"]

    def _upload(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = self._medium(step, ctx)
        path = ctx.open_media(medium)
        category = _category(medium)
        if category == "tweet_image" and path.stat().st_size <= ONE_SHOT_BYTES:
            with path.open("rb") as file:
                answer = ctx.wire.post(
                    self._uploads(ctx),
                    form={"media_category": category},
                    files={"media": (path.name, file, medium["mime"])},
                )
            data = self._data(answer)
        else:
            data = self._upload_in_pieces(step, ctx, path, medium["mime"], category)
        return self._ok(
            {
                "media_id": str(data["id"]),
                "expires_at": _later(ctx.now, data.get("expires_after_secs")),
                "processing": (data.get("processing_info") or {}).get("state", ""),
            }
        )

    def _upload_in_pieces(
        self, step: StepSpec, ctx: Context, path: Path, mime: str, category: str
    ) -> dict[str, Any]:
        """Send what X does not have yet: how far it is, is kept; an upload that X has forgotten begins anew."""
        begun = ctx.refs.get(step.key) or {}
        if _goes_on(begun, ctx.now):
            try:
                return self._send_segments(ctx, path, begun)
            except Refused as refused:
                if refused.outcome.kind not in {K.CONTENT, K.BUSY}:
                    raise
        size = path.stat().st_size
        asked = {"media_type": mime, "total_bytes": size, "media_category": category}
        made = self._data(ctx.wire.post(f"{self._uploads(ctx)}/initialize", json=asked))
        begun = {
            "media_id": str(made["id"]),
            "sent": 0,
            "segment": CHUNK_BYTES,
            "usable_until": _later(ctx.now, made.get("expires_after_secs")),
        }
        ctx.keep(begun)
        return self._send_segments(ctx, path, begun)

    def _send_segments(self, ctx: Context, path: Path, begun: Mapping[str, Any]) -> dict[str, Any]:
        """A segment whose answer was lost is sent again under its number, as X documents it."""
        media_id, sent, segment = begun["media_id"], begun["sent"], begun["segment"]
        size = path.stat().st_size
        if sent * segment >= size and (done := self._finalized(ctx, media_id)):
            return done
        rest = pieces(path, spans(sent * segment, size, segment), ctx.renew)
        for index, piece in enumerate(rest, sent):
            self._must(
                ctx.wire.post(
                    f"{self._uploads(ctx)}/{media_id}/append",
                    form={"segment_index": str(index)},
                    files={"media": ("blob", piece, "application/octet-stream")},
                    total_s=deadline_s(len(piece)),
                )
            )
            ctx.keep({**begun, "sent": index + 1})
        return self._data(ctx.wire.post(f"{self._uploads(ctx)}/{media_id}/finalize"))

    def _finalized(self, ctx: Context, media_id: str) -> dict[str, Any]:
        """What X says of an upload that is complete; empty where its last call has not arrived."""
        answer = ctx.wire.get(self._uploads(ctx), params={"command": "STATUS", "media_id": media_id})
        told = answer.data.get("data") if answer.ok else None
        return told if isinstance(told, dict) and ("size" in told or "processing_info" in told) else {}

    def _uploads(self, ctx: Context) -> str:
        return ctx.wire.url("api", "/2/media/upload")

    def _wait(self, step: StepSpec, ctx: Context) -> Outcome:
        media_id = self._media_id(step, ctx)
        if not ctx.refs[f"upload {step.key.split()[1]}"].get("processing"):
            return self._ok({"media_id": media_id})
        params = {"command": "STATUS", "media_id": media_id}
        data = self._data(self._there(step, ctx, ctx.wire.get(self._uploads(ctx), params=params)))
        info = data.get("processing_info") or {"state": "succeeded"}
        if info.get("state") == "succeeded":
            return self._ok({"media_id": media_id})
        if info.get("state") == "failed":
            why = (info.get("error") or {}).get("message", "")
            return Outcome(
                K.CONTENT, code="media-failed", message=f"X could not process the video. {why}".strip()
            )
        wait_s = float(info.get("check_after_secs") or 5)
        return Outcome(
            K.BUSY, retry_after_s=wait_s, code="processing", message="X is still processing the video."
        )

    def _alt(self, step: StepSpec, ctx: Context) -> Outcome:
        media_id = self._media_id(step, ctx)
        body = {"id": media_id, "metadata": {"alt_text": {"text": self._medium(step, ctx)["alt"]}}}
        self._there(step, ctx, ctx.wire.post(ctx.wire.url("api", "/2/media/metadata"), json=body))
        return self._ok({"media_id": media_id})

    def _captions(self, step: StepSpec, ctx: Context) -> Outcome:
        lines = subrip(ctx, self._medium(step, ctx)["captions"])
        answer = ctx.wire.post(
            ctx.wire.url("api", "/2/media/upload"),
            form={"media_category": "subtitles"},
            files={"media": ("captions.srt", lines, "application/x-subrip")},
        )
        file_id, code = str(self._data(answer)["id"]), language_code(ctx.payload)
        body = {
            "id": self._media_id(step, ctx),
            "media_category": "TweetVideo",
            "subtitles": {"id": file_id, "language_code": code, "display_name": code},
        }
        self._there(step, ctx, ctx.wire.post(ctx.wire.url("api", "/2/media/subtitles"), json=body))
        return self._ok({"media_id": file_id})

    def _post(self, step: StepSpec, ctx: Context) -> Outcome:
        number = step.data["part"]
        part = ctx.parts()[number]
        body: dict[str, Any] = {"text": part["text"]}
        uploads = [f"upload {number + 1}.{j}" for j in range(1, len(part.get("media") or ()) + 1)]
        if uploads:
            body["media"] = {"media_ids": [ctx.refs[key]["media_id"] for key in uploads]}
        if parent := self._parent(number, ctx):
            body["reply"] = {"in_reply_to_tweet_id": parent}
        return self.put_out(ctx, body, uploads)

    def put_out(self, ctx: Context, body: Mapping[str, Any], uploads: Sequence[str] = ()) -> Outcome:
        """Make a post. ``uploads`` are the steps whose files it names: they are done again when X has lost one."""
        answer = ctx.wire.post(ctx.wire.url("api", "/2/tweets"), json=body)
        if not answer.ok:
            outcome = self.classify(answer)
            raise Refused(_made_again(outcome, uploads) if _is_lost(outcome) else outcome)
        return self._posted(ctx, answer)

    def _there(self, step: StepSpec, ctx: Context, answer: Answer) -> Answer:
        """An answer about an upload; where X no longer has that, it is made again. A wait counts no tries: twice at most."""
        if answer.ok:
            return answer
        outcome = self.classify(answer)
        if not _is_lost(outcome) and answer.status != 404:
            raise Refused(outcome)
        again = _made_again(outcome, [f"upload {step.key.split()[1]}"])
        if step.kind != StepKind.WAIT:
            raise Refused(again)
        lost = _with(outcome, message="X no longer has the uploaded video.")
        raise Refused(
            self.once_more(step, ctx, lost, redo=tuple(key for key in again.redo if key != step.key))
        )

    def _posted(self, ctx: Context, answer: Answer) -> Outcome:
        post_id = str(self._data(answer)["id"])
        return Outcome(
            K.OK,
            remote_ref={"id": post_id},
            remote_id=post_id,
            remote_url=self._url(ctx, post_id),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        answer = ctx.wire.delete(ctx.wire.url("api", f"/2/tweets/{remote_id}"))
        if answer.status != 404:  # gone already is what was wanted
            self._must(answer)
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    def _parent(self, number: int, ctx: Context) -> str:
        if number == 0:
            return str(ctx.payload.get("reply_to") or "")
        return str(ctx.refs["commit" if number == 1 else f"reply {number}"]["id"])

    def _url(self, ctx: Context, post_id: str) -> str:
        return f"{ctx.wire.network['authorize']}/{ctx.channel.handle.lstrip('@')}/status/{post_id}"

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Compare the account's posts since a minute before the intent: text, media count, parent."""
        if step.kind not in {StepKind.COMMIT, StepKind.REPLY}:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        number = step.data["part"]
        known = {str(ref.get("id")) for ref in ctx.refs.values()}
        return self._find_post(ctx, ctx.parts()[number], parent=self._parent(number, ctx), known=known)

    def _find_post(self, ctx: Context, part: Mapping[str, Any], *, parent: str, known: set[str]) -> Lookup:
        """``known``: posts that stand for other parts."""
        since = ctx.intent_at - timedelta(seconds=60)
        posts, complete = self._own_posts(ctx, since)
        posts = [post for post in posts if str(post["id"]) not in known]
        matches = [post for post in posts if _same(post, part, parent=parent, since=since)]
        seen = tuple(
            {"id": p["id"], "created_at": p.get("created_at", ""), "text": p["text"]} for p in matches
        )
        if len(matches) > 1:
            reason = f"X has {len(matches)} posts with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=seen, reason=reason)
        if matches:
            post_id = str(matches[0]["id"])
            return Lookup(
                LookupKind.FOUND,
                remote_id=post_id,
                remote_url=self._url(ctx, post_id),
                complete=True,
                remote_ref={"id": post_id},
                seen=seen,
                at=_instant(matches[0]["created_at"]),
            )
        near = [
            {"id": p["id"], "created_at": p.get("created_at", ""), "text": shown_text(p)}
            for p in posts
            if _parents(p) == ([parent] if parent else [])
            and _instant(p["created_at"]) >= since.replace(microsecond=0)
        ]
        return self.nothing_found(part["text"], near, lambda p: p["text"], complete=complete)

    def _own_posts(self, ctx: Context, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        url = ctx.wire.url("api", f"/2/users/{ctx.channel.remote_id}/tweets")
        params = {"max_results": 100, "exclude": "retweets", "start_time": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
        posts: list[dict[str, Any]] = []
        for _ in range(PAGES):
            body = self._read(ctx, url, params, POST_FIELDS)
            posts += body.get("data") or []
            following = (body.get("meta") or {}).get("next_token")
            if not following:
                return posts, "meta" in body
            params = {**params, "pagination_token": following}
        return posts, False

    def address(self, remote_id: str, channel: Any) -> str:
        return f"{channel.url.rstrip('/')}/status/{remote_id}" if channel.url and remote_id else ""

    def costs(self, payload: Mapping[str, Any]) -> list[Charge]:
        return charges(payload)

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        params = {"user.fields": USER_FIELDS}
        user = self._data(ctx.wire.get(ctx.wire.url("api", "/2/users/me"), params=params))
        return {
            "handle": f"@{user['username']}",
            "name": user.get("name", ""),
            "url": f"{ctx.wire.network['authorize']}/{user['username']}",
            "followers": (user.get("public_metrics") or {}).get("followers_count"),
            "facts": {"verified_type": user.get("verified_type", "")},
        }

    def check(self, ctx: Context) -> list[str]:
        self.account(ctx)
        return [*self.missing_scopes(ctx.channel)]

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        posts = self._posts_by_id(ctx, publications)
        return [self._reading(ctx, publication, posts) for publication in publications]

    def _posts_by_id(self, ctx: Context, publications: Sequence[PublishedRef]) -> dict[str, dict[str, Any]]:
        young = ctx.now - PRIVATE_FOR
        found: dict[str, dict[str, Any]] = {}
        for private in (True, False):
            ids = [
                part
                for p in publications
                if (p.published_at > young) is private
                for part in (p.parts or (p.remote_id,))
            ]
            fields = "public_metrics,created_at" + (",non_public_metrics" if private else "")
            for batch in (ids[i : i + 100] for i in range(0, len(ids), 100)):
                params = {
                    "ids": ",".join(batch),
                    "expansions": "attachments.media_keys",
                    "media.fields": "public_metrics,type",
                }
                body = self._read(ctx, ctx.wire.url("api", "/2/tweets"), params, fields)
                media = {m["media_key"]: m for m in (body.get("includes") or {}).get("media") or []}
                for post in body.get("data") or []:
                    keys = (post.get("attachments") or {}).get("media_keys") or []
                    found[str(post["id"])] = {**post, "media": [media[k] for k in keys if k in media]}
        return found

    def _reading(self, ctx: Context, publication: PublishedRef, posts: Mapping[str, Any]) -> Reading:
        told = told_parts(publication, posts)
        metrics = thread_metrics(told.parts, ours=told.ours)
        problem = "" if told.parts else "X does not show this post (any more)."
        return Reading(
            publication.publication_id,
            metrics,
            {"posts": told.parts},
            ctx.now,
            problem,
            not told.parts,
            told.missing,
            last_out(told.parts, "created_at", _instant),
        )

    # Answers ------------------------------------------------------------------------------------------------

    def classify(self, answer: Answer) -> Outcome:
        kind, message = meaning(answer)
        retry_after_s = None
        if kind is K.RATE:
            retry_after_s = 86_400.0 if "monthly" in message else until_reset(answer)
        elif kind is K.BUSY:
            retry_after_s = 2.0
        return Outcome(
            kind,
            retry_after_s=retry_after_s,
            code=problem_of(answer) or str(answer.status),
            message=message,
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _must(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Refused(self.classify(answer))
        return answer

    def _data(self, answer: Answer) -> dict[str, Any]:
        data = self._must(answer).data.get("data")
        if not isinstance(data, dict) or "id" not in data:
            raise AnswerLost("its answer could not be read", "unreadable")
        return data

    def _read(self, ctx: Context, url: str, params: Mapping[str, Any], fields: str) -> dict[str, Any]:
        answer = ctx.wire.get(url, params={**params, **self._asking_for(fields)})
        if answer.status == 400 and self._fields_key in answer.text:
            self._fields_key = "post.fields" if self._fields_key == "tweet.fields" else "tweet.fields"
            answer = ctx.wire.get(url, params={**params, **self._asking_for(fields)})
        body = self._must(answer).json
        if not isinstance(body, dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return body

    def _asking_for(self, fields: str) -> dict[str, str]:
        """The fields under the key in use; each key has its own names."""
        if self._fields_key == "post.fields":
            fields = fields.replace("referenced_tweets", "referenced_posts")
        return {self._fields_key: fields}

    def _ok(self, ref: Mapping[str, Any]) -> Outcome:
        return Outcome(K.OK, remote_ref=ref)


# Pure parts -------------------------------------------------------------------------------------------------


def _with(outcome: Outcome, **changes: Any) -> Outcome:
    return Outcome(**{**outcome.__dict__, **changes})


def _is_lost(outcome: Outcome) -> bool:
    return outcome.kind is K.BUSY and outcome.http_status == 400


def _made_again(outcome: Outcome, uploads: Sequence[str]) -> Outcome:
    """These uploads are repeated, with all that was said of their ids: a new id knows nothing of it. Ever more seldom."""
    names = [upload.partition(" ")[2] for upload in uploads]
    redo = tuple(f"{what} {name}" for name in names for what in ("upload", "wait", "alt", "captions"))
    message = "X no longer has an uploaded file; it is uploaded again."
    return _with(outcome, kind=K.BUSY, redo=redo, message=message, retry_after_s=None)


def _goes_on(begun: Mapping[str, Any], now: datetime) -> bool:
    """Whether an upload that was begun can be gone on with."""
    if not begun.get("media_id") or begun.get("segment") != CHUNK_BYTES:
        return False
    return now < datetime.fromisoformat(begun["usable_until"]) - timedelta(minutes=5)


def _category(medium: Mapping[str, Any]) -> str:
    if medium["kind"] == "video":
        return "tweet_video"
    return "tweet_gif" if medium.get("mime") == "image/gif" else "tweet_image"


def language_code(payload: Mapping[str, Any]) -> str:
    """Two capital letters, as X names the language of captions; "" for one that has no such code."""
    code = str(payload.get("language") or "").partition("-")[0]
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else ""


def _later(now: datetime, seconds: Any) -> str:
    return (now + timedelta(seconds=float(seconds or 86_400))).isoformat()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def plain(text: str) -> str:
    """A text as it is compared: NFC, one kind of space, links without scheme and closing slash."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"https?://(\S+)", lambda m: m[1].rstrip("/"), text)
    return " ".join(text.split())


def shown_text(post: Mapping[str, Any]) -> str:
    """What we wrote, from what X shows: its own links replaced, the link to the media at the end dropped."""
    text = html.unescape(post["text"])  # first: an address may hold what looks like an entity
    for url in (post.get("entities") or {}).get("urls") or ():
        target = url.get("expanded_url") or ""
        is_media = url.get("media_key") or re.search(r"/status/\d+/(photo|video)/\d+$", target)
        text = text.replace(url["url"], "" if is_media else target)
    return text


def _parents(post: Mapping[str, Any]) -> list[str]:
    references = post.get("referenced_tweets") or post.get("referenced_posts") or ()
    return [str(r["id"]) for r in references if r.get("type") == "replied_to"]


def _said(text: str, parent: str) -> str:
    """A text as it is compared; X may put the names of those who are answered before it."""
    return re.sub(r"^(@\w+ )+", "", plain(text)) if parent else plain(text)


def _same(post: Mapping[str, Any], part: Mapping[str, Any], *, parent: str, since: datetime) -> bool:
    media = (post.get("attachments") or {}).get("media_keys") or ()
    return (
        _instant(post["created_at"]) >= since.replace(microsecond=0)
        and _parents(post) == ([parent] if parent else [])
        and len(media) == len(part.get("media") or ())
        and _said(shown_text(post), parent) == _said(part["text"], parent)
    )


def thread_metrics(posts: Sequence[Mapping[str, Any]], *, ours: int) -> dict[str, int | float | None]:
    """The numbers of all parts together. ``ours``: replies that are our own next parts and no comments."""

    def total(group: str, *names: str) -> int | None:
        known = [p[group][n] for p in posts for n in names if n in (p.get(group) or {})]
        return sum(known) if known else None

    comments = total("public_metrics", "reply_count")
    views = [
        m["public_metrics"]["view_count"]
        for p in posts
        for m in p.get("media") or ()
        if "view_count" in (m.get("public_metrics") or {})
    ]
    return dict.fromkeys(METRICS) | {
        "impressions": total("public_metrics", "impression_count"),
        "views": sum(views) if views else None,
        "likes": total("public_metrics", "like_count"),
        "comments": None if comments is None else max(0, comments - ours),
        "shares": total("public_metrics", "repost_count", "retweet_count", "quote_count"),
        "saves": total("public_metrics", "bookmark_count"),
        "clicks": total("non_public_metrics", "url_link_clicks"),
        "profile_visits": total("non_public_metrics", "user_profile_clicks"),
    }

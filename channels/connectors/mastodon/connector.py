"""Publishing on a Mastodon server, looking for what a lost answer did, and the account with its numbers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, PrivateStart, Read, Version
from channels.connectors.attached import Pictures
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
    cover_of,
)
from channels.connectors.chains import last_out, told_parts
from channels.connectors.mastodon import limits, shown
from channels.connectors.mastodon.flow import MastodonFlow, account_facts, read_instance
from channels.connectors.mastodon.refusals import meaning
from channels.connectors.mastodon.talking import Talking
from channels.connectors.pieces import Sent, deadline_s
from channels.connectors.talk import Act, MessageKind
from channels.wire import Answer, AnswerLost

K = OutcomeKind
MEDIA_LIFE = timedelta(hours=20)  # servers drop what no post names after about a day
PAGE = 40
PAGES = 10
BATCH = 20
PICTURES = Pictures(
    "docs.joinmastodon.org, statuses and instance (what servers say by default), read 2026-11-23",
    max_bytes=16_777_216,
    most=limits.DEFAULT_MEDIA,
    alt=1500,
    max_pixels=33_177_600,
)
VISIBILITIES = frozenset({"public", "unlisted", "private", "direct"})
NAMESPACE = uuid.UUID("5f0f3c62-4d0b-5d5e-9a57-6d1a3e1f7c11")


class MastodonConnector(Talking, Connector):
    platform = "mastodon"
    label = "Mastodon"
    oauth = MastodonFlow()
    publishes = frozenset({"mastodon.thread"})
    can_reply = True
    version = Version("v1 (media and instance: v2)", None, "docs.joinmastodon.org/api, read 2026-11-23")
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.GIF, Media.VIDEO, Media.ALT_TEXT, Media.COVER})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS})
    acts = {
        Action.REPLY: Safety.SEARCH,
        Action.DELETE_POST: Safety.PURE,
        Action.EDIT_POST: Safety.PURE,
        Action.BLOCK: Safety.PURE,
        Action.UNBLOCK: Safety.PURE,
    }
    needs = dict.fromkeys((Action.BLOCK, Action.UNBLOCK), "write:blocks")
    mends = dict.fromkeys((Action.DELETE_POST, Action.EDIT_POST), frozenset(MessageKind))  # all are posts
    direct_mentions = True
    begins = PrivateStart(
        {"visibility": "direct"}, "docs.joinmastodon.org, statuses, read 2026-11-23", named=True
    )
    attaches = dict.fromkeys((False, True), PICTURES)
    mending = "Mastodon lets you edit or delete a post at any time; readers see that it was edited."
    # config/initializers/rack_attack.rb and app/lib/rate_limiter.rb of mastodon/mastodon, read 2026-11-23
    numbers_at_once = BATCH
    rates = (Rate(300, 10_800), Rate(300, 300, of="all"))

    def server_of(self, channel: Any) -> str:
        return channel.server or self.platform

    def pictures(self, *, private: bool, channel: Any) -> Pictures | None:
        return limits.pictures(PICTURES, getattr(channel, "facts", None) or {})

    def attach(self, act: Act) -> Sequence[StepSpec]:
        return list(self._media_steps(1, {"text": act.text, "media": act.media}, PICTURES.most))

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        parts = payload["parts"]
        if not parts:
            raise UnsupportedFeature(self.label, "a post without text and media")
        most = limits.most_media(getattr(channel, "facts", None) or {})
        staged = [step for n, part in enumerate(parts, 1) for step in self._media_steps(n, part, most)]
        public = [
            StepSpec(
                key="commit" if n == 1 else f"reply {n}",
                kind=StepKind.COMMIT if n == 1 else StepKind.REPLY,
                safety=Safety.KEYED,
                data={"part": n - 1},
            )
            for n in range(1, len(parts) + 1)
        ]
        _options(payload)
        return staged + public

    def _media_steps(self, n: int, part: Mapping[str, Any], most: int) -> Iterator[StepSpec]:
        media = part.get("media") or ()
        moving = [m for m in media if m["kind"] == "video" or m.get("mime") == "image/gif"]
        if len(media) > most:
            raise UnsupportedFeature(self.label, f"more than {most} pictures in a post on this server")
        if moving and len(media) > 1:
            raise UnsupportedFeature(self.label, "a video or GIF beside other media")
        if not part["text"] and not media:
            raise UnsupportedFeature(self.label, "a post without text and media")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text")
        for j in range(1, len(media) + 1):
            same = {"safety": Safety.PURE, "stage": True, "data": {"part": n - 1, "media": j - 1}}
            yield StepSpec(key=f"upload {n}.{j}", kind=StepKind.UPLOAD, **same)
            yield StepSpec(key=f"wait {n}.{j}", kind=StepKind.WAIT, **same)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        what = step.key.split()[0]
        does = {"upload": self._upload, "wait": self._wait, "commit": self._post, "reply": self._post}
        return does[what](step, ctx)

    def _upload(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = ctx.parts()[step.data["part"]]["media"][step.data["media"]]
        form = {"description": medium.get("alt") or None, "focus": _focus(medium)}
        path = ctx.open_media(medium)
        cover = ctx.open_media(cover_of(medium)) if medium.get("cover") else None
        with Sent(path, ctx.renew) as file:
            files: dict[str, Any] = {"file": (path.name, file, medium["mime"])}
            if cover is not None:
                files["thumbnail"] = (cover.name, cover.read_bytes(), "image/jpeg")
            late = deadline_s(path.stat().st_size)
            url = ctx.wire.url("api", "/api/v2/media")
            answer = ctx.wire.post(url, form=form, files=files, total_s=late)
        attached = self._object(answer)
        return Outcome(
            K.OK,
            remote_ref={
                "media_id": str(attached["id"]),
                "ready": answer.status not in (202, 206) and bool(attached.get("url")),
                "expires_at": (ctx.now + MEDIA_LIFE).isoformat(),
            },
            http_status=answer.status,
        )

    def _wait(self, step: StepSpec, ctx: Context) -> Outcome:
        upload = f"upload {step.key.split()[1]}"
        media_id = ctx.refs[upload]["media_id"]
        if ctx.refs[upload].get("ready"):
            return Outcome(K.OK, remote_ref={"media_id": media_id})
        answer = ctx.wire.get(ctx.wire.url("api", f"/api/v1/media/{media_id}"))
        if answer.status == 404:
            message = "The server no longer has an uploaded file; it is uploaded again."
            return Outcome(K.BUSY, retry_after_s=1.0, code="404", message=message, redo=(upload,))
        if answer.status == 422:
            message = "The server could not process the picture or video."
            return Outcome(K.CONTENT, code="media-failed", message=message, body=answer.text)
        if answer.status == 206 or (answer.ok and not answer.data.get("url")):
            message = "The server is still processing the file."
            return Outcome(K.BUSY, retry_after_s=2.0, code="processing", message=message)
        self._object(answer)
        return Outcome(K.OK, remote_ref={"media_id": media_id})

    def _post(self, step: StepSpec, ctx: Context) -> Outcome:
        number = step.data["part"]
        part = ctx.parts()[number]
        uploads = [f"upload {number + 1}.{j}" for j in range(1, len(part.get("media") or ()) + 1)]
        body = {
            "status": part["text"],
            "visibility": "public",
            "language": _language(ctx.payload),
            **_options(ctx.payload),
            "media_ids": [ctx.refs[key]["media_id"] for key in uploads],
            "in_reply_to_id": self._parent(number, ctx),
        }
        return self.said(self.put_out(ctx, body, key=idempotency_key(ctx, step.key)), uploads)

    def said(self, answer: Answer, uploads: Sequence[str]) -> Outcome:
        """What came of posting a status that names what these steps have uploaded."""
        if not answer.ok:
            outcome = self.classify(answer)
            gone = outcome.kind is K.CONTENT and answer.status == 422 and uploads and _media_is_gone(answer)
            raise Refused(_again(outcome, uploads) if gone else outcome)
        return self._published(answer)

    def put_out(self, ctx: Context, body: Mapping[str, Any], *, key: str) -> Answer:
        """Post a status. The same key makes no second one within the hour."""
        said = {name: value for name, value in body.items() if value not in ("", None, [])}
        return ctx.wire.post(
            ctx.wire.url("api", "/api/v1/statuses"), json=said, headers={"Idempotency-Key": key}
        )

    def _published(self, answer: Answer) -> Outcome:
        status = self._object(answer)
        if "scheduled_at" in status:  # another kind of thing with ids of its own
            raise AnswerLost("its answer could not be read", "unreadable")
        post_id = str(status["id"])
        return Outcome(
            K.OK,
            remote_ref={"id": post_id},
            remote_id=post_id,
            remote_url=str(status.get("url") or status.get("uri") or ""),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        answer = ctx.wire.delete(ctx.wire.url("api", f"/api/v1/statuses/{remote_id}"))
        if answer.status not in (404, 410):  # gone already is what was wanted
            self.must(answer)
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    def _parent(self, number: int, ctx: Context) -> str:
        if number == 0:
            return str(ctx.payload.get("reply_to") or "")
        return str(ctx.refs["commit" if number == 1 else f"reply {number}"]["id"])

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Compare the account's posts since a minute before the intent: parent, number of media, text."""
        if step.kind not in {StepKind.COMMIT, StepKind.REPLY}:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        number = step.data["part"]
        part = ctx.parts()[number]
        count = len(part.get("media") or ())
        return self.look_for(ctx, part["text"], parent=self._parent(number, ctx), media=count)

    def look_for(self, ctx: Context, text: str, *, parent: str, media: int) -> Lookup:
        since = ctx.intent_at - timedelta(seconds=60)
        posts, complete = self._own_posts(ctx, since)
        known = {str(ref.get("id")) for ref in ctx.refs.values()}
        candidates = [
            {"id": str(p["id"]), "url": p.get("url") or "", "created_at": p["created_at"], "text": self._source(p, ctx)}
            for p in posts
            if str(p["id"]) not in known
            and shown.parent_of(p) == parent
            and len(p.get("media_attachments") or ()) == media
        ]  # fmt: skip
        matches = [c for c in candidates if shown.plain(c["text"]) == shown.plain(text)]
        if len(matches) > 1:
            reason = f"The server has {len(matches)} posts with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=tuple(matches), reason=reason)
        if not matches:
            return self.nothing_found(text, candidates, lambda p: p["text"], complete=complete)
        found = matches[0]
        return Lookup(
            LookupKind.FOUND,
            remote_id=found["id"],
            remote_url=found["url"],
            complete=True,
            remote_ref={"id": found["id"]},
            seen=(found,),
            at=shown.instant(found["created_at"]),
        )

    def _own_posts(self, ctx: Context, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        """Newest first, and whether they reach back to ``since``."""
        url = ctx.wire.url("api", f"/api/v1/accounts/{account_id(ctx.channel)}/statuses")
        params: dict[str, Any] = {"exclude_reblogs": "true", "limit": PAGE}
        posts: list[dict[str, Any]] = []
        for _ in range(PAGES):
            page = self._list(ctx.wire.get(url, params=params))
            young = [p for p in page if shown.instant(p["created_at"]) >= since.replace(microsecond=0)]
            posts += young
            if len(young) < len(page) or not page:
                return posts, True
            params["max_id"] = str(page[-1]["id"])
        return posts, False

    def _source(self, status: Mapping[str, Any], ctx: Context) -> str:
        """What was written; servers that do not tell it have only what they show."""
        answer = ctx.wire.get(ctx.wire.url("api", f"/api/v1/statuses/{status['id']}/source"))
        if answer.ok and isinstance(answer.data.get("text"), str):
            return answer.data["text"]
        if answer.status in (401, 429) or answer.status >= 500:
            raise Refused(self.classify(answer))
        return shown.text_of(status.get("content"))

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        person = self._object(ctx.wire.get(ctx.wire.url("api", "/api/v1/accounts/verify_credentials")))
        return account_facts(person, read_instance(ctx.wire), ctx.wire.network["api"])

    def told(self, channel: Any) -> list[str]:
        return limits.in_words(channel.facts)

    def check(self, ctx: Context) -> list[str]:
        facts = self.account(ctx)["facts"]
        troubles: list[str] = [*self.missing_scopes(ctx.channel)]
        if facts.get("suspended"):
            troubles.append(Trouble("The server has suspended this account.", TroubleKind.ACCOUNT))
        return troubles

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        ids = [part for p in publications for part in (p.parts or (p.remote_id,))]
        posts = self._posts_by_id(ctx, ids)
        return [self._reading(ctx, publication, posts) for publication in publications]

    def _posts_by_id(self, ctx: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Many at once (Mastodon 4.3 and newer), else one by one."""
        found: dict[str, dict[str, Any]] = {}
        for batch in (ids[i : i + BATCH] for i in range(0, len(ids), BATCH)):
            answer = ctx.wire.get(ctx.wire.url("api", "/api/v1/statuses"), params={"id[]": list(batch)})
            if answer.ok and isinstance(answer.json, list):
                found |= {str(p["id"]): p for p in answer.json if isinstance(p, dict) and "id" in p}
            elif answer.status in (401, 403, 429) or answer.status >= 500:
                raise Refused(self.classify(answer))
            else:
                found |= self._one_by_one(ctx, batch)
        return found

    def _one_by_one(self, ctx: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        found = {}
        for post_id in ids:
            answer = ctx.wire.get(ctx.wire.url("api", f"/api/v1/statuses/{post_id}"))
            if answer.status not in (404, 410):
                found[post_id] = self._object(answer)
        return found

    def _reading(self, ctx: Context, publication: PublishedRef, posts: Mapping[str, Any]) -> Reading:
        told = told_parts(publication, posts)
        numbers = thread_metrics(told.parts, ours=told.ours)
        problem = "" if told.parts else "The server does not show this post (any more)."
        return Reading(
            publication.publication_id,
            numbers,
            {"posts": told.parts},
            ctx.now,
            problem,
            not told.parts,
            told.missing,
            last_out(told.parts, "created_at", shown.instant),
        )

    # Answers ------------------------------------------------------------------------------------------------

    def classify(self, answer: Answer) -> Outcome:
        return meaning(answer)

    def must(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Refused(self.classify(answer))
        return answer

    def _object(self, answer: Answer) -> dict[str, Any]:
        """The one thing that the answer holds. Its id is a text of any form."""
        data = self.must(answer).data
        if data.get("id") in (None, ""):
            raise AnswerLost("its answer could not be read", "unreadable")
        return data

    def _list(self, answer: Answer) -> list[dict[str, Any]]:
        found = self.must(answer).json
        if not isinstance(found, list) or not all(isinstance(p, dict) and "id" in p for p in found):
            raise AnswerLost("its answer could not be read", "unreadable")
        return found


# Pure parts -------------------------------------------------------------------------------------------------


def account_id(channel: Any) -> str:
    """The server's own id; ours names the server too, since ids of two servers may be the same."""
    return str(channel.remote_id).partition("@")[0]


def idempotency_key(ctx: Context, step: str) -> str:
    """The same for every try of one step of one approved payload on one channel, and for no other."""
    approved = json.dumps(ctx.payload, sort_keys=True, ensure_ascii=False, default=str)
    return str(uuid.uuid5(NAMESPACE, f"{ctx.channel.remote_id}|{step}|{approved}"))


def _options(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Who sees it, and the warning that is shown first. Raises UnsupportedFeature for what no server knows."""
    given = payload.get("options") or {}
    chosen = {name: given[name] for name in ("visibility", "spoiler_text", "sensitive") if given.get(name)}
    if chosen.get("visibility", "public") not in VISIBILITIES:
        raise UnsupportedFeature("Mastodon", f"the visibility “{chosen['visibility']}”")
    return chosen


def _language(payload: Mapping[str, Any]) -> str:
    """ISO 639 of the payload's own field; a payload without one says only in which language it was written."""
    tag = payload.get("language_tag")
    if isinstance(tag, Mapping):
        return str(tag.get("language") or "")
    return str(payload.get("language") or "").split("-")[0].lower()


def _focus(medium: Mapping[str, Any]) -> str | None:
    """The point that every crop keeps: -1 to 1 from the middle, up and right positive."""
    focus = medium.get("focus")
    return f"{float(focus[0]):.2f},{float(focus[1]):.2f}" if focus else None


def _media_is_gone(answer: Answer) -> bool:
    words = str(answer.data.get("error") or "").lower()
    return "media" in words and ("not found" in words or "try again" in words)


def _again(outcome: Outcome, uploads: Sequence[str]) -> Outcome:
    redo = tuple(key for upload in uploads for key in (upload, upload.replace("upload", "wait")))
    message = "The server no longer has an uploaded file; it is uploaded again."
    return Outcome(
        **{**outcome.__dict__, "kind": K.BUSY, "retry_after_s": 2.0, "message": message, "redo": redo}
    )


def thread_metrics(posts: Sequence[Mapping[str, Any]], *, ours: int) -> dict[str, int | float | None]:
    """The numbers of all parts together. ``ours``: replies that are our own next parts and no comments.

    Mastodon counts no views, on purpose.
    """

    def total(*names: str) -> int | None:
        known = [p[n] for p in posts for n in names if isinstance(p.get(n), int)]
        return sum(known) if known else None

    comments = total("replies_count")
    return dict.fromkeys(METRICS) | {
        "likes": total("favourites_count"),
        "comments": None if comments is None else max(0, comments - ours),
        "shares": total("reblogs_count", "quotes_count"),
    }

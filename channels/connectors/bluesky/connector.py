"""Publishing to Bluesky, looking for what a lost answer did, and the account with its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from channels.connectors.abilities import Action, Media, Read, Version
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
)
from channels.connectors.bluesky import cards, names, records, refusals, video
from channels.connectors.bluesky.flow import BlueskyFlow
from channels.connectors.bluesky.refusals import meaning
from channels.connectors.bluesky.talking import Talking
from channels.connectors.chains import last_out, told_parts
from channels.connectors.pieces import Sent, deadline_s
from channels.connectors.shapes import PostShape, record
from channels.connectors.talk import IN_PUBLIC, Act
from channels.connectors.tracks import webvtt
from channels.wire import Answer, AnswerLost, WireError

K = OutcomeKind
BLOB_LIFE = timedelta(minutes=50)  # a server may drop what no post names after an hour
MAX_IMAGES = 4
CAPTION_BYTES = 20_000
TICKET_S = 1800
BATCH = 25


class BlueskyConnector(Talking, Connector):
    platform = "bluesky"
    label = "Bluesky"
    shape = PostShape(
        ("bsky.app",),
        re.compile(r"^/profile/(?P<account>[^/]+)/post/(?P<id>[2-7a-z]{13})(/|$)"),
        "https://bsky.app/profile/name.bsky.social/post/3k…",
        record,
    )
    oauth = BlueskyFlow()
    publishes = frozenset({"bluesky.thread"})
    can_reply = True
    version = Version("lexicons of August 2026", None, "github.com/bluesky-social/atproto, read 2026-11-23")
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.VIDEO, Media.ALT_TEXT, Media.CAPTIONS})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS, Read.MENTIONS})
    acts = {
        Action.REPLY: Safety.KEYED,
        Action.HIDE: Safety.PURE,
        Action.UNHIDE: Safety.PURE,
        Action.DELETE_POST: Safety.PURE,
    }
    mends = {Action.DELETE_POST: IN_PUBLIC}
    attaches = {
        False: Pictures(
            "app.bsky.embed.images lexicon, read 2026-11-23; 1 MB before 8 April 2026",
            max_bytes=2_000_000,
            most=MAX_IMAGES,
            alt=2000,
        )
    }
    mending = "Bluesky does not let anybody edit a post; it can be deleted at any time."
    # docs.bsky.app/docs/advanced-guides/rate-limits, read 2026-11-23: creating counts 3 of 5,000 points an hour
    numbers_at_once = BATCH
    rates = (Rate(1_600, 3_600), Rate(11_600, 86_400), Rate(3_000, 300, of="all"))

    def server_of(self, channel: Any) -> str:
        return channel.server or self.platform

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        parts = payload["parts"]
        if not parts:
            raise UnsupportedFeature(self.label, "a post without text and media")
        staged = [StepSpec("limits", StepKind.WAIT, Safety.PURE, stage=True)] if _videos(payload) else []
        staged += [step for n, part in enumerate(parts, 1) for step in self._staged(n, part)]
        if payload.get("reply_to"):
            staged.append(StepSpec("parent", StepKind.WAIT, Safety.PURE, stage=True))
        chosen = StepSpec("keys", StepKind.CONTAINER, Safety.PURE, data={"count": len(parts)})
        public = [
            StepSpec(
                key="commit" if n == 1 else f"reply {n}",
                kind=StepKind.COMMIT if n == 1 else StepKind.REPLY,
                safety=Safety.KEYED,
                data={"part": n - 1},
            )
            for n in range(1, len(parts) + 1)
        ]
        return [*staged, chosen, *public]

    def attach(self, act: Act) -> Sequence[StepSpec]:
        steps = self._staged(1, {"text": act.text, "media": act.media})
        return [step for step in steps if step.kind is StepKind.UPLOAD]

    def _staged(self, n: int, part: Mapping[str, Any]) -> Iterator[StepSpec]:
        media = part.get("media") or ()
        moving = [m for m in media if m["kind"] == "video"]
        if len(media) > MAX_IMAGES or (moving and len(media) > 1):
            raise UnsupportedFeature(self.label, "more than four pictures, or a video beside other media")
        if not part["text"] and not media:
            raise UnsupportedFeature(self.label, "a post without text and media")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text")
        for j, medium in enumerate(media, 1):
            same = {"safety": Safety.PURE, "stage": True, "data": {"part": n - 1, "media": j - 1}}
            yield StepSpec(key=f"upload {n}.{j}", kind=StepKind.UPLOAD, **same)
            if medium in moving:
                yield StepSpec(key=f"wait {n}.{j}", kind=StepKind.WAIT, **same)
                if medium.get("captions"):
                    yield StepSpec(key=f"captions {n}.{j}", kind=StepKind.UPLOAD, required=False, **same)
        once = {"safety": Safety.PURE, "stage": True, "required": False, "data": {"part": n - 1}}
        if records.mentioned(part):
            yield StepSpec(key=f"mentions {n}", kind=StepKind.WAIT, **once)
        if records.first_link(part) and not media:
            yield StepSpec(key=f"card {n}", kind=StepKind.UPLOAD, **once)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        what = step.key.split()[0]
        return {
            "limits": self._limits,
            "upload": self._upload,
            "wait": self._wait,
            "captions": self._captions,
            "mentions": self._mentions,
            "card": self._card,
            "parent": self._parent,
            "keys": self._keys,
            "commit": self._post,
            "reply": self._post,
        }[what](step, ctx)

    def _medium(self, step: StepSpec, ctx: Context) -> Mapping[str, Any]:
        return ctx.parts()[step.data["part"]]["media"][step.data["media"]]

    def _upload(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = self._medium(step, ctx)
        path = ctx.open_media(medium)
        if medium["kind"] == "video":
            return self._upload_video(ctx, path)
        return _kept(ctx, self.blob(ctx, path.read_bytes(), medium["mime"]))

    def blob(self, ctx: Context, data: bytes, mime: str) -> dict[str, Any]:
        """Upload a file; the same file again is the same blob."""
        url = ctx.wire.url("pds", "/xrpc/com.atproto.repo.uploadBlob")
        return _blob(self.must(ctx.wire.post(url, content=data, headers={"Content-Type": mime})))

    def _limits(self, step: StepSpec, ctx: Context) -> Outcome:
        """Ask for room before a byte of video is sent."""
        if refused := video.no_room(video.room(self, ctx), _videos(ctx.payload)):
            raise Refused(refused)
        return Outcome(K.OK)

    def foresees(self, payload: Mapping[str, Any]) -> bool:
        return bool(_videos(payload))

    def foresee(self, payload: Mapping[str, Any], ctx: Context) -> list[Trouble]:
        refused = video.no_room(video.room(self, ctx), _videos(payload))
        return [Trouble(refused.message, TroubleKind.QUOTA)] if refused else []

    def _upload_video(self, ctx: Context, path: Path) -> Outcome:
        """Video goes to a service of its own, which puts it on the account's server when it is done with it."""
        home = urlsplit(ctx.wire.network["pds"]).hostname
        ticket = self.ticket(ctx, f"did:web:{home}", "com.atproto.repo.uploadBlob")
        with Sent(path, ctx.renew) as file:  # up to 300 MB: never whole in memory
            answer = ctx.wire.post(
                ctx.wire.url("video", "/xrpc/app.bsky.video.uploadVideo"),
                params={"did": ctx.channel.remote_id, "name": path.name},
                content=file,
                headers={"Content-Type": "video/mp4", "Authorization": f"Bearer {ticket}"},
                scheme="",
                total_s=deadline_s(path.stat().st_size),
            )
        known = answer.data.get("error") == "already_exists"  # the same video: its job is told as well
        job = _job(answer if known else self.must(answer))
        if not job.get("jobId"):
            raise AnswerLost("its answer could not be read", "unreadable")
        blob = job.get("blob")
        if known and blob:
            blob = self._put_again(ctx, path) or blob
        return Outcome(K.OK, remote_ref={"job": str(job["jobId"]), "blob": blob, **_ends(ctx)})

    def _put_again(self, ctx: Context, path: Path) -> dict[str, Any] | None:
        """The service works on a video once, and the account's server drops what no post names within the hour: so the
        file is put there as any other. None where it is too large for that.
        """
        head = {"Content-Type": "video/mp4", "Content-Length": str(path.stat().st_size)}
        url = ctx.wire.url("pds", "/xrpc/com.atproto.repo.uploadBlob")
        with Sent(path, ctx.renew) as file:
            answer = ctx.wire.post(url, content=file, headers=head, total_s=deadline_s(path.stat().st_size))
        return None if answer.status == 413 else _blob(self.must(answer))

    def ticket(self, ctx: Context, audience: str, method: str) -> str:
        """A token of the account's server for one method of another service."""
        asked = {"aud": audience, "lxm": method, "exp": int(ctx.now.timestamp()) + TICKET_S}
        url = ctx.wire.url("pds", "/xrpc/com.atproto.server.getServiceAuth")
        token = self.must(ctx.wire.get(url, params=asked)).data.get("token")
        if not isinstance(token, str):
            raise AnswerLost("its answer could not be read", "unreadable")
        return token

    def _wait(self, step: StepSpec, ctx: Context) -> Outcome:
        upload = f"upload {step.key.split()[1]}"
        if done := ctx.refs[upload].get("blob"):
            return _kept(ctx, done)
        url = ctx.wire.url("video", "/xrpc/app.bsky.video.getJobStatus")
        job = _job(self.must(ctx.wire.get(url, params={"jobId": ctx.refs[upload]["job"]}, scheme="")))
        if job.get("blob"):
            return _kept(ctx, job["blob"])
        if job.get("state") != "JOB_STATE_FAILED":
            message = "Bluesky is still processing the video."
            return Outcome(K.BUSY, retry_after_s=3.0, code="processing", message=message)
        failed = refusals.video_failed(str(job.get("failureCode") or ""), str(job.get("message") or ""))
        if failed.code not in refusals.VIDEO_MAY_PASS:
            return failed
        return self.once_more(step, ctx, failed, redo=(upload,))

    def _captions(self, step: StepSpec, ctx: Context) -> Outcome:
        data = webvtt(ctx, self._medium(step, ctx)["captions"])
        if len(data) > CAPTION_BYTES:
            message = "Bluesky takes captions of at most 20,000 bytes; the video goes out without the file."
            return Outcome(K.CONTENT, code="captions", message=message)
        return _kept(ctx, self.blob(ctx, data, "text/vtt"))

    def _mentions(self, step: StepSpec, ctx: Context) -> Outcome:
        """Who is meant by a name. A name that nobody has stays plain text, as in the app."""
        people = {}
        url = ctx.wire.url("pds", "/xrpc/com.atproto.identity.resolveHandle")
        for handle in records.mentioned(ctx.parts()[step.data["part"]]):
            answer = ctx.wire.get(url, params={"handle": handle}, scheme="")
            if answer.ok and str(answer.data.get("did", "")).startswith("did:"):
                people[handle] = answer.data["did"]
            elif answer.status != 400:
                raise Refused(self.classify(answer))
        return Outcome(K.OK, remote_ref={"people": people})

    def _card(self, step: StepSpec, ctx: Context) -> Outcome:
        try:
            card = cards.of_page(records.first_link(ctx.parts()[step.data["part"]]))
        except cards.NoCard as error:
            return Outcome(K.CONTENT, code="no-card", message=str(error))
        external: dict[str, Any] = {"uri": card.uri, "title": card.title, "description": card.description}
        if card.picture:
            external["thumb"] = self.blob(ctx, *card.picture)
        return Outcome(K.OK, remote_ref={"external": external, **_ends(ctx)})

    def _parent(self, step: StepSpec, ctx: Context) -> Outcome:
        return Outcome(K.OK, remote_ref=self.reply_refs(str(ctx.payload["reply_to"]), ctx))

    def _keys(self, step: StepSpec, ctx: Context) -> Outcome:
        """Choose the posts' keys and their time before anything is sent: they must be the same over every repeat."""
        seed = f"{ctx.channel.remote_id} {ctx.parts()}"
        keys = names.keys_for(ctx.now, step.data["count"], seed)
        times = [names.timestamp(ctx.now + timedelta(milliseconds=n)) for n in range(len(keys))]
        return Outcome(K.OK, remote_ref={"keys": keys, "times": times})

    def _post(self, step: StepSpec, ctx: Context) -> Outcome:
        number = step.data["part"]
        record = self._record(number, ctx)
        rkey = ctx.refs["keys"]["keys"][number]
        return self.said(self.put(ctx, names.POST, rkey, record), ctx, number + 1)

    def said(self, answer: Answer, ctx: Context, part: int) -> Outcome:
        """What came of putting a post; ``part`` (from 1) is whose files are uploaded again when the server has lost them."""
        if not answer.ok:
            outcome = self.classify(answer)
            uploads = tuple(key for key in ctx.refs if _belongs(key, part))
            raise Refused(_with(outcome, redo=uploads) if outcome.kind is K.BUSY else outcome)
        return self.published(answer, ctx)

    def put(self, ctx: Context, collection: str, rkey: str, record: Mapping[str, Any]) -> Answer:
        """Put a record under our key. The same again changes nothing."""
        body = {
            "repo": ctx.channel.remote_id,
            "collection": collection,
            "rkey": rkey,
            "record": record,
        }
        return ctx.wire.post(ctx.wire.url("pds", "/xrpc/com.atproto.repo.putRecord"), json=body)

    def published(self, answer: Answer, ctx: Context) -> Outcome:
        uri, cid = answer.data.get("uri"), answer.data.get("cid")
        if not isinstance(uri, str) or not isinstance(cid, str):
            raise AnswerLost("its answer could not be read", "unreadable")
        return Outcome(
            K.OK,
            remote_ref={"id": uri, "cid": cid},
            remote_id=uri,
            remote_url=self.url_of(uri, ctx),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _record(self, number: int, ctx: Context) -> dict[str, Any]:
        part = ctx.parts()[number]
        languages = _languages(ctx.payload)
        people = ctx.refs.get(f"mentions {number + 1}") or {}
        return records.post(
            part,
            created_at=ctx.refs["keys"]["times"][number],
            languages=languages,
            people=people.get("people") or {},
            embed=self._embed(number, part, languages, ctx),
            reply=self._reply(number, ctx),
        )

    def _embed(
        self, number: int, part: Mapping[str, Any], languages: Sequence[str], ctx: Context
    ) -> dict[str, Any] | None:
        n, media = number + 1, part.get("media") or ()
        if media and media[0]["kind"] == "video":
            captions = (ctx.refs.get(f"captions {n}.1") or {}).get("blob")
            language = languages[0] if languages else ""
            return records.video(media[0], ctx.refs[f"wait {n}.1"]["blob"], captions, language)
        if media:
            blobs = [ctx.refs[f"upload {n}.{j}"]["blob"] for j in range(1, len(media) + 1)]
            return records.images(media, blobs)
        external = (ctx.refs.get(f"card {n}") or {}).get("external")
        return records.card(external) if external else None

    def _reply(self, number: int, ctx: Context) -> Mapping[str, Any] | None:
        answered = ctx.refs.get("parent")
        above = {name: answered[name] for name in ("root", "parent")} if answered else None
        if number == 0:
            return above
        first, last = ctx.refs["commit"], ctx.refs["commit" if number == 1 else f"reply {number}"]
        return {"root": above["root"] if above else _ref(first), "parent": _ref(last)}

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        """Take a post down; one that is gone already is no error there."""
        did, collection, rkey = names.split(remote_id)
        body = {"repo": did, "collection": collection, "rkey": rkey}
        answer = self.must(
            ctx.wire.post(ctx.wire.url("pds", "/xrpc/com.atproto.repo.deleteRecord"), json=body)
        )
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Ask the account's own server for our key: it knows at once and for certain."""
        if step.kind not in {StepKind.COMMIT, StepKind.REPLY}:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        rkey = ctx.refs["keys"]["keys"][step.data["part"]]
        answer = self.get(ctx, ctx.channel.remote_id, names.POST, rkey)
        if answer.data.get("error") == "RecordNotFound":
            return Lookup(LookupKind.ABSENT, complete=True)
        outcome = self.published(self.must(answer), ctx)
        return Lookup(
            LookupKind.FOUND,
            remote_id=outcome.remote_id,
            remote_url=outcome.remote_url,
            complete=True,
            remote_ref=outcome.remote_ref,
        )

    def get(self, ctx: Context, repo: str, collection: str, rkey: str) -> Answer:
        params = {"repo": repo, "collection": collection, "rkey": rkey}
        return ctx.wire.get(ctx.wire.url("pds", "/xrpc/com.atproto.repo.getRecord"), params=params)

    def url_of(self, uri: str, ctx: Context) -> str:
        rkey = names.split(uri)[2]
        return f"{ctx.wire.network['app']}/profile/{ctx.channel.handle.lstrip('@')}/post/{rkey}"

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        who = self._who(ctx)
        try:
            told = video.room(self, ctx)
        except (Refused, WireError):  # says nothing of the account itself
            told = {}
        return who | {"facts": who["facts"] | video.told_room(told)}

    def told(self, channel: Any) -> list[str]:
        return [*super().told(channel), *video.room_words(channel.facts)]

    def _who(self, ctx: Context) -> dict[str, Any]:
        session = self.must(ctx.wire.get(ctx.wire.url("pds", "/xrpc/com.atproto.server.getSession"))).data
        handle = session["handle"]
        url = ctx.wire.url("appview", "/xrpc/app.bsky.actor.getProfile")
        shown = ctx.wire.get(url, params={"actor": session["did"]}, scheme="")
        profile = shown.data if shown.ok else {}
        followers = profile.get("followersCount")
        return {
            "handle": f"@{handle}",
            "name": str(profile.get("displayName") or handle),
            "url": f"{ctx.wire.network['app']}/profile/{handle}",
            "followers": followers if isinstance(followers, int) else None,
            "facts": {"active": session.get("active") is not False, "status": session.get("status") or ""},
        }

    def check(self, ctx: Context) -> list[str]:
        facts = self._who(ctx)["facts"]
        troubles: list[str] = [*self.missing_scopes(ctx.channel)]
        if not facts["active"]:
            troubles.append(Trouble(f"The account is not active ({facts['status']}).", TroubleKind.ACCOUNT))
        return troubles

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        ids = [part for p in publications for part in (p.parts or (p.remote_id,))]
        posts = self._posts_by_id(ctx, [i for i in ids if i.startswith("at://")])
        return [self._reading(ctx, publication, posts) for publication in publications]

    def _posts_by_id(self, ctx: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the network as a whole shows; a post that is not there is left out of the answer."""
        found: dict[str, dict[str, Any]] = {}
        url = ctx.wire.url("appview", "/xrpc/app.bsky.feed.getPosts")
        for batch in (ids[i : i + BATCH] for i in range(0, len(ids), BATCH)):
            posts = self.must(ctx.wire.get(url, params={"uris": list(batch)}, scheme="")).data.get("posts")
            if not isinstance(posts, list):
                raise AnswerLost("its answer could not be read", "unreadable")
            found |= {str(p["uri"]): p for p in posts if isinstance(p, dict) and "uri" in p}
        return found

    def _reading(self, ctx: Context, publication: PublishedRef, posts: Mapping[str, Any]) -> Reading:
        told = told_parts(publication, posts)
        problem = "" if told.parts else "Bluesky does not show this post (any more)."
        numbers = thread_metrics(told.parts, ours=told.ours)
        return Reading(
            publication.publication_id,
            numbers,
            {"posts": told.parts},
            ctx.now,
            problem,
            not told.parts,
            told.missing,
            last_out(told.parts, "indexedAt", names.instant),
        )

    # Answers ------------------------------------------------------------------------------------------------

    def classify(self, answer: Answer) -> Outcome:
        return meaning(answer)

    def must(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Refused(self.classify(answer))
        if answer.json is None and answer.body:
            raise AnswerLost("its answer could not be read", "unreadable")
        return answer


# Pure parts -------------------------------------------------------------------------------------------------


def _kept(ctx: Context, blob: Mapping[str, Any]) -> Outcome:
    return Outcome(K.OK, remote_ref={"blob": dict(blob), **_ends(ctx)})


def _blob(answer: Answer) -> dict[str, Any]:
    found = answer.data.get("blob")
    if not isinstance(found, dict) or "ref" not in found:
        raise AnswerLost("its answer could not be read", "unreadable")
    return found


def _ends(ctx: Context) -> dict[str, str]:
    return {"expires_at": (ctx.now + BLOB_LIFE).isoformat()}


def _job(answer: Answer) -> Mapping[str, Any]:
    """The state of a video: inside ``jobStatus`` as the lexicon says, or flat as the documents' example reads it."""
    inside = answer.data.get("jobStatus")
    return inside if isinstance(inside, Mapping) else answer.data


def _ref(found: Mapping[str, Any]) -> dict[str, str]:
    return {"uri": found["id"], "cid": found["cid"]}


def _belongs(key: str, n: int) -> bool:
    what, _, branch = key.partition(" ")
    return what in {"upload", "wait", "captions", "card"} and branch.partition(".")[0] == str(n)


def _with(outcome: Outcome, **changes: Any) -> Outcome:
    return Outcome(**{**outcome.__dict__, **changes})


def _videos(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [m for part in payload["parts"] for m in part.get("media") or () if m["kind"] == "video"]


def _languages(payload: Mapping[str, Any]) -> list[str]:
    tag = payload.get("language_tag")
    if isinstance(tag, Mapping):
        return [str(each) for each in tag.get("langs") or ()]
    return [str(payload["language"])] if payload.get("language") else []


def thread_metrics(posts: Sequence[Mapping[str, Any]], *, ours: int) -> dict[str, int | float | None]:
    """The numbers of all parts together. ``ours``: replies that are our own next parts and no comments.

    The protocol counts no views.
    """

    def total(*counts: str) -> int | None:
        known = [p[n] for p in posts for n in counts if isinstance(p.get(n), int)]
        return sum(known) if known else None

    comments = total("replyCount")
    return dict.fromkeys(METRICS) | {
        "likes": total("likeCount"),
        "comments": None if comments is None else max(0, comments - ours),
        "shares": total("repostCount", "quoteCount"),
        "saves": total("bookmarkCount"),
    }

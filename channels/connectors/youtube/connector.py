"""YouTube Shorts over the Data API v3, as read in November 2026.

The video is uploaded beforehand as one that only its owner sees; at the due time one call makes it public. That call
may be repeated, and the video itself tells whether it arrived. The upload goes through a session whose address is kept
before the first byte: one session makes at most one video, and it tells how far it has come.
"""

from __future__ import annotations

import json
import mimetypes
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, Read, Version
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
    UnsupportedFeature,
    cover_of,
)
from channels.connectors.chains import last_out
from channels.connectors.shapes import PostShape
from channels.connectors.talk import IN_PUBLIC, Act, Messages, Wanted
from channels.connectors.tracks import webvtt
from channels.connectors.youtube import numbers, speak, upload
from channels.connectors.youtube.errors import FAILED, meaning, reason_of
from channels.connectors.youtube.flow import CHANNEL_PARTS, YouTubeFlow, facts_of
from channels.wire import Answer, AnswerLost

K = OutcomeKind
VERSION = Version("v3", None, "developers.google.com/youtube/v3/revision_history, 23 November 2026")
BATCH = 50  # ids in one videos.list
SHOWN_WITHIN = timedelta(minutes=5)  # a list may lag behind an upload, not for longer
# Units of the app's 10,000 a day, which all its channels share: developers.google.com/youtube/v3/determine_quota_cost.
# An upload costs one of 100 uploads a day instead.
UNITS = {
    "session": 0,
    "upload": 0,
    "wait": 1,
    "thumbnail": 50,
    "captions": 400,
    "commit": 50,
    "comment": 50,
    "verify": 1,
}
DAY_UNITS = 10_000
PRIVACY = ("public", "unlisted", "private")


class YouTubeConnector(Connector):
    platform = "youtube"
    label = "YouTube"
    shape = PostShape(
        ("youtube.com", "youtu.be"),
        re.compile(r"^/(?:(?:shorts|live)/(?P<id>[\w-]{11})|watch|(?P<v>[\w-]{11}))/?$"),
        "https://www.youtube.com/shorts/Ab1…",
        lambda found, remote_id: found.get("id") or found.get("v", ""),
    )
    allowance = (
        f"Our app has {DAY_UNITS:,} units a day at YouTube, and 100 uploads. A video takes "
        f"{UNITS['wait'] + UNITS['commit'] + UNITS['verify']} units, its cover picture {UNITS['thumbnail']}, its captions "
        f"{UNITS['captions']}, a first comment {UNITS['comment']}; reading numbers takes 1 for fifty videos, each "
        "answer 50. All channels share them."
    )
    oauth = YouTubeFlow()
    publishes = frozenset({"youtube.short"})
    version = VERSION
    media = frozenset({Media.VIDEO, Media.CAPTIONS, Media.COVER})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS, Read.COMMENTS})
    acts = {
        Action.REPLY: Safety.SEARCH,
        Action.COMMENT: Safety.SEARCH,
        Action.HIDE: Safety.PURE,
        Action.UNHIDE: Safety.PURE,
        Action.DELETE_COMMENT: Safety.PURE,
        Action.DELETE_POST: Safety.PURE,
        Action.EDIT_POST: Safety.PURE,
    }
    mends = {Action.DELETE_COMMENT: IN_PUBLIC}  # EDIT_POST goes to videos
    mending = "Title and description can be edited on YouTube; the video can be deleted at any time."
    numbers_at_once = BATCH
    # videos.insert, since 1 June 2026. All the rest has 10,000 units a day together: half of them for reading, 1 a list
    rates = (Rate(100, 86_400, per="app"), Rate(5_000, 86_400, per="app", of="reads"))

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        part = self._only_part(payload)
        media = part.get("media") or ()
        if len(media) != 1 or media[0]["kind"] != "video":
            raise UnsupportedFeature(self.label, "anything but one video in a post")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text; put it into the description")
        return [*self._steps(media[0]), *self.comment_steps(payload), _VERIFY]

    def _only_part(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        if len(payload["parts"]) != 1:
            raise UnsupportedFeature(self.label, "a post of several parts")
        return payload["parts"][0]

    def _steps(self, video: Mapping[str, Any]) -> Iterator[StepSpec]:
        yield StepSpec("session", StepKind.CONTAINER, Safety.PURE, stage=True)
        yield StepSpec("upload", StepKind.UPLOAD, Safety.PURE, stage=True)
        yield StepSpec("wait", StepKind.WAIT, Safety.PURE, stage=True)
        if video.get("cover"):
            yield StepSpec("thumbnail", StepKind.UPLOAD, Safety.PURE, stage=True, required=False)
        if video.get("captions"):
            yield StepSpec("captions", StepKind.UPLOAD, Safety.PURE, stage=True, required=False)
        yield StepSpec("commit", StepKind.COMMIT, Safety.EXACT)

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        return {
            "session": self._session,
            "upload": self._upload,
            "wait": self._wait,
            "thumbnail": self._thumbnail,
            "captions": self._captions,
            "commit": self._commit,
            "verify": self._verify,
        }[step.key](ctx)

    def _video(self, ctx: Context) -> Mapping[str, Any]:
        return ctx.parts()[0]["media"][0]

    def _api(self, ctx: Context, path: str) -> str:
        return ctx.wire.url("api", f"/youtube/v3/{path}")

    def _to(self, ctx: Context, path: str) -> str:
        return ctx.wire.url("upload", f"/upload/youtube/v3/{path}")

    def _session(self, ctx: Context) -> Outcome:
        medium = self._video(ctx)
        path = ctx.open_media(medium)
        about = {"snippet": snippet(ctx.payload), "status": status(ctx.payload, privacy="private")}
        params = {
            "part": "snippet,status",
            "notifySubscribers": bool(answers(ctx.payload).get("notify", True)),
        }
        answer = upload.begin(
            ctx, self._to(ctx, "videos"), about, mime=medium["mime"], size=path.stat().st_size, **params
        )
        address = self._must(answer).headers.get("location", "")
        if not address:
            raise AnswerLost("its answer could not be read", "unreadable")
        return Outcome(K.OK, remote_ref={"url": address, "at": ctx.now.isoformat()})

    def _upload(self, ctx: Context) -> Outcome:
        medium = self._video(ctx)
        answer = upload.send(ctx, ctx.refs["session"]["url"], ctx.open_media(medium), medium["mime"])
        if answer.status in upload.GONE:
            if made := self._made_meanwhile(ctx):
                return _is_there(ctx, made)
            words = "YouTube has forgotten the upload; it begins anew."
            return Outcome(K.BUSY, retry_after_s=1.0, code="session-gone", message=words, redo=("session",))
        return _is_there(ctx, self._id(answer))

    def _made_meanwhile(self, ctx: Context) -> str:
        """The video that a forgotten session made after all: the only one of ours since it began with this very text."""
        began, uploads = ctx.refs["session"].get("at"), str((ctx.channel.facts or {}).get("uploads") or "")
        if not began:
            return ""
        params = {
            "part": "snippet,contentDetails",
            "playlistId": uploads or f"UU{ctx.channel.remote_id[2:]}",
            "maxResults": 20,
        }
        since = datetime.fromisoformat(str(began)) - timedelta(seconds=60)
        wanted = title_and_description(ctx.parts()[0]["text"])
        found = [
            str(item["contentDetails"]["videoId"])
            for item in self._items(ctx.wire.get(self._api(ctx, "playlistItems"), params=params))
            if datetime.fromisoformat(item["snippet"]["publishedAt"]) >= since
            and (item["snippet"].get("title"), item["snippet"].get("description", "")) == wanted
        ]
        return found[0] if len(found) == 1 else ""

    def _wait(self, ctx: Context) -> Outcome:
        video, since = ctx.refs["upload"]["id"], ctx.refs["upload"].get("at")
        found = self._own_video(ctx, video, "status,processingDetails")
        if found is None and since and ctx.now - datetime.fromisoformat(since) > SHOWN_WITHIN:
            raise Refused(_GONE)
        state = (found or {}).get("status") or {}
        self._refuse_failed(state)
        if state.get("uploadStatus") == "processed":
            return Outcome(K.OK, remote_ref={"id": video})
        words = "YouTube is still processing the video."
        return Outcome(K.BUSY, retry_after_s=10.0, code="processing", message=words)

    def _refuse_failed(self, state: Mapping[str, Any]) -> None:
        if state.get("uploadStatus") in {"failed", "rejected", "deleted"}:
            why = str(state.get("failureReason") or state.get("rejectionReason") or state["uploadStatus"])
            raise Refused(
                Outcome(K.CONTENT, code=why, message=FAILED.get(why, f"YouTube refused the video: {why}."))
            )

    def _thumbnail(self, ctx: Context) -> Outcome:
        video = ctx.refs["upload"]["id"]
        path = ctx.open_media(cover_of(self._video(ctx)))
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        with path.open("rb") as file:
            answer = ctx.wire.post(
                self._to(ctx, "thumbnails/set"),
                params={"videoId": video, "uploadType": "media"},
                content=file,
                headers={"Content-Type": mime},
            )
        if (
            answer.status == 403 and reason_of(answer) == "forbidden"
        ):  # says nothing against the channel itself
            words = "YouTube did not take the cover picture. A channel needs a verified telephone number for its own."
            return Outcome(K.CONTENT, code="forbidden", message=words, http_status=403, body=answer.text)
        self._must(answer)
        return Outcome(K.OK, remote_ref={"id": video})

    def _captions(self, ctx: Context) -> Outcome:
        video = ctx.refs["upload"]["id"]
        about = {
            "snippet": {"videoId": video, "language": language(ctx.payload), "name": "", "isDraft": False}
        }
        kind, body = related(about, webvtt(ctx, self._video(ctx)["captions"]), "text/vtt")
        answer = ctx.wire.post(
            self._to(ctx, "captions"),
            params={"part": "snippet", "uploadType": "multipart"},
            content=body,
            headers={"Content-Type": kind},
        )
        if reason_of(answer) == "captionExists":  # an earlier answer was lost
            return Outcome(K.OK, remote_ref={"id": video})
        return Outcome(K.OK, remote_ref={"id": self._id(answer)})

    def _commit(self, ctx: Context) -> Outcome:
        video = ctx.refs["upload"]["id"]
        body = {"id": video, "status": status(ctx.payload, privacy=privacy(ctx.payload))}
        answer = ctx.wire.put(self._api(ctx, "videos"), params={"part": "status"}, json=body)
        self._id(answer)
        return Outcome(
            K.OK,
            remote_ref={"id": video},
            remote_id=video,
            remote_url=address(ctx, video),
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _verify(self, ctx: Context) -> Outcome:
        video = ctx.refs["commit"]["id"]
        found = self._own_video(ctx, video, "status")
        if found is None:
            return _GONE
        self._refuse_failed(found.get("status") or {})
        if (found.get("status") or {}).get("privacyStatus") != privacy(ctx.payload):
            words = f"YouTube shows the video as {found['status'].get('privacyStatus')}, not as {privacy(ctx.payload)}."
            return Outcome(K.CONTENT, code="privacy", message=words)
        return Outcome(K.OK, remote_ref={"id": video}, remote_id=video, remote_url=address(ctx, video))

    def _own_video(self, ctx: Context, video: str, parts: str) -> dict[str, Any] | None:
        found = self._items(ctx.wire.get(self._api(ctx, "videos"), params={"part": parts, "id": video}))
        return found[0] if found else None

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        if step.kind is not StepKind.COMMIT:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        video = ctx.refs["upload"]["id"]
        found = self._own_video(ctx, video, "status")
        if found is None:
            return Lookup(
                LookupKind.ABSENT, complete=True, reason="YouTube does not show the video (any more)."
            )
        state = found.get("status") or {}
        if state.get("privacyStatus") != privacy(ctx.payload):
            return Lookup(LookupKind.ABSENT, complete=True, seen=(state,))
        return Lookup(
            LookupKind.FOUND,
            remote_id=video,
            remote_url=address(ctx, video),
            complete=True,
            remote_ref={"id": video},
            seen=(state,),
        )

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        params = {"part": CHANNEL_PARTS, "mine": True}
        found = self._items(ctx.wire.get(self._api(ctx, "channels"), params=params))
        if not found:
            raise Refused(
                Outcome(
                    K.PERMISSION,
                    code="youtubeSignupRequired",
                    message="This account has no YouTube channel (any more).",
                )
            )
        return facts_of(found[0], ctx.wire.network["site"])

    def told(self, channel: Any) -> list[str]:
        long = channel.facts.get("long_uploads") in ("", None, "allowed", "eligible")
        return [] if long else ["YouTube takes videos of fifteen minutes at most from this channel."]

    def check(self, ctx: Context) -> list[str]:
        self.account(ctx)
        return [*self.missing_scopes(ctx.channel)]

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        ids = [publication.remote_id for publication in publications]
        shown: dict[str, dict[str, Any]] = {}
        out: dict[str, datetime | None] = {}
        for batch in (ids[i : i + BATCH] for i in range(0, len(ids), BATCH)):
            params = {"part": "snippet,statistics", "id": ",".join(batch), "maxResults": BATCH}
            for video in self._items(ctx.wire.get(self._api(ctx, "videos"), params=params)):
                shown[video["id"]] = video.get("statistics") or {}
                out[video["id"]] = last_out(
                    [video.get("snippet") or {}], "publishedAt", datetime.fromisoformat
                )
        told = numbers.analytics(ctx, publications, self._must) if shown else {}
        return [self._reading(ctx, each, shown, told, out.get(each.remote_id)) for each in publications]

    def _reading(
        self,
        ctx: Context,
        publication: PublishedRef,
        shown: Mapping[str, Any],
        told: Mapping[str, Any],
        out_at: datetime | None,
    ) -> Reading:
        video = publication.remote_id
        if video not in shown:
            problem = "YouTube does not show this video (any more)."
            return Reading(
                publication.publication_id, dict.fromkeys(METRICS), {}, ctx.now, problem, gone=True
            )
        raw = {"statistics": shown[video], "analytics": told.get(video) or {}}
        return Reading(publication.publication_id, numbers.normalised(**raw), raw, ctx.now, out_at=out_at)

    # What people say ----------------------------------------------------------------------------------------

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        return speak.page(wanted, ctx, lambda answer: self._body(answer))

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.EDIT_POST:
            return self._edit(act, ctx)
        if act.action is Action.DELETE_POST:
            return self.delete(act.remote_id, ctx)
        return speak.do(act, ctx, self._must, self._id)

    def find(self, act: Act, ctx: Context) -> Lookup:
        return speak.find(act, ctx, lambda answer: self._body(answer), self.nothing_found)

    def _edit(self, act: Act, ctx: Context) -> Outcome:
        """Another text; the rest of the part is sent as it stands there, because what is missing is cleared."""
        found = self._own_video(ctx, act.remote_id, "snippet")
        if found is None:
            raise Refused(
                Outcome(
                    K.CONTENT, code="videoNotFound", message="YouTube does not know this video (any more)."
                )
            )
        kept = {
            k: v
            for k, v in found["snippet"].items()
            if k in {"categoryId", "tags", "defaultLanguage", "defaultAudioLanguage"}
        }
        title, description = title_and_description(act.text)
        body = {"id": act.remote_id, "snippet": {**kept, "title": title, "description": description}}
        self._id(ctx.wire.put(self._api(ctx, "videos"), params={"part": "snippet"}, json=body))
        return Outcome(K.OK, remote_ref={"id": act.remote_id}, remote_id=act.remote_id)

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        answer = ctx.wire.delete(self._api(ctx, "videos"), params={"id": remote_id})
        if reason_of(answer) != "videoNotFound":  # gone already is what was wanted
            self._must(answer)
        return Outcome(K.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text)

    def permalink(self, remote_id: str, ctx: Context) -> str:
        return address(ctx, remote_id)

    # Answers ------------------------------------------------------------------------------------------------

    def classify(self, answer: Answer) -> Outcome:
        return meaning(answer)

    def _must(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Refused(self.classify(answer))
        return answer

    def _body(self, answer: Answer) -> dict[str, Any]:
        if not isinstance(self._must(answer).json, dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return answer.data

    def _items(self, answer: Answer) -> list[dict[str, Any]]:
        """The items of a list; Google leaves the key out where there are none."""
        body = self._body(answer)
        if "kind" not in body:
            raise AnswerLost("its answer could not be read", "unreadable")
        return body.get("items") or []

    def _id(self, answer: Answer) -> str:
        if not self._body(answer).get("id"):
            raise AnswerLost("its answer could not be read", "unreadable")
        return str(answer.data["id"])


_GONE = Outcome(K.CONTENT, code="gone", message="YouTube does not show the video (any more).")
_VERIFY = StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False)

# Pure parts -------------------------------------------------------------------------------------------------


def units(steps: Sequence[StepSpec]) -> int:
    """What a plan takes of the app's 10,000 units a day."""
    return sum(UNITS[step.key] for step in steps)


def answers(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    return payload.get("options") or {}


def privacy(payload: Mapping[str, Any]) -> str:
    """Who may see it once it is out: what was approved. Nothing else than a known word ever makes it public."""
    said = answers(payload).get("privacy", "public")
    if said not in PRIVACY:
        raise UnsupportedFeature("YouTube", f"“{said}” as those who may see a video")
    return str(said)


def title_and_description(text: str) -> tuple[str, str]:
    """The first line is the title, the rest the description."""
    title, _, description = text.strip().partition("\n")
    return title.strip(), description.strip()


def language(payload: Mapping[str, Any]) -> str:
    tag = payload.get("language_tag") or {}
    return str(tag.get("defaultLanguage") or payload.get("language") or "en")


def snippet(payload: Mapping[str, Any]) -> dict[str, Any]:
    said = answers(payload)
    title, description = title_and_description(payload["parts"][0]["text"])
    tags = [" ".join(tag.split()) for tag in str(said.get("tags") or "").split(",")]
    return {
        "title": title,
        "description": description,
        "tags": list(dict.fromkeys(filter(None, tags))),
        "categoryId": str(said.get("category") or "25"),
        **(payload.get("language_tag") or {}),
    }


def status(payload: Mapping[str, Any], *, privacy: str) -> dict[str, Any]:
    """The whole part, because an update clears what it does not name."""
    said = answers(payload)
    return {
        "privacyStatus": privacy,
        "selfDeclaredMadeForKids": said.get("made_for_kids") == "yes",
        "containsSyntheticMedia": bool(said.get("synthetic", False)),
        "embeddable": True,
        "license": "youtube",
        "publicStatsViewable": True,
    }


def related(about: Mapping[str, Any], body: bytes, mime: str) -> tuple[str, bytes]:
    """Content type and body of a multipart/related request: JSON, then the file (RFC 2387)."""
    mark = f"part-{secrets.token_hex(16)}"
    first = f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(about)}\r\n"
    second = f"--{mark}\r\nContent-Type: {mime}\r\n\r\n"
    return f"multipart/related; boundary={mark}", (
        first + second
    ).encode() + body + f"\r\n--{mark}--\r\n".encode()


def _is_there(ctx: Context, video: str) -> Outcome:
    return Outcome(K.OK, remote_ref={"id": video, "at": ctx.now.isoformat()})


def address(ctx: Context, video: str) -> str:
    return f"{ctx.wire.network['site']}/shorts/{video}"

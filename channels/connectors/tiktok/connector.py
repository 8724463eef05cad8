"""TikTok videos and photo posts, posted directly, over the Content Posting API v2 as read in November 2026.

Nothing is published before the last byte has arrived, and the id of the publication is kept before the first: so a lost
answer is asked about, never guessed. What the account may choose (who sees it, comments) is read before every post.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Media, Read, Version
from channels.connectors.base import (
    METRICS,
    Connector,
    Context,
    DayQuota,
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
from channels.connectors.chains import last_out
from channels.connectors.hooks import NotGenuine, Webhook
from channels.connectors.shapes import PostShape
from channels.connectors.talk import Hint
from channels.connectors.tiktok import photos, upload
from channels.connectors.tiktok.errors import MAY_PASS, code_of, failed, meaning
from channels.connectors.tiktok.flow import TikTokFlow, facts_of, fields_for, offered
from channels.connectors.tiktok.photos import made_at
from channels.wire import Answer, AnswerLost

K = OutcomeKind
VERSION = Version("v2", None, "developers.tiktok.com/doc/changelog, 23 November 2026")
LINK_LIFE = timedelta(minutes=55)  # an upload address lives an hour
SETTLES = timedelta(hours=1)  # until then a video that is public may be missing in its list
BATCH = 20
VIDEO_FIELDS = "id,create_time,title,share_url,view_count,like_count,comment_count,share_count"
SWITCHES = (("comment", "comments"), ("duet", "duets"), ("stitch", "stitches"))
GONE = frozenset({403, 404})  # the upload address has run out, or is not known
LIST_FIELDS = "id,create_time,title,video_description,share_url"
UPLOADS = ("v_", "p_")  # how ids of what is being published begin; those of posts are numbers


class TikTokConnector(Connector):
    platform = "tiktok"
    label = "TikTok"
    shape = PostShape(
        ("tiktok.com",),
        re.compile(r"^/@(?P<account>[\w.]+)/(?:video|photo)/(?P<id>\d+)(/|$)"),
        "https://www.tiktok.com/@name/video/123…",
    )
    oauth = TikTokFlow()
    publishes = frozenset({"tiktok.video", "tiktok.photo"})
    version = VERSION
    media = frozenset({Media.IMAGE, Media.IMAGES, Media.VIDEO, Media.COVER})
    reads = frozenset({Read.NUMBERS, Read.FOLLOWERS})
    webhook = Webhook(header="tiktok-signature", prefix="t=")
    mending = "A post cannot be edited or deleted from here; in the TikTok app it can be deleted at any time."
    numbers_at_once = BATCH
    # tiktok-api-v2-rate-limit: video/init per account; video/query 600 a minute for our app, of which we take half
    rates = (Rate(6, 60), Rate(300, 60, per="app", of="reads"))
    day_quota = DayQuota(15)  # content-sharing-guidelines; shared by all programs that post to the account

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        if len(payload["parts"]) != 1:
            raise UnsupportedFeature(self.label, "a post of several parts")
        part = payload["parts"][0]
        media = part.get("media") or ()
        if photos.is_photo(payload):
            photos.require(media)
            return self._photo_steps(part)
        if len(media) != 1 or media[0]["kind"] != "video":
            raise UnsupportedFeature(self.label, "anything but one video in a post")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text")
        return [
            StepSpec("creator", StepKind.CONTAINER, Safety.PURE),
            StepSpec("container", StepKind.CONTAINER, Safety.PURE),
            StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
            StepSpec("wait", StepKind.WAIT, Safety.PURE),
            StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False),
        ]

    def _photo_steps(self, part: Mapping[str, Any]) -> list[StepSpec]:
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text")
        return [
            StepSpec("creator", StepKind.CONTAINER, Safety.PURE),
            StepSpec("commit", StepKind.COMMIT, Safety.SEARCH),
            StepSpec("wait", StepKind.WAIT, Safety.PURE),
            StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False),
        ]

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        return {
            "creator": self._creator,
            "container": self._container,
            "commit": self._photos if photos.is_photo(ctx.payload) else self._commit,
            "wait": lambda ctx: self._wait(step, ctx),
            "verify": self._verify,
        }[step.key](ctx)

    def _video(self, ctx: Context) -> Mapping[str, Any]:
        return ctx.parts()[0]["media"][0]

    def _call(self, ctx: Context, path: str, body: Any, **params: Any) -> dict[str, Any]:
        return self._data(ctx.wire.post(ctx.wire.url("api", f"/v2/{path}"), json=body, params=params or None))

    def _creator_info(self, ctx: Context) -> dict[str, Any]:
        return self._call(ctx, "post/publish/creator_info/query/", {})

    def _creator(self, ctx: Context) -> Outcome:
        """Read what the account may do now and hold what was approved against it."""
        for medium in ctx.parts()[0]["media"]:
            ctx.open_media(medium)
        photo = photos.is_photo(ctx.payload)
        creator = self._creator_info(ctx)
        allowed, said = offered(creator), post_info(ctx.payload)
        if said["privacy_level"] not in allowed.get("privacy", [said["privacy_level"]]):
            raise Refused(
                _no("privacy", "TikTok does not offer this account what was chosen for “Who can see it”.")
            )
        for name, words in SWITCHES[:1] if photo else SWITCHES:
            if name in allowed and not said[f"disable_{name}"]:
                raise Refused(
                    _no(
                        name,
                        f"The account has switched {words} off in the TikTok app, but the post allows them.",
                    )
                )
        longest = creator.get("max_video_post_duration_sec")
        if not photo and longest and (self._video(ctx).get("duration_s") or 0) > longest:
            raise Refused(_no("duration", f"TikTok allows this account videos of {longest} seconds at most."))
        return Outcome(K.OK, remote_ref={"name": str(creator.get("creator_username") or "")})

    def _container(self, ctx: Context) -> Outcome:
        path = ctx.open_media(self._video(ctx))
        how = upload.cut(path.stat().st_size)
        body = {"post_info": post_info(ctx.payload), "source_info": {"source": "FILE_UPLOAD", **how.about()}}
        found = self._call(ctx, "post/publish/video/init/", body)
        if not found.get("publish_id") or not found.get("upload_url"):
            raise AnswerLost("its answer could not be read", "unreadable")
        ref = {"id": str(found["publish_id"]), "url": found["upload_url"], "piece": how.piece}
        return Outcome(K.OK, remote_ref={**ref, "expires_at": (ctx.now + LINK_LIFE).isoformat()})

    def _commit(self, ctx: Context) -> Outcome:
        """Send the pieces. It asks first what has arrived, so that a repeat after a crash sends only the rest."""
        ref = ctx.refs["container"]
        medium = self._video(ctx)
        path = ctx.open_media(medium)
        how = upload.Cut(path.stat().st_size, ref["piece"])
        state = self._before_sending(ctx)
        if not arrived(state, how.size):
            have = int(state.get("uploaded_bytes") or 0)
            answer = upload.send(ctx, ref["url"], path, medium["mime"], how, have=have)
            if answer.status in GONE and code_of(answer) in ("", "ok"):
                words = "The address of the upload has run out; it begins anew."
                return Outcome(
                    K.BUSY, retry_after_s=1.0, code="link-gone", message=words, redo=("container",)
                )
            if answer.status == 416:
                raise Refused(
                    Outcome(
                        K.BUSY, retry_after_s=5.0, code="416", message="TikTok is still taking the video."
                    )
                )
            if answer.status != 201 or (answer.body.strip() and answer.json is None):
                raise Refused(self.classify(answer))
        return Outcome(K.OK, remote_ref={"id": ref["id"]}, remote_id=ref["id"])

    def _photos(self, ctx: Context) -> Outcome:
        """One call, after which TikTok fetches the pictures and goes on by itself."""
        part = ctx.parts()[0]
        urls = [ctx.public_url(medium) for medium in part["media"]]
        body = photos.body(post_info(ctx.payload), part["text"], ctx.payload.get("options") or {}, urls)
        found = self._call(ctx, "post/publish/content/init/", body)
        if not found.get("publish_id"):
            raise AnswerLost("its answer could not be read", "unreadable")
        publish_id = str(found["publish_id"])
        return Outcome(K.OK, remote_ref={"id": publish_id}, remote_id=publish_id)

    def _before_sending(self, ctx: Context) -> dict[str, Any]:
        """The state of the upload; that it cannot be read now means only that nothing was sent."""
        try:
            return self._state(ctx, ctx.refs["container"]["id"])
        except AnswerLost as lost:
            raise Refused(_later("TikTok could not be asked how far the upload is.")) from lost
        except Refused as refused:
            if refused.outcome.kind is K.UNKNOWN:
                raise Refused(_later(refused.outcome.message)) from refused
            raise

    def _wait(self, step: StepSpec, ctx: Context) -> Outcome:
        publish_id = ctx.refs["commit"]["id"]
        if not publish_id.startswith(UPLOADS):  # found among what everybody sees
            return Outcome(K.OK, remote_ref={"id": publish_id})
        state = self._state(ctx, publish_id)
        if state.get("status") == "PUBLISH_COMPLETE":
            return Outcome(K.OK, remote_ref={"id": publish_id})
        if state.get("status") == "FAILED":
            return self._failed(step, str(state.get("fail_reason") or ""), ctx)
        words = "TikTok is still processing the post."
        return Outcome(K.BUSY, retry_after_s=5.0, code="processing", message=words)

    def _failed(self, step: StepSpec, reason: str, ctx: Context) -> Outcome:
        """TikTok says that there is no post; it is made again where the reason may pass."""
        outcome = failed(reason)
        if reason not in MAY_PASS:
            return outcome
        made = ("commit",) if photos.is_photo(ctx.payload) else ("container", "commit")
        return self.once_more(step, ctx, outcome, redo=made, undone=("commit",))

    def _verify(self, ctx: Context) -> Outcome:
        """Learn the address. A video that is not for everybody has none, and moderation may take a while."""
        publish_id = ctx.refs["commit"]["id"]
        video = self._public_id(ctx, publish_id)
        if video:
            url = self._address(ctx, video)
            return Outcome(
                K.OK, remote_ref={"id": publish_id, "video": video}, remote_id=publish_id, remote_url=url
            )
        if post_info(ctx.payload)["privacy_level"] == "PUBLIC_TO_EVERYONE":
            words = "TikTok has not shown the video to everybody yet; it is still being looked at there."
            return Outcome(K.BUSY, retry_after_s=30.0, code="moderation", message=words)
        return Outcome(K.OK, remote_ref={"id": publish_id}, remote_id=publish_id)

    def _state(self, ctx: Context, publish_id: str) -> dict[str, Any]:
        return self._call(ctx, "post/publish/status/fetch/", {"publish_id": publish_id})

    def _public_id(self, ctx: Context, publish_id: str) -> str:
        """The video's own id, once everybody sees it; "" before that. The spelling of the key is TikTok's."""
        if not publish_id.startswith(UPLOADS):
            return publish_id
        found = self._state(ctx, publish_id).get("publicaly_available_post_id") or [""]
        return str(found[0])

    def _address(self, ctx: Context, video: str) -> str:
        name = str(ctx.channel.handle).removeprefix("@")
        kind = "photo" if photos.is_photo(ctx.payload) else "video"
        return f"{ctx.wire.network['authorize']}/@{name}/{kind}/{video}"

    # Look ---------------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        if step.kind is not StepKind.COMMIT:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        if photos.is_photo(ctx.payload):
            return self._look_for_photos(ctx)
        publish_id = ctx.refs["container"]["id"]
        state = self._state(ctx, publish_id)
        if not arrived(state, int(self._video(ctx).get("bytes") or 0)):
            return Lookup(
                LookupKind.ABSENT, complete=True, seen=(state,)
            )  # without its last byte nothing goes out
        return Lookup(
            LookupKind.FOUND,
            remote_id=publish_id,
            complete=True,
            remote_ref={"id": publish_id},
            seen=(state,),
        )

    def _look_for_photos(self, ctx: Context) -> Lookup:
        if words := self.lacking(ctx.channel, "video.list"):
            return Lookup(LookupKind.CANNOT, complete=True, reason=f"{photos.NOT_LISTED} {words}")
        listed = self._call(ctx, "video/list/", {"max_count": BATCH}, fields=LIST_FIELDS)
        text, intent_at = ctx.parts()[0]["text"], ctx.intent_at or ctx.now
        return photos.found(listed.get("videos") or (), text, intent_at, ctx.now)

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        url = ctx.wire.url("api", "/v2/user/info/")
        found = self._data(ctx.wire.get(url, params={"fields": fields_for(ctx.channel.scopes)}))
        try:
            allowed = offered(self._creator_info(ctx))
        except Refused as refused:
            if refused.outcome.kind is K.AUTH:
                raise
            allowed = {}  # the check says why
        return facts_of(found["user"], ctx.wire.network["authorize"]) | {"facts": {"options": allowed}}

    def told(self, channel: Any) -> list[str]:
        allowed = channel.facts.get("options") or {}
        off = [words for name, words in SWITCHES if allowed.get(name) == [False]]
        found = [f"The account has {', '.join(off)} switched off in the TikTok app."] if off else []
        if "PUBLIC_TO_EVERYONE" not in allowed.get("privacy", ["PUBLIC_TO_EVERYONE"]):
            found.append("TikTok lets our app publish to this account for fewer than everybody only.")
        return [*super().told(channel), *found]

    def check(self, ctx: Context) -> list[str]:
        missing = self.missing_scopes(ctx.channel)
        self._data(
            ctx.wire.get(
                ctx.wire.url("api", "/v2/user/info/"), params={"fields": fields_for(ctx.channel.scopes)}
            )
        )
        if not any("video.publish" in trouble for trouble in missing):
            self._creator_info(ctx)  # says when the account may not post just now
        return list(missing)

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        videos = {each.publication_id: self._video_of(ctx, each) for each in publications}
        shown: dict[str, dict[str, Any]] = {}
        ids = list(filter(None, videos.values()))
        for batch in (ids[i : i + BATCH] for i in range(0, len(ids), BATCH)):
            body = {"filters": {"video_ids": batch}}
            found = self._call(ctx, "video/query/", body, fields=VIDEO_FIELDS)
            shown |= {str(video["id"]): video for video in found.get("videos") or ()}
        return [self._reading(ctx, each, videos[each.publication_id], shown) for each in publications]

    def _video_of(self, ctx: Context, publication: PublishedRef) -> str:
        try:
            return self._public_id(ctx, publication.remote_id)
        except Refused as refused:
            if refused.outcome.kind is not K.CONTENT:
                raise
            return ""  # TikTok has forgotten the upload

    def _reading(
        self, ctx: Context, publication: PublishedRef, video: str, shown: Mapping[str, Any]
    ) -> Reading:
        nothing = dict.fromkeys(METRICS)
        if not video:
            problem = (
                "TikTok tells numbers only of videos that everybody sees; this one it does not show (yet)."
            )
            return Reading(publication.publication_id, nothing, {}, ctx.now, problem)
        if video not in shown:  # it had a public id, and the whole answer is without it
            problem = "TikTok no longer shows this to everybody: it was deleted there, or made private."
            gone = ctx.now - publication.published_at > SETTLES
            return Reading(publication.publication_id, nothing, {}, ctx.now, problem, gone)
        numbers, out_at = normalised(shown[video]), last_out([shown[video]], "create_time", made_at)
        return Reading(publication.publication_id, numbers, shown[video], ctx.now, out_at=out_at)

    def permalink(self, remote_id: str, ctx: Context) -> str:
        video = self._public_id(ctx, remote_id)
        if not video:
            return ""
        found = self._call(ctx, "video/query/", {"filters": {"video_ids": [video]}}, fields="id,share_url")
        return next((str(each.get("share_url") or "") for each in found.get("videos") or ()), "")

    # Calls to us --------------------------------------------------------------------------------------------

    def hints(self, body: bytes, headers: Mapping[str, str], secret: str) -> list[Hint]:
        """developers.tiktok.com/doc/webhooks-verification: the time and the body, signed with the app's secret."""
        require_signature(body, headers.get(self.webhook.header, ""), secret)
        try:
            said = json.loads(body)
            about = json.loads(said.get("content") or "{}")
            publish_id = str(about.get("publish_id") or "")
            at = datetime.fromtimestamp(int(said["create_time"]), UTC)
            key = f"{said['event']}:{publish_id}:{said['create_time']}"
            return [Hint(str(said["user_openid"]), Read.NUMBERS, key, post_id=publish_id, at=at)]
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return []

    # Answers ------------------------------------------------------------------------------------------------

    def classify(self, answer: Answer) -> Outcome:
        return meaning(answer)

    def _data(self, answer: Answer) -> dict[str, Any]:
        code = code_of(answer)
        if not answer.ok or code not in ("", "ok"):
            raise Refused(self.classify(answer))
        data = answer.data.get("data")
        if code != "ok" or not isinstance(data, dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return data


# Pure parts -------------------------------------------------------------------------------------------------


def _no(code: str, words: str) -> Outcome:
    return Outcome(K.CONTENT, code=code, message=words)


def _later(words: str) -> Outcome:
    return Outcome(K.BUSY, retry_after_s=5.0, code="not-asked", message=words)


def post_info(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What is told about the video: the caption, and the answers that a person approved. Nothing is assumed for the
    privacy, and comments, duets and stitches are off unless they were allowed.
    """
    said = payload.get("options") or {}
    if not said.get("privacy"):
        raise UnsupportedFeature("TikTok", "a video for which nobody has chosen who can see it")
    cover_s = next((medium.get("cover_s") for medium in payload["parts"][0].get("media") or ()), None)
    return {
        **({} if cover_s is None else {"video_cover_timestamp_ms": round(cover_s * 1000)}),
        "title": payload["parts"][0]["text"],
        "privacy_level": said["privacy"],
        "disable_comment": not said.get("comment", False),
        "disable_duet": not said.get("duet", False),
        "disable_stitch": not said.get("stitch", False),
        "brand_content_toggle": bool(said.get("branded", False)),
        "brand_organic_toggle": bool(said.get("own_brand", False)),
        "is_aigc": bool(said.get("ai_generated", False)),
    }


def arrived(state: Mapping[str, Any], size: int) -> bool:
    """Whether the last byte is there. From then on TikTok goes on by itself, whatever comes of it."""
    if state.get("status") != "PROCESSING_UPLOAD":
        return bool(state.get("status"))
    return 0 < size <= int(state.get("uploaded_bytes") or 0)


def require_signature(body: bytes, told: str, secret: str) -> None:
    parts = dict(each.split("=", 1) for each in told.split(",") if "=" in each)
    ours = hmac.new(secret.encode(), f"{parts.get('t', '')}.".encode() + body, hashlib.sha256).hexdigest()
    if (
        not secret
        or not parts.get("t")
        or not hmac.compare_digest(parts.get("s", "").encode(), ours.encode())
    ):
        raise NotGenuine("the signature in tiktok-signature does not fit")


def normalised(video: Mapping[str, Any]) -> dict[str, int | float | None]:
    return dict.fromkeys(METRICS) | {
        "views": video.get("view_count"),
        "likes": video.get("like_count"),
        "comments": video.get("comment_count"),
        "shares": video.get("share_count"),
    }

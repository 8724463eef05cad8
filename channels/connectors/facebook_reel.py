"""Facebook: reels, which is how every video of a page goes out. Three calls: a video is begun, sent, and published.

Its id is known before anything is public, so whatever gets lost is asked of that very video.
Reels Publishing and Video guides, read in November 2026.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from channels.connectors.abilities import Action
from channels.connectors.base import (
    Context,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    Refused,
    Safety,
    StepKind,
    StepSpec,
    cover_of,
)
from channels.connectors.facebook_mentions import Tagged
from channels.connectors.meta import meaning, numbers
from channels.connectors.pieces import deadline_s, pieces, spans
from channels.connectors.talk import Act
from channels.connectors.tracks import subrip
from channels.wire import AnswerLost

K = OutcomeKind
PIECE_BYTES = 1024 * 1024
VERIFY = StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False)
# Facebook's locales where a language alone does not make one: facebook.com/translations/FacebookLocales.xml
LOCALES = {
    "en": "en_US",
    "ar": "ar_AR",
    "cs": "cs_CZ",
    "da": "da_DK",
    "el": "el_GR",
    "et": "et_EE",
    "fa": "fa_IR",
    "he": "he_IL",
    "hi": "hi_IN",
    "ja": "ja_JP",
    "ko": "ko_KR",
    "nb": "nb_NO",
    "sl": "sl_SI",
    "sq": "sq_AL",
    "sv": "sv_SE",
    "uk": "uk_UA",
    "vi": "vi_VN",
    "zh": "zh_CN",
    "ca": "ca_ES",
    "cy": "cy_GB",
    "ga": "ga_IE",
    "eu": "eu_ES",
}


class Reels(Tagged):
    """A part of the connector."""

    def perform_reel(self, step: StepSpec, ctx: Context) -> Outcome:
        return {
            "container": self._start_reel,
            "upload": self._send_reel,
            "wait": self._wait_reel,
            "commit": self._finish_reel,
            "thumbnail": self._thumbnail,
            "captions": self._captions,
            "verify": self._verify_reel,
        }[step.key](step, ctx)

    def reel_steps(self, payload: Mapping[str, Any]) -> Iterator[StepSpec]:
        """Cover and captions follow the reel: Facebook documents both for videos that are there."""
        video = payload["parts"][0]["media"][0]
        yield StepSpec("container", StepKind.CONTAINER, Safety.PURE, stage=True)
        yield StepSpec("upload", StepKind.UPLOAD, Safety.PURE, stage=True)
        yield StepSpec("wait", StepKind.WAIT, Safety.PURE, stage=True)
        yield StepSpec("commit", StepKind.COMMIT, Safety.EXACT)
        if video.get("cover"):
            yield StepSpec("thumbnail", StepKind.UPLOAD, Safety.PURE, required=False)
        if video.get("captions"):
            yield StepSpec("captions", StepKind.UPLOAD, Safety.PURE, required=False)
        yield from self.comment_steps(payload)
        yield VERIFY

    def _start_reel(self, step: StepSpec, ctx: Context) -> Outcome:
        found = self.data(ctx.wire.post(self.page(ctx, "video_reels"), form={"upload_phase": "start"}))
        if not found.get("video_id") or not found.get("upload_url"):
            raise AnswerLost("its answer could not be read", "unreadable")
        ref = {"id": str(found["video_id"]), "upload_url": found["upload_url"]}
        return Outcome(K.OK, remote_ref={**ref, "expires_at": (ctx.now + timedelta(hours=24)).isoformat()})

    def _send_reel(self, step: StepSpec, ctx: Context) -> Outcome:
        """Send what Facebook does not have yet: it tells how many bytes have come, whoever sent them."""
        video, path = ctx.refs["container"]["id"], ctx.open_media(ctx.parts()[0]["media"][0])
        size = path.stat().st_size
        uploading = self._reel_status(ctx).get("uploading_phase") or {}
        told = uploading.get("bytes_transfered")  # Facebook spells it so
        have = told if isinstance(told, int) and 0 <= told < size else 0
        if uploading.get("status") != "complete":
            answer = ctx.wire.post(
                ctx.refs["container"]["upload_url"],
                content=pieces(path, spans(have, size, PIECE_BYTES), ctx.renew),
                headers={"offset": str(have), "file_size": str(size), "Content-Length": str(size - have)},
                scheme="OAuth",
                total_s=deadline_s(size - have),
            )
            self._success(answer)
        return Outcome(K.OK, remote_ref={"id": video})

    def _wait_reel(self, step: StepSpec, ctx: Context) -> Outcome:
        status = self._reel_told(ctx)
        if failed := self._reel_failure(status):
            if failed.kind is not K.UNKNOWN:
                return failed
            return self.once_more(step, ctx, failed, redo=("container", "upload"))
        if (status.get("uploading_phase") or {}).get("status") == "complete":
            return Outcome(K.OK, remote_ref={"id": ctx.refs["container"]["id"]})
        return Outcome(
            K.BUSY, retry_after_s=5.0, code="uploading", message="Facebook is still taking the video."
        )

    def _finish_reel(self, step: StepSpec, ctx: Context) -> Outcome:
        video = ctx.refs["container"]["id"]
        form = {
            "upload_phase": "finish",
            "video_id": video,
            "video_state": "PUBLISHED",
            "description": ctx.parts()[0]["text"],
        }
        answer = ctx.wire.post(self.page(ctx, "video_reels"), form=form)
        self._success(answer)
        return Outcome(
            K.OK,
            remote_ref={"id": video},
            remote_id=video,
            remote_url=f"{ctx.wire.network['dialog']}/reel/{video}",
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _must_be_out(self, ctx: Context) -> None:
        """Raise while Facebook is still at the reel: what belongs to it is taken afterwards."""
        if not self._reel_is_out(ctx):
            words = "Facebook is still at the reel; this follows when it is through."
            raise Refused(Outcome(K.BUSY, retry_after_s=60.0, code="processing", message=words))

    def _thumbnail(self, step: StepSpec, ctx: Context) -> Outcome:
        self._must_be_out(ctx)
        path = ctx.open_media(cover_of(ctx.parts()[0]["media"][0]))
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        with path.open("rb") as file:
            files = {"source": (path.name, file, mime)}
            answer = ctx.wire.post(self._of_reel(ctx, "thumbnails"), form={"is_preferred": True}, files=files)
        self._success(answer)
        return Outcome(K.OK, remote_ref={"id": ctx.refs["commit"]["id"]})

    def _captions(self, step: StepSpec, ctx: Context) -> Outcome:
        """Facebook reads the language from the file's name."""
        self._must_be_out(ctx)
        lines = subrip(ctx, ctx.parts()[0]["media"][0]["captions"])
        locale = locale_of(str(ctx.payload.get("language") or "en"))
        files = {"captions_file": (f"captions.{locale}.srt", lines, "application/x-subrip")}
        answer = ctx.wire.post(self._of_reel(ctx, "captions"), form={"default_locale": locale}, files=files)
        self._success(answer)
        return Outcome(K.OK, remote_ref={"id": ctx.refs["commit"]["id"]})

    def _of_reel(self, ctx: Context, edge: str) -> str:
        return self.graph(ctx, f"{ctx.refs['container']['id']}/{edge}")

    def _verify_reel(self, step: StepSpec, ctx: Context) -> Outcome:
        video = ctx.refs["container"]["id"]
        url = f"{ctx.wire.network['dialog']}/reel/{video}"
        if not self._reel_is_out(ctx):
            return Outcome(
                K.BUSY, retry_after_s=15.0, code="processing", message="Facebook is still at the reel."
            )
        found = self.data(ctx.wire.get(self.graph(ctx, video), params={"fields": "permalink_url"}))
        url = whole(ctx, found.get("permalink_url") or "") or url
        return Outcome(K.OK, remote_ref={"id": video}, remote_id=video, remote_url=url)

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.COMMENT and "container" in ctx.refs:
            self._must_be_out(ctx)
        return super().act(act, ctx)

    def _reel_is_out(self, ctx: Context) -> bool:
        """After it was handed over. What fails then comes to nothing, whatever the reason: it is not sent once more."""
        status = self._reel_told(ctx)
        if failed := self._reel_failure(status):
            raise Refused(replace(failed, kind=K.CONTENT, undone=("commit",)))
        return (status.get("publishing_phase") or {}).get("status") == "complete"

    def _reel_status(self, ctx: Context) -> dict[str, Any]:
        """The video's status; raises when its processing has failed."""
        status = self._reel_told(ctx)
        if failed := self._reel_failure(status):
            raise Refused(failed)
        return status

    def _reel_told(self, ctx: Context) -> dict[str, Any]:
        """The video's status, whatever it is; raises where Facebook does not tell it."""
        found = self.data(
            ctx.wire.get(self.graph(ctx, ctx.refs["container"]["id"]), params={"fields": "status"})
        )
        if not isinstance(found.get("status"), dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return dict(found["status"])

    def _reel_failure(self, status: Mapping[str, Any]) -> Outcome | None:
        if status.get("video_status") not in {"error", "expired"}:
            return None
        errors = (status.get("processing_phase") or {}).get("errors") or [{}]
        code = numbers(errors[0])[0]
        kind, words = meaning(code, 0) or (
            K.CONTENT,
            errors[0].get("message") or "It could not be processed.",
        )
        return Outcome(kind, code=str(code), message=words.replace("{label}", self.label))

    def _success(self, answer: Any) -> None:
        if self.data(answer).get("success") is not True:
            raise AnswerLost("its answer could not be read", "unreadable")

    def ask_reel(self, ctx: Context) -> Lookup:
        """A reel that was never finished stays at "upload_complete"; anything later means that finish
        arrived.
        """
        video = ctx.refs["container"]["id"]
        status = self._reel_told(ctx)
        publishing = (status.get("publishing_phase") or {}).get("status", "not_started")
        if publishing == "not_started":
            if failed := self._reel_failure(status):
                words = failed.message
                return Lookup(LookupKind.ABSENT, complete=True, outcome=failed, seen=(status,), reason=words)
            if (status.get("processing_phase") or {}).get("status") == "in_progress":
                return Lookup(
                    LookupKind.CANNOT, seen=(status,), reason="Facebook is still processing the reel."
                )
            return Lookup(LookupKind.ABSENT, complete=True, seen=(status,))
        return Lookup(
            LookupKind.FOUND,
            remote_id=video,
            remote_url=f"{ctx.wire.network['dialog']}/reel/{video}",
            complete=True,
            remote_ref={"id": video},
            seen=(status,),
        )

    def page(self, ctx: Context, edge: str) -> str:
        return self.graph(ctx, f"{ctx.channel.remote_id}/{edge}")


def locale_of(language: str) -> str:
    """Facebook's name of a language: "de" is "de_DE", "en-GB" is "en_GB"."""
    tag, _, place = language.replace("_", "-").partition("-")
    if len(place) == 2:
        return f"{tag.lower()}_{place.upper()}"
    return LOCALES.get(tag.lower(), f"{tag.lower()}_{tag.upper()}")


def whole(ctx: Context, address: str) -> str:
    """Of videos, Facebook tells the path alone."""
    return f"{ctx.wire.network['dialog']}{address}" if address.startswith("/") else address

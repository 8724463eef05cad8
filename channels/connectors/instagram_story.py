"""Instagram stories: one to several frames of 9:16, each a post of its own without words, gone after a day.

A frame is prepared in a container like any other post; several are prepared beforehand and published one after the
other, so that they stand in their order. There is no text to compare, so a frame whose answer got lost is told by its
container, and its id by being the only one of its kind since the intent that is not known as another frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from channels.connectors.base import (
    METRICS,
    Context,
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
from channels.connectors.chains import told_parts
from channels.connectors.containers import ContainerConnector
from channels.connectors.meta import instant, numbers, total
from channels.wire import WireError

NOT_READY = 2207027
_TELLS_NOTHING = {OutcomeKind.BUSY, OutcomeKind.PERMISSION, OutcomeKind.CONTENT, OutcomeKind.DUPLICATE}
MAX_FRAMES = 10  # our choice; people leave a story long before
STORY_METRICS = ["views", "reach", "replies", "shares", "follows", "profile_visits", "link_clicks"]
STORY_FIELDS = "id,timestamp,permalink,media_type"


def is_story(payload: Mapping[str, Any]) -> bool:
    return str(payload.get("format", "")).endswith(".story")


class StoryFrames(ContainerConnector):
    """The part of the Instagram connector that brings out stories."""

    def story_steps(self, parts: Sequence[Mapping[str, Any]]) -> Iterator[StepSpec]:
        if not 1 <= len(parts) <= MAX_FRAMES:
            raise UnsupportedFeature(
                self.label, f"a story of {len(parts)} frames; it takes one to {MAX_FRAMES}"
            )
        for part in parts:
            if len(part.get("media") or ()) != 1:
                raise UnsupportedFeature(
                    self.label, "a frame of a story without exactly one picture or video"
                )
            if part.get("text") or part.get("link"):
                raise UnsupportedFeature(self.label, "text or a link beside a frame of a story")
        pure = {"safety": Safety.PURE, "stage": True}
        for n in range(1, len(parts) + 1):
            yield StepSpec(f"container {n}.1", StepKind.CONTAINER, data={"part": n - 1}, **pure)
        for n in range(1, len(parts) + 1):
            yield StepSpec(f"wait {n}.1", StepKind.WAIT, data={"of": f"container {n}.1"}, **pure)
        yield StepSpec("commit", StepKind.COMMIT, Safety.EXACT, data={"part": 0})
        for n in range(2, len(parts) + 1):
            yield StepSpec(f"reply {n}", StepKind.REPLY, Safety.EXACT, data={"part": n - 1})

    def perform_frame(self, step: StepSpec, ctx: Context) -> Outcome:
        if step.kind is StepKind.WAIT:
            return self.wait(step.data["of"], ctx)
        if step.kind is StepKind.CONTAINER:
            form = frame_form(ctx.parts()[step.data["part"]]["media"][0], ctx.public_url)
            return self.made(ctx, self.id_of(ctx.wire.post(self.edge(ctx, "media"), form=form)))
        return self.publish_container(ctx, self._frame(step, ctx), _keys(step))

    def publish_container(self, ctx: Context, container: str, redo: tuple[str, ...]) -> Outcome:
        """Publish a container. ``redo``: the steps that make it, should Instagram no longer have it."""
        answer = ctx.wire.post(self.edge(ctx, "media_publish"), form={"creation_id": container})
        if not answer.ok or "error" in answer.data:
            _, subcode = numbers(answer.data.get("error") or {})
            raise Refused(self._given_up(ctx, container, self.classify(answer), redo, subcode))
        media = self.id_of(answer)
        return Outcome(
            OutcomeKind.OK,
            remote_ref={"id": media},
            remote_id=media,
            remote_url="",  # the permalink is read later; a fresh id may be unknown for seconds
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def _given_up(
        self, ctx: Context, container: str, outcome: Outcome, redo: tuple[str, ...], subcode: int
    ) -> Outcome:
        """What an error answer to publishing means. Instagram may have published although it says so: only its container
        knows. Another one is made only when this one has run out unused.
        """
        if outcome.kind not in _TELLS_NOTHING or subcode == NOT_READY:
            return outcome
        try:
            code, _ = self.state(ctx, container)
        except (Refused, WireError):
            code = ""
        if code == "EXPIRED" and outcome.kind is OutcomeKind.BUSY:
            return replace(outcome, redo=redo, retry_after_s=30.0)
        if code == "FINISHED" and outcome.kind is not OutcomeKind.BUSY:
            return outcome
        return replace(outcome, kind=OutcomeKind.UNKNOWN, retry_after_s=None)

    def search_frame(self, step: StepSpec, ctx: Context) -> Lookup:
        if step.kind not in {StepKind.COMMIT, StepKind.REPLY}:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        container = self._frame(step, ctx)
        code, _ = self.state(ctx, container)
        seen = ({"container": container, "status_code": code},)
        if code == "FINISHED":
            return Lookup(LookupKind.ABSENT, complete=True, seen=seen)
        if code not in {"PUBLISHED", "EXPIRED", "ERROR"}:
            return Lookup(LookupKind.CANNOT, seen=seen, reason="Instagram is still at it.")
        found = self._newest_frame(step, ctx, seen)
        if code == "PUBLISHED" or found.remote_id:
            return found
        return Lookup(LookupKind.ABSENT, complete=True, seen=seen)

    def _newest_frame(self, step: StepSpec, ctx: Context, seen: tuple[Mapping[str, Any], ...]) -> Lookup:
        since = (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        listed = self.data(ctx.wire.get(self.edge(ctx, "stories"), params={"fields": STORY_FIELDS}))
        known = {str(ref.get("id")) for ref in ctx.refs.values()}
        kind = "VIDEO" if ctx.parts()[step.data["part"]]["media"][0]["kind"] == "video" else "IMAGE"
        young = [
            row
            for row in listed.get("data") or ()
            if str(row["id"]) not in known
            and row.get("media_type") == kind
            and instant(row["timestamp"]) >= since
        ]
        if len(young) != 1:
            reason = "It is out, but its link could not be told."
            return Lookup(LookupKind.FOUND, complete=True, remote_ref={"id": ""}, seen=seen, reason=reason)
        media = str(young[0]["id"])
        return Lookup(
            LookupKind.FOUND,
            remote_id=media,
            remote_url=young[0].get("permalink", ""),
            complete=True,
            remote_ref={"id": media},
            seen=seen,
            at=instant(young[0]["timestamp"]),
        )

    def _frame(self, step: StepSpec, ctx: Context) -> str:
        return ctx.refs[_keys(step)[0]]["id"]

    def story_reading(self, ctx: Context, publication: PublishedRef) -> Reading:
        """All frames together. People who saw several frames are one person, so reach is told for one frame only."""
        frames = [part for part in publication.parts or (publication.remote_id,) if part]
        found: dict[str, Mapping[str, Any]] = {}
        raw: list[Any] = []
        for frame in frames:
            try:
                values, answers = self.insights(ctx, f"{frame}/insights", STORY_METRICS)
            except Refused as refused:
                if refused.outcome.kind in {OutcomeKind.AUTH, OutcomeKind.RATE, OutcomeKind.UNKNOWN}:
                    raise
                values, answers = {}, [{"error": refused.outcome.body}]
            found |= {frame: values} if values else {}
            raw += answers
        told = told_parts(publication, found)
        metrics = dict.fromkeys(METRICS) | frame_metrics(told.parts)
        problem = (
            ""
            if told.parts
            else "Instagram has no numbers for this story (any more); it keeps them for a day."
        )
        return Reading(
            publication.publication_id, metrics, {"insights": raw}, ctx.now, problem, missing=told.missing
        )


def _keys(step: StepSpec) -> tuple[str, str]:
    n = step.data["part"] + 1
    return f"container {n}.1", f"wait {n}.1"


def frame_form(medium: Mapping[str, Any], public_url: Any) -> dict[str, Any]:
    address = "video_url" if medium["kind"] == "video" else "image_url"
    return {"media_type": "STORIES", address: public_url(medium)}


def frame_metrics(frames: Sequence[Mapping[str, Any]]) -> dict[str, int | float | None]:
    def together(name: str) -> int | float | None:
        known = [value for frame in frames if (value := total(frame.get(name))) is not None]
        return sum(known) if known else None

    return {
        "views": together("views"),
        "reach": together("reach") if len(frames) == 1 else None,
        "comments": together("replies"),
        "shares": together("shares"),
        "follows": together("follows"),
        "profile_visits": together("profile_visits"),
        "clicks": together("link_clicks"),
    }

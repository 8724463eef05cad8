"""Pictures, video and documents: an address is asked for, the bytes go there, and their state is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.connectors.base import Context, Outcome, OutcomeKind, StepSpec
from channels.connectors.linkedin import urns
from channels.connectors.linkedin.flow import HEADERS
from channels.connectors.pieces import Sent, deadline_s, pieces
from channels.wire import AnswerLost

K = OutcomeKind
READY = "AVAILABLE"
KINDS = {"image": "images", "video": "videos", "document": "documents"}
FIRST_LOOK_S = 3.0


def category(medium: Mapping[str, Any]) -> str:
    if medium["kind"] == "video":
        return "video"
    return "image" if str(medium.get("mime", "")).startswith("image/") else "document"


class Uploads:
    """A part of the connector: the steps "upload 1.n" and "wait 1.n"."""

    def upload(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = ctx.parts()[0]["media"][step.data["media"]]
        path, kind = ctx.open_media(medium), category(medium)
        asked: dict[str, Any] = {"owner": urns.organization(ctx.channel.remote_id)}
        if kind == "video":
            asked |= {"fileSizeBytes": path.stat().st_size, "uploadCaptions": False, "uploadThumbnail": False}
        begun = self._action(ctx, kind, "initializeUpload", asked)
        urn = str(begun.get(kind) or "")
        asked_for = begun.get("uploadInstructions") or [begun]
        if not urn or not all(each.get("uploadUrl") for each in asked_for):
            raise AnswerLost("its answer did not name the upload", "unreadable")
        if kind == "video":
            self._video(ctx, path, urn, begun)
        else:
            headers = {"Content-Type": medium.get("mime") or "application/octet-stream"}
            with Sent(path, ctx.renew) as file:  # documents have up to 100 MB
                late = deadline_s(path.stat().st_size)
                self.must(ctx.wire.put(begun["uploadUrl"], content=file, headers=headers, total_s=late))
        return Outcome(K.OK, remote_ref={"id": urn})

    def _video(self, ctx: Context, path: Any, urn: str, begun: Mapping[str, Any]) -> None:
        """Each piece goes to its own address, without our key; what they answer is named at the end."""
        parts: list[str] = []
        head = {"Content-Type": "application/octet-stream"}
        asked = begun["uploadInstructions"]
        wanted = [(each["firstByte"], each["lastByte"] + 1) for each in asked]
        for each, body in zip(asked, pieces(path, wanted, ctx.renew), strict=True):
            answer = self.must(
                ctx.wire.put(
                    each["uploadUrl"], content=body, headers=head, scheme="", total_s=deadline_s(len(body))
                )
            )
            parts.append(answer.headers.get("etag", "").strip('"'))
        done = {"video": urn, "uploadToken": begun.get("uploadToken") or "", "uploadedPartIds": parts}
        self._action(ctx, "video", "finalizeUpload", done)

    def _action(self, ctx: Context, kind: str, action: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        url = self.rest(ctx, f"{KINDS[kind]}?action={action}")
        answer = self.must(ctx.wire.post(url, json={f"{action}Request": asked}, headers=HEADERS))
        value = answer.data.get("value")
        return value if isinstance(value, dict) else {}

    def wait(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = ctx.parts()[0]["media"][step.data["media"]]
        of = step.key.replace("wait", "upload")
        urn = ctx.refs[of]["id"]
        path = f"{KINDS[category(medium)]}/{urns.encoded(urn)}"
        found = self.data(ctx.wire.get(self.rest(ctx, path), headers=HEADERS))
        status = str(found.get("status") or "")
        if status == READY:
            return Outcome(K.OK, remote_ref={"id": urn})
        if status == "PROCESSING_FAILED":
            why = str(found.get("processingFailureReason") or "").strip()
            return Outcome(
                K.CONTENT, code=status, message=f"LinkedIn could not process the file. {why}".strip()
            )
        if status == "WAITING_UPLOAD" and _is_over(found, ctx.now):
            words = "The upload has run out; it is begun anew."
            return Outcome(K.BUSY, retry_after_s=1.0, code=status, message=words, redo=(of, step.key))
        return Outcome(
            K.BUSY, retry_after_s=FIRST_LOOK_S, code=status, message="LinkedIn is still processing the file."
        )

    # Of the connector
    must: Any
    data: Any
    rest: Any


def _is_over(found: Mapping[str, Any], now: datetime) -> bool:
    ends = found.get("uploadUrlExpiresAt") or found.get("downloadUrlExpiresAt")
    return isinstance(ends, int) and datetime.fromtimestamp(ends / 1000, UTC) < now

"""Posts of others that name the page: out of what LinkedIn notifies its administrators of, kept for sixty days.

community-management/organizations/organization-social-action-notifications, read in November 2026. A page is named in posts
only; of comments that name it nothing is told. Who answers does so at LinkedIn: the comments under a stranger's post cannot
be read back, so an answer that got lost could not be found again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Read
from channels.connectors.base import Context, Outcome, OutcomeKind
from channels.connectors.linkedin import urns
from channels.connectors.linkedin.flow import HEADERS
from channels.connectors.linkedin.talk import LinkedInTalk
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted, readable
from channels.wire import AnswerLost

KEPT = timedelta(days=59)  # they keep them for sixty
IN_THE_APP = "LinkedIn lets us only read where others name the page. Answer under the post, at LinkedIn."


class Mentions(LinkedInTalk):
    """A part of the connector."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is not Read.MENTIONS:
            return super().messages(wanted, ctx)
        start, count = int(wanted.cursor or 0), min(wanted.limit, 100)
        since = max(ctx.now - KEPT, wanted.since) if wanted.since else ctx.now - KEPT
        page = urns.encoded(urns.organization(ctx.channel.remote_id))
        between = f"(start:{_millis(since)},end:{_millis(ctx.now)})"
        asked = f"q=criteria&organizationalEntity={page}&actions=List(SHARE_MENTION)&timeRange={between}"
        path = f"organizationalEntityNotifications?{asked}&start={start}&count={count}"
        rows = self.data(ctx.wire.get(self.rest(ctx, path), headers=HEADERS)).get("elements")
        if not isinstance(rows, list):
            raise AnswerLost("its answer could not be read", "unreadable")
        found, cut = readable(
            [row for row in rows if isinstance(row, Mapping)], lambda row: self._mention(ctx, row)
        )
        more = len(rows) == count
        return Messages(
            tuple(found), str(start + count) if more else "", complete=not more and not cut, cut=cut
        )

    def _mention(self, ctx: Context, row: Mapping[str, Any]) -> Message:
        """Of the post its words and its author come along; where they do not, it is at least told where it is."""
        post = str(row.get("generatedActivity") or row.get("sourcePost") or "")
        told = (
            (row.get("decoratedGeneratedActivity") or {}).get("share") or row.get("decoratedSourcePost") or {}
        )
        return Message(
            remote_id=post or str(row["notificationId"]),
            kind=MessageKind.MENTION,
            text=str(told.get("text") or "(a post that names us; its words are told at LinkedIn only)"),
            at=datetime.fromtimestamp(row["lastModifiedAt"] / 1000, UTC),
            author_id=str(told.get("owner") or ""),
            url=self.permalink(post, ctx) if post else "",
            raw={"notification": str(row.get("notificationId") or "")},
        )

    def may_answer(self, message: Message, now: datetime) -> str:
        said: str = super().may_answer(message, now)  # type: ignore[misc]
        return IN_THE_APP if message.kind is MessageKind.MENTION else said

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.kind is MessageKind.MENTION:
            return Outcome(OutcomeKind.CONTENT, code="mention", message=IN_THE_APP)
        return super().act(act, ctx)


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)

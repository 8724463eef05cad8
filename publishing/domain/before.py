"""What must be true before a call. Each check raises Stopped with what to do instead; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from channels import service, tokens
from channels.connectors.abilities import Media
from channels.connectors.base import Context, MediaChanged, StepKind, TroubleKind, cover_of
from channels.connectors.registry import CONNECTORS
from channels.models import ChannelState
from channels.wire import Wire
from publishing import gates, limits
from publishing.core import decide
from publishing.core.shapes import Ask, Fail, Now, Sleep
from publishing.core.states import Reason, State
from publishing.domain import budget
from publishing.domain.held import HOLD_S, Stopped
from publishing.domain.outcome import Outcomes
from publishing.models import Publication, Step
from work import clock, switches

MOST_FIRST = 10  # posts whose turn is waited for at once; some of them may yet be dropped
CATCH_UP_S = 60.0  # between two late posts of one account
PROBE_WAIT_S = 3.0  # how soon to look whether another worker's probe has succeeded
RETRY_SPREAD_S = 20.0

STATE_TROUBLE = {
    ChannelState.RECONNECT: Reason.RECONNECT,
    ChannelState.DISCONNECTED: Reason.RECONNECT,
    ChannelState.BLOCKED: Reason.BLOCKED,
}


class Before(Outcomes):
    def check_before(self, step: Step, now: Now) -> None:
        """Everything that can be known before the intent."""
        if may_be_held(step, now) and (why := self.hold_reason(now.at)):
            raise Stopped(self.hold(why, now))
        if trouble := STATE_TROUBLE.get(self.channel.state):
            raise Stopped(Ask(trouble, self.channel.state_reason))
        self.check_holds(now)
        self.take_token()
        self.check_breaker(now)
        if not self.files_checked and step.kind not in (StepKind.WAIT, StepKind.DELETE):
            self.check_files()
            self.files_checked = True
        self.check_catch_up(step, now)
        self.check_repeats(step, now)
        self.check_budget(step, now)

    def hold_reason(self, at: Any) -> str:
        switch = switches.paused(
            campaign_id=self.pub.campaign_id, platform=self.channel.platform, channel_id=self.channel.pk
        )
        if switch is not None:
            return f"Paused: {switch.reason}" if switch.reason else "Paused."
        return gates.reason_to_hold(self.pub, at) or ""

    def hold(self, why: str, now: Now) -> Any:
        """Wait for a pause or a gate to end. What becomes too late meanwhile is asked about when it does."""
        state = State(self.pub.state) if self.pub.state != State.RUNNING else State.WAITING
        return Sleep(now.at + timedelta(seconds=HOLD_S), state, why)

    def no(self, why: str) -> Ask | Fail:
        """It must not be sent. Whether that is the end depends on what may be out already."""
        if self.pub.intent_open:
            return Ask(Reason.UNKNOWN_OUTCOME, why)
        if self.pub.parts_out:
            return Ask(Reason.PARTIAL, why)
        return Ask(Reason.UNKNOWN_OUTCOME, why) if self.pub.may_be_out() else Fail(why)

    def take_token(self) -> None:
        try:
            self.token = tokens.fresh_token(
                self.channel, worker=self.pub.lease_owner, refused=self.refused_token
            )
        except tokens.ReconnectNeeded as error:
            raise Stopped(Ask(Reason.RECONNECT, str(error))) from error
        except tokens.TokenError as error:
            wait = timedelta(seconds=getattr(error, "retry_after_s", 5.0))
            raise Stopped(Sleep(clock.now() + wait, self.doubt_or_wait(), str(error))) from error

    def check_files(self) -> None:
        """Every file is there and byte for byte what was approved, before anything of it leaves."""
        if why := self.wrong_file():
            raise Stopped(self.no(why))

    def wrong_file(self) -> str:
        for part in self.version.payload["parts"]:
            for medium in part.get("media", ()):
                try:
                    for file in filter(None, (medium, medium.get("captions"), self.cover(medium))):
                        service.open_media(file)
                except MediaChanged as error:
                    return f"{error}."
        return ""

    def cover(self, medium: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A video's cover, where its file goes along and was approved with a digest."""
        taken = Media.COVER in CONNECTORS[self.channel.platform].media and "cover_s" not in medium
        return cover_of(medium) if taken and medium.get("cover_sha256") else None

    # The way to the network ---------------------------------------------------------------------------------
    def check_holds(self, now: Now) -> None:
        """The network asked for quiet, or it has failed too often."""
        if until := limits.held_until(self.limit_keys(), now.at, tripped=False):
            self.wait_for_limit(until, now, "The network asked us to wait.")
        if until := limits.held_until(self.limit_keys(), now.at, tripped=True):
            if now.state is not State.PUBLISHED:
                until = min(until, now.late_at + timedelta(milliseconds=1))  # then a person is asked
            raise Stopped(Sleep(max(until, now.at), self.doubt_or_wait(), "The network does not answer."))

    def wait_for_limit(self, until: Any, now: Now, why: str) -> None:
        if until > now.late_at and now.state is not State.PUBLISHED:
            raise Stopped(Ask(Reason.QUOTA, "The network wants us to wait longer than this post can."))
        raise Stopped(Sleep(until, self.doubt_or_wait(), why))

    def check_breaker(self, now: Now) -> None:
        """After failures a read goes first, and only one worker's: never a post, and never a crowd."""
        for key in limits.half_open(self.limit_keys(), now.at):
            if not limits.take_probe(key, now.at, for_s=self.times.call_max_s):
                wait = timedelta(seconds=PROBE_WAIT_S * (1 + self.chance()))
                raise Stopped(
                    Sleep(now.at + wait, self.doubt_or_wait(), "Trying whether the network answers.")
                )
            ctx = Context(channel=self.channel, wire=Wire(self.channel, token=self.token), now=now.at)
            troubles = self.connector.preflight(self.channel, ctx)
            at = clock.now()
            if any(trouble.kind is TroubleKind.REACH for trouble in troubles):
                limits.probe_failed(key, at)
                self.check_holds(replace(now, at=at))
                raise Stopped(Sleep(at + timedelta(seconds=PROBE_WAIT_S), self.doubt_or_wait()))
            limits.worked(self.limit_keys())
            return

    # How much -----------------------------------------------------------------------------------------------
    def check_catch_up(self, step: Step, now: Now) -> None:
        """After a downtime the late posts of one account go out one by one."""
        late = now.at - now.due_at > timedelta(seconds=CATCH_UP_S)
        if not late or not decide.is_first_public(now, step.key):
            return
        gap_s = settings.PUBLISHING.get("catch_up_s", CATCH_UP_S)
        if wait_s := limits.take(f"catch-up:{self.channel.pk}", every_s=gap_s, burst=1, now=now.at):
            until = now.at + timedelta(seconds=wait_s + gap_s * self.others_first())
            until = min(until, max(now.at, now.late_at + timedelta(milliseconds=1)))
            raise Stopped(Sleep(until, self.waiting(), "Late posts go out one by one."))

    def others_first(self) -> int:
        """How many of the account's posts have been due for longer: they go first, and not all wake for each turn."""
        pub = self.pub
        earlier = Q(due_at__lt=pub.due_at) | Q(due_at=pub.due_at, pk__lt=pub.pk)
        waiting = Publication.objects.filter(
            earlier, channel_id=pub.channel_id, started_at=None, state__in=(State.SCHEDULED, State.WAITING)
        )
        return waiting[:MOST_FIRST].count()

    def check_repeats(self, step: Step, now: Now) -> None:
        """Repeats are few beside first tries, so that an outage of the network makes no storm."""
        if step.kind == StepKind.WAIT:
            return
        host, seen = self.connector.server_of(self.channel), now.step(step.key)
        if not seen.tries and not seen.sends:
            limits.tried_first(host, now.at)
        elif wait_s := limits.take_retry(host, now.at):
            until = now.at + timedelta(seconds=wait_s + RETRY_SPREAD_S * self.chance())
            if now.state is not State.PUBLISHED:
                until = min(until, max(now.at, now.late_at + timedelta(milliseconds=1)))
            raise Stopped(
                Sleep(until, self.doubt_or_wait(), "Repeats take turns while the network has trouble.")
            )

    def check_budget(self, step: Step, now: Now) -> None:
        public = step.kind in (StepKind.COMMIT, StepKind.REPLY, StepKind.ACT)
        if wait_s := budget.take(self.connector, self.channel, now.at, public=public):
            self.wait_for_limit(
                now.at + timedelta(seconds=wait_s), now, "The network's limit for our calls is used up."
            )


def may_be_held(step: Step, now: Now) -> bool:
    """Whether a pause or a gate stands against it: not against a person's wish to delete, nor against asking what came of
    what the network has in full.
    """
    return step.kind != StepKind.DELETE and not (step.kind == StepKind.WAIT and now.all_sent)

"""The invariants that rows keep, after every step of random runs: answers get lost, workers die, people change their minds.

The decisions alone are tried in ``core/test_machine.py``. Not here: I10 (these runs have no broker at all), I11
(``test_limits.py``) and I12 (``tests/channels/test_tokens.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.connectors.base import Outcome, OutcomeKind, Safety
from formats.core.payload import digest
from publishing.core.states import GONE
from publishing.domain import actions, log, sweep, void
from publishing.models import Attempt, Event, Publication, Step
from work import switches

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
FATES = [
    "ok",
    "ok",
    "lost",
    "dropped",
    "killed",
    "killed after",
    Outcome(OutcomeKind.BUSY),
    Outcome(OutcomeKind.CONTENT),
]
DEEDS = [
    "work",
    "work",
    "work",
    "work",
    "wait",
    "stop",
    "void",
    "pause",
    "release",
    "send_now",
    "drop",
    "look_again",
]


@dataclass
class Post:
    key: str
    text: str
    at: datetime
    id: str


class Killed(BaseException):
    """The worker is gone: nothing after it runs."""


class Watch:
    """Looks at the rows at every call and after every deed."""

    def __init__(self, world, publication, fates):
        self.world, self.publication, self.fates = world, publication, iter(fates)
        self.done, self.fence, self.called = {}, 0, []

    def before(self, step, ctx):
        fate = next(self.fates, "ok")
        row = Publication.objects.get(pk=self.publication.pk)
        spec = Step.objects.get(publication=row, key=step.key)
        attempt = Attempt.objects.get(step=spec, outcome="")
        assert (spec.state, row.intent_open) == ("intent", True), "I2: no committed intent"
        assert attempt.fence == row.fence, "I2: the intent of another fence"
        assert row.lease_until >= ctx.now + timedelta(seconds=60), "I2: the lease does not cover the call"
        assert not Step.objects.filter(publication=row, state="unknown").exists(), "I3: sent while in doubt"
        assert row.due_at <= ctx.now <= row.due_at + timedelta(seconds=row.grace_s), "I6: early or late"
        version = row.version
        assert version.voided_at is None, "I7: sent although revoked"
        assert row.cancel_requested_at is None, "I7: sent although stopped"
        assert digest(version.payload) == version.digest, "I7: not what was approved"
        assert not switches.paused(channel_id=row.channel_id), "I7: sent although paused"
        self.called.append(step.key)
        if fate == "killed":
            raise Killed
        if fate == "killed after":
            number = len(self.world.network.ledger) + 1
            text = self.world.network.text(step, ctx)
            self.world.network.ledger.append(Post(step.key, text, ctx.now, f"{step.key}-{number}"))
            raise Killed
        if fate != "ok":
            self.world.network.script[step.key] = [fate]

    def after(self, *, worked):
        row = Publication.objects.get(pk=self.publication.pk)
        live = Publication.objects.filter(variant=row.variant_id, channel=row.channel_id).exclude(
            state__in=GONE
        )
        assert live.count() <= 1, "I1"
        for step in Step.objects.filter(publication=row, state="done"):
            assert self.done.setdefault(step.key, step.remote_id) == step.remote_id, "I4: another id"
        assert all(self.count(key) <= 1 for key in self.called), "a part stands there twice"
        assert row.fence >= self.fence, "I5"
        self.fence = row.fence
        if worked:
            assert sweep.orphans(self.world.hand.at) == 0, "I8"
        kinds = list(Event.objects.filter(publication=row).order_by("seq").values_list("kind", flat=True))
        for state in ("published", "failed", "attention"):
            if row.state == state:
                assert state in kinds, "I9: a change without its event"
        assert log.broken_at(row.pk) is None, "I13"

    def count(self, key):
        """The promise itself: how often a part stands on the network."""
        return sum(post.key == key for post in self.world.network.ledger)


def act(world, publication, deed):
    publication.refresh_from_db()
    if deed == "wait":
        world.hand.move(400)
    elif deed == "pause":
        switches.turn("channel", world.channel.pk, on=True)
    elif deed == "release":
        switches.turn("channel", world.channel.pk, on=False)
    elif deed == "void":
        void.void(publication.variant, reason="Wrong.", by=world.manager)
    elif deed == "stop" and "cancel" in actions.allowed(publication):
        actions.cancel(publication, by=world.manager)
    elif deed == "send_now" and publication.state == "attention" and not publication.intent_open:
        actions.send_now(publication, by=world.manager)
    elif deed in ("drop", "look_again") and deed in actions.allowed(publication):
        getattr(actions, deed)(publication, by=world.manager)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    safety=st.sampled_from([Safety.SEARCH, Safety.EXACT, Safety.BLIND]),
    parts=st.integers(1, 3),
    fates=st.lists(st.sampled_from(FATES), max_size=8),
    deeds=st.lists(st.sampled_from(DEEDS), min_size=4, max_size=14),
)
def test_invariants_hold_after_every_deed(world, safety, parts, fates, deeds):
    network = world.network
    network.safety, network.ledger, network.script = safety, [], {}
    world.hand.at = DUE - timedelta(minutes=30)
    switches.turn("channel", world.channel.pk, on=False)
    publication = world.publication(*(f"part {n}" for n in range(parts)))
    watch = Watch(world, publication, fates)
    network.before = watch.before

    for deed in deeds:
        worked = False
        if deed == "work":
            try:
                worked = world.step(publication) if next_date(publication) else False
            except Killed:
                worked = False
        else:
            act(world, publication, deed)
        watch.after(worked=worked)

    keys = {post.key for post in network.ledger}
    assert all(watch.count(key) == 1 for key in keys), "a part stands there twice"
    publication.refresh_from_db()
    if publication.state == "published":
        assert len(network.ledger) == parts
    if publication.state == "failed":
        assert network.ledger == []
    Publication.objects.filter(pk=publication.pk).exclude(state="published").update(
        state="cancelled", next_action_at=None
    )


def next_date(publication):
    publication.refresh_from_db()
    return publication.next_action_at is not None

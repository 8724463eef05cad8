"""A campaign with one channel on a network that exists only here, and hands to drive publications through time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.base import (
    Connector,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    Safety,
    StepKind,
    StepSpec,
)

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@dataclass
class Post:
    key: str
    text: str
    at: datetime
    id: str


@dataclass
class FakeNetwork(Connector):
    """Does what the test says, call by call: ``script["reply 2"] = ["lost", "ok"]``.

    lost: it is done, the answer is not heard. dropped: neither done nor answered. Anything else is an Outcome.
    """

    safety: Safety = Safety.SEARCH
    specs: list[StepSpec] | None = None
    script: dict[str, list] = field(default_factory=dict)
    looks: list = field(default_factory=list)  # what look-ups answer; empty: the truth
    ledger: list[Post] = field(default_factory=list)
    calls: list[tuple[str, str, datetime]] = field(default_factory=list)
    before: object = None  # called with (step, ctx) at each call
    troubles: list = field(default_factory=list)  # what a look ahead finds; exceptions are raised
    checked: list[datetime] = field(default_factory=list)  # when it was asked how the account is
    can_delete: bool = True
    rates: tuple = ()
    day_quota: object = None

    platform = "fake"
    label = "Fake"

    def plan(self, payload, channel):
        if self.specs is not None:
            return self.specs
        parts = range(1, len(payload["parts"]) + 1)
        return [
            StepSpec(
                "commit" if n == 1 else f"reply {n}",
                StepKind.COMMIT if n == 1 else StepKind.REPLY,
                self.safety,
                data={"part": n - 1},
            )
            for n in parts
        ]

    def perform(self, step, ctx):
        ctx.wire.bytes_started_at = ctx.now
        self.calls.append(("run", step.key, ctx.now))
        if self.before:
            self.before(step, ctx)
        todo = self.script.get(step.key, [])
        what = todo.pop(0) if todo else "ok"
        if isinstance(what, Outcome):
            if what.kind is OutcomeKind.NOT_SENT:
                ctx.wire.bytes_started_at = None
            return what
        if isinstance(what, Exception):
            raise what
        if what == "dropped":
            return Outcome(OutcomeKind.UNKNOWN, message="no answer")
        public = step.kind in (StepKind.COMMIT, StepKind.REPLY)
        post = Post(
            step.key, self.text(step, ctx), ctx.now, f"{step.key.replace(' ', '-')}-{len(self.ledger) + 1}"
        )
        if public:
            self.ledger.append(post)
        if what == "lost":
            return Outcome(OutcomeKind.UNKNOWN, message="no answer")
        return Outcome(OutcomeKind.OK, {"id": post.id}, post.id, f"https://fake.example/{post.id}")

    def check(self, ctx):
        self.checked.append(ctx.now)
        for trouble in self.troubles:
            if isinstance(trouble, Exception):
                raise trouble
        return list(self.troubles)

    def delete(self, remote_id, ctx):
        ctx.wire.bytes_started_at = ctx.now
        self.calls.append(("delete", remote_id, ctx.now))
        todo = self.script.get(f"delete {remote_id}", [])
        what = todo.pop(0) if todo else "ok"
        if isinstance(what, Outcome):
            return what
        self.ledger = [post for post in self.ledger if post.id != remote_id]
        return Outcome(OutcomeKind.UNKNOWN if what == "lost" else OutcomeKind.OK)

    def deleted(self):
        return [key for what, key, _ in self.calls if what == "delete"]

    def text(self, step, ctx):
        return ctx.payload["parts"][step.data.get("part", 0)]["text"]

    def classify(self, answer):
        raise NotImplementedError

    def search(self, step, ctx):
        self.calls.append(("look", step.key, ctx.now))
        if self.looks:
            return self.looks.pop(0)
        for post in self.ledger:
            if post.key == step.key:
                ref = {"id": post.id}
                return Lookup(LookupKind.FOUND, post.id, f"https://fake.example/{post.id}", True, ref)
        return Lookup(LookupKind.ABSENT, complete=True)

    def witness_of(self, step, payload):
        return f"word of {step.key}"

    def texts(self):
        return [post.text for post in self.ledger]

    def runs(self, key="commit"):
        return [at for what, step, at in self.calls if what == "run" and step == key]

    def look_times(self):
        return [at for what, _, at in self.calls if what == "look"]

    def __hash__(self):
        return id(self)


@pytest.fixture
def waits(settings):
    settings.PUBLISHING = {
        **settings.PUBLISHING,
        "lease_s": 120,
        "call_max_s": 60,
        "guard_s": 10,
        "settle_s": 60,
        "absent_gap_s": 60,
        "lookup_max_s": 86_400,
        "grace_s": 1800,
        "stage_s": 900,
        "stage_video_s": 7200,
        "catch_up_s": 60,
        "budget_factor": 1,
        "retry_every_s": 6,
        "breaker_s": 30,
    }
    return settings.PUBLISHING


@pytest.fixture
def network(settings, monkeypatch):
    from channels import tokens
    from channels.connectors.registry import CONNECTORS

    fake = FakeNetwork()
    settings.NETWORKS = {
        **settings.NETWORKS,
        "fake": {"api": "http://127.0.0.1:9", "client_id": "", "client_secret": ""},
    }
    monkeypatch.setitem(CONNECTORS._connectors, "fake", fake)
    fake.tokens = []

    def fresh_token(channel, *, worker, refused=""):
        fake.tokens.append(refused)
        return f"token-{len([t for t in fake.tokens if t])}"

    monkeypatch.setattr(tokens, "fresh_token", fresh_token)
    monkeypatch.setattr("publishing.domain.held.random.random", lambda: 1.0)
    return fake


@dataclass
class World:
    """Rows to work with, and the clock."""

    hand: object
    network: FakeNetwork
    owner: object
    manager: object
    campaign: object
    channel: object

    def variant(self, **fields):
        from formats.models import Variant

        return Variant.objects.create(
            story=self.campaign, campaign=self.campaign, format="fake.post", owner=self.owner, **fields
        )

    def payload(self, variant, *texts, due=DUE, channels=None, media=()):
        return {
            "schema": 1,
            "variant": variant.pk,
            "format": "fake.post",
            "platform": "fake",
            "language": "en",
            "planned_at": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "wall_time": "2026-11-23T18:00:00",
            "zone": "Europe/London",
            "fold": 0,
            "channels": [
                {"id": c.pk, "platform": c.platform, "remote_id": c.remote_id, "handle": c.handle}
                for c in channels or [self.channel]
            ],
            "parts": [
                {"text": text, "link": "", "media": list(media) if n == 0 else []}
                for n, text in enumerate(texts or ("The river is clean.",))
            ],
        }

    def publication(self, *texts, due=DUE, **more):
        """An approved publication of these parts."""
        from publishing.domain.approve import freeze

        variant = self.variant()
        version = freeze(variant, self.payload(variant, *texts, due=due, **more), by=self.manager)
        return version.publications.get()

    def step(self, publication, to=None):
        """Go to the publication's next date (or to ``to``) and work on it once."""
        from work import worker

        publication.refresh_from_db()
        at = to or max(
            filter(None, (publication.next_action_at, publication.lease_until)), default=self.hand.at
        )
        self.hand.at = max(self.hand.at, at)
        ran = worker.run_one("publication", publication.pk)
        publication.refresh_from_db()
        return ran

    def finish(self, publication, turns=200):
        """Go on until nothing is left to do without a person."""
        for _ in range(turns):
            publication.refresh_from_db()
            if publication.next_action_at is None:
                return publication
            self.step(publication)
        raise AssertionError(f"still {publication.state} after {turns} turns: {publication.detail}")

    def events(self, publication):
        from publishing.models import Event

        return list(
            Event.objects.filter(publication=publication).order_by("seq").values_list("kind", flat=True)
        )


def make_world(hand, network):
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from wagtail.coreutils import get_supported_content_language_variant
    from wagtail.models import Locale, Page

    from access.models import CampaignRole
    from channels.models import Channel

    language = get_supported_content_language_variant(settings.LANGUAGE_CODE)
    Locale.objects.get_or_create(language_code=language)  # a test that commits has emptied every table
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    campaign = root.add_child(title="River clean-up", slug="river")
    users = get_user_model()
    owner = users.objects.create_user("ada", "ada@example.org", None, first_name="Ada")
    manager = users.objects.create_user("max", "max@example.org", None, first_name="Max")
    group = Group.objects.create(name="River managers")
    CampaignRole.objects.create(group=group, campaign_id=campaign.pk, role="manager")
    manager.groups.add(group)
    channel = Channel.objects.create(campaign_id=campaign.pk, platform="fake", remote_id="1", handle="@river")
    return World(hand, network, owner, manager, campaign, channel)


@pytest.fixture
def world(db, waits, network):
    from work import clock

    with clock.by_hand(START) as hand:
        yield make_world(hand, network)


@pytest.fixture
def committed_world(transactional_db, waits, network):
    """The same, seen by other threads and processes."""
    from work import clock

    with clock.by_hand(START) as hand:
        yield make_world(hand, network)


def minutes(n):
    return timedelta(minutes=n)

"""Whatever people do, in whatever order: what stands on the network was approved by somebody who did not write it.

The bookkeeping here is its own: it knows who changed what from the deeds, not from revisions or logs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from access import policy
from access.models import StandIn
from channels.models import Channel
from editorial import domain
from editorial.domain import Question, Refused, approval, guests
from editorial.models import ApprovalTask
from formats.core.payload import digest
from formats.models import Variant, key_of
from formats.variants import VariantError, fresh, plan, save, set_parts
from publishing.core.states import LIVE
from publishing.domain import actions
from publishing.models import Publication, Version
from tests.editorial.test_approval import two_steps
from tests.editorial.test_every_way import OTHER, PLAN, pictured, rendered
from tests.publishing.conftest import FakeNetwork, network, waits  # noqa: F401 - two are fixtures
from work import clock, worker

pytestmark = pytest.mark.db

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ALWAYS = {"starts_at": datetime(2000, 1, 1, tzinfo=UTC), "ends_at": datetime(2100, 1, 1, tzinfo=UTC)}
PEOPLE = ("creator", "manager", "manager", "second", "lawyer", "admin", "community", "analyst", "stranger")
DEEDS = (
    "look",
    "submit",
    "submit",
    "approve",
    "approve",
    "approve",
    "approve_unseen",
    "invite",
    "guest_answers",
    "request_changes",
    "withdraw",
    "away",
    "away_for_creator",
    "edit",
    "autosave",
    "options",
    "channels",
    "media",
    "revert",
    "move",
    "move_day",
    "new_time",
    "send_now",
    "wait",
)


@dataclass(frozen=True)
class Decision:
    """One step of an approval: who decides in whose name, and who had a hand in it at that moment."""

    step: str
    names: tuple[str, ...]
    writers: frozenset[str]

    @property
    def by_somebody_else(self) -> bool:
        """``names`` is one's own name, or whom a deputy stands in for: then one of them must be somebody else."""
        return any(name not in self.writers for name in self.names)


class Town:
    """One post, the people around it, and what each of them saw last."""

    def __init__(self, river, people):
        self.river, self.people = river, people
        self.variant = self.made()
        self.words = 0
        self.seen: dict[str, str] = {}
        self.links: list[tuple[str, object]] = []
        self.away_now: list[tuple[str, str]] = []  # (who is away, who stands in)
        # Since the last approval: who wrote what stands there now. The owner is always one of them.
        self.writers = {"creator"}
        self.ever = {"creator"}
        self.said = self.says()
        self.first = {self.said: "creator"}  # who brought it in: taken up again, it is still theirs
        self.steps: dict[str, list[Decision]] = {}  # by digest
        self.approved: dict[str, Decision] = {}  # digest: its last step, or who moved it along

    def made(self) -> Variant:
        by = self.people["creator"]
        variant = Variant.objects.create(
            story_id=self.river.story.pk,
            campaign_id=self.river.page.pk,
            format="mastodon.thread",
            language="en",
            owner=by,
        )
        variant.channels = [self.people["first account"]]
        variant.save()
        set_parts(variant, [pictured("Words 0.")], by=by)
        plan(variant, datetime(2026, 11, 24, 12), "Europe/London", by=by, now=START)
        return variant

    def current(self) -> Variant:
        return Variant.objects.get(pk=self.variant.pk)

    def now(self) -> str:
        return digest(approval.built(self.current()))

    def act(self, who: str, deed: str) -> None:
        user = get_user_model().objects.get(pk=self.people[who].pk)  # as at their next request
        try:
            getattr(self, deed)(who, user)
        except (Refused, Question, VariantError, actions.NotPossible):
            return
        if (says := self.says()) != self.said:
            self.said = says
            both = {who, self.first.setdefault(says, who)}
            self.writers |= both
            self.ever |= both

    def says(self) -> str:
        """All that the public would read and see, and where."""
        row = fresh(self.variant.pk, lock=False)
        parts = [(part.text, [(m.alt, key_of(m.plan)) for m in part.media]) for part in row.to_parts()]
        return json.dumps([parts, row.options, sorted(c.pk for c in row.channels.all())], sort_keys=True)

    # Looking and deciding ---------------------------------------------------------------------------------------------
    def look(self, who, user):
        self.seen[who] = self.now()

    def submit(self, who, user):
        domain.submit(self.current(), by=user)

    def approve(self, who, user):
        """Of what the person saw last, or sees now."""
        self._approve(who, user, self.seen.get(who) or self.now())

    def approve_unseen(self, who, user):
        """Whatever is there now, as somebody would who sends the newest digest without having looked."""
        self._approve(who, user, self.now())

    def _approve(self, who, user, what):
        step = self.current().current_workflow_task
        version = domain.approve(self.current(), by=user, digest=what)
        self._decided(what, step, self._names(who, user, step), version)

    def _names(self, who, user, step):
        if user.is_superuser or user.groups.filter(pk__in=step.specific.groups.all()).exists():
            return (who,)
        return tuple(absent for absent, deputy in self.away_now if deputy == who)

    def _decided(self, what, step, names, version):
        decision = Decision(step.name, names, frozenset(self.writers))
        self.steps.setdefault(what, []).append(decision)
        if version is not None:
            self.approved[what] = decision
            self.writers = {"creator"}

    def invite(self, who, user):
        made, _ = guests.invite(self.current(), by=user, name=f"Guest {len(self.links)}")
        self.links.append((who, made))

    def guest_answers(self, who, user):
        """Somebody outside says yes to what the newest link showed when it was made."""
        if self.links:
            asked_by, made = self.links[-1]
            step = self.current().current_workflow_task
            answered = guests.answer(made, "approve", said_name=made.name)
            if answered.counted:
                asking = self.people[asked_by]
                version = Version.objects.filter(digest=made.digest, voided_at=None).first()
                self._decided(made.digest, step, self._names(asked_by, asking, step), version)

    def request_changes(self, who, user):
        domain.reject(self.current(), by=user, comment="Shorter.")

    def withdraw(self, who, user):
        domain.withdraw(self.current(), by=user)

    def away(self, who, user):
        self._away(who, "analyst")

    def away_for_creator(self, who, user):
        """Whoever wrote it stands in for somebody who approves."""
        self._away(who, "creator")

    def _away(self, who, deputy):
        if who != deputy and policy.can(self.people[who], policy.APPROVE, self.current()):
            StandIn.objects.create(absent=self.people[who], deputy=self.people[deputy], **ALWAYS)
            self.away_now.append((who, deputy))

    # Changing ---------------------------------------------------------------------------------------------------------
    def _writing(self, user) -> Variant:
        """What the editor opens with; it asks the choke point (formats.viewsets)."""
        if not policy.can(user, policy.WRITE, self.current()):
            raise Refused("permission", "403")
        return fresh(self.variant.pk)

    def _more_words(self) -> str:
        self.words = (self.words + 1) % 3  # words come back, too
        return f"Words {self.words}."

    def edit(self, who, user):
        self._writing(user)
        set_parts(self.current(), [pictured(self._more_words())], by=user)

    def autosave(self, who, user):
        """The newest revision changes in place, as it does while the same person types on."""
        row = self._writing(user)
        newest = self.current().latest_revision
        if newest.user_id == user.pk:
            row.parts[0].value["text"] = self._more_words()
            row.save()
            row.save_revision(user=user, clean=False, overwrite_revision=newest)

    def options(self, who, user):
        row = self._writing(user)
        other = {"unlisted": "public"}.get(row.options.get("visibility"), "unlisted")
        row.options = {**row.options, "visibility": other}
        save(row, by=user)

    def channels(self, who, user):
        row = self._writing(user)
        more = [self.people["second account"]] if row.channels.count() == 1 else []
        row.channels = [self.people["first account"], *more]
        save(row, by=user)

    def media(self, who, user):
        """Another picture, another description."""
        said = self._writing(user).to_parts()[0]
        to = OTHER if said.media[0].plan == PLAN else PLAN
        set_parts(self.current(), [pictured(said.text, to, f"{to['size']}")], by=user)

    def revert(self, who, user):
        row = self._writing(user)
        row.parts = self.current().revisions.order_by("created_at", "pk").first().as_object().parts
        save(row, by=user, action="wagtail.revert")

    # Moving -----------------------------------------------------------------------------------------------------------
    def move(self, who, user):
        """An hour later on the same day: whoever may approve and has not written it takes the approval along."""
        self._move(who, user, timedelta(hours=1))

    def move_day(self, who, user):
        self._move(who, user, timedelta(days=1))

    def _move(self, who, user, by):
        wall = self.current().planned_wall + by
        moved = domain.move(self.current(), wall=wall, by=user, confirmed=True)
        if moved.approval == "kept":
            # Everybody who ever wrote here, not only since the last approval
            decision = Decision("moved", (who,), frozenset(self.ever))
            self.approved[self.now()] = decision
            self.steps[self.now()] = [decision]

    def new_time(self, who, user):
        """On the page of its sending."""
        publication = self._sending(user)
        at = publication.due_at + timedelta(hours=7)
        actions.check_move(publication, at, by=user)
        actions.reschedule(publication, at, by=user)

    def send_now(self, who, user):
        publication = self._sending(user)
        actions.check_move(publication, clock.now(), by=user)
        actions.send_now(publication, by=user)

    def _sending(self, user) -> Publication:
        publication = Publication.objects.filter(variant=self.variant, state__in=LIVE).first()
        if publication is None or not policy.can(user, policy.PUBLISH, publication):
            raise Refused("permission", "403")
        return publication

    def wait(self, who, user):
        """Time goes to the next date of what is on its way, and a worker works."""
        for _ in range(8):
            publication = Publication.objects.exclude(next_action_at=None).order_by("next_action_at").first()
            if publication is None:
                return
            self.hand.at = max(self.hand.at, publication.next_action_at)
            worker.run_one("publication", publication.pk)


@pytest.fixture
def town(river, admin, waits, network):  # noqa: F811
    rendered(PLAN, "a")
    rendered(OTHER, "b")
    people = {**river.people, "admin": admin}
    people["second"] = get_user_model().objects.create_user("second", "second@example.org", "x")
    people["second"].groups.set(people["manager"].groups.all())
    people["stranger"] = get_user_model().objects.create_user("stranger", "stranger@example.org", "x")
    _, people["lawyer"] = two_steps(river)
    for name in ("first", "second"):
        people[f"{name} account"] = Channel.objects.create(
            campaign_id=river.page.pk,
            platform="mastodon",
            remote_id=f"{name}@a.example",
            handle=f"@{name}@a.example",
        )
    return river, people


@pytest.fixture
def on_mastodon(network, monkeypatch):  # noqa: F811
    from channels.connectors.registry import CONNECTORS

    monkeypatch.setattr(FakeNetwork, "publishes", frozenset({"mastodon.thread"}))
    monkeypatch.setitem(CONNECTORS._connectors, "mastodon", network)
    return network


def deeds(text: str) -> list[tuple[str, str]]:
    """ "creator submit, manager approve" as a list of pairs."""
    return [tuple(each.split()) for each in text.split(",")]


SENT = (
    # Each of these ends with something on the network
    "manager approve",
    "analyst look, manager away, analyst approve",
    "manager invite, creator guest_answers",
    "manager media, second approve, second move, second wait",
    "creator options, creator channels, manager approve, second new_time",
)
# The manager's words are replaced, approved, and taken up again by somebody else.
COME_BACK = (
    "manager edit, creator edit, second approve, creator edit, creator edit, creator submit, manager approve"
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    what=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(DEEDS)), min_size=4, max_size=16),
    two=st.booleans(),
)
@example(what=deeds(SENT[0]), two=False)
@example(what=deeds(SENT[1]), two=False)
@example(what=deeds(SENT[2]), two=False)
@example(what=deeds(SENT[3]), two=False)
@example(what=deeds(SENT[4]), two=False)
@example(what=deeds("manager approve, lawyer approve"), two=True)
@example(what=deeds("manager approve, lawyer edit, lawyer approve, second approve"), two=True)
@example(what=deeds("manager invite, creator guest_answers, lawyer away, analyst approve"), two=True)
@example(what=deeds("manager edit, manager approve, second approve, manager move"), two=False)
@example(
    what=deeds("manager edit, creator submit, manager approve, manager invite, creator guest_answers"),
    two=False,
)
@example(what=deeds("manager look, creator autosave, manager approve, creator edit"), two=False)
@example(what=deeds(COME_BACK), two=False)
@example(what=deeds("manager options, manager approve"), two=False)
@example(what=deeds("admin channels, admin approve"), two=False)
@example(
    what=deeds("manager media, manager approve, manager away, analyst approve, creator approve"), two=False
)
@example(what=deeds("manager away_for_creator, creator approve, community edit, analyst edit"), two=False)
@example(what=deeds("manager approve, second send_now, second wait"), two=False)
def test_what_goes_out_was_approved_by_somebody_who_did_not_write_it(town, on_mastodon, what, two):
    river, people = town
    ApprovalTask.objects.filter(name="Legal").update(active=two)
    StandIn.objects.all().delete()
    sent, early = [], []
    with clock.by_hand(START) as hand:
        here = Town(river, people)
        here.hand = hand

        def called(step, ctx):
            sent.append(digest(ctx.payload))
            if ctx.now.date().isoformat() < ctx.payload["wall_time"][:10]:
                early.append(sent[-1])  # raised here, it would only be a fault of the network's

        on_mastodon.before = called
        for who, deed in [("creator", "submit"), *what, ("manager", "wait")]:
            here.act(who, deed)
            hand.move(1)
    if not two and what in [deeds(each) for each in SENT]:
        assert sent, "nothing is ever sent here: this shows nothing"
    assert not early, "it went out before the day for which it was approved"
    for each in sent:
        assert each in here.approved, "nobody approved what went out"
        for decision in (here.approved[each], *here.steps[each]):
            assert decision.by_somebody_else, f"{decision.names} approved words of {sorted(decision.writers)}"
        if two:
            passed = {decision.step for decision in here.steps[each]}
            assert "moved" in passed or len(passed) == 2, f"only {passed} saw it"
        assert Version.objects.filter(digest=each).exclude(approved_by=None, approved_as="").exists()
    Publication.objects.exclude(state="published").update(state="cancelled", next_action_at=None)

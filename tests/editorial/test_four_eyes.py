"""Whatever people do, in whatever order: what stands on the network was approved by somebody who did not write it.

The bookkeeping here is its own: it knows who changed which words from the deeds, not from revisions or logs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from editorial import domain
from editorial.domain import Question, Refused, approval
from formats.core.draft import Part
from formats.core.payload import digest
from formats.models import Variant
from formats.variants import VariantError, fresh, save, set_parts
from publishing.models import Publication, Version
from tests.publishing.conftest import FakeNetwork, network, waits  # noqa: F401 - two are fixtures
from work import clock, worker

pytestmark = pytest.mark.db

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PEOPLE = ("creator", "manager", "second", "admin", "community", "stranger")
DEEDS = (
    "look",
    "submit",
    "approve",
    "approve",
    "approve_unseen",
    "request_changes",
    "withdraw",
    "edit",
    "autosave",
    "revert",
    "move",
    "move_day",
    "wait",
)


class Town:
    """One post, the people around it, and what each of them saw last."""

    def __init__(self, river, people):
        self.river, self.people = river, people
        self.variant = river.variant("Words 0.", wall="2026-11-24T12:00", by=people["creator"])
        self.words = 0
        self.seen: dict[str, str] = {}
        # Since the last approval: who wrote what stands there now. The owner is always one of them.
        self.writers = {"creator"}
        self.approved: dict[str, tuple[str, frozenset[str]]] = {}  # digest: approver, writers at that moment

    def current(self) -> Variant:
        return Variant.objects.get(pk=self.variant.pk)

    def now(self) -> str:
        return digest(approval.built(self.current()))

    def act(self, who: str, deed: str) -> None:
        before = self.text()
        try:
            getattr(self, deed)(who, self.people[who])
        except (Refused, Question, VariantError):
            return
        if self.text() != before:
            self.writers.add(who)

    def text(self) -> str:
        return fresh(self.variant.pk, lock=False).to_parts()[0].text

    # Deeds ------------------------------------------------------------------------------------------------------------
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
        if domain.approve(self.current(), by=user, digest=what) is not None:
            self.approved[what] = (who, frozenset(self.writers))
            self.writers = {"creator"}

    def request_changes(self, who, user):
        domain.reject(self.current(), by=user, comment="Shorter.")

    def withdraw(self, who, user):
        domain.withdraw(self.current(), by=user)

    def edit(self, who, user):
        if who not in ("community", "stranger"):  # their pages answer 403 (tests of the pages)
            self.words += 1
            set_parts(self.current(), [Part(text=f"Words {self.words}.")], by=user)

    def autosave(self, who, user):
        """The newest revision changes in place, as it does while the same person types on."""
        newest = self.current().latest_revision
        if newest.user_id == user.pk:
            self.words += 1
            row = fresh(self.variant.pk)
            row.parts[0].value["text"] = f"Words {self.words}."
            row.save()
            row.save_revision(user=user, clean=False, overwrite_revision=newest)

    def revert(self, who, user):
        if who in ("creator", "manager", "second", "admin"):
            old = self.current().revisions.order_by("created_at", "pk").last().as_object()
            first = self.current().revisions.order_by("created_at", "pk")[1].as_object()
            old.parts = first.parts
            save(old, by=user, action="wagtail.revert")

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
            wrote = {who for _, writers in self.approved.values() for who in writers} | self.writers
            self.approved[self.now()] = (who, frozenset(wrote))

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
    people = {**river.people, "admin": admin}
    people["second"] = get_user_model().objects.create_user("second", "second@example.org", "x")
    people["second"].groups.set(people["manager"].groups.all())
    people["stranger"] = get_user_model().objects.create_user("stranger", "stranger@example.org", "x")
    return river, people


@pytest.fixture
def on_x(network, monkeypatch):  # noqa: F811
    from channels.connectors.registry import CONNECTORS

    monkeypatch.setattr(FakeNetwork, "publishes", frozenset({"x.thread"}))
    monkeypatch.setitem(CONNECTORS._connectors, "x", network)
    return network


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(DEEDS)), min_size=4, max_size=16))
@example([("manager", "approve")])
@example([("manager", "edit"), ("manager", "approve"), ("second", "approve"), ("manager", "move")])
@example([("manager", "edit"), ("creator", "submit"), ("manager", "approve")])
@example([("manager", "look"), ("creator", "autosave"), ("manager", "approve"), ("creator", "edit")])
def test_what_goes_out_was_approved_by_somebody_who_did_not_write_it(town, on_x, deeds):
    river, people = town
    sent = []
    with clock.by_hand(START) as hand:
        here = Town(river, people)
        here.hand = hand

        def called(step, ctx):
            sent.append(digest(ctx.payload))

        on_x.before = called
        for who, deed in [("creator", "submit"), *deeds, ("manager", "wait")]:
            here.act(who, deed)
            hand.move(1)
    if deeds == [("manager", "approve")]:
        assert sent, "nothing is ever sent here: this shows nothing"
    for what in sent:
        assert what in here.approved, "nobody approved what went out"
        approver, writers = here.approved[what]
        assert approver not in writers, f"{approver} approved words of {sorted(writers)}"
        assert Version.objects.filter(digest=what, approved_by=people[approver]).exists()
    Publication.objects.exclude(state="published").update(state="cancelled", next_action_at=None)

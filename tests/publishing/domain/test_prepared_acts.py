"""An act that has to be prepared first goes its way step by step, and only its own step is public (docs/adr/0083)."""

from datetime import timedelta

import pytest

from channels.connectors.abilities import Action
from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind, Safety, StepKind, StepSpec
from channels.connectors.talk import Act
from publishing.domain import deeds
from publishing.models import Step

pytestmark = pytest.mark.db
ACT = Act(Action.REPLY, "7", "Thank you!", person_id="5", key="answer-1")


@pytest.fixture
def prepared(world, monkeypatch):
    def steps_of(act):
        return [
            StepSpec(
                "container answer", StepKind.CONTAINER, Safety.PURE, data={"answers": "7", "text": act.text}
            ),
            StepSpec("act", StepKind.ACT, Safety.EXACT, data=act.as_data()),
        ]

    world.network.acts = {Action.REPLY: Safety.EXACT}
    world.network.steps_of = steps_of
    own = StepSpec("act", StepKind.ACT, Safety.EXACT)
    world.network.act = lambda act, ctx: world.network.perform(own, ctx)
    world.network.find = lambda act, ctx: world.network.search(own, ctx)
    monkeypatch.setattr(type(world.network), "text", lambda self, step, ctx: "")
    return deeds.hand_over(ACT, world.channel, by=world.manager)


def test_it_is_prepared_carried_out_and_afterwards_emptied(world, prepared):
    world.finish(prepared)

    assert prepared.state == "published"
    assert [step for what, step, _ in world.network.calls if what == "run"] == ["container answer", "act"]
    assert prepared.remote_id == prepared.steps.get(key="act").remote_id != ""
    assert deeds.forget([prepared.pk]) == 1
    assert {step.data["text"] for step in Step.objects.filter(publication=prepared)} == {""}


def test_a_lost_answer_is_asked_about_and_what_was_prepared_is_not_made_again(world, prepared):
    world.network.script["act"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.FOUND, "9", "", True, {"id": "9"})]

    world.finish(prepared)

    assert (prepared.state, prepared.remote_id) == ("published", "9")
    assert [len(world.network.runs(key)) for key in ("container answer", "act")] == [1, 1]


def test_what_has_died_is_prepared_again(world, prepared):
    world.network.script["act"] = [Outcome(OutcomeKind.BUSY, retry_after_s=1, redo=("container answer",))]

    world.finish(prepared)

    assert prepared.state == "published"
    assert [len(world.network.runs(key)) for key in ("container answer", "act")] == [2, 2]
    assert prepared.published_at - prepared.due_at < timedelta(minutes=5)

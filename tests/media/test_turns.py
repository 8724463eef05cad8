"""Campaigns take turns in the database and in the worker."""

from datetime import timedelta

import pytest

from media import turns
from media.models import Render, RenderState
from work import claim, clock, hold, sources, worker

pytestmark = pytest.mark.db


@pytest.fixture
def asked(db):
    """Make waiting renders: ``asked(1, "card", "card")`` for campaign 1; later calls are younger."""
    numbers = iter(range(1000))

    def make(campaign, *kinds):
        now = clock.now() - timedelta(hours=1)
        return [
            Render.objects.create(key=f"{n:064}", plan={"kind": kind}, campaign_id=campaign,
                                  next_action_at=now + timedelta(seconds=n)).pk
            for kind in kinds for n in [next(numbers)]
        ]  # fmt: skip

    return make


def due(limit=100):
    return sources.get("renders").ids_due(clock.now(), limit)


def test_a_campaign_with_many_renders_does_not_starve_another(asked):
    many, one = asked(1, *["film"] * 30), asked(2, "card")

    assert due()[:3] == [many[0], one[0], many[1]]
    assert due(1) == [many[0]]  # whatever the limit, the first in line is seen
    assert one[0] in due(2)


def test_who_was_given_much_lately_waits(asked):
    first, second = asked(1, "card")[0], asked(2, "card")[0]
    now = clock.now()
    Render.objects.create(key="a", plan={"kind": "cut"}, campaign_id=1, state=RenderState.DONE,
                          started_at=now - timedelta(seconds=90), finished_at=now)  # fmt: skip

    assert due() == [second, first]
    assert turns.spent_lately() == {1: pytest.approx(90)}


def test_turns_are_taken_with_few_queries(asked, django_assert_max_num_queries):
    for campaign in range(1, 9):
        asked(campaign, "card", "film", "cut")

    with django_assert_max_num_queries(3):  # PostgreSQL is asked for the time too
        assert len(turns.in_turn(Render.objects.all(), 10)) == 10


def test_a_worker_goes_on_with_whose_turn_it_is(asked, monkeypatch):
    """Also when a nudge names another row: and it needs no further nudge while there is something to do."""
    monkeypatch.setattr(hold, "_reasons", {})
    ran = []
    source = sources.get("renders")

    def work(row):
        ran.append(row.pk)
        now = clock.now()
        took = {"started_at": now - timedelta(seconds=1), "finished_at": now, "state": RenderState.DONE}
        claim.release(row, next_action_at=None, **took)

    fake = sources.Source("renders", Render, work, queue="media", order=source.order)
    monkeypatch.setitem(sources._SOURCES, "renders", fake)
    many, one = asked(1, "card", "card", "card"), asked(2, "card")

    assert worker.run_one("renders", many[2]) is True

    assert ran == [many[0], one[0], many[1], many[2]]
    assert worker.run_one("renders", many[2]) is False

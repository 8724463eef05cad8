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


def test_a_card_goes_before_more_videos_of_its_campaign_than_a_worker_asks_for(asked):
    """The head start counts among all that is due, not among the first few."""
    videos, card = asked(1, *["cut"] * 12), asked(1, "card")

    assert due(5) == [card[0], *videos[:4]]
    assert due(1) == card


def test_of_what_is_made_in_one_go_each_has_its_part_of_the_time(asked):
    now = clock.now()
    for n in range(12):
        Render.objects.create(key=f"c{n}", plan={"kind": "card"}, campaign_id=1, state=RenderState.DONE, together=12,
                              started_at=now - timedelta(seconds=6), finished_at=now)  # fmt: skip
    for n in range(4):
        Render.objects.create(key=f"v{n}", plan={"kind": "cut"}, campaign_id=2, state=RenderState.RENDERING,
                              together=4, started_at=now - timedelta(seconds=60))  # fmt: skip

    assert turns.spent_lately() == {1: pytest.approx(6, abs=0.5), 2: pytest.approx(60, abs=0.5)}


def test_work_that_was_cut_off_counts_until_ten_minutes_have_passed(asked):
    now = clock.now()
    film = {"plan": {"kind": "film"}, "tries": 1}
    Render.objects.create(key="a", campaign_id=1, state=RenderState.WAITING, earlier_s=300.0,
                          finished_at=now - timedelta(seconds=9), **film)  # fmt: skip
    Render.objects.create(key="b", campaign_id=2, state=RenderState.WAITING, earlier_s=300.0,
                          finished_at=now - timedelta(seconds=601), **film)  # fmt: skip
    Render.objects.create(key="c", campaign_id=3, state=RenderState.RENDERING, earlier_s=300.0,
                          started_at=now - timedelta(seconds=20), **film)  # fmt: skip
    Render.objects.create(key="d", campaign_id=4, state=RenderState.DONE, earlier_s=900.0,
                          started_at=now - timedelta(seconds=20), finished_at=now, **film)  # fmt: skip

    near = {1: 300.0, 3: 320.0, 4: 600.0}
    assert turns.spent_lately() == {campaign: pytest.approx(s, abs=0.5) for campaign, s in near.items()}


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

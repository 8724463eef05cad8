"""Clocks that run away, jump and step back, and hours that do not exist or come twice."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from channels.connectors.base import Safety
from formats import schedule
from publishing.domain import zones
from publishing.models import Attempt
from tests.faults import lab as net
from tests.faults.world import DUE, START, s
from work import worker

pytestmark = pytest.mark.db


# The worker's own clock -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fast_s", [-25, -5, 5, 25, 3600])
def test_worker_whose_clock_is_wrong_looks_when_the_database_says_so(world, monkeypatch, fast_s):
    """The first byte is timed by the worker's clock; the look-up must wait by the database's."""
    skew = (START + timedelta(seconds=fast_s)) - datetime.now(UTC)

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + skew

    monkeypatch.setattr("channels.wire.datetime", Wrong)
    monkeypatch.setattr("publishing.domain.outcome.datetime", Wrong)
    publication = world.publication("one")
    world.lab.next("POST /post", net.LATE)

    world.finish(publication)

    (look,) = world.lab.made("GET /posts")
    assert DUE + s(120) <= look.at <= DUE + s(121)
    assert Attempt.objects.get().bytes_started_at == DUE
    assert world.lab.texts() == ["one"]


def test_worker_that_is_a_day_fast_sends_nothing_early(world):
    """Only the database's clock says what is due; this machine's may say what it likes."""
    publication = world.publication("one")
    world.hand.at = DUE - s(1)

    with time_machine.travel(DUE + s(86_400)):
        worker.run_one("publication", publication.pk)
        assert world.lab.made("POST /post") == []
        world.hand.at = DUE
        worker.run_one("publication", publication.pk)

    assert [post.at for post in world.lab.stood()] == [DUE]


# The database's clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump_s", [600, 86_400])
def test_clock_that_jumps_ahead_while_in_doubt_does_not_double(world, jump_s):
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.step(publication, to=DUE)
    world.hand.move(jump_s)

    world.finish(publication)

    assert world.lab.texts() == ["one"]
    assert publication.state == "published"


def test_clock_that_jumps_past_the_grace_asks(world):
    publication = world.publication("one")
    world.step(publication, to=DUE - s(900))
    world.hand.at = DUE + s(7200)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "late")
    assert world.lab.made("POST ") == []


@pytest.mark.parametrize("back_s", [30, 600, 7200])
def test_clock_that_steps_back_before_the_post_sends_once_and_not_early(world, back_s):
    publication = world.publication("one")
    world.step(publication, to=DUE - s(1))
    world.hand.move(-back_s)

    world.finish(publication)

    assert world.lab.texts() == ["one"]
    assert world.lab.stood()[0].at >= DUE


@pytest.mark.parametrize("back_s", [30, 600, 7200])
@pytest.mark.parametrize("fault", [net.LOST, net.LATE])
def test_clock_that_steps_back_while_in_doubt_does_not_double(world, back_s, fault):
    publication = world.publication("one")
    world.lab.next("POST /post", fault)
    world.step(publication, to=DUE)
    world.hand.move(-back_s)

    world.finish(publication)

    assert world.lab.texts() == ["one"]
    assert publication.state == "published"


@pytest.mark.parametrize("back_s", [30, 600])
def test_clock_that_steps_back_in_the_middle_of_a_thread(world, back_s):
    publication = world.publication("one", "two", "three")
    world.lab.next("POST /post", net.refusal(400, "busy"), skip=1)
    world.step(publication, to=DUE)
    world.hand.move(-back_s)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one", "two", "three"]
    world.checks = False  # the network's own clock went back too: part two is "older" than its parent


def test_network_whose_clock_is_behind_still_shows_our_post(world):
    """A minute is allowed for."""
    world.connector.shape.safety = Safety.SEARCH
    world.lab.clock = lambda: world.hand() - s(45)
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one"]
    world.checks = False  # by the network's clock it stood before its time


# The calendar's clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "zone", "fold", "due"),
    [
        # London goes forward on 28 March 2027 at 01:00 and back on 31 October 2027 at 02:00
        (
            "2027-03-28T01:30:00",
            "Europe/London",
            0,
            "2027-03-28T01:30:00+00:00",
        ),  # no such time: moved forward
        ("2027-10-31T01:30:00", "Europe/London", 0, "2027-10-31T00:30:00+00:00"),  # comes twice: the first
        ("2027-10-31T01:30:00", "Europe/London", 1, "2027-10-31T01:30:00+00:00"),  # the second, on request
        ("2027-04-04T01:45:00", "Australia/Lord_Howe", 1, "2027-04-03T15:15:00+00:00"),  # half an hour
    ],
)
def test_wall_time_in_gap_and_fold_goes_out_once_at_one_moment(world, wall, zone, fold, due):
    planned = schedule.resolve(datetime.fromisoformat(wall), zone, fold)
    publication = world.publication("one", due=planned.at, wall_time=wall, zone=zone, fold=fold)

    world.finish(publication)

    assert [post.at for post in world.lab.stood()] == [datetime.fromisoformat(due)]


def test_zone_whose_rules_change_moves_the_post_after_telling_its_owner(world, monkeypatch):
    """Parliament abolishes summer time: nine o'clock in July comes an hour later in UTC."""
    wall, old = datetime(2027, 7, 1, 9, 0), datetime(2027, 7, 1, 8, 0, tzinfo=UTC)
    new = datetime(2027, 7, 1, 9, 0, tzinfo=UTC)
    publication = world.publication("one", due=old, wall_time=wall.isoformat(), zone="Europe/London")
    monkeypatch.setattr(
        schedule, "resolve", lambda *args: schedule.Resolved(at=new, wall=wall, zone="Europe/London")
    )

    zones.resolve_again()
    publication.refresh_from_db()
    assert publication.due_at == old
    assert world.told("zone_moved") == 1
    for _ in range(3):
        world.hand.move(86_400)
        zones.resolve_again()

    world.finish(publication)
    assert [post.at for post in world.lab.stood()] == [new]
    assert world.told("zone_moved") == 1

"""A lab network over real HTTP on a stopped clock; after each test its ledger is held against the database."""

import pytest

from tests.faults.connector import LabConnector
from tests.faults.lab import Lab, serving
from tests.faults.world import START, make_world
from work import clock

GIVE_UP_S = 0.3  # the client's patience, instead of 30 s


@pytest.fixture
def hand():
    with clock.by_hand(START) as stopped:
        yield stopped


@pytest.fixture
def lab(hand, settings, monkeypatch):
    """The network itself, served, and Hustings pointed at it."""
    with serving(Lab(clock=hand)) as network:
        settings.NETWORKS = {
            **settings.NETWORKS,
            "lab": {"api": network.base, "client_id": "lab-app", "client_secret": "lab-secret"},
        }
        monkeypatch.setattr("channels.wire.READ_S", GIVE_UP_S)
        monkeypatch.setattr("channels.wire._client", None)  # made with this patience
        monkeypatch.setattr("publishing.domain.held.random.random", lambda: 0.5)
        yield network


@pytest.fixture
def connector(monkeypatch):
    from channels.connectors.registry import CONNECTORS

    made = LabConnector()
    monkeypatch.setitem(CONNECTORS._connectors, "lab", made)
    return made


def _world(hand, lab, connector, settings, folder):
    settings.MEDIA_ROOT = str(folder)
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
    }
    return make_world(hand, lab, connector, folder)


@pytest.fixture
def world(db, hand, lab, connector, settings, tmp_path):
    made = _world(hand, lab, connector, settings, tmp_path)
    yield made
    if made.checks:
        made.check()


@pytest.fixture
def committed_world(transactional_db, hand, lab, connector, settings, tmp_path):
    """The same, seen by other threads."""
    made = _world(hand, lab, connector, settings, tmp_path)
    yield made
    if made.checks:
        made.check()

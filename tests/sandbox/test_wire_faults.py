"""Faults over a real connection: what was done, and what the client gets to see of it."""

import httpx
import pytest

from sandbox.testing import running, sign_in_x

pytestmark = pytest.mark.e2e


@pytest.fixture
def address(tmp_path):
    with running(tmp_path) as address:
        yield address


@pytest.fixture
def x(address):
    token = sign_in_x(address)["access_token"]
    with httpx.Client(base_url=f"{address}/x", headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def strike(address, fault, **more):
    asked = {"network": "x", "match": "POST /2/tweets", "fault": fault} | more
    assert httpx.post(f"{address}/_sandbox/faults", json=asked).status_code == 201


def texts(address):
    return [row["text"] for row in httpx.get(f"{address}/_sandbox/ledger").json()]


@pytest.mark.parametrize(("fault", "done"), [("lost_answer", True), ("cut", False)])
def test_cut_connection_gives_no_answer(address, x, fault, done):
    strike(address, fault)

    with pytest.raises(httpx.RemoteProtocolError):
        x.post("/2/tweets", json={"text": "Did it go out?"})

    assert texts(address) == ["Did it go out?"] * done
    assert x.post("/2/tweets", json={"text": "The next one"}).status_code == 201


def test_slow_outlives_the_patience_of_the_client(address, x):
    strike(address, "slow", seconds=0.6)

    with pytest.raises(httpx.ReadTimeout):
        x.post("/2/tweets", json={"text": "Late"}, timeout=0.2)

    assert texts(address) == []
    deadline_s = 3
    with httpx.Client() as client:
        while deadline_s > 0 and texts(address) != ["Late"]:
            client.get(f"{address}/_sandbox/faults")
            deadline_s -= 0.01
    assert texts(address) == ["Late"]


def test_state_survives_a_restart(tmp_path):
    with running(tmp_path / "s") as address:
        token = sign_in_x(address)["access_token"]
        httpx.post(
            f"{address}/x/2/tweets", json={"text": "Before"}, headers={"Authorization": f"Bearer {token}"}
        )
    with running(tmp_path / "s") as address:
        answer = httpx.post(
            f"{address}/x/2/tweets", json={"text": "Before"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 403
        assert texts(address) == ["Before"]

"""Settings that would break the promise are named at start."""

import pytest

from publishing.checks import check_waits

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("change", "ids"),
    [({}, []), ({"lease_s": 69}, ["publishing.E001"]), ({"settle_s": -1}, ["publishing.E002"])],
)
def test_waits(settings, change, ids):
    fit = {"lease_s": 70, "call_max_s": 60, "guard_s": 10, "settle_s": 60}
    settings.PUBLISHING = {**fit, **change}

    assert [message.id for message in check_waits(None)] == ids

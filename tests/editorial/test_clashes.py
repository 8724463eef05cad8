from datetime import UTC, datetime, timedelta

import pytest

from editorial.core.clashes import Slot, clashes
from editorial.countries import country_of

pytestmark = pytest.mark.unit

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
GAPS = {1: timedelta(minutes=30), 2: timedelta()}


def slot(variant, minutes, channel=1):
    return Slot(variant, channel, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("slots", "pairs"),
    [
        ([], {}),
        ([slot(1, 0), slot(2, 30)], {}),
        ([slot(1, 0), slot(2, 29)], {1: [2], 2: [1]}),
        ([slot(1, 0), slot(2, 0)], {1: [2], 2: [1]}),
        ([slot(1, 0), slot(2, 20), slot(3, 40)], {1: [2], 2: [1, 3], 3: [2]}),
        ([slot(1, 0), slot(2, 5, channel=2)], {}),
        ([slot(1, 0, channel=2), slot(2, 0, channel=2)], {}),
    ],
)
def test_posts_nearer_than_the_gap_clash_at_both_ends(slots, pairs):
    found = clashes(slots, GAPS)

    assert {variant: [clash.other for clash in row] for variant, row in found.items()} == pairs


@pytest.mark.parametrize(("zone", "code"), [("Europe/London", "GB"), ("America/New_York", "US"), ("UTC", "")])
def test_a_zone_names_its_country(zone, code):
    assert country_of(zone) == code

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from engagement.history.invent import ages
from engagement.models import ChannelDay, DayFigure, Snapshot, Standing
from engagement.rollups import rebuild
from publishing.models import Publication


@pytest.mark.unit
@pytest.mark.parametrize("count", [1, 3, 80, 150, 500])
def test_readings_are_as_many_as_asked_for_and_spread_over_the_whole_time(count):
    found = ages(count)

    assert abs(len(found) - count) <= 1
    assert found == sorted(set(found))


def rows():
    standings = Standing.objects.order_by("publication", "age").values()
    days = DayFigure.objects.order_by("publication", "day").values()
    return [[{k: v for k, v in row.items() if k != "id"} for row in each] for each in (standings, days)]


@pytest.mark.db
def test_an_invented_past_is_as_if_it_had_been_read(db):
    said = StringIO()
    call_command("generate_history", channels=12, publications=40, snapshots=400, stdout=said)

    assert Publication.objects.count() == 40
    assert 100 < Snapshot.objects.count() <= 440
    assert ChannelDay.objects.exclude(followers=None).exists()
    assert "40 publications" in said.getvalue()
    before = rows()
    rebuild(Publication.objects.select_related("channel", "variant"))
    assert rows() == before

    with pytest.raises(CommandError, match="has publications"):
        call_command("generate_history", channels=1, publications=1, snapshots=1, stdout=said)

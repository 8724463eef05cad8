"""Nobody works for a while: what is within its grace goes out late and says so, what is beyond waits for a person."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.anydb]

MINUTE, HOUR = 60, 3600


def test_all_workers_down_for_twenty_minutes(town):
    pks = [
        town.approve(name, platform=name, pictures=name == "instagram")
        for name in ("x", "facebook", "instagram")
    ]
    town.call("shift", pks=pks, seconds=20 * MINUTE)

    town.worker()

    town.published(*pks)
    for pk in pks:
        assert 20 * MINUTE <= town.state(pk)["lateness_ms"] / 1000 <= 21 * MINUTE
    town.check()


def test_all_workers_down_for_nine_hours(town):
    """Nothing goes out; their owner gets one notice, and one mail, about all of them."""
    told, mailed = len(town.call("notices", kind="late")), len(town.call("mails"))
    pks = [town.approve(f"post {n}") for n in range(4)]
    town.call("shift", pks=pks, seconds=9 * HOUR)

    town.worker()

    assert town.settle(*pks) == [("attention", "late")] * 4
    assert [town.texts(f"post {n}") for n in range(4)] == [[]] * 4
    (notice,) = town.call("notices", kind="late")[told:]
    assert len(notice["lines"]) == 4
    bundles = {mail["bundle"] for mail in town.call("mails")[mailed:]}
    assert len(bundles) == 1
    assert "" not in bundles, "each of them would be a mail of its own"
    town.check()


def test_interrupted_in_the_middle_of_a_thread_for_nine_hours(town):
    """Two of five parts are out: the rest is not sent nine hours later, a person is asked."""
    pk = town.approve("thread", 5)
    assert town.run(pk, "after_outcome=kill@2") == "killed 9"
    town.call("shift", pks=[pk], seconds=9 * HOUR)

    town.worker()

    assert town.settle(pk) == [("attention", "partial_thread")]
    assert town.texts("thread") == town.thread("thread", 5)[:2]
    town.check()

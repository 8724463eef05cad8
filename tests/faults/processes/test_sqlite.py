"""A SQLite file that somebody locks, or puts back to an older copy: no post twice, none lost."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

pytestmark = pytest.mark.e2e

LONGER_THAN_OUR_PATIENCE_S = 23  # the settings wait 20 s for a lock


def opened(path):
    return closing(sqlite3.connect(path, isolation_level=None))


def test_locked_for_longer_than_our_patience(town):
    """A backup program holds the file while posts are due and on their way."""
    town.worker()
    under_way = town.approve("under way", 5, delay=0.5)
    pks = [town.approve(f"post {n}", delay=2) for n in range(3)]
    time.sleep(1)
    with opened(town.stack.database_file) as file:
        file.execute("BEGIN IMMEDIATE")
        time.sleep(LONGER_THAN_OUR_PATIENCE_S)
        file.execute("ROLLBACK")

    town.published(under_way, *pks)

    assert town.stack.children["worker"].poll() is None
    assert town.texts("under way") == town.thread("under way", 5)
    for n in range(3):
        assert town.texts(f"post {n}") == town.thread(f"post {n}")
    town.check()


def test_copied_back_from_before_a_post(town, tmp_path):
    """The file knows nothing of a post that stands. It is not sent again, nor is anything else until a person looked."""
    pk = town.approve("thread", 2, delay=2)
    later = town.approve("later", delay=3600)
    with opened(town.stack.database_file) as file, opened(tmp_path / "copy") as copy:
        file.backup(copy)
    town.worker()
    town.published(pk)
    town.stack.kill("worker")
    with opened(town.stack.database_file) as file, opened(tmp_path / "copy") as copy:
        copy.backup(file)
    assert town.state(pk)["state"] == "scheduled"
    town.call("shift", pks=[later], seconds=3600)

    town.worker("restored")

    assert town.settle(pk, later) == [("attention", "restored")] * 2
    assert town.texts("thread") == town.thread("thread", 2)
    assert town.texts("later") == []
    with pytest.raises(AssertionError, match="older than what was sent"):
        town.stack.manage("restore_check")

"""A PostgreSQL that crashes, is cut off, away, locked, or has a clock of its own: no post twice, none lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.faults.processes.conftest import Town
from tests.faults.processes.proxy import Proxy
from tests.faults.processes.servers import POSTGRES_BIN, OwnPostgres
from tests.stack import SHORT_WAITS, beside, running, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(POSTGRES_BIN is None, reason="needs PostgreSQL's programs: apt install postgresql"),
]

POINTS = ("after_claim", "after_intent", "after_answer", "after_outcome")
BEGUN, DONE, COMMIT = b'INSERT INTO "publishing_attempt"', b'UPDATE "publishing_attempt"', b"COMMIT"


@pytest.fixture(scope="module")
def cluster():
    server = OwnPostgres()
    try:
        yield server
    finally:
        server.end()


@pytest.fixture(scope="module")
def whole_town(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    with running(
        folder, web=False, worker=False, pace="test", database_url=cluster.url, **SHORT_WAITS
    ) as stack:
        yield Town(stack)


def database(town):
    return urlsplit(town.stack.database_url).path[1:]


@pytest.fixture
def proxied(town, cluster):
    """(proxy to the database, a process inside the application whose database is behind it)"""
    with Proxy(cluster.port) as proxy:
        address = beside(f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres", database(town))
        yield proxy, town.stack.inside(DATABASE_URL=address)


def test_crashes_at_each_point(town, cluster):
    """Workers stand at each point of a thread while the server crashes and comes back; then they go on."""
    frozen = {}
    for point in POINTS:
        pk = town.approve(point, 3)
        child = town.call("run_apart", pk=pk, failpoints=f"{point}=stop")
        assert town.call("became", child=child) == "stopped"
        frozen[pk] = child

    cluster.restart()
    for child in frozen.values():
        os.killpg(child, signal.SIGCONT)
    ends = [town.call("became", child=child) for child in frozen.values()]
    town.worker()

    town.published(*frozen, seconds=90)
    assert "running" not in ends
    for point in POINTS:
        assert town.texts(point) == town.thread(point, 3)
    town.check()


@pytest.mark.parametrize("reaches", [False, True], ids=["before it arrives", "after it has arrived"])
def test_cut_during_the_commit_of_an_intent(town, proxied, reaches):
    """Whether the intent is there or not: nothing is sent by the one that does not know."""
    proxy, inside = proxied
    pk = town.approve("thread", 2)
    trap = proxy.trap(BEGUN, COMMIT, reaches=reaches)

    inside.call("became", child=inside.call("run_apart", pk=pk))

    assert trap.sprung.is_set()
    assert town.texts("thread") == []
    assert len(town.call("attempts", pk=pk)) == reaches
    town.worker()
    town.published(pk)
    assert town.texts("thread") == town.thread("thread", 2)
    town.check()


@pytest.mark.parametrize("reaches", [False, True], ids=["before it arrives", "after it has arrived"])
def test_cut_during_the_commit_of_an_outcome(town, proxied, reaches):
    """The post is out; whether that is written down or not, it is not sent again."""
    proxy, inside = proxied
    pk = town.approve("thread", 2)
    trap = proxy.trap(DONE, COMMIT, reaches=reaches)

    inside.call("became", child=inside.call("run_apart", pk=pk))

    assert trap.sprung.is_set()
    assert town.texts("thread")[:1] == town.thread("thread", 2)[:1]
    town.worker()
    town.published(pk)
    assert town.texts("thread") == town.thread("thread", 2)
    town.check()


def test_away_around_the_due_time(town, cluster):
    """Nothing can be known while it is away, so nothing is sent; afterwards it goes on by itself."""
    town.worker()
    pks = [town.approve(f"post {n}", 2, delay=3 + n) for n in range(5)]
    time.sleep(1)
    cluster.stop()
    gone = time.monotonic()
    sent = len(town.stack.ledger())
    time.sleep(10)
    assert len(town.stack.ledger()) == sent
    cluster.start()
    away_s = time.monotonic() - gone

    town.published(*pks)

    assert town.stack.children["worker"].poll() is None
    assert max(town.state(pk)["lateness_ms"] for pk in pks) <= (away_s + 5) * 1000
    for n in range(5):
        assert town.texts(f"post {n}") == town.thread(f"post {n}", 2)
    town.check()


def test_locked_for_a_while(town):
    """Somebody's maintenance holds the table for longer than our patience with a lock."""
    town.worker()
    pks = [town.approve(f"post {n}", delay=2) for n in range(3)]
    with psycopg.connect(town.stack.database_url) as connection:
        connection.execute("LOCK TABLE publishing_publication IN ACCESS EXCLUSIVE MODE")
        time.sleep(7)

    town.published(*pks)

    for n in range(3):
        assert town.texts(f"post {n}") == town.thread(f"post {n}")
    town.check()


def test_kept_restarting_under_load(town, cluster):
    """Crashes while posts are on their way."""
    town.worker("one")
    town.worker("two")
    pks = [town.approve(f"post {n}", 3, delay=2 + n / 2) for n in range(10)]
    ended = threading.Event()

    def crash():
        while not ended.wait(2.5):
            cluster.restart()

    thread = threading.Thread(target=crash)
    thread.start()
    time.sleep(9)
    ended.set()
    thread.join()

    town.published(*pks, seconds=90)

    for n in range(10):
        assert town.texts(f"post {n}") == town.thread(f"post {n}", 3)
    town.check()


# Clocks: PostgreSQL's is the one that counts --------------------------------------------------------------------
@pytest.fixture
def turned(town):
    """Turn the database's clock: our own ``clock_timestamp()`` is found before the built-in one."""
    name = database(town)
    admin = psycopg.connect(town.stack.database_url, autocommit=True)
    admin.execute("CREATE SCHEMA IF NOT EXISTS turned")
    admin.execute("CREATE TABLE IF NOT EXISTS turned.by (s float)")
    admin.execute("DELETE FROM turned.by")
    admin.execute("INSERT INTO turned.by VALUES (0)")
    admin.execute(
        "CREATE OR REPLACE FUNCTION turned.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
        "$$SELECT pg_catalog.clock_timestamp() + make_interval(secs => (SELECT s FROM turned.by))$$"
    )
    admin.execute(f'ALTER DATABASE "{name}" SET search_path = turned, pg_catalog, public')
    try:
        yield lambda seconds: admin.execute("UPDATE turned.by SET s = %s", [seconds])
    finally:
        admin.execute(f'ALTER DATABASE "{name}" RESET search_path')
        admin.close()


def first_byte(town, pk):
    return datetime.fromisoformat(town.call("attempts", pk=pk)[0]["bytes_started_at"])


def test_database_clock_jumps_ahead_and_back(town, turned):
    """A jump by minutes makes it differ from every worker's clock: nothing is sent until they agree again."""
    town.worker()
    began = datetime.now().astimezone()
    pk = town.approve("post", delay=40)
    turned(120)
    time.sleep(7)  # a heartbeat, and several looks
    assert town.texts("post") == []
    turned(0)
    town.call("shift", pks=[pk], seconds=33)
    due = began + timedelta(seconds=7)

    town.published(pk)

    assert first_byte(town, pk) >= due
    assert town.texts("post") == town.thread("post")


def test_database_clock_steps_back_while_an_intent_is_open(town, turned):
    """Its lease lasts longer by as much; nothing is sent twice."""
    pk = town.approve("thread", 3)
    assert town.run(pk, "after_answer=kill@2") == "killed 9"
    turned(-8)
    town.worker()

    town.published(pk)

    assert town.texts("thread") == town.thread("thread", 3)


def test_worker_whose_clock_is_fast_works_by_the_databases(town, faketime):
    """Twenty seconds are tolerated and change nothing: it is not early."""
    town.worker("fast", **faketime(20))
    pk = town.approve("post", delay=4)
    due = datetime.fromisoformat(town.state(pk)["due_at"])

    town.published(pk)

    attempt = town.call("attempts", pk=pk)[0]
    assert datetime.fromisoformat(attempt["intent_at"]) >= due
    assert town.state(pk)["lateness_ms"] < 3_000
    town.check()


def test_worker_whose_clock_is_far_off_claims_nothing(town, faketime):
    town.worker("far", **faketime(90))
    pk = town.approve("post", delay=1)
    time.sleep(6)
    assert town.texts("post") == []
    town.worker("right")

    town.published(pk)

    assert {a["worker"].split(":")[1] for a in town.call("attempts", pk=pk)} == {
        str(town.stack.children["right"].pid)
    }
    until(lambda: any(abs(w["skew_s"]) > 30 for w in town.call("workers")), what="the skew being told")
    town.check()


# Gone back in time ----------------------------------------------------------------------------------------------
def test_restored_from_an_older_copy(town, cluster):
    """After the copy was made a post went out. The restored database knows nothing of it, and does not send it again."""
    pk = town.approve("thread", 2, delay=2)
    later = town.approve("later", delay=3600)
    copy, name = f"{database(town)}_copy", database(town)
    cluster.copy(name, copy)
    town.worker()
    town.published(pk)
    town.stack.kill("worker")
    swap(cluster, name, copy)
    assert town.state(pk)["state"] == "scheduled"
    town.call("shift", pks=[later], seconds=3600)

    town.worker("restored")

    assert town.settle(pk, later) == [("attention", "restored")] * 2
    assert town.texts("thread") == town.thread("thread", 2)
    assert town.texts("later") == []
    with pytest.raises(AssertionError, match="older than what was sent"):
        town.stack.manage("restore_check")


def swap(cluster, name, copy):
    """The copy takes the place of the original."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f'ALTER DATABASE "{copy}" RENAME TO "{name}"')

"""What happens to one worker process besides being killed: asked to end, fed nonsense, out of disk, not alone."""

from __future__ import annotations

import signal

import pytest

from tests.stack import until

pytestmark = [pytest.mark.e2e]


@pytest.mark.anydb
def test_term_in_the_middle_of_a_call_lets_it_end_and_write(town):
    """The part under way is written down as done: nobody has to look it up."""
    town.stack.fault("x", "POST /2/tweets", "slow_after", skip=1, seconds=2)
    town.worker("asked")
    pk = town.approve("thread", 4)
    until(lambda: len(town.texts("thread")) == 2, every=0.05, what="the second part")
    town.stack.signal("asked", signal.SIGTERM)
    town.stack.children["asked"].wait(30)
    town.worker()

    town.published(pk)

    assert town.texts("thread") == town.thread("thread", 4)
    assert [a["outcome"] for a in town.call("attempts", pk=pk)] == ["ok"] * 4
    assert not {"unknown", "crashed"} & set(town.call("events", pk=pk))
    town.check()


@pytest.mark.anydb
def test_poison_payload_harms_only_itself(town):
    """A payload that makes the connector stumble: three tries, then a person; its neighbour goes out."""
    town.worker()
    poison = town.call("approve", town=town.at, texts=[None])
    healthy = town.approve("healthy", 2)

    town.published(healthy)
    (end,) = town.settle(poison, seconds=90)

    assert end in (("attention", "poison"), ("failed", ""))
    assert town.stack.children["worker"].poll() is None


def test_full_disk_before_the_intent_sends_nothing(town):
    pk = town.approve("post")
    attempts = len(town.stack.ask("GET", "/_sandbox/calls"))

    town.run(pk, "after_claim=full")

    assert len(town.stack.ask("GET", "/_sandbox/calls")) == attempts
    town.worker()
    town.published(pk)
    assert town.texts("post") == town.thread("post")
    town.check()


def test_full_disk_after_the_answer_is_looked_up(town):
    """The post is out and its outcome cannot be written. With space again it is found, not sent."""
    pk = town.approve("thread", 3)

    town.run(pk, "after_answer=full@2")

    assert town.texts("thread") == town.thread("thread", 3)[:2]
    town.worker()
    town.published(pk)
    assert town.texts("thread") == town.thread("thread", 3)
    assert "found" in [a["outcome"] for a in town.call("attempts", pk=pk)]
    town.check()


@pytest.mark.anydb
def test_two_workers_on_one_database(town):
    """Both see every row; each publication has one of them."""
    town.worker("one")
    town.worker("two")
    pks = [town.approve(f"post {n}", 2, platform="x", delay=4) for n in range(12)]

    town.published(*pks)

    for n in range(12):
        assert town.texts(f"post {n}") == town.thread(f"post {n}", 2)
    assert len({a["worker"] for pk in pks for a in town.call("attempts", pk=pk)}) == 2
    town.check()


@pytest.mark.anydb
def test_two_versions_side_by_side(town):
    """The newer one knows a job and a source that the older one has never heard of. Both go on publishing."""
    newer = (
        "import sys; sys.argv = ['manage.py', 'run_worker']; import config, os;"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings');"
        "import django; django.setup(); from datetime import timedelta; from work import jobs;"
        "jobs.register('newer', every=timedelta(seconds=1), run=lambda: print('the newer job ran', flush=True));"
        "from django.core.management import execute_from_command_line as run; run(sys.argv)"
    )
    town.worker("older")
    town.stack.start("newer", "-c", newer)
    until(lambda: "the newer job ran" in town.stack.log("newer", 10**6), seconds=60, what="the newer job")
    pks = [town.approve(f"post {n}", delay=2) for n in range(6)]
    town.call("nudge", pk="1", source="unheard-of")  # as if a newer worker had published it

    town.published(*pks)

    assert "Traceback" not in town.stack.log("older", 10**6)
    assert town.stack.children["older"].poll() is None
    town.check()

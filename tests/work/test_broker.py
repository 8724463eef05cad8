"""With a real broker (BROKER_URL): a nudge goes through it, and without it the work is done all the same."""

import os

import pytest

from tests.stack import running, until

URL = os.environ.get("BROKER_URL", "")

TELL = """
from django.contrib.auth import get_user_model
from work import outbox
user, _ = get_user_model().objects.get_or_create(username="ada", defaults={"email": "ada@example.org"})
outbox.tell([user], subject="Hello", body="It works.", event_id="%s", kind="test")
"""


def mails(stack):
    return [file.read_text() for file in (stack.folder / "mail").glob("*")]


@pytest.mark.broker
@pytest.mark.skipif(not URL or URL.startswith("memory"), reason="needs BROKER_URL")
def test_nudges_go_through_the_broker(tmp_path):
    with running(tmp_path, web=False) as stack:
        until(lambda: "ready." in stack.log("worker", 50_000), seconds=120, what="the worker")
        stack.shell(TELL % "one")

        until(lambda: len(mails(stack)) == 1, seconds=60, what="the mail")

        assert "Task work.run_due" in stack.log("worker", 50_000)


@pytest.mark.broker
@pytest.mark.skipif(not URL or URL.startswith("memory"), reason="needs BROKER_URL")
def test_foreign_broken_and_repeated_messages_are_dropped(tmp_path):
    """Nothing of them stops the worker, and what is behind them in the queue is worked on once."""
    from kombu import Connection, Exchange, Producer

    from config.celery import queues

    with running(tmp_path, web=False) as stack:
        until(lambda: "ready." in stack.log("worker", 50_000), seconds=120, what="the worker")
        with Connection(URL) as connection:
            producer = Producer(connection.channel(), Exchange("default", type="direct"))
            declared = [queue for queue in queues(URL) if queue.name == "default"]
            for body, kind in (
                (b"\xff\x00", "application/json"),
                (b"{", "application/json"),
                (b"x", "text/plain"),
            ):
                producer.publish(
                    body,
                    routing_key="default",
                    content_type=kind,
                    content_encoding="binary",
                    declare=declared,
                )
            producer.publish(
                {"task": "no.such.task", "id": "1", "args": [], "kwargs": {}}, routing_key="default"
            )
            for kwargs in (
                {"source": "newer", "id": "1"},
                {"source": "outbox", "id": "no number"},
                {"other": 1},
            ):
                body = [[], kwargs, {}]
                head = {"lang": "py", "task": "work.run_due", "id": "x", "argsrepr": "", "kwargsrepr": ""}
                for _ in range(50):
                    producer.publish(body, routing_key="default", headers=head, correlation_id="x")
        stack.shell(TELL % "behind")

        until(lambda: len(mails(stack)) == 1, seconds=60, what="the mail")
        assert stack.children["worker"].poll() is None


@pytest.mark.e2e
def test_without_a_broker_that_answers_the_work_is_done(tmp_path):
    """Nothing listens there: every nudge fails, and the ticker works on the rows itself."""
    os.environ["BROKER_URL"] = "redis://127.0.0.1:9/0"
    try:
        with running(tmp_path, web=False, worker=False) as stack:
            stack.shell(TELL % "one")
            stack.shell(TELL % "two")
            stack.start_worker()

            until(lambda: len(mails(stack)) == 2, seconds=150, what="the mails")
    finally:
        os.environ.pop("BROKER_URL")
        if URL:
            os.environ["BROKER_URL"] = URL

"""The broker only carries nudges: nothing of Celery may delay, repeat or keep anything."""

import re
from pathlib import Path

import pytest

from config import celery_checks, database_checks, settings
from config.celery import settings_for

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]
HOUSES = (
    "work",
    "publishing",
    "media",
    "channels",
    "engagement",
    "formats",
    "cms",
    "calendar",
    "community",
    "config",
    "access",
)
FORBIDDEN = re.compile(
    r"\bcountdown\s*=|\beta\s*=|self\.retry\b|autoretry_for|beat_schedule|crontab\(|delay_on_commit|\.delay\("
    r"|from celery import .*\b(chain|chord|group|signature|chunks)\b|celery\.canvas|AsyncResult|acks_late\s*=\s*True"
    r"|result_backend\s*=\s*[\"']"
)
URLS = ["memory://", "redis://127.0.0.1/0", "rediss://h/0", "amqp://127.0.0.1", "amqps://h"]


@pytest.mark.parametrize("url", URLS)
def test_our_settings_pass_the_check(url):
    assert celery_checks.found_in(settings_for(url)) == []


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", sorted(celery_checks.FIXED))
def test_each_setting_is_enforced(url, name):
    """Whatever else it is set to, the check says so."""
    value = celery_checks.FIXED[name]
    other = (not value) if isinstance(value, bool) else "something else"

    (found,) = celery_checks.found_in({**settings_for(url), name: other})

    assert name in found.msg


@pytest.mark.parametrize("url", URLS)
def test_each_transport_option_is_enforced(url):
    conf = settings_for(url)
    for name in conf["broker_transport_options"]:
        options = {**conf["broker_transport_options"], name: None}
        (found,) = celery_checks.found_in({**conf, "broker_transport_options": options})
        assert name in found.msg


def test_only_quorum_queues_on_rabbitmq():
    conf = settings_for("amqp://h")
    for queue in conf["task_queues"]:
        assert queue.queue_arguments == {"x-queue-type": "quorum"}
    classic = {**conf, "task_queues": settings_for("redis://h")["task_queues"]}
    assert [found.id for found in celery_checks.found_in(classic)] == ["hustings.E104"] * 2


@pytest.mark.parametrize("url", ["filesystem:///tmp", "sqla+sqlite:///x", "sqs://", "kafka://h"])
def test_brokers_that_lose_are_refused(url):
    found = celery_checks.found_in({**settings_for("memory://"), "broker_url": url})
    assert any("must not be used" in each.msg for each in found)


def test_what_the_running_application_has_is_what_is_checked():
    assert celery_checks.check() == []


# Databases --------------------------------------------------------------------------------------------------

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    },
}
POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "connect_timeout": 3,
        "keepalives": 1,
        "options": "-c statement_timeout=10s -c lock_timeout=3s -c idle_in_transaction_session_timeout=15s "
        "-c synchronous_commit=on",
    },
}


def test_the_databases_settings_are_well():
    assert list(database_checks.found_in(SQLITE)) == []
    assert list(database_checks.found_in(POSTGRESQL)) == []
    ours = settings.DATABASES[
        "default"
    ]  # the tests take SQLite's waiting for the disk away, after this was read
    wrong = [f.msg for f in database_checks.found_in(ours) if "synchronous=FULL" not in f.msg]
    assert wrong == []


@pytest.mark.parametrize(
    ("database", "option", "value"),
    [
        (SQLITE, "transaction_mode", "DEFERRED"),
        (SQLITE, "timeout", 5),
        (
            SQLITE,
            "init_command",
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        ),
        (SQLITE, "init_command", "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"),
        (POSTGRESQL, "connect_timeout", 30),
        (POSTGRESQL, "keepalives", 0),
        (POSTGRESQL, "options", POSTGRESQL["OPTIONS"]["options"].replace("synchronous_commit=on", "")),
        (
            POSTGRESQL,
            "options",
            POSTGRESQL["OPTIONS"]["options"].replace("lock_timeout=3s", "lock_timeout=0"),
        ),
    ],
)
def test_a_weaker_database_is_refused(database, option, value):
    weaker = {**database, "OPTIONS": {**database["OPTIONS"], option: value}}
    assert len(list(database_checks.found_in(weaker))) == 1


@pytest.mark.parametrize(
    "change", [{"ATOMIC_REQUESTS": True}, {"CONN_HEALTH_CHECKS": False}, {"ENGINE": "mysql"}]
)
def test_other_ways_to_weaken_it_are_refused(change):
    assert list(database_checks.found_in({**SQLITE, **change}))


# The code ---------------------------------------------------------------------------------------------------


def test_nobody_delays_or_repeats_through_celery():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for house in HOUSES
        for path in (ROOT / house).rglob("*.py")
        if (match := FORBIDDEN.search(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "run_due.apply_async(countdown=5)",
        "run_due.apply_async(eta=when)",
        "raise self.retry()",
        "@shared_task(autoretry_for=(OSError,))",
        "from celery import chord, shared_task",
        "app.conf.beat_schedule = {}",
        "run_due.delay(1)",
        'result_backend = "redis://"',
    ],
)
def test_the_search_finds_them(line):
    assert FORBIDDEN.search(line)


def test_containers_give_a_call_in_flight_its_time():
    seconds = re.search(r"stop_grace_period: (\d+)s", (ROOT / "compose.yaml").read_text())
    assert seconds
    assert int(seconds[1]) >= 90

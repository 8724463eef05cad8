"""Health, metrics and the System page: who may read them, and that each trouble is named."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from config import deadman, health, system
from work import clock, findings, hold, jobs, outbox, tally, ticker
from work.models import PeriodicJob, Worker

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def nothing_kept(db):
    for kept in (health._ready, health._metrics, health.old_secrets):
        kept.forget()


@pytest.fixture
def well(db):
    now = clock.now()
    return Worker.objects.create(name="host:1:a", started_at=now, seen_at=now)


def ready(client, **more):
    health._ready.forget()
    answer = client.get("/health/ready", **more)
    return answer.status_code, answer.content.decode()


def test_live_needs_no_database(client, django_db_blocker):
    with django_db_blocker.block():
        assert client.get("/health/live").content == b"ok"


def test_probes_need_no_host_name_of_ours(client, well):
    """Containers and load balancers ask by address; the site itself goes on refusing foreign names."""
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/admin/login/", headers={"Host": "10.0.0.7:8000"}).status_code == 400


def test_ready_when_all_is_well(client, well):
    assert ready(client) == (200, "ready")


def test_not_ready_without_a_worker(client, db):
    code, text = ready(client)
    assert code == 503
    assert "No worker has ever run here" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seen_at": -31}, "No worker has been heard of for 31 s"),
        ({"holds": "This machine's clock jumped."}, "claims nothing: This machine's clock jumped."),
        ({"skew_s": 2.5}, "differs from the database's by 2.5 s"),
    ],
)
def test_not_ready_for_a_workers_sake(client, change, words):
    with clock.by_hand() as hand:
        seen = hand.at + timedelta(seconds=change.pop("seen_at", 0))
        Worker.objects.create(name="w", started_at=hand.at, seen_at=seen, **change)
        code, text = ready(client)
    assert code == 503
    assert words in text


@pytest.mark.parametrize("key", ["chains", "restore"])
def test_not_ready_when_a_check_found_something(client, well, key):
    findings.note(key, ok=False, words="Somebody changed the past.")
    assert ready(client) == (503, "not ready\nSomebody changed the past.")


def test_not_ready_with_orphans_or_old_secrets(client, well, monkeypatch):
    monkeypatch.setattr(health, "orphans", lambda now: 2)
    monkeypatch.setattr(health.old_secrets, "make", lambda: 3)
    _, text = ready(client)
    assert "2 publications have no next date" in text
    assert "3 secrets are under an older key" in text


def test_not_ready_when_due_ones_wait(client, well, monkeypatch):
    monkeypatch.setattr(health.metrics, "due", lambda now: ({}, 61.0))
    assert "The oldest due publication has waited for 61 s." in ready(client)[1]


def test_the_words_are_not_for_everybody(client, db):
    assert ready(client, headers={"X-Forwarded-For": "203.0.113.9"}) == (503, "not ready")


# Metrics ----------------------------------------------------------------------------------------------------

NAMES = [
    "publish_lateness_seconds",
    "due_unclaimed",
    "oldest_due_seconds",
    "in_doubt",
    "attention_open",
    "attempts",
    "resends",
    "doubles_detected",
    "orphans",
    "fence_rejects",
    "guard_aborts",
    "ticker_age_seconds",
    "broker_down",
    "local_runs",
    "budget_remaining",
    "breaker_state",
    "token_expires_in",
    "clock_skew_seconds",
    "outbox_age",
    "hash_chain_ok",
]


def read(client, **more):
    health._metrics.forget()
    return client.get("/metrics", **more)


def test_every_metric_of_the_design_is_there(client, well):
    text = read(client).content.decode()
    for name in NAMES:
        assert f"# TYPE {name}" in text, name


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "203.0.113.9"}, 403),
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, 403),
        ({"headers": {"Forwarded": "for=127.0.0.1"}}, 403),
        ({"headers": {"Authorization": "Bearer right"}, "REMOTE_ADDR": "203.0.113.9"}, 200),
        ({"headers": {"Authorization": "Bearer wrong"}}, 403),
        ({"headers": {"Authorization": "Bearer "}, "REMOTE_ADDR": "203.0.113.9"}, 403),
    ],
)
def test_who_may_read_metrics(client, well, settings, given, status):
    settings.METRICS_TOKEN = "right"
    assert read(client, **given).status_code == status


def test_no_token_set_lets_no_empty_token_in(client, well, settings):
    settings.METRICS_TOKEN = ""
    more = {"headers": {"Authorization": "Bearer "}, "REMOTE_ADDR": "203.0.113.9"}
    assert read(client, **more).status_code == 403


def test_counts_of_workers_reach_the_web(client, well):
    tally.count("local_runs", 3)
    tally.write_down()
    assert "local_runs_total 3.0" in read(client).content.decode()


def test_a_mail_that_waits_is_an_age(client, well):
    with clock.by_hand() as hand:
        user = get_user_model().objects.create_user("ada", "ada@example.org", None)
        outbox.tell([user], subject="Secret subject", body="b", event_id="e", kind="late")
        hand.move(120)
        text = read(client).content.decode()
    assert "outbox_age 120.0" in text
    assert "Secret" not in text
    assert "ada" not in text


# The System page --------------------------------------------------------------------------------------------


def test_the_system_page_is_for_administrators(client, well):
    user = get_user_model().objects.create_user("mona")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get("/admin/system/").status_code in (302, 403)
    assert b"/admin/system/" not in client.get("/admin/").content


def test_the_system_page_names_workers_jobs_and_troubles(client, well):
    client.force_login(get_user_model().objects.create_superuser("root"))
    now = clock.now()
    PeriodicJob.objects.create(
        name="sweep of things",
        every_s=60,
        next_action_at=now - timedelta(hours=1),
        last_error="ValueError: no",
    )
    findings.note("chains", ok=False, words="2 publications have events that were changed.")

    page = client.get("/admin/system/").content.decode()

    assert "host:1:a" in page
    assert "Sweep of things" in page
    assert "overdue since" in page
    assert "ValueError: no" in page
    assert "Something needs you" in page
    assert "2 publications have events that were changed." in page


def test_every_job_has_words_for_people():
    assert set(jobs._JOBS) <= set(system.JOB_WORDS)


def test_the_system_page_without_a_worker_says_what_to_do(client, db):
    client.force_login(get_user_model().objects.create_superuser("root"))
    assert "manage.py run_worker" in client.get("/admin/system/").content.decode()


# The dead man -----------------------------------------------------------------------------------------------


@pytest.fixture
def pings(settings, monkeypatch):
    settings.DEAD_MAN_URL = "https://watch.example/ping"
    sent = []
    monkeypatch.setattr(deadman, "fetch_public", lambda url, **more: sent.append((url, more["total_s"])))
    monkeypatch.setattr(hold, "_reasons", {})
    monkeypatch.setattr(ticker, "_last_tick", deadman.time.monotonic())
    return sent


def test_the_outside_hears_while_the_ticker_ticks(pings):
    deadman.ping()
    assert pings == [("https://watch.example/ping", 10.0)]


def test_silence_when_the_ticker_hangs_or_claims_nothing(pings, monkeypatch):
    hold.say("clock", "Wrong clock.")
    deadman.ping()
    hold.say("clock", None)
    monkeypatch.setattr(ticker, "_last_tick", deadman.time.monotonic() - 31)
    deadman.ping()
    monkeypatch.setattr(ticker, "_last_tick", None)
    deadman.ping()
    assert pings == []

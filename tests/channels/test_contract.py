"""What every connector must do, over real HTTP against the sandbox. Registered connectors come in by themselves."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from channels import wire
from channels.connectors.abilities import Read
from channels.connectors.base import (
    METRICS,
    LookupKind,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
    StepSpec,
    TroubleKind,
    UnsupportedFeature,
)
from channels.connectors.registry import CONNECTORS
from engagement.core.catalogue import tells
from tests.channels.conftest import every_format, payload, profile_of

pytestmark = pytest.mark.db  # no database, but a server: not for the fast group

ASKABLE = {Safety.SEARCH, Safety.EXACT}
REPEATABLE = {Safety.KEYED, Safety.PROBE}


def text_of(drive) -> str:
    return drive.payload["parts"][0]["text"]


def test_plan_names_each_step_once_and_stages_nothing_public(going_out):
    steps = going_out.steps()

    assert len({step.key for step in steps}) == len(steps)
    public = [step for step in steps if step.kind in {StepKind.COMMIT, StepKind.REPLY}]
    assert public
    assert not any(step.stage or step.safety is Safety.PURE for step in public)
    assert all(step.safety is Safety.PURE for step in steps if step.stage)
    first_public = steps.index(public[0])
    assert not any(step.stage for step in steps[first_public:])


def standing(drive, ledger) -> list[dict]:
    """The ledger's rows of a post; one without words is known by the file that it begins with."""
    found, (first, *_) = ledger(drive.channel.platform, text_of(drive)[:25]), drive.payload["parts"]
    if text_of(drive):
        return found
    ours = first["media"][0]["sha256"]
    return [row for row in found if row["media"] and row["media"][0]["sha256"] == ours]


def test_every_format_that_is_published_is_driven_here():
    for connector in CONNECTORS:
        known = profile_of(connector.platform)
        names = {known.FORMAT, *known.FORMATS}
        assert {f"{connector.platform}.{name}" for name in names} == connector.publishes


@pytest.mark.parametrize(("platform", "profile"), every_format())
def test_happy_path_stands_in_the_ledger_exactly_as_planned(going_out, ledger, platform, profile):
    going_out.run()

    (row,) = standing(going_out, ledger)
    sent = going_out.payload["parts"][0]["media"]
    assert profile.TEXT(row) == text_of(going_out)
    assert row["remote_id"] == going_out.outcomes["commit"].remote_id
    assert len(row["media"]) == len(sent)
    if profile.ALT:
        assert [m["alt"] for m in row["media"]] == [m["alt"] for m in sent]
    if profile.SAME_BYTES:
        assert [m["sha256"] for m in row["media"]] == [m["sha256"] for m in sent]
    assert going_out.outcomes["commit"].bytes_started_at is not None
    urls = [outcome.remote_url for outcome in going_out.outcomes.values() if outcome.remote_url]
    for url in urls:
        assert httpx.get(url, follow_redirects=True, trust_env=False).status_code == 200


def test_nothing_is_public_before_the_commit(going_out, ledger, platform):
    going_out.run(until="commit")

    assert ledger(platform, text_of(going_out)[:25]) == []


@pytest.mark.parametrize(("platform", "profile"), every_format())
def test_lost_answer_is_unknown_and_never_becomes_two_posts(going_out, ledger, fault, platform, profile):
    going_out.run(until="commit")
    fault(platform, profile.COMMIT_CALL, "lost_answer")

    outcome = going_out.one("commit")

    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.bytes_started_at is not None
    end = time.monotonic() + 20
    while profile.PATIENT and not standing(going_out, ledger) and time.monotonic() < end:
        time.sleep(0.1)
    (row,) = standing(going_out, ledger)
    blind = going_out.step("commit").safety is Safety.BLIND
    assert settled(going_out, patient=profile.PATIENT) == ("" if blind else profile.FOUND(row))
    assert len(standing(going_out, ledger)) == 1


class Losing:
    """The network does what it is asked, and while ``armed`` its next answer does not arrive."""

    def __init__(self, monkeypatch):
        self.armed, real = False, wire.send

        def send(request, **more):
            answer = real(request, **more)
            if self.armed:
                self.armed = False
                raise wire.AnswerLost("the connection was cut", "cut")
            return answer

        monkeypatch.setattr(wire, "send", send)


def test_an_answer_lost_at_every_step_makes_one_post_as_planned(
    going_out, ledger, monkeypatch, platform, profile
):
    losing, lost = Losing(monkeypatch), []
    for step in going_out.steps():
        losing.armed = True
        outcome = going_out.one(step.key)
        if losing.armed:  # it needed no call
            losing.armed = False
            assert outcome.ok, (step.key, outcome)
            continue
        lost.append(step.key)
        public = step.kind in {StepKind.COMMIT, StepKind.REPLY}
        if public and step.safety is Safety.BLIND:
            assert (outcome.kind, going_out.look(step.key).complete) == (OutcomeKind.UNKNOWN, True)
            break
        carry_on(going_out, step, look=public and outcome.kind is OutcomeKind.UNKNOWN)

    (row,) = ledger(platform, text_of(going_out)[:25])
    sent = going_out.payload["parts"][0]["media"]
    assert profile.TEXT(row) == text_of(going_out)
    assert len(row["media"]) == len(sent)
    if profile.ALT:
        assert [m["alt"] for m in row["media"]] == [m["alt"] for m in sent]
    assert "commit" in lost


def carry_on(drive, step, *, look: bool) -> None:
    """As the delivery core goes on after a lost answer: look where that is the step's way, else repeat until it is done."""
    if look and step.safety in ASKABLE:
        found = drive.look(step.key)
        if found.kind is LookupKind.FOUND:
            drive.refs[step.key] = dict(found.remote_ref)
            return
        assert (found.kind, found.complete) == (LookupKind.ABSENT, True)
    end = time.monotonic() + 30
    while not (outcome := drive.one(step.key)).ok:
        assert outcome.kind is OutcomeKind.BUSY, (step.key, outcome)
        assert time.monotonic() < end, (step.key, outcome)
        time.sleep(0.1)


THREADS = [name.partition(".")[0] for c in CONNECTORS for name in c.publishes if name.endswith(".thread")]


@pytest.mark.parametrize("platform", THREADS)
def test_a_thread_whose_second_part_is_refused_goes_on_below_the_first(
    platform, profile, drive, ledger, fault
):
    tag = uuid.uuid4().hex
    texts = [f"{tag} {n} {uuid.uuid4().hex}" for n in range(1, 4)]
    thread = drive(payload(platform, profile.FORMAT, *({"text": text} for text in texts)))
    second, third = (step for step in thread.steps() if step.kind is StepKind.REPLY)
    thread.run(until=second.key)
    fault(platform, profile.COMMIT_CALL, "refused")

    refused = thread.one(second.key)

    assert refused.kind in {OutcomeKind.CONTENT, OutcomeKind.PERMISSION}, refused
    assert refused.message
    assert [row["text"] for row in ledger(platform, tag)] == texts[:1]
    waiting = thread.steps()[thread.steps().index(second) :]
    for step in waiting:  # as after "try again": what is out is not sent anew
        carry_on(thread, step, look=False)
    rows = {row["text"]: row for row in ledger(platform, tag)}
    assert sorted(rows) == texts
    ids = [thread.refs[key]["id"] for key in ("commit", second.key, third.key)]
    assert [rows[text]["remote_id"] for text in texts] == ids
    assert [rows[text]["reply_to"] for text in texts[1:]] == ids[:2]


@pytest.mark.parametrize("fault_name", ["5xx_after", "garbled"])
def test_other_unreadable_successes_are_unknown_too(going_out, fault, platform, profile, fault_name):
    going_out.run(until="commit")
    fault(platform, profile.COMMIT_CALL, fault_name)

    assert going_out.one("commit").kind is OutcomeKind.UNKNOWN
    assert bool(settled(going_out)) is (going_out.step("commit").safety is not Safety.BLIND)


def settled(drive, *, patient: bool = False) -> str:
    """The id of a post whose answer was lost, learned in the way that the step's safety promises.

    ``patient``: while the network is still at it, the look-up says so and is repeated.
    """
    safety = drive.step("commit").safety
    if safety in REPEATABLE:
        again = drive.one("commit")
        assert again.ok, again
        return again.remote_id
    lookup, end = drive.look("commit"), time.monotonic() + 20
    while patient and lookup.kind is not LookupKind.FOUND and time.monotonic() < end:
        assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, False)
        time.sleep(0.1)
        lookup = drive.look("commit")
    if safety is Safety.BLIND:
        assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, True)  # a person is asked
        return ""
    assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True)
    assert lookup.remote_ref["id"] == lookup.remote_id
    return lookup.remote_id


def test_5xx_that_did_nothing_is_unknown_and_the_lookup_says_absent(going_out, fault, platform, profile):
    going_out.run(until="commit")
    fault(platform, profile.COMMIT_CALL, "5xx")

    assert going_out.one("commit").kind is OutcomeKind.UNKNOWN
    lookup = going_out.look("commit")
    if going_out.step("commit").safety is Safety.BLIND:
        assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, True)
    else:
        assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True)
        assert going_out.one("commit").ok


@pytest.mark.parametrize(("platform", "profile"), every_format())
def test_lookup_that_fails_is_no_answer(going_out, fault, platform, profile):
    going_out.run(until="commit")
    if not profile.LOOKUP_CALL:
        assert going_out.step("commit").safety not in ASKABLE
        return
    fault(platform, profile.LOOKUP_CALL, "5xx")

    lookup = going_out.look("commit")

    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, False)
    assert lookup.outcome.kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize(
    ("platform", "profile"),
    [each for each in every_format() if each.values[0] in ("instagram", "threads")],
)
def test_an_error_instead_of_the_answer_never_becomes_two_posts(going_out, ledger, fault, platform, profile):
    """Instagram and Threads may publish and answer with an error all the same: then only the container knows."""
    going_out.run(until="commit")
    fault(platform, profile.COMMIT_CALL, "error_after")

    outcome = going_out.one("commit")

    assert (outcome.kind, outcome.redo) == (OutcomeKind.UNKNOWN, ())
    (row,) = standing(going_out, ledger)
    assert settled(going_out) == row["remote_id"]
    assert len(standing(going_out, ledger)) == 1


def test_rate_limit_says_how_long(going_out, fault, platform, profile):
    going_out.run(until="commit")
    fault(platform, profile.COMMIT_CALL, "429", seconds=90)

    outcome = going_out.one("commit")

    assert outcome.kind is OutcomeKind.RATE
    assert 0 < outcome.retry_after_s <= 3600
    assert going_out.one("commit").ok


def test_refused_token_is_auth(going_out, fault, platform, profile):
    going_out.run(until="commit")
    fault(platform, profile.COMMIT_CALL, "auth")

    assert going_out.one("commit").kind is OutcomeKind.AUTH


def test_wrong_token_is_auth_and_never_recorded(going_out, platform):
    going_out.run(until="commit")

    outcome = going_out.one("commit", token="not-a-token-at-all")

    assert outcome.kind is OutcomeKind.AUTH
    assert "not-a-token-at-all" not in repr(outcome)


def test_guard_is_asked_before_the_first_byte(going_out, ledger, platform):
    from dataclasses import replace

    from channels.wire import GuardLate, Wire

    def late():
        raise GuardLate

    going_out.run(until="commit")
    ctx = going_out.context()
    ctx = replace(ctx, wire=Wire(going_out.channel, token=going_out.token, guard=late))

    outcome = going_out.connector.run(going_out.step("commit"), ctx)

    assert (outcome.kind, outcome.code, outcome.bytes_started_at) == (
        OutcomeKind.NOT_SENT,
        "guard_late",
        None,
    )
    assert ledger(platform, text_of(going_out)[:25]) == []


def test_media_that_changed_after_approval_is_refused(platform, going_out, profile):
    if profile.MEDIA == "none":
        return
    going_out.payload["parts"][0]["media"][0]["sha256"] = "0" * 64
    first = going_out.steps()[0]

    outcome = going_out.connector.run(first, going_out.context())

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "MediaChanged")


def test_numbers_grow_and_unknown_is_not_zero(going_out, platform, profile):
    if Read.NUMBERS not in going_out.connector.reads:
        with pytest.raises(UnsupportedFeature):
            going_out.connector.metrics(going_out.context(), [])
        return
    going_out.run()
    commit = going_out.outcomes["commit"]
    ref = PublishedRef(
        "p1", commit.remote_id, (commit.remote_id,), going_out.payload["format"], datetime.now(UTC)
    )

    deadline = time.monotonic() + 20
    while True:
        (reading,) = going_out.connector.metrics(going_out.context(), [ref])
        if (reading.metrics["likes"] or 0) > 0 or time.monotonic() > deadline or not profile.LIKES:
            break
        time.sleep(0.3)

    assert set(reading.metrics) == set(METRICS)
    told = [name for name, value in reading.metrics.items() if value is not None]
    assert [name for name in told if not tells(going_out.connector.platform, name)] == []
    assert (reading.metrics["likes"] or 0) > 0 or not profile.LIKES
    assert reading.raw
    assert [reading.metrics[name] for name in profile.NEVER] == [None] * len(profile.NEVER)
    assert reading.publication_id == "p1"


def test_numbers_of_a_post_that_is_gone_are_unknown(going_out, platform, profile):
    if Read.NUMBERS not in going_out.connector.reads:
        return
    ref = PublishedRef(
        "p1",
        profile.GONE,
        (profile.GONE,),
        f"{platform}.post",
        datetime.now(UTC) - timedelta(1),
    )

    (reading,) = going_out.connector.metrics(going_out.context(), [ref])

    assert set(reading.metrics.values()) == {None}
    assert reading.problem
    assert reading.gone is profile.SAYS_GONE


def test_account_and_preflight(going_out, platform):
    facts = going_out.connector.account(going_out.context())

    assert facts["handle"] == going_out.channel.handle
    assert (facts["followers"] or 0) > 0 or Read.FOLLOWERS not in going_out.connector.reads
    assert httpx.get(facts["url"], follow_redirects=True, trust_env=False).status_code == 200
    assert going_out.connector.preflight(going_out.channel, going_out.context()) == []


def test_preflight_names_a_missing_permission(going_out, platform):
    flow = going_out.connector.oauth
    needed = [scope for scope in flow.scopes if scope not in flow.optional]
    if not needed:
        return
    missing = needed[-1]
    going_out.channel.scopes.remove(missing)

    (problem,) = going_out.connector.preflight(going_out.channel, going_out.context())

    assert missing in problem
    assert problem.kind is TroubleKind.SCOPES


def test_preflight_tells_trouble_instead_of_raising(going_out, fault, platform):
    fault(platform, "GET /", "5xx")

    (problem,) = going_out.connector.preflight(going_out.channel, going_out.context())

    assert problem.kind is TroubleKind.REACH


def test_preflight_of_a_dead_token(going_out, platform):
    (problem,) = going_out.connector.preflight(going_out.channel, going_out.context(token="dead-token-123"))

    assert problem
    assert problem.kind is TroubleKind.TOKEN


def test_deleting_takes_it_down_and_a_second_time_does_no_harm(going_out, ledger, platform):
    connector = going_out.connector
    if not connector.can_delete:
        with pytest.raises(UnsupportedFeature):
            connector.delete("1", going_out.context())
        return
    going_out.run()
    step = StepSpec(
        "delete commit",
        StepKind.DELETE,
        Safety.PURE,
        data={"remote_id": going_out.outcomes["commit"].remote_id},
    )

    first = connector.run(step, going_out.context())

    assert first.ok
    assert ledger(platform, text_of(going_out)[:25]) == []
    assert connector.run(step, going_out.context()).ok

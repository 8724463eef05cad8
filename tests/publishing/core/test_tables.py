"""The small pure parts, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from publishing.core import chain, retry, states
from publishing.core.shapes import Now, StepNow, Times, Try
from publishing.core.states import Reason, State, StepState, Verdict
from publishing.core.status import STATES_IN_ORDER, word_of

pytestmark = pytest.mark.unit
AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def test_tables_that_make_no_sense_are_refused():
    class S(states.StrEnum):
        A = "a"
        B = "b"

    ok = {S.A: frozenset({S.B}), S.B: frozenset()}
    states.check(ok, S.A, frozenset({S.B}))
    for table, ends in (
        ({S.A: frozenset({S.B})}, {S.B}),
        ({S.A: frozenset(), S.B: frozenset({S.A})}, {S.A}),
        (ok, set()),
        ({S.A: frozenset({S.B}), S.B: frozenset({S.A})}, {S.B}),
    ):
        with pytest.raises(ValueError, match=r"states|ends"):
            states.check(table, S.A, frozenset(ends))


@pytest.mark.parametrize("end", [State.PUBLISHED, State.FAILED, State.CANCELLED])
def test_nothing_leaves_an_end(end):
    for state in State:
        if state is not end:
            with pytest.raises(states.NotAllowed):
                states.move(end, state)


def test_done_is_never_run_again():
    for state in set(StepState) - {StepState.DONE}:
        with pytest.raises(states.NotAllowed):
            states.move_step(StepState.DONE, state)


def test_attention_is_left_only_by_a_person():
    assert states.before(State.RUNNING).isdisjoint({State.ATTENTION})


@pytest.mark.parametrize(
    ("tries", "jitter", "wait_s"),
    [(0, 1, 1), (1, 1, 2), (6, 1, 60), (99, 1, 60), (3, 0.5, 5), (0, 0, 0.2), (5, 9, 40)],
)
def test_backoff(tries, jitter, wait_s):
    assert retry.backoff_s(tries, jitter) == wait_s


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        (None, 60.5),
        (float("nan"), 60.5),
        (0, 1.5),
        (-5, 1.5),
        (300, 300.5),
        (float("inf"), retry.WAIT_MAX_S + 0.5),
    ],
)
def test_rate_wait(said, wait_s):
    assert retry.rate_wait_s(said, 0.5) == wait_s


def test_last_byte_of_a_worker_that_died_is_the_guards_limit():
    lost = Try(intent_at=AT, lease_until=AT + timedelta(seconds=120))
    assert lost.last_byte_at(Times()) == AT + timedelta(seconds=50)
    known = Try(
        intent_at=AT, lease_until=AT + timedelta(seconds=120), bytes_started_at=AT + timedelta(seconds=1)
    )
    assert known.last_byte_at(Times()) == AT + timedelta(seconds=1)


def test_parts_out_counts_public_steps_only():
    steps = (
        StepNow("u", "upload", "pure", StepState.DONE),
        StepNow("c", "commit", "search", StepState.DONE),
        StepNow("r", "reply", "search", StepState.TODO),
    )
    assert Now(AT, State.RUNNING, AT, 60, steps).parts_out == 1


def test_chain_shows_what_was_changed():
    events, before = [], ""
    for seq in range(1, 4):
        fields = {"seq": seq, "kind": "x"}
        digest = chain.link(before, fields)
        events.append((seq, before, digest, fields))
        before = digest

    assert chain.first_break(events) is None
    assert chain.first_break(events[:1] + events[2:]) == 3
    changed = list(events)
    changed[1] = (2, events[1][1], events[1][2], {"seq": 2, "kind": "y"})
    assert chain.first_break(changed) == 2


def test_hashes_of_old_events_stay_what_they_are():
    """Whoever changes the spelling of an event makes every chain in every database look broken."""
    first = "8f8b5b87283c86f487828a46c3020adc6506e068ef0c4e93bab1ae4513c74d3c"
    assert chain.link("", {"b": "é", "a": 1}) == first
    assert chain.link("ab", {"b": [1, 2], "a": 1}) == (
        "136ece9caa76fc462ee300681bf356e97cb022049b10c3a58b7b36268a2e22f7"
    )
    with pytest.raises(ValueError, match="JSON"):
        chain.link("", {"a": float("nan")})


def test_each_thing_that_does_not_fit_shows_by_itself():
    fields = {"a": 1}
    digest = chain.link("", fields)

    assert chain.first_break([(2, "", digest, fields)]) == 2  # one is missing before it
    assert chain.first_break([(1, "x", chain.link("x", fields), fields)]) == 1
    assert chain.first_break([(1, "x", digest, fields)]) == 1
    assert chain.first_break([(1, "", digest, {"a": 2})]) == 1


def test_the_whole_ladder_and_the_longest_wait():
    assert [retry.backoff_s(tries, 1) for tries in range(-1, 8)] == [1, 1, 2, 5, 10, 20, 40, 60, 60]
    assert retry.backoff_s(0, -3) == 0.2
    assert retry.sane_s(None) is None
    assert retry.sane_s(float("nan")) is None
    assert retry.sane_s(-1) == 0
    assert retry.sane_s(float("inf")) == 366 * 86_400
    assert retry.rate_wait_s(5, 0) == 5
    assert retry.rate_wait_s(5, 7) == 6
    assert retry.rate_wait_s(5, -7) == 5
    assert retry.rate_wait_s(0.25, 0) == 1


def test_words_that_stand_in_the_database_stay_what_they_are():
    stored = {
        kind.__name__: [member.value for member in kind] for kind in (State, Reason, StepState, Verdict)
    }

    assert stored == {
        "State": [
            "scheduled",
            "running",
            "waiting",
            "in_doubt",
            "attention",
            "published",
            "failed",
            "cancelled",
        ],
        "Reason": [
            "late",
            "unknown_outcome",
            "reconnect",
            "account_blocked",
            "restored",
            "partial_thread",
            "quota",
            "poison",
            "duplicate",
        ],
        "StepState": ["todo", "intent", "unknown", "done", "skipped"],
        "Verdict": ["", "not_sent", "ok", "refused", "unknown", "found", "absent", "unknowable"],
    }


def test_moves_are_allowed_one_by_one_and_refusals_say_which():
    assert states.move(State.SCHEDULED, State.RUNNING) is State.RUNNING
    assert states.move(State.PUBLISHED, State.PUBLISHED) is State.PUBLISHED
    assert states.move_step(StepState.TODO, StepState.INTENT) is StepState.INTENT
    assert states.move_step(StepState.DONE, StepState.DONE) is StepState.DONE
    with pytest.raises(states.NotAllowed, match=r"^published → running$"):
        states.move(State.PUBLISHED, State.RUNNING)
    with pytest.raises(states.NotAllowed, match=r"^step done → todo$"):
        states.move_step(StepState.DONE, StepState.TODO)


def test_which_states_a_word_speaks_of():
    assert {word: sorted(which) for word, which in STATES_IN_ORDER.items()} == {
        "attention": ["attention"],
        "failed": ["failed"],
        "publishing": ["in_doubt", "running", "waiting"],
        "approved": ["running", "scheduled", "waiting"],
        "published": ["published"],
        "cancelled": ["cancelled"],
    }
    assert next(iter(STATES_IN_ORDER)) == "attention"


def test_waits_are_what_the_documents_say():
    waits = Times()
    assert (waits.lease_s, waits.call_max_s, waits.guard_s, waits.settle_s) == (120, 60, 10, 60)
    assert (waits.absent_gap_s, waits.lookup_max_s, waits.look_least_s) == (60, 86_400, 900)
    assert (waits.key_max_s, waits.probe_max_s, waits.verify_after_s, waits.takedown_s) == (
        3000,
        600,
        120,
        86_400,
    )
    assert (waits.max_sends, waits.max_bugs, waits.max_polls, waits.ready_s) == (2, 3, 4, 3600)


NONE = {"approved": False, "voided": False, "in_review": False, "changes_requested": False}


@pytest.mark.parametrize(
    ("found", "more", "word"),
    [
        ([], {}, "draft"),
        ([], {"approved": True}, "approved"),
        ([], {"voided": True}, "voided"),
        ([], {"in_review": True}, "in_review"),
        ([], {"changes_requested": True}, "changes_requested"),
        ([(State.SCHEDULED, False)], {"approved": True}, "approved"),
        ([(State.RUNNING, False)], {"approved": True}, "approved"),
        ([(State.WAITING, True)], {"approved": True}, "publishing"),
        ([(State.PUBLISHED, True), (State.SCHEDULED, False)], {"approved": True}, "approved"),
        ([(State.PUBLISHED, True), (State.ATTENTION, True)], {"approved": True}, "attention"),
        ([(State.CANCELLED, False)], {"voided": True}, "voided"),
        ([(State.CANCELLED, False)], {"voided": True, "in_review": True}, "in_review"),
        ([(State.CANCELLED, False)], {"approved": True}, "cancelled"),
        ([(State.FAILED, True)], {"approved": True}, "failed"),
        ([(State.PUBLISHED, True)], {"approved": True}, "published"),
    ],
)
def test_one_word(found, more, word):
    said = word_of(states=[s for s, _ in found], started=[b for _, b in found], **{**NONE, **more})
    assert said == word


def test_every_reason_and_state_has_words():
    from publishing.words import REASON_WORDS, STATE_WORDS

    assert set(REASON_WORDS) == set(Reason)
    assert set(STATE_WORDS) == set(State)

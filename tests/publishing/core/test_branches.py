"""Every branch of the decisions, as tables: what is asked for, and exactly what comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publishing.core import ahead, decide, grace, quota
from publishing.core.judge import judge
from publishing.core.rule import gives_up_at, rule
from publishing.core.shapes import (
    Again,
    Answered,
    Ask,
    Cancel,
    Check,
    Fail,
    Look,
    Looked,
    Now,
    Publish,
    Redo,
    RefreshToken,
    Rest,
    Ruling,
    Send,
    Skip,
    Sleep,
    StepNow,
    Times,
    Try,
)
from publishing.core.states import Reason, State, StepState, Verdict

pytestmark = pytest.mark.unit

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
TODO, INTENT, UNKNOWN, DONE, SKIPPED = (
    StepState.TODO,
    StepState.INTENT,
    StepState.UNKNOWN,
    StepState.DONE,
    StepState.SKIPPED,
)


def s(seconds):
    return timedelta(seconds=seconds)


def now(*steps, at=DUE, state=State.RUNNING, **more):
    fields = {"due_at": DUE, "grace_s": 1800, "stage_at": DUE - s(900), "preflight_at": DUE, **more}
    return Now(at=at, state=state, steps=steps or (commit(),), **fields)


def commit(state=TODO, safety="search", **more):
    return StepNow("commit", "commit", safety, state, **more)


def reply(n, state=TODO, **more):
    return StepNow(f"reply {n}", "reply", "search", state, **more)


def upload(state=TODO, key="upload 1.1", **more):
    return StepNow(key, "upload", "pure", state, stage=True, **more)


def sent(at=DUE, kind="unknown", **more):
    return Try(at, at + s(120), bytes_started_at=at, outcome=Verdict.UNKNOWN, kind=kind, **more)


# What to do next --------------------------------------------------------------------------------------------

SECOND = timedelta(milliseconds=1)
COMMENT = StepNow("comment", "reply", "search", TODO, required=False)
SETTLES = StepNow("wait", "wait", "pure", TODO)
LEFT_OUT = Try(DUE, DUE + timedelta(seconds=120), outcome=Verdict.UNKNOWABLE)
VERIFY = StepNow("verify", "verify", "pure", TODO, required=False)


@pytest.mark.parametrize(
    ("seen", "action"),
    [
        # over
        (now(state=State.FAILED), Rest()),
        (now(state=State.CANCELLED), Rest()),
        (now(commit(DONE), state=State.PUBLISHED), Rest()),
        # in time, early, late
        (now(), Send("commit")),
        (now(at=DUE - SECOND), Sleep(DUE, State.SCHEDULED)),
        (now(at=DUE + s(1800)), Send("commit")),
        (now(at=DUE + s(1800) + SECOND), Ask(Reason.LATE, "Its time was over before it could go out.")),
        (
            now(commit(DONE), reply(2), at=DUE + s(1801)),
            Ask(Reason.PARTIAL, "Only a part of it went out before its time was over."),
        ),
        (
            now(commit(DONE), StepNow("people", "wait", "pure", TODO, asks_nobody=True), at=DUE + s(1801)),
            Send("people"),
        ),
        (
            now(commit(SKIPPED, "blind", last=LEFT_OUT), reply(2), at=DUE + s(1801)),
            Ask(Reason.LATE, "Some may have it; its time was over before the others could get it."),
        ),
        # what the network has in full cannot be late; what came of it is asked about for so long
        (now(commit(DONE, done_at=DUE + s(1799)), SETTLES, at=DUE + s(1799 + 900)), Send("wait")),
        (now(commit(DONE, done_at=DUE + s(9)), SETTLES, grace_s=300, at=DUE + s(909)), Send("wait")),
        (
            now(commit(DONE, done_at=DUE + s(9)), SETTLES, grace_s=300, at=DUE + s(909) + SECOND),
            Ask(Reason.UNKNOWN_OUTCOME, "The network has all of it and has not said what came of it."),
        ),
        (now(commit(DONE), SETTLES, grace_s=10**8, at=DUE + s(86_400)), Send("wait")),
        (
            now(commit(DONE), SETTLES, grace_s=10**8, at=DUE + s(86_400) + SECOND),
            Ask(Reason.UNKNOWN_OUTCOME, "The network has all of it and has not said what came of it."),
        ),
        (now(commit(DONE), reply(2)), Send("reply 2")),
        # staging
        (now(upload(), commit(), at=DUE - s(900)), Send("upload 1.1")),
        (now(upload(), commit(), at=DUE - s(901)), Sleep(DUE - s(900), State.SCHEDULED)),
        (now(upload(), commit(), at=DUE - s(1), stage_at=None), Sleep(DUE, State.SCHEDULED)),
        (now(upload(DONE), commit(), at=DUE - s(1)), Sleep(DUE, State.WAITING)),
        (now(upload(SKIPPED, required=False), commit(), at=DUE - s(1)), Sleep(DUE, State.WAITING)),
        # looking ahead
        (now(at=DUE - s(1), preflight_at=None), Check()),
        (now(at=DUE - s(900), preflight_at=DUE - s(901)), Check()),
        (now(at=DUE - s(901), preflight_at=DUE - s(3600)), Sleep(DUE - s(900), State.SCHEDULED)),
        (now(at=DUE - s(90_000), preflight_at=None), Sleep(DUE - s(86_400), State.SCHEDULED)),
        (now(at=DUE, preflight_at=None), Send("commit")),
        # stopping
        (now(cancel_requested=True), Cancel()),
        (now(cancel_requested=True, at=DUE - s(1), preflight_at=None), Cancel()),
        (
            now(commit(DONE), reply(2), cancel_requested=True),
            Ask(Reason.PARTIAL, "It was stopped after a part of it had gone out."),
        ),
        # published as soon as everything required is there
        (now(commit(DONE)), Publish()),
        (now(commit(DONE), COMMENT), Publish()),
        (now(commit(DONE), VERIFY, at=DUE + s(9999)), Publish()),
        (now(VERIFY, commit()), Send("commit")),
        # optional steps before the post
        (now(upload(DONE), upload(key="alt 1.1", required=False, tries=9), commit(), at=DUE - s(9)), Send("alt 1.1")),
        (
            now(upload(DONE), upload(key="alt 1.1", required=False, tries=4), commit()),
            Skip("alt 1.1", "It did not work after several tries."),
        ),
        (now(upload(DONE), upload(key="alt 1.1", required=False, tries=3), commit()), Send("alt 1.1")),
        (now(upload(tries=99), commit()), Send("upload 1.1")),
        # and after it
        (now(commit(DONE), COMMENT, state=State.PUBLISHED), Send("comment")),
        (now(commit(DONE), replace(COMMENT, tries=3), state=State.PUBLISHED), Send("comment")),
        (
            now(commit(DONE), replace(COMMENT, tries=4), state=State.PUBLISHED),
            Skip("comment", "It did not work after several tries."),
        ),
        # what the network is not ready for is asked for longer
        (
            now(commit(DONE), replace(COMMENT, tries=9, busy=6), state=State.PUBLISHED, at=DUE + s(3599)),
            Send("comment"),
        ),
        (
            now(commit(DONE), replace(COMMENT, tries=9, busy=5), state=State.PUBLISHED, at=DUE + s(60)),
            Skip("comment", "It did not work after several tries."),
        ),
        (
            now(
                commit(DONE), replace(COMMENT, tries=9, busy=6),
                state=State.PUBLISHED, published_at=DUE + s(60), at=DUE + s(3660),
            ),
            Skip("comment", "The network was not ready for it in time."),
        ),
        (
            now(
                commit(DONE), replace(COMMENT, tries=3, busy=3),
                state=State.PUBLISHED, published_at=DUE, at=DUE + s(9999),
            ),
            Send("comment"),
        ),
        (now(commit(DONE), VERIFY, state=State.PUBLISHED), Send("verify")),
        (
            now(commit(DONE), VERIFY, state=State.PUBLISHED, published_at=DUE),
            Sleep(DUE + s(120), State.PUBLISHED),
        ),
        (now(commit(DONE), VERIFY, state=State.PUBLISHED, published_at=DUE, at=DUE + s(120)), Send("verify")),
        (now(commit(DONE), COMMENT, state=State.PUBLISHED, published_at=DUE), Send("comment")),
        # taking down
        (now(commit(DONE), takedown_at=DUE), Cancel()),
        (now(commit(DONE), StepNow("delete commit", "delete", "pure", TODO), takedown_at=DUE), Send("delete commit")),
        (
            now(commit(DONE), StepNow("delete commit", "delete", "pure", DONE), takedown_at=DUE),
            Cancel(),
        ),
        (
            now(
                commit(DONE), StepNow("delete commit", "delete", "pure", TODO),
                takedown_at=DUE, at=DUE + s(86_401),
            ),
            Ask(Reason.PARTIAL, "Not all of it could be deleted."),
        ),
        (
            now(commit(DONE), reply(2), StepNow("delete commit", "delete", "pure", TODO), takedown_at=DUE,
                at=DUE + s(86_400), cancel_requested=True),
            Send("delete commit"),
        ),
    ],
)  # fmt: skip
def test_next_action(seen, action):
    assert decide.next_action(seen) == action


OLD = {"expires_at": DUE + s(120), "done_at": DUE - s(900)}


@pytest.mark.parametrize(
    ("steps", "dead"),
    [
        ([upload(DONE, **OLD), commit()], ("upload 1.1",)),
        ([upload(DONE, **OLD | {"expires_at": DUE + s(121)}), commit()], ()),
        ([upload(DONE, **OLD | {"done_at": DUE - s(59)}), commit()], ()),
        ([upload(DONE, **OLD | {"done_at": DUE - s(60)}), commit()], ("upload 1.1",)),
        ([upload(DONE, **OLD | {"done_at": None}), commit()], ("upload 1.1",)),
        # what was built on it goes with it, another branch does not
        (
            [upload(DONE, **OLD), upload(DONE, key="alt 1.1"), upload(DONE, key="upload 1.2"), commit()],
            ("upload 1.1", "alt 1.1"),
        ),
        ([upload(DONE, **OLD), upload(DONE, key="container"), commit()], ("upload 1.1", "container")),
        (
            [upload(DONE, key="container", **OLD), upload(DONE, key="wait 1.1"), commit()],
            ("container", "wait 1.1"),
        ),
        ([upload(DONE, key="alt 1.1"), upload(DONE, **OLD), commit()], ("upload 1.1",)),
        ([upload(DONE, **OLD), upload(SKIPPED, key="alt 1.1"), commit()], ("upload 1.1",)),
        # spent: the post that it was made for is out
        (
            [upload(DONE, **OLD), upload(DONE, key="upload 2.1", **OLD), commit(DONE), reply(2)],
            ("upload 2.1",),
        ),
        ([upload(DONE, key="upload", **OLD), commit(DONE), reply(2)], ()),
        ([upload(DONE, key="upload 2.1", **OLD), commit()], ()),
        ([replace(upload(DONE, **OLD), stage=False), commit()], ()),
    ],
)
def test_expired_handles(steps, dead):
    action = decide.next_action(now(*steps))
    assert action == Redo(dead) if dead else isinstance(action, Send)


def test_only_the_first_try_of_the_first_part_counts_as_first():
    assert decide.is_first_public(now(upload(DONE), commit(), reply(2)), "commit")
    assert not decide.is_first_public(now(upload(DONE), commit(), reply(2)), "reply 2")
    assert not decide.is_first_public(now(commit(last=sent())), "commit")
    assert not decide.is_first_public(now(upload()), "upload 1.1")


# In doubt ---------------------------------------------------------------------------------------------------

LANDED = DUE + s(120)
WHY_BLIND = "The network cannot be asked whether it has arrived."


def doubtful(safety="search", **more):
    return commit(UNKNOWN, safety, **{"last": sent(), "first_sent_at": DUE, "sends": 1, **more})


@pytest.mark.parametrize(
    ("step", "more", "action"),
    [
        (upload(UNKNOWN), {}, Again("upload 1.1")),
        (doubtful(), {}, Sleep(LANDED, State.IN_DOUBT)),
        (doubtful(), {"state": State.PUBLISHED}, Sleep(LANDED, State.PUBLISHED)),
        (doubtful(), {"at": LANDED}, Look("commit")),
        (doubtful(), {"at": LANDED, "cancel_requested": True}, Look("commit")),
        (commit(UNKNOWN), {}, Look("commit")),
        (doubtful("exact"), {"at": LANDED}, Look("commit")),
        (doubtful(last=sent(kind="duplicate")), {}, Look("commit")),
        (doubtful(hint=True), {}, Look("commit")),
        (doubtful(absences=1, absent_at=LANDED), {"at": LANDED}, Sleep(LANDED + s(60), State.IN_DOUBT)),
        (doubtful(absences=1, absent_at=DUE), {"at": LANDED}, Look("commit")),
        (doubtful(absences=1), {"at": LANDED}, Look("commit")),
        (doubtful(absent_at=LANDED), {"at": LANDED}, Look("commit")),
        # a worker that died told nobody when its byte left: the guard's limit counts
        (doubtful(last=Try(DUE, DUE + s(120))), {"at": DUE + s(169)}, Sleep(DUE + s(170), State.IN_DOUBT)),
        # our key, a window
        (doubtful("keyed"), {"at": LANDED}, Look("commit")),
        (doubtful("keyed", looked=True), {"at": LANDED}, Send("commit")),
        (doubtful("keyed", looked=True), {"at": LANDED - s(1)}, Sleep(LANDED, State.IN_DOUBT)),
        (doubtful("keyed", looked=True), {"at": LANDED, "cancel_requested": True}, Look("commit")),
        (doubtful("keyed", looked=True, hint=True), {"at": LANDED}, Look("commit")),
        (doubtful("keyed", looked=True, last=sent(kind="duplicate")), {"at": LANDED}, Look("commit")),
        (doubtful("keyed", looked=True), {"at": DUE + s(1801)}, Look("commit")),
        (doubtful("keyed", looked=True), {"at": DUE + s(2939), "grace_s": 9999}, Send("commit")),
        (doubtful("keyed", looked=True), {"at": DUE + s(2940), "grace_s": 9999}, Look("commit")),
        (doubtful("probe"), {"at": DUE + s(539)}, Send("commit")),
        (doubtful("probe"), {"at": DUE + s(540)}, Look("commit")),
        (doubtful("probe", first_sent_at=None), {"at": DUE + s(540)}, Look("commit")),
        (doubtful("probe", first_sent_at=DUE - s(420)), {"at": LANDED}, Look("commit")),
        (commit(UNKNOWN, "probe"), {}, Send("commit")),
        # nobody to ask
        (doubtful("blind"), {}, Ask(Reason.UNKNOWN_OUTCOME, WHY_BLIND)),
        (doubtful("blind", required=False), {}, Skip("commit", WHY_BLIND)),
        (doubtful("blind"), {"resend_once": True}, Sleep(LANDED, State.IN_DOUBT)),
        (doubtful("blind"), {"resend_once": True, "at": LANDED}, Again("commit", Verdict.UNKNOWABLE)),
        (doubtful("blind", sends=2), {"resend_once": True}, Ask(Reason.UNKNOWN_OUTCOME, WHY_BLIND)),
        (
            doubtful("blind"),
            {"resend_once": True, "cancel_requested": True},
            Ask(Reason.UNKNOWN_OUTCOME, WHY_BLIND),
        ),
        (
            doubtful("blind"),
            {"resend_once": True, "at": DUE + s(1801)},
            Ask(Reason.UNKNOWN_OUTCOME, WHY_BLIND),
        ),
    ],
)
def test_open_intent(step, more, action):
    assert decide.next_action(now(step, **more)) == action


# Answers ----------------------------------------------------------------------------------------------------

PUB = State.PUBLISHED
WAIT = State.WAITING
NOT_SENT = Verdict.NOT_SENT
NO_ANSWER = "No answer came, and the network cannot be asked."


def refused(**more):
    return Ruling(TODO, Verdict.REFUSED, **more)


@pytest.mark.parametrize(
    ("step", "answer", "more", "ruling"),
    [
        (commit(), Answered("ok"), {}, Ruling(DONE, Verdict.OK)),
        (commit(), Answered("unknown", message="m"), {}, Ruling(UNKNOWN, Verdict.UNKNOWN, Sleep(DUE, State.IN_DOUBT, "m"))),
        (COMMENT, Answered("unknown"), {"state": PUB}, Ruling(UNKNOWN, Verdict.UNKNOWN, Sleep(DUE, PUB))),
        (upload(), Answered("unknown"), {}, Ruling(TODO, Verdict.UNKNOWN, Sleep(DUE + s(0.5), WAIT))),
        (commit(), Answered("duplicate"), {}, Ruling(UNKNOWN, Verdict.UNKNOWN, Sleep(DUE, State.IN_DOUBT))),
        (upload(), Answered("duplicate", message="m"), {}, refused(then=Fail("m"))),
        (
            commit(safety="blind"), Answered("duplicate"), {},
            refused(then=Ask(Reason.DUPLICATE, "The network says that it has this text already.")),
        ),
        (
            commit(safety="blind"), Answered("duplicate", message="m"), {},
            refused(then=Ask(Reason.DUPLICATE, "m")),
        ),
        (
            commit(safety="blind", required=False), Answered("duplicate", message="m"), {},
            Ruling(SKIPPED, Verdict.REFUSED, warning="m"),
        ),
        (commit(safety="blind"), Answered("content", message="m"), {}, refused(then=Fail("m"))),
        # not our mistake, however often we made one before
        (commit(bugs=2), Answered("not_sent"), {}, Ruling(TODO, Verdict.NOT_SENT, Sleep(DUE + s(0.5), State.WAITING))),
        (commit(bugs=2), Answered("busy"), {}, Ruling(TODO, Verdict.NOT_SENT, Sleep(DUE + s(0.5), State.WAITING))),
        # blind
        (
            commit(safety="blind"), Answered("unknown"), {},
            Ruling(UNKNOWN, Verdict.UNKNOWN, Ask(Reason.UNKNOWN_OUTCOME, NO_ANSWER)),
        ),
        (
            commit(safety="blind"), Answered("unknown", message="m"), {"resend_once": True},
            Ruling(UNKNOWN, Verdict.UNKNOWN, Sleep(DUE, State.IN_DOUBT, "m")),
        ),
        (
            commit(safety="blind", sends=1), Answered("unknown", message="m"), {"resend_once": True},
            Ruling(UNKNOWN, Verdict.UNKNOWN, Ask(Reason.UNKNOWN_OUTCOME, "m")),
        ),
        (
            commit(safety="blind", required=False), Answered("unknown", message="m"), {},
            Ruling(SKIPPED, Verdict.UNKNOWABLE, warning="m"),
        ),
        # not yet
        (commit(), Answered("not_sent", message="m"), {}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(0.5), WAIT, "m"))),
        (commit(tries=3), Answered("not_sent"), {}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(5), WAIT))),
        (commit(), Answered("busy", retry_after_s=7), {}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(7), WAIT))),
        (commit(), Answered("busy", retry_after_s=0), {}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(0.2), WAIT))),
        (
            commit(), Answered("busy", redo=("upload",)), {},
            Ruling(TODO, NOT_SENT, Sleep(DUE + s(0.5), WAIT), redo=("upload",)),
        ),
        (
            commit(), Answered("busy", retry_after_s=9999), {},
            Ruling(TODO, NOT_SENT, Sleep(DUE + s(1800.001), WAIT)),
        ),
        (
            commit(), Answered("busy", retry_after_s=5), {"at": DUE + s(1900)},
            Ruling(TODO, NOT_SENT, Sleep(DUE + s(1900), WAIT)),
        ),
        (COMMENT, Answered("busy", retry_after_s=9999), {"state": PUB}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(9999), PUB))),
        (upload(tries=6), Answered("not_sent"), {"at": DUE - s(5)}, Ruling(TODO, NOT_SENT, Sleep(DUE, WAIT))),
        (
            upload(), Answered("busy", retry_after_s=60), {"at": DUE - s(5)},
            Ruling(TODO, NOT_SENT, Sleep(DUE + s(55), WAIT)),
        ),
        # limits
        (
            commit(), Answered("rate", retry_after_s=30, message="m"), {},
            refused(then=Sleep(DUE + s(30.5), WAIT, "m"), hold_channel_s=30.5),
        ),
        (
            commit(), Answered("rate", retry_after_s=1799.5), {},
            refused(then=Sleep(DUE + s(1800), WAIT), hold_channel_s=1800),
        ),
        (
            commit(), Answered("rate", retry_after_s=1800), {},
            refused(
                then=Ask(Reason.QUOTA, "The network wants us to wait longer than this post can."), hold_channel_s=1800.5
            ),
        ),
        (
            commit(), Answered("rate", retry_after_s=1800, message="m"), {},
            refused(then=Ask(Reason.QUOTA, "m"), hold_channel_s=1800.5),
        ),
        (
            COMMENT, Answered("rate", retry_after_s=9999), {"state": PUB},
            refused(then=Sleep(DUE + s(9999.5), PUB), hold_channel_s=9999.5),
        ),
        # token, permission
        (commit(), Answered("auth"), {}, refused(then=RefreshToken())),
        (
            commit(auths=1), Answered("auth"), {},
            refused(
                then=Ask(Reason.RECONNECT, "The network no longer accepts our sign-in."), channel_trouble=Reason.RECONNECT
            ),
        ),
        (
            replace(COMMENT, auths=1), Answered("auth", message="m"), {"state": PUB},
            Ruling(SKIPPED, Verdict.REFUSED, warning="m", channel_trouble=Reason.RECONNECT),
        ),
        (
            commit(), Answered("permission"), {},
            refused(then=Ask(Reason.BLOCKED, "The network refuses this account."), channel_trouble=Reason.BLOCKED),
        ),
        (
            commit(), Answered("permission", message="m"), {},
            refused(then=Ask(Reason.BLOCKED, "m"), channel_trouble=Reason.BLOCKED),
        ),
        (
            replace(commit(), kind="act"), Answered("permission", message="m"), {}, refused(then=Ask(Reason.BLOCKED, "m")),
        ),
        (COMMENT, Answered("permission", message="m"), {"state": PUB}, Ruling(SKIPPED, Verdict.REFUSED, warning="m")),
        (
            replace(upload(), required=False), Answered("permission", message="m"), {},
            Ruling(SKIPPED, Verdict.REFUSED, warning="m"),
        ),
        # a definite no
        (commit(), Answered("content"), {}, refused(then=Fail("The network refuses this content."))),
        (commit(), Answered("content", message="m"), {}, refused(then=Fail("m"))),
        (COMMENT, Answered("content", message="m"), {"state": PUB}, Ruling(SKIPPED, Verdict.REFUSED, warning="m")),
        # our own mistakes
        (commit(), Answered("bug", bytes_started=True), {}, Ruling(UNKNOWN, Verdict.UNKNOWN, Sleep(DUE, State.IN_DOUBT))),
        (upload(), Answered("bug", bytes_started=True), {}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(0.5), WAIT))),
        (commit(bugs=1), Answered("bug"), {}, Ruling(TODO, NOT_SENT, Sleep(DUE + s(0.5), WAIT))),
        (
            commit(bugs=2), Answered("bug"), {},
            Ruling(TODO, NOT_SENT, Ask(Reason.POISON, "Something is wrong in Hustings itself.")),
        ),
        (commit(bugs=2), Answered("bug", message="m"), {}, Ruling(TODO, NOT_SENT, Ask(Reason.POISON, "m"))),
        (replace(COMMENT, bugs=2), Answered("bug", message="m"), {}, Ruling(SKIPPED, NOT_SENT, warning="m")),
        # a replay that is no success leaves the first try in doubt
        (commit(unresolved=True), Answered("ok"), {}, Ruling(DONE, Verdict.OK)),
        (
            commit(unresolved=True), Answered("content", message="m"), {},
            Ruling(UNKNOWN, Verdict.REFUSED, Ask(Reason.UNKNOWN_OUTCOME, "m")),
        ),
        (
            commit(unresolved=True), Answered("busy", retry_after_s=5, message="m", redo=("u",)), {},
            Ruling(UNKNOWN, NOT_SENT, Sleep(DUE + s(5), State.IN_DOUBT, "m")),
        ),
        (commit(unresolved=True), Answered("auth"), {}, Ruling(UNKNOWN, Verdict.REFUSED, RefreshToken())),
    ],
)  # fmt: skip
def test_answers(step, answer, more, ruling):
    assert judge(step, answer, now(step, **more), jitter=0.5) == ruling


@pytest.mark.parametrize(
    ("state", "busy", "said", "wait_s"),
    [
        ("published", 0, 5, 5),
        ("published", 2, 5, 30),
        ("published", 2, 60, 60),
        ("published", 99, 5, 300),
        ("running", 9, 5, 5),
    ],
)
def test_what_belongs_to_a_post_that_is_out_is_asked_for_ever_more_seldom(state, busy, said, wait_s):
    step = replace(COMMENT, busy=busy, tries=busy)

    ruling = judge(step, Answered("busy", retry_after_s=said), now(step, state=State(state)), jitter=0)

    assert ruling.then.until == DUE + s(wait_s)


def test_refusal_in_mid_thread_asks_instead_of_failing():
    step = reply(2)
    ruling = judge(step, Answered("content", message="m"), now(commit(DONE), step), jitter=0)
    assert ruling == refused(then=Ask(Reason.PARTIAL, "m"))


@pytest.mark.parametrize(
    ("more", "undone", "then"),
    [
        ((), ("commit",), Fail("m")),
        ((), (), Ask(Reason.PARTIAL, "m")),
        ((reply(2, DONE),), ("commit",), Ask(Reason.PARTIAL, "m")),
    ],
)
def test_what_the_network_took_and_made_nothing_of_is_no_part(more, undone, then):
    wait = StepNow("wait", "wait", "pure", INTENT)
    answer = Answered("content", message="m", undone=undone)

    ruling = judge(wait, answer, now(commit(DONE), *more, wait), jitter=0)

    assert ruling == refused(then=then, undone=undone)


def test_a_list_of_which_somebody_may_have_got_it_is_asked_about():
    lost = Try(DUE, DUE + s(120), outcome=Verdict.UNKNOWABLE)
    people = StepNow("people", "wait", "pure", INTENT, asks_nobody=True)
    steps = (commit(SKIPPED), reply(2, SKIPPED, last=lost), people)

    ruling = judge(people, Answered("content", message="m"), now(*steps), jitter=0)

    assert ruling == refused(then=Ask(Reason.UNKNOWN_OUTCOME, "m"))


def test_what_came_to_nothing_is_made_again_where_the_network_says_so():
    wait = StepNow("wait", "wait", "pure", INTENT)
    answer = Answered("busy", retry_after_s=60, message="m", redo=("commit",), undone=("commit",))

    ruling = judge(wait, answer, now(commit(DONE), wait), jitter=0)

    then = Sleep(DUE + s(60), State.WAITING, "m")
    assert ruling == Ruling(TODO, Verdict.NOT_SENT, then, redo=("commit",), undone=("commit",))


@pytest.mark.parametrize(("alone", "held_s"), [(False, 60), (True, None)])
def test_limit_of_this_post_alone_holds_no_account(alone, held_s):
    answer = Answered("rate", retry_after_s=60, message="m", alone=alone)

    ruling = judge(commit(INTENT), answer, now(), jitter=0)

    then = Sleep(DUE + s(60), State.WAITING, "m")
    assert ruling == Ruling(TODO, Verdict.REFUSED, then, hold_channel_s=held_s)


def test_required_step_that_is_spared_is_left_out():
    ruling = judge(commit(INTENT), Answered("content", message="m", spared=True), now(), jitter=0)

    assert ruling == Ruling(SKIPPED, Verdict.REFUSED, warning="m")


@pytest.mark.parametrize(
    ("step", "steps", "reason", "ruling"),
    [
        (commit(UNKNOWN), (), "m", Ruling(TODO, Verdict.REFUSED, Fail("m"))),
        (commit(UNKNOWN), (), "", Ruling(TODO, Verdict.REFUSED, Fail("The network could not process it."))),
        (reply(2, UNKNOWN), (commit(DONE),), "m", Ruling(TODO, Verdict.REFUSED, Ask(Reason.PARTIAL, "m"))),
        (commit(UNKNOWN, required=False), (), "m", Ruling(SKIPPED, Verdict.REFUSED, warning="m")),
    ],
)
def test_what_will_never_be_there_is_not_sent_again(step, steps, reason, ruling):
    seen = Looked("absent", True, reason=reason, trouble="content")

    assert rule(step, seen, now(*steps, step), jitter=0) == ruling


# Look-ups ---------------------------------------------------------------------------------------------------

LATER = DUE + s(200)


def still(then, **more):
    return Ruling(UNKNOWN, Verdict.UNKNOWN, then, **more)


@pytest.mark.parametrize(
    ("step", "seen", "more", "ruling"),
    [
        (doubtful(), Looked("found"), {}, Ruling(DONE, Verdict.FOUND)),
        # absent counts twice
        (
            doubtful(), Looked("absent", True), {},
            still(Sleep(LATER + s(60), State.IN_DOUBT, "Not there; looking once more."), absences=1),
        ),
        (doubtful(absences=1), Looked("absent", True), {}, Ruling(TODO, Verdict.ABSENT)),
        (
            doubtful(absences=1, sends=2), Looked("absent", True), {},
            still(
                Ask(Reason.UNKNOWN_OUTCOME, "It was sent twice and has not appeared. Please look at the account."),
                absences=2,
            ),
        ),
        (
            doubtful(absences=1, sends=2, required=False), Looked("absent", True), {},
            Ruling(SKIPPED, Verdict.ABSENT, warning="It did not arrive."),
        ),
        (doubtful(absences=1, required=False), Looked("absent", True), {}, Ruling(TODO, Verdict.ABSENT)),
        # too early to count
        (
            doubtful(absences=1, hint=True), Looked("absent", True), {"at": LANDED - s(1)},
            still(Sleep(LANDED, State.IN_DOUBT), absences=1),
        ),
        (doubtful(absences=1), Looked("absent", True), {"at": LANDED}, Ruling(TODO, Verdict.ABSENT)),
        (
            commit(UNKNOWN), Looked("absent", True), {},
            still(Sleep(LATER + s(60), State.IN_DOUBT, "Not there; looking once more."), absences=1),
        ),
        (
            doubtful(first_sent_at=DUE - s(200)), Looked("cannot"), {},
            still(Sleep(LATER + s(100.5), State.IN_DOUBT)),
        ),
        # somebody else's text
        (
            doubtful(last=sent(kind="duplicate")), Looked("absent", True), {},
            still(Ask(Reason.DUPLICATE, "The network says that it has this text already, but not from us.")),
        ),
        (
            doubtful(last=sent(kind="duplicate"), required=False), Looked("absent", True), {},
            Ruling(
                SKIPPED, Verdict.REFUSED, warning="The network says that it has this text already, but not from us."
            ),
        ),
        # our key may be used: it is tried next, unless the look showed something or was refused
        (doubtful("keyed"), Looked("absent", True), {}, still(None)),
        (doubtful("keyed", absences=1), Looked("cannot"), {}, still(None, absences=1)),
        (doubtful("keyed"), Looked("cannot", trouble="auth"), {}, still(RefreshToken())),
        (
            doubtful("keyed"), Looked("cannot", trouble="rate", retry_after_s=77), {},
            still(Sleep(LATER + s(77.5), State.IN_DOUBT)),
        ),
        (
            doubtful("keyed"), Looked("absent", True), {"at": DUE + s(2940), "grace_s": 9999},
            still(Sleep(DUE + s(3000), State.IN_DOUBT, "Not there; looking once more."), absences=1),
        ),
        (
            doubtful("keyed"), Looked("cannot", True, matches=2, reason="two"), {},
            still(Ask(Reason.UNKNOWN_OUTCOME, "two")),
        ),
        # only a person can tell
        (doubtful(), Looked("cannot", True, reason="two"), {"resend_once": True}, still(Ask(Reason.UNKNOWN_OUTCOME, "two"))),
        (
            doubtful(), Looked("cannot", True), {},
            still(Ask(Reason.UNKNOWN_OUTCOME, "The network's answer leaves it open.")),
        ),
        (
            doubtful(required=False), Looked("cannot", True, reason="two"), {},
            Ruling(SKIPPED, Verdict.UNKNOWABLE, warning="two"),
        ),
        # no answer: later, further and further apart
        (doubtful(absences=1), Looked("cannot"), {}, still(Sleep(LATER + s(50.5), State.IN_DOUBT), absences=1)),
        (doubtful(), Looked("absent", reason="r"), {}, still(Sleep(LATER + s(50.5), State.IN_DOUBT, "r"))),
        (doubtful(), Looked("cannot"), {"at": DUE + s(4)}, still(Sleep(DUE + s(9.5), State.IN_DOUBT))),
        (doubtful(), Looked("cannot"), {"at": DUE + s(1600)}, still(Sleep(DUE + s(1900.5), State.IN_DOUBT))),
        (doubtful(first_sent_at=None), Looked("cannot"), {}, still(Sleep(LATER + s(50.5), State.IN_DOUBT))),
        (commit(UNKNOWN), Looked("cannot"), {}, still(Sleep(LATER + s(5.5), State.IN_DOUBT))),
        (doubtful(), Looked("cannot"), {"state": PUB}, still(Sleep(LATER + s(50.5), PUB))),
        (
            doubtful(), Looked("cannot", trouble="rate", retry_after_s=77), {},
            still(Sleep(LATER + s(77.5), State.IN_DOUBT)),
        ),
        (doubtful(absences=1), Looked("cannot", trouble="auth"), {}, still(RefreshToken(), absences=1)),
        (
            doubtful(auths=1), Looked("cannot", trouble="auth"), {},
            still(
                Ask(
                    Reason.RECONNECT,
                    "Its outcome is not known, and the network no longer accepts our sign-in.",
                ),
                channel_trouble=Reason.RECONNECT,
            ),
        ),
        # until the grace ends
        (doubtful(), Looked("cannot"), {"at": DUE + s(1799)}, still(Sleep(DUE + s(2099.5), State.IN_DOUBT))),
        (doubtful(), Looked("cannot", reason="r"), {"at": DUE + s(1800)}, still(Ask(Reason.UNKNOWN_OUTCOME, "r"))),
        (
            doubtful(), Looked("cannot"), {"at": DUE + s(1800), "resend_once": True, "grace_s": 1801},
            still(Sleep(DUE + s(2100.5), State.IN_DOUBT)),
        ),
        (
            doubtful(), Looked("cannot"), {"at": DUE + s(1800)},
            still(Ask(Reason.UNKNOWN_OUTCOME, "The network could not be asked.")),
        ),
        (
            doubtful(required=False), Looked("cannot"), {"at": DUE + s(1800), "resend_once": True},
            Ruling(SKIPPED, Verdict.UNKNOWABLE, warning="The network could not be asked."),
        ),
        (
            doubtful(), Looked("cannot"), {"at": DUE + s(1800), "resend_once": True},
            Ruling(TODO, Verdict.UNKNOWABLE),
        ),
        (
            doubtful(), Looked("cannot", trouble="auth"), {"at": DUE + s(1801), "resend_once": True},
            still(Ask(Reason.UNKNOWN_OUTCOME, "The network could not be asked.")),
        ),
    ],
)  # fmt: skip
def test_look_ups(step, seen, more, ruling):
    assert rule(step, seen, now(step, **{"at": LATER, "state": State.IN_DOUBT, **more}), jitter=0.5) == ruling


@pytest.mark.parametrize(
    ("started", "grace_s", "ends"),
    [(DUE, 1800, DUE + s(1800)), (DUE + s(1700), 1800, DUE + s(2600)), (DUE, 200_000, DUE + s(86_400))],
)
def test_patience_with_a_network_that_cannot_be_asked(started, grace_s, ends):
    assert gives_up_at(started, now(grace_s=grace_s)) == ends


# Times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "moment"),
    [
        (None, 86_400), (86_401, 86_400), (86_400, 3600), (3601, 3600), (3600, 900), (901, 900), (900, None), (0, None),
    ],
)  # fmt: skip
def test_next_check(last, moment):
    seen = ahead.next_check(DUE, None if last is None else DUE - s(last))
    assert seen == (None if moment is None else DUE - s(moment))


def test_wakes_at_the_earlier_of_check_and_first_step():
    assert ahead.wakes_at(DUE, DUE - s(7200), DUE - s(86_400)) == DUE - s(7200)
    assert ahead.wakes_at(DUE, DUE - s(900), DUE - s(86_400)) == DUE - s(3600)
    assert ahead.wakes_at(DUE, DUE, DUE) == DUE


@pytest.mark.parametrize(
    ("choice", "due", "zone", "seconds"),
    [
        ("", DUE, "Europe/London", 77),
        ("5min", DUE, "", 300),
        ("30min", DUE, "", 1800),
        ("any", DUE, "", 315_360_000),
        ("day", DUE, "Europe/London", 6 * 3600),
        ("day", DUE, "Europe/Berlin", 5 * 3600),
        ("day", DUE, "", 6 * 3600),
        ("day", datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "UTC", 1800),
        ("day", datetime(2026, 11, 23, 23, 29, 59, tzinfo=UTC), "UTC", 1801),
        ("day", datetime(2026, 11, 23, 23, 50, tzinfo=UTC), "UTC", 1800),
        ("day", datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "Europe/London", 22.5 * 3600),  # a day of 23 hours
    ],
)
def test_grace(choice, due, zone, seconds):
    assert grace.grace_s(choice, due, zone, usual_s=77) == seconds


HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("planned", "weight", "most"),
    [
        ([], 1, 1),
        ([], 3, 3),
        ([(DUE, 1), (DUE, 2)], 1, 4),
        ([(DUE - 23 * HOUR, 1), (DUE + 23 * HOUR, 1)], 1, 2),
        ([(DUE - 12 * HOUR, 1), (DUE + 11 * HOUR, 1)], 1, 3),
        ([(DUE - 12 * HOUR, 1), (DUE + 12 * HOUR, 1)], 1, 2),
        ([(DUE - DAY, 9), (DUE + DAY, 9)], 1, 1),
        ([(DUE - DAY + HOUR, 5), (DUE + HOUR, 7)], 1, 8),
    ],
)
def test_busiest_window(planned, weight, most):
    assert quota.busiest(planned, DUE, weight, DAY) == most


def test_what_a_step_and_a_publication_say_of_themselves():
    assert (upload().branch, commit().branch, reply(2).branch) == ("1.1", "", "2")
    assert now().late_at == DUE + s(1800)
    assert now(takedown_at=DUE + s(5)).late_at == DUE + s(86_405)
    assert Now(DUE, State.RUNNING, DUE, 0, ()).times == Times()
    assert not Now(DUE, State.RUNNING, DUE, 0, ()).all_sent
    assert not now(commit(DONE), reply(2)).all_sent
    assert now(commit(DONE), reply(2, SKIPPED), SETTLES).all_sent
    assert now(commit(DONE), SETTLES, takedown_at=DUE).late_at == DUE + s(86_400)
    assert now(upload(), commit()).step("commit") == commit()

"""What people decide, and what an owner has chosen beforehand: parts deleted, grace, one more send, an echo."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind, Safety, StepKind, StepSpec
from publishing.domain import actions, echo, void
from publishing.models import Attempt, Publication
from work import switches, worker
from work.models import Notice

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
K = OutcomeKind


def s(seconds):
    return timedelta(seconds=seconds)


# Parts of a broken thread -----------------------------------------------------------------------------------


@pytest.fixture
def broken(world):
    """Two of three parts are out; the network refuses the third."""
    world.network.script["reply 3"] = [Outcome(K.CONTENT, message="Too rude.")]
    publication = world.publication("one", "two", "three")
    world.finish(publication)
    assert (publication.state, publication.reason, publication.parts_out) == (
        "attention",
        "partial_thread",
        2,
    )
    return publication


def test_parts_are_deleted_by_a_worker_the_last_one_first(world, broken):
    parts = broken.remote_parts()

    actions.delete_parts(broken, by=world.manager, why="Start over.")
    assert world.network.deleted() == []  # the page only writes rows
    world.finish(broken)

    assert world.network.deleted() == list(reversed(parts))
    assert world.network.texts() == []
    assert (broken.state, broken.parts_out, broken.remote_url) == ("cancelled", 0, "")
    assert broken.remote_parts() == ()
    assert world.events(broken)[-1] == "taken_down"
    assert Attempt.objects.filter(step__kind="delete", outcome="ok").count() == 2


def test_lost_answer_to_a_deletion_is_repeated(world, broken):
    last = broken.remote_parts()[-1]
    world.network.script[f"delete {last}"] = ["lost", Outcome(K.BUSY)]

    actions.delete_parts(broken, by=world.manager)
    world.finish(broken)

    assert world.network.deleted().count(last) == 3
    assert broken.state == "cancelled"


def test_refused_deletion_comes_back_as_a_question_and_can_be_tried_again(world, broken):
    first = broken.remote_parts()[0]
    world.network.script[f"delete {first}"] = [Outcome(K.CONTENT, message="Not now.")]

    actions.delete_parts(broken, by=world.manager)
    world.finish(broken)

    assert (broken.state, broken.reason, broken.detail) == ("attention", "partial_thread", "Not now.")
    assert broken.remote_parts() == (first,)
    assert actions.allowed(broken) == ("delete_parts", "drop")
    with pytest.raises(actions.NotPossible):
        actions.send_now(broken, by=world.manager)
    actions.delete_parts(broken, by=world.manager)
    world.finish(broken)
    assert broken.state == "cancelled"
    assert world.network.texts() == []


def test_deletion_that_does_not_succeed_in_a_day_is_given_up(world, broken):
    last = broken.remote_parts()[-1]
    world.network.script[f"delete {last}"] = [Outcome(K.BUSY, retry_after_s=3600)] * 50

    actions.delete_parts(broken, by=world.manager)
    world.finish(broken)

    assert (broken.state, broken.detail) == ("attention", "Not all of it could be deleted.")


def test_pause_and_revoked_approval_do_not_stop_a_deletion(world, broken):
    actions.delete_parts(broken, by=world.manager)
    switches.turn("all", on=True)
    void.void(broken.variant, reason="Wrong.", by=world.manager)

    world.finish(broken)

    assert world.network.texts() == []
    assert broken.state == "cancelled"


def test_killed_in_mid_deletion_it_goes_on(world, broken):
    actions.delete_parts(broken, by=world.manager)

    class Killed(BaseException):
        pass

    def kill(remote_id, ctx, delete=world.network.delete):
        world.network.delete = delete
        raise Killed

    world.network.delete = kill
    with pytest.raises(Killed):
        world.step(broken)
    world.finish(broken)

    assert world.network.texts() == []
    assert broken.state == "cancelled"


def test_what_cannot_be_deleted_is_said(world, broken):
    world.network.can_delete = False
    assert "delete_parts" not in actions.allowed(broken)
    with pytest.raises(actions.NotPossible, match="its own app"):
        actions.delete_parts(broken, by=world.manager)

    world.network.can_delete = True
    Publication.objects.filter(pk=broken.pk).update(intent_open=True)
    broken.refresh_from_db()
    with pytest.raises(actions.NotPossible, match="Look at the network again"):
        actions.delete_parts(broken, by=world.manager)


def test_nothing_out_means_nothing_to_delete(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))

    with pytest.raises(actions.NotPossible, match="Nothing of it"):
        actions.delete_parts(publication, by=world.manager)


# Grace ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grace", "late_s", "reason"),
    [("5min", 301, "late"), ("5min", 299, ""), ("", 1801, "late"), ("day", 6 * 3600 - 1, ""),
     ("day", 6 * 3600 + 1, "late"), ("any", 40 * 86_400, "")],
)  # fmt: skip
def test_how_late_it_may_be_is_the_channels_choice(world, grace, late_s, reason):
    world.channel.grace = grace
    world.channel.save()
    publication = world.publication("one")

    world.step(publication, to=DUE + s(late_s))

    assert publication.reason == reason
    assert bool(world.network.texts()) is not bool(reason)


def test_the_posts_own_grace_counts_more(world):
    world.channel.grace = "any"
    world.channel.save()
    publication = world.publication("one")
    actions.set_grace(publication, "5min", by=world.manager)

    world.step(publication, to=DUE + s(301))

    assert publication.reason == "late"
    assert "grace" in world.events(publication)


def test_grace_is_chosen_from_the_list_and_before_it_is_sent(world):
    publication = world.publication("one")
    with pytest.raises(actions.NotPossible):
        actions.set_grace(publication, "soon", by=world.manager)
    world.finish(publication)
    with pytest.raises(actions.NotPossible):
        actions.set_grace(publication, "any", by=world.manager)


def test_the_same_day_follows_a_new_time(world):
    world.channel.grace = "day"
    world.channel.save()
    publication = world.publication("one")

    actions.reschedule(publication, DUE + s(5.5 * 3600), by=world.manager)

    assert publication.grace_s == 1800  # half an hour before midnight
    assert publication.wall_time == "2026-11-23T23:30:00"


# What an owner chose for a lost answer ----------------------------------------------------------------------


def test_blind_network_is_sent_to_once_more_where_the_owner_wants_it(world):
    world.network.safety = Safety.BLIND
    world.channel.on_unknown = "resend_once"
    world.channel.save()
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped", "dropped"]

    world.finish(publication)

    first, second = world.network.runs()
    assert second - first >= s(120)  # the first may land so late
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert "resent_once" in world.events(publication)


def test_it_is_not_sent_once_more_when_somebody_stopped_it_or_it_is_late(world):
    world.network.safety = Safety.BLIND
    world.channel.on_unknown = "resend_once"
    world.channel.grace = "5min"
    world.channel.save()
    late, stopped = world.publication("late"), world.publication("stopped")
    world.network.script["commit"] = ["dropped", "dropped"]

    world.step(late, to=DUE + s(250))
    world.step(stopped, to=DUE + s(310))
    actions.cancel(stopped, by=world.manager) if stopped.state in ("in_doubt", "waiting") else None
    world.finish(late)

    assert len(world.network.runs()) == 1
    assert late.reason == "unknown_outcome"


def test_network_that_cannot_be_asked_for_a_day_is_sent_to_once_more(world):
    world.channel.on_unknown, world.channel.grace = "resend_once", "any"
    world.channel.save()
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped"]
    world.network.looks = [Lookup(LookupKind.CANNOT)] * 400

    world.finish(publication, turns=600)

    assert len(world.network.runs()) == 2
    assert world.network.runs()[1] - world.network.runs()[0] >= s(86_400)
    assert publication.state == "published"


def test_two_matches_are_never_answered_by_a_third(world):
    world.channel.on_unknown, world.channel.grace = "resend_once", "any"
    world.channel.save()
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT, complete=True, reason="Two posts match.")]

    world.finish(publication)

    assert publication.reason == "unknown_outcome"
    assert len(world.network.runs()) == 1


# Keys and windows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("safety", "window_s"), [(Safety.KEYED, 3000), (Safety.PROBE, 600)])
def test_key_that_is_too_old_is_not_used_again_but_looked_for(world, safety, window_s):
    world.network.safety = safety
    world.channel.grace = "any"
    world.channel.save()
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.step(publication, to=DUE)
    sent = len(world.network.runs())

    world.step(publication, to=DUE + s(window_s - 60))  # this call could end outside the window
    world.finish(publication)

    assert len(world.network.runs()) == sent
    assert world.network.look_times()
    assert publication.state == "published"


def test_replay_waits_until_the_first_try_must_have_ended(world):
    world.network.safety = Safety.KEYED
    publication = world.publication("one")
    world.network.script["commit"] = ["lost", Outcome(K.OK, {"id": "commit-1"}, "commit-1")]
    world.network.looks = [Lookup(LookupKind.CANNOT)]  # it cannot be looked up: then our key decides

    world.finish(publication)

    first, second = world.network.runs()
    assert second - first >= s(120)
    assert publication.remote_id == "commit-1"


def test_replay_that_is_called_a_duplicate_is_looked_up_and_not_replayed_again(world):
    world.network.safety = Safety.PROBE
    publication = world.publication("one")
    world.network.script["commit"] = ["lost", Outcome(K.DUPLICATE)]

    world.finish(publication)

    assert len(world.network.runs()) == 2
    assert publication.state == "published"


# Echo -------------------------------------------------------------------------------------------------------


def test_echo_settles_a_doubt_at_once_after_a_look(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.step(publication, to=DUE)

    assert echo.heard(world.channel, "commit-1") == 1
    world.step(publication, to=DUE + s(5))

    assert (publication.state, publication.remote_id) == ("published", "commit-1")
    assert world.network.look_times() == [DUE + s(5)]


def test_echo_alone_proves_nothing_and_an_early_look_is_no_absence(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped"]
    world.step(publication, to=DUE)

    echo.heard(world.channel, "somebody-elses")
    world.step(publication, to=DUE + s(5))

    assert publication.state == "in_doubt"
    assert publication.next_action_at >= DUE + s(120)
    step = publication.steps.get()
    assert (step.absences, step.hint) == (0, "")
    world.finish(publication)
    assert world.network.texts() == ["one"]


def test_echo_wakes_a_case_that_waits_for_a_person(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT, complete=True)]
    world.finish(publication)
    assert publication.state == "attention"

    assert echo.heard(world.channel, "commit-1") == 1
    world.finish(publication)

    assert publication.state == "published"
    assert publication.attention_since is None


def test_echo_of_what_is_known_or_on_another_channel_changes_nothing(world):
    publication = world.publication("one")
    world.finish(publication)
    assert echo.heard(world.channel, publication.remote_id) == 0

    doubtful = world.publication("two")
    world.network.script["commit"] = ["lost"]
    world.step(doubtful)
    other = type(world.channel).objects.create(
        campaign_id=world.channel.campaign_id, platform="fake", remote_id="2", handle="@b"
    )
    assert echo.heard(other, "commit-2") == 0
    assert echo.heard(world.channel, "") == 0


# Stopping after uploads; a payload nobody can work on -------------------------------------------------------


def test_cancelled_after_staging_nothing_goes_out(world):
    world.network.specs = [
        StepSpec("upload", StepKind.UPLOAD, Safety.PURE, stage=True),
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
    ]
    publication = world.publication("one")
    world.step(publication, to=DUE - s(900))
    assert (publication.state, len(world.network.runs("upload"))) == ("waiting", 1)

    assert actions.cancel(publication, by=world.manager) is True

    world.hand.at = DUE
    assert worker.run_one("publication", publication.pk) is False
    assert world.network.runs() == []


def test_poisoned_payload_reaches_a_person_after_three_stumbles(world):
    publication = world.publication("one")

    def plan(payload, channel):
        raise KeyError("parts")

    world.network.plan = plan
    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "poison")
    assert Notice.objects.filter(kind="attention", user=world.owner).exists()
    assert world.network.calls == []


def test_alt_text_is_tried_until_the_post_is_due_and_then_left_out_with_a_warning(world):
    world.network.specs = [
        StepSpec("upload 1.1", StepKind.UPLOAD, Safety.PURE, stage=True),
        StepSpec("alt 1.1", StepKind.UPLOAD, Safety.PURE, stage=True, required=False),
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
    ]
    world.network.script["alt 1.1"] = [Outcome(K.NOT_SENT, code="ConnectError")] * 99
    publication = world.publication("one")

    world.finish(publication)

    assert len(world.network.runs("alt 1.1")) > 10
    assert publication.state == "published"
    assert publication.lateness_ms < 5000
    assert len(publication.warnings) == 1

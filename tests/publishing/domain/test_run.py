"""One publication through the whole run, on a network that answers as scripted."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, transaction

from channels.connectors.abilities import Media
from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind, Safety, StepKind, StepSpec
from publishing import gates, signals
from publishing.domain import actions, log, void
from publishing.domain.run import Run
from publishing.models import NOT_ASKED, Attempt, Event
from publishing.pages import decisions
from work import switches, worker
from work.models import Notice, Outbox

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
K = OutcomeKind


def s(seconds):
    return timedelta(seconds=seconds)


def test_thread_goes_out_in_order_and_on_time(world):
    heard = []
    signals.published.connect(
        lambda publication, **kw: heard.append(publication.pk), weak=False, dispatch_uid="t"
    )
    publication = world.publication("one", "two", "three")

    world.finish(publication)

    signals.published.disconnect(dispatch_uid="t")
    assert world.network.texts() == ["one", "two", "three"]
    assert world.network.ledger[0].at == DUE
    assert publication.state == "published"
    assert publication.remote_url == "https://fake.example/commit-1"
    assert publication.lateness_ms == 0
    assert publication.remote_parts() == ("commit-1", "reply-2-2", "reply-3-3")
    assert heard == [publication.pk]
    assert log.broken_at(publication.pk) is None


def test_never_early(world):
    publication = world.publication("one")

    for at in (DUE - s(900), DUE - s(1), DUE - timedelta(milliseconds=1)):
        world.step(publication, to=at)
        assert world.network.calls == []

    world.step(publication, to=DUE)
    assert world.network.texts() == ["one"]


def test_lost_answer_is_found_by_looking_not_by_repeating(world):
    publication = world.publication("one", "two")
    world.network.script["commit"] = ["lost"]

    world.step(publication, to=DUE)
    assert publication.state == "in_doubt"
    world.finish(publication)

    assert world.network.texts() == ["one", "two"]
    assert publication.state == "published"
    (look,) = world.network.look_times()
    assert look >= DUE + s(120)  # the call may last 60 s and land 60 s later
    assert Attempt.objects.get(step__key="commit").outcome == "found"


def test_dropped_request_is_repeated_only_after_two_empty_looks(world):
    publication = world.publication("one", "two")
    world.network.script["commit"] = ["dropped"]

    world.finish(publication)

    assert world.network.texts() == ["one", "two"]
    assert len(world.network.runs()) == 2
    first, second = world.network.look_times()
    assert second - first >= s(60)
    assert world.network.runs()[1] >= second


def test_two_dropped_requests_end_with_a_person(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped", "dropped", "ok"]

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert len(world.network.runs()) == 2
    assert Notice.objects.filter(kind="attention").count() == 2  # owner and manager
    assert Outbox.objects.filter(kind="attention").count() == 2


def test_incomplete_look_does_not_count_as_absent(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped"]
    world.network.looks = [Lookup(LookupKind.ABSENT, complete=False)] * 3

    world.finish(publication)

    assert len(world.network.look_times()) == 5
    assert world.network.texts() == ["one"]


def test_ambiguous_look_asks_a_person(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT, complete=True, reason="Two posts match.")]

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert publication.intent_open
    assert "Two posts match." in publication.detail


def test_absent_beyond_grace_is_not_sent_again(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped"]

    world.step(publication, to=DUE + s(1795))
    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "late")
    assert len(world.network.runs()) == 1


def test_network_that_cannot_be_asked_before_the_grace_ends_leaves_it_to_a_person(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT)] * 40

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert DUE + s(1800) <= publication.attention_since <= DUE + s(2101)
    assert world.network.texts() == ["one"]


@pytest.mark.parametrize("safety", [Safety.EXACT, Safety.SEARCH, Safety.KEYED, Safety.PROBE])
@pytest.mark.parametrize("fault", ["lost", "dropped"])
def test_every_class_ends_with_one_post(world, safety, fault):
    world.network.safety = safety
    publication = world.publication("one", "two")
    world.network.script["commit"] = [fault]
    if safety in (Safety.KEYED, Safety.PROBE) and fault == "lost":
        # the network knows the key, or refuses the repeat and names the first
        known = Outcome(K.OK, {"id": "commit-1"}, "commit-1", "https://fake.example/commit-1")
        world.network.script["commit"].append(known)

    world.finish(publication)

    assert world.network.texts() == ["one", "two"]
    assert publication.state == "published"


def test_blind_asks_at_once(world):
    world.network.safety = Safety.BLIND
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert world.network.texts() == ["one"]
    assert world.network.look_times() == []


def test_server_error_that_is_documented_as_not_done_is_repeated(world):
    publication = world.publication("one")
    world.network.script["commit"] = [
        Outcome(K.BUSY, http_status=503),
        Outcome(K.NOT_SENT, code="ConnectError"),
    ]

    world.finish(publication)

    assert world.network.texts() == ["one"]
    assert [a.kind for a in Attempt.objects.order_by("n")] == ["busy", "not_sent", "ok"]


def test_rate_limit_is_obeyed_by_the_whole_channel(world):
    first = world.publication("one")
    second = world.publication("other")
    world.network.script["commit"] = [Outcome(K.RATE, retry_after_s=300)]

    world.step(first, to=DUE)
    world.step(second, to=DUE)

    assert len(world.network.runs()) == 1
    world.finish(first)
    world.finish(second)
    assert all(at >= DUE + s(300) for at in world.network.runs()[1:])
    assert sorted(world.network.texts()) == ["one", "other"]


def test_rate_limit_beyond_grace_asks_now(world):
    publication = world.publication("one")
    world.network.script["commit"] = [Outcome(K.RATE, retry_after_s=7200, message="Come back in two hours.")]

    world.step(publication, to=DUE)

    assert (publication.state, publication.reason) == ("attention", "quota")


def test_refused_token_is_renewed_once(world):
    publication = world.publication("one")
    world.network.script["commit"] = [Outcome(K.AUTH, http_status=401)]

    world.finish(publication)

    assert publication.state == "published"
    assert [t for t in world.network.tokens if t] == ["token-0"]


def test_token_refused_twice_asks_for_a_reconnect(world):
    publication = world.publication("one")
    world.network.script["commit"] = [Outcome(K.AUTH), Outcome(K.AUTH, message="Signed out.")]

    world.finish(publication)

    world.channel.refresh_from_db()
    assert (publication.state, publication.reason) == ("attention", "reconnect")
    assert world.channel.state == "reconnect"
    assert len(world.network.runs()) == 2


def test_refused_content_fails_with_the_networks_words(world):
    publication = world.publication("one")
    world.network.script["commit"] = [Outcome(K.CONTENT, message="Too rude.", http_status=403)]

    world.finish(publication)

    assert (publication.state, publication.detail) == ("failed", "Too rude.")
    assert Notice.objects.filter(kind="failed", user=world.owner).exists()


def test_refused_third_part_leaves_the_decision_to_a_person(world):
    publication = world.publication("one", "two", "three")
    world.network.script["reply 3"] = [Outcome(K.CONTENT, message="Too rude.")]

    world.finish(publication)
    assert (publication.state, publication.reason) == ("attention", "partial_thread")

    actions.send_now(publication, by=world.manager)
    world.finish(publication)
    assert world.network.texts() == ["one", "two", "three"]
    assert publication.state == "published"


def test_duplicate_that_is_ours_counts_as_found(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["dropped", Outcome(K.DUPLICATE)]
    world.network.looks = [
        Lookup(LookupKind.ABSENT, complete=True),
        Lookup(LookupKind.ABSENT, complete=True),
        Lookup(LookupKind.FOUND, "7", "https://fake.example/7", True, {"id": "7"}),
    ]

    world.finish(publication)

    assert (publication.state, publication.remote_id) == ("published", "7")


def test_duplicate_that_is_foreign_asks(world):
    publication = world.publication("one")
    world.network.script["commit"] = [Outcome(K.DUPLICATE)]

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "duplicate")


def test_our_own_mistakes_stop_after_three(world):
    publication = world.publication("one")
    world.network.specs = [StepSpec("upload", StepKind.UPLOAD, Safety.PURE, stage=True)]
    world.network.script["upload"] = [ZeroDivisionError()] * 5

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "poison")
    assert len(world.network.runs("upload")) == 3


# Staging ----------------------------------------------------------------------------------------------------


@pytest.fixture
def staged(world):
    world.network.specs = [
        StepSpec("upload", StepKind.UPLOAD, Safety.PURE, stage=True),
        StepSpec("wait", StepKind.WAIT, Safety.PURE, stage=True),
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
        StepSpec("comment", StepKind.REPLY, Safety.SEARCH, required=False),
    ]
    return world


def test_uploads_run_early_and_only_the_commit_is_left(staged):
    publication = staged.publication("one")
    staged.network.script["wait"] = [Outcome(K.BUSY, retry_after_s=5)] * 3

    staged.finish(publication)

    assert staged.network.runs("upload") == [DUE - s(900)]
    assert len(staged.network.runs("wait")) == 4
    assert staged.network.runs("commit") == [DUE]
    assert publication.state == "published"


def test_expired_handle_is_made_again(staged):
    publication = staged.publication("one")
    soon = (DUE - s(60)).isoformat()
    staged.network.script["upload"] = [Outcome(K.OK, {"id": "u1", "expires_at": soon})]

    staged.finish(publication)

    assert len(staged.network.runs("upload")) == 2
    assert staged.network.texts() == ["one", "one"]  # the post and its comment
    assert publication.state == "published"


def test_network_that_lost_a_handle_gets_it_again(staged):
    publication = staged.publication("one")
    staged.network.script["commit"] = [Outcome(K.BUSY, redo=("upload",))]

    staged.finish(publication)

    assert len(staged.network.runs("upload")) == 2
    assert publication.state == "published"


def test_post_that_the_network_took_and_then_refused_has_failed_and_nothing_of_it_is_out(world):
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
        StepSpec("wait", StepKind.WAIT, Safety.PURE),
    ]
    world.network.script["wait"] = [
        Outcome(K.BUSY, retry_after_s=5.0, message="It is being looked at."),
        Outcome(K.CONTENT, message="Too short.", undone=("commit",)),
    ]
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.detail) == ("failed", "Too short.")
    assert (publication.parts_out, publication.remote_id, publication.remote_url) == (0, "", "")
    assert len(world.network.runs()) == 1
    assert log.broken_at(publication.pk) is None


def test_post_that_came_to_nothing_is_made_again_by_the_networks_own_word(world):
    world.network.specs = [
        StepSpec("container", StepKind.CONTAINER, Safety.PURE),
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
        StepSpec("wait", StepKind.WAIT, Safety.PURE),
    ]
    again = Outcome(K.BUSY, retry_after_s=60.0, redo=("container", "commit"), undone=("commit",))
    world.network.script["wait"] = [again, "ok"]
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.parts_out, publication.remote_id) == ("published", 1, "commit-2")
    assert len(world.network.runs()) == len(world.network.runs("container")) == 2
    verdicts = list(
        Attempt.objects.filter(step__key="commit").order_by("n").values_list("outcome", flat=True)
    )
    assert verdicts == ["refused", "ok"]
    assert log.broken_at(publication.pk) is None


def test_what_is_public_is_never_made_again_on_any_other_word(world):
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
        StepSpec("wait", StepKind.WAIT, Safety.PURE),
    ]
    world.network.script["wait"] = [Outcome(K.BUSY, redo=("commit",))] * 9
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "poison")
    assert len(world.network.runs()) == 1


def test_what_a_step_keeps_is_there_for_its_next_try_and_gone_when_it_is_made_anew(staged):
    seen = []

    def before(step, ctx):
        if step.key == "upload":
            seen.append(dict(ctx.refs.get("upload") or {}))
            ctx.keep({"sent": len(seen)})

    staged.network.before = before
    staged.network.script["upload"] = ["dropped", "ok", "ok"]
    staged.network.script["commit"] = [Outcome(K.BUSY, redo=("upload",))]
    publication = staged.publication("one")

    staged.finish(publication)

    assert seen == [{}, {"sent": 1}, {}]
    assert publication.state == "published"


def test_what_a_step_keeps_is_not_written_once_the_row_is_somebody_elses(staged):
    from publishing.models import Publication, Step

    publication = staged.publication("one")

    def before(step, ctx):
        if step.key == "upload":
            Publication.objects.filter(pk=publication.pk).update(fence=99)
            ctx.keep({"sent": 1})

    staged.network.before = before

    staged.step(publication)

    assert not Step.objects.get(publication=publication, key="upload").remote_ref


def test_reel_that_will_not_come_has_failed_with_the_networks_reason(world):
    failed = Outcome(K.CONTENT, message="The reel must last 3 to 90 seconds.")
    world.network.script["commit"] = ["dropped"]
    world.network.looks = [
        Lookup(LookupKind.ABSENT, complete=True, outcome=failed, reason="The reel must last 3 to 90 seconds.")
    ]
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.detail) == ("failed", "The reel must last 3 to 90 seconds.")
    assert len(world.network.runs()) == 1  # nothing is sent again
    assert log.broken_at(publication.pk) is None


def test_limit_of_one_post_holds_no_other_post_of_the_account(world):
    publication, other = world.publication("one"), world.publication("two")
    world.network.script["commit"] = [
        Outcome(K.RATE, retry_after_s=600, alone=True, message="No video today.")
    ]

    world.step(publication, to=DUE)
    world.step(other, to=DUE + s(61))

    assert publication.state == "waiting"
    assert other.state == "published"


def test_step_that_is_spared_leaves_the_others_their_turn(world):
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE),
    ]
    world.network.script["commit"] = [Outcome(K.CONTENT, message="Not there.", spared=True)]
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.parts_out) == ("published", 1)
    assert publication.remote_id == "reply-2-1"
    assert [warning["why"] for warning in publication.warnings] == ["Not there."]


def test_person_who_wants_no_more_messages_is_remembered_by_the_account(world):
    from channels import optouts

    said = Outcome(K.CONTENT, message="No more.", opted_out="49176")
    world.network.script["commit"] = [said]
    asked = []
    world.network.before = lambda step, ctx: asked.append(ctx.opted_out("+49176"))
    world.finish(world.publication("one"))
    world.finish(world.publication("two"))

    assert asked == [False, True]
    assert optouts.is_out(world.channel, "49176")
    optouts.lift(world.channel, "+49176")
    assert not optouts.is_out(world.channel, "49176")


def test_failed_first_comment_leaves_the_post_published(staged):
    publication = staged.publication("one")
    staged.network.script["comment"] = [Outcome(K.CONTENT, message="Comments are off.")]

    staged.finish(publication)

    assert publication.state == "published"
    assert publication.warnings == [{"step": "Write the first comment", "why": "Comments are off."}]


@pytest.mark.parametrize(("script", "told"), [([], 1), ([Outcome(K.CONTENT, message="Off.")], 0)])
def test_first_comment_that_is_out_is_told_to_whoever_follows(staged, monkeypatch, script, told):
    comment = StepSpec("comment", StepKind.COMMENT, Safety.SEARCH, required=False)
    staged.network.specs = [*staged.network.specs[:-1], comment]
    staged.network.script["comment"] = script
    monkeypatch.setattr(staged.network, "run", staged.network.perform)
    publication, heard = staged.publication("one"), []

    def hear(publication, **kwargs):
        state = publication.steps.get(key="comment").state
        heard.append((publication.pk, publication.state, state))

    signals.commented.connect(hear)
    try:
        staged.finish(publication)
    finally:
        signals.commented.disconnect(hear)

    assert heard == [(publication.pk, "published", "done")] * told


def test_address_that_is_only_known_later_is_read_back(world):
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT),
        StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False),
    ]
    world.network.script["commit"] = [Outcome(K.OK, {"id": "7"}, "7")]
    world.network.script["verify"] = [Outcome(K.BUSY), Outcome(K.OK, {}, "7", "https://fake.example/p/7")]
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.remote_id) == ("published", "7")
    assert publication.remote_url == "https://fake.example/p/7"
    assert world.network.runs("verify")[0] >= DUE + s(120)


def test_lost_first_comment_is_looked_up_too(staged):
    publication = staged.publication("one")
    staged.network.script["comment"] = ["lost"]

    staged.finish(publication)

    assert [p.key for p in staged.network.ledger] == ["commit", "comment"]
    assert publication.state == "published"


# People -----------------------------------------------------------------------------------------------------


def test_revoked_approval_stops_before_the_first_byte(world):
    publication = world.publication("one")

    result = void.void(publication.variant, reason="Changed my mind.", by=world.manager)

    assert [p.pk for p in result.cancelled] == [publication.pk]
    world.hand.at = DUE
    assert worker.run_one("publication", publication.pk) is False
    publication.refresh_from_db()
    assert publication.state == "cancelled"
    assert world.network.calls == []


def test_revoked_in_the_middle_of_a_thread_stops_it_there(world):
    publication = world.publication("one", "two", "three")

    def revoke(step, ctx):
        if step.key == "reply 2":
            result = void.void(publication.variant, reason="Wrong figure.", by=world.manager)
            assert not result.cancelled

    world.network.before = revoke
    world.finish(publication)

    assert world.network.texts() == ["one", "two"]
    assert (publication.state, publication.reason) == ("attention", "partial_thread")


def test_approval_is_checked_again_inside_the_intent(world, monkeypatch):
    """Voided without touching the publication's row, as by an upper house's own query: the intent still refuses."""
    from django.utils import timezone

    from publishing.models import Version

    publication = world.publication("one")
    Version.objects.update(voided_at=timezone.now(), void_reason="no")

    world.step(publication, to=DUE)

    assert publication.state == "cancelled"
    assert world.network.calls == []


def test_payload_changed_in_the_database_is_not_sent(world):
    publication = world.publication("one")
    version = publication.version
    version.payload["parts"][0]["text"] = "something else"
    version.save()

    world.step(publication, to=DUE)

    assert publication.state == "failed"
    assert world.network.calls == []


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize("change", ["changed", "lost"])
def test_changed_cover_is_not_sent_where_it_goes_along(world, settings, tmp_path, monkeypatch, change, takes):
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(world.network, "media", frozenset({Media.COVER} if takes else ()), raising=False)
    (tmp_path / "clip.mp4").write_bytes(b"video")
    cover = tmp_path / "clip.cover.jpg"
    cover.write_bytes(b"approved")
    digests = [hashlib.sha256(data).hexdigest() for data in (b"video", b"approved")]
    medium = {"kind": "video", "file": "clip.mp4", "sha256": digests[0], "alt": ""}
    publication = world.publication(
        "one", media=[{**medium, "cover": cover.name, "cover_sha256": digests[1]}]
    )
    cover.write_bytes(b"changed") if change == "changed" else cover.unlink()

    world.step(publication, to=DUE)

    assert (publication.state == "failed") is takes
    assert ("clip.cover.jpg" in publication.detail) is takes
    assert (world.network.calls == []) is takes


def test_changed_file_is_not_sent(world, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    (tmp_path / "card.jpg").write_bytes(b"approved")
    medium = {
        "kind": "image",
        "file": "card.jpg",
        "sha256": hashlib.sha256(b"approved").hexdigest(),
        "alt": "a",
    }
    publication = world.publication("one", media=[medium])
    (tmp_path / "card.jpg").write_bytes(b"changed")

    world.step(publication, to=DUE)

    assert publication.state == "failed"
    assert "card.jpg is not the file that was approved" in publication.detail
    assert world.network.calls == []


def test_pause_holds_and_resume_lets_go(world):
    publication = world.publication("one")
    switches.turn("platform", "fake", on=True, reason="Election silence", by=world.manager)

    world.step(publication, to=DUE)
    assert world.network.calls == []
    assert publication.detail == "Paused: Election silence"

    switches.turn("platform", "fake", on=False)
    world.finish(publication)
    assert world.network.texts() == ["one"]


def test_pause_beyond_grace_asks_instead_of_flooding(world):
    publication = world.publication("one")
    switches.turn("all", on=True)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "late")
    assert world.network.calls == []


def test_pause_in_mid_thread_stops_the_next_part(world):
    publication = world.publication("one", "two")
    world.network.before = lambda step, ctx: switches.turn("channel", world.channel.pk, on=True)

    world.step(publication, to=DUE)

    assert world.network.texts() == ["one"]
    assert publication.state == "waiting"
    switches.turn("channel", world.channel.pk, on=False)
    world.network.before = None
    world.finish(publication)
    assert world.network.texts() == ["one", "two"]


def test_gate_holds_until_it_opens(world):
    closed = {"why": "Quiet period"}
    gate = gates.register(lambda publication, at: closed["why"])
    try:
        publication = world.publication("one")
        world.step(publication, to=DUE)
        assert world.network.calls == []
        assert publication.detail == "Quiet period"
        closed["why"] = None
        world.finish(publication)
        assert world.network.texts() == ["one"]
    finally:
        gates.unregister(gate)


def test_workers_were_down_too_long(world):
    publication = world.publication("one")

    world.step(publication, to=DUE + s(1801))

    assert (publication.state, publication.reason) == ("attention", "late")
    assert world.network.calls == []


def test_late_within_grace_goes_out_one_by_one(world):
    first, second, third = (world.publication(t) for t in ("a", "b", "c"))
    world.hand.at = DUE + s(600)

    for publication in (first, second, third):
        worker.run_one("publication", publication.pk)
    assert len(world.network.runs()) == 1
    for publication in (first, second, third):
        world.finish(publication)

    at = sorted(post.at for post in world.network.ledger)
    assert len(at) == 3
    assert all(b - a >= s(60) for a, b in pairwise(at))


def test_person_says_it_is_out(world):
    world.network.safety = Safety.BLIND
    publication = world.publication("one", "two")
    world.network.script["commit"] = ["lost"]
    world.finish(publication)

    actions.mark_as_out(publication, "https://fake.example/77", remote_id="77", by=world.manager)

    assert (publication.state, publication.remote_id) == ("published", "77")
    assert not publication.intent_open
    assert world.step(publication) is False


@pytest.mark.parametrize(
    ("said", "of_second", "at"),
    [
        ("1", "", "https://fake.example/first"),  # the first post was pasted: of the second nothing is known
        ("", "", "https://fake.example/first"),  # of some networks an address tells no id
        ("88", "88", "https://fake.example/first"),
    ],
)
def test_a_doubtful_part_has_no_other_parts_id(world, said, of_second, at):
    world.network.safety = Safety.BLIND
    world.network.script["commit"] = [Outcome(K.OK, {"id": "1"}, "1", "https://fake.example/first")]
    world.network.script["reply 2"] = ["lost"]
    publication = world.publication("one", "two")
    world.finish(publication)
    assert (publication.state, publication.remote_id) == ("attention", "1")

    pasted = "https://fake.example/first" if said == "1" else "https://fake.example/pasted"
    actions.mark_as_out(publication, pasted, remote_id=said, by=world.manager)

    first, second = publication.steps.filter(key__in=("commit", "reply 2")).order_by("seq")
    assert (first.remote_id, second.remote_id) == ("1", of_second)
    assert second.remote_url == ("" if said == "1" else "https://fake.example/pasted")
    assert (publication.state, publication.remote_id, publication.remote_url) == ("published", "1", at)


@pytest.mark.parametrize(("pasted", "kept"), [("code", "https://fake.example/code"), ("first", "")])
def test_of_a_doubtful_part_the_address_is_its_own_and_the_first_ones_is_read(world, pasted, kept):
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, data={"part": 1}),
        StepSpec("reply 3", StepKind.REPLY, Safety.BLIND, data={"part": 2}),
        StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False),
    ]
    world.network.script["commit"] = [
        Outcome(K.OK, {"id": "1"}, "1")
    ]  # its address is told when it is read back
    world.network.script["reply 2"] = ["lost"]
    world.network.script["verify"] = [Outcome(K.OK, {"id": "1"}, "1", "https://fake.example/first")]
    publication = world.publication("one", "two", "three")
    world.finish(publication)

    actions.mark_as_out(publication, f"https://fake.example/{pasted}", by=world.manager)
    assert (publication.state, publication.remote_url) == ("published", "")
    world.finish(publication)

    assert publication.remote_url == "https://fake.example/first"
    assert publication.steps.get(key="reply 2").remote_url == kept
    assert [len(world.network.runs(key)) for key in ("commit", "reply 2", "reply 3")] == [1, 1, 0]


def test_a_doubtful_part_has_no_earlier_parts_id(world):
    world.network.safety = Safety.BLIND
    world.network.script["commit"] = [Outcome(K.OK, {"id": "1"}, "1", "https://fake.example/1")]
    world.network.script["reply 2"] = [Outcome(K.OK, {"id": "2"}, "2", "https://fake.example/2")]
    world.network.script["reply 3"] = ["lost"]
    publication = world.publication("one", "two", "three")
    world.finish(publication)

    actions.mark_as_out(publication, "https://fake.example/2", remote_id="2", by=world.manager)

    parts = publication.steps.filter(kind__in=("commit", "reply")).order_by("seq")
    assert [part.remote_id for part in parts] == ["1", "2", ""]
    assert publication.remote_url == "https://fake.example/1"


def test_the_address_is_kept_where_the_network_names_the_post_otherwise(world):
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT, data={"part": 0}),
        StepSpec("wait", StepKind.WAIT, Safety.PURE),
    ]
    world.network.script["commit"] = [Outcome(K.OK, {"id": "v_pub"}, "v_pub", "")]
    world.network.script["wait"] = [Outcome(K.BUSY, retry_after_s=600)] * 9
    publication = world.publication("one")
    world.finish(publication)
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")

    actions.mark_as_out(publication, "https://fake.example/7", remote_id="7", by=world.manager)

    assert (publication.state, publication.remote_url) == ("published", "https://fake.example/7")


@pytest.fixture
def with_rest(world, monkeypatch):
    """A post with what belongs to it: a cover, a first comment, and reading it back."""
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT, data={"part": 0}),
        StepSpec("thumbnail", StepKind.UPLOAD, Safety.PURE, required=False),
        StepSpec("comment", StepKind.COMMENT, Safety.EXACT, required=False),
        StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False),
    ]
    monkeypatch.setattr(world.network, "run", world.network.perform)
    return world


def test_a_cover_waits_until_the_network_is_through_with_the_video(with_rest):
    with_rest.network.script["thumbnail"] = [Outcome(K.BUSY, retry_after_s=60)] * 15
    publication = with_rest.publication("one")

    with_rest.finish(publication)

    assert (publication.state, publication.warnings) == ("published", [])
    assert len(with_rest.network.runs("thumbnail")) == 16
    assert publication.steps.get(key="thumbnail").done_at - DUE > s(1200)


def test_a_network_that_is_never_through_with_it_is_asked_for_an_hour(with_rest):
    with_rest.network.script["thumbnail"] = [Outcome(K.BUSY, retry_after_s=60)] * 99
    publication = with_rest.publication("one")

    with_rest.finish(publication)

    assert publication.state == "published"
    (warning,) = publication.warnings
    assert warning["why"] == "The network was not ready for it in time."
    assert len(with_rest.network.runs("thumbnail")) < 30


def told(kind):
    return Notice.objects.filter(kind=kind)


def test_a_post_that_came_to_nothing_after_it_was_handed_over_is_told_once(with_rest):
    refused = Outcome(K.CONTENT, message="Somebody else holds the rights.", undone=("commit",))
    for key in ("thumbnail", "comment", "verify"):
        with_rest.network.script[key] = [refused]
    publication = with_rest.publication("one")

    with_rest.finish(publication)

    assert publication.state == "published"
    assert publication.remote_url  # the network may still show why
    assert [(each["step"], each["why"]) for each in publication.warnings] == [("Publish", refused.message)]
    assert actions.missing_comment(publication) is None  # there is nothing that it could be put under
    assert set(told("not_shown").values_list("user", flat=True)) == {with_rest.owner.pk, with_rest.manager.pk}
    assert told("not_shown").count() == 2
    assert "Fake took it, and says now: Somebody else holds the rights." in told("not_shown").first().body
    assert not told("left_out").exists()  # that would say “the post itself is out”


def test_what_reading_it_back_finds_otherwise_is_told(with_rest):
    with_rest.network.script["verify"] = [Outcome(K.CONTENT, message="Fake holds the post back.")]
    publication = with_rest.publication("one")

    with_rest.finish(publication)

    assert told("not_shown").count() == 2
    assert publication.state == "published"


def test_what_cannot_be_read_back_is_no_news(with_rest):
    with_rest.network.script["verify"] = [Outcome(K.PERMISSION, message="No right to read.")]

    with_rest.finish(with_rest.publication("one"))

    assert not told("not_shown").exists()


def test_a_first_comment_that_is_refused_says_that_the_post_is_out(with_rest):
    with_rest.network.script["comment"] = [Outcome(K.CONTENT, message="Comments are off.")]

    with_rest.finish(with_rest.publication("one"))

    assert "The post itself is out." in told("left_out").first().body
    assert not told("not_shown").exists()


@pytest.fixture
def processed(world):
    """A post that the network takes in one call and processes for twenty minutes, of which five are its grace."""
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.EXACT, data={"part": 0}),
        StepSpec("wait", StepKind.WAIT, Safety.PURE),
    ]
    world.network.script["wait"] = [Outcome(K.BUSY, retry_after_s=60)] * 14
    publication = world.publication("one")
    type(publication).objects.update(grace_s=300)
    return publication


def test_what_the_network_has_in_full_is_not_late(world, processed):
    world.finish(processed)

    assert (processed.state, processed.reason) == ("published", "")
    assert len(world.network.runs("commit")) == 1
    assert len(world.network.runs("wait")) == 15


def test_a_pause_does_not_keep_from_asking_what_came_of_it(world, processed):
    world.step(processed, to=DUE)
    assert processed.parts_out == 1
    switches.turn("all", on=True, reason="Crisis.")

    world.finish(processed)

    assert processed.state == "published"


def test_what_the_network_says_nothing_of_is_asked_about_by_a_person(client, world, processed):
    world.network.script["wait"] = [Outcome(K.BUSY, retry_after_s=60)] * 99
    world.finish(processed)
    assert (processed.state, processed.reason) == ("attention", "unknown_outcome")
    assert world.hand.at - DUE < s(1000)
    assert actions.allowed(processed) == ("send_now", "delete_parts", "mark_as_out", "drop")
    del world.network.script["wait"]

    actions.send_now(processed, by=world.manager)
    world.finish(processed)

    assert processed.state == "published"
    assert len(world.network.runs("commit")) == 1


def test_a_pause_stands_against_what_has_to_be_made_again(world, processed):
    failed = Outcome(K.BUSY, retry_after_s=60, message="Once more.", redo=("commit",), undone=("commit",))
    world.network.script["wait"] = [failed]
    world.step(processed, to=DUE)
    switches.turn("all", on=True, reason="Crisis.")

    world.step(processed, to=DUE + s(120))

    assert len(world.network.runs("commit")) == 1
    assert (processed.state, processed.detail) == ("waiting", "Paused: Crisis.")


@pytest.fixture
def people(world):
    """A sending to two people, one message each, of which none tells what became of it."""
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE),
    ]
    refused = Outcome(K.CONTENT, message="Not there.", spared=True)
    world.network.script["commit"] = [refused]
    world.network.script["people"] = [Outcome(K.CONTENT, message="Nobody is known to have got it.")]
    return SimpleNamespace(world=world, script=world.network.script, refused=refused)


def test_a_sending_that_everybody_was_refused_has_failed(people):
    people.script["reply 2"] = [people.refused]
    publication = people.world.publication("one")

    people.world.finish(publication)

    assert publication.state == "failed"


def test_a_sending_that_somebody_may_have_got_is_for_a_person_to_decide(people):
    people.script["reply 2"] = ["lost"]
    publication = people.world.publication("one")

    people.world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert "Nobody is known to have got it." in publication.detail
    actions.mark_as_out(publication, "", by=people.world.manager)
    assert publication.state == "published"


@pytest.fixture
def some_in_doubt(world):
    """A sending to three people: one is refused it, of the second nobody knows, and the third has still to get it."""
    world.network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("reply 3", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE, data={"asks_nobody": True}),
    ]
    world.network.has_addresses = False
    world.network.script["commit"] = [Outcome(K.CONTENT, message="Not there.", spared=True)]
    world.network.script["reply 2"] = ["lost"]
    world.network.script["reply 3"] = [Outcome(K.BUSY, retry_after_s=600)]
    publication = world.publication("one")
    world.step(publication, to=DUE)
    assert (publication.state, publication.parts_out, publication.may_be_out()) == ("waiting", 0, True)
    return publication


def test_a_late_list_that_some_may_have_goes_on_to_the_others(world, some_in_doubt):
    world.step(some_in_doubt, to=DUE + s(1801))
    assert (some_in_doubt.state, some_in_doubt.reason) == ("attention", "late")
    assert some_in_doubt.detail == "Some may have it; its time was over before the others could get it."
    assert {"send_now", "mark_as_out", "drop"} <= set(actions.allowed(some_in_doubt))
    (left,) = [d for d in decisions.offered(some_in_doubt) if d.action == "drop"]
    assert "would get it twice" in left.does
    assert "plan and approve it anew" not in left.does

    actions.send_now(some_in_doubt, by=world.manager)
    world.finish(some_in_doubt)

    assert some_in_doubt.state == "published"
    assert [len(world.network.runs(key)) for key in ("commit", "reply 2", "reply 3")] == [1, 1, 2]


def test_a_file_that_changes_in_the_middle_of_a_list_is_for_a_person(world, some_in_doubt, monkeypatch):
    monkeypatch.setattr(Run, "wrong_file", lambda self: "The picture has changed.")

    world.finish(some_in_doubt)

    assert (some_in_doubt.state, some_in_doubt.reason) == ("attention", "unknown_outcome")
    assert some_in_doubt.detail == "The picture has changed."


def test_stopping_a_list_that_some_may_have_does_not_say_that_nobody_has(world, some_in_doubt):
    (stop,) = [d for d in decisions.offered(some_in_doubt) if d.action == "cancel"]

    assert stop.does.startswith("Nothing more of it goes out. Whoever got it has it")
    assert actions.cancel(some_in_doubt, by=world.manager)
    world.finish(some_in_doubt)
    assert some_in_doubt.state == "cancelled"
    assert len(world.network.runs("reply 3")) == 1


def test_person_drops_it(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))

    actions.drop(publication, by=world.manager, why="Old news.")

    assert publication.state == "cancelled"
    assert Event.objects.get(kind="dropped").by_name == "Max"
    with pytest.raises(actions.NotPossible):
        actions.drop(publication, by=world.manager)


def test_a_case_keeps_when_it_was_asked_and_forgets_it_when_it_is_decided(world):
    publication = world.publication("one")
    asked_at = DUE + s(1801)

    world.step(publication, to=asked_at)

    assert (publication.attention_since, publication.attention_told_at) == (asked_at, asked_at)
    assert publication.attention_told == 1
    assert publication.attention_opened_at is None
    actions.send_now(publication, by=world.manager)
    assert {name: getattr(publication, name) for name in NOT_ASKED} == NOT_ASKED


def test_person_looks_again_and_nothing_is_sent_before(world):
    publication = world.publication("one")
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT, complete=True, reason="?")]
    world.finish(publication)

    actions.look_again(publication, by=world.manager)
    world.finish(publication)

    assert publication.state == "published"
    assert world.network.texts() == ["one"]


def test_reschedule(world):
    publication = world.publication("one")
    later = DUE + s(86_400)

    actions.reschedule(publication, later, by=world.manager)
    world.step(publication, to=DUE)
    assert world.network.calls == []
    world.finish(publication)

    assert world.network.ledger[0].at == later


def test_cancel_while_it_is_being_sent_says_so(world):
    publication = world.publication("one")
    said = []
    world.network.before = lambda step, ctx: said.append(actions.cancel(publication, by=world.manager))

    world.finish(publication)

    assert said == [False]
    assert publication.state == "published"


# Events -----------------------------------------------------------------------------------------------------


def test_events_cannot_be_changed_or_deleted(world):
    publication = world.publication("one")
    for change in (
        lambda: Event.objects.filter(publication=publication).update(kind="x"),
        lambda: Event.objects.filter(publication=publication).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_every_row_that_is_not_over_has_a_date_or_a_person(world):
    """I8, along a run with trouble."""
    publication = world.publication("one", "two")
    world.network.script["commit"] = ["lost"]
    for _ in range(30):
        publication.refresh_from_db()
        if publication.state in ("published", "failed", "cancelled"):
            break
        assert publication.next_action_at is not None
        world.step(publication)
    assert publication.state == "published"

"""Trouble is found, and told, before a post's time; it never stops the post itself."""

from datetime import UTC, datetime, timedelta

import pytest

from channels import tokens
from channels.connectors.base import Outcome, OutcomeKind, Refused, Trouble, TroubleKind
from channels.models import ChannelState
from channels.wire import AnswerLost
from publishing.models import AccountCheck, Event
from work.models import Notice

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
DAY_BEFORE = DUE - timedelta(hours=30)


def s(seconds):
    return timedelta(seconds=seconds)


def test_three_checks_at_their_moments(world):
    world.hand.at = DAY_BEFORE
    publication = world.publication("one")
    assert publication.next_action_at == DUE - timedelta(hours=24)

    world.finish(publication)

    assert world.network.checked == [DUE - timedelta(hours=24), DUE - s(3600), DUE - s(900)]
    assert world.events(publication).count("checked") == 3
    assert publication.state == "published"
    assert publication.lateness_ms == 0


def test_missed_moments_are_made_up_for_at_once(world):
    publication = world.publication("one")  # approved an hour ahead

    assert publication.next_action_at <= world.hand.at
    world.step(publication)

    assert world.network.checked == [DUE - s(3600)]
    assert publication.next_action_at == DUE - s(900)


def test_no_check_at_or_after_the_due_time(world):
    publication = world.publication("one")

    world.step(publication, to=DUE)

    assert world.network.checked == []
    assert world.network.texts() == ["one"]


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble("A permission is missing.", TroubleKind.SCOPES), "scopes"),
        (Trouble("Used up.", TroubleKind.QUOTA), "quota"),
        (AnswerLost("no answer in time", "ReadTimeout"), "reach"),
        (Refused(Outcome(OutcomeKind.PERMISSION, message="Suspended.")), "account"),
        (Refused(Outcome(OutcomeKind.AUTH, message="No longer valid.")), "token"),
        (ZeroDivisionError(), "reach"),
    ],
)
def test_trouble_is_told_to_owner_and_manager_and_stops_nothing(world, trouble, kind):
    world.network.troubles = [trouble]
    publication = world.publication("one")

    world.step(publication)

    assert Event.objects.filter(kind="checked").last().data["kinds"] == [kind]
    assert set(Notice.objects.filter(kind="preflight").values_list("user__username", flat=True)) == {
        "ada",
        "max",
    }
    assert publication.state == "scheduled"
    world.finish(publication)
    assert world.network.texts() == ["one"]


def test_each_sort_of_trouble_is_told_once_however_often_it_is_found(world):
    world.network.troubles = [Trouble("Missing.", TroubleKind.SCOPES)]
    publications = [world.publication(f"post {n}") for n in range(5)]

    for publication in publications:
        world.finish(publication)

    assert Notice.objects.filter(kind="preflight", user=world.owner).count() == 1


def test_posts_of_one_account_share_a_look(world):
    publications = [world.publication(f"post {n}") for n in range(5)]

    for publication in publications:
        world.step(publication, to=world.hand.at)

    assert len(world.network.checked) == 1
    assert all(world.events(p).count("checked") == 1 for p in publications)


def test_while_another_worker_is_asking_one_waits_but_never_beyond_the_due_time(world):
    publication = world.publication("one")
    AccountCheck.objects.create(channel=world.channel, asking_until=DUE + s(60))

    world.step(publication)
    assert publication.next_action_at == world.hand.at + s(2)
    assert publication.state == "scheduled"

    world.step(publication, to=DUE - s(1))
    assert publication.next_action_at == DUE
    world.step(publication, to=DUE)
    assert world.network.texts() == ["one"]


def test_channel_that_is_known_to_be_broken_is_not_asked(world):
    world.channel.state, world.channel.state_reason = ChannelState.RECONNECT, "Signed out."
    world.channel.save()
    publication = world.publication("one")

    world.step(publication)

    assert world.network.checked == []
    assert "Signed out." in Notice.objects.get(kind="preflight", user=world.owner).body
    assert publication.state == "scheduled"


@pytest.mark.parametrize(
    ("error", "kind"),
    [(tokens.ReconnectNeeded("must be connected again"), "token"), (tokens.TokenBusy("renewing"), "reach")],
)
def test_no_token_is_trouble(world, monkeypatch, error, kind):
    def none(channel, *, worker, refused=""):
        raise error

    publication = world.publication("one")
    monkeypatch.setattr(tokens, "fresh_token", none)

    world.step(publication)

    assert Event.objects.get(kind="checked").data["kinds"] == [kind]
    assert publication.state == "scheduled"


def test_refused_token_is_renewed_once_before_anybody_is_told(world):
    world.network.troubles = [Refused(Outcome(OutcomeKind.AUTH))]
    publication = world.publication("one")

    world.step(publication)

    assert world.network.tokens == ["", "token-0"]


def test_missing_file_is_told_before_the_time(world, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    medium = {"kind": "image", "file": "gone.jpg", "sha256": "0" * 64, "alt": "a"}
    publication = world.publication("one", media=[medium])

    world.step(publication)

    notice = Notice.objects.get(kind="preflight", user=world.owner)
    assert "gone.jpg is missing" in notice.body
    assert publication.state == "scheduled"


def test_limit_that_outlasts_the_due_time_is_told(world):
    from publishing import limits

    publication = world.publication("one")
    limits.hold(f"channel:{world.channel.pk}", DUE + s(600))

    world.step(publication)

    assert Event.objects.get(kind="checked").data["kinds"] == ["quota"]


def test_another_time_is_checked_anew(world):
    from publishing.domain import actions

    publication = world.publication("one")
    world.step(publication)

    actions.reschedule(publication, DUE + timedelta(days=3), by=world.manager)

    assert publication.preflight_at is None
    assert publication.next_action_at == DUE + timedelta(days=2)


def test_a_network_is_asked_about_this_very_post_where_it_can_be(world):
    world.hand.at = DAY_BEFORE
    asked = []
    world.network.foresees = lambda payload: payload["parts"][0]["text"] == "with video"

    def foresee(payload, ctx):
        asked.append(ctx.now)
        return [Trouble("No more video today.", TroubleKind.QUOTA), Trouble("Something else.")]

    world.network.foresee = foresee
    plain, video = world.publication("one"), world.publication("with video")

    world.step(plain)
    world.step(video)

    assert asked == [DUE - timedelta(hours=24)]
    (event,) = Event.objects.filter(publication=video, kind="checked")
    assert event.data["found"] == "No more video today."
    assert Event.objects.get(publication=plain, kind="checked").data["found"] == "Nothing stands in the way."


def test_a_question_about_a_post_that_fails_says_nothing_against_it(world):
    world.hand.at = DAY_BEFORE
    world.network.foresees = lambda payload: True

    def foresee(payload, ctx):
        raise AnswerLost("gone", "x")

    world.network.foresee = foresee
    publication = world.publication("one")

    world.step(publication)

    assert (
        Event.objects.get(publication=publication, kind="checked").data["found"]
        == "Nothing stands in the way."
    )

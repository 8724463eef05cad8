"""Uploads, containers, threads and first comments that go wrong on the way."""

import pytest

from channels.connectors.base import Safety
from publishing.domain import actions, run, void
from publishing.models import Attempt, Step
from tests.faults import lab as net
from tests.faults.world import DUE, FILE, s

pytestmark = pytest.mark.db


@pytest.fixture
def staged(world):
    world.connector.shape.upload = world.connector.shape.container = True
    world.connector.shape.safety = Safety.EXACT
    return world


# Before anything is public --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [net.LOST, net.SILENT, net.LOST.undone(), net.status(503, done=False)])
def test_upload_that_is_cut_in_the_middle_is_made_again_whole(staged, fault):
    publication = staged.publication("one")
    staged.lab.next("PUT /files", fault, skip=2)

    staged.finish(publication)

    assert publication.state == "published"
    whole = [bytes(file) for file in staged.lab.files.values()]
    assert len(whole) == 2
    assert whole[-1] == FILE
    assert whole[0] != FILE


def test_container_that_is_pending_is_waited_for(staged):
    staged.lab.polls = 5
    publication = staged.publication("one")

    staged.finish(publication)

    assert publication.state == "published"
    assert len(staged.lab.made("GET /containers")) >= 6
    assert staged.lab.stood()[0].at == DUE


def test_container_that_stays_pending_asks_when_the_grace_is_over(staged):
    staged.lab.polls = 100_000
    publication = staged.publication("one")

    staged.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "late")
    assert staged.lab.texts() == []


def test_container_that_failed_is_told_with_its_reason(staged):
    staged.lab.container_says = "failed"
    publication = staged.publication("one")

    staged.finish(publication)

    assert (publication.state, publication.detail) == ("failed", "Lab could not prepare it.")
    assert staged.told("failed") == 1
    assert staged.hand.at < DUE  # before anybody waited for it


def test_container_that_has_expired_is_made_again(staged):
    publication = staged.publication("one")
    staged.lab.container_says = "expired"
    staged.step(publication, to=DUE - s(900))
    staged.lab.container_says = ""

    staged.finish(publication)

    assert publication.state == "published"
    assert len(staged.lab.containers) == 2


def test_container_whose_handle_runs_out_before_the_due_time_is_made_again(staged):
    staged.connector.shape.handle_s = 300
    publication = staged.publication("one")

    staged.finish(publication)

    assert publication.state == "published"
    assert len(staged.lab.containers) >= 2
    assert staged.lab.stood()[0].at <= DUE + s(60)


def test_container_that_expired_is_not_made_again_while_its_post_is_in_doubt(staged):
    """The handle is what the doubt is settled with."""
    staged.connector.shape.handle_s = 1100  # until 200 s after the due time
    publication = staged.publication("one")
    staged.lab.next("POST /post", net.LOST)
    staged.go_on(until=DUE + s(1))
    staged.lab.next("GET /containers", net.status(500), times=5)

    staged.finish(publication)

    assert publication.state == "published"
    assert staged.hand.at > DUE + s(200)
    assert staged.lab.texts() == ["one"]
    assert len(staged.lab.containers) == 1


def test_error_though_it_was_published_is_not_believed(staged):
    """The container says "error" of a post that is out; the list of posts decides."""
    publication = staged.publication("one")
    staged.lab.next("POST /post", net.LOST)
    staged.step(publication, to=DUE - s(900))
    staged.step(publication, to=DUE)
    staged.lab.container_says = "error"

    staged.finish(publication)

    assert publication.state == "published"
    assert staged.lab.texts() == ["one"]
    assert len(staged.lab.made("POST /post")) == 1


def test_cancelled_after_staging_leaves_nothing_public(staged):
    publication = staged.publication("one")
    staged.step(publication, to=DUE - s(900))
    assert staged.lab.containers

    assert actions.cancel(publication, by=staged.manager) is True
    staged.hand.at = DUE
    staged.finish(publication)

    assert publication.state == "cancelled"
    assert staged.lab.made("POST /post") == []


def test_revoked_after_staging_leaves_nothing_public(staged):
    publication = staged.publication("one")
    staged.step(publication, to=DUE - s(900))

    void.void(publication.variant, reason="Wrong figure.", by=staged.manager)
    staged.hand.at = DUE
    staged.finish(publication)

    assert publication.state == "cancelled"
    assert staged.lab.made("POST /post") == []


def test_cancelled_in_the_middle_of_an_upload_stops_at_the_next_piece(staged, monkeypatch):
    publication = staged.publication("one")
    real = run.Run.renew

    def renew(held):
        if len(staged.lab.made("PUT /files")) == 2:
            actions.cancel(publication, by=staged.manager)
        real(held)

    monkeypatch.setattr(run.Run, "renew", renew)

    staged.finish(publication)

    assert publication.state == "cancelled"
    assert len(staged.lab.made("PUT /files")) == 2
    assert staged.lab.made("POST /containers") == []


# Threads --------------------------------------------------------------------------------------------------------

FIVE = ("one", "two", "three", "four", "five")


def test_part_three_of_five_refused_waits_for_a_person_and_goes_on_there(world):
    publication = world.publication(*FIVE)
    world.lab.next("POST /post", net.refusal(422, "text", "Too rude."), skip=2)

    world.finish(publication)
    world.check()
    assert (publication.state, publication.reason) == ("attention", "partial_thread")
    assert "Too rude." in publication.detail
    assert world.lab.texts() == ["one", "two"]

    actions.send_now(publication, by=world.manager)
    world.finish(publication)
    assert publication.state == "published"
    assert world.lab.texts() == list(FIVE)


def test_part_three_of_five_is_tried_until_the_grace_is_over(world):
    publication = world.publication(*FIVE)
    world.lab.next("POST /post", net.refusal(400, "busy"), skip=2, times=10_000)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "partial_thread")
    assert world.lab.texts() == ["one", "two"]
    assert world.hand.at <= DUE + s(1900)


def test_parent_that_somebody_deleted_is_not_replaced(world):
    publication = world.publication(*FIVE)
    world.lab.next("POST /post", net.refusal(400, "busy"), skip=2)
    world.step(publication, to=DUE)
    gone = world.lab.posts[1]
    gone.gone = True

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "partial_thread")
    assert world.lab.texts() == ["one"]
    assert len(world.lab.made("POST /post")) == 4  # one, two, three (busy), three (no parent)
    assert "gone" in publication.detail
    world.checks = False  # the ledger no longer shows part two, which somebody else deleted


@pytest.mark.parametrize("part", range(5))
@pytest.mark.parametrize("fault", [net.LOST, net.LATE, net.SILENT.undone()])
def test_every_part_may_be_lost_once(world, part, fault):
    publication = world.publication(*FIVE)
    world.lab.next("POST /post", fault, skip=part)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == list(FIVE)


def test_every_part_lost_every_time_still_makes_one_thread(world):
    publication = world.publication(*FIVE)
    for _ in range(5):
        world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == list(FIVE)
    assert len(world.lab.made("POST /post")) == 5


# The first comment, reading back ------------------------------------------------------------------------------


@pytest.fixture
def commented(world):
    world.connector.shape.comment = world.connector.shape.verify = True
    return world


def test_first_comment_that_is_refused_leaves_a_warning(commented):
    publication = commented.publication("one")
    commented.lab.next("POST /post", net.refusal(422, "comment", "Comments are off."), skip=1)

    commented.finish(publication)

    assert publication.state == "published"
    assert [warning["why"] for warning in publication.warnings] == ["Comments are off."]
    assert commented.lab.texts() == ["one"]


@pytest.mark.parametrize("fault", [net.LOST, net.LATE, net.SILENT.undone(), net.status(500)])
def test_first_comment_whose_answer_is_lost_stands_once(commented, fault):
    publication = commented.publication("one")
    commented.lab.next("POST /post", fault, skip=1)

    commented.finish(publication)

    assert publication.state == "published"
    assert commented.lab.texts() == ["one", "The first comment."]


def test_first_comment_that_cannot_be_asked_about_is_left_alone(commented):
    commented.connector.shape.safety = Safety.BLIND
    publication = commented.publication("one")
    commented.lab.next("POST /post", net.LOST, skip=1)

    commented.finish(publication)

    assert publication.state == "published"
    assert publication.warnings
    assert len(commented.lab.made("POST /post")) == 2


def test_first_comment_that_was_left_out_is_written_when_a_person_says_so(commented):
    publication = commented.publication("one")
    commented.lab.next("POST /post", net.refusal(422, "comment", "Comments are off."), skip=1)
    commented.finish(publication)
    assert actions.allowed(publication) == ("comment_again",)
    assert commented.told("left_out") == 1

    actions.comment_again(publication, by=commented.manager)
    commented.finish(publication)

    assert (publication.state, publication.warnings) == ("published", [])
    assert commented.lab.texts() == ["one", "The first comment."]
    assert actions.allowed(publication) == ()
    with pytest.raises(actions.NotPossible):
        actions.comment_again(publication, by=commented.manager)


def test_first_comment_is_refused_as_often_as_it_is_tried_again(commented):
    publication = commented.publication("one")
    commented.lab.next("POST /post", net.refusal(422, "comment", "Comments are off."), skip=1, times=6)

    commented.finish(publication)
    for _ in range(5):
        actions.comment_again(publication, by=commented.manager)
        commented.finish(publication)

    assert [warning["why"] for warning in publication.warnings] == ["Comments are off."]
    assert len(commented.lab.made("POST /post")) == 7
    assert commented.lab.texts() == ["one"]


def test_only_a_comment_that_may_be_there_has_to_be_looked_for_by_a_person(commented):
    refused = commented.publication("one")
    commented.lab.next("POST /post", net.refusal(422, "comment", "Comments are off."), skip=1)
    commented.finish(refused)
    assert not actions.may_be_there(actions.missing_comment(refused))

    commented.connector.shape.safety = Safety.BLIND
    doubtful = commented.publication("two", due=DUE + s(3600))
    commented.lab.next("POST /post", net.LOST, skip=1)
    commented.finish(doubtful)

    assert actions.may_be_there(actions.missing_comment(doubtful))


@pytest.mark.parametrize("call", ["POST /post", "GET /posts"])
def test_account_that_is_lost_after_the_post_leaves_only_the_rest_out(commented, call):
    """The comment's own call, or the look-up of a comment whose answer was lost, meets a token that is dead."""
    publication = commented.publication("one")
    if call != "POST /post":
        commented.lab.next("POST /post", net.LOST, skip=1)
    commented.lab.next(call, net.refusal(401, "token"), skip=int(call == "POST /post"), times=100)
    commented.lab.next("POST /token", net.refusal(400, "invalid_grant"), times=100)

    commented.finish(publication)

    assert publication.state == "published"
    assert "one" in commented.lab.texts()
    assert {warning["step"] for warning in publication.warnings} >= {"Write the first comment"}


def test_reading_back_that_fails_is_only_a_warning(commented):
    publication = commented.publication("one")
    commented.lab.next("GET /posts/", net.status(500), times=100)

    commented.finish(publication)

    assert publication.state == "published"
    assert publication.remote_id
    assert Step.objects.get(key="verify").state == "skipped"
    assert Attempt.objects.filter(step__key="verify").count() <= 5

"""What a network may answer to the call that makes a post public, and what comes of it, for every safety class."""

import pytest

from channels.connectors.base import Safety
from publishing.models import Attempt
from tests.faults import lab as net
from tests.faults.world import DUE, s

pytestmark = pytest.mark.db

ASKABLE = [Safety.KEYED, Safety.EXACT, Safety.PROBE, Safety.SEARCH]
PUBLIC = {"commit": 0, "reply 3": 2}  # the step, and how many posts of the thread come before it

# Done, and nobody hears of it.
DONE = {
    "time-out": net.SILENT,
    "reset": net.LOST,
    "500": net.status(500),
    "502": net.status(502),
    "503": net.status(503),
    "504": net.status(504),
    "HTML": net.HTML,
    "cut JSON": net.CUT_JSON,
    "body cut short": net.CUT_SHORT,
    "2xx without id": net.NO_ID,
    "90 s late": net.LATE,
}
# Not done, and nobody can know.
NOT_DONE = {
    "time-out and not done": net.SILENT.undone(),
    "reset and not done": net.LOST.undone(),
    "500 and not done": net.status(500, done=False),
    "503 and not done": net.status(503, done=False),
}


def shape(world, safety):
    world.connector.shape.safety = safety
    if safety is Safety.PROBE:
        world.lab.refuses_repeats_s = 600


@pytest.mark.parametrize("safety", ASKABLE)
@pytest.mark.parametrize("answer", [*DONE, *NOT_DONE])
def test_lost_answer_to_the_first_post_makes_one_post(world, safety, answer):
    shape(world, safety)
    publication = world.publication("one")
    world.lab.next("POST /post", {**DONE, **NOT_DONE}[answer])

    world.step(publication, to=DUE - s(900))
    world.go_on(until=DUE + s(119))
    assert publication_state(publication) == "in_doubt"
    assert len(world.lab.made("POST /post")) == 1  # nothing but waiting until it must have landed

    world.finish(publication)
    assert publication.state == "published"
    assert world.lab.texts() == ["one"]


def publication_state(publication):
    publication.refresh_from_db()
    return publication.state


@pytest.mark.parametrize("safety", ASKABLE)
@pytest.mark.parametrize("answer", ["time-out", "502", "90 s late", "500 and not done"])
def test_lost_answer_in_the_middle_of_a_thread_makes_one_thread(world, safety, answer):
    shape(world, safety)
    publication = world.publication("one", "two", "three", "four", "five")
    world.lab.next("POST /post", {**DONE, **NOT_DONE}[answer], skip=2)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize("answer", [*DONE, *NOT_DONE])
def test_lost_answer_of_a_network_that_cannot_be_asked_is_left_to_a_person(world, answer):
    shape(world, Safety.BLIND)
    publication = world.publication("one")
    world.lab.next("POST /post", {**DONE, **NOT_DONE}[answer])

    world.finish(publication)
    world.hand.move(600)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert world.lab.texts() == ["one"] * (answer in DONE)
    assert len(world.lab.made("POST /post")) == 1
    assert world.told("attention") == 1


@pytest.mark.parametrize("step", ["files", "containers"])
@pytest.mark.parametrize("answer", ["time-out", "reset", "502", "HTML", "2xx without id", "500 and not done"])
def test_lost_answer_to_what_is_harmless_is_simply_repeated(world, step, answer):
    world.connector.shape.upload = world.connector.shape.container = True
    publication = world.publication("one")
    world.lab.next(f"POST /{step}", {**DONE, **NOT_DONE}[answer])

    world.finish(publication)

    assert publication.state == "published"
    assert len(world.lab.made(f"POST /{step}")) == 2
    assert world.lab.stood()[0].at == DUE  # it happened early, so the post was on time


# Look-ups -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("safety", [Safety.SEARCH, Safety.KEYED])
def test_look_ups_that_lag_find_it_the_second_time(world, safety):
    shape(world, safety)
    world.lab.lag_s = 150
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one"]


def test_look_ups_that_page_are_read_to_the_end(world):
    world.lab.page = 2
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.step(publication, to=DUE)
    for number in range(5):
        world.lab.by_hand(f"Something else altogether, {number * 'more '}")

    world.finish(publication)

    assert publication.state == "published"
    assert len(world.lab.made("GET /posts")) == 3


def test_look_up_whose_pages_never_end_never_counts_as_absent(world):
    world.lab.page = 1
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST.undone())
    world.step(publication, to=DUE)
    for number in range(9):
        world.lab.by_hand(f"{number} {'x' * number * 9}")

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert len(world.lab.made("POST /post")) == 1
    assert world.hand.at >= DUE + s(1800)


@pytest.mark.parametrize("safety", [Safety.SEARCH, Safety.EXACT])
@pytest.mark.parametrize("answer", ["time-out", "reset", "500", "HTML", "cut JSON", "2xx without id"])
def test_look_ups_that_fail_are_repeated_until_one_succeeds(world, safety, answer):
    shape(world, safety)
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.step(publication, to=DUE - s(900))
    world.go_on(until=DUE + s(1))
    world.lab.next("GET /", {**DONE, **NOT_DONE}[answer], times=4)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one"]
    assert len(world.lab.made("POST /post")) == 1


def test_look_ups_that_fail_until_the_grace_is_over_leave_it_to_a_person(world):
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.lab.next("GET /posts", net.status(500), times=10_000)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert DUE + s(1800) <= world.hand.at <= DUE + s(2400)
    assert len(world.lab.made("POST /post")) == 1
    assert len(world.lab.made("GET /posts")) < 60


def test_look_up_with_a_refused_token_renews_it_and_looks_again(world):
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.lab.next("GET /posts", net.refusal(401, "token"))

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.refreshes == 1


# Somebody else's posts ------------------------------------------------------------------------------------------


def test_owner_posted_the_same_by_hand_before_and_ours_arrived(world):
    world.lab.by_hand("one", at=DUE - s(3600))
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert publication.state == "published"
    assert publication.remote_id == world.lab.stood()[1].id


def test_owner_posted_the_same_by_hand_meanwhile_and_ours_arrived_too(world):
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.step(publication, to=DUE)
    world.lab.by_hand("one")

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert "2 posts" in publication.detail
    assert len(world.lab.made("POST /post")) == 1


def test_owner_posted_the_same_by_hand_meanwhile_and_ours_did_not_arrive(world):
    """It stands once, which is what was wanted."""
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST.undone())
    world.step(publication, to=DUE)
    world.lab.by_hand("one")

    world.finish(publication)

    assert publication.state == "published"
    assert [post.text for post in world.lab.stood()] == ["one"]


ALTERED = {
    "quotes and dashes": lambda text: text.replace('"', "”").replace("-", "–"),
    "shortened": lambda text: text[:40] + "…",
    "link removed": lambda text: text.replace("https://river.example/a", ""),
    "tracking added": lambda text: text.replace("/a", "/a?utm_source=lab"),
    "capitals": str.upper,
}


@pytest.mark.parametrize("how", ALTERED)
def test_text_that_the_network_altered_is_not_sent_again(world, how):
    world.lab.alter = ALTERED[how]
    publication = world.publication('Join us - bring "nets" on Saturday: https://river.example/a')
    world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert "nearly the same" in publication.detail
    assert len(world.lab.made("POST /post")) == 1


def test_white_space_that_the_network_altered_is_still_found(world):
    world.lab.alter = lambda text: " ".join(text.split())
    publication = world.publication("Join us:\n\n  Saturday")
    world.lab.next("POST /post", net.LOST)

    assert world.finish(publication).state == "published"


# Keys and repeats -----------------------------------------------------------------------------------------------


def test_key_replay_that_is_answered_500_is_not_taken_for_a_no(world):
    shape(world, Safety.KEYED)
    world.connector.shape.can_list = False
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.lab.next("POST /post", net.status(500, done=False), times=3)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one"]


def test_key_replay_that_is_refused_says_nothing_about_the_first_try(world):
    shape(world, Safety.KEYED)
    world.connector.shape.can_list = False
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)
    world.lab.next("POST /post", net.refusal(422, "text", "Too rude."))

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")


def test_key_that_the_network_ignores_makes_no_double(world):
    """It has a list, and the list is looked at before the key is trusted."""
    shape(world, Safety.KEYED)
    world.lab.knows_keys = False
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one"]


def test_key_that_has_grown_old_is_not_used(world):
    shape(world, Safety.KEYED)
    world.connector.shape.can_list = False
    publication = world.publication("one", grace=86_400)
    world.lab.next("POST /post", net.LOST)
    world.step(publication, to=DUE)
    world.hand.at = DUE + s(3001)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert len(world.lab.made("POST /post")) == 1


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("safety", [Safety.SEARCH, Safety.KEYED, Safety.PROBE])
def test_refused_as_a_duplicate_of_our_own_counts_as_arrived(world, safety, named):
    """The list lags so long that it was sent again; the network refuses the second one."""
    shape(world, safety)
    world.lab.refuses_repeats_s, world.lab.names_the_first, world.lab.knows_keys = 3600, named, False
    world.lab.lag_s, world.lab.catches_up = 200, True
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST)

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.texts() == ["one"]


@pytest.mark.parametrize("safety", [Safety.SEARCH, Safety.KEYED, Safety.PROBE])
def test_refused_as_a_duplicate_of_a_foreign_post_asks(world, safety):
    shape(world, safety)
    world.lab.refuses_repeats_s = 86_400
    world.lab.by_hand("one", at=DUE - s(3600))
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "duplicate")
    assert world.lab.texts() == []


# The way there --------------------------------------------------------------------------------------------------


def test_name_that_cannot_be_resolved_is_tried_again(world, settings, monkeypatch):
    import socket

    real, down = socket.getaddrinfo, {"now": True}

    def getaddrinfo(host, *args, **kwargs):
        if down["now"]:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return real(host, *args, **kwargs)

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    publication = world.publication("one")
    world.step(publication, to=DUE)
    world.go_on(until=DUE + s(120))
    assert {a.outcome for a in Attempt.objects.all()} == {"not_sent"}
    assert world.lab.calls == []
    down["now"] = False

    world.finish(publication)

    assert publication.state == "published"


def test_tls_that_cannot_be_agreed_on_is_tried_again(world, settings):
    good = settings.NETWORKS
    bad = {**good["lab"], "api": good["lab"]["api"].replace("http:", "https:")}
    settings.NETWORKS = {**good, "lab": bad}
    publication = world.publication("one")
    world.step(publication, to=DUE)
    world.go_on(until=DUE + s(60))
    assert {a.outcome for a in Attempt.objects.all()} == {"not_sent"}
    assert world.lab.calls == []
    settings.NETWORKS = good

    assert world.finish(publication).state == "published"


def test_network_that_stays_out_of_reach_asks_when_the_grace_is_over(world, settings):
    settings.NETWORKS = {
        **settings.NETWORKS,
        "lab": {**settings.NETWORKS["lab"], "api": "http://127.0.0.1:9"},
    }
    publication = world.publication("one")

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "late")
    assert Attempt.objects.count() < 60


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_on_post_is_not_followed(world, code):
    publication = world.publication("one")
    elsewhere = net.status(code, done=False, Location=f"{world.lab.base}/elsewhere")
    world.lab.next("POST /post", elsewhere, times=9)

    world.finish(publication)

    assert world.lab.made("POST /elsewhere") == world.lab.made("GET /elsewhere") == []
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert len(world.lab.made("POST /post")) == 2  # once more, after two looks


def test_busy_is_believed_and_repeated(world):
    publication = world.publication("one")
    world.lab.next("POST /post", net.refusal(400, "busy"), times=2)

    world.finish(publication)

    assert publication.state == "published"
    assert len(world.lab.made("POST /post")) == 3

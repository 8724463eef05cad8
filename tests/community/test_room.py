"""How long an answer may be: the word of the account's own server, and what goes out with the text."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from channels.connectors.mastodon import limits
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from community import answers, moderation, questions
from community.answers import NotPossible
from community.core import replies
from community.models import Conversation
from tests.community.conftest import enter, told
from tests.community.test_answers import cleo, person  # noqa: F401 (fixtures)
from work import clock

NAME = "@neighbour@far.example"


def facts(most: int, **more: int) -> dict:
    statuses = {"max_characters": most, **more}
    return {"limits": limits.of_instance({"configuration": {"statuses": statuses}})}


@pytest.mark.unit
@pytest.mark.parametrize("most", [300, 500, 5000])
def test_the_server_says_how_long_an_answer_may_be(most):
    told = facts(most)

    assert replies.room("mastodon", private=False, facts=told).most == most
    assert replies.check("mastodon", "x" * most, facts=told) == []
    (finding,) = replies.check("mastodon", "x" * (most + 1), facts=told)
    assert finding.remedy == "Shorten it by 1."


@pytest.mark.unit
def test_a_server_that_says_nothing_takes_the_usual():
    assert replies.room("mastodon", private=False, facts={}).most == 500
    assert replies.room("bluesky", private=False, facts=facts(5000)).most == 300


@pytest.mark.unit
def test_a_link_weighs_what_the_server_says():
    room = replies.room("mastodon", private=False, facts=facts(500, characters_reserved_per_url=40))

    assert room.count("See https://a.example/") == 44


@pytest.fixture
def desk(world, store, client, cleo):
    """A conversation on a server of Mastodon that takes 300 characters."""
    Channel.objects.filter(pk=world.channel.pk).update(platform="mastodon", facts=facts(300))
    world.channel.refresh_from_db()
    store(told("1", "Where is parking?", post_id="p", author="neighbour", author_handle=NAME))
    enter(client, cleo)
    row = Conversation.objects.select_related("channel").get()
    return SimpleNamespace(client=client, row=row, channel=world.channel)


def blockers(row, text: str) -> list[str]:
    found = answers.findings(row, text, now=clock.now())
    return [f"{f.words} {f.remedy}" for f in found if f.level == "blocker"]


def test_the_name_that_goes_before_an_answer_counts(desk):
    fits = "x" * (300 - len("@neighbour "))

    assert blockers(desk.row, fits) == []
    (over,) = blockers(desk.row, fits + "x")
    assert over.startswith("301 of 300 characters as Mastodon counts them, with the name of who is answered.")
    assert blockers(desk.row, f"{NAME} {fits}") == []


def test_the_form_counts_what_goes_out(desk):
    to = desk.row.messages.get().pk
    url = reverse("community:writing", args=[desk.row.pk])
    words = "111 of 300 characters as Mastodon counts them, with the name of who is answered"
    assert desk.client.post(url, {"text": "x" * 100, "to": to}).json()["length"] == words
    assert desk.client.post(url, {"text": "x" * 100}).json()["length"] == words

    page = desk.client.post(
        reverse("community:reply", args=[desk.row.pk]),
        {"text": "x" * 295, "do": "send", "key": "k", "to": to},
    )
    assert "306 of 300" in page.content.decode()
    assert not desk.row.answers.exists()


def test_an_answer_by_itself_leaves_room_for_a_name(desk):
    pair = SimpleNamespace(language="en", answer="x" * 260)
    assert questions.too_long(pair, [desk.channel])
    pair.answer = "x" * 200
    assert questions.too_long(pair, [desk.channel]) == []


@pytest.mark.unit
@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_what_is_written_goes_out_word_for_word(connector):
    assert connector.named("Thank you.", NAME).endswith("Thank you.")
    assert connector.named("Thank you.", "") == "Thank you."


def test_a_private_answer_that_names_others_is_asked_about(desk):
    Conversation.objects.filter(pk=desk.row.pk).update(kind="direct")
    desk.row.messages.update(kind="direct")
    to = desk.row.messages.get().pk
    url = reverse("community:reply", args=[desk.row.pk])
    form = {"text": f"{NAME} ask @anna or @bo.", "do": "send", "key": "k", "to": to, "seen": "0"}

    page = desk.client.post(url, form).content.decode()
    assert "whoever a private message names can read it: @anna and @bo." in page
    assert 'name="readers" value="@anna"' in page
    assert "may read it too" in desk.client.post(url, {**form, "readers": ["@anna"]}).content.decode()
    assert desk.row.answers.get().state == "draft"

    desk.client.post(url, {**form, "readers": ["@anna", "@bo"]})
    assert desk.row.answers.get().state == "handed_over"


def test_our_own_name_lets_nobody_else_read_a_private_answer(desk):
    Channel.objects.filter(pk=desk.channel.pk).update(handle="@river@home.example")
    Conversation.objects.filter(pk=desk.row.pk).update(kind="direct")
    desk.row.messages.update(kind="direct")
    to = desk.row.messages.get().pk
    form = {"text": f"{NAME} write to @river@home.example.", "do": "send", "key": "k", "to": to, "seen": "0"}

    desk.client.post(reverse("community:reply", args=[desk.row.pk]), form)

    assert desk.row.answers.get().state == "handed_over"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (f"{NAME} Ask @bo, and @anna.", "@anna"),
        (f"{NAME} Ask @bo again.", ""),
        ("Ask at the desk.", ""),
    ],
)
def test_a_changed_private_answer_gets_no_more_readers(desk, cleo, text, more):
    Conversation.objects.filter(pk=desk.row.pk).update(kind="direct")
    desk.row.messages.update(kind="direct")
    mine = desk.row.messages.create(
        channel=desk.channel,
        remote_id="2",
        kind="direct",
        direction="out",
        text="Ask @bo.",
        at=clock.now(),
        seen_at=clock.now(),
    )

    if more:
        with pytest.raises(NotPossible, match=f"can read it: {more}. Leave out the @"):
            moderation.change_answer(mine, text, by=cleo)
    else:
        assert moderation.change_answer(mine, text, by=cleo).state == "handed_over"


def test_a_public_answer_may_name_anybody(desk):
    to = desk.row.messages.get().pk
    form = {"text": "Ask @anna.", "do": "send", "key": "k", "to": to, "seen": "0"}

    desk.client.post(reverse("community:reply", args=[desk.row.pk]), form)

    assert desk.row.answers.get().state == "handed_over"

"""Whatever order, however often: the inbox is the same, and nothing is lost or doubled."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.connectors.talk import MessageKind as K
from community import ingest
from community.models import Act, Contact, Conversation, Message
from tests.community.conftest import told

TALK = [
    told("1", "Is there parking?", minute=1, post_id="p"),
    told("2", "Yes.", kind=K.REPLY, minute=2, parent_id="1", post_id="p", ours=True, author="us"),
    told("3", "Where?", kind=K.REPLY, minute=3, parent_id="2", post_id="p"),
    told("4", "Behind the mill, I think", kind=K.REPLY, minute=4, parent_id="3", post_id="p", author="jon"),
    told("5", "@river look", kind=K.MENTION, minute=5, author="ana"),
    told("6", "and me", kind=K.REPLY, minute=6, parent_id="5", author="ben"),
    told("d1", "Quietly", kind=K.DIRECT, minute=1, conversation_id="t9"),
    told("d2", "We listen", kind=K.DIRECT, minute=2, conversation_id="t9", ours=True, author="us"),
    told("7", "under something unseen", kind=K.REPLY, minute=7, parent_id="99", post_id="p"),
]


def picture(channel):
    """The inbox as a reader finds it, without our own row numbers."""
    threads = {}
    for row in Conversation.objects.filter(channel=channel).select_related("contact"):
        ids = row.messages.order_by("at", "remote_id").values_list("remote_id", "text", "direction")
        threads[row.key] = (
            tuple(ids),
            row.status,
            row.kind,
            row.contact and row.contact.remote_id,
            row.snippet,
            row.messages_count,
            row.last_message_at,
            row.waiting_since,
            row.answered_at,
        )
    return threads


EXPECTED = {"thread:1": "1234", "thread:5": "56", "thread:99": "7"}


def test_threads_in_the_order_of_speaking(world, store):
    stored = store(*TALK)

    found = picture(world.channel)
    ids = {key: "".join(i for i, *_ in row[0]) for key, row in found.items()}
    assert ids == {**EXPECTED, "direct:t9": "d1d2"}
    assert {key: row[1] for key, row in found.items()} == {
        "thread:1": "open",
        "thread:5": "open",
        "thread:99": "open",
        "direct:t9": "answered",
    }
    assert [m.remote_id for m in stored.new] == ["1", "d1", "3", "4", "5", "6", "7"]
    assert Contact.objects.count() == 4


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_any_interleaving_of_pages_hints_and_repeats_gives_the_same_inbox(world, store, seed, sizes):
    Conversation.objects.all().delete()
    store(*TALK)
    in_order = picture(world.channel)
    Conversation.objects.all().delete()
    chance = random.Random(seed)
    said = [*TALK, *chance.choices(TALK, k=5)]
    chance.shuffle(said)

    for size in [*sizes, len(said)]:
        store(*said[:size])
        said = said[size:]

    assert picture(world.channel) == in_order


def test_a_reply_before_its_parent_joins_the_thread_with_all_that_hangs_on_it(world, store):
    store(told("3", "Where?", kind=K.REPLY, parent_id="2", minute=3))
    orphan = Conversation.objects.get()
    message = orphan.messages.get()
    act = Act.objects.create(conversation=orphan, message=message, action="hide", at=world.hand.at)
    orphan.assignee = world.owner
    orphan.save()

    store(told("2", "Yes", kind=K.REPLY, parent_id="1", minute=2))
    store(told("1", "Is there parking?", minute=1))

    home = Conversation.objects.get()
    assert (home.key, home.messages.count(), home.assignee) == ("thread:1", 3, world.owner)
    act.refresh_from_db()
    assert act.conversation == home


def test_an_edit_is_noticed_and_the_old_words_are_kept(world, store):
    store(told("1", "You liars", minute=1))
    store(told("1", "Sorry, I misread", minute=1))

    row = Message.objects.get()
    assert (row.text, row.earlier[0][0]) == ("Sorry, I misread", "You liars")
    assert Conversation.objects.get().snippet == "Sorry, I misread"


def test_closed_by_a_person_opens_when_somebody_speaks_again(world, store):
    store(told("1", minute=1))
    Conversation.objects.update(status="closed", closed_at=world.hand.at)

    store(told("1", minute=1))
    assert Conversation.objects.get().status == "closed"

    store(told("2", kind=K.REPLY, parent_id="1", minute=9))
    assert (Conversation.objects.get().status, Conversation.objects.get().closed_at) == ("open", None)


def test_a_reply_to_our_post_itself_is_no_reply_to_a_message(world, store):
    publication = world.finish(world.publication("The river is clean."))
    store(told("1", kind=K.MENTION, parent_id=publication.remote_id))

    row = Conversation.objects.get()
    assert (row.key, row.publication, row.story_id) == ("thread:1", publication, world.campaign.pk)


HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "bidi": "safe \u202egnp.exe\u202c \u2067left open",
    "huge": "a" * 100_000,
    "null": "be\x00fore \ud83d after \x1b[31m",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_kept_harmlessly(world, store, name):
    text = HOSTILE[name]
    store(
        told(
            "1",
            text,
            author_name=text,
            author_handle=text,
            url="javascript:alert(1)",
            raw={"x": text, text: [text]},
        )
    )

    row = Message.objects.select_related("author", "conversation").get()
    everything = row.text + row.author.name + row.author.handle + row.conversation.snippet
    assert not set(everything) & set("\x00\x1b\ud83d\u202e\u202c")
    assert row.text.count("\u2067") == row.text.count("\u2069")
    assert "\u2067" not in row.conversation.snippet + row.author.name
    assert len(row.text) <= 20_000
    assert row.cut == (name == "huge")
    assert row.url == ""
    if name in ("markup", "formula"):
        assert row.text == text  # not a letter is changed


def test_a_listener_that_fails_loses_no_message(world, store, monkeypatch):
    from community import signals

    def broken(conversation, **kwargs):
        Conversation.objects.filter(pk=conversation.pk).update(topic="half done")
        raise RuntimeError("triage is broken")

    signals.arrived.connect(broken)
    try:
        store(told("1"))
    finally:
        signals.arrived.disconnect(broken)

    assert (Message.objects.count(), Conversation.objects.get().topic) == (1, "")


@pytest.mark.parametrize("first", [True, False])
def test_a_listener_that_fails_undoes_nothing_that_another_one_did(world, store, first):
    """Whichever of them is called first; also where the failure is the database's."""
    from django.db import IntegrityError

    from community import signals

    def broken(conversation, **kwargs):
        Conversation.objects.filter(pk=conversation.pk).update(reason="half done")
        with pytest.raises(IntegrityError):
            Conversation.objects.create(
                channel=conversation.channel,
                campaign_id=conversation.campaign_id,
                key=conversation.key,
                started_at=conversation.started_at,
                last_message_at=conversation.started_at,
                created_at=conversation.started_at,
            )
        raise RuntimeError("it is broken")

    def sound(conversation, **kwargs):
        Conversation.objects.filter(pk=conversation.pk).update(tags=["seen"])

    both = (broken, sound) if first else (sound, broken)
    for each in both:
        signals.arrived.connect(each)
    try:
        store(told("1", "Where is my polling station?"))
    finally:
        assert all(signals.arrived.disconnect(each) for each in both)

    row = Conversation.objects.get()
    assert (Message.objects.count(), row.tags, row.reason) == (1, ["seen"], "")
    assert row.suggested  # those that were there before have done their work, too


def test_what_a_complete_round_no_longer_shows_is_gone_and_its_text_is_kept(world, store):
    from datetime import timedelta

    from django.db.models import Q

    now = world.hand.at + timedelta(hours=1)
    store(told("1", "rude"), told("2", "kind"))
    store(told("2", "kind"), at=now)

    assert ingest.gone(world.channel, Q(kind="comment"), round_at=now, since=None, at=now) == 1
    row = Message.objects.get(remote_id="1")
    assert (row.text, row.deleted_at, row.conversation.status) == ("rude", now, "no_answer")

    store(told("1", "rude"), at=now)
    assert Message.objects.get(remote_id="1").deleted_at is None
    assert Conversation.objects.get(key="thread:1").status == "open"


def test_an_answer_that_is_written_down_while_a_page_waits_keeps_its_place(world, store, monkeypatch):
    """The page tells another parent, as YouTube does; whoever we answered stays answered."""
    store(
        told("1", "Is it open?"), told("2", "And today?", kind=K.REPLY, parent_id="1", author="tom", minute=1)
    )
    home = Conversation.objects.get()
    real = ingest._Page._conversations

    def went_out_meanwhile(page, keys):
        fields = {"channel": home.channel, "kind": K.REPLY, "direction": "out", "text": "Until six."}
        at = world.hand.at
        Message.objects.create(conversation=home, remote_id="a", parent_id="2", at=at, seen_at=at, **fields)
        return real(page, keys)

    with monkeypatch.context() as patch:
        patch.setattr(ingest._Page, "_conversations", went_out_meanwhile)
        ours = {"author": "us", "minute": 2}
        store(told("a", "Until six.", kind=K.REPLY, parent_id="1", **ours), told("3", "Thanks", minute=3))

    assert Message.objects.get(remote_id="a").parent_id == "2"
    assert Message.objects.filter(remote_id="3").exists()

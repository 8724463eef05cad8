"""What is kept, given out and forgotten."""

from datetime import timedelta

from channels.connectors.talk import MessageKind as K
from community import retention
from community.models import Act, Contact, Conversation, Message, Note
from tests.community.conftest import told


def test_erasing_a_person_empties_what_they_said_and_keeps_the_row(world, store):
    store(told("1", "My address is Mill Lane 3", raw={"x": "Mara"}), told("2", "Hi", author="jon"))
    mara = Contact.objects.get(remote_id="mara")
    row = Message.objects.get(remote_id="1")
    Note.objects.create(conversation=row.conversation, text="Mara again", at=world.hand.at)
    act = Act.objects.create(
        conversation=row.conversation,
        message=row,
        action="hide",
        category="privacy",
        copy=row.text,
        at=world.hand.at,
    )

    assert retention.erase(mara) == 1
    store(told("1", "My address is Mill Lane 3", raw={"x": "Mara"}))  # the next round tells it again

    row.refresh_from_db(), mara.refresh_from_db(), act.refresh_from_db()
    held = f"{row.text}{row.raw}{row.conversation.snippet}{mara.name}{mara.handle}{act.copy}"
    assert "Mill" not in held
    assert "mara" not in held.lower()
    assert (act.category, Note.objects.count(), Message.objects.get(remote_id="2").text) == (
        "privacy",
        0,
        "Hi",
    )


def test_the_copy_for_a_person_holds_their_words_and_ours_and_nobody_elses(store):
    store(
        told("1", "Question", minute=1),
        told("2", "Answer", kind=K.REPLY, parent_id="1", minute=2, ours=True, author="us"),
        told("3", "Somebody else's secret", kind=K.REPLY, parent_id="1", minute=3, author="jon"),
    )
    copy = retention.export(Contact.objects.get(remote_id="mara"))

    (talk,) = copy["conversations"]
    assert [m["text"] for m in talk["messages"]] == ["Question", "Answer"]
    assert "secret" not in str(copy)


def test_old_and_closed_conversations_are_emptied_once_private_ones_sooner(world, store):
    store(
        told("1", "Public", minute=-500 * 24 * 60),
        told("2", "Private", kind=K.DIRECT, conversation_id="t", minute=-500 * 24 * 60),
        told("3", "Open", kind=K.DIRECT, conversation_id="u", author="jon", minute=-500 * 24 * 60),
    )
    Conversation.objects.exclude(key="direct:u").update(status="closed")

    assert (retention.prune(), retention.prune()) == (1, 0)
    assert dict(Message.objects.values_list("remote_id", "text")) == {"1": "Public", "2": "", "3": "Open"}
    world.hand.at += timedelta(days=300)
    assert retention.prune() == 1


def test_who_writes_again_into_an_emptied_conversation_is_there_again_and_is_emptied_again(world, store):
    old = told("1", "Long ago", kind=K.DIRECT, conversation_id="t", minute=-500 * 24 * 60)
    store(old)
    Conversation.objects.update(status="closed")
    assert retention.prune() == 1
    world.hand.at += timedelta(minutes=1)

    store(old, told("2", "Me again", kind=K.DIRECT, conversation_id="t"))
    store(old, told("2", "Me again, mended", kind=K.DIRECT, conversation_id="t"))

    talk = Conversation.objects.get()
    texts = dict(Message.objects.values_list("remote_id", "text"))
    assert texts == {"1": "", "2": "Me again, mended"}
    assert (talk.contact.name, talk.contact.handle) == ("Mara", "@mara")

    Conversation.objects.update(status="closed")
    world.hand.at += timedelta(days=500)
    assert (retention.prune(), retention.prune()) == (1, 0)
    talk = Conversation.objects.get()
    assert (set(Message.objects.values_list("text", flat=True)), talk.contact) == ({""}, None)
    assert Contact.objects.get().name == ""


def test_who_was_erased_and_writes_again_has_a_name_again_and_the_old_words_stay_away(world, store):
    old = told("1", "My address is Mill Lane 3")
    ours = told("2", "Dear Mara", kind=K.REPLY, parent_id="1", minute=1, ours=True, author="us")
    store(old, ours)
    retention.erase(Contact.objects.get())
    world.hand.at += timedelta(minutes=1)
    store(old, ours)
    assert Contact.objects.get().name == ""

    store(old, told("3", "Is it you?", kind=K.REPLY, parent_id="2", minute=2))
    store(old, ours)

    assert Contact.objects.get().name == "Mara"
    texts = dict(Message.objects.values_list("remote_id", "text"))
    assert texts == {"1": "", "2": "", "3": "Is it you?"}


def test_a_run_empties_all_whose_time_is_over(world, store, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    store(*(told(str(n), author=f"p{n}", minute=-900 * 24 * 60) for n in range(5)))
    Conversation.objects.update(status="closed")
    assert retention.prune() == 5

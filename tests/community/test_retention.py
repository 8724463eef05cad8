"""What is kept, given out and forgotten."""

from datetime import timedelta

from channels.connectors.talk import MessageKind as K
from community import desk, ingest, retention, sorting, timing
from community.core import speed, threads
from community.models import Act, Burst, Case, Contact, Conversation, Message, Miss, Note
from publishing.models import Publication, Version
from tests.community.conftest import told
from tests.community.test_answers import person
from tests.publishing.conftest import START


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


def test_who_writes_below_what_was_answered_and_emptied_waits_from_then_on(world, store):
    """Without authors nobody knows any more for whom the answer was."""
    long = -900 * 24 * 60
    store(
        told("1", "Where is it?", minute=long),
        told("2", "I mean the office", kind=K.REPLY, parent_id="1", minute=long + 1),
        told("3", "Behind the mill", kind=K.REPLY, parent_id="2", minute=long + 2, ours=True, author="us"),
    )
    assert Conversation.objects.get().status == "answered"
    assert retention.prune() == 1
    world.hand.at += timedelta(minutes=1)
    store(told("4", "Is it open?", kind=K.REPLY, parent_id="1", author="tom"))
    timing.watch()

    talk = Conversation.objects.get()
    assert talk.waiting_since == Message.objects.get(remote_id="4").at
    assert not Miss.objects.exists()


def test_emptying_changes_no_time_of_an_answer_and_no_miss(world, store):
    """Whose messages belong together is kept, without a name; somebody new is somebody else."""
    long = -900 * 24 * 60
    words = [("1", "", 0, "mara"), ("2", "1", 5, "mara"), ("3", "1", 6, "tom"), ("4", "2", 10, "mara")]
    for key, parent, minute, author in words:
        at = world.hand.at = START + timedelta(minutes=long + minute)
        store(told(key, "Where?", kind=K.REPLY, parent_id=parent, author=author, minute=long + minute), at=at)
    world.hand.at = START + timedelta(minutes=long + 242)
    timing.watch()
    store(told("a", "There", kind=K.REPLY, parent_id="4", minute=long + 300, ours=True))

    def timed():
        row = Conversation.objects.get()
        rows = ingest.said_in([row.pk])[0][row.pk]
        return speed.timed(threads.spoken(rows), list(row.misses.values_list("due_at", flat=True)))

    def told_of(found):
        return [(wait.minutes, wait.kept) for wait in found]

    world.hand.at = START
    sorting.set_status(Conversation.objects.get(), "closed", by=world.owner)
    before = told_of(timed())
    assert before == [(300, False), (None, False)]
    assert retention.prune() == 1
    assert not Message.objects.exclude(author=None).exists()
    assert told_of(timed()) == before
    speakers = dict(Message.objects.order_by("pk").values_list("remote_id", "speaker"))
    assert speakers["1"] == speakers["2"] == speakers["4"] != speakers["3"]
    assert speakers["a"] is None

    world.hand.at += timedelta(minutes=1)
    store(told("5", "Is it open?", kind=K.REPLY, parent_id="1"))
    assert [wait.open for wait in timed()] == [False, False, True]
    assert retention.prune() == 0


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


def holding(*words: str) -> set[str]:
    """The tables that hold one of these words anywhere, but not as the network's own id of a person."""
    from django.apps import apps

    skip = {"sessions", "contenttypes", "auth", "wagtailsearch"}
    found = set()
    for model in apps.get_models():
        if model._meta.app_label not in skip and model._meta.managed:
            rows = [
                {k: v for k, v in row.items() if k != "remote_id"} for row in model._default_manager.values()
            ]
            found |= {model._meta.label for word in words if word.lower() in str(rows).lower()}
    return found


def test_nothing_anywhere_holds_the_words_of_a_person_who_was_forgotten(world, store, network, monkeypatch):
    """Neither what was handed to the delivery core nor what colleagues were told about."""
    cleo, mona = person(world, "cleo"), person(world, "mona", role="manager")
    words, name = "Zebrastreet nine", "Quillon"
    said = told("1", words, author=name.lower(), raw={"message": words, "from": name})
    store(said)
    talk = Conversation.objects.get()
    sorting.assign(talk, mona, by=cleo)
    sorting.note(talk, f"@mona is it {words}?", by=cleo)
    answer = desk.send(cleo, desk.draft_answer(cleo, talk, f"Dear {name}, we come to {words}.", form_key="a"))
    world.finish(answer.publication)
    hidden = desk.moderate(
        cleo, Message.objects.get(remote_id="1"), "hide", category="privacy", note="Their own address"
    )
    world.finish(hidden.publication)
    changed = desk.change_answer(cleo, Message.objects.get(direction="out"), f"Dear {name}, {words} it is.")
    world.finish(changed.publication)
    later = world.hand.at + timedelta(hours=5)
    waits = desk.send(cleo, desk.draft_answer(cleo, talk, f"And again {words}", form_key="b"), at=later)
    drafted = desk.draft_answer(cleo, talk, f"Or {words}?", form_key="c")
    digests = dict(Version.objects.values_list("pk", "digest"))
    assert len(holding(words)) > 5

    assert retention.erase(Contact.objects.get()) == 1
    retention.prune()
    store(said)

    assert holding(words, name) == set()
    waits.refresh_from_db(), drafted.refresh_from_db()
    assert (waits.state, waits.publication.state, drafted.state) == ("dropped", "cancelled", "dropped")
    assert network.answers() == [f"Dear {name}, we come to {words}."]
    assert dict(Version.objects.values_list("pk", "digest")) == digests
    assert [p.state for p in Publication.objects.order_by("created_at", "pk")].count("published") == 3


def test_what_is_being_sent_at_that_moment_is_emptied_when_it_is_over(world, store, network):
    cleo = person(world, "cleo")
    store(told("1", "Hello"))
    talk = Conversation.objects.get()
    answer = desk.send(cleo, desk.draft_answer(cleo, talk, "Zebrastreet it is.", form_key="a"))
    Publication.objects.update(state="in_doubt", intent_open=True)

    retention.erase(Contact.objects.get())
    assert (
        Version.objects.get().payload["act"]["text"] == "Zebrastreet it is."
    )  # what is asked about must stand
    Publication.objects.update(state="published", intent_open=False)
    retention.prune()

    payload = Version.objects.get().payload
    assert (payload["act"]["text"], payload["parts"][0]["text"], payload["emptied"]) == ("", "", True)
    answer.refresh_from_db()
    assert answer.publication.format_label == "Answer"


def test_who_spoke_in_somebody_elses_thread_is_forgotten_there_too(world, store, network):
    """The line in the list, what we answered them, the words of a wave and of a rumour, a decision's note."""
    cleo = person(world, "cleo")
    ben = told(
        "2", "Zebrastreet is closed", kind=K.REPLY, parent_id="1", author="quillon", minute=2, post_id="p"
    )
    store(told("1", "Is there parking?", author="anna", minute=1, post_id="p"), ben)
    talk, his = Conversation.objects.get(), Message.objects.get(remote_id="2")
    answer = desk.send(
        cleo, desk.draft_answer(cleo, talk, "Dear Quillon, it is open.", message=his, form_key="a")
    )
    world.finish(answer.publication)
    assert "Dear Quillon" in str(retention.export(Contact.objects.get(remote_id="quillon")))
    act = desk.moderate(cleo, his, "hide", category="privacy", note="Quillon lives in Zebrastreet")
    world.finish(act.publication)
    Message.objects.filter(direction="out").update(
        at=world.hand.at - timedelta(days=1)
    )  # his is the newest again
    Conversation.objects.update(snippet="Zebrastreet is closed")
    wave = Burst.objects.create(
        campaign_id=world.campaign.pk, key="closed zebrastreet", words="Zebrastreet is closed", count=4,
        began_at=world.hand.at, last_at=world.hand.at,
    )  # fmt: skip
    case = Case.objects.create(
        campaign_id=world.campaign.pk, title="The street", rumour="Zebrastreet is closed", finding="It is open",
        opened_at=world.hand.at, changed_at=world.hand.at,
    )  # fmt: skip
    wave.conversations.add(talk)
    case.conversations.add(talk)

    retention.erase(Contact.objects.get(remote_id="quillon"))

    assert holding("zebrastreet", "quillon") == set()
    case.refresh_from_db()
    assert (case.title, case.finding) == ("The street", "It is open")
    assert Message.objects.get(remote_id="1").text == "Is there parking?"


def test_what_nobody_has_closed_is_kept_three_times_as_long_at_most(world, store):
    store(told("1", "Private", kind=K.DIRECT, conversation_id="t", minute=-1000 * 24 * 60))
    assert Conversation.objects.get().status == "open"
    assert retention.prune() == 0
    world.hand.at += timedelta(days=100)

    assert (retention.prune(), retention.prune()) == (1, 0)
    assert Message.objects.get().text == ""
    row = Conversation.objects.get()
    assert (row.status, row.reason, row.next_due_at) == ("no_answer", retention.OVER, None)
    world.hand.at += timedelta(days=1)
    store(told("2", "Hello again", kind=K.DIRECT, conversation_id="t", minute=101 * 24 * 60))
    row.refresh_from_db()
    assert (row.status, row.waiting_since) == ("open", world.hand.at)
    assert (retention.prune(), Conversation.objects.get().status) == (0, "open")

"""Who is still waiting: told by a model that is written simply, and by the scenarios in which somebody was forgotten."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.connectors.talk import MessageKind as K
from community import desk, inbox, ingest, sorting, timing
from community.core import threads
from community.models import Conversation, Message, Miss, Settings, Target
from tests.community.conftest import enter, told
from tests.community.test_answers import person
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


def only():
    return Conversation.objects.get()


def at(minute):
    return START + minute * MINUTE


def waiting(row=None):
    """Whoever waits, by their names on the network, as the table holds it."""
    row = row or only()
    rows, _ = ingest.said_in([row.pk])
    numbers = threads.standing(rows[row.pk]).waiting
    if row.private:
        return {"somebody"} if numbers else set()
    names = dict(Message.objects.exclude(author=None).values_list("author", "author__remote_id"))
    return {names[int(number)] for number in numbers}


def answer(world, cleo, to, *, minute, form, **more):
    """Written at that minute, in answer to that message; returns its publication, which is not out yet."""
    world.hand.at = at(minute)
    message = Message.objects.get(remote_id=to)
    row = message.conversation
    made = desk.draft_answer(cleo, row, f"An answer to {to}", form_key=form, message=message)
    return desk.send(cleo, made, **more).publication


def ask(store, remote_id, author, *, minute, read=None, parent_id="", **more):
    """Said at one minute, read at another one."""
    kind = K.REPLY if parent_id else K.COMMENT
    message = told(
        remote_id, f"Question {remote_id}?", kind=kind, minute=minute, author=author, parent_id=parent_id,
        post_id="p", **more,
    )  # fmt: skip
    store(message, at=at(minute if read is None else read))


# Scenarios --------------------------------------------------------------------------------------------------------


def test_who_spoke_before_an_answer_to_somebody_else_and_was_read_after_it_waits(world, store, cleo):
    ask(store, "1", "mara", minute=0)
    publication = answer(world, cleo, "1", minute=60, form="f")
    world.finish(publication)
    assert (only().status, waiting()) == ("answered", set())

    ask(store, "2", "tom", minute=50, read=70, parent_id="1")

    row = only()
    assert (row.status, row.waiting_since, waiting()) == ("open", at(50), {"tom"})
    assert row.next_due_at == at(50 + 480)
    shown = inbox.load(cleo, inbox.channels_of(cleo), inbox.Filters(unread="1"), number=1, now=at(70))
    assert [each.conversation for each in shown.rows] == [row]


def test_one_answer_ends_the_wait_of_one(world, store, cleo):
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=5, parent_id="1")
    world.finish(answer(world, cleo, "1", minute=60, form="f"))

    row = only()
    assert (row.status, row.waiting_since, waiting()) == ("open", at(5), {"tom"})
    assert row.next_due_at == at(5 + 480)
    world.finish(answer(world, cleo, "2", minute=90, form="g"))
    assert (only().status, only().next_due_at, waiting()) == ("answered", None, set())


def test_the_page_says_who_still_waits(world, store, cleo, client):
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=5, parent_id="1")
    enter(client, cleo)

    def said():
        page = client.get(reverse("community:conversation", args=[only().pk])).content.decode()
        _, found, rest = page.partition("Waiting for an answer:")
        return re.findall(r"<bdi>(\w+)</bdi>", rest[: rest.index("</p>")]) if found else []

    assert said() == ["Mara", "Tom"]
    world.finish(answer(world, cleo, "1", minute=60, form="f"))
    assert said() == ["Tom"]
    sorting.set_status(only(), "closed", by=cleo)
    assert said() == []


def test_what_was_written_before_ours_was_out_and_read_after_it_waits(world, store, cleo):
    store(told("d1", "Which room?", kind=K.DIRECT, conversation_id="t"))
    publication = answer(world, cleo, "d1", minute=10, form="f")
    world.finish(publication)
    out = Message.objects.get(direction="out").at

    urgent = told(
        "d2", "And it is urgent, my mother is in hospital", kind=K.DIRECT, conversation_id="t", minute=9
    )
    store(urgent, at=out + 2 * MINUTE)

    row = only()
    assert (row.status, row.waiting_since) == ("open", at(9))
    world.finish(answer(world, cleo, "d2", minute=30, form="g"))
    assert only().status == "answered"


def test_what_came_while_an_answer_waited_for_its_time_or_a_second_person_waits(world, store, cleo):
    store(told("d1", "Which room?", kind=K.DIRECT, conversation_id="t"))
    publication = answer(world, cleo, "d1", minute=10, form="f", at=at(240))
    store(told("d2", "And which floor?", kind=K.DIRECT, conversation_id="t", minute=100), at=at(101))
    world.finish(publication)
    assert only().waiting_since == at(100)

    Settings.objects.create(
        campaign=world.campaign, approve_groups=list(cleo.groups.values_list("pk", flat=True))
    )
    row = only()
    made = desk.draft_answer(
        cleo, row, "The third.", form_key="g", message=Message.objects.get(remote_id="d2")
    )
    world.hand.at = at(300)
    made = desk.send(cleo, made)
    store(told("d3", "Is there a lift?", kind=K.DIRECT, conversation_id="t", minute=310), at=at(311))
    world.hand.at = at(320)
    world.finish(desk.approve(person(world, "mona", role="manager"), made).publication)
    assert (only().status, only().waiting_since) == ("open", at(310))


def test_an_answer_of_the_networks_own_app_had_the_thread_before_it(world, store, cleo):
    """Read together with what it answered, or late: nobody below the first message is left as waiting."""
    ask(store, "1", "mara", minute=0)
    ours = told("a", "Yes.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=30)
    late = told("2", "Me too", kind=K.REPLY, parent_id="1", post_id="p", author="tom", minute=20)
    store(ours, at=at(100))
    store(late, at=at(200))

    assert (only().status, waiting()) == ("answered", set())
    ask(store, "3", "tom", minute=210, parent_id="2")
    ask(store, "4", "ana", minute=211, parent_id="2")
    store(told("b", "To Tom.", kind=K.REPLY, parent_id="3", post_id="p", ours=True, minute=220), at=at(221))
    assert waiting() == {"ana"}  # there it is known for whom it is


def test_a_round_that_is_faster_than_our_own_note_changes_nobody_elses_wait(world, store, network, cleo):
    """Some networks hang every answer on the first comment."""
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=5, parent_id="1")
    publication = answer(world, cleo, "2", minute=60, form="f")
    store(
        told("a1", "An answer to 2", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=61),
        at=at(60),
    )

    world.finish(publication)

    assert waiting() == {"mara"}


def test_strangers_whose_names_the_network_keeps_are_several(world, store, cleo):
    for key, parent in (("1", ""), ("2", "1")):
        kind = K.REPLY if parent else K.COMMENT
        nameless = {"author": "", "author_handle": "", "author_name": "", "parent_id": parent, "post_id": "p"}
        store(told(key, "Hello?", kind=kind, minute=int(key), **nameless))
    world.finish(answer(world, cleo, "1", minute=60, form="f"))
    assert (only().status, only().waiting_since) == ("open", at(2))


def test_once_our_answer_is_gone_its_question_waits_and_no_other(world, store, cleo):
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=5, parent_id="1")
    world.finish(answer(world, cleo, "1", minute=60, form="f"))
    world.finish(answer(world, cleo, "2", minute=90, form="g"))
    Message.objects.filter(parent_id="2", direction="out").update(deleted_at=at(100))
    ingest.settle([only().pk], at=at(100))
    assert waiting() == {"tom"}


# Due times and misses of several --------------------------------------------------------------------------------


def test_everybody_who_is_missed_is_missed_once(world, store, cleo):
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=100, parent_id="1")
    world.hand.at = at(241)
    timing.watch()
    world.finish(answer(world, cleo, "1", minute=300, form="f"))
    assert list(Miss.objects.values_list("since", "answered_at")) == [
        (at(0), Message.objects.get(direction="out").at)
    ]

    for minute in (580, 581, 582):
        world.hand.at = at(minute)
        timing.watch()
    assert list(Miss.objects.order_by("due_at").values_list("due_at", "since")) == [
        (at(240), at(0)),
        (at(580), at(100)),
    ]
    world.finish(answer(world, cleo, "2", minute=600, form="g"))
    assert not Miss.objects.filter(answered_at=None).exists()


def test_who_is_next_has_no_due_time_that_has_passed_already(world, store, cleo):
    """The shorter time of next answers holds for them only once somebody else was answered."""
    Target.objects.create(campaign=world.campaign, first_min=240, next_min=30, escalate_min=10)
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=5, parent_id="1")
    publication = world.finish(answer(world, cleo, "1", minute=200, form="f"))
    assert only().next_due_at == publication.published_at + 10 * MINUTE


def test_who_is_next_after_one_who_was_missed_is_missed_for_themselves(world, store, cleo):
    Target.objects.create(campaign=world.campaign, first_min=240, next_min=30, escalate_min=10)
    ask(store, "1", "mara", minute=0)
    ask(store, "2", "tom", minute=5, parent_id="1")
    world.hand.at = at(241)
    timing.watch()
    publication = world.finish(answer(world, cleo, "1", minute=250, form="f"))
    due = publication.published_at + 10 * MINUTE
    assert only().next_due_at == due

    world.hand.at = due + MINUTE
    timing.watch()
    assert list(Miss.objects.order_by("since").values_list("since", "due_at")) == [
        (at(0), at(240)),
        (at(5), due),
    ]


def test_what_is_read_late_is_due_after_the_time_of_the_warning(world, store, cleo):
    world.hand.at = at(600)
    ask(store, "1", "mara", minute=0, read=600)

    row = only()
    assert (row.next_due_at, inbox.tone_of(row, at(600))) == (at(630), "act")
    timing.watch()
    row.refresh_from_db()
    assert row.escalated_at is not None
    assert not Miss.objects.exists()
    timing.reckon_all(world.campaign.pk)
    assert only().next_due_at == at(630)
    world.hand.at = at(631)
    timing.watch()
    assert Miss.objects.get().due_at == at(630)


def test_a_message_that_is_found_to_be_older_is_the_same_miss(world, store, cleo):
    ask(store, "1", "mara", minute=0)
    world.hand.at = at(241)
    timing.watch()
    ask(store, "0", "mara", minute=-5, read=250, parent_id="1")
    world.hand.at = at(700)
    timing.watch()
    assert Miss.objects.get().since == at(-5)


# Unread ---------------------------------------------------------------------------------------------------------


def test_read_is_what_was_there_when_somebody_looked(world, store, cleo):
    def unread():
        page = inbox.load(
            cleo, inbox.channels_of(cleo), inbox.Filters(tab="all"), number=1, now=world.hand.at
        )
        only_unread = inbox.Filters(tab="all", unread="1")
        found = inbox.load(cleo, inbox.channels_of(cleo), only_unread, number=1, now=world.hand.at)
        assert bool(found.rows) is page.rows[0].unread
        return page.rows[0].unread

    ask(store, "1", "mara", minute=0)
    assert unread()
    world.hand.at = at(5)
    sorting.seen(only(), by=cleo)
    assert not unread()
    ask(store, "2", "mara", minute=3, read=10, parent_id="1")  # said before the look, read after it
    assert unread()
    world.hand.at = at(11)
    sorting.seen(only(), by=cleo)
    world.finish(answer(world, cleo, "2", minute=12, form="f"))
    assert not unread()  # our own answer is no news
    store(
        told("2", "Something else entirely, and angry", parent_id="1", kind=K.REPLY, post_id="p", minute=3),
        at=at(30),
    )
    assert unread()


def test_whoever_has_read_one_of_two_that_become_one_has_not_read_the_other(world, store, cleo):
    ask(store, "1", "mara", minute=0)
    ask(store, "3", "tom", minute=1, read=2, parent_id="2")
    world.hand.at = at(5)
    sorting.seen(Conversation.objects.get(key="thread:2"), by=cleo)

    store(told("2", "Yes.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=1), at=at(6))

    page = inbox.load(cleo, inbox.channels_of(cleo), inbox.Filters(tab="all"), number=1, now=at(6))
    assert [(row.conversation.key, row.unread) for row in page.rows] == [("thread:1", True)]


# The model ------------------------------------------------------------------------------------------------------

PEOPLE = ("mara", "tom", "ana")


@dataclass
class Spoken:
    key: str
    who: str
    at: object
    read: object = None
    parent: str = ""


@dataclass
class Answered:
    to: str
    out: object
    written: object = None  # None: in the network's own app


def still_waiting(said, answers):
    """Whoever said something that no answer was to. As somebody would say it who reads the thread."""
    by_key = {each.key: each for each in said}

    def is_for(answer, each):
        if each.at > answer.out:
            return False
        to = by_key[answer.to]
        if answer.written is None:
            return not to.parent or to.who == each.who
        return to.who == each.who and each.read <= answer.written

    left = [each for each in said if not any(is_for(answer, each) for answer in answers)]
    return {each.who for each in left}, min((each.at for each in left), default=None)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(seed=st.integers(0, 10**6))
def test_who_is_still_waiting_whatever_the_order(world, store, cleo, seed):
    Conversation.objects.all().delete()
    chance = random.Random(seed)
    world.hand.at = max(world.hand.at, START) + timedelta(hours=1)
    began = world.hand.at
    said, answers, unread = [], [], []

    def minute():
        return (world.hand.at - START).total_seconds() / 60

    def speak():
        key = f"{seed}-{len(said)}"
        parent = chance.choice(said).key if said else ""
        each = Spoken(key, chance.choice(PEOPLE), world.hand.at, parent=parent)
        said.append(each)
        kind = K.REPLY if parent else K.COMMENT
        unread.append(
            (each, told(key, key, kind=kind, minute=minute(), author=each.who, parent_id=parent, post_id="p"))
        )

    def read(most):
        chance.shuffle(unread)
        page, unread[:] = unread[:most], unread[most:]
        for each, _ in page:
            if each is not None:
                each.read = world.hand.at
        store(*(message for _, message in page), *(m for _, m in chance.choices(page, k=2)) if page else ())

    def from_here():
        known = [each for each in said if each.read is not None]
        if not known:
            return
        to = chance.choice(known)
        message = Message.objects.get(remote_id=to.key)
        form = f"f{len(answers)}"
        made = desk.draft_answer(cleo, message.conversation, f"{seed} {form}", form_key=form, message=message)
        written = world.hand.at
        publication = desk.send(cleo, made, anyway=True).publication
        if chance.random() < 0.5:  # somebody writes before it is out, and it is read after
            world.hand.at += timedelta(seconds=5)
            speak()
            world.hand.at += timedelta(seconds=5)
        world.finish(publication)
        answers.append(Answered(to.key, Message.objects.get(answer_row=made).at, written))

    def in_its_app():
        to = chance.choice(said)
        answers.append(Answered(to.key, world.hand.at))
        ours = told(
            f"{seed}-ours{len(answers)}", "In the app", kind=K.REPLY, minute=minute(), parent_id=to.key,
            post_id="p", ours=True, author="us",
        )  # fmt: skip
        unread.append((None, ours))

    speak()
    for _ in range(14):
        world.hand.at += chance.choice((1, 7, 30)) * MINUTE
        do = chance.choice(("speak", "speak", "read", "here", "app"))
        if do == "read":
            read(chance.randint(1, 3))
        else:
            {"speak": speak, "here": from_here, "app": in_its_app}[do]()
    world.hand.at += MINUTE
    read(len(unread))

    row = Conversation.objects.get()
    people, since = still_waiting(said, answers)
    assert (waiting(row), row.waiting_since) == (people, since)
    assert row.status == ("open" if people else "answered")
    assert (row.next_due_at is None) is (not people)
    assert row.news_at >= began

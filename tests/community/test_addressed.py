"""An answer goes to whom it was written for, says what is so now, and is taken back by who wrote it."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from channels.connectors.abilities import PrivateStart
from channels.connectors.base import Outcome, OutcomeKind
from channels.connectors.talk import MessageKind as K
from community import answers, desk, questions, waves
from community.answers import NotPossible
from community.core import saved
from community.enums import AnswerState
from community.models import Answer, Burst, Case, Conversation, Message, Pair, Rating, SavedReply, Settings
from tests.community.conftest import enter, told
from tests.community.test_answers import answered, cleo, person, run, talk  # noqa: F401 (fixtures)
from tests.publishing.conftest import START
from work import worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(client, cleo, talk):
    """The fields of the form as its page shows them, and sending them."""
    enter(client, cleo)
    url = reverse("community:conversation", args=[talk.pk])

    def fields(where=url):
        page = client.get(where).content.decode()
        own = page.partition('id="answer-form"')[2].partition("</form>")[0]
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', own))

    def send(do="send", where=talk, **given):
        return client.post(
            reverse("community:reply", args=[where.pk]), {**given, "do": do}, follow=True
        ).content.decode()

    return fields, send


def tom(store, minute=1):
    store(
        told(
            "2",
            "Is it open on Sunday?",
            author="tom",
            kind=K.REPLY,
            parent_id="1",
            post_id="p",
            minute=minute,
        )
    )
    return Message.objects.get(remote_id="2")


def test_who_comments_while_it_is_written_does_not_get_it(world, network, store, form):
    fields, send = form
    opened = fields()
    tom(store)

    page = send(**opened, text="Dear Mara, your benefit is granted.")

    assert "Somebody has written since you opened this" in page
    assert not Answer.objects.exists()
    send(**opened, text="Dear Mara, your benefit is granted.", anyway="1")
    answer = Answer.objects.get()
    assert answer.to.author.remote_id == "mara"
    run(world, answer.publication)
    assert [act.remote_id for act in network.done] == ["1"]


def test_what_came_back_still_goes_to_whom_it_was_for(store, form, cleo, talk, world):
    Settings.objects.create(campaign=world.campaign, approve_groups=[cleo.groups.get().pk])
    carl = person(world, "carl")
    fields, send = form
    send(**fields(), text="Dear Mara, yes.")
    answer = Answer.objects.get()
    desk.reject(carl, answer, "Warmer, please")
    tom(store)

    page = send("take", answer=answer.pk)

    chosen = re.search(r'<option value="(\d+)" selected>[^<]*Is there parking', page)
    assert chosen is not None
    assert int(chosen[1]) == answer.to_id
    assert f'name="key" value="{answer.form_key}"' in page


def test_the_name_is_that_of_whom_it_goes_to(store, form, world):
    SavedReply.objects.create(campaign=world.campaign, title="Hello", text="Hello {name}!", changed_at=START)
    fields, send = form
    message = tom(store)
    page = send("use", **{**fields(), "to": message.pk, "reply": SavedReply.objects.get().pk})
    assert "Hello Tom!</textarea>" in page


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mara Quillon", "Mara Quillon"),
        ("@party_x https://scam.example/now", "party_x"),
        ("Vote scam.example #now", "Vote now"),
        ("J.R. Smith", "J.R. Smith"),
        ("www.scam.example", ""),
        ("x" * 90, "x" * 60),
        ("李小龍", "李小龍"),
    ],
)
def test_a_strangers_name_links_to_nothing(name, shown):
    assert saved.plain_name(name) == shown


def test_a_wave_is_answered_where_it_was_said_by_name(world, network, store, cleo):
    store(told("1", "Nice weather", post_id="p", minute=-90))
    store(
        told("2", "Is the bridge closed?", author="tom", kind=K.REPLY, parent_id="1", post_id="p", minute=-5)
    )
    row = Conversation.objects.get()
    wave = Burst.objects.create(
        campaign=world.campaign, key="k", words="x", count=1,
        began_at=START - timedelta(minutes=10), last_at=START,
    )  # fmt: skip
    wave.conversations.add(row)
    case = Case.objects.create(
        campaign=world.campaign, title="Bridge", rumour="x", opened_at=START, changed_at=START
    )

    asked = waves.asked_in(wave, [row])
    planned = waves.plan(cleo, [row], {row.pk: "Hello."}, asked)
    waves.answer(cleo, planned, key="k", seen={row.pk: 0}, case=case)

    answer = Answer.objects.get()
    assert (answer.to.author.remote_id, answer.case) == ("tom", case)


def test_another_saved_reply_in_the_list_is_not_the_one_in_the_text(world, form):
    rows = [
        SavedReply.objects.create(campaign=world.campaign, title=t, text=f"{t} for you.", changed_at=START)
        for t in "AB"
    ]
    fields, send = form
    page = send("send", **{**fields(), "used": rows[0].pk, "reply": rows[1].pk, "text": "A for you."})
    assert "Another saved reply is chosen" in page
    page = send("send", **{**fields(), "used": rows[0].pk, "reply": "", "text": "A for you."})
    assert "word for word" in page
    assert not Answer.objects.exists()


def test_a_case_that_was_settled_otherwise_meanwhile_is_said(world, form, talk):
    case = Case.objects.create(
        campaign=world.campaign, title="Bridge", rumour="x", finding="Closed for two days.", state="true",
        opened_at=START, changed_at=START,
    )  # fmt: skip
    fields, send = form
    page = send(f"case:{case.pk}", **fields(), text="")
    seal = re.search(rf'name="seal-case-{case.pk}" value="(\w+)"', page)
    Case.objects.update(finding="Closed for two weeks.")
    given = {"text": "Closed for two days.", "case": case.pk, f"seal-case-{case.pk}": seal[1]}

    page = send("send", **fields(), **given)

    assert "says something else since you opened this: Closed for two weeks." in page
    assert not Answer.objects.exists()


class TestTakingBack:
    def test_its_author_takes_a_planned_one_back_and_others_do_not(
        self, world, network, form, talk, cleo, client
    ):
        answer = answered(cleo, talk, at=world.hand.at + timedelta(hours=2))
        fields, send = form
        assert (
            "Take it back" in client.get(reverse("community:conversation", args=[talk.pk])).content.decode()
        )

        assert "It does not go out." in send("drop", answer=answer.pk)

        world.hand.at += timedelta(hours=3)
        answer.refresh_from_db(), answer.publication.refresh_from_db()
        assert (answer.state, answer.publication.state) == (AnswerState.DROPPED, "cancelled")
        assert network.done == []

    def test_one_that_waits_for_a_second_person_too(self, world, form, talk, cleo):
        Settings.objects.create(campaign=world.campaign, approve_groups=[cleo.groups.get().pk])
        answer = answered(cleo, talk)
        _, send = form
        send("drop", answer=answer.pk)
        answer.refresh_from_db()
        assert answer.state == AnswerState.DROPPED

    def test_what_was_refused_is_called_so_and_its_words_are_taken_up(
        self, world, network, form, talk, cleo, client
    ):
        network.script["reply"] = [Outcome(OutcomeKind.CONTENT, message="No.")]
        answer = answered(cleo, talk)
        run(world, answer.publication)
        page = client.get(reverse("community:conversation", args=[talk.pk])).content.decode()
        assert "Not sent: it was refused" in page
        assert "On its way" not in page
        fields, send = form

        page = send("take", answer=answer.pk)

        assert "Yes, behind the mill.</textarea>" in page
        assert f'value="{answer.form_key}"' not in page  # a form of its own
        send("drop", answer=answer.pk)
        answer.refresh_from_db()
        assert answer.state == AnswerState.DROPPED

    def test_a_form_from_before_with_other_words_is_said_not_to_be_sent(self, world, network, talk, cleo):
        answer = answered(cleo, talk)
        with pytest.raises(NotPossible, match="other words"):
            answered(cleo, talk, "No, it is closed.")
        run(world, answer.publication)
        assert network.answers() == ["Yes, behind the mill."]

    def test_a_private_beginning_that_came_back_is_written_again(self, world, network, form, talk, cleo):
        network.begins = PrivateStart({}, "a test")
        Settings.objects.create(campaign=world.campaign, approve_groups=[cleo.groups.get().pk])
        carl = person(world, "carl")
        made = desk.take_private(cleo, talk, "Which house?", form_key="f9")
        answer = desk.send(cleo, made)
        desk.reject(carl, answer, "Say why")
        there = Conversation.objects.get(pk=answer.conversation_id)
        _, send = form
        page = send("take", there, answer=answer.pk)
        assert "Which house?</textarea>" in page
        own = page.partition('id="answer-form"')[2].partition("</form>")[0]
        given = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', own))

        send("send", there, **given, text="Which house? Then I can look.")

        answer.refresh_from_db()
        assert (answer.state, answer.text) == (AnswerState.TO_APPROVE, "Which house? Then I can look.")
        assert Answer.objects.count() == 1

    @pytest.mark.parametrize("given", [{"text": ""}, {"text": "Which?", "send_at": "2020-01-01T09:00"}])
    def test_what_is_refused_in_private_begins_no_conversation(self, world, network, form, talk, given):
        network.begins = PrivateStart({}, "a test")
        fields, send = form
        page = send("private", **fields(), **given)

        assert 'role="alert"' in page
        assert list(Conversation.objects.all()) == [talk]
        assert not Answer.objects.exists()
        assert "Goes on in" not in page

        send("private", **fields(), text="Which house?")
        assert Conversation.objects.get(kind="direct").continued_from == talk
        assert Answer.objects.get().state == AnswerState.HANDED_OVER

    def test_the_button_says_before_that_a_second_person_looks_at_it(self, world, form, talk, store, client):
        """The message that is answered decides, whatever the conversation is about."""
        Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
        Conversation.objects.update(topic="", topics=[], suggested={})
        Message.objects.filter(remote_id="1").update(text="Where is the polling station for Mill Lane?")
        url = reverse("community:conversation", args=[talk.pk])
        assert "Hand it to a second person" in client.get(url).content.decode()
        (planned,) = waves.plan(
            person(world, "carl"),
            [talk],
            {talk.pk: "Behind the mill."},
            {talk.pk: Message.objects.get(remote_id="1")},
        )
        assert "second person" in planned.second

    def test_who_has_waited_longest_stands_chosen(self, world, network, form, talk, store, client, cleo):
        """Not whoever wrote last; once they were answered, the next one."""
        url = reverse("community:conversation", args=[talk.pk])
        newest = tom(store)

        def chosen():
            return client.get(url).context["composer"]["message"]

        assert chosen().remote_id == "1"
        world.hand.at += timedelta(hours=1)
        made = desk.draft_answer(
            cleo, talk, "Yes.", form_key="f1", message=Message.objects.get(remote_id="1")
        )
        run(world, desk.send(cleo, made).publication)
        assert chosen() == newest

    def test_who_cannot_be_answered_does_not_stand_chosen(
        self, network, form, talk, store, client, monkeypatch
    ):
        """On X nobody may be answered who does not mention us."""
        url = reverse("community:conversation", args=[talk.pk])
        newest = tom(store)
        may = network.may_answer

        def refused(message, now):
            return "They do not mention us." if message.remote_id == "1" else may(message, now)

        monkeypatch.setattr(network, "may_answer", refused)
        assert client.get(url).context["composer"]["message"] == newest

    def test_two_colleagues_do_not_both_begin_in_private(self, world, network, form, talk, cleo):
        network.begins = PrivateStart({}, "a test", named=True)
        fields, send = form
        opened = fields()
        first = desk.send(person(world, "carl"), desk.take_private(cleo, talk, "Hello?", form_key="f8"))
        run(world, first.publication)

        page = send("private", **opened, text="Hello, Mara?")

        assert "Somebody has answered meanwhile" in page
        assert len(network.done) == 1


class TestByThemselves:
    @pytest.fixture
    def queued(self, world, talk):
        Settings.objects.create(campaign=world.campaign, automatic_channels=[world.channel.pk])
        pair = Pair.objects.create(
            campaign=world.campaign, question="Parking?", answer="Behind the mill.", automatic=True,
            written_by=world.manager, approved_by=world.manager, approved_at=START, changed_at=START,
        )  # fmt: skip
        row = answers.draft(
            talk, "Behind the mill. (automatic)", by=None, form_key="a", pair=pair, automatic=True
        )
        return pair, answers.send(row, by=None, at=world.hand.at + timedelta(hours=1))

    def later(self, world, answer):
        world.hand.at += timedelta(hours=2)
        for _ in range(3):
            worker.run_one("publication", str(answer.publication_id))

    def test_a_deleted_pair_answers_nobody_any_more(self, world, network, queued, cleo):
        pair, answer = queued
        questions.delete(pair, by=cleo)
        self.later(world, answer)
        assert network.done == []

    def test_nor_does_one_whose_stop_did_not_reach_it(self, world, network, queued):
        pair, answer = queued
        Answer.objects.update(pair=None)  # as if it had been taken away around the stop
        pair.delete()
        self.later(world, answer)
        assert network.done == []

    def test_nor_one_on_an_account_that_is_marked_no_more(self, world, network, queued):
        _, answer = queued
        Settings.objects.update(automatic_channels=[])
        self.later(world, answer)
        assert network.done == []

    def test_a_topic_for_two_people_is_answered_by_people(self, world, queued, talk):
        pair, _ = queued
        Settings.objects.update(approve_topics=["parking"])
        Conversation.objects.update(topic="parking")
        row = answers.draft(talk, "Behind the mill.", by=None, form_key="b", pair=pair, automatic=True)
        with pytest.raises(NotPossible, match="second person"):
            answers.send(row, by=None)


def test_the_question_how_it_was_can_be_asked_again_when_it_never_left(world, network, store, cleo):
    from community import rating

    carl = person(world, "carl")
    store(told("1", "Hi", kind=K.DIRECT, conversation_id="t", minute=-5))
    store(told("2", "Hello", kind=K.DIRECT, conversation_id="t", ours=True, minute=-1))
    row = Conversation.objects.get()
    Settings.objects.create(
        campaign=world.campaign, ask_rating=True, ask_channels=[world.channel.pk],
        approve_groups=[cleo.groups.get().pk],
    )  # fmt: skip
    first = rating.ask(cleo, row)
    with pytest.raises(NotPossible, match="asked already"):
        rating.ask(cleo, row)
    desk.reject(carl, first, "Not now")

    second = rating.ask(cleo, row)

    assert second.pk != first.pk
    assert Rating.objects.count() == 1

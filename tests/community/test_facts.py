"""What rests on a fact follows it: saved replies, answers that wait, the list of what to answer again, rumours."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from cms.claims import rules
from cms.models import Claim
from community import answers, cases, facts
from community.answers import NotPossible
from community.core import corrections
from community.enums import AnswerState
from community.models import Answer, Case, Message, Pair, SavedReply
from publishing import gates
from publishing.core.states import State
from publishing.models import Publication
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401
from work.models import Notice

db = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.mark.unit
class TestWords:
    def test_a_correction_says_what_was_said_why_and_what_is_right(self):
        said = corrections.begin(
            "Open {daily}.", why="We misread it.", right="Open on Sundays.", language="de-AT"
        )
        assert "„Open (daily).“" in said
        assert "We misread it. Open on Sundays." in said
        assert said.endswith("Das tut uns leid.")

    def test_long_answers_are_shortened_and_unknown_languages_are_english(self):
        said = corrections.begin("word " * 200, language="pl")
        assert said.startswith("We answered you")
        assert len(said) < 250

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            (("", ""), "Four tonnes."),
            (("City report", ""), "Four tonnes. (City report)"),
            (("City report", "https://c.example/r"), "Four tonnes. (City report https://c.example/r)"),
        ],
    )
    def test_a_fact_carries_its_source(self, source, said):
        assert corrections.fact("Four tonnes. ", *source) == said


def asked(there, *words, **fields):
    """A conversation in which X lets us answer: they mentioned us."""
    row = talk(there, *words, **fields)
    row.messages.update(raw={"mentions_us": True})
    return row


@pytest.fixture
def there(river):  # noqa: F811
    claim = Claim.objects.create(
        campaign=river.page,
        text="Four tonnes.",
        source_title="City report",
        status="checked",
        checked_on=NOW.date(),
    )
    cody, manager = river.people["community"], river.people["manager"]

    def answered(text="Four tonnes, says the city.", *, out=True, name="Mara", **fields):
        row = asked(river, name=name)
        fields.setdefault("claims", [claim])
        answer = answers.send(answers.draft(row, text, by=cody, **fields), by=cody, anyway=True)
        if out:
            Publication.objects.filter(pk=answer.publication_id).update(
                state=State.PUBLISHED, remote_id=f"r{answer.pk}", published_at=NOW
            )
            answer.publication.refresh_from_db()
            answers.went_out(answer.publication)
        answer.refresh_from_db()
        return answer

    return SimpleNamespace(
        river=river,
        claim=claim,
        cody=cody,
        manager=manager,
        answered=answered,
        creator=river.people["creator"],
    )


def withdraw(there, right=""):
    rules.withdraw(
        there.claim, by=there.manager, explanation="We misread the table.", right=right, source="City"
    )
    there.claim.refresh_from_db()


class TestAFactChanges:
    pytestmark = db

    def replies(self, there):
        usual = SavedReply.objects.create(
            campaign=there.river.page, title="Waste", text="Four.", changed_at=NOW
        )
        sorry = SavedReply.objects.create(
            campaign=there.river.page, title="Sorry", text="It was wrong.", kind="correction", changed_at=NOW
        )
        for each in (usual, sorry):
            each.claims.add(there.claim)
        return usual, sorry

    def test_saved_replies_and_pairs_are_marked_and_the_team_is_told_once(self, there):
        usual, sorry = self.replies(there)
        pair = Pair.objects.create(
            campaign=there.river.page, question="How much?", answer="Four.", changed_at=NOW
        )
        pair.claims.add(there.claim)
        withdraw(there)
        there.claim.save()  # nothing new

        for row in (usual, sorry, pair):
            row.refresh_from_db()
        assert usual.outdated_at is not None
        assert sorry.outdated_at is None  # it is about the claim
        assert (pair.stopped_at, "retracted" in pair.stop_reason) == (NOW, True)
        assert Notice.objects.filter(kind="talk_fact", user=there.cody).count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "marked"), [("text", "Five.", True), ("expires_on", NOW.date(), False)]
    )
    def test_other_words_count_and_a_new_date_does_not(self, there, field, value, marked):
        usual, _ = self.replies(there)
        setattr(there.claim, field, value)
        there.claim.save()
        usual.refresh_from_db()
        assert (usual.outdated_at is not None) is marked

    def test_what_waits_goes_back_to_its_author(self, there):
        later = there.answered(out=False)
        assert later.state == AnswerState.HANDED_OVER
        withdraw(there, right="Two tonnes.")

        later.refresh_from_db()
        assert (later.state, later.publication) == (AnswerState.REJECTED, None)
        assert "corrected" in later.reject_reason
        assert Publication.objects.get().state == State.CANCELLED
        assert Notice.objects.filter(
            kind="talk_fact", user=there.cody, subject__contains="did not go out"
        ).exists()
        with pytest.raises(NotPossible, match="Two tonnes"):
            answers.send(later, by=there.cody)

    def test_what_a_second_person_is_to_see_goes_back_too(self, there):
        row = asked(there.river)
        answer = answers.draft(row, "Four tonnes.", by=there.cody, claims=[there.claim])
        Answer.objects.filter(pk=answer.pk).update(state=AnswerState.TO_APPROVE)
        withdraw(there)
        answer.refresh_from_db()
        assert answer.state == AnswerState.REJECTED

    def test_an_approved_answer_is_held_where_the_fact_has_expired(self, there):
        answer = there.answered(out=False)
        publication = answer.publication
        assert gates.reason_to_hold(publication, NOW) is None
        Claim.objects.filter(pk=there.claim.pk).update(expires_on=NOW.date() - timedelta(days=1))
        assert "was good until" in gates.reason_to_hold(publication, NOW)
        with pytest.raises(NotPossible, match="was good until"):
            answers.send(
                answers.draft(asked(there.river), "x", by=there.cody, claims=[there.claim]), by=there.cody
            )

    def test_an_answer_rests_on_what_its_saved_reply_rests_on(self, there):
        usual, sorry = self.replies(there)
        built = answers.draft(asked(there.river), "Four!", by=there.cody, saved_reply=usual)
        set_right = answers.draft(asked(there.river), "Sorry.", by=there.cody, saved_reply=sorry)
        assert list(built.claims.all()) == [there.claim]
        assert not set_right.claims.exists()


class TestAnsweredWithIt:
    pytestmark = db

    def test_each_is_listed_until_it_is_answered_again(self, there, as_user):  # noqa: F811
        one, two = there.answered(), there.answered(name="Ben")
        there.answered(out=False, name="Later")
        withdraw(there, right="Two tonnes.")
        client = as_user(there.cody)
        url = reverse("community:fact", args=[there.claim.pk])
        page = client.get(url).content.decode()
        assert page.count("Answer again") == 2
        assert list(facts.answered_with(claim=there.claim)) == [two, one]

        begun = client.get(reverse("community:conversation", args=[one.conversation_id]), {"again": one.pk})
        text = begun.context["composer"]["text"]
        assert "We misread the table. Two tonnes." in text
        form = {"text": text, "do": "send", "key": "k", "corrects": one.pk, "looked": "1"}
        form["claims"] = [claim.pk for claim in begun.context["composer"]["claims"]]
        form["seen"] = str(one.message_id)
        client.post(reverse("community:reply", args=[one.conversation_id]), form)

        again = Answer.objects.get(corrects=one)
        assert again.state == AnswerState.HANDED_OVER
        assert list(again.claims.all()) == [there.claim.successor]
        assert [row.set_right for row in facts.answered_with(claim=there.claim)] == [False, True]
        assert client.get(url).content.decode().count("Answered again") == 1

    def test_a_correction_that_never_left_sets_nothing_right(self, there):
        one = there.answered()
        again = there.answered("Two tonnes.", name="Again", corrects=one, claims=[], out=False)
        for state, right in ((State.SCHEDULED, True), (State.FAILED, False), (State.ATTENTION, False)):
            Publication.objects.filter(pk=again.publication_id).update(state=state)
            assert [row.set_right for row in facts.answered_with(claim=there.claim)] == [right]

    def test_corrections_that_rest_on_what_falls_next_are_listed_then(self, there):
        one = there.answered()
        withdraw(there, right="Two tonnes.")
        second = there.claim.successor
        again = there.answered("Two tonnes.", name="Again", corrects=one, claims=[second])

        assert list(facts.answered_with(claim=second)) == [again]
        assert list(facts.answered_with(claim=there.claim)) == [one]

    def test_what_a_person_said_is_out_and_what_its_saved_reply_rests_on_today_are_listed(self, there):
        reply = SavedReply.objects.create(
            campaign=there.river.page, title="Waste", text="Four.", changed_at=NOW
        )
        said = there.answered(name="Said", out=False)
        Publication.objects.filter(pk=said.publication_id).update(state=State.PUBLISHED)
        by_reply = there.answered(name="Reply", claims=[], saved_reply=reply)
        assert list(facts.answered_with(claim=there.claim)) == [said]
        reply.claims.add(there.claim)
        assert set(facts.answered_with(claim=there.claim)) == {said, by_reply}

    def test_a_saved_correction_goes_before_our_own_words(self, there, as_user):  # noqa: F811
        one = there.answered()
        withdraw(there)
        sorry = SavedReply.objects.create(
            campaign=there.river.page,
            title="Sorry",
            text="Hello {name}, sorry.",
            kind="correction",
            changed_at=NOW,
        )
        sorry.claims.add(there.claim)
        url = reverse("community:conversation", args=[one.conversation_id])
        composer = as_user(there.cody).get(url, {"again": one.pk}).context["composer"]
        assert (composer["text"], composer["reply"]) == ("Hello Mara, sorry.", sorry)

    def test_the_claims_page_leads_there_without_names(self, there, as_user):  # noqa: F811
        there.answered("Dear Mara, four tonnes.")
        page = as_user(there.creator).get(there.claim.url).content.decode()
        assert reverse("community:fact", args=[there.claim.pk]) in page
        assert "Dear Mara" not in page

    def test_many_take_as_many_queries_as_few(self, there, as_user, django_assert_max_num_queries):  # noqa: F811
        client, url = as_user(there.cody), reverse("community:fact", args=[there.claim.pk])
        there.answered(name="P0")
        client.get(url)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as few:
            client.get(url)
        for number in range(1, 8):
            there.answered(name=f"P{number}")
        with django_assert_max_num_queries(len(few)):
            client.get(url)


class TestComposer:
    pytestmark = db

    def post(self, client, row, **fields):
        form = {"text": "", "key": "k", "seen": "0", **fields}
        return client.post(reverse("community:reply", args=[row.pk]), form, follow=True)

    def test_a_claim_is_put_in_with_its_source_and_kept(self, there, as_user):  # noqa: F811
        row, client = asked(there.river), as_user(there.cody)
        page = self.post(client, row, text="Hello Mara.", do=f"claim:{there.claim.pk}")
        composer = page.context["composer"]
        assert composer["text"] == "Hello Mara. Four tonnes. (City report)"
        self.post(client, row, text=composer["text"], do="send", claims=[there.claim.pk])
        assert list(Answer.objects.get().claims.all()) == [there.claim]

    def test_an_unchecked_fact_asks_and_a_withdrawn_one_refuses(self, there, as_user):  # noqa: F811
        row, client = asked(there.river), as_user(there.cody)
        Claim.objects.filter(pk=there.claim.pk).update(status="unchecked")
        form = {"text": "Four.", "do": "send", "claims": [there.claim.pk]}
        assert "has not been checked" in self.post(client, row, **form).content.decode()
        assert not Answer.objects.exists()
        self.post(client, row, **form, looked="1")
        assert Answer.objects.get().state == AnswerState.HANDED_OVER

        withdraw(there)
        said = self.post(client, asked(there.river, name="Ben"), **form, looked="1").content.decode()
        assert "has been retracted" in said

    def test_a_claim_of_another_campaign_is_not_there(self, there, as_user, make_campaign):  # noqa: F811
        forest = make_campaign("Forest")
        foreign = Claim.objects.create(campaign=forest.page, text="Secret trees.")
        row, client = asked(there.river), as_user(there.cody)
        page = self.post(client, row, text="Hi.", do=f"claim:{foreign.pk}", claims=[foreign.pk])
        assert "Secret trees" not in page.content.decode()

    def test_what_came_back_is_changed_or_thrown_away(self, there, as_user):  # noqa: F811
        answer, client = there.answered(out=False), as_user(there.cody)
        withdraw(there)
        row = answer.conversation
        page = self.post(client, row, do="take", answer=answer.pk)
        assert page.context["composer"]["text"] == answer.text
        self.post(client, row, do="drop", answer=answer.pk)
        answer.refresh_from_db()
        assert answer.state == AnswerState.DROPPED


class TestRumours:
    pytestmark = db

    def opened(self, there, **fields):
        return cases.open_case(
            there.cody, there.river.page.pk, title="Bridge", rumour="It closes all summer.", **fields
        )

    def test_from_a_message_to_an_answer(self, there, as_user):  # noqa: F811
        row, client = asked(there.river, "The bridge is closed all summer!"), as_user(there.cody)
        message = Message.objects.get(conversation=row)
        new = f"{reverse('community:new_case')}?message={message.pk}"
        assert "The bridge is closed all summer!</textarea>" in client.get(new).content.decode()
        client.post(new, {"title": "Bridge", "rumour": message.text})
        case = Case.objects.get()
        assert list(case.conversations.all()) == [row]

        url = reverse("community:case", args=[case.pk])
        said = client.post(url, {"do": "settle", "state": "false", "finding": "It closes for two days."})
        assert "where it is known from" in said.content.decode()
        client.post(
            url, {"do": "source", "title": "City notice", "url": "https://city.example/1", "supports": "no"}
        )
        client.post(url, {"do": "settle", "state": "false", "finding": "It closes for two days."})
        case.refresh_from_db()
        assert (case.state, case.settled_by, case.sources.get().supports) == ("false", there.cody, False)

        reply = reverse("community:reply", args=[row.pk])
        page = client.post(reply, {"text": "Hello.", "do": f"case:{case.pk}", "key": "k"})
        assert page.context["composer"]["text"] == "Hello. It closes for two days."
        client.post(reply, {"text": "It closes for two days.", "do": "send", "key": "k", "case": case.pk})
        answer = Answer.objects.get()
        assert answer.case == case

        client.post(url, {"do": "settle", "state": "true", "finding": "It does close all summer."})
        answer.refresh_from_db()
        assert answer.state == AnswerState.REJECTED

    def test_more_of_it_is_found_and_linked(self, there, as_user):  # noqa: F811
        case, client = self.opened(there), as_user(there.cody)
        rows = [asked(there.river, "Bridge closed?", name=name) for name in ("Ann", "Ben")]
        asked(there.river, "Something else", name="Cat")
        url = reverse("community:case", args=[case.pk])
        assert set(client.get(url, {"q": "bridge"}).context["found"]) == set(rows)
        client.post(url, {"do": "link", "talk": [row.pk for row in rows]})
        assert case.conversations.count() == 2
        assert client.get(url, {"q": "bridge"}).context["found"] == []
        client.post(url, {"do": "unlink", "talk": rows[0].pk})
        assert list(case.conversations.all()) == [rows[1]]
        client.post(reverse("community:link_case", args=[rows[0].pk]), {"case": case.pk, "do": "link"})
        assert case.conversations.count() == 2

    def test_saved_replies_about_it_change_with_it(self, there):
        case = self.opened(there)
        case.claims.add(there.claim)
        cases.settle(there.manager, case, state="false", finding="Two days.")
        reply = SavedReply.objects.create(
            campaign=there.river.page, title="B", text="Two.", case=case, changed_at=NOW
        )
        cases.settle(there.manager, case, state="closed", finding="Two days.")
        reply.refresh_from_db()
        assert reply.outdated_at is None
        cases.settle(there.manager, case, state="false", finding="Three days.")
        reply.refresh_from_db()
        assert reply.outdated_at is not None

    def test_closed_with_other_words_it_has_changed_too(self, there):
        case = self.opened(there)
        case.claims.add(there.claim)
        cases.settle(there.manager, case, state="false", finding="Two days.")
        reply = SavedReply.objects.create(
            campaign=there.river.page, title="B", text="Two.", case=case, changed_at=NOW
        )
        cases.settle(there.manager, case, state="closed", finding="Three days.")
        reply.refresh_from_db()
        assert reply.outdated_at is not None

    def test_another_campaign_neither_sees_nor_links(self, there, make_campaign, as_user):  # noqa: F811
        forest = make_campaign("Forest")
        case, stranger = self.opened(there), forest.people["community"]
        client = as_user(stranger)
        assert client.get(reverse("community:case", args=[case.pk])).status_code == 404
        assert "Bridge" not in client.get(reverse("community:cases"), {"state": "all"}).content.decode()
        assert client.get(reverse("community:fact", args=[there.claim.pk])).status_code == 404
        with pytest.raises(PermissionDenied):
            cases.link(stranger, case, [])
        with pytest.raises(PermissionDenied):
            cases.link(there.cody, case, [talk(forest)])
        assert not client.get(reverse("community:new_case")).context["message"]

    def test_an_empty_list_says_what_it_is_for(self, there, as_user):  # noqa: F811
        assert (
            "No rumour is being checked"
            in as_user(there.cody).get(reverse("community:cases")).content.decode()
        )

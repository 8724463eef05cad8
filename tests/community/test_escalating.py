"""Handing a conversation up: told at once, urgent, in the list and in the history, taken on or taken back."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from channels.connectors.talk import MessageKind as K
from community import escalating, inbox, retention, sorting
from community.enums import Status, Urgency
from community.models import Contact, Conversation, Escalation
from community.sorting import Changed, Refused
from tests.community.conftest import enter, told
from tests.community.test_answers import cleo, person, talk  # noqa: F401 (fixtures)
from work.models import Notice, Outbox

pytestmark = pytest.mark.django_db
WHY = "He threatens to sue, and I do not know what we promised"


@pytest.fixture
def mona(world):
    return person(world, "mona", "manager")


def notices(user):
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def test_it_becomes_urgent_and_awake_and_its_people_are_told_by_notice_and_mail(world, talk, cleo, mona):
    carl = person(world, "carl")
    sorting.set_status(talk, Status.CLOSED, by=cleo)

    row = escalating.escalate(talk, None, WHY, by=cleo)

    assert (talk.status, talk.urgency, talk.raised_at) == (Status.OPEN, Urgency.HIGH, world.hand.at)
    assert (row.by_name, row.to_name, row.reason) == ("Cleo", "The managers", WHY)
    assert (notices(mona), notices(carl), notices(cleo)) == (["talk_raised"], [], [])
    assert set(Outbox.objects.filter(kind="talk_raised").values_list("user", flat=True)) == {
        mona.pk,
        world.manager.pk,
    }
    assert WHY in Notice.objects.get(user=mona).body


def test_no_suggestion_makes_it_less_urgent_again(world, store, talk, cleo, mona):
    escalating.escalate(talk, None, WHY, by=cleo)
    store(told("2", "Thanks, great work!", kind=K.REPLY, parent_id="1", post_id="p", minute=1))
    talk.refresh_from_db()
    assert talk.urgency == Urgency.HIGH


def test_whom_it_is_handed_to_has_it_and_takes_it_on(world, talk, cleo, mona):
    escalating.escalate(talk, mona, WHY, by=cleo)
    assert talk.assignee == mona

    row = escalating.take_on(talk, by=mona, note="I call him")

    assert (talk.raised_at, talk.assignee, talk.urgency) == (None, mona, Urgency.HIGH)
    assert (row.end, row.ended_by_name, row.note) == ("taken_on", "Mona", "I call him")
    assert notices(cleo) == ["talk_taken"]
    with pytest.raises(Refused, match="not escalated any more"):
        escalating.take_on(talk, by=mona)


def test_taken_back_everything_is_as_before_but_the_history(world, talk, cleo, mona):
    sorting.correct(talk, "urgency", Urgency.LOW, by=cleo)
    sorting.assign(talk, cleo, by=cleo)
    before = talk.corrected["urgency"]
    escalating.escalate(talk, mona, WHY, by=cleo)

    escalating.withdraw(talk, by=cleo, note="Found it in the file")

    assert (talk.urgency, talk.assignee, talk.raised_at) == (Urgency.LOW, cleo, None)
    assert talk.corrected["urgency"] == before
    assert talk.escalations.get().end == "withdrawn"
    assert notices(mona) == ["talk_raised", "talk_withdrawn"]
    escalating.escalate(talk, None, "Again", by=cleo)
    assert talk.escalations.count() == 2


def test_what_was_changed_since_stays_when_it_is_taken_back(talk, cleo, mona, world):
    carl = person(world, "carl")
    escalating.escalate(talk, mona, WHY, by=cleo)
    sorting.assign(talk, carl, by=mona)
    sorting.correct(talk, "urgency", Urgency.NORMAL, by=mona)

    escalating.withdraw(talk, by=cleo)

    assert (talk.assignee, talk.urgency) == (carl, Urgency.NORMAL)
    assert talk.corrected["urgency"]["by"] == mona.pk


def test_who_may_and_how(world, talk, cleo, mona):
    carl, anna = person(world, "carl"), person(world, "anna", "analyst")
    for to, why, words in ((None, " ", "Say in a sentence"), (cleo, WHY, "list"), (anna, WHY, "list")):
        with pytest.raises(Refused, match=words):
            escalating.escalate(talk, to, why, by=cleo)
    version = talk.version
    sorting.correct(talk, "topic", "bridge", by=carl)
    with pytest.raises(Changed):
        escalating.escalate(talk, None, WHY, by=cleo, version=version)
    escalating.escalate(talk, mona, WHY, by=cleo)
    with pytest.raises(Refused, match="already, to Mona"):
        escalating.escalate(talk, None, WHY, by=carl)
    for act in (escalating.take_on, escalating.withdraw):
        with pytest.raises(Refused):
            act(talk, by=carl)
    with pytest.raises(IntegrityError), transaction.atomic():  # two at the same time
        Escalation.objects.create(conversation=talk, to_name="x", reason="x", by_name="x", at=world.hand.at)


def test_without_anybody_above_it_is_not_lost_silently(talk, cleo, world):
    for row in escalating.to_choose(talk, cleo):
        row.is_active = False
        row.save()
    world.manager.groups.clear()
    with pytest.raises(Refused, match="Nobody above you"):
        escalating.escalate(talk, None, WHY, by=cleo)
    talk.refresh_from_db()
    assert talk.raised_at is None


def test_it_is_in_the_list_and_done_from_the_page(world, talk, cleo, mona, client):
    enter(client, cleo)
    url, page = reverse("community:change", args=[talk.pk]), reverse("community:conversation", args=[talk.pk])
    form = client.get(page).content.decode()
    assert f'<option value="{mona.pk}">' in form
    anna = person(world, "anna", "analyst")
    said = client.post(url, {"do": "escalate", "to": anna.pk, "reason": WHY}, follow=True).content.decode()
    assert "There is no such person" in said

    client.post(url, {"do": "escalate", "to": mona.pk, "reason": "<b>now</b>", "version": talk.version})

    shown = client.get(page).content.decode()
    assert "Nobody has taken it on yet" in shown
    assert "&lt;b&gt;now&lt;/b&gt;" in shown
    for tab in ("raised", "all"):
        assert "Escalated" in client.get(f"{reverse('community:inbox')}?tab={tab}").content.decode()
    enter(client, mona)
    client.post(url, {"do": "take_on", "note": "Mine"})
    shown = client.get(page).content.decode()
    assert "Taken on by Mona" in shown
    assert (
        f'data-row="{talk.pk}"' not in client.get(f"{reverse('community:inbox')}?tab=raised").content.decode()
    )


def test_it_goes_along_when_conversations_join(world, store, cleo, mona):
    store(told("2", "And?", kind=K.REPLY, parent_id="1", post_id="p"))
    orphan = Conversation.objects.get()
    escalating.escalate(orphan, None, WHY, by=cleo)
    store(told("1", "Is there parking?", minute=-9, post_id="p"))

    home = Conversation.objects.get()
    assert (home.raised_at is not None, home.urgency) == (True, Urgency.HIGH)
    assert home.escalations.get().reason == WHY
    assert Notice.objects.get(user=mona).url == reverse("community:conversation", args=[home.pk])


def test_its_words_go_with_the_person(talk, cleo, mona):
    escalating.escalate(talk, None, "Mara is at it again", by=cleo)
    retention.erase(Contact.objects.get())
    assert talk.escalations.get().reason == retention.GONE
    assert "Mara" not in "".join(Notice.objects.values_list("subject", flat=True))
    assert "again" not in "".join(Notice.objects.values_list("body", flat=True))


def test_the_tab_is_one_of_the_addresses(talk):
    assert inbox.Filters.of({"tab": "raised"}).tab == "raised"

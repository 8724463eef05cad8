"""Notes that name or quote somebody who is to be forgotten: shown, decided one by one, emptied with what was told."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

import pytest
from django.urls import reverse
from wagtail.models import PageLogEntry

from channels.connectors.talk import MessageKind as K
from community import people, retention, sorting
from community.answers import NotPossible
from community.models import Contact, Conversation, Escalation, Note, Objection
from tests.community.conftest import enter, told
from tests.community.test_answers import cleo, person  # noqa: F401 (fixtures)
from work.models import Notice

pytestmark = pytest.mark.django_db
SAID = "My landlord has cut the heating off since Friday"
WHY = "Letter of 30 November"


@pytest.fixture
def talks(world, store):
    """(one that Mara began, one of Jon's in which she spoke, one of Jon's in which she did not)"""
    store(told("1", "Where do I get help?", post_id="p"))
    store(
        told("2", "Is it warm?", author="jon", post_id="p"),
        told("3", SAID, kind=K.REPLY, parent_id="2", post_id="p", minute=1),
    )
    store(told("4", "When is the market?", author="jon", post_id="p"))
    return [Conversation.objects.get(messages__remote_id=key) for key in ("1", "2", "4")]


@pytest.fixture
def notes(world, talks, cleo):
    person(world, "carl")
    words = [
        (0, "In her own conversation, goes anyway"),
        (1, "Everybody says “has cut the heating off”; @carl please look"),
        (1, "Jon wants to know the opening hours"),
        (2, "Mara is his neighbour, she told him"),
        (2, "Nothing about anybody"),
    ]
    return [sorting.note(talks[n], text, by=cleo) for n, text in words]


def mara():
    return Contact.objects.get(remote_id="mara")


def test_those_that_name_or_quote_are_found_and_no_others(talks, notes, cleo):
    Escalation.objects.create(
        conversation=talks[2], to_name="x", reason="Ask @mara", by_name="Cleo", at=notes[0].at
    )
    found = {each.key: each.how for each in retention.named(mara())}
    raised = Escalation.objects.get()
    assert found == {
        f"note-{notes[1].pk}": "quotes",
        f"note-{notes[3].pk}": "names",
        f"escalation-{raised.pk}": "names",
    }


def test_nobody_is_forgotten_before_each_note_is_decided_about(talks, notes, cleo):
    quoted, named = f"note-{notes[1].pk}", f"note-{notes[3].pk}"
    for decided in ({}, {quoted: "empty"}, {quoted: "empty", named: "perhaps"}):
        with pytest.raises(NotPossible, match="each note"):
            people.forget(cleo, mara(), WHY, decided)
    assert mara().name == "Mara"

    people.forget(cleo, mara(), WHY, {quoted: "empty", named: "keep"})

    texts = dict(Note.objects.values_list("pk", "text"))
    assert texts == {
        notes[1].pk: retention.GONE,
        notes[2].pk: "Jon wants to know the opening hours",
        notes[3].pk: "Mara is his neighbour, she told him",
        notes[4].pk: "Nothing about anybody",
    }
    assert "heating" not in "".join(Notice.objects.values_list("body", flat=True))
    (entry,) = PageLogEntry.objects.filter(action="community.erased")
    assert (entry.data["notes emptied"], entry.data["notes kept"]) == (1, 1)


def test_the_page_offers_them_and_asks_again(talks, notes, cleo, client):
    enter(client, cleo)
    url = reverse("community:person", args=[mara().pk])
    page = client.get(url).content.decode()
    assert "quotes this person" in page
    assert "has cut the heating off" in page
    assert "opening hours" not in page
    form = {"why": WHY, "sure": "1", f"note-{notes[1].pk}": "empty"}
    answer = client.post(url, form)
    assert answer.status_code == 400
    assert "Say of each note" in answer.content.decode()

    client.post(url, {**form, f"note-{notes[3].pk}": "empty"})
    assert mara().erased_at is not None
    assert not Note.objects.filter(text__contains="Mara").exists()


def test_notes_that_one_may_not_read_are_neither_shown_nor_touched(world, talks, notes, cleo):
    from channels.models import Channel

    kept = Channel.objects.get(pk=world.channel.pk)
    kept.pk, kept.remote_id, kept.only_groups = None, "kept", [999_999]
    kept.save()
    Conversation.objects.filter(pk=talks[2].pk).update(channel=kept)
    assert [each.row.pk for each in people.named(cleo, mara())] == [notes[1].pk]


def test_an_objection_by_the_address_of_a_message_goes_too(world, store):
    store(told("1", "Hello", url="https://fake.example/post/1", post_id="p"))
    row = Objection.objects.create(
        place="https://fake.example/post/1", text="It was me, Mara", at=world.hand.at
    )
    assert "It was me" in str(retention.export(mara()))
    retention.erase(mara())
    row.refresh_from_db()
    assert (row.text, row.place) == ("", retention.GONE)


def test_a_rumour_that_quotes_an_earlier_wording_goes_too(world, store, talks):
    from community.models import Case

    case = Case.objects.create(
        campaign=world.campaign,
        title="Heating",
        rumour=SAID,
        opened_at=world.hand.at,
        changed_at=world.hand.at,
    )
    case.conversations.add(talks[1])
    store(told("3", "It is warm again, thanks", kind=K.REPLY, parent_id="2", post_id="p", minute=1))
    retention.erase(mara())
    case.refresh_from_db()
    assert case.rumour == retention.GONE

"""An address of a conversation that has become part of another one still leads to it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse

from channels.models import Channel
from community import ingest, moderation, retention
from community.models import Conversation, Message, Moved
from tests.community.conftest import K, told
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db]


def join(orphan, home):
    with transaction.atomic():
        ingest.join(orphan, home.pk)


def address(pk, name="conversation"):
    return reverse(f"community:{name}", args=[pk])


@pytest.fixture
def cora(river, as_user, frozen):  # noqa: F811
    return as_user(river.people["community"])


def test_its_address_leads_to_the_other_one(river, cora):  # noqa: F811
    home, orphan = talk(river, "Home"), talk(river, "Orphan")
    was = orphan.pk
    join(orphan, home)

    answer = cora.get(address(was) + "?all=1")
    assert (answer.status_code, answer["Location"]) == (302, address(home.pk) + "?all=1")
    assert "Orphan" in cora.get(address(was), follow=True).content.decode()


def test_also_when_that_one_goes_on_into_a_third(river, cora):  # noqa: F811
    third, second, first = talk(river, "Third"), talk(river, "Second"), talk(river, "First")
    old = [first.pk, second.pk]
    join(first, second)
    join(second, third)

    assert [cora.get(address(pk))["Location"] for pk in old] == [address(third.pk)] * 2


def test_what_was_begun_on_the_old_page_is_done_to_the_other_one(river, cora):  # noqa: F811
    home, orphan = talk(river, "Home"), talk(river, "Orphan")
    was = orphan.pk
    join(orphan, home)

    cora.post(address(was, "change"), {"do": "note", "text": "Look at this"})
    cora.post(address(was, "change"), {"do": "status", "status": "closed", "version": home.version + 1})
    home.refresh_from_db()
    assert [note.text for note in home.notes.all()] == ["Look at this"]
    assert home.status == "open"  # it has another number than the old page knew
    cora.post(address(was, "change"), {"do": "status", "status": "closed", "version": home.version})
    home.refresh_from_db()
    assert home.status == "closed"


def test_nobody_is_led_to_what_is_not_theirs(river, cora):  # noqa: F811
    kept = Channel.objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="kept", handle="@kept", only_groups=[999_999]
    )
    home, orphan = talk(river, "Home"), talk(river, "Orphan")
    was = orphan.pk
    Conversation.objects.filter(pk=home.pk).update(channel=kept)
    join(orphan, home)

    assert cora.get(address(was)).status_code == 404
    assert cora.post(address(was, "change"), {"do": "note", "text": "x"}).status_code == 404
    assert cora.get(address(10**9)).status_code == 404


def test_a_reply_before_its_parent_leaves_its_address(store):
    store(told("3", "Where?", kind=K.REPLY, parent_id="2", minute=3))
    was = Conversation.objects.get().pk
    store(told("2", "Yes", kind=K.REPLY, parent_id="1", minute=2))
    store(told("1", "Is there parking?", minute=1))

    home = Conversation.objects.get()
    assert home.pk != was
    assert Moved.objects.get(was=was).conversation == home


def test_what_was_told_of_the_old_address_among_others_is_forgotten_too(river, frozen):  # noqa: F811
    home, orphan = talk(river, "Home"), talk(river, "Orphan")
    said = {"text": "Answer not sent: “my secret”", "more": "my secret", "url": address(orphan.pk)}
    other = {"text": "Something else", "more": "", "url": "/elsewhere/"}
    notice = Notice.objects.create(
        user=river.people["manager"],
        subject="Two",
        body="",
        lines=[said, other],
        event_id="e",
        created_at=NOW,
    )
    join(orphan, home)

    with transaction.atomic():
        retention._empty(Conversation.objects.filter(pk=home.pk))

    notice.refresh_from_db()
    assert "secret" not in str(notice.lines)
    assert notice.lines[1] == other


def test_whose_person_is_gone_holds_no_other_conversation(river, monkeypatch):  # noqa: F811
    home, _ = talk(river, "Home"), talk(river, "Other")
    Message.objects.update(author=None)
    message = home.messages.get()
    held = []
    monkeypatch.setattr(ingest, "hold", lambda pks: held.append(set(pks)))
    with transaction.atomic():
        moderation._hold(message, "block")
    assert held == [{home.pk}]

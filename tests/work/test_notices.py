"""One's own notices, and nobody else's."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from work import outbox
from work.models import Notice

pytestmark = pytest.mark.db


@pytest.fixture
def ada(client, db):
    user = get_user_model().objects.create_user("ada", "ada@example.org", None)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return user


def tell(user, subject, url="/admin/", event_id="e"):
    outbox.tell([user], subject=subject, body="Body.", url=url, event_id=event_id, kind="test")
    return Notice.objects.get(user=user, event_id=event_id)


def test_opened_notice_is_read_and_leads_there(client, ada):
    notice = tell(ada, "Late")
    assert "Late" in client.get(reverse("wagtailadmin_home")).content.decode()

    answer = client.get(reverse("work:notice", args=[notice.pk]))

    notice.refresh_from_db()
    assert answer["Location"] == "/admin/"
    assert notice.read_at is not None
    assert "News for you" not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_foreign_address_is_not_followed(client, ada):
    notice = tell(ada, "Late", url="https://evil.example/")

    assert client.get(reverse("work:notice", args=[notice.pk]))["Location"] == reverse("work:notices")


def test_other_peoples_notices_stay_theirs(client, ada):
    bob = get_user_model().objects.create_user("bob", "bob@example.org", None)
    theirs = tell(bob, "Secret")

    assert client.get(reverse("work:notice", args=[theirs.pk])).status_code == 404
    assert "Secret" not in client.get(reverse("work:notices")).content.decode()
    client.post(reverse("work:notices"))
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_empty_page_says_what_will_come(client, ada):
    assert "Nobody has told you anything yet" in client.get(reverse("work:notices")).content.decode()


def test_all_are_read_and_exactly_these_become_unread_again(client, ada):
    old = tell(ada, "Old", event_id="old")
    client.get(reverse("work:notice", args=[old.pk]))
    tell(ada, "One", event_id="one")
    tell(ada, "Two", event_id="two")
    address = reverse("work:notices")

    answer = client.post(address, {"do": "all"}, follow=True)
    assert "2 notices marked as read." in answer.content.decode()
    stamp = answer.context["done"].isoformat()
    assert not Notice.objects.filter(read_at=None).exists()

    client.post(address, {"do": "undo", "stamp": stamp})
    assert sorted(n.subject for n in Notice.objects.filter(read_at=None)) == ["One", "Two"]


@pytest.mark.parametrize(
    "stamp", ["", "soon", "2026-01-01", "2026-13-45T00:00:00+00:00", "2026-01-01T00:00:00"]
)
def test_undo_of_nothing_changes_nothing(client, ada, stamp):
    notice = tell(ada, "One")
    client.get(reverse("work:notice", args=[notice.pk]))

    assert client.post(reverse("work:notices"), {"do": "undo", "stamp": stamp}).status_code == 302
    assert client.get(reverse("work:notices"), {"done": stamp}).status_code == 200
    assert not Notice.objects.filter(read_at=None).exists()


def test_one_is_turned_and_nobody_elses(client, ada):
    bob = get_user_model().objects.create_user("bob", "bob@example.org", None)
    mine, theirs = tell(ada, "Mine"), tell(bob, "Theirs")
    address = reverse("work:notices")

    for notice in (mine, theirs):
        client.post(address, {"do": "read", "notice": notice.pk})
        notice.refresh_from_db()
    assert mine.read_at is not None
    assert theirs.read_at is None
    client.post(address, {"do": "unread", "notice": mine.pk})
    mine.refresh_from_db()
    assert mine.read_at is None
    for nonsense in ("", "x", "9" * 40):
        assert client.post(address, {"do": "read", "notice": nonsense}).status_code == 302


def test_filters_stand_in_the_address(client, ada):
    outbox.tell([ada], subject="It is late", body="", event_id="l", kind="late")
    outbox.tell([ada], subject="It is out", body="", event_id="p", kind="published")
    client.get(reverse("work:notice", args=[Notice.objects.get(kind="late").pk]))

    def shown(query):
        text = client.get(reverse("work:notices") + query).content.decode()
        return "It is late" in text, "It is out" in text

    assert shown("") == (True, True)
    assert shown("?show=unread") == (False, True)
    assert shown("?about=decide") == (True, False)
    assert shown("?show=unread&about=decide") == (False, False)
    assert shown("?about=nonsense&p=nonsense") == (True, True)


def test_mails_are_chosen_in_the_account(client, ada):
    from work import mails

    address = reverse("wagtailadmin_account")
    assert "A post of mine is out" in client.get(address).content.decode()
    form = {
        "name_email-first_name": "Ada",
        "name_email-last_name": "B",
        "name_email-email": "ada@example.org",
        "locale-current_time_zone": "Europe/London",
        "theme-theme": "system",
        "theme-density": "default",
        "theme-contrast": "system",
        "mails-published": "on",
    }
    assert client.post(address, form).status_code == 302

    chosen = {"published": True, "paused": False, "moved": False, "digest": False}
    assert mails.choices_of(ada) == chosen

"""Rules, hours and targets: kept whole or not at all, with words that say what is wrong."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.urls import reverse

from community.models import Conversation, Office, Rule, SavedReply, Settings, Target
from community.views.settings import read_shifts, shown_shifts
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401

db = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.mark.parametrize(
    ("text", "shifts"),
    [
        ("", []),
        ("9:00–17:00", [(time(9), time(17))]),
        ("09:00-12:00, 13:00 to 17:30", [(time(9), time(12)), (time(13), time(17, 30))]),
        ("0:00-24:00", [(time(0), time(0))]),
    ],
)
def test_shifts(text, shifts):
    assert read_shifts(text) == shifts
    hours = [[2, f"{begins:%H:%M}", f"{until:%H:%M}"] for begins, until in shifts]
    assert read_shifts(shown_shifts(hours, 2)) == shifts


@pytest.mark.parametrize(
    ("text", "words"), [("nine to five", "no span"), ("25:00-26:00", "no time"), ("9-17", "no span")]
)
def test_no_shifts(text, words):
    with pytest.raises(ValueError, match=words):
        read_shifts(text)


class TestPages:
    pytestmark = db

    def test_rules_are_kept_whole_or_not_at_all(self, river, make_campaign, as_user):  # noqa: F811
        forest = make_campaign("Forest")
        client, url = as_user(river.people["community"]), reverse("community:rules")
        client.post(
            url,
            {"lines": '# ours\ncontains "polling station" -> topic voting, urgent\n\nkind is spam -> close'},
        )
        assert list(Rule.objects.values_list("name", "campaign")) == [
            ('contains "polling station" -> topic voting, urgency high', river.page.pk),
            ("kind is spam -> close", river.page.pk),
        ]

        page = client.post(url, {"lines": "kind is spam -> close\nkind is span -> close"}).content.decode()
        assert "Line 2:" in page
        assert "Did you mean “spam”?" in page
        assert Rule.objects.count() == 2
        assert client.post(f"{url}?campaign={forest.page.pk}", {"lines": ""}).status_code == 404
        assert "polling station" in client.get(url).content.decode()
        client.force_login(river.people["creator"])
        assert client.post(url, {"lines": ""}).status_code in (302, 403)
        assert Rule.objects.count() == 2

    def test_hours_and_targets(self, river, as_user):  # noqa: F811
        row = talk(river, waiting_since=NOW)
        client, url = as_user(river.people["manager"]), reverse("community:hours")
        targets = {
            "target-TOTAL_FORMS": "2",
            "target-INITIAL_FORMS": "0",
            "target-0-first_min": "60",
            "target-0-next_min": "30",
            "target-0-escalate_min": "10",
            "target-1-first_min": "",
        }
        client.post(url, {"day0": "17:00-18:00", "country": "gb", "closed_on": "2026-12-24", **targets})

        row.refresh_from_db()
        assert row.next_due_at == NOW + timedelta(hours=9)
        office = Office.objects.get()
        assert (office.hours, office.country, office.closed_on) == (
            [[0, "17:00", "18:00"]],
            "GB",
            ["2026-12-24"],
        )
        assert "17:00–18:00" in client.get(url).content.decode()

        page = client.post(url, {"day0": "18:00-17:00", "closed_on": "soon", **targets}).content.decode()
        assert "must end after they begin" in page
        assert "is no day" in page
        assert "Nothing was kept" in client.post(url).content.decode()
        client.post(url, {"election_mode": "on", **targets})
        assert Settings.objects.get().election_mode is True
        assert Conversation.objects.get().next_due_at == NOW + timedelta(hours=1)
        assert Target.objects.count() == 1

    @pytest.mark.parametrize(
        ("country", "region", "wrong"),
        [
            ("ZZ", "", "No holidays are known"),
            ("DE", "XX", "Known are: BB, BE"),
            ("", "BE", "Known are: none"),
        ],
    )
    def test_holidays_that_nobody_knows_are_refused(self, river, as_user, country, region, wrong):  # noqa: F811
        client, url = as_user(river.people["manager"]), reverse("community:hours")
        sent = {
            "country": country,
            "subdivision": region,
            "target-TOTAL_FORMS": "0",
            "target-INITIAL_FORMS": "0",
        }
        assert wrong in client.post(url, sent).content.decode()
        assert not Office.objects.exists()

    def test_regions_are_known_however_they_are_written(self, river, as_user):  # noqa: F811
        client, url = as_user(river.people["manager"]), reverse("community:hours")
        sent = {"country": "be", "subdivision": "flemish"}
        client.post(url, {**sent, "target-TOTAL_FORMS": "0", "target-INITIAL_FORMS": "0"})
        assert (Office.objects.get().country, Office.objects.get().subdivision) == ("BE", "Flemish")

    def test_saved_replies(self, river, make_campaign, as_user):  # noqa: F811
        theirs = SavedReply.objects.create(
            campaign_id=make_campaign("Forest").page.pk, title="Theirs", text="x", changed_at=NOW
        )
        client, url = as_user(river.people["community"]), reverse("community:replies")
        assert "is no field" in client.post(url, {"title": "Hi", "text": "Hello {nmae}"}).content.decode()
        client.post(url, {"title": "Hi", "text": "Hello {name}"})
        row = SavedReply.objects.get(title="Hi")
        SavedReply.objects.filter(pk=row.pk).update(outdated_at=NOW)
        assert "A fact behind it changed" in client.get(url).content.decode()

        client.post(f"{url}?edit={row.pk}", {"title": "Hi", "text": "Hello {name}, {me} here."})
        row.refresh_from_db()
        assert (row.text, row.outdated_at) == ("Hello {name}, {me} here.", None)
        assert client.post(url, {"delete": theirs.pk}).status_code == 404
        assert client.get(f"{url}?edit={theirs.pk}").status_code == 404
        client.post(url, {"delete": row.pk})
        assert list(SavedReply.objects.all()) == [theirs]

    def test_a_second_office_of_a_campaign_is_refused(self, river):  # noqa: F811
        from django.db import IntegrityError

        Office.objects.create(campaign_id=river.page.pk)
        with pytest.raises(IntegrityError):
            Office.objects.create(campaign_id=river.page.pk)

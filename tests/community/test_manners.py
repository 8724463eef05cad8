"""Settings of a campaign, marks of people, the question by link, shared views: who may, and what each refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from channels.models import Channel
from community import answers, people, rating
from community.answers import NotPossible
from community.models import (
    Contact,
    Conversation,
    Message,
    Office,
    Rating,
    SavedReply,
    Settings,
    Stance,
    Target,
    View,
)  # fmt: skip
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401
from work import clock

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
URL = "community:manners"
WHOLE = {"keep_days": "730", "keep_private_days": "365", "second_person_for_criticism": "1"}


@pytest.fixture
def private(river):  # noqa: F811
    """A private conversation that we have answered, in German."""
    row = talk(river, "Wo ist das Wahllokal?", name="Jana", language="de", kind="direct", last_out_at=NOW)
    Message.objects.update(kind="direct")
    return row


def on(row, **more):
    Settings.objects.update_or_create(
        campaign_id=row.campaign_id, defaults={"ask_rating": True, "ask_channels": [row.channel_id], **more}
    )


class TestSettings:
    def test_managers_set_them_and_they_hold(self, river, as_user):  # noqa: F811
        client, url = as_user(river.people["manager"]), reverse(URL)
        group = Group.objects.get(user=river.people["community"])
        page = client.get(url).content.decode()
        assert 'name="approve_topics" value="voting"' in page

        data = {**WHOLE, "approve_topics": ["voting"], "approve_groups": [group.pk]}
        assert client.post(url, data, follow=True).status_code == 200

        kept = answers.settings_for(river.page.pk)
        assert (kept.approve_topics, kept.approve_groups) == (["voting"], [group.pk])
        row = talk(river, topic="voting")
        assert "second person" in answers.why_second(row, river.people["manager"])
        client.post(url, {"keep_days": "730", "keep_private_days": "365"})
        assert answers.settings_for(river.page.pk).second_person_for_criticism is False

    def test_who_is_held_by_a_second_person_does_not_switch_it_off(self, river, make_campaign, as_user):  # noqa: F811
        make_campaign("Forest")
        for who in ("community", "analyst", "creator"):
            client = as_user(river.people[who])
            assert client.post(reverse(URL), WHOLE).status_code in (302, 403, 404)
        assert not Settings.objects.filter(campaign=river.page.pk).exists()

    @pytest.mark.parametrize(
        ("platform", "offered"), [("whatsapp", True), ("mastodon", True), ("youtube", False)]
    )
    def test_people_are_asked_wherever_they_write_in_private(self, river, as_user, platform, offered):  # noqa: F811
        row = Channel.objects.create(campaign=river.page, platform=platform, remote_id="9", handle="@river")
        page = as_user(river.people["manager"]).get(reverse(URL)).content.decode()
        assert (f'name="ask_channels" value="{row.pk}"' in page) is offered

    def test_election_mode_stays(self, river, as_user):  # noqa: F811
        Settings.objects.create(campaign_id=river.page.pk, election_mode=True)
        as_user(river.people["manager"]).post(reverse(URL), WHOLE)
        assert Settings.objects.get(campaign=river.page.pk).election_mode

    def test_marks_need_a_legal_basis_and_go_when_it_is_turned_off(self, river, as_user):  # noqa: F811
        row = talk(river)
        client, url = as_user(river.people["manager"]), reverse(URL)
        assert not people.marks_people(river.page.pk)
        with pytest.raises(answers.NotPossible):
            people.mark(river.people["community"], row, "critic")

        assert client.post(url, {**WHOLE, "person_types": "1"}).status_code == 400
        client.post(url, {**WHOLE, "person_types": "1", "person_types_basis": "Consent of 1 June"})
        helper = as_user(river.people["community"])
        helper.post(reverse("community:of_person", args=[row.pk]), {"do": "mark", "value": "critic"})
        assert Stance.objects.get().value == "critic"
        page = helper.get(reverse("community:conversation", args=[row.pk])).content.decode()
        assert '<option value="critic" selected>' in page

        as_user(river.people["manager"]).post(url, WHOLE)
        assert not Stance.objects.exists()
        page = as_user(river.people["community"]).get(reverse("community:conversation", args=[row.pk]))
        page = page.content.decode()
        assert "What they think of the campaign" not in page


class TestHours:
    def test_the_clock_of_the_office_stays_its_own(self, river, as_user):  # noqa: F811
        Office.objects.create(campaign_id=river.page.pk, zone="Asia/Tokyo")
        client, url = as_user(river.people["manager"]), reverse("community:hours")
        form = {"target-TOTAL_FORMS": "0", "target-INITIAL_FORMS": "0", "day0": "9:00–17:00"}

        client.post(url, form)
        assert Office.objects.get().zone == "Asia/Tokyo"
        client.post(url, {**form, "zone": "Europe/Paris"})
        assert Office.objects.get().zone == "Europe/Paris"

    def test_targets_of_one_account(self, river, make_campaign, as_user):  # noqa: F811
        forest = make_campaign("Forest")
        client, url = as_user(river.people["manager"]), reverse("community:hours")
        form = {"target-TOTAL_FORMS": "1", "target-INITIAL_FORMS": "0"}
        target = {"first_min": "15", "next_min": "30", "escalate_min": "5"}

        for channel, kept in ((river.channel.pk, 1), (forest.channel.pk, 0)):
            Target.objects.all().delete()
            lines = {f"target-0-{name}": value for name, value in {**target, "channel": channel}.items()}
            client.post(url, {**form, **lines})
            assert (
                Target.objects.filter(channel=channel, campaign=river.page.pk, first_min=15).count() == kept
            )
        assert f'value="{river.channel.pk}"' in client.get(url).content.decode()


class TestSavedReplies:
    def test_all_that_belongs_to_one_is_kept(self, river, make_campaign, as_user):  # noqa: F811
        from cms.models import Claim

        forest = make_campaign("Forest")
        ours = Claim.objects.create(campaign=river.page, text="It is free.")
        theirs = Claim.objects.create(campaign=forest.page, text="It costs ten.")
        client, url = as_user(river.people["community"]), reverse("community:replies")
        data = {
            "title": "Sorry",
            "text": "We were wrong.",
            "kind": "apology",
            "language": "de",
            "topic": "voting",
        }

        client.post(url, {**data, "claims": [theirs.pk]})
        assert not SavedReply.objects.exists()
        client.post(url, {**data, "claims": [ours.pk]})
        row = SavedReply.objects.get()
        assert (row.kind, row.language, row.topic, list(row.claims.all())) == (
            "apology",
            "de",
            "voting",
            [ours],
        )


class TestViews:
    def test_a_shared_view_is_for_who_answers_in_that_campaign(self, river, make_campaign, as_user):  # noqa: F811
        forest = make_campaign("Forest")
        url = reverse("community:views") + "?topic=voting"
        as_user(river.people["manager"]).post(url, {"name": "Votes", "for": river.page.pk})
        assert View.objects.get().shared

        def shown(user):
            return "Votes" in as_user(user).get(reverse("community:inbox")).content.decode()

        assert shown(river.people["community"])
        assert not shown(forest.people["community"])
        as_user(river.people["community"]).post(url, {"delete": View.objects.get().pk})
        assert View.objects.exists()
        assert (
            as_user(forest.people["manager"]).post(url, {"name": "X", "for": river.page.pk}).status_code
            == 404
        )


class TestRating:
    def test_it_is_off_until_the_campaign_says_so_and_only_in_private(self, private, river):  # noqa: F811
        assert "does not ask" in rating.why_not_asked(private)
        on(private, ask_channels=[])
        assert "does not ask" in rating.why_not_asked(private)
        on(private)
        assert rating.why_not_asked(private) == ""
        Conversation.objects.filter(pk=private.pk).update(kind="comment")
        private.refresh_from_db()
        assert "Only in private" in rating.why_not_asked(private)

    def test_nobody_is_asked_while_they_wait_for_an_answer(self, private, river):  # noqa: F811
        on(private)
        Conversation.objects.filter(pk=private.pk).update(waiting_since=NOW)
        private.refresh_from_db()
        assert "Answer first" in rating.why_not_asked(private)
        with pytest.raises(NotPossible, match="Answer first"):
            rating.ask(river.people["community"], private)

    def test_the_link_answers_once_in_their_language(self, private, client):
        row = Rating.objects.create(conversation=private, asked_at=clock.now())
        url = reverse("rate", args=[rating.token_of(row)])
        page = client.get(url)
        assert (page.status_code, page["Cache-Control"]) == (200, "private, no-store")
        assert '<html lang="de">' in page.content.decode()
        assert "Jana" not in page.content.decode()
        assert "Wahllokal" not in page.content.decode()

        refused = client.post(url, {"text": "<b>Gut</b>"})
        assert refused.status_code == 400
        assert "Wählen Sie" in refused.content.decode()
        assert "&lt;b&gt;Gut" in refused.content.decode()
        assert client.post(url, {"score": "9"}).status_code == 400
        assert client.post(url, {"score": "4", "text": "\0"}).status_code == 400
        assert "Danke" in client.post(url, {"score": "4", "text": "<b>Gut</b>"}, follow=True).content.decode()
        assert client.post(url, {"score": "1"}).status_code == 410
        row.refresh_from_db()
        assert (row.score, row.text) == (4, "<b>Gut</b>")

    def test_links_end_and_made_up_ones_show_nothing(self, private, client):
        row = Rating.objects.create(conversation=private, asked_at=clock.now())
        url = reverse("rate", args=[rating.token_of(row)])
        assert client.get(reverse("rate", args=[row.token.hex])).status_code == 404
        assert client.get(reverse("rate", args=[f"{row.token.hex}:x"])).status_code == 404
        Rating.objects.update(asked_at=clock.now() - timedelta(days=31))
        assert client.get(url).status_code == 410
        assert client.post(url, {"score": "5"}).status_code == 410
        assert Rating.objects.get().score is None

    def test_wrong_links_are_counted(self, client):
        from editorial.guests import limit

        codes = [client.get(reverse("rate", args=["x:y"])).status_code for _ in range(limit.PER_ADDRESS + 1)]
        assert codes[0] == 404
        assert codes[-1] == 429

    def test_it_stands_at_the_conversation(self, private, river, as_user):  # noqa: F811
        Rating.objects.create(conversation=private, asked_at=NOW, score=2, text="<i>slow</i>", rated_at=NOW)
        url = reverse("community:conversation", args=[private.pk])
        page = as_user(river.people["community"]).get(url).content.decode()
        assert "2 of 5" in page
        assert "&lt;i&gt;slow" in page
        assert "Ask how our answer was" not in page


class TestPeople:
    def person(self, row):
        return reverse("community:person", args=[row.contact_id])

    def test_found_by_name_within_ones_campaigns(self, river, make_campaign, as_user):  # noqa: F811
        forest = make_campaign("Forest")
        talk(river, name="Mara")
        talk(forest, "Trees", name="Ben")
        page = (
            as_user(river.people["community"])
            .get(reverse("community:people"), {"q": "@MAR"})
            .content.decode()
        )
        assert "Mara" in page
        assert (
            "Ben" not in as_user(river.people["community"]).get(reverse("community:people")).content.decode()
        )
        assert as_user(river.people["analyst"]).get(reverse("community:people")).status_code in (302, 403)

    def test_a_name_has_one_sign_before_it(self, river, as_user):  # noqa: F811
        row = talk(river, name="Mara")
        Contact.objects.update(handle="@mara")
        client = as_user(river.people["community"])
        talks = reverse("community:conversation", args=[row.pk])
        for url in (reverse("community:people"), self.person(row), talks):
            page = client.get(url).content.decode()
            assert "<bdi>@mara</bdi>" in page
            assert "@@" not in page

    def test_a_copy_holds_their_words_and_the_log_says_so(self, river, as_user):  # noqa: F811
        from wagtail.models import PageLogEntry

        row = talk(river, "\u202eWhere <b>is</b> it?", name="Mara")
        row.notes.create(author=river.people["manager"], text="Rings often.", at=NOW)
        client = as_user(river.people["community"])

        found = client.get(self.person(row), {"copy": "json"})
        assert found.json()["conversations"][0]["notes"] == ["Rings often."]
        assert found.content.isascii()
        assert "attachment" in found["Content-Disposition"]
        paper = client.get(self.person(row), {"copy": "paper"}).content.decode()
        assert "&lt;b&gt;is&lt;/b&gt;" in paper
        assert "Rings often." in paper
        assert PageLogEntry.objects.filter(page=river.page.pk, action="community.copied").count() == 2

    def test_forgetting_needs_a_reason_and_a_tick_and_is_logged(self, river, as_user):  # noqa: F811
        from wagtail.models import PageLogEntry

        row = talk(river, "Where is it?", name="Mara")
        Stance.objects.create(contact=row.contact, campaign_id=river.page.pk, value="critic", at=NOW)
        client = as_user(river.people["community"])
        assert client.post(self.person(row), {"why": "Letter of 1 June"}).status_code == 400
        assert client.post(self.person(row), {"sure": "1", "why": "x"}).status_code == 400
        assert Message.objects.get().text

        client.post(self.person(row), {"sure": "1", "why": "Letter of 1 June"})
        assert Message.objects.get().text == ""
        assert Contact.objects.get().name == ""
        assert not Stance.objects.exists()
        entry = PageLogEntry.objects.get(action="community.erased")
        assert entry.data["messages"] == 1
        assert "Mara" not in str(entry.data)

    def test_who_spoke_elsewhere_too_is_for_somebody_who_moderates_there(self, river, make_campaign, as_user):  # noqa: F811
        forest = make_campaign("Forest")
        row = talk(river, name="Mara")
        talk(forest, "Trees!", name="Mara")
        client = as_user(river.people["community"])

        page = client.get(self.person(row)).content.decode()
        assert "ask an administrator" in page
        assert "Trees" not in page
        assert client.get(self.person(row), {"copy": "json"}).status_code in (302, 403)
        client.post(self.person(row), {"sure": "1", "why": "Letter of 1 June"})
        assert Message.objects.exclude(text="").count() == 2
        other = talk(forest, "Only here", name="Ben")
        assert client.get(self.person(other)).status_code == 404

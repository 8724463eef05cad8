"""Claims: what they need, who may do what, what carries them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from access import policy
from cms.claims import attached, outlets, reminders, rules, uses
from cms.models import Claim, ClaimUse, InfographicPage, InfographicRow, StoryPage
from cms.roles import make_team
from formats import readiness
from formats.variants import create_variants
from work import clock
from work.models import Notice, Outbox

pytestmark = pytest.mark.db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def at_noon():
    with clock.by_hand(NOW) as hand:
        yield hand


@pytest.fixture
def people(campaign, make_campaign):
    made = {}
    for page, suffix in ((campaign, ""), (make_campaign("Safe Cycling"), "-elsewhere")):
        for role, group in make_team(page).items():
            user = get_user_model().objects.create_user(f"{role}{suffix}", f"{role}{suffix}@example.org")
            user.groups.add(group)
            made[f"{role}{suffix}"] = user
    return made


@pytest.fixture
def claim(campaign):
    return Claim.objects.create(campaign=campaign, text="4.2 tonnes in one day", source_title="Weighbridge")


def figure(claims=(), value="4.2"):
    return (
        "statistic",
        {"value": value, "unit": "tonnes", "label": "of rubbish", "source": "Record", "claims": list(claims)},
    )


def story_with(make_story, *blocks, **fields):
    page = StoryPage.objects.get(pk=make_story(body=blocks, **fields).pk)
    page.save_revision()
    return page


def codes(variant):
    return [f.code for f in readiness.blockers(variant) if f.code.startswith("claim_")]


# On a story -----------------------------------------------------------------------------------------------------------
def test_every_stating_block_carries_its_claims_into_the_piece(make_story, claim, campaign):
    other = Claim.objects.create(campaign=campaign, text="214 people")
    page = story_with(
        make_story,
        ("paragraph", {"text": "<p>Words</p>", "claims": [claim, other]}),
        ("key_points", {"points": ["One"], "claims": [other]}),
        ("quote", {"text": "So clear", "speaker": "Jean", "role": "", "claims": [claim]}),
        figure([claim]),
        claims=[("claim", other)],
    )

    piece = page.to_piece()

    paragraph, points, quote, statistic = (block.id for block in piece.blocks)
    assert dict(piece.claims) == {
        paragraph: (claim.pk, other.pk),
        points: (other.pk,),
        quote: (claim.pk,),
        statistic: (claim.pk,),
        "headline": (other.pk,),
        "lead": (other.pk,),
    }
    assert piece.unclaimed == ()
    assert attached.attached(page.latest_revision.content) == dict(piece.claims)


def test_a_figure_without_a_claim_needs_one_unless_the_campaign_says_otherwise(make_story, campaign):
    page = story_with(make_story, figure(), ("paragraph", "<p>Words alone.</p>"))
    assert page.to_piece().unclaimed == (page.to_piece().blocks[0].id,)

    campaign.figures_need_claims = False
    campaign.save()

    assert StoryPage.objects.get(pk=page.pk).to_piece().unclaimed == ()


def test_rows_of_an_infographic_bring_their_claims(campaign, claim):
    page = InfographicPage(title="Less", intro="Less every month", source="Record")
    page.rows = [InfographicRow(label="Mar", value=3, claim=claim), InfographicRow(label="Apr", value=2)]
    campaign.add_child(instance=page)

    assert dict(InfographicPage.objects.get(pk=page.pk).to_piece().claims) == {"figures": (claim.pk,)}


# Through a variant ----------------------------------------------------------------------------------------------------
def test_a_variant_is_blocked_until_its_claim_is_checked_and_again_when_it_expires(
    make_story, claim, people, at_noon
):
    page = story_with(make_story, figure([claim]))
    (variant,) = create_variants(page, ["facebook.post"], by=people["creator"])
    assert codes(variant) == ["claim_unchecked"]

    rules.check(claim, by=people["manager"], expires_on=TODAY)
    assert codes(variant) == []

    at_noon.at = NOW + timedelta(days=1)
    assert codes(variant) == ["claim_expired"]
    (finding,) = [f for f in readiness.blockers(variant) if f.code == "claim_expired"]
    assert finding.url == reverse("claims:inspect", args=[claim.pk])


def test_a_claim_must_last_until_the_planned_day(make_story, claim, people):
    page = story_with(make_story, figure([claim]))
    (variant,) = create_variants(page, ["facebook.post"], by=people["creator"])
    rules.check(claim, by=people["manager"], expires_on=TODAY + timedelta(days=2))
    variant.set_time(datetime(2026, 11, 26, 9, 0), "Europe/London")

    assert codes(variant) == ["claim_expired"]


def test_a_block_that_no_part_shows_blocks_nothing(make_story, claim, people):
    points = ("key_points", {"points": ["One point", "Another"], "claims": []})
    page = story_with(
        make_story, points, ("paragraph", {"text": "<p>Only told at length.</p>", "claims": [claim]})
    )
    thread, post = create_variants(page, ["x.thread", "facebook.post"], by=people["creator"])

    assert (codes(thread), codes(post)) == ([], ["claim_unchecked"])


def test_a_claim_taken_off_the_story_still_blocks_what_was_made_with_it(make_story, claim, people):
    page = story_with(make_story, figure([claim]), lead="Lead", title="Title")
    (variant,) = create_variants(page, ["facebook.post"], by=people["creator"])
    page = StoryPage.objects.get(pk=page.pk)
    page.body = [("paragraph", "<p>Nothing counted here.</p>")]
    page.save_revision()

    assert "claim_unchecked" in codes(variant)
    assert uses.carried(variant.pk) == {claim.pk}


def test_uses_follow_the_story_at_once(make_story, claim, people):
    page = story_with(make_story, ("paragraph", "<p>Words.</p>"))
    (variant,) = create_variants(page, ["facebook.post"], by=people["creator"])
    assert uses.carried(variant.pk) == set()

    page.body[0].value["claims"].append(claim)
    page.save_revision()
    assert uses.carried(variant.pk) == {claim.pk}

    del page.body[0].value["claims"][0]
    page.save_revision()
    assert uses.carried(variant.pk) == set()


# Checking and taking back ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("creator", True),
        ("manager", True),
        ("community", False),
        ("analyst", False),
        ("manager-elsewhere", False),
    ],
)
def test_who_may_check(people, claim, who, may):
    assert rules.may_check(people[who], claim) is may
    if not may:
        with pytest.raises(PermissionDenied):
            rules.check(claim, by=people[who])


def test_a_named_person_may_check_but_nobody_from_elsewhere(people, claim):
    claim.checker = people["analyst"]
    claim.save()
    assert rules.check(claim, by=people["analyst"]).checked_by == people["analyst"]

    claim.checker = people["analyst-elsewhere"]
    claim.save()
    assert not rules.may_check(people["analyst-elsewhere"], claim)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source_title": ""}, "no source"),
        ({"on": TODAY + timedelta(days=1)}, "lies ahead"),
        ({"expires_on": TODAY - timedelta(days=1)}, "passed"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused(people, claim, change, words):
    claim.source_title = change.pop("source_title", claim.source_title)
    claim.save()

    with pytest.raises(rules.NotPossible, match=words):
        rules.check(claim, by=people["manager"], **change)
    assert Claim.objects.get().status == "unchecked"


def test_a_correction_makes_a_successor_to_be_checked(people, claim):
    rules.withdraw(
        claim, by=people["manager"], explanation="A typing error.", right="4.0 tonnes", source="Record"
    )

    claim.refresh_from_db()
    assert (claim.status, claim.successor.text, claim.successor.status) == (
        "corrected",
        "4.0 tonnes",
        "unchecked",
    )
    with pytest.raises(rules.NotPossible, match="already"):
        rules.check(claim, by=people["manager"])


def test_history_names_every_decision(client, people, claim):
    rules.check(claim, by=people["manager"])
    rules.withdraw(claim, by=people["manager"], explanation="It was estimated.")
    client.force_login(people["creator"])

    text = client.get(reverse("claims:history", args=[claim.pk])).content.decode()

    assert "Checked, as of 2026-11-23" in text
    assert "Retracted: It was estimated." in text


# Pages ----------------------------------------------------------------------------------------------------------------
def edit(client, claim, **words):
    said = {
        "text": claim.text,
        "source_title": claim.source_title,
        "source_url": "",
        "checker": "",
        "expires_on": "",
    }
    return client.post(reverse("claims:edit", args=[claim.pk]), {**said, **words})


@pytest.mark.parametrize("where", ["form", "chooser"])
def test_somebody_with_one_campaign_need_not_choose_it(client, people, campaign, where):
    client.force_login(people["creator"])
    chooser = Claim.snippet_viewset.chooser_viewset
    if where == "form":
        form = client.get(reverse("claims:add")).context["form"]
    else:
        text = client.get(reverse(chooser.get_url_name("choose"))).json()["html"]
        assert "<select" in text
        assert f'<option value="{campaign.pk}" selected>' in text
        return

    assert [str(pk) for pk, _ in form.fields["campaign"].choices] == [str(campaign.pk)]
    assert form["campaign"].value() == campaign.pk
    said = {
        "campaign": campaign.pk,
        "text": "New",
        "source_title": "",
        "source_url": "",
        "checker": "",
        "expires_on": "",
    }
    assert client.post(reverse("claims:add"), said).url == Claim.objects.get(text="New").url


def test_nobody_writes_a_claim_for_another_campaign(client, people, make_campaign):
    other = make_campaign("Third")
    client.force_login(people["creator"])
    said = {
        "campaign": other.pk,
        "text": "New",
        "source_title": "",
        "source_url": "",
        "checker": "",
        "expires_on": "",
    }

    assert client.post(reverse("claims:add"), said).status_code == 200
    assert not Claim.objects.exists()


def test_other_words_must_be_checked_again_but_a_new_date_need_not(client, people, claim):
    rules.check(claim, by=people["manager"])
    client.force_login(people["creator"])

    assert edit(client, claim, expires_on="2027-01-01").status_code == 302
    assert Claim.objects.get().status == "checked"
    assert edit(client, claim, text="4.3 tonnes in one day").status_code == 302

    claim.refresh_from_db()
    assert (claim.status, claim.checked_on, claim.checked_by) == ("unchecked", None, None)


def test_a_withdrawn_claim_stays_as_it_is(client, people, claim):
    rules.withdraw(claim, by=people["manager"], explanation="Wrong.")
    client.force_login(people["creator"])

    assert "part of the record" in edit(client, claim, text="Other").content.decode()
    assert Claim.objects.get().text == "4.2 tonnes in one day"


def test_a_claim_in_use_cannot_be_deleted(client, people, claim, make_story):
    create_variants(story_with(make_story, figure([claim])), ["facebook.post"], by=people["creator"])
    client.force_login(people["manager"])

    client.post(reverse("claims:delete", args=[claim.pk]))

    assert Claim.objects.filter(pk=claim.pk).exists()


def test_every_page_of_a_claim_refuses_strangers(client, people, claim):
    from cms.claims.viewset import ClaimViewSet

    client.force_login(people["manager-elsewhere"])
    patterns = [p for p in Claim.snippet_viewset.get_urlpatterns() if "pk" in p.pattern.converters]
    assert isinstance(Claim.snippet_viewset, ClaimViewSet)
    assert len(patterns) >= 7
    tried = 0
    for pattern in patterns:
        if set(pattern.pattern.converters) == {"pk"}:
            url = reverse(f"claims:{pattern.name}", args=[claim.pk])
            assert client.get(url).status_code in (403, 404, 405), url
            assert client.post(url).status_code in (403, 404, 405), url
            tried += 1
    assert tried >= 6
    assert Claim.objects.get().status == "unchecked"


def test_the_chooser_offers_only_ones_own_claims(client, people, claim, make_campaign):
    Claim.objects.create(campaign=make_campaign("Third"), text="Somebody else's secret figure")
    client.force_login(people["creator"])
    chooser = Claim.snippet_viewset.chooser_viewset

    text = client.get(reverse(chooser.get_url_name("choose"))).json()["html"]
    assert "4.2 tonnes" in text
    assert "secret figure" not in text
    other = Claim.objects.exclude(pk=claim.pk).get()
    assert client.get(reverse(chooser.get_url_name("chosen"), args=[other.pk])).status_code == 404


def test_a_claim_of_another_campaign_cannot_hang_on_a_story(make_story, make_campaign):
    other = Claim.objects.create(campaign=make_campaign("Third"), text="Not ours")

    with pytest.raises(ValidationError, match="another campaign"):
        story_with(make_story, figure([other]))


def test_the_list_filters_and_says_where_claims_are(client, people, claim, campaign, make_story):
    soon = Claim.objects.create(
        campaign=campaign, text="Soon old", status="checked", checked_on=TODAY, source_title="s",
        expires_on=TODAY + timedelta(days=14),
    )  # fmt: skip
    Claim.objects.create(
        campaign=campaign, text="Long good", status="checked", checked_on=TODAY, source_title="s",
        expires_on=TODAY + timedelta(days=15),
    )  # fmt: skip
    create_variants(story_with(make_story, figure([claim])), ["facebook.post"], by=people["creator"])
    client.force_login(people["analyst"])
    address = reverse("claims:list")

    def shown(query):
        return [c.pk for c in client.get(f"{address}?{query}").context["object_list"]]

    assert len(shown("")) == 3
    assert shown("expiry=soon") == [soon.pk]
    assert shown("status=unchecked") == [claim.pk]
    assert shown("q=tonnes") == [claim.pk]
    assert len(shown(f"campaign={campaign.pk}")) == 3
    assert "1 not out yet" in client.get(address).content.decode()


def test_an_empty_list_says_what_claims_are(client, people):
    client.force_login(people["creator"])

    assert "Attach claims to the blocks of a story" in client.get(reverse("claims:list")).content.decode()


def test_the_list_asks_as_much_for_many_as_for_few(client, people, campaign, make_story):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(people["creator"])

    def add(n):
        made = [
            Claim.objects.create(campaign=campaign, text=f"Claim {n}.{i}", source_title="s") for i in range(3)
        ]
        page = story_with(make_story, figure(made), title=f"Story {n}")
        create_variants(page, ["facebook.post", "x.thread"], by=people["creator"])

    def queries():
        client.get(reverse("claims:list"))
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(reverse("claims:list")).status_code == 200
        return len(caught)

    add(1)
    few = queries()
    add(2)
    add(3)
    assert queries() == few


@pytest.mark.parametrize("who", ["creator", "analyst"])
def test_the_page_of_a_claim_offers_what_one_may_do(client, people, claim, who):
    client.force_login(people[who])

    text = client.get(reverse("claims:inspect", args=[claim.pk])).content.decode()

    assert ("Checked: it agrees with its source" in text) is (who == "creator")
    assert ("Correct or retract" in text) is (who == "creator")


def test_checking_on_the_page(client, people, claim):
    client.force_login(people["creator"])

    client.post(reverse("claims:check", args=[claim.pk]), {"on": "2026-11-20", "expires_on": "2027-03-01"})

    claim.refresh_from_db()
    assert (claim.status, str(claim.checked_on), str(claim.expires_on)) == (
        "checked",
        "2026-11-20",
        "2027-03-01",
    )


# Reminders ------------------------------------------------------------------------------------------------------------
def test_checkers_hear_once_that_a_claim_expires_soon(people, claim, at_noon):
    claim.checker = people["creator"]
    claim.save()
    rules.check(claim, by=people["manager"], expires_on=TODAY + timedelta(days=20))
    reminders.remind()
    assert Notice.objects.count() == 0

    at_noon.at = NOW + timedelta(days=6)
    reminders.remind()
    reminders.remind()

    (notice,) = Notice.objects.filter(kind="claim_expiring")
    assert (notice.user, notice.url) == (people["creator"], reverse("claims:inspect", args=[claim.pk]))
    assert Outbox.objects.filter(kind="claim_expiring").count() == 1


def test_without_a_checker_the_managers_hear(people, claim):
    Claim.objects.update(status="checked", checked_on=TODAY, expires_on=TODAY)

    reminders.remind()

    assert [n.user for n in Notice.objects.all()] == [people["manager"]]


def test_uses_survive_a_double_save_and_outlets_without_publishing_are_empty(claim, people, make_story):
    (variant,) = create_variants(story_with(make_story, figure([claim])), ["x.thread"], by=people["creator"])
    variant.save()
    uses.approved(variant.pk, "d" * 64)
    uses.approved(variant.pk, "d" * 64)

    assert ClaimUse.objects.count() == 2
    assert outlets.of([claim.pk])[claim.pk].out == ()


def test_capability_check_belongs_to_writers():
    roles = {role for role, has in policy.CAPABILITIES.items() if policy.CHECK in has}
    assert roles == {role for role, has in policy.CAPABILITIES.items() if policy.WRITE in has}

"""People and accounts: who keeps the list, what its form takes, and how it reaches the posts."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.models import CampaignPage, KnownAccount, StoryPage
from cms.people.forms import linking
from cms.roles import make_team
from formats import drift
from formats.core.piece import Account
from formats.models import Variant
from formats.registry import FORMATS
from formats.variants import create_variants
from work import clock

pytestmark = pytest.mark.db


@pytest.fixture
def elsewhere(make_campaign):
    return make_campaign("Safe Cycling")


@pytest.fixture
def people(campaign, elsewhere):
    made = {}
    for page, suffix in ((campaign, ""), (elsewhere, "-elsewhere")):
        for role, group in make_team(page).items():
            user = get_user_model().objects.create_user(f"{role}{suffix}", f"{role}{suffix}@example.org")
            user.groups.add(group)
            made[f"{role}{suffix}"] = user
    return made


@pytest.fixture
def trust(campaign):
    handles = {"x": "RiverTrust_UK", "mastodon": "river@green.example"}
    return KnownAccount.objects.create(
        campaign=campaign, name="River Trust", also="the Trust", handles=handles
    )


@pytest.fixture
def story(make_story):
    page = StoryPage.objects.get(pk=make_story(title="A clean river", lead="With River Trust.").pk)
    page.save_revision()
    return page


def fresh(page):
    return type(page).objects.get(pk=page.pk)


# In the posts ---------------------------------------------------------------------------------------------------------
def test_piece_knows_the_accounts_of_its_campaign_only(story, trust, elsewhere):
    KnownAccount.objects.create(campaign=elsewhere, name="Wheels")

    assert fresh(story).to_piece().accounts == (
        Account("River Trust", ("the Trust",), (("mastodon", "river@green.example"), ("x", "RiverTrust_UK"))),
    )


def test_variant_mentions_by_handle_and_the_editor_says_who_has_none(story, trust):
    threads = create_variants(story, ["x.thread", "bluesky.thread"], by=None)

    texts = ["\n".join(part.text for part in variant.to_parts()) for variant in threads]
    assert "With @RiverTrust_UK." in texts[0]
    assert "With River Trust." in texts[1]
    codes = [[each.code for each in variant.findings() if each.code == "no_handle"] for variant in threads]
    assert codes == [[], ["no_handle"]]


def test_new_handle_is_drift_only_where_it_changes_the_post(story, trust):
    create_variants(story, ["x.thread", "instagram.reel", "facebook.post"], by=None)
    trust.handles = {**trust.handles, "instagram": "river.trust"}
    trust.save()
    KnownAccount.objects.create(campaign=trust.campaign, name="Nobody Here", handles={"x": "nobody"})

    found = {
        variant.format: [str(change) for change in drift.drift_of(variant)]
        for variant in Variant.objects.all()
    }

    assert found == {"x.thread": [], "instagram.reel": ["handles added"], "facebook.post": []}


def test_new_handle_of_somebody_whom_the_parts_do_not_name_is_no_drift(campaign, trust):
    """The story names the trust at its end, which a single post does not reach."""
    middle = "<p>" + "Step by step. " * 60 + "</p>"
    body = [
        ("key_points", ["Clean water"]),
        ("paragraph", middle),
        ("paragraph", "<p>Thanks to River Trust.</p>"),
    ]
    far = StoryPage(title="A long way", lead="From the spring to the sea.", body=body)
    campaign.add_child(instance=far)
    [post] = create_variants(far, ["x.post"], by=None)
    assert "River Trust" not in post.to_parts()[0].text

    trust.handles = {**trust.handles, "x": "River_Trust"}
    trust.save()

    assert drift.drift_of(Variant.objects.get(pk=post.pk)) == []


def test_an_open_variant_learns_of_a_new_handle_at_once_and_of_its_end(story, trust):
    thread, post = create_variants(story, ["x.thread", "facebook.post"], by=None)
    trust.handles = {**trust.handles, "x": "River_Trust"}
    trust.save()
    assert [Variant.objects.get(pk=v.pk).drifted_at is None for v in (thread, post)] == [False, True]

    trust.handles = {**trust.handles, "x": "RiverTrust_UK"}
    trust.save()

    assert Variant.objects.get(pk=thread.pk).drifted_at is None


def test_a_new_imprint_is_drift_of_what_is_still_to_go_out(story, campaign):
    out, thread = create_variants(story, ["facebook.post", "x.thread"], by=None)
    Variant.objects.filter(pk=out.pk).update(planned_at=clock.now() - timedelta(days=1))
    page = fresh(campaign)
    page.imprint = "Published by nobody else"
    page.save_revision().publish()

    assert [str(c) for c in drift.drift_of(Variant.objects.get(pk=thread.pk))] == ["campaign changed"]
    assert Variant.objects.get(pk=thread.pk).drifted_at is not None
    assert Variant.objects.get(pk=out.pk).drifted_at is None


def test_what_no_variant_shows_of_a_campaign_is_no_drift(story, campaign):
    [thread] = create_variants(story, ["x.thread"], by=None)
    page = fresh(campaign)
    page.goal = "Another goal altogether."
    page.save_revision().publish()

    assert Variant.objects.get(pk=thread.pk).drifted_at is None


def test_deriving_again_brings_the_new_handle(story, trust):
    [variant] = create_variants(story, ["x.thread"], by=None)
    trust.handles = {"x": "River_Trust"}
    trust.save()

    again = drift.rederive(Variant.objects.get(pk=variant.pk), by=None).variant

    assert "With @River_Trust." in "\n".join(part.text for part in again.to_parts())
    assert drift.drift_of(Variant.objects.get(pk=variant.pk)) == []


# The form -------------------------------------------------------------------------------------------------------------
def data(campaign, **changes):
    empty = {f"on_{platform}": "" for platform in linking()}
    return {"campaign": campaign.pk, "name": "River Trust", "also": "", **empty, **changes}


def test_every_platform_that_links_handles_has_a_field():
    assert list(linking()) == [p for p in FORMATS.platforms() if FORMATS.for_platform(p)[0].handle]


def test_creator_adds_an_entry_with_pasted_handles(client, people, campaign):
    client.force_login(people["creator"])
    pasted = data(campaign, on_x="https://x.com/RiverTrust_UK", on_mastodon="@river@green.example")

    answer = client.post(reverse("people:add"), pasted)

    assert answer.status_code == 302
    [row] = KnownAccount.objects.all()
    assert (row.name, row.handles) == (
        "River Trust",
        {"x": "RiverTrust_UK", "mastodon": "river@green.example"},
    )
    assert row.campaign_id == campaign.pk


def test_editing_shows_what_is_there_and_keeps_what_has_no_field(client, people, trust):
    KnownAccount.objects.filter(pk=trust.pk).update(handles={**trust.handles, "gone": "old"})
    client.force_login(people["creator"])
    url = reverse("people:edit", args=[trust.pk])

    assert "@RiverTrust_UK" in client.get(url).content.decode()
    client.post(url, data(trust.campaign, on_x="@New"))

    assert fresh(trust).handles == {"gone": "old", "x": "New"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"on_x": "two words"}, "is no handle there. Write it like @name."),
        ({"on_mastodon": "river"}, "Write it like @name@server.example."),
        ({"name": "@river"}, "Write the name as people say it."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(client, people, campaign, changes, says):
    client.force_login(people["creator"])

    answer = client.post(reverse("people:add"), data(campaign, **changes))

    assert says in answer.content.decode()
    assert not KnownAccount.objects.exists()


def test_a_name_stands_once_in_a_campaign(client, people, trust):
    client.force_login(people["creator"])

    answer = client.post(reverse("people:add"), data(trust.campaign))

    assert "This campaign has an entry of this name already." in answer.content.decode()
    with pytest.raises(IntegrityError):
        KnownAccount.objects.create(campaign=trust.campaign, name="River Trust")


# Who may --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "may_see", "may_write"),
    [
        ("creator", True, True),
        ("manager", True, True),
        ("community", True, False),
        ("analyst", True, False),
        ("creator-elsewhere", False, False),
        ("manager-elsewhere", False, False),
    ],
)
def test_team_reads_the_list_and_writers_keep_it(client, people, trust, who, may_see, may_write):
    client.force_login(people[who])

    listed = client.get(reverse("people:list")).content.decode()
    edit = client.post(reverse("people:edit", args=[trust.pk]), data(trust.campaign, name="Another"))
    changed = KnownAccount.objects.get().name == "Another"
    delete = client.post(reverse("people:delete", args=[trust.pk]))

    assert ("River Trust" in listed) is may_see
    assert (
        edit.status_code == delete.status_code == (302 if may_see else 404)
    )  # Wagtail sends home who may not
    assert (changed, not KnownAccount.objects.exists()) == (may_write, may_write)


def test_nobody_adds_to_a_campaign_of_others(client, people, campaign):
    client.force_login(people["creator-elsewhere"])

    answer = client.post(reverse("people:add"), data(campaign))

    assert answer.status_code == 200
    assert not KnownAccount.objects.exists()


def test_list_costs_the_same_for_one_and_for_three(client, people, trust, django_assert_num_queries):
    client.force_login(people["creator"])
    client.get(reverse("people:list"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("people:list"))
    for name in ("Anna Shaw", "Town Council"):
        KnownAccount.objects.create(campaign=CampaignPage.objects.get(pk=trust.campaign_id), name=name)
    with django_assert_num_queries(len(one)):
        client.get(reverse("people:list"))

"""A campaign's team may do its work there and nowhere else."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.models import Collection, GroupPagePermission

from access import policy
from access.models import CampaignRole, Role
from cms.models import CampaignImage, CampaignMedia, CampaignPage, StoryPage
from cms.roles import make_team

pytestmark = pytest.mark.db


@pytest.fixture
def other(make_campaign):
    return make_campaign("Safe Cycling")


@pytest.fixture
def person(campaign):
    def make(role, where=None):
        where = where or campaign
        user = get_user_model().objects.create_user(f"{role}-{where.slug}", password="secret")
        user.groups.add(make_team(where)[role])
        return user

    return make


@pytest.fixture
def signed_in(client, person):
    def sign_in(role, where=None):
        client.force_login(person(role, where))
        return client

    return sign_in


def test_new_campaign_has_its_team(campaign):
    roles = CampaignRole.objects.filter(campaign_id=campaign.pk)

    assert {row.role for row in roles} == set(Role.values)
    assert {row.group.name for row in roles} == {
        "River Clean-up: creators",
        "River Clean-up: managers",
        "River Clean-up: community managers",
        "River Clean-up: analysts",
    }
    assert Collection.objects.filter(name="River Clean-up").count() == 1


def test_team_is_made_once(campaign):
    before = (Group.objects.count(), GroupPagePermission.objects.count(), Collection.objects.count())

    make_team(campaign)

    assert (Group.objects.count(), GroupPagePermission.objects.count(), Collection.objects.count()) == before


def test_second_campaign_of_the_same_title_has_a_team_of_its_own(campaign, make_campaign):
    second = make_campaign(slug="again")

    names = CampaignRole.objects.filter(campaign_id=second.pk).values_list("group__name", flat=True)

    assert "River Clean-up (2): creators" in names


def test_renamed_campaign_takes_its_team_along(campaign):
    campaign.title = "Clean River"
    campaign.save()

    assert Group.objects.filter(name="Clean River: managers").exists()
    assert not Group.objects.filter(name__startswith="River Clean-up:").exists()


def test_deleted_campaign_takes_its_team_along(campaign, other):
    campaign.delete()

    assert not Group.objects.filter(name__startswith="River Clean-up").exists()
    assert Group.objects.filter(name__startswith="Safe Cycling").count() == 4


@pytest.mark.parametrize(
    ("role", "edits", "publishes", "locks"),
    [
        (Role.CREATOR, True, False, False),
        (Role.MANAGER, True, True, True),
        (Role.COMMUNITY, False, False, False),
        (Role.ANALYST, False, False, False),
    ],
)
def test_what_a_role_may_do_with_pages(person, make_story, other, role, edits, publishes, locks):
    own, foreign = make_story(), make_story(title="Foreign", under=other)
    user = person(role)

    mine, theirs = own.permissions_for_user(user), foreign.permissions_for_user(user)

    assert (mine.can_edit(), mine.can_publish(), mine.can_lock()) == (edits, publishes, locks)
    assert (theirs.can_edit(), theirs.can_publish(), theirs.can_lock()) == (False, False, False)
    assert user.has_perm("wagtailadmin.access_admin")
    assert not user.has_perm("formats.publish_variant")
    assert not user.has_perm("formats.add_variant")


def test_only_administrators_end_a_campaign(person, campaign, make_story):
    make_story()
    manager = person(Role.MANAGER)
    may = CampaignPage.objects.get(pk=campaign.pk).permissions_for_user(manager)

    assert may.can_edit()
    assert [may.can_delete(), may.can_unpublish(), may.can_move(), may.can_copy()] == [False] * 4
    assert make_story(title="Another").permissions_for_user(manager).can_delete()

    ada = get_user_model().objects.create_superuser("ada", password="secret")
    assert campaign.permissions_for_user(ada).can_delete()


def test_manager_cannot_delete_the_campaign_by_any_door(client, person, campaign, make_story):
    make_story()
    client.force_login(person(Role.MANAGER))

    client.post(reverse("wagtailadmin_pages:delete", args=[campaign.pk]), {})
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    client.post(f"{bulk}?id={campaign.pk}", {})

    assert CampaignPage.objects.filter(pk=campaign.pk).exists()
    assert StoryPage.objects.exists()


def test_access_policy_follows_the_team(person, make_story, other):
    own, foreign = make_story(), make_story(title="Foreign", under=other)
    creator, manager = person(Role.CREATOR), person(Role.MANAGER)

    assert policy.can(creator, policy.WRITE, own)
    assert not policy.can(creator, policy.APPROVE, own)
    assert policy.can(manager, policy.APPROVE, own)
    assert not policy.can(manager, policy.APPROVE, foreign)
    assert not policy.can(creator, policy.VIEW, foreign)


@pytest.mark.parametrize("role", Role.values)
def test_pages_of_another_campaign_stay_closed(signed_in, make_story, other, role):
    foreign = make_story(title="Their secret plan", under=other, live=False)
    client = signed_in(role)

    for name, args in (
        ("wagtailadmin_pages:edit", [foreign.pk]),
        ("wagtailadmin_pages:add", ["cms", "storypage", other.pk]),
        ("wagtailadmin_pages:history", [foreign.pk]),
        ("wagtailadmin_pages:delete", [foreign.pk]),
        ("wagtailadmin_pages:view_draft", [foreign.pk]),
        ("wagtailadmin_pages:copy", [foreign.pk]),
        ("wagtailadmin_pages:move", [foreign.pk]),
    ):
        response = client.get(reverse(name, args=args))

        assert response.status_code in (302, 403, 404), name
        assert b"Their secret plan" not in response.content, name
    client.post(reverse("wagtailadmin_pages:edit", args=[foreign.pk]), {"title": "Stolen"})
    assert StoryPage.objects.get(pk=foreign.pk).title == "Their secret plan"


def test_explorer_shows_only_ones_own_campaign(signed_in, campaign, make_story, other):
    make_story(title="Our story")
    make_story(title="Their secret plan", under=other)
    client = signed_in(Role.CREATOR)

    html = client.get(reverse("wagtailadmin_explore_root"), follow=True).content.decode()
    html += client.get(reverse("wagtailadmin_explore", args=[campaign.pk])).content.decode()
    html += client.get(reverse("wagtailadmin_pages:search"), {"q": "story"}).content.decode()

    assert "Our story" in html
    assert "Their secret plan" not in html
    assert other.title not in html


def test_files_of_another_campaign_stay_closed(signed_in, campaign, other, jpeg):
    campaign.refresh_from_db()
    other.refresh_from_db()
    theirs = CampaignImage.objects.create(
        title="Their picture", file=ContentFile(jpeg(), name="t.jpg"), collection=other.collection
    )
    video = CampaignMedia.objects.create(
        title="Their video", type="video", file=ContentFile(b"v", name="v.mp4"), collection=other.collection
    )
    CampaignImage.objects.create(
        title="Our picture", file=ContentFile(jpeg(), name="o.jpg"), collection=campaign.collection
    )
    client = signed_in(Role.CREATOR)

    html = client.get(reverse("wagtailimages:index")).content.decode()
    html += client.get(reverse("wagtailimages_chooser:choose")).content.decode()
    html += client.get(reverse("wagtailmedia:index")).content.decode()

    assert "Our picture" in html
    assert "Their picture" not in html
    assert "Their video" not in html
    assert client.get(reverse("wagtailimages:edit", args=[theirs.pk])).status_code == 302
    assert client.get(reverse("wagtailmedia:edit", args=[video.pk])).status_code == 302


def test_first_page_says_what_to_do(signed_in, campaign, other):
    html = signed_in(Role.CREATOR).get(reverse("wagtailadmin_home")).content.decode()

    assert "Write a story" in html
    assert reverse("wagtailadmin_pages:add", args=["cms", "storypage", campaign.pk]) in html
    assert "Safe Cycling" not in html


def test_first_page_of_an_analyst_offers_no_writing(signed_in):
    html = signed_in(Role.ANALYST).get(reverse("wagtailadmin_home")).content.decode()

    assert "Compare platforms" in html
    assert "Write a story" not in html


@pytest.mark.parametrize(
    ("role", "answers"), [(Role.COMMUNITY, True), (Role.MANAGER, True), (Role.ANALYST, False)]
)
def test_first_page_of_who_answers_leads_to_the_conversations(signed_in, role, answers):
    html = signed_in(role).get(reverse("wagtailadmin_home")).content.decode()

    assert ("Answer people" in html) == answers
    assert ("messages of your accounts" in html) == answers


def test_first_page_leads_to_the_one_list_of_conversations_once(client, person, make_campaign, other):
    """Also for who answers in several campaigns, and where the first of them is one in which they do not."""
    user = person(Role.MANAGER)
    third = make_campaign("All Trees")
    for where, role in ((other, Role.COMMUNITY), (third, Role.ANALYST)):
        user.groups.add(make_team(where)[role])
    client.force_login(user)
    html = client.get(reverse("wagtailadmin_home")).content.decode()

    heads = [html.index(f"<h2>{title}</h2>") for title in ("All Trees", "River Clean-up", "Safe Cycling")]
    assert html.count("Answer people") == 1
    assert heads[1] < html.index("Answer people") < heads[2]
    assert html.count("<b>The month</b>") == 3


def test_first_page_of_an_administrator_leads_to_all_conversations(client, campaign):
    client.force_login(get_user_model().objects.create_superuser("ada", password="secret"))
    html = client.get(reverse("wagtailadmin_home")).content.decode()

    assert html.count("Answer people") == 1
    assert "messages of all accounts" in html


def test_first_page_without_a_team_says_so(client, db):
    user = get_user_model().objects.create_user("new", password="secret")
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)

    assert "You are in no team yet." in client.get(reverse("wagtailadmin_home")).content.decode()

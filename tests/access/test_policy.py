import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from wagtail.models import Page

from access import policy
from access.models import CampaignRole, Role

pytestmark = pytest.mark.db


@pytest.fixture
def pages(db):
    root = Page.get_first_root_node()
    ours = root.add_child(instance=Page(title="Ours", slug="ours-p"))
    theirs = root.add_child(instance=Page(title="Theirs", slug="theirs-p"))
    story = ours.add_child(instance=Page(title="Story", slug="story-p"))
    return ours, theirs, story


def person(name, **campaigns):
    user = User.objects.create_user(name)
    for role, page in campaigns.items():
        group = Group.objects.create(name=f"{name} {role}")
        CampaignRole.objects.create(group=group, campaign=page, role=role)
        user.groups.add(group)
    return User.objects.get(pk=user.pk)


def test_every_role_can_see_and_only_managers_approve():
    assert all(policy.VIEW in caps for caps in policy.CAPABILITIES.values())
    assert [r for r, caps in policy.CAPABILITIES.items() if policy.APPROVE in caps] == [Role.MANAGER]


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_its_campaign_and_no_other(pages, role):
    ours, theirs, story = pages
    user = person("p", **{role: ours})

    for capability in policy.EVERYTHING:
        expected = capability in policy.CAPABILITIES[role]
        assert policy.can(user, capability, ours) is expected
        assert policy.can(user, capability, story) is expected
        assert policy.can(user, capability) is expected
        assert policy.can(user, capability, theirs) is False


def test_roles_of_two_campaigns_do_not_mix(pages):
    ours, theirs, _ = pages
    user = person("p", creator=ours, manager=theirs)

    assert policy.can(user, policy.APPROVE, theirs)
    assert not policy.can(user, policy.APPROVE, ours)
    assert list(policy.campaigns(user, policy.APPROVE)) == [theirs]
    assert policy.campaign_ids(user, policy.VIEW) == {ours.pk, theirs.pk}


def test_nobody_else_gets_in(pages):
    ours, *_ = pages
    away = person("away", manager=ours)
    away.is_active = False

    for user in (AnonymousUser(), None, away, User.objects.create_user("x")):
        assert not policy.can(user, policy.VIEW, ours)
        with pytest.raises(PermissionDenied):
            policy.require(user, policy.VIEW, ours)


def test_administrators_reach_everything(pages):
    ours, theirs, _ = pages
    admin = User.objects.create_superuser("root")

    assert policy.campaign_ids(admin, policy.APPROVE) is None
    assert policy.can(admin, policy.APPROVE, theirs)


def test_a_thing_belongs_to_the_campaign_it_names(pages):
    ours, theirs, _ = pages
    user = person("p", manager=ours)

    class Thing:
        def __init__(self, campaign_id):
            self.campaign_id = campaign_id

    assert policy.can(user, policy.PUBLISH, Thing(ours.pk))
    assert not policy.can(user, policy.PUBLISH, Thing(theirs.pk))


def test_asking_often_reads_the_roles_once(pages, django_assert_num_queries):
    ours, *_ = pages
    user = person("p", manager=ours)

    with django_assert_num_queries(1):
        for _ in range(20):
            policy.can(user, policy.VIEW, ours)

"""A person of a session comes with what each page asks, in one query, and it is the same that would be found otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone
from wagtail.models import Page
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from access import person, policy
from access.models import Role, StandIn
from tests.editorial.conftest import make_campaign  # noqa: F401  a fixture

pytestmark = pytest.mark.db


@pytest.fixture
def people(make_campaign):  # noqa: F811
    """A manager of one campaign and a creator of another who stands in for a manager of it."""
    river, hill = make_campaign("River"), make_campaign("Hill")
    creator = river.people[Role.CREATOR]
    creator.user_permissions.add(Permission.objects.get(codename="add_claim"))
    creator.groups.add(*hill.people[Role.ANALYST].groups.all())
    now = timezone.now()
    times = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    StandIn.objects.create(absent=river.people[Role.MANAGER], deputy=creator, **times)
    over = {"starts_at": now - timedelta(days=2), "ends_at": now - timedelta(days=1)}
    StandIn.objects.create(absent=hill.people[Role.MANAGER], deputy=creator, **over)
    return [creator, *river.people.values(), *hill.people.values()]


def plain(user):
    return get_user_model().objects.get(pk=user.pk)


def on_pages(user):
    rows = PagePermissionPolicy().get_cached_permissions_for_user(user)
    return sorted((row.pk, row.group_id, row.page.path, row.permission.codename) for row in rows)


def on_collections(user):
    rows = CollectionPermissionPolicy(Page).get_cached_permissions_for_user(user)
    return sorted((row.pk, row.group_id, row.collection.path, row.permission.codename) for row in rows)


def test_one_query_says_what_six_would(people, django_assert_num_queries):
    person.load(people[0].pk)  # SQLite is asked once whether it knows JSON
    for each in people:
        with django_assert_num_queries(1):
            loaded = person.load(each.pk)
            told = (
                sorted(loaded._perm_cache),
                sorted(set(policy._roles(loaded))),
                on_pages(loaded),
                on_collections(loaded),
            )
            assert not hasattr(loaded, "wagtail_userprofile") or loaded.wagtail_userprofile.pk

        other = plain(each)
        assert told == (
            sorted(other.get_all_permissions()),
            sorted(set(policy._roles(other))),
            on_pages(other),
            on_collections(other),
        )


def test_a_superuser_brings_the_page_at_the_top_along(people, django_assert_num_queries):
    admin = get_user_model().objects.create_superuser("root")
    loaded = person.load(admin.pk)

    with django_assert_num_queries(0):
        top = PagePermissionPolicy().explorable_root_instance(loaded)
        assert top.is_root()
    assert top == PagePermissionPolicy().explorable_root_instance(plain(admin))
    assert top.title == Page.get_first_root_node().title


def test_who_stands_in_approves_there_and_only_as_long(people):
    creator = person.load(people[0].pk)
    roles = {role for _, _, role in policy._roles(creator)}

    assert roles == {Role.CREATOR, Role.ANALYST, policy.DEPUTY}
    assert len(policy.campaign_ids(creator, policy.APPROVE)) == 1


def test_permissions_taken_away_are_gone_at_the_next_request(people):
    creator = people[0]
    assert person.load(creator.pk)._perm_cache

    creator.groups.clear()
    creator.user_permissions.clear()

    again = person.load(creator.pk)
    assert again._perm_cache == set()
    assert policy._roles(again) == []
    assert on_pages(again) == on_collections(again) == []


def test_nobody_and_who_is_shut_out(people):
    assert person.load(0) is None
    get_user_model().objects.filter(pk=people[0].pk).update(is_active=False)

    shut_out = person.load(people[0].pk)

    assert not hasattr(shut_out, "_perm_cache")
    assert policy.campaign_ids(shut_out, policy.VIEW) == set()

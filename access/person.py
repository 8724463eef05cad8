"""A person with everything that any page asks about them, in one query: profile, permissions, roles in campaigns.

Wagtail keeps what a person may do with pages and collections in caches on the user object, under names that its
permission policies give (``permission_cache_name``). Filling them here saves a query each on every page of the admin.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Case, OuterRef, When
from django.db.models.functions import JSONObject
from django.utils import timezone
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from access import policy
from access.aggregates import rows_of
from access.models import CampaignRole

ME = OuterRef("pk")
APP, CODE = "permission__content_type__app_label", "permission__codename"
TREE = ("id", "path", "depth", "numchild")


def load(user_id: Any) -> Any:
    """The person, or None. Of a superuser only the page at the top is known: Wagtail asks them for nothing else. Of
    people who are shut out nothing is filled in.
    """
    people = get_user_model()._default_manager.select_related("wagtail_userprofile")
    user = people.filter(pk=user_id).annotate(**_everything()).first()
    if user is None:
        return None
    told = {name: user.__dict__.pop(name) or [] for name in _everything()}
    if user.is_active and not user.is_superuser:
        rows = [*told["_of_own"], *told["_of_groups"]]
        user._perm_cache = {f"{row['app']}.{row['code']}" for row in rows}
        user._hustings_roles = policy.with_deputed(_roles(told["_roles"]), _roles(told["_deputed"]))
        pages, collections = map(_on_page, told["_on_pages"]), map(_on_collection, told["_on_collections"])
        setattr(user, PagePermissionPolicy.permission_cache_name, list(pages))
        setattr(user, CollectionPermissionPolicy.permission_cache_name, list(collections))
    elif user.is_active and len(told["_top"]) == 1:
        setattr(user, PagePermissionPolicy._explorable_root_instance_cache_name, _page(told["_top"][0]))
    return user


def _everything() -> dict[str, Any]:
    now = timezone.now()
    permission = JSONObject(app=APP, code=CODE)
    role = JSONObject(pk="campaign_id", path="campaign__path", role="role")
    deputed = CampaignRole.objects.filter(
        group__user__stand_ins__deputy=ME,
        group__user__stand_ins__starts_at__lte=now,
        group__user__stand_ins__ends_at__gt=now,
        group__user__is_active=True,
        role__in=policy.APPROVING,
    )
    top = {f"page_{name}": name for name in TREE}
    page = {f"page_{name}": f"page__{name}" for name in TREE}
    collection = {f"collection_{name}": f"collection__{name}" for name in TREE}
    theirs = {"pk": "pk", "group": "group_id", "permission": "permission_id", "code": CODE}
    return {
        "_of_own": rows_of(
            get_user_model().user_permissions.through.objects.filter(user=ME), "user_id", permission
        ),
        "_of_groups": rows_of(
            Group.permissions.through.objects.filter(group__user=ME), "group__user", permission
        ),
        "_roles": rows_of(CampaignRole.objects.filter(group__user=ME), "group__user", role),
        "_deputed": rows_of(deputed, "group__user__stand_ins__deputy", role),
        "_on_pages": rows_of(
            GroupPagePermission.objects.filter(group__user=ME), "group__user", JSONObject(**theirs, **page)
        ),
        "_on_collections": rows_of(
            GroupCollectionPermission.objects.filter(group__user=ME),
            "group__user",
            JSONObject(**theirs, **collection),
        ),
        "_top": Case(
            When(is_superuser=True, then=rows_of(Page.objects.filter(depth=1), "depth", JSONObject(**top)))
        ),
    }


def _roles(rows: list[dict[str, Any]]) -> set[tuple[int, str, str]]:
    return {(row["pk"], row["path"], row["role"]) for row in rows}


def _permission(row: dict[str, Any]) -> Permission:
    return Permission.from_db(None, ["id", "codename"], [row["permission"], row["code"]])


def _page(row: dict[str, Any]) -> Page:
    """As much of a page as questions of where it stands need; the rest is fetched when it is asked for."""
    return Page.from_db("default", list(TREE), [row[f"page_{name}"] for name in TREE])


def _on_page(row: dict[str, Any]) -> GroupPagePermission:
    return GroupPagePermission(
        pk=row["pk"], group_id=row["group"], page=_page(row), permission=_permission(row)
    )


def _on_collection(row: dict[str, Any]) -> GroupCollectionPermission:
    collection = Collection.from_db("default", list(TREE), [row[f"collection_{name}"] for name in TREE])
    return GroupCollectionPermission(
        pk=row["pk"], group_id=row["group"], collection=collection, permission=_permission(row)
    )

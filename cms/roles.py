"""A campaign's team: four groups, and what Wagtail lets each of them do with the campaign's pages and files.

What people may do with variants, channels, publications and conversations is not here: access.policy answers
that from the CampaignRole rows made here. Nobody gets a permission outside the campaign's branch and files.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission

from access.models import CampaignRole, Role
from cms.models import CampaignPage

ADD_AND_CHOOSE = ("add_image", "choose_image", "add_document", "choose_document", "add_media")
CHANGE = ("change_image", "change_document", "change_media")


@dataclass(frozen=True)
class Part:
    """One role's group: how it is called, and its permissions on the campaign's pages and collection."""

    called: str
    pages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


TEAM: dict[str, Part] = {
    Role.CREATOR: Part("creators", ("add_page", "change_page"), ADD_AND_CHOOSE + CHANGE),
    Role.MANAGER: Part(
        "managers",
        ("add_page", "change_page", "publish_page", "bulk_delete_page", "lock_page", "unlock_page"),
        ADD_AND_CHOOSE + CHANGE,
    ),
    Role.COMMUNITY: Part("community managers"),
    Role.ANALYST: Part("analysts"),
}


@transaction.atomic
def make_team(campaign: CampaignPage) -> dict[str, Group]:
    """Give a campaign its collection and its four groups; people join a group to get its role.

    Idempotent: what exists stays, also permissions that somebody added; what is missing is made.
    """
    collection = _collection(campaign)
    access_admin = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    groups = {}
    for role, part in TEAM.items():
        group = groups[role] = _group(campaign, role)
        group.permissions.add(access_admin)
        for permission in _permissions("wagtailcore", part.pages):
            GroupPagePermission.objects.get_or_create(group=group, page_id=campaign.pk, permission=permission)
        for permission in _permissions(("wagtailimages", "wagtaildocs", "wagtailmedia"), part.files):
            GroupCollectionPermission.objects.get_or_create(
                group=group, collection=collection, permission=permission
            )
    return groups


def rename_team(campaign: CampaignPage) -> None:
    """Let the groups and the collection follow a campaign's new title."""
    for row in CampaignRole.objects.filter(campaign_id=campaign.pk).select_related("group"):
        name = _name(campaign, row.role, row.group)
        if row.group.name != name and row.group.campaign_roles.count() == 1:
            row.group.name = name
            row.group.save(update_fields=["name"])
    Collection.objects.filter(pk=campaign.collection_id).update(name=campaign.title[:255])


@transaction.atomic
def drop_team(campaign: CampaignPage) -> None:
    """Remove the groups that served only this campaign. Its collection stays, with its files."""
    elsewhere = CampaignRole.objects.exclude(campaign_id=campaign.pk).values("group")
    Group.objects.filter(campaign_roles__campaign_id=campaign.pk).exclude(pk__in=elsewhere).delete()


def _collection(campaign: CampaignPage) -> Collection:
    if campaign.collection_id is None:
        root = Collection.get_first_root_node()
        campaign.collection = root.add_child(instance=Collection(name=campaign.title[:255]))
        CampaignPage.objects.filter(pk=campaign.pk).update(collection=campaign.collection)
    return campaign.collection


def _group(campaign: CampaignPage, role: str) -> Group:
    row = CampaignRole.objects.filter(campaign_id=campaign.pk, role=role).select_related("group").first()
    if row is None:
        group = Group.objects.create(name=_name(campaign, role))
        row = CampaignRole.objects.create(group=group, campaign_id=campaign.pk, role=role)
    return row.group


def _name(campaign: CampaignPage, role: str, own: Group | None = None) -> str:
    """``River Clean-up: creators``, with a number when another campaign of that title has taken it."""
    title, called = campaign.title, TEAM[role].called
    others = Group.objects.exclude(pk=own.pk) if own else Group.objects.all()
    name, number = f"{title[:120]}: {called}", 1
    while others.filter(name=name).exists():
        number += 1
        name = f"{title[:115]} ({number}): {called}"
    return name


def _permissions(apps: str | tuple[str, ...], codenames: tuple[str, ...]) -> list[Permission]:
    apps = (apps,) if isinstance(apps, str) else apps
    found = Permission.objects.filter(
        content_type__app_label__in=apps,
        content_type__model__in=("page", "image", "document", "media"),
        codename__in=codenames,
    )
    found = list(found)
    if missing := set(codenames) - {permission.codename for permission in found}:
        raise LookupError(
            f"Permissions {', '.join(sorted(missing))} are not in the database: run migrate first"
        )
    return found

"""What a person can do next, by their roles: the first thing on the dashboard."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from access import policy
from access.models import CampaignRole
from cms.models import CampaignPage, HomePage

ANSWER = "Answer people"


@dataclass(frozen=True)
class Step:
    title: str
    says: str
    url: str
    icon: str


@dataclass(frozen=True)
class Corner:
    """One campaign of a person: their role in it, and their next steps."""

    title: str
    role: str
    steps: tuple[Step, ...]


def corners(user) -> list[Corner]:
    """One per campaign, by title; for an administrator one for the whole site."""
    if user.is_superuser:
        return [Corner("Hustings", "Administrator", tuple(_administrator()))]
    rows = (
        CampaignRole.objects.filter(group__user=user).select_related("campaign").order_by("campaign__title")
    )
    by_campaign: dict[int, list[CampaignRole]] = {}
    for row in rows:
        by_campaign.setdefault(row.campaign_id, []).append(row)
    made: list[Corner] = []
    for roles in by_campaign.values():
        campaign = roles[0].campaign
        told = [step for corner in made for step in corner.steps]
        steps = tuple(step for step in _team(user, campaign) if step and not _is_said(step, told))
        names = ", ".join(sorted({row.get_role_display() for row in roles}))
        made.append(Corner(campaign.title, names, steps))
    return made


def _is_said(step: Step, told: list[Step]) -> bool:
    """The list of conversations is one for all campaigns; one step leads there."""
    return step.title == ANSWER and step in told


def _team(user, campaign) -> list[Step | None]:
    def may(capability: str) -> bool:
        return policy.can(user, capability, campaign)

    return [
        _step(
            "Decide",
            "Look at what has been handed in, exactly as it will go out.",
            "editorial:review",
            "check",
        )
        if may(policy.APPROVE)
        else None,
        _answer("your") if may(policy.REPLY) else None,
        _step(
            "Write a story",
            "Once, with its facts and pictures. Every platform gets its own form of it.",
            "wagtailadmin_pages:add",
            "edit",
            "cms",
            "storypage",
            campaign.pk,
        )
        if may(policy.WRITE)
        else None,
        _step(
            "Show figures",
            "A title, rows of figures and their source become a chart on every platform.",
            "wagtailadmin_pages:add",
            "order",
            "cms",
            "infographicpage",
            campaign.pk,
        )
        if may(policy.WRITE)
        else None,
        _step(
            "Your pages",
            "Everything of the campaign; “Variants” beside a story shows how it will look.",
            "wagtailadmin_explore",
            "folder-open-inverse",
            campaign.pk,
        )
        if may(policy.WRITE)
        else None,
        _step("The month", "What goes out when, on which platform.", "editorial:month", "calendar-alt"),
        _step(
            "Connect accounts", "The campaign’s pages and profiles on the networks.", "channels:index", "link"
        )
        if may(policy.CHANNELS)
        else None,
        _step("Compare platforms", "What each platform did for the same story.", "engagement:stories", "view")
        if may(policy.REPORT)
        else None,
    ]


def _administrator() -> list[Step]:
    home = HomePage.objects.first()
    where = home.pk if home else None
    first = (
        _step(
            "Start a campaign",
            "Goal, colours, imprint. Its four groups and its collection are made with it.",
            "wagtailadmin_pages:add",
            "plus",
            "cms",
            "campaignpage",
            where,
        )
        if where
        else _step("Make the home page", "The root of the public site.", "wagtailadmin_explore_root", "plus")
    )
    steps = [
        first,
        _step(
            "Add people",
            "A person gets a role by joining a campaign’s group.",
            "wagtailusers_users:index",
            "user",
        ),
        _step(
            "Connect accounts", "The campaigns’ pages and profiles on the networks.", "channels:index", "link"
        )
        if CampaignPage.objects.exists()
        else None,
        _answer("all") if CampaignPage.objects.exists() else None,
        _step("The month", "What goes out when, on which platform.", "editorial:month", "calendar-alt"),
        _step(
            "Compare platforms", "What each platform did for the same story.", "engagement:stories", "view"
        ),
    ]
    return [step for step in steps if step]


def _answer(whose: str) -> Step | None:
    says = f"Comments, mentions and messages of {whose} accounts, each with its due time."
    return _step(ANSWER, says, "community:inbox", "comment")


def _step(title: str, says: str, view: str, icon: str, *args) -> Step | None:
    """None where the house that has this page is not installed; the pages know no house above them."""
    try:
        return Step(title, says, reverse(view, args=args), icon)
    except NoReverseMatch:
        return None

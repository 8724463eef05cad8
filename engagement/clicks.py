"""Clicks on the site from its own statistics: what a file would bring, the bringing, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from wagtail.log_actions import log
from wagtail.models import Page

from access import policy
from cms.models import CampaignPage
from engagement.core import click_matching, click_rows
from engagement.core.click_matching import Key, Link, Step, key_of
from engagement.core.click_rows import ClickRow, NoClicks
from engagement.core.tags import with_texts
from engagement.models import SiteClicks, SiteImport
from engagement.tags import comments_out
from publishing.domain.mending import changed_texts
from publishing.models import Publication, Version

_CHUNK = 500
KEY = ("source", "content", "page", "day")


@dataclass
class Import:
    """What a person's file would bring now, row by row."""

    columns: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)

    @property
    def ready(self) -> list[Step]:
        return [step for step in self.steps if step.is_ready]

    @property
    def faulty(self) -> list[Step]:
        return [step for step in self.steps if step.problems]

    @property
    def same(self) -> list[Step]:
        return [step for step in self.steps if step.same and not step.problems]

    @property
    def replaces(self) -> list[Step]:
        return [step for step in self.ready if step.before is not None]

    @property
    def unmatched(self) -> list[Step]:
        return [step for step in self.ready if step.match.variant is None]


def look(rows: Sequence[Sequence[str]], *, by: Any) -> Import:
    """Read the rows of a file (with their heading) as ``by`` may import them. Raises NoClicks."""
    found = Import(click_rows.columns(rows), [Step(row) for row in click_rows.read(rows)])
    campaigns = _campaigns_by_name(by)
    for step in found.steps:
        step.problems += step.row.problems
        named = campaigns.get(step.row.campaign, [])
        if len(named) == 1:
            step.campaign = named[0]
        elif not step.problems:
            step.problems.append(_no_campaign(step.row.campaign, len(named)))
    for campaign in {step.campaign.pk: step.campaign for step in found.steps if step.campaign}.values():
        _judge([step for step in found.steps if step.campaign == campaign], campaign, found.columns)
    return found


def _campaigns_by_name(by: Any) -> dict[str, list[CampaignPage]]:
    """The campaigns for which a person may import, by what ``utm_campaign`` calls them."""
    pages = CampaignPage.objects.order_by("pk")
    ids = policy.campaign_ids(by, policy.GOALS)
    if ids is not None:
        pages = pages.filter(pk__in=ids)
    named: dict[str, list[CampaignPage]] = {}
    for page in pages:
        named.setdefault((page.utm_name or page.slug).casefold()[:60], []).append(page)
    return named


def _no_campaign(name: str, several: int) -> str:
    if several:
        return f"Several of your campaigns are called “{name}” in statistics. Give each a name of its own."
    return (
        f"No campaign for which you may import is called “{name}” in statistics. "
        "Its name stands in the campaign under “On every post”."
    )


def _judge(steps: list[Step], campaign: CampaignPage, columns: tuple[str, ...]) -> None:
    """What each row is about, and what stands there already."""
    if why := _mixture(campaign, columns):
        for step in steps:
            step.problems.append(why)
        return
    links = list(_links(campaign, {step.row.source for step in steps}))
    current = SiteClicks.objects.filter(campaign=campaign, current=True)
    there = {
        tuple(key): (clicks, variant, story)
        for *key, clicks, variant, story in current.values_list(*KEY, "clicks", "variant_id", "story_id")
    }
    for step in steps:
        step.match = click_matching.match(step.row, links)
        if found := there.get(step.key):
            step.before = found[0]
            step.same = found == (step.row.clicks, step.match.variant, step.match.story)


def _mixture(campaign: Page, columns: tuple[str, ...]) -> str:
    """Why rows told apart by these columns cannot be added to what is there."""
    have = SiteImport.objects.filter(campaign=campaign).values_list("columns", flat=True).first()
    return "" if have is None else click_matching.mixture(tuple(have), columns, campaign.title)


def _links(campaign: CampaignPage, sources: set[str]) -> Iterable[Link]:
    """The tagged addresses of everything of a campaign that went out, also in texts that it was given later."""
    out = Publication.objects.filter(version=OuterRef("pk"), published_at__isnull=False)
    commented = comments_out().filter(publication__version=OuterRef("pk"))
    versions = Version.objects.filter(Exists(out), variant__campaign=campaign).order_by()
    name = (campaign.utm_name or campaign.slug).casefold()
    seen: set[Link] = set()
    told = versions.annotate(commented=Exists(commented))
    later = _later_texts(campaign)
    for pk, payload, *of in told.values_list(
        "pk", "payload", "variant_id", "variant__story_id", "commented"
    ).iterator():
        values = dict(zip(("variant", "story", "commented"), of, strict=True))
        for each in (payload, *(with_texts(payload, texts) for texts in later.get(pk, ()))):
            seen.update(click_matching.links_of(each, campaign=name, **values))
    return (link for link in seen if link.source in sources)


def _later_texts(campaign: CampaignPage) -> dict[int, list[dict[int, str]]]:
    """By version: the texts that posts of it were given when they were out."""
    changed = changed_texts(Publication.objects.filter(campaign=campaign))
    found: dict[int, list[dict[int, str]]] = {}
    for pk, version in Publication.objects.filter(pk__in=list(changed)).values_list("pk", "version_id"):
        found.setdefault(version, []).append(changed[pk])
    return found


# Writing ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def keep(found: Import, *, name: str, by: Any, at: datetime) -> list[SiteImport]:
    """Keep the rows that are ready, one import for each campaign. Raises PermissionDenied, and NoClicks where another
    import has come meanwhile that these cannot be added to.
    """
    made = []
    by_campaign: dict[int, list[Step]] = {}
    for step in found.ready:
        by_campaign.setdefault(step.campaign.pk, []).append(step)
    for pk, steps in sorted(by_campaign.items()):
        campaign = Page.objects.select_for_update().get(pk=pk)  # two imports of one campaign go in turn
        policy.require(by, policy.GOALS, campaign)
        if why := _mixture(campaign, found.columns):
            raise NoClicks(why)
        brought = SiteImport.objects.create(
            campaign=campaign, name=name[:200], columns=list(found.columns), at=at, by=by
        )
        _retire(campaign.pk, {step.key for step in steps})
        SiteClicks.objects.bulk_create(
            [_row(brought, step.row, step.match) for step in steps], batch_size=_CHUNK
        )
        clicks = sum(step.row.clicks for step in steps)
        log(
            instance=campaign.specific,
            action="engagement.clicks",
            user=by,
            data={"file": brought.name, "rows": len(steps), "clicks": clicks},
        )
        made.append(brought)
    return made


def _row(brought: SiteImport, row: ClickRow, match: click_matching.Match) -> SiteClicks:
    values = dict(zip(KEY, key_of(row), strict=True))
    return SiteClicks(
        site_import=brought,
        campaign_id=brought.campaign_id,
        clicks=row.clicks,
        variant_id=match.variant,
        story_id=match.story,
        **values,
    )


def _retire(campaign: int, keys: set[Key]) -> None:
    rows = SiteClicks.objects.filter(campaign=campaign, current=True).values_list("pk", *KEY)
    _set([pk for pk, *key in rows if tuple(key) in keys], current=False)


def _set(ids: list[int], *, current: bool) -> None:
    for start in range(0, len(ids), _CHUNK):
        SiteClicks.objects.filter(pk__in=ids[start : start + _CHUNK]).update(current=current)


@transaction.atomic
def match_again(campaign: CampaignPage) -> int:
    """Hold the clicks of a campaign against what is out of it; returns how many rows are of another post or story now."""
    Page.objects.select_for_update().get(pk=campaign.pk)
    rows = list(SiteClicks.objects.filter(campaign=campaign, current=True))
    links = list(_links(campaign, {row.source for row in rows}))
    changed = []
    for row in rows:
        told = ClickRow(0, row.source, "", row.content, row.page, row.day, row.clicks)
        found = click_matching.match(told, links)
        if (row.variant_id, row.story_id) != (found.variant, found.story):
            row.variant_id, row.story_id = found.variant, found.story
            changed.append(row)
    SiteClicks.objects.bulk_update(changed, ["variant", "story"], batch_size=_CHUNK)
    return len(changed)


@transaction.atomic
def take_back(brought: SiteImport, *, by: Any) -> int:
    """Delete an import; what it had replaced counts again. Returns how many rows do. Raises PermissionDenied."""
    campaign = Page.objects.select_for_update().get(pk=brought.campaign_id)
    policy.require(by, policy.GOALS, campaign)
    freed = {
        tuple(key) for key in SiteClicks.objects.filter(site_import=brought, current=True).values_list(*KEY)
    }
    name, rows = brought.name, brought.rows.count()
    brought.delete()
    older = SiteClicks.objects.filter(campaign=campaign, current=False).order_by("site_import_id")
    newest = {tuple(key): pk for pk, *key in older.values_list("pk", *KEY) if tuple(key) in freed}
    _set(list(newest.values()), current=True)
    log(
        instance=campaign.specific,
        action="engagement.clicks_back",
        user=by,
        data={"file": name, "rows": rows, "back": len(newest)},
    )
    return len(newest)


# Reading ----------------------------------------------------------------------------------------------------------
def imports(user: Any) -> QuerySet[SiteImport]:
    """The imports that a person may take back, newest first, with what stands in them."""
    rows = policy.scoped(SiteImport.objects.order_by("-at", "-pk"), user, policy.GOALS)
    current = Q(rows__current=True)
    return rows.select_related("campaign", "by").annotate(
        row_count=Count("rows"),
        counting=Count("rows", filter=current),
        clicks=Sum("rows__clicks", filter=current),
        first_on=Min("rows__day"),
        last_on=Max("rows__day"),
    )


def would_come_back(brought: SiteImport) -> int:
    """How many replaced rows count again once an import is gone."""
    own = brought.rows.filter(current=True).values_list(*KEY)
    freed = {tuple(key) for key in own}
    older = SiteClicks.objects.filter(campaign=brought.campaign_id, current=False).exclude(
        site_import=brought
    )
    return len({tuple(key) for key in older.values_list(*KEY)} & freed)

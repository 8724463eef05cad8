"""A plan from a spreadsheet: what each row would make, said before anything is made, and then the making.

The same rows may be given twice: what stands as the row says is left alone. Every row is checked again when it is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.functional import cached_property
from wagtail.models import Page

from access import policy
from channels.models import Channel
from cms.models import CampaignPage, StoryPage
from editorial.core.clashes import Slot, clashes
from editorial.core.plan_rows import PlanRow
from editorial.domain import quiet, quota, standing
from editorial.domain.planning import move
from editorial.domain.refused import Question, Refused
from formats import reach, schedule, variants
from formats.models import Variant
from formats.registry import FORMATS
from formats.schedule import Resolved

MAX_LEAD = 1000
MAX_TITLE = 255


@dataclass
class Step:
    """One row with what it comes to. ``does`` is for people; with ``problems`` nothing of it is made."""

    row: PlanRow
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    campaign: Any = None
    story: Page | None = None
    format: str = ""
    channels: list[Channel] = field(default_factory=list)
    when: Resolved | None = None
    variant: Variant | None = None
    done: bool = False

    @property
    def new_story(self) -> bool:
        return self.story is None

    @property
    def does(self) -> str:
        if self.done:
            return "Stands like this already"
        made = "Gives it its time" if self.variant is not None else "Makes the variant"
        if self.new_story:
            made = "Makes a draft of the story and the variant"
        return made if self.when is not None else f"{made}, without a time"

    @property
    def format_label(self) -> str:
        return FORMATS[self.format].label if self.format else self.row.cell("format")


class Plan:
    """What a person's rows would make now."""

    def __init__(self, rows: Iterable[PlanRow], *, by: Any, at: datetime) -> None:
        self.by, self.at = by, at
        self.steps = [self._step(row) for row in rows]
        self._mark_repeated()
        self._mark_full()
        self._mark_near()

    @property
    def ready(self) -> list[Step]:
        return [step for step in self.steps if not step.problems and not step.done]

    @property
    def faulty(self) -> list[Step]:
        return [step for step in self.steps if step.problems]

    @cached_property
    def campaigns(self) -> list[CampaignPage]:
        """Those in which the person may write and plan."""
        pages = CampaignPage.objects.filter(
            pk__in=policy.campaigns(self.by, policy.WRITE).order_by().values("pk")
        )
        return [page for page in pages.order_by("title") if policy.can(self.by, policy.PLAN, page)]

    @cached_property
    def stories(self) -> dict[int, dict[str, list[Page]]]:
        """By campaign and title; a draft's newer title counts too."""
        found: dict[int, dict[str, list[Page]]] = {}
        for campaign in self.campaigns:
            titles = found.setdefault(campaign.pk, {})
            for page in Page.objects.descendant_of(campaign).order_by("pk"):
                for title in {page.title.casefold(), page.draft_title.casefold()}:
                    titles.setdefault(title, []).append(page)
        return found

    @cached_property
    def accounts(self) -> dict[tuple[int, str], list[Channel]]:
        found: dict[tuple[int, str], list[Channel]] = {}
        for platform in FORMATS.platforms():
            for campaign in self.campaigns:
                found[campaign.pk, platform] = variants.channels_for(campaign.pk, platform)
        return found

    @cached_property
    def existing(self) -> dict[tuple[int | None, str], list[Variant]]:
        rows = Variant.objects.filter(campaign__in=[c.pk for c in self.campaigns], kind=Variant.Kind.POST)
        rows = rows.defer("parts", "plans", "derivation").prefetch_related("channels")
        return variants.by_format(rows)

    # One row after the other ----------------------------------------------------------------------------------------------
    def _step(self, row: PlanRow) -> Step:
        step = Step(row, problems=list(row.problems))
        self._find_campaign(step)
        self._find_format(step)
        if step.campaign is not None:
            self._find_story(step)
            self._find_accounts(step)
            self._find_time(step)
            self._compare(step)
        return step

    def _find_campaign(self, step: Step) -> None:
        name = step.row.cell("campaign").casefold()
        found = [c for c in self.campaigns if name in ("", c.title.casefold(), c.slug)]
        if len(found) == 1:
            step.campaign = found[0]
        elif not found:
            step.problems.append(f"You write in no campaign called “{step.row.cell('campaign')}”.")
        else:
            step.problems.append(f"Name the campaign: {', '.join(c.title for c in found)}.")

    def _find_format(self, step: Step) -> None:
        name = step.row.cell("format").casefold()
        within = {FORMATS[each].id: FORMATS[each].label for each in reach.within_reach()}
        found = [key for key, label in within.items() if name in (key, label.casefold())]
        if found:
            step.format = found[0]
        elif name:
            step.problems.append(
                f"“{step.row.cell('format')}” is no format. There are: {', '.join(within.values())}."
            )

    def _find_story(self, step: Step) -> None:
        title = step.row.cell("story")
        found = self.stories[step.campaign.pk].get(title.casefold(), [])
        if len(found) == 1:
            step.story = found[0]
            if not variants.can_adapt(step.story.specific):
                step.problems.append(f"“{title}” is no story.")
        elif len(found) > 1:
            step.problems.append(f"Several stories are called “{title}”. Give one another title first.")
        elif title and not step.row.cell("lead"):
            step.problems.append(
                f"There is no story “{title}” in {step.campaign.title}. "
                "Correct the title, or write a lead to have a draft made."
            )
        if len(title) > MAX_TITLE:
            step.problems.append(f"A title has at most {MAX_TITLE} characters.")
        if len(step.row.cell("lead")) > MAX_LEAD:
            step.problems.append(f"A lead has at most {MAX_LEAD} characters.")

    def _find_accounts(self, step: Step) -> None:
        if not step.format:
            return
        there = self.accounts[step.campaign.pk, step.format.partition(".")[0]]
        wanted = {name.casefold().lstrip("@"): name for name in step.row.accounts}
        step.channels = [c for c in there if not wanted or c.handle.casefold().lstrip("@") in wanted]
        known = {c.handle.casefold().lstrip("@") for c in there}
        for key, name in wanted.items():
            if key not in known:
                offered = ", ".join(c.handle for c in there) or "none is connected"
                step.problems.append(f"{name} is no account for this format. There is: {offered}.")
        if not there:
            step.hints.append("No account of this platform is connected yet.")
        copy = next((post for post in self._posts(step) if post.planned_at is None), None)
        if copy is not None and (other := self._other_accounts(step, copy)):
            step.problems.append(
                f"The post that is there without a time goes to {other}. Leave the accounts empty, or choose others in "
                "its editor first."
            )
        elif copy is not None:
            step.channels = list(copy.channels.all())

    def _posts(self, step: Step) -> list[Variant]:
        return self.existing.get((step.story.pk, step.format), []) if step.story is not None else []

    def _other_accounts(self, step: Step, post: Variant) -> str:
        """The accounts of a post that is there already, where the row names others."""
        theirs = list(post.channels.all())
        if not step.row.accounts or {c.pk for c in theirs} == {c.pk for c in step.channels}:
            return ""
        return ", ".join(channel.handle for channel in theirs) or "no account"

    def _find_time(self, step: Step) -> None:
        if step.row.wall is None:
            return
        zone = variants.zone_of(step.campaign)
        resolved = schedule.resolve(step.row.wall, zone, step.row.fold or 0)
        if resolved.ambiguous and step.row.fold is None:
            step.problems.append(
                f"{resolved.note.partition(' Planned')[0]} Write first or second under “Which”."
            )
        if resolved.shifted:
            step.hints.append(resolved.note)
        try:
            variants.refuse_past(resolved, now=self.at)
        except variants.PastTime as error:
            step.problems.append(str(error))
        ids = [channel.pk for channel in step.channels]
        for period in quiet.periods_for(step.campaign.pk, ids, resolved.at, zone)[:1]:
            step.problems.append(quiet.explain(period, zone))
        step.when = resolved

    def _compare(self, step: Step) -> None:
        """With what there is: nothing is made twice, and nothing that has a time is moved."""
        posts = self._posts(step)
        if not posts:
            return
        wanted = step.when and step.when.at
        step.variant = posts[0]
        stands = step.variant.planned_at
        same = [post for post in posts if post.planned_at == wanted]
        if any(not self._other_accounts(step, post) for post in same):
            step.done = True
        elif same and wanted is not None:
            step.problems.append(
                f"It is planned for this time already, for {self._other_accounts(step, same[0])}. "
                "Choose its accounts in its editor."
            )
        elif stands is not None:
            wall = step.variant.planned_wall
            step.problems.append(
                f"It is planned for {wall.day} {wall:%B %Y, %H:%M} already. Move it on the calendar."
            )

    def _mark_repeated(self) -> None:
        seen: dict[tuple[Any, str, str], int] = {}
        for step in self.steps:
            key = (step.campaign and step.campaign.pk, step.row.cell("story").casefold(), step.format)
            if step.format and key in seen:
                step.problems.append(f"Row {seen[key]} plans the same story in the same format.")
            seen.setdefault(key, step.row.number)

    def _mark_full(self) -> None:
        """A row is one too many where the network's day quota is used up by what stands already and the rows above it."""
        above: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        for step in self.ready:
            if step.when is None:
                continue
            why = quota.refusal_of(step.channels, step.when.at, format=step.format, more=above)
            if why is not None:
                step.problems.append(why)
                continue
            for channel in step.channels:
                if quota.counts(channel, step.format):
                    above[channel.pk].append((step.when.at, 1))

    def _mark_near(self) -> None:
        """A hint, as on the calendar, where two posts of an account stand nearer than its minimum gap."""
        placed = [step for step in self.ready if step.when is not None and step.channels]
        if not placed:
            return
        gaps = {c.pk: timedelta(minutes=c.min_gap_min) for step in placed for c in step.channels}
        widest = max(gaps.values())
        times = [step.when.at for step in placed if step.when is not None]
        near = Variant.objects.filter(
            channels__in=gaps, planned_at__gt=min(times) - widest, planned_at__lt=max(times) + widest
        )
        gone = standing.gone(near)
        others = Variant.channels.through.objects.filter(channel__in=gaps, variant__in=near.values("pk"))
        rows = others.values_list("variant_id", "channel_id", "variant__planned_at")
        slots = [Slot(variant, channel, at) for variant, channel, at in rows if variant not in gone]
        ours = {-number: step for number, step in enumerate(placed, 1)}
        slots += [Slot(n, c.pk, step.when.at) for n, step in ours.items() if step.when for c in step.channels]
        found = clashes(slots, gaps)
        for number, step in ours.items():
            near = min(found.get(number, ()), key=lambda clash: clash.apart, default=None)
            if near is not None:
                apart, wanted = (int(each.total_seconds() // 60) for each in (near.apart, near.gap))
                step.hints.append(f"Only {apart} min from another post of this account ({wanted} wanted).")

    # Making ---------------------------------------------------------------------------------------------------------------
    def make(self) -> tuple[list[Variant], list[tuple[Step, str]]]:
        """Make every row that has no problem: (variants, rows that were refused with the reason). A row is made whole or
        not at all.
        """
        made, refused = [], []
        drafts: dict[tuple[int, str], Page] = {}
        for step in self.ready:
            try:
                with transaction.atomic():
                    made.append(self._make(step, drafts))
            except (Refused, Question, variants.VariantError) as error:
                refused.append((step, str(error)))
        return made, refused

    def _make(self, step: Step, drafts: dict[tuple[int, str], Page]) -> Variant:
        key = (step.campaign.pk, step.row.cell("story").casefold())
        story = step.story or drafts.get(key) or self._draft(step)
        channels = step.channels or None
        [variant] = variants.create_variants(story, [step.format], by=self.by, channels=channels)
        if step.when is not None:
            variant = move(
                variant, by=self.by, wall=step.row.wall, fold=step.row.fold or 0, at=self.at
            ).variant
        drafts[key] = story
        return variant

    def _draft(self, step: Step) -> Page:
        """A story of title and lead, in the language that the campaign last wrote in."""
        if not step.campaign.permissions_for_user(self.by).can_add_subpage():
            raise Refused("permission", "You may not write stories in this campaign.")
        siblings = StoryPage.objects.filter(Q(path__startswith=step.campaign.path)).order_by("-pk")
        language = siblings.values_list("language", flat=True).first() or "en"
        story = StoryPage(
            title=step.row.cell("story"),
            lead=step.row.cell("lead"),
            language=language,
            owner=self.by,
            live=False,
        )
        step.campaign.add_child(instance=story)
        story.save_revision(user=self.by, log_action="wagtail.create")
        return story

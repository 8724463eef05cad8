"""“+” on a day: choose a story, then what to make of it; what is made stands on that day at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin import messages
from wagtail.models import Page, get_page_models

from access import policy
from channels.models import Channel
from cms.models.pages import PiecePage
from editorial import domain, pages
from editorial.core import spans
from editorial.domain import Question, Refused, free
from editorial.views import CalendarPage
from formats import reach, schedule, variants
from formats.core.draft import Level
from formats.models import Variant
from formats.registry import FORMATS
from work import clock

PER_PAGE = 20
MORNING = time(10)
STORY_TYPES = tuple(model for model in get_page_models() if issubclass(model, PiecePage))


def read_wall(text: str) -> datetime | None:
    """A day or a day with its time of day; a day alone begins at ten."""
    try:
        if len(text) <= 10:
            return datetime.combine(date.fromisoformat(text), MORNING)
        return datetime.fromisoformat(text).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        return None


class _OnADay(CalendarPage):
    """What both steps know: the day of the address, and the account whose slot was chosen."""

    capability = policy.WRITE
    page_title = "Plan something"

    @cached_property
    def on(self) -> datetime | None:
        found = read_wall(self.request.GET.get("on", ""))
        return found if found is not None and found.year in spans.YEARS else None

    @cached_property
    def channel(self) -> Channel | None:
        pk = self.request.GET.get("channel", "")
        mine = policy.scoped(Channel.objects.all(), self.request.user, policy.PLAN)
        return mine.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 12 else None

    @property
    def keep(self) -> str:
        """The day and the account, for the next address."""
        kept = {name: self.request.GET[name] for name in ("on", "channel") if self.request.GET.get(name)}
        return urlencode(kept)

    @cached_property
    def campaigns(self) -> list[Page]:
        """Those in which this person may write and plan; only the account's, where one was chosen."""
        user = self.request.user
        return [
            page
            for page in policy.campaigns(user, policy.WRITE)
            if policy.can(user, policy.PLAN, page)
            and (self.channel is None or page.pk == self.channel.campaign_id)
        ]

    def stories(self) -> QuerySet:
        """Whatever can be adapted, in those campaigns."""
        below = Q(pk__in=[])
        for campaign in self.campaigns:
            below |= Q(path__startswith=campaign.path)
        return Page.objects.type(*STORY_TYPES).filter(below)


class Choose(_OnADay):
    """Step one: which story."""

    template_name = "editorial/new/story.html"
    crumb = "Choose a story"

    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").strip()[:100]
        rows = self.stories().annotate(made=Count("variants")).order_by("-latest_revision_created_at", "-pk")
        if text:
            rows = rows.filter(Q(title__icontains=text) | Q(draft_title__icontains=text))
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        context = self.get_context_data(
            page=page,
            text=text,
            on=self.on,
            channel=self.channel,
            keep=self.keep,
            campaigns=self.campaigns,
        )
        return self.render_to_response(context)


@dataclass(frozen=True)
class Choice:
    """One format: what it would make, or what there is of it already."""

    id: str
    label: str
    platform: str
    parts: int
    blockers: int
    accounts: str
    ticked: bool
    variant: Variant | None = None

    @property
    def closed(self) -> bool:
        """It has its time already, or there is nothing to make it from."""
        return not self.parts or (self.variant is not None and self.variant.planned_wall is not None)


class ChooseFormats(_OnADay):
    """Step two: which formats, and when exactly."""

    template_name = "editorial/new/formats.html"
    crumb = "Choose formats"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.error = ""

    @cached_property
    def story(self) -> Any:
        return get_object_or_404(self.stories(), pk=self.kwargs["pk"]).specific

    @cached_property
    def campaign(self) -> Any:
        campaign = self.story.get_campaign()
        if campaign is None:
            raise Http404
        return campaign

    @cached_property
    def zone(self) -> str:
        return variants.zone_of(self.campaign)

    @cached_property
    def choices(self) -> list[Choice]:
        rows = Variant.objects.filter(story_id=self.story.pk, kind=Variant.Kind.POST)
        have = {name: posts[0] for (_, name), posts in variants.by_format(rows).items()}
        drafts = variants.compose(self.story, reach.within_reach())
        return [self._choice(FORMATS[name], draft, have.get(name)) for name, draft in drafts.items()]

    def _choice(self, spec: Any, draft: Any, variant: Variant | None) -> Choice:
        channels = variants.channels_for(self.campaign.pk, spec.platform)
        wanted = self.channel.platform == spec.platform if self.channel is not None else spec.suggested
        return Choice(
            id=spec.id,
            label=spec.label,
            platform=spec.platform,
            parts=len(draft.parts),
            blockers=sum(finding.level is Level.BLOCKER for finding in draft.findings),
            accounts=", ".join(channel.handle for channel in (self.only(spec.platform) or channels)),
            ticked=wanted and bool(channels) and bool(draft.parts) and variant is None,
            variant=variant,
        )

    def only(self, platform: str) -> list[Channel] | None:
        """The account whose free slot was chosen; None where none was, or one of another platform."""
        return [self.channel] if self.channel is not None and self.channel.platform == platform else None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page()

    def page(self, status: int = 200, **context: Any) -> HttpResponse:
        self.page_subtitle = self.story.title
        sent = self.request.POST
        wall = read_wall(sent.get("wall", "")) or self.on or pages.suggestion(self.zone)
        filled = self.get_context_data(
            story=self.story,
            choices=self.choices,
            chosen=set(sent.getlist("format")) if sent else {c.id for c in self.choices if c.ticked},
            wall=f"{wall:%Y-%m-%dT%H:%M}",
            zone=self.zone,
            to_slots=sent.get("when") == "slots",
            keep=self.keep,
            error=self.error,
            **context,
        )
        return self.render_to_response(filled, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        open_now = {choice.id for choice in self.choices if not choice.closed}
        chosen = [name for name in request.POST.getlist("format") if name in open_now]
        wall = read_wall(request.POST.get("wall", ""))
        to_slots = request.POST.get("when") == "slots"
        if not chosen or (wall is None and not to_slots):
            self.error = "Tick at least one format." if not chosen else "Write a date and a time."
            return self.page(status=400)
        fold = {"0": 0, "1": 1}.get(request.POST.get("fold", ""))
        if wall is not None and not to_slots and fold is None and schedule.resolve(wall, self.zone).ambiguous:
            return self.page(doubled=True)  # a question, not a fault (docs/adr/0006)
        made = []
        with transaction.atomic():
            for name in chosen:
                only = self.only(FORMATS[name].platform)
                made += variants.create_variants(self.story, [name], by=request.user, channels=only)
        return self.place(made, None if to_slots else wall, fold)

    def place(self, made: list[Variant], wall: datetime | None, fold: int | None) -> HttpResponse:
        """Give each its time; without one, the next free slot of its account. What finds no place waits in the tray."""
        placed = []
        for variant in made:
            try:
                self.refuse_other_accounts(variant)
                moved = domain.move(
                    variant, by=self.request.user, wall=wall or _slot(variant), fold=fold or 0
                )
                placed.append(moved.variant)
            except (Refused, Question) as error:
                messages.warning(
                    self.request, f"{variant.format_label} is made, but has no time yet. {error}"
                )
        if placed:
            names = ", ".join(f"{each.format_label} on {pages.when(each)}" for each in placed)
            messages.success(self.request, f"Planned: {names}. Look at each before you hand it in.")
        first = min((each.planned_wall for each in placed), default=wall or self.on)
        month = f"?month={first:%Y-%m}" if first else ""
        return HttpResponseRedirect(reverse("editorial:month") + month)

    def refuse_other_accounts(self, variant: Variant) -> None:
        """One that was made before goes where it was made for, which may not be the account whose slot was chosen."""
        theirs = list(variant.channels.all())
        if (only := self.only(variant.platform)) is not None and theirs != only:
            there = ", ".join(channel.handle for channel in theirs) or "no account"
            raise Refused(
                "accounts", f"It goes to {there}, not to {only[0].handle}. Choose its accounts in its editor."
            )


def _slot(variant: Variant) -> datetime:
    found = free.next_slots(variant, now=clock.now(), most=1)
    if not found:
        raise Refused("slots", "Its account has no free slot in the next eight weeks.")
    return found[0].wall

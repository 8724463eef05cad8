"""The calendar's pages and endpoints. Each asks access.policy for its campaign before it does anything."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from access import policy
from editorial import board, countries, domain, enums, gaps, house, pages
from editorial.core import free_days, spans
from editorial.domain import Question, Refused, approval, free
from editorial.history import history_of
from formats.models import Variant
from formats.registry import FORMATS
from formats.variants import zone_of
from work import clock

MAX_BULK = 50
MAX_FREE = 8
MAX_RANGE = timedelta(days=100)
CALENDAR = {"url": "", "label": "Calendar"}


class CalendarAccess(View):
    """Nobody without a campaign gets further, and nobody gets at a variant of another campaign."""

    capability = policy.VIEW

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, self.capability)
        return super().dispatch(request, *args, **kwargs)

    def get_variant(self, pk: int) -> Variant:
        rows = Variant.objects.select_related("story", "campaign", "owner")
        return get_object_or_404(policy.scoped(rows, self.request.user, self.capability), pk=pk)

    @cached_property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("accept", "")

    def next_url(self, variant: Variant) -> str:
        return get_valid_next_url_from_request(self.request) or reverse(
            "editorial:variant", args=[variant.pk]
        )


class CalendarPage(CalendarAccess, WagtailAdminTemplateMixin):
    """A page in the admin's own frame."""

    header_icon = "calendar-alt"
    crumb = ""

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [*super().get_breadcrumbs_items(), {"url": reverse("editorial:month"), "label": "Calendar"}]
        if self.crumb:
            items.append({"url": "", "label": self.crumb})
        return items


# Month and list -------------------------------------------------------------------------------------------------------
class BoardPage(CalendarPage):
    """A month or a week of variants; the list is the month's page without its grid."""

    page_title = "Calendar"
    view = "month"
    span = "month"
    template_name = "editorial/board.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request
        filters = board.Filters.of(request.GET)
        now, your_zone = clock.now(), timezone.get_current_timezone_name()
        span, seen, zone, today = self.place(filters, now, your_zone)
        loaded = board.load(request.user, span.first, span.after, filters, zone=your_zone, at=now, seen=seen)
        days = free_days.between(countries_of(seen.of(filters.campaign)), span.first, span.after)
        room = gaps.free_slots(loaded, span, filters, now)
        return super().get_context_data(
            view=self.view,
            board=loaded,
            holidays=days,
            filters=filters,
            keep=urlencode({"view": self.view, **filters.as_query()}),
            here="?" + urlencode({span.key: span.value, **filters.as_query()}),
            campaigns=seen.campaigns,
            platforms=[(name, enums.platform_label(name)) for name in FORMATS.platforms()],
            statuses=[(word, look.label) for word, look in enums.STATUS.items()],
            span=span,
            views=self.views(span, today),
            previous=self.address(**{span.key: span.previous().value}),
            following=self.address(**{span.key: span.following().value}),
            now=None if today in span else self.address(**{span.key: None}),
            today=today,
            zone=zone,
            your_zone=your_zone,
            free_slots=room[:MAX_FREE],
            more_free=max(0, len(room) - MAX_FREE),
            empty_days=[] if filters else gaps.empty_days(loaded, span, today),
            dates=[each for campaign in seen.of(filters.campaign) for each in campaign.dates],
            **self.may(),
            data=None
            if self.view == "list"
            else pages.calendar_data(
                loaded, self.view, span, zone, today, days, free=room, campaign=filters.campaign
            ),
            **kwargs,
        )

    def place(self, filters: board.Filters, now: datetime, your_zone: str) -> Any:
        """(span, house, zone, today). The days are asked for before the campaigns' zone, and with it today, is known."""
        asked = self.request.GET.get(self.span, "")
        span = spans.read(self.span, asked, house.today_in(your_zone, now))
        seen = house.load(self.request.user, span.first, span.after)
        zone = calendar_zone(seen.of(filters.campaign))
        today = house.today_in(zone, now)
        if (right := spans.read(self.span, asked, today)) != span:
            span, seen = right, house.load(self.request.user, right.first, right.after)
        return span, seen, zone, today

    def may(self) -> dict[str, bool]:
        asked = (policy.PLAN, policy.SUBMIT, policy.APPROVE, policy.PAUSE)
        may = {f"may_{name}": policy.can(self.request.user, name) for name in asked}
        return {**may, "may_add": may["may_plan"] and policy.can(self.request.user, policy.WRITE)}

    def address(self, **changes: str | None) -> str:
        """This page's query with some of it changed."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"?{query.urlencode()}"

    def views(self, span: spans.Span, today: date) -> list[dict[str, Any]]:
        """The ways to look at it, each at the same place in time and with the same filters."""
        day = today if today in span else span.first
        month = self.address(week=None, month=spans.month_with(day).value)
        week = self.address(month=None, week=spans.week_with(day).value)
        found = [
            ("month", "Month", "calendar-alt", month),
            ("week", "Week", "table", week),
            ("list", "List", "list-ul", month),
        ]
        return [
            {
                "label": label,
                "icon": icon,
                "url": reverse(f"editorial:{name}") + query,
                "current": name == self.view,
            }
            for name, label, icon, query in found
        ]


class WeekPage(BoardPage):
    view = span = "week"


class ListPage(BoardPage):
    view = "list"


class Events(CalendarAccess):
    """The same as data: ``?start=2026-11-01&end=2026-12-01`` and the filters of the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        start, end = day_of(request.GET.get("start", "")), day_of(request.GET.get("end", ""))
        if start is None or end is None or not start < end <= start + MAX_RANGE:
            return JsonResponse({"message": "Ask for start and end, at most 100 days apart."}, status=400)
        filters = board.Filters.of(request.GET)
        zone, now = timezone.get_current_timezone_name(), clock.now()
        loaded = board.load(request.user, start, end, filters, zone=zone, at=now)
        days = free_days.between(countries_of(loaded.house.of(filters.campaign)), start, end)
        shown = pages.events(loaded)
        if request.GET.get("view") == "week":
            span = spans.Span("week", start, end)
            shown += [each.as_event() for each in gaps.free_slots(loaded, span, filters, now)]
        return JsonResponse(
            {"events": shown, "background": pages.background(loaded, days, start, end, filters.campaign)}
        )


def countries_of(campaigns: list[house.Campaign]) -> set[str]:
    """Those whose holidays are shown."""
    return {countries.country_of(campaign.zone) for campaign in campaigns}


def calendar_zone(campaigns: list[house.Campaign]) -> str:
    """The zone whose today is marked: the one that all shown campaigns have, or the person's own."""
    zones = {campaign.zone for campaign in campaigns}
    return zones.pop() if len(zones) == 1 else timezone.get_current_timezone_name()


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


# One variant ----------------------------------------------------------------------------------------------------------
class VariantPage(CalendarPage):
    """Everything about one variant, and what this person may do with it."""

    template_name = "editorial/variant.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(variant=self.get_variant(pk)))

    def get_context_data(self, variant: Variant, **kwargs: Any) -> dict[str, Any]:
        self.page_title = variant.story.title
        self.page_subtitle = variant.format_label
        self.crumb = str(variant)
        return super().get_context_data(**details(self.request, variant), **kwargs)


class VariantPanel(CalendarAccess):
    """The quick panel beside the calendar: the same, without the admin's frame."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return render(request, "editorial/panel.html", details(request, self.get_variant(pk)))


def details(request: HttpRequest, variant: Variant) -> dict[str, Any]:
    """What the page and the panel of one variant show."""
    user = request.user
    zone = timezone.get_current_timezone_name()
    entry = board.entry_of(variant, user, zone=zone)
    shown = pages.shown(variant, entry.word)
    may_review, own_work = approval.reviewer(variant, user)
    return {
        "variant": variant,
        "entry": entry,
        "shown": shown,
        "your_zone": zone,
        "asked_for": approval.asked_for(variant) if entry.word == "changes_requested" else None,
        "history": history_of(variant),
        "publications": pages.publications_of(variant),
        "may_submit": entry.word in approval.SUBMITTABLE and policy.can(user, policy.SUBMIT, variant),
        "may_withdraw": entry.word == "in_review" and policy.can(user, policy.SUBMIT, variant),
        "may_repeat": bool(variant.planned_wall)
        and not variant.is_correction
        and policy.can(user, policy.WRITE, variant),
        "may_review": may_review,
        "may_approve": may_review and not own_work and bool(shown.digest),
        "own_work": may_review and own_work,
        "edit_url": AdminURLFinder(user).get_edit_url(variant),
        "story_url": AdminURLFinder(user).get_edit_url(variant.story),
        "next": get_valid_next_url_from_request(request) or "",
    }


# Doing ----------------------------------------------------------------------------------------------------------------
class Act(CalendarAccess):
    """One change to one variant by POST. Answers JSON to programs, a message and a redirect to people."""

    done = ""

    def act(self, variant: Variant) -> str | None:
        """Do it; the words for the person, None for the standing ones. Raises Refused."""
        raise NotImplementedError

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        variant = self.get_variant(pk)
        try:
            said = self.act(variant) or self.done
        except Refused as error:
            return self.refused(variant, error)
        if self.wants_json:
            return JsonResponse({"ok": True, "message": said})
        messages.success(request, said)
        return HttpResponseRedirect(self.next_url(variant))

    def refused(self, variant: Variant, error: Refused) -> HttpResponse:
        if self.wants_json:
            return refusal(error)
        tell_refusal(self.request, error)
        return HttpResponseRedirect(self.next_url(variant))


def refusal(error: Refused) -> JsonResponse:
    """An answer like any other (``ok`` is false): browsers report a 4xx as a fault of the page."""
    data = {"ok": False, "code": error.code, "message": str(error), "reasons": list(error.reasons)}
    return JsonResponse(data, status=403 if error.code == "permission" else 200)


def tell_refusal(request: HttpRequest, error: Refused) -> None:
    for reason in error.reasons:
        messages.error(request, reason)


class Submit(Act):
    done = "Submitted. The people who approve have been told."

    def act(self, variant: Variant) -> str | None:
        domain.submit(variant, by=self.request.user)
        return None


class Withdraw(Act):
    done = "Withdrawn. It is a draft again."

    def act(self, variant: Variant) -> str | None:
        domain.withdraw(variant, by=self.request.user)
        return None


class Approve(Act):
    def act(self, variant: Variant) -> str | None:
        sent = self.request.POST
        version = domain.approve(
            variant, by=self.request.user, digest=sent.get("digest", ""), comment=sent.get("comment", "")
        )
        if version is None:
            return "Approved. The next step of the approval has been told."
        variant.refresh_from_db()
        return f"Approved. It goes out on {pages.when(variant)}."


class RequestChanges(Act):
    done = "Changes requested. The author has been told."

    def act(self, variant: Variant) -> str | None:
        domain.reject(variant, by=self.request.user, comment=self.request.POST.get("comment", ""))
        return None


class Move(CalendarPage):
    """Move one variant: the dialog as a page of its own, and the endpoint for dragging, dialog and undo."""

    capability = policy.PLAN
    template_name = "editorial/move.html"
    page_title = "Move"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.get_variant(pk))

    def page(self, variant: Variant, status: int = 200, **context: Any) -> HttpResponse:
        self.page_subtitle = self.crumb = str(variant)
        entry = board.entry_of(variant, self.request.user, zone=timezone.get_current_timezone_name())
        zone = variant.planned_zone or zone_of(variant.campaign)
        asked = self.request.POST.get("wall") or self.request.GET.get("wall", "")
        wall = asked or (variant.planned_wall or pages.suggestion(zone)).isoformat()
        filled = self.get_context_data(
            variant=variant,
            entry=entry,
            wall=wall[:16],
            zone=zone,
            your_zone=timezone.get_current_timezone_name(),
            slots=free.next_slots(variant, now=clock.now()),
            next=self.next_url(variant),
            **context,
        )
        return self.render_to_response(filled, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        variant = self.get_variant(pk)
        try:
            moved = domain.move(variant, by=request.user, **self.sent())
        except Refused as error:
            if self.wants_json:
                return refusal(error)
            return self.page(variant, status=409, reasons=error.reasons)
        except Question as question:
            return self.ask(variant, question)
        said = pages.moved_words(moved, timezone.get_current_timezone_name())
        if self.wants_json:
            zone = timezone.get_current_timezone_name()
            return JsonResponse(
                {
                    "ok": True,
                    "message": said,
                    "event": board.entry_of(moved.variant, request.user, zone=zone).as_event(),
                    "undo": pages.undo_fields(moved),
                }
            )
        messages.success(request, said, buttons=self.back_buttons(moved))
        return HttpResponseRedirect(self.next_url(variant))

    def back_buttons(self, moved: domain.Moved) -> list[Any]:
        """Without a script: the same page once more, filled with the time it had."""
        if moved.before.wall is None:
            return []
        query = urlencode({"wall": moved.before.wall.isoformat()[:16], "next": self.next_url(moved.variant)})
        url = f"{reverse('editorial:move', args=[moved.variant.pk])}?{query}"
        return [messages.button(url, "Take it back…")]

    def ask(self, variant: Variant, question: Question) -> HttpResponse:
        choices = [{"label": label, "fields": fields} for label, fields in question.choices]
        if self.wants_json:
            data = {"ok": False, "code": question.code, "message": question.message, "choices": choices}
            return JsonResponse(data)  # as a refusal: browsers report a 4xx as a fault of the page
        return self.page(variant, question=question.message, choices=choices, sent=self.request.POST)

    def sent(self) -> dict[str, Any]:
        """The arguments for ``domain.move``. Raises Refused for what cannot be read."""
        sent = self.request.POST
        fields: dict[str, Any] = {
            "zone": sent.get("zone", "")[:60],
            "confirmed": sent.get("confirmed") == "1",
        }
        fields["fold"] = int(sent["fold"]) if sent.get("fold") in {"0", "1"} else None
        if sent.get("unplan") == "1":
            return {**fields, "wall": None}
        try:
            wall = datetime.fromisoformat(sent.get("slot") or sent.get("wall", ""))
        except ValueError as error:
            raise Refused("wall", "Write a date and a time.") from error
        return {**fields, "wall": wall.replace(tzinfo=None, microsecond=0)}


# Many at once ---------------------------------------------------------------------------------------------------------
class Selected(CalendarAccess):
    """The buttons under the list: ``v`` are the ticked variants."""

    def post(self, request: HttpRequest) -> HttpResponse:
        ticked = request.POST.getlist("v")
        chosen = chosen_ids(ticked)
        back = get_valid_next_url_from_request(request) or reverse("editorial:list")
        if not chosen:
            messages.warning(request, "Tick at least one post first.")
            return HttpResponseRedirect(back)
        if len(set(ticked)) > MAX_BULK:
            messages.warning(
                request,
                f"{len(set(ticked))} posts are ticked, and at most {MAX_BULK} go at once. Nothing was done: "
                "tick fewer, or filter the list first.",
            )
            return HttpResponseRedirect(back)
        if (page := request.POST.get("action")) in {"review", "shift", "repeat"}:
            query = urlencode([*(("v", pk) for pk in chosen), ("next", back)])
            return redirect(f"{reverse(f'editorial:{page}')}?{query}")
        self.submit_all(chosen)
        return HttpResponseRedirect(back)

    def submit_all(self, chosen: list[int]) -> None:
        rows = Variant.objects.select_related("story", "campaign").filter(pk__in=chosen)
        submitted = 0
        mine = list(policy.scoped(rows, self.request.user, policy.SUBMIT))
        if others := len(chosen) - len(mine):
            messages.warning(
                self.request, f"You may not submit {pages.count(others, 'post')} of those ticked."
            )
        for variant in mine:
            try:
                domain.submit(variant, by=self.request.user)
                submitted += 1
            except Refused as error:
                messages.error(self.request, f"{variant}: {error}")
        if submitted:
            messages.success(self.request, f"{pages.count(submitted, 'post')} submitted for approval.")


class Review(CalendarPage):
    """Approve several at once: each as it will go out, with the digest of what is shown."""

    capability = policy.APPROVE
    template_name = "editorial/review.html"
    page_title = "Approve"
    crumb = "Approve"
    more = 0  # that wait beside those shown

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render_to_response(
            self.get_context_data(variants=self.variants(request.GET.getlist("v")))
        )

    def variants(self, values: list[str]) -> list[Variant]:
        rows = Variant.objects.select_related("story", "campaign", "owner")
        rows = policy.scoped(rows, self.request.user, policy.APPROVE)
        if values:
            return list(rows.filter(pk__in=chosen_ids(values)).order_by("planned_at", "pk"))
        waiting = rows.filter(pk__in=approval.waiting_ids(self.request.user)).order_by("planned_at", "pk")
        found = list(waiting[: MAX_BULK + 1])
        self.more = waiting.count() - MAX_BULK if len(found) > MAX_BULK else 0
        return found[:MAX_BULK]

    def get_context_data(self, variants: list[Variant], **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        entries = board.entries_of(
            variants, user, quiet=board.quiet_now(user), zone=timezone.get_current_timezone_name()
        )
        rows = []
        for entry in entries:
            may_review, own_work = approval.reviewer(entry.variant, user)
            shown = pages.shown(entry.variant, entry.word)
            rows.append(
                {
                    "entry": entry,
                    "shown": shown,
                    "may_approve": may_review and not own_work and bool(shown.digest),
                    "own_work": may_review and own_work,
                    "waiting": entry.word == "in_review",
                }
            )
        return super().get_context_data(
            rows=rows,
            any_approvable=any(row["may_approve"] for row in rows),
            more=self.more,
            next=get_valid_next_url_from_request(self.request) or reverse("editorial:list"),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        approved = 0
        refused = []
        for variant in self.variants(request.POST.getlist("v") or ["0"]):
            try:
                domain.approve(
                    variant,
                    by=request.user,
                    digest=request.POST.get(f"digest-{variant.pk}", ""),
                    comment=request.POST.get("comment", ""),
                )
                approved += 1
            except Refused as error:
                messages.error(request, f"{variant}: {error}")
                refused.append(variant.pk)
        if approved:
            messages.success(request, f"{pages.count(approved, 'post')} approved.")
        back = get_valid_next_url_from_request(request) or reverse("editorial:list")
        if refused:
            query = urlencode([*(("v", pk) for pk in refused), ("next", back)])
            return redirect(f"{reverse('editorial:review')}?{query}")
        return HttpResponseRedirect(back)


def chosen_ids(values: list[str]) -> list[int]:
    return [int(v) for v in dict.fromkeys(values) if v.isdecimal() and len(v) < 12][:MAX_BULK]

"""One's own notices under /admin/notices/."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from work import clock
from work.models import Notice

PER_PAGE = 50
DATES = ("approval_remind", "approval_overdue", "approval_expired")
QUIET = ("quiet_asked", "quiet_granted", "quiet_refused")
SUBJECTS = (  # what people filter by; the rest is "other"
    ("decide", "Needs a decision", ("attention", "late", "reminder", "escalated", "preflight")),
    ("failed", "Not published", ("failed",)),
    ("published", "Published", ("published",)),
    (
        "approval",
        "Approval and planning",
        ("submitted", "approved", "changes_requested", "voided", "moved", *DATES, *QUIET),
    ),
    ("accounts", "Accounts and pauses", ("reconnect", "paused")),
)


class Notices(WagtailAdminTemplateMixin, View):
    """What one was told; nobody sees another person's."""

    template_name = "work/notices.html"
    page_title = "Notices"
    header_icon = "mail"
    _show_breadcrumbs = True

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Notice.objects.filter(user=self.request.user)
        unread_only = self.request.GET.get("show") == "unread"
        subject = self.request.GET.get("about", "")
        kinds = {name: kinds for name, _, kinds in SUBJECTS}.get(subject)
        rows = mine.filter(kind__in=kinds) if kinds else mine
        rows = rows.filter(read_at=None) if unread_only else rows
        counts = mine.aggregate(all=Count("pk"), unread=Count("pk", filter=Q(read_at=None)))
        kept = {"show": "unread"} if unread_only else {}
        if kinds:
            kept["about"] = subject
        done = read_stamp(self.request.GET.get("done", ""))
        return {
            **super().get_context_data(**kwargs),
            "page": Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p")),
            "counts": counts,
            "unread_only": unread_only,
            "about": subject if kinds else "",
            "subjects": [(name, label) for name, label, _ in SUBJECTS],
            "kept": f"{urlencode(kept)}&" if kept else "",
            "done": done,
            "marked": mine.filter(read_at=done).count() if done else 0,
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        """Mark all as read, undo exactly that, or turn one notice."""
        mine = Notice.objects.filter(user=request.user)
        match request.POST.get("do"):
            case "undo":
                stamp = read_stamp(request.POST.get("stamp", ""))
                count = mine.filter(read_at=stamp).update(read_at=None) if stamp else 0
                messages.success(request, f"{count} unread again.")
            case "unread":
                mine.filter(pk=number(request.POST.get("notice"))).update(read_at=None)
            case "read":
                mine.filter(pk=number(request.POST.get("notice")), read_at=None).update(read_at=clock.now())
            case _:
                now = clock.now()
                if mine.filter(read_at=None).update(read_at=now):
                    return redirect(f"{reverse('work:notices')}?{urlencode({'done': now.isoformat()})}")
        return redirect("work:notices")


def read_stamp(text: str) -> datetime | None:
    """The moment at which "mark all" marked; None for anything else."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 18 else 0


class Open(View):
    """Follow a notice to what it tells about; it counts as read then."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        notice = get_object_or_404(Notice, pk=pk, user=request.user)
        Notice.objects.filter(pk=pk, read_at=None).update(read_at=clock.now())
        if url_has_allowed_host_and_scheme(notice.url, allowed_hosts={request.get_host()}):
            return redirect(notice.url)
        return redirect("work:notices")


app_name = "work"
urlpatterns = [
    path("", Notices.as_view(), name="notices"),
    path("<int:pk>/", Open.as_view(), name="notice"),
]

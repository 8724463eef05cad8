"""The published moderation policy with what was decided under it. For everybody; names nobody and quotes nothing."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from community.core.policy import CATEGORIES, PRINCIPLES
from community.enums import ActState, Appeal
from community.models import Act
from work import clock

DAYS = 365
DECIDED = (ActState.HANDED_OVER, ActState.HERE)
COUNTED = {
    "hidden": Q(action="hide"),
    "deleted": Q(action="delete_comment"),
    "muted": Q(action="mute"),
    "back": Q(action__in=("unhide", "unmute")),
    "appealed": ~Q(appeal=Appeal.NONE),
}


def moderation(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    rows = Act.objects.filter(state__in=DECIDED, at__gt=now - timedelta(days=DAYS))
    counts = {name: Count("pk", filter=condition) for name, condition in COUNTED.items()}
    by_category = {row["category"]: row for row in rows.order_by().values("category").annotate(**counts)}
    none = dict.fromkeys(COUNTED, 0)
    shown = [{"category": each, "counts": by_category.get(each.key, none)} for each in CATEGORIES]
    context = {"rows": shown, "principles": PRINCIPLES, "days": DAYS, "at": now}
    return TemplateResponse(request, "community/public.html", context)

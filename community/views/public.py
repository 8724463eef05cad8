"""The published moderation policy with what was decided under it. For everybody; names nobody and quotes nothing."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from community.core.policy import CATEGORIES, PRINCIPLES
from community.enums import ActState
from community.models import Act, Objection
from community.moderation import HERE
from publishing.core.states import State
from work import clock

DAYS = 365
# What a network did says its publication. Stopping an act before it was done is kept as done here, and is none.
DONE = Q(publication__state=State.PUBLISHED) | Q(state=ActState.HERE, action__in=HERE)
COUNTED = {
    "hidden": Q(action="hide"),
    "deleted": Q(action="delete_comment"),
    "muted": Q(action__in=("mute", "block")),
    "back": Q(action__in=("unhide", "unmute", "unblock")),
}


def moderation(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    since = now - timedelta(days=DAYS)
    rows = Act.objects.filter(DONE, at__gt=since)
    counts = {name: Count("pk", filter=condition) for name, condition in COUNTED.items()}
    by_category = {row["category"]: row for row in rows.order_by().values("category").annotate(**counts)}
    none = dict.fromkeys(COUNTED, 0)
    filed = Objection.objects.filter(at__gt=since).order_by().values_list("act__category")
    objected = dict(filed.annotate(n=Count("pk")))
    shown = [
        {
            "category": each,
            "counts": {**by_category.get(each.key, none), "appealed": objected.get(each.key, 0)},
        }
        for each in CATEGORIES
    ]
    loose = sum(n for key, n in objected.items() if key not in {each.key for each in CATEGORIES})
    context = {"rows": shown, "principles": PRINCIPLES, "days": DAYS, "at": now, "loose": loose}
    return TemplateResponse(request, "community/public.html", context)

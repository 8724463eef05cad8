"""What was approved or sent is part of the record: it is not deleted, by whatever door, and the person is told why.

The database refuses anyway (``Version.variant`` is protected); this turns that into words before anything happens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from formats.models import Variant
from publishing.models import Version

SHOWN = 3


def kept(things: Iterable[Any]) -> list[Variant]:
    """The variants among or below these variants and pages that the record needs."""
    things = list(things)
    under = Q(pk__in=[thing.pk for thing in things if isinstance(thing, Variant)])
    for page in things:
        if isinstance(page, Page):
            under |= Q(story__path__startswith=page.path) | Q(campaign__path__startswith=page.path)
    rows = Variant.objects.filter(under).filter(pk__in=Version.objects.values("variant"))
    return list(rows.select_related("story").order_by("pk"))


def refuse(request: HttpRequest, found: list[Variant], back: str) -> HttpResponse:
    named = ", ".join(f"“{variant}”" for variant in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    messages.error(
        request,
        f"Nothing was deleted: {named}{more} was approved or sent and is part of the record. "
        "Take such posts off the calendar, or unpublish their story, instead.",
    )
    return redirect(back)


@hooks.register("before_delete_page")
def before_page(request: HttpRequest, page: Page) -> HttpResponse | None:
    if request.method == "POST" and (found := kept([page])):
        return refuse(request, found, reverse("wagtailadmin_explore", args=[page.get_parent().pk]))
    return None


@hooks.register("before_bulk_action")
def before_many(
    request: HttpRequest, action_type: str, objects: Iterable[Any], action: Any
) -> HttpResponse | None:
    if action_type == "delete" and (found := kept(objects)):
        return refuse(request, found, action.next_url or reverse("wagtailadmin_home"))
    return None

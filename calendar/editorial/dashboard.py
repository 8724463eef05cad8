"""The two panels on the dashboard: what waits for me, and how my own work stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from access import policy
from editorial import board
from editorial.domain import approval, authors
from formats.models import Variant
from publishing.core.states import State
from publishing.models import Publication

SHOWN = 8
LOOKED_AT = 40  # those whose standing is worked out
DONE = frozenset({"published", "cancelled"})


class WaitingForMe(Component):
    name = "editorial_waiting"
    template_name = "editorial/dashboard/waiting.html"
    order = 100

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request = parent_context["request"]
        user = request.user
        if not policy.can(user, policy.APPROVE):
            return {"shown": False}
        states = approval.waiting(user)
        variants = self._variants(user, states)
        return {
            "shown": True,
            "entries": board.entries_of(variants[:SHOWN], user, zone=timezone.get_current_timezone_name()),
            "count": len(variants),
            "pages": self._pages(user, states),
        }

    @staticmethod
    def _variants(user: Any, states: list[Any]) -> list[Variant]:
        wanted = ContentType.objects.get_for_model(Variant).pk
        ids = [s.workflow_state.object_id for s in states if s.workflow_state.base_content_type_id == wanted]
        rows = policy.scoped(Variant.objects.filter(pk__in=ids), user, policy.APPROVE)
        rows = list(
            rows.select_related("story", "campaign", "owner").defer(*board.WORDS).order_by("planned_at", "pk")
        )
        own = authors.authors_of_all(rows)
        return [variant for variant in rows if user.pk not in own[variant.pk]]

    @staticmethod
    def _pages(user: Any, states: list[Any]) -> list[Page]:
        wanted = ContentType.objects.get_for_model(Page).pk
        ids = [s.workflow_state.object_id for s in states if s.workflow_state.base_content_type_id == wanted]
        pages = list(Page.objects.filter(pk__in=ids))
        own = authors.authors_of_all(pages)
        return [p for p in pages if user.pk not in own[p.pk] and policy.can(user, policy.APPROVE, p)]


class MyVariants(Component):
    name = "editorial_mine"
    template_name = "editorial/dashboard/mine.html"
    order = 110

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request = parent_context["request"]
        user = request.user
        if not policy.can(user, policy.WRITE):
            return {"shown": False}
        posts = Publication.objects.posts().filter(variant=OuterRef("pk"))
        out = Exists(posts.filter(state=State.PUBLISHED)) & ~Exists(posts.exclude(state=State.PUBLISHED))
        rows = policy.scoped(Variant.objects.filter(owner=user), user, policy.VIEW).exclude(out)
        newest = rows.select_related("story", "campaign", "owner").defer(*board.WORDS).order_by("-updated_at")
        entries = board.entries_of(newest[:LOOKED_AT], user, zone=timezone.get_current_timezone_name())
        open_ones = [entry for entry in entries if entry.word not in DONE]
        count = rows.count() - len(entries) + len(open_ones)
        return {"shown": True, "entries": open_ones[:SHOWN], "count": count}

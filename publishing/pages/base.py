"""What all pages of publishing share: who may see them, how a row and a state look."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access import policy
from publishing import words
from publishing.core.states import Reason, State
from publishing.models import Publication
from publishing.times import moment

TONES = {
    State.SCHEDULED: "ready",
    State.RUNNING: "ready",
    State.WAITING: "wait",
    State.IN_DOUBT: "wait",
    State.ATTENTION: "bad",
    State.PUBLISHED: "done",
    State.FAILED: "bad",
    State.CANCELLED: "quiet",
}


@method_decorator(never_cache, name="dispatch")
class PublishingPage(WagtailAdminTemplateMixin, View):
    page_title = "Publishing"
    header_icon = "upload"
    _show_breadcrumbs = True
    capability = policy.VIEW

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, self.capability)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        first = {"url": reverse_lazy("publishing:index"), "label": "Publishing"}
        here = [] if self.page_title == "Publishing" else [{"url": "", "label": self.get_page_title()}]
        return [*super().get_breadcrumbs_items(), first, *here]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**kwargs))

    def publications(self, capability: str = policy.VIEW) -> Any:
        rows = Publication.objects.seen_by(self.request.user).select_related(
            "version", "channel", "campaign", "variant__owner"
        )
        return policy.scoped(rows, self.request.user, capability)

    def publication(self, pk: UUID, capability: str) -> Publication:
        """To people of other campaigns it does not exist."""
        publication = get_object_or_404(self.publications(), pk=pk)
        policy.require(self.request.user, capability, publication)
        return publication


class Row:
    """A publication as lists show it."""

    def __init__(self, publication: Publication):
        self.publication = publication
        self.title = words.title_of(publication)
        self.state = words.STATE_WORDS[State(publication.state)]
        self.tone = TONES[State(publication.state)]
        self.done = "Done" if publication.state == State.PUBLISHED else self.state
        self.due = moment(publication.due_at, publication.zone)
        self.since = moment(publication.attention_since, publication.zone)
        reason = publication.reason
        self.reason = words.REASON_WORDS[Reason(reason)] if reason else ""
        self.why = publication.detail or self.reason

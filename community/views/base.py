"""What every page of conversations shares: who may see it, and its place in the admin."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views import View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from access import policy
from community.models import Conversation

CONNECTED = ("channel", "campaign", "contact", "assignee", "story", "publication", "continued_from")


class TalkAccess(View):
    """Nobody gets further who may not answer anywhere, and nobody sees a conversation of another campaign or account."""

    capability = policy.REPLY

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, self.capability)
        return super().dispatch(request, *args, **kwargs)

    def get_conversation(self, pk: int) -> Conversation:
        row = Conversation.objects.select_related(*CONNECTED).filter(pk=pk).first()
        if row is None or not policy.can(self.request.user, self.capability, row):
            raise Http404
        return row


class TalkPage(TalkAccess, WagtailAdminTemplateMixin):
    """A page in the admin's own frame."""

    header_icon = "comment"
    crumb = ""

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [
            *super().get_breadcrumbs_items(),
            {"url": reverse("community:inbox"), "label": "Conversations"},
        ]
        if self.crumb:
            items.append({"url": "", "label": self.crumb})
        return items

"""What every page of conversations shares: who may see it, and its place in the admin."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views import View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from access import policy
from community.models import Conversation, Moved

CONNECTED = ("channel", "campaign", "contact", "assignee", "story", "publication", "continued_from")


class TalkAccess(View):
    """Nobody gets further who may not answer anywhere, and nobody sees a conversation of another campaign or account."""

    capability = policy.REPLY

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, self.capability)
        try:
            return super().dispatch(request, *args, **kwargs)
        except Elsewhere as gone:
            return self.led_on(request, gone.home)

    def get_conversation(self, pk: int) -> Conversation:
        """The conversation that an address names. One that has joined another: raises Elsewhere for a page, and is
        the other one for what is done to it.
        """
        row = self.shown(pk)
        if row is None:
            moved = Moved.objects.filter(was=pk).first()
            row = self.shown(moved.conversation_id) if moved else None
            if row is not None and self.request.method in ("GET", "HEAD"):
                raise Elsewhere(row)
        if row is None:
            raise Http404
        return row

    def shown(self, pk: int) -> Conversation | None:
        """None also where it is not this person's to see."""
        row = Conversation.objects.select_related(*CONNECTED).filter(pk=pk).first()
        return row if row is not None and policy.can(self.request.user, self.capability, row) else None

    @staticmethod
    def led_on(request: HttpRequest, home: Conversation) -> HttpResponse:
        """To the same page of the conversation that it is part of now, with what else the address asks for."""
        match = request.resolver_match
        assert match is not None
        asked = request.META["QUERY_STRING"]
        address = reverse(match.view_name, kwargs={**match.kwargs, "pk": home.pk})
        return HttpResponseRedirect(f"{address}?{asked}" if asked else address)


class Elsewhere(Exception):
    """A page of a conversation that is part of another one now."""

    def __init__(self, home: Conversation):
        super().__init__(home.pk)
        self.home = home


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

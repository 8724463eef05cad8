"""The list of conversations, and the views of it that a person keeps under a name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from cms.models.pages import languages
from community import inbox, pull, waves
from community.core import lexicon
from community.inbox import CHOICES, TABS, Filters
from community.models import Rule
from community.models import View as SavedView
from community.sorting import topic_of
from community.views.base import TalkAccess, TalkPage
from work import clock

MOST_VIEWS = 40
MOST_RULES = 1000  # are looked through for their topics


class Inbox(TalkPage):
    template_name = "community/inbox.html"
    page_title = "Conversations"

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request.GET)
        now = clock.now()
        channels = inbox.channels_of(request.user)
        number = request.GET.get("p", "1")
        page = inbox.load(
            request.user,
            channels,
            filters,
            number=int(number) if number.isdecimal() and len(number) < 6 else 1,
            now=now,
        )
        return self.render_to_response(
            self.get_context_data(
                filters=filters,
                page=page,
                now=now,
                may_moderate=policy.can(request.user, policy.MODERATE),
                waves=waves.running(request.user)[:5],
                troubles=pull.troubles(channels),
                untold=pull.untold(channels),
                late=inbox.late(request.user, channels, now=now),
                tabs=[
                    {"label": label, "url": filters.address(tab=tab), "current": tab == filters.tab}
                    for tab, label in TABS.items()
                ],
                channels=channels,
                chosen=[
                    {"name": name, "label": label, "choices": choices, "value": getattr(filters, name)}
                    for name, (label, choices) in CHOICES.items()
                ],
                colleagues=inbox.colleagues(request.user),
                languages=named_languages(filters.language),
                topics=offered_topics(request.user, filters.topic),
                views=offered_views(request.user),
                campaigns=policy.campaigns(request.user, policy.REPLY),
                may_settle=policy.can(request.user, policy.CHANNELS),
                keep=filters.address().removeprefix("?"),
                previous=self.turned(filters, page.number - 1) if page.number > 1 else "",
                following=self.turned(filters, page.number + 1) if page.more else "",
            )
        )

    @staticmethod
    def turned(filters: Filters, number: int) -> str:
        address = filters.address()
        return f"{address}{'' if address == '?' else '&'}p={number}"


def named_languages(chosen: str) -> list[tuple[str, str]]:
    """The languages that a message can be in, without countries and scripts, and the one that is looked for; by name."""
    names = {code: name for code, name in languages() if "-" not in code} | {"zh": "Chinese (中文)"}
    offered = {chosen: chosen, **names} if chosen else names
    return sorted(offered.items(), key=lambda each: each[1].casefold())


def offered_topics(user: Any, chosen: str) -> list[str]:
    """Those of the lists, those that a rule of this person's campaigns gives, and the one that is looked for."""
    rows = Rule.objects.filter(
        Q(campaign=None) | Q(campaign__in=policy.campaigns(user, policy.REPLY)), on=True
    )
    given = {
        topic_of(str(each.get("value") or ""))
        for then in rows.values_list("then", flat=True)[:MOST_RULES]
        for each in (then if isinstance(then, list) else ())
        if isinstance(each, dict) and each.get("do") == "topic"
    }
    return sorted({*lexicon.topics(), *given, chosen} - {""})


def offered_views(user: Any) -> list[SavedView]:
    """A person's own views, then those that colleagues share with a campaign in which this person answers.

    A shared view is only its filters: what it shows is what whoever opens it may see.
    """
    shared = policy.scoped(SavedView.objects.filter(shared=True), user, policy.REPLY)
    rows = SavedView.objects.filter(Q(user=user) | Q(pk__in=shared.values("pk"))).select_related("user")
    return sorted(rows[: MOST_VIEWS * 2], key=lambda row: row.user_id != user.pk)


class Views(TalkAccess):
    """Keeps the filters of the address under a name, or deletes one of the person's own."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        mine: Any = SavedView.objects.filter(user=request.user)
        filters = Filters.of(request.GET)
        back = redirect(reverse("community:inbox") + filters.address())
        if gone := request.POST.get("delete"):
            view = get_object_or_404(mine, pk=gone if gone.isdecimal() and len(gone) < 12 else 0)
            view.delete()
            messages.success(request, f"The view “{view}” is deleted.")
            return back
        name = request.POST.get("name", "").replace("\0", "").strip()[:80]
        if not name:
            messages.error(request, "Give the view a name first.")
        elif mine.count() >= MOST_VIEWS and not mine.filter(name=name).exists():
            messages.error(request, f"You have {MOST_VIEWS} views. Delete one first.")
        else:
            campaign = self.campaign(request.POST.get("for", ""))
            kept = {"filters": filters.as_query(), "campaign": campaign, "shared": campaign is not None}
            mine.update_or_create(user=request.user, name=name, defaults=kept)
            whom = f" for everybody who answers in {campaign}" if campaign else ""
            messages.success(request, f"The view “{name}” is kept{whom}.")
        return back

    def campaign(self, number: str) -> Any:
        """The campaign that a view is shared with; None: with nobody."""
        if not number:
            return None
        offered = policy.campaigns(self.request.user, policy.REPLY)
        return get_object_or_404(offered, pk=number if number.isdecimal() and len(number) < 12 else 0)

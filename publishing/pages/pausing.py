"""The pause switch: what is paused, pausing, and releasing without a burst."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from wagtail.admin import messages

from access import policy
from publishing.domain import late, pause
from publishing.domain.late import Choice, Way
from publishing.pages.attention import choice_of, gap_of, say_settled
from publishing.pages.base import PublishingPage, Row
from publishing.times import moment

WAYS = (
    (Way.SPACED, "Send, one after the other"),
    (Way.NEW_TIME, "New time"),
    (Way.DROP, "Leave out"),
    (Way.KEEP, "Decide later"),
)


class PausePage(PublishingPage):
    template_name = "publishing/pause.html"
    page_title = "Pause"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        return {
            **super().get_context_data(**kwargs),
            "standing": [{"each": each, "at": moment(each.switch.at, "")} for each in pause.standing(user)],
            "groups": grouped(pause.choices(user)) if policy.can(user, policy.PAUSE) else [],
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        policy.require(request.user, policy.PAUSE)
        reason = request.POST.get("reason", "").strip()
        if not reason:
            messages.error(request, "Say why: people who wait for their posts will read it.")
            return redirect("publishing:pause")
        pause.turn(request.POST.get("what", ""), on=True, reason=reason, by=request.user)
        messages.success(
            request, "Paused. What is being sent at this moment still finishes; nothing new begins."
        )
        return redirect("publishing:pause")


def grouped(choices: list[pause.Choice]) -> list[tuple[str, list[pause.Choice]]]:
    groups: dict[str, list[pause.Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.group, []).append(choice)
    return list(groups.items())


class ReleasePage(PublishingPage):
    """Asks what shall become of each post that the pause made late, and releases with these decisions."""

    template_name = "publishing/release.html"
    page_title = "Release the pause"
    capability = policy.PAUSE

    def find(self, value: str) -> pause.Standing:
        found = next((s for s in pause.standing(self.request.user) if s.value == value and s.mine), None)
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.standing = self.find(request.GET.get("what", ""))
        except Http404:
            return redirect("publishing:pause")
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = pause.become_late(self.standing.switch, self.request.user)
        return {
            **super().get_context_data(**kwargs),
            "each": self.standing,
            "at": moment(self.standing.switch.at, ""),
            "rows": [Row(publication) for publication in rows],
            "ways": WAYS,
            "gaps": late.GAPS_MIN,
            "zone": timezone.get_current_timezone_name(),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        self.standing = self.find(request.POST.get("what", ""))
        rows = pause.become_late(self.standing.switch, request.user)
        try:
            choices = {str(row.pk): self.choice(str(row.pk)) for row in rows}
        except ValueError as error:
            messages.error(request, str(error))
            return self.render_to_response(self.get_context_data())
        gap = timedelta(minutes=gap_of(request.POST.get("gap", "")))
        settled = late.settle(rows, lambda p: choices[str(p.pk)], gap=gap, by=request.user)
        pause.turn(self.standing.value, on=False, by=request.user)
        messages.success(request, f"{self.standing.name}: running again.")
        say_settled(request, settled)
        return redirect("publishing:pause")

    def choice(self, pk: str) -> Choice:
        """A post that became late after the page was shown waits for its own decision."""
        form = self.request.POST
        way = form.get(f"way-{pk}", Way.KEEP)
        if way == Way.KEEP:
            return Choice(Way.KEEP)
        return choice_of(way, form.get(f"wall-{pk}", ""))

"""One publication: where it stands, what a person may decide, the evidence, and everything that happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from access import policy
from channels.connectors.registry import CONNECTORS
from channels.models import Grace
from formats import schedule
from publishing import words
from publishing.core.states import State
from publishing.domain import actions, mending, reminders
from publishing.domain.pause import label_of
from publishing.models import Event, Publication
from publishing.pages import decisions, evidence
from publishing.pages.base import PublishingPage, Row
from publishing.times import moment
from work import clock

SHOWN = 200
UNDER_WAY = frozenset({State.RUNNING, State.WAITING, State.IN_DOUBT})
SOON = timedelta(minutes=10)  # before its time the page begins to follow it
MARKS = {  # what a line of the timeline is, told by its icon and by its words
    "published": "done",
    "ok": "done",
    "found": "done",
    "marked_out": "done",
    "arrived": "done",
    "attention": "bad",
    "failed": "bad",
    "escalated": "bad",
    "unknown": "wait",
    "crashed": "wait",
    "refused": "bad",
}
ICONS = {"done": "check", "bad": "warning", "wait": "help", "person": "user", "": "pub-dot"}


class PublicationPage(PublishingPage):
    template_name = "publishing/publication.html"
    page_title = "Publication"

    def get(self, request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponse:
        self.case = self.publication(pk, policy.VIEW)
        self.may = policy.can(request.user, policy.PUBLISH, self.case)
        if self.may and "live" not in request.GET:
            reminders.opened(self.case, by=request.user)
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        publication, user = self.case, self.request.user
        found = evidence.gather(publication)
        newest = Event.objects.filter(publication=publication).order_by("-seq")[: SHOWN + 1]
        events = list(newest)
        network = network_of(publication)
        return {
            **super().get_context_data(**kwargs),
            **facts(publication),
            "row": Row(publication),
            "publication": publication,
            "network": label_of(publication.channel.platform),
            "cannot_delete": bool(publication.parts_out and network and not network.can_delete),
            "payload": publication.payload,
            "MEDIA": settings.MEDIA_URL,
            "steps": found,
            "public_steps": [e for e in found if e.part is not None and (e.tries or e.looks)],
            "likely": evidence.likely(found) if publication.state == State.ATTENTION else [],
            "events": [line(event, publication) for event in events[:SHOWN]],
            "more_events": len(events) > SHOWN,
            "nobody_can_say": actions.nobody_can_say(publication),
            "handed_over": actions.handed_over(publication),
            "may_be_out": publication.may_be_out(),
            "not_sent_yet": actions.not_sent_yet(publication),
            "decisions": decisions.offered(publication) if self.may else [],
            "mends": [
                Row(each)
                for each in publication.mends.select_related("version", "channel").order_by("-created_at")
            ],
            "about": publication.about,
            "gone": mending.is_gone(publication),
            "may": self.may,
            "may_connect": policy.can(user, policy.CHANNELS, publication),
            "grace_choices": Grace.choices,
            "follow": follows(publication),
        }


def network_of(publication: Publication) -> Any:
    """Its connector; None for a network that this version no longer has."""
    return next((c for c in CONNECTORS if c.platform == publication.channel.platform), None)


def facts(publication: Publication) -> dict[str, Any]:
    zone = publication.zone
    opened, approver = publication.attention_opened_by, publication.version.approved_by
    wall = publication.due_at.astimezone(schedule.zone_info(zone or "UTC"))
    late_s = publication.lateness_ms and publication.lateness_ms / 1000
    return {
        "published": moment(publication.published_at, zone, seconds=publication.out_until is None),
        "out_until": moment(publication.out_until, zone),
        "approved": moment(publication.version.approved_at, zone),
        "approver": name(approver) or publication.version.approved_as,
        "opened_by": name(opened),
        "opened_at": moment(publication.attention_opened_at, zone),
        "wall": wall.strftime("%Y-%m-%dT%H:%M"),
        "late_s": round(late_s, 1) if late_s is not None and late_s >= 0 else None,
        "verified": _verified(publication),
    }


def name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user is not None else ""


def _verified(publication: Publication) -> str:
    """What reading it back said; empty while that is still to come or not done on this network."""
    step = publication.steps.filter(kind="verify").first()
    if publication.state != State.PUBLISHED or step is None:
        return ""
    if step.state == "done":
        return "Read back from the network: it is there."
    return (
        f"It could not be read back. {step.note}" if step.state == "skipped" else "It is read back shortly."
    )


def line(event: Event, publication: Publication) -> dict[str, Any]:
    event.publication = publication
    tone = MARKS.get(event.kind, "")
    return {
        "at": moment(event.at, publication.zone, seconds=True),
        "text": words.say(event),
        "kind": event.kind,
        "tone": tone,
        "icon": ICONS["person" if event.by_name and not tone else tone],
        "by": event.by_name,
    }


def follows(publication: Publication) -> bool:
    """Whether the page has something to wait for: under way, or due soon."""
    state = State(publication.state)
    if state in UNDER_WAY:
        return True
    return state is State.SCHEDULED and publication.due_at - clock.now() < SOON

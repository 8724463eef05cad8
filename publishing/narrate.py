"""What happened, a line each: for the terminal of the demo and for operators who follow along."""

from __future__ import annotations

from django.utils import timezone

from publishing.models import Event
from publishing.words import say

MILESTONES = frozenset({"scheduled", "attention", "failed", "published", "cancelled"})
QUIET = frozenset({"intent", "planned", "waiting", "busy", "again"})


def since(last: int | None) -> tuple[list[str], int]:
    """Lines for the events after ``last`` (an event's id), and the id to go on from; None begins now,
    silently.
    """
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if last is None:
        return [], newest
    events = Event.objects.filter(pk__gt=last, pk__lte=newest).exclude(kind__in=QUIET).order_by("pk")
    rows = events.select_related(
        "publication__channel", "publication__variant__story", "publication__version"
    )[:200]
    return [line(event) for event in rows], newest


def line(event: Event) -> str:
    """The time, what it is about, and what happened; the story's title only where a post's way begins or ends."""
    publication = event.publication
    about = f"{publication.format_label} on {publication.channel.handle}"
    if event.kind in MILESTONES and publication.variant_id:
        about += f" (“{publication.variant.story.title}”)"
    return f"{timezone.localtime(event.at):%H:%M:%S}  {about}: {say(event)}"

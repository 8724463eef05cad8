"""The morning mail: what waits for a person and their posts of the day, at eight o'clock where they are.

A periodic job that looks often and mails once a day; nothing to say, no mail. People switch it off in their settings.
"""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.urls import reverse
from wagtail.models import WorkflowState

from access import policy
from access.people import zone_of
from editorial.domain import approval, authors
from formats.models import Variant
from formats.schedule import wall_of
from publishing.status import status_of
from work import clock, mails, outbox
from work.models import Outbox

log = logging.getLogger(__name__)

FROM, UNTIL = time(8), time(11)  # a worker that was away over the morning mails no digest in the evening
SHOWN = 20
TO_DO = {"changes_requested": "changes requested", "voided": "approval lost", "failed": "failed"}


def run() -> None:
    now = clock.now()
    people = get_user_model().objects.filter(is_active=True).exclude(email="")
    recent = Outbox.objects.filter(kind="digest", created_at__gt=now - timedelta(days=2))
    done = set(recent.values_list("user_id", "event_id"))
    for person in mails.wanted_by(people.select_related("wagtail_userprofile"), "digest"):
        zone = zone_of(person)
        local = now.astimezone(zone)
        name = f"digest.{local.date().isoformat()}"
        if FROM <= local.time() < UNTIL and (person.pk, name) not in done:
            try:
                mail(person, name, now, zone)
            except Exception:
                log.exception("The morning mail of user %s could not be written", person.pk)


def mail(person: Any, name: str, now: datetime, zone: ZoneInfo) -> bool:
    """Write the mail of this day (``name``), once; whether there was anything to say."""
    waiting, today, to_do = waiting_for(person), posts_of(person, now, zone), unfinished(person)
    parts = [
        _part("Waiting for you", [_line(variant, zone) for variant in waiting]),
        _part("Going out today", [_line(variant, zone, word) for variant, word in today]),
        _part("To do", [_line(variant, zone, word) for variant, word in to_do]),
    ]
    said = [part for part in parts if part]
    if not said:
        return False
    outbox.tell(
        [person],
        subject=_subject(len(waiting), len(today), len(to_do)),
        body="\n\n".join([*said, "You can switch this mail off under Account, Mails."]),
        url=reverse("editorial:month"),
        event_id=name,
        kind="digest",
        notice=False,
    )
    return True


def waiting_for(person: Any) -> list[Variant]:
    """What this person can decide now, soonest first."""
    rows = Variant.objects.filter(pk__in=approval.waiting_ids(person)).select_related("story")
    found = list(policy.scoped(rows, person, policy.APPROVE).order_by("planned_at", "pk"))
    own = authors.authors_of_all(found)
    return [variant for variant in found if person.pk not in own[variant.pk]]


def posts_of(person: Any, now: datetime, zone: ZoneInfo) -> list[tuple[Variant, str]]:
    """Their own posts of the rest of this day, with how each stands."""
    ends = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), tzinfo=zone)
    rows = _own(person).filter(planned_at__gte=now, planned_at__lt=ends).order_by("planned_at", "pk")
    return [(variant, word.replace("_", " ")) for variant, word in _with_words(rows)]


def unfinished(person: Any) -> list[tuple[Variant, str]]:
    """Their own posts that need them: changes requested, approval lost, failed in the last two weeks."""
    since = clock.now() - timedelta(days=14)
    decided = WorkflowState.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Variant),
        current_task_state__finished_at__gte=since,
    )
    recent = Q(updated_at__gte=since) | Q(planned_at__gte=since)
    recent |= Q(pk__in=[int(pk) for pk in decided.values_list("object_id", flat=True)])
    rows = _own(person).filter(recent).order_by("-updated_at")[:200]
    return [(variant, TO_DO[word]) for variant, word in _with_words(rows) if word in TO_DO]


def _own(person: Any) -> Any:
    rows = Variant.objects.filter(owner=person).select_related("story")
    return policy.scoped(rows, person, policy.VIEW)


def _with_words(rows: Any) -> list[tuple[Variant, str]]:
    found = list(rows)
    words = status_of(found)
    return [(variant, words[variant.pk].word) for variant in found]


def _part(title: str, lines: list[str]) -> str:
    rest = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([f"{title} ({len(lines)})", *lines[:SHOWN], *rest]) if lines else ""


def _line(variant: Variant, zone: ZoneInfo, word: str = "") -> str:
    when = "no time yet"
    if variant.planned_at is not None:
        wall, _ = wall_of(variant.planned_at, str(zone))
        when = f"{wall:%a} {wall.day} {wall:%b, %H:%M} your time"
    return f"- {variant}: {when}{f', {word}' if word else ''}"


def _subject(waiting: int, today: int, to_do: int) -> str:
    counts = ((waiting, "to approve"), (today, "going out today"), (to_do, "to do"))
    return "Your day: " + ", ".join(f"{count} {what}" for count, what in counts if count)

"""What the pages show, put into words and plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.urls import reverse

from editorial.board import Board
from editorial.core import spans
from editorial.core.free_days import Holiday
from editorial.core.spans import Span
from editorial.domain import Moved
from editorial.enums import FIXED
from editorial.gaps import FreeSlot
from formats import payload as payloads
from formats import preview, readiness
from formats.core.draft import Finding, Level
from formats.core.payload import digest as digest_of
from formats.models import Variant
from formats.schedule import wall_of
from publishing import words
from publishing.core.states import State
from publishing.domain import people
from publishing.models import Publication
from work import clock


@dataclass(frozen=True)
class Shown:
    """A variant as it would go out now. ``digest`` is empty while it cannot be approved."""

    html: str
    digest: str
    blockers: tuple[Finding, ...]
    hints: tuple[Finding, ...]


def shown(variant: Variant, word: str = "") -> Shown:
    """The payload in its platform's look, its digest, and what the format says about it.

    ``word`` is its status: nothing is to be mended about a post that is out or on its way.
    """
    try:
        payload = payloads.build(variant)
        digest = digest_of(payload)
    except readiness.NotReady:
        payload, digest = preview.preview_payload(variant), ""
    blockers = () if word in FIXED else readiness.blockers(variant, now=clock.now())
    hints = tuple(f for f in variant.findings() if f.level is not Level.BLOCKER)
    html = preview.render_payload(payload)
    return Shown(html, "" if blockers else digest, _once(blockers), _once(hints))


def _once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The same words for every picture of a carousel are said once."""
    return tuple({(finding.message, finding.remedy): finding for finding in findings}.values())


def publications_of(variant: Variant) -> list[dict[str, Any]]:
    """Each way to a channel with its state in words and the address of its log."""
    rows = Publication.objects.filter(variant=variant).select_related("channel").order_by("-created_at")
    return [
        {
            "publication": row,
            "words": words.STATE_WORDS.get(State(row.state), row.state),
            "url": people.address(row),
        }
        for row in rows
    ]


def day(when: date) -> str:
    return f"{when:%a} {when.day} {when:%B %Y}"


def when(variant: Variant) -> str:
    wall = variant.planned_wall
    return f"{day(wall)}, {wall:%H:%M} ({variant.planned_zone})" if wall else "no date yet"


def yours(variant: Variant, zone: str) -> str:
    """The planned time on the person's own clock, or nothing where it shows the same."""
    if variant.planned_at is None or not zone:
        return ""
    wall, _ = wall_of(variant.planned_at, zone)
    return "" if wall == variant.planned_wall else f"That is {day(wall)}, {wall:%H:%M} your time ({zone})."


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def suggestion(zone: str) -> datetime:
    """Tomorrow at ten: something to start from in an empty form."""
    wall, _ = wall_of(clock.now(), zone)
    return datetime.combine(wall.date() + timedelta(days=1), time(10))


# Moving ---------------------------------------------------------------------------------------------------------------
APPROVAL = {
    "kept": "The approval holds.",
    "void": "The approval is void; submit it again.",
}


def moved_words(moved: Moved, your_zone: str = "") -> str:
    """What is announced after a move, on the person's own clock too where it shows another time."""
    variant = moved.variant
    if variant.planned_wall is None:
        said = [f"“{variant.story.title}” has no planned time any more."]
    else:
        said = [f"“{variant.story.title}” moved to {when(variant)}.", yours(variant, your_zone)]
    return " ".join(filter(None, [*said, moved.note, APPROVAL.get(moved.approval, "")]))


def undo_fields(moved: Moved) -> dict[str, str]:
    """What to send to the same endpoint to take a move back."""
    before = moved.before
    if before.wall is None:
        return {"unplan": "1", "confirmed": "1"}
    fields = {"wall": before.wall.isoformat(), "zone": before.zone, "fold": str(before.fold)}
    return {**fields, "confirmed": "1"} if moved.approval == "void" else fields


# For the script -------------------------------------------------------------------------------------------------------
def events(board: Board) -> list[dict[str, Any]]:
    return [entry.as_event() for entry in board.entries]


def quiet_events(board: Board, campaign: int | None) -> list[dict[str, Any]]:
    """Quiet periods as whole days behind the month: every day that one touches where its campaigns are."""
    return [
        {
            "id": f"quiet-{period.pk}",
            "title": period.name,
            "start": first.isoformat(),
            "end": (last + timedelta(days=1)).isoformat(),
            "display": "background",
            "allDay": True,
        }
        for period in board.quiet
        for first, last in [board.house.days_of_quiet(period, campaign)]
    ]


def holiday_events(days: Iterable[Holiday]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"holiday-{day.day}-{day.name}",
            "title": day.name,
            "start": day.day.isoformat(),
            "display": "background",
            "allDay": True,
            "color": "#b7791f",
        }
        for day in days
    ]


def date_events(board: Board, first: date, after: date, campaign: int | None) -> list[dict[str, Any]]:
    """What the campaigns plan around, as whole days."""
    return [
        {
            "id": f"date-{each.pk}",
            "title": each.words,
            "start": max(each.first, first).isoformat(),
            "end": (min(each.last, after) + timedelta(days=1)).isoformat(),
            "display": "background",
            "allDay": True,
            "color": "#6d28d9",
        }
        for row in board.house.of(campaign)
        for each in row.dates
    ]


def background(
    board: Board, days: Iterable[Holiday], first: date, after: date, campaign: int | None
) -> list[dict[str, Any]]:
    """What stands behind the posts: quiet periods, holidays, and the campaigns' dates, with the words on them."""
    # What is shortest first: where the words are cut, its name stands there all the same.
    bands = [
        *holiday_events(days),
        *date_events(board, first, after, campaign),
        *quiet_events(board, campaign),
    ]
    return [*bands, *band_words(bands, first, after)]


def band_words(bands: Iterable[dict[str, Any]], first: date, after: date) -> list[dict[str, Any]]:
    """What stands on the bands, once for each stretch of days with the same ones: names on one day never overlap."""
    named = [
        (
            band["title"],
            date.fromisoformat(band["start"]),
            date.fromisoformat(band["end"]) if "end" in band else None,
        )
        for band in bands
    ]
    return [
        {
            "id": f"words-{start}",
            "title": said,
            "start": start.isoformat(),
            "end": end.isoformat(),
            "display": "background",
            "allDay": True,
            "color": "transparent",
            "words": True,
        }
        for said, start, end in spans.words_on(named, first, after)
    ]


def calendar_data(
    board: Board,
    view: str,
    span: Span,
    zone: str,
    today: date,
    days: Iterable[Holiday],
    *,
    free: Iterable[FreeSlot] = (),
    campaign: int | None = None,
) -> dict[str, Any]:
    """The grid of a month or a week for FullCalendar; json_script puts it into the page. A week shows free slots too."""
    return {
        "view": view,
        "first": span.first.isoformat(),
        "today": today.isoformat(),
        "zone": zone,
        "feed": reverse("editorial:events"),
        "events": [*events(board), *(each.as_event() for each in free if view == "week")],
        "background": background(board, days, span.first, span.after, campaign),
    }

"""The month, the week and the list on paper: words instead of colours, nothing to click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from editorial import house
from editorial.board import Board, Entry
from editorial.core.free_days import Holiday
from editorial.core.spans import Span, week_with
from editorial.kept import VIEWS
from editorial.views import BoardPage


@dataclass(frozen=True)
class Cell:
    """One day: what stands on it, and what it is. ``outside`` belongs to a neighbouring month."""

    day: date
    entries: list[Entry]
    notes: list[str]
    outside: bool


def weeks_of(board: Board, span: Span, holidays: list[Holiday], campaign: int | None) -> list[list[Cell]]:
    """Whole weeks, Monday first, that cover the range."""
    entries = dict(board.days)
    notes: dict[date, list[str]] = {}
    for holiday in holidays:
        notes.setdefault(holiday.day, []).append(holiday.name)
    for row in board.house.of(campaign):
        for day, each in house.days_of(row.dates, span.first, span.after):
            notes.setdefault(day, []).append(each.words)
    for period in board.quiet:
        day, last = board.house.days_of_quiet(period, campaign)
        for number in range((min(last, span.after) - max(day, span.first)).days + 1):
            notes.setdefault(max(day, span.first) + timedelta(days=number), []).append(
                f"Quiet: {period.name}"
            )
    found, first = [], week_with(span.first).first
    while first < span.after:
        days = [first + timedelta(days=number) for number in range(7)]
        found.append([Cell(d, entries.get(d, []), notes.get(d, []), d not in span) for d in days])
        first += timedelta(days=7)
    return found


class Printed(BoardPage):
    """The same page with the same filters, for paper."""

    template_name = "editorial/print.html"

    def get(self, request: HttpRequest, view: str) -> HttpResponse:
        if view not in VIEWS:
            raise Http404
        self.view, self.span = view, "week" if view == "week" else "month"
        context: dict[str, Any] = self.get_context_data()
        campaign = context["filters"].campaign
        weeks = weeks_of(context["board"], context["span"], context["holidays"], campaign)
        back = reverse(f"editorial:{view}") + context["here"]
        return self.render_to_response({**context, "weeks": weeks, "back": back})

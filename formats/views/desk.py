"""The editor's parts while somebody types: counts, findings, preview; and what a button makes of them. Saves nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.generic import View

from access import policy
from formats import arrange, choices, desk
from formats.core import mends
from formats.core.draft import Draft, Finding
from formats.models import Variant
from formats.preview import preview_payload, render_payload
from formats.report import Medium, PartReport, Report
from formats.variants import ensure_media, fresh


@dataclass(frozen=True)
class Found:
    """A finding as the desk shows it: with its name and the buttons that mend it."""

    finding: Finding
    name: str
    mends: tuple[mends.Mend, ...]


class DeskView(View):
    """Takes the editor's form (and, as ``do``, what a button says); answers what the editor shows."""

    model = Variant
    capability = policy.WRITE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        variant = loaded(kwargs["pk"])
        desk.read(variant, request.POST, request.FILES)
        change: dict[str, Any] = {}
        if "do" in request.POST:
            try:
                said, go = desk.do(variant, _json(request.POST["do"]), by=request.user)
                change = {"state": desk.stream(desk.rows_of(variant)), "said": said, "go": go}
            except (arrange.CannotArrange, choices.BadChoice) as error:
                change = {"refused": str(error)}
        look = {"theme": request.POST.get("look_theme", ""), "width": request.POST.get("look_width", "")}
        return JsonResponse({**answer(variant, **look), **change})


def loaded(pk: int) -> Variant:
    try:
        return fresh(pk, lock=False)
    except Variant.DoesNotExist as error:
        raise Http404 from error


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise arrange.CannotArrange("This button is not known here. Reload the page.")
    return found


def answer(variant: Variant, *, theme: str = "light", width: str = "phone") -> dict[str, Any]:
    """Everything the editor shows about the parts in this object, as JSON data with small pieces of HTML."""
    renders = ensure_media(variant.to_parts(), campaign=variant.campaign_id)
    report = Report(variant, renders)
    draft = desk.draft_of(variant)
    rows = desk.rows_of(variant)
    found = [_found(f, draft) for f in (*report.findings, *report.of_media)]
    return {
        "parts": {p.block_id: _part(p, variant, found) for p in report.part_reports},
        "whole": _html([each for each in found if each.finding.part is None]),
        "preview": render_payload(preview_payload(variant, renders), theme=theme, width=width),
        "left_out": left_out(report),
        "blockers": len(report.blockers),
        "numbered": arrange.is_numbered(rows),
        "numbers_differ": arrange.numbers_differ(rows),
        "progress": report.progress,
        "making": making_html(report, may_write=True),
    }


def making_html(report: Report, *, may_write: bool) -> str:
    """HTML of the pictures and videos that are not there yet, with their buttons."""
    context = {"making": report.making, "pk": report.variant.pk, "may_write": may_write}
    return render_to_string("formats/variants/_making.html", context)


def left_out(report: Report) -> str:
    """HTML of what the parts do not say of the story; none for a correction, which says nothing of it."""
    if report.piece is None:
        return ""
    return render_to_string("formats/variants/_left_out.html", {"left_out": report.left_out})


def _found(finding: Finding, draft: Draft) -> Found:
    offered = mends.available(finding, draft) if finding.mends else ()
    return Found(finding, desk.name_of(finding), offered)


def _part(part: PartReport, variant: Variant, found: Sequence[Found]) -> dict[str, Any]:
    nth = part.number - 1
    mine = [each for each in found if each.finding.part == nth]
    return {
        "count": part.count,
        "limit": part.limit,
        "unit": part.unit,
        "over": part.over,
        "origins": _origins(part.origins),
        "found": _html([each for each in mine if each.finding.media is None]),
        "media": {
            medium.id: _medium(medium, variant, [each for each in mine if each.finding.media == place])
            for place, medium in enumerate(part.media)
        },
    }


def _medium(medium: Medium, variant: Variant, found: Sequence[Found]) -> dict[str, Any]:
    limit = variant.spec.limits.get("alt")
    return {
        "thumbnail": medium.thumbnail,
        "state": medium.state,
        "progress": medium.progress,
        "video": medium.video,
        "role": medium.role,
        "croppable": medium.croppable,
        "cuttable": medium.cuttable,
        "alt_count": len(medium.alt),
        "alt_limit": limit.ceiling if limit is not None else None,
        "origins": _origins(medium.origins),
        "found": _html(found),
    }


def _origins(origins: Sequence[Any]) -> list[dict[str, str]]:
    return [{"label": origin.label, "url": origin.url} for origin in origins]


def _html(found: Sequence[Found]) -> str:
    return render_to_string("formats/variants/desk/found.html", {"found": found}) if found else ""

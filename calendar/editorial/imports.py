"""A plan from a spreadsheet: upload, see row by row what it would make, mend, make it."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from cms.uploads import on_disk
from editorial import pages
from editorial.core import plan_rows
from editorial.core.plan_rows import HEADINGS, PROBLEMS, NoPlan
from editorial.domain.plan_import import Plan
from editorial.views import CalendarPage
from media import sheets
from media.errors import MediaError
from work import clock

LEAD = "What it will say, in a sentence or two."
EXAMPLE = [
    list(HEADINGS),
    ["", "The herons are back", "X thread", "2027-03-02", "18:00", "", "", ""],
    ["", "A story that is still to be written", "Facebook post", "2027-03-03", "09:30", "", "", LEAD],
]
KINDS = {
    "csv": ("text/csv; charset=utf-8", sheets.to_csv),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda rows: sheets.to_xlsx("Plan", rows),
    ),
}


def file_answer(name: str, kind: str, rows: list[list[str]]) -> HttpResponse:
    mime, write = KINDS[kind]
    return HttpResponse(
        write(rows),
        content_type=mime,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


class PlanTemplate(CalendarPage):
    """The columns with two examples, to fill in."""

    capability = policy.PLAN

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in KINDS:
            raise Http404
        return file_answer("plan", kind, EXAMPLE)


class ImportPlan(CalendarPage):
    """The upload, its preview, and the making. Between two requests the rows travel with the form and are read anew."""

    capability = policy.WRITE
    template_name = "editorial/import.html"
    page_title = crumb = "Import a plan"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, policy.PLAN)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page()

    def page(self, status: int = 200, **context: Any) -> HttpResponse:
        limits = {"max_rows": sheets.MAX_ROWS - 1, "max_mb": sheets.MAX_BYTES // 1024 // 1024}
        return self.render_to_response(
            self.get_context_data(headings=HEADINGS, **limits, **context), status=status
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            rows = self.rows()
            plan = Plan(plan_rows.read(rows), by=request.user, at=clock.now())
        except (NoPlan, MediaError) as error:
            return self.page(status=400, error=str(error))
        match request.POST.get("action"):
            case "make":
                return self.make(plan)
            case "mend":
                return file_answer("plan-to-mend", "xlsx", _with_problems(rows, plan))
        return self.page(plan=plan, rows=json.dumps(rows), ready=len(plan.ready), faulty=len(plan.faulty))

    def rows(self) -> list[list[str]]:
        """From the file, or as the preview sent them back. Raises NoPlan, MediaError."""
        upload = self.request.FILES.get("file")
        if upload is not None:
            if upload.size > sheets.MAX_BYTES:
                raise NoPlan(f"The file is larger than {sheets.MAX_BYTES // 1024 // 1024} MB. Split it.")
            with on_disk(upload) as path:
                return sheets.read(path)
        try:
            rows = json.loads(self.request.POST.get("rows", ""))
        except ValueError:
            rows = None
        if not isinstance(rows, list) or len(rows) > sheets.MAX_ROWS:
            raise NoPlan("Choose a file first.")
        return [[str(cell)[: sheets.MAX_CELL] for cell in row] for row in rows if isinstance(row, list)]

    def make(self, plan: Plan) -> HttpResponse:
        made, refused = plan.make()
        for step, why in refused:
            messages.error(self.request, f"Row {step.row.number}, “{step.row.cell('story')}”: {why}")
        if made:
            messages.success(
                self.request, f"{pages.count(len(made), 'post')} planned. Look at each before you hand it in."
            )
        elif not refused:
            messages.warning(self.request, "There was nothing to make.")
        first = min((each.planned_wall for each in made if each.planned_wall), default=None)
        month = f"?month={first:%Y-%m}" if first else ""
        return HttpResponseRedirect(reverse("editorial:list") + month)


def _with_problems(rows: list[list[str]], plan: Plan) -> list[list[str]]:
    """The file as it came, with what is to be mended beside each row."""
    told = {step.row.number: " ".join(step.problems) for step in plan.steps}
    at = rows[0].index(PROBLEMS) if PROBLEMS in rows[0] else len(rows[0])
    heading = [*rows[0][:at], PROBLEMS]
    return [heading, *([*_padded(row, at), told.get(n, "")] for n, row in enumerate(rows[1:], 2))]


def _padded(row: list[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]

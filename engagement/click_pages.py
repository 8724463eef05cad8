"""Clicks on the site from a file: upload, see row by row what it would change, keep it, take it back."""

from __future__ import annotations

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from cms.uploads import on_disk
from engagement import clicks
from engagement.core import click_rows
from engagement.core.click_rows import HEADINGS, NoClicks
from engagement.models import SiteImport
from engagement.reports.report import several
from engagement.views import FILES, Numbers
from formats.models import Variant
from media import sheets
from media.errors import MediaError
from work import clock

MAX_ROWS = 5001  # with the heading
MAX_CARRIED = 2_000_000  # characters that travel with the form
SHOWN = 200
PER_PAGE = 30
EXAMPLE = [
    list(HEADINGS),
    ["x", "river-clean-up", "x.thread", "/stories/the-herons-are-back/", "2026-12-01", "41"],
    ["facebook", "river-clean-up", "facebook.post", "/stories/the-herons-are-back/", "2026-12-01", "17"],
]


class ClickPage(Numbers):
    """For those who may import somewhere."""

    header_icon = "upload"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, policy.GOALS)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        *items, last = super().get_breadcrumbs_items()
        return [*items, {"url": reverse("engagement:clicks"), "label": "Clicks to the site"}, last]


class Template(ClickPage):
    """The columns with two examples, to fill in."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in FILES:
            raise Http404
        content = sheets.to_csv(EXAMPLE) if kind == "csv" else sheets.to_xlsx("Clicks", EXAMPLE)
        return HttpResponse(
            content,
            content_type=FILES[kind],
            headers={"Content-Disposition": f'attachment; filename="clicks.{kind}"'},
        )


class Imports(ClickPage):
    """The upload, its preview and the keeping, with the imports so far.

    Between two requests the rows travel with the form and are judged anew.
    """

    page_title = crumb = "Import clicks"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show()

    def show(self, status: int = 200, **context: Any) -> HttpResponse:
        found = Paginator(clicks.imports(self.request.user), PER_PAGE)
        limits = {"max_rows": MAX_ROWS - 1, "max_mb": sheets.MAX_BYTES // 1024 // 1024}
        here = found.get_page(self.request.GET.get("p"))
        return self.page("engagement/clicks/imports.html", status, page=here, **limits, **context)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            name, rows = self.rows()
            found = clicks.look(rows, by=request.user)
        except (NoClicks, MediaError) as error:
            return self.show(400, error=str(error))
        if request.POST.get("action") == "keep":
            try:
                return self.keep(found, name)
            except NoClicks as error:
                return self.show(400, error=str(error))
        steps = sorted(found.steps, key=lambda step: (not step.problems, step.same))
        shown = steps[:SHOWN]
        wanted = {step.match.variant for step in shown if step.match.variant}
        posts = Variant.objects.filter(pk__in=wanted).select_related("story").in_bulk()
        return self.show(
            found=found,
            name=name,
            carried=json.dumps(rows),
            steps=[(step, posts.get(step.match.variant or 0)) for step in shown],
            more=len(steps) - SHOWN,
            clicks=sum(step.row.clicks for step in found.ready),
        )

    def rows(self) -> tuple[str, list[list[str]]]:
        """The file's name and what is read of it: from the file, or as the preview sent it back."""
        upload = self.request.FILES.get("file")
        if upload is not None:
            if upload.size > sheets.MAX_BYTES:
                raise NoClicks(f"The file is larger than {sheets.MAX_BYTES // 1024 // 1024} MB. Split it.")
            with on_disk(upload) as path:
                rows = click_rows.kept(click_rows.below_remarks(sheets.read(path, max_rows=MAX_ROWS)))
            if sum(len(cell) + 4 for row in rows for cell in row) > MAX_CARRIED:
                raise NoClicks("The file says too much for one import. Split it.")
            return upload.name or "clicks", rows
        try:
            rows = json.loads(self.request.POST.get("rows", ""))
        except ValueError:
            rows = None
        if not isinstance(rows, list) or len(rows) > MAX_ROWS:
            raise NoClicks("Choose a file first.")
        cells = [[_plain(cell)[: sheets.MAX_CELL] for cell in row] for row in rows if isinstance(row, list)]
        return _plain(self.request.POST.get("name", ""))[:200] or "clicks", cells

    def keep(self, found: clicks.Import, name: str) -> HttpResponse:
        made = clicks.keep(found, name=name, by=self.request.user, at=clock.now())
        if made:
            told = several(sum(step.row.clicks for step in found.ready), "click")
            messages.success(self.request, f"{told} in {several(len(found.ready), 'row')} imported.")
        else:
            messages.warning(self.request, "There was nothing to import.")
        if len(made) == 1:
            query = f"?campaign={made[0].campaign_id}&period=all"
            return HttpResponseRedirect(reverse("engagement:clicks") + query)
        return HttpResponseRedirect(reverse("engagement:click_imports"))


def _plain(cell: Any) -> str:
    """PostgreSQL takes no null byte, and JSON may hold one."""
    return str(cell).replace("\0", "")


class TakeBack(ClickPage):
    """Asks before an import is deleted."""

    page_title = crumb = "Delete an import"
    header_icon = "bin"

    def brought(self, pk: int) -> SiteImport:
        return get_object_or_404(clicks.imports(self.request.user), pk=pk)

    def get(self, request: HttpRequest, import_id: int) -> HttpResponse:
        brought = self.brought(import_id)
        back = clicks.would_come_back(brought)
        return self.page("engagement/clicks/take_back.html", brought=brought, back=back)

    def post(self, request: HttpRequest, import_id: int) -> HttpResponse:
        brought = self.brought(import_id)
        name = str(brought)
        back = clicks.take_back(brought, by=request.user)
        words = f" {several(back, 'row')} of earlier imports count again." if back else ""
        messages.success(request, f"“{name}” is deleted.{words}")
        return HttpResponseRedirect(reverse("engagement:click_imports"))

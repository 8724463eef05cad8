"""The page of a post's whole history."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from editorial.history import whole_history
from editorial.views import CalendarPage

PER_PAGE = 50


class History(CalendarPage):
    """Everything that happened to one post, newest first; ``?p=`` turns the pages."""

    template_name = "editorial/history.html"
    page_title = crumb = "History"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        variant = self.get_variant(pk)
        self.page_subtitle = str(variant)
        page = Paginator(whole_history(variant), PER_PAGE).get_page(request.GET.get("p"))
        return self.render_to_response(self.get_context_data(variant=variant, page=page))

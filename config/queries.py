"""A null byte in an address is left out before anybody looks: PostgreSQL takes none, and nobody types one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def without_null_bytes(get_response: GetResponse) -> GetResponse:
    """First of all, since whoever reads ``request.GET`` keeps what it found."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "")
        return get_response(request)

    return middleware

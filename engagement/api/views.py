"""One view for all endpoints: who asks, may they now, what do they ask, a page of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from engagement.api import openapi, reports, tokens, walking
from engagement.api.endpoints import BadQuestion, Endpoint, Param
from engagement.api.reports import ReportEndpoint
from work import clock

PER_PAGE, MOST_PER_PAGE = 100, 500
PAGING = (
    Param("limit", "integer", f"objects in one answer, at most {MOST_PER_PAGE}", default=str(PER_PAGE)),
    Param("after", "string", "where the page before ended; taken from its `next`"),
)


def refused(status: int, words: str, **headers: str) -> JsonResponse:
    answer = JsonResponse({"error": words}, status=status)
    for name, value in headers.items():
        answer[name.replace("_", "-")] = value
    return answer


@method_decorator(never_cache, name="dispatch")
class Asked(View):
    """A question with a key, within its limits. Reading only: every other method is refused."""

    http_method_names = ["get", "head", "options"]
    endpoint: Any = None  # given by the address

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        token = tokens.find(text.strip(), now) if kind.lower() == "bearer" and text else None
        if token is None:
            words = "Send a key that stands: “Authorization: Bearer …”. Make one under Numbers for programs."
            return refused(401, words, WWW_Authenticate="Bearer")
        if wait_s := tokens.wait_s(token, now):
            again = str(math.ceil(wait_s))
            return refused(429, f"Too many requests. Ask again in {again} s.", Retry_After=again)
        try:
            asked = question(self.endpoint, request.GET.dict())
            return JsonResponse(self.answer(token.user, {**asked, "now": now}))
        except BadQuestion as bad:
            return refused(400, str(bad))

    def answer(self, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class Read(Asked):
    """``{"results": […], "next": address or null}``."""

    def answer(self, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        return answer(self.endpoint, user, asked)


class ReadReport(Asked):
    """A report as its page shows it."""

    def answer(self, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        return reports.shown(self.endpoint, user, asked)


class Description(View):
    """The OpenAPI file; it names no thing of ours, so that anybody may read it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(openapi.document())


def params_of(endpoint: Endpoint | ReportEndpoint) -> tuple[Param, ...]:
    paged = isinstance(endpoint, Endpoint) and endpoint.paged
    return (*endpoint.params, *(PAGING if paged else ()))


def question(endpoint: Endpoint | ReportEndpoint, sent: Mapping[str, str]) -> dict[str, Any]:
    """The parameters as values. A name that is not known is refused: a filter with a slip would show too much."""
    known = {param.name: param for param in params_of(endpoint)}
    if wrong := sorted(set(sent) - set(known)):
        raise BadQuestion(f"{wrong[0][:40]}: there is no such parameter. There are: {', '.join(known)}.")
    given = {name: param.default for name, param in known.items() if param.default} | dict(sent)
    asked = {name: known[name].read(text) for name, text in given.items()}
    if "limit" in asked and not 1 <= asked["limit"] <= MOST_PER_PAGE:
        raise BadQuestion(f"limit: from 1 to {MOST_PER_PAGE}.")
    return asked


def answer(endpoint: Endpoint, user: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    rows = endpoint.rows(user, asked)
    if not endpoint.paged:
        return {"results": list(endpoint.show(rows, asked)), "next": None}
    rows = walking.after(rows, endpoint.key, asked.get("after", ""))
    page = list(rows[: asked["limit"] + 1])
    more, page = len(page) > asked["limit"], page[: asked["limit"]]
    following = None
    if more:
        kept = {k: v for k, v in asked.items() if k not in ("now", "after")}
        address = reverse(f"api:{endpoint.name}")
        place = walking.place_of(page[-1], endpoint.key)
        following = f"{settings.PUBLIC_URL}{address}?{urlencode({**kept, 'after': place})}"
    return {"results": list(endpoint.show(page, asked)), "next": following}

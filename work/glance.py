"""What every page of the admin says at once of the person who looks, asked of the database in one query.

The houses above say what they want to know; whatever part of a page comes first asks for all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, QuerySet, Subquery
from django.http import HttpRequest

Question = Callable[[Any], Any]
QUESTIONS: dict[str, Question] = {}


def register(name: str, question: Question) -> None:
    """``question`` takes the person and returns an expression: :func:`count_of` some rows, or Exists."""
    QUESTIONS[name] = question


def count_of(rows: QuerySet, group: str) -> Subquery:
    """How many rows there are; None for none. ``group`` is a field that is the same in all of them."""
    return Subquery(rows.order_by().values(group).annotate(count=Count("pk")).values("count"))


def of(request: HttpRequest) -> dict[str, Any]:
    """The answers by name; asked once for each request."""
    found = getattr(request, "_hustings_glance", None)
    if found is None:
        expressions = {name: question(request.user) for name, question in QUESTIONS.items()}
        rows = get_user_model()._default_manager.filter(pk=request.user.pk).order_by()
        found = rows.annotate(**{f"glance_{name}": each for name, each in expressions.items()}).values(
            *(f"glance_{name}" for name in expressions)
        )[0]
        found = {name: found[f"glance_{name}"] for name in expressions}
        request._hustings_glance = found  # type: ignore[attr-defined]
    return found

"""Pages of rows, each beginning after the last row of the one before, by columns that stay when rows are made anew."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from engagement.api.endpoints import BadQuestion

BETWEEN = "_"  # stands in no number, day or UUID
MOST = 80  # characters; no place is longer


def place_of(row: Any, key: tuple[str, ...]) -> str:
    """Where a row stands in the walk, as it is written into an address."""
    return BETWEEN.join(str(getattr(row, name)) for name in key)


def after(rows: QuerySet, key: tuple[str, ...], place: str) -> QuerySet:
    """The rows in order, those only that come after ``place`` where there is one. Raises BadQuestion."""
    rows = rows.order_by(*key)
    return rows.filter(_beyond(key, _read(rows, key, place))) if place else rows


def _beyond(key: tuple[str, ...], values: list[Any]) -> Q:
    """One bound on the first column, so that an index by the key serves it."""
    first, value = key[0], values[0]
    if len(key) == 1:
        return Q(**{f"{first}__gt": value})
    return Q(**{f"{first}__gte": value}) & (Q(**{f"{first}__gt": value}) | _beyond(key[1:], values[1:]))


def _read(rows: QuerySet, key: tuple[str, ...], place: str) -> list[Any]:
    texts = place.split(BETWEEN)
    try:
        if len(place) > MOST:
            raise ValueError
        return [_column(rows, name).to_python(text) for name, text in zip(key, texts, strict=True)]
    except (ValidationError, ValueError):
        raise BadQuestion("after: take it from the “next” of the page before.") from None


def _column(rows: QuerySet, name: str) -> Any:
    meta = rows.model._meta
    field = meta.pk if name == "pk" else meta.get_field(name.removesuffix("_id"))
    while field.remote_field:
        field = field.target_field
    return field

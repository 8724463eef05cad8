"""Many rows of another table as one column, so that a page asks the database once and not once more for each of them."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Aggregate, JSONField, QuerySet, Subquery
from django.db.models.expressions import Combinable


class JSONArray(Aggregate):
    """A list of what the rows of a group say. SQLite and PostgreSQL call it differently."""

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()
    allow_distinct = True

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_AGG", **context)


def rows_of(rows: QuerySet, group: str, what: Combinable | str, *, distinct: bool = False) -> Subquery:
    """The rows as a list of ``what``; None where there are none. ``group`` is the field that the outer row is met by."""
    listed = JSONArray(what, distinct=distinct)
    return Subquery(rows.order_by().values(group).annotate(rows=listed).values("rows")[:1])


def nested(value: Any) -> Any:
    """A JSON field within such a row; SQLite nests it as text."""
    return json.loads(value) if isinstance(value, str) else value

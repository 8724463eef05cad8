"""The first rows of a list of conversations, found by an index whatever the list is narrowed by.

PostgreSQL knows how frequent each value is and chooses its index by that. SQLite does not, and sorts tens of thousands of
rows where it should read thirty. There it is told: one condition leads, and by the others nothing is looked up. It is the
one that leaves least, where one leaves few; that is counted first, in one query, and never far. Where each leaves many, the
list is walked in its order and is soon full. docs/adr/0098 tells what was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from community.enums import Status
from community.models import Conversation

NEWEST = ("-last_message_at", "-id")
DUE = ("next_due_at", "id")
FEW = 300  # to be sorted at once
# The conditions that have an index, by their names. The earlier ones lead where each of them leaves many.
LEADS = (
    "raised", "story", "topic", "language", "ours", "asleep", "channel", "wants", "risk", "urgency", "kind", "status",
)  # fmt: skip
LEADS_BY_DUE = ("late", "due")
_COLUMNS = (
    "channel", "story", "topic", "language", "wants", "sentiment", "urgency", "risk", "kind",
    "status", "assignee", "snoozed_until", "next_due_at", "raised_at",
)  # fmt: skip


def ordered(
    wanted: Mapping[str, Q], *, by: Sequence[str] = NEWEST, statuses: Sequence[str] = (), most: int
) -> QuerySet[Conversation]:
    """Conversations for which all of ``wanted`` and one of the ``statuses`` hold, good for the first ``most`` of them."""
    rows = Conversation.objects.order_by(*by)
    wanted = _with_status(wanted, statuses)
    if connection.vendor != "sqlite":
        return rows.filter(*wanted.values())
    lead, few = _lead(wanted, by)
    beside = {name: condition for name, condition in wanted.items() if name != lead}
    if few or lead not in ("ours", "status"):
        rows = _beside(rows, beside.values())
        return rows.filter(_alone(wanted[lead]) if few else wanted[lead]) if lead else rows
    # Of each status many: its index has them in order, so the first of each.
    beside.pop("status", None)
    rows = _beside(rows, beside.values())
    ours = wanted[lead] if lead == "ours" else Q()
    top = rows.filter(ours, status=_ANY)[:most].values("pk")
    return Conversation.objects.order_by(*by).filter(pk__in=_of_each(top, statuses or Status.values))


def of_found(
    found: Sequence[Q],
    wanted: Mapping[str, Q],
    *,
    by: Sequence[str] = NEWEST,
    statuses: Sequence[str] = (),
    most: int,
) -> QuerySet[Conversation]:
    """As :func:`ordered`, of those for which one of ``found`` holds: each leaves few, and an index leads to them.

    The first of each are sorted by themselves, before anything else is looked up for thousands of them.
    """
    if not found:
        return Conversation.objects.none()
    conditions = _with_status(wanted, statuses).values()
    rows = Conversation.objects.order_by(*by)
    rows = _beside(rows, conditions) if connection.vendor == "sqlite" else rows.filter(*conditions)
    tops = [rows.filter(each)[:most].values("pk") for each in found]
    return Conversation.objects.order_by(*by).filter(pk__in=tops[0] if len(tops) == 1 else _together(tops))


def _with_status(wanted: Mapping[str, Q], statuses: Sequence[str]) -> Mapping[str, Q]:
    return {**wanted, "status": Q(status__in=statuses)} if statuses else wanted


def _together(lists: Iterable[QuerySet[Any]]) -> RawSQL:
    parts = [each.query.sql_with_params() for each in lists]
    sql = " UNION ALL ".join(f"SELECT * FROM ({each}) AS top" for each, _ in parts)  # noqa: S608  of Django's making
    return RawSQL(sql, [value for _, values in parts for value in values])  # noqa: S611


_ANY = "any status"


def _of_each(top: QuerySet[Any], statuses: Sequence[str]) -> RawSQL:
    """The same of one status after the other; made once, for Django takes longer over it than SQLite."""
    sql, params = top.query.sql_with_params()
    values = [each if value == _ANY else value for each in statuses for value in params]
    return RawSQL(" UNION ALL ".join([f"SELECT * FROM ({sql})"] * len(statuses)), values)  # noqa: S608, S611


def _alone(condition: Q) -> Q:
    """Looked up by itself: what is later than a moment SQLite takes for a lot, and would walk the list instead."""
    return Q(pk__in=Conversation.objects.filter(condition).order_by().values("pk")[:FEW])


def _lead(wanted: Mapping[str, Q], by: Sequence[str]) -> tuple[str, bool]:
    """The name of the condition whose index is used, "" for the order's own; and whether it leaves few."""
    names = [name for name in LEADS if name in wanted]
    counts = _counted([wanted[name] for name in names])
    least, name = min(zip(counts, names, strict=True), default=(FEW, ""))
    if least < FEW:
        return name, True
    if tuple(by) == DUE:
        names = [name for name in LEADS_BY_DUE if name in wanted]
    return next(iter(names), ""), False


def _counted(conditions: Sequence[Q]) -> list[int]:
    """How many conversations each leaves, counted to ``FEW``, in one query."""
    if not conditions:
        return []
    parts, params = [], []
    for condition in conditions:
        rows = Conversation.objects.filter(condition).order_by().values("pk")[:FEW]
        sql, values = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}))")  # noqa: S608  of Django's making; values are params
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return list(cursor.fetchone())


class _Beside(Func):
    """A column as it is, but not as SQLite knows it from an index (https://sqlite.org/optoverview.html, 2026-11-30)."""

    template = "+%(expressions)s"
    arity = 1


def _beside(rows: QuerySet[Conversation], conditions: Iterable[Q]) -> QuerySet[Conversation]:
    return rows.alias(**_columns()).filter(*map(_renamed, conditions))


def _columns() -> dict[str, _Beside]:
    fields = {name: Conversation._meta.get_field(name) for name in _COLUMNS}
    kinds = {name: getattr(field, "target_field", None) or field for name, field in fields.items()}
    return {f"beside_{name}": _Beside(F(name), output_field=kind) for name, kind in kinds.items()}


def _renamed(condition: Any) -> Any:
    if isinstance(condition, Q):
        parts = map(_renamed, condition.children)
        return Q(*parts, _connector=condition.connector, _negated=condition.negated)
    if isinstance(condition, tuple) and condition[0].split("__")[0] in _COLUMNS:
        return (f"beside_{condition[0]}", condition[1])
    return condition

"""What a costly fixture wrote, kept as rows, so that the next test of the process gets the same rows at once.

Only inside a transaction that is taken back at the end of the test; the callers ask ``possible`` first. Signals and
``on_commit`` are for the first time only: nothing that a fixture writes may need them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import time_machine
from django.db import connection, transaction

WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Rows:
    """Of one table: what is gone, by key, and what is there instead. A changed row is both."""

    table: str
    key: str
    gone: list[Any]
    new: list[Row]


_kept: dict[Hashable, list[Rows]] = {}


def possible() -> bool:
    return connection.in_atomic_block


def when() -> datetime | None:
    """What tells rows written under a stopped clock from others."""
    return datetime.now(UTC) if time_machine.escape_hatch.is_travelling() else None


def put(key: Hashable, write: Callable[[], object]) -> None:
    """Have in the database what ``write`` writes. ``key`` names it, and with it all that it depends on."""
    if key not in _kept:
        _kept[key] = _written_by(write)
    with connection.cursor() as cursor:
        for rows in _kept[key]:
            if rows.gone:
                cursor.executemany(
                    f'DELETE FROM "{rows.table}" WHERE "{rows.key}" = %s', [(k,) for k in rows.gone]
                )
            if rows.new:
                places = ", ".join(["%s"] * len(rows.new[0]))
                cursor.executemany(f'INSERT INTO "{rows.table}" VALUES ({places})', rows.new)


def _written_by(write: Callable[[], object]) -> list[Rows]:
    tables: dict[str, None] = {}  # in the order of the first write

    def watch(execute, sql, params, many, context):
        if found := WRITES.match(sql):
            tables.setdefault(found[1])
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(watch):
            write()
        after = {table: _rows(table) for table in tables}
        transaction.set_rollback(True)
    return [_between(table, _rows(table), after[table]) for table in tables]


def _between(table: str, before: dict[Any, Row], after: dict[Any, Row]) -> Rows:
    return Rows(
        table,
        _key(table),
        gone=[key for key, row in before.items() if after.get(key) != row],
        new=[row for key, row in after.items() if before.get(key) != row],
    )


def _rows(table: str) -> dict[Any, Row]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{_key(table)}", * FROM "{table}"')
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def _key(table: str) -> str:
    with connection.cursor() as cursor:
        [column] = connection.introspection.get_primary_key_columns(cursor, table)
    return column

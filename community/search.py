"""Full-text search over what was said and by whom.

What is looked through is not the text but its words (``community.core.finding``), so that both databases find the same.
PostgreSQL: an index over the words, past its own parser. SQLite: an FTS5 table that triggers keep. Where SQLite was built
without FTS5 the words are looked for one after the other, which reads all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.lookups import IsNull

from community.core import finding
from community.core.finding import Wanted
from community.models import Contact, Message

FEW = 4_000  # found by the index; of more, the list is walked from its top instead
LOOKED_AT = 1_000  # of the newest messages, whether it is frequent
BATCH = 500
FOUND: tuple[type[Model], ...] = (Message, Contact)

VECTOR = "community_lexemes(words)"
# A function, because it may say that it is costly: PostgreSQL takes the beginning of a word for so frequent, and building
# these for so cheap, that it would read the table instead of the index. Starting workers for it would take longest of all.
LEXEMES = """
CREATE OR REPLACE FUNCTION community_lexemes(words text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE COST 1000 AS $$
BEGIN
    RETURN pg_catalog.array_to_tsvector(pg_catalog.array_remove(pg_catalog.string_to_array(words, ' '), ''));
END $$
"""


@dataclass(frozen=True)
class Found:
    """Conversations for which one of the ``conditions`` holds; none: there are none.

    ``few``: each is a list of few, which an index leads to, and not to be asked of one conversation after the other.
    """

    conditions: tuple[Q, ...]
    few: bool

    @property
    def condition(self) -> Q:
        return reduce(or_, self.conditions) if self.conditions else Q(pk__in=[])


def matching(asked: str) -> Q:
    """Conversations in which somebody said all these words in one message, or whose person is called so."""
    return find(asked).condition


def find(asked: str) -> Found:
    """As :func:`matching`. Asks the database how rare the words are, two or three times.

    Rare ones are found by the index, frequent ones soon, from the newest conversation on. Neither grows with what is kept.
    """
    wanted = finding.wanted(asked)
    if not wanted:
        return Found((), few=True)
    said = _counted(SAID, wanted)
    if said > FEW:
        return Found((_walk(SAID, wanted), _walk(CALLED, wanted)), few=False)
    called = _counted(CALLED, wanted)
    led = tuple(_led(place, wanted) for place, count in ((SAID, said), (CALLED, called)) if 0 < count <= FEW)
    if called > FEW:
        return Found((*led, _walk(CALLED, wanted)), few=False)
    return Found(led, few=True)


@dataclass(frozen=True)
class Place:
    """Rows that lead to conversations: ``column`` by the index, to those whose ``field`` it is; ``of`` one conversation."""

    model: type[Message] | type[Contact]
    column: str
    field: str
    of: tuple[str, OuterRef]


SAID = Place(Message, "conversation_id", "pk", ("conversation", OuterRef("pk")))
CALLED = Place(Contact, "id", "contact", ("pk", OuterRef("contact")))


def _led(place: Place, wanted: Sequence[Wanted]) -> Q:
    """Those that the index leads to. PostgreSQL is told that they are an array, which it takes for short."""
    rows, join, where, params = _by_index(place, wanted)
    column = place.column
    if join and column == "id":
        column, join = "rowid", ""  # the index knows it by itself
    sql = f"SELECT {column} FROM {rows} {join} WHERE {where}"  # noqa: S608
    if connection.vendor == "postgresql":
        sql = f"SELECT unnest(ARRAY({sql}))"
    return Q((f"{place.field}__in", RawSQL(sql, params)))  # noqa: S611  values are params


def _by_index(place: Place, wanted: Sequence[Wanted]) -> tuple[str, str, str, list[Any]]:
    """(what is looked through, how it leads to the rows themselves, condition, its values)."""
    rows = table = place.model._meta.db_table
    join, beside, conditions, params = "", list(wanted), [], []
    if connection.vendor == "postgresql":
        conditions, params = [f"{VECTOR} @@ %s::tsquery"], [" & ".join(_lexemes(wanted))]
        beside = [each for each in wanted if len(each.pieces) > 1]  # the index knows of no order
    elif connection.vendor == "sqlite" and fts5():
        rows, join = _index(table), f"CROSS JOIN {table} ON {table}.id = {_index(table)}.rowid"
        query = " ".join(f'"{" ".join(each.pieces)}"{"*" * each.open}' for each in wanted)
        conditions, params, beside = [f"{_index(table)} MATCH %s"], [query], []
    conditions += ["words LIKE %s"] * len(beside)
    return rows, join, " AND ".join(conditions), params + [f"%{each.within()}%" for each in beside]


def _counted(place: Place, wanted: Sequence[Wanted]) -> int:
    """How many rows hold it; more than ``FEW`` are counted no further.

    Both databases look up all first, however few are taken: PostgreSQL always, SQLite where the last word may be the
    beginning of one. So the newest messages are asked before, one in a hundred.
    """
    if place is SAID and _is_frequent_of_late(wanted):
        return FEW + 1
    rows, _, where, params = _by_index(place, wanted)
    some = f"SELECT 1 FROM {rows} WHERE {where} LIMIT {FEW + 1}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({some}) AS found", params)  # noqa: S608
        return int(cursor.fetchone()[0])


def _is_frequent_of_late(wanted: Sequence[Wanted]) -> bool:
    newest = f"SELECT words FROM {Message._meta.db_table} ORDER BY id DESC LIMIT {LOOKED_AT}"  # noqa: S608
    where = " AND ".join(["words LIKE %s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({newest}) newest WHERE {where}",  # noqa: S608
            [f"%{each.within()}%" for each in wanted],
        )
        return 100 * int(cursor.fetchone()[0]) >= LOOKED_AT


def _lexemes(wanted: Sequence[Wanted]) -> Iterator[str]:
    """Letters, digits and marks only: none of them closes the quotes."""
    for each in wanted:
        *whole, last = each.pieces
        yield from (f"'{piece}'" for piece in whole)
        yield f"'{last}'{':*' * each.open}"


def _walk(place: Place, wanted: Sequence[Wanted]) -> Q:
    """Asked of one conversation after the other: a value, for of EXISTS PostgreSQL would make a join of everything."""
    within = Q()
    for each in wanted:
        within &= Q(words__contains=each.within())
    rows = place.model.objects.filter(within, place.of).order_by()
    return Q(IsNull(Subquery(rows.values("pk")[:1]), False))


def rebuild() -> Iterator[int]:
    """Make the words of all rows anew, in pieces of a transaction each; in how many they were others, per piece.

    Safe to cut off, to repeat and to run while messages arrive.
    """
    for model in FOUND:
        rows, last = model._default_manager.order_by("pk"), 0
        while pks := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
            last = pks[-1]
            with transaction.atomic():
                yield rows.filter(pk__in=pks).keep_words()  # type: ignore[attr-defined]


# What the databases keep for it -----------------------------------------------------------------------------


def ensure(**kwargs: Any) -> None:
    """Make what search needs; after each migrate. Safe to repeat: a table that was made anew lost its triggers."""
    there = connection.introspection.table_names()
    for model in FOUND:
        table = model._meta.db_table
        if table not in there or not _has_words(table):
            continue  # an earlier migration was asked for
        if connection.vendor == "postgresql":
            _ensure_postgresql(table)
        elif connection.vendor == "sqlite":
            _ensure_sqlite(table)


def _has_words(table: str) -> bool:
    with connection.cursor() as cursor:
        return any(
            column.name == "words" for column in connection.introspection.get_table_description(cursor, table)
        )


def _ensure_postgresql(table: str) -> None:
    # Without a list of what is still to be sorted in, which each search would read: messages come one by one.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(LEXEMES)
        cursor.execute("DROP INDEX IF EXISTS message_words")  # until 2026-11: over the texts as they stand
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {_index(table)} ON {table} USING gin ({VECTOR}) WITH (fastupdate = off)"
        )


def _index(table: str) -> str:
    return f"{table}_finding"


def _triggers(table: str) -> dict[str, str]:
    index = _index(table)
    new = f"INSERT INTO {index}(rowid, words) VALUES (new.id, new.words);"  # noqa: S608
    old = f"INSERT INTO {index}({index}, rowid, words) VALUES ('delete', old.id, old.words);"  # noqa: S608
    return {
        f"{index}_new": f"AFTER INSERT ON {table} BEGIN {new} END",
        f"{index}_gone": f"AFTER DELETE ON {table} BEGIN {old} END",
        f"{index}_changed": f"AFTER UPDATE OF words ON {table} BEGIN {old} {new} END",
    }


def _ensure_sqlite(table: str) -> None:
    index, triggers = _index(table), _triggers(table)
    with transaction.atomic(), connection.cursor() as cursor:
        _drop_earlier(cursor)
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{index}_%"]
        )
        if cursor.fetchone()[0] == len(triggers):
            return
        try:
            # Its words are cut already: whatever is no space belongs to one.
            cursor.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {index} USING fts5("
                f"words, content='{table}', content_rowid='id', tokenize='ascii')"
            )
        except DatabaseError as error:
            if "fts5" not in str(error):
                raise
            return
        for name, what in triggers.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {what}")
        cursor.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")  # noqa: S608
    fts5.cache_clear()


def _drop_earlier(cursor: Any) -> None:
    """What was kept until 2026-11, over the texts as they stand."""
    for name in ("new", "gone", "changed"):
        cursor.execute(f"DROP TRIGGER IF EXISTS community_message_words_{name}")
    cursor.execute("DROP TABLE IF EXISTS community_message_words")


@lru_cache(maxsize=1)
def fts5() -> bool:
    """Whether this SQLite can do it and the tables are there; asked once per process."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for model in FOUND:
                cursor.execute(f"SELECT 1 FROM {_index(model._meta.db_table)} LIMIT 1")  # noqa: S608
    except DatabaseError:
        return False
    return True

"""Full-text search over what was said.

PostgreSQL: an index over ``to_tsvector('simple', text)``: no language is guessed, words count as they stand.
SQLite: an FTS5 table that triggers keep; accents are ignored. Elsewhere, or where SQLite was built without FTS5,
each word is looked for as it stands, which reads all texts. The last word may be the beginning of one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from community.models import Contact, Message

MOST_WORDS = 8
_WORD = re.compile(r"\w+")

POSTGRES = (
    "CREATE INDEX IF NOT EXISTS message_words ON community_message USING gin (to_tsvector('simple', text))"
)
SQLITE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS community_message_words USING fts5("
    "text, content='community_message', content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER IF NOT EXISTS community_message_words_new AFTER INSERT ON community_message BEGIN "
    "INSERT INTO community_message_words(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER IF NOT EXISTS community_message_words_gone AFTER DELETE ON community_message BEGIN "
    "INSERT INTO community_message_words(community_message_words, rowid, text) "
    "VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER IF NOT EXISTS community_message_words_changed AFTER UPDATE OF text ON community_message BEGIN "
    "INSERT INTO community_message_words(community_message_words, rowid, text) "
    "VALUES ('delete', old.id, old.text); "
    "INSERT INTO community_message_words(rowid, text) VALUES (new.id, new.text); END",
)
TRIGGERS = (
    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'community_message_words_%'"
)
REBUILD = "INSERT INTO community_message_words(community_message_words) VALUES ('rebuild')"
FOUND_POSTGRES = (
    "SELECT id FROM community_message WHERE to_tsvector('simple', text) @@ to_tsquery('simple', %s)"
)
FOUND_SQLITE = "SELECT rowid FROM community_message_words WHERE community_message_words MATCH %s"


def words(said: str) -> list[str]:
    """The words that are looked for; all of them must stand in one message.

    Lower case, as both databases do it: folded further, ß would be looked for as ss and ς as σ.
    """
    return _WORD.findall(said.lower().replace("\x00", " "))[:MOST_WORDS]


def matching(said: str) -> Q:
    """Conversations in which somebody said all these words in one message, or whose person is called so."""
    name = said.replace("\x00", "").strip().lstrip("@")[:200]
    called = Q(handle__istartswith=name) | Q(handle__istartswith=f"@{name}") | Q(name__icontains=name)
    found = Q(contact__in=Contact.objects.filter(called).values("pk"))
    if wanted := words(said):
        found |= Q(pk__in=Message.objects.filter(saying(wanted)).values("conversation"))
    return found


def saying(wanted: list[str]) -> Q:
    """Messages that hold all words, the last of them as a beginning. Words are letters and digits only."""
    if connection.vendor == "postgresql":
        query = " & ".join([*wanted[:-1], f"{wanted[-1]}:*"])
        return Q(pk__in=RawSQL(FOUND_POSTGRES, [query]))  # noqa: S611  a constant; the words are its parameter
    if connection.vendor == "sqlite" and fts5():
        query = " ".join([*(f'"{word}"' for word in wanted[:-1]), f'"{wanted[-1]}"*'])
        return Q(pk__in=RawSQL(FOUND_SQLITE, [query]))  # noqa: S611
    found = Q()
    for word in wanted:
        found &= Q(text__icontains=word)
    return found


@lru_cache(maxsize=1)
def fts5() -> bool:
    """Whether this SQLite can do it and the table is there; asked once per process."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM community_message_words LIMIT 1")
    except DatabaseError:
        return False
    return True


def ensure(**kwargs: Any) -> None:
    """Make what search needs; after each migrate. Safe to repeat: a table that was made anew lost its triggers."""
    if Message._meta.db_table not in connection.introspection.table_names():
        return  # an earlier migration was asked for
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRES)
    elif connection.vendor == "sqlite":
        _ensure_sqlite()


def _ensure_sqlite() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        if cursor.fetchone()[0] == len(SQLITE) - 1:
            return
        try:
            for statement in SQLITE:
                cursor.execute(statement)
        except DatabaseError as error:
            if "fts5" not in str(error):
                raise
            return
        cursor.execute(REBUILD)
    fts5.cache_clear()

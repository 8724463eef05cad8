"""What the stand-in networks remember: one SQLite file and a folder of uploaded files.

All times are text in UTC with microseconds (`2026-11-23T17:20:00.123456Z`), so that they sort as text.
One process at a time uses a state folder; inside it one lock serialises the (short) transactions.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
  network TEXT, id TEXT, handle TEXT, name TEXT, about TEXT, followers INTEGER, made_at TEXT,
  PRIMARY KEY (network, id), UNIQUE (network, handle));
CREATE TABLE IF NOT EXISTS code (
  code TEXT PRIMARY KEY, network TEXT, accounts TEXT, redirect_uri TEXT, scopes TEXT,
  challenge TEXT, made_at TEXT, used_at TEXT, family TEXT);
CREATE TABLE IF NOT EXISTS token (
  token TEXT PRIMARY KEY, network TEXT, kind TEXT, account TEXT, accounts TEXT, scopes TEXT, family TEXT,
  made_at TEXT, expires_at TEXT, used_at TEXT, revoked_at TEXT);
CREATE INDEX IF NOT EXISTS token_family ON token (family);
CREATE TABLE IF NOT EXISTS media (
  network TEXT, id TEXT, account TEXT, kind TEXT, category TEXT, sha256 TEXT, mime TEXT, bytes INTEGER,
  width INTEGER, height INTEGER, duration_s REAL, alt TEXT, state TEXT, error TEXT, made_at TEXT, ready_at TEXT,
  expires_at TEXT, used_by TEXT, data TEXT, PRIMARY KEY (network, id));
CREATE TABLE IF NOT EXISTS post (
  network TEXT, id TEXT, account TEXT, kind TEXT, text TEXT, reply_to TEXT, link TEXT, media TEXT, made_at TEXT,
  deleted_at TEXT, data TEXT, PRIMARY KEY (network, id));
CREATE INDEX IF NOT EXISTS post_by_account ON post (network, account, made_at);
CREATE TABLE IF NOT EXISTS comment (
  network TEXT, id TEXT, post TEXT, parent TEXT, author TEXT, author_name TEXT, text TEXT, made_at TEXT,
  hidden INTEGER DEFAULT 0, deleted_at TEXT, number INTEGER, PRIMARY KEY (network, id));
CREATE INDEX IF NOT EXISTS comment_by_post ON comment (network, post, made_at);
CREATE TABLE IF NOT EXISTS fault (
  id INTEGER PRIMARY KEY, network TEXT, match TEXT, fault TEXT, times INTEGER, skip INTEGER, seconds REAL,
  hits INTEGER DEFAULT 0, made_at TEXT);
CREATE TABLE IF NOT EXISTS used (
  window TEXT, who TEXT, started_at TEXT, count INTEGER, PRIMARY KEY (window, who));
CREATE TABLE IF NOT EXISTS call (
  id INTEGER PRIMARY KEY, at TEXT, network TEXT, method TEXT, path TEXT, status INTEGER, fault TEXT);
CREATE TABLE IF NOT EXISTS called (network TEXT, key TEXT, at TEXT, PRIMARY KEY (network, key));
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER);
"""
TABLES = [
    "account",
    "code",
    "token",
    "media",
    "post",
    "comment",
    "fault",
    "used",
    "call",
    "called",
    "setting",
    "counter",
]  # fmt: skip

Row = dict[str, Any]
Db = sqlite3.Connection


def stamp(at: datetime) -> str:
    """Return the instant as sortable text in UTC, always with six digits of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Store:
    """The state folder of one sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.uploads = folder / "uploads"
        self.files.mkdir(parents=True, exist_ok=True)
        self.uploads.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            folder / "sandbox.sqlite3", check_same_thread=False, isolation_level=None, timeout=5
        )
        self._db.row_factory = _as_dict
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def tx(self) -> Iterator[Db]:
        """One transaction. Not to be held while sleeping or fetching; nesting is an error on purpose."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def reset(self) -> None:
        """Forget everything but the files' folder itself."""
        with self.tx() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 (names from the tuple above)
        for folder in (self.files, self.uploads):
            for path in sorted(folder.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # Files ------------------------------------------------------------------------------------------------------
    def keep(self, body: bytes | Path) -> str:
        """Store the bytes (or copy the file) under their sha256 and return it."""
        data = body if isinstance(body, bytes) else body.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        path = self.files / digest
        if not path.exists():
            part = path.with_suffix(f".{secrets.token_hex(4)}.part")
            part.write_bytes(data)
            part.replace(path)
        return digest

    def path(self, sha256: str) -> Path:
        return self.files / sha256


def _as_dict(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}


# Small helpers every network uses ---------------------------------------------------------------------------------
def one(db: Db, sql: str, *values: Any) -> Row | None:
    row: Row | None = db.execute(sql, values).fetchone()
    return row


def rows(db: Db, sql: str, *values: Any) -> list[Row]:
    return db.execute(sql, values).fetchall()


def insert(db: Db, table: str, **values: Any) -> None:
    columns = ", ".join(values)
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608


def next_number(db: Db, name: str, at_least: int = 1) -> int:
    """Return a number greater than any given before under this name, and not below `at_least`."""
    row = one(db, "SELECT value FROM counter WHERE name=?", name)
    value = max(at_least, (row["value"] if row else 0) + 1)
    db.execute(
        "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value=excluded.value",
        (name, value),
    )
    return value


def setting(db: Db, key: str, default: Any = None) -> Any:
    row = one(db, "SELECT value FROM setting WHERE key=?", key)
    return json.loads(row["value"]) if row else default


def put_setting(db: Db, key: str, value: Any) -> None:
    db.execute(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
        (key, json.dumps(value)),
    )


def use(
    db: Db, window: str, who: str, limit: int, length_s: int, now: datetime
) -> tuple[bool, int, datetime]:
    """Count one call in a fixed window and return (allowed, remaining, when the window ends).

    A refused call is not counted, so a client that waits for the end of the window gets through.
    """
    row = one(db, "SELECT started_at, count FROM used WHERE window=? AND who=?", window, who)
    length = timedelta(seconds=length_s)
    if row is None or instant(row["started_at"]) + length <= now:
        row = {"started_at": stamp(now), "count": 0}
    ends_at = instant(row["started_at"]) + length
    if row["count"] >= limit:
        return False, 0, ends_at
    db.execute(
        "INSERT INTO used (window, who, started_at, count) VALUES (?, ?, ?, ?) ON CONFLICT (window, who)"
        " DO UPDATE SET started_at=excluded.started_at, count=excluded.count",
        (window, who, row["started_at"], row["count"] + 1),
    )
    return True, limit - row["count"] - 1, ends_at

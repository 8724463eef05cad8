"""The database settings that the promise rests on: an intent that was committed must survive a power cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
SESSION = (
    "synchronous_commit=on",
    "statement_timeout=10s",
    "lock_timeout=3s",
    "idle_in_transaction_session_timeout=15s",
)


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return list(found_in(settings.DATABASES["default"]))


def found_in(database: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """What is wrong with these settings of Django's ``DATABASES``."""
    options = database.get("OPTIONS") or {}
    if database.get("ATOMIC_REQUESTS"):
        yield _error("ATOMIC_REQUESTS must be off: a network must never be asked inside a transaction.")
    if not database.get("CONN_HEALTH_CHECKS"):
        yield _error(
            "CONN_HEALTH_CHECKS must be on: a restarted database must not cost a publication its run."
        )
    engine = str(database["ENGINE"])
    if "sqlite" in engine:
        if options.get("transaction_mode") != "IMMEDIATE":
            yield _error("SQLite's transaction_mode must be IMMEDIATE: two writers would deadlock.")
        if (options.get("timeout") or 0) < 20:
            yield _error("SQLite's timeout must be at least 20 seconds.")
        for pragma in PRAGMAS:
            if pragma not in str(options.get("init_command", "")):
                yield _error(f"SQLite needs PRAGMA {pragma}.")
    elif "postgresql" in engine:
        for setting in SESSION:
            if setting not in str(options.get("options", "")):
                yield _error(f"PostgreSQL needs {setting} for each connection.")
        if not options.get("connect_timeout") or int(options["connect_timeout"]) > 3:
            yield _error("PostgreSQL's connect_timeout must be 3 seconds at most.")
        if not options.get("keepalives"):
            yield _error("PostgreSQL's keepalives must be on: a dead connection would hang for hours.")
    else:
        yield _error(f"{engine} is no database that Hustings was tried on; use PostgreSQL or SQLite.")


def _error(words: str) -> Error:
    return Error(words, hint="config/settings.py sets it from DATABASE_URL.", id="hustings.E201")

"""Shared by every test: the group a test belongs to, and small factories."""

import pytest


def pytest_configure():
    """What a test need not pay for: slow password hashing, and SQLite waiting for the disk."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


GROUPS = ("unit", "db", "broker", "e2e", "browser")


def pytest_collection_modifyitems(items):
    for item in items:
        if not any(item.get_closest_marker(name) for name in GROUPS):
            item.add_marker(
                pytest.mark.unit if "db" not in getattr(item, "fixturenames", ()) else pytest.mark.db
            )


@pytest.fixture(autouse=True)
def events_may_be_flushed(request):
    """Tests that commit end with emptying every table, and SQLite does so with DELETE, which events refuse.

    Only there and only then the refusal is taken away for the moment of emptying.
    """
    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))
    if not commits:
        yield
        return
    request.getfixturevalue("transactional_db")
    from importlib import import_module

    from django.db import connection

    if connection.vendor != "sqlite":
        yield
        return
    migration = import_module("publishing.migrations.0002_events_stay")
    _execute(migration.SQLITE_BACK + migration.SQLITE)
    yield
    _execute(migration.SQLITE_BACK)


def _execute(statements):
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

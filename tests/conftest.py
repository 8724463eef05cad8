"""Shared by every test: the group a test belongs to, and small factories."""

import os
import shutil

import pytest

from tests import templates


def pytest_configure():
    """What a test need not pay for: slow password hashing, and SQLite waiting for the disk."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


GROUPS = ("unit", "db", "broker", "e2e", "browser", "pds")


def pytest_collection_modifyitems(items):
    for item in items:
        if not any(item.get_closest_marker(name) for name in GROUPS):
            item.add_marker(
                pytest.mark.unit if "db" not in getattr(item, "fixturenames", ()) else pytest.mark.db
            )
        if item.get_closest_marker("db") and not _may_touch_the_database(item):
            item.add_marker(pytest.mark.nodb)


def _may_touch_the_database(item):
    """pytest-django refuses it to every other test."""
    asked = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    return bool(asked or item.get_closest_marker("django_db"))


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, django_db_createdb, django_db_modify_db_settings):
    """The test database begins as a copy of a migrated one (with --create-db: as an empty one)."""
    from django.db import connection

    url, name = os.environ.get("DATABASE_URL", ""), connection.settings_dict["TEST"]["NAME"]
    if django_db_createdb or (url and not os.environ.get("POSTGRES_TEMPLATE")):
        yield django_db_keepdb
        return
    if not url:
        shutil.copyfile(templates.migrated_sqlite(), name)
        yield True
        return
    templates.drop(url, name)
    templates.copy_postgres(url, templates.migrated_postgres(url), name)
    yield True
    templates.drop(url, name)


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

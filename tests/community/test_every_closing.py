"""What an upgrade brings over: which messages were set aside before, and topics that were written in another way."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from itertools import islice
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader

from channels.connectors.talk import MessageKind as K
from community.migrations import _pieces
from community.models import Conversation, Message, Settings, Target, View
from tests.community.conftest import told
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
upgrade = import_module("community.migrations.0016_every_closing")


def test_what_was_read_when_it_was_closed_or_emptied_is_set_aside(store):
    store(
        told("1", "Closed", author="mara"),
        told("2", "Below", kind=K.REPLY, parent_id="1", minute=30, author="tom"),
        told("3", "Emptied", author="ola"),
        told("4", "Open", author="jon"),
    )
    Message.objects.filter(remote_id="2").update(seen_at=START + timedelta(hours=2))
    at = START + timedelta(hours=1)
    Conversation.objects.filter(key="thread:1").update(set_aside_at=at)
    Conversation.objects.filter(key="thread:3").update(emptied_at=at)

    upgrade.set_aside(apps, None)

    found = dict(Message.objects.values_list("remote_id", "set_aside_at"))
    assert found == {"1": at, "2": None, "3": at, "4": None}


def test_topics_are_written_as_new_ones_are(world, store):
    store(told("1"))
    Conversation.objects.update(topic="Street  Lamps", topics=["Street Lamps", "street lamps", "Roads"])
    Settings.objects.create(campaign=world.campaign, approve_topics=["Street Lamps"])
    Target.objects.create(campaign=world.campaign, topic="Street Lamps")
    View.objects.create(user=world.manager, name="Lamps", filters={"topic": "Street Lamps", "tab": "all"})

    upgrade.same_topics(apps, None)

    row = Conversation.objects.get()
    assert (row.topic, row.topics) == ("street lamps", ["street lamps", "roads"])
    assert Settings.objects.get().approve_topics == ["street lamps"]
    assert Target.objects.get().topic == "street lamps"
    assert View.objects.get().filters == {"topic": "street lamps", "tab": "all"}


# Large tables -----------------------------------------------------------------------------------------------------


def test_no_statement_of_an_upgrade_takes_more_than_a_piece(store, monkeypatch):
    """Each has ten seconds on PostgreSQL, however many messages there are."""
    monkeypatch.setattr(_pieces, "PIECE", 2)
    store(*(told(str(n), author=f"p{n}") for n in range(5)))
    Conversation.objects.update(status="closed", closed_at=START + timedelta(hours=1), topics=["Lamps"])
    changed = []

    def rows(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        changed.append(context["cursor"].rowcount)
        return done

    with connection.execute_wrapper(rows):
        import_module("community.migrations.0015_set_aside").decided(apps, None)
        upgrade.set_aside(apps, None)
        upgrade.same_topics(apps, None)

    assert max(changed) <= 2
    assert not Message.objects.filter(set_aside_at=None).exists()
    assert {tuple(row.topics) for row in Conversation.objects.all()} == {("lamps",)}


def test_an_upgrade_that_was_cut_off_goes_on(store, monkeypatch):
    monkeypatch.setattr(_pieces, "PIECE", 2)
    store(*(told(str(n), author=f"p{n}") for n in range(5)))
    Conversation.objects.update(set_aside_at=START + timedelta(hours=1))
    done = Message.objects.exclude(set_aside_at=None)

    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "pieces", lambda rows: islice(_pieces.pieces(rows), 1))
        upgrade.set_aside(apps, None)
    assert done.count() == 2

    upgrade.set_aside(apps, None)
    assert done.count() == 5


def test_a_column_that_is_there_from_a_first_try_is_not_added_again():
    editor, state = SimpleNamespace(connection=connection), SimpleNamespace(apps=apps)
    fields = [each for each in upgrade.Migration.operations if isinstance(each, _pieces.AddOnce)]
    assert [each.name for each in fields] == ["set_aside_at", "again_aside_at"]
    for field in fields:
        field.database_forwards("community", editor, None, state)


def test_what_fills_rows_holds_no_table_meanwhile():
    """A transaction round a new column and the filling of it keeps every reader out until the end."""
    nodes = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    fill = {
        name: node.atomic
        for (app, name), node in nodes.items()
        if app == "community" and name >= "0014" and any(isinstance(o, RunPython) for o in node.operations)
    }
    assert len(fill) >= 4
    assert not any(fill.values()), fill

"""What an upgrade brings over: which messages were set aside before, and topics that were written in another way."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from channels.connectors.talk import MessageKind as K
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

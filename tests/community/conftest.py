"""A network that exists only here, on which people talk; and hands to read and answer through time."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

import pytest
from django.contrib.auth.models import Permission

from channels.connectors.abilities import Action, Read, Window
from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind, Safety
from channels.connectors.talk import IN_PUBLIC, Message, MessageKind, Messages
from tests.publishing.conftest import START, FakeNetwork, make_world, waits  # noqa: F401

K = MessageKind


def told(remote_id, text="Hello", *, kind=K.COMMENT, minute=0, author="mara", **more):
    """A message as a network tells it, ``minute`` minutes after the start."""
    at = START + timedelta(minutes=minute)
    names = {
        "author_id": author,
        "author_handle": f"@{author}",
        "author_name": author.title(),
        "hidden": False,
    }
    return Message(remote_id, kind, text, at, **{**names, **more})


def enter(client, user):
    """Let a person into the pages of the desk."""
    group = user.groups.first()
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)


class TalkNetwork(FakeNetwork):
    """FakeNetwork whose people speak. ``pages`` answer reads; ``said`` are the answers that stand there."""

    reads = frozenset({Read.COMMENTS, Read.MENTIONS, Read.DIRECT})
    acts = MappingProxyType(
        {
            Action.REPLY: Safety.SEARCH,
            Action.HIDE: Safety.PURE,
            Action.UNHIDE: Safety.PURE,
            Action.DELETE_COMMENT: Safety.PURE,
            Action.DELETE_POST: Safety.PURE,
            Action.EDIT_POST: Safety.PURE,
        }
    )
    mends = MappingProxyType({Action.DELETE_COMMENT: IN_PUBLIC, Action.EDIT_POST: IN_PUBLIC})
    window = Window(24, "a test", "Wait until they write again.")

    def __init__(self):
        super().__init__()
        self.pages: list = []
        self.asked: list = []
        self.said: list = []
        self.done: list = []

    def messages(self, wanted, ctx):
        self.asked.append(wanted)
        return self.pages.pop(0) if self.pages else Messages(complete=True)

    def act(self, act, ctx):
        ctx.wire.bytes_started_at = ctx.now
        self.calls.append(("run", str(act.action), ctx.now))
        todo = self.script.get(str(act.action), [])
        what = todo.pop(0) if todo else "ok"
        if isinstance(what, Outcome):
            return what
        if isinstance(what, BaseException):
            raise what
        if what == "dropped":
            return Outcome(OutcomeKind.UNKNOWN, message="no answer")
        name = f"a{len(self.done) + 1}"
        self.done.append(act)
        if act.action is Action.REPLY:
            self.said.append((name, act))
        if what == "lost":
            return Outcome(OutcomeKind.UNKNOWN, message="no answer")
        return Outcome(OutcomeKind.OK, {"id": name}, name, f"https://fake.example/{name}")

    def find(self, act, ctx):
        self.calls.append(("look", str(act.action), ctx.now))
        for name, said in self.said:
            if (said.remote_id, said.text) == (act.remote_id, act.text):
                return Lookup(LookupKind.FOUND, name, "", True, {"id": name})
        return Lookup(LookupKind.ABSENT, complete=True)

    def answers(self):
        return [act.text for _, act in self.said]


@pytest.fixture
def network(settings, monkeypatch):
    from channels import tokens
    from channels.connectors.registry import CONNECTORS

    fake = TalkNetwork()
    settings.NETWORKS = {
        **settings.NETWORKS,
        "fake": {"api": "http://127.0.0.1:9", "client_id": "", "client_secret": ""},
    }
    monkeypatch.setitem(CONNECTORS._connectors, "fake", fake)

    def fresh_token(channel, *, worker, refused=""):
        return "token"

    monkeypatch.setattr(tokens, "fresh_token", fresh_token)
    monkeypatch.setattr("channels.service.fresh_token", fresh_token)
    monkeypatch.setattr("publishing.domain.held.random.random", lambda: 1.0)
    return fake


@pytest.fixture
def world(db, waits, network):  # noqa: F811
    from work import clock

    with clock.by_hand(START) as hand:
        yield make_world(hand, network)


@pytest.fixture
def store(world):
    from community import ingest

    def keep(*messages, **more):
        return ingest.store(world.channel, messages, at=more.pop("at", world.hand.at), **more)

    return keep

"""What people said to us on a network, and what we do about it, in words that are the same for all of them.

Nothing here knows a network, Django or a clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from channels.connectors.abilities import Action, Read

if TYPE_CHECKING:
    from channels.connectors.base import Outcome, PublishedRef


MOST_KEPT = 20_000


log = logging.getLogger(__name__)


class MessageKind(StrEnum):
    COMMENT = "comment"  # under a post of ours
    REPLY = "reply"  # to a comment, or to our answer, under a post of ours
    MENTION = "mention"  # of us, in a post of somebody else
    DIRECT = "direct"  # to us alone


IN_PUBLIC = frozenset({MessageKind.COMMENT, MessageKind.REPLY, MessageKind.MENTION})


@dataclass(frozen=True)
class Message:
    """One thing that somebody said, as the network tells it. Ids are opaque texts; ``at`` is in UTC.

    A field that the network does not tell is "". ``parent_id`` is the message that it answers (never our post
    itself), ``post_id`` the post of ours that it stands under, ``conversation_id`` what holds direct messages
    of one person together. ``ours``: our own account wrote it. ``media`` are addresses of what is attached.
    ``hidden`` None: the network does not tell. ``raw`` is the network's own answer; an act may need what only it holds.
    """

    remote_id: str
    kind: MessageKind
    text: str
    at: datetime
    author_id: str = ""
    author_handle: str = ""
    author_name: str = ""
    parent_id: str = ""
    post_id: str = ""
    conversation_id: str = ""
    url: str = ""
    hidden: bool | None = None
    ours: bool = False
    media: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def as_data(self) -> dict[str, Any]:
        """As plain JSON that every database takes; :meth:`of_data` reads it. Texts are cut to ``MOST_KEPT``."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        told |= {"at": self.at.isoformat(), "media": list(self.media), "raw": dict(self.raw)}
        storable: dict[str, Any] = _storable(told)
        return storable

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Message:
        known = {each.name for each in fields(cls)}
        told = {name: value for name, value in data.items() if name in known}
        at, kind = datetime.fromisoformat(told["at"]), MessageKind(told["kind"])
        return cls(**{**told, "at": at, "kind": kind, "media": tuple(told.get("media") or ())})


def _storable(value: Any) -> Any:
    """Without NUL and halves of characters, which PostgreSQL refuses."""
    if isinstance(value, str):
        return str(value)[:MOST_KEPT].replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class Wanted:
    """What is to be read: one page of it.

    ``what`` is COMMENTS (then ``post`` names the post of ours), MENTIONS or DIRECT. ``since``: nothing older
    is needed (a network that cannot ask so is read until it is older). ``cursor`` is that of the page before.
    ``named`` is one message that the network has named in a call: no list may hold it.
    """

    what: Read
    post: PublishedRef | None = None
    since: datetime | None = None
    cursor: str = ""
    limit: int = 100
    named: str = ""


@dataclass(frozen=True)
class Messages:
    """One page of messages, in any order.

    ``cursor`` leads to the next page; "" when there is none. ``complete``: with this page everything since
    ``since`` has been told, so that what is missing is gone; where the network reaches back less far, everything
    since ``reach``. ``cut``: this page leaves something out, so that the round says nothing of what is gone.
    ``late``: said before ``since``, but told with this page anyway, and perhaps only now there at all.
    ``deeper``: private conversations and comments below which more stands than the network tells a program.
    ``problem`` says for people why something is missing, ``outcome`` the same for programs; both are empty when all
    went well.
    """

    found: tuple[Message, ...] = ()
    cursor: str = ""
    complete: bool = False
    problem: str = ""
    outcome: Outcome | None = None
    reach: datetime | None = None
    cut: bool = False
    deeper: tuple[str, ...] = ()
    late: tuple[Message, ...] = ()


def readable(rows: Iterable[Any], parse: Callable[[Any], Message]) -> tuple[list[Message], bool]:
    """The messages of a list, and whether one is left out: a row that cannot be read stops no other."""
    found, cut = [], False
    for row in rows:
        try:
            found.append(parse(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("a message is left out, it could not be read: %r", error)
            cut = True
    return found, cut


def by_age(
    messages: Iterable[Message], since: datetime | None
) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Those said since then, and those that are older."""
    young, late = [], []
    for message in messages:
        (young if since is None or message.at >= since else late).append(message)
    return tuple(young), tuple(late)


@dataclass(frozen=True)
class Act:
    """One thing to do to something that is out. Plain data, so that it can wait in a row.

    ``remote_id`` is what it is done to; ``kind`` says what that is when it is a message. ``text`` is for REPLY
    and EDIT_POST. ``post_id`` is the post of ours, ``person_id``, ``handle`` and ``conversation_id`` are the message's own;
    ``data`` is whatever of the message's ``raw`` the network needs again. ``key`` stays the same over repeats. ``media`` are
    the files that go with a REPLY, as in a payload's parts.
    """

    action: Action
    remote_id: str
    text: str = ""
    kind: MessageKind | None = None
    post_id: str = ""
    person_id: str = ""
    handle: str = ""
    conversation_id: str = ""
    key: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    media: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def to(cls, action: Action, message: Message, *, text: str = "", key: str = "") -> Act:
        """An act on a message that was read."""
        return cls(
            action,
            message.remote_id,
            text,
            message.kind,
            post_id=message.post_id,
            person_id=message.author_id,
            handle=message.author_handle,
            conversation_id=message.conversation_id,
            key=key,
            data={"parent_id": message.parent_id, **message.raw} if message.parent_id else message.raw,
        )

    def as_data(self) -> dict[str, Any]:
        """As plain JSON; :meth:`of_data` reads it."""
        return asdict(self) | {"data": dict(self.data), "media": [dict(each) for each in self.media]}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Act:
        """Read what :meth:`as_data` wrote; what a step carries besides (its own key) is no part of the act."""
        kind, known = data.get("kind"), {each.name for each in fields(cls)}
        data = {name: value for name, value in data.items() if name in known}
        data |= {"action": Action(data["action"]), "kind": MessageKind(kind) if kind else None}
        return cls(**{**data, "media": tuple(data.get("media") or ())})


@dataclass(frozen=True)
class Arrival:
    """What became of a message of ours, where a network tells that only by calling us.

    ``witness`` is the word that we sent along (``Connector.witness_of``), "" where there was none. ``why`` says for
    people why it was not delivered, and is empty where it was; ``to`` is whom it was for. ``wants``: what the person has
    said about messages from us: True for yes, False for no more; None where they have said nothing.
    """

    remote_id: str
    state: str
    at: datetime | None = None
    witness: str = ""
    why: str = ""
    code: str = ""
    to: str = ""
    wants: bool | None = None

    def as_data(self) -> dict[str, Any]:
        told: dict[str, Any] = _storable(asdict(self) | {"at": self.at.isoformat() if self.at else None})
        return told

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Arrival:
        at = data.get("at")
        return cls(**{**data, "at": datetime.fromisoformat(at) if at else None})


@dataclass(frozen=True)
class Hint:
    """What a network's call to us says has happened. It proves nothing: it is read back before it counts.

    ``said`` is the message itself, ``arrival`` what became of one of ours, and only there where the network tells it
    nowhere else (``Connector.hears``): those are taken as they are, because the call was signed.
    ``account_id`` is the network's id of our account; ``what`` is what to read; ``remote_id`` the message's or
    post's own id and ``post_id`` the post of ours, where told. ``key`` is the same when the network repeats
    itself.
    """

    account_id: str
    what: Read
    key: str
    remote_id: str = ""
    post_id: str = ""
    at: datetime | None = None
    said: Message | None = None
    arrival: Arrival | None = None

    def kept(self) -> dict[str, Any]:
        """What must wait in a row, as plain JSON; empty where it can be read back."""
        if self.arrival:
            return {"arrival": self.arrival.as_data()}
        return self.said.as_data() if self.said else {}

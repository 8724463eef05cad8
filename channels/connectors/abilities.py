"""What a network lets us do beyond publishing, as data that a connector's class carries.

The interface offers only what stands here, the table in the documents is made from it, and the base class
refuses everything else by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

WARN_BEFORE = timedelta(days=90)


class Action(StrEnum):
    """What can be done to something that is out. ``Connector.acts`` says how safe a repeat of each is."""

    REPLY = "reply"  # answer a comment, a mention or a direct message
    COMMENT = "comment"  # say something under a post of ours; the first comment is made so
    HIDE = "hide"
    UNHIDE = "unhide"
    DELETE_COMMENT = "delete_comment"  # of others under our posts, or our own
    DELETE_POST = "delete_post"
    BLOCK = "block"  # a person: what they say no longer reaches our account
    UNBLOCK = "unblock"
    EDIT_POST = "edit_post"  # its text


class Read(StrEnum):
    """What can be read back."""

    NUMBERS = "numbers"  # metrics of a post
    FOLLOWERS = "followers"
    COMMENTS = "comments"  # under a post of ours, replies to them included
    MENTIONS = "mentions"  # of our account elsewhere
    DIRECT = "direct"  # direct messages


class Media(StrEnum):
    IMAGE = "image"
    IMAGES = "images"  # several in one post
    GIF = "gif"
    VIDEO = "video"
    ALT_TEXT = "alt_text"  # the network takes one for a picture
    CAPTIONS = "captions"  # the network takes a file of captions for a video
    COVER = "cover"  # a picture for a video, or the moment of it that shall be its picture


@dataclass(frozen=True)
class Version:
    """The version of a network's interface that we speak. ``ends_on`` None: the network ends none, or announced no end.

    ``promised``: no end is announced, but up to that day the network has promised to keep it. One constant per network;
    ``source`` is where its end was read, with the date of reading.
    """

    name: str
    ends_on: date | None
    source: str
    promised: bool = False

    @property
    def end(self) -> str:
        """When it ends, for people."""
        if self.ends_on is None:
            return "no end announced"
        return f"until {self.ends_on:%-d %B %Y}{' at least' if self.promised else ''}"

    def warning(self, today: date) -> str:
        """What the health check says from 90 days before the end on; "" before that."""
        if self.ends_on is None or today < self.ends_on - WARN_BEFORE:
            return ""
        which, day = f"Version {self.name} of the interface", f"{self.ends_on:%-d %B %Y}"
        if today >= self.ends_on:
            said = f"was promised until {day} only" if self.promised else f"ended on {day}"
            return f"{which} {said}. Update Hustings."
        left = (self.ends_on - today).days
        ends = f"is kept until {day} at least" if self.promised else f"ends on {day}"
        return f"{which} {ends}, in {left} day{'' if left == 1 else 's'}. Update Hustings before that."


@dataclass(frozen=True)
class Window:
    """Direct messages may be answered only so long after the person's last one.

    ``otherwise``: what is still possible when it is over, for people.
    """

    hours: int
    source: str
    otherwise: str = ""


@dataclass(frozen=True)
class PrivateStart:
    """A private conversation may be begun with somebody who has only spoken in public, by answering what they said.

    ``data`` is what such an act carries besides the message's own. ``days``: so long after they said it (None: always);
    ``once``: one message to each of theirs, and then it is their turn. ``named``: the network names the private
    conversation by the person's id.
    """

    data: Mapping[str, Any]
    source: str
    days: int | None = None
    once: bool = False
    named: bool = False


@dataclass(frozen=True)
class Price:
    """What one call costs. ``call`` is a short stable name; ``words`` are for people."""

    call: str
    amount: Decimal
    words: str
    source: str
    currency: str = "USD"


@dataclass(frozen=True)
class Charge:
    """A number of calls at a price: one line of what a payload will cost."""

    price: Price
    count: int

    @property
    def amount(self) -> Decimal:
        return self.price.amount * self.count


@dataclass(frozen=True)
class ConnectField:
    """One thing that the connect page asks a person before (or instead of) going to the network.

    ``secret``: never shown again, never logged, and sealed while it waits. ``sample``: what is typed for them
    on the sandbox, in the demo and in the tests; "{sandbox}" in it stands for the network's address there.
    ``usual`` stands in it at first elsewhere. ``optional``: it may be left empty.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False
    sample: str = ""
    usual: str = ""
    placeholder: str = ""
    autocomplete: str = "off"
    max_length: int = 300
    optional: bool = False

"""WhatsApp: a short message with a link, to people who asked for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from channels.telephone import numbers
from formats.core import checks, items, telling
from formats.core.draft import Finding, Level, Part, Source
from formats.core.format import Measure
from formats.core.limits import Limit
from formats.core.options import Option, Value
from formats.core.piece import Block, Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
_DOCS = "https://developers.facebook.com/documentation/business-messaging/whatsapp/messages"
TEXT = Source(f"{_DOCS}/text-messages", READ_ON)
SEND = Source(f"{_DOCS}/send-messages", READ_ON)
MEDIA = Source("https://github.com/facebook/openapi", READ_ON)

SHORT = 900  # a message on a phone's screen, without “read more”: our choice
MOST_POINTS = 3

TEMPLATE = Finding(
    "template_needed",
    Level.NOTE,
    "Whoever has not written to you within 24 hours can only be sent a template that WhatsApp approved.",
    "Have a template with this text approved before the planned time; without one it reaches only open conversations.",
    limit=24,
    unit="hours",
    source=SEND,
)

MOST_PEOPLE = 250
LIMITS = Source(
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits", READ_ON
)
TEMPLATES = Source(f"{_DOCS}/template-messages", READ_ON)
TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
OPTIONS = (
    Option(
        "recipients",
        "To whom",
        LIMITS,
        default="",
        required=True,
        most=6000,
        help="Telephone numbers with their country code (+49 151 …), with commas between them; at most 250. Only people "
        "who asked for your messages may get them.",
    ),
    Option(
        "template",
        "Approved template",
        TEMPLATES,
        default="",
        most=512,
        help="Its name in WhatsApp Manager. Without one only people who wrote to you within 24 hours are reached. Its text "
        "must be the text of this message, letter by letter.",
    ),
    Option(
        "template_language",
        "Language code of the template",
        TEMPLATES,
        default="",
        most=10,
        help="As it stands in WhatsApp Manager, for example en_GB. Without one the language of the message is taken.",
    ),
)


class WhatsAppMessage(telling.Telling):
    id = "whatsapp.message"
    suggested = True
    platform = "whatsapp"
    network = "WhatsApp"
    label = "WhatsApp message"
    unit = "characters"
    description = "A few lines and the link, for people who subscribed."
    where = "the message"
    kinds = frozenset({"image", "video"})
    most_tags = 0
    options = OPTIONS
    limits: ClassVar = {
        "text": Limit(4096, "characters", TEXT),
        "caption": Limit(1024, "characters", MEDIA, note="a text that goes with a picture or video"),
        "media": Limit(1, "picture or video", MEDIA, least=0),
        "image_bytes": Limit(5_000_000, "bytes", SEND),
        "video_bytes": Limit(16_000_000, "bytes", SEND),
        "window": Limit(24, "hours", SEND, note="since the person's last message; later only templates"),
    }

    def measures(self, part: Part) -> tuple[Measure, ...]:
        limit = self.limits["caption"] if part.media else self.limits["text"]
        return (Measure(limit, self.count(part.text)),)

    def room(self, *, with_media: bool) -> int:
        return SHORT

    def told(self, piece: Piece) -> list[Told]:
        blocks = telling.points_or_paragraphs(piece)[:1]
        return [Told(each.source, "\n".join(each.text.split("\n")[:MOST_POINTS])) for each in blocks]

    def why_left_out(self, piece: Piece, block: Block) -> str:
        return "A message is a few lines; the rest is behind the link."

    def rules(self, parts: Sequence[Part]) -> tuple[Finding, ...]:
        return (TEMPLATE,)

    def option_rules(self, answers: Mapping[str, Value]) -> tuple[Finding, ...]:
        good, bad = numbers(str(answers["recipients"] or ""))
        found = [_no_number(bad[0])] if bad else []
        if len(good) > MOST_PEOPLE:
            found.append(_too_many(len(good)))
        name = str(answers["template"] or "")
        if name and not TEMPLATE_NAME.fullmatch(name):
            found.append(_no_template_name(name))
        return tuple(found)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, notes = self.text(piece, link=link)
        return (Part(text, sources=sources),), tuple(notes)


def _no_number(said: str) -> Finding:
    return Finding(
        "recipient_no_number",
        Level.BLOCKER,
        f"“{said}” is no telephone number that WhatsApp takes.",
        "Write it under “Options” with + and the country code, for example +49 151 55501001.",
        source=SEND,
    )


def _too_many(count: int) -> Finding:
    return Finding(
        "too_many_recipients",
        Level.BLOCKER,
        f"{count} people are named; one message goes to at most {MOST_PEOPLE}.",
        "Take some away under “Options”, and plan a second message for them.",
        limit=MOST_PEOPLE,
        actual=count,
        unit="people",
        source=LIMITS,
    )


def _no_template_name(said: str) -> Finding:
    return Finding(
        "template_name",
        Level.BLOCKER,
        f"“{said}” cannot be the name of a template.",
        "Templates have names of small letters, digits and _, as WhatsApp Manager shows them.",
        source=TEMPLATES,
    )

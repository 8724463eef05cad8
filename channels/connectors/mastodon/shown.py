"""What a server shows of a post, as text: its HTML taken off, and how it is compared with what we wrote. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

# A name as servers read it: dots and hyphens stand inside only, and no address or path goes on with @.
NAMES = re.compile(r"(?<![\w=/])@([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?(?:@\w(?:[\w.-]*\w)?)?)", re.IGNORECASE)


class _Text(HTMLParser):
    """The text of a post's HTML. Shortened links hold their whole address in spans that are not shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag == "p" and self.parts:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: Any) -> str:
    """The text of a post's ``content``."""
    reader = _Text()
    reader.feed(html if isinstance(html, str) else "")
    reader.close()
    return "".join(reader.parts).strip()


def names(text: str) -> list[str]:
    """Whom a text names, without the first @, in small letters; each once. A name ends where the server ends it."""
    return list(dict.fromkeys(name.casefold() for name in NAMES.findall(text)))


def plain(text: str) -> str:
    """A text as it is compared: NFC, one kind of space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def instant(text: Any) -> datetime:
    """A server's time in UTC; ValueError or TypeError for what is none."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def parent_of(status: Mapping[str, Any]) -> str:
    parent = status.get("in_reply_to_id")
    return "" if parent is None else str(parent)

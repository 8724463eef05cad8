"""The card of a link: Bluesky makes none, so we read the page's own words about itself (Open Graph) and send them along.

Only a public page is read, and nothing of it is decoded here but its head.
"""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

from channels.safe import fetch_public
from channels.wire import WireError

PAGE_BYTES = 2 * 1024 * 1024
THUMB_BYTES = 1_000_000
TITLE, DESCRIPTION = 300, 600
PICTURES = ("image/jpeg", "image/png", "image/webp")


class NoCard(Exception):
    """The page says nothing that a card could be made of; the text is for people."""


@dataclass(frozen=True)
class Card:
    """What a page says of itself. ``picture`` is its bytes and type, None where it has none that fits."""

    uri: str
    title: str
    description: str
    picture: tuple[bytes, str] | None = None


def of_page(url: str) -> Card:
    """Read a page and make its card. Raises NoCard."""
    try:
        page = fetch_public(url, max_bytes=PAGE_BYTES, mimes=("text/html", "application/xhtml"))
    except (WireError, ValueError) as error:
        raise NoCard(f"The page of the link could not be read for its card: {error}") from error
    head = Head.of(page.body.decode("utf-8", "replace"))
    if not head.title:
        raise NoCard("The page of the link has no title, so the post has no card.")
    picture = _picture(urljoin(page.url, head.picture)) if head.picture else None
    return Card(url, head.title[:TITLE], head.description[:DESCRIPTION], picture)


def _picture(url: str) -> tuple[bytes, str] | None:
    """A picture that fits as it is; a card without one is better than none."""
    try:
        found = fetch_public(url, max_bytes=THUMB_BYTES, mimes=PICTURES)
    except (WireError, ValueError):
        return None
    return found.body, found.mime


class Head(HTMLParser):
    """Title, description and picture of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told: dict[str, str] = {}
        self._in_title = False

    @classmethod
    def of(cls, page: str) -> Head:
        head = cls()
        head.feed(page)
        return head

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "meta" and (name := (found.get("property") or found.get("name") or "").lower()):
            self.told.setdefault(name, found.get("content", "").strip())
        self._in_title = tag == "title" and "title" not in self.told

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.told["title"] = " ".join(data.split())
            self._in_title = False

    @property
    def title(self) -> str:
        return self.told.get("og:title") or self.told.get("title", "")

    @property
    def description(self) -> str:
        return self.told.get("og:description") or self.told.get("description", "")

    @property
    def picture(self) -> str:
        return self.told.get("og:image", "")

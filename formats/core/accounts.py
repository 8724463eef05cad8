"""How the people and organisations that a story names are called on a platform: their handles, and what one looks like.

What a handle may be is data of the formats (``Format.handle``). Nothing is asked of any network.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from formats.core import links
from formats.core.draft import Source

# A third party's overview, for platforms whose own help pages do not say it in one place.
OVERVIEW = Source("https://handlekit.com/username-rules", "2026-11-24")


class BadHandle(ValueError):
    """This is no handle of that platform; the message is for the person who typed it."""


@dataclass(frozen=True)
class Handle:
    """What a platform links as an account when it stands in a text, without its ``@``.

    ``with_server``: the handle names its server too (``name@server``), which an address of a profile has in its host.
    """

    pattern: str
    example: str
    source: Source
    with_server: bool = False

    def read(self, text: str) -> str:
        """Return the handle out of what a person typed or pasted: with or without ``@``, or a profile's address."""
        name = self._of_address(text.strip()) or text.strip().removeprefix("@")
        if not regex.fullmatch(self.pattern, name):
            raise BadHandle(f"“{text.strip()}” is no handle there. Write it like @{self.example}.")
        return name

    def _of_address(self, text: str) -> str:
        parts = links.parsed(text)
        if parts is None:
            return ""
        name = parts.path.strip("/").rsplit("/", 1)[-1].removeprefix("@")
        return f"{name}@{parts.hostname}" if self.with_server and name and "@" not in name else name

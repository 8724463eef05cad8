"""What a network is told about the language of a post, so that its readers can filter, translate and hear it right."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from formats.core.draft import Source

_TAG = regex.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class LanguageTag:
    """The field of a network's request that takes the language. ``primary``: only its first part (``pt`` of ``pt-BR``);
    ``listed``: a list of languages, of which a post has one.
    """

    field: str
    source: Source
    primary: bool = False
    listed: bool = False

    def of(self, language: str) -> dict[str, str | list[str]]:
        """Return field and value for a BCP 47 tag; nothing for what is none, since a network would refuse the post."""
        if not _TAG.fullmatch(language):
            return {}
        tag = language.split("-")[0].lower() if self.primary else language
        return {self.field: [tag] if self.listed else tag}

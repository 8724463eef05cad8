"""Saved replies with fields. Pure.

A saved reply is a beginning: what is sent was edited, or somebody said that it fits as it is, and no field stays unfilled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import regex

FIELDS = {
    "name": "the person's name",
    "story": "the title of the story",
    "link": "the address of the story",
    "hours": "our office hours",
    "campaign": "the campaign",
    "me": "your own name",
}
_ADDRESS = regex.compile(r".*://.*|www\..*|(?:[\w-]+\.)+[a-z]{2,}(?:[/:?].*)?")
_FIELD = regex.compile(r"\{\s*([^{}\n]{0,40}?)\s*\}")


@dataclass(frozen=True)
class Finding:
    level: str  # "blocker" or "warning"
    message: str


def fields_of(text: str) -> list[str]:
    """The names in curly brackets, each once, in order; made-up ones too."""
    return list(
        dict.fromkeys(
            match.group(1).casefold().replace("office hours", "hours") for match in _FIELD.finditer(text)
        )
    )


def check(text: str) -> list[str]:
    """What is wrong with a reply when it is saved, in words for people."""
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    wrong = [f"{{{name}}} is no field. There are: {known}." for name in fields_of(text) if name not in FIELDS]
    if not text.strip():
        wrong.append("Write what is to be answered.")
    if text.count("{") != text.count("}"):
        wrong.append("A curly bracket has no partner. Fields look like {name}.")
    return wrong


def plain_name(name: str) -> str:
    """A stranger's name for an answer of ours: nothing that links, names others or shouts; short."""
    words = name.replace("@", " ").replace("#", " ").split()
    return " ".join(word for word in words if not _ADDRESS.fullmatch(word))[:60].strip()


def fill(text: str, values: Mapping[str, str]) -> str:
    """The reply with what is known; a field without a value stays as it is, so that it is seen.

    A value is put in once: braces within a person's name are no field.
    """

    def put(match: regex.Match[str]) -> str:
        value = values.get(match.group(1).casefold().replace("office hours", "hours"), "").strip()
        return value.replace("{", "(").replace("}", ")") if value else match.group()

    return str(_FIELD.sub(put, text))


def findings(
    sent: str, *, offered: str = "", confirmed: bool = False, outdated: bool = False
) -> list[Finding]:
    """What keeps a text from being sent.

    ``offered`` is the filled saved reply it began as; ``outdated``: a fact behind that changed.
    """
    found = [
        Finding("blocker", f"{{{name}}} is not filled in: {FIELDS.get(name, 'write what belongs there')}.")
        for name in fields_of(sent)
    ]
    if outdated:
        found.append(
            Finding("blocker", "A fact behind this saved reply has changed. Look at it before you use it.")
        )
    if offered and not confirmed and _plain(sent) == _plain(offered):
        found.append(
            Finding(
                "blocker",
                "This is the saved reply word for word. Change it for this person, or say that it fits.",
            )
        )
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())

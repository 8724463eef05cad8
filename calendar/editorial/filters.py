"""What the calendar's address says is to be shown, and what it can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import get_language_info

from editorial.entries import Entry
from editorial.enums import platform_label

NONE_HERE = "Nothing of it here"


@dataclass(frozen=True)
class Filters:
    """What the address says. Unknown values filter nothing away, so that an old bookmark still opens."""

    campaign: int | None = None
    platform: str = ""
    status: str = ""
    text: str = ""
    channel: int | None = None
    owner: int | None = None
    language: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        return cls(
            campaign=_number(query.get("campaign", "")),
            platform=query.get("platform", "")[:20],
            status=query.get("status", "")[:20],
            text=query.get("q", "").strip()[:100],
            channel=_number(query.get("channel", "")),
            owner=_number(query.get("owner", "")),
            language=query.get("language", "")[:20],
        )

    def as_query(self) -> dict[str, str]:
        """As they stand in the address; what filters nothing is left out."""
        names = {each.name: "q" if each.name == "text" else each.name for each in fields(self)}
        return {names[name]: str(value) for name in names if (value := getattr(self, name))}

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@dataclass
class Offered:
    """What the filters can choose from: the accounts, people and languages of what stands here, by name."""

    channels: dict[int, str]
    owners: dict[int, str]
    languages: dict[str, str]

    @classmethod
    def of(cls, entries: Iterable[Entry], filters: Filters) -> Offered:
        """A chosen value stays among them where nothing has it, so that it is seen and can be taken back."""
        channels: dict[int, str] = {filters.channel: NONE_HERE} if filters.channel else {}
        owners: dict[int, str] = {filters.owner: NONE_HERE} if filters.owner else {}
        languages = {filters.language: filters.language} if filters.language else {}
        for entry in entries:
            channels |= {c.pk: f"{c.handle} ({platform_label(c.platform)})" for c in entry.channels}
            languages[entry.variant.language] = language_name(entry.variant.language)
            if (owner := entry.variant.owner) is not None:
                owners[owner.pk] = owner.get_full_name() or owner.get_username()
        return cls(*(dict(sorted(each.items(), key=_by_name)) for each in (channels, owners, languages)))


def _by_name(item: tuple[Any, str]) -> str:
    return item[1].casefold()


def language_name(code: str) -> str:
    """In English, as the editor's languages stand in forms; a code that Django does not know stands for itself."""
    try:
        return get_language_info(code)["name"]
    except KeyError:
        return code


def matches(entry: Entry, filters: Filters) -> bool:
    if filters.platform and entry.variant.platform != filters.platform:
        return False
    if filters.status and entry.word != filters.status:
        return False
    if filters.channel and filters.channel not in {channel.pk for channel in entry.channels}:
        return False
    if filters.owner and entry.variant.owner_id != filters.owner:
        return False
    if filters.language and entry.variant.language != filters.language:
        return False
    return not filters.text or filters.text.casefold() in _searched(entry).casefold()


def _searched(entry: Entry) -> str:
    variant = entry.variant
    return "\n".join([variant.story.title, *(part.text for part in variant.to_parts())])

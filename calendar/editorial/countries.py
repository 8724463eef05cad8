"""Which country a time zone belongs to, from the tables that come with the time zone database."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def _table(name: str) -> list[list[str]]:
    lines = files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@cache
def _by_zone() -> dict[str, str]:
    return {row[2]: row[0] for row in _table("zone.tab")}


def country_of(zone: str) -> str:
    """The ISO 3166 code of the country that a zone is named for, or nothing for one like UTC."""
    return _by_zone().get(zone, "")


@cache
def _names() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((row[0], row[1]) for row in _table("iso3166.tab")), key=lambda choice: choice[1]))


def names() -> list[tuple[str, str]]:
    """Choices for a form: code and English name, by name."""
    return list(_names())

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


@cache
def _links() -> dict[str, str]:
    """Older and other names (Asia/Calcutta), each with the name that it stands for."""
    lines = files("tzdata.zoneinfo").joinpath("tzdata.zi").read_text(encoding="utf-8").splitlines()
    return {name: target for kind, target, name in (line.split() for line in lines if line.startswith("L "))}


def country_of(zone: str) -> str:
    """The ISO 3166 code of the country that a zone is named for, or nothing for one like UTC."""
    for _ in range(3):  # a link may lead to another
        if zone in _by_zone():
            return _by_zone()[zone]
        zone = _links().get(zone, zone)
    return ""


@cache
def _names() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((row[0], row[1]) for row in _table("iso3166.tab")), key=lambda choice: choice[1]))


def names() -> list[tuple[str, str]]:
    """Choices for a form: code and English name, by name."""
    return list(_names())

"""Public holidays of the countries that a calendar's campaigns speak to, by the kept package ``holidays``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

ENGLISH = "en_US"  # the language of the admin; a country without it keeps its own


@dataclass(frozen=True)
class Holiday:
    """``name`` holds the country's code where the calendar shows more than one country."""

    day: date
    name: str


@cache
def _of_year(country: str, year: int) -> tuple[tuple[date, str], ...]:
    try:
        found = holidays.country_holidays(country, years=year, language=ENGLISH)
    except NotImplementedError:  # a country that the package does not know
        return ()
    return tuple(sorted(found.items()))


def between(countries: Iterable[str], first: date, after: date) -> list[Holiday]:
    """The days off from ``first`` up to but not including ``after`` that hold for a whole country, not for a region."""
    countries = sorted(set(countries) - {""})
    years = range(first.year, (after - timedelta(days=1)).year + 1)
    rows = [
        Holiday(day, f"{name} ({country})" if len(countries) > 1 else name)
        for country in countries
        for year in years
        for day, name in _of_year(country, year)
        if first <= day < after
    ]
    return sorted(rows, key=lambda row: (row.day, row.name))

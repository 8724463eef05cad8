from datetime import date

import pytest

from editorial.core.free_days import Holiday, between
from editorial.countries import country_of


@pytest.mark.unit
@pytest.mark.parametrize(
    ("countries", "first", "after", "found"),
    [
        (["DE"], date(2026, 10, 1), date(2026, 11, 1), [Holiday(date(2026, 10, 3), "German Unity Day")]),
        (["DE"], date(2026, 10, 1), date(2026, 10, 3), []),
        ([""], date(2026, 12, 1), date(2027, 1, 1), []),
        (["QQ"], date(2026, 12, 1), date(2027, 1, 1), []),
        (
            ["DE", "FR", "DE"],
            date(2026, 12, 20),
            date(2026, 12, 26),
            [
                Holiday(date(2026, 12, 25), "Christmas Day (DE)"),
                Holiday(date(2026, 12, 25), "Christmas Day (FR)"),
            ],
        ),
        # over the turn of the year both years are asked
        (["FR"], date(2026, 12, 28), date(2027, 1, 4), [Holiday(date(2027, 1, 1), "New Year's Day")]),
    ],
)
def test_days_off(countries, first, after, found):
    assert between(countries, first, after) == found


@pytest.mark.db
@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Asia/Kolkata", "IN"),
        ("Asia/Calcutta", "IN"),
        ("Europe/Kiev", "UA"),
        ("America/Buenos_Aires", "AR"),
        ("Europe/Belfast", "GB"),
        ("Australia/ACT", "AU"),
        ("UTC", ""),
        ("Nowhere/Atall", ""),
    ],
)
def test_country_of_a_zone_whatever_name_it_goes_by(zone, country):
    assert country_of(zone) == country


def test_the_calendar_shows_the_holidays_of_its_campaigns(frozen, make_campaign, as_user):
    from django.urls import reverse

    river, forest = make_campaign("River", "Europe/Berlin"), make_campaign("Forest", "Europe/Paris")
    client = as_user(river.people["creator"])
    page = client.get(reverse("editorial:month"), {"month": "2026-10"}).content.decode()
    assert "German Unity Day" in page
    data = client.get(reverse("editorial:events"), {"start": "2026-11-01", "end": "2026-12-01"}).json()
    # Armistice Day is France's alone, and its campaign is not this person's
    assert not [row for row in data["background"] if row["id"].startswith("holiday")]
    forest.people["creator"].groups.add(*river.people["creator"].groups.all())
    client.force_login(forest.people["creator"])
    data = client.get(reverse("editorial:events"), {"start": "2026-11-01", "end": "2026-12-01"}).json()
    assert "Armistice Day (FR)" in [row["title"] for row in data["background"]]
    chosen = {"start": "2026-11-01", "end": "2026-12-01", "campaign": river.page.pk}
    assert client.get(reverse("editorial:events"), chosen).json()["background"] == []

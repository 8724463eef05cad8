"""Every state of a claim, on every kind of day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from formats.core.claims import Claim, Status, problem

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 23)
GOOD = Claim(1, "4.2 tonnes in one day", Status.CHECKED, "Weighbridge", TODAY, TODAY)


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (GOOD, None),
        (replace(GOOD, expires_on=None), None),
        (replace(GOOD, expires_on=TODAY - timedelta(days=1)), "claim_expired"),
        (replace(GOOD, status=Status.UNCHECKED), "claim_unchecked"),
        (replace(GOOD, checked_on=None), "claim_unchecked"),
        (replace(GOOD, source="  "), "claim_unsourced"),
        (replace(GOOD, status=Status.RETRACTED), "claim_retracted"),
        (replace(GOOD, status=Status.CORRECTED), "claim_corrected"),
        (
            replace(GOOD, status=Status.RETRACTED, source="", expires_on=TODAY - timedelta(9)),
            "claim_retracted",
        ),
    ],
)
def test_problem(claim, code):
    found = problem(claim, TODAY)

    assert (found.code if found else None) == code
    if found:
        assert "4.2 tonnes" in found.message
        assert found.remedy

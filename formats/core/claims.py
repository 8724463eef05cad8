"""When a statement of fact may go out. Pure: the day is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    UNCHECKED = "unchecked"
    CHECKED = "checked"
    CORRECTED = "corrected"  # it was wrong; another claim says what is right
    RETRACTED = "retracted"  # it was wrong, and nothing takes its place


@dataclass(frozen=True)
class Claim:
    """A statement as it stands now. ``expires_on`` is the last day on which it may be used; ``url`` its admin page."""

    id: int
    text: str
    status: Status
    source: str = ""
    checked_on: date | None = None
    expires_on: date | None = None
    url: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a claim keeps everything that carries it from going out, and the way out."""

    code: str
    message: str
    remedy: str


def problem(claim: Claim, on: date) -> Problem | None:
    """What stands in the way of using the claim on a day; None when nothing does."""
    said = f"“{_short(claim.text)}”"
    if claim.status is Status.RETRACTED:
        return Problem(
            "claim_retracted",
            f"The claim {said} has been retracted.",
            "Take it out of the story, then derive again.",
        )
    if claim.status is Status.CORRECTED:
        return Problem(
            "claim_corrected",
            f"The claim {said} has been corrected.",
            "Write what is right in the story, attach the corrected claim there, then derive again.",
        )
    if not claim.source.strip():
        return Problem(
            "claim_unsourced",
            f"The claim {said} has no source.",
            "Open the claim and say where it comes from.",
        )
    if claim.status is not Status.CHECKED or claim.checked_on is None:
        return Problem(
            "claim_unchecked",
            f"The claim {said} has not been checked.",
            "Open the claim, compare it with its source, and mark it as checked.",
        )
    if claim.expires_on is not None and on > claim.expires_on:
        return Problem(
            "claim_expired",
            f"The claim {said} was good until {day(claim.expires_on)}.",
            "Open the claim, check it again, and give it a later date.",
        )
    return None


def _short(text: str, most: int = 90) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def day(date: date) -> str:
    return f"{date.day} {date:%B %Y}"

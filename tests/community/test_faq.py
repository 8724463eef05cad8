"""Which approved answer fits, and everything that keeps it from going out by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from community.core.faq import Pair, automatic, labelled, matches, wants_human
from community.core.triage import suggest

TODAY = date(2026, 11, 23)
STATION = Pair(
    1,
    ("Where is my polling station?", "How do I find my polling station?"),
    "It stands on your poll card.",
    language="en",
    automatic=True,
    channels=frozenset({7}),
    approved=True,
)
BINS = replace(STATION, number=2, ways=("Which bin do coffee cups go in?",), answer="The yellow one.")
PAIRS = [STATION, BINS]
POLISH = "Gdzie jest mój lokal wyborczy w tym roku?"


def ruling(text, pairs=PAIRS, *, channel=7, language="en", **kwargs):
    found = matches(text, pairs, language=language, today=TODAY)
    return automatic(text, found, suggest(text, usual="en"), channel=channel, **kwargs)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Where is my polling station?", 1),
        ("Hi, where do I find my polling station please?", 1),
        ("In which bin do the coffee cups go?", 2),
        ("When does the pool open?", None),
        ("", None),
    ],
)
def test_the_best_fit(text, number):
    found = matches(text, PAIRS, language="en", today=TODAY)

    assert (found[0].pair.number if found else None) == number


@pytest.mark.parametrize(
    "unusable",
    [
        replace(STATION, approved=False),
        replace(STATION, stopped=True),
        replace(STATION, expires_on=date(2026, 11, 22)),
        replace(STATION, language="de"),
    ],
)
def test_what_nobody_approved_is_not_offered(unusable):
    assert matches("Where is my polling station?", [unusable], language="en", today=TODAY) == []


def test_it_goes_out():
    assert ruling("Where is my polling station?").why_not == ""
    assert ruling("Where is my polling station?", [replace(STATION, expires_on=TODAY)]).why_not == ""


@pytest.mark.parametrize(
    ("text", "change", "why"),
    [
        ("Where is my polling station?", {"channel": 8}, "channel"),
        ("Where is my polling station?", {"pairs": [replace(STATION, automatic=False)]}, "marked"),
        ("Where is my polling station?", {"earlier": 1}, "written again"),
        ("Where is my polling station?", {"handled": True}, "Somebody is at it"),
        ("Where is my polling station?", {"old": True}, "too long ago"),
        ("Where is my polling station? Nobody answers the phone!", {}, "complaint"),
        ("Where is my polling station, you idiots?", {}, "complaint, abuse"),
        ("Where is my polling station? This is terrible", {}, "unhappy"),
        ("Where is my polling station today, urgent?", {}, "urgent"),
        ("my polling station", {}, "not recognised as a question"),
        ("Where is my polling station? And is it open to my wheelchair?", {}, "more than one"),
        ("Where is the polling station of my grandmother?", {}, "closely"),
        ("Where is my polling station?", {"pairs": [STATION, replace(STATION, number=3)]}, "alike"),
        ("Where is my polling station" + " exactly" * 40 + "?", {}, "wants to be read"),
        (POLISH, {"pairs": [replace(STATION, language="", ways=(POLISH,))], "language": ""}, "language"),
    ],
)  # fmt: skip
def test_a_person_is_needed(text, change, why):
    found = ruling(text, **change)

    assert why in found.why_not
    assert found.match is not None


def test_nothing_fits():
    assert ruling("When does the pool open?").match is None


@pytest.mark.parametrize("language", ["en", "de-AT", "fr", "es", "pl"])
def test_it_says_that_it_is_automatic_and_how_to_reach_somebody(language):
    text = labelled(" It stands on your card. ", language)

    assert text.casefold().startswith(
        ("automatic", "automatisch", "réponse automatique", "respuesta automática")
    )
    assert wants_human(text.split("“")[-1].split("”")[0]) or language != "en"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Human!", True),
        ("Mensch bitte", True),
        ("no", False),
        ("every human has the right to be heard here", False),
    ],
)
def test_asking_for_a_person(text, asked):
    assert wants_human(text) is asked

"""What planning costs, against counting the same words: ``make bench`` prints it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import regex

from formats.core import addresses, splitting, tokens
from formats.core.piece import (
    CallToAction,
    Campaign,
    FileRef,
    Heading,
    KeyPoints,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Statistic,
)
from formats.registry import FORMATS

_SENTENCES = (
    "On Saturday the neighbours met at the Old Mill to clean three kilometres of the bank, as they do each spring.",
    "Dr. Amal Shaw of the university (https://example.org/river) counted 4.2 tonnes of rubbish, most of it plastic.",
    "“We had hoped for fifty people,” she said; in the end 214 came, with gloves, hooks and two boats.",
    "The council will publish the readings in May 2027 – oxygen, nitrate and temperature, for all five wards.",
)
_WORD = regex.compile(r"\b\w+\b")
ROUNDS = 7


def story(words: int) -> Piece:
    """A story of about so many words: headings, paragraphs, points, a quote, a statistic and a picture."""
    text = " ".join(_SENTENCES)
    paragraphs = max(1, words // len(text.split()))
    blocks: list[Any] = []
    for number in range(paragraphs):
        if number % 8 == 0:
            blocks.append(Heading(f"h{number}", f"What happened in ward {number}"))
        blocks.append(
            Paragraph(f"p{number}", f"In ward {number}: {text}")
        )  # none twice: nothing is found in a cache
    blocks[2:2] = [
        KeyPoints("points", ("4.2 tonnes in one day", "214 people took part", "The next day is 12 December")),
        Quote("quote", "I have never seen it so clear.", "Jean Okafor", "volunteer"),
        Statistic("statistic", "4.2", "tonnes", "of rubbish", "Weighbridge record"),
        Picture(
            "picture", FileRef("a.jpg", "00" * 32, "image/jpeg", 1, 3000, 2000), "Two people lift a trolley"
        ),
        CallToAction("call", "Join us on 12 December", "https://example.org/join"),
    ]
    campaign = Campaign("Clean River", "river", "Published by Riverside Town Council", ("CleanRiver",))
    link = "https://riverside.example.org/clean-up/"
    return Piece(
        "story:1", "story", "Four tonnes in a day", _SENTENCES[0], tuple(blocks), link, campaign=campaign
    )


def without_points(piece: Piece) -> Piece:
    """The harder kind: threads then tell the paragraphs."""
    return replace(piece, blocks=tuple(each for each in piece.blocks if not isinstance(each, KeyPoints)))


def plan(piece: Piece) -> None:
    """Plan it as if for the first time: what is remembered between formats is forgotten before."""
    for remembered in (addresses.public, tokens._unbreakable, splitting._places):
        remembered.cache_clear()
    for format in FORMATS:
        format.compose(piece)


def cpu_s(work: Callable[[], object]) -> float:
    """The least processor time of several rounds, in seconds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def measure() -> list[dict[str, Any]]:
    piece, double = without_points(story(5_000)), without_points(story(10_000))
    text = "\n\n".join(each.text for each in piece.of(Paragraph))
    plan(piece)  # patterns are compiled at first use
    counted = cpu_s(lambda: len(_WORD.findall(text)))
    once, twice = cpu_s(lambda: plan(piece)), cpu_s(lambda: plan(double))
    return [
        row("5,000 words into every format, to counting them", once, counted, goal=80, unit="s CPU"),
        row("5,000 words into every format, to 0.1 s", once, 0.1, goal=1, unit="s CPU"),
        row("10,000 words into every format, to 5,000", twice, once, goal=2.2, unit="s CPU"),
    ]


def row(name: str, ours: float, baseline: float, *, goal: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "baseline": baseline,
        "ratio": round(ours / baseline, 2),
        "goal": goal,
        "unit": unit,
    }

"""What holds for a variant as a whole: the imprint is in it, its colours can be read, which way it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import regex

from formats.core import contrast, direction, plans, splitting
from formats.core.checks.findings import BLOCKER, NOTE, WARNING
from formats.core.draft import Finding, Part


def imprint_of(parts: Sequence[Part], imprint: str) -> list[Finding]:
    wanted = _squeezed(imprint)
    if not wanted:
        return []
    texts = "".join(_squeezed(splitting.unmarked(part.text)) for part in parts)
    shown = (_squeezed(text) for part in parts for item in part.media for text in plans.texts(item.plan))
    if wanted in texts or any(wanted in text for text in shown):
        return []
    return [
        Finding(
            "missing_imprint",
            BLOCKER,
            "The campaign's imprint is missing.",
            f"Add “{' '.join(imprint.split())}” to the text or to the last card.",
            value=" ".join(imprint.split()),
        )
    ]


def _squeezed(text: str) -> str:
    """Without white space and direction marks: the same words cut or wrapped elsewhere are still the same words."""
    return regex.sub(r"[\s\p{Cc}\u200e\u200f]+", "", text).casefold()


def runs(parts: Sequence[Part], language: str) -> list[Finding]:
    texts = [part.text for part in parts]
    texts += [text for part in parts for item in part.media for text in plans.texts(item.plan)]
    if not any(direction.runs_right_to_left(text, "en") for text in texts):
        return []
    return [
        Finding(
            "right_to_left",
            NOTE,
            "This text runs from right to left.",
            "Cards are set from the right. Look at the preview where Latin names, numbers or links stand in a line.",
        )
    ]


def looks(parts: Sequence[Part]) -> list[Finding]:
    """One finding per pair of colours that is hard to read, however many cards use it."""
    found: dict[str, Finding] = {}
    for p, part in enumerate(parts):
        for m, item in enumerate(part.media):
            for look in _look_of(item.plan):
                for what, text, ground in (("cards", "ink", "colour"), ("text on paper", "text", "paper")):
                    ratio = contrast.ratio(str(look.get(text, "")), str(look.get(ground, "")))
                    if ratio is not None and ratio < contrast.MINIMUM and what not in found:
                        found[what] = _low_contrast(what, ratio, p, m)
    return list(found.values())


def _look_of(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    look = plan.get("look")
    return [look] if isinstance(look, Mapping) else []


def _low_contrast(what: str, ratio: float, part: int, media: int) -> Finding:
    return Finding(
        "low_contrast",
        WARNING,
        f"The campaign's colours for {what} are hard to read ({ratio:.1f} to 1).",
        "Choose a darker or lighter colour in the campaign; until then the cards use the nearest readable one.",
        part=part,
        media=media,
        limit=contrast.MINIMUM,
        actual=round(ratio, 2),
        unit="to 1",
    )

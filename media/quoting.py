"""Quotation marks around what somebody said. Pure."""

from __future__ import annotations

CLOSED_BY = {"“": "”", "„": "“”", "«": "»", "»": "«", "”": "”", '"': '"'}


def unquoted(text: str) -> str:
    """The text without marks that enclose all of it. Those of a quotation inside it stay."""
    text = text.strip()
    if len(text) < 2 or text[-1] not in CLOSED_BY.get(text[0], ""):
        return text
    opening, inside, closing = text[0], text[1:-1], text[-1]
    depth = 0
    for mark in inside:
        depth += (mark == opening and opening != closing) - (mark == closing)
        if depth < 0:  # the first mark is closed before the end
            return text
    return text if depth else inside.strip()

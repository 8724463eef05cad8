"""Telephone numbers as people write them: who gets a message. Pure; formats and connectors read them alike."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\+[1-9]\d{6,14}")  # E.164


def numbers(text: str) -> tuple[list[str], list[str]]:
    """The numbers in a text, each once and in order, and what is none. Between them stand commas, semicolons or lines."""
    good: dict[str, None] = {}
    bad = []
    for part in re.split(r"[,;\n]+", text or ""):
        bare = re.sub(r"[\s().\-/]", "", part)
        if not bare:
            continue
        if NUMBER.fullmatch(bare):
            good[bare] = None
        else:
            bad.append(part.strip())
    return list(good), bad

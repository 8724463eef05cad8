"""Texts for posts. Two that are nearly the same would, rightly, make a look-up ask a person which of them it sees."""

from __future__ import annotations

import random

SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]


def sentence(seed: str, words: int = 14) -> str:
    """The same nonsense for the same seed."""
    chance = random.Random(seed)
    made = ("".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(words))
    return " ".join(made)


def thread(name: str, count: int = 1) -> list[str]:
    """``count`` texts that begin with ``name`` and are otherwise unlike each other and unlike those of other names."""
    return [f"{name}, {n}/{count}: {sentence(f'{name} {n}')}." for n in range(1, count + 1)]

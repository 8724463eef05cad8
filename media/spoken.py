"""What is said in a video, as sentences, and passages that begin and end with one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from media.captions import Cue

PAUSE_S = 1.2  # a silence so long ends a sentence, whatever its last character
ENDS = re.compile(r"[.!?…。！？؟।॥][\"'”’»)\]]*$")


@dataclass(frozen=True)
class Spoken:
    """What is said from ``start_s`` to ``end_s`` of the video."""

    start_s: float
    end_s: float
    text: str

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def sentences(cues: Sequence[Cue]) -> list[Spoken]:
    """Captions joined until a sentence ends, by its last character or by a silence."""
    found: list[Spoken] = []
    begun: list[Cue] = []
    for place, cue in enumerate(cues):
        begun.append(cue)
        following = cues[place + 1] if place + 1 < len(cues) else None
        if following and following.start_s - cue.end_s < PAUSE_S and not ENDS.search(cue.text.rstrip()):
            continue
        words = " ".join(" ".join(each.text.split()) for each in begun)
        found.append(Spoken(begun[0].start_s, max(each.end_s for each in begun), words))
        begun = []
    return found


def suggested(cues: Sequence[Cue], *, longest_s: float, shortest_s: float, most: int = 4) -> list[Spoken]:
    """Passages that tear no sentence, in order of time; none where nothing fits."""
    return passages(sentences(cues), longest_s=longest_s, shortest_s=shortest_s, most=most)


def between_silences(
    sounds: Sequence[Sequence[float]], *, longest_s: float, shortest_s: float, most: int = 4
) -> list[Spoken]:
    """The same where nobody wrote down what is said: from the beginning of a sound to the end of one.

    ``sounds`` are (from, to) in seconds, as :func:`media.passage.sounds` finds them.
    """
    heard = [Spoken(start, end, "") for start, end in sounds]
    return passages(heard, longest_s=longest_s, shortest_s=shortest_s, most=most)


def passages(said: Sequence[Spoken], *, longest_s: float, shortest_s: float, most: int) -> list[Spoken]:
    """Passages that tear none of these. Better has more seconds of speech in it and fewer of silence; no two overlap."""
    possible = []
    for first, begin in enumerate(said):
        spoken_s, words = 0.0, []
        for sentence in said[first:]:
            length = sentence.end_s - begin.start_s
            if length > longest_s:
                break
            spoken_s += sentence.length_s
            words.append(sentence.text)
            if length >= shortest_s:
                worth = spoken_s - (length - spoken_s) / 3
                possible.append((worth, Spoken(begin.start_s, sentence.end_s, " ".join(words).strip())))
    chosen: list[Spoken] = []
    for _, passage in sorted(possible, key=lambda each: (-each[0], each[1].start_s)):
        if len(chosen) < most and all(
            passage.end_s <= c.start_s or passage.start_s >= c.end_s for c in chosen
        ):
            chosen.append(passage)
    return sorted(chosen, key=lambda each: each.start_s)

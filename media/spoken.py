"""What is said in a video, as sentences, and passages that begin and end with one. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate

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
    speech = list(accumulate((sentence.length_s for sentence in said), initial=0.0))
    chosen: list[tuple[int, int]] = []
    free = [(-math.inf, math.inf)]
    while len(chosen) < most:
        found = [each for gap in free if (each := _best(said, speech, gap, longest_s, shortest_s))]
        if not found:
            break
        _, _, first, last = min(found)
        chosen.append((first, last))
        free = [rest for gap in free for rest in _around(gap, said[first].start_s, said[last].end_s)]
    return [_joined(said[first : last + 1]) for first, last in sorted(chosen)]


def _best(
    said: Sequence[Spoken],
    speech: Sequence[float],
    gap: tuple[float, float],
    longest_s: float,
    shortest_s: float,
) -> tuple[float, float, int, int] | None:
    """The best passage between two times: (less its worth, its start, first and last sentence).

    What a passage is worth is what its end is worth less what its beginning is: so each end is looked at once, not once
    for each beginning.
    """
    best: tuple[float, float, int, int] | None = None
    ends: list[tuple[float, int]] = []  # a heap, the best first
    seen = 0
    for first, begin in enumerate(said):
        if begin.start_s < gap[0]:
            continue
        seen = max(seen, first)
        while seen < len(said) and said[seen].end_s - begin.start_s <= longest_s:
            if said[seen].end_s <= gap[1]:
                heappush(ends, (-_worth(speech[seen + 1], said[seen].end_s), seen))
            seen += 1
        while ends and (ends[0][1] < first or said[ends[0][1]].end_s - begin.start_s < shortest_s):
            heappop(ends)
        if ends:
            worth = round(-ends[0][0] - _worth(speech[first], begin.start_s), 6)
            if best is None or -worth < best[0]:
                best = (-worth, begin.start_s, first, ends[0][1])
    return best


def _worth(spoken_s: float, at_s: float) -> float:
    """Speech so far, less a third of the silence."""
    return round(spoken_s - (at_s - spoken_s) / 3, 6)


def _around(gap: tuple[float, float], start_s: float, end_s: float) -> list[tuple[float, float]]:
    """What is left of a gap before and after a passage; all of it where the passage is elsewhere."""
    if not gap[0] <= start_s <= end_s <= gap[1]:
        return [gap]
    return [(gap[0], start_s), (end_s, gap[1])]


def _joined(said: Sequence[Spoken]) -> Spoken:
    words = " ".join(sentence.text for sentence in said).strip()
    return Spoken(said[0].start_s, said[-1].end_s, words)

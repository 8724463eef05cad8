"""How loud something is, and what brings it to what the platforms aim at (EBU R 128).

Measured first, then turned up or down as a whole, so that nothing breathes. Where peaks would go over, a limiter holds them
and the result of that is measured too, until it is right. ffmpeg's own ``loudnorm`` does the same at four times the rate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media import ffmpeg
from media.ffmpeg import number

TARGET_LUFS = -14.0
PEAK_DBTP = -1.5
MOST_DBTP = -1.0  # of the finished file, as TOLERANCE_LU: the coder goes over and takes away
TOLERANCE_LU = 0.5
AS_IT_IS_LU = 1.0  # a file that is not further off may go out as it came
CLOSE_LU = 0.3
TRIES = 4
MOST_DB, LEAST_DB = 24.0, -30.0  # quieter than that is noise, and would be loud noise
SILENT_LUFS = -69.0
NEARLY_S = 0.5
STEREO = "aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo"
CEILING_DB = -2.0  # of the limiter, for the coder goes a little over


@dataclass(frozen=True)
class Heard:
    """Integrated loudness (LUFS) and true peak (dBFS)."""

    lufs: float
    peak: float


@dataclass(frozen=True)
class Level:
    """How to turn the sound, how loud it is then to be, and what no peak may go over."""

    gain_db: float
    limited: bool
    lufs: float
    ceiling_db: float = CEILING_DB

    @property
    def chain(self) -> str:
        """The filters, for stereo at 48 kHz."""
        limit = f",alimiter=level=disabled:limit={10 ** (self.ceiling_db / 20):.6f}:attack=5:release=50"
        return f"volume={number(self.gain_db)}dB" + (limit if self.limited else "")

    def corrected(self, heard: Heard) -> Level | None:
        """What to try instead, where the finished file is heard to be off by more than it may; None where it is right.

        A coder leaves out what is noise to it, and its peaks go over those it was given.
        """
        missing = self.lufs - heard.lufs
        if abs(missing) <= TOLERANCE_LU and heard.peak <= MOST_DBTP:
            return None
        over = max(0.0, heard.peak - PEAK_DBTP) if heard.peak > MOST_DBTP else 0.0
        gain = self.gain_db + (missing if abs(missing) > TOLERANCE_LU / 2 else 0)
        return replace(self, gain_db=_bounded(gain), limited=True, ceiling_db=self.ceiling_db - over)


def parse(said: str) -> Heard | None:
    """The summary that ``ebur128`` prints at its end; None for silence."""
    summary = said.rsplit("Summary:", 1)[-1]
    loud = re.search(r"I:\s*(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s*(-?[\d.]+|-inf) dBFS", summary)
    if not loud or float(loud[1]) < SILENT_LUFS:
        return None
    return Heard(float(loud[1]), float(peak[1]) if peak and "inf" not in peak[1] else -99.0)


def measure(inputs: Sequence[str], folder: Path, length_s: float, chain: str = "anull") -> Heard | None:
    """How loud the first sound track of an input is after ``chain``; None when it is silent."""
    filters = f"{STEREO},{chain},ebur128=peak=true:framelog=verbose"
    said = ffmpeg.run(
        [*inputs, "-vn", "-map", "0:a:0", "-af", filters, "-f", "null", "-"],
        folder=folder, timeout_s=60 + length_s, one_thread=True,
    )  # fmt: skip
    return parse(said)


def goes_on(inputs: Sequence[str], folder: Path, length_s: float) -> bool:
    """Whether the first sound track is there to the end of so many seconds. Nothing is decoded."""
    said = ffmpeg.run(
        [*inputs, "-vn", "-map", "0:a:0", "-c", "copy", "-f", "null", "-"],
        folder=folder, timeout_s=60 + length_s,
    )  # fmt: skip
    return float(said.rsplit("out_s=", 1)[1]) > length_s - NEARLY_S


def level(heard: Heard | None, hear: Callable[[str], Heard | None]) -> Level | None:
    """What brings a sound to the target. ``hear(chain)`` tells how loud it is with these filters. None for silence."""
    if heard is None:
        return None
    gain = _bounded(TARGET_LUFS - heard.lufs)
    if heard.peak + gain <= PEAK_DBTP:
        return Level(gain, False, heard.lufs + gain)
    tried: list[Level] = []
    for _ in range(TRIES):
        now = hear(Level(gain, True, 0.0).chain)
        if now is None:
            break
        tried.append(Level(gain, True, now.lufs))
        if abs(TARGET_LUFS - now.lufs) <= CLOSE_LU:
            break
        gain = _next(tried)
    return min(tried, key=lambda each: abs(TARGET_LUFS - each.lufs), default=None)


def _next(tried: Sequence[Level]) -> float:
    """The gain to try next: the more a limiter takes away, the more has to be added (by the slope of the last two)."""
    last = tried[-1]
    missing = TARGET_LUFS - last.lufs
    if len(tried) > 1 and last.gain_db != tried[-2].gain_db:
        slope = (last.lufs - tried[-2].lufs) / (last.gain_db - tried[-2].gain_db)
        missing /= min(1.0, max(0.25, slope))
    return _bounded(last.gain_db + missing)


def levelled(inputs: Sequence[str], folder: Path, length_s: float, then: str = "anull") -> Level | None:
    """:func:`level` for the first sound track of an input, heard through ``then``: fades, which take a little away."""
    heard = measure(inputs, folder, length_s, then)
    return level(heard, lambda chain: measure(inputs, folder, length_s, f"{chain},{then}"))


def _bounded(db: float) -> float:
    return min(MOST_DB, max(LEAST_DB, db))

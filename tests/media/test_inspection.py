from dataclasses import replace

import pytest

from media.inspection import Expected, Seen, faults
from media.probe import Probe

pytestmark = pytest.mark.unit

EXPECTED = Expected((1080, 1920), 10.0, 30, frames=300, lufs=-14.0)
FACTS = Probe("video", "video/mp4", 1080, 1920, 10.02, True, 30.0, "h264", "aac", "yuv420p")
GOOD = Seen(FACTS, 300, -14.2, True)


def test_what_is_as_it_has_to_be():
    assert faults(GOOD, EXPECTED) == []
    assert faults(replace(GOOD, lufs=None), replace(EXPECTED, lufs=None)) == []


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (replace(GOOD, frames=299), "299 frames instead of 300"),
        (replace(GOOD, lufs=-17.2), "-17.2 LUFS instead of -14.0 LUFS"),
        (replace(GOOD, lufs=None), "silent instead of -14.0 LUFS"),
        (replace(GOOD, starts_fast=False), "its index is at the end"),
        (replace(GOOD, facts=replace(FACTS, duration_s=10.1)), "length 10.1 s instead of 10.00 s"),
        (replace(GOOD, facts=replace(FACTS, pixel_format="yuv444p")), "coded as h264, aac, yuv444p"),
        (replace(GOOD, facts=replace(FACTS, width=1078)), "size 1078 × 1920"),
    ],
)
def test_what_is_not(seen, fault):
    assert faults(seen, EXPECTED) == [fault]

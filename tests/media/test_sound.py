import pytest

from media import sound
from media.sound import Heard, Level

pytestmark = pytest.mark.unit

SAID = """
[Parsed_ebur128_3 @ 0x1] Summary:

  Integrated loudness:
    I:         %s LUFS
    Threshold: -33.4 LUFS

  Loudness range:
    LRA:         3.2 LU

  True peak:
    Peak:        %s dBFS
"""


@pytest.mark.parametrize(
    ("lufs", "peak", "heard"),
    [
        ("-23.1", "-4.2", Heard(-23.1, -4.2)),
        ("-70.0", "-inf", None),
        ("-30.0", "-inf", Heard(-30.0, -99.0)),
        ("nan", "0", None),
        ("0:a;movie=/x", "0", None),
    ],
)
def test_the_summary_is_read_and_nothing_else_gets_through(lufs, peak, heard):
    assert sound.parse("I: -9.9 LUFS before\n" + SAID % (lufs, peak)) == heard


def nobody(chain):
    pytest.fail("measured again without need")


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (Heard(-14.0, -3.0), Level(0.0, False, -14.0)),
        (Heard(-20.0, -9.0), Level(6.0, False, -14.0)),
        (Heard(-9.0, -0.1), Level(-5.0, False, -14.0)),
        (Heard(-60.0, -50.0), Level(24.0, False, -36.0)),  # what is nearly silent stays quiet
        (None, None),
    ],
)
def test_with_room_above_it_is_turned_up_or_down_as_a_whole(heard, expected):
    assert sound.level(heard, nobody) == expected


def test_where_peaks_would_go_over_a_limiter_holds_them_and_the_result_is_measured_until_it_is_right():
    asked = []

    def hear(chain):
        asked.append(chain)
        return Heard((-16.0, -14.4, -14.1, 0)[len(asked) - 1], -1.6)

    found = sound.level(Heard(-24.0, -3.0), hear)

    assert (found.limited, found.lufs) == (True, -14.1)
    assert [chain.split("dB")[0] for chain in asked] == ["volume=10", "volume=12", "volume=12.5"]
    assert found.gain_db == pytest.approx(12.5)
    assert all("alimiter" in chain for chain in asked)

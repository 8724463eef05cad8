import pytest

from media import passage
from media.captions import Cue
from media.passage import Look, pick_centre, pick_start, sounds
from media.probe import Probe

pytestmark = pytest.mark.unit


def look(length_s, lively=(), loud=(), sharp=1.0):
    bins = int(length_s * 2)

    def where(spans):
        return tuple(1.0 if any(a <= i / 2 < b for a, b in spans) else 0.05 for i in range(bins))

    return Look(where(lively), tuple([sharp] * bins), where(loud), ())


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        ([(0, 5), (6, 12.5)], [(0, 5), (6, 12.5)]),
        ([(2, 4), (5, 6), (9, 20)], [(2, 4), (5, 6), (9, 20)]),
        ([(0, 20)], []),  # no silence to cut at
        ([], []),
    ],
)
def test_sounds_go_from_silence_to_silence(heard, found):
    quiet = Look(
        (), (), tuple(1.0 if any(a <= i / 2 < b for a, b in heard) else 0.001 for i in range(40)), ()
    )

    assert sounds(quiet) == found


@pytest.mark.parametrize(
    ("seen", "cues", "starts"),
    [
        (look(60), [], (0, 0)),  # nothing stands out: from the beginning
        (look(60, lively=[(30, 45)]), [], (29, 36)),
        (look(60, loud=[(40, 60)]), [], (39, 50)),
        (look(60, lively=[(20, 40)]), [Cue(22.35, 24, "x")], (22.2, 22.2)),  # begins with the sentence
    ],
)
def test_pick_start(seen, cues, starts):
    start = pick_start(seen, 10.0, 60.0, cues)

    assert starts[0] <= start <= starts[1]


def test_pick_start_tears_no_sentence():
    cues = [Cue(9.5, 14.0, "a long sentence"), Cue(14.5, 20, "another")]

    start = pick_start(look(30), 10.0, 30.0, cues)

    assert not any(cue.start_s + 0.1 < edge < cue.end_s - 0.1 for cue in cues for edge in (start, start + 10))


def test_pick_start_leaves_room_for_the_whole_passage():
    assert pick_start(look(12, lively=[(11, 12)]), 10.0, 12.0) <= 2.0


@pytest.mark.parametrize(
    ("columns", "share", "centre"),
    [
        ([0] * 10, 0.3, 0.5),
        ([1] * 10, 0.3, 0.5),
        ([9, 9, 9, 1, 1, 1, 1, 1, 1, 1], 0.3, 0.2375),
        ([1, 1, 1, 1, 1, 1, 1, 9, 9, 9], 0.3, 0.7625),
        ([1, 2, 3], 1.0, 0.5),
    ],
)
def test_pick_centre(columns, share, centre):
    assert pick_centre(columns, share) == pytest.approx(centre)


@pytest.mark.parametrize(
    ("duration_s", "width", "height", "fps", "long"),
    [
        (239, 1920, 1080, 30, False),
        (241, 640, 360, 25, True),
        (60, 3840, 2160, 60, True),  # as many pixels as four minutes twice over
        (25, 3840, 2160, 60, False),
        (200, 640, 360, None, False),
    ],
)
def test_what_takes_minutes_to_decode_is_looked_at_by_its_key_frames(duration_s, width, height, fps, long):
    facts = Probe("video", "video/mp4", width, height, duration_s, True, fps)

    assert passage.is_long(facts) is long

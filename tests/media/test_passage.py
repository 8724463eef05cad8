import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from media import cut, passage
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


# What goes out when nobody chooses -------------------------------------------------------------------------------------


def talk(seed, duration_s=180.0):
    """(captions, where sentences begin, where they end, what is seen) of a made-up talk, a caption to three a sentence."""
    chance = random.Random(seed)
    at, cues, begins, ends = chance.uniform(0, 5), [], [], []
    while at < duration_s - 12:
        begins.append(round(at, 3))
        count = chance.randint(1, 3)
        for nth in range(count):
            end = at + chance.uniform(1.2, 3.5)
            cues.append(Cue(round(at, 3), round(end, 3), "words" + ("." if nth == count - 1 else " and")))
            at = end + 0.05
        ends.append(cues[-1].end_s)
        at += chance.uniform(0, 0.8)
    bins = int(duration_s * 2)
    seen = Look(*(tuple(chance.random() for _ in range(bins)) for _ in range(3)), ())
    return cues, begins, ends, seen


def unchosen(cues, seen, duration_s=180.0, **changes):
    """The passage of a cut that nobody has chosen anything of, as (from, to)."""
    facts = Probe("video", "video/mp4", 1920, 1080, duration_s, has_audio=True)
    plan = {"kind": "cut", "size": [1080, 1920], "start_s": None, "max_s": 30, "min_s": 3} | changes
    material = cut.Material(Path("in.bin"), Path("."), facts, cues)
    shot = cut._shot(plan, material, SimpleNamespace(facts=facts, look=seen))
    return shot.where.start_s, shot.where.start_s + shot.timing.passage_s


def test_what_nobody_chose_begins_and_ends_with_a_sentence():
    for seed in range(200):
        cues, begins, ends, seen = talk(seed)

        start, end = unchosen(cues, seen)

        assert min(abs(start - each) for each in begins) <= 0.15
        assert min(abs(end - each) for each in ends) <= 0.15
        assert 15 <= end - start <= 30.001


def test_without_captions_or_sentences_that_fit_it_is_as_long_as_it_may_be():
    *_, seen = talk(1)
    monologue = [Cue(n * 2.0, n * 2.0 + 2, "and so on") for n in range(80)]

    assert unchosen([], seen)[1] - unchosen([], seen)[0] == pytest.approx(30, abs=0.04)
    start, end = unchosen([Cue(0, 1, "Hello."), *monologue], seen)
    assert end - start == pytest.approx(30, abs=0.04)


def test_a_length_that_somebody_gave_is_kept():
    cues, *_, seen = talk(2)

    start, end = unchosen(cues, seen, length_s=20.0)

    assert end - start == pytest.approx(20, abs=0.04)


def test_captions_that_end_after_the_video_do_not_carry_the_passage_over_its_end():
    *_, seen = talk(3)

    start, end = unchosen([Cue(165.0, 172.0, "So."), Cue(172.5, 193.0, "Thank you.")], seen)

    assert start >= 0
    assert end <= 180


def test_the_liveliest_of_the_passages_with_whole_sentences_goes_out():
    cues = [Cue(n * 10.0, n * 10.0 + 9.5, "Said.") for n in range(18)]

    start, _ = unchosen(cues, look(180, lively=[(120, 150)]))

    assert 85 <= start <= 125

"""The frames of a film of cards, before they are encoded."""

import pytest
from PIL import Image

from media import film
from media.bench_video import step_error

pytestmark = pytest.mark.unit


def grey(value, size=(64, 96)):
    return film.Slide(Image.new("RGB", size, (value,) * 3), moves=False)


def luma(frame, size=(64, 96)):
    return frame[(size[1] // 2) * size[0] + size[0] // 2]


def test_a_slow_zoom_does_not_shake():
    """Near the edge, where a step is longest, each is within a twentieth of a pixel of where it should be."""
    assert step_error() <= 0.05


@pytest.mark.parametrize("per_slide", [7, 8])
def test_every_frame_is_there_and_slides_go_over_into_each_other(per_slide):
    frames = list(film.film_frames([grey(0), grey(255)], per_slide, fade=4))

    assert len(frames) == 2 * per_slide
    assert {len(frame) for frame in frames} == {64 * 96 * 3 // 2}
    seen = [luma(frame) for frame in frames]
    assert seen[0] == 16
    assert seen[-1] == 235
    assert seen == sorted(seen)
    assert sum(16 < value < 235 for value in seen) == 3  # the change takes four steps


def test_colours_go_with_the_brightness():
    """Colours are drawn for two frames at once; they never lag behind by more than a pixel of theirs."""
    picture = Image.new("RGB", (400, 64), (128, 128, 128))
    picture.paste((230, 0, 0), (40, 0, 80, 64))
    for frame in film.film_frames([film.Slide(picture, True)], 61, 4):
        bright, colour = frame[400 * 32 : 400 * 33], frame[400 * 64 + 200 * 16 : 400 * 64 + 200 * 17]
        edge = next(x for x, value in enumerate(bright) if value < (bright[0] + bright[60]) / 2)
        other = next(x for x, value in enumerate(colour) if abs(value - colour[30]) < abs(value - colour[0]))
        assert abs(other * 2 - edge) <= 2


def test_what_draws_ends_when_nobody_reads_on():
    frames = film.film_frames([grey(0), grey(255)], 200, fade=4)
    next(frames)

    frames.close()  # joins the threads

    assert list(frames) == []

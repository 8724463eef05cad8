"""The frames of a film of cards, before they are encoded."""

from dataclasses import replace

import pytest
from PIL import Image

from formats.core.piece import Video
from formats.registry import FORMATS
from media import film
from media.bench_video import step_error
from tests.formats.pieces import STORY

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


# What a film shows where the app lays its buttons ---------------------------------------------------------------------


def last_frames(slides, size):
    """The brightness of each slide's last frame, when it has moved furthest."""
    width, height = size
    frames = list(film.film_frames(slides, 30, fade=1))
    return [Image.frombytes("L", size, frame[: width * height]) for frame in frames[29::30]]


def lettered(frame, above=205):
    """The box around all that is white; the photograph and what lies under words are darker."""
    return frame.point([0] * above + [255] * (256 - above)).getbbox()


FILMING = [name for name in FORMATS.ids() if FORMATS[name].kinds == frozenset({"video"})]


@pytest.mark.parametrize("name", FILMING)
def test_words_stay_clear_of_the_apps_buttons_to_the_last_frame_of_each_slide(name, picture, tmp_path):
    photo = picture(size=(1200, 1200))
    blocks = [block for block in STORY.blocks if not isinstance(block, Video)]
    (part, *_) = FORMATS[name].compose(replace(STORY, blocks=tuple(blocks))).parts
    plan = part.media[0].plan
    size, edges = tuple(side // 2 for side in plan["size"]), [edge // 2 for edge in plan["safe"]]
    top, right, bottom, left = edges
    words = {"headline": "We clean the river on Saturday " * 2, "body": "All of us, with bags and boats. " * 6,
             "footer": "Paid for by the friends of the river, Riverside"}  # fmt: skip
    changes = {"safe": edges, "text": words, "source": {"path": str(photo), "sha256": ""}}
    shown = [plan["slides"][0] | changes | {"template": template} for template in ("cover", "picture")]
    slides = [film._slide({**plan, "size": size}, card, tmp_path) for card in shown]

    assert [slide.moves for slide in slides] == [True, True]
    for frame in last_frames(slides, size):
        box = lettered(frame)
        assert box[0] >= left
        assert box[1] >= top
        assert box[2] <= size[0] - right
        assert box[3] <= size[1] - bottom


def test_margins_while_moving_end_where_they_are_asked_for():
    safe, (width, height) = (220, 120, 420, 60), (1080, 1920)

    top, right, bottom, left = film.safe_while_moving(safe, (width, height))

    for edge, kept, half in ((220, top, 960), (120, right, 540), (420, bottom, 960), (60, left, 540)):
        assert edge <= half - (half - kept) / (1 - film.ZOOM) < edge + 2
    assert film.safe_while_moving((), (1080, 1080)) == [27] * 4

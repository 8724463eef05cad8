import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.geometry import Focus, crop_box, even, video_crop

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("source", "target", "focus", "box"),
    [
        ((600, 400), (300, 200), Focus(), (0, 0, 600, 400)),
        ((600, 400), (400, 400), Focus(), (100, 0, 500, 400)),
        ((600, 400), (400, 400), Focus(x=0.0), (0, 0, 400, 400)),
        ((600, 400), (400, 400), Focus(x=0.9), (200, 0, 600, 400)),
        ((400, 800), (400, 400), Focus(y=0.25), (0, 0, 400, 400)),
        ((1000, 100), (100, 100), Focus(x=0.3), (250, 0, 350, 100)),
    ],
)
def test_crop_box(source, target, focus, box):
    assert crop_box(source, target, focus) == pytest.approx(box)


def test_crop_box_puts_the_focus_at_the_anchor_where_it_can():
    left, top, right, bottom = crop_box((400, 1000), (400, 500), Focus(y=0.5), (0.5, 0.2))

    assert (500 - top) / (bottom - top) == pytest.approx(0.2)


def test_crop_box_keeps_a_large_focus_whole():
    left, _, right, _ = crop_box((1000, 400), (400, 400), Focus(x=0.4, width=0.36), (0.1, 0.5))

    assert left <= 1000 * (0.4 - 0.18) + 1e-6
    assert right >= 1000 * (0.4 + 0.18) - 1e-6


sides = st.integers(1, 9000)
shares = st.floats(0, 1)


@given(sides, sides, sides, sides, shares, shares, shares, shares)
def test_crop_box_stays_inside_and_keeps_the_shape(sw, sh, tw, th, x, y, width, height):
    left, top, right, bottom = crop_box((sw, sh), (tw, th), Focus(x, y, width, height))

    assert 0 <= left < right <= sw
    assert 0 <= top < bottom <= sh
    assert (right - left) * th == pytest.approx((bottom - top) * tw, rel=1e-6)


@given(st.integers(16, 4096), st.integers(16, 4096), shares)
def test_video_crop_is_even_and_inside(width, height, centre):
    box = video_crop((width, height), (1080, 1920), centre)

    assert all(edge % 2 == 0 for edge in box)
    assert 0 <= box.left < box.right <= width
    assert 0 <= box.top < box.bottom <= height


def test_even():
    assert [even(v) for v in (0, 1.9, 3.1, 607.5)] == [0, 2, 4, 608]

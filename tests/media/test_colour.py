import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.colour import contrast, readable, rgb
from media.errors import RenderError

pytestmark = pytest.mark.unit
colours = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("text", "value"), [("#0b5c63", (11, 92, 99)), ("fff", (255, 255, 255)), (" #A0B ", (170, 0, 187))]
)
def test_rgb(text, value):
    assert rgb(text) == value


def test_rgb_refuses_with_a_way_out():
    with pytest.raises(RenderError, match="#0b5c63"):
        rgb("teal")


@pytest.mark.parametrize(
    ("a", "b", "ratio"),
    [
        ((0, 0, 0), (255, 255, 255), 21.0),
        ((119, 119, 119), (255, 255, 255), 4.48),
        ((9, 9, 9), (9, 9, 9), 1.0),
    ],
)
def test_contrast(a, b, ratio):
    assert contrast(a, b) == pytest.approx(ratio, abs=0.01)


@given(colours, colours)
def test_readable_on_any_ground(wanted, ground):
    assert contrast(readable(wanted, ground), ground) >= 4.5


def test_readable_leaves_what_can_be_read():
    assert readable((20, 32, 31), (255, 255, 255)) == (20, 32, 31)

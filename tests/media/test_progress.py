import pytest

from media import progress

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("per_cent", "elapsed_s", "left", "words"),
    [
        (50, 30.0, 30.0, "about 30 seconds left"),
        (25, 60.0, 180.0, "about 3 minutes left"),
        (60, 90.0, 60.0, "about 1 minute left"),
        (97, 30.0, 0.93, "a few seconds left"),
        (90, 63.0, 7.0, "about 5 seconds left"),
        (4, 30.0, None, ""),  # too early to tell
        (50, 0.2, None, ""),
        (50, None, None, ""),
        (100, 30.0, 0.0, "a few seconds left"),
    ],
)
def test_time_left(per_cent, elapsed_s, left, words):
    found = progress.left_s(per_cent, elapsed_s)

    assert found == (None if left is None else pytest.approx(left, abs=0.01))
    assert progress.words(found) == words

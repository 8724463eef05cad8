"""Whether two posts say the same words."""

import pytest

from formats.core import sameness

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["The river is clean."], ["the  river\nis clean."], True),
        (["First.\n\n1/2", "Second.\n\n2/2"], ["First.", "Second."], True),
        (["The river is clean."], ["The river is clear."], False),
        (["One two"], ["One", "two"], True),
    ],
)
def test_words_count_and_not_how_they_are_set(one, other, same):
    assert (sameness.digest(one) == sameness.digest(other)) is same


@pytest.mark.parametrize("texts", [[], [""], ["  \n"]])
def test_no_words_are_the_same_as_nothing(texts):
    assert sameness.digest(texts) == ""

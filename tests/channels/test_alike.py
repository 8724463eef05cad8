"""A near match is no absence."""

import pytest

from channels.connectors.alike import alike

pytestmark = pytest.mark.unit

OURS = 'Join us on Saturday - bring "nets", boots and friends: https://river.example/join #CleanRiver'


@pytest.mark.parametrize(
    "theirs",
    [
        OURS,
        OURS.upper(),
        OURS.replace('"', "”").replace("-", "–"),
        OURS.replace("https://river.example/join", "https://t.co/abc"),
        OURS.replace(" https://river.example/join", ""),
        OURS[:45] + "…",
        OURS.replace("#CleanRiver", ""),
        OURS + " (edited)",
        "Join us on Saturday\n\nbring nets boots and friends",
        OURS.replace("Saturday", "Sunday"),  # a person looks at it
    ],
)
def test_alike(theirs):
    assert alike(OURS, theirs)


@pytest.mark.parametrize(
    "theirs",
    ["", "Join us", "The council meets on Monday at six to talk about the new bridge.", "Thank you!"],
)
def test_not_alike(theirs):
    assert not alike(OURS, theirs)


def test_composed_and_decomposed_letters_are_the_same():
    assert alike("Café", "Cafe\u0301")

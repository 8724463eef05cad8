"""Whether a note names or quotes somebody."""

import pytest

from community.core import naming

pytestmark = pytest.mark.unit
MARA = naming.person(
    ["Mara Quillon", "@mara_q"],
    ["My landlord has cut the heating off since Friday.", "Ça suffit maintenant", "Yes"],
)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Mara again, please be quick", "names"),
        ("ask QUILLON for the file", "names"),
        ("see @mara_q on the other account", "names"),
        ("“has cut the heating off” is what they all say", "quotes"),
        ("HAS CUT, THE HEATING!", "quotes"),
        ("she wrote: ça suffit maintenant!", "quotes"),
        ("Yes, done", ""),
        ("the heating off season", ""),
        ("marathon on Sunday", ""),
        ("", ""),
    ],
)
def test_concerns(text, how):
    assert naming.concerns(text, MARA) == how


def test_somebody_without_name_and_words_is_in_no_note():
    assert naming.concerns("Mara", naming.person(["", "@"], [""])) == ""
    assert naming.concerns("an x", naming.person(["x"], [])) == ""

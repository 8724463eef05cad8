"""What was said and what is looked for become the same words, however they were typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.core import finding

pytestmark = pytest.mark.unit


def holds(said: str, asked: str) -> bool:
    """As the databases decide it."""
    words = finding.indexed(said)
    wanted = finding.wanted(asked)
    return bool(wanted) and all(each.within() in words for each in wanted)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", ""),
        ("… ?!", ""),
        ("Wo ist KÖLN?", " wo ist koln "),
        ("Ko\u0308ln", " koln "),
        ("Die Straße", " die strasse "),
        ("don't a_b", " don t a b "),
        ("Wahl\u00adlokal", " wahllokal "),
        ("投票所", " 投票 票所 所 "),
        ("橋", " 橋 "),
        ("か\u3099", " が "),
        ("मतदान केंद्र", " मतदान केंद्र "),
        ("مَرْكَز", " مركز "),
        ("投票所はA棟", " 投票 票所 所は は a 棟 "),
    ],
)
def test_the_words_of_a_text(said, words):
    assert finding.indexed(said) == words


def test_a_word_that_never_ends_is_found_by_its_beginning():
    assert holds("x" * 20_000, "x" * 20_000)
    assert len(finding.indexed("x" * 20_000)) == finding.LONGEST + 2


def test_what_is_asked_is_bounded():
    wanted = finding.wanted("word " * 100_000)
    assert len(wanted) == finding.MOST_WORDS
    assert len(finding.wanted("票" * 100_000)[0].pieces) < finding.MOST_ASKED


TEXTS = st.text(max_size=60)


@given(TEXTS)
def test_every_text_is_found_by_itself(said):
    if finding.wanted(said[: finding.MOST_ASKED]):
        assert holds(said, said)


@given(TEXTS)
def test_composed_and_decomposed_are_the_same(said):
    forms = {finding.indexed(unicodedata.normalize(form, said)) for form in ("NFC", "NFD")}
    assert len(forms) == 1


@given(TEXTS)
def test_words_mean_nothing_to_a_database(said):
    words = finding.indexed(said)
    assert not set(words) & set("'\"\\%_&|!():*<>-\x00")
    assert words == "" or words == f" {' '.join(words.split(' ')[1:-1])} "
    assert "  " not in words

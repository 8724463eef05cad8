"""Suggestions, measured against lines that we labelled; what is not known stays unknown."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from community.core import lexicon
from community.core.triage import suggest

FIELDS = ("language", "kind", "sentiment", "topic", "urgency")


def lines_of(name):
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


LINES = lines_of("labelled.tsv")
ACCUSATIONS = lines_of("accusations.tsv")

# (right of those that it spoke about, spoken about of those with a label), as measured and rounded down.
FLOORS: dict[tuple[str, str], tuple[float, float]] = {
    ("kind", "de"): (0.98, 0.94),
    ("kind", "en"): (0.98, 0.98),
    ("kind", "es"): (0.98, 0.88),
    ("kind", "fr"): (0.98, 0.98),
    ("kind", "other"): (0.98, 0.98),
    ("language", "all"): (0.98, 0.92),
    ("sentiment", "de"): (0.96, 0.94),
    ("sentiment", "en"): (0.94, 0.92),
    ("sentiment", "es"): (0.98, 0.82),
    ("sentiment", "fr"): (0.98, 0.82),
    ("topic", "de"): (0.98, 0.92),
    ("topic", "en"): (0.98, 0.74),
    ("topic", "es"): (0.98, 0.86),
    ("topic", "fr"): (0.98, 0.94),
    ("urgency", "de"): (0.98, 0.9),
    ("urgency", "en"): (0.98, 0.98),
    ("urgency", "es"): (0.96, 0.88),
    ("urgency", "fr"): (0.98, 0.98),
}


def measured() -> dict[tuple[str, str], tuple[float, float]]:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for *labels, text in LINES:
        told = suggest(text).values()
        known = labels[0] if labels[0] in lexicon.languages() else "other"
        for name, label in zip(FIELDS, labels, strict=True):
            if label == "-":
                continue
            count = counts[name, "all" if name == "language" else known]
            count["labelled"] += 1
            count["said"] += bool(told[name])
            count["right"] += told[name] == label
    return {
        key: (count["right"] / max(1, count["said"]), count["said"] / count["labelled"])
        for key, count in counts.items()
    }


@pytest.fixture(scope="module")
def figures():
    return measured()


@pytest.mark.parametrize("key", FLOORS, ids="-".join)
def test_as_good_as_measured(figures, key):
    right, said = figures[key]

    assert right >= FLOORS[key][0], "it says wrong things"
    assert said >= FLOORS[key][1], "it says too little"


def test_every_label_that_was_measured_has_its_floor(figures):
    assert set(figures) == set(FLOORS)


@pytest.mark.parametrize(("when", "least"), [("before", 36 / 40), ("after", 6 / 24)])
def test_accusations_in_which_nothing_is_asked_are_complaints(when, least):
    """As far as their words are known: of what people find to say, that is a quarter."""
    found = [
        suggest(text, usual=code).kind.value
        for w, code, kind, text in ACCUSATIONS
        if (w, kind) == (when, "complaint")
    ]
    assert found.count("complaint") / len(found) >= least
    assert set(found) <= {"complaint", ""}  # and none is taken for praise


def test_what_looks_like_an_accusation_is_none():
    taken = {
        text
        for _, code, kind, text in ACCUSATIONS
        if kind != "complaint"
        and suggest(text, usual=code).kind.value not in (kind, "", "praise", "question")
    }
    assert taken == {  # a word of complaints of before, said of something else
        "Ich habe meinen Kindern das Fest versprochen.",
        "Die Bücherei hat uns nie enttäuscht.",
    }
    for _, code, kind, text in ACCUSATIONS:
        if kind in ("question", "praise"):
            assert suggest(text, usual=code).kind.value == kind


@pytest.mark.parametrize(
    "text", ["", "   ", "ok", "👍👍👍", "@riverside #river", "https://example.org/de/wahl", "2026", "\0\0"]
)
def test_nothing_is_known_of_nearly_nothing(text):
    assert set(suggest(text).values().values()) == {""}


@pytest.mark.parametrize("text", ["Gdzie znajduje się mój lokal wyborczy?", "我的投票站在哪里？"])
def test_of_a_language_without_lists_only_the_question_mark_is_read(text):
    told = suggest(text).values()

    assert (told["kind"], told["sentiment"], told["topic"], told["urgency"]) == ("question", "", "", "")


def test_a_short_insult_is_seen_without_its_language():
    assert suggest("ta gueule, connard").kind.value == "abuse"


def test_the_channels_language_stands_in():
    assert suggest("Gute Arbeit!").kind.value == ""
    assert suggest("Gute Arbeit!", usual="de").kind.value == "praise"


def test_it_says_what_it_rests_on():
    assert "not collected" in suggest("My bin was not collected again, this is unacceptable.").kind.why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am happy with this plan.", "positive"),
        ("I am not happy with this plan.", "negative"),
        ("Ich bin mit dem Plan nicht zufrieden.", "negative"),
        ("The plan is on the table in the hall.", ""),
    ],
)
def test_a_negation_turns_it_round(text, expected):
    assert suggest(text).sentiment.value == expected


@pytest.mark.parametrize("disguise", ["ID\u200bIOTS", "ＩＤＩＯＴＳ", "i\u00addiots", "\u202eidiots\u202c"])
def test_disguised_words_are_the_same_words(disguise):
    assert suggest(f"You are all {disguise} in this town").kind.value == "abuse"


def test_a_word_inside_another_is_not_that_word():
    assert suggest("We carried the cardboard over to the neighbours").topic.value == ""


def test_every_language_knows_the_same_topics_and_kinds():
    lists = [lexicon.of_language(code) for code in sorted(lexicon.languages())]

    assert len(lists) == 4
    assert {tuple(sorted(each.topics)) for each in lists} == {lexicon.topics()}
    assert len({tuple(sorted(each.kinds)) for each in lists}) == 1


def test_a_made_up_code_reads_no_file():
    assert lexicon.of_language("../en") is None
    assert lexicon.of_language("") is None


def test_a_very_long_message_is_read_to_a_limit():
    assert suggest("Where is the polling station? " + "a" * 200_000).kind.value == "question"

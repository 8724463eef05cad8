"""The team's rules: read with clear errors, written back as they were, applied as data."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.core.rules import Applied, Rule, RuleError, apply, of_data, parse

FACTS = {
    "text": "Wo ist das Wahllokal? Where is the POLLING  station?",
    "language": "de-AT",
    "kind": "question",
    "author": "@anna",
    "where": "direct",
    "platform": "x",
}


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ('contains "polling station" -> topic voting', True),
        ("contains “polling station” → topic voting", True),
        ("contains 'polling station' -> topic voting", True),
        ("contains ballot or wahllokal -> topic voting", True),
        ("contains ballot -> topic voting", False),
        ("not contains ballot -> topic voting", True),
        ("word station -> topic voting", True),
        ("word stat -> topic voting", False),
        ("word stat- -> topic voting", True),
        ('begins "wo ist" -> topic voting', True),
        ("language is de and kind is question -> topic voting", True),
        ("language is de and kind is complaint -> topic voting", False),
        ("language is d -> topic voting", False),
        ("author is anna -> topic voting", True),
        ("where is direct and platform is X -> topic voting", True),
        ("topic is voting -> urgent", False),
    ],
)
def test_conditions(line, holds):
    assert parse(line).holds(FACTS) is holds


@pytest.mark.parametrize(
    ("line", "words", "at"),
    [
        ("", "A rule looks like", 0),
        ("-> topic voting", "is no condition", 0),
        ('contians "a" -> urgent', "Did you mean “contains”?", 0),
        ("contains -> urgent", "followed by nothing", 9),
        ('contains "" -> urgent', "followed by nothing", 10),
        ('contains "a -> urgent', "not closed", 8),
        ('contains "a"', "What is to happen?", 12),
        ('contains "a" ->', "What is to happen?", 15),
        ('contains "a" urgent', "Join conditions with “and”", 13),
        ('contains "a" and -> urgent', "is no condition", 17),
        ("language de -> urgent", "Write “is” after “language”", 9),
        ("kind is complaynt -> urgent", "Did you mean “complaint”?", 8),
        ('contains "a" -> urgency sometimes', "There are: low, normal, high", 24),
        ('contains "a" -> topic voting urgent', "with commas", 29),
        ('contains "a" -> topic voting, topic parks', "set twice", 41),
        ('contains "a" -> explode', "is no thing to do", 16),
        ("contains " + "a" * 1000 + " -> urgent", "at most 1000", 1000),
    ],
)
def test_errors_say_what_and_where(line, words, at):
    with pytest.raises(RuleError, match=words.replace("?", r"\?")) as error:
        parse(line)
    assert error.value.at == at


def test_it_is_data_and_a_line_again():
    line = 'not contains "polling station" or ballot and language is de -> topic voting, urgency high, assign mona, tag a'
    rule = parse(line)

    kept = json.loads(json.dumps(rule.as_data()))

    assert of_data(*kept) == rule
    assert str(rule) == line


WORDS = st.text(
    st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="\"'“”„"), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), WORDS.filter(lambda text: text.strip()))
def test_any_text_is_a_rule_or_an_error(line, words):
    """What is read is written back as the same; nothing else than RuleError comes out."""
    for each in (line, f'contains "{words}" -> topic "{words}"'):
        with contextlib.suppress(RuleError):
            rule = parse(each)
            assert parse(str(rule)) == rule


def test_first_rule_decides_and_tags_are_gathered():
    rules = [
        parse("contains station -> topic voting, tag a"),
        parse("kind is question -> topic traffic, urgent, tag b, tag a"),
        parse("kind is spam -> close"),
    ]

    assert apply(rules, FACTS) == Applied(
        {"topic": "voting", "urgency": "high"}, ("a", "b"), {"topic": 0, "urgency": 1}
    )


def test_no_rule_sees_what_another_set():
    rules = [parse("contains station -> topic voting"), parse("topic is voting -> urgent")]

    assert apply(rules, FACTS).values == {"topic": "voting"}


def test_words_of_a_person_are_never_a_pattern():
    rule = parse('word "(a+)+$" -> urgent')

    assert not rule.holds({"text": "a" * 4000})
    assert rule.holds({"text": "so (a+)+$ it is"})
    assert isinstance(rule, Rule)

"""Options: what is settled, what is missing, what an account does not offer."""

from __future__ import annotations

import pytest

from formats.core import options
from formats.core.draft import Source
from formats.core.options import Option
from formats.platforms import tiktok, youtube
from formats.registry import FORMATS

SOURCE = Source("https://example.org", "2026-11-29")
PRIVACY = Option(
    "privacy", "Who can see it", SOURCE, (("all", "Everybody"), ("me", "Only me")), required=True
)
DUET = Option("duet", "Duets allowed", SOURCE, default=False)
TAGS = Option("tags", "Tags", SOURCE, default="", most=10)
ALL = (PRIVACY, DUET, TAGS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"privacy": None, "duet": False, "tags": ""}),
        (
            {"privacy": "me", "duet": True, "tags": " a ", "old": 1},
            {"privacy": "me", "duet": True, "tags": "a"},
        ),
        ({"privacy": "nobody", "duet": "on", "tags": 3}, {"privacy": None, "duet": False, "tags": ""}),
    ],
)
def test_settled_answers_every_question_and_no_other(given, expected):
    assert options.settled(ALL, given) == expected


def test_a_required_answer_is_never_chosen_by_itself():
    (found,) = options.findings(ALL, {}, {})

    assert (found.code, found.level) == ("option_privacy_missing", "blocker")


def test_a_long_text_and_what_an_account_does_not_offer_are_blockers():
    said = {"privacy": "all", "duet": True, "tags": "x" * 11}

    found = options.findings(ALL, said, {"@ours": {"privacy": ["me"], "duet": [False]}})

    assert [f.code for f in found] == [
        "option_privacy_not_offered", "option_duet_not_offered", "option_tags_too_long",
    ]  # fmt: skip
    assert "@ours" in found[0].message
    assert "Only me" in found[0].remedy
    assert found[1].message.endswith("“Duets allowed: yes”.")


def test_every_format_asks_sensibly():
    for format in FORMATS:
        names = [option.name for option in format.options]
        assert len(set(names)) == len(names)
        for option in format.options:
            assert option.required or option.default is not None, (format.id, option.name)
            assert option.settled(option.default) == option.default
        assert isinstance(format.option_rules(options.settled(format.options, {})), tuple)


@pytest.mark.parametrize(
    ("line", "length"),
    [("", 0), ("river", 5), ("river,weir", 10), ("river, clean up", 16), ("river,river, ,", 5)],
)
def test_youtube_counts_tags_with_commas_and_quotes(line, length):
    assert youtube.tags_length(youtube.tags(line)) == length


def test_youtube_refuses_tags_that_are_too_long_only_as_it_counts_them():
    answers = options.settled(youtube.OPTIONS, {"tags": ",".join(f"tag number {n:03}" for n in range(33))})

    assert len(answers["tags"]) < 500
    assert [f.code for f in FORMATS["youtube.short"].option_rules(answers)] == ["tags_too_long"]
    assert [f.code for f in FORMATS["youtube.short"].option_rules(answers | {"tags": "a<b"})] == [
        "tags_brackets"
    ]


def test_tiktok_takes_no_paid_partnership_that_only_we_see():
    answers = options.settled(tiktok.OPTIONS, {"privacy": "SELF_ONLY", "branded": True})

    assert [f.code for f in FORMATS["tiktok.video"].option_rules(answers)] == ["branded_private"]
    assert FORMATS["tiktok.video"].option_rules(answers | {"privacy": "PUBLIC_TO_EVERYONE"}) == ()

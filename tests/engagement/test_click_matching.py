"""Which post a row of a site's statistics is of, and when two files must not be added together."""

import pytest

from engagement.core import click_matching
from engagement.core.click_matching import Link, links_of, match, mixture
from engagement.core.click_rows import ClickRow

pytestmark = pytest.mark.unit
LINKS = [
    Link("x", "x.thread", "/herons/", variant=1, story=10),
    Link("x", "x.post", "/herons/", variant=2, story=10),
    Link("x", "x.thread", "/bulbs/", variant=3, story=20),
]


def row(source="x", content="", page=""):
    return ClickRow(2, source, "river", content, page, None, 5)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (row(content="x.thread", page="/herons/"), (1, 10, 1)),
        (row(content="x.post"), (2, 10, 1)),
        (row(page="/herons/"), (None, 10, 2)),  # of one story, whichever post it was
        (row(content="x.thread"), (None, None, 2)),
        (row(), (None, None, 3)),
        (row(source="facebook", page="/herons/"), (None, None, 0)),
        (row(content="x.post", page="/bulbs/"), (None, None, 0)),
    ],
)
def test_a_row_is_of_a_post_only_where_it_can_be_of_no_other(asked, found):
    matched = match(asked, LINKS)

    assert (matched.variant, matched.story, matched.posts) == found


def test_tagged_addresses_of_a_payload_are_found_in_text_and_link():
    tagged = "utm_source=X&utm_campaign=River&utm_content=x.thread"
    payload = {
        "parts": [
            {"text": f"Come: https://a.example/herons?{tagged} today."},
            {"text": "https://a.example/untagged", "link": f"https://a.example/bulbs/?a=1&{tagged}#there"},
            {"text": "https://a.example/other?utm_source=x&utm_campaign=elsewhere"},
        ]
    }

    found = list(links_of(payload, campaign="river", variant=1, story=10))

    assert found == [
        Link("x", "x.thread", "/herons/", 1, 10),
        Link("x", "x.thread", "/bulbs/", 1, 10),
    ]


def test_files_told_apart_by_other_columns_are_not_added_together():
    assert mixture(("page", "day"), ("page", "day"), "River") == ""
    assert "by source, page and day, those of this file by source." in mixture(("page", "day"), (), "River")


def test_a_row_with_a_problem_or_nothing_new_brings_nothing():
    assert click_matching.Step(row()).is_ready
    assert not click_matching.Step(row(), problems=["No."]).is_ready
    assert not click_matching.Step(row(), same=True).is_ready


def test_a_tagged_address_in_a_first_comment_is_of_the_post_once_the_comment_is_out():
    tagged = "https://a.example/herons?utm_source=facebook&utm_campaign=river&utm_content=facebook.post"
    payload = {"parts": [{"text": "Come!"}], "options": {"first_comment": f"Here: {tagged}"}}
    of = {"campaign": "river", "variant": 1, "story": 10}

    assert list(links_of(payload, **of)) == []
    assert list(links_of(payload, **of, commented=True)) == [
        Link("facebook", "facebook.post", "/herons/", 1, 10)
    ]

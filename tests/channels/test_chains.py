"""What a thread's numbers are when the network tells of some of its parts only."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from channels.connectors.base import PublishedRef
from channels.connectors.chains import Told, told_parts
from channels.connectors.registry import CONNECTORS

pytestmark = pytest.mark.unit
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def ref(*parts):
    return PublishedRef("p", remote_id=parts[0], parts=parts, format="", published_at=NOW)


@pytest.mark.parametrize(
    ("parts", "found", "missing", "ours"),
    [
        ("abc", "abc", (), 2),
        ("abc", "bc", ("a",), 1),
        ("abc", "ab", ("c",), 1),
        (
            "abc",
            "ac",
            ("b",),
            0,
        ),  # the deleted one has taken its reply from a, and c answers to nothing any more
        ("a", "a", (), 0),
        ("abc", "", (), 0),  # gone altogether: that is said otherwise
    ],
)
def test_a_part_that_is_not_told_is_named_and_takes_its_own_reply_with_it(parts, found, missing, ours):
    told = told_parts(ref(*parts), {each: each.upper() for each in found})

    assert told == Told([each.upper() for each in parts if each in found], missing, ours)


def x_post(n):
    return {"public_metrics": {"like_count": 50, "reply_count": 1 if n < 3 else 4, "impression_count": 100}}


@pytest.mark.parametrize(
    ("platform", "post"),
    [
        ("x", x_post),
        ("bluesky", lambda n: {"likeCount": 50, "replyCount": 1 if n < 3 else 4}),
        ("mastodon", lambda n: {"favourites_count": 50, "replies_count": 1 if n < 3 else 4}),
    ],
)
def test_a_thread_says_which_part_was_not_told_and_counts_no_reply_twice(platform, post):
    connector, ctx = CONNECTORS[platform], SimpleNamespace(now=NOW)
    posts = {str(n): post(n) for n in (1, 2, 3)}

    whole = connector._reading(ctx, ref("1", "2", "3"), posts)
    part = connector._reading(ctx, ref("1", "2", "3"), {"2": posts["2"], "3": posts["3"]})

    assert (whole.metrics["likes"], whole.metrics["comments"], whole.missing) == (150, 4, ())
    assert (part.metrics["likes"], part.metrics["comments"], part.missing) == (100, 4, ("1",))
    assert not part.problem
    assert not part.gone

"""Whether a pasted address can be a post of our account."""

import pytest

from channels import addresses
from channels.addresses import NotAPost

X = {"platform": "x", "handle": "@River_Council", "remote_id": "42", "profile": "https://x.com/River_Council"}
PAGE = {
    "platform": "facebook",
    "handle": "Riverside Town Council",
    "remote_id": "1200",
    "profile": "https://www.facebook.com/1200",
}
INSTA = {
    "platform": "instagram",
    "handle": "@riverside.council",
    "remote_id": "1784",
    "profile": "https://www.instagram.com/riverside.council",
}
BOX = {**X, "profile": "http://127.0.0.1:8001/x/River_Council"}
BOX_PAGE = {**PAGE, "profile": "http://127.0.0.1:8001/facebook/1200"}
BOX_INSTA = {**INSTA, "profile": "http://127.0.0.1:8001/instagram/riverside.council"}
OTHER = {
    "platform": "mastodon",
    "handle": "@a@b.example",
    "remote_id": "7",
    "profile": "https://b.example/@a",
}


@pytest.mark.parametrize(
    ("account", "url", "id"),
    [
        (X, "https://x.com/river_council/status/1712345678901234567", "1712345678901234567"),
        (X, " https://twitter.com/River_Council/status/17?s=20 ", "17"),
        (X, "https://mobile.twitter.com/River_Council/status/17/photo/1", "17"),
        (PAGE, "https://www.facebook.com/1200/posts/99", "1200_99"),
        (PAGE, "https://www.facebook.com/RiversideTown/posts/pfbid02abc", ""),
        (PAGE, "https://m.facebook.com/permalink.php?story_fbid=99&id=1200", "1200_99"),
        (PAGE, "https://www.facebook.com/reel/555", "555"),
        (INSTA, "https://www.instagram.com/p/Ab1-_x/", ""),
        (INSTA, "https://instagram.com/riverside.council/reel/Ab1/", ""),
        (BOX, "http://127.0.0.1:8001/x/River_Council/status/17", "17"),
        (BOX_PAGE, "http://127.0.0.1:8001/facebook/1200/posts/99", "1200_99"),
        (BOX_INSTA, "http://127.0.0.1:8001/instagram/feed/riverside.council#p77", "77"),
        (OTHER, "https://b.example/@a/113", ""),
    ],
)
def test_a_post_of_ours(account, url, id):
    found = addresses.read(url, **account)

    assert found.url.strip() == url.strip()
    if account is not OTHER:
        assert found.id == id


@pytest.mark.parametrize(
    ("account", "url", "says"),
    [
        (X, "", "whole address"),
        (X, "x.com/River_Council/status/17", "whole address"),
        (X, "javascript:alert(1)", "whole address"),
        (X, "https://x.com/somebody/status/17", "post of somebody"),
        (X, "https://x.com/River_Council", "no address of a post"),
        (X, "https://www.facebook.com/1200/posts/99", "facebook.com"),
        (X, "https://x.com.evil.example/River_Council/status/17", "evil.example"),
        (X, "https://x.com@evil.example/River_Council/status/17", "evil.example"),
        (PAGE, "https://www.facebook.com/999/posts/99", "post of 999"),
        (PAGE, "https://www.facebook.com/permalink.php?story_fbid=99&id=999", "post of 999"),
        (INSTA, "https://www.instagram.com/other/p/Ab1/", "post of other"),
        (INSTA, "https://www.instagram.com/riverside.council/", "no address of a post"),
        (BOX, "http://127.0.0.1:8001/x/somebody/status/17", "not a post of"),
        (BOX, "http://127.0.0.1:8001/facebook/River_Council/posts/17", "no address of a post"),
        (BOX, "http://127.0.0.1:8001/x/River_Council", "own page"),
        (OTHER, "https://c.example/@a/113", "c.example"),
    ],
)
def test_anything_else_says_why(account, url, says):
    with pytest.raises(NotAPost, match=says):
        addresses.read(url, **account)


def test_addresses_of_posts_that_we_make_are_read_back():
    for account, post in ((X, "17"), (PAGE, "1200_99"), (BOX, "17"), (BOX_PAGE, "1200_99")):
        url = addresses.post_url(
            post, platform=account["platform"], remote_id=account["remote_id"], profile=account["profile"]
        )
        assert addresses.read(url, **account).id == post
    assert addresses.post_url("1", platform="instagram", remote_id="1", profile="https://i.example/a") == ""

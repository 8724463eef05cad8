"""Whether a pasted address can be a post of our account."""

from types import SimpleNamespace

import pytest

from channels import addresses
from channels.addresses import NotAPost
from channels.connectors.registry import CONNECTORS

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
SKY = {
    "platform": "bluesky",
    "handle": "@town.example",
    "remote_id": "did:plc:abc",
    "profile": "https://bsky.app/profile/town.example",
}
BOX_SKY = {**SKY, "profile": "http://127.0.0.1:8001/bluesky/profile/town.example"}
TOOT = {
    "platform": "mastodon",
    "handle": "@town@b.example",
    "remote_id": "7@b.example",
    "profile": "https://b.example/@town",
}
THREAD = {
    "platform": "threads",
    "handle": "@river.council",
    "remote_id": "261",
    "profile": "https://threads.net/@river.council",
}
BOX_THREAD = {**THREAD, "profile": "http://127.0.0.1:8001/threads/@river.council"}
LINKED = {
    "platform": "linkedin",
    "handle": "river-council",
    "remote_id": "104",
    "profile": "https://www.linkedin.com/company/river-council/",
}
BOX_LINKED = {**LINKED, "profile": "http://127.0.0.1:8001/linkedin/company/river-council/"}
RECORD = "at://did:plc:abc/app.bsky.feed.post/3lbqxsmtgfo2f"
TOK = {
    "platform": "tiktok",
    "handle": "@riverside.council",
    "remote_id": "-000abc",
    "profile": "https://www.tiktok.com/@riverside.council",
}
TUBE = {
    "platform": "youtube",
    "handle": "@riverside",
    "remote_id": "UCabc",
    "profile": "https://www.youtube.com/@riverside",
}
OTHER = {
    "platform": "pigeon",
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
        (SKY, "https://bsky.app/profile/town.example/post/3lbqxsmtgfo2f", RECORD),
        (SKY, "https://bsky.app/profile/did:plc:abc/post/3lbqxsmtgfo2f", RECORD),
        (BOX_SKY, "http://127.0.0.1:8001/bluesky/profile/town.example/post/3lbqxsmtgfo2f", RECORD),
        (TOOT, "https://b.example/@town/113", "113"),
        (THREAD, "https://www.threads.com/@river.council/post/DAbc_1-x", ""),
        (BOX_THREAD, "http://127.0.0.1:8001/threads/@river.council/post/BAbc", ""),
        (BOX_THREAD, "http://127.0.0.1:8001/threads/feed/river.council#p117", "117"),
        (LINKED, "https://www.linkedin.com/feed/update/urn:li:share:71/", "urn:li:share:71"),
        (LINKED, "https://www.linkedin.com/feed/update/urn:li:activity:72/", ""),
        (LINKED, "https://www.linkedin.com/posts/river-council_clean-up-activity-72-abcd", ""),
        (BOX_LINKED, "http://127.0.0.1:8001/linkedin/feed/update/urn:li:ugcPost:71/", "urn:li:ugcPost:71"),
        (BOX_LINKED, "http://127.0.0.1:8001/linkedin/feed/river-council#purn:li:share:71", "urn:li:share:71"),
        (TOK, "https://www.tiktok.com/@riverside.council/video/7312", "7312"),
        (TOK, "https://www.tiktok.com/@riverside.council/photo/7313?lang=en", "7313"),
        (TUBE, "https://www.youtube.com/shorts/aB3-_x90123", "aB3-_x90123"),
        (TUBE, "https://youtu.be/aB3-_x90123?t=3", "aB3-_x90123"),
        (TUBE, "https://m.youtube.com/watch?v=aB3-_x90123", "aB3-_x90123"),
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
        (THREAD, "https://www.threads.net/@other/post/DAbc", "post of other"),
        (THREAD, "https://www.threads.net/@river.council", "no address of a post"),
        (LINKED, "https://www.linkedin.com/posts/other-page_text-activity-72-abcd", "post of other-page"),
        (LINKED, "https://www.linkedin.com/company/river-council/", "no address of a post"),
        (TOK, "https://www.tiktok.com/@other/video/7312", "post of other"),
        (TOK, "https://www.tiktok.com/@riverside.council", "no address of a post"),
        (TUBE, "https://www.youtube.com/@riverside", "no address of a post"),
        (OTHER, "https://c.example/@a/113", "c.example"),
    ],
)
def test_anything_else_says_why(account, url, says):
    with pytest.raises(NotAPost, match=says):
        addresses.read(url, **account)


def test_addresses_of_posts_that_we_make_are_read_back():
    own = ((X, "17"), (PAGE, "1200_99"), (SKY, RECORD), (TOOT, "113"))
    for account, post in (*own, (BOX, "17"), (BOX_PAGE, "1200_99"), (BOX_SKY, RECORD)):
        channel = SimpleNamespace(url=account["profile"], remote_id=account["remote_id"])
        url = CONNECTORS[account["platform"]].address(post, channel)
        assert addresses.read(url, **account).id == post
    assert CONNECTORS["instagram"].address("1", SimpleNamespace(url="https://i.example/a")) == ""

"""Plans and the pure parts of the connectors. No network."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from channels.connectors import x as x_module
from channels.connectors.base import Connector, Safety, StepKind, UnsupportedFeature
from channels.connectors.facebook import _same as same_post
from channels.connectors.instagram import container_form, media_metrics
from channels.connectors.registry import CONNECTORS, Registry
from channels.connectors.x import XConnector, plain, shown_text, thread_metrics
from engagement.core.schedule import eve

pytestmark = pytest.mark.unit

PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A river"}
VIDEO = {"kind": "video", "mime": "video/mp4", "file": "a.mp4", "alt": "", "cover": "a.jpg"}
GIF = {"kind": "image", "mime": "image/gif", "file": "a.gif", "alt": ""}


def payload(format: str, *parts) -> dict:
    return {"format": format, "parts": [{"text": "", "link": "", "media": []} | part for part in parts]}


def keys(format: str, *parts) -> list[str]:
    return [step.key for step in CONNECTORS[format.partition(".")[0]].plan(payload(format, *parts), None)]


def test_x_thread():
    found = keys(
        "x.thread", {"text": "1"}, {"text": "2", "media": [PICTURE, PICTURE | {"alt": ""}]}, {"text": "3"}
    )

    assert found == ["upload 2.1", "alt 2.1", "upload 2.2", "commit", "reply 2", "reply 3"]


def test_x_video_waits_for_processing():
    assert keys("x.thread", {"text": "1", "media": [VIDEO]}) == ["upload 1.1", "wait 1.1", "commit"]


def test_facebook_post_and_reel():
    assert keys("facebook.post", {"text": "1", "media": [PICTURE, PICTURE]}) == [
        "upload 1.1",
        "upload 1.2",
        "commit",
        "verify",
    ]
    assert keys("facebook.post", {"text": "1", "link": "https://a.example/"}) == ["commit", "verify"]
    assert keys("facebook.post", {"text": "1", "media": [VIDEO]}) == [
        "container",
        "upload",
        "wait",
        "commit",
        "thumbnail",
        "verify",
    ]


def test_instagram_carousel_and_reel():
    assert keys("instagram.carousel", {"text": "1", "media": [PICTURE, PICTURE]}) == [
        "container 1.1", "container 1.2", "wait 1.1", "wait 1.2", "container", "wait", "commit", "verify",
    ]  # fmt: skip
    assert keys("instagram.reel", {"text": "1", "media": [VIDEO]}) == [
        "container 1.1",
        "wait 1.1",
        "commit",
        "verify",
    ]


def test_optional_steps_do_not_decide():
    steps = {
        s.key: s for s in CONNECTORS["x"].plan(payload("x.thread", {"text": "1", "media": [PICTURE]}), None)
    }

    assert (steps["alt 1.1"].required, steps["upload 1.1"].required, steps["commit"].required) == (
        False,
        True,
        True,
    )


def test_safety_of_the_public_call():
    def commit(format, part):
        plan = CONNECTORS[format.partition(".")[0]].plan(payload(format, part), None)
        return next(step.safety for step in plan if step.kind is StepKind.COMMIT)

    assert commit("x.thread", {"text": "1"}) is Safety.SEARCH
    assert commit("facebook.post", {"text": "1"}) is Safety.SEARCH
    assert commit("facebook.post", {"text": "1", "media": [VIDEO]}) is Safety.EXACT
    assert commit("instagram.reel", {"text": "1", "media": [VIDEO]}) is Safety.EXACT


@pytest.mark.parametrize(
    ("format", "parts"),
    [
        ("x.thread", []),
        ("x.thread", [{"text": ""}]),
        ("x.thread", [{"text": "1", "media": [PICTURE] * 5}]),
        ("x.thread", [{"text": "1", "media": [PICTURE, VIDEO]}]),
        ("x.thread", [{"text": "1", "media": [PICTURE, GIF]}]),
        ("x.thread", [{"text": "1", "link": "https://a.example/"}]),
        ("facebook.post", [{"text": "1"}, {"text": "2"}]),
        ("facebook.post", [{"text": "1", "media": [VIDEO, PICTURE]}]),
        ("facebook.post", [{"text": "1", "media": [PICTURE] * 11}]),
        ("facebook.post", [{"text": "1", "media": [PICTURE], "link": "https://a.example/"}]),
        ("facebook.post", [{"text": ""}]),
        ("instagram.carousel", [{"text": "1"}]),
        ("instagram.carousel", [{"text": "1", "media": [PICTURE] * 11}]),
        ("instagram.carousel", [{"text": "1", "media": [PICTURE]}, {"text": "2", "media": [PICTURE]}]),
        ("instagram.story", [{"text": "no caption", "media": [PICTURE]}]),
        ("instagram.live", [{"text": "", "media": [PICTURE]}]),
        ("instagram.carousel", [{"text": "1", "media": [PICTURE], "link": "https://a.example/"}]),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(format, parts):
    with pytest.raises(UnsupportedFeature, match="cannot take"):
        keys(format, *parts)


def test_base_refuses_what_a_connector_does_not_offer():
    class Bare(Connector):
        platform = "bare"
        label = "Bare"

        def plan(self, payload, channel):
            return []

        def perform(self, step, ctx):
            raise NotImplementedError

        def classify(self, answer):
            raise NotImplementedError

    with pytest.raises(UnsupportedFeature, match="Bare cannot take numbers"):
        Bare().metrics(None, [])


def test_registry_refuses_double_names():
    with pytest.raises(ValueError, match="two connectors"):
        Registry(XConnector(), XConnector())


# What X shows against what we wrote ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "post"),
    [
        ("Fish & chips <3", {"text": "Fish &amp; chips &lt;3"}),
        ("Say &amp; once", {"text": "Say &amp;amp; once"}),
        (
            "Read https://a.example/x?utm=1&copy=2 now",
            {
                "text": "Read https://t.co/abc now",
                "entities": {
                    "urls": [{"url": "https://t.co/abc", "expanded_url": "https://a.example/x?utm=1&copy=2"}]
                },
            },
        ),
        (
            "See a.example",
            {
                "text": "See https://t.co/abc",
                "entities": {"urls": [{"url": "https://t.co/abc", "expanded_url": "http://a.example"}]},
            },
        ),
        (
            "A picture",
            {
                "text": "A picture https://t.co/pic",
                "entities": {
                    "urls": [{"url": "https://t.co/pic", "expanded_url": "https://x.com/a/status/1/photo/1"}]
                },
            },
        ),
        ("Cafe\u0301\n\n two  spaces", {"text": "Café\n\ntwo spaces"}),
    ],
)
def test_shown_text_is_ours(ours, post):
    assert plain(shown_text(post)) == plain(ours)


def test_same_needs_time_parent_and_media():
    since = datetime(2026, 11, 23, 17, 59, tzinfo=UTC)
    post = {
        "text": "Hi",
        "created_at": "2026-11-23T18:00:00.000Z",
        "referenced_tweets": [{"type": "replied_to", "id": "5"}],
        "attachments": {"media_keys": ["3_1"]},
    }
    part = {"text": "Hi", "media": [PICTURE]}

    assert x_module._same(post, part, parent="5", since=since)
    assert not x_module._same(post, part, parent="6", since=since)
    assert not x_module._same(post, part, parent="", since=since)
    assert not x_module._same(post, part | {"media": []}, parent="5", since=since)
    assert not x_module._same(post, part | {"text": "Ho"}, parent="5", since=since)
    assert not x_module._same(
        post | {"created_at": "2026-11-23T17:58:00.000Z"}, part, parent="5", since=since
    )


def test_facebook_post_is_the_same_by_text_photos_and_time():
    since = datetime(2026, 11, 23, 17, 59, tzinfo=UTC)
    one = {"data": [{"media_type": "photo"}]}
    two = {"data": [{"media_type": "album", "subattachments": {"data": [{}, {}]}}]}
    link = {"data": [{"media_type": "link"}]}
    post = {"message": "Hi\n\nyou", "created_time": "2026-11-23T18:00:00+0000"}
    part = {"text": "Hi\n\nyou", "media": []}

    assert same_post(post, part, since)
    assert same_post(post | {"attachments": link}, part, since)
    assert same_post(post | {"attachments": one}, part | {"media": [PICTURE]}, since)
    assert same_post(post | {"attachments": two}, part | {"media": [PICTURE, PICTURE]}, since)
    assert not same_post(post | {"attachments": two}, part | {"media": [PICTURE]}, since)
    assert not same_post(post | {"created_time": "2026-11-23T17:58:00+0000"}, part, since)


# Forms and numbers ----------------------------------------------------------------------------------------------


def test_container_forms():
    def url(medium):
        return f"https://h.example/{medium['file']}"

    single, many = {"text": "T", "media": [PICTURE]}, {"text": "T", "media": [PICTURE, VIDEO]}
    reel = {"text": "T", "media": [VIDEO]}

    assert container_form(single, 0, url) == {
        "image_url": "https://h.example/a.jpg", "alt_text": "A river", "caption": "T",
    }  # fmt: skip
    assert container_form(many, 0, url) == {
        "image_url": "https://h.example/a.jpg", "alt_text": "A river", "is_carousel_item": True,
    }  # fmt: skip
    assert container_form(many, 1, url) == {
        "media_type": "VIDEO", "video_url": "https://h.example/a.mp4", "is_carousel_item": True,
    }  # fmt: skip
    assert container_form(reel, 0, url) == {
        "media_type": "REELS", "video_url": "https://h.example/a.mp4", "share_to_feed": True,
        "cover_url": "https://h.example/a.jpg", "caption": "T",
    }  # fmt: skip


def test_thread_metrics_add_up_and_our_own_replies_are_no_comments():
    def post(**public):
        return {"public_metrics": public}

    found = thread_metrics(
        [
            post(
                impression_count=100,
                like_count=5,
                reply_count=3,
                retweet_count=1,
                quote_count=1,
                bookmark_count=0,
            )
            | {"non_public_metrics": {"url_link_clicks": 4, "user_profile_clicks": 2}},
            post(
                impression_count=50,
                like_count=1,
                reply_count=0,
                repost_count=2,
                quote_count=0,
                bookmark_count=2,
            ),
        ],
        ours=1,
    )

    assert found == {
        "impressions": 150, "reach": None, "views": None, "likes": 6, "comments": 2, "shares": 4, "saves": 2,
        "clicks": 4, "watch_time_s": None, "follows": None, "profile_visits": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("age", "asked"),
    [
        (eve(timedelta(days=30)), True),  # what stands for 30 days
        (timedelta(days=29, hours=21), True),
        (timedelta(days=30), False),  # X refuses the whole question then
    ],
)
def test_x_is_asked_for_clicks_as_long_as_it_tells_them(monkeypatch, age, asked):
    connector, now, fields = CONNECTORS["x"], datetime(2026, 11, 30, 12, tzinfo=UTC), []
    monkeypatch.setattr(type(connector), "_read", lambda *args: fields.append(args[-1]) or {})
    ctx = SimpleNamespace(now=now, wire=SimpleNamespace(url=lambda *parts: "https://x.example"))
    post = SimpleNamespace(published_at=now - age, parts=("1",), remote_id="1")

    connector._posts_by_id(ctx, [post])

    assert ["non_public_metrics" in each for each in fields] == [asked]


def test_thread_metrics_of_nothing_are_unknown():
    assert set(thread_metrics([], ours=0).values()) == {None}


def test_instagram_watch_time_is_in_seconds():
    assert media_metrics({"ig_reels_video_view_total_time": 12_500, "saved": 3})["watch_time_s"] == 12.5
    assert media_metrics({})["saves"] is None

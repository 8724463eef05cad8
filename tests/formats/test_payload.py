"""The payload: built from what is saved, refused while media is missing; its look for drafts and versions."""

from datetime import datetime

import pytest

from formats.core.draft import MediaItem, Part
from formats.core.payload import digest
from formats.payload import NotReady, build, medium
from formats.preview import marked_up, preview_payload, render_payload
from formats.readiness import blockers
from formats.registry import FORMATS
from formats.variants import plan, set_parts
from media.models import Render, RenderState
from media.plans import plan_key

pytestmark = pytest.mark.db


def test_build_waits_for_media_and_says_which(world):
    [variant] = world.make("instagram.carousel")

    with pytest.raises(NotReady) as caught:
        build(variant)

    assert {f.code for f in caught.value.findings} == {"media_waiting"}
    assert caught.value.findings[0].part == 0


def test_build_names_why_media_failed(world):
    [variant] = world.make("instagram.carousel")
    Render.objects.update(state=RenderState.FAILED, error="The picture is no longer in the library.")

    with pytest.raises(NotReady, match="no longer in the library"):
        build(variant)


def test_build_has_the_shape_of_the_contract(world, render_all):
    [variant] = world.make("instagram.carousel")
    plan(variant, datetime(2030, 11, 23, 18, 0), "Europe/London", by=None)
    render_all()

    payload = build(variant)

    assert list(payload) == [
        "schema", "variant", "format", "platform", "language", "reply_to", "planned_at", "wall_time", "zone", "fold",
        "channels", "parts",
    ]  # fmt: skip
    assert payload["planned_at"] == "2030-11-23T18:00:00Z"
    assert payload["wall_time"] == "2030-11-23T18:00:00"
    assert (payload["schema"], payload["platform"], payload["zone"], payload["fold"]) == (
        1,
        "instagram",
        "Europe/London",
        0,
    )
    channel = world.channels["instagram"]
    assert payload["channels"] == [
        {"id": channel.pk, "platform": "instagram", "remote_id": channel.remote_id, "handle": channel.handle}
    ]
    first = payload["parts"][0]["media"][0]
    assert sorted(first) == sorted(
        [
            "kind",
            "role",
            "file",
            "sha256",
            "mime",
            "bytes",
            "width",
            "height",
            "duration_s",
            "alt",
            "cover",
            "captions",
        ]
    )
    assert (first["kind"], first["mime"]) == ("image", "image/jpeg")


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        (("renders/a.vtt", "11"), {"file": "renders/a.vtt", "sha256": "11"}),
        (("", ""), None),  # nobody speaks in it: what is said elsewhere in its source is not said here
    ],
)
def test_captions_are_those_of_the_passage(kept, sent):
    plan = {"kind": "cut", "version": 1, "captions": {"path": "captions/whole.vtt", "sha256": "22"}}
    row = Render(mime="video/mp4", captions=kept[0], captions_sha256=kept[1])

    assert medium(MediaItem(plan, "", "reel"), {plan_key(plan): row})["captions"] == sent


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ({"cover": "renders/a.jpg", "cover_sha256": "11"}, {"cover": "renders/a.jpg", "cover_sha256": "11"}),
        (
            {"cover": "renders/a.jpg"},
            {"cover": "renders/a.jpg"},
        ),  # from before: its approvals must not change
        ({}, {"cover": None}),
    ],
)
def test_a_cover_is_approved_with_its_digest(kept, sent):
    plan = {"kind": "cut", "version": 1}

    told = medium(MediaItem(plan, "", "reel"), {plan_key(plan): Render(mime="video/mp4", **kept)})

    assert {key: value for key, value in told.items() if key.startswith("cover")} == sent


def test_build_reads_what_is_saved_not_what_the_caller_holds(world):
    [variant] = world.make("x.thread")
    set_parts(variant, [Part("Saved words")], by=None)

    assert build(variant)["parts"] == [{"text": "Saved words", "link": "", "media": []}]


def test_digest_follows_content_channels_and_time(world):
    [variant] = world.make("x.thread")
    set_parts(variant, [Part("Words")], by=None)
    seen = [digest(build(variant))]

    plan(variant, datetime(2030, 1, 1, 9), "Europe/London", by=None)
    seen.append(digest(build(variant)))
    set_parts(variant, [Part("Other words")], by=None)
    seen.append(digest(build(variant)))

    assert len(set(seen)) == 3
    assert digest(build(variant)) == seen[-1]


def test_blockers_name_channel_time_and_media(world):
    [variant] = world.make("instagram.carousel")
    variant.channels = []
    variant.save()

    codes = {finding.code for finding in blockers(variant)}

    assert {"no_channel", "no_time", "media_waiting"} <= codes
    assert all(finding.remedy for finding in blockers(variant))


def test_blockers_ask_for_media_that_an_upgrade_of_the_renderer_made_unknown(world):
    [variant] = world.make("instagram.carousel")
    Render.objects.all().delete()

    assert "media_waiting" in {finding.code for finding in blockers(variant)}

    assert Render.objects.count() == len(variant.to_parts()[0].media)


def test_blockers_of_a_ready_variant_are_none(world, render_all):
    [variant] = world.make("x.thread")
    plan(variant, datetime(2030, 1, 1, 9), "Europe/London", by=None)
    render_all()

    assert blockers(variant) == ()


# Looks ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("format", FORMATS.ids())
def test_every_format_has_its_own_look_and_waits_visibly(world, format):
    from formats.preview import look_of

    [variant] = world.make(format)

    html = render_payload(preview_payload(variant))

    assert look_of(format) != "formats/components/plain.html"
    assert "being made" in html or not Render.objects.exists()
    assert "style=" not in html


@pytest.mark.parametrize("format", FORMATS.ids())
def test_a_frozen_payload_looks_like_the_draft(world, render_all, format):
    [variant] = world.make(format)
    render_all()

    assert render_payload(build(variant), theme="dark") == render_payload(
        preview_payload(variant), theme="dark"
    )


def test_a_format_without_its_own_look_gets_a_plain_one():
    html = render_payload({"format": "pigeon.post", "parts": [{"text": "Coo", "link": "", "media": []}]})

    assert "Coo" in html


def test_marked_up_escapes_and_shortens_links():
    html = marked_up("<i>Hi</i> @anna #Öl see https://www.example.org/a/very/long/path/indeed?utm_source=x.")

    assert html.startswith("&lt;i&gt;Hi&lt;/i&gt; ")
    assert '<span class="pv-link">@anna</span>' in html
    assert '<span class="pv-link">#Öl</span>' in html
    assert 'title="https://www.example.org/a/very/long/path/indeed?utm_source=x"' in html
    assert html.endswith("…</span>.")


# Language -------------------------------------------------------------------------------------------------------------
def test_payload_tells_the_language_where_the_network_takes_it(world):
    [variant] = world.make("bluesky.thread")
    variant.language = "de"

    assert preview_payload(variant)["language_tag"] == {"langs": ["de"]}


FIRST = ("x", "facebook", "instagram", "threads")  # approved posts of these are older than the key


def test_links_and_tags_of_a_text_go_along_by_byte_where_the_network_wants_them(world, render_all):
    [variant] = world.make("bluesky.thread")
    render_all()

    parts = build(variant)["parts"]

    last = parts[-1]
    told = [
        last["text"].encode()[f["start"] : f["end"]].decode() for f in last["facets"] if f["kind"] == "link"
    ]
    assert [text for text in told if text in last["text"]] == told != []
    [other] = world.make("x.thread")
    render_all()
    assert all("facets" not in part for part in build(other)["parts"])


@pytest.mark.parametrize("format", [each.id for each in FORMATS if each.platform in FIRST])
def test_payloads_that_can_be_approved_today_keep_their_shape(world, format):
    """One key more would change the digest of everything approved, and so take its approval away."""
    [variant] = world.make(format)

    assert "language_tag" not in preview_payload(variant)


# What only some networks are told of a medium ---------------------------------------------------------------------------
def test_mastodon_is_told_the_point_around_which_it_crops_and_others_are_not(world, render_all):
    for id, told in (("mastodon.thread", True), ("bluesky.thread", False)):
        [variant] = world.make(id)
        parts = variant.to_parts()
        item = next(i for part in parts for i in part.media if i.plan.get("template") == "picture")
        focus = {"x": 0.0, "y": 0.0, "width": 0.0, "height": 0.0}
        moved = {**item.plan, "source": {**item.plan["source"], "focus": focus}}
        set_parts(
            variant, [Part("Look", media=(MediaItem(moved, item.alt, item.role, item.sources),))], by=None
        )
        render_all()

        [medium] = build(variant)["parts"][0]["media"]
        assert ("focus" in medium) is told
        assert not told or (medium["focus"][0] <= 0 <= medium["focus"][1])


def test_tiktok_is_told_the_moment_of_the_cover_where_it_is_known(world, render_all):
    [variant] = world.make("tiktok.video")
    render_all()
    Render.objects.update(cover_s=None)
    assert "cover_s" not in build(variant)["parts"][0]["media"][0]

    Render.objects.update(cover_s=1.25)

    assert build(variant)["parts"][0]["media"][0]["cover_s"] == 1.25
    [other] = world.make("youtube.short")
    render_all()
    Render.objects.update(cover_s=1.25)
    assert "cover_s" not in build(other)["parts"][0]["media"][0]

"""Making variants, changing them, and what is told to whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from formats.core.draft import MediaItem, Part
from formats.drift import rederive
from formats.models import Variant
from formats.registry import FORMATS
from formats.schedule import UnknownZone
from formats.signals import variant_changed
from formats.variants import (
    Locked,
    NothingToSay,
    PastTime,
    compose,
    create_variants,
    fresh,
    piece_of,
    plan,
    set_parts,
)
from media.models import Render

pytestmark = pytest.mark.db

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def heard():
    calls = []

    def listen(sender, variant, by, **kwargs):
        calls.append((variant.pk, by))

    variant_changed.connect(listen)
    yield calls
    variant_changed.disconnect(listen)


def test_create_variants_makes_one_per_format_with_media_and_channels(world):
    made = world.make(*FORMATS.ids())

    assert [v.format for v in made] == list(FORMATS.ids())
    connected = {"x", "facebook", "instagram"}
    for variant in made:
        platform = variant.format.partition(".")[0]
        assert [c.platform for c in variant.channels.all()] == [platform] * (platform in connected)
    assert {v.campaign_id for v in made} == {world.campaign.pk}
    assert {v.owner for v in made} == {world.people["creator"]}
    assert not any(v.live for v in made)
    assert Render.objects.exists()


def test_create_variants_keeps_what_the_format_composed(world):
    [variant] = world.make("instagram.carousel")
    draft = compose(world.story, ["instagram.carousel"])["instagram.carousel"]

    kept = Variant.objects.get(pk=variant.pk).to_parts()

    assert [(p.text, p.link) for p in kept] == [(p.text.strip(), p.link) for p in draft.parts]
    assert [[(m.alt, m.role) for m in p.media] for p in kept] == [
        [(m.alt, m.role) for m in p.media] for p in draft.parts
    ]
    assert [[m.plan for m in p.media] for p in kept] == [[dict(m.plan) for m in p.media] for p in draft.parts]


def test_create_variants_twice_keeps_the_first(world):
    [first] = world.make("x.thread")
    set_parts(first, [Part("My own words")], by=world.people["creator"])

    [again] = world.make("x.thread")

    assert again.pk == first.pk
    assert [p.text for p in again.to_parts()] == ["My own words"]
    assert Variant.objects.count() == 1


def test_create_variants_of_an_empty_story_makes_none_and_says_so(world):
    from cms.models import StoryPage

    empty = StoryPage(title="Untitled", lead="x", body=[])
    world.campaign.add_child(instance=empty)
    empty.title, empty.lead = "", ""
    empty.save_revision(clean=False)

    with pytest.raises(NothingToSay, match="Write the story first"):
        create_variants(empty, FORMATS.ids(), by=world.people["creator"])

    assert Variant.objects.count() == 0


def test_create_variants_reads_the_newest_revision_not_the_published_page(world):
    world.story.title = "Five tonnes in two days"
    world.story.save_revision()

    [variant] = world.make("facebook.post")

    assert "Five tonnes" in variant.to_parts()[0].text


@pytest.mark.parametrize(
    "text",
    [
        "🎉🎉🎉",
        "",
        "مرحبا بكم في النهر",
        "שלום #ריבר @נהר https://example.org/א",
        "a" * 5000,
        "<b>bold</b> & 'quotes'",
    ],
    ids=["emoji", "empty", "arabic", "hebrew", "long", "markup"],
)
def test_any_text_is_kept_checked_and_shown(world, text):
    from formats.preview import preview_payload, render_payload

    [variant] = world.make("x.thread")
    variant = set_parts(variant, [Part(text)], by=world.people["creator"])

    variant = fresh(variant.pk)
    assert [p.text for p in variant.to_parts()] == [text]
    assert isinstance(variant.findings(), tuple)
    html = render_payload(preview_payload(variant))
    assert "<b>bold</b>" not in html
    assert "dir=" in html or not text


def test_a_plan_that_no_format_made_never_reaches_the_renderer(world):
    [variant] = world.make("instagram.carousel")
    raw = [
        {
            "type": "part",
            "id": "p1",
            "value": {
                "text": "Hi",
                "link": "",
                "sources": "",
                "media": [
                    {"type": "item", "value": {"key": "made-up", "alt": "x", "role": "cover", "sources": ""}}
                ],
            },
        }
    ]
    import json

    variant.parts = json.dumps(raw)

    assert variant.to_parts()[0].media == ()


def test_publishing_a_variant_through_wagtail_is_refused(world):
    [variant] = world.make("x.thread")

    with pytest.raises(PermissionDenied):
        variant.latest_revision.publish(user=world.people["manager"])

    assert not Variant.objects.get(pk=variant.pk).live


# Signal ---------------------------------------------------------------------------------------------------------------
def test_variant_changed_is_sent_for_a_new_revision_and_for_one_overwritten_in_place(world, heard):
    creator = world.people["creator"]
    [variant] = world.make("x.thread")
    heard.clear()

    variant = fresh(variant.pk)
    variant.set_time(datetime(2027, 1, 5, 9, 0), "Europe/London")
    revision = variant.save_revision(user=creator, clean=False)
    assert (variant.pk, creator) in heard
    heard.clear()

    variant.set_time(datetime(2027, 1, 6, 9, 0), "Europe/London")
    variant.save_revision(user=creator, clean=False, overwrite_revision=revision)  # what autosave does
    assert heard == [(variant.pk, creator)]


def test_variant_changed_sees_the_new_content(world):
    from formats.payload import build

    seen = []

    def listen(sender, variant, **kwargs):
        seen.append(build(variant)["parts"][0]["text"])

    [variant] = world.make("x.thread")
    parts = [Part("Old words")]
    set_parts(variant, parts, by=None)
    variant_changed.connect(listen)
    try:
        set_parts(variant, [Part("New words")], by=None)
    finally:
        variant_changed.disconnect(listen)

    assert seen[-1] == "New words"


def test_locking_a_variant_is_no_change_of_content(world, heard):
    [variant] = world.make("x.thread")
    heard.clear()

    variant.locked = True
    variant.save(update_fields=["locked"])

    assert heard == []


# Time -----------------------------------------------------------------------------------------------------------------
def test_plan_moves_row_and_revision_together(world):
    [variant] = world.make("x.thread")

    resolved = plan(
        variant, datetime(2027, 7, 1, 18, 0), "Europe/London", by=world.people["manager"], now=NOW
    )

    row = Variant.objects.get(pk=variant.pk)
    assert row.planned_at == resolved.at == datetime(2027, 7, 1, 17, 0, tzinfo=UTC)
    assert row.planned_wall == datetime(2027, 7, 1, 18, 0)
    assert row.latest_revision.as_object().planned_wall == row.planned_wall
    assert variant.planned_at == row.planned_at


def test_plan_into_a_gap_keeps_what_the_clock_will_show(world):
    [variant] = world.make("x.thread")

    resolved = plan(variant, datetime(2027, 3, 28, 1, 30), "Europe/London", by=None, now=NOW)

    assert "does not exist" in resolved.note
    assert Variant.objects.get(pk=variant.pk).planned_wall == datetime(2027, 3, 28, 2, 30)


def test_plan_into_a_doubled_hour_keeps_the_choice(world):
    [variant] = world.make("x.thread")

    plan(variant, datetime(2027, 10, 31, 1, 30), "Europe/London", 1, by=None, now=NOW)

    row = Variant.objects.get(pk=variant.pk)
    assert (row.planned_fold, row.planned_at) == (1, datetime(2027, 10, 31, 1, 30, tzinfo=UTC))


def test_plan_to_a_past_time_is_refused_with_the_time_there(world):
    [variant] = world.make("x.thread")

    with pytest.raises(PastTime, match=r"has passed: in Europe/London it is 1 November 2026 12:00 now"):
        plan(variant, datetime(2026, 10, 1, 9, 0), "Europe/London", by=None, now=NOW)

    assert Variant.objects.get(pk=variant.pk).planned_at is None


def test_plan_refuses_unknown_zones_and_locked_variants(world):
    [variant] = world.make("x.thread")
    with pytest.raises(UnknownZone):
        plan(variant, datetime(2027, 1, 1), "Mars/Olympus", by=None, now=NOW)

    variant.locked, variant.locked_by = True, world.people["manager"]
    variant.save()
    with pytest.raises(Locked):
        plan(variant, datetime(2027, 1, 1, 9), "Europe/London", by=world.people["creator"], now=NOW)


def test_plan_none_takes_it_off_the_calendar(world):
    [variant] = world.make("x.thread")
    plan(variant, datetime(2027, 1, 1, 9), "Europe/London", by=None, now=NOW)

    assert plan(variant, None, "", by=None, now=NOW) is None
    assert Variant.objects.get(pk=variant.pk).planned_at is None


def test_planning_keeps_the_words_somebody_wrote_meanwhile(world):
    [variant] = world.make("x.thread")
    stale = Variant.objects.get(pk=variant.pk)
    set_parts(variant, [Part("Written meanwhile")], by=world.people["creator"])

    plan(stale, datetime(2027, 1, 1, 9), "Europe/London", by=world.people["manager"], now=NOW)

    assert [p.text for p in fresh(variant.pk).to_parts()] == ["Written meanwhile"]


# Drift ----------------------------------------------------------------------------------------------------------------
def change_quote(story, words):
    newest = story.get_latest_revision_as_object()
    for block in newest.body:
        if block.block_type == "quote":
            block.value["text"] = words
    newest.save_revision()


def test_drift_names_the_changed_block_and_ends_with_derive_again(world):
    [variant] = world.make("x.thread")
    assert variant.drift() == []

    change_quote(world.story, "Clear as never before.")

    assert [str(change) for change in Variant.objects.get(pk=variant.pk).drift()] == ["quote changed"]
    result = rederive(variant, by=world.people["creator"])
    assert result.updated >= 1
    assert result.conflicts == ()
    assert any("Clear as never before." in part.text for part in result.variant.to_parts())
    assert Variant.objects.get(pk=variant.pk).drift() == []


def test_derive_again_keeps_an_edited_part_and_names_the_conflict(world):
    [variant] = world.make("x.thread")
    parts = list(variant.to_parts())
    ids = [child.id for child in variant.parts]
    quoted = next(i for i, p in enumerate(parts) if "never seen it so clear" in p.text)
    edited = parts[quoted]
    parts[quoted] = Part("My own words", edited.media, edited.link, edited.sources)
    set_parts(variant, parts, by=world.people["creator"], ids=ids)
    change_quote(world.story, "Clear as never before.")

    result = rederive(variant, by=world.people["creator"])

    assert result.variant.to_parts()[quoted].text == "My own words"
    assert [(c.part, c.field) for c in result.conflicts][:1] == [(quoted, "text")]


def test_set_parts_asks_for_new_media(world):
    [variant] = world.make("x.thread")
    before = Render.objects.count()
    draft = compose(world.story, ["instagram.carousel"])["instagram.carousel"]
    item = draft.parts[0].media[0]

    set_parts(variant, [Part("With a card", (MediaItem(item.plan, "words", "cover"),))], by=None)

    assert Render.objects.count() == before + 1


def test_piece_of_reads_the_draft(world):
    assert piece_of(world.story).headline == "Four tonnes in one day"


def test_plan_far_in_the_future_is_fine(world):
    [variant] = world.make("x.thread")
    assert plan(variant, datetime(2027, 1, 1) + timedelta(days=3650), "UTC", by=None, now=NOW)

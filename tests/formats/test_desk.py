"""The writing desk: what it says while somebody types, what its buttons do, and what they never do."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.cache import cache as django_cache
from django.core.files.base import ContentFile
from django.urls import reverse

from formats import choices, desk
from formats.core import plans
from formats.models import ChosenPlan, Variant
from formats.report import Report
from formats.variants import fresh
from formats.views.desk import left_out
from media.models import Render
from media.probe import Probe
from tests.formats.conftest import make_jpeg
from tests.formats.test_views import address, form_data, signed_in
from work import clock

pytestmark = pytest.mark.db


@pytest.fixture
def creator(world):
    return signed_in(world.people["creator"])


def ask(client, variant, changes=None, **what):
    data = form_data(variant, **(changes or {}))
    if what:
        data["do"] = json.dumps(what)
    answer = client.post(address("desk", pk=variant.pk), data)
    assert answer.status_code == 200
    return answer.json()


def saved(client, variant, state, monkey=None):
    """Post the editor's form as it stands after an answer."""
    row = fresh(variant.pk, lock=False)
    row.parts = json.dumps(state)
    answer = client.post(address("edit", pk=variant.pk), form_data(row))
    assert answer.status_code == 302
    return fresh(variant.pk, lock=False)


def library_picture(world, title="Weir", **more):
    from wagtail.models import Collection

    from cms.models import CampaignImage

    mine = [c for c in Collection.objects.all() if c.name == world.campaign.title]
    return CampaignImage.objects.create(
        title=title,
        description="The weir in the morning",
        file=ContentFile(make_jpeg(900, 600, (90, 30, 30)), name=f"{title}.jpg"),
        collection=mine[0] if mine else Collection.get_first_root_node(),
        **more,
    )


# Passages -------------------------------------------------------------------------------------------------------------
SAID = "WEBVTT\n\n00:01.000 --> 00:09.000\nWe met at\n\n00:09.100 --> 00:12.000\nthe <b>mill</b> & ate.\n"


@pytest.fixture
def reel(world):
    """A reel of a story with a video of 91 s, its part and its medium."""
    from cms.models import CampaignMedia, StoryPage

    video = CampaignMedia.objects.create(
        title="Day", type="video", width=1920, height=1080, duration=91.0, file=ContentFile(b"v", name="day.mp4"),
        captions=ContentFile(SAID.encode(), name="day.vtt"),
    )  # fmt: skip
    story = StoryPage(title="A day", lead="One day.", body=[("video", {"video": video, "title": ""})])
    world.campaign.add_child(instance=story)
    [variant] = world.make("instagram.reel", story=story)
    part = variant.parts[0]
    medium = part.value["media"].bound_blocks[0]
    plan = variant.plans[medium.value["key"]]
    assert plan["kind"] == "cut"
    return variant, {"part": part.id, "medium": medium.id}, plan


def now(variant, state):
    medium = state[0]["value"]["media"][0]["value"]
    chosen = dict(ChosenPlan.objects.filter(variant=variant).values_list("key", "plan"))
    return medium, {**variant.plans, **chosen}[medium["key"]]


def test_a_chosen_passage_is_a_plan_of_its_own_and_can_be_taken_back(reel, creator):
    variant, at, plan = reel

    said = ask(creator, variant, do="passage", **at, start="4.04", end="12.5", cover="5", x="30", y="50")
    medium, chosen = now(variant, said["state"])

    assert said["said"] == "The video is being made."
    assert chosen == {
        **plan, "start_s": 4.04, "length_s": 8.46, "centre": {"x": 0.3, "y": 0.5}, "cover_s": 0.96,
    }  # fmt: skip
    assert medium["before"] == variant.parts[0].value["media"][0]["key"]
    after = saved(creator, variant, said["state"])
    assert after.to_parts()[0].media[0].plan == chosen
    assert "video_cut" not in {f.code for f in after.findings()}
    said = ask(creator, after, do="passage", **at, auto=True)
    assert now(after, said["state"])[1] == plan


def test_a_passage_that_was_not_framed_keeps_the_framing_it_has(reel, creator):
    """The renderer's, where nobody has chosen one: then the plan does not say any."""
    variant, at, plan = reel

    said = ask(creator, variant, do="passage", **at, start="4", end="12")
    assert now(variant, said["state"])[1] == {**plan, "start_s": 4.0, "length_s": 8.0}

    framed = saved(
        creator, variant, ask(creator, variant, do="passage", **at, start="4", end="12", x="70")["state"]
    )
    said = ask(creator, framed, do="passage", **at, start="5", end="12")
    assert now(framed, said["state"])[1]["centre"] == {"x": 0.7, "y": 0.5}
    said = ask(creator, framed, do="passage", **at, start="5", end="12", y="20")
    assert now(framed, said["state"])[1]["centre"] == {"x": 0.7, "y": 0.2}


def test_the_dialog_shows_the_framing_that_was_found(reel, creator):
    variant, *_ = reel
    key = variant.parts[0].value["media"][0]["key"]

    page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()
    assert 'data-known=""' in page
    assert "is found when the video is made" in page

    assert Render.objects.filter(plan__kind="cut").update(state="done", centre=[0.6634, 0.5]) == 1
    page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()
    assert 'data-known="1"' in page
    assert 'name="x" min="0" max="100" value="66"' in page
    assert "is found when the video is made" not in page


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"start": "10", "end": "9"}, "begins before it ends"),
        ({"start": "-1", "end": "9"}, "both lie between 0 and"),
        ({"start": "10", "end": "4000"}, "both lie between 0 and"),
        ({"start": "0", "end": "88"}, "fit. Let it end earlier"),
        ({"start": "0", "end": "0.1"}, "are needed"),
        ({"start": "4", "end": "20", "cover": "30"}, "from within the passage"),
        ({"start": "4", "end": "20", "x": "130"}, "between 0 and 100 %"),
        ({"start": "soon", "end": "20"}, "in seconds"),
        ({"start": "nan", "end": "20"}, "in seconds"),
        ({"start": "4", "end": "inf"}, "in seconds"),
    ],
)
def test_a_passage_that_cannot_be_is_refused_and_nothing_is_kept(reel, creator, what, words):
    variant, at, _ = reel

    assert words in ask(creator, variant, do="passage", **at, **what)["refused"]
    assert not ChosenPlan.objects.exists()


def test_who_speaks_is_shown_and_taken_away_again(reel, creator):
    variant, at, plan = reel
    key = variant.parts[0].value["media"][0]["key"]

    said = ask(
        creator, variant, do="passage", **at, auto=True, speaker=" Jean  Okafor ", speaker_role="volunteer"
    )
    chosen = now(variant, said["state"])[1]
    assert chosen == {**plan, "lower_third": {"name": "Jean Okafor", "role": "volunteer"}}
    assert "Jean Okafor" in plans.texts(chosen)

    after = saved(creator, variant, said["state"])
    page = creator.get(
        address("passages", pk=variant.pk), {"key": after.parts[0].value["media"][0]["key"]}
    ).content.decode()
    assert 'value="Jean Okafor"' in page
    said = ask(creator, after, do="passage", **at, auto=True, speaker="", speaker_role="")
    assert now(after, said["state"])[1] == plan
    assert (
        "a name goes before"
        in ask(creator, after, do="passage", **at, auto=True, speaker="", speaker_role="x")["refused"]
    )
    assert "at most 60" in ask(creator, after, do="passage", **at, auto=True, speaker="x" * 61)["refused"]
    assert key in variant.plans


def test_only_what_was_cut_out_of_a_video_has_passages(world, creator):
    [variant] = world.make("instagram.carousel")
    part, medium = pictured(variant)
    key = variant.parts[0].value["media"][0]["key"]

    said = ask(creator, variant, do="passage", part=part, medium=medium, start="1", end="9")

    assert "not cut out of a video" in said["refused"]
    assert creator.get(address("passages", pk=variant.pk), {"key": key}).status_code == 404
    assert creator.get(address("passages", pk=variant.pk), {"key": "0" * 32}).status_code == 404


def test_the_dialog_shows_the_words_and_what_is_cut_now(reel, creator):
    variant, _, plan = reel
    key = variant.parts[0].value["media"][0]["key"]

    page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()

    assert "We met at the mill &amp; ate." in page
    assert 'data-from="1.00" data-to="12.00"' in page
    assert 'name="auto" checked' in page
    assert f"of {plan['source']['duration_s']:.1f} s" in page


def test_the_dialog_shows_where_a_passage_ends_that_nobody_chose(reel, creator):
    """With a sentence, some seconds before the longest length."""
    variant, _, plan = reel
    key = variant.parts[0].value["media"][0]["key"]
    end_card_s = plans.end_card_s(plan)
    Render.objects.filter(plan__kind="cut").update(state="done", start_s=12.0, duration_s=20.5 + end_card_s)

    page = creator.get(address("passages", pk=variant.pk), {"key": key})

    assert (page.context["start_s"], page.context["end_s"]) == (12.0, 32.5)


def test_of_a_recording_one_hears_the_passage_and_frames_nothing(reel, creator):
    variant, _, plan = reel
    heard = {**plan, "source": {**plan["source"], "width": 0, "height": 0}}
    key = choices.offer(variant, heard)

    page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()

    assert "<audio" in page
    assert "<video" not in page
    assert "data-passage-stage" not in page
    assert "waves and the captions" in page
    assert "We met at the mill &amp; ate." in page
    assert 'aria-label="Where the passage begins"' in page


def test_the_files_own_chapters_are_offered_as_far_as_they_fit(reel, creator, monkeypatch):
    variant, _, plan = reel
    key = variant.parts[0].value["media"][0]["key"]
    asked = []

    def named(path):
        asked.append(path)
        return Probe("video", "video/mp4", chapters=[[0.0, 12.0, "At the <mill>"], [12.0, 91.0, ""]])

    monkeypatch.setattr("formats.views.passages.probe.probe", named)
    django_cache.clear()

    for _ in range(2):
        page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()

    longest = float(plan["max_s"]) - plans.end_card_s(plan)
    assert "At the &lt;mill&gt;" in page
    assert 'data-from="0.00" data-to="12.00"' in page
    assert f'data-from="12.00" data-to="{min(91.0, 12 + longest):.2f}"' in page
    assert len(asked) == 1


def test_a_passage_without_captions_says_what_would_help(reel, creator):
    from cms.models import CampaignMedia

    variant, *_ = reel
    key = variant.parts[0].value["media"][0]["key"]
    for video in CampaignMedia.objects.all():
        video.captions.storage.delete(video.captions.name)

    page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()

    assert "no captions yet" in page
    assert "Passages between silences" not in page
    heard = {"state": "done", "sounds": [[0.0, 8.0], [8.5, 20.0]], "finished_at": clock.now()}
    assert Render.objects.filter(plan__kind="cut").update(**heard)
    page = creator.get(address("passages", pk=variant.pk), {"key": key}).content.decode()
    assert "Passages between silences" in page
    assert 'data-from="0.00" data-to="20.00"' in page


def test_choices_that_were_never_saved_are_forgotten_after_a_month(world, creator):
    [variant] = world.make("instagram.carousel")
    part, medium = pictured(variant)
    said = ask(creator, variant, do="crop", part=part, medium=medium, x="1", y="2")
    saved_plans = saved(creator, variant, said["state"]).plans
    ChosenPlan.objects.update(created_at=clock.now() - timedelta(days=29))
    choices.prune()
    assert ChosenPlan.objects.count() == 1

    ChosenPlan.objects.update(created_at=clock.now() - timedelta(days=31))
    choices.prune()

    assert not ChosenPlan.objects.exists()
    assert fresh(variant.pk, lock=False).plans == saved_plans


# Counting -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["Plain words", "Naïve café 👨‍👩‍👧 https://example.org/a-b", "今日は川を掃除した", "a\r\nb"]
)
def test_counts_are_the_formats_own(world, creator, text):
    [variant] = world.make("x.thread")

    said = ask(creator, variant, {"parts-0-value-text": text})

    part = said["parts"][variant.parts[0].id]
    assert part["count"] == variant.spec.count(text.replace("\r\n", "\n"))
    assert part["limit"] == variant.spec.text_limit


def test_typing_is_checked_and_shown_and_nothing_is_saved(world, creator):
    [variant] = world.make("x.thread")
    long = "word " * 100

    said = ask(creator, variant, {"parts-0-value-text": long})

    part = said["parts"][variant.parts[0].id]
    assert part["over"] == variant.spec.count(long.strip()) - variant.spec.text_limit
    assert 'data-mend="split_part"' in part["found"]
    assert "word word" in said["preview"]
    assert fresh(variant.pk).to_parts() == variant.to_parts()


def test_each_part_leads_to_the_blocks_it_came_from(world, creator):
    [variant] = world.make("x.thread")
    block = next(c for c in world.story.get_latest_revision_as_object().body if c.block_type == "quote")

    said = ask(creator, variant)

    urls = [origin["url"] for part in said["parts"].values() for origin in part["origins"]]
    edit = reverse("wagtailadmin_pages:edit", args=[variant.story_id])
    assert f"{edit}#block-{block.id}-section" in urls


def test_the_preview_turns_dark_and_wide(world, creator):
    [variant] = world.make("x.thread")

    said = ask(creator, variant, {"look_theme": "dark", "look_width": "wide"})

    assert "pv-dark" in said["preview"]
    assert "pv-wide" in said["preview"]


# Rearranging ----------------------------------------------------------------------------------------------------------
def test_split_at_a_place_renumbers_and_keeps_pictures_and_origins(world, creator):
    [variant] = world.make("x.thread")
    first = variant.parts[0]

    said = ask(creator, variant, do="split", part=first.id, at=len("Four tonnes"))

    one, two = said["state"][:2]
    total = len(variant.parts) + 1
    assert one["value"]["text"] == f"Four tonnes\n\n1/{total}"
    assert two["value"]["text"].endswith(f"\n\n2/{total}")
    assert two["id"] == said["go"]
    assert one["value"]["sources"] == two["value"]["sources"] == first.value["sources"]
    assert [m["value"]["key"] for m in one["value"]["media"]] == [m["key"] for m in first.value["media"]]
    after = saved(creator, variant, said["state"])
    assert [p.text for p in after.to_parts()] == [s["value"]["text"] for s in said["state"]]


def test_what_cannot_be_done_is_said_and_changes_nothing(world, creator):
    [variant] = world.make("facebook.post")

    said = ask(creator, variant, do="remove", part=variant.parts[0].id)

    assert "only part" in said["refused"]
    assert "state" not in said
    assert "not known here" in ask(creator, variant, do="explode")["refused"]


def test_a_mend_does_what_its_button_says(world, creator):
    [variant] = world.make("x.thread")
    changes = {"parts-0-value-text": "A sentence of words. " * 30}
    before = ask(creator, variant, changes)
    assert "text_too_long:0:" in before["parts"][variant.parts[0].id]["found"]

    said = ask(creator, variant, changes, do="mend", mend="split_part", finding="text_too_long:0:")

    assert len(said["state"]) > len(variant.parts)
    assert said["state"][0]["id"] == variant.parts[0].id
    assert said["state"][0]["value"]["media"] != []
    kept = {part["id"] for part in said["state"]}
    assert {child.id for child in variant.parts} <= kept
    assert all(part["over"] == 0 for part in said["parts"].values())


def test_a_mend_of_something_mended_already_says_so(world, creator):
    [variant] = world.make("x.thread")

    assert (
        "already"
        in ask(creator, variant, do="mend", mend="split_part", finding="text_too_long:0:")["refused"]
    )


# Pictures -------------------------------------------------------------------------------------------------------------
def pictured(variant):
    return next(
        (child.id, child.value["media"].bound_blocks[0].id) for child in variant.parts if child.value["media"]
    )


def test_a_picture_of_the_library_takes_the_place_of_another(world, creator):
    [variant] = world.make("instagram.carousel")
    image = library_picture(world)
    part, medium = pictured(variant)

    said = ask(creator, variant, do="pick", part=part, medium=medium, **{"from": f"image:{image.pk}"})

    item = said["state"][0]["value"]["media"][0]["value"]
    assert item["before"] == variant.parts[0].value["media"][0]["key"]
    assert item["alt"] == "The weir in the morning"
    assert Variant.objects.get(pk=variant.pk).plans == variant.plans  # nothing is saved by choosing
    after = saved(creator, variant, said["state"])
    old, new = after.plans[item["before"]], after.plans[item["key"]]
    assert new["source"]["path"] == image.file.name
    assert (new["size"], new["template"]) == (old["size"], old["template"])
    assert after.to_parts()[0].media[0].plan == new


def test_another_focal_point_is_another_plan_of_the_same_card(world, creator):
    [variant] = world.make("instagram.carousel")
    part, medium = pictured(variant)

    said = ask(creator, variant, do="crop", part=part, medium=medium, x="20", y="80")
    after = saved(creator, variant, said["state"])

    plan, old = after.to_parts()[0].media[0].plan, variant.to_parts()[0].media[0].plan
    assert plan["source"]["focus"] == {"x": 0.2, "y": 0.8, "width": 0.0, "height": 0.0}
    assert {**plan, "source": None} == {**old, "source": None}


@pytest.mark.parametrize("x", ["101", "-1", "much", ""])
def test_a_focal_point_outside_the_picture_is_refused(world, creator, x):
    [variant] = world.make("instagram.carousel")
    part, medium = pictured(variant)

    assert "focal point" in ask(creator, variant, do="crop", part=part, medium=medium, x=x, y="5")["refused"]
    assert not ChosenPlan.objects.exists()


def test_pictures_of_another_campaign_can_be_neither_seen_nor_chosen(world, make_world, creator):
    other = make_world("Bike Lanes")
    theirs = library_picture(other, "Secret lane")
    [variant] = world.make("instagram.carousel")
    part, medium = pictured(variant)

    seen = creator.get(address("pictures", pk=variant.pk)).content.decode()
    said = ask(creator, variant, do="pick", part=part, medium=medium, **{"from": f"image:{theirs.pk}"})

    assert "Secret lane" not in seen
    assert "not in your library" in said["refused"]


def test_a_key_that_was_chosen_for_another_variant_is_no_plan_here(world, creator):
    [carousel] = world.make("instagram.carousel")
    [post] = world.make("facebook.post")
    part, medium = pictured(carousel)
    key = ask(creator, carousel, do="crop", part=part, medium=medium, x="1", y="2")["state"][0]["value"][
        "media"
    ][0]["value"]["key"]
    state = desk.stream(desk.rows_of(post))
    state[0]["value"]["media"] = [{"type": "item", "id": "x", "value": {"key": key, "alt": "forged"}}]

    after = saved(creator, post, state)

    assert key not in after.plans
    assert after.to_parts()[0].media == ()


def test_the_dialog_shows_the_story_the_cards_and_the_library(world, creator, render_all):
    [variant] = world.make("instagram.carousel")
    render_all()
    library_picture(world, "Weir")
    key = variant.parts[0].value["media"][0]["key"]

    page = creator.get(address("pictures", pk=variant.pk), {"key": key}).content.decode()
    found = creator.get(address("pictures", pk=variant.pk), {"q": "weir"}).content.decode()
    none = creator.get(address("pictures", pk=variant.pk), {"q": "zebra"}).content.decode()

    assert "The picture as it is" in page
    assert 'value="story:' in page
    assert f'value="card:{key}"' in page
    assert "Weir" in found
    assert 'value="story:' not in found
    assert "No picture of your library" in none


def test_a_failed_picture_offers_the_one_from_before(world, creator, render_all):
    from media.models import Render

    [variant] = world.make("instagram.carousel")
    render_all()
    part, medium = pictured(variant)
    said = ask(creator, variant, do="crop", part=part, medium=medium, x="1", y="2")
    after = saved(creator, variant, said["state"])
    Render.objects.exclude(state="done").update(state="failed", error="The disk is full.")

    now = ask(creator, after)

    shown = now["parts"][part]["media"][medium]
    assert shown["state"] == "failed"
    assert "The disk is full." in shown["found"]
    before = said["state"][0]["value"]["media"][0]["value"]["before"]
    assert Render.objects.filter(state="done").exists()  # the old file is still there
    assert before in after.plans


# Cost and edges -------------------------------------------------------------------------------------------------------
def test_the_desk_costs_no_more_for_many_parts_than_for_few(world, creator, django_assert_max_num_queries):
    [variant] = world.make("x.thread")
    rows = desk.rows_of(variant)
    ask(creator, variant)
    with django_assert_max_num_queries(100) as captured:
        ask(creator, variant)
    once = len(captured)
    many = fresh(variant.pk)
    desk.put(many, (*rows, *(replace(row, id=f"{row.id}-{n}") for row in rows for n in range(2))))

    with django_assert_max_num_queries(100) as captured:
        ask(creator, many)

    assert len(captured) <= once


def test_an_older_revision_opens_on_the_desk_and_is_checked_again(world, creator):
    [variant] = world.make("x.thread")
    first = variant.latest_revision_id
    creator.post(address("edit", pk=variant.pk), form_data(variant, **{"parts-0-value-text": "New words"}))

    url = reverse("variants:revisions_revert", kwargs={"pk": variant.pk, "revision_id": first})
    page = creator.get(url)

    assert page.status_code == 200
    assert "data-desk" in page.content.decode()
    assert variant.to_parts()[0].text.split("\n")[0] in page.content.decode()


@pytest.fixture
def sent(monkeypatch):
    """Say of the variants with these ids that they are published."""
    from formats import status

    ids = {}
    monkeypatch.setattr(
        status, "_providers", [lambda rows: {r.pk: status.Status(ids[r.pk]) for r in rows if r.pk in ids}]
    )
    return ids


def test_what_is_published_is_closed_and_says_what_to_do_instead(world, creator, sent):
    [variant] = world.make("x.thread")
    sent[variant.pk] = "published"

    page = creator.get(address("edit", pk=variant.pk)).content.decode()
    creator.post(address("edit", pk=variant.pk), form_data(variant, **{"parts-0-value-text": "Changed"}))

    assert "Make a new variant from this" in page
    assert "It is published" in page
    assert fresh(variant.pk).to_parts() == variant.to_parts()


def test_a_new_variant_from_a_sent_one_has_the_words_and_no_time(world, creator, sent):
    [variant] = world.make("x.thread")
    sent[variant.pk] = "published"

    answer = creator.post(address("again", pk=variant.pk))

    new = Variant.objects.exclude(pk=variant.pk).get()
    assert answer.url == address("edit", pk=new.pk)
    assert new.to_parts() == variant.to_parts()
    assert new.planned_at is None
    assert list(new.channels.all()) == list(variant.channels.all())


# What was left out ----------------------------------------------------------------------------------------------------
def test_the_desk_says_what_was_left_out_and_why(world, creator):
    [variant] = world.make("x.thread")

    said = ask(creator, variant)["left_out"]

    [left] = Report(variant).left_out
    assert "What was left out of this variant (1)" in said
    assert (left.what, left.why) == ("paragraph", "The key points say it in fewer words.")
    assert left.excerpt.split(".")[0] in said
    assert left.why in said
    assert f'href="{left.url}"' in said
    assert f"/pages/{variant.story_id}/edit/#block-" in left.url


def test_a_part_that_goes_takes_its_block_along(world, creator):
    [variant] = world.make("x.thread")
    rows = desk.rows_of(fresh(variant.pk, lock=False))[1:-1]
    row = next(each for each in rows if [other.sources for other in rows].count(each.sources) == 1)

    before = ask(creator, variant)["left_out"]
    after = ask(creator, variant, do="remove", part=row.id)["left_out"]

    place = f"#block-{row.sources}-section"
    assert place not in before
    assert place in after


def test_nothing_left_out_is_said_too(world, creator):
    [variant] = world.make("facebook.post")

    assert "Every block of the story is in this variant." in ask(creator, variant)["left_out"]


def test_a_correction_leaves_nothing_of_the_story_out(world, creator):
    [variant] = world.make("x.thread")
    Variant.objects.filter(pk=variant.pk).update(kind=Variant.Kind.CORRECTION)

    assert Report(Variant.objects.get(pk=variant.pk)).left_out == ()
    assert left_out(Report(Variant.objects.get(pk=variant.pk))) == ""


def test_editor_and_board_show_it_without_any_script(world, creator):
    [variant] = world.make("x.thread")

    pages = [address("edit", pk=variant.pk), address("story", story_id=variant.story_id)]

    for page in pages:
        assert "What was left out of this variant (1)" in creator.get(page).content.decode()

"""The admin pages of variants: who may open them, and what their buttons do."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from formats import reach
from formats.models import Variant
from formats.variants import fresh, plan
from formats.viewsets import VariantViewSet

pytestmark = pytest.mark.db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def creator(world):
    return signed_in(world.people["creator"])


def address(name, **kwargs):
    return reverse(f"variants:{name}", kwargs=kwargs)


def form_data(variant, **changes):
    """What the editor posts for a variant."""
    data = {
        "parts-count": str(len(variant.parts)),
        "planned_wall": variant.planned_wall.strftime("%Y-%m-%d %H:%M") if variant.planned_wall else "",
        "planned_zone": variant.planned_zone,
        "planned_fold": str(variant.planned_fold),
        "channels": [c.pk for c in variant.channels.all()],
    }
    for i, child in enumerate(variant.parts):
        data |= {
            f"parts-{i}-deleted": "",
            f"parts-{i}-order": str(i),
            f"parts-{i}-type": "part",
            f"parts-{i}-id": child.id,
            f"parts-{i}-value-text": child.value["text"],
            f"parts-{i}-value-link": child.value["link"],
            f"parts-{i}-value-sources": child.value["sources"],
            f"parts-{i}-value-media-count": str(len(child.value["media"])),
        }
        for j, block in enumerate(child.value["media"].bound_blocks):
            at = f"parts-{i}-value-media-{j}"
            data |= {f"{at}-deleted": "", f"{at}-order": str(j), f"{at}-type": "item", f"{at}-id": block.id}
            names = ("key", "before", "role", "sources", "alt")
            data |= {f"{at}-value-{name}": block.value.get(name) or "" for name in names}
    return {**data, **changes}


# Scope ----------------------------------------------------------------------------------------------------------------
ARGS = {
    "revision_id": lambda v: v.latest_revision_id,
    "revision_id_a": lambda v: v.latest_revision_id,
    "revision_id_b": lambda v: v.latest_revision_id,
    "action_name": lambda v: "approve",
    "task_state_id": lambda v: 1,
    "task_id": lambda v: 1,
    "workflow_state_id": lambda v: 1,
    "story_id": lambda v: v.story_id,
    "pk": lambda v: v.pk,
    "key": lambda v: "0" * 64,
}


def addresses_of(variant):
    """Every address of the viewset that names an object, filled in for this variant."""
    import re

    for pattern in VariantViewSet().get_urlpatterns():
        names = re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))
        if names:
            yield pattern.name, address(pattern.name, **{name: ARGS[name](variant) for name in names})


@pytest.mark.parametrize("role", ["creator", "manager", "community", "analyst"])
def test_people_of_another_campaign_reach_no_page_of_a_variant(world, make_world, role):
    stranger = signed_in(make_world("Bike Lanes").people[role])
    [variant] = world.make("x.thread")
    before = Variant.objects.filter(pk=variant.pk).values().get()

    answers = {}
    for name, url in addresses_of(variant):
        answers[name] = [stranger.get(url).status_code, stranger.post(url, {}).status_code]

    assert len(answers) >= 20
    assert {name: codes for name, codes in answers.items() if not set(codes) <= {403, 404, 405}} == {}
    assert Variant.objects.filter(pk=variant.pk).values().get() == before


def test_a_stranger_is_not_redirected_into_anything(world, make_world):
    """Wagtail answers 403 for people without admin access with a redirect; ours have it, so it must be a plain no."""
    stranger = signed_in(make_world("Bike Lanes").people["manager"])
    [variant] = world.make("x.thread")

    assert stranger.get(address("edit", pk=variant.pk)).status_code == 404


def test_lists_hold_only_ones_own_campaigns(world, make_world):
    other = make_world("Bike Lanes")
    [mine] = world.make("x.thread")
    [theirs] = other.make("x.thread")

    page = signed_in(world.people["creator"]).get(address("list")).content.decode()

    assert address("edit", pk=mine.pk) in page
    assert address("edit", pk=theirs.pk) not in page
    assert "Bike Lanes" not in page


def test_people_who_only_look_can_look_but_not_write(world):
    [variant] = world.make("x.thread")
    analyst = signed_in(world.people["analyst"])

    assert analyst.get(address("story", story_id=variant.story_id)).status_code == 200
    assert analyst.get(address("inspect", pk=variant.pk)).status_code == 200
    assert analyst.get(address("create_for_story", story_id=variant.story_id)).status_code in (302, 403)
    assert analyst.post(address("rederive", pk=variant.pk)).status_code in (302, 403)
    assert analyst.post(address("delete", pk=variant.pk)).status_code in (302, 403)
    assert Variant.objects.filter(pk=variant.pk).exists()


def test_nobody_can_add_a_variant_without_a_story_or_publish_one(world, admin_client):
    [variant] = world.make("x.thread")

    assert admin_client.get(address("add")).status_code in (302, 403)
    admin_client.post(address("edit", pk=variant.pk), form_data(variant, **{"action-publish": "1"}))
    assert not Variant.objects.get(pk=variant.pk).live
    assert b"action-publish" not in admin_client.get(address("edit", pk=variant.pk)).content


def test_bulk_delete_asks_for_the_campaign(world, make_world):
    stranger = signed_in(make_world("Bike Lanes").people["manager"])
    [variant] = world.make("x.thread")
    url = reverse("wagtail_bulk_action", args=["formats", "variant", "delete"])

    stranger.post(f"{url}?id={variant.pk}")

    assert Variant.objects.filter(pk=variant.pk).exists()


# From story to variants -----------------------------------------------------------------------------------------------
def test_the_story_has_a_button_to_its_variants(world, creator):
    edit = reverse("wagtailadmin_pages:edit", args=[world.story.pk])
    assert address("create_for_story", story_id=world.story.pk) in creator.get(edit).content.decode()

    world.make("x.thread")

    page = creator.get(edit).content.decode()
    assert "Variants (1)" in page
    assert address("story", story_id=world.story.pk) in page


def test_the_campaign_page_has_no_such_button(world, creator):
    page = creator.get(reverse("wagtailadmin_explore", args=[world.campaign.pk])).content.decode()

    assert address("create_for_story", story_id=world.campaign.pk) not in page
    assert creator.get(address("create_for_story", story_id=world.campaign.pk)).status_code == 404


def test_create_shows_what_each_format_would_make_and_makes_the_ticked_ones(world, creator):
    url = address("create_for_story", story_id=world.story.pk)
    page = creator.get(url).content.decode()
    assert page.count('name="format"') == len(reach.within_reach())
    assert page.count(" checked") == suggested()
    assert "Four tonnes in one day" in page

    answer = creator.post(url, {"format": ["x.thread", "instagram.carousel"]}, follow=True)

    assert answer.redirect_chain[-1][0] == address("story", story_id=world.story.pk)
    assert sorted(Variant.objects.values_list("format", flat=True)) == ["instagram.carousel", "x.thread"]
    assert "Making pictures and video" in answer.content.decode()


def suggested(platforms=("x", "facebook", "instagram")) -> int:
    """How many formats are ticked for a campaign with accounts there."""
    from formats.registry import FORMATS

    found = [FORMATS[name] for name in reach.within_reach()]
    return sum(each.suggested for each in found if not platforms or each.platform in platforms)


def test_a_campaign_without_accounts_has_everything_ticked_that_is_advised(world, creator):
    for channel in world.channels.values():
        channel.delete()

    page = creator.get(address("create_for_story", story_id=world.story.pk)).content.decode()

    assert page.count(" checked") == suggested(platforms=())


def test_formats_nobody_can_publish_yet_are_shown_on_request_and_never_submitted(world, creator, monkeypatch):
    from channels.connectors.registry import CONNECTORS
    from formats import readiness
    from formats.registry import FORMATS

    monkeypatch.delitem(CONNECTORS._connectors, "bluesky", raising=False)
    url = address("create_for_story", story_id=world.story.pk)
    assert "Bluesky thread" not in creator.get(url).content.decode()

    page = creator.get(f"{url}?show=all").content.decode()
    creator.post(f"{url}?show=all", {"format": ["bluesky.thread"]})

    assert page.count('name="format"') == len(list(FORMATS))
    assert page.count(" checked") == suggested()
    assert "No account of this platform can be connected yet." in page
    variant = Variant.objects.get(format="bluesky.thread")
    assert "not_connectable" in {each.code for each in readiness.blockers(variant)}
    assert "bluesky" in creator.get(address("story", story_id=world.story.pk)).content.decode().lower()


def test_a_format_that_its_connector_cannot_publish_is_neither_offered_nor_submitted(
    world, creator, monkeypatch
):
    from channels.connectors.registry import CONNECTORS
    from formats import readiness

    instagram = type(CONNECTORS["instagram"])
    monkeypatch.setattr(instagram, "publishes", instagram.publishes - {"instagram.story"})
    url = address("create_for_story", story_id=world.story.pk)
    assert "Instagram story" not in creator.get(url).content.decode()

    page = creator.get(f"{url}?show=all").content.decode()
    creator.post(f"{url}?show=all", {"format": ["instagram.story"]})

    assert "This format cannot be published from here yet" in page
    variant = Variant.objects.get(format="instagram.story")
    assert list(variant.channels.all()) != []
    assert [each.code for each in readiness.of_channels(variant)] == ["not_published"]


def test_create_with_nothing_ticked_says_so(world, creator):
    answer = creator.post(address("create_for_story", story_id=world.story.pk), {}, follow=True)

    assert "Choose at least one format" in answer.content.decode()
    assert not Variant.objects.exists()


def test_create_for_an_empty_story_leads_back_to_writing(world, creator):
    from cms.models import StoryPage

    empty = StoryPage(title="Untitled", lead="x")
    world.campaign.add_child(instance=empty)
    empty.title, empty.lead = "", ""
    empty.save_revision(clean=False)
    url = address("create_for_story", story_id=empty.pk)

    assert "nothing to adapt" in creator.get(url).content.decode()
    answer = creator.post(url, {"format": ["x.thread"]}, follow=True)
    assert "Write the story first" in answer.content.decode()
    assert not Variant.objects.exists()


def test_progress_counts_media_and_ends(world, creator, render_all):
    world.make("x.thread", "instagram.carousel")
    url = address("progress", story_id=world.story.pk)

    first = creator.get(url).json()
    render_all()
    last = creator.get(url).json()

    assert not first["finished"]
    assert sum(v["waiting"] for v in first["variants"]) > 0
    assert last["finished"]
    assert {v["percent"] for v in last["variants"]} == {100}


# The editor -----------------------------------------------------------------------------------------------------------
def test_the_editor_shows_counts_findings_and_no_plan(world, creator):
    [variant] = world.make("instagram.carousel")

    page = creator.get(address("edit", pk=variant.pk)).content.decode()

    assert "Platform fit" in page
    assert f"/ {variant.spec.text_limit} {variant.spec.unit}" in page
    assert "No time is planned." in page
    plan_text = next(iter(variant.plans.values()))["look"]["colour"]
    assert plan_text not in page


def test_saving_writes_row_and_revision(world, creator):
    [variant] = world.make("x.thread")

    answer = creator.post(
        address("edit", pk=variant.pk),
        form_data(variant, **{"parts-0-value-text": "New words", "planned_wall": "2030-07-01 18:00"}),
    )

    assert answer.status_code == 302
    row = Variant.objects.get(pk=variant.pk)
    assert row.to_parts()[0].text == fresh(variant.pk).to_parts()[0].text == "New words"
    assert row.planned_wall == datetime(2030, 7, 1, 18, 0)
    assert row.planned_at.isoformat() == "2030-07-01T17:00:00+00:00"


def test_saving_untouched_keeps_seconds_of_the_planned_time(world, creator):
    [variant] = world.make("x.thread")
    plan(variant, datetime(2030, 7, 1, 18, 0, 42), "Europe/London", by=None)

    creator.post(address("edit", pk=variant.pk), form_data(fresh(variant.pk)))

    assert Variant.objects.get(pk=variant.pk).planned_wall == datetime(2030, 7, 1, 18, 0, 42)


def test_a_past_time_is_refused_at_its_field_and_nothing_is_lost(world, creator):
    [variant] = world.make("x.thread")

    answer = creator.post(
        address("edit", pk=variant.pk),
        form_data(variant, **{"parts-0-value-text": "Keep these words", "planned_wall": "2020-01-01 10:00"}),
    )

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "has passed" in page
    assert "Keep these words" in page


def test_a_time_in_a_gap_is_moved_and_told(world, creator):
    [variant] = world.make("x.thread")

    answer = creator.post(
        address("edit", pk=variant.pk), form_data(variant, planned_wall="2030-03-31 01:30"), follow=True
    )

    assert "does not exist" in answer.content.decode()
    assert Variant.objects.get(pk=variant.pk).planned_wall == datetime(2030, 3, 31, 2, 30)


def test_a_doubled_hour_asks_which(world, creator):
    [variant] = world.make("x.thread")

    answer = creator.post(
        address("edit", pk=variant.pk), form_data(variant, planned_wall="2030-10-27 01:30"), follow=True
    )

    page = answer.content.decode()
    assert "happens twice" in page
    assert "The second: after the clocks went back" in page


def test_autosave_tells_that_it_changed_the_variant(world, creator):
    from formats.signals import variant_changed

    [variant] = world.make("x.thread")
    heard = []

    def listen(sender, variant, by, **kwargs):
        heard.append((fresh(variant.pk, lock=False).to_parts()[0].text, by))

    variant_changed.connect(listen)
    try:
        revision = variant.latest_revision
        answer = creator.post(
            address("edit", pk=variant.pk),
            form_data(
                variant,
                **{"parts-0-value-text": "Autosaved words", "overwrite_revision_id": str(revision.pk)},
            ),
            headers={"accept": "application/json"},
        )
    finally:
        variant_changed.disconnect(listen)

    assert answer.json()["success"] is True
    assert answer.json()["revision_id"] == revision.pk  # overwritten in place: the same id
    assert heard[-1] == ("Autosaved words", world.people["creator"])
    assert "Platform fit" in answer.json()["html"]


def test_two_people_editing_at_once_the_second_autosave_is_told_and_overwrites_nothing(world, creator):
    [variant] = world.make("x.thread")
    opened = {
        "loaded_revision_id": str(variant.latest_revision_id),
        "loaded_revision_created_at": variant.latest_revision.created_at.isoformat(),
    }
    manager = signed_in(world.people["manager"])
    url = address("edit", pk=variant.pk)
    manager.post(url, form_data(variant, **{"parts-0-value-text": "The manager's words"}))

    answer = creator.post(
        url,
        form_data(variant, **opened, **{"parts-0-value-text": "The creator's words"}),
        headers={"accept": "application/json"},
    )

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "invalid_revision"
    assert fresh(variant.pk).to_parts()[0].text == "The manager's words"


def test_moving_it_on_the_calendar_is_noticed_by_an_open_editor(world, creator):
    [variant] = world.make("x.thread")
    opened = {"overwrite_revision_id": str(variant.latest_revision_id)}
    data = form_data(variant, **opened, **{"parts-0-value-text": "Late words"})
    plan(variant, datetime(2030, 1, 1, 9), "Europe/London", by=world.people["manager"])

    answer = creator.post(address("edit", pk=variant.pk), data, headers={"accept": "application/json"})

    assert answer.json()["error_code"] == "invalid_revision"
    assert Variant.objects.get(pk=variant.pk).planned_wall == datetime(2030, 1, 1, 9)


def test_channels_of_other_campaigns_and_platforms_cannot_be_chosen(world, make_world, creator):
    other = make_world("Bike Lanes")
    [variant] = world.make("x.thread")
    page = creator.get(address("edit", pk=variant.pk)).content.decode()
    assert world.channels["x"].handle in page
    assert other.channels["x"].handle not in page

    creator.post(address("edit", pk=variant.pk), form_data(variant, channels=[other.channels["x"].pk]))

    assert [c.pk for c in Variant.objects.get(pk=variant.pk).channels.all()] == [world.channels["x"].pk]


def test_a_medium_without_a_picture_is_refused_where_it_stands(world, creator):
    [variant] = world.make("instagram.carousel")

    answer = creator.post(
        address("edit", pk=variant.pk), form_data(variant, **{"parts-0-value-media-0-value-key": ""})
    )

    assert answer.status_code == 200
    assert "There is no picture here" in answer.content.decode()


# Submitting -----------------------------------------------------------------------------------------------------------
def test_submitting_is_refused_with_every_reason_and_the_edit_is_kept(world, creator):
    [variant] = world.make("instagram.carousel")

    answer = creator.post(
        address("edit", pk=variant.pk),
        form_data(variant, **{"parts-0-value-text": "Kept words", "channels": [], "action-submit": "1"}),
        follow=True,
    )

    page = answer.content.decode()
    assert "cannot be submitted for approval yet" in page
    for reason in ("No account is chosen", "No time is planned", "is still being made"):
        assert reason in page
    assert fresh(variant.pk).to_parts()[0].text == "Kept words"
    assert not Variant.objects.get(pk=variant.pk).workflow_in_progress


def test_submitting_a_ready_variant_starts_the_approval(world, creator, render_all):
    [variant] = world.make("x.thread")
    plan(variant, datetime(2030, 1, 1, 9), "Europe/London", by=None)
    render_all()

    answer = creator.post(address("submit", pk=variant.pk), {"from": "story"}, follow=True)

    assert "has been submitted for approval" in answer.content.decode()
    assert Variant.objects.get(pk=variant.pk).workflow_in_progress


def test_a_campaign_without_approval_says_who_can_help(world, creator, render_all):
    from wagtail.models import WorkflowPage

    WorkflowPage.objects.all().delete()
    [variant] = world.make("x.thread")

    answer = creator.post(address("submit", pk=variant.pk), {"from": "story"}, follow=True)

    assert "Nobody is set up to approve" in answer.content.decode()


def test_derive_again_from_the_page(world, creator):
    [variant] = world.make("x.thread")
    newest = world.story.get_latest_revision_as_object()
    newest.title = "Five tonnes in two days"
    newest.save_revision()

    page = creator.get(address("edit", pk=variant.pk)).content.decode()
    answer = creator.post(address("rederive", pk=variant.pk), follow=True)

    assert "The story has changed since this was made" in page
    assert "brought up to date" in answer.content.decode()
    assert "Five tonnes" in fresh(variant.pk).to_parts()[0].text


@pytest.mark.parametrize("mode", ["phone", "phone-dark", "wide"])
def test_preview_modes(world, creator, mode):
    [variant] = world.make("x.thread")

    url = address("preview_on_edit", pk=variant.pk)
    creator.post(url, form_data(variant, **{"parts-0-value-text": "Not saved yet"}))
    page = creator.get(url, {"mode": mode}).content.decode()

    assert "pv-x-thread" in page
    assert "Not saved yet" in page
    assert ("pv-dark" in page) == (mode == "phone-dark")
    assert ("pv-wide" in page) == (mode == "wide")


# Cost -----------------------------------------------------------------------------------------------------------------
def queries_for(client, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(200) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_list_costs_the_same_for_one_and_for_many(world, creator, django_assert_max_num_queries):
    world.make("x.thread")
    url = address("list")
    queries_for(creator, url, django_assert_max_num_queries)
    one = queries_for(creator, url, django_assert_max_num_queries)

    world.make("facebook.post", "instagram.carousel", "instagram.reel")

    assert queries_for(creator, url, django_assert_max_num_queries) == one


def test_the_board_costs_the_same_for_one_and_for_many(world, creator, django_assert_max_num_queries):
    world.make("x.thread")
    url = address("story", story_id=world.story.pk)
    queries_for(creator, url, django_assert_max_num_queries)
    one = queries_for(creator, url, django_assert_max_num_queries)

    world.make("facebook.post", "instagram.carousel", "instagram.reel")

    assert queries_for(creator, url, django_assert_max_num_queries) == one


def test_the_pages_listing_asks_nothing_per_story(world, creator, django_assert_max_num_queries):
    from cms.models import StoryPage

    url = reverse("wagtailadmin_explore", args=[world.campaign.pk])
    queries_for(creator, url, django_assert_max_num_queries)

    with django_assert_max_num_queries(200) as captured:
        creator.get(url)
    one = [q["sql"] for q in captured if "formats_variant" in q["sql"]]
    world.campaign.add_child(instance=StoryPage(title="Another", lead="x"))
    with django_assert_max_num_queries(200) as captured:
        creator.get(url)

    assert [q["sql"] for q in captured if "formats_variant" in q["sql"]] == one

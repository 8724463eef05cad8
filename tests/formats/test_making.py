"""Pictures and videos that are being made: what the desk and the page of variants say, and their buttons."""

from datetime import timedelta

import pytest
from django.urls import reverse

from formats import keeping, making
from media import cache
from media.models import Render, RenderState
from media.plans import plan_key
from tests.formats.test_views import signed_in
from work import clock

pytestmark = pytest.mark.db


@pytest.fixture
def variant(world):
    """A carousel: nine cards, none of them made."""
    return world.make("instagram.carousel")[0]


@pytest.fixture
def rows(variant):
    return list(Render.objects.order_by("pk"))


def of(variant):
    parts = variant.to_parts()
    return making.of(parts, cache.find([m.plan for p in parts for m in p.media]), clock.now())


def press(client, name, variant, *keys, **more):
    return client.post(
        reverse(f"variants:{name}", args=[variant.pk]), {"key": " ".join(keys), **more}, follow=True
    )


def test_renders_belong_to_the_campaigns_turn(world, variant, rows):
    assert {row.campaign_id for row in rows} == {world.campaign.pk}


def test_what_is_said_of_each(variant, rows):
    with clock.by_hand() as hand:
        half = {"state": RenderState.RENDERING, "progress": 50, "started_at": hand.at - timedelta(seconds=30)}
        Render.objects.filter(pk=rows[0].pk).update(**half)
        Render.objects.filter(pk=rows[1].pk).update(state=RenderState.FAILED, error="The text is too long.")
        Render.objects.filter(pk=rows[2].pk).update(state=RenderState.DONE)

        found = of(variant)

    assert [item.words for item in found.rendering] == ["50 %, about 30 seconds left"]
    assert found.rendering[0].to_json()["left_s"] == 30
    assert [item.words for item in found.ended] == ["could not be made. The text is too long."]
    assert len(found.waiting) == len(rows) - 3
    assert {item.words for item in found.waiting} == {"waiting for its turn"}


def test_what_could_not_be_made_does_not_fit_the_platform(variant, rows, world):
    chris = signed_in(world.people["creator"])
    board = reverse("variants:story", args=[world.story.pk])

    def fits():
        return chris.get(board).content.decode().count("Fits the platform")

    before = fits()
    Render.objects.filter(pk=rows[0].pk).update(
        state=RenderState.FAILED, error="Too long.", next_action_at=None
    )

    assert (before, fits()) == (1, 0)


def test_cancel_and_make_after_all_without_javascript(variant, rows, world):
    client = signed_in(world.people["creator"])
    page = client.get(reverse("variants:edit", args=[variant.pk])).content.decode()
    assert f'form="media-cancel-{variant.pk}"' in page
    assert f'id="media-cancel-{variant.pk}"' in page
    assert "pictures and videos</strong> waiting for their turn" in page

    answer = press(client, "cancel_media", variant, rows[0].key, rows[1].key)

    assert "Cancelled. You can have it made after all." in answer.content.decode()
    assert "Make it after all" in answer.content.decode()
    assert [r.state for r in Render.objects.order_by("pk")[:3]] == ["cancelled", "cancelled", "waiting"]
    assert "media_cancelled" in {f.code for f in _blockers(variant)}

    press(client, "retry", variant, rows[0].key)
    assert [r.state for r in Render.objects.order_by("pk")[:3]] == ["waiting", "cancelled", "waiting"]


def test_what_was_cancelled_stays_so_when_pages_are_looked_at(variant, rows, world):
    client = signed_in(world.people["creator"])
    cache.cancel(rows[0])

    client.get(reverse("variants:edit", args=[variant.pk]))
    client.get(reverse("variants:story", args=[world.story.pk]))

    assert Render.objects.get(pk=rows[0].pk).state == RenderState.CANCELLED


def test_nobody_cancels_renders_of_others(variant, rows, world, make_world):
    other = make_world("Other campaign")
    theirs = other.make("instagram.carousel")[0]
    client = signed_in(world.people["creator"])

    assert press(client, "cancel_media", theirs, rows[0].key).status_code == 404
    press(
        client,
        "cancel_media",
        variant,
        *[r.key for r in Render.objects.filter(campaign_id=other.campaign.pk)],
    )
    press(signed_in(world.people["analyst"]), "cancel_media", variant, rows[0].key)

    assert not Render.objects.filter(state=RenderState.CANCELLED).exists()


def test_the_progress_of_a_storys_variants_as_json(variant, rows, world):
    Render.objects.filter(pk=rows[0].pk).update(
        state=RenderState.RENDERING, progress=40, started_at=clock.now()
    )
    answer = (
        signed_in(world.people["analyst"]).get(reverse("variants:progress", args=[world.story.pk])).json()
    )

    first = answer["variants"][0]["media"][0]
    assert (first["key"], first["state"], first["percent"]) == (rows[0].key, "rendering", 40)
    assert answer["finished"] is False


def test_the_story_page_has_the_buttons_too(variant, rows, world):
    url = reverse("variants:story", args=[world.story.pk])
    assert f'id="media-cancel-{variant.pk}"' in signed_in(world.people["creator"]).get(url).content.decode()
    page = signed_in(world.people["analyst"]).get(url).content.decode()
    assert "media-cancel" not in page
    assert "waiting for their turn" in page


def test_what_variants_and_versions_refer_to_is_kept(variant, rows):
    from publishing.keeping import kept
    from publishing.models import Version

    assert {row.key for row in rows} <= {plan_key(plan) for plan in keeping.kept().plans}
    media = [{"file": "renders/ab/a.mp4", "cover": "renders/ab/a.cover.jpg", "captions": {"file": "renders/ab/a.vtt"}},
             {"file": "renders/cd/b.jpg", "cover": None, "captions": None}]  # fmt: skip
    Version.objects.create(
        variant=variant, payload={"parts": [{"media": media}]}, digest="x", approved_at=clock.now()
    )

    names = ["renders/ab/a.mp4", "renders/ab/a.cover.jpg", "renders/ab/a.vtt", "renders/cd/b.jpg"]
    assert list(kept().files) == names


def test_every_house_that_refers_to_renders_says_so():
    from media import cleaning

    assert set(cleaning._KEEPERS) == {
        "variants",
        "versions",
        "infographics",
        "videos for the public",
        "pictures of answers",
    }


def _blockers(variant):
    from formats.readiness import blockers

    return blockers(variant)

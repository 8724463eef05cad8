"""Deriving again over real variants: nothing edited is lost, choices are kept, pages show before they do."""

import pytest
from django.urls import reverse

from cms.models import StoryPage
from formats import drift, readiness
from formats.again import again
from formats.core.draft import Part
from formats.core.merge import TAKE, Choice
from formats.models import Variant
from formats.variants import fresh, set_parts, snapshots

pytestmark = pytest.mark.db


def change(story, words, block="quote", name="text"):
    page = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    for child in page.body:
        if child.block_type == block:
            child.value[name] = words
    page.save_revision()


@pytest.fixture
def edited(world):
    """A thread whose quote somebody rewrote, and the index of that part."""
    (variant,) = world.make("x.thread")
    parts, ids = list(variant.to_parts()), [child.id for child in variant.parts]
    place = next(i for i, part in enumerate(parts) if "never seen it so clear" in part.text)
    was = parts[place]
    parts[place] = Part("My own words", was.media, was.link, was.sources)
    variant = set_parts(variant, parts, by=world.people["creator"], ids=ids)
    return variant, place


def test_a_conflict_stays_open_until_somebody_decides(world, edited):
    variant, place = edited
    change(world.story, "Clear as never before.")

    first = drift.rederive(variant, by=world.people["creator"])
    assert [c.kept for c in first.conflicts] == ["My own words"]
    assert Variant.objects.get(pk=variant.pk).drift() == []
    (conflict,) = drift.look(fresh(variant.pk, lock=False)).merged.conflicts
    assert "Clear as never before." in conflict.offered

    second = drift.rederive(variant, by=world.people["creator"], choices={conflict.key: TAKE})
    assert "Clear as never before." in second.variant.to_parts()[place].text
    assert drift.look(fresh(variant.pk, lock=False)).merged.conflicts == ()


def test_an_open_conflict_closes_when_its_words_are_written_anew(world, edited):
    variant, place = edited
    change(world.story, "Clear as never before.")
    drift.rederive(variant, by=world.people["creator"])
    current = fresh(variant.pk, lock=False)
    parts, ids = list(current.to_parts()), [child.id for child in current.parts]
    parts[place] = Part("Both in one", parts[place].media, parts[place].link, parts[place].sources)
    set_parts(current, parts, by=world.people["creator"], ids=ids)

    assert drift.look(fresh(variant.pk, lock=False)).merged.conflicts == ()


def test_own_words_for_a_conflict(world, edited):
    variant, place = edited
    change(world.story, "Clear as never before.")
    (conflict,) = drift.look(variant).merged.conflicts

    result = drift.rederive(
        variant, by=world.people["creator"], choices={conflict.key: Choice("edit", "A third way")}
    )

    assert result.variant.to_parts()[place].text == "A third way"
    assert result.conflicts == ()


def test_a_look_that_is_out_of_date_changes_nothing(world, edited):
    variant, _ = edited
    change(world.story, "Clear as never before.")
    token = drift.look(variant).token
    change(world.story, "Clearer still.")
    before = snapshots(fresh(variant.pk, lock=False))

    with pytest.raises(drift.Changed):
        drift.rederive(variant, by=world.people["creator"], token=token)

    assert snapshots(fresh(variant.pk, lock=False)) == before


def test_drift_is_kept_on_the_row_and_blocks_submitting(world):
    (variant,) = world.make("x.thread")
    change(world.story, "Clear as never before.")

    variant.refresh_from_db()
    assert variant.drifted_at is not None
    (finding,) = [f for f in readiness.blockers(fresh(variant.pk, lock=False)) if f.code == "drift"]
    assert finding.url == reverse("variants:drift", args=[variant.pk])
    since = variant.drifted_at
    change(world.story, "Clearer still.")
    variant.refresh_from_db()
    assert variant.drifted_at == since

    drift.rederive(variant, by=world.people["creator"])
    variant.refresh_from_db()
    assert variant.drifted_at is None
    assert not [f for f in readiness.blockers(variant) if f.code == "drift"]


def test_a_copy_keeps_the_mark_of_drift(world):
    (variant,) = world.make("x.thread")
    change(world.story, "Clear as never before.")

    copy = again(variant, by=world.people["creator"])

    assert Variant.objects.get(pk=copy.pk).drifted_at is not None


def test_a_story_put_back_as_it_was_ends_the_drift(world):
    (variant,) = world.make("x.thread")
    change(world.story, "Clear as never before.")
    change(world.story, "I have never seen it so clear.")

    variant.refresh_from_db()
    assert variant.drifted_at is None


def test_saving_an_old_copy_of_a_variant_does_not_forget_its_drift(world):
    (variant,) = world.make("x.thread")
    change(world.story, "Clear as never before.")
    current = fresh(variant.pk, lock=False)
    current.save()

    assert Variant.objects.get(pk=variant.pk).drifted_at is not None


def test_the_page_shows_asks_and_does(world, edited, client):
    variant, place = edited
    change(world.story, "Clear as never before.")
    client.force_login(world.people["creator"])
    address = reverse("variants:drift", args=[variant.pk])

    page = client.get(address)
    text = page.content.decode()
    assert "quote changed" in text
    assert "Keep mine" in text
    assert [row.what for row in page.context["rows"]].count("asked") == 1
    (question,) = [q for row in page.context["rows"] for q in row.questions]
    answer = {"token": page.context["token"], f"choice-{question.conflict.key}": "edit"}

    empty = client.post(address, {**answer, f"words-{question.conflict.key}": " "}, follow=True)
    assert "field is empty" in empty.content.decode()
    client.post(address, {**answer, f"words-{question.conflict.key}": "From the form"})

    assert fresh(variant.pk, lock=False).to_parts()[place].text == "From the form"
    assert "in step with its story" in client.get(address).content.decode()


@pytest.mark.parametrize(("who", "sees", "writes"), [("analyst", 200, False), ("creator", 200, True)])
def test_looking_is_for_everybody_in_the_campaign_and_doing_for_writers(
    world, edited, client, who, sees, writes
):
    variant, _ = edited
    change(world.story, "Clear as never before.")
    client.force_login(world.people[who])
    address = reverse("variants:drift", args=[variant.pk])

    assert client.get(address).status_code == sees
    client.post(address, {})

    assert (Variant.objects.get(pk=variant.pk).drift() == []) is writes


def test_a_stranger_finds_no_such_page(world, edited, client, make_world):
    other = make_world("Safe Cycling")
    client.force_login(other.people["manager"])

    assert client.get(reverse("variants:drift", args=[edited[0].pk])).status_code == 404

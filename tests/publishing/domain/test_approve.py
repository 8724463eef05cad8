"""Freezing, approving anew, voiding, moving within the day: on real variants, with real payloads."""

from datetime import UTC, datetime

import pytest

from publishing.domain import approve, void
from publishing.models import Publication, Version
from publishing.status import status_of

pytestmark = pytest.mark.db


@pytest.fixture
def variant(world, monkeypatch):
    """A variant whose payload is what the test says (formats has its own tests for building it)."""
    made = world.variant()
    world.built = world.payload(made, "one")
    monkeypatch.setattr("formats.payload.build", lambda v: world.built)
    return made


def test_double_click_gives_one_version(world, variant):
    first = approve.approve_variant(variant, by=world.manager)
    second = approve.approve_variant(variant, by=world.manager)

    assert first == second
    assert Publication.objects.count() == 1


@pytest.mark.parametrize(("field", "value"), [("planned_at", None), ("channels", []), ("parts", [])])
def test_incomplete_is_refused_and_changes_nothing(world, variant, field, value):
    world.built = {**world.built, field: value}

    with pytest.raises(approve.NotApprovable):
        approve.approve_variant(variant, by=world.manager)

    assert not Version.objects.exists()


def test_new_approval_takes_the_place_of_the_old(world, variant):
    old = approve.approve_variant(variant, by=world.manager)
    world.built = world.payload(variant, "better")

    new = approve.approve_variant(variant, by=world.manager)

    old.refresh_from_db()
    assert old.voided_at is not None
    assert [(p.state, p.version_id) for p in Publication.objects.order_by("created_at", "state")].count(
        ("scheduled", new.pk)
    ) == 1
    (publication,) = Publication.objects.filter(state="scheduled")
    world.finish(publication)
    assert world.network.texts() == ["better"]


def test_what_is_out_is_not_sent_again(world, variant):
    version = approve.approve_variant(variant, by=world.manager)
    world.finish(version.publications.get())
    world.built = world.payload(variant, "after the fact")

    again = approve.approve_variant(variant, by=world.manager)

    assert not again.publications.exists()
    assert world.network.texts() == ["one"]


def test_change_voids_only_if_the_payload_differs(world, variant):
    version = approve.approve_variant(variant, by=world.manager)

    void.void_if_changed(None, variant=variant, by=world.owner)
    version.refresh_from_db()
    assert version.voided_at is None

    world.built = world.payload(variant, "changed")
    void.void_if_changed(None, variant=variant, by=world.owner)
    version.refresh_from_db()
    assert version.voided_at is not None
    assert version.voided_by == world.owner
    assert status_of([variant])[variant.pk].word == "voided"


def test_media_that_is_no_longer_ready_voids(world, variant, monkeypatch):
    from formats import payload

    version = approve.approve_variant(variant, by=world.manager)

    def not_ready(v):
        raise payload.NotReady([])

    monkeypatch.setattr("formats.payload.build", not_ready)
    void.void_if_changed(None, variant=variant)

    version.refresh_from_db()
    assert version.voided_at is not None


def test_moving_within_the_day_keeps_the_approval(world, variant, monkeypatch):
    version = approve.approve_variant(variant, by=world.manager)
    later = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)

    def plan(v, wall, zone, fold, *, by, now):
        world.built = {**world.payload(variant, "one", due=later), "wall_time": wall.isoformat()}
        void.void_if_changed(None, variant=variant, by=by)

    monkeypatch.setattr("formats.variants.plan", plan)
    new = approve.move_within_day(
        variant, datetime(2026, 11, 23, 19, 0), "Europe/London", 0, by=world.manager
    )

    publication = Publication.objects.get()
    assert (publication.version_id, publication.due_at, publication.state) == (new.pk, later, "scheduled")
    version.refresh_from_db()
    assert version.voided_at is not None
    assert status_of([variant])[variant.pk].word == "approved"
    world.finish(publication)
    assert world.network.ledger[0].at == later


def test_moving_what_is_being_sent_is_refused_and_undone(world, variant, monkeypatch):
    version = approve.approve_variant(variant, by=world.manager)
    Publication.objects.update(lease_owner="somebody")
    monkeypatch.setattr("formats.variants.plan", lambda *a, **k: None)

    with pytest.raises(approve.NotApprovable):
        approve.move_within_day(variant, datetime(2026, 11, 23, 19, 0), "UTC", 0, by=world.manager)

    version.refresh_from_db()
    assert version.voided_at is None


def test_status_of_many_asks_three_times(world, variant, django_assert_num_queries):
    approve.approve_variant(variant, by=world.manager)
    others = [world.variant() for _ in range(3)]
    status_of([variant])  # the content type is remembered

    with django_assert_num_queries(3):
        found = status_of([variant, *others])

    assert [found[v.pk].word for v in (variant, *others)] == ["approved", "draft", "draft", "draft"]

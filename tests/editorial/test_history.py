"""One timeline of a post: from its first derivation to the last numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from editorial import domain
from editorial.history import SHORT, history_of, whole_history
from formats.core.draft import Part
from formats.variants import create_variants, plan, set_parts
from publishing.models import Attempt, Publication, Step
from tests.editorial.test_approval import seen

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
SOON = datetime(2026, 12, 1, 18, tzinfo=UTC)


@pytest.fixture
def told(river):
    """A post that was made, edited, planned, asked for, refused, moved, approved, sent and counted."""
    creator, manager = river.people["creator"], river.people["manager"]
    [variant] = create_variants(river.story, ["x.thread"], by=creator)
    set_parts(variant, [Part(text="Shorter words.")], by=creator)
    plan(variant, datetime(2026, 12, 1, 17), "Europe/London", by=creator)
    domain.submit(variant, by=creator)
    domain.reject(variant, by=manager, comment="An hour later.")
    domain.move(variant, wall=datetime(2026, 12, 1, 18), by=creator)
    domain.submit(variant, by=creator)
    domain.approve(variant, by=manager, digest=seen(variant), comment="Good.")
    publication = Publication.objects.get()
    step = Step.objects.create(publication=publication, seq=1, key="commit", kind="commit", safety="search")
    Attempt.objects.create(
        step=step,
        n=2,
        fence=1,
        worker="w",
        intent_at=SOON,
        lease_until=SOON,
        message="Took long.",
        outcome="done",
    )
    publication.snapshots.create(at=SOON + timedelta(hours=1), age_s=3600, likes=12, views=1234, raw={})
    return variant


def test_everything_is_there_newest_first(told):
    lines = whole_history(told)

    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert (lines[0].what, lines[0].said) == ("Numbers", "views 1,234, likes 12")
    words = [line.what for line in lines]
    for what in (
        "Made from the story",
        "Edited",
        "Submitted for approval",
        "Changes requested",
        "Moved",
        "Submitted again",
        "Approved",
        "Delivery to @river",
        "Call for @river",
    ):
        assert what in words, what
    said = {line.what: line.said for line in lines}
    assert said["Changes requested"] == "An hour later."
    assert said["Approved"] == "Good."
    assert "try 2" in said["Call for @river"]
    assert "Took long." in said["Call for @river"]


def test_beside_the_post_stand_the_newest(told):
    assert history_of(told) == whole_history(told)[:SHORT]


def test_the_page_turns_its_pages(told, river, as_user):
    publication = Publication.objects.get()
    for hour in range(2, 72):
        publication.snapshots.create(at=SOON + timedelta(hours=hour), age_s=hour * 3600, likes=hour, raw={})
    url = reverse("editorial:history", args=[told.pk])
    client = as_user(river.people["analyst"])

    first, second = (client.get(url, {"p": p}).content.decode() for p in (1, 2))

    assert "Page 1 of 2" in first
    assert "likes 71" in first
    assert "Made from the story" not in first
    assert "Made from the story" in second
    assert (
        reverse("editorial:history", args=[told.pk])
        in client.get(reverse("editorial:panel", args=[told.pk])).content.decode()
    )


def test_people_of_another_campaign_do_not_read_it(told, make_campaign, as_user):
    stranger = as_user(make_campaign("Forest").people["manager"])

    assert stranger.get(reverse("editorial:history", args=[told.pk])).status_code == 404


def test_it_asks_as_often_for_many_lines_as_for_few(told, django_assert_max_num_queries):
    publication = Publication.objects.get()
    for hour in range(2, 40):
        publication.snapshots.create(at=SOON + timedelta(hours=hour), age_s=hour * 3600, likes=hour, raw={})

    with django_assert_max_num_queries(10):
        whole_history(told)

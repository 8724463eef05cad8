"""Moving variants: every refusal, both clock changes, and what becomes of an approval."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from editorial import domain
from editorial.domain import Question, Refused
from editorial.models import QuietPeriod
from formats.core.draft import Part
from formats.variants import fresh, set_parts
from publishing.models import Publication, Version
from publishing.status import status_of
from tests.formats.test_views import form_data

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

LATER = "2026-12-01T18:00"


def parse(text):
    return datetime.fromisoformat(text)


def move(variant, wall, by, **kwargs):
    return domain.move(variant, wall=wall and parse(wall), by=by, **kwargs)


def word(variant):
    return status_of([variant])[variant.pk].word


def test_a_move_keeps_wall_time_zone_and_instant(river):
    variant = river.variant(wall=LATER)

    moved = move(variant, "2027-06-01T18:00", river.people["creator"])

    variant.refresh_from_db()
    assert variant.planned_wall == parse("2027-06-01T18:00")
    assert variant.planned_at == datetime(2027, 6, 1, 17, 0, tzinfo=UTC)  # summer time
    assert (moved.before.wall, moved.now.wall) == (parse(LATER), parse("2027-06-01T18:00"))
    assert moved.note == ""


def test_an_hour_that_spring_skips_moves_on_and_is_told(river):
    variant = river.variant(wall=LATER)

    moved = move(variant, "2027-03-28T01:30", river.people["creator"])

    assert moved.now.wall == parse("2027-03-28T02:30")
    assert "01:30 does not exist on 28 March 2027" in moved.note


def test_an_hour_that_autumn_repeats_is_asked_about(river):
    variant = river.variant(wall=LATER)

    with pytest.raises(Question) as asked:
        move(variant, "2027-10-31T01:30", river.people["creator"])

    assert asked.value.code == "ambiguous"
    assert [fields for _, fields in asked.value.choices] == [{"fold": "0"}, {"fold": "1"}]
    variant.refresh_from_db()
    assert variant.planned_wall == parse(LATER)


@pytest.mark.parametrize(("fold", "hour"), [(0, 0), (1, 1)])
def test_the_answer_decides_which_of_the_two(river, fold, hour):
    variant = river.variant(wall=LATER)

    move(variant, "2027-10-31T01:30", river.people["creator"], fold=fold)

    variant.refresh_from_db()
    assert variant.planned_at == datetime(2027, 10, 31, hour, 30, tzinfo=UTC)


def test_the_past_is_refused_with_the_time_it_is_there(river):
    variant = river.variant(wall=LATER)

    with pytest.raises(Refused, match="has passed: in Europe/London it is 23 November 2026 09:00"):
        move(variant, "2026-11-23T08:59", river.people["creator"])


def test_what_is_past_in_one_zone_is_not_in_another(river):
    variant = river.variant(wall=LATER)

    move(variant, "2026-11-23T08:59", river.people["creator"], zone="America/New_York")

    variant.refresh_from_db()
    assert variant.planned_at == datetime(2026, 11, 23, 13, 59, tzinfo=UTC)


@pytest.mark.parametrize("role", ["community", "analyst"])
def test_only_planners_move(river, role):
    variant = river.variant(wall=LATER)

    with pytest.raises(Refused) as refused:
        move(variant, "2026-12-02T10:00", river.people[role])

    assert refused.value.code == "permission"


def test_people_of_another_campaign_do_not_move(river, make_campaign):
    variant = river.variant(wall=LATER)

    with pytest.raises(Refused) as refused:
        move(variant, "2026-12-02T10:00", make_campaign("Forest").people["manager"])

    assert refused.value.code == "permission"


@pytest.mark.parametrize(
    ("state", "fragment"), [("published", "has been published"), ("attention", "needs a decision")]
)
def test_what_is_out_or_undecided_stays(river, state, fragment):
    variant = river.approved()
    Publication.objects.update(state=state)

    with pytest.raises(Refused, match=fragment):
        move(variant, "2026-12-02T10:00", river.people["manager"])


def test_what_is_being_sent_stays(river):
    variant = river.approved()
    Publication.objects.update(state="running", started_at=datetime(2026, 11, 23, tzinfo=UTC))

    with pytest.raises(Refused, match="being sent right now"):
        move(variant, "2026-12-01T19:00", river.people["manager"], confirmed=True)


def test_an_unknown_zone_is_named(river):
    with pytest.raises(Refused, match="“Mars/Base” is not a time zone"):
        move(river.variant(wall=LATER), LATER, river.people["creator"], zone="Mars/Base")


def test_a_variant_loses_its_time_and_gets_it_back(river):
    variant = river.variant(wall=LATER)

    moved = move(variant, None, river.people["creator"])

    variant.refresh_from_db()
    assert (variant.planned_wall, variant.planned_at) == (None, None)
    move(variant, moved.before.wall.isoformat(), river.people["creator"])
    variant.refresh_from_db()
    assert variant.planned_wall == parse(LATER)


# Approved ones --------------------------------------------------------------------------------------------------------
def test_a_manager_moves_inside_the_day_and_the_approval_holds(river):
    variant = river.approved()

    moved = move(variant, "2026-12-01T20:15", river.people["manager"])

    assert moved.approval == "kept"
    assert word(variant) == "approved"
    assert Publication.objects.get().due_at == datetime(2026, 12, 1, 20, 15, tzinfo=UTC)
    standing = Version.objects.get(voided_at=None)
    assert standing.payload["wall_time"] == "2026-12-01T20:15:00"


def test_to_another_day_is_asked_first_and_then_voids(river):
    variant = river.approved()

    with pytest.raises(Question) as asked:
        move(variant, "2026-12-02T18:00", river.people["manager"])
    assert word(variant) == "approved"

    moved = move(variant, "2026-12-02T18:00", river.people["manager"], confirmed=True)

    assert asked.value.choices[0][1] == {"confirmed": "1"}
    assert moved.approval == "void"
    assert word(variant) == "voided"
    assert Publication.objects.get().state == "cancelled"


def test_a_creator_inside_the_day_is_asked_too(river):
    variant = river.approved()

    with pytest.raises(Question):
        move(variant, "2026-12-01T20:15", river.people["creator"])


def test_a_manager_who_wrote_it_cannot_carry_the_approval_along(river, admin):
    from formats.core.payload import digest

    manager = river.people["manager"]
    variant = river.variant(wall=LATER, by=manager)
    domain.submit(variant, by=manager)
    domain.approve(variant, by=admin, digest=digest(domain.approval.built(variant)))

    with pytest.raises(Question):
        move(variant, "2026-12-01T20:15", manager)


def test_an_edit_after_approval_is_not_carried_along_by_a_move(river):
    variant = river.approved()
    set_parts(variant, [Part(text="Something else.")], by=river.people["creator"])

    moved = move(variant, "2026-12-01T20:15", river.people["manager"])

    assert moved.approval == ""
    assert word(variant) == "voided"


# Quiet periods --------------------------------------------------------------------------------------------------------
def quiet(**kwargs):
    return QuietPeriod.objects.create(
        name="Election silence",
        reason="The law asks for it.",
        starts_at=datetime(2026, 12, 5, tzinfo=UTC),
        ends_at=datetime(2026, 12, 6, tzinfo=UTC),
        **kwargs,
    )


@pytest.mark.parametrize(
    ("wall", "held"),
    [
        ("2026-12-04T23:59", False),
        ("2026-12-05T00:00", True),
        ("2026-12-05T23:59", True),
        ("2026-12-06T00:00", False),
    ],
)
def test_planning_into_a_quiet_period_is_refused_with_its_reason(river, wall, held):
    quiet()
    variant = river.variant(wall=LATER)

    if held:
        with pytest.raises(Refused, match=r"Election silence.*The law asks for it"):
            move(variant, wall, river.people["creator"])
    else:
        move(variant, wall, river.people["creator"])


def test_a_quiet_period_holds_only_its_campaign_channel_and_country(river, make_campaign):
    other = make_campaign("Forest", zone="America/New_York")
    quiet(campaign=other.page)
    quiet(channel=other.channel)
    quiet(country="US")
    variant = river.variant(wall=LATER)

    move(variant, "2026-12-05T12:00", river.people["creator"])

    quiet(country="GB")
    with pytest.raises(Refused):
        move(variant, "2026-12-05T13:00", river.people["creator"])


def test_the_gate_holds_a_publication_that_was_approved_before(river):
    from publishing import gates

    variant = river.approved(wall="2026-12-05T12:00")
    publication = Publication.objects.get(variant=variant)
    assert gates.reason_to_hold(publication, publication.due_at) is None

    quiet(channel=river.channel)

    assert "Election silence" in gates.reason_to_hold(publication, publication.due_at)
    assert gates.reason_to_hold(publication, datetime(2026, 12, 6, tzinfo=UTC)) is None


def test_a_post_too_many_for_the_channels_day_is_refused_while_planning(river):
    variant, other = river.variant(wall=LATER), river.variant(wall="2026-12-05T18:00")
    for channel in variant.channels.all():
        channel.facts = {**channel.facts, "posts_a_day": 1}
        channel.save()

    with pytest.raises(Refused) as refused:
        move(other, "2026-12-02T09:00", river.people["creator"])

    assert refused.value.code == "quota"
    assert "1 posts in 24 hours" in str(refused.value)
    assert move(other, "2026-12-02T18:00", river.people["creator"]).now.wall == parse("2026-12-02T18:00")


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_came_to_nothing_takes_no_place_until_it_is_handed_in_again(river, state):
    over, other = river.approved(LATER), river.variant(wall="2026-12-05T18:00")
    river.channel.facts = {"posts_a_day": 1}
    river.channel.save()
    Publication.objects.update(state=state, next_action_at=None)
    assert word(over) == state

    move(other, "2026-12-02T09:00", river.people["creator"])
    move(other, "2026-12-05T18:00", river.people["creator"])
    domain.submit(over, by=river.people["creator"])

    with pytest.raises(Refused) as refused:
        move(other, "2026-12-02T09:00", river.people["creator"])
    assert refused.value.code == "quota"


def test_the_editor_keeps_the_rules_of_a_move(river, as_user):
    """A quiet period and the day quota are met where the time is chosen; what stands inside may still be written."""
    quiet()
    river.channel.facts = {"posts_a_day": 1}
    river.channel.save()
    variant, other = river.variant(wall=LATER), river.variant(wall="2026-12-20T18:00")
    client = as_user(river.people["creator"])

    def chosen(wall, **more):
        data = form_data(fresh(variant.pk, lock=False), planned_wall=wall, **more)
        return client.post(reverse("variants:edit", args=[variant.pk]), data).content.decode()

    assert "Quiet period “Election silence”" in chosen("2026-12-05 12:00")
    assert "1 posts in 24 hours" in chosen("2026-12-20 12:00")
    variant.refresh_from_db()
    assert variant.planned_wall == parse(LATER)
    chosen("2026-12-21 18:00")
    variant.refresh_from_db()
    assert variant.planned_wall == parse("2026-12-21T18:00")

    QuietPeriod.objects.update(starts_at=other.planned_at, ends_at=variant.planned_at + timedelta(hours=1))
    chosen("2026-12-21 18:00", **{"parts-0-value-text": "Other words."})
    assert fresh(variant.pk, lock=False).to_parts()[0].text == "Other words."

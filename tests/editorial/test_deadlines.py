"""By when a step is to be decided: reminders, overdue, the end at the planned time; and who stands in meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse
from wagtail.models import WorkflowTask

from access import policy
from access.models import StandIn
from editorial import domain
from editorial.core.deadlines import Deadline, Due
from editorial.domain import approval, deadlines
from editorial.history import WORDS, history_of
from editorial.models import ApprovalTask
from formats.variants import fresh
from publishing.models import Version
from tests.editorial.test_approval import refusal, second_manager, seen, submitted, word
from tests.formats.test_views import form_data
from work.models import Notice, Outbox

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLANNED = datetime(2026, 12, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("planned_at", "within_h", "remind_h", "now", "expected"),
    [
        (None, None, 4, START + 99 * HOUR, Due.NOTHING),
        (PLANNED, None, 4, PLANNED - 5 * HOUR, Due.NOTHING),
        (PLANNED, None, 4, PLANNED - 4 * HOUR, Due.REMIND),
        (PLANNED, None, 0, PLANNED - HOUR, Due.NOTHING),
        (PLANNED, 24, 4, START + 19 * HOUR, Due.NOTHING),
        (PLANNED, 24, 4, START + 20 * HOUR, Due.REMIND),
        (PLANNED, 24, 4, START + 24 * HOUR, Due.OVERDUE),
        (PLANNED, 24, 0, START + 24 * HOUR, Due.OVERDUE),
        (PLANNED, 24, 4, PLANNED, Due.EXPIRED),
        (START + HOUR, 24, 4, START, Due.REMIND),
        (None, 1, 4, START, Due.REMIND),
    ],
)
def test_what_has_come(planned_at, within_h, remind_h, now, expected):
    assert Deadline(START, planned_at, within_h, remind_h).at(now) is expected


def test_the_date_is_never_later_than_the_planned_time():
    assert Deadline(START, START + HOUR, 24, 4).due_at == START + HOUR
    assert Deadline(START, None, None, 4).due_at is None


db = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


class TestTelling:
    pytestmark = db

    def kinds(self):
        return sorted(Notice.objects.exclude(kind="submitted").values_list("kind", "user__username"))

    def at(self, moment):
        return time_machine.travel(moment, tick=False)

    def test_each_is_told_once(self, river):
        submitted(river)
        ApprovalTask.objects.update(decide_within_h=24)

        for moment in (START + 19 * HOUR, START + 20 * HOUR, START + 21 * HOUR):
            with self.at(moment):
                deadlines.run()
        assert self.kinds() == [("approval_remind", "manager-river")]

        for moment in (START + 24 * HOUR, START + 30 * HOUR):
            with self.at(moment):
                deadlines.run()
        assert self.kinds() == [
            ("approval_overdue", "creator-river"),
            ("approval_overdue", "manager-river"),
            ("approval_remind", "manager-river"),
        ]

    def test_at_the_planned_time_the_request_ends(self, river):
        variant = submitted(river)
        with self.at(PLANNED - timedelta(seconds=1)):
            deadlines.run()
        assert word(variant) == "in_review"

        with self.at(PLANNED):
            deadlines.run()
            deadlines.run()

        assert word(variant) == "changes_requested"
        assert "The planned time passed" in approval.asked_for(variant).comment
        told = Notice.objects.filter(kind="approval_expired")
        assert {n.user.username for n in told} == {"creator-river", "manager-river"}
        assert not Version.objects.exists()

    def test_the_first_step_ends_with_it(self, river):
        _, lawyer = two_steps(river)
        variant = submitted(river)
        domain.approve(variant, by=river.people["manager"], digest=seen(variant))
        with self.at(PLANNED):
            deadlines.run()

            assert refusal(domain.approve, variant, by=lawyer, digest=seen(variant)) == "state"
        assert not Version.objects.exists()

    def test_moved_to_a_later_time_it_goes_on(self, river):
        variant = submitted(river)
        domain.move(variant, wall=datetime(2026, 12, 3, 12), by=river.people["manager"])

        with self.at(PLANNED):
            deadlines.run()

        assert word(variant) == "in_review"

    def test_one_that_cannot_be_looked_at_stops_no_other(self, river, monkeypatch):
        first, second = submitted(river), submitted(river)
        expire = deadlines.expire

        def fails_for_the_first(variant, now):
            if variant == first:
                raise RuntimeError("broken")
            return expire(variant, now)

        monkeypatch.setattr(deadlines, "expire", fails_for_the_first)
        with self.at(PLANNED):
            deadlines.run()

        assert (word(first), word(second)) == ("in_review", "changes_requested")

    def test_wagtails_own_settings_offer_both(self, river, admin, client):
        task = ApprovalTask.objects.get()
        client.force_login(admin)
        page = client.get(reverse("wagtailadmin_workflows:edit_task", args=[task.pk])).content.decode()

        assert 'name="decide_within_h"' in page
        assert 'name="remind_before_h"' in page


def two_steps(river):
    """A second step after the managers': the lawyers. Returns its task and a lawyer."""
    legal = Group.objects.create(name="Legal")
    lawyer = second_manager(river)
    lawyer.groups.add(legal)
    task = ApprovalTask.objects.create(name="Legal")
    task.groups.add(legal)
    workflow = river.variant().get_workflow()
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    return task, lawyer


def away(absent, deputy, *, days=7, starts=START):
    return StandIn.objects.create(
        absent=absent, deputy=deputy, starts_at=starts, ends_at=starts + timedelta(days=days)
    )


def again(user):
    """The person at their next request."""
    return get_user_model().objects.get(pk=user.pk)


class TestStandingIn:
    pytestmark = db

    def test_a_deputy_approves_while_somebody_is_away(self, river):
        analyst = river.people["analyst"]
        variant = submitted(river)
        assert refusal(domain.approve, variant, by=again(analyst), digest=seen(variant)) == "permission"

        away(river.people["manager"], analyst)

        version = domain.approve(variant, by=again(analyst), digest=seen(variant))
        assert version.approved_by == analyst

    def test_only_in_that_time(self, river):
        analyst = river.people["analyst"]
        variant = submitted(river)
        away(river.people["manager"], analyst, days=1)

        with time_machine.travel(START + timedelta(days=1), tick=False):
            assert refusal(domain.approve, variant, by=again(analyst), digest=seen(variant)) == "permission"

    def test_nothing_but_approving_goes_over(self, river):
        analyst = river.people["analyst"]
        away(river.people["manager"], analyst)
        variant = river.variant()

        can = {name for name in policy.EVERYTHING if policy.can(again(analyst), name, variant)}

        assert can == {policy.VIEW, policy.REPORT, policy.APPROVE}

    def test_not_in_a_campaign_that_they_do_not_see(self, river, make_campaign):
        stranger = make_campaign("Forest").people["manager"]
        away(river.people["manager"], stranger)

        assert not policy.can(again(stranger), policy.APPROVE, river.variant())
        assert not policy.can(again(stranger), policy.VIEW, river.variant())

    def test_not_for_what_they_wrote(self, river):
        creator = river.people["creator"]
        variant = submitted(river)
        away(river.people["manager"], creator)

        assert refusal(domain.approve, variant, by=again(creator), digest=seen(variant)) == "own_work"

    def test_not_for_what_those_wrote_for_whom_they_stand_in(self, river):
        manager, analyst = river.people["manager"], river.people["analyst"]
        variant = submitted(river, by=manager)
        away(manager, analyst)

        assert refusal(domain.approve, variant, by=again(analyst), digest=seen(variant)) == "own_work"
        assert approval.reviewer(variant, again(analyst)) == (True, True)

    def test_for_another_steps_group(self, river):
        _, lawyer = two_steps(river)
        variant = submitted(river)
        manager = river.people["manager"]
        domain.approve(variant, by=manager, digest=seen(variant))
        assert refusal(domain.approve, variant, by=again(manager), digest=seen(variant)) == "permission"

        away(lawyer, manager)

        assert domain.approve(variant, by=again(manager), digest=seen(variant)) is not None

    def test_they_are_told_and_it_waits_for_them(self, river, as_user):
        analyst = river.people["analyst"]
        away(river.people["manager"], analyst)

        variant = submitted(river)

        assert analyst in {n.user for n in Notice.objects.filter(kind="submitted")}
        assert approval.waiting_ids(again(analyst)) == [variant.pk]
        page = as_user(analyst).get(reverse("editorial:review")).content.decode()
        assert "The river is clean again." in page

    def test_nobody_stands_in_for_themselves(self, river):
        manager = river.people["manager"]
        with pytest.raises(IntegrityError), transaction.atomic():
            away(manager, manager)

    def test_each_names_their_own(self, river, as_user, make_campaign):
        other = make_campaign("Forest")
        manager, analyst = river.people["manager"], river.people["analyst"]
        client = as_user(manager)
        data = {
            "absent": manager.pk,
            "deputy": analyst.pk,
            "starts_at": "2026-11-24 08:00",
            "ends_at": "2026-11-30 08:00",
            "note": "",
        }
        client.post(reverse("stand_ins:add"), {**data, "absent": other.people["manager"].pk})
        client.post(reverse("stand_ins:add"), {**data, "deputy": other.people["manager"].pk})
        assert not StandIn.objects.exists()
        client.post(reverse("stand_ins:add"), data)
        row = StandIn.objects.get()
        assert (row.absent, row.deputy, row.made_by) == (manager, analyst, manager)

        client.get(reverse("stand_ins:index"))  # shows the message that it was made
        stranger = as_user(other.people["manager"])
        for name in ("edit", "delete", "history"):
            assert stranger.get(reverse(f"stand_ins:{name}", args=[row.pk])).status_code in (302, 403)
        assert "analyst-river" not in stranger.get(reverse("stand_ins:index")).content.decode()
        assert as_user(analyst).get(reverse("stand_ins:index")).status_code in (302, 403)

    def test_one_query_says_all_roles(self, river, django_assert_num_queries):
        away(river.people["manager"], river.people["analyst"])
        user = again(river.people["analyst"])

        with django_assert_num_queries(1):
            policy.can(user, policy.APPROVE)
            policy.can(user, policy.VIEW)


class TestDigest:
    pytestmark = db

    def mails(self, user=None):
        rows = Outbox.objects.filter(kind="digest")
        return rows.filter(user=user) if user else rows

    def run(self, moment):
        from editorial.domain import digest

        with time_machine.travel(moment, tick=False):
            digest.run()

    def test_it_comes_at_eight_where_the_person_is_once_a_day(self, river):
        from wagtail.users.models import UserProfile

        submitted(river)
        manager = river.people["manager"]
        profile = UserProfile.get_for_user(manager)
        profile.current_time_zone = "America/New_York"
        profile.save()
        UserProfile.get_for_user(river.people["creator"])

        self.run(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))
        assert not self.mails(manager).exists()
        self.run(datetime(2026, 11, 24, 13, 0, tzinfo=UTC))
        self.run(datetime(2026, 11, 24, 13, 15, tzinfo=UTC))

        mail = self.mails(manager).get()
        assert mail.subject == "Your day: 1 to approve"
        assert "River story: Tue 1 Dec, 13:00 your time" in mail.body
        self.run(datetime(2026, 11, 25, 13, 0, tzinfo=UTC))
        assert self.mails(manager).count() == 2

    def test_old_work_that_needs_them_today_is_in_it(self, river):
        from formats.models import Variant

        variant = submitted(river)
        Variant.objects.update(updated_at=datetime(2026, 9, 1, tzinfo=UTC))
        domain.reject(variant, by=river.people["manager"], comment="Shorter.")
        Variant.objects.update(updated_at=datetime(2026, 9, 1, tzinfo=UTC), planned_at=None)

        self.run(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))

        assert "changes requested" in self.mails(river.people["creator"]).get().body

    def test_one_that_cannot_be_written_stops_no_other(self, river, monkeypatch):
        from editorial.domain import digest

        submitted(river)
        written = digest.mail

        def fails_for_the_first(person, *rest):
            if person == river.people["admin" if "admin" in river.people else "creator"]:
                raise RuntimeError("broken")
            return written(person, *rest)

        monkeypatch.setattr(digest, "mail", fails_for_the_first)

        self.run(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))

        assert self.mails(river.people["manager"]).exists()

    def test_who_has_nothing_gets_nothing_and_nobody_gets_a_notice(self, river):
        submitted(river)

        self.run(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))

        assert {row.user for row in self.mails()} == {river.people["manager"]}
        assert not Notice.objects.filter(kind="digest").exists()

    def test_it_can_be_switched_off(self, river):
        from work import mails

        submitted(river)
        mails.choose(river.people["manager"], {"digest": False})

        self.run(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))

        assert not self.mails().exists()

    def test_an_author_reads_what_needs_them(self, river):
        variant = submitted(river)
        domain.reject(variant, by=river.people["manager"], comment="Shorter.")
        river.approved(wall="2026-11-24T18:00")

        self.run(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))

        mail = self.mails(river.people["creator"]).get()
        assert mail.subject == "Your day: 1 going out today, 1 to do"
        assert "changes requested" in mail.body
        assert "Tue 24 Nov, 18:00 your time, approved" in mail.body


class TestMoved:
    pytestmark = db

    def test_owner_and_approver_are_told_by_whomever_it_was_moved(self, river):
        variant = river.approved()
        other = second_manager(river)

        domain.move(variant, wall=datetime(2026, 12, 1, 20), by=other)

        told = Notice.objects.filter(kind="moved")
        # The mover stands for the new time, so there is nobody else to tell but the owner.
        assert {n.user for n in told} == {river.people["creator"]}
        assert "from Tue 1 Dec 2026 18:00 (Europe/London) to Tue 1 December 2026, 20:00" in told[0].body
        domain.move(variant, wall=datetime(2026, 12, 1, 21), by=river.people["creator"], confirmed=True)
        assert Notice.objects.filter(kind="moved").count() == 1

    def test_a_time_chosen_in_the_editor_is_told_and_stands_in_the_history(self, river, as_user):
        variant = river.variant(wall="2026-12-01T18:00")
        client = as_user(river.people["manager"])
        url = reverse("variants:edit", args=[variant.pk])

        client.post(url, form_data(fresh(variant.pk, lock=False), **{"parts-0-value-text": "Other words."}))
        assert not Notice.objects.filter(kind="moved").exists()
        revision = variant.revisions.order_by("pk").last()
        client.post(
            url,
            form_data(fresh(variant.pk, lock=False), planned_wall="2026-12-01 20:00")
            | {"overwrite_revision_id": str(revision.pk)},
            headers={"accept": "application/json"},
        )

        told = Notice.objects.get(kind="moved")
        assert told.user == river.people["creator"]
        assert "from Tue 1 Dec 2026 18:00 (Europe/London) to Tue 1 December 2026, 20:00" in told.body
        moves = [line.said for line in history_of(variant) if line.what == WORDS["editorial.move"]]
        assert moves == ["Tue 1 Dec 2026 18:00 (Europe/London) → Tue 1 Dec 2026 20:00 (Europe/London)"]

    def test_an_older_time_taken_up_again_is_told(self, river, as_user):
        variant = river.variant(wall="2026-12-01T18:00")
        old = variant.revisions.order_by("pk").last()
        domain.move(variant, wall=datetime(2026, 12, 2, 9), by=river.people["creator"])
        data = form_data(old.as_object(), revision=str(old.pk))

        url = reverse("variants:revisions_revert", args=[variant.pk, old.pk])
        as_user(river.people["manager"]).post(url, data)

        assert "from Wed 2 Dec 2026 09:00" in Notice.objects.get(kind="moved").body

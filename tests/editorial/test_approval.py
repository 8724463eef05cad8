"""Who may approve what, and that exactly what was seen is what goes out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.urls import reverse

from editorial import domain
from editorial.domain import Refused, approval
from editorial.models import ApprovalTask, QuietPeriod
from formats.core.draft import Part
from formats.core.payload import digest
from formats.models import Variant
from formats.variants import plan, set_parts
from publishing.models import Publication, Version
from publishing.status import status_of
from tests.editorial.conftest import NOW
from work.models import Notice, Outbox

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

LATER = "2026-12-01T18:00"


def seen(variant) -> str:
    return digest(approval.built(variant))


def submitted(river, **kwargs):
    variant = river.variant(wall=LATER, **kwargs)
    domain.submit(variant, by=kwargs.get("by") or river.people["creator"])
    return variant


def word(variant) -> str:
    return status_of([variant])[variant.pk].word


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_a_new_campaign_has_a_workflow_that_its_stories_find(river):
    variant = river.variant()

    workflow = variant.get_workflow()

    assert [type(task) for task in workflow.tasks.specific()] == [ApprovalTask]


def test_approving_freezes_and_schedules_what_was_seen(river):
    variant = submitted(river)
    what = seen(variant)

    version = domain.approve(variant, by=river.people["manager"], digest=what)

    assert version.digest == what
    assert version.approved_by == river.people["manager"]
    assert [p.due_at.isoformat() for p in Publication.objects.all()] == ["2026-12-01T18:00:00+00:00"]
    assert word(variant) == "approved"


def test_the_author_cannot_approve_even_as_a_manager(river):
    manager = river.people["manager"]
    variant = submitted(river, by=manager)

    assert refusal(domain.approve, variant, by=manager, digest=seen(variant)) == "own_work"
    assert not Version.objects.exists()


def test_an_administrator_is_bound_too(river, admin):
    variant = submitted(river, by=admin)

    assert refusal(domain.approve, variant, by=admin, digest=seen(variant)) == "own_work"
    assert "approve" not in [name for name, *_ in variant.current_workflow_task.get_actions(variant, admin)]


def test_an_administrator_who_did_not_write_it_may_approve(river, admin):
    variant = submitted(river)

    assert domain.approve(variant, by=admin, digest=seen(variant)) is not None


def test_the_last_editor_cannot_approve_also_when_autosave_overwrites_the_revision(river):
    manager = river.people["manager"]
    variant = submitted(river)
    current = variant.get_latest_revision_as_object()
    revision = current.save_revision(user=manager, clean=False)
    current.parts[0].value["text"] = "Words of the manager."
    current.save()
    current.save_revision(user=manager, clean=False, overwrite_revision=revision)

    assert refusal(domain.approve, variant, by=manager, digest=seen(variant)) == "own_work"


def test_planning_makes_nobody_an_author(river):
    manager = river.people["manager"]
    variant = submitted(river)
    domain.move(variant, wall=parse("2026-12-02T10:00"), by=manager)

    assert domain.approve(variant, by=manager, digest=seen(variant)) is not None


def test_after_an_approval_only_later_editors_count_besides_the_owner(river):
    manager, other = river.people["manager"], second_manager(river)
    variant = river.variant(wall=LATER)
    set_parts(variant, [Part(text="Edited by the manager.")], by=manager)
    domain.submit(variant, by=river.people["creator"])
    domain.approve(variant, by=other, digest=seen(variant))
    set_parts(variant, [Part(text="Edited again by its author.")], by=river.people["creator"])
    domain.submit(variant, by=river.people["creator"])

    assert domain.approve(variant, by=manager, digest=seen(variant)) is not None


def test_a_change_after_looking_is_refused_with_a_clear_message(river):
    variant = submitted(river)
    what = seen(variant)
    set_parts(variant, [Part(text="Another text.")], by=river.people["creator"])

    with pytest.raises(Refused, match="changed after you opened it"):
        domain.approve(variant, by=river.people["manager"], digest=what)

    assert word(variant) == "in_review"
    assert not Version.objects.exists()


def test_a_new_time_after_looking_is_refused(river):
    variant = submitted(river)
    what = seen(variant)
    plan(variant, parse("2026-12-01T18:05"), "Europe/London", by=river.people["manager"])

    assert refusal(domain.approve, variant, by=river.people["manager"], digest=what) == "changed"


def test_without_a_digest_nothing_is_approved(river):
    variant = submitted(river)

    assert refusal(domain.approve, variant, by=river.people["manager"], digest="") == "changed"


def test_wagtails_own_way_ends_at_the_same_rules(river):
    variant = submitted(river)
    task_state = variant.current_workflow_task_state
    task = task_state.task.specific

    assert refusal(task.on_action, task_state, river.people["manager"], "approve") == "changed"
    assert refusal(task.on_action, task_state, river.people["creator"], "approve") == "permission"


def test_people_of_another_campaign_cannot_decide(river, make_campaign):
    other = make_campaign("Forest")
    variant = submitted(river)

    assert refusal(domain.approve, variant, by=other.people["manager"], digest=seen(variant)) == "permission"
    assert refusal(domain.reject, variant, by=other.people["manager"], comment="No") == "permission"
    assert refusal(domain.submit, river.variant(), by=other.people["creator"]) == "permission"


@pytest.mark.parametrize("role", ["creator", "community", "analyst"])
def test_only_managers_approve(river, role):
    variant = submitted(river)

    assert refusal(domain.approve, variant, by=river.people[role], digest=seen(variant)) == "permission"


def test_changes_are_requested_with_a_comment_and_the_author_is_told(river):
    variant = submitted(river)

    assert refusal(domain.reject, variant, by=river.people["manager"], comment="  ") == "comment"
    domain.reject(variant, by=river.people["manager"], comment="Say who took part.")

    assert word(variant) == "changes_requested"
    notice = Notice.objects.get(kind="changes_requested")
    assert notice.user == river.people["creator"]
    assert "Say who took part." in notice.body


def test_it_can_be_submitted_again_and_approved(river):
    variant = submitted(river)
    domain.reject(variant, by=river.people["manager"], comment="Shorter.")
    set_parts(variant, [Part(text="Clean.")], by=river.people["creator"])

    domain.submit(variant, by=river.people["creator"])
    domain.approve(variant, by=river.people["manager"], digest=seen(variant))

    assert word(variant) == "approved"


def test_submitting_names_each_blocker_and_its_remedy(river):
    variant = river.variant(text="", channel=False)

    with pytest.raises(Refused) as caught:
        domain.submit(variant, by=river.people["creator"])

    assert caught.value.code == "blockers"
    assert any("No account is chosen" in reason for reason in caught.value.reasons)
    assert any("No time is planned" in reason for reason in caught.value.reasons)


def test_nothing_is_submitted_twice(river):
    variant = submitted(river)

    assert refusal(domain.submit, variant, by=river.people["creator"]) == "state"


def test_a_withdrawn_one_is_a_draft_again(river):
    variant = submitted(river)

    domain.withdraw(variant, by=river.people["creator"])

    assert word(variant) == "draft"


def test_a_time_that_passed_meanwhile_is_not_approved(river):
    import time_machine

    variant = submitted(river)
    what = seen(variant)
    with time_machine.travel("2026-12-01T18:00:01Z", tick=False):
        assert refusal(domain.approve, variant, by=river.people["manager"], digest=what) == "blockers"


def test_a_quiet_period_is_not_approved_into(river):
    variant = submitted(river)
    QuietPeriod.objects.create(
        name="Election silence", reason="The law.", starts_at=at("2026-12-01"), ends_at=at("2026-12-02")
    )

    assert refusal(domain.approve, variant, by=river.people["manager"], digest=seen(variant)) == "quiet"


def test_approvers_are_told_but_not_the_author(river):
    author = second_manager(river)
    variant = river.variant(wall=LATER, by=author)

    domain.submit(variant, by=author)

    assert [n.user for n in Notice.objects.filter(kind="submitted")] == [river.people["manager"]]


def test_where_every_approver_is_an_author_an_administrator_is_told(river, admin):
    manager = river.people["manager"]
    variant = river.variant(wall=LATER, by=manager)

    domain.submit(variant, by=manager)

    assert [n.user for n in Notice.objects.filter(kind="submitted")] == [admin]


def test_a_story_goes_through_the_same_four_eyes_and_is_published(river):
    story, manager = river.story, river.people["manager"]
    story.get_workflow().start(story, river.people["creator"])
    task_state = story.current_workflow_task_state
    task = task_state.task.specific
    assert [name for name, *_ in task.get_actions(story, manager)] == ["reject", "approve"]
    # Wagtail's editor saves before it approves; nothing has changed
    story.get_latest_revision_as_object().save_revision(user=manager)

    task.on_action(task_state, manager, "approve", digest="", comment="")

    story.refresh_from_db()
    assert story.live
    assert story.live_revision.user == manager


def test_a_story_is_not_approved_by_who_edited_it(river):
    story, manager = river.story, river.people["manager"]
    story.get_workflow().start(story, river.people["creator"])
    edited = story.get_latest_revision_as_object()
    edited.lead = "Words of the manager."
    edited.save_revision(user=manager)
    task_state = story.current_workflow_task_state

    with pytest.raises(Refused, match="Somebody else has to approve it"):
        task_state.task.specific.on_action(task_state, manager, "approve")


def test_a_change_after_approval_voids_it_and_is_told_to_owner_and_approver(river):
    variant = river.approved()
    editor = second_manager(river)

    set_parts(variant, [Part(text="Changed afterwards.")], by=editor)

    assert word(variant) == "voided"
    told = {n.user for n in Notice.objects.filter(kind="voided")}
    assert told == {river.people["creator"], river.people["manager"]}


def test_with_two_steps_both_must_have_seen_the_same(river):
    from django.contrib.auth.models import Group
    from wagtail.models import WorkflowTask

    legal = Group.objects.create(name="Legal")
    lawyer = second_manager(river)
    lawyer.groups.add(legal)
    workflow = river.variant().get_workflow()
    task = ApprovalTask.objects.create(name="Legal")
    task.groups.add(legal)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    variant = submitted(river)
    first = seen(variant)
    assert domain.approve(variant, by=river.people["manager"], digest=first) is None
    current = variant.get_latest_revision_as_object()
    current.parts[0].value["text"] = "Slipped in by autosave."
    current.save()
    current.save_revision(
        user=river.people["creator"], clean=False, overwrite_revision=variant.get_latest_revision()
    )

    assert refusal(domain.approve, variant, by=lawyer, digest=seen(variant)) in {"earlier_step", "state"}
    assert not Version.objects.exists()


def test_after_a_request_for_changes_every_step_sees_what_was_changed(river):
    """The second step asks; what comes back was not seen by the first, which is therefore asked again."""
    _, lawyer = two_steps(river)
    variant = submitted(river)
    domain.approve(variant, by=river.people["manager"], digest=seen(variant))
    domain.reject(variant, by=lawyer, comment="Say which river.")
    set_parts(variant, [Part(text="The Elbe is clean again.")], by=river.people["creator"])
    domain.submit(variant, by=river.people["creator"])

    variant.refresh_from_db()
    assert variant.current_workflow_task.name != "Legal"
    assert domain.approve(variant, by=river.people["manager"], digest=seen(variant)) is None
    version = domain.approve(variant, by=lawyer, digest=seen(variant))

    assert version.digest == seen(variant)


def test_what_comes_back_unchanged_is_decided_by_the_step_that_asked(river):
    _, lawyer = two_steps(river)
    variant = submitted(river)
    domain.approve(variant, by=river.people["manager"], digest=seen(variant))
    domain.reject(variant, by=lawyer, comment="Is that so?")
    domain.submit(variant, by=river.people["creator"])

    assert domain.approve(variant, by=lawyer, digest=seen(variant)) is not None


def two_steps(river):
    from django.contrib.auth.models import Group
    from wagtail.models import WorkflowTask

    legal = Group.objects.create(name="Legal")
    lawyer = get_user_model().objects.create_user("lawyer", "lawyer@example.org", "x")
    task = ApprovalTask.objects.create(name="Legal")
    task.groups.add(legal)
    lawyer.groups.add(legal, *river.people["manager"].groups.all())
    WorkflowTask.objects.create(workflow=river.variant().get_workflow(), task=task, sort_order=1)
    return task, lawyer


def test_who_settles_what_the_network_asks_is_an_author(river):
    """Who may see it, a content warning, an advertisement's mark: they go out like words."""
    manager = river.people["manager"]
    variant = submitted(river)
    domain.withdraw(variant, by=river.people["creator"])
    variant.refresh_from_db()
    variant.options = {"visibility": "unlisted"}
    variant.save()
    variant.save_revision(user=manager, clean=False)
    domain.submit(variant, by=river.people["creator"])

    assert refusal(domain.approve, variant, by=manager, digest=seen(variant)) == "own_work"


def test_words_that_come_back_are_still_theirs_who_wrote_them(river):
    """Written by a manager, replaced, approved, taken up again: the manager may not approve their own words."""
    manager, other = river.people["manager"], second_manager(river)
    variant = river.variant(wall=LATER)
    set_parts(variant, [Part(text="The manager's words.")], by=manager)
    set_parts(variant, [Part(text="The creator's words.")], by=river.people["creator"])
    domain.submit(variant, by=river.people["creator"])
    domain.approve(variant, by=other, digest=seen(variant))

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        set_parts(variant, [Part(text="The manager's words.")], by=river.people["creator"])
        domain.submit(variant, by=river.people["creator"])

        assert refusal(domain.approve, variant, by=manager, digest=seen(variant)) == "own_work"
        domain.approve(variant, by=other, digest=seen(variant))


def test_words_that_come_back_with_their_picture_are_still_theirs(river):
    """Their part and its picture have other ids then, and the plan of the picture between them is kept."""
    from tests.editorial.test_every_way import OTHER, PLAN, pictured, rendered

    rendered(PLAN, "a")
    rendered(OTHER, "b")
    manager, other = river.people["manager"], second_manager(river)
    variant = river.variant(wall=LATER)
    set_parts(variant, [pictured("The manager's words.")], by=manager)
    set_parts(variant, [pictured("The creator's words.", OTHER)], by=river.people["creator"])
    domain.submit(variant, by=river.people["creator"])
    domain.approve(variant, by=other, digest=seen(variant))

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        set_parts(variant, [pictured("The manager's words.")], by=river.people["creator"])
        domain.submit(variant, by=river.people["creator"])

        assert refusal(domain.approve, variant, by=manager, digest=seen(variant)) == "own_work"


def test_a_workflow_with_a_step_of_another_kind_takes_no_posts(river):
    from wagtail.models import GroupApprovalTask, WorkflowTask

    variant = river.variant(wall=LATER)
    step = GroupApprovalTask.objects.create(name="Wagtail's own")
    WorkflowTask.objects.create(workflow=variant.get_workflow(), task=step, sort_order=1)

    assert refusal(domain.submit, variant, by=river.people["creator"]) == "workflow"


def submit_it(river, variant):
    domain.submit(variant, by=river.people["creator"])


def ask_for_changes(river, variant):
    domain.submit(variant, by=river.people["creator"])
    domain.reject(variant, by=river.people["manager"], comment="Shorter.")


def approve_it(river, variant):
    domain.submit(variant, by=river.people["creator"])
    domain.approve(variant, by=river.people["manager"], digest=seen(variant))


def lose_it(river, variant):
    approve_it(river, variant)
    set_parts(variant, [Part(text="Changed afterwards.")], by=second_manager(river))


def move_it(river, variant):
    domain.move(variant, by=river.people["manager"], wall=parse("2026-12-02T10:00"))


@pytest.mark.parametrize(
    ("happens", "kind", "people", "says"),
    [
        (submit_it, "submitted", {"manager"}, "asks for approval"),
        (ask_for_changes, "changes_requested", {"creator"}, "“Shorter.”"),
        (approve_it, "approved", {"creator"}, "It goes out as approved"),
        (lose_it, "voided", {"creator", "manager"}, "does not go out until it is approved again"),
        (move_it, "moved", {"creator"}, "to Wed 2 December 2026, 10:00"),
    ],
)
def test_each_turn_is_told_in_the_admin_and_by_mail(river, happens, kind, people, says):
    happens(river, river.variant(wall=LATER))

    expected = {river.people[role] for role in people}
    notices, mails = Notice.objects.filter(kind=kind), Outbox.objects.filter(kind=kind)
    assert {notice.user for notice in notices} == expected == {mail.user for mail in mails}
    assert all(says in mail.body for mail in mails)
    assert all(mail.url == reverse("editorial:variant", args=[Variant.objects.get().pk]) for mail in mails)


def second_manager(campaign):
    user = get_user_model().objects.create_user("second", "second@example.org", "x")
    user.groups.set(campaign.people["manager"].groups.all())
    return user


def parse(text):
    from datetime import datetime

    return datetime.fromisoformat(text)


def at(text):
    from datetime import UTC

    return parse(text).replace(tzinfo=UTC)

"""The admin's pages: who sees what, who decides, and that lists do not ask per row."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from access.models import CampaignRole
from publishing.domain import actions, void
from publishing.models import Event

pytestmark = pytest.mark.db


def sign_in(client, user):
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return client


def member(world, name, role, campaign=None):
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create_user(name, f"{name}@example.org", None)
    group = Group.objects.create(name=name)
    CampaignRole.objects.create(group=group, campaign_id=(campaign or world.campaign).pk, role=role)
    user.groups.add(group)
    return user


@pytest.fixture
def late(world):
    publication = world.publication("The river is clean.")
    world.step(publication, to=publication.due_at + timedelta(hours=1))
    assert publication.state == "attention"
    return publication


def page(publication):
    return reverse("publishing:publication", args=[publication.pk])


def decide(publication, action):
    return reverse("publishing:decide", args=[publication.pk, action])


def test_manager_sees_the_case_and_decides(client, world, late):
    sign_in(client, world.manager)

    listed = client.get(reverse("publishing:index") + "?tab=attention", follow=True).content.decode()
    shown = client.get(page(late)).content.decode()
    answer = client.post(decide(late, "send_now"), {"why": "Still true."}, follow=True)

    assert "The river is clean." in listed
    assert "It could not go out in time" in shown
    assert "It goes out within seconds." in answer.content.decode()
    late.refresh_from_db()
    assert late.state == "scheduled"
    assert Event.objects.get(publication=late, kind="send_now").by == world.manager
    world.finish(late)
    assert world.network.texts() == ["The river is clean."]


def test_decision_taken_meanwhile_says_so(client, world, late):
    sign_in(client, world.manager)
    client.post(decide(late, "drop"))

    answer = client.post(decide(late, "drop"), follow=True)

    assert "no longer possible" in answer.content.decode()


def test_new_time_is_read_in_the_posts_zone(client, world, late):
    sign_in(client, world.manager)

    client.post(decide(late, "reschedule"), {"wall": "2026-12-01T10:00"})

    late.refresh_from_db()
    assert late.due_at.isoformat() == "2026-12-01T10:00:00+00:00"  # London, winter
    assert late.state == "scheduled"


@pytest.mark.parametrize("value", ["", "soon", "2020-01-01T10:00"])
def test_impossible_new_time_keeps_everything(client, world, late, value):
    sign_in(client, world.manager)

    answer = client.post(decide(late, "reschedule"), {"wall": value}, follow=True)

    late.refresh_from_db()
    assert late.state == "attention"
    assert answer.status_code == 200


def test_analyst_sees_without_deciding(client, world, late):
    sign_in(client, member(world, "ann", "analyst"))

    shown = client.get(page(late)).content.decode()

    assert "Send now" not in shown
    # Wagtail answers a refusal with a way back to its first page
    assert client.post(decide(late, "send_now")).status_code in (302, 403)
    late.refresh_from_db()
    assert late.state == "attention"


def test_other_campaigns_people_see_nothing(client, world, late):
    other = world.campaign.get_parent().add_child(title="Other", slug="other")
    sign_in(client, member(world, "eve", "manager", other))

    assert client.get(page(late)).status_code == 404
    assert client.post(decide(late, "drop")).status_code == 404
    assert "The river is clean." not in client.get(reverse("publishing:index")).content.decode()


def test_empty_list_says_what_will_come(client, world):
    sign_in(client, world.manager)

    assert "Nothing has been approved yet" in client.get(reverse("publishing:index")).content.decode()


def test_list_asks_the_same_for_one_and_three(client, world, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sign_in(client, world.manager)
    address = reverse("publishing:index")
    world.publication("one")
    client.get(address)
    with CaptureQueriesContext(connection) as once:
        client.get(address)
    world.publication("two")
    world.publication("three")

    with django_assert_num_queries(len(once)):
        client.get(address)


def test_first_page_names_what_waits(client, world, late):
    sign_in(client, world.manager)

    shown = client.get(reverse("wagtailadmin_home")).content.decode()

    assert "Needs a decision" in shown
    assert page(late) in shown


# Needs attention --------------------------------------------------------------------------------------------


@pytest.fixture
def lost(world):
    """Sent, no answer, and the account shows nothing that settles it."""
    from channels.connectors.base import Lookup, LookupKind

    seen = ({"id": "77", "created_at": "2026-11-23T18:00:03Z", "text": "The river is clean, or nearly."},)
    publication = world.publication("The river is clean.")
    world.channel.url = "https://x.com/river"
    world.channel.platform = "fake"
    world.channel.save()
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT, complete=True, seen=seen, reason="Is it this one?")]
    world.finish(publication)
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    return publication


def text_of(answer):
    import re
    from html import unescape

    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_case_shows_what_was_sent_answered_and_seen(client, world, lost):
    sign_in(client, world.manager)

    shown = text_of(client.get(page(lost)))

    for words in (
        "Nobody knows whether it arrived",
        "The river is clean.",
        "No clear answer",
        "no answer",
        "Is it this one?",
        "The river is clean, or nearly.",
        "It is not there: send it",
        "I have looked at @river: it is not there.",
    ):
        assert words in shown, words


def test_sending_what_may_be_there_must_be_confirmed(client, world, lost):
    sign_in(client, world.manager)

    answer = client.post(decide(lost, "send_now"), follow=True)
    lost.refresh_from_db()
    assert lost.state == "attention"
    assert "Tick the box first" in text_of(answer)

    client.post(decide(lost, "send_now"), {"sure": "1"})
    lost.refresh_from_db()
    assert lost.state == "scheduled"


def test_it_is_out_needs_an_address_of_this_account(client, world, lost):
    sign_in(client, world.manager)

    answer = client.post(decide(lost, "mark_as_out"), {"url": "https://elsewhere.example/1"}, follow=True)
    lost.refresh_from_db()
    assert lost.state == "attention"
    assert "elsewhere.example" in text_of(answer)

    client.post(decide(lost, "mark_as_out"), {"url": "https://x.com/river/status/77"})
    lost.refresh_from_db()
    assert (lost.state, lost.remote_url) == ("published", "https://x.com/river/status/77")
    assert Event.objects.get(publication=lost, kind="marked_out").by == world.manager


@pytest.fixture
def sending(world):
    """A message to two people: one is refused it, of the other nobody knows. Nothing has an address there."""
    from channels.connectors.base import Outcome, OutcomeKind, Safety, StepKind, StepSpec

    network = world.network
    network.has_addresses = False
    network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE, data={"asks_nobody": True}),
    ]
    network.script["commit"] = [Outcome(OutcomeKind.CONTENT, message="Not there.", spared=True)]
    network.script["reply 2"] = ["lost"]
    network.script["people"] = [Outcome(OutcomeKind.CONTENT, message="Nobody is known to have got it.")]
    publication = world.publication("The river is clean.")
    world.finish(publication)
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    return publication


def test_a_sending_that_somebody_may_have_got_offers_only_what_can_be_done(client, world, sending):
    sign_in(client, world.manager)

    shown = text_of(client.get(page(sending)))

    assert actions.allowed(sending) == ("mark_as_out", "drop")
    assert "Of the others nobody can say whether they got it" in shown
    assert "Nothing of it is out." not in shown
    assert "Address of the post" not in shown
    assert "plan and approve it anew" not in shown
    with pytest.raises(actions.NotPossible):
        actions.send_now(sending, by=world.manager)


@pytest.mark.parametrize(("action", "state"), [("mark_as_out", "published"), ("drop", "cancelled")])
def test_every_decision_about_such_a_sending_ends_it(client, world, sending, action, state):
    sign_in(client, world.manager)

    client.post(decide(sending, action))

    sending.refresh_from_db()
    world.finish(sending)
    assert sending.state == state
    assert len(world.network.runs("reply 2")) == 1


@pytest.fixture
def waiting_list(world):
    """A message to three people: of the first nobody knows whether it arrived, and two wait behind."""
    from channels.connectors.base import Safety, StepKind, StepSpec

    network = world.network
    network.has_addresses = False
    network.specs = [
        StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"part": 0}),
        StepSpec("reply 2", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("reply 3", StepKind.REPLY, Safety.BLIND, required=False, data={"part": 0}),
        StepSpec("people", StepKind.WAIT, Safety.PURE, data={"asks_nobody": True}),
    ]
    network.script["commit"] = ["lost"]
    publication = world.publication("The river is clean.")
    world.finish(publication)
    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    return publication


def test_where_the_first_of_a_list_got_it_the_others_are_sent_it_once(client, world, waiting_list):
    sign_in(client, world.manager)

    shown = text_of(client.get(page(waiting_list)))
    assert "2 others, who have not been sent anything yet" in shown
    assert "The 2 others who wait behind get nothing." in shown  # of the other way to say that it has arrived
    world.hand.at += timedelta(hours=3)  # long after its grace
    client.post(decide(waiting_list, "arrived"))
    world.finish(waiting_list)

    assert (waiting_list.state, waiting_list.parts_out) == ("published", 3)
    assert [len(world.network.runs(key)) for key in ("commit", "reply 2", "reply 3")] == [1, 1, 1]
    first = waiting_list.steps.get(key="commit")
    assert (first.state, first.out_at) == ("done", world.network.runs()[0])
    assert Event.objects.get(publication=waiting_list, kind="arrived").by == world.manager


def test_a_double_click_on_it_has_arrived_counts_once(client, world, waiting_list):
    sign_in(client, world.manager)
    for _ in range(2):
        client.post(decide(waiting_list, "arrived"), {"seen": str(waiting_list.fence)})
    waiting_list.refresh_from_db()

    assert waiting_list.parts_out == 1
    with pytest.raises(actions.NotPossible):
        actions.arrived(waiting_list, by=world.manager)


@pytest.mark.parametrize(
    "then",
    [{"reason": "restored"}, {"cancel_requested_at": datetime(2026, 11, 23, 18, 5, tzinfo=UTC)}],
    ids=["after a restore nobody knows who got it", "somebody wanted it stopped"],
)
def test_going_on_is_not_offered_where(world, waiting_list, then):
    type(waiting_list).objects.update(**then)
    waiting_list.refresh_from_db()

    assert "arrived" not in actions.allowed(waiting_list)
    with pytest.raises(actions.NotPossible):
        actions.arrived(waiting_list, by=world.manager)


def test_going_on_is_not_offered_of_what_is_no_longer_approved(world, waiting_list):
    void.void(waiting_list.variant, reason="Changed.", by=world.manager)
    waiting_list = type(waiting_list).objects.get(pk=waiting_list.pk)

    assert "arrived" not in actions.allowed(waiting_list)


def test_where_nothing_has_an_address_none_is_asked_for(client, world, lost):
    world.network.has_addresses = False
    sign_in(client, world.manager)

    shown = text_of(client.get(page(lost)))
    assert "I have asked: it has not arrived." in shown
    assert "I have looked at" not in shown
    client.post(decide(lost, "mark_as_out"))

    lost.refresh_from_db()
    assert lost.state == "published"


def test_double_click_decides_once(client, world, late):
    sign_in(client, world.manager)
    form = {"seen": str(late.fence)}

    client.post(decide(late, "send_now"), form)
    answer = client.post(decide(late, "send_now"), form, follow=True)

    assert Event.objects.filter(publication=late, kind="send_now").count() == 1
    assert "it has moved on meanwhile. Max decided: send it now." in text_of(answer)


def test_opening_is_noted_once_and_only_of_those_who_decide(client, world, late):
    sign_in(client, member(world, "ann", "analyst"))
    client.get(page(late))
    late.refresh_from_db()
    assert late.attention_opened_at is None

    sign_in(client, world.manager)
    client.get(page(late) + "?live=1")  # the page looking again by itself is nobody looking
    late.refresh_from_db()
    assert late.attention_opened_at is None
    client.get(page(late))
    client.get(page(late))

    late.refresh_from_db()
    assert late.attention_opened_by == world.manager
    assert Event.objects.filter(publication=late, kind="opened").count() == 1


def test_attention_is_filtered_by_address_and_says_when_empty(client, world, late):
    sign_in(client, world.manager)
    address = reverse("publishing:attention")

    for query, there in (
        ("", True),
        ("?reason=late", True),
        ("?reason=quota", False),
        (f"?campaign={world.campaign.pk}&channel={world.channel.pk}", True),
        ("?campaign=999999", False),
        ("?channel=x&campaign=y&reason=z&p=zz", True),
    ):
        shown = text_of(client.get(address + query))
        assert ("The river is clean." in shown) is there, query
        assert ("No case of this kind waits." in shown) is not there, query
    client.post(decide(late, "drop"))
    assert "Nothing waits for a decision." in text_of(client.get(address))


def test_attention_asks_the_same_for_one_and_many(client, world, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sign_in(client, world.manager)
    address = reverse("publishing:attention")

    def one_more():
        publication = world.publication("one")
        world.step(publication, to=publication.due_at + timedelta(hours=1))

    one_more()
    client.get(address)
    with CaptureQueriesContext(connection) as once:
        client.get(address)
    for _ in range(30):
        one_more()

    with django_assert_num_queries(len(once)):
        shown = text_of(client.get(address))
    assert "Page 1 of 2" in shown


def test_case_asks_the_same_however_much_happened(client, world, lost):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from publishing.domain.log import record

    sign_in(client, world.manager)
    client.get(page(lost))
    with CaptureQueriesContext(connection) as once:
        client.get(page(lost))
    for n in range(20):
        record(lost, "waiting", {"until": world.hand.at, "why": str(n)}, at=world.hand.at)
    with CaptureQueriesContext(connection) as again:
        client.get(page(lost))

    assert len(again) == len(once)


def test_ticked_late_posts_are_decided_together(client, world, late):
    other = world.publication("Another one.")
    world.step(other, to=world.hand.at)
    sign_in(client, world.manager)
    at = world.hand.at

    answer = client.post(
        reverse("publishing:attention"),
        {"case": [str(late.pk), str(other.pk), "nonsense"], "way": "spaced", "gap": "15"},
        follow=True,
    )

    late.refresh_from_db()
    other.refresh_from_db()
    assert sorted([late.due_at, other.due_at]) == [at, at + timedelta(minutes=15)]
    assert "2 go out, one after the other." in text_of(answer)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"way": "drop"}, "Tick the posts"),
        ({"case": "LATE", "way": "burst"}, "Choose what shall happen"),
        ({"case": "LATE", "way": "new_time", "wall": ""}, "Give the new day"),
        ({"case": "LATE", "way": "new_time", "wall": "2020-01-01T10:00"}, "passed already"),
    ],
)
def test_bulk_that_cannot_be_changes_nothing(client, world, late, form, says):
    sign_in(client, world.manager)
    form = {k: str(late.pk) if v == "LATE" else v for k, v in form.items()}

    answer = client.post(reverse("publishing:attention"), form, follow=True)

    assert says in text_of(answer)
    late.refresh_from_db()
    assert late.state == "attention"


def test_bulk_reaches_only_what_one_may_decide(client, world, late):
    sign_in(client, member(world, "cora", "creator"))

    client.post(reverse("publishing:attention"), {"case": str(late.pk), "way": "drop"})

    late.refresh_from_db()
    assert late.state == "attention"


def test_times_are_in_both_zones_where_they_differ(client, world, late):
    from wagtail.users.models import UserProfile

    sign_in(client, world.manager)
    assert "Europe/London)" not in text_of(client.get(page(late)))  # both are at UTC in November
    profile = UserProfile.get_for_user(world.manager)
    profile.current_time_zone = "America/New_York"
    profile.save()

    shown = text_of(client.get(page(late)))

    assert "Mon 23 Nov 2026, 13:00 (18:00 Europe/London)" in shown


def test_broken_thread_offers_to_finish_it(client, world):
    from channels.connectors.base import Outcome, OutcomeKind

    publication = world.publication("one", "two", "three")
    world.network.script["reply 2"] = [Outcome(OutcomeKind.CONTENT, message="Not this.")]
    world.finish(publication)
    assert publication.reason == "partial_thread"
    sign_in(client, world.manager)

    shown = text_of(client.get(page(publication)))
    assert "Finish the thread" in shown
    assert "1 post of it is out; what is there is never sent a second time." in shown
    client.post(decide(publication, "send_now"), {"seen": str(publication.fence)})
    world.finish(publication)

    assert world.network.texts() == ["one", "two", "three"]


def test_events_are_sentences_without_keys_or_codes(client, world):
    publication = world.publication("one", "two")
    world.network.script["reply 2"] = ["lost"]
    world.finish(publication)
    sign_in(client, world.manager)

    shown = text_of(client.get(page(publication)))

    assert publication.state == "published"
    assert "Hustings worked out its steps: Publish, Publish a further part (2)." in shown
    assert "+00:00" not in shown
    assert "{" not in shown.split("What happened")[1].split("What was approved")[0]


def test_first_comment_that_was_left_out_is_offered_again(client, world):
    publication = world.publication("The river is clean.")
    world.finish(publication)
    step = publication.steps.create(
        seq=9, key="comment", kind="comment", safety="search", required=False, state="skipped"
    )
    step.attempts.create(
        n=1,
        fence=1,
        worker="w",
        intent_at=publication.due_at,
        lease_until=publication.due_at,
        outcome="refused",
    )
    sign_in(client, world.manager)

    shown = client.get(page(publication)).content.decode()
    answer = client.post(decide(publication, "comment_again"), follow=True).content.decode()

    assert "Write the first comment …" in shown
    assert "The first comment is written within seconds." in answer
    assert "Write the first comment …" not in answer
    again = publication.steps.get(key="comment 2")
    assert (again.kind, again.state, again.required) == ("comment", "todo", False)
    assert Event.objects.get(publication=publication, kind="comment_again").by == world.manager


def test_first_comment_that_may_be_there_is_written_only_after_a_look(client, world):
    publication = world.publication("The river is clean.")
    world.finish(publication)
    publication.steps.create(
        seq=9, key="comment", kind="comment", safety="search", required=False, state="skipped"
    )  # as after a restored database: nobody knows of a try
    sign_in(client, world.manager)

    client.post(decide(publication, "comment_again"))
    assert not publication.steps.filter(key="comment 2").exists()
    client.post(decide(publication, "comment_again"), {"sure": "1"})
    assert publication.steps.filter(key="comment 2").exists()

"""Claims and what goes out: the gate, taking claims back, corrections, drift of what is approved."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from cms.claims import outlets as claim_outlets
from cms.claims import rules
from cms.models import Claim, ClaimUse, StoryPage
from editorial import domain
from editorial.claims import correct, gate, notices
from editorial.domain import approval
from editorial.domain.refused import Refused
from formats import readiness
from formats.core.payload import digest
from formats.models import Variant
from formats.variants import create_variants, plan
from publishing.core.states import State
from publishing.models import Publication, Version
from publishing.status import status_of
from work.models import Notice, Outbox

pytestmark = pytest.mark.db
AT = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


@pytest.fixture
def claim(river):
    return Claim.objects.create(
        campaign=river.page, text="4.2 tonnes in one day", source_title="Weighbridge", status="checked",
        checked_on=date(2026, 11, 20),
    )  # fmt: skip


@pytest.fixture
def carrying(river, claim, frozen):
    """``carrying()``: a variant of text that rests on the claim, approved and scheduled."""

    def make(approved=True, wall="2026-12-01T18:00"):
        river.page.imprint = ""
        river.page.save()
        story = StoryPage.objects.get(pk=river.story.pk)
        story.body = [("paragraph", {"text": "<p>It was 4.2 tonnes in one day.</p>", "claims": [claim]})]
        story.save_revision()
        river.story = StoryPage.objects.get(pk=story.pk)
        (variant,) = create_variants(river.story, ["x.thread"], by=river.people["creator"])
        plan(variant, datetime.fromisoformat(wall), "Europe/London", by=river.people["creator"])
        variant = Variant.objects.get(pk=variant.pk)
        if approved:
            approve(river, variant)
        return variant

    return make


def approve(river, variant):
    domain.submit(variant, by=river.people["creator"])
    variant.refresh_from_db()
    domain.approve(variant, by=river.people["manager"], digest=digest(approval.built(variant)))


def put_out(variant, parts=("101", "102")):
    """Stand in for the worker: the post is on the network."""
    from publishing.models import Step

    publication = Publication.objects.get(variant=variant)
    Publication.objects.filter(pk=publication.pk).update(
        state=State.PUBLISHED, parts_out=len(parts), remote_id=parts[0], remote_url="https://x.example/1",
        published_at=AT, next_action_at=None,
    )  # fmt: skip
    for n, remote_id in enumerate(parts, 1):
        Step.objects.create(
            publication=publication, seq=n, key=f"part {n}", kind="commit" if n == 1 else "reply",
            safety="search", state="done", remote_id=remote_id,
        )  # fmt: skip
    publication.refresh_from_db()
    return publication


# The gate -------------------------------------------------------------------------------------------------------------
def test_the_gate_asks_what_the_approved_version_rests_on(carrying, claim):
    publication = Publication.objects.get(variant=carrying())
    assert gate.hold(publication, AT) is None

    Claim.objects.filter(pk=claim.pk).update(expires_on=date(2026, 11, 30))
    assert "good until 30 November 2026" in gate.hold(publication, AT)
    Claim.objects.filter(pk=claim.pk).update(expires_on=date(2026, 12, 1))
    assert gate.hold(publication, AT) is None
    Claim.objects.filter(pk=claim.pk).update(status="retracted")
    assert "retracted" in gate.hold(publication, AT)

    publication.state = State.PUBLISHED
    assert gate.hold(publication, AT) is None


def test_the_gate_is_asked_by_publishing():
    from publishing import gates

    assert gate.hold in gates._GATES


def test_moving_an_approved_post_takes_its_claims_along(carrying, claim, river):
    from publishing.domain.approve import move_within_day

    variant = carrying()
    moved = move_within_day(variant, datetime(2026, 12, 1, 20), "Europe/London", by=river.people["manager"])

    assert set(ClaimUse.objects.filter(digest=moved.digest).values_list("claim_id", flat=True)) == {claim.pk}


def test_what_the_story_gives_up_later_still_counts_for_the_approved_version(carrying, claim, river):
    publication = Publication.objects.get(variant=carrying())
    story = StoryPage.objects.get(pk=river.story.pk)
    story.body = [("paragraph", "<p>Other words.</p>")]
    story.save_revision()
    Claim.objects.filter(pk=claim.pk).update(status="retracted")

    assert gate.hold(publication, AT)


def test_submitting_and_approving_are_refused_while_a_claim_is_not_good(carrying, claim, river):
    variant = carrying(approved=False)
    Claim.objects.filter(pk=claim.pk).update(status="unchecked")
    with pytest.raises(Refused, match="not been checked"):
        domain.submit(variant, by=river.people["creator"])

    Claim.objects.filter(pk=claim.pk).update(status="checked")
    domain.submit(variant, by=river.people["creator"])
    Claim.objects.filter(pk=claim.pk).update(status="unchecked")
    with pytest.raises(Refused, match="not been checked"):
        domain.approve(variant, by=river.people["manager"], digest=digest(approval.built(variant)))


def test_people_hear_once_that_a_claim_holds_back_what_they_approved(carrying, claim, frozen):
    carrying()
    Claim.objects.filter(pk=claim.pk).update(expires_on=date(2026, 11, 22))

    notices.tell_expired()
    notices.tell_expired()

    rows = Notice.objects.filter(kind="claim_expired")
    assert sorted(n.user.username for n in rows) == ["creator-river", "manager-river"]
    assert "good until 22 November" in rows[0].body
    assert Outbox.objects.filter(kind="claim_expired").count() == 2


# Taking a claim back --------------------------------------------------------------------------------------------------
def test_withdrawing_stops_what_waits_and_tells_its_people(carrying, claim, river):
    variant = carrying()

    correct.withdraw(claim, by=river.people["manager"], explanation="It was estimated.")

    assert status_of([variant])[variant.pk].word == "voided"
    assert Publication.objects.get(variant=variant).state == State.CANCELLED
    assert "was retracted" in Version.objects.get(variant=variant).void_reason
    (notice,) = Notice.objects.filter(kind="claim_withdrawn")
    assert notice.user == river.people["creator"]
    with pytest.raises(Refused, match="retracted"):
        domain.submit(Variant.objects.get(pk=variant.pk), by=river.people["creator"])


def test_a_correction_on_x_answers_the_last_post_of_the_thread(carrying, claim, river):
    publication = put_out(carrying())

    (made,) = correct.withdraw(
        claim, by=river.people["manager"], explanation="A typing error.", right="4.0 tonnes in one day",
        source="Weighbridge, again", publications=[publication.pk],
    )  # fmt: skip

    assert made.is_correction
    assert made.corrects == {
        "publication": str(publication.pk), "url": "https://x.example/1", "claim": claim.pk, "reply_to": "102",
    }  # fmt: skip
    assert list(made.channels.all()) == [river.channel]
    assert approval.built(made)["reply_to"] == "102"
    text = "\n".join(part.text for part in made.to_parts())
    for words in (
        "Correction",
        "4.2 tonnes in one day",
        "A typing error.",
        "4.0 tonnes in one day",
        "Weighbridge, again",
    ):
        assert words in text
    assert publication.variant.story.specific.public_url() in text
    assert status_of([publication.variant])[publication.variant_id].word == "published"


def test_a_correction_waits_for_the_check_of_what_is_right(carrying, claim, river):
    publication = put_out(carrying())
    (made,) = correct.withdraw(
        claim, by=river.people["creator"], explanation="Wrong.", right="4.0 tonnes", source="Record",
        publications=[publication.pk],
    )  # fmt: skip
    plan(made, datetime(2026, 12, 2, 9), "Europe/London", by=river.people["creator"])
    made = Variant.objects.get(pk=made.pk)
    assert [f.code for f in readiness.blockers(made)] == ["claim_unchecked"]

    rules.check(Claim.objects.get(text="4.0 tonnes"), by=river.people["manager"])

    assert readiness.blockers(made) == ()
    approve(river, made)
    assert Publication.objects.get(variant=made).state == State.SCHEDULED


def test_corrections_are_made_once_and_beside_the_storys_own_variants(carrying, claim, river):
    publication = put_out(carrying())
    correct.withdraw(claim, by=river.people["manager"], explanation="Wrong.", publications=[publication.pk])
    claim.refresh_from_db()

    assert correct.prepare(claim, [publication.pk], by=river.people["manager"]) == []
    assert create_variants(river.story, ["x.thread"], by=river.people["creator"]) == [publication.variant]
    assert Variant.objects.filter(kind="correction").count() == 1


def test_a_claim_page_says_where_it_is_out_and_what_was_prepared(carrying, claim, river, as_user):
    publication = put_out(carrying())
    correct.withdraw(claim, by=river.people["manager"], explanation="Wrong.", publications=[publication.pk])

    found = claim_outlets.of([claim.pk])[claim.pk]
    assert [(o.account, o.post_url) for o in found.out] == [("@river", "https://x.example/1")]
    assert len(found.corrections) == 1
    text = as_user(river.people["analyst"]).get(reverse("claims:inspect", args=[claim.pk])).content.decode()
    assert "Retracted on" in text
    assert "https://x.example/1" in text
    assert "Correction, X thread" in text


@pytest.mark.parametrize(
    ("platform", "format"), [("facebook", "facebook.post"), ("instagram", "instagram.carousel")]
)
def test_other_networks_get_a_new_post_that_names_the_mistake(river, claim, platform, format):
    from channels.models import Channel
    from formats.core.draft import Level

    channel = Channel(campaign_id=river.page.pk, platform=platform, remote_id="9", handle="@r")
    variant = Variant(story=river.story, campaign_id=river.page.pk, format=format)
    publication = Publication(variant=variant, channel=channel, remote_id="77")

    draft = correct.draft_for(publication, correct.Correction("4.2 tonnes", "A typing error.", "4.0 tonnes"))

    assert draft.format.split(".")[0] == platform
    assert not [f for f in draft.findings if f.level is Level.BLOCKER]
    assert not correct.way_for(publication).reply
    said = "\n".join([*(p.text for p in draft.parts), *(m.alt for p in draft.parts for m in p.media)])
    assert "4.2 tonnes" in said
    assert "4.0 tonnes" in said


# Pages ----------------------------------------------------------------------------------------------------------------
def test_the_page_asks_shows_and_then_does(carrying, claim, river, as_user):
    publication = put_out(carrying())
    browser = as_user(river.people["manager"])
    address = reverse("claim_corrections:withdraw", args=[claim.pk])
    said = {
        "how": "correct",
        "explanation": "A typing error.",
        "right": "4.0 tonnes",
        "source": "Record",
        "source_url": "",
    }
    assert "a reply below the post" in browser.get(address).content.decode()

    answer = browser.post(address, {**said, "right": ""})
    assert answer.status_code == 422
    assert "Say what is right" in answer.content.decode()

    answer = browser.post(address, said)
    assert "A typing error." in answer.content.decode()
    assert Claim.objects.get(pk=claim.pk).status == "checked"
    assert not Variant.objects.filter(kind="correction").exists()

    answer = browser.post(address, {**said, "step": "do", "publication": [str(publication.pk)]})
    assert answer.url == claim.url
    assert Claim.objects.get(pk=claim.pk).status == "corrected"
    assert Variant.objects.filter(kind="correction").count() == 1


def test_a_retraction_drops_the_words_of_a_correction_left_in_the_form(claim, river, as_user):
    address = reverse("claim_corrections:withdraw", args=[claim.pk])
    said = {"how": "retract", "explanation": "No.", "right": "Left over", "source": "x", "step": "do"}

    as_user(river.people["manager"]).post(address, said)

    claim.refresh_from_db()
    assert (claim.status, claim.successor) == ("retracted", None)


@pytest.mark.parametrize(("who", "status"), [("analyst", 302), ("community", 302), ("creator", 200)])
def test_who_may_take_a_claim_back(claim, river, as_user, who, status):
    address = reverse("claim_corrections:withdraw", args=[claim.pk])

    assert as_user(river.people[who]).get(address).status_code == status


def test_a_stranger_does_not_learn_that_it_exists(claim, make_campaign, as_user):
    other = make_campaign("Cycling")
    browser = as_user(other.people["manager"])
    address = reverse("claim_corrections:withdraw", args=[claim.pk])

    assert browser.get(address).status_code == 404
    assert browser.post(address, {"how": "retract", "explanation": "x", "step": "do"}).status_code == 404
    assert Claim.objects.get().status == "checked"


# Drift ----------------------------------------------------------------------------------------------------------------
def test_drift_of_an_approved_post_is_told_once_to_owner_and_manager(carrying, river):
    variant = carrying()
    for words in ("It was much more.", "It was very much more."):
        story = StoryPage.objects.get(pk=river.story.pk).get_latest_revision_as_object()
        story.body[0].value["text"] = type(story.body[0].value["text"])(f"<p>{words}</p>")
        story.save_revision(user=river.people["creator"])

    rows = Notice.objects.filter(kind="drift")
    assert sorted(n.user.username for n in rows) == ["creator-river", "manager-river"]
    assert "paragraph changed" in rows[0].body
    assert Outbox.objects.filter(kind="drift").count() == 2
    variant.refresh_from_db()
    assert variant.drifted_at is not None


def test_drift_of_a_draft_is_shown_but_told_to_nobody(carrying, river):
    variant = carrying(approved=False)
    story = StoryPage.objects.get(pk=river.story.pk)
    story.title = "Another headline"
    story.save_revision()

    variant.refresh_from_db()
    assert variant.drifted_at is not None
    assert not Notice.objects.filter(kind="drift").exists()


def test_the_calendar_marks_drift(carrying, river):
    from editorial import board

    variant = carrying(approved=False)
    Variant.objects.filter(pk=variant.pk).update(drifted_at=AT - timedelta(days=9))

    loaded = board.load(river.people["creator"], date(2026, 12, 1), date(2026, 12, 31))
    (entry,) = loaded.entries
    assert "The story has changed since" in entry.problems

"""One person outside, one payload, one answer: what a link shows, when it counts, and when it shows nothing any more."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from editorial import domain
from editorial.domain import Refused, guests
from editorial.guests import limit, tokens
from editorial.models import Invitation
from formats.core.draft import Part
from formats.preview import render_payload
from formats.variants import plan, set_parts
from publishing.models import Publication, Version
from publishing.status import status_of
from tests.editorial.test_approval import LATER, refusal, second_manager, submitted
from tests.editorial.test_deadlines import again, away
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
NAME = "Dr Ann Lee"


@pytest.fixture
def asked(river):
    """A submitted post and the link that the manager made for one person."""
    variant = submitted(river)
    made, token = guests.invite(variant, by=river.people["manager"], name=NAME, email="ann@law.example")
    return variant, made, reverse("guest_review", args=[token])


def answer(url, what="approve", *, name=NAME, comment="", client=None):
    return (client or Client()).post(url, {"name": name, "answer": what, "comment": comment})


def word(variant):
    return status_of([variant])[variant.pk].word


def test_the_link_shows_exactly_the_payload_without_the_admin(asked):
    _, _, url = asked

    page = Client().get(url)

    text = page.content.decode()
    assert page.status_code == 200
    assert "The river is clean again." in text
    assert "@river" in text
    assert "18:00" in text
    assert "Europe/London" in text
    assert "/admin/" not in text
    assert "no-store" in page["Cache-Control"]
    assert "noindex" in page["X-Robots-Tag"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]


def test_what_is_decided_about_stands_there_unfolded():
    payload = {"format": "instagram.reel", "parts": [{"text": "Four tonnes.", "media": []}], "channels": []}

    assert '<details class="pv-caption" open>' in render_payload(payload, unfolded=True)
    assert '<details class="pv-caption">' in render_payload(payload)


def test_an_approval_counts_once_and_schedules_what_was_shown(asked, river):
    variant, made, url = asked

    assert answer(url, comment="Fine.").status_code == 302

    version = Version.objects.get()
    assert (version.digest, version.approved_by) == (made.digest, None)
    assert version.approved_as == f"{NAME} (by link, asked by manager-river)"
    assert Publication.objects.get().state == "scheduled"
    made.refresh_from_db()
    assert (made.answer, made.answered_as, made.counted, made.comment) == ("approve", NAME, True, "Fine.")
    assert {n.user for n in Notice.objects.filter(kind="approved")} == {
        river.people["creator"],
        river.people["manager"],
    }
    again = answer(url, "reject", comment="No.")
    assert again.status_code == 410
    assert word(variant) == "approved"
    assert "The river is clean again." not in again.content.decode()


def test_who_made_the_link_is_told_when_the_approval_is_lost(asked, river):
    variant, _, url = asked
    answer(url)

    set_parts(variant, [Part(text="Changed afterwards.")], by=river.people["creator"])

    assert {notice.user for notice in Notice.objects.filter(kind="voided")} == {river.people["manager"]}


def test_changes_are_asked_for_with_a_comment(asked):
    variant, made, url = asked

    refused = answer(url, "reject")
    assert refused.status_code == 400
    assert "Say what should change." in refused.content.decode()
    answer(url, "reject", comment="Name the source.")

    assert word(variant) == "changes_requested"
    made.refresh_from_db()
    assert made.counted


def test_only_the_person_named_answers(asked):
    variant, _, url = asked

    refused = answer(url, name="Somebody Else")

    assert refused.status_code == 400
    assert "This link is for Dr Ann Lee" in refused.content.decode()
    assert answer(url, name="dr  ann LEE").status_code == 302
    assert word(variant) == "approved"


@pytest.mark.parametrize("change", ["text", "time", "revoked", "expired", "withdrawn and planned"])
def test_it_is_not_usable_any_more(asked, river, change):
    variant, made, url = asked
    later = None
    if change == "text":
        set_parts(variant, [Part(text="Another text.")], by=river.people["creator"])
    elif change == "time":
        plan(variant, datetime(2026, 12, 1, 18, 5), "Europe/London", by=river.people["manager"])
    elif change == "revoked":
        guests.revoke(made, by=river.people["manager"])
    elif change == "expired":
        later = made.expires_at
    else:
        domain.withdraw(variant, by=river.people["creator"])
        plan(variant, None, "Europe/London", by=river.people["creator"])

    with time_machine.travel(later or datetime(2026, 11, 23, 9, 1, tzinfo=UTC), tick=False):
        page, sent = Client().get(url), answer(url)

    assert (page.status_code, sent.status_code) == (410, 410)
    assert "The river is clean again." not in page.content.decode()
    assert not Version.objects.exists()
    made.refresh_from_db()
    assert made.answer == ""


def test_it_never_outlives_the_planned_time(river):
    made, _ = guests.invite(submitted(river), by=river.people["manager"], name=NAME, days=14)

    assert made.expires_at == datetime(2026, 12, 1, 18, tzinfo=UTC)


def test_who_may_make_one(river, make_campaign):
    variant = submitted(river)
    other = make_campaign("Forest")

    for user in (river.people["creator"], river.people["analyst"], other.people["manager"]):
        assert refusal(guests.invite, variant, by=user, name=NAME) == "permission"
    manager = river.people["manager"]
    assert refusal(guests.invite, variant, by=manager, name=NAME, email=manager.email) == "own_work"
    assert refusal(guests.invite, variant, by=manager, name=NAME, email="CREATOR@river.example") == "own_work"


def test_a_link_of_an_author_is_an_opinion_only(river):
    author = second_manager(river)
    variant = submitted(river, by=author)
    made, token = guests.invite(variant, by=author, name=NAME)

    answer(reverse("guest_review", args=[token]), comment="Good.")

    made.refresh_from_db()
    assert (made.answer, made.counted) == ("approve", False)
    assert "wrote or last edited" in made.why_not
    assert word(variant) == "in_review"
    assert not Version.objects.exists()


def test_a_link_of_an_authors_deputy_is_an_opinion_only(river):
    """Who stands in for somebody vouches for nobody whom that person could not vouch for."""
    author, analyst = river.people["manager"], river.people["analyst"]
    variant = submitted(river, by=author)
    away(author, analyst)
    _, token = guests.invite(variant, by=again(analyst), name=NAME)

    answer(reverse("guest_review", args=[token]), comment="Good.")

    made = Invitation.objects.get()
    assert (made.answer, made.counted, made.why_not) == ("approve", False, guests.OPINION_OWN)
    assert word(variant) == "in_review"
    assert not Version.objects.exists()


def test_whoever_made_it_must_still_be_somebody_else(asked, river):
    variant, made, url = asked
    manager = river.people["manager"]
    manager.groups.clear()

    answer(url)

    made.refresh_from_db()
    assert not made.counted
    assert not Version.objects.exists()


def test_before_submitting_it_is_an_opinion(river):
    variant = river.variant(wall=LATER)
    made, token = guests.invite(variant, by=river.people["manager"], name=NAME)

    answer(reverse("guest_review", args=[token]))

    made.refresh_from_db()
    assert (made.answer, made.counted) == ("approve", False)


def test_made_up_tokens_are_not_looked_up_and_many_tries_are_stopped(asked, monkeypatch):
    monkeypatch.setattr(limit, "PER_ADDRESS", 3)
    urls = [reverse("guest_review", args=[token]) for token in ("x", "x:y", "abc:def", "g:h")]

    codes = [Client().get(url).status_code for url in urls]

    assert codes == [404, 404, 404, 429]
    assert tokens.hash_of("abc:def") is None
    assert Client().get(asked[2]).status_code == 200, "a true link is not held back by other people's tries"


def test_tries_with_one_link_are_counted_and_the_count_ends(asked, monkeypatch):
    _, _, url = asked
    monkeypatch.setattr(limit, "PER_LINK", 2)

    codes = [answer(url, name="Somebody Else").status_code for _ in range(3)]

    assert codes == [400, 400, 429]
    with time_machine.travel(datetime(2026, 11, 23, 9, 11, tzinfo=UTC), tick=False):
        assert answer(url).status_code == 302


def test_only_the_hash_is_kept(asked):
    _, made, url = asked
    token = url.split("/")[-2]

    assert token.split(":")[0] not in str(Invitation.objects.values().get())
    assert made.secret_sha256 == tokens.hash_of(token)


def test_the_page_of_links_shows_the_address_once_and_takes_back(river, as_user):
    variant = submitted(river)
    client = as_user(river.people["manager"])
    url = reverse("editorial:guests", args=[variant.pk])

    page = client.post(url, {"name": NAME, "email": "", "days": "3"}).content.decode()

    address = re.search(r'value="(http[^"]+/review/[^"]+)"', page)[1]
    path = "/review/" + address.split("/review/")[1]
    assert Client().get(path).status_code == 200
    assert address not in client.get(url).content.decode()
    made = Invitation.objects.get()
    assert made.opened_at is not None
    client.post(url, {"revoke": made.pk})
    assert Client().get(path).status_code == 410
    as_user(river.people["creator"])
    assert client.get(url).status_code in (302, 403)


def test_two_answers_at_once_leave_one(asked):
    _, made, _ = asked
    stale = Invitation.objects.get(pk=made.pk)
    guests.answer(made, "approve", said_name=NAME)

    with pytest.raises(Refused):
        guests.answer(stale, "reject", said_name=NAME, comment="No.")
    assert Version.objects.filter(voided_at=None).count() == 1


def test_links_are_told_in_the_history(asked):
    from editorial.history import whole_history

    variant, _, url = asked
    Client().get(url)
    answer(url, comment="Fine.")

    lines = {line.what: line for line in whole_history(variant)}
    assert lines["Somebody outside was asked"].said == f"For {NAME}"
    assert lines["The link was opened"].who == NAME
    assert lines["Answered by link"].said == "Approved. “Fine.”"
    assert timedelta(0) <= lines["Answered by link"].at - lines["The link was opened"].at

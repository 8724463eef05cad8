"""The pause: who turns it, who sees it, and that releasing it lets out no burst."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from publishing.domain import late as many
from publishing.domain import pause
from publishing.domain.late import Choice, Way
from publishing.models import Event
from tests.publishing.test_pages import member, sign_in
from work.models import Notice, Switch

pytestmark = pytest.mark.db


@pytest.fixture
def scope(world):
    return f"campaign:{world.campaign.pk}"


@pytest.fixture
def paused(world, scope):
    return pause.turn(scope, on=True, reason="Mourning", by=world.manager)


def held(world, *texts):
    """Posts that the pause has held past their time, well inside their grace."""
    posts = [world.publication(text) for text in texts]
    for publication in posts:
        world.step(publication, to=publication.due_at + timedelta(minutes=5))
        assert publication.state in ("scheduled", "waiting"), publication.detail
    return posts


def release(client, scope, **form):
    return client.post(reverse("publishing:release"), {"what": scope, **form}, follow=True)


def test_every_page_says_what_is_paused_why_and_by_whom(client, world, paused):
    sign_in(client, world.manager)

    for address in ("wagtailadmin_home", "publishing:index", "work:notices", "wagtailadmin_account"):
        shown = client.get(reverse(address)).content.decode()
        assert "Paused: River clean-up." in shown, address
        assert "Mourning" in shown
        assert "Max, since" in shown
        assert "publishing/pause/release/" in shown


def test_who_may_not_release_sees_no_way_to(client, world, paused, scope):
    sign_in(client, member(world, "cora", "creator"))

    shown = client.get(reverse("wagtailadmin_home")).content.decode()

    assert "Paused: River clean-up." in shown
    assert "pause/release" not in shown
    assert release(client, scope).status_code in (200, 302, 403)
    assert Switch.objects.get().on


def test_other_campaigns_pause_is_not_ours(client, world, paused, scope):
    other = world.campaign.get_parent().add_child(title="Other", slug="other")
    sign_in(client, member(world, "eve", "manager", other))

    assert "Mourning" not in client.get(reverse("wagtailadmin_home")).content.decode()
    assert client.post(reverse("publishing:release"), {"what": scope}).status_code == 404
    assert Switch.objects.get().on


def test_pausing_needs_a_reason_and_tells_those_concerned_once(client, world, scope):
    world.publication("one")
    sign_in(client, world.manager)
    address = reverse("publishing:pause")

    client.post(address, {"what": scope, "reason": "  "})
    assert not Switch.objects.exists()
    for _ in range(2):  # a double click
        client.post(address, {"what": scope, "reason": "Mourning"})

    (notice,) = Notice.objects.filter(kind="paused")
    assert notice.user == world.owner
    assert "Mourning" in notice.body
    world.hand.move(5)
    release(client, scope)
    assert Notice.objects.filter(kind="paused", user=world.owner).count() == 2


def test_manager_may_not_pause_everything(client, world):
    sign_in(client, world.manager)

    client.post(reverse("publishing:pause"), {"what": "all:", "reason": "x"})

    assert not Switch.objects.exists()


def test_administrators_pause_of_everything_is_seen_by_all(client, world):
    chief = get_user_model().objects.create_superuser("root", "root@example.org", None)
    pause.turn("all:", on=True, reason="Election silence", by=chief)
    sign_in(client, member(world, "ann", "analyst"))

    assert "Paused: Everything." in client.get(reverse("wagtailadmin_home")).content.decode()


def test_release_asks_about_each_and_does_as_told(client, world, paused, scope):
    spaced, again, moved, dropped, kept = held(world, "one", "two", "three", "four", "five")
    sign_in(client, world.manager)

    shown = client.get(reverse("publishing:release"), {"what": scope}).content.decode()
    assert "5 posts became late meanwhile" in shown
    form = {
        f"way-{spaced.pk}": "spaced",
        f"way-{again.pk}": "spaced",
        f"way-{moved.pk}": "new_time",
        f"wall-{moved.pk}": "2026-12-01T10:00",
        f"way-{dropped.pk}": "drop",
        f"way-{kept.pk}": "keep",
        "gap": "15",
    }
    at = world.hand.at
    release(client, scope, **form)

    assert not Switch.objects.get().on
    for publication in (spaced, again, moved, dropped, kept):
        publication.refresh_from_db()
    assert sorted([spaced.due_at, again.due_at]) == [at, at + timedelta(minutes=15)]
    assert moved.due_at.isoformat().startswith("2026-12-01T")
    assert dropped.state == "cancelled"
    assert (kept.state, kept.reason) == ("attention", "late")
    for publication in sorted((spaced, again), key=lambda each: each.due_at):
        world.finish(publication)
    first, second = world.network.ledger
    assert second.at - first.at >= timedelta(minutes=15)
    decided = Event.objects.filter(kind__in=("send_now", "rescheduled", "cancelled"))
    assert decided.count() == 4
    assert {event.by for event in decided} == {world.manager}


def test_nothing_goes_out_that_nobody_decided_about(client, world, paused, scope):
    """Not even a post that became late between the page and the click."""
    (publication,) = held(world, "one")
    sign_in(client, world.manager)

    release(client, scope)

    world.finish(publication)
    assert publication.state == "attention"
    assert world.network.calls == []


def test_a_time_that_is_no_time_releases_nothing(client, world, paused, scope):
    (publication,) = held(world, "one")
    sign_in(client, world.manager)

    answer = release(client, scope, **{f"way-{publication.pk}": "new_time", f"wall-{publication.pk}": "soon"})

    assert "Give the new day and time." in answer.content.decode()
    assert Switch.objects.get().on


def test_posts_past_their_grace_are_asked_about_as_well(client, world, paused, scope):
    publication = world.publication("one")
    world.step(publication, to=publication.due_at + timedelta(hours=2))
    assert publication.state == "attention"
    sign_in(client, world.manager)

    release(client, scope, **{f"way-{publication.pk}": "spaced"})

    world.finish(publication)
    assert world.network.texts() == ["one"]


# Many at once -----------------------------------------------------------------------------------------------


def late_posts(world, count):
    posts = [world.publication(f"Post {n}") for n in range(count)]
    for publication in posts:
        world.step(publication, to=publication.due_at + timedelta(hours=2))
    return posts


def test_spaced_posts_keep_their_distance_and_their_order(world):
    posts = late_posts(world, 4)
    at = world.hand.at

    settled = many.settle(posts, lambda p: Choice(Way.SPACED), gap=timedelta(minutes=5), by=world.manager)

    assert settled.counts == {Way.SPACED: 4}
    for publication in posts:
        publication.refresh_from_db()
    assert sorted(p.due_at for p in posts) == [at + timedelta(minutes=5 * n) for n in range(4)]


def test_spaced_posts_wait_for_what_has_just_gone_out(world):
    out = world.publication("Now.", due=world.hand.at + timedelta(hours=3))
    posts = late_posts(world, 1)
    world.step(out, to=out.due_at)
    assert out.started_at is not None

    many.settle(posts, lambda p: Choice(Way.SPACED), gap=timedelta(minutes=30), by=world.manager)

    posts[0].refresh_from_db()
    assert posts[0].due_at == out.started_at + timedelta(minutes=30)


def test_decided_meanwhile_is_said_and_the_rest_is_done(world):
    first, second = late_posts(world, 2)
    stale = [type(p).objects.select_related("version", "channel").get(pk=p.pk) for p in (first, second)]
    many.settle([first], lambda p: Choice(Way.DROP), gap=timedelta(minutes=1), by=world.manager)

    settled = many.settle(stale, lambda p: Choice(Way.DROP), gap=timedelta(minutes=1), by=world.manager)

    assert settled.counts == {Way.DROP: 1}
    assert [p.pk for p, _ in settled.refused] == [first.pk]

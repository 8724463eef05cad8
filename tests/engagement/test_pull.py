"""Pulling numbers with a scripted network, and the report made of them. Real HTTP is in tests/journeys."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from wagtail.models import Page

from access.models import CampaignRole, Role
from channels.connectors.base import Reading
from channels.models import Channel
from engagement import export, pull, reports
from engagement.models import MetricPull, Snapshot
from formats.models import Variant
from publishing import signals
from publishing.models import Publication, Version
from work import claim, clock

pytestmark = pytest.mark.db
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def campaign(db):
    return Page.get_first_root_node().add_child(instance=Page(title="River", slug="river-e"))


@pytest.fixture
def story(campaign):
    return campaign.add_child(instance=Page(title="=Clean water", slug="story-e"))


def publication(story, platform="x", fmt="x.thread", minutes_ago=60, **channel):
    campaign = story.get_parent()
    account, _ = Channel.objects.get_or_create(
        campaign=campaign,
        platform=platform,
        remote_id="1",
        defaults={"handle": f"@{platform}", "followers": 200, **channel},
    )
    variant = Variant(story=story, campaign=campaign, format=fmt, language="en")
    variant.save()
    version = Version.objects.create(
        variant=variant, payload={"format": fmt, "parts": []}, digest="d", approved_at=NOON
    )
    out = NOON - timedelta(minutes=minutes_ago)
    return Publication.objects.create(
        version=version,
        variant=variant,
        channel=account,
        campaign=campaign,
        due_at=out,
        state="published",
        published_at=out,
        remote_id="r1",
        remote_url=f"http://127.0.0.1/{platform}/r1",
        state_changed_at=out,
        created_at=out,
    )


def snapshot(publication, minutes, **numbers):
    at = publication.published_at + timedelta(minutes=minutes)
    return Snapshot.objects.create(publication=publication, at=at, age_s=minutes * 60, raw={}, **numbers)


@pytest.fixture
def network(monkeypatch):
    """Answers with the numbers in ``network.says``; an exception is raised instead."""

    class Network:
        says: object = None
        platform = "x"
        rates = ()

        def metrics(self, ctx, refs):
            if isinstance(self.says, Exception):
                raise self.says
            (ref,) = refs
            return [Reading(ref.publication_id, self.says, {"told": True}, clock.now())]

    found = Network()
    monkeypatch.setattr(pull, "CONNECTORS", {"x": found})
    monkeypatch.setattr(pull, "context", lambda channel, worker: None)
    return found


def claimed(publication):
    row, _ = MetricPull.objects.get_or_create(
        publication=publication, defaults={"next_action_at": clock.now()}
    )
    MetricPull.objects.filter(pk=row.pk).update(next_action_at=clock.now())
    return claim.claim(MetricPull, row.pk, worker="w")


def test_what_went_out_is_asked_for_soon_and_once(story):
    with clock.by_hand(NOON):
        out = publication(story, minutes_ago=0)
        signals.published.send(sender=None, publication=out)
        signals.published.send(sender=None, publication=out)

    assert [r.next_action_at for r in MetricPull.objects.all()] == [NOON + timedelta(minutes=5)]


def test_an_answer_is_kept_raw_and_normalised_and_unknown_is_null(story, network):
    network.says = {"likes": 3, "impressions": 90, "reach": None}
    with clock.by_hand(NOON):
        out = publication(story)

        pull.pull(claimed(out))

    kept = Snapshot.objects.get()
    assert (kept.likes, kept.impressions, kept.reach, kept.saves) == (3, 90, None, None)
    assert (kept.age_s, kept.followers, kept.raw) == (3600, 200, {"told": True})
    row = MetricPull.objects.get()
    assert row.next_action_at == NOON + timedelta(minutes=15)
    assert row.lease_owner == ""


def test_numbers_that_do_not_move_are_asked_for_less_often(story, network):
    network.says = {"likes": 3}
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        for expected in (15, 30, 60, 60):
            pull.pull(claimed(out))
            row = MetricPull.objects.get()
            assert row.next_action_at - clock.now() == timedelta(minutes=expected)
            hand.move(60)
        network.says = {"likes": 4}
        pull.pull(claimed(out))

    assert MetricPull.objects.get().unchanged == 0


def test_trouble_is_asked_again_and_keeps_what_is_there(story, network):
    with clock.by_hand(NOON) as hand:
        out = publication(story)
        network.says = {"likes": 3}
        pull.pull(claimed(out))
        hand.move(60)
        network.says = RuntimeError("secret token abc")
        pull.pull(claimed(out))

    row = MetricPull.objects.get()
    assert Snapshot.objects.count() == 1
    assert row.next_action_at == NOON + timedelta(minutes=11)
    assert "secret" not in row.last_error


def test_old_publications_are_asked_no_more(story, network):
    network.says = {"likes": 3}
    with clock.by_hand(NOON):
        out = publication(story, minutes_ago=60 * 24 * 91)
        pull.pull(claimed(out))

    assert MetricPull.objects.get().next_action_at is None


def test_the_report_compares_at_the_same_age(story):
    thread = publication(story)
    post = publication(story, "facebook", "facebook.post")
    snapshot(thread, 5, likes=10, impressions=100)
    snapshot(thread, 60, likes=90, impressions=900)
    snapshot(post, 10, likes=12, reach=50, followers=200)

    same = reports.story_report(story)
    latest = reports.story_report(story, "latest")

    assert same.age == timedelta(minutes=10)
    assert [r.values["likes"] for r in same.rows] == [10, 12]
    assert [r.values["likes"] for r in latest.rows] == [90, 12]
    assert [m.name for m in same.metrics] == ["impressions", "reach", "likes"]
    assert same.coverage["reach"] == (1, 2)
    assert same.rows[0].rates["reach"] is None
    assert same.rows[1].rates["reach"].value == 24
    assert any(
        "Facebook Page brought the most likes" in s or "Facebook" in s for s in reports.sentences(same)
    )


def test_the_report_asks_the_database_as_often_for_many(story, django_assert_num_queries):
    for platform, fmt in (("x", "x.thread"), ("facebook", "facebook.post"), ("instagram", "instagram.reel")):
        out = publication(story, platform, fmt)
        for minutes in range(5, 50, 5):
            snapshot(out, minutes, likes=minutes)

    with django_assert_num_queries(2):
        reports.story_report(story)


def test_exports_leave_no_formula_and_no_zero_for_unknown(story):
    out = publication(story, handle="=HYPERLINK(1)")
    snapshot(out, 5, likes=0)

    heading, rows = export.table(reports.story_report(story))
    text = export.as_csv(heading, rows).decode("utf-8-sig")
    likes, shares = heading.index("Likes"), heading.index("Shares")

    assert rows[0][likes] == 0
    assert rows[0][shares] is None
    assert ",'=HYPERLINK(1)," in text


def person(campaign, role):
    user = User.objects.create_user(f"p-{role}", password="x")
    group = Group.objects.create(name=f"g-{role}")
    CampaignRole.objects.create(group=group, campaign=campaign, role=role)
    from django.contrib.auth.models import Permission

    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    return user


def test_an_analyst_reads_numbers_of_their_campaign_only(client, campaign, story):
    other = Page.get_first_root_node().add_child(instance=Page(title="Other", slug="other-e"))
    theirs = other.add_child(instance=Page(title="Theirs", slug="theirs-e"))
    snapshot(publication(story), 5, likes=4)
    snapshot(publication(theirs), 5, likes=777_777)
    client.force_login(person(campaign, Role.ANALYST))

    listing = client.get(reverse("engagement:index")).content.decode()
    page = client.get(reverse("engagement:story", args=[story.pk]))

    assert "=Clean water" in listing
    assert "Theirs" not in listing
    assert page.status_code == 200
    assert client.get(reverse("engagement:story", args=[theirs.pk])).status_code in (302, 403)
    assert client.get(reverse("engagement:story", args=[theirs.pk]), {"export": "csv"}).status_code in (
        302,
        403,
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files_can_be_downloaded(client, campaign, story, kind):
    snapshot(publication(story), 5, likes=4)
    client.force_login(person(campaign, Role.ANALYST))

    answer = client.get(reverse("engagement:story", args=[story.pk]), {"export": kind})

    assert answer.status_code == 200
    assert f"platforms-clean-water.{kind}" in answer["Content-Disposition"]

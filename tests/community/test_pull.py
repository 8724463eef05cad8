"""Rounds of reading: paged, resumed, inside the budget, and never in the way of publishing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from wagtail.models import Page

from channels.connectors.abilities import Price, Read
from channels.connectors.base import Outcome, OutcomeKind, Rate
from channels.connectors.talk import MessageKind as K
from channels.connectors.talk import Messages
from channels.models import Channel
from channels.signals import channel_told
from cms.models import CampaignPage
from community import pull
from community.core import rhythm
from community.models import Conversation, Message, Pull, Settings, Target
from engagement.models import ReadSpending
from tests.community.conftest import enter, told
from tests.community.test_answers import person
from work import claim
from work.models import Notice


@pytest.fixture
def row(world):
    """The row that reads what is said under a post that is out."""
    publication = world.finish(world.publication("The river is clean."))
    return Pull.objects.get(publication=publication)


def work(world, row):
    from work import worker

    row.refresh_from_db()
    world.hand.at = max(world.hand.at, row.next_action_at)
    assert worker.run_one("conversations", row.pk)
    row.refresh_from_db()
    return row


def page(*ids, cursor="", complete=True, **more):
    return Messages(tuple(told(i, f"Text {i}", post_id="", **more) for i in ids), cursor, complete=complete)


def test_all_pages_of_a_round_are_read_and_then_it_rests(world, network, row):
    network.pages = [
        page("1", "2", cursor="b", complete=False),
        page("2", "3", cursor="c", complete=False),
        page("4"),
    ]
    work(world, row)

    assert [w.cursor for w in network.asked] == ["", "b", "c"]
    assert sorted(Message.objects.values_list("remote_id", flat=True)) == ["1", "2", "3", "4"]
    assert (row.cursor, row.round_at, row.next_action_at > world.hand.at) == ("", None, True)


def test_a_worker_that_dies_goes_on_with_the_next_page(world, network, row):
    class Killed(BaseException):
        pass

    network.pages = [page("1", cursor="b", complete=False), Killed(), page("2")]
    messages = network.messages

    def dying(wanted, ctx):
        got = messages(wanted, ctx)
        if isinstance(got, BaseException):
            raise got
        return got

    network.messages = dying
    with pytest.raises(Killed):
        work(world, row)
    world.hand.at += timedelta(minutes=10)
    work(world, row)

    assert [w.cursor for w in network.asked] == ["", "b", "b"]
    assert Message.objects.count() == 2


def test_trouble_waits_and_loses_nothing(world, network, row):
    wait = Outcome(OutcomeKind.RATE, retry_after_s=900, message="Wait.")
    network.pages = [
        page("1", cursor="b", complete=False),
        Messages(cursor="b", problem="Wait.", outcome=wait),
    ]
    work(world, row)
    assert (row.cursor, row.problem) == ("b", "Wait.")
    assert row.next_action_at - world.hand.at >= timedelta(seconds=900)

    network.pages = [page("2")]
    work(world, row)
    assert (Message.objects.count(), row.problem) == (2, "")


def test_reading_leaves_a_fifth_of_the_calls_to_publishing(world, network, row):
    network.rates = (Rate(10, 3600, of="all"),)
    for _ in range(12):
        row.refresh_from_db()
        Pull.objects.filter(pk=row.pk).update(next_action_at=world.hand.at)
        work(world, row)
    from publishing.domain import budget

    assert len(network.asked) < 10
    assert budget.take(network, world.channel, world.hand.at, public=True) == 0


def test_a_round_that_shows_everything_notices_what_is_gone(world, network, row):
    post = row.publication.remote_id
    network.pages = [Messages((told("1", post_id=post), told("2", post_id=post)), complete=True)]
    work(world, row)
    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [Messages((told("2", post_id=post),), complete=True)]
    work(world, row)

    assert network.asked[-1].since is None
    gone = {m.remote_id: m.deleted_at is not None for m in Message.objects.all()}
    assert gone == {"1": True, "2": False}


def test_what_arrives_late_from_another_server_is_kept_once_and_takes_nothing_away(world, network, row):
    """A reply that was written hours before the last round, and stands there only now."""
    network.pages = [page("1")]
    work(world, row)
    network.pages = [replace(page(), late=(told("0", "Hours ago", minute=-300), told("1", "Text 1")))]
    work(world, row)

    assert sorted(Message.objects.values_list("remote_id", flat=True)) == ["0", "1"]
    assert not Message.objects.exclude(deleted_at=None).exists()
    told_at = Message.objects.get(remote_id="1").told_at
    network.pages = [replace(page(), late=(told("0", "Hours ago", minute=-300),))]
    work(world, row)
    assert Message.objects.count() == 2
    assert Message.objects.get(remote_id="1").told_at == told_at


def test_an_incomplete_round_notices_nothing_gone(world, network, row):
    post = row.publication.remote_id
    network.pages = [Messages((told("1", post_id=post),), complete=True)]
    work(world, row)
    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [Messages((), complete=False)]
    work(world, row)
    assert Message.objects.get().deleted_at is None


def test_what_a_webhook_names_and_a_round_reads_again_is_there_once(world, network, row):
    message = told("1", post_id=row.publication.remote_id)
    channel_told.send(None, channel=world.channel, post_id="", messages=(message,), remote_id="1")
    network.pages = [Messages((message,), complete=True)]
    work(world, row)

    assert Message.objects.count() == 1
    assert Conversation.objects.get().publication == row.publication


def test_rows_are_made_for_what_was_there_before(world):
    publication = world.finish(world.publication("The river is clean."))
    Pull.objects.all().delete()
    pull.ensure(), pull.ensure()

    kinds = set(Pull.objects.values_list("what", "publication"))
    assert kinds == {(Read.COMMENTS, publication.pk), (Read.MENTIONS, None), (Read.DIRECT, None)}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("age", "quiet", "minutes"),
    [
        (timedelta(minutes=5), 0, 2),
        (timedelta(minutes=5), 2, 8),
        (timedelta(minutes=5), 99, 16),
        (timedelta(days=2), 0, 60),
        (None, 0, 2),
        (None, 3, 16),
    ],
)
def test_how_long_it_rests(age, quiet, minutes):
    assert rhythm.pause(age, quiet=quiet) == timedelta(minutes=minutes)


@pytest.mark.unit
def test_old_posts_are_no_longer_asked_and_the_sandbox_is_no_storm():
    assert rhythm.pause(timedelta(days=91)) is None
    assert rhythm.pause(timedelta(0), pace=1440) == timedelta(seconds=15)


def test_after_an_account_is_connected_again_its_posts_are_read_again(world, network, row):
    old = world.finish(world.publication("Long ago."))
    long_ago = world.hand.at - rhythm.POST[-1][0] - timedelta(days=1)
    type(old).objects.filter(pk=old.pk).update(published_at=long_ago)
    world.channel.state = "disconnected"
    world.channel.save()
    work(world, row)
    assert row.next_action_at is None
    Pull.objects.filter(publication=old).update(next_action_at=None)

    pull.connected(world.channel)

    row.refresh_from_db()
    assert row.next_action_at is not None
    assert Pull.objects.get(publication=old).next_action_at is None


def test_only_a_whole_round_says_which_comments_are_gone(world, network, row):
    """A round since a moment ends where comments are older; answers to older ones are not in it."""
    post = row.publication.remote_id
    network.pages = [Messages((told("1", post_id=post),), complete=True)]
    work(world, row)
    Message.objects.update(at=world.hand.at, seen_at=world.hand.at - timedelta(minutes=5))
    world.hand.at += timedelta(minutes=10)
    network.pages = [Messages((), complete=True)]
    work(world, row)
    assert network.asked[-1].since is not None
    assert Message.objects.get().deleted_at is None


def test_a_round_says_nothing_of_what_is_out_of_the_networks_reach(world, network, row):
    post = row.publication.remote_id
    network.pages = [Messages((told("1", post_id=post), told("2", post_id=post, minute=20)), complete=True)]
    work(world, row)
    world.hand.at += timedelta(days=1, minutes=5)
    reach = Message.objects.get(remote_id="2").at
    network.pages = [Messages((), complete=True, reach=reach)]
    work(world, row)
    gone = {m.remote_id: m.deleted_at is not None for m in Message.objects.all()}
    assert gone == {"1": False, "2": True}


def test_a_page_that_left_something_out_is_remembered_to_the_end_of_the_round(world, network, row):
    post = row.publication.remote_id
    network.pages = [Messages((told("1", post_id=post), told("2", post_id=post)), complete=True)]
    work(world, row)
    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [Messages((), "b", cut=True), Messages((), "c"), Messages((), complete=True)]
    work(world, row)
    assert [wanted.cursor for wanted in network.asked[-3:]] == ["", "b", "c"]
    assert not Message.objects.exclude(deleted_at=None).exists()


def test_a_round_of_many_pages_is_read_to_its_end(world, network, row, monkeypatch):
    monkeypatch.setattr(pull, "MOST_PAGES", 3)
    network.pages = [page(str(n), cursor=f"c{n}", complete=False) for n in range(12)] + [page("12")]
    for _ in range(4):
        work(world, row)

    assert (Message.objects.count(), row.problem, row.round_at) == (13, "", None)
    assert row.read_at is not None


def test_a_list_that_goes_round_in_circles_is_no_round_that_was_read(world, network, row, monkeypatch):
    monkeypatch.setattr(pull, "MOST_PAGES", 3)
    network.pages = [page("1", cursor=f"c{n}", complete=False) for n in range(9)]
    work(world, row)

    assert (len(network.asked), row.read_at, row.cursor, row.round_at) == (4, None, "", None)
    assert "does not come to an end" in row.problem
    assert row.next_action_at > world.hand.at
    assert row.tries == 1


def private(*ids, minute=0, deeper=("t",)):
    said = tuple(told(i, kind=K.DIRECT, conversation_id="t", minute=minute) for i in ids)
    return Messages(said, complete=True, deeper=deeper)


def notices():
    return Notice.objects.filter(kind="talk_deeper", user__username="cleo").count()


def test_who_answers_is_told_of_messages_that_the_network_leaves_out(world, network):
    person(world, "cleo")
    pull.connected(world.channel)
    row = Pull.objects.get(channel=world.channel, what=Read.DIRECT)
    network.pages = [private("21", "22")]  # twenty older ones may stand before these
    work(world, row)
    assert notices() == 1

    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [private("22", "23")]  # what was known is among them: nothing lies between
    work(world, row)
    assert notices() == 1

    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [private("50", "51")]
    work(world, row)
    assert notices() == 2

    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [private("70", "71", deeper=())]  # all of them were told
    work(world, row)
    assert notices() == 2


def test_the_place_where_something_is_left_out_is_marked_in_the_conversation(world, network, client):
    enter(client, person(world, "cleo"))
    pull.connected(world.channel)
    row = Pull.objects.get(channel=world.channel, what=Read.DIRECT)
    network.pages = [
        Messages(
            (
                told("22", kind=K.DIRECT, conversation_id="t", minute=-4),
                told("21", kind=K.DIRECT, conversation_id="t", minute=-5),
                told("30", kind=K.DIRECT, conversation_id="u", author="jon", minute=-5),
            ),
            complete=True,
            deeper=("t",),
        )
    ]
    work(world, row)

    assert list(Message.objects.filter(gap_before=True).values_list("remote_id", flat=True)) == ["21"]
    said = "tells programs nothing older than this"
    for key, times in (("21", 1), ("30", 0)):
        talk = Message.objects.get(remote_id=key).conversation_id
        assert (
            client.get(reverse("community:conversation", args=[talk])).content.decode().count(said) == times
        )


def test_the_list_says_what_cannot_be_read_to_those_who_answer_there(world, network, row, client):
    cleo = person(world, "cleo")
    said = "The key is no longer valid."
    Pull.objects.filter(pk=row.pk).update(problem=said, tries=3)
    enter(client, cleo)
    assert said in client.get(reverse("community:inbox")).content.decode()

    world.channel.only_groups = [0]
    world.channel.save()
    assert said not in client.get(reverse("community:inbox")).content.decode()
    world.channel.only_groups = []
    world.channel.save()
    Pull.objects.filter(pk=row.pk).update(problem="", tries=0)
    assert "could not be read" not in client.get(reverse("community:inbox")).content.decode()


def test_what_conversations_cost_counts_and_ends_at_the_campaigns_limit(world, network, row):
    """A cent a message: two are charged. A page of a hundred more may cost 1.00, over 1.01 together: it is not asked for."""
    network.numbers_price = Price("post read", Decimal("0.01"), "reading", "source")
    network.pages = [page("1", "2"), page("3")]
    campaign = CampaignPage(title="Lake", slug="lake-c", publisher="Lake", reads_cap_usd=Decimal("1.01"))
    Page.get_first_root_node().add_child(instance=campaign)
    Channel.objects.filter(pk=world.channel.pk).update(campaign=campaign)
    work(world, row)
    assert list(ReadSpending.objects.values_list("posts", "amount")) == [(2, Decimal("0.0200"))]

    CampaignPage.objects.update(reads_cap_usd=None)
    network.pages = [page("1", "2"), page("3")]
    work(world, row)
    assert list(ReadSpending.objects.values_list("posts", flat=True)) == [2]  # the same two, on the same day
    CampaignPage.objects.update(reads_cap_usd=Decimal("1.01"))

    work(world, row)
    assert len(network.asked) == 2
    assert "limit for paid reads" in row.problem
    assert row.next_action_at > world.hand.at

    CampaignPage.objects.filter(pk=campaign.pk).update(reads_cap_usd=None)
    work(world, row)
    assert (Message.objects.count(), row.problem) == (3, "")


def test_a_raised_limit_lets_conversations_be_read_at_once(world, network, row):
    network.numbers_price = Price("post read", Decimal("0.01"), "reading", "source")
    campaign = CampaignPage(title="Lake", slug="lake-r", publisher="Lake", reads_cap_usd=Decimal("0.50"))
    Page.get_first_root_node().add_child(instance=campaign)
    Channel.objects.filter(pk=world.channel.pk).update(campaign=campaign)
    work(world, row)
    waits = []
    for cap in (Decimal("0"), Decimal("2")):
        campaign.reads_cap_usd = cap
        campaign.save()
        row.refresh_from_db()
        waits.append(row.next_action_at > world.hand.at)

    assert "limit for paid reads" in row.problem
    assert waits == [True, False]


# What reading is charged ----------------------------------------------------------------------------------------

POST, PERSON, MESSAGE = (Price("x", Decimal(amount), "x", "s") for amount in ("0.005", "0.010", "0.010"))


@pytest.fixture
def dear(world, network):
    """A network with X's prices, and its account in a campaign that may have a limit."""
    network.numbers_price, network.person_price, network.message_price = POST, PERSON, MESSAGE
    campaign = CampaignPage(title="Lake", slug="lake-d", publisher="Lake")
    Page.get_first_root_node().add_child(instance=campaign)
    Channel.objects.filter(pk=world.channel.pk).update(campaign=campaign)
    return campaign


def said_by(kind, *pairs):
    return Messages(
        tuple(told(i, f"Text {i}", kind=kind, author_id=who, post_id="") for i, who in pairs), complete=True
    )


def spent():
    return ReadSpending.objects.values_list("posts", "people", "messages", "amount").first()


def test_ten_mentions_by_four_people_cost_ten_posts_and_four_people_once_a_day(world, network, dear):
    mentions = said_by(K.MENTION, *((str(n), f"p{n % 4}") for n in range(10)))
    network.pages = [mentions, mentions, mentions]
    row = Pull.objects.create(channel=world.channel, what=Read.MENTIONS, next_action_at=world.hand.at)

    work(world, row)
    assert spent() == (10, 4, 0, Decimal("0.0900"))
    Pull.objects.filter(pk=row.pk).update(next_action_at=world.hand.at)
    work(world, row)
    assert spent() == (10, 4, 0, Decimal("0.0900"))
    world.hand.move(86_400)
    Pull.objects.filter(pk=row.pk).update(next_action_at=world.hand.at)
    work(world, row)

    assert [row.amount for row in ReadSpending.objects.order_by("day")] == [Decimal("0.0900")] * 2


def test_private_messages_have_a_price_of_their_own_and_we_are_not_charged_for_ourselves(
    world, network, dear
):
    ours = told("o", "We", kind=K.DIRECT, author_id="us", ours=True, post_id="")
    theirs = said_by(K.DIRECT, ("1", "a"), ("2", "a"), ("3", "b")).found
    network.pages = [Messages((*theirs, ours), complete=True)]
    row = Pull.objects.create(channel=world.channel, what=Read.DIRECT, next_action_at=world.hand.at)

    work(world, row)

    assert spent() == (0, 2, 4, Decimal("0.0600"))


@pytest.mark.parametrize(("what", "most"), [(Read.MENTIONS, "1.50"), (Read.DIRECT, "2.00")])
def test_a_page_is_asked_for_only_where_a_full_one_stays_below_the_limit(world, network, dear, what, most):
    """A hundred mentions by as many people cost 1.50, a hundred private messages by as many 2.00."""
    row = Pull.objects.create(channel=world.channel, what=what, next_action_at=world.hand.at)
    CampaignPage.objects.update(reads_cap_usd=Decimal(most) - Decimal("0.01"))
    work(world, row)
    assert network.asked == []
    assert "limit for paid reads" in row.problem

    CampaignPage.objects.update(reads_cap_usd=Decimal(most))
    work(world, row)

    assert [wanted.what for wanted in network.asked] == [what]


# A network that hangs -------------------------------------------------------------------------------------------


def test_slow_pages_keep_their_row(world, network, row):
    """Five pages of 90 s each: nobody else gets the row, and all that they told is kept."""
    others = []
    network.pages = [page(str(n), cursor=f"c{n}", complete=False) for n in range(4)] + [page("9")]
    told_at_once = network.messages

    def slowly(wanted, ctx):
        ctx.wire.guard()
        world.hand.move(90)
        others.append(claim.claim(Pull, row.pk, worker="other"))
        return told_at_once(wanted, ctx)

    network.messages = slowly
    work(world, row)

    assert others == [None] * 5
    assert Message.objects.count() == 5
    assert (row.cursor, row.lease_owner) == ("", "")


def test_one_page_of_many_slow_calls_keeps_its_row_too(world, network, row):
    others = []

    def slowly(wanted, ctx):
        for _ in range(8):
            ctx.wire.guard()
            world.hand.move(40)
            others.append(claim.claim(Pull, row.pk, worker="other"))
        return page("1")

    network.messages = slowly
    work(world, row)

    assert others == [None] * 8
    assert Message.objects.count() == 1


def test_of_a_network_that_hangs_one_row_is_tried_now_and_then(world, network, row):
    """Twenty accounts of it are due together. Each try would take half a minute of the only thread."""
    network.pages = [
        Messages(problem="no answer", outcome=Outcome(OutcomeKind.UNKNOWN, message="no answer"))
        for _ in range(40)
    ]
    rows = [row]
    for n in range(19):
        channel = Channel.objects.create(
            campaign_id=world.channel.campaign_id, platform="fake", remote_id=f"h{n}", handle=f"@h{n}"
        )
        rows.append(Pull.objects.create(channel=channel, what=Read.MENTIONS, next_action_at=world.hand.at))
    for each in rows:
        work(world, each)
    assert len(network.asked) == 1
    held = Pull.objects.exclude(pk=row.pk)
    assert set(held.values_list("tries", flat=True)) == {0}

    network.pages = []
    for each in rows[1:]:
        work(world, each)

    assert len(network.asked) == 20


def test_accounts_of_which_nothing_is_told_are_named(world, client):
    cleo = person(world, "cleo")
    for platform, handle in (("tiktok", "@dances"), ("x", "@river2"), ("whatsapp", "+49 30 1")):
        Channel.objects.create(campaign_id=world.campaign.pk, platform=platform, remote_id="9", handle=handle)
    enter(client, cleo)
    page = client.get(reverse("community:inbox")).content.decode()
    assert "TikTok tells no program what people write" in page
    assert "X tells no program" not in page
    assert "WhatsApp tells no program" not in page  # it calls us


# After a long silence ---------------------------------------------------------------------------------------------


@pytest.fixture
def mentions(world):
    pull.connected(world.channel)
    return Pull.objects.get(channel=world.channel, what=Read.MENTIONS)


def test_after_a_long_silence_everything_since_is_read(world, network, mentions):
    work(world, mentions)
    read_at = mentions.read_at
    world.hand.at += timedelta(days=10)
    work(world, mentions)

    assert network.asked[-1].since == read_at - rhythm.OVERLAP
    world.hand.at += timedelta(days=1, minutes=5)
    work(world, mentions)
    assert network.asked[-1].since == world.hand.at - rhythm.WHOLE_REACH


def test_who_answers_is_told_of_what_lies_beyond_the_networks_reach(world, network, mentions):
    person(world, "cleo")
    work(world, mentions)
    world.hand.at += timedelta(days=1, minutes=5)
    network.pages = [Messages(complete=True, reach=world.hand.at - timedelta(days=7))]
    work(world, mentions)
    assert notices() == 0

    world.hand.at += timedelta(days=10)
    reach = world.hand.at - timedelta(days=7)
    network.pages = [Messages((), "b", reach=reach), Messages(complete=True, reach=reach)]
    work(world, mentions)

    told_ = Notice.objects.get(kind="talk_deeper", user__username="cleo")
    assert "Nothing could be read there after 24 November 2026" in told_.body


@pytest.mark.unit
@pytest.mark.parametrize(
    ("age", "target", "minutes"),
    [
        (timedelta(hours=12), 240, 60),  # quiet: else two hours
        (timedelta(days=3), 240, 60),  # else eight
        (timedelta(days=3), 60, 15),
        (timedelta(minutes=5), 5, 2),  # no faster than any post is read
        (timedelta(days=30), 60, 24 * 60),  # of old posts the docs say so
        (None, 60, 15),
        (None, 240, 16),
    ],
)
def test_nothing_is_read_so_late_that_it_would_be_overdue(age, target, minutes):
    found = rhythm.pause(age, quiet=99, target=timedelta(minutes=target))
    assert found == timedelta(minutes=minutes)


def test_the_shortest_target_of_the_account_sets_the_rhythm(world, network, row):
    def rest():
        world.hand.at += timedelta(hours=12)
        Pull.objects.filter(pk=row.pk).update(quiet=9, next_action_at=world.hand.at)
        work(world, row)
        return row.next_action_at - world.hand.at

    assert rest() == timedelta(hours=1)
    Settings.objects.create(campaign=world.campaign, election_mode=True)
    assert rest() == timedelta(minutes=15)
    Target.objects.create(campaign=world.campaign, topic="voting", first_min=30, next_min=20)
    assert rest() == timedelta(minutes=5)
    other = Channel.objects.create(campaign_id=world.campaign.pk, platform="fake", remote_id="2", handle="@o")
    Target.objects.create(campaign=None, channel=other, first_min=8, next_min=8)
    assert rest() == timedelta(minutes=5)

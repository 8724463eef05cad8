"""What is said on an account that is kept to some groups is shown to them only, wherever it is shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from channels.connectors.talk import MessageKind as K
from channels.models import Channel
from community import desk, objections, people, waves
from community.models import Burst, Contact, Conversation
from tests.community.conftest import told
from tests.community.test_answers import person
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db]
SECRET = "Zebrastreet nine, please tell nobody"


@pytest.fixture
def team(world, store, client):
    """The campaign's account is Cleo's group's; Carl answers for the campaign's other account."""
    from community import ingest

    cleo, carl = person(world, "cleo"), person(world, "carl")
    for each in (cleo, carl):
        each.user_permissions.add(Permission.objects.get(codename="access_admin"))
    world.channel.only_groups = list(cleo.groups.values_list("pk", flat=True))
    world.channel.save()
    other = Channel.objects.create(
        campaign_id=world.campaign.pk, platform="fake", remote_id="other", handle="@other"
    )

    def say(*messages):
        return ingest.store(other, messages, at=world.hand.at)

    def page(user, name, *args, query=""):
        client.force_login(user)
        answer = client.get(reverse(name, args=args) + query)
        return answer.content.decode() if answer.status_code == 200 else ""

    return SimpleNamespace(cleo=cleo, carl=carl, other=other, say=say, page=page)


def test_earlier_conversations_are_those_one_may_open(store, team):
    store(told("d", SECRET, kind=K.DIRECT, conversation_id="t"))
    team.say(told("1", "Is there parking?", minute=5))
    talk = Conversation.objects.get(channel=team.other)

    assert SECRET in team.page(team.cleo, "community:conversation", talk.pk)
    shown = team.page(team.carl, "community:conversation", talk.pk)
    assert "Is there parking?" in shown
    assert SECRET not in shown


def test_a_wave_on_a_kept_account_is_a_wave_of_its_own(world, store, team):
    same = [f"{SECRET} {n}" for n in range(9)]
    store(*(told(f"k{n}", text, author=f"p{n}", minute=-n) for n, text in enumerate(same)))
    team.say(*(told(f"o{n}", text, author=f"q{n}", minute=-n) for n, text in enumerate(same)))
    world.hand.at = world.hand.at.replace(minute=30)

    waves.watch()
    waves.watch()

    kept, open_ = sorted(Burst.objects.all(), key=lambda row: row.conversations.first().channel_id)
    assert [row.conversations.values("channel").distinct().count() for row in (kept, open_)] == [1, 1]
    assert set(waves.running(team.cleo)) == {kept, open_}
    assert list(waves.running(team.carl)) == [open_]
    assert team.page(team.carl, "community:wave", kept.pk) == ""
    assert team.page(team.carl, "community:wave", open_.pk)
    told_of = {row.url for row in Notice.objects.filter(user=team.carl, kind="talk_wave")}
    assert told_of == {reverse("community:wave", args=[open_.pk])}
    assert Notice.objects.filter(user=team.cleo, kind="talk_wave").count() == 2


def test_objections_and_people_of_a_kept_account(world, store, network, team):
    store(told("1", SECRET, author="quillon", post_id="p"))
    message = Conversation.objects.get().messages.get()
    act = desk.moderate(team.cleo, message, "hide", category="privacy", note="Their own address")
    world.finish(act.publication)
    filed = objections.file("@quillon", "That was my own address and nobody else's")

    assert filed.act == act
    assert list(objections.visible(team.cleo)) == [filed]
    assert list(objections.visible(team.carl)) == []
    assert SECRET not in team.page(team.carl, "community:objections")
    contact = Contact.objects.get()
    assert list(people.matching(team.cleo, "")) == [contact]
    assert list(people.matching(team.carl, "")) == []
    assert team.page(team.carl, "community:person", contact.pk) == ""
    assert team.page(team.cleo, "community:person", contact.pk)

"""Connecting in the browser: Django's test client on our side, HTTP to the sandbox's consent pages."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from wagtail.models import ModelLogEntry

from channels import connect, health, sample
from channels.connect import Returned
from channels.connectors.base import Outcome, OutcomeKind, Refused
from channels.connectors.registry import CONNECTORS
from channels.models import Channel, ChannelState, Credential
from channels.oauth import Flow, OAuthFailed
from channels.safe import UnsafeAddress
from channels.service import check_channel
from channels.signals import channel_connected
from channels.wire import AnswerLost
from work import clock

pytestmark = pytest.mark.db

PLATFORMS = [connector.platform for connector in CONNECTORS]


@pytest.fixture
def browser(client, manager, on_sandbox):
    client.force_login(manager)
    return client


def go(browser, campaign, platform: str, **form) -> str:
    """From the first click to the network and back; returns the address of our callback."""
    answer = browser.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": platform})
    page = browser.get(answer["Location"])
    fields = page.context.get("fields")
    if fields:  # this network asks on our own page first; the sandbox's answers stand in the fields
        answer = browser.post(answer["Location"], {field.name: value for field, value in fields})
        if not page.context["flow"].redirects:
            return answer["Location"]
        page = browser.get(answer["Location"])
    return back(page, **form)


def back(page, **form) -> str:
    params = sample.allow(page.context["address"], **form)
    platform = page.context["flow"].platform
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return f"/admin/channels/callback/{platform}/?{query}"


def said(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_connect_from_click_to_stored_token(browser, campaign, manager, platform):
    heard = []
    channel_connected.connect(
        lambda sender, channel, **kw: heard.append(channel.pk), weak=False, dispatch_uid="t"
    )

    answer = browser.get(go(browser, campaign, platform), follow=True)

    channel = Channel.objects.get()
    assert (channel.platform, channel.campaign_id, channel.state) == (
        platform,
        campaign.pk,
        ChannelState.CONNECTED,
    )
    assert (channel.sandbox, channel.connected_by) == (True, manager)
    assert channel.handle
    assert channel.followers is None or channel.followers > 0
    assert set(CONNECTORS[platform].oauth.scopes) <= set(channel.scopes)
    assert Credential.objects.get().access_token
    assert channel.handle in said(answer)
    assert heard == [channel.pk]
    channel_connected.disconnect(dispatch_uid="t")
    assert [entry.action for entry in ModelLogEntry.objects.all()] == ["channels.connect"]


def test_x_uses_pkce_and_the_exact_callback(browser, campaign, settings):
    answer = browser.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": "x"})
    address = browser.get(answer["Location"]).context["address"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == f"{settings.PUBLIC_URL}/admin/channels/callback/x/"
    assert asked["scope"].split() == list(CONNECTORS["x"].oauth.scopes)


def test_verifier_and_tokens_are_not_in_the_session_in_the_clear(browser, campaign):
    answer = browser.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": "x"})
    browser.get(answer["Location"])

    (pending,) = browser.session[connect.KEY].values()
    assert pending["sealed_verifier"].startswith("gAAAA")


def test_state_is_good_for_one_answer(browser, campaign):
    address = go(browser, campaign, "x")
    browser.get(address)

    answer = browser.get(address, follow=True)

    assert "start again" in said(answer)
    assert Channel.objects.count() == 1


def test_state_of_another_session_is_unknown(browser, client, campaign, person):
    from django.test import Client

    address = go(browser, campaign, "x")
    other = Client()
    other.force_login(person("manager", name="olaf"))

    assert "start again" in said(other.get(address, follow=True))
    assert not Channel.objects.exists()


def test_state_lasts_ten_minutes(browser, campaign):
    address = go(browser, campaign, "x")

    with clock.by_hand() as hand:
        hand.move(601)
        answer = browser.get(address, follow=True)

    assert "ten minutes" in said(answer)
    assert not Channel.objects.exists()


def test_answer_of_another_network_is_refused(browser, campaign):
    address = go(browser, campaign, "x").replace("/callback/x/", "/callback/facebook/")

    assert "another network" in said(browser.get(address, follow=True))


def test_denied_consent_is_said_plainly(browser, campaign):
    answer = browser.get(go(browser, campaign, "x", decision="deny"), follow=True)

    assert "said no" in said(answer)
    assert not Channel.objects.exists()


def test_missing_permission_is_named(browser, campaign):
    flow = CONNECTORS["facebook"].oauth
    granted = [scope for scope in flow.scopes if scope != "pages_manage_posts"]

    answer = browser.get(go(browser, campaign, "facebook", granted=granted), follow=True)

    assert "publish posts (pages_manage_posts)" in said(answer)
    assert not Channel.objects.exists()


def test_permission_that_publishing_does_not_need_is_only_mentioned(browser, campaign):
    flow = CONNECTORS["facebook"].oauth
    granted = [scope for scope in flow.scopes if scope != "read_insights"]

    answer = browser.get(go(browser, campaign, "facebook", granted=granted), follow=True)

    assert "read views and reach" in said(answer)
    assert Channel.objects.get().state == ChannelState.CONNECTED


def test_several_pages_are_chosen_from(browser, campaign, on_sandbox):
    answer = browser.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": "facebook"})
    page = browser.get(answer["Location"])
    ids = page_ids(page.context["address"])
    assert len(ids) > 1

    answer = browser.get(back(page, account=ids), follow=True)
    accounts = answer.context["accounts"]
    nothing = browser.post(answer.request["PATH_INFO"], {}, follow=True)
    done = browser.post(answer.request["PATH_INFO"], {"account": [accounts[1].remote_id]}, follow=True)

    assert [account.remote_id for account in accounts] == ids
    assert "Choose at least one" in said(nothing)
    assert [channel.remote_id for channel in Channel.objects.all()] == [ids[1]]
    assert accounts[1].handle in said(done)
    assert accounts[1].access_token not in str(browser.session.items())


def page_ids(address: str) -> list[str]:
    import httpx

    return re.findall(r'name="account" value="(\d+)"', httpx.get(address, trust_env=False).text)


def test_reconnecting_keeps_the_row(browser, campaign, connected):
    channel = connected("x")["x"]
    before = Credential.objects.get().version
    Channel.objects.update(state=ChannelState.RECONNECT, state_reason="why")

    answer = browser.post(reverse("channels:reconnect", args=[channel.pk]))
    browser.get(back(browser.get(answer["Location"])))

    again = Channel.objects.get()
    assert (again.pk, again.state, again.state_reason) == (channel.pk, ChannelState.CONNECTED, "")
    assert Credential.objects.get().version == before + 1
    assert ModelLogEntry.objects.filter(action="channels.reconnect").count() == 1


def test_reconnecting_with_another_account_is_refused(browser, campaign, connected):
    channel = connected("x")["x"]
    answer = browser.post(reverse("channels:reconnect", args=[channel.pk]))
    page = browser.get(answer["Location"])
    other = next(i for i in page_ids(page.context["address"]) if i != channel.remote_id)

    answer = browser.get(back(page, account=other), follow=True)

    assert f"this channel is {channel.handle}" in said(answer)
    assert Channel.objects.count() == 1


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if CONNECTORS[p].oauth.redirects])
def test_who_says_no_reads_so_in_our_words_whatever_the_network_calls_it(browser, campaign, platform):
    address = go(browser, campaign, platform, decision="deny")

    assert "was not allowed to let us in: you" in said(browser.get(address, follow=True))
    assert not Channel.objects.exists()


def test_network_that_does_not_answer_is_named(browser, campaign, fault):
    address = go(browser, campaign, "x")
    fault("x", "POST /2/oauth2/token", "5xx")

    assert "X could not be asked" in said(browser.get(address, follow=True))


def test_network_without_an_app_id_is_not_offered(browser, campaign, settings):
    settings.NETWORKS = {**settings.NETWORKS, "x": settings.NETWORKS["x"] | {"client_id": ""}}

    page = browser.get(reverse("channels:connect")).content.decode()
    answer = browser.post(
        reverse("channels:connect"), {"campaign": campaign.pk, "platform": "x"}, follow=True
    )

    assert "NETWORK_X_CLIENT_ID is missing" in page
    assert "X is not set up here" in said(answer)
    assert "NETWORK_X_CLIENT_ID" in said(answer)


# Check, disconnect ------------------------------------------------------------------------------------------------


def test_check_says_that_all_is_well(browser, connected):
    channel = connected("instagram")["instagram"]
    Channel.objects.update(followers=None, checked_at=None, followers_at=None)

    answer = browser.post(reverse("channels:check", args=[channel.pk]), follow=True)

    channel.refresh_from_db()
    assert "everything needed to publish is there" in said(answer)
    assert channel.followers > 0
    assert channel.checked_at == channel.followers_at is not None
    assert channel.facts["posts_a_day"]


def test_a_check_that_was_refused_tells_no_followers(browser, connected, fault):
    channel = connected("instagram")["instagram"]
    long_ago = clock.now() - timedelta(days=9)
    Channel.objects.update(checked_at=long_ago, followers_at=long_ago)
    fault("instagram", "GET ", "429", times=9)

    browser.post(reverse("channels:check", args=[channel.pk]), follow=True)

    channel.refresh_from_db()
    assert (channel.checked_at > long_ago, channel.followers_at) == (True, long_ago)


def test_check_renews_a_refused_token_once(browser, connected, fault):
    channel = connected("x")["x"]
    fault("x", "GET /2/users/me", "auth")

    answer = browser.post(reverse("channels:check", args=[channel.pk]), follow=True)

    assert "everything needed to publish is there" in said(answer)
    assert Credential.objects.get().version == 2


def test_check_with_a_renewed_key_looks_at_all_that_a_check_looks_at(browser, connected, fault):
    channel = connected("x")["x"]
    Channel.objects.update(scopes=["tweet.read", "users.read"], state=ChannelState.BLOCKED)
    fault("x", "GET /2/users/me", "auth")

    answer = browser.post(reverse("channels:check", args=[channel.pk]), follow=True)

    channel.refresh_from_db()
    assert "tweet.write" in said(answer)
    assert "tweet.write" in channel.state_reason
    assert channel.state == ChannelState.BLOCKED
    assert Credential.objects.get().version == 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (KeyError("username"), "gave an answer that cannot be read"),
        (AnswerLost("nothing came", "timeout"), "could not be asked"),
        (Refused(Outcome(OutcomeKind.RATE, message="Wait.")), "Wait."),
    ],
)
def test_check_with_a_renewed_key_survives_what_comes_back(browser, connected, monkeypatch, trouble, words):
    channel = connected("x")["x"]
    answers = [Refused(Outcome(OutcomeKind.AUTH, message="no")), trouble]

    def account(self, ctx):
        raise answers.pop(0)

    monkeypatch.setattr(type(CONNECTORS["x"]), "account", account)

    assert words in said(browser.post(reverse("channels:check", args=[channel.pk]), follow=True))


def test_check_of_a_dead_channel_asks_to_reconnect(browser, connected, fault):
    channel = connected("x")["x"]
    fault("x", "GET /2/users/me", "auth", times=9)

    browser.post(reverse("channels:check", args=[channel.pk]), follow=True)

    channel.refresh_from_db()
    assert channel.state == ChannelState.RECONNECT


def test_check_names_a_network_that_is_out_of_reach(browser, connected, settings):
    channel = connected("x")["x"]
    gone = {part: "http://127.0.0.1:9/x" if "//" in v else v for part, v in settings.NETWORKS["x"].items()}
    settings.NETWORKS = {**settings.NETWORKS, "x": gone}

    answer = browser.post(reverse("channels:check", args=[channel.pk]), follow=True)

    channel.refresh_from_db()
    assert "X could not be asked" in said(answer)
    assert channel.state == ChannelState.CONNECTED


@pytest.mark.parametrize("platform", PLATFORMS)
def test_disconnect_gives_back_and_deletes(browser, connected, platform):
    channel = connected(platform)[platform]
    token = Credential.objects.get().access_token

    browser.get(reverse("channels:disconnect", args=[channel.pk]))
    answer = browser.post(reverse("channels:disconnect", args=[channel.pk]), follow=True)

    channel.refresh_from_db()
    assert (channel.state, channel.scopes) == (ChannelState.DISCONNECTED, [])
    assert not Credential.objects.exists()
    tells = type(CONNECTORS[platform].oauth).revoke is not Flow.revoke
    assert ("has been told" in said(answer)) is tells
    if platform == "x":
        from channels.oauth import Grant, OAuthFailed

        with pytest.raises(OAuthFailed):
            CONNECTORS["x"].oauth.accounts(Grant(token))


def test_disconnect_works_while_the_network_is_down(browser, connected, fault):
    channel = connected("x")["x"]
    fault("x", "/2/oauth2/revoke", "5xx", times=9)

    answer = browser.post(reverse("channels:disconnect", args=[channel.pk]), follow=True)

    assert not Credential.objects.exists()
    assert "X could not be told" in said(answer)
    assert "Remove the app in" in said(answer)


@pytest.mark.parametrize(
    "trouble", [OAuthFailed("no", dead=True), UnsafeAddress("no"), KeyError("no"), False]
)
def test_disconnect_works_whatever_the_network_says(browser, connected, monkeypatch, trouble):
    def revoke(self, **tokens):
        if trouble:
            raise trouble
        return False

    channel = connected("mastodon")["mastodon"]
    monkeypatch.setattr(type(CONNECTORS["mastodon"].oauth), "revoke", revoke)

    answer = browser.post(reverse("channels:disconnect", args=[channel.pk]), follow=True)

    assert not Credential.objects.exists()
    assert "Mastodon could not be told" in said(answer)


def test_a_network_that_takes_nothing_back_is_said_to_offer_no_way(browser, connected):
    channel = connected("threads")["threads"]

    answer = browser.post(reverse("channels:disconnect", args=[channel.pk]), follow=True)

    assert "Threads offers no way to say so from outside" in said(answer)


def on(sandbox_url, network):
    """For which accounts the network was asked to call us, and about what."""
    calls = httpx.get(f"{sandbox_url}/_sandbox/calls", trust_env=False).json()
    return [
        call["path"]
        for call in calls
        if call["network"] == network and call["path"].endswith("/subscribed_apps")
    ]


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_a_network_that_can_call_us_is_asked_to_for_the_account_that_was_chosen(
    connected, on_sandbox, platform
):
    before = len(on(on_sandbox, platform))

    channel = connected(platform)[platform]

    assert channel.facts["calls_us"] is True
    (path,) = on(on_sandbox, platform)[before:]
    assert f"/{channel.remote_id}/" in path


def test_an_account_is_connected_also_where_the_network_does_not_agree_to_call_us(connected, fault):
    fault("instagram", "subscribed_apps", "5xx")

    channel = connected("instagram")["instagram"]

    assert (channel.state, channel.facts["calls_us"]) == (ChannelState.CONNECTED, False)
    points = [point.words for point in health.points(channel, Credential.objects.get(), clock.now())]
    assert any("did not agree to call us" in words for words in points)


def test_what_a_person_gave_facebook_goes_back_with_the_last_of_their_pages(
    browser, connected, campaign, on_sandbox
):
    from channels.oauth import Grant, OAuthFailed

    first = connected("facebook")["facebook"]
    key = Credential.objects.get()
    second = Channel.objects.create(
        platform="facebook", remote_id="104200000000202", handle="Library", campaign=campaign
    )
    Credential.objects.create(channel=second, access_token="a", refresh_token="b", extra=dict(key.extra))
    person = key.refresh_token
    assert key.extra["person"]

    answer = browser.post(reverse("channels:disconnect", args=[first.pk]), follow=True)
    assert "given back with the last of them" in said(answer)
    assert CONNECTORS["facebook"].oauth.accounts(Grant(person))

    Credential.objects.filter(pk=second.pk).delete()
    Credential.objects.create(channel=second, access_token="a", refresh_token=person, extra=dict(key.extra))
    answer = browser.post(reverse("channels:disconnect", args=[second.pk]), follow=True)
    assert "has been told" in said(answer)
    with pytest.raises(OAuthFailed):
        CONNECTORS["facebook"].oauth.accounts(Grant(person))


def test_what_a_person_gave_linkedin_goes_back_with_the_last_of_their_pages(browser, campaign):
    from channels.oauth import Grant, OAuthFailed

    pages = ["10400101", "10400202"]
    choose = browser.get(go(browser, campaign, "linkedin", account=pages))["Location"]
    browser.post(choose, {"account": pages})
    first, second = Channel.objects.order_by("remote_id")
    key = Credential.objects.get(pk=second.pk).access_token

    answer = browser.post(reverse("channels:disconnect", args=[first.pk]), follow=True)
    assert "given back with the last of them" in said(answer)
    assert check_channel(second) == []
    assert second.state == ChannelState.CONNECTED

    answer = browser.post(reverse("channels:disconnect", args=[second.pk]), follow=True)
    assert "has been told" in said(answer)
    with pytest.raises(OAuthFailed):
        CONNECTORS["linkedin"].oauth.accounts(Grant(key))


@pytest.mark.parametrize("platform", ["x", "youtube", "tiktok", "mastodon", "bluesky"])
def test_a_key_goes_back_when_it_ends_the_account_in_no_other_campaign(
    browser, connected, campaign, manager, others, platform
):
    first = connected(platform)[platform]
    elsewhere = others.groups.get().campaign_roles.get().campaign
    (second,) = sample.connect_all(elsewhere, by=manager, platforms={platform: first.remote_id})
    alone = platform in {"x", "mastodon", "bluesky"}

    answer = browser.post(reverse("channels:disconnect", args=[first.pk]), follow=True)

    assert ("has been told" in said(answer)) is alone
    again = said(browser.post(reverse("channels:disconnect", args=[first.pk]), follow=True))
    assert "is disconnected already." in again
    assert ("given back with the last of them" in said(answer)) is not alone
    assert check_channel(second) == []
    assert connect.disconnect(second, by=manager) is Returned.TOLD


@pytest.mark.parametrize(
    ("own", "others", "carries"),
    [
        ("1", [], False),
        ("1", ["2"], False),
        ("1", ["2", "1"], True),
        ("1", [""], True),
        ("", ["2"], True),
        ("", [], False),
    ],
)
def test_whose_permission_it_is(campaign, own, others, carries):
    channels = [
        Channel.objects.create(platform="facebook", remote_id=str(n), handle="h", campaign=campaign)
        for n in range(len(others) + 1)
    ]
    for channel, person in zip(channels, [own, *others], strict=True):
        Credential.objects.create(
            channel=channel, access_token="a", extra={"person": person} if person else {}
        )

    assert connect.carries_others(channels[0]) is carries


# Who may -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def others(campaign, person, db):
    root = campaign.get_parent()
    from wagtail.models import Page

    elsewhere = Page.objects.get(pk=root.pk).add_child(title="Elsewhere", slug="elsewhere")
    return person("manager", page=elsewhere, name="elsa")


def urls(channel) -> dict[str, str]:
    pages = ("detail", "check", "reconnect", "disconnect")
    return {name: reverse(f"channels:{name}", args=[channel.pk]) for name in pages}


def test_manager_of_another_campaign_finds_nothing(client, connected, others):
    channel = connected("x")["x"]
    client.force_login(others)

    assert channel.handle not in client.get(reverse("channels:index")).content.decode()
    for url in urls(channel).values():
        assert client.get(url).status_code in {404, 405}
        assert client.post(url).status_code in {404, 405}
    assert Credential.objects.exists()


@pytest.mark.parametrize("role", ["creator", "community", "analyst"])
def test_those_who_may_only_look_cannot_act(client, connected, person, campaign, role):
    channel = connected("x")["x"]
    client.force_login(person(role))

    page = client.get(reverse("channels:index")).content.decode()
    assert channel.handle in page
    assert "Disconnect" not in page
    assert client.get(urls(channel)["detail"]).status_code == 200
    for name in ("check", "reconnect", "disconnect"):
        answer = client.post(urls(channel)[name])
        assert answer.status_code in {302, 403}
        assert answer.get("Location", "/admin/") == "/admin/"
    assert (
        client.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": "x"})["Location"]
        == "/admin/"
    )
    channel.refresh_from_db()
    assert channel.state == ChannelState.CONNECTED
    assert Credential.objects.exists()


def test_person_without_a_campaign_has_no_menu_and_no_page(client, person, on_sandbox):
    client.force_login(person(None))

    assert client.get(reverse("channels:index"))["Location"] == "/admin/"
    assert "/admin/channels/" not in client.get("/admin/").content.decode()


def test_right_that_was_lost_on_the_way_is_asked_for_again(browser, campaign, manager):
    address = go(browser, campaign, "x")
    manager.groups.get().campaign_roles.update(role="creator")

    browser.get(address)

    assert not Channel.objects.exists()


def test_index_shows_state_sandbox_key_and_empty_campaigns(browser, connected, campaign):
    page = browser.get(reverse("channels:index")).content.decode()
    assert "No account is connected to this campaign yet" in page

    connected("x", "facebook")
    page = browser.get(reverse("channels:index")).content.decode()

    for words in (
        "@riverside_council",
        "Riverside Town Council",
        "sandbox",
        "Connected",
        "renewed by itself",
        "has no end date",
    ):
        assert words in page


def test_every_form_carries_its_csrf_token(browser, connected):
    channel = connected("x")["x"]

    for url in (
        reverse("channels:index"),
        reverse("channels:connect"),
        *(urls(channel)[n] for n in ("detail", "disconnect")),
    ):
        page = browser.get(url).content.decode()
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.S)
        assert forms
        assert all('name="csrfmiddlewaretoken"' in form for form in forms), url


def test_index_asks_the_database_the_same_for_one_and_for_many(
    browser, campaign, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for n in (1, 3):
        while Channel.objects.count() < n:
            i = Channel.objects.count()
            channel = Channel.objects.create(
                campaign=campaign, platform="x", remote_id=str(i), handle=f"@{i}"
            )
            Credential.objects.create(channel=channel)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(reverse("channels:index"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


# The command --------------------------------------------------------------------------------------------------------


def test_connect_sandbox_command(on_sandbox, campaign, django_user_model):
    django_user_model.objects.create_superuser("root", "r@example.org")
    out = io.StringIO()

    call_command("connect_sandbox", campaign=campaign.pk, stdout=out)
    call_command("connect_sandbox", campaign=campaign.pk, stdout=out)

    assert [c.platform for c in Channel.objects.all()] == sorted(PLATFORMS)
    assert "@riverside_council is connected" in out.getvalue()


def test_connect_sandbox_without_a_sandbox_says_so(campaign, manager, settings):
    settings.SANDBOX_URL = ""

    with pytest.raises(CommandError, match="HUSTINGS_SANDBOX_URL"):
        call_command("connect_sandbox", campaign=campaign.pk, by="mona")


def test_connect_sandbox_that_does_not_run_says_so(campaign, manager, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    here = {"client_id": "sandbox-app", "client_secret": "sandbox-secret"}
    settings.NETWORKS = {"x": {"api": "http://127.0.0.1:9/x", "authorize": "http://127.0.0.1:9/x"} | here}

    with pytest.raises(CommandError, match="Is it running"):
        call_command("connect_sandbox", campaign=campaign.pk, by="mona")


def test_connect_sandbox_names_a_wrong_campaign_or_person(db):
    with pytest.raises(CommandError, match="no page 9999"):
        call_command("connect_sandbox", campaign=9999)


def test_pending_requests_do_not_pile_up(campaign, manager, on_sandbox):
    session: dict = {}
    states = [
        connect.begin(session, platform="x", campaign_id=campaign.pk, by=manager).state for _ in range(9)
    ]

    assert list(session[connect.KEY])[-1] == states[-1]
    assert len(session[connect.KEY]) == connect.MOST
    with clock.by_hand(clock.now() + timedelta(minutes=11)):
        connect.begin(session, platform="x", campaign_id=campaign.pk, by=manager)
    assert len(session[connect.KEY]) == 1

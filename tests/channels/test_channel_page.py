"""The channel's page, our app's keys, and who may use an account."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta
from functools import partialmethod

import pytest
from django.db import DatabaseError
from django.urls import reverse
from wagtail.models import ModelLogEntry

from access import policy
from channels import calls, health, keys
from channels.connectors.abilities import Version
from channels.connectors.registry import CONNECTORS
from channels.models import Call, Channel, ChannelState, Credential, NetworkApp
from channels.tokens import fresh_token
from channels.wire import Answer, NotSent, Wire
from work import clock

pytestmark = pytest.mark.db
BUSINESS = json.dumps(
    {
        "104": [
            {"type": "pages", "call_count": 12, "total_cputime": 91, "estimated_time_to_regain_access": 240}
        ]
    }
)


@pytest.fixture
def channel(campaign, manager):
    return Channel.objects.create(
        platform="x",
        remote_id="1",
        handle="@river",
        campaign=campaign,
        scopes=list(CONNECTORS["x"].oauth.scopes),
        checked_at=clock.now(),
    )


def words(channel, credential=None) -> str:
    return " | ".join(f"{p.tone}: {p.words}" for p in health.points(channel, credential, clock.now()))


# Health -----------------------------------------------------------------------------------------------------------


def test_health_of_a_good_channel_is_good(channel):
    credential = Credential(channel=channel, token_expires_at=None)

    assert {p.tone for p in health.points(channel, credential, clock.now())} == {"good"}


def test_health_names_what_is_wrong_the_worst_first(channel, monkeypatch):
    ends = (clock.now() + timedelta(days=10)).date()
    monkeypatch.setattr(type(CONNECTORS["x"]), "version", Version("v2", ends, "page"))
    channel.scopes = ["tweet.read"]
    channel.facts = {"posts_today": 50, "posts_a_day": 50}
    channel.checked_at = clock.now() - timedelta(days=9)
    credential = Credential(channel=channel, token_expires_at=clock.now() + timedelta(days=2))

    said = words(channel, credential)

    assert said.startswith("bad")
    for part in (
        "bad: Without these permissions nothing can be published: publish posts",
        "so it is missing: hide answers to your posts (tweet.moderate.write); read messages to you (dm.read)",
        "warn: Version v2 of the interface ends on",
        "bad: 50 of 50 posts",
        "warn: The key runs out on",
        "warn: The network has not been asked for a week",
    ):
        assert part in said
    channel.state = ChannelState.RECONNECT
    assert "bad: X no longer accepts our key" in words(channel, credential)


@pytest.mark.parametrize(
    ("changes", "refresh_token", "said"),
    [
        ({"token_expires_at": None}, "", "has no end date"),
        ({"token_expires_at": timedelta(hours=2)}, "r", "renewed by itself"),
        ({"token_expires_at": timedelta(hours=-2)}, "r", "renewed by itself"),
        ({"token_expires_at": timedelta(hours=-2)}, "", "has run out"),
        ({"token_expires_at": timedelta(hours=2)}, "", "runs out within a day"),
        ({"token_expires_at": timedelta(days=1, hours=2)}, "", "1 day left"),
        ({"token_expires_at": timedelta(days=5, hours=2)}, "", "5 days left"),
        (
            {"token_expires_at": timedelta(days=5, hours=2), "next_action_at": timedelta(days=2)},
            "",
            "5 days left, renewed every week",
        ),
    ],
)
def test_life_of_a_key_in_words(channel, changes, refresh_token, said):
    now = clock.now()
    fields = {name: now + value if value else None for name, value in changes.items()}
    credential = Credential(channel=channel, access_token="a", refresh_token=refresh_token, **fields)

    assert health.key_life(channel, credential, now) == said
    channel.state = ChannelState.RECONNECT
    assert health.key_life(channel, credential, now) == "no longer accepted"
    assert health.key_life(channel, None, now) == "no key stored"


@pytest.mark.parametrize(("days", "tone"), [(60, "good"), (20, "warn"), (-1, "bad")])
def test_a_network_that_stops_renewing_is_told_a_month_before(channel, days, tone):
    until = clock.now() + timedelta(days=days)
    channel.facts = {"renews_until": until.isoformat()}
    credential = Credential(channel=channel, token_expires_at=clock.now() + timedelta(1), refresh_token="r")

    said = words(channel, credential)

    assert (f"{tone}: X renews the key until {until:%-d %B} only" in said) is (tone != "good")
    assert f"until {until:%-d %B %Y}" in health.key_life(channel, credential, clock.now())


def test_renewals_of_linkedin_and_youtube_end_when_they_say_so():
    token = {"access_token": "a", "refresh_token": "r", "refresh_token_expires_in": 604_800, "scope": ""}
    for platform in ("linkedin", "youtube"):
        flow = CONNECTORS[platform].oauth
        until = datetime.fromisoformat(flow._grant(token).extra["renews_until"])

        assert timedelta(days=6, hours=23) < until - datetime.now(UTC) <= timedelta(days=7)
        assert not flow._grant(token | {"refresh_token_expires_in": None}).extra


def test_the_end_that_tiktok_tells_is_kept_and_follows_its_renewals(connected, on_sandbox):
    channel = connected("tiktok")["tiktok"]
    until = datetime.fromisoformat(channel.facts["renews_until"])
    assert timedelta(days=364) < until - datetime.now(UTC) <= timedelta(days=365)
    assert f"renewed by itself until {until:%-d %B %Y}" in health.key_life(
        channel, Credential.objects.get(), clock.now()
    )

    Channel.objects.update(facts=channel.facts | {"renews_until": "2026-12-01T00:00:00+00:00"})
    channel.refresh_from_db()
    fresh_token(channel, worker="w", refused=Credential.objects.get().access_token)

    assert datetime.fromisoformat(channel.facts["renews_until"]) >= until
    channel.refresh_from_db()
    assert datetime.fromisoformat(channel.facts["renews_until"]) >= until
    assert "options" in channel.facts


def test_whatsapp_is_asked_when_its_token_ends(connected, on_sandbox, campaign, manager, settings):
    channel = connected("whatsapp")["whatsapp"]
    assert channel.facts["tells_end"] is True
    assert health.key_life(channel, Credential.objects.get(), clock.now()) == "has no end date"

    settings.NETWORKS = {
        **settings.NETWORKS,
        "whatsapp": settings.NETWORKS["whatsapp"] | {"client_secret": ""},
    }
    channel = connected("whatsapp")["whatsapp"]
    assert channel.facts["tells_end"] is False
    assert health.key_life(channel, Credential.objects.get(), clock.now()) == "its end is not known to us"
    assert "Whether and when the key runs out is not known to us" in words(channel, Credential.objects.get())
    channel.facts = {}  # connected before it was asked
    assert health.key_life(channel, Credential.objects.get(), clock.now()) == "its end is not known to us"


def test_a_token_of_whatsapp_that_was_made_for_sixty_days_ends_then(on_sandbox, monkeypatch):
    from channels.sample import enter

    ends = int((datetime.now(UTC) + timedelta(days=60)).timestamp())
    flow = type(CONNECTORS["whatsapp"].oauth)
    monkeypatch.setattr(flow, "read", partialmethod(reading, flow.read, {"expires_at": ends}))

    grant, (account, *_) = enter("whatsapp")

    assert grant.expires_at == account.expires_at == datetime.fromtimestamp(ends, UTC)


def reading(flow, read, changed, answer):
    """An answer of WhatsApp, with something else in what it says of a token."""
    found = read(flow, answer)
    return {**found, "data": found["data"] | changed} if "debug_token" in answer.url else found


def test_a_card_says_what_is_wrong_with_a_connected_account(client, channel, manager):
    client.force_login(manager)
    Credential.objects.create(channel=channel, access_token="a")
    page = client.get(reverse("channels:index")).content.decode()
    assert "hc-card--good" in page
    assert "hc-card__reason" not in page

    Channel.objects.update(scopes=["tweet.read"])
    page = client.get(reverse("channels:index")).content.decode()

    assert "hc-card--bad" in page
    assert "Without these permissions nothing can be published: publish posts" in page
    assert "Cannot publish" in page
    assert "Cannot publish" in client.get(reverse("channels:detail", args=[channel.pk])).content.decode()


def test_a_card_keeps_quiet_about_what_does_not_stand_in_the_way(client, channel, manager):
    client.force_login(manager)
    Credential.objects.create(channel=channel, access_token="a")
    Channel.objects.update(checked_at=clock.now() - timedelta(days=9))

    page = client.get(reverse("channels:index")).content.decode()

    assert "hc-card__reason" not in page
    assert (
        "not been asked for a week"
        in client.get(reverse("channels:detail", args=[channel.pk])).content.decode()
    )


TOLD = {
    "x": ({}, []),
    "instagram": ({"posts_today": 3, "posts_a_day": 50}, ["3 of 50 posts in 24 hours were used at the last check."]),
    "threads": (
        {"posts_today": 3, "posts_a_day": 250, "replies_today": 7, "replies_a_day": 1000},
        [
            "3 of 250 posts in 24 hours were used at the last check.",
            "7 of 1000 replies in 24 hours were used at the last check.",
        ],
    ),
    "facebook": ({}, ["An account may make 30 posts of the format reel in 24 hours."]),
    "mastodon": (
        {"limits": {"text": 5000, "media": 4, "alt": 1500, "image_bytes": 16 * 2**20}},
        [
            "The account's server takes 5,000 characters, 4 files in a post, alt texts of 1,500 characters, "
            "pictures of 16 MB."
        ],
    ),
    "whatsapp": (
        {"people_a_day": 250, "quality": "GREEN"},
        ["The number may write to 250 people first in 24 hours.", "WhatsApp calls the number's quality green."],
    ),
    "tiktok": (
        {"options": {"privacy": ["SELF_ONLY"], "comment": [False]}},
        [
            "An account may make 15 posts in 24 hours.",
            "The account has comments switched off in the TikTok app.",
            "TikTok lets our app publish to this account for fewer than everybody only.",
        ],
    ),
    "youtube": (
        {"long_uploads": "disallowed"},
        ["YouTube takes videos of fifteen minutes at most from this channel."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("platform", TOLD)
def test_limits_that_a_network_told_are_said_in_words(platform, client, campaign, manager):
    facts, said = TOLD[platform]
    found = Channel.objects.create(
        platform=platform, remote_id="1", handle="r", campaign=campaign, facts=facts
    )
    client.force_login(manager)

    assert CONNECTORS[platform].told(found) == said
    page = html.unescape(client.get(reverse("channels:detail", args=[found.pk])).content.decode())
    assert all(f"<p>{words}</p>" in page for words in said)
    assert CONNECTORS[platform].told(Channel(platform=platform, facts={})) is not None


# Last calls -------------------------------------------------------------------------------------------------------


def answer(**headers) -> Answer:
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer("GET", "http://x/2", 200, head, b"", 0.12)


def test_calls_are_written_down_without_query_and_bounded(channel):
    for n in range(calls.KEPT + 3 * calls.PRUNE_EVERY):
        calls.note(channel, "GET", f"/2/tweets/{n}", answer(), None)
    calls.note(channel, "POST", "/2/tweets", None, NotSent("no", "ConnectError"))

    assert Call.objects.count() <= calls.KEPT + calls.PRUNE_EVERY
    newest = Call.objects.order_by("-pk").first()
    assert (newest.path, newest.status, newest.error) == ("/2/tweets", 0, "ConnectError")
    assert {f.name for f in Call._meta.fields} & {"body", "query", "headers"} == set()


def test_a_record_that_cannot_be_written_does_not_stop_the_call(channel, monkeypatch):
    def locked(**fields):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(Call.objects, "create", locked)

    calls.note(channel, "GET", "/2/users/me", answer(), None)

    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (
            {"x_rate_limit_limit": "100", "x_rate_limit_remaining": "97", "x_rate_limit_reset": "1790000000"},
            {"limit": 100, "left": 97, "until": "2026-09-21T14:13:20+00:00"},
        ),
        ({"ratelimit_limit": "30", "ratelimit_remaining": "29"}, {"limit": 30, "left": 29, "until": ""}),
        (
            {
                "x_ratelimit_limit": "300",
                "x_ratelimit_remaining": "1",
                "x_ratelimit_reset": "2026-11-23T12:00:00Z",
            },
            {"limit": 300, "left": 1, "until": "2026-11-23T12:00:00+00:00"},
        ),
        ({"x_app_usage": '{"call_count": 28, "total_time": 3}'}, {"used_percent": 28}),
        ({"x_app_usage": "[]"}, {}),
        ({"x_app_usage": '{"call_count": 3}', "x_business_use_case_usage": BUSINESS}, {"used_percent": 91}),
        ({"x_business_use_case_usage": BUSINESS}, {"used_percent": 91}),
        ({"x_app_usage": '{"call_count": 97}', "x_business_use_case_usage": BUSINESS}, {"used_percent": 97}),
        ({"x_app_usage": '{"call_count": 3}', "x_business_use_case_usage": "[["}, {"used_percent": 3}),
        ({"x_business_use_case_usage": '{"1": [3]}'}, {}),
        ({"x_rate_limit_limit": "many", "x_rate_limit_remaining": "∞"}, {}),
        (
            {"x_rate_limit_limit": "1", "x_rate_limit_remaining": "1", "x_rate_limit_reset": "1e99"},
            {"limit": 1, "left": 1, "until": ""},
        ),
    ],
)
def test_limits_are_read_from_the_answers(headers, told):
    assert calls.limits_of({name.replace("_", "-"): value for name, value in headers.items()}) == told


def test_a_channels_wire_is_observed_and_a_bare_one_is_not(connected, on_sandbox):
    channel = connected("x")["x"]
    Call.objects.all().delete()
    url = Wire("x").url("api", "/2/users/me")

    Wire("x", token="t").get(url)
    Wire(channel, token="secret-token-1").get(url, params={"user.fields": "name"})

    (call,) = Call.objects.all()
    assert (call.method, call.path, call.status) == ("GET", "/x/2/users/me", 401)
    assert "secret-token-1" not in repr(vars(call))


# The page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_health_limits_and_calls(client, manager, connected):
    channel = connected("x")["x"]
    client.force_login(manager)
    client.post(reverse("channels:check", args=[channel.pk]))

    page = client.get(reverse("channels:detail", args=[channel.pk])).content.decode()

    for part in (
        "How it is",
        "All permissions are there.",
        "GET /x/2/users/me",
        "of 75 calls are left",
        "Who may use it",
    ):
        assert part in page, part


# Groups -----------------------------------------------------------------------------------------------------------


def test_a_channel_kept_to_a_group_is_closed_to_the_others(channel, person, campaign):
    press, other = person("manager", name="pia"), person("manager", name="otto")
    channel.only_groups = [press.groups.get().pk]
    channel.save()

    for capability in (policy.SUBMIT, policy.APPROVE, policy.PUBLISH, policy.REPLY, policy.CHANNELS):
        assert policy.can(press, capability, channel)
        assert not policy.can(other, capability, channel)
    assert policy.can(other, policy.VIEW, channel)
    assert policy.can(other, policy.REPORT, channel)


def test_everybody_who_may_else_may_use_a_channel_without_groups(channel, manager, person):
    assert policy.can(manager, policy.PUBLISH, channel)
    assert not policy.can(person("analyst"), policy.PUBLISH, channel)


def test_the_groups_are_chosen_on_the_page(client, channel, manager, person):
    person("creator", name="chris")
    person("analyst", name="ana")
    client.force_login(manager)
    address = reverse("channels:groups", args=[channel.pk])
    mine = manager.groups.get()

    page = client.get(reverse("channels:detail", args=[channel.pk])).content.decode()
    assert "group chris" in page
    assert "group ana" not in page

    client.post(address, {"who": "some", "group": [mine.pk, 99999]})
    channel.refresh_from_db()
    assert channel.only_groups == [mine.pk]
    assert ModelLogEntry.objects.filter(action="channels.groups").exists()

    client.post(address, {"who": "all"})
    channel.refresh_from_db()
    assert channel.only_groups == []


def test_nobody_locks_themselves_out(client, channel, manager, person):
    other = person("creator", name="chris").groups.get()
    client.force_login(manager)

    for form in ({"who": "some"}, {"who": "some", "group": [other.pk]}):
        client.post(reverse("channels:groups", args=[channel.pk]), form)
        channel.refresh_from_db()
        assert channel.only_groups == []


# Our app ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(db, django_user_model):
    return django_user_model.objects.create_superuser("root", "r@example.org", "pw")


@pytest.fixture
def no_env(settings):
    settings.NETWORKS = {
        name: network | {"client_id": "", "client_secret": ""} for name, network in settings.NETWORKS.items()
    }


def enter(client, **form):
    return client.post(reverse("channels:networks"), {"platform": "x", **form}, follow=True)


def test_an_administrator_enters_the_app_and_never_sees_the_secret_again(client, admin, no_env):
    client.force_login(admin)

    enter(client, client_id="our-app", client_secret="top-secret-1")
    page = client.get(reverse("channels:networks")).content.decode()

    assert keys.of("x") == keys.AppKeys("our-app", "top-secret-1", "admin")
    assert "our-app" in page
    assert "top-secret-1" not in page
    assert CONNECTORS["x"].oauth.network["client_secret"] == "top-secret-1"
    stored = NetworkApp.objects.get().__dict__["client_secret"]
    assert str(stored).startswith("gAAAA")
    (entry,) = ModelLogEntry.objects.filter(action="channels.app")
    assert "top-secret-1" not in str(entry.data)


def test_whatsapps_secret_is_entered_too_so_that_its_calls_are_known(client, admin, no_env):
    client.force_login(admin)
    page = client.get(reverse("channels:networks")).content.decode()
    assert 'id="secret-whatsapp"' in page
    assert 'id="secret-mastodon"' not in page

    client.post(
        reverse("channels:networks"), {"platform": "whatsapp", "client_id": "7", "client_secret": "s3"}
    )

    assert keys.of("whatsapp").client_secret == "s3"


def test_an_empty_secret_keeps_the_stored_one(client, admin, no_env):
    client.force_login(admin)
    enter(client, client_id="our-app", client_secret="top-secret-1")

    enter(client, client_id="new-app")

    assert (keys.of("x").client_id, keys.of("x").client_secret) == ("new-app", "top-secret-1")
    enter(client, forget="1")
    assert keys.of("x").client_id == ""


def test_the_environment_wins_and_the_page_says_so(client, admin, settings):
    keys.remember("x", "entered", "entered-secret")
    settings.NETWORKS = {
        **settings.NETWORKS,
        "x": settings.NETWORKS["x"] | {"client_id": "env", "client_secret": "s"},
    }
    client.force_login(admin)

    enter(client, client_id="attempt", client_secret="attempt")
    page = client.get(reverse("channels:networks")).content.decode()

    assert keys.of("x") == keys.AppKeys("env", "s", "environment")
    assert NetworkApp.objects.get().client_id == "entered"
    assert "NETWORK_X_CLIENT_ID" in page


def test_nobody_but_administrators_gets_there(client, manager):
    client.force_login(manager)

    assert client.get(reverse("channels:networks")).status_code in (302, 403)
    enter(client, client_id="x", client_secret="y")
    assert not NetworkApp.objects.exists()

"""The interface for programs: keys, scope, limits, pages, and its description."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.urls import reverse
from wagtail.models import Page

from access.models import CampaignRole, Role
from channels.connectors.base import Reading
from engagement.api import openapi, tokens
from engagement.api.endpoints import ENDPOINTS
from engagement.api.views import BadQuestion, question
from engagement.models import ApiToken, SiteClicks, SiteImport
from engagement.rollups import keep, rebuild
from tests.engagement.test_pull import NOON, campaign, publication, story  # noqa: F401  fixtures
from work import clock


def person(campaign, role):  # noqa: F811
    user = User.objects.create_user(f"p-{role}", password="x")
    group = Group.objects.create(name=f"g-{role}")
    CampaignRole.objects.create(group=group, campaign=campaign, role=role)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    return user


BY_NAME = {e.name: e for e in ENDPOINTS}


@pytest.mark.unit
def test_the_description_is_in_step():
    call_command("openapi", check=True)


@pytest.mark.unit
def test_the_description_names_every_field_and_no_number_as_surely_there():
    schemas = openapi.document()["components"]["schemas"]

    assert {e.name.replace("-", "_") for e in ENDPOINTS} <= set(schemas)
    values = schemas["standings"]["properties"]["values"]["properties"]
    assert all("null" in schema["type"] for schema in values.values())


@pytest.mark.unit
@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({"campain": "1"}, "no such parameter"),
        ({"campaign": "x"}, "no integer"),
        ({"campaign": "9" * 30}, "no integer"),
        ({"since": "yesterday"}, "no date"),
        ({"since": "1900-01-01"}, "no date"),
        ({"age": "2h"}, "one of"),
        ({"limit": "0"}, "from 1 to"),
        ({"limit": "100000"}, "from 1 to"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(sent, word):
    with pytest.raises(BadQuestion, match=word):
        question(BY_NAME["standings"], sent)


@pytest.fixture
def ask(client, campaign):  # noqa: F811
    reader = person(campaign, Role.ANALYST)
    _, text = tokens.make(reader, "dashboard", NOON)

    def ask(name, key=text, **params):
        return client.get(reverse(f"api:{name}"), params, headers={"Authorization": f"Bearer {key}"})

    ask.user, ask.client = reader, client
    return ask


def told(out, minutes, **values):
    keep(out, Reading(str(out.pk), values, {}, out.published_at + timedelta(minutes=minutes)))


@pytest.mark.db
def test_a_key_sees_its_persons_campaigns_and_nothing_else(ask, story):  # noqa: F811
    other = Page.get_first_root_node().add_child(instance=Page(title="Other", slug="other-e"))
    theirs = publication(other.add_child(instance=Page(title="Theirs", slug="theirs-e")))
    mine = publication(story)
    for out in (mine, theirs):
        told(out, 30, likes=4)
        told(out, 60 * 24, likes=2)

    with clock.by_hand(NOON):
        for name in BY_NAME:
            answer = ask(name)
            assert answer.status_code == 200, answer.content
            assert str(theirs.pk) not in answer.content.decode()
            assert "Theirs" not in answer.content.decode()
            asked_for = {p.name for p in BY_NAME[name].params}
            if "campaign" in asked_for:
                assert ask(name, campaign=other.pk).json()["results"] == []
        (row,) = ask("standings", age="latest").json()["results"]

    assert row["publication"] == str(mine.pk)
    assert (row["values"]["likes"], row["values"]["reach"]) == (2, None)
    assert row["engagement_percent"]["followers"] == 1.0
    assert row["engagement_percent"]["reach"] is None
    low, high = row["engagement_range"]["followers"]  # 2 of 200: hardly more than a guess
    assert (round(low, 2), round(high, 2), row["engagement_range"]["reach"]) == (0.11, 3.61, None)


@pytest.mark.db
@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_answered_is_what_is_described(ask, story, name):  # noqa: F811
    told(publication(story), 30, likes=4)
    told(publication(story, fmt="x.video"), 30, likes=4)

    with clock.by_hand(NOON):
        results = ask(name).json()["results"]

    for row in results:
        assert set(row) == set(BY_NAME[name].fields)


@pytest.mark.db
def test_clicks_that_count_are_told_day_by_day(ask, story):  # noqa: F811
    of = story.get_parent()
    site_import = SiteImport.objects.create(campaign=of, name="a.csv", at=NOON)
    same = {"site_import": site_import, "campaign": of, "source": "x", "page": "/join/"}
    day = NOON.date()
    SiteClicks.objects.create(**same, day=day, clicks=7, story_id=story.pk)
    SiteClicks.objects.create(**same, day=day, clicks=9, current=False)  # taken the place of
    SiteClicks.objects.create(**same, day=None, clicks=2)

    with clock.by_hand(NOON):
        every = ask("clicks").json()["results"]
        of_day = ask("clicks", since=day.isoformat()).json()["results"]

    assert [(row["day"], row["clicks"], row["story"]) for row in every] == [
        (day.isoformat(), 7, story.pk),
        (None, 2, None),
    ]
    assert [row["clicks"] for row in of_day] == [7]
    assert set(every[0]) == set(BY_NAME["clicks"].fields)


@pytest.mark.db
def test_without_a_key_that_stands_nothing_is_read(ask, db):
    with clock.by_hand(NOON):
        assert ask("campaigns").status_code == 200
        assert ask("campaigns", key="hst_made-up").status_code == 401
        assert ask.client.get(reverse("api:campaigns")).status_code == 401
        ask.client.force_login(ask.user)
        assert ask.client.get(reverse("api:campaigns")).status_code == 401, "a session is no key"
        assert ask.client.post(reverse("api:campaigns")).status_code == 405
        ask.user.is_active = False
        ask.user.save()
        assert ask("campaigns").status_code == 401


@pytest.mark.db
def test_a_key_that_asks_too_often_has_to_wait(ask):
    with clock.by_hand(NOON) as hand:
        answers = [ask("metrics") for _ in range(tokens.AT_ONCE + 1)]
        hand.move(1)
        later = ask("metrics")

    assert [a.status_code for a in answers] == [200] * tokens.AT_ONCE + [429]
    assert answers[-1]["Retry-After"] == "1"
    assert later.status_code == 200


@pytest.mark.db
def test_pages_follow_one_another_and_hold_everything_once(ask, story):  # noqa: F811
    for fmt in ("x.thread", "x.video", "x.image"):
        told(publication(story, fmt=fmt), 30, likes=4)

    with clock.by_hand(NOON):
        first = ask("standings", limit=2, age="latest").json()
        second = ask.client.get(first["next"], headers={"Authorization": ask.client.cookies.get("none", "")})
        assert second.status_code == 401
        after = first["next"].rpartition("after=")[2]
        second = ask("standings", limit=2, age="latest", after=after).json()

    found = [row["publication"] for page in (first, second) for row in page["results"]]
    assert (len(found), len(set(found)), second["next"]) == (3, 3, None)


def walk(ask, name, between=lambda: None, **params):
    """Every row of an endpoint, one to a page; ``between`` happens after each page."""
    found, after = [], {}
    while True:
        page = ask(name, limit=1, **params, **after).json()
        found += page["results"]
        if page["next"] is None:
            return found
        after = {"after": page["next"].rpartition("after=")[2]}
        between()


@pytest.mark.db
@pytest.mark.parametrize("name", ["standings", "days"])
def test_rows_that_are_made_anew_on_the_way_come_once(ask, story, name):  # noqa: F811
    out = [publication(story, fmt=fmt) for fmt in ("x.thread", "x.video", "x.image")]
    for each in out:
        for day in range(3):
            told(each, 60 * 24 * day + 30, likes=4)

    with clock.by_hand(NOON):
        before = walk(ask, name)
        found = walk(ask, name, lambda: rebuild(out))

    keys = [(row["publication"], row.get("day")) for row in found]
    assert len(keys) == len(set(keys)) == (3 if name == "standings" else 9)
    assert found == before
    assert keys == sorted(keys)


@pytest.mark.db
@pytest.mark.parametrize("name", [name for name, each in BY_NAME.items() if each.paged])
def test_a_place_that_no_page_has_named_is_refused(ask, name):
    with clock.by_hand(NOON):
        for place in ("x", "1_2_3", "_", "9" * 100, "2026-13-01", "x" * 36 + "_2026-01-01"):
            assert ask(name, after=place).status_code == 400, place
        assert ask(name, after="9" * 30).status_code in (200, 400)


@pytest.mark.db
def test_a_key_is_shown_once_kept_as_a_digest_and_taken_back(ask):
    page = reverse("engagement:keys")
    ask.client.force_login(ask.user)

    shown = ask.client.post(page, {"name": "Sheet"})
    text = shown.context["text"]
    key = ApiToken.objects.get(name="Sheet")

    assert text.encode() in shown.content
    assert text not in ask.client.get(page).content.decode()
    assert text not in str(ApiToken.objects.filter(pk=key.pk).values())
    with clock.by_hand(NOON):
        assert ask("campaigns", key=text).status_code == 200
        ask.client.post(page, {"revoke": key.pk})
        assert ask("campaigns", key=text).status_code == 401


@pytest.mark.db
def test_the_way_to_the_keys_is_in_the_account(ask):
    ask.client.force_login(ask.user)
    account = reverse("wagtailadmin_account")

    assert reverse("engagement:keys") in ask.client.get(account).content.decode()
    assert ask.client.post(account, {}).status_code == 200  # another panel refuses; ours has nothing to save


@pytest.mark.db
def test_nobody_takes_anothers_key_back(ask, campaign):  # noqa: F811
    someone = person(campaign, Role.CREATOR)
    ask.client.force_login(someone)

    answer = ask.client.post(reverse("engagement:keys"), {"revoke": ApiToken.objects.get().pk})

    assert answer.status_code == 404
    assert ApiToken.objects.count() == 1

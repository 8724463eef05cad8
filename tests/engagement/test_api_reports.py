"""The reports as JSON: what the pages show, with their filters, and only of one's own campaigns."""

import pytest
from django.urls import reverse

from access.models import Role
from engagement.api import openapi, tokens
from engagement.api.reports import endpoints
from engagement.kinds import KINDS
from engagement.reports.filters import Filters, Frame
from tests.engagement.conftest import NOW, World
from tests.engagement.test_reports import likes

SLUGS = [e.name for e in endpoints()]


@pytest.fixture
def ask(client, river):
    _, text = tokens.make(river.people[Role.ANALYST], "dashboard", NOW)

    def ask(name, **params):
        headers = {"Authorization": f"Bearer {text}"}
        return client.get(reverse(f"api:report_{name}"), params, headers=headers)

    return ask


@pytest.mark.unit
def test_every_report_is_described():
    assert set(SLUGS) == {"story", *(kind.slug for kind in KINDS)}
    paths = openapi.document()["paths"]
    for kind in KINDS:
        names = {p["name"] for p in paths[f"/api/v1/reports/{kind.slug}/"]["get"]["parameters"]}
        period = {"from", "to"} if "period" in kind.filters else set()
        assert names == set(kind.filters) | period
    (story, _) = paths["/api/v1/reports/story/"]["get"]["parameters"]
    assert (story["name"], story["required"]) == ("story", True)


@pytest.mark.db
def test_a_report_is_what_its_page_shows_and_unknown_is_null(ask, river):
    river.posts(likes(4, 0, None))
    query = {"campaign": str(river.campaign.pk), "period": "90", "age": "24h", "by": "likes"}
    (kind,) = (each for each in KINDS if each.slug == "account")

    sent = ask("account", channel=river.channel().pk, period="90", age="24h", by="likes").json()

    query |= {"channel": str(river.channel().pk)}
    page = kind.report(Frame.of(river.people[Role.ANALYST], Filters.of(query), NOW))
    assert (sent["title"], sent["about"], sent["sentences"]) == (page.title, page.basis, page.sentences)
    assert [table["title"] for table in sent["tables"]] == [table.title for table in page.tables]
    posts = next(table for table in sent["tables"] if table["title"] == "Its posts")
    at = [column["label"] for column in posts["columns"]].index("Likes")
    assert [row[at]["value"] for row in posts["rows"]] == [4, 0, None]
    assert posts["rows"][0][2]["value"].endswith("Z")


@pytest.mark.db
@pytest.mark.parametrize("name", SLUGS)
def test_every_report_answers_as_described_and_nothing_of_others_is_there(
    ask,
    river,
    make_campaign,
    name,
):
    lake = make_campaign("Lake")
    theirs = World(lake.page, lake.story, lake.people)
    theirs.posts(likes(987654), channel=None)
    river.posts(likes(4, 5))
    more = {"story": river.story.pk} if name == "story" else {}

    sent = ask(name, **more)

    assert sent.status_code == 200, sent.content
    fields = openapi.document()["components"]["schemas"]["report"]["required"]
    assert list(sent.json()) == fields
    assert "987654" not in sent.content.decode()
    assert "Lake" not in sent.content.decode()
    wrong = {"story": lake.story.pk} if name == "story" else {"campaign": lake.page.pk}
    if name == "account":
        wrong = {"channel": theirs.channel().pk}
    assert ask(name, **wrong).status_code == 400


@pytest.mark.db
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("formats", {"aeg": "7d"}),
        ("formats", {"age": "8d"}),
        ("formats", {"by": "beauty"}),
        ("formats", {"from": "yesterday"}),
        ("formats", {"step": "week"}),
        ("story", {}),
        ("story", {"story": "99999999"}),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(ask, name, sent):
    assert ask(name, **sent).status_code == 400
    assert ask("formats").status_code == 200


@pytest.mark.db
def test_no_key_no_report(client, river):
    assert client.get(reverse("api:report_formats")).status_code == 401

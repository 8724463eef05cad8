"""Clicks on the site from a file: what the preview says is what is kept, deleting brings back, and who may."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from access.models import Role
from engagement import clicks
from engagement.models import SiteClicks, SiteImport
from engagement.reports import clicks as click_report
from engagement.reports import stories
from engagement.reports.filters import Filters, Frame
from formats.models import Variant
from publishing.models import Version
from tests.engagement.conftest import NOW

pytestmark = pytest.mark.db
HEADING = "Source,Campaign,Content,Page,Day,Clicks"


@pytest.fixture
def tagged(river):
    """An X thread and a Facebook post of one story that are out, each with a link that carries its tags."""
    campaign = river.campaign.utm_name or river.campaign.slug
    found = {"campaign": campaign}
    for fmt in ("x.thread", "facebook.post"):
        (out,) = river.posts([{"likes": 5, "clicks": 9}], fmt)
        tags = f"utm_source={fmt.split('.', 1)[0]}&utm_campaign={campaign}&utm_content={fmt}"
        link = f"https://a.example/herons?{tags}"
        Version.objects.filter(pk=out.version_id).update(payload={"parts": [{"text": "", "link": link}]})
        found[fmt] = out.variant_id
    return found


def file(*lines, campaign, name="clicks.csv"):
    text = "\n".join([HEADING, *(line.replace("RIVER", campaign) for line in lines)])
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")


def imports(client, *lines, campaign):
    """Upload, and keep what the preview shows."""
    url = reverse("engagement:click_imports")
    preview = client.post(url, {"file": file(*lines, campaign=campaign)})
    assert preview.status_code == 200, preview.context["error"]
    carried = {"rows": preview.context["carried"], "name": preview.context["name"], "action": "keep"}
    return preview, client.post(url, carried)


def current():
    rows = SiteClicks.objects.filter(current=True).order_by("source", "day")
    return [(row.source, row.day.isoformat() if row.day else "", row.clicks) for row in rows]


def report(river, role="analyst", **query):
    return click_report.build(Frame.of(river.people[role], Filters.of(query), NOW))


def column(table, label):
    at = [column.label for column in table.columns].index(label)
    return [row[at].value for row in table.rows]


X1 = "x,RIVER,x.thread,/herons/,2026-05-01,41"
X2 = "x,RIVER,x.thread,/herons/,2026-05-02,9"
F1 = "facebook,RIVER,facebook.post,/herons/,2026-05-01,10"
LOOSE = "x,RIVER,x.thread,/elsewhere/,2026-05-02,40"


def test_an_upload_shows_what_it_would_bring_and_keeps_nothing(client, river, tagged):
    client.force_login(river.people["manager"])

    answer = client.post(
        reverse("engagement:click_imports"),
        {"file": file(X1, LOOSE, "x,nobody,,,2026-05-01,3", "x,RIVER,,,May,3", campaign=tagged["campaign"])},
    )

    found = answer.context["found"]
    assert [step.row.number for step in found.ready] == [2, 3]
    assert [step.match.variant for step in found.ready] == [tagged["x.thread"], None]
    problems = {step.row.number: step.problems for step in found.faulty}
    assert "is called “nobody” in statistics" in problems[4][0]
    assert problems[5] == ["“May” is no day. Write it like 2026-12-01."]
    text = answer.content.decode()
    assert "81 clicks in 2 rows will be imported, 2 rows to mend" in text
    assert "no post that is out carries these tags and leads there" in text
    assert not SiteClicks.objects.exists()


def test_what_is_kept_is_counted_by_network_story_and_post(client, river, tagged):
    """41 + 9 + 40 = 90 from X and 10 from Facebook: 90 % and 10 %. The 40 land where no post leads to."""
    client.force_login(river.people["manager"])
    _, answer = imports(client, X1, X2, F1, LOOSE, campaign=tagged["campaign"])
    assert answer.status_code == 302

    found = report(river)

    by_network, by_story, by_post = found.tables
    assert column(by_network, "From") == ["X", "Facebook"]
    assert column(by_network, "Clicks to the site") == [90, 10]
    assert column(by_network, "Share") == [90.0, 10.0]
    assert column(by_network, "Of a known post") == [50, 10]
    assert column(by_story, "Clicks to the site") == [60]
    assert "40 clicks can be of several stories or of none" in by_story.note
    assert column(by_post, "Clicks to the site") == [50, 10]
    lines = found.charts[-1]
    assert lines.labels == ["1 May 2026", "2 May 2026"]
    assert dict(lines.series) == {"X": [41, 49], "Facebook": [10, None]}  # no row is no zero


def test_the_day_of_the_import_is_that_of_the_campaign(client, river, tagged):
    """At 23:30 of 3 May by UTC it is 4 May in London."""
    client.force_login(river.people["manager"])
    imports(client, X1, campaign=tagged["campaign"])
    SiteImport.objects.update(at=datetime(2026, 5, 3, 23, 30, tzinfo=UTC))

    assert "imported last on 4 May 2026." in report(river).basis[0]


def test_the_story_shows_them_beside_and_never_in_the_networks_own_clicks(client, river, tagged):
    assert len(stories.build(river.story, "same", NOW).tables) == 1
    client.force_login(river.people["manager"])
    imports(client, X1, F1, campaign=tagged["campaign"])

    each, on_site = stories.build(river.story, "same", NOW).tables

    assert column(each, "Clicks") == [9, 9]
    assert column(on_site, "Clicks to the site") == [41, 10]


@pytest.mark.parametrize(
    ("facebook", "said"),
    [
        (
            10,
            "X brought most: 41 of 51. Networks had different numbers of posts and followers, so this does not say which "
            "does better.",
        ),
        (35, "No network clearly brought more than the others; X stands at 41 of 76."),
    ],
)
def test_a_network_is_first_only_beyond_chance(river, tagged, facebook, said):
    manager, campaign = river.people["manager"], tagged["campaign"]
    rows = [["Source", "Campaign", "Clicks"], ["x", campaign, "41"], ["facebook", campaign, str(facebook)]]
    clicks.keep(clicks.look(rows, by=manager), name="total.csv", by=manager, at=NOW)

    assert report(river, period="all").sentences[1] == said


def test_a_later_file_replaces_and_deleting_it_brings_back(client, river, tagged):
    client.force_login(river.people["manager"])
    imports(client, X1, F1, campaign=tagged["campaign"])

    preview, _ = imports(client, X1.replace(",41", ",50"), F1, X2, campaign=tagged["campaign"])

    found = preview.context["found"]
    assert [(step.row.clicks, step.before) for step in found.ready] == [(50, 41), (9, None)]
    assert [step.row.source for step in found.same] == ["facebook"]
    assert current() == [("facebook", "2026-05-01", 10), ("x", "2026-05-01", 50), ("x", "2026-05-02", 9)]
    first, second = SiteImport.objects.order_by("pk")
    url = reverse("engagement:take_clicks_back", args=[second.pk])
    assert "1 row of earlier imports, which it had replaced" in client.get(url).content.decode()
    client.post(url)
    assert current() == [("facebook", "2026-05-01", 10), ("x", "2026-05-01", 41)]
    client.post(reverse("engagement:take_clicks_back", args=[first.pk]))
    assert not SiteClicks.objects.exists()


def test_deleting_the_one_in_the_middle_changes_no_number(client, river, tagged):
    client.force_login(river.people["manager"])
    for clicks_then in (41, 50, 60):
        imports(client, X1.replace(",41", f",{clicks_then}"), campaign=tagged["campaign"])
    first, second, third = SiteImport.objects.order_by("pk")

    clicks.take_back(second, by=river.people["manager"])
    assert current() == [("x", "2026-05-01", 60)]
    clicks.take_back(third, by=river.people["manager"])
    assert current() == [("x", "2026-05-01", 41)]


def test_a_file_with_other_columns_is_not_added_to_what_is_there(client, river, tagged):
    client.force_login(river.people["manager"])
    imports(client, X1, campaign=tagged["campaign"])

    rows = [["Source", "Campaign", "Clicks"], ["x", tagged["campaign"], "90"]]
    (step,) = clicks.look(rows, by=river.people["manager"]).steps

    assert not step.is_ready
    assert "would count visits twice" in step.problems[0]


def test_clicks_without_a_day_stand_only_in_everything(river, tagged):
    manager = river.people["manager"]
    rows = [["Source", "Campaign", "Clicks"], ["x", tagged["campaign"], "90"]]
    clicks.keep(clicks.look(rows, by=manager), name="total.csv", by=manager, at=NOW)

    assert "choose “Everything”" in report(river).empty
    assert column(report(river, period="all").tables[0], "Clicks to the site") == [90]


def test_days_of_the_address_are_the_days_of_the_clicks(client, river, tagged):
    client.force_login(river.people["manager"])
    imports(client, X1, X2, F1, campaign=tagged["campaign"])

    (by_network, *_) = report(river, **{"from": "2026-05-02", "to": "2026-05-02"}).tables

    assert column(by_network, "Clicks to the site") == [9]
    assert "That is no zero" in report(river, platform="mastodon").empty


def test_nothing_imported_is_said_and_is_no_zero(river):
    found = report(river)

    assert "No clicks have been imported" in found.empty
    assert found.tables == []


@pytest.mark.parametrize("role", sorted(set(Role.values) - {Role.MANAGER}))
def test_only_managers_import(client, river, tagged, role):
    manager = river.people["manager"]
    rows = [HEADING.split(","), X1.replace("RIVER", tagged["campaign"]).split(",")]
    (brought,) = clicks.keep(clicks.look(rows, by=manager), name="a.csv", by=manager, at=NOW)
    client.force_login(river.people[role])

    for name, args in (
        ("click_imports", []),
        ("click_template", ["csv"]),
        ("take_clicks_back", [brought.pk]),
    ):
        url = reverse(f"engagement:{name}", args=args)
        assert client.get(url).status_code in (302, 403), name
        assert client.post(url, {"rows": "[]"}).status_code in (302, 403, 405), name

    assert current() == [("x", "2026-05-01", 41)]
    page = client.get(reverse("engagement:clicks"))
    assert page.status_code == 200
    assert "Import clicks…" not in page.content.decode()


def test_another_campaigns_manager_neither_reads_nor_writes_nor_deletes(client, river, tagged, make_campaign):
    manager = river.people["manager"]
    rows = [HEADING.split(","), X1.replace("RIVER", tagged["campaign"]).split(",")]
    (brought,) = clicks.keep(clicks.look(rows, by=manager), name="secret.csv", by=manager, at=NOW)
    other = make_campaign("Elsewhere").people["manager"]
    client.force_login(other)

    (step,) = clicks.look(rows, by=other).steps
    assert "No campaign for which you may import" in step.problems[0]
    assert client.post(reverse("engagement:take_clicks_back", args=[brought.pk])).status_code == 404
    assert "secret.csv" not in client.get(reverse("engagement:click_imports")).content.decode()
    page = client.get(f"{reverse('engagement:clicks')}?campaign={river.campaign.pk}&period=all")
    assert page.context["report"].tables == []
    assert current() == [("x", "2026-05-01", 41)]


def test_what_the_form_carries_back_is_judged_again(client, river, tagged):
    client.force_login(river.people["manager"])
    url = reverse("engagement:click_imports")

    for rows in ("", "no json", "{}", "[]", '[["Source"]]'):
        answer = client.post(url, {"rows": rows, "action": "keep"})
        assert answer.status_code == 400
        assert answer.context["error"]

    assert not SiteImport.objects.exists()


def test_files_and_paper_say_the_same(client, river, tagged):
    client.force_login(river.people["manager"])
    imports(client, X1, F1, campaign=tagged["campaign"])
    client.force_login(river.people["analyst"])
    url = reverse("engagement:clicks")

    assert "Facebook post,Facebook,River story,10,19.6078" in client.get(f"{url}?export=csv").content.decode()
    book = load_workbook(io.BytesIO(client.get(f"{url}?export=xlsx").content))
    assert book.sheetnames == ["About", "By network", "By story", "By post"]
    assert [cell.value for cell in book["By network"][2]][:2] == ["X", 41]
    paper = client.get(f"{url}?paper=1").content.decode()
    assert "By story" in paper
    assert 'class="report-bar"' not in paper


def test_as_many_queries_for_many_clicks_as_for_few(client, river, tagged):
    manager = river.people["manager"]

    def queries():
        frame = Frame.of(river.people["analyst"], Filters.of({"period": "all"}), NOW)
        with CaptureQueriesContext(connection) as captured:
            click_report.build(frame)
        return len(captured)

    few = [HEADING.split(","), X1.replace("RIVER", tagged["campaign"]).split(",")]
    clicks.keep(clicks.look(few, by=manager), name="few.csv", by=manager, at=NOW)
    before = queries()
    many = [
        HEADING.split(","),
        *(f"s{n},{tagged['campaign']},c{n},/p{n}/,2026-04-{n % 28 + 1:02},{n}".split(",") for n in range(60)),
    ]
    clicks.keep(clicks.look(many, by=manager), name="many.csv", by=manager, at=NOW)

    assert queries() == before


def test_a_variant_that_goes_leaves_its_clicks(river, tagged):
    manager = river.people["manager"]
    rows = [HEADING.split(","), X1.replace("RIVER", tagged["campaign"]).split(",")]
    clicks.keep(clicks.look(rows, by=manager), name="a.csv", by=manager, at=NOW)
    SiteClicks.objects.update(
        variant=Variant.objects.create(
            story_id=river.story.pk, campaign_id=river.campaign.pk, format="x.post", language="en"
        )
    )

    Variant.objects.filter(format="x.post").delete()

    assert current() == [("x", "2026-05-01", 41)]
    assert SiteClicks.objects.get().variant is None

"""Maps in the CMS: uploaded within limits, chosen for an infographic, and rows that no region is named like."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms.models import InfographicPage, InfographicRow, RegionMap
from formats.core import charting

pytestmark = pytest.mark.db

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg"><path id="north" d="M0 0H90V90H0Z"><title>North Bank</title></path>
<path id="harbour" d="M90 0H180V90H90Z"/></svg>"""


@pytest.fixture
def manager(client, campaign):
    user = get_user_model().objects.create_user("mona", password="river-demo")
    user.groups.add(*[row.group for row in campaign.campaign_roles.filter(role="manager")])
    client.force_login(user)
    return user


def upload(client, campaign, data):
    file = SimpleUploadedFile("wards.svg", data, "image/svg+xml")
    said = {"campaign": campaign.pk, "name": "Wards", "svg": file, "source": "Council, OGL"}
    return client.post(reverse("maps:add"), said, follow=True)


def test_only_the_shapes_are_kept(client, campaign, manager):
    upload(client, campaign, SVG)

    made = RegionMap.objects.get()
    assert made.regions == ["harbour", "North Bank"]
    assert made.file.name.endswith(".json")
    with made.file.open() as kept:
        assert {region["id"] for region in json.load(kept)["regions"]} == {"north", "harbour"}


def test_a_map_with_a_script_is_refused_with_the_reason(client, campaign, manager):
    answer = upload(client, campaign, SVG.replace(b"</svg>", b"<script>alert(1)</script></svg>"))

    assert "A map is only shapes" in answer.content.decode()
    assert not RegionMap.objects.exists()


def test_others_maps_are_not_seen(client, campaign, make_campaign, manager):
    foreign = RegionMap.objects.create(
        campaign=make_campaign("Safe Cycling"), name="Theirs", sha256="x", regions=["a"]
    )

    assert client.get(reverse("maps:edit", args=[foreign.pk])).status_code == 404
    assert "Theirs" not in client.get(reverse("maps:list")).content.decode()


@pytest.fixture
def infographic(client, campaign, manager):
    upload(client, campaign, SVG)
    page = InfographicPage(
        title="Most in the north",
        intro="By ward.",
        unit="kg",
        source="Council",
        chart="map",
        region_map=RegionMap.objects.get(),
    )
    page.rows = [InfographicRow(label="north bank", value=4), InfographicRow(label="Harbor", value=1)]
    campaign.add_child(instance=page)
    return page


def test_rows_of_no_region_are_findings_that_name_the_regions(infographic):
    (problem,) = charting.problems(infographic.to_figures())

    assert problem.row == 1
    assert "“Harbor” is no region of this map." in problem.message
    assert "harbour, North Bank" in problem.remedy


def test_the_editor_offers_the_campaigns_maps_and_says_it_at_the_row(client, infographic, make_campaign):
    RegionMap.objects.create(campaign=make_campaign("Safe Cycling"), name="Theirs", sha256="x", regions=["a"])
    page = client.get(reverse("wagtailadmin_pages:edit", args=[infographic.pk])).content.decode()

    assert "Wards (2 regions)" in page
    assert "Theirs" not in page


def test_plan_carries_the_map(infographic):
    from formats.core import drawings

    infographic.rows = [InfographicRow(label="North Bank", value=4), InfographicRow(label="harbour", value=1)]
    (plan,) = {
        json.dumps(each.plan["text"], sort_keys=True)
        for each in drawings.of_piece(infographic.to_piece(), ("1:1",))
    }

    text = json.loads(plan)
    assert text["chart"] == "map"
    assert text["map"] == {
        "path": RegionMap.objects.get().file.name,
        "sha256": RegionMap.objects.get().sha256,
    }

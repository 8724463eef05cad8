"""The page of a campaign's look: who may, what is checked, what the preview shows, what is saved."""

from __future__ import annotations

import io
from dataclasses import asdict
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from PIL import Image

from cms.core import colours, looks
from cms.models import CampaignImage
from formats.core.piece import Campaign, Look, Piece, digest
from formats.derive import digests

LOOK = {
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "text_colour": "#14201f",
    "typeface": "serif",
    "corners": "round",
    "brand": "end",
    "logo": "",
}

OLD_LOOK = {"colour": "#0b5c63", "ink": "#ffffff", "paper": "#ffffff", "text": "#14201f", "logo": None}


@pytest.mark.unit
@pytest.mark.parametrize("ground", ["#ffd400", "#0b5c63", "#808080", "#ffffff", "#000000", "#e3000f"])
@pytest.mark.parametrize("ink", ["#ffffff", "#ffd400", "#7a7a7a", "#0b5c63"])
def test_the_nearest_colour_reads_and_nothing_nearer_on_its_way_does(ground, ink):
    nearest = colours.nearest_readable(ground, ink)

    assert colours.contrast(ground, nearest) >= 4.5
    for goal in (colours.WHITE, colours.BLACK):
        for step in range(101):
            shade = colours.mix(ink, goal, step / 100)
            if colours.contrast(ground, shade) >= 4.5:
                assert colours.difference(ink, nearest) <= colours.difference(ink, shade) + 1e-9


@pytest.mark.unit
def test_a_pair_says_which_and_by_how_much():
    on_colour, on_paper, adjusted = looks.judge(LOOK | {"colour": "#ffd400"})

    assert on_colour.fails
    assert "#ffffff on #ffd400 has a contrast of 1.4 : 1, 3.0 less than" in on_colour.sentence
    assert on_colour.nearest in on_colour.sentence
    assert on_paper.passes
    assert not adjusted.passes
    assert not adjusted.fails


@pytest.mark.unit
def test_almost_is_not_told_as_enough():
    judged = looks.judge(LOOK | {"paper": "#ffffff", "text_colour": "#777777"})[1]  # 4.48 : 1

    assert judged.fails
    assert "contrast of 4.4 : 1" in judged.sentence


@pytest.fixture
def manager(campaign):
    user = get_user_model().objects.create_user("mona", password="river-demo")
    user.groups.add(*[row.group for row in campaign.campaign_roles.filter(role="manager")])
    return user


@pytest.fixture
def creator(campaign):
    user = get_user_model().objects.create_user("chris", password="river-demo")
    user.groups.add(*[row.group for row in campaign.campaign_roles.filter(role="creator")])
    return user


def url(campaign, name="campaign_look"):
    return reverse(name, args=[campaign.pk])


@pytest.mark.db
def test_a_manager_saves_and_uses_it(client, campaign, manager):
    client.force_login(manager)

    answer = client.post(url(campaign), LOOK | {"publish": "1"}, follow=True)

    campaign.refresh_from_db()
    assert "in use" in answer.content.decode()
    assert (campaign.typeface, campaign.corners, campaign.brand) == ("serif", "round", "end")
    assert campaign.to_campaign().look.further() == {"typeface": "serif", "corners": "round", "brand": "end"}


@pytest.mark.db
def test_a_creator_saves_a_draft(client, campaign, creator):
    client.force_login(creator)

    client.post(url(campaign), LOOK | {"publish": "1"})

    campaign.refresh_from_db()
    assert campaign.typeface == "sans"
    assert campaign.get_latest_revision_as_object().typeface == "serif"


@pytest.mark.db
def test_colours_that_do_not_read_are_refused_and_one_that_does_is_offered(client, campaign, manager):
    client.force_login(manager)

    page = client.post(url(campaign), LOOK | {"colour": "#ffd400", "publish": "1"}).content.decode()
    nearest = colours.nearest_readable("#ffd400", "#ffffff")

    campaign.refresh_from_db()
    assert campaign.colour == "#0b5c63"
    assert "3.0 less than" in page
    assert f'value="ink:{nearest}"' in page

    taken = client.post(
        url(campaign), LOOK | {"colour": "#ffd400", "take": f"ink:{nearest}"}
    ).content.decode()
    assert f'name="ink" value="{nearest}"' in taken
    assert 'name="take" value="ink:' not in taken


@pytest.mark.db
def test_preview_button_works_without_scripts(client, campaign, manager):
    client.force_login(manager)

    answer = client.post(url(campaign), LOOK | {"colour": "#7a1f5c", "preview": "1"})

    asked = parse_qs(urlsplit(answer.context["picture"]).query)
    assert (asked["colour"], asked["typeface"], asked["corners"]) == (["#7a1f5c"], ["serif"], ["round"])
    campaign.refresh_from_db()
    assert campaign.colour == "#0b5c63"


@pytest.mark.db
def test_the_picture_shows_the_colours_chosen(client, campaign, manager, make_story):
    make_story()
    client.force_login(manager)

    answer = client.get(url(campaign, "campaign_look_picture"), {"colour": "#7a1f5c", "ink": "#ffffff"})

    with Image.open(io.BytesIO(answer.content)) as sheet:
        assert (answer["Content-Type"], sheet.size) == ("image/jpeg", (880, 1096))
        red, green, blue = sheet.convert("RGB").getpixel((440 + 16 + 210, 500))  # foot of the statistic card
    assert abs(red - 0x7A) < 12
    assert abs(green - 0x1F) < 12
    assert abs(blue - 0x5C) < 12


@pytest.mark.db
def test_what_follows_the_choice_is_a_part_of_the_page(client, campaign, manager):
    client.force_login(manager)

    text = client.get(
        url(campaign, "campaign_look_check"), {"colour": "#ffd400", "ink": "nonsense"}
    ).content.decode()

    assert "<html" not in text
    assert "Fails:" in text
    assert "ink=%23ffffff" in text  # what is no colour leaves the one there is


@pytest.mark.db
def test_strangers_see_nothing(client, campaign, make_campaign, manager):
    other = make_campaign("Safe Cycling")
    client.force_login(manager)

    for name in ("campaign_look", "campaign_look_check", "campaign_look_picture"):
        assert client.get(url(other, name)).status_code in (302, 404)
        assert client.post(url(other, name), LOOK).status_code in (302, 404, 405)


@pytest.mark.db
def test_a_logo_of_others_is_not_shown(client, campaign, manager, picture):
    client.force_login(manager)

    foreign = client.get(url(campaign, "campaign_look_check"), {"logo": str(picture.pk)}).content.decode()
    picture.collection = campaign.collection
    picture.save()
    own = client.get(url(campaign, "campaign_look_check"), {"logo": str(picture.pk)}).content.decode()

    assert f"logo={CampaignImage.objects.get().pk}" not in foreign
    assert f"logo={picture.pk}" in own


@pytest.mark.unit
def test_a_look_as_usual_keeps_its_digest():
    """Otherwise every variant there is would drift when the software is brought up to date."""
    before = digest({"is": {**asdict(Campaign("River")), "look": OLD_LOOK}})[:16]

    assert digests(Piece("k", "story", "H", "", (), campaign=Campaign("River")))["campaign"] == before
    serif = Campaign("River", look=Look(typeface="serif"))
    assert digests(Piece("k", "story", "H", "", (), campaign=serif))["campaign"] != before

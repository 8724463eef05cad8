"""An infographic's public page offers its drawings once they are made, and asks for each only once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cms import downloads
from cms.models import InfographicPage, InfographicRow
from media.models import Render, RenderState

pytestmark = pytest.mark.db


@pytest.fixture
def page(campaign):
    made = InfographicPage(title="Plastic leads", intro="What was found.", unit="kg", source="Council")
    made.rows = [InfographicRow(label="Plastic", value=3), InfographicRow(label="Glass", value=1)]
    campaign.add_child(instance=made)
    return made


def test_offered_when_made(client, page, settings):
    before = client.get(page.url).content.decode()
    client.get(page.url)

    assert sorted(row.plan["format"] for row in Render.objects.all()) == ["pdf", "svg"]
    assert {row.campaign_id for row in Render.objects.all()} == {page.get_parent().pk}
    assert "Download to print" not in before
    for row in Render.objects.all():
        file = Path(settings.MEDIA_ROOT) / "renders" / f"{row.key}.{row.plan['format']}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("drawn")
        Render.objects.filter(pk=row.pk).update(state=RenderState.DONE, file=f"renders/{file.name}")
    file.rename(file.with_suffix(".gone"))
    assert client.get(page.url).content.decode().count(" download=") == 1  # one file is not there
    file.with_suffix(".gone").rename(file)  # as if it had been made anew
    Render.objects.filter(pk=row.pk).update(state=RenderState.DONE)
    after = client.get(page.url).content.decode()
    assert f'download="{page.slug}-4x5.svg">SVG</a>' in after
    drawn = re.findall(r'<img src="([^"]*)" width="1080" height="1350" loading="lazy" alt="([^"]*)">', after)
    assert [(url.endswith(".svg"), alt) for url, alt in drawn] == [
        (True, "Plastic leads. Plastic: 3 kg; Glass: 1 kg. Source: Council.")
    ]
    assert "figures-drawn" not in before
    assert (before.count('class="bars"'), after.count('class="bars"')) == (1, 1)  # for phones, as words
    assert f'download="{page.slug}-4x5.pdf">PDF</a>' in after


def test_a_drawing_whose_file_is_gone_is_made_again(client, page, settings):
    client.get(page.url)
    Render.objects.update(state=RenderState.DONE, file="renders/gone.svg", next_action_at=None)

    assert " download=" not in client.get(page.url).content.decode()

    assert {row.state for row in Render.objects.all()} == {RenderState.WAITING}
    assert all(row.next_action_at for row in Render.objects.all())


def test_the_page_shows_all_cards_or_none():
    def card(number, format="svg"):
        return downloads.Download("SVG", f"4x5-{number}.{format}", f"/{number}", 2)

    assert downloads.to_show([]) == []
    assert downloads.to_show([card(1), card(1, "pdf"), card(2, "pdf")]) == []
    assert [each.url for each in downloads.to_show([card(1), card(1, "pdf"), card(2)])] == ["/1", "/2"]


def test_the_cleaning_keeps_every_shape(page):
    shapes = {(plan["format"], tuple(plan["size"])) for plan in downloads.kept().plans}

    assert len(shapes) == 8

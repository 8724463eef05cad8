"""An infographic's public page offers its drawings once they are made, and asks for each only once."""

from __future__ import annotations

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
    file.with_suffix(".gone").rename(file)
    after = client.get(page.url).content.decode()
    assert f'download="{page.slug}-4x5.svg">SVG</a>' in after
    assert f'download="{page.slug}-4x5.pdf">PDF</a>' in after


def test_the_cleaning_keeps_every_shape(page):
    shapes = {(plan["format"], tuple(plan["size"])) for plan in downloads.kept().plans}

    assert len(shapes) == 8

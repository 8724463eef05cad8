"""What only the story can tell is asked again when a variant is handed in."""

import pytest

from formats import readiness
from formats.variants import create_variants

pytestmark = pytest.mark.db


@pytest.mark.parametrize("source", ["Parks office", ""])
@pytest.mark.parametrize("name", ["facebook.post", "x.thread"])
def test_a_figure_without_a_source_holds_every_variant_of_its_story(world, render_all, name, source):
    (variant,) = create_variants(world.story, [name], by=world.people["creator"])
    render_all()
    figure = {"value": "200", "unit": "trees", "label": "planted", "source": source, "source_url": ""}
    world.story.body.append(("statistic", figure))
    world.story.save_revision()

    codes = {finding.code for finding in readiness.blockers(variant)}

    assert ("unsourced_statistic" in codes) is (source == "")

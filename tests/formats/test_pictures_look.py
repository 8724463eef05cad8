"""The pictures that formats ask for, drawn and looked at: every template in every size with its app's unsafe areas.

Words stand inside what the app leaves free, nothing on nothing, and read at 4.5 : 1 against what is behind them, also on
a photograph that is half glaring and half dark; the focal point is seen.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from formats.core import plans
from formats.core.piece import Focus
from formats.registry import FORMATS
from media import cards, lettering, pictures
from media.canvas import Canvas
from media.colour import contrast
from media.geometry import Box
from media.surface import Raster
from tests.formats import pieces

pytestmark = pytest.mark.unit

FOCUS = Focus(0.82, 0.3, 0.1, 0.1)


def wanted():
    """One plan of each template, size and unsafe area, from what all formats make of one story."""
    picture = replace(
        pieces.PICTURE, focus=FOCUS, caption="Volunteers on the bank, in the first light of the day"
    )
    story = pieces.story(picture, pieces.POINTS, pieces.STATISTIC, pieces.QUOTE)
    found = {}
    for format in FORMATS:
        for part in format.compose(story).parts:
            for item in part.media:
                for card in plans.still_plans(item.plan):
                    key = (card["template"], *card["size"], *card["safe"], bool(card.get("source")))
                    found.setdefault(key, card)
    return found


CARDS = wanted()


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    """3000 × 2000, as the story's: bright and dark in fields, a pure red square at the focal point."""
    image = Image.new("RGB", (3000, 2000), (250, 250, 245))
    for x in range(0, 3000, 500):
        for y in range(0, 2000, 400):
            if (x // 500 + y // 400) % 2:
                image.paste((20, 25, 30), (x, y, x + 500, y + 400))
    image.paste((255, 0, 0), (2400, 540, 2520, 660))
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    image.save(path, quality=92)
    return path


class Looking(Raster):
    def __init__(self, size):
        super().__init__(Image.new("RGB", size, (255, 255, 255)))
        self.lines = []

    def text(self, line, style, x, baseline):
        capitals, descent = lettering.metrics(style)
        box = Box(round(x), baseline - capitals, round(x + line.width), baseline + round(descent * 0.6))
        under = self.image.crop(box).resize((48, 12), Image.Resampling.BOX)
        self.lines.append((box, style, under.getcolors(48 * 12)))
        super().text(line, style, x, baseline)


@pytest.mark.parametrize("name", CARDS, ids=lambda key: "-".join(map(str, key)))
def test_words_read_and_the_focus_is_seen(name, photograph, tmp_path):
    plan = CARDS[name]
    if plan.get("source"):
        plan = {**plan, "source": {**plan["source"], "path": str(photograph), "sha256": ""}}
    surface = Looking(tuple(plan["size"]))
    canvas = Canvas(plan, tmp_path, surface)
    cards.TEMPLATES[plan["template"]](canvas)

    width, height = plan["size"]
    top, right, bottom, left = plan["safe"]
    for box, style, grounds in surface.lines:
        assert left <= box.left
        assert box.right <= width - right + 1
        assert top <= box.top
        assert box.bottom <= height - bottom + 1
        unread = sum(count for count, ground in grounds if contrast(style.colour, ground) < 4.5)
        assert unread <= 48 * 12 * 0.02, style
    for number, (a, _, _) in enumerate(surface.lines):
        for b, _, _ in surface.lines[number + 1 :]:
            assert not (a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom)
    if plan.get("source"):
        small = surface.image.resize((width // 12, height // 12), Image.Resampling.BOX)
        seen = small.getcolors(1 << 20)
        assert any(red > 110 and red > 2.2 * max(green, blue) for _, (red, green, blue) in seen)


@pytest.mark.parametrize(
    "limit", sorted({card["max_bytes"] for card in CARDS.values() if card.get("max_bytes")})
)
def test_within_the_bytes_of_every_platform(limit, tmp_path):
    noise = Image.effect_noise((1440, 1800), 100).convert("RGB")  # the worst there can be
    out = tmp_path / "made.jpg"

    pictures.save(noise, out, "jpeg", limit, photo=True)

    assert out.stat().st_size <= limit

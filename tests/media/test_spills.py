"""However much stands on a card: every line lies inside its box and on no other line, or the card is refused."""

from itertools import combinations, product

import pytest

from media import cards, lettering, surface
from media.canvas import Canvas
from media.lettering import TooLong

pytestmark = pytest.mark.unit

WORDS = (
    "Der Fluss ist sauberer als je zuvor und alle können baden gehen wo früher Schilder standen die vor dem "
    "Wasser warnten "
)
SHAPES = {
    "portrait": ((1080, 1350), ()),
    "story": ((1080, 1920), (220, 120, 380, 60)),
    "wide": ((1200, 630), ()),
}


def words(length):
    return (WORDS * (length // len(WORDS) + 1))[:length].strip()


@pytest.fixture
def lines(monkeypatch):
    """Every line that is drawn: left, top of its capitals, right, bottom, size."""
    drawn, before = [], surface.Raster.text

    def text(self, line, style, x, baseline):
        capitals, below = lettering.metrics(style)
        drawn.append((x, baseline - capitals, x + line.width, baseline + below, style.size))
        return before(self, line, style, x, baseline)

    monkeypatch.setattr(surface.Raster, "text", text)
    return drawn


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("template", "asked"),
    [
        ("cover", {"headline": (30, 200), "footer": (0, 600), "label": (0, 40)}),
        ("plain cover", {"headline": (30, 200), "body": (0, 150, 400), "footer": (0, 300), "label": (0, 40)}),
        ("closing", {"headline": (0, 90, 200), "body": (40, 150, 400), "footer": (0, 300)}),
    ],
)
def test_nothing_spills(card, picture, source, tmp_path, lines, shape, template, asked):
    size, safe = SHAPES[shape]
    photo = source(picture()) if template == "cover" else None
    drawn = 0
    for lengths in product(*asked.values()):
        text = {name: words(length) for name, length in zip(asked, lengths, strict=True)}
        plan = card(template.split()[-1], size=size, safe=list(safe), photo=photo, **text)
        lines.clear()
        canvas = Canvas(plan, tmp_path)
        box = canvas.box
        try:
            cards.TEMPLATES[plan["template"]](canvas)
        except TooLong:
            continue
        drawn += 1
        for left, top, right, bottom, _ in lines:
            inside = (
                left >= box.left - 2,
                top >= box.top - 2,
                right <= box.right + 2,
                bottom <= box.bottom + 4,
            )
            assert all(inside), (lengths, box, (left, top, right, bottom))
        for one, other in combinations(lines, 2):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 2 or down <= 0.35 * min(one[4], other[4]), (lengths, one, other)
    assert drawn >= 4

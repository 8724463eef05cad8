"""Small plans and files for the renderer's tests."""

import pytest
from PIL import Image

LOOK = {
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "text": "#14201f",
    "logo": None,
    "name": "Clean River",
}


@pytest.fixture(scope="session", autouse=True)
def fonts():
    from media import build_fonts

    build_fonts.build()


@pytest.fixture
def card():
    """Make the plan of a card: ``card("quote", body="…", size=(540, 675), photo=…)``."""

    def make(template, *, size=(432, 540), photo=None, look=None, language="en", **text):
        options = {k: text.pop(k) for k in ("format", "max_bytes", "safe") if k in text}
        return {
            "kind": "card",
            "version": 1,
            "template": template,
            "size": list(size),
            "format": "jpeg",
            "max_bytes": 8_000_000,
            "source": photo,
            "text": text,
            "look": LOOK | (look or {}),
            "language": language,
            "safe": [0, 0, 0, 0],
        } | options

    return make


@pytest.fixture
def picture(tmp_path):
    """Make a picture file: grey, with a red square whose middle is at ``red`` (fractions)."""

    def make(name="picture.jpg", size=(600, 400), red=None, **options):
        image = Image.new("RGB", size, (128, 128, 128))
        if red:
            x, y, half = red[0] * size[0], red[1] * size[1], min(size) / 16
            image.paste((230, 0, 0), tuple(round(v) for v in (x - half, y - half, x + half, y + half)))
        path = tmp_path / name
        image.save(path, **options)
        return path

    return make


@pytest.fixture
def source():
    def make(path, **focus):
        return {
            "path": str(path),
            "sha256": "",
            "focus": {"x": 0.5, "y": 0.5, "width": 0, "height": 0} | focus,
        }

    return make

"""A picture that several cards of one process show is decoded once; the cards look as if each had opened it."""

import pytest
from PIL import Image, ImageChops, ImageStat

from media import pictures
from media.errors import RenderError
from media.geometry import Focus
from media.render import render_together

pytestmark = pytest.mark.unit


@pytest.fixture
def decodes(monkeypatch):
    counted = []
    real = pictures._decoded
    monkeypatch.setattr(pictures, "_decoded", lambda *words: counted.append(words) or real(*words))
    return counted


def test_decoded_once_however_many_cards(picture, decodes):
    path = picture(size=(3000, 2000), red=(0.4, 0.6))

    with pictures.shared((540, 960)):
        for size in ((540, 675), (600, 338), (540, 960), (600, 315)):
            pictures.cover(path, size, Focus(x=0.4, y=0.6))

    assert len(decodes) == 1
    pictures.cover(path, (540, 675), Focus())
    assert len(decodes) == 2  # nothing is kept outside


def test_cards_rendered_together_decode_once_and_fail_alone(picture, decodes, card, source, tmp_path):
    photo = source(picture(size=(3000, 2000)))
    shapes = ((432, 540), (480, 270), (270, 480))
    wanted = [card("cover", photo=photo, size=size, headline="Our river") for size in shapes]
    wanted[1]["text"]["headline"] = "word " * 400

    made = render_together(wanted, root=tmp_path, outs=[tmp_path / f"{n}.jpg" for n in range(3)])

    assert [getattr(each, "width", None) for each in made] == [432, None, 270]
    assert isinstance(made[1], RenderError)
    assert not (tmp_path / "1.jpg").exists()
    assert len(decodes) == 1


def test_a_larger_card_than_was_told_is_as_sharp(picture, decodes):
    path = picture(size=(3000, 2000))

    with pictures.shared((100, 100)):
        pictures.cover(path, (100, 100), Focus())
        pictures.cover(path, (1500, 1000), Focus())
        kept = pictures.load(path, (1500, 1000))

    assert len(decodes) == 2
    assert kept.width >= 1500


def test_a_replaced_file_is_read_anew(picture):
    path = picture(size=(600, 400))
    with pictures.shared((200, 200)):
        before = pictures.cover(path, (60, 60), Focus())
        Image.new("RGB", (500, 400), (200, 30, 30)).save(path)
        after = pictures.cover(path, (60, 60), Focus())

    assert before.getpixel((30, 30)) != after.getpixel((30, 30))


def test_looks_the_same(picture):
    path = picture(size=(3000, 2000), red=(0.4, 0.6))
    alone = pictures.cover(path, (540, 675), Focus(x=0.4, y=0.6))
    with pictures.shared((1080, 1920)):
        together = pictures.cover(path, (540, 675), Focus(x=0.4, y=0.6))

    assert ImageStat.Stat(ImageChops.difference(alone, together)).mean[0] < 1

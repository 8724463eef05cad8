"""Looks at finished pictures: their colours, what is left of their metadata, how many bytes they have."""

import struct

import pytest
from PIL import Image

from media import pictures
from media.errors import RenderError
from media.geometry import Focus
from media.render import render

pytestmark = pytest.mark.unit

# A wide-gamut camera: primaries of Adobe RGB (1998) adapted to D50, gamma 2.2.
PRIMARIES = {
    "rXYZ": (0.60974, 0.31111, 0.01947),
    "gXYZ": (0.20528, 0.62567, 0.06087),
    "bXYZ": (0.14919, 0.06322, 0.74457),
}


def icc_profile():
    def s15(value):
        return struct.pack(">i", round(value * 65536))

    tags = {name: b"XYZ \0\0\0\0" + b"".join(map(s15, xyz)) for name, xyz in PRIMARIES.items()}
    tags["wtpt"] = b"XYZ \0\0\0\0" + b"".join(map(s15, (0.9642, 1.0, 0.8249)))
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags |= {"rTRC": curve, "gTRC": curve, "bTRC": curve}
    words = b"wide camera\0"
    tags["desc"] = b"desc\0\0\0\0" + struct.pack(">I", len(words)) + words + b"\0" * 79
    tags["cprt"] = b"text\0\0\0\0none\0"
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name.encode() + struct.pack(">II", at + len(body), len(data))
        body += data
    size = 128 + 4 + len(table) + len(body)
    head = (
        struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
        + b"\0" * 12
        + b"acsp"
    )
    head += b"\0" * (68 - len(head)) + b"".join(map(s15, (0.9642, 1.0, 0.8249)))
    return head + b"\0" * (128 - len(head)) + struct.pack(">I", len(tags)) + table + body


def test_a_wide_gamut_picture_becomes_srgb(tmp_path):
    """The same colour has less red and the same green in sRGB: numbers taken over would look pale."""
    path = tmp_path / "wide.jpg"
    Image.new("RGB", (200, 200), (100, 180, 100)).save(path, icc_profile=icc_profile(), quality=98)

    red, green, blue = pictures.cover(path, (50, 50), Focus()).getpixel((25, 25))

    assert red < 70
    assert abs(green - 181) < 6
    assert abs(blue - 97) < 8


@pytest.fixture
def from_a_phone(tmp_path):
    """Stored lying on its side, with the place it was taken at. Grey, a red square at 85 % / 20 % as people see it."""
    seen = Image.new("RGB", (600, 800), (120, 120, 120))
    seen.paste((230, 0, 0), (470, 120, 550, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    path = tmp_path / "phone.jpg"
    seen.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    assert b"Phone" in path.read_bytes()
    return path


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_upright_without_place_with_credit(card, source, from_a_phone, tmp_path, format):
    plan = card("picture", photo=source(from_a_phone, x=0.85, y=0.2), size=(540, 675), format=format,
                footer="Photo: J. Müller")  # fmt: skip

    facts = render(plan, root=tmp_path, out=tmp_path / f"made.{format}")

    with Image.open(facts.file) as made:
        exif = made.getexif()
        pixels = made.convert("RGB").resize((54, 68)).load()
    assert list(exif) == [pictures.COPYRIGHT]
    assert exif[pictures.COPYRIGHT].encode("latin-1").decode() == "Photo: J. Müller"
    assert not exif.get_ifd(0x8825)
    red = [(x, y) for x in range(54) for y in range(68) if pixels[x, y][0] > 180 and pixels[x, y][1] < 90]
    assert red
    assert all(y < 30 for _, y in red)


@pytest.mark.parametrize("limit", [60_000, 75_000, 200_000])
@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_quality_is_searched_not_guessed(tmp_path, limit, format):
    """The file fits, and the next better quality would not."""
    noise = Image.effect_noise((400, 400), 30).convert("RGB")
    out = tmp_path / f"out.{format}"

    pictures.save(noise, out, format, limit, photo=True)

    made = out.read_bytes()
    sizes = {}
    for quality in range(pictures.LOWEST, 91):
        again = tmp_path / "again"
        noise.save(again, format=format.upper(), **pictures._at(format, quality))
        sizes[quality] = again.stat().st_size
        if again.read_bytes() == made:
            chosen = quality
    assert len(made) <= limit
    assert chosen == 90 or sizes.get(chosen + 1, limit + 1) > limit or chosen == 88


def test_what_cannot_fit_is_refused(tmp_path):
    with pytest.raises(RenderError, match="cannot be made smaller"):
        pictures.save(
            Image.effect_noise((600, 600), 90).convert("RGB"), tmp_path / "x.jpg", "jpeg", 4_000, photo=True
        )

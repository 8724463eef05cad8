import struct
import zlib

import pytest
from PIL import Image, ImageCms

from media import pictures
from media.errors import BadMedia, RenderError
from media.geometry import Focus

pytestmark = pytest.mark.unit


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_claims(width, height):
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def is_red(pixel):
    return pixel[0] > 180 and pixel[1] < 90


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"just text, whatever the name says", "not a picture we can read"),
        (png_that_claims(9000, 9000), "81 megapixels|too many pixels"),
        (png_that_claims(100_000, 400), "too many|pixels long|megapixels"),
        (b"%PDF-1.7 hello", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF", "not a picture"),
    ],
    ids=["text", "81 MP", "too long", "PDF", "EPS"],
)
def test_bad_pictures_are_refused_by_their_header(tmp_path, content, message):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)

    with pytest.raises(BadMedia, match=message):
        pictures.read_header(path)


def test_a_truncated_picture_is_refused(picture):
    path = picture()
    path.write_bytes(path.read_bytes()[:400])

    with pytest.raises(BadMedia, match=r"damaged"):
        pictures.load(path)


def test_a_large_jpeg_is_decoded_small(picture):
    path = picture(size=(4000, 3000))

    assert pictures.load(path, need=(400, 300)).size == (500, 375)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_orientation_is_applied_and_the_focus_follows(tmp_path, orientation):
    """The focus is meant as people see the picture, whichever way up the camera stored it."""
    seen = Image.new("RGB", (600, 400), (128, 128, 128))
    seen.paste((230, 0, 0), (480, 280, 560, 360))
    stored = seen.transpose(
        {
            1: Image.Transpose.ROTATE_180,
            3: Image.Transpose.ROTATE_180,
            6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270,
        }[orientation]
    )
    stored = seen if orientation == 1 else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.jpg"
    stored.save(path, exif=exif, quality=95)

    cut = pictures.cover(path, (100, 100), Focus(x=520 / 600, y=320 / 400))

    assert (pictures.read_header(path).width, pictures.read_header(path).height) == (600, 400)
    assert any(is_red(cut.getpixel((x, 80))) for x in range(100))


def test_transparency_shows_the_ground(tmp_path):
    path = tmp_path / "t.png"
    Image.new("RGBA", (60, 60), (0, 0, 0, 0)).save(path)

    assert pictures.cover(path, (30, 30), Focus(), ground=(10, 200, 30)).getpixel((15, 15)) == (10, 200, 30)


def test_metadata_is_left_behind(tmp_path, picture):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = picture(exif=exif, icc_profile=profile)
    out = tmp_path / "out.jpg"

    pictures.save(pictures.load(path), out, "jpeg", None, photo=True)

    with Image.open(out) as made:
        assert not made.getexif()
        assert "icc_profile" not in made.info
        assert b"taken at home" not in out.read_bytes()


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_what_a_file_says_beside_its_pixels_is_left_behind(tmp_path, picture, form):
    path = picture(
        comment=b"at the door of Ada", xmp=b"<x:xmpmeta>at the door of Ada</x:xmpmeta>", dpi=(99, 99)
    )
    assert b"door of Ada" in path.read_bytes()

    image = pictures.cover(path, (100, 100), Focus())
    pictures.save(image, tmp_path / "made", form, None, photo=True)

    assert image.info == {}
    assert b"door of Ada" not in (tmp_path / "made").read_bytes()


def test_save_steps_down_to_the_limit(tmp_path):
    noise = Image.effect_noise((400, 400), 90).convert("RGB")
    out = tmp_path / "out.jpg"

    pictures.save(noise, out, "jpeg", 60_000, photo=True)
    assert out.stat().st_size <= 60_000

    with pytest.raises(RenderError, match="2 kB"):
        pictures.save(noise, out, "jpeg", 2_000, photo=True)


def test_sixteen_bits_of_grey_keep_their_greys(tmp_path):
    """Scans and maps: they came out white but for their darkest parts."""
    path = tmp_path / "scan.png"
    ramp = Image.new("I;16", (256, 4))
    for x in range(256):
        ramp.paste(x * 257, (x, 0, x + 1, 4))
    ramp.save(path)

    seen = pictures.load(path)

    assert seen.mode == "RGB"
    assert [seen.getpixel((x, 2)) for x in (0, 1, 128, 255)] == [(v,) * 3 for v in (0, 1, 128, 255)]


def test_a_telephones_jpeg_with_more_behind_it_is_decoded_small(tmp_path):
    path = tmp_path / "two.jpg"
    Image.new("RGB", (1200, 900), "red").save(
        path, "MPO", save_all=True, append_images=[Image.new("RGB", (300, 200))]
    )

    assert pictures.read_header(path).mime == "image/jpeg"
    assert pictures.load(path, (200, 150)).size == (300, 225)


@pytest.mark.parametrize(
    ("bits", "clear", "row"),
    [
        (2, 1, bytes([0x55, 0xAA])),
        (4, 6, bytes([0x66, 0x66, 0xCC, 0xCC])),
        (8, 100, bytes([100] * 4 + [200] * 4)),
        (16, 25_600, struct.pack(">8H", *[25_600] * 4, *[51_400] * 4)),
    ],
    ids=["2 bits", "4 bits", "8 bits", "16 bits"],
)
def test_the_transparent_grey_of_a_png_is_transparent_however_many_bits_it_has(tmp_path, bits, clear, row):
    path = tmp_path / "grey.png"
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, bits, 0, 0, 0, 0)) + chunk(
        b"tRNS", struct.pack(">H", clear)
    )
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress((b"\0" + row) * 8)) + chunk(b"IEND", b"")
    )

    seen = pictures.cover(path, (64, 64), Focus(), ground=(255, 0, 0))

    assert seen.getpixel((4, 32)) == (255, 0, 0)
    assert not is_red(seen.getpixel((60, 32)))


def profile_with_red_and_green_changed_over():
    """As another profile would have it: the numbers of red mean green."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    return data.replace(b"rXYZ", b"-XYZ").replace(b"gXYZ", b"rXYZ").replace(b"-XYZ", b"gXYZ")


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_colours_are_what_the_profile_says_also_in_a_palette(tmp_path, mode):
    path = tmp_path / "red.png"
    Image.new("RGB", (40, 40), (230, 0, 0)).convert(mode).save(
        path, icc_profile=profile_with_red_and_green_changed_over()
    )

    red, green, _ = pictures.load(path).getpixel((20, 20))

    assert green > 180
    assert red < 90

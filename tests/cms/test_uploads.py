"""Files that people send: what is taken, and what they are told otherwise."""

import hashlib
import io
import subprocess

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms
from wagtail.images.forms import get_image_form
from wagtail.models import Collection
from wagtailmedia.forms import get_media_form

from cms import uploads
from cms.models import CampaignImage, CampaignMedia
from media import ffmpeg
from media.captions import parse

pytestmark = pytest.mark.db


@pytest.fixture
def ada(db):
    return get_user_model().objects.create_superuser("ada", password="secret")


def data(**fields):
    root = Collection.get_first_root_node().pk
    return {"title": "A file", "collection": root, "tags": "", "description": "", "credit": "", **fields}


def picture_form(ada, name, content, **fields):
    files = {"file": SimpleUploadedFile(name, content)}
    return get_image_form(CampaignImage)(data(**fields), files, instance=CampaignImage(), user=ada)


def video_form(ada, content=b"", name="film.mp4", captions=None, instance=None, thumbnail=None):
    files = {"file": SimpleUploadedFile(name, content)} if content else {}
    if captions:
        files["captions"] = SimpleUploadedFile(*captions)
    if thumbnail:
        files["thumbnail"] = SimpleUploadedFile(*thumbnail)
    instance = instance or CampaignMedia(type="video")
    return get_media_form(CampaignMedia)(data(), files, instance=instance, user=ada)


def saved(form):
    assert form.is_valid(), form.errors
    return form.save()


def make_film(folder, picture: str) -> bytes:
    path = folder / "film.mp4"
    command = [ffmpeg.executable(), "-loglevel", "error", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, str(path)], check=True)
    return path.read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> bytes:
    return make_film(tmp_path_factory.mktemp("film"), "testsrc=s=320x180:d=2:r=10")


def test_picture_is_stored_with_its_digest(ada, jpeg):
    image = saved(picture_form(ada, "bridge.jpg", jpeg(), credit="Jean"))

    assert (image.width, image.height, len(image.sha256), image.credit) == (1200, 800, 64, "Jean")


def test_text_file_named_jpg(ada):
    form = picture_form(ada, "letter.jpg", b"Dear council, the river is dirty.")

    assert form.errors["file"] == [
        "This file is not a picture we can read, whatever its name says. Use a JPEG, PNG, WebP, AVIF or GIF."
    ]


def test_picture_with_the_wrong_ending(ada, jpeg):
    form = picture_form(ada, "bridge.png", jpeg())

    assert form.errors["file"] == [
        "This file is named .png but is a jpeg picture. Give it the right ending, or export it anew."
    ]


def test_damaged_picture(ada, jpeg):
    form = picture_form(ada, "cut.jpg", jpeg()[:150])

    assert form.errors["file"] == [
        "This picture is damaged and cannot be opened. Export it anew and try again."
    ]


def test_forty_megapixels_are_fine(ada, jpeg):
    image = saved(picture_form(ada, "large.jpg", jpeg(8000, 5000)))

    assert (image.width, image.height) == (8000, 5000)
    assert image.get_rendition("fill-640x480|format-webp").width == 640


def test_more_than_fifty_megapixels_are_refused(ada):
    buffer = io.BytesIO()
    Image.new("1", (8000, 6500)).save(buffer, "PNG")

    form = picture_form(ada, "huge.png", buffer.getvalue())

    (message,) = form.errors["file"]
    assert "at most 50 megapixels are possible" in message


def refused_pictures():
    def written(form, size=(40, 30)):
        buffer = io.BytesIO()
        Image.new("1" if size[0] > 1000 else "RGB", size).save(buffer, form)
        return buffer.getvalue()

    return {
        "huge.png": (written("PNG", (8000, 6500)), "at most 50 megapixels"),
        "scan.jpg": (written("TIFF"), "not a picture we can read"),
        "drawing.png": (written("BMP"), "not a picture we can read"),
        "letter.jpg": (b"Dear council", "not a picture we can read"),
        "film.jpg": (b"\0\0\0\x14ftypisom\0\0\x02\0isom" + b"\0" * 99, "not a video we can read"),
    }


@pytest.mark.parametrize("name", refused_pictures())
def test_the_web_process_opens_no_picture_that_is_refused(ada, monkeypatch, name):
    """A small file can be a picture of hundreds of megabytes: the limited child has looked at it before."""
    content, reason = refused_pictures()[name]
    opened, before = [], Image.open
    monkeypatch.setattr(Image, "open", lambda *a, **k: opened.append(a) or before(*a, **k))

    (message,) = picture_form(ada, name, content).errors["file"]

    assert reason in message
    assert opened == []


def test_an_unchanged_picture_is_not_looked_at_again(ada, jpeg, monkeypatch):
    image = saved(picture_form(ada, "bridge.jpg", jpeg()))
    monkeypatch.setattr("cms.uploads.probe", None)

    form = get_image_form(CampaignImage)(data(title="Bridge"), {}, instance=image, user=ada)

    assert saved(form).title == "Bridge"


def test_a_picture_is_looked_at_once(ada, jpeg, monkeypatch):
    looked, before = [], uploads.probe
    monkeypatch.setattr(uploads, "probe", lambda path: looked.append(path) or before(path))

    saved(picture_form(ada, "bridge.jpg", jpeg()))

    assert len(looked) == 1


@pytest.mark.parametrize("content", [b"no picture", b"GIF89a"])
def test_a_poster_that_is_no_picture(ada, film, content):
    form = video_form(ada, film, thumbnail=("poster.jpg", content))

    assert "picture" in form.errors["thumbnail"][0]


def test_a_video_given_as_poster_is_told_what_to_give_instead(ada, film):
    form = video_form(ada, film, thumbnail=("poster.mp4", film))

    (message,) = form.errors["thumbnail"]
    assert message.startswith("This is a video. Give a still picture here (JPEG, PNG or WebP)")
    assert "Media" not in message
    assert form.fields["thumbnail"].label == "Poster"


def test_picture_taken_sideways_is_stored_upright(ada):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 200), "teal").save(buffer, "JPEG", exif=exif)

    image = saved(picture_form(ada, "phone.jpg", buffer.getvalue()))

    assert (image.width, image.height) == (200, 400)
    with image.file.open() as stored:
        assert Image.open(stored).getexif().get(0x0112, 1) == 1


def photographed(turn=1) -> bytes:
    """The upper half red, the lower blue; with the place, the camera, a comment and a profile of its colours."""
    picture = Image.new("RGB", (640, 480), "blue")
    picture.paste("red", (0, 0, 640, 240))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Riverside Cameras", turn
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (47.0, 30.0, 12.5), 3: "E", 4: (19.0, 2.0, 8.25), 29: "2026:05:01"}
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>GPSLatitude 47,30.2N</x:xmpmeta>"
    buffer = io.BytesIO()
    picture.save(
        buffer, "JPEG", exif=exif, icc_profile=profile, xmp=xmp, comment=b"at Ada's door", quality=95
    )
    return buffer.getvalue()


TOLD = (b"Exif", b"EXIF", b"eXIf", b"Riverside Cameras", b"2026:05:01", b"GPSLatitude", b"Ada's door")


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif"])
def test_what_the_public_fetches_tells_no_place_and_no_camera(ada, form):
    content = photographed()
    assert {b"Exif", b"2026:05:01", b"Ada's door"} <= {each for each in TOLD if each in content}
    image = saved(picture_form(ada, "home.jpg", content))

    with image.get_rendition(f"fill-300x200|format-{form}").file.open() as file:
        shown = file.read()
    with image.file.open() as file:
        assert file.read() == content  # as it came

    assert [each for each in TOLD if each in shown] == []
    with Image.open(io.BytesIO(shown)) as picture:
        assert not picture.getexif()
        assert form == "gif" or picture.info.get("icc_profile")  # GIF knows no profiles


def test_a_rendition_of_a_stored_picture_that_lies_is_upright(db):
    """Pictures that came another way than by the form: nobody turned them."""
    lying = SimpleUploadedFile("phone.jpg", photographed(turn=6))
    image = CampaignImage.objects.create(title="Phone", file=lying)

    several = image.get_renditions("max-320x320|format-jpeg", "original|format-png")

    for rendition in several.values():
        with rendition.file.open() as file:
            shown = file.read()
        assert [each for each in TOLD if each in shown] == []
        with Image.open(io.BytesIO(shown)) as picture:
            (width, height), right = picture.size, picture.convert("RGB").getpixel((picture.width - 9, 9))
        assert (width < height, right[0] > 200) == (True, True)  # turned clockwise: red is on the right


def test_video_is_probed(ada, film):
    video = saved(video_form(ada, film))

    assert (video.width, video.height, video.mime, video.bytes) == (320, 180, "video/mp4", len(film))
    assert video.duration == pytest.approx(2.0, abs=0.2)
    assert len(video.sha256) == 64


def test_text_file_named_mp4(ada):
    form = video_form(ada, b"not a film")

    assert "file" in form.errors
    assert form.errors["file"][0].endswith(".")


def test_three_hour_video_is_refused(ada, tmp_path):
    form = video_form(ada, make_film(tmp_path, "color=s=64x64:d=10800:r=0.1"))

    (message,) = form.errors["file"]
    assert message.startswith("This video lasts 3 h; at most 60 minutes are possible.")
    assert "Cut out the passage" in message


def test_picture_sent_as_video(ada, jpeg):
    assert video_form(ada, jpeg(), name="film.mp4").errors["file"] == [
        "This is a picture. Add it under Images."
    ]


def test_a_file_of_another_kind_sent_as_video_says_what_to_use(ada):
    wmv = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + b"\0" * 99

    (message,) = video_form(ada, wmv, name="film.wmv").errors["file"]

    assert message.startswith("This file is not a video we can read. Use an MP4")


def test_subrip_becomes_webvtt(ada, film):
    srt = "1\r\n00:00:00,000 --> 00:00:01,500\r\nCaf\xe9 & <b>soup</b>\r\n".encode("cp1252")

    video = saved(video_form(ada, film, captions=("film.srt", srt)))

    assert video.captions.name.endswith(".vtt")
    text = video.captions.read().decode()
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n")
    assert "Café &amp; soup" in text
    assert len(video.captions_sha256) == 64


VTT = (
    b"WEBVTT\n\nSTYLE\n::cue { color: white }\n\nREGION\nid:a\n\n"
    b"one\n00:00.000 --> 00:01.000 line:0 region:a\n<v Ada>Hello</v>\n\n00:01.000 --> 00:01.500\nNOTE the weir\n"
)


def test_webvtt_stays_as_it_is(ada, film):
    video = saved(video_form(ada, film, captions=("film.vtt", VTT)))

    assert video.captions.read() == VTT


@pytest.mark.parametrize(
    "odd",
    [
        VTT.replace(b"00:01.000 --> 00:01.500", b"00:01,000 --> 00:01,500"),
        VTT.replace(b"00:01.000 --> 00:01.500", b"0:01.000 --> 0:01.500"),
        VTT.replace(b"</v>\n\n", b"</v>\n"),
        VTT.replace(b"</v>\n\n", b"</v>\n2\n").replace(b"one\n", b"1\n"),
        VTT.replace(b"<v Ada>", b" \n<v Ada>"),
    ],
    ids=["commas", "short", "no empty line", "number and no empty line", "space"],
)
def test_webvtt_that_browsers_read_otherwise_is_written_anew(ada, film, odd):
    """What the page shows is what is cut and counted."""
    video = saved(video_form(ada, film, captions=("film.vtt", odd)))

    said = b"00:00:00.000 --> 00:00:01.000\nHello\n\n00:00:01.000 --> 00:00:01.500\nNOTE the weir\n"
    assert video.captions.read() == b"WEBVTT\n\n" + said


def test_subrip_with_lines_of_nothing_is_stored_so_that_it_can_be_read(ada, film):
    srt = b"1\n00:00:00,000 --> 00:00:01,000\nFirst line\n&nbsp;\nSecond line\n"

    video = saved(video_form(ada, film, captions=("film.srt", srt)))

    assert [cue.text for cue in parse(video.captions.read().decode())] == ["First line\nSecond line"]


def test_what_editors_note_in_captions_is_not_published(ada, film):
    noted = VTT.replace(b"WEBVTT\n", b"\xef\xbb\xbfWEBVTT - ask Bob\nKind: captions\n").replace(
        b"REGION", b"NOTE\nBob: is this\nlibel?\n\n\nREGION"
    )
    noted = noted.replace(b"\n", b"\r\n") + b"\r\nNOTE Bob again"

    video = saved(video_form(ada, film, captions=("film.vtt", noted)))

    assert video.captions.read() == VTT
    assert video.captions_sha256 == hashlib.sha256(VTT).hexdigest()


def test_the_first_caption_may_follow_the_header_at_once():
    assert uploads.without_comments(
        "WEBVTT x\n00:01.000 --> 00:02.000\nHi\n\nNOTES are fine\n00:03.000 --> 00:04.000\nHo"
    ) == ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\nNOTES are fine\n00:03.000 --> 00:04.000\nHo\n")


def test_captions_with_a_fault_name_the_line(ada, film):
    form = video_form(ada, film, captions=("film.vtt", b"WEBVTT\n\n00:00.000 -> 00:01.000\nHello\n"))

    assert form.errors["captions"][0].startswith("Line 3:")


def test_captions_that_no_font_has_are_refused_before_a_video_is_made(ada, film):
    said = "WEBVTT\n\n00:00.000 --> 00:00.900\nOur ♪ river, ᚠ\n\n00:01.000 --> 00:02.000\nᚠ ᚢ 🌊 नदी\n"

    form = video_form(ada, film, captions=("film.vtt", said.encode()))

    (why,) = form.errors["captions"]
    assert why.startswith("No font here can draw “ᚠ” (runic letter fehu feoh fe f), “ᚢ” (runic letter")
    assert "said at 0:00. Captions are shown in the video: write it in other letters" in why


def test_captions_of_another_video(ada, film):
    form = video_form(ada, film, captions=("film.vtt", b"WEBVTT\n\n10:00.000 --> 10:02.000\nHello\n"))

    assert form.errors["captions"] == [
        "The last caption begins at 10:00, but the video ends at 0:02. Is this the captions file of this video?"
    ]


def test_captions_added_later_do_not_need_the_film_again(ada, film):
    video = saved(video_form(ada, film))
    before = video.sha256

    later = saved(
        video_form(ada, captions=("film.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n"), instance=video)
    )

    assert later.captions
    assert (later.sha256, later.width) == (before, 320)


def test_multiple_upload_gives_the_same_answer(client, ada):
    from django.urls import reverse

    client.force_login(ada)
    response = client.post(
        reverse("wagtailimages:add_multiple"),
        {"title": "letter", "files[]": SimpleUploadedFile("letter.jpg", b"Dear council")},
    )

    answer = response.json()
    assert answer["success"] is False
    assert "whatever its name says" in answer["error_message"]

"""Pictures beside an answer: what stands against them, the copy that goes out, and what was agreed to."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.models import Collection, Page

from channels.connectors.attached import Pictures
from channels.models import Channel
from cms.models import CampaignImage, CampaignPage
from community import answers, desk, pictures
from community.answers import NotPossible
from community.core import replies
from community.enums import AnswerState
from community.models import Answer, Settings
from formats.core.payload import digest
from tests.community.conftest import enter
from tests.community.test_answers import cleo, person, talk  # noqa: F401 (fixtures)

TAKES = Pictures("a test", max_bytes=200_000, most=2, alt=100, ratio=3)
ALT = "The mill with its new bridge"
MEDIUM = {"alt": ALT, "width": 800, "height": 600, "bytes": 90_000}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("media", "takes", "words"),
    [
        ([], None, ""),
        ([MEDIUM], TAKES, ""),
        ([MEDIUM], None, "text only"),
        ([MEDIUM] * 3, TAKES, "at most 2 pictures; this one has 3"),
        ([{**MEDIUM, "alt": "  "}], TAKES, "no alt text"),
        ([{**MEDIUM, "alt": "x" * 101}], TAKES, "1 characters too many"),
        ([{**MEDIUM, "alt": "x" * 100}], TAKES, ""),
        ([{**MEDIUM, "width": 1801}], TAKES, "3 times as wide as high"),
        ([{**MEDIUM, "height": 2500}], TAKES, "3 times as wide as high"),
        ([{**MEDIUM, "bytes": 200_001}], TAKES, "too many bytes"),
        ([MEDIUM], Pictures("a test", max_bytes=200_000, words=3), "at most 3 characters"),
    ],
)
def test_what_stands_against_pictures(media, takes, words):
    found = replies.check("mastodon", "Look here.", media=media, takes=takes)
    blockers = " ".join(f.words for f in found if f.level == "blocker")
    assert words in blockers
    assert bool(blockers) is bool(words)


@pytest.mark.unit
def test_where_no_alt_text_goes_along_that_is_said():
    (found,) = replies.check("whatsapp", "Look.", media=[MEDIUM], takes=Pictures("a test", max_bytes=10**6))
    assert (found.level, found.words) == ("warning", "No alt text goes along here.")


# With a database ------------------------------------------------------------------------------------------------


def jpeg(size=(800, 600), mode="RGB", format="JPEG", **more) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(out, format, **more)
    return out.getvalue()


@pytest.fixture
def campaign(world, settings, tmp_path, network):
    """The campaign with a library; its network takes two pictures with an answer in public."""
    settings.MEDIA_ROOT = str(tmp_path)
    library = Collection.get_first_root_node().add_child(name="River")
    page = CampaignPage(title="Lake", slug="lake-c", publisher="Lake", collection=library)
    Page.get_first_root_node().add_child(instance=page)
    Channel.objects.filter(pk=world.channel.pk).update(campaign=page)
    world.channel.refresh_from_db()
    world.campaign = page
    network.attaches = {False: TAKES}
    return page


@pytest.fixture
def library(campaign, cleo, talk):
    def add(data=None, name="mill.jpg", description=ALT, **more):
        row = pictures.add(talk, SimpleUploadedFile(name, data or jpeg(**more)), by=cleo)
        CampaignImage.objects.filter(pk=row.pk).update(description=description)
        row.refresh_from_db()
        return row

    return add


def sent(cleo, talk, image, alt=ALT, **more):
    entry = pictures.entry(image, TAKES, alt)
    row = desk.draft_answer(cleo, talk, "That is the way in.", form_key="f", attachments=[entry])
    return desk.send(cleo, row, **more)


def exif():
    found = Image.Exif()
    found[0x0112] = 6  # lies on its side
    found[0x010F] = "Camera of Mara"
    found.get_ifd(0x8825)[1] = "N"
    return found


def test_the_copy_is_upright_small_and_says_nothing_beside_its_pixels(library, settings):
    large = replace(TAKES, max_bytes=2_000_000)
    image = library(size=(3000, 1500), exif=exif())

    entry = pictures.entry(image, large, ALT)

    path = Path(settings.MEDIA_ROOT) / entry["file"]
    with Image.open(path) as made:
        assert made.format == "JPEG"
        assert made.size == (entry["width"], entry["height"]) == (1024, 2048)
        assert not made.getexif()
    assert b"Mara" not in path.read_bytes()
    assert entry["bytes"] == path.stat().st_size <= large.max_bytes
    assert pictures.entry(image, large, ALT) == entry


def test_what_is_transparent_becomes_white(library, settings):
    image = library(jpeg(size=(80, 60), mode="RGBA", format="PNG"), name="a.png")
    out = io.BytesIO()
    Image.new("RGBA", (80, 60), (0, 0, 0, 0)).save(out, "PNG")
    clear = library(out.getvalue(), name="clear.png")

    for row in (image, clear):
        entry = pictures.entry(row, TAKES, ALT)
    with Image.open(Path(settings.MEDIA_ROOT) / entry["file"]) as made:
        assert made.convert("RGB").getpixel((40, 30)) == (255, 255, 255)


def test_files_and_alt_texts_are_part_of_what_is_frozen(world, network, library, cleo, talk):
    answer = sent(cleo, talk, library())
    payload = answer.publication.version.payload

    (medium,) = payload["parts"][0]["media"]
    assert (medium["alt"], medium["sha256"]) == (ALT, answer.attachments[0]["sha256"])
    assert payload["act"]["media"] == payload["parts"][0]["media"]
    assert digest(payload) == answer.publication.version.digest
    medium["alt"] = "Another"
    assert digest(payload) != answer.publication.version.digest

    world.finish(answer.publication)
    assert [act.media[0]["alt"] for act in network.done] == [ALT]


def test_the_second_person_agrees_to_the_pictures_they_saw(world, library, cleo, talk, client):
    Settings.objects.create(campaign=world.campaign, approve_groups=[cleo.groups.get().pk])
    carl = person(world, "carl")
    answer = sent(cleo, talk, library())
    assert answer.state == AnswerState.TO_APPROVE
    enter(client, carl)
    url = reverse("community:decide")
    page = client.get(url).content.decode()
    assert f'alt="{ALT}"' in page
    seal = pictures.seal(answer.attachments)
    assert seal in page
    ask = {"answer": answer.pk, "text": answer.text, "do": "yes", "sealed": seal}

    other = [{**answer.attachments[0], "alt": "Something else"}]
    Answer.objects.filter(pk=answer.pk).update(attachments=other)
    assert "Look at it again" in client.post(url, ask, follow=True).content.decode()
    with pytest.raises(NotPossible, match="changed meanwhile"):
        answers.approve(answer, by=carl)
    answer.refresh_from_db()
    assert answer.state == AnswerState.TO_APPROVE

    client.post(url, {**ask, "sealed": pictures.seal(other)})
    answer.refresh_from_db()
    assert answer.state == AnswerState.HANDED_OVER


def test_what_the_network_does_not_take_is_refused_at_the_door_too(network, library, cleo, talk):
    image = library()
    with pytest.raises(NotPossible, match="no alt text"):
        sent(cleo, talk, image, alt="")
    network.attaches = {}
    with pytest.raises(NotPossible, match="text only"):
        sent(cleo, talk, image)
    assert not Answer.objects.filter(state=AnswerState.HANDED_OVER).exists()


def test_files_of_answers_that_wait_are_kept(library, cleo, talk, world):
    Settings.objects.create(campaign=world.campaign, approve_groups=[cleo.groups.get().pk])
    answer = sent(cleo, talk, library())
    assert list(pictures.kept().files) == [answer.attachments[0]["file"]]
    desk.drop(cleo, answer)
    assert list(pictures.kept().files) == []


class TestForm:
    @pytest.fixture
    def post(self, campaign, cleo, talk, client):
        enter(client, cleo)

        def send(do, **fields):
            given = {"text": "That is the way in.", "key": "k1", "seen": "0", "do": do, **fields}
            return client.post(
                reverse("community:reply", args=[talk.pk]), given, follow=True
            ).content.decode()

        return send

    def test_a_picture_is_uploaded_described_and_sent(self, world, network, post):
        page = post("upload", file=SimpleUploadedFile("new <b>.jpg", jpeg()))
        image = CampaignImage.objects.get()
        assert f'name="pictures" value="{image.pk}"' in page
        assert "That is the way in.</textarea>" in page
        assert "<b>" not in page
        assert image.uploaded_by_user.username == "cleo"

        held = {"pictures": image.pk, f"alt-{image.pk}": ""}
        assert "no alt text" in post("send", **held)
        assert not Answer.objects.exists()
        assert "Nothing stands against it" in post("check", **{**held, f"alt-{image.pk}": ALT})
        post("send", **{**held, f"alt-{image.pk}": ALT})

        world.finish(Answer.objects.get().publication)
        assert [[m["alt"] for m in act.media] for act in network.done] == [[ALT]]
        assert f'alt="{ALT}"' in post("check")

    def test_where_no_alt_text_goes_along_none_is_asked_for(self, world, network, library, post):
        image = library()
        network.attaches = {False: replace(TAKES, alt=0)}
        held = {"pictures": image.pk}

        page = post("check", **held)

        assert f'name="alt-{image.pk}"' not in page
        assert page.count("No alt text goes along here. Say in the answer what the picture shows.") == 2
        assert "Nothing stands against it" not in page
        post("send", **held)  # it is no reason not to send it
        world.finish(Answer.objects.get().publication)
        assert [len(act.media) for act in network.done] == [1]

    def test_what_is_no_picture_is_refused_in_words(self, post):
        page = post("upload", file=SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>"))
        assert "not a picture we can read" in page
        assert "Choose a file first" in post("upload")
        assert not CampaignImage.objects.exists()

    def test_one_of_the_library_is_looked_for_and_taken(self, library, post):
        mill, boat = library(), library(name="boat.jpg", description="A boat", size=(300, 200))
        page = post("library", query="boat")
        assert f'value="picture:{boat.pk}"' in page
        assert f'value="picture:{mill.pk}"' not in page
        assert f'value="picture:{boat.pk}"' in post("enter", query="boat")

        page = post(f"picture:{mill.pk}")
        assert f">{ALT}</textarea>" in page
        page = post(f"without:{mill.pk}", pictures=mill.pk)
        assert f'name="pictures" value="{mill.pk}"' not in page

    def test_pictures_of_other_campaigns_are_not_there(self, library, post):
        theirs = library()
        Collection.get_first_root_node().add_child(name="Forest")
        CampaignImage.objects.update(collection=Collection.objects.get(name="Forest"))

        assert f'value="picture:{theirs.pk}"' not in post("library")
        assert 'name="pictures"' not in post(f"picture:{theirs.pk}")
        held = {"pictures": theirs.pk, f"alt-{theirs.pk}": ALT}
        post("send", **held)
        assert Answer.objects.get().attachments == []

    def test_none_is_offered_where_none_is_taken(self, network, post):
        assert "Add a picture" in post("check")
        network.attaches = {}
        assert "Add a picture" not in post("check")

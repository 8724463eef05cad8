"""All rendered files of a story on one page: what stands there, what its buttons do, who may, what it costs."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from formats import files, variants
from formats.models import Variant
from media import plans
from media.errors import RenderError
from media.models import Render, RenderState

pytestmark = pytest.mark.db


def url(story, name="files"):
    return reverse(f"variants:{name}", args=[story.pk])


@pytest.fixture
def client_of(client, world):
    def login(role):
        client.force_login(world.people[role])
        return client

    return login


def test_what_a_file_is_and_where_it_is_used(world, client_of, render_all):
    (carousel,) = world.make("instagram.carousel")
    render_all()

    text = client_of("creator").get(url(world.story)).content.decode()

    assert "Cover card" in text
    assert "1080 × 1350 px" in text
    assert "1000\xa0bytes" in text
    assert f'href="{reverse("variants:edit", args=[carousel.pk])}"' in text
    assert carousel.to_parts()[0].media[0].alt[:30] in text


def test_empty(world, client_of):
    assert (
        "No pictures or videos have been made" in client_of("creator").get(url(world.story)).content.decode()
    )


def test_states_are_told_in_words(world, client_of, media_root, render_all):
    world.make("instagram.carousel")
    one, two, three = Render.objects.order_by("pk")[:3]
    Render.objects.filter(pk=one.pk).update(state=RenderState.RENDERING, progress=43)
    Render.objects.filter(pk=two.pk).update(
        state=RenderState.FAILED, error="The quote is too long.", next_action_at=None
    )
    Render.objects.filter(pk=three.pk).delete()

    text = client_of("creator").get(url(world.story)).content.decode()

    assert "Being made: <span data-words>43 %</span>" in text
    assert "Failed: The quote is too long." in text
    assert f'value="{two.key}" class="button button-small">Retry' in text
    assert "Not made yet" in text
    progress = client_of("creator").get(url(world.story, "files_progress")).json()
    assert {"id": one.key, "percent": 43, "words": "43 %", "waiting": 1} in progress["variants"]
    assert not progress["finished"]


def test_retry_makes_one_again_and_leaves_the_rest(world, client_of, media_root, render_all):
    world.make("instagram.carousel")
    render_all()
    failed, *others = Render.objects.order_by("pk")
    Render.objects.filter(pk=failed.pk).update(state=RenderState.FAILED, next_action_at=None)

    client_of("creator").post(url(world.story, "files_make"), {"what": failed.key})

    failed.refresh_from_db()
    assert failed.state == RenderState.WAITING
    assert failed.next_action_at is not None
    assert {row.pk for row in Render.objects.filter(state=RenderState.DONE)} == {row.pk for row in others}


def test_make_missing_asks_only_for_what_is_not_there(world, client_of, media_root, render_all):
    world.make("instagram.carousel")
    render_all()
    first, second = Render.objects.order_by("pk")[:2]
    (media_root / first.file).unlink()
    second.delete()
    wanted = Render.objects.count() + 1

    answer = client_of("creator").post(url(world.story, "files_make"), follow=True)

    waiting = set(Render.objects.filter(state=RenderState.WAITING).values_list("key", flat=True))
    assert waiting == {first.key, second.key}
    assert f"2 files will be made; {wanted - 2} stay" in answer.content.decode()


def test_the_file_before_is_kept_while_the_next_is_made(world, media_root, render_all):
    (variant,) = world.make("instagram.carousel")
    render_all()
    old = variant.to_parts()[0].media[0]
    plan = {**old.plan, "text": {**old.plan["text"], "headline": "Another headline"}}
    part = variant.to_parts()[0]
    changed = type(part)(
        part.text, (type(old)(plan, old.alt, old.role, old.sources), *part.media[1:]), part.link
    )

    saved = variants.set_parts(variant, [changed], by=world.people["creator"])
    first = files.of_story([saved])[0]

    assert first.state == RenderState.WAITING
    assert first.before.plan["text"]["headline"] == old.plan["text"]["headline"]
    assert (media_root / first.before.file).is_file()


def test_archive_has_files_and_alt_texts(world, client_of, media_root, render_all):
    (variant,) = world.make("instagram.carousel")
    render_all()

    answer = client_of("creator").get(url(world.story, "files_archive"))

    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        names = packed.namelist()
        told = packed.read("alt-texts.txt").decode()
    assert len(names) == Render.objects.count() + 1
    assert any(name.startswith("cover-card-") for name in names)
    assert variant.to_parts()[0].media[0].alt in told


def test_captions_come_as_webvtt_and_as_subrip(world, client_of, media_root, render_all):
    world.make("instagram.reel")
    render_all()
    row = Render.objects.get(plan__kind__in=("cut", "film"))
    (media_root / "c.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.500\nFish &amp; chips\n")
    Render.objects.filter(pk=row.pk).update(captions="c.vtt")
    client, address = client_of("creator"), reverse("variants:files_srt", args=[world.story.pk, row.key])

    answer = client.get(address)

    assert answer.content.decode() == "1\n00:00:01,000 --> 00:00:02,500\nFish & chips\n"
    assert answer["Content-Disposition"].endswith('.srt"')
    assert address in client.get(url(world.story)).content.decode()
    packed = zipfile.ZipFile(
        io.BytesIO(b"".join(client.get(url(world.story, "files_archive")).streaming_content))
    )
    assert sorted(name[-3:] for name in packed.namelist() if name.endswith(("srt", "vtt"))) == ["srt", "vtt"]
    (media_root / "c.vtt").unlink()
    assert client.get(address).status_code == 404


def test_captions_that_cannot_be_read_keep_nobody_from_the_files(world, client_of, media_root, render_all):
    world.make("instagram.reel")
    render_all()
    row = Render.objects.get(plan__kind__in=("cut", "film"))
    (media_root / "c.vtt").write_text("WEBVTT\n\n00:01.000 --> soon\nOne\n")
    Render.objects.filter(pk=row.pk).update(captions="c.vtt")
    client = client_of("creator")

    packed = zipfile.ZipFile(
        io.BytesIO(b"".join(client.get(url(world.story, "files_archive")).streaming_content))
    )
    answer = client.get(reverse("variants:files_srt", args=[world.story.pk, row.key]))

    assert [name[-3:] for name in packed.namelist() if name.endswith(("srt", "vtt"))] == ["vtt"]
    assert answer.status_code == 404


def test_captions_made_with_an_empty_line_come_whole_as_subrip(world, client_of, media_root, render_all):
    world.make("instagram.reel")
    render_all()
    row = Render.objects.get(plan__kind__in=("cut", "film"))
    (media_root / "c.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.500\nOne\n\nTwo\n")
    Render.objects.filter(pk=row.pk).update(captions="c.vtt")

    answer = client_of("creator").get(reverse("variants:files_srt", args=[world.story.pk, row.key]))

    assert answer.content.decode() == "1\n00:00:01,000 --> 00:00:02,500\nOne\nTwo\n"


def test_how_many_were_made_anew(world, client_of, render_all):
    world.make("instagram.carousel")
    render_all()
    first = client_of("creator").get(url(world.story))
    changed_at = world.story.latest_revision_created_at
    Render.objects.update(created_at=changed_at - timedelta(hours=1))
    Render.objects.filter(pk=Render.objects.first().pk).update(created_at=changed_at + timedelta(minutes=1))
    total = Render.objects.count()

    assert "last change" not in first.content.decode()  # all are new: nothing to compare
    text = client_of("creator").get(url(world.story)).content.decode()
    assert f"1 of {total} was made anew after the story’s last change" in text


def test_costs_the_same_for_one_and_for_many(
    world, client_of, media_root, render_all, django_assert_max_num_queries
):
    world.make("x.thread")
    client = client_of("creator")
    client.get(url(world.story))
    with django_assert_max_num_queries(60) as one:
        client.get(url(world.story))
    world.make("instagram.carousel", "instagram.story", "facebook.post", "linkedin.post", "instagram.reel")
    with django_assert_max_num_queries(len(one)):
        client.get(url(world.story))


def test_pages(world, client_of, monkeypatch, media_root):
    monkeypatch.setattr("formats.views.files.PER_PAGE", 2)
    world.make("instagram.carousel")

    first = client_of("creator").get(url(world.story))
    last = client_of("creator").get(url(world.story) + "?page=99")

    assert len(first.context["page"].object_list) == 2
    assert "?page=2" in first.content.decode()
    assert last.context["page"].number == first.context["page"].paginator.num_pages


def test_who_may(world, client_of, make_world):
    world.make("instagram.carousel")
    Render.objects.update(state=RenderState.FAILED)
    world.people["stranger"] = make_world("Safe Cycling").people["creator"]

    assert client_of("analyst").get(url(world.story)).status_code == 200
    assert client_of("analyst").post(url(world.story, "files_make")).status_code in (302, 403)
    assert not Render.objects.exclude(state=RenderState.FAILED).exists()
    for name in ("files", "files_progress", "files_archive"):
        assert client_of("stranger").get(url(world.story, name)).status_code == 404
    captions = reverse("variants:files_srt", args=[world.story.pk, Render.objects.first().key])
    assert client_of("stranger").get(captions).status_code == 404


def test_drawings_of_an_infographic_in_every_shape(world, client_of, render_all):
    from cms.models import InfographicPage, InfographicRow

    page = InfographicPage(title="Plastic leads", intro="What was found.", unit="kg", source="Council")
    page.rows = [InfographicRow(label="Plastic", value=3), InfographicRow(label="Glass", value=1)]
    world.campaign.add_child(instance=page)
    page.save_revision()
    client = client_of("creator")

    client.post(url(page, "files_make"), {"what": "drawings"})
    asked = sorted((row.plan["format"], tuple(row.plan["size"])) for row in Render.objects.all())
    render_all()
    text = client.get(url(page)).content.decode()

    sizes = [(1080, 1080), (1080, 1350), (1080, 1920), (1600, 900)]
    assert asked == [(format, size) for format in ("pdf", "svg") for size in sizes]
    assert f'download="{page.slug}-16x9.pdf"' in text
    assert "not made yet" not in text


def test_of_a_drawing_whose_file_is_gone_there_is_no_link(world, client_of, media_root, render_all):
    from cms.models import InfographicPage, InfographicRow

    page = InfographicPage(title="Plastic leads", intro="What was found.", unit="kg", source="Council")
    page.rows = [InfographicRow(label="Plastic", value=3), InfographicRow(label="Glass", value=1)]
    world.campaign.add_child(instance=page)
    page.save_revision()
    client = client_of("creator")
    client.post(url(page, "files_make"), {"what": "drawings"})
    render_all()
    gone = Render.objects.get(plan__format="pdf", plan__size=[1600, 900])
    (media_root / gone.file).unlink()

    text = client.get(url(page)).content.decode()

    assert gone.file not in text
    assert text.count("PDF not made yet") == 1
    assert "1 file will be made; 7 stay as they are." in (
        client.post(url(page, "files_make"), {"what": "drawings"}, follow=True).content.decode()
    )


def test_of_a_file_that_is_gone_there_is_no_link(world, client_of, media_root, render_all):
    world.make("instagram.carousel")
    render_all()
    gone = files.of_story(variants_of(world))[0].row
    (media_root / gone.file).unlink()

    text = client_of("creator").get(url(world.story)).content.decode()

    assert gone.file not in text
    assert "Not made yet" in text


def test_what_cannot_be_asked_for_is_named_with_the_reason(
    world, client_of, media_root, render_all, monkeypatch
):
    world.make("instagram.carousel")
    render_all()
    first = files.of_story(variants_of(world))[0]
    Render.objects.all().delete()
    real = files.cache.request

    def request(plan, **options):
        if plan == first.plan:
            raise RenderError("There is no card called 'poster'.")
        return real(plan, **options)

    monkeypatch.setattr(files.cache, "request", request)
    client = client_of("creator")

    both = client.post(url(world.story, "files_make"), follow=True).content.decode()
    one = client.post(url(world.story, "files_make"), {"what": first.key}, follow=True).content.decode()

    assert "files will be made." in both
    for text in (both, one):
        assert f"Cover card “{first.begins}”: There is no card called &#x27;poster&#x27;." in text
    assert "will be made" not in one
    assert "Nothing had to be made" not in one


# What an earlier version of the renderer made ---------------------------------------------------------------------------
def test_the_old_file_stands_until_it_is_made_anew(world, client_of, media_root, render_all, monkeypatch):
    world.make("instagram.carousel")
    render_all()
    total = Render.objects.count()
    first = files.of_story(variants_of(world))[0].row
    monkeypatch.setattr(plans, "RENDERER", plans.RENDERER + 1)

    text = client_of("creator").get(url(world.story)).content.decode()

    assert f"{total} to be made anew" in text
    assert "ot made yet" not in text.replace("not made yet (0)", "")
    assert text.count("An update of Hustings draws this anew.") == total
    assert first.file in text
    assert f"{total} files will be made" in (
        client_of("creator").post(url(world.story, "files_make"), follow=True).content.decode()
    )
    waiting = files.of_story(variants_of(world))[0]
    assert (waiting.state, waiting.before) == ("waiting", first)
    assert "is kept" in client_of("creator").get(url(world.story)).content.decode()

    (media_root / first.file).unlink()
    assert files.of_story(variants_of(world))[0].before is None


def variants_of(world):
    return list(Variant.objects.filter(story_id=world.story.pk))


# Copies for the public page ---------------------------------------------------------------------------------------------
@pytest.fixture
def shown(world, media_root):
    """A story on the public site with a video and a recording: (page, video, the rows of their copies)."""
    from django.core.files.base import ContentFile
    from wagtail.models import Collection

    from cms import public_media
    from cms.models import CampaignMedia, StoryPage

    mine = Collection.objects.get(name=world.campaign.title)
    video = CampaignMedia.objects.create(
        title="A morning",
        type="video",
        collection=mine,
        file=ContentFile(b"v", name="m.mp4"),
        mime="video/mp4",
        width=320,
        height=180,
    )
    sound = CampaignMedia.objects.create(
        title="A talk", type="audio", collection=mine, file=ContentFile(b"a", name="t.mp3"), mime="audio/mpeg"
    )
    body = [("video", {"video": video, "title": ""}), ("recording", {"audio": sound, "title": "", "alt": ""})]
    page = StoryPage(title="A day", lead="One day.", body=[*body, body[0]])
    world.campaign.add_child(instance=page)
    for media in (video, sound):
        public_media.public(media, world.campaign.pk)
    return page, video


def copy_row(video):
    from cms import public_media
    from media import cache

    return cache.request(public_media.plan(video))


def test_a_copy_for_the_public_that_failed_is_told_and_tried_again(world, client_of, shown):
    page, video = shown
    row = copy_row(video)
    Render.objects.filter(pk=row.pk).update(state="failed", error="The disk was full.", next_action_at=None)

    text = client_of("creator").get(url(page)).content.decode()

    assert text.count("A morning") == 2  # the link and the button's name
    assert "Could not be made: The disk was full." in text
    assert "Being made: <span data-words>in the queue</span>" in text  # the recording's
    assert f'value="{row.key}"' in text
    assert reverse("wagtailmedia:edit", args=[video.pk]) in text
    progress = client_of("creator").get(url(page, "files_progress")).json()
    assert {each["id"]: each["waiting"] for each in progress["variants"]}[row.key] == 0

    client_of("creator").post(url(page, "files_make"), {"what": row.key})

    row.refresh_from_db()
    assert (row.state, row.next_action_at is not None) == (RenderState.WAITING, True)


def test_copies_are_those_of_a_page_that_the_public_can_see(world, client_of, shown):
    page, _ = shown
    assert "On the public page" in client_of("analyst").get(url(page)).content.decode()
    Render.objects.update(state="failed", next_action_at=None)
    assert client_of("analyst").post(url(page, "files_make")).status_code in (302, 403)
    assert not Render.objects.filter(state="waiting").exists()
    assert "Retry" not in client_of("analyst").get(url(page)).content.decode()

    page.unpublish()

    assert "On the public page" not in client_of("creator").get(url(page)).content.decode()


def test_the_uploads_own_form_says_so_too_and_has_the_button(world, client_of, shown, make_world):
    _, video = shown
    row = copy_row(video)
    form, button = (
        reverse("wagtailmedia:edit", args=[video.pk]),
        reverse("campaign_media_copy", args=[video.pk]),
    )
    client = client_of("creator")
    assert "is being made: in the queue" in client.get(form).content.decode()
    Render.objects.filter(pk=row.pk).update(state="failed", error="Too <slow>.", next_action_at=None)

    assert "Could not be made: Too &lt;slow&gt;." in client.get(form).content.decode()
    assert client.get(button).status_code == 405
    for role in ("analyst", "stranger"):
        world.people["stranger"] = (
            world.people.get("stranger") or make_world("Safe Cycling").people["creator"]
        )
        assert client_of(role).post(button).status_code in (302, 403, 404)
        row.refresh_from_db()
        assert row.state == RenderState.FAILED

    said = client_of("creator").post(button, follow=True).content.decode()

    row.refresh_from_db()
    assert "The copy for the public is being made" in said
    assert row.state == RenderState.WAITING

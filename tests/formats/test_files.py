"""All rendered files of a story on one page: what stands there, what its buttons do, who may, what it costs."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from formats import files, variants
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

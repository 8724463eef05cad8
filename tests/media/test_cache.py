import pytest

from media import cache, child, plans, render
from media.errors import RenderError, RenderInterrupted
from media.models import Render, RenderState
from work import claim, clock

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def run(row):
    claimed = claim.claim(Render, row.pk, worker="test")
    assert claimed is not None, "it was not due"
    cache.run_render(claimed)
    row.refresh_from_db()
    return row


def test_request_is_idempotent_and_due_at_once(db, card):
    plan = card("quote", body="Words", speaker="A")

    first, second = cache.request(plan), cache.request(dict(reversed(plan.items())))

    assert first.pk == second.pk
    assert first.next_action_at <= clock.now()
    assert cache.find([plan, card("quote", body="Others")]) == {plans.plan_key(plan): first}


def test_run_renders_in_a_child_and_keeps_the_facts(db, card, media_root):
    row = run(cache.request(card("quote", body="Words", speaker="A")))

    assert (row.state, row.progress, row.mime, row.width, row.height) == ("done", 100, "image/jpeg", 432, 540)
    assert row.file == f"renders/{row.key[:2]}/{row.key}.jpg"
    assert (media_root / row.file).stat().st_size == row.bytes
    assert plans.file_sha256(media_root / row.file) == row.sha256
    assert (row.next_action_at, row.lease_owner) == (None, "")


def test_captions_and_the_start_of_a_cut_are_kept(db, media_root, monkeypatch):
    plan = {"kind": "cut", "version": 1, "size": [180, 320]}
    row = cache.request(plan)
    out = media_root / cache.place(plan, row.key)

    def made(*args, **kwargs):
        out.write_bytes(b"video")
        render.captions_path(out).write_text("WEBVTT\n")
        facts = render.Facts(out, None, "video/mp4", "ab", 5, 180, 320, 3.0, render.captions_path(out), 12.5)
        return facts.as_json()

    monkeypatch.setattr(child, "run_python", made)
    row = run(row)

    assert (row.start_s, row.captions) == (12.5, f"renders/{row.key[:2]}/{row.key}.vtt")
    assert row.captions_sha256 == plans.file_sha256(media_root / row.captions)
    (media_root / row.captions).unlink()
    assert cache.request(plan).state == RenderState.WAITING  # a lost file is made again


def test_a_second_request_renders_nothing(db, card, monkeypatch):
    plan = card("quote", body="Words")
    run(cache.request(plan))
    monkeypatch.setattr(child, "run_python", lambda *a, **k: pytest.fail("rendered again"))

    assert cache.request(plan).next_action_at is None


def test_a_bad_plan_fails_with_words_for_people(db, card):
    row = run(cache.request(card("picture", photo={"path": "gone.jpg", "sha256": "", "focus": {}})))

    assert row.state == RenderState.FAILED
    assert row.error == "The picture is no longer in the library. Choose another one."
    assert cache.request(row.plan).state == RenderState.FAILED
    assert cache.request(row.plan, retry=True).state == RenderState.WAITING
    assert run(cache.request(row.plan)).state == RenderState.FAILED


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside.jpg"])
def test_a_plan_reads_only_the_media_folder(db, card, path):
    row = run(cache.request(card("picture", photo={"path": path, "sha256": ""})))

    assert "outside the media folder" in row.error


def test_an_interruption_is_tried_again_a_little_later_but_not_for_ever(db, card, monkeypatch):
    monkeypatch.setattr(child, "run_python", _raise(RenderInterrupted("The disk is full.")))
    row = cache.request(card("quote", body="x"))
    with clock.by_hand() as hand:
        for attempt in range(cache.TRIES - 1):
            run(row)
            assert (row.state, row.tries) == (RenderState.WAITING, attempt + 1)
            assert row.next_action_at > clock.now()
            hand.move(60)
        run(row)

    assert row.state == RenderState.FAILED
    assert row.error.startswith("The disk is full. It was tried 3 times.")


def test_a_lost_lease_writes_nothing(db, card, monkeypatch):
    row = cache.request(card("quote", body="x"))
    claimed = claim.claim(Render, row.pk, worker="slow")

    def steal(*args, **kwargs):
        Render.objects.filter(pk=row.pk).update(fence=99, lease_owner="other", state="rendering")
        raise RenderError("late news")

    monkeypatch.setattr(child, "run_python", steal)
    with pytest.raises(claim.LeaseLost):
        cache.run_render(claimed)

    row.refresh_from_db()
    assert (row.error, row.lease_owner) == ("", "other")


def test_progress_is_written_while_the_lease_is_ours(db, card, monkeypatch):
    row = cache.request(card("quote", body="x"))
    claimed = claim.claim(Render, row.pk, worker="me")
    monkeypatch.setattr(cache, "REPORT_EVERY_S", 0)
    report = cache.Reporter(claimed)

    for share in (0.1, 0.42, 0.3):
        report({"progress": share})

    row.refresh_from_db()
    assert row.progress == 42


def test_a_lost_file_is_made_again(db, card, media_root):
    row = run(cache.request(card("quote", body="x")))
    (media_root / row.file).unlink()

    assert run(cache.request(row.plan)).state == RenderState.DONE
    assert (media_root / row.file).exists()


def test_the_worker_knows_renders():
    from work import sources

    source = sources.get("renders")
    assert (source.model, source.queue) == (Render, "media")


def _raise(error):
    def raising(*args, **kwargs):
        raise error

    return raising

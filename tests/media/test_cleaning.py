"""What is cleared, and above all what is not."""

import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest

from media import cache, cleaning, plans, render, running
from media.cleaning import Kept
from media.models import Render, RenderState
from media.render import note_path
from work import claim, clock

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def place(db, settings, tmp_path, monkeypatch):
    """A media folder and a temporary folder of our own; nobody refers to anything."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    (tmp_path / "media" / "renders" / "ab").mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(cleaning, "_KEEPERS", {})
    return tmp_path / "media"


def old(path: Path, days=2.0, content=b"x"):
    if content is None:
        path.mkdir(exist_ok=True, parents=True)
    else:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content)
    at = time.time() - days * 86_400
    os.utime(path, (at, at))
    return path


def made(place, name, *, days=40, state=RenderState.DONE, plan=None):
    plan = plan or {"kind": "card", "version": 1, "template": "quote", "text": {"body": name}}
    key = plans.plan_key(plan)
    file = old(place / f"renders/ab/{name}.jpg", days)
    old(note_path(file), days)
    row = Render.objects.create(
        key=key, plan=plan, state=state, file=f"renders/ab/{name}.jpg",
        finished_at=clock.now() - timedelta(days=days) if state in cleaning.ENDED else None,
    )  # fmt: skip
    return row, file


def test_what_nobody_refers_to_goes_in_two_steps(place):
    row, file = made(place, "unused")

    assert cleaning.clean() == {"files": 0, "rows": 1, "temporary": 0}
    assert not Render.objects.filter(pk=row.pk).exists()
    assert file.exists()  # asked once more before it goes
    assert cleaning.clean() == {"files": 2, "rows": 0, "temporary": 0}
    assert not file.exists()
    assert not note_path(file).exists()


def test_what_a_new_row_takes_over_in_this_moment_stays(place, monkeypatch):
    """The list of files was made, the names of the rows were read; only then a worker finds the old result whole."""
    plan = {"kind": "card", "version": 1, "template": "quote", "text": {"body": "again"}, "size": [64, 64]}
    row = cache.request(plan)
    file = old(running._out(row))
    render.note(render.Facts(file, None, "image/jpeg", plans.file_sha256(file), 1, 64, 64))
    old(note_path(file), content=note_path(file).read_bytes())
    cover = old(render.cover_path(file))
    gone = old(place / "renders/ab/gone.jpg")
    made(place, "other")
    before = cleaning._notes

    def taken_over_meanwhile(name):
        if claimed := claim.claim(Render, row.pk, worker="w"):
            running.run_render(claimed)
        return before(name)

    monkeypatch.setattr(cleaning, "_notes", taken_over_meanwhile)
    cleaning.register_keeper("versions", lambda: Kept(files=["renders/ab/other.jpg"]))

    assert cleaning.clean()["files"] == 1

    row.refresh_from_db()
    assert (row.state, cache.files_exist(row), note_path(file).exists()) == (RenderState.DONE, True, True)
    assert cover.exists()
    assert not gone.exists()


def test_what_is_cleared_in_the_moment_of_taking_it_over_is_made_anew(place, monkeypatch):
    plan = {"kind": "card", "version": 1, "template": "quote", "text": {"body": "again"}, "size": [64, 64]}
    row = cache.request(plan)
    file = old(running._out(row))
    render.note(render.Facts(file, None, "image/jpeg", plans.file_sha256(file), 1, 64, 64))
    before = os.utime
    monkeypatch.setattr(running.os, "utime", lambda name: (file.unlink(), before(name)))

    assert running._left_whole(row) is None


def test_what_is_asked_for_while_it_is_cleared_stays(place, monkeypatch):
    """The houses were asked; only then a variant that wants it is saved."""
    row, _ = made(place, "back")
    gone, _ = made(place, "gone")
    before = cleaning._kept

    def asked_meanwhile():
        kept = before()
        cache.request(row.plan)
        return kept

    monkeypatch.setattr(plans, "check", lambda plan: None)
    monkeypatch.setattr(cleaning, "_kept", asked_meanwhile)
    assert cleaning.clean()["rows"] == 1

    assert list(Render.objects.all()) == [row]
    with clock.by_hand() as hand:
        hand.move(31 * 86_400)
        monkeypatch.setattr(cleaning, "_kept", before)
        assert cleaning.clean()["rows"] == 1


def test_what_is_asked_for_just_after_it_was_chosen_to_go_stays(place, monkeypatch):
    row, _ = made(place, "back")
    chosen = cleaning._not_made_anew

    def asked_then(wanted):
        found = chosen(wanted)
        cache.request(row.plan)
        return found

    monkeypatch.setattr(plans, "check", lambda plan: None)
    monkeypatch.setattr(cleaning, "_not_made_anew", asked_then)

    assert cleaning.clean()["rows"] == 0


def test_a_row_that_goes_as_it_is_asked_for_is_made_again(place, monkeypatch):
    row, _ = made(place, "late")
    monkeypatch.setattr(plans, "check", lambda plan: None)
    noted = cache._noted_as_wanted
    seen = []

    def gone_before(found, now):
        if not seen:
            seen.append(found.pk)
            Render.objects.all().delete()
        return noted(found, now)

    monkeypatch.setattr(cache, "_noted_as_wanted", gone_before)

    again = cache.request(row.plan)

    assert (again.state, Render.objects.get()) == (RenderState.WAITING, again)


def test_what_an_earlier_renderer_made_stays_until_it_is_made_anew(place, monkeypatch):
    row, _ = made(place, "old")
    Render.objects.update(content=plans.content_key(row.plan))
    other, _ = made(place, "unused")
    Render.objects.filter(pk=other.pk).update(content=plans.content_key(other.plan))
    monkeypatch.setattr(plans, "RENDERER", plans.RENDERER + 1)
    cleaning.register_keeper("variants", lambda: Kept(plans=[row.plan]))

    assert cleaning.clean()["rows"] == 1
    assert list(Render.objects.all()) == [row]

    made(place, "new", days=0, plan=row.plan)
    assert cleaning.clean()["rows"] == 1
    assert row not in Render.objects.all()


def test_what_somebody_refers_to_stays(place):
    planned, by_plan = made(place, "planned")
    _, by_file = made(place, "frozen")
    lost = old(place / "renders/ab/lost.jpg", 100)  # a version's file whose row is gone
    cleaning.register_keeper("variants", lambda: Kept(plans=[planned.plan]))
    cleaning.register_keeper("versions", lambda: Kept(files=["renders/ab/frozen.jpg", "renders/ab/lost.jpg"]))

    for _ in range(3):
        assert not any(cleaning.clean().values())

    assert by_plan.exists()
    assert by_file.exists()
    assert lost.exists()
    assert Render.objects.count() == 2


def test_nothing_is_cleared_when_a_house_cannot_say_what_it_needs(place):
    _, file = made(place, "unused")
    orphan = old(place / "renders/ab/orphan.jpg")

    def broken():
        raise RuntimeError("no database")

    cleaning.register_keeper("broken", broken)
    with pytest.raises(RuntimeError):
        cleaning.clean()

    assert Render.objects.count() == 1
    assert file.exists()
    assert orphan.exists()


def test_young_and_unfinished_ones_stay(place):
    made(place, "young", days=3)
    made(place, "waiting", days=50, state=RenderState.WAITING)
    made(place, "rendering", days=50, state=RenderState.RENDERING)
    fresh = old(place / "renders/ab/fresh.jpg", 0.1)

    assert not any(cleaning.clean().values())

    assert fresh.exists()
    assert Render.objects.count() == 3


def test_originals_and_links_are_never_touched(place, tmp_path):
    original = old(place / "original_images/me.jpg", 500)
    video = old(place / "media/clip.mp4", 500)
    outside = old(tmp_path / "outside.jpg", 500)
    link = place / "renders/ab/link.jpg"
    link.symlink_to(outside)

    cleaning.clean()

    assert original.exists()
    assert video.exists()
    assert outside.exists()
    assert link.is_symlink()


def test_what_killed_renders_left_behind_goes(place, tmp_path):
    old(place / "renders/ab/.render-dead/out.mp4")
    dead = old(place / "renders/ab/.render-dead", content=None)
    old(tmp_path / "tmp/hustings-media-dead/in.bin")
    also = old(tmp_path / "tmp/hustings-media-dead", content=None)
    old(place / "renders/ab/.render-alive/out.mp4", 0.01)
    alive = old(place / "renders/ab/.render-alive", content=None)  # old, but something in it is being written
    foreign = old(tmp_path / "tmp/somebody-else", content=None)

    assert cleaning.clean() == {"files": 0, "rows": 0, "temporary": 2}

    assert [p.exists() for p in (dead, also, alive, foreign)] == [False, False, True, True]


def test_it_comes_back_by_itself():
    from work import jobs

    assert "media.cleaning" in jobs._JOBS

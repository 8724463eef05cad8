import subprocess
from datetime import timedelta

import pytest

from media import cache, child, copying, ffmpeg, plans, render, running, turns
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
    running.run_render(claimed)
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
        render.cover_path(out).write_bytes(b"cover")
        facts = render.Facts(
            out,
            render.cover_path(out),
            "video/mp4",
            "ab",
            5,
            180,
            320,
            3.0,
            render.captions_path(out),
            12.5,
            centre=(0.66, 0.5),
        )
        return [{"facts": facts.as_json()}]

    monkeypatch.setattr(child, "run_python", made)
    row = run(row)

    assert (row.start_s, row.captions) == (12.5, f"renders/{row.key[:2]}/{row.key}.vtt")
    assert row.centre == [0.66, 0.5]
    assert row.captions_sha256 == plans.file_sha256(media_root / row.captions)
    assert row.cover_sha256 == plans.file_sha256(media_root / row.cover)
    (media_root / row.captions).unlink()
    Render.objects.filter(pk=row.pk).update(cover_sha256="")
    again = cache.request(plan)
    assert again.state == RenderState.WAITING  # a lost file is made again
    assert run(again).cover_sha256 == ""  # the very same, approved without


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


def test_a_file_that_was_added_again_is_rendered_once_and_after_the_first_is_gone(
    db, card, picture, media_root
):
    first = picture("first.jpg")
    (media_root / "second.jpg").write_bytes(first.read_bytes())
    plan = {
        name: card("picture", photo={"path": name, "sha256": plans.file_sha256(first), "focus": {}})
        for name in ("first.jpg", "second.jpg")
    }
    row = cache.request(plan["first.jpg"])
    assert cache.request(plan["second.jpg"]) == row

    first.unlink()
    assert run(row).state == RenderState.FAILED

    assert cache.request(plan["first.jpg"]).state == RenderState.FAILED  # nothing has changed for it
    assert list(cache.find([plan["first.jpg"]]).values()) == [row]
    assert cache.find([plan["second.jpg"]]) == {}
    assert run(cache.request(plan["second.jpg"])).state == RenderState.DONE
    assert cache.request(plan["first.jpg"]).state == RenderState.DONE


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside.jpg"])
def test_a_plan_reads_only_the_media_folder(db, card, path):
    row = run(cache.request(card("picture", photo={"path": path, "sha256": ""})))

    assert "outside the media folder" in row.error


def test_an_interruption_is_tried_again_a_little_later_but_not_for_ever(db, card, monkeypatch):
    monkeypatch.setattr(child, "run_python", _raise(RenderInterrupted("The disk is full.")))
    row = cache.request(card("quote", body="x"))
    with clock.by_hand() as hand:
        for attempt in range(running.TRIES - 1):
            run(row)
            assert (row.state, row.tries) == (RenderState.WAITING, attempt + 1)
            assert row.next_action_at > clock.now()
            hand.move(60)
        run(row)

    assert row.state == RenderState.FAILED
    assert row.error.startswith("The disk is full. It was tried 3 times.")


def test_a_copy_for_the_public_comes_back_by_itself(db, monkeypatch):
    """Nobody presses a button for it: after an hour, then ever more rarely, and not for ever."""
    monkeypatch.setattr(child, "run_python", _raise(RenderInterrupted("The disk is full.")))
    row = cache.request({"kind": "copy", "version": 1, "source": {"path": "a.mp4", "sha256": "ab"}})
    waits = []
    with clock.by_hand() as hand:
        while row.next_action_at is not None:
            hand.move(max(0.0, (row.next_action_at - clock.now()).total_seconds()))
            run(row)
            if row.next_action_at is not None:
                waits.append(round((row.next_action_at - clock.now()).total_seconds()))
            assert row.state == (RenderState.WAITING if row.tries < running.TRIES else RenderState.FAILED)

    hour = 3600
    assert waits == [5, 10, hour, 2 * hour, 4 * hour, 8 * hour, 16 * hour, *[24 * hour] * 4]
    assert row.error.startswith("The disk is full. It was tried 12 times.")
    assert cache.request(row.plan, retry=True).tries == 0


def test_a_copy_that_failed_is_made_when_its_hour_has_come(db, monkeypatch, media_root):
    plan = {"kind": "copy", "version": 1, "source": {"path": "a.mp4", "sha256": "ab"}}
    row = cache.request(plan)
    monkeypatch.setattr(child, "run_python", _raise(RenderInterrupted("The disk is full.")))
    with clock.by_hand() as hand:
        for _ in range(running.TRIES):
            run(row)
            hand.move(60)
        assert claim.claim(Render, row.pk, worker="early") is None
        out = media_root / cache.place(plan, row.key)

        def made(*args, **kwargs):
            out.write_bytes(b"video")
            return [{"facts": render.Facts(out, None, "video/mp4", "ab", 5, 180, 320).as_json()}]

        monkeypatch.setattr(child, "run_python", made)
        hand.move(3600)
        assert run(row).state == RenderState.DONE


def test_a_large_file_may_take_longer_to_copy(db, monkeypatch, media_root):
    given = {}
    monkeypatch.setattr(child, "run_python", lambda *a, timeout_s, **k: given.update(s=timeout_s) or _gone())
    times = []
    for name, size in (("small.mp4", 1000), ("large.mp4", 2_000_000_000)):
        with (media_root / name).open("wb") as file:
            file.truncate(size)
        with pytest.raises(RuntimeError):
            run(cache.request({"kind": "copy", "version": 1, "source": {"path": name, "sha256": name}}))
        times.append(given["s"])

    assert times[1] > times[0] + 1000
    assert copying.timeout_s(2_000_000_000) < times[1]
    assert copying.encoding_s(copying.ENCODED_S) + copying.timeout_s(1000) < times[0]


def _gone():
    raise RuntimeError


def test_asking_is_noted_once_a_day(db, card, django_assert_num_queries):
    plan = card("quote", body="x")
    with clock.by_hand() as hand:
        asked = cache.request(plan).wanted_at
        hand.move(3600)
        with django_assert_num_queries(1):
            assert cache.request(plan).wanted_at == asked == clock.now() - timedelta(hours=1)
        hand.move(24 * 3600)
        cache.request(plan)
        assert Render.objects.get().wanted_at == clock.now()


def test_what_an_earlier_renderer_made_of_a_plan_is_found(db, card, monkeypatch):
    plan, other = card("quote", body="x"), card("quote", body="y")
    old = run(cache.request(plan))
    cache.request(other)
    assert cache.made_before([plan, other]) == {}

    monkeypatch.setattr(plans, "RENDERER", plans.RENDERER + 1)

    assert cache.find([plan]) == {}
    assert cache.made_before([plan, other]) == {plans.plan_key(plan): old}
    assert cache.request(plan) != old
    monkeypatch.setattr(plans, "RENDERER", plans.RENDERER + 1)
    assert cache.made_before([plan]) == {plans.plan_key(plan): old}  # the one between has no file
    newer = run(cache.request(plan))
    monkeypatch.setattr(plans, "RENDERER", plans.RENDERER + 1)
    assert cache.made_before([plan]) == {plans.plan_key(plan): newer}


def test_rows_from_before_are_known_by_their_plan_too(db, card):
    from importlib import import_module

    from django.apps import apps

    row = cache.request(card("quote", body="x"))
    known, _ = row.content, Render.objects.update(content="")

    import_module("media.migrations.0009_content_of_what_is_there").fill(apps, None)

    row.refresh_from_db()
    assert row.content == known == plans.content_key(row.plan)


def test_the_time_of_a_try_that_was_cut_off_is_counted(db, card, monkeypatch):
    row = cache.request(card("quote", body="x"), campaign=1)
    with clock.by_hand() as hand:

        def cut_off(*args, **kwargs):
            hand.move(250)
            assert turns.spent_lately() == {1: pytest.approx(seconds)}
            raise RenderInterrupted("Too slow.")

        monkeypatch.setattr(child, "run_python", cut_off)
        for seconds in (250, 500, 600):  # of the last ten minutes
            run(row)
            assert turns.spent_lately() == {1: pytest.approx(seconds)}
            hand.move(30)
        assert (row.state, turns.spent_lately()) == (RenderState.FAILED, {1: pytest.approx(570)})


def test_a_lost_lease_writes_nothing(db, card, monkeypatch):
    row = cache.request(card("quote", body="x"))
    claimed = claim.claim(Render, row.pk, worker="slow")

    def steal(*args, **kwargs):
        Render.objects.filter(pk=row.pk).update(fence=99, lease_owner="other", state="rendering")
        raise RenderError("late news")

    monkeypatch.setattr(child, "run_python", steal)
    with pytest.raises(claim.LeaseLost):
        running.run_render(claimed)

    row.refresh_from_db()
    assert (row.error, row.lease_owner) == ("", "other")


def test_progress_is_written_while_the_lease_is_ours(db, card, monkeypatch):
    row = cache.request(card("quote", body="x"))
    claimed = claim.claim(Render, row.pk, worker="me")
    monkeypatch.setattr(running, "REPORT_EVERY_S", 0)
    report = running.Reporter([claimed])

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


# Cancelling, crashes ---------------------------------------------------------------------------------------


def test_a_waiting_render_is_cancelled_and_made_after_all(db, card):
    row = cache.request(card("quote", body="x"), campaign=7)

    assert cache.cancel(row) is True
    assert (row.state, row.next_action_at, row.campaign_id) == (RenderState.CANCELLED, None, 7)
    assert cache.cancel(row) is False
    assert cache.request(row.plan).state == RenderState.CANCELLED
    assert run(cache.request(row.plan, retry=True)).state == RenderState.DONE
    assert cache.cancel(row) is False
    assert row.state == RenderState.DONE


def test_cancelling_ends_what_is_being_made_and_nothing_is_written_after(db, card, monkeypatch):
    row = cache.request(card("quote", body="x"))
    claimed = claim.claim(Render, row.pk, worker="me")
    monkeypatch.setattr(running, "REPORT_EVERY_S", 0)

    def child_at_work(*args, on_line, **kwargs):
        on_line({"progress": 0.4})
        cache.cancel(Render.objects.get(pk=row.pk))
        on_line({})  # what run_python says about each second
        pytest.fail("it went on")

    monkeypatch.setattr(child, "run_python", child_at_work)
    with pytest.raises(claim.LeaseLost):
        running.run_render(claimed)

    row.refresh_from_db()
    assert (row.state, row.file, row.lease_owner) == (RenderState.CANCELLED, "", "")


def test_a_result_that_was_whole_before_the_crash_is_taken_and_not_made_again(
    db, card, media_root, monkeypatch
):
    row = cache.request(card("quote", body="x"))
    done = run(row)
    again = {"state": RenderState.RENDERING, "file": "", "sha256": "", "next_action_at": clock.now()}
    Render.objects.filter(pk=row.pk).update(**again)  # as it was when the worker was killed
    with monkeypatch.context() as patched:
        patched.setattr(child, "run_python", lambda *a, **k: pytest.fail("rendered again"))
        found = run(row)
    assert (found.state, found.file, found.sha256) == (RenderState.DONE, done.file, done.sha256)

    (media_root / done.file).write_bytes(b"half of it")  # not what was noted: made again
    Render.objects.filter(pk=row.pk).update(**again)
    assert run(row).sha256 == done.sha256
    assert plans.file_sha256(media_root / row.file) == done.sha256


def test_the_old_file_stays_when_a_render_fails(db, card, media_root, monkeypatch):
    row = run(cache.request(card("quote", body="x")))
    render.note_path(media_root / row.file).unlink()
    Render.objects.filter(pk=row.pk).update(state=RenderState.WAITING, next_action_at=clock.now())
    monkeypatch.setattr(child, "run_python", _raise(RenderError("No.")))
    before = (media_root / row.file).read_bytes()

    assert run(row).state == RenderState.FAILED
    assert (media_root / row.file).read_bytes() == before
    assert row.file


def test_time_left_is_known_while_it_is_made(db, card):
    row = cache.request(card("quote", body="x"))
    with clock.by_hand() as hand:
        assert cache.left_s(row, hand.at) is None
        claimed = claim.claim(Render, row.pk, worker="me")
        claim.write(claimed, state=RenderState.RENDERING, started_at=hand.at, progress=40)
        hand.move(20)
        assert cache.left_s(claimed, hand.at) == pytest.approx(30)


def test_the_bench_asks_for_what_is_finished_and_leaves_nothing_behind(db, media_root, monkeypatch):
    from media import bench_video

    states, real = [], cache.request
    monkeypatch.setattr(cache, "request", lambda plan: states.append(real(plan)) or states[-1])

    measured = bench_video.cache_hit()

    assert measured["unit"] == "ms"
    assert len(states) == 51
    assert {row.state for row in states[1:]} == {RenderState.DONE}
    assert all(row.file and row.cover for row in states[1:])
    assert not Render.objects.exists()
    assert not [path for path in media_root.rglob("*") if path.is_file()]


# Together --------------------------------------------------------------------------------------------------


def a_cut(name, *, source="a", captions="c", **changes):
    material = {
        "source": {"path": "clip.mp4", "sha256": source},
        "captions": {"path": "c.vtt", "sha256": captions},
    }
    return {"kind": "cut", "version": 1, "size": [180, 320], "name": name, **material, **changes}


@pytest.fixture
def rendered(media_root, monkeypatch):
    """What goes into one child process together; each cut called ``bad`` fails there."""
    seen = []

    def fake(module, task, *, on_line, **options):
        seen.append([plan["name"] for plan in task["plans"]])
        on_line({"progress": 0.5})
        said = []
        for plan, out in zip(task["plans"], task["outs"], strict=True):
            if plan["name"] == "bad":
                said.append({"error": ["RenderError", "The title is too long."]})
                continue
            with open(out, "wb") as file:
                file.write(b"video")
            facts = render.Facts(media_root / out, None, "video/mp4", "ab", 5, 180, 320, 3.0)
            said.append({"facts": facts.as_json()})
        return said

    monkeypatch.setattr(child, "run_python", fake)
    monkeypatch.setattr(running, "REPORT_EVERY_S", 0)
    return seen


def states():
    return {row.plan["name"]: row.state for row in Render.objects.all()}


def test_cuts_of_the_same_material_are_made_together(db, rendered):
    first = cache.request(a_cut("reel"))
    for plan in (
        a_cut("square", size=[240, 240]),
        a_cut("bad"),
        a_cut("other", source="b"),
        a_cut("unsaid", captions="d"),
    ):
        cache.request(plan)
    Render.objects.filter(plan__name="other").update(campaign_id=3)

    run(first)

    assert rendered == [["reel", "square", "bad"]]
    assert states() == {
        "reel": "done",
        "square": "done",
        "bad": "failed",
        "other": "waiting",
        "unsaid": "waiting",
    }
    assert not Render.objects.exclude(lease_owner="").exists()


def test_each_of_those_made_together_has_its_own_end(db, media_root):
    """In a real child: a passage with pictures is made, the one before the first picture says what is wrong with it."""
    clip = media_root / "talk.mkv"
    lavfi = [
        part
        for each in ("testsrc2=s=160x90:r=25:d=2", "sine=frequency=440:d=9")
        for part in ("-itsoffset", "5" if "testsrc2" in each else "0", "-f", "lavfi", "-i", each)
    ]
    subprocess.run(
        [
            ffmpeg.executable(),
            "-v",
            "error",
            "-y",
            *lavfi,
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            str(clip),
        ],
        check=True,
    )
    source = {"path": clip.name, "sha256": plans.file_sha256(clip)}
    rows = [
        cache.request({"kind": "cut", "version": 1, "size": [160, 90], "source": source, "start_s": at, "length_s": 1.5,
                       "centre": {"x": 0.5, "y": 0.5}})
        for at in (5.0, 1.0)
    ]  # fmt: skip

    run(rows[0])

    good, bad = (Render.objects.get(pk=row.pk) for row in rows)
    assert (good.state, good.error, good.together) == (RenderState.DONE, "", 2)
    assert (media_root / good.file).is_file()
    assert bad.state == RenderState.FAILED
    assert bad.error.startswith("From 1.0 to 2.5 s this video has sound but no picture")


def test_at_most_four_are_made_together(db, rendered):
    first = cache.request(a_cut("0"))
    for n in range(1, 7):
        cache.request(a_cut(str(n), max_s=n))

    run(first)

    assert [len(names) for names in rendered] == [4]


def a_card(name, *, photo="a", **more):
    plan = {"kind": "card", "version": 1, "template": "cover", "size": [108, 135], "name": name}
    return plan | {"source": {"path": "photo.jpg", "sha256": photo}} | more


def test_cards_of_one_photograph_are_made_together(db, rendered):
    first = cache.request(a_card("cover"))
    for plan in (a_card("wide", size=[160, 90]), a_card("bad"), a_card("other", photo="b"), a_cut("reel")):
        cache.request(plan)
    cache.request(a_card("words", source=None))

    run(first)

    assert rendered == [["cover", "wide", "bad"]]
    assert states() == {"cover": "done", "wide": "done", "bad": "failed",
                        "other": "waiting", "reel": "waiting", "words": "waiting"}  # fmt: skip
    assert not Render.objects.exclude(lease_owner="").exists()


def test_what_is_made_in_one_go_counts_once_for_its_campaign(db, rendered, monkeypatch):
    rows = [cache.request(a_card(name), campaign=1) for name in ("cover", "wide", "tall")]
    before = running._render
    with clock.by_hand() as hand:

        def six_seconds(rows):
            hand.move(6)
            assert turns.spent_lately() == {1: pytest.approx(6)}
            return before(rows)

        monkeypatch.setattr(running, "_render", six_seconds)
        run(rows[0])

        assert rendered == [["cover", "wide", "tall"]]
        assert turns.spent_lately() == {1: pytest.approx(6)}


def test_one_that_was_cut_off_is_tried_by_itself(db, rendered):
    """What ended its process must not use up the tries of others."""
    rows = [cache.request(a_card(name)) for name in ("killer", "wide", "tall")]
    Render.objects.filter(pk=rows[0].pk).update(tries=1)

    run(rows[0])
    run(rows[1])

    assert rendered == [["killer"], ["wide", "tall"]]


def test_a_companion_that_was_left_whole_is_taken_as_it_is(db, rendered):
    first, second = cache.request(a_card("cover")), cache.request(a_card("wide"))
    run(first)
    again = {"state": RenderState.WAITING, "next_action_at": clock.now(), "file": ""}
    Render.objects.filter(pk=second.pk).update(**again, sha256="")
    render.note(
        render.Facts(
            running._out(second), None, "image/jpeg", plans.file_sha256(running._out(second)), 5, 9, 9
        )
    )
    third = cache.request(a_card("tall"))

    run(third)

    assert rendered == [["cover", "wide"], ["tall"]]
    assert set(states().values()) == {"done"}


def test_one_that_is_cancelled_meanwhile_does_not_hold_up_the_others(db, rendered, monkeypatch):
    first, second = cache.request(a_cut("reel")), cache.request(a_cut("square"))
    fake = child.run_python

    def cancelling(*args, on_line, **options):
        cache.cancel(Render.objects.get(pk=second.pk))
        return fake(*args, on_line=on_line, **options)

    monkeypatch.setattr(child, "run_python", cancelling)
    run(first)

    assert states() == {"reel": "done", "square": "cancelled"}

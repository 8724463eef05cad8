"""kill -9 to a worker while it renders, and after: the medium gets its file, once, and half a file is never in its place."""

import os
from pathlib import Path

import pytest

from media import plans
from media.render import noted
from tests.stack import Stack, own_database, until

pytestmark = pytest.mark.e2e

LOOK = {
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "text": "#14201f",
    "logo": None,
    "name": "R",
}


@pytest.fixture
def stack(tmp_path):
    with own_database(os.environ.get("DATABASE_URL", ""), tmp_path) as database:
        stack = Stack(tmp_path, database, os.environ.get("BROKER_URL", ""))
        try:
            yield stack
        finally:
            for name in ("doomed", "heir"):
                print(f"--- {name} ---\n{stack.log(name)}")  # pytest shows it when the test failed
            stack.stop()


def film(slides=3, size=(720, 1280)):
    card = {"kind": "card", "version": 1, "template": "text", "size": list(size), "format": "jpeg",
            "source": None, "look": LOOK, "language": "en", "safe": []}  # fmt: skip
    return {
        "kind": "film", "version": 1, "size": list(size), "fps": 30, "slide_s": 3.0, "end_card": {}, "look": LOOK,
        "slides": [card | {"text": {"headline": f"Part {n}"}} for n in range(slides)], "language": "en",
        "max_bytes": 30_000_000,
    }  # fmt: skip


def renders(stack: Stack) -> list[Path]:
    """Finished files, as they may be served."""
    return [p for p in (stack.folder / "media" / "renders").glob("*/*") if not p.name.startswith(".")]


def test_killed_while_it_renders(stack):
    key = stack.call("ask_render", plan=film(slides=9))  # long enough to be seen under way
    stack.start_worker("doomed")
    until(
        lambda: stack.call("render_row", key=key)["progress"] >= 10,
        seconds=90,
        every=0.05,
        what="a film half made",
    )
    stack.kill("doomed")

    begun = list((stack.folder / "media" / "renders").glob("*/.render-*"))
    assert begun, "it was not under way"
    assert renders(stack) == []
    assert stack.call("render_row", key=key)["state"] == "rendering"

    stack.call("bury")
    stack.start_worker("heir")
    until(lambda: stack.call("render_row", key=key)["state"] == "done", seconds=120, what="the film")

    row = stack.call("render_row", key=key)
    assert row["fence"] == 2  # taken once by each of the two
    file = stack.folder / "media" / row["file"]
    assert plans.file_sha256(file) == row["sha256"]
    assert sorted(p.suffix for p in renders(stack)) == [".jpg", ".mp4"]
    assert noted(file)


def test_killed_between_the_file_and_the_row(stack):
    """The result is whole: the next worker takes it as it is and renders nothing."""
    key = stack.call("ask_render", plan=film(slides=1, size=(180, 320)))
    stack.start_worker("doomed", HUSTINGS_FAILPOINTS="after_render=kill")
    until(lambda: stack.children["doomed"].poll() is not None, seconds=90, what="the kill")
    (video,) = [p for p in renders(stack) if p.suffix == ".mp4"]
    made = video.stat()

    stack.call("bury")
    stack.start_worker("heir")
    until(lambda: stack.call("render_row", key=key)["state"] == "done", seconds=60, what="the row")

    assert (video.stat().st_mtime_ns, video.stat().st_ino) == (made.st_mtime_ns, made.st_ino)
    assert plans.file_sha256(video) == stack.call("render_row", key=key)["sha256"]

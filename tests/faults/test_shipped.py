"""The faults of the catalogue through the connectors that ship, over the sandbox's stricter wire.

The sandbox goes by the test's clock, so a look-up two minutes later costs nothing.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from channels.models import Credential
from media import ffmpeg
from publishing.domain import actions
from publishing.models import Publication
from tests.faults import history
from tests.faults.world import DUE, START, s
from work import clock

pytestmark = pytest.mark.db

CANARY_TABLES = (
    "publishing.Attempt",
    "publishing.Event",
    "publishing.Publication",
    "work.Notice",
    "work.Outbox",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The media folder as a network reaches it: (folder, address)."""
    import functools
    import http.server
    import threading

    root = tmp_path_factory.mktemp("site")
    (root / "files").mkdir()
    Image.new("RGB", (1080, 1350), "teal").save(root / "files" / "card.jpg", quality=80)
    source = ["-f", "lavfi", "-i", "testsrc=size=540x960:rate=25:duration=3", "-pix_fmt", "yuv420p"]
    film = [*source, "-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart"]
    subprocess.run(
        [ffmpeg.executable(), "-y", "-loglevel", "error", *film, str(root / "files" / "film.mp4")], check=True
    )

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield root / "files", f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def held_or_real() -> datetime:
    """The clock that a test holds; while none does, this machine's, which needs no database."""
    return clock.now() if clock.is_held() else datetime.now(UTC)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """One sandbox for the module, on whatever clock the test holds."""
    from sandbox.testing import running

    with running(tmp_path_factory.mktemp("sandbox"), now=held_or_real) as base:
        yield base


@dataclass
class Shipped:
    base: str
    hand: Any
    folder: Path
    campaign: Any
    owner: Any
    channels: dict[str, Any]

    def strike(self, network: str, match: str, fault: str, times: int = 1, **more: Any) -> None:
        asked = {"network": network, "match": match, "fault": fault, "times": times, **more}
        httpx.post(f"{self.base}/_sandbox/faults", json=asked, trust_env=False).raise_for_status()

    def get(self, what: str) -> Any:
        return httpx.get(f"{self.base}/_sandbox/{what}", trust_env=False).json()

    def lose(self, network: str) -> None:
        """What was prepared there and not used is not there any more."""
        httpx.post(
            f"{self.base}/_sandbox/lose", json={"network": network}, trust_env=False
        ).raise_for_status()

    def lose_before(self, key: str, network: str, monkeypatch: Any) -> None:
        """Once, right before that step is tried."""
        from channels.connectors.registry import CONNECTORS

        connector, real, lost = CONNECTORS[network], CONNECTORS[network].run, []

        def run(step: Any, ctx: Any) -> Any:
            if step.key == key and not lost:
                lost.append(step.key)
                self.lose(network)
            return real(step, ctx)

        monkeypatch.setattr(connector, "run", run)

    def ledger(self) -> list[dict[str, Any]]:
        return self.get("ledger")

    def calls(self, method: str, part: str) -> list[dict[str, Any]]:
        return [c for c in self.get("calls") if c["method"] == method and part in c["path"]]

    def sent(self, pattern: str) -> list[dict[str, Any]]:
        return [c for c in self.get("calls") if re.search(pattern, f"{c['method']} {c['path']}")]

    def medium(self, format: str, film: bool = False) -> dict[str, Any]:
        about = {"file": "card.jpg", "kind": "image", "mime": "image/jpeg", "width": 1080, "height": 1350}
        if film := film or format in FILMS:
            about = {"file": "film.mp4", "kind": "video", "mime": "video/mp4", "width": 540, "height": 960}
        data = (self.folder / about["file"]).read_bytes()
        return about | {
            "role": "picture", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "cover": None,
            "captions": self.captions() if format == "x.video" else None,
            "duration_s": 3.0 if film else None, "alt": "Nets by the river",
        }  # fmt: skip

    def captions(self) -> dict[str, Any]:
        path = self.folder / "said.vtt"
        path.write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nThe river is clean.\n")
        return {
            "file": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "mime": "text/vtt",
        }

    def publication(
        self, platform: str, format: str, *texts: str, pictures: int = 0, film: bool = False
    ) -> Publication:
        from formats.models import Variant
        from publishing.domain.approve import freeze

        channel = self.channels[platform]
        variant = Variant.objects.create(
            story=self.campaign, campaign=self.campaign, format=f"{platform}.{format}", owner=self.owner
        )
        payload = {
            "schema": 1, "variant": variant.pk, "format": f"{platform}.{format}", "platform": platform,
            "language": "en", "planned_at": DUE.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "wall_time": "2026-11-23T18:00:00", "zone": "Europe/London", "fold": 0,
            "channels": [
                {"id": channel.pk, "platform": platform, "remote_id": channel.remote_id, "handle": channel.handle}
            ],
            "parts": [
                {"text": text, "link": "", "media": [self.medium(f"{platform}.{format}", film)] * pictures if n == 0 else []}
                for n, text in enumerate(texts)
            ],
            **({"options": ASKED[platform]} if platform in ASKED else {}),
        }  # fmt: skip
        return freeze(variant, payload, by=self.owner).publications.get()

    def stage(self, publication: Publication) -> None:
        """Prepare what can be before it is due."""
        from work import worker

        self.hand.at = DUE - s(900)
        while publication.next_action_at < DUE:
            self.hand.at = max(self.hand.at, publication.next_action_at)
            worker.run_one("publication", publication.pk)
            publication.refresh_from_db()

    def finish(self, publication: Publication) -> Publication:
        from work import worker

        for _ in range(300):
            publication.refresh_from_db()
            if publication.next_action_at is None:
                break
            due = max(filter(None, (publication.next_action_at, publication.lease_until)))
            self.hand.at = max(self.hand.at, due)
            worker.run_one("publication", publication.pk)
        return publication


@pytest.fixture
def shipped(db, hand, sandbox, site, settings, monkeypatch):
    from channels.sample import connect_all
    from tests.faults.world import people_and_campaign

    folder, address = site
    app = {"client_id": "sandbox-app", "client_secret": "sandbox-secret"}
    settings.SANDBOX_URL, settings.PUBLIC_URL, settings.MEDIA_ROOT = sandbox, address, str(folder)
    settings.MEDIA_URL = "/files/"
    settings.NETWORKS = {
        name: {part: value if "{server}" in value else f"{sandbox}/{name}" for part, value in parts.items()}
        | app
        for name, parts in settings.NETWORKS.items()
    }
    monkeypatch.setattr("publishing.domain.held.random.random", lambda: 0.5)
    httpx.post(f"{sandbox}/_sandbox/reset", trust_env=False)
    owner, manager, campaign = people_and_campaign()
    hand.at = START - timedelta(minutes=1)

    class Connected(dict):
        """Channels by network, each connected when it is first asked for."""

        def __missing__(self, platform):
            (self[platform],) = connect_all(campaign, by=manager, platforms={platform: ""})
            Credential.objects.update(token_expires_at=None)
            return self[platform]

    made = Shipped(sandbox, hand, folder, campaign, owner, Connected())
    yield made
    history.check(history.from_sandbox(made.ledger()), at=hand.at)


FILMS = ("youtube.short", "tiktok.video", "x.video", "facebook.reel", "instagram.reel")
# What the networks ask besides the content.
ASKED: dict[str, dict[str, Any]] = {
    "youtube": {"privacy": "public", "made_for_kids": "no", "category": "25"},
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "whatsapp": {"recipients": "+4915155501001, +4915155501002, +4915155501003"},
}
# (network, format, texts, pictures): what a post is made of on the wire, and which calls make it
FORMS = {
    "x post": ("x", "post", ("The river is clean.",), 0),
    "x thread": ("x", "thread", ("The river is clean.", "Thanks to forty people.", "See you next year!"), 0),
    "x picture": ("x", "post", ("Look at this!",), 1),
    "facebook post": ("facebook", "post", ("The river is clean.",), 0),
    "facebook photos": ("facebook", "post", ("Look at this!",), 2),
    "instagram picture": ("instagram", "image", ("The river is clean.",), 1),
    "instagram carousel": ("instagram", "carousel", ("Look at this!",), 2),
    "threads thread": ("threads", "thread", ("The river is clean.", "Thanks to forty people."), 0),
    "linkedin pictures": ("linkedin", "post", ("The river is clean (at last) #river",), 2),
    "mastodon thread": ("mastodon", "thread", ("The river is clean.", "Thanks to forty people."), 0),
    "mastodon pictures": ("mastodon", "thread", ("Look at this!",), 2),
    "bluesky thread": ("bluesky", "thread", ("The river is clean.", "Thanks to forty people."), 0),
    "bluesky pictures": ("bluesky", "thread", ("Look at this!",), 2),
    "youtube short": ("youtube", "short", ("The river is clean.",), 1),
    "tiktok video": ("tiktok", "video", ("The river is clean.",), 1),
    "tiktok photos": ("tiktok", "photo", ("The river is clean.",), 2),
}
# Not being among what everybody sees proves nothing there: a person is asked before anything is sent once more.
ASKS = ("tiktok photos",)
PUBLIC = {
    "x": r"POST /2/tweets$",
    "facebook": r"POST /v26.0/\d+/feed$",
    "instagram": r"POST /v26.0/\d+/media_publish$",
    "threads": r"POST /v1.0/\d+/threads_publish$",
    "linkedin": r"POST /rest/posts$",
    "mastodon": r"POST /api/v1/statuses$",
    "bluesky": r"POST /xrpc/com.atproto.repo.putRecord$",
    "youtube": r"PUT /youtube/v3/videos",
    "tiktok": r"PUT /video/|POST /v2/post/publish/content/init/",
}
STAGED = {
    "x picture": (r"POST /2/media/upload", r"POST /2/media/metadata"),
    "facebook photos": (r"POST /v26.0/\d+/photos",),
    "instagram picture": (r"POST /v26.0/\d+/media$",),
    "instagram carousel": (r"POST /v26.0/\d+/media$",),
    "threads thread": (r"POST /v1.0/\d+/threads$",),
    "linkedin pictures": (r"PUT /dms-uploads",),
    "mastodon pictures": (r"POST /api/v2/media$",),
    "bluesky pictures": (r"POST /xrpc/com.atproto.repo.uploadBlob$",),
    "youtube short": (r"PUT /upload/youtube/v3/videos",),
    "tiktok video": (r"POST /v2/post/publish/video/init/",),
    "tiktok photos": (r"POST /v2/post/publish/creator_info/query/", r"POST /v2/post/publish/status/fetch/"),
}
# (network, format, pictures or films, the call that makes what can be lost, how many of them are enough, before which steps)
HELD = {
    "x picture": ("x", "post", 1, r"POST /2/media/upload$", 2, ("alt 1.1", "commit")),
    "x pictures": ("x", "thread", 2, r"POST /2/media/upload$", 4, ("commit",)),
    "x video": (
        "x",
        "video",
        1,
        r"POST .*/initialize$",
        2,
        ("wait 1.1", "alt 1.1", "captions 1.1", "commit"),
    ),
    "instagram picture": ("instagram", "image", 1, r"POST .*/media$", 2, ("wait 1.1", "commit")),
    "instagram carousel": ("instagram", "carousel", 2, r"POST .*/media$", 7, ("container", "wait", "commit")),
    "instagram reel": ("instagram", "reel", 1, r"POST .*/media$", 2, ("commit",)),
    "threads picture": ("threads", "thread", 1, r"POST .*/threads$", 2, ("wait 1", "commit")),
    "threads pictures": ("threads", "thread", 2, r"POST .*/threads$", 7, ("container 1", "wait 1", "commit")),
    "mastodon pictures": ("mastodon", "thread", 2, r"POST /api/v2/media$", 4, ("commit",)),
    "mastodon video": ("mastodon", "thread", 1, r"POST /api/v2/media$", 2, ("wait 1.1", "commit")),
    "bluesky pictures": ("bluesky", "thread", 2, r"POST .*uploadBlob$", 4, ("commit",)),
    "bluesky video": ("bluesky", "thread", 1, r"POST .*uploadVideo", 3, ("commit",)),
}
# Of these nothing is documented to be lost; where it is all the same, nothing goes out and the owner is told why.
KEPT = {
    "facebook photos": ("facebook", "post", 2),
    "facebook reel": ("facebook", "reel", 1),
    "linkedin pictures": ("linkedin", "post", 2),
    "whatsapp picture": ("whatsapp", "message", 1),
}
LOST = ("lost_answer", "5xx_after", "garbled", "no_id")
NOT_DONE = ("cut",)
NO_ALT = ("youtube.short", "tiktok.video", "tiktok.photo", "facebook.reel", "instagram.reel")


def told_alt(format: str) -> str:
    """What stands with a picture or film as its alt text, where the network takes one there."""
    return "" if format in NO_ALT else "Nets by the river"


def approved(shipped, form):
    platform, format, texts, pictures = FORMS[form]
    return platform, shipped.publication(platform, format, *texts, pictures=pictures), texts


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fault", [*LOST, *NOT_DONE])
def test_lost_answer_to_the_public_call_makes_one_post(shipped, form, fault):
    platform, publication, texts = approved(shipped, form)
    shipped.strike(platform, PUBLIC[platform], fault)

    shipped.finish(publication)
    if form in ASKS and fault in NOT_DONE:
        assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
        assert shipped.ledger() == []
        actions.send_now(publication, by=shipped.owner, why="It is not in the app.")
        shipped.finish(publication)

    assert (publication.state, publication.reason) == ("published", "")
    assert [row["text"] for row in shipped.ledger()] == list(texts)
    assert publication.remote_url


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize("fault", ["lost_answer", "garbled", "cut"])
def test_lost_answer_to_a_later_part_of_a_thread(shipped, part, fault):
    platform, publication, texts = approved(shipped, "x thread")
    shipped.strike(platform, PUBLIC[platform], fault, skip=part)

    shipped.finish(publication)

    assert publication.state == "published"
    assert [row["text"] for row in shipped.ledger()] == list(texts)


@pytest.mark.parametrize(("form", "step"), [(form, step) for form, steps in STAGED.items() for step in steps])
@pytest.mark.parametrize("fault", ["lost_answer", "5xx_after", "garbled", "cut", "5xx"])
def test_lost_answer_to_what_is_staged_is_repeated(shipped, form, step, fault):
    platform, publication, texts = approved(shipped, form)
    shipped.strike(platform, step, fault)

    shipped.finish(publication)

    assert publication.state == "published"
    assert [row["text"] for row in shipped.ledger()] == list(texts)
    alt = told_alt(f"{platform}.{FORMS[form][1]}")
    assert [medium["alt"] for medium in shipped.ledger()[0]["media"]] == [alt] * FORMS[form][3]


@pytest.mark.parametrize(("form", "before"), [(form, step) for form in HELD for step in HELD[form][-1]])
def test_what_is_lost_before_the_commit_is_made_again_whole(shipped, monkeypatch, form, before):
    """With the alt texts as approved, a video's captions, and few uploads."""
    platform, format, count, call, enough, _ = HELD[form]
    video = form.endswith(("video", "reel"))
    publication = shipped.publication(platform, format, "Look at this!", pictures=count, film=video)
    shipped.lose_before(before, platform, monkeypatch)

    shipped.finish(publication)

    assert (publication.state, publication.warnings) == ("published", [])
    (row,) = shipped.ledger()
    assert [medium["alt"] for medium in row["media"]] == [told_alt(f"{platform}.{format}")] * count
    assert 1 < len(shipped.sent(call)) <= enough
    last = {step.key: step.attempts.latest("n").intent_at for step in publication.steps.filter(kind="upload")}
    said = {key: at for key, at in last.items() if key.split()[0] in ("alt", "captions")}
    assert all(at >= last[f"upload {key.split()[1]}"] for key, at in said.items())


@pytest.mark.parametrize("form", KEPT)
def test_what_is_never_lost_and_is_lost_all_the_same_fails_in_plain_words(shipped, form):
    platform, format, count = KEPT[form]
    publication = shipped.publication(platform, format, "Look at this!", pictures=count)
    shipped.stage(publication)
    shipped.lose(platform)

    shipped.finish(publication)

    assert publication.state == "failed"
    assert shipped.ledger() == []


@pytest.mark.parametrize("form", ["instagram picture", "instagram carousel", "threads thread"])
def test_error_instead_of_the_answer_makes_no_second_post(shipped, form):
    """Published, and answered with an error: the container says so, and none is made anew."""
    platform, publication, texts = approved(shipped, form)
    shipped.strike(platform, PUBLIC[platform], "error_after")

    shipped.finish(publication)

    assert publication.state == "published"
    assert [row["text"] for row in shipped.ledger()] == list(texts)
    sent = shipped.calls("POST", PUBLIC[platform].rsplit("/", 1)[1].rstrip("$"))
    assert len(sent) == len(texts)


@pytest.mark.parametrize("form", ["x post", "facebook post", "instagram picture"])
def test_look_ups_that_fail_are_repeated(shipped, form):
    platform, publication, texts = approved(shipped, form)
    shipped.strike(platform, PUBLIC[platform], "lost_answer")
    if platform == "instagram":  # let the staging's own questions pass
        shipped.stage(publication)
    for fault in ("5xx", "garbled", "lost_answer"):
        shipped.strike(platform, "GET ", fault)

    shipped.finish(publication)

    assert publication.state == "published"
    assert [row["text"] for row in shipped.ledger()] == list(texts)
    assert len(shipped.calls("POST", PUBLIC[platform].rsplit("/", 1)[1].rstrip("$"))) == 1


@pytest.mark.parametrize("form", ["x post", "facebook post", "instagram picture", "mastodon pictures"])
def test_redirect_is_not_followed(shipped, form):
    platform, publication, _ = approved(shipped, form)
    shipped.strike(platform, PUBLIC[platform], "redirect", times=-1)

    shipped.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert shipped.calls("POST", "elsewhere") == []
    assert shipped.ledger() == []


@pytest.mark.parametrize(
    "form",
    ["x post", "facebook post", "instagram picture", "mastodon pictures", "bluesky thread", "youtube short"],
)
def test_token_in_a_refusal_is_not_written_down(shipped, form):
    from tests.faults.test_tokens import texts_in_the_database

    platform, publication, _ = approved(shipped, form)
    token = Credential.objects.get(channel=shipped.channels[platform]).access_token
    shipped.strike(platform, PUBLIC[platform], "echo")

    shipped.finish(publication)

    assert publication.state == "failed"
    assert [label for label, text in texts_in_the_database() if token in text] == []


def test_instagram_that_says_error_of_what_is_out_is_not_believed(shipped):
    platform, publication, texts = approved(shipped, "instagram picture")
    shipped.strike(platform, PUBLIC[platform], "lost_answer")
    shipped.hand.at = DUE - s(900)
    from work import worker

    while publication.next_action_at <= DUE:
        shipped.hand.at = max(shipped.hand.at, publication.next_action_at)
        worker.run_one("publication", publication.pk)
        publication.refresh_from_db()
    assert publication.state == "in_doubt"
    shipped.strike(platform, "status_code", "says_error", times=-1)

    shipped.finish(publication)

    assert publication.state == "published"
    assert [row["text"] for row in shipped.ledger()] == list(texts)


@pytest.mark.parametrize("form", ["x post", "facebook post"])
def test_duplicate_of_a_foreign_post_asks(shipped, form):
    """The owner has posted the same text before, in the network's own app."""
    platform, publication, texts = approved(shipped, form)
    channel = shipped.channels[platform]
    token = Credential.objects.get(channel=channel).access_token
    shipped.hand.at = DUE - s(300)
    address, body = {
        "x": ("x/2/tweets", {"json": {"text": texts[0]}}),
        "facebook": (f"facebook/v26.0/{channel.remote_id}/feed", {"data": {"message": texts[0]}}),
    }[platform]
    httpx.post(
        f"{shipped.base}/{address}", headers={"Authorization": f"Bearer {token}"}, trust_env=False, **body
    ).raise_for_status()

    shipped.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "duplicate")
    assert len(shipped.ledger()) == 1
    httpx.post(f"{shipped.base}/_sandbox/reset", trust_env=False)  # it is not ours to account for


def test_message_to_a_person_that_cannot_be_asked_about_is_never_sent_again(shipped):
    publication = shipped.publication("whatsapp", "message", "The river is clean.")
    shipped.strike("whatsapp", r"POST .*/messages$", "lost_answer")

    shipped.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "unknown_outcome")
    assert [row["to"] for row in shipped.ledger()] == ["+4915155501001"]


def test_video_that_lies_on_a_bluesky_server_for_longer_than_it_keeps_it_is_put_there_again(shipped):
    """Uploaded two hours before, dropped after one; and the service that works on video does so only once."""
    publication = shipped.publication("bluesky", "thread", "Look at this!", pictures=1, film=True)

    shipped.finish(publication)

    assert publication.state == "published"
    assert [medium["alt"] for medium in shipped.ledger()[0]["media"]] == ["Nets by the river"]
    assert len(shipped.sent(r"POST .*uploadVideo")) <= 3

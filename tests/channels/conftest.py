"""A sandbox over real HTTP, an account on each of its networks, and a little driver of steps."""

from __future__ import annotations

import functools
import hashlib
import http.server
import runpy
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import override_settings
from PIL import Image

from channels.connectors.base import Context, Outcome, OutcomeKind, StepSpec
from channels.connectors.registry import CONNECTORS
from channels.wire import Wire

# What the contract suite must know of a network that its connector does not say; profiles/NAME.py sets what differs.
PROFILE: dict[str, Any] = {
    "FORMAT": "post",  # of a post with pictures, or with what MEDIA says
    "MEDIA": "pictures",  # or "picture", "frame" (of a story, without words), "video", "none"
    "COMMIT_CALL": "",  # a part of "METHOD /path" of the call that makes it public
    "LOOKUP_CALL": "",  # … of a call that the look-up makes; "" where it makes none
    "TEXT": lambda row: row["text"],  # how a ledger row shows the part's text
    "ALT": True,  # the network takes alt texts for what MEDIA says
    "SAME_BYTES": True,  # it keeps files as they were sent
    "NEVER": (),  # metrics that it never tells
    "LIKES": True,  # it tells likes
    "GONE": "1999999999999999999",  # an id in the network's manner that no post has
    "SAYS_GONE": True,  # it tells a post that is gone from one of which it has no numbers
    "POST_ID": lambda remote_id: remote_id,  # the sandbox's own id of a post
    "MESSAGE_ID": lambda remote_id: remote_id,  # … and of a comment
    "CALLED": lambda channel: "",  # what a comment begins with so that it may be answered
    "DIRECT_CALL": "",  # a part of the call that answers a direct message
    "REPLY_CALL": "",  # … that answers a comment
    "OPTIONS": {},  # further entries of the payload
    "PATIENT": False,  # a look-up may have to be repeated until the network is through with what it was sent
    "FOUND": lambda row: row["remote_id"],  # the id by which a look-up knows what a ledger row shows
    "FORMATS": {},  # the other formats by their short names, and what of the above differs for each
}


def profile_of(platform: str, format: str = "") -> SimpleNamespace:
    """Of the network's usual format, or of another one."""
    own = runpy.run_path(str(Path(__file__).parent / "profiles" / f"{platform}.py"))
    found = PROFILE | {name: own[name] for name in PROFILE if name in own}
    if format not in ("", found["FORMAT"]):
        found |= {"FORMAT": format, **found["FORMATS"][format]}
    return SimpleNamespace(**found)


def every_format() -> list[Any]:
    """All that our connectors bring out, as parameters for ``platform`` and ``profile``."""
    names = [name.partition(".") for connector in CONNECTORS for name in sorted(connector.publishes)]
    return [
        pytest.param(platform, profile_of(platform, name), id=f"{platform}.{name}")
        for platform, _, name in names
    ]


def networks(base: str) -> dict[str, dict[str, str]]:
    """Every network of the settings on the sandbox; what a person names the server of stays so."""
    app = {"client_id": "sandbox-app", "client_secret": "sandbox-secret"}
    return {
        name: {part: value if "{server}" in value else f"{base}/{name}" for part, value in network.items()}
        | app
        for name, network in settings.NETWORKS.items()
    }


@pytest.fixture(scope="session")
def files_server(tmp_path_factory):
    """The media folder, reachable as a network would reach it: (folder, public address)."""
    root = tmp_path_factory.mktemp("site")
    (root / "files").mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield root / "files", f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory):
    from sandbox.testing import running

    with running(tmp_path_factory.mktemp("sandbox")) as base:
        # all tests of a process write with one account
        many = {
            "limit x POST /2/tweets": 5000,
            "instagram quota": 5000,
            "youtube units": 1_000_000,
            "youtube uploads": 100_000,
        }
        httpx.post(f"{base}/_sandbox/settings", json=many, trust_env=False).raise_for_status()
        yield base


@pytest.fixture
def on_sandbox(sandbox_url, files_server):
    """Our settings point at the sandbox; no fault is left over from an earlier test."""
    folder, site = files_server
    httpx.delete(f"{sandbox_url}/_sandbox/faults", trust_env=False)
    with override_settings(
        SANDBOX_URL=sandbox_url, NETWORKS=networks(sandbox_url), PUBLIC_URL=site, MEDIA_ROOT=str(folder)
    ):
        yield sandbox_url


@pytest.fixture
def fault(on_sandbox):
    def inject(network: str, match: str, fault: str, times: int = 1, **more: Any) -> None:
        asked = {"network": network, "match": match, "fault": fault, "times": times, **more}
        httpx.post(f"{on_sandbox}/_sandbox/faults", json=asked, trust_env=False).raise_for_status()

    return inject


@pytest.fixture
def say(on_sandbox):
    """Somebody says something on the sandbox, under a post or (with ``account``) in private; returns its id."""

    def speak(network: str, text: str, **where: str) -> str:
        asked = {"network": network, "text": text, **where}
        answer = httpx.post(f"{on_sandbox}/_sandbox/say", json=asked, trust_env=False)
        answer.raise_for_status()
        return answer.json()["said"]

    return speak


@pytest.fixture
def ledger(on_sandbox):
    def read(network: str, text: str) -> list[dict[str, Any]]:
        rows = httpx.get(f"{on_sandbox}/_sandbox/ledger", trust_env=False).json()
        return [row for row in rows if row["network"] == network and text in row["text"]]

    return read


@pytest.fixture(scope="module")
def grants(sandbox_url):
    """One account of each network, connected once per file: {platform: (channel, token)}.

    Some files take a person's permission back, which ends what was granted before.
    """
    from channels.sample import enter

    found: dict[str, Any] = {}

    def grant(platform: str) -> tuple[SimpleNamespace, str]:
        if platform not in found:
            with override_settings(
                SANDBOX_URL=sandbox_url, NETWORKS=networks(sandbox_url), PUBLIC_URL="http://127.0.0.1:8000"
            ):
                got, (account, *_) = enter(platform)
            channel = SimpleNamespace(
                pk=1,
                platform=platform,
                remote_id=account.remote_id,
                handle=account.handle,
                scopes=list(got.scopes),
                server=account.server,
                facts=dict(account.facts),
                extra=dict(account.extra),
            )
            found[platform] = (channel, account.access_token)
        return found[platform]

    return grant


# Payloads -------------------------------------------------------------------------------------------------------


@pytest.fixture
def picture(files_server):
    """Make a JPEG in the media folder and return its media entry."""
    folder, _ = files_server

    def make(
        name: str = "card.jpg",
        *,
        alt: str = "Volunteers with nets by the river",
        colour: str = "teal",
        size=(1080, 1350),
    ):
        path = folder / name
        Image.new("RGB", size, colour).save(path, quality=80)
        return entry(path, folder, "image", "image/jpeg", alt=alt, width=size[0], height=size[1])

    return make


def entry(path: Path, folder: Path, kind: str, mime: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "role": "picture",
        "file": str(path.relative_to(folder)),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "mime": mime,
        "bytes": path.stat().st_size,
        "cover": None,
        "captions": None,
        "duration_s": None,
        "alt": "",
    } | more


@pytest.fixture(scope="session")
def clip(files_server):
    """A short 9:16 video with sound, made once: its media entry."""
    import subprocess

    import imageio_ffmpeg

    folder, _ = files_server
    path = folder / "clip.mp4"
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error",
            "-f", "lavfi", "-i", "testsrc=size=540x960:rate=30:duration=4",
            "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4",
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60",
            "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-movflags", "+faststart", "-shortest", str(path),
        ],
        check=True,
    )  # fmt: skip
    return entry(path, folder, "video", "video/mp4", width=540, height=960, duration_s=4.0)


@pytest.fixture
def new_clip(clip, files_server):
    """The same video as a file of its own: Bluesky's service processes what it has seen from an account no second time."""
    folder, _ = files_server
    mark = uuid.uuid4().bytes
    path = folder / f"{mark.hex()}.mp4"
    path.write_bytes((folder / clip["file"]).read_bytes() + (8 + len(mark)).to_bytes(4) + b"free" + mark)
    return clip | {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
    }


def payload(platform: str, format: str, *parts: dict[str, Any]) -> dict[str, Any]:
    whole = [{"text": "", "link": "", "media": []} | part for part in parts]
    return {
        "schema": 1,
        "format": f"{platform}.{format}",
        "platform": platform,
        "language": "en",
        "parts": whole,
    }


# One post on each registered network ----------------------------------------------------------------------------


@pytest.fixture(params=[connector.platform for connector in CONNECTORS])
def platform(request):
    return request.param


@pytest.fixture
def profile(platform):
    return profile_of(platform)


@pytest.fixture
def going_out(platform, profile, drive, picture, clip, ledger):
    """A drive for one post with its own text and the media that the network is for."""
    media, earlier = [], {}
    if profile.MEDIA in ("pictures", "picture"):
        names = [f"{platform}-{n}.jpg" for n in range(2 if profile.MEDIA == "pictures" else 1)]
        media = [picture(name, colour=c) for name, c in zip(names, ("teal", "navy"), strict=False)]
    elif profile.MEDIA == "video":
        media = [dict(clip)]
    elif profile.MEDIA == "frame":  # known by its bytes alone, and by not being one of those before
        media = [picture("frame.jpg", colour=f"#{uuid.uuid4().hex[:6]}", size=(1080, 1920))]
        earlier = {f"earlier {row['remote_id']}": {"id": row["remote_id"]} for row in ledger(platform, "")}
    other = uuid.uuid4().hex * 2  # nothing near it may stand there already: a near match is left to a person
    text = f"River clean-up {other[:10]}: 120 people & 3 boats\n\nThanks to all! {other}"
    text = "" if profile.MEDIA == "frame" else text
    what = {
        "schema": 1,
        "format": f"{platform}.{profile.FORMAT}",
        "platform": platform,
        "language": "en",
        **profile.OPTIONS,
        "parts": [{"text": text, "link": "", "media": media}],
    }
    going = drive(what)
    going.refs |= earlier
    return going


# A driver -------------------------------------------------------------------------------------------------------


@dataclass
class Drive:
    """Runs the steps of one payload in order, as the delivery core would on a good day."""

    channel: Any
    token: str
    payload: dict[str, Any]
    refs: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def connector(self):
        return CONNECTORS[self.channel.platform]

    def context(self, **more: Any) -> Context:
        from channels.service import open_media, public_url

        return Context(
            channel=self.channel,
            wire=Wire(self.channel, token=more.pop("token", self.token)),
            now=datetime.now(UTC),
            payload=self.payload,
            refs=dict(self.refs),
            intent_at=more.pop("intent_at", self.started),
            open_media=open_media,
            public_url=public_url,
            **more,
        )

    def steps(self) -> list[StepSpec]:
        return self.connector.plan(self.payload, self.channel)

    def step(self, key: str) -> StepSpec:
        return next(step for step in self.steps() if step.key == key)

    def run(self, *, until: str = "", patience_s: float = 20.0) -> Drive:
        """Run all steps, or those before ``until``; a step that is not ready is asked again."""
        end = time.monotonic() + patience_s
        for step in self.steps():
            if step.key == until:
                break
            while True:
                kept = partial(self.refs.__setitem__, step.key)
                outcome = self.outcomes[step.key] = self.connector.run(step, self.context(keep=kept))
                if outcome.kind is not OutcomeKind.BUSY or time.monotonic() > end:
                    break
                time.sleep(0.1)
            assert outcome.ok or not step.required, (step.key, outcome)
            if outcome.ok:
                self.refs[step.key] = dict(outcome.remote_ref)
        return self

    def one(self, key: str, **more: Any) -> Outcome:
        more = {"keep": partial(self.refs.__setitem__, key), **more}
        outcome = self.connector.run(self.step(key), self.context(**more))
        if outcome.ok:
            self.refs[key] = dict(outcome.remote_ref)
        return outcome

    def look(self, key: str, **more: Any):
        return self.connector.lookup(self.step(key), self.context(**more))


@pytest.fixture
def drive(on_sandbox, grants):
    def start(what: dict[str, Any]) -> Drive:
        channel, token = grants(what["platform"])
        return Drive(replace_channel(channel), token, what)

    return start


def replace_channel(channel: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(channel), "scopes": list(channel.scopes)})


def carry_out(connector: Any, act: Any, ctx: Context, *, patience_s: float = 10.0) -> Outcome:
    """An act with what has to be prepared for it; a step that is not ready is asked again, as the delivery core would."""
    end = time.monotonic() + patience_s
    if act.action not in connector.acts:
        return connector.do(act, ctx)
    for step in connector.steps_of(act):
        while (outcome := connector.run(step, ctx)).kind is OutcomeKind.BUSY and time.monotonic() < end:
            time.sleep(0.1)
        if not outcome.ok:
            break
        ctx = replace(ctx, refs={**ctx.refs, step.key: outcome.remote_ref})
    return outcome


__all__ = ["Drive", "carry_out", "entry", "networks", "payload", "replace"]


# With a database ------------------------------------------------------------------------------------------------


@pytest.fixture
def campaign(db):
    from django.conf import settings
    from wagtail.coreutils import get_supported_content_language_variant
    from wagtail.models import Locale, Page

    # A test with real transactions empties the tables.
    Locale.objects.get_or_create(language_code=get_supported_content_language_variant(settings.LANGUAGE_CODE))
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    return root.add_child(title="River clean-up", slug="river-clean-up")


@pytest.fixture
def person(db, campaign):
    """Make a user with a role in the campaign (or in another page, or in none)."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group, Permission

    from access.models import CampaignRole

    def make(role: str | None = "manager", *, page=None, name: str = ""):
        user = get_user_model().objects.create_user(
            name or f"user-{role}-{(page or campaign).pk}", "u@example.org"
        )
        group = Group.objects.create(name=f"group {user.username}")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        group.user_set.add(user)
        if role:
            CampaignRole.objects.create(group=group, campaign=page or campaign, role=role)
        return user

    return make


@pytest.fixture
def manager(person):
    return person("manager", name="mona")


@pytest.fixture
def connected(on_sandbox, campaign, manager):
    """Connect sandbox accounts by walking their consent pages; returns {platform: Channel}."""
    from channels.sample import connect_all

    def connect(*platforms: str):
        wanted = dict.fromkeys(platforms, "") or None
        return {channel.platform: channel for channel in connect_all(campaign, by=manager, platforms=wanted)}

    return connect

"""A sandbox in memory of the test: its app with a clock that the test moves, and people who are signed in."""

import base64
import hashlib
import io
import struct
import threading
import types
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from sandbox.app import create_app

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://127.0.0.1:8000/callback"
X_SCOPES = "tweet.read tweet.write users.read media.write offline.access"


class Clock:
    def __init__(self):
        self.at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self):
        self.at += timedelta(milliseconds=1)
        return self.at

    def pass_by(self, **length):
        self.at += timedelta(**length)


@pytest.fixture(scope="session")
def _the_clock():
    return Clock()


@pytest.fixture(scope="session")
def _the_app(tmp_path_factory, _the_clock):
    app = create_app(tmp_path_factory.mktemp("sandbox"), pace="real", now=_the_clock)
    yield app
    app.extensions["sandbox"].store.close()


@pytest.fixture
def clock(_the_clock):
    return _the_clock


@pytest.fixture
def app(_the_app, _the_clock):
    """One app for all tests (making one takes a while), as at its first start."""
    _the_clock.at = Clock().at
    assert _the_app.test_client().post("/_sandbox/reset").json == {"reset": True}
    return _the_app


@pytest.fixture
def http(app):
    return app.test_client()


def consent(http, path, asked, **form):
    """Allow in the browser and return what came back in the address."""
    answer = http.post(path, data=asked | {"decision": "allow"} | form)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def x_asked(**changes):
    return {
        "response_type": "code",
        "client_id": "sandbox-app",
        "redirect_uri": CALLBACK,
        "scope": X_SCOPES,
        "state": "st",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes


def x_exchange(http, code, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    } | changes
    return http.post("/x/2/oauth2/token", data=form, auth=("sandbox-app", "sandbox-secret"))


class Signed:
    """Calls of one signed-in account."""

    def __init__(self, http, token, account):
        self.http, self.token, self.account = http, token, account

    def __getattr__(self, method):
        def call(path, **more):
            headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
            return getattr(self.http, method)(path, headers=headers, **more)

        return call


def sign_in_x(http, account="1562000000000000101", scope=X_SCOPES):
    code = consent(http, "/x/i/oauth2/authorize", x_asked(scope=scope), account=account)["code"]
    return Signed(http, x_exchange(http, code).json["access_token"], account)


@pytest.fixture
def x(http):
    return sign_in_x(http)


# Media -----------------------------------------------------------------------------------------------------------
def picture(width=1080, height=1350, kind="JPEG", colour=(20, 90, 120), noise=False):
    image = (
        Image.effect_noise((width, height), 90).convert("RGB")
        if noise
        else Image.new("RGB", (width, height), colour)
    )
    body = io.BytesIO()
    image.save(body, kind, quality=95) if kind == "JPEG" else image.save(body, kind)
    return body.getvalue()


def box(kind, *content):
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def movie(
    seconds=6.0,
    fps=30,
    width=1080,
    height=1920,
    codec=b"avc1",
    faststart=True,
    sound=b"mp4a",
    picture_bytes=2000,
):
    """A video as far as its boxes go; there are no frames in it."""

    def track(handler, codec, wide, high, samples):
        tkhd = bytes(76) + struct.pack(">II", wide << 16, high << 16)
        mdhd = bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(4)
        hdlr = bytes(8) + handler + bytes(13)
        stsd = struct.pack(">II", 0, 1) + box(codec, bytes(70))
        stts = struct.pack(">IIII", 0, 1, samples, 1)
        table = box(b"stbl", box(b"stsd", stsd), box(b"stts", stts))
        return box(
            b"trak",
            box(b"tkhd", tkhd),
            box(b"mdia", box(b"mdhd", mdhd), box(b"hdlr", hdlr), box(b"minf", table)),
        )

    tracks = [track(b"vide", codec, width, height, round(seconds * fps))]
    if sound:
        tracks.append(track(b"soun", sound, 0, 0, round(seconds * 47)))
    mvhd = bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(80)
    moov = box(b"moov", box(b"mvhd", mvhd), *tracks)
    mdat = box(b"mdat", bytes(picture_bytes))
    head = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41")
    return head + (moov + mdat if faststart else mdat + moov)


class Shelf:
    """A web server on loopback that holds the media of one test."""

    def __init__(self, address):
        self.address, self.things = address, {}

    def put(self, name, body):
        self.things[f"/{name}"] = body
        return f"{self.address}/{name}"


@pytest.fixture
def shelf():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = shelf.things.get(self.path)
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/cover.jpg")
                self.end_headers()
                return
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shelf = Shelf(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield shelf
    server.shutdown()
    server.server_close()
    thread.join(5)


# Facebook and Instagram ----------------------------------------------------------------------------------------
PAGE = "104200000000101"
PAGE_SCOPES = (
    "pages_show_list,pages_read_engagement,pages_manage_posts,pages_manage_engagement,pages_read_user_content,"
    "read_insights"
)
IG = "17841400000000101"
IG_SCOPES = (
    "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments,"
    "instagram_business_manage_insights"
)


def fb_user_token(http, scope=PAGE_SCOPES, pages=(PAGE,), long=True, **form):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": CALLBACK,
        "state": "st",
        "response_type": "code",
        "scope": scope,
    }
    code = consent(http, "/facebook/v26.0/dialog/oauth", asked, account=list(pages), **form)["code"]
    keys = {"client_id": "sandbox-app", "client_secret": "sandbox-secret"}
    given = keys | {"redirect_uri": CALLBACK, "code": code}
    token = http.get("/facebook/v26.0/oauth/access_token", query_string=given).json["access_token"]
    if not long:
        return token
    exchange = keys | {"grant_type": "fb_exchange_token", "fb_exchange_token": token}
    return http.get("/facebook/v26.0/oauth/access_token", query_string=exchange).json["access_token"]


def sign_in_page(http, scope=PAGE_SCOPES, page=PAGE):
    user = fb_user_token(http, scope, (page,))
    pages = http.get(
        "/facebook/v26.0/me/accounts", query_string={"fields": "id,name,access_token", "access_token": user}
    )
    return Signed(http, pages.json["data"][0]["access_token"], page)


def ig_short_token(http, scope=IG_SCOPES, account=IG):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": scope,
        "state": "st",
    }
    code = consent(http, "/instagram/oauth/authorize", asked, account=account)["code"]
    form = {"client_id": "sandbox-app", "client_secret": "sandbox-secret", "grant_type": "authorization_code"}
    return http.post("/instagram/oauth/access_token", data=form | {"redirect_uri": CALLBACK, "code": code})


def sign_in_instagram(http, scope=IG_SCOPES, account=IG):
    short = ig_short_token(http, scope, account).json["access_token"]
    given = {"grant_type": "ig_exchange_token", "client_secret": "sandbox-secret", "access_token": short}
    return Signed(http, http.get("/instagram/access_token", query_string=given).json["access_token"], account)


@pytest.fixture
def page(http):
    return sign_in_page(http)


@pytest.fixture
def instagram(http):
    return sign_in_instagram(http)


@pytest.fixture
def helpers():
    """The functions above, for test modules (which cannot import a conftest)."""
    return types.SimpleNamespace(
        **{name: value for name, value in globals().items() if not name.startswith("_")}
    )

import http.server
import threading

import pytest

from channels import safe
from channels.safe import UnsafeAddress, check_address, fetch_public, is_public

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
    ],
)
def test_is_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a",
        "file:///etc/passwd",
        "http://user:pw@example.org/",
        "http://example.org:6379/",
        "http://[",
        "",
    ],
)
def test_address_is_refused_before_any_name_is_resolved(url):
    with pytest.raises(UnsafeAddress):
        check_address(url)


@pytest.fixture
def site(settings):
    """A site on this machine, on the administrator's list."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            where = {"/in": "http://10.0.0.1/secret", "/round": "/round"}.get(self.path)
            self.send_response(302 if where else 200)
            if where:
                self.send_header("Location", where)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(b"x" * 100)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.HUSTINGS_PRIVATE_HOSTS = [f"127.0.0.1:{server.server_port}"]
    settings.SANDBOX_URL = ""
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_listed_host_is_fetched(site):
    found = fetch_public(f"{site}/a.png", mimes=("image/",))

    assert (found.mime, found.body) == ("image/png", b"x" * 100)


def test_a_listed_host_is_listed_with_its_port(site, settings):
    settings.HUSTINGS_PRIVATE_HOSTS = ["127.0.0.1:1"]

    with pytest.raises(UnsafeAddress):
        fetch_public(f"{site}/a.png")


def test_redirect_into_the_own_network_is_refused(site):
    with pytest.raises(UnsafeAddress):
        fetch_public(f"{site}/in")


def test_endless_redirects_end(site):
    with pytest.raises(UnsafeAddress, match="on and on"):
        fetch_public(f"{site}/round")


def test_size_and_type_are_held(site):
    with pytest.raises(ValueError, match="larger"):
        fetch_public(f"{site}/a.png", max_bytes=10)
    with pytest.raises(ValueError, match="instead of"):
        fetch_public(f"{site}/a.png", mimes=("video/",))


def test_name_that_leads_inside_is_refused(settings, monkeypatch):
    settings.SANDBOX_URL = ""
    monkeypatch.setattr(safe.socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("127.0.0.1", 80))])

    with pytest.raises(UnsafeAddress, match="does not lead to a public address"):
        fetch_public("http://rebound.example.org/")

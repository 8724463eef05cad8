"""Addresses and files from people: nothing leads inside, nothing goes on for ever, nothing changes after approval."""

from __future__ import annotations

import gzip
import io
import socket
import threading
import time
import zlib
from contextlib import suppress

import pytest

from channels.safe import UnsafeAddress, fetch_public
from channels.wire import AnswerLost, NotSent
from tests.faults.world import DUE, s

INSIDE = [
    "http://127.0.0.1/",
    "http://2130706433/",  # decimal
    "http://017700000001/",  # octal
    "http://0177.0.0.1/",
    "http://0x7f000001/",  # hexadecimal
    "http://0x7f.0.0.1/",
    "http://127.1/",  # short
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://172.16.3.4/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",  # carrier-grade NAT
    "http://169.254.169.254/latest/meta-data/",  # the cloud's own
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",  # v4-mapped
    "http://[::ffff:7f00:1]/",
    "http://[::7f00:1]/",  # v4-compatible
    "http://[64:ff9b::7f00:1]/",  # NAT64
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::7f00:1]/",  # NAT64 for local use
    "http://[2002:7f00:1::]/",  # 6to4
    "http://[2002:a00:1::]/",
    "http://[2001:0:7f00:1::]/",  # Teredo
    "http://[fe80::1%25lo]/",  # zone
    "http://[fe80::1%251]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://127.0.0.1./",  # trailing dot
    "http://127。0。0。1/",  # other dots
    "http://①②⑦.⓪.⓪.①/",  # other digits
    "http://example.org@127.0.0.1/",  # user name
    "http://example.org:80@127.0.0.1/",
    "http://127.0.0.1#@example.org/",
    "http://127.0.0.1\\@example.org/",
    "http://127.0.0.1%2f@example.org/",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "//127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "http://127.0.0.1:22/",
    "http://example.org:6379/",
]


@pytest.fixture
def no_names(monkeypatch):
    """No name of the outer world has an address; figures are read as the system reads them."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        kwargs["flags"] = socket.AI_NUMERICHOST
        if str(host).rstrip(".").lower() == "localhost":
            host = "127.0.0.1"
        return real(host, *args, **kwargs)

    monkeypatch.setattr("channels.safe.socket.getaddrinfo", getaddrinfo)


@pytest.fixture
def connected(monkeypatch):
    """Where sockets were opened to."""
    opened = []
    real = socket.create_connection

    def create_connection(address, *args, **kwargs):
        opened.append(address)
        return real(address, *args, **kwargs)

    monkeypatch.setattr("socket.create_connection", create_connection)
    return opened


@pytest.mark.unit
@pytest.mark.parametrize("url", INSIDE)
def test_address_inside_is_refused_in_every_notation(settings, no_names, connected, url):
    settings.SANDBOX_URL = ""

    with pytest.raises((UnsafeAddress, NotSent)):
        fetch_public(url)

    assert connected == []


class Site:
    """A little server that plays one function per connection; the safe client believes it to be public."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.play, self.requests, self.ended = [], [], threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := connection.recv(4096)):
                    return
                head += more
            self.requests.append(head)
            with suppress(OSError):
                self.play.pop(0)(connection, self.ended)

    def close(self):
        self.ended.set()
        self.listener.close()


@pytest.fixture
def site(settings, monkeypatch):
    """pictures.example leads to a public address, which is this server."""
    settings.SANDBOX_URL = ""
    served = Site()
    names = {"pictures.example": "93.184.216.34"}
    served.names = names

    def getaddrinfo(host, port, *args, **kwargs):
        address = names.get(host, host)
        if callable(address):
            address = address()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    real, opened = socket.create_connection, []

    def create_connection(address, *args, **kwargs):
        opened.append(address[0])
        return real(("127.0.0.1", served.port), *args, **kwargs)

    monkeypatch.setattr("channels.safe.socket.getaddrinfo", getaddrinfo)
    monkeypatch.setattr("socket.create_connection", create_connection)
    served.opened = opened
    yield served
    served.close()


def says(head, body=b""):
    def play(connection, ended):
        connection.sendall(b"HTTP/1.1 " + head + b"\r\nConnection: close\r\n\r\n" + body)

    return play


@pytest.mark.unit
def test_public_address_is_fetched(site):
    site.play = [says(b"200 OK\r\nContent-Type: image/png\r\nContent-Length: 3", b"png")]

    assert fetch_public("http://pictures.example/a.png", mimes=("image/",)).body == b"png"
    assert b"host: pictures.example" in site.requests[0].lower()


@pytest.mark.unit
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::ffff:7f00:1]/",
        "//169.254.169.254/latest",
        "http://user@pictures.example/",
        "file:///etc/passwd",
        "http://pictures.example:22/",
    ],
)
def test_redirect_to_the_inside_is_refused(site, target):
    site.names |= {"2130706433": "127.0.0.1", "::ffff:7f00:1": "::ffff:7f00:1"}
    site.play = [says(b"302 Found\r\nLocation: " + target.encode() + b"\r\nContent-Length: 0")]

    with pytest.raises(UnsafeAddress):
        fetch_public("http://pictures.example/a.png")

    assert site.opened == ["93.184.216.34"]


@pytest.mark.unit
def test_name_that_changes_its_mind_is_asked_only_once(site):
    """Public when it is checked, private when it is connected to: there is no second time."""
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1"]
    site.names["pictures.example"] = lambda: answers.pop(0)
    site.play = [says(b"200 OK\r\nContent-Length: 2", b"ok")]

    assert fetch_public("http://pictures.example/").body == b"ok"

    assert site.opened == ["93.184.216.34"]  # the very address that was checked
    assert len(answers) == 2


@pytest.mark.unit
def test_name_with_one_public_and_one_private_address_is_refused(settings, monkeypatch, connected):
    settings.SANDBOX_URL = ""
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr("channels.safe.socket.getaddrinfo", lambda *a, **k: both)

    with pytest.raises(UnsafeAddress):
        fetch_public("http://two.example/")

    assert connected == []


@pytest.mark.unit
def test_name_that_changes_its_mind_between_two_redirects_is_checked_again(site):
    answers = ["93.184.216.34", "10.0.0.1"]
    site.names["pictures.example"] = lambda: answers.pop(0)
    site.play = [says(b"302 Found\r\nLocation: /b\r\nContent-Length: 0")]

    with pytest.raises(UnsafeAddress):
        fetch_public("http://pictures.example/a")

    assert site.opened == ["93.184.216.34"]


@pytest.mark.unit
def test_slow_drip_ends_in_time(site):
    def drip(connection, ended):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not ended.wait(0.05):
            connection.sendall(b".")

    site.play = [drip]
    begun = time.monotonic()

    with pytest.raises(AnswerLost):
        fetch_public("http://pictures.example/", total_s=0.5)

    assert time.monotonic() - begun < 2


@pytest.mark.unit
def test_slow_drip_of_headers_ends_in_time(site):
    def drip(connection, ended):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not ended.wait(0.05):
            connection.sendall(b"X-A: b\r\n")

    site.play = [drip]
    begun = time.monotonic()

    with pytest.raises(AnswerLost):
        fetch_public("http://pictures.example/", total_s=0.5)

    assert time.monotonic() - begun < 2


@pytest.mark.unit
def test_endless_body_is_cut_off(site):
    sent = []

    def endless(connection, ended):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not ended.is_set():
            connection.sendall(b"x" * 65_536)
            sent.append(1)

    site.play = [endless]

    with pytest.raises(ValueError, match="larger than"):
        fetch_public("http://pictures.example/", max_bytes=2**20)

    assert len(sent) < 400


def bomb(coding):
    """64 MB of nothing in some 64 KB."""
    data = b"\0" * 2**20
    if coding == "gzip":
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb") as packed:
            for _ in range(64):
                packed.write(data)
        return out.getvalue()
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(data) for _ in range(64)) + packer.flush()


@pytest.mark.unit
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bomb_is_not_unpacked(site, coding):
    import tracemalloc

    body = bomb(coding)
    head = f"200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}".encode()
    site.play = [says(head, body)]

    tracemalloc.start()
    with pytest.raises(ValueError, match="larger than"):
        fetch_public("http://pictures.example/", max_bytes=2**20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 * 2**20


@pytest.mark.unit
def test_picture_that_would_fill_the_memory_is_refused():
    """A few kilobytes that say they are two hundred thousand pixels wide."""
    import struct

    from PIL import Image

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", 200_000, 200_000, 1, 0, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )

    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(png)).load()


# Files ----------------------------------------------------------------------------------------------------------


@pytest.mark.db
@pytest.mark.parametrize("when", ["before staging", "after staging"])
def test_file_that_was_changed_after_approval_is_not_sent(world, when):
    world.connector.shape.upload = True
    publication = world.publication("one")
    if when == "after staging":
        world.step(publication, to=DUE - s(900))
    (world.folder / "card.jpg").write_bytes(b"a quite different picture")

    world.finish(publication)

    assert publication.state == "failed"
    assert "card.jpg is not the file that was approved" in publication.detail
    assert world.lab.texts() == []
    assert world.told("failed") == 1


@pytest.mark.db
def test_file_that_vanished_is_not_sent(world):
    world.connector.shape.upload = True
    publication = world.publication("one")
    (world.folder / "card.jpg").unlink()

    world.finish(publication)

    assert publication.state == "failed"
    assert "missing" in publication.detail
    assert [call for call in world.lab.calls if call.method != "GET"] == []


@pytest.mark.db
def test_file_name_that_leads_out_of_the_media_folder_is_refused(world):
    world.connector.shape.upload = True
    variant = world.variant()
    payload = world.payload(variant, "one")
    payload["parts"][0]["media"][0] |= {"file": "../../../etc/hostname", "sha256": ""}
    from publishing.domain.approve import freeze

    publication = freeze(variant, payload, by=world.manager).publications.get()

    world.finish(publication)

    assert publication.state == "failed"
    assert [call for call in world.lab.calls if call.method != "GET"] == []

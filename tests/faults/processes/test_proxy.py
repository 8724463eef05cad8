"""The fault proxy does what the fault tests believe it does."""

import contextlib
import socket
import socketserver
import threading

import pytest

from tests.faults.processes.proxy import Proxy
from tests.stack import until

pytestmark = pytest.mark.unit


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            while data := self.request.recv(1000):
                self.server.heard.append(data)
                self.request.sendall(data.upper())


@pytest.fixture
def echo():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads, server.heard = True, []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(echo):
    with Proxy(echo.server_address[1]) as proxy:
        yield proxy


def client(proxy):
    sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    sock.settimeout(5)
    return sock


def works(proxy):
    with client(proxy) as sock:
        sock.sendall(b"hello")
        return sock.recv(100) == b"HELLO"


def test_passes_everything_on(proxy):
    assert works(proxy)
    assert proxy.sent[0].sent == 5


def test_cut_resets_what_is_open_and_serves_what_comes(proxy):
    with client(proxy) as sock:
        sock.sendall(b"a")
        sock.recv(10)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(10)
    assert works(proxy)


def test_half_open_takes_everything_and_passes_nothing_on(proxy, echo):
    with client(proxy) as old:
        old.sendall(b"before")
        assert old.recv(10) == b"BEFORE"
        proxy.swallow()
        with client(proxy) as new:
            for sock in (old, new):
                sock.sendall(b"lost")
                sock.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    sock.recv(10)
    assert echo.heard == [b"before"]


def test_away_refuses_and_comes_back_on_the_same_port(proxy):
    port = proxy.port
    proxy.away()
    with pytest.raises(ConnectionRefusedError):
        client(proxy)
    proxy.back()
    assert proxy.port == port
    assert works(proxy)


@pytest.mark.parametrize("reaches", [True, False])
def test_trap_cuts_before_or_after_the_server_has_it(proxy, echo, reaches):
    trap = proxy.trap(b"insert", b"commit", reaches=reaches)
    with client(proxy) as other, client(proxy) as sock:
        other.sendall(b"commit")  # no insert before: harmless
        assert other.recv(100) == b"COMMIT"
        sock.sendall(b"insert")
        assert sock.recv(100) == b"INSERT"
        sock.sendall(b"com")
        assert sock.recv(100) == b"COM"
        sock.sendall(b"mit")
        with pytest.raises(ConnectionResetError):
            sock.recv(100)
    assert trap.sprung.wait(5)
    assert (echo.heard[-1] == b"mit") is reaches


def test_silence_and_withholding(proxy, echo):
    proxy.withhold(b"SECRET")
    with client(proxy) as sock:
        sock.sendall(b"secret")
        until(lambda: b"secret" in echo.heard)
        sock.sendall(b"open")
        assert sock.recv(100) == b"OPEN"
        proxy.silence()
        sock.sendall(b"more")
        until(lambda: b"more" in echo.heard)
        sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sock.recv(10)

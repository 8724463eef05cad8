"""The border between "not sent" and "unknown", against a server that misbehaves in each way."""

import gzip
import socket
import threading
import time
import zlib

import httpx
import pytest

from channels import wire as wire_module
from channels.wire import Answer, AnswerLost, GuardLate, NotSent, Wire, lease_guard, redact, send

pytestmark = pytest.mark.unit


@pytest.fixture
def server(settings):
    """Answer one connection with a function of the socket; yields (set the function, address, received bytes)."""
    listener = socket.create_server(("127.0.0.1", 0))
    received: list[bytes] = []
    play: list = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                play[0](connection, received)

    threading.Thread(target=serve, daemon=True).start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings.NETWORKS = {"x": {"api": base, "client_id": "a", "client_secret": "very-secret-word"}}
    yield play, base, received
    listener.close()


def read_request(connection, received):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    received.append(data)


def answering(body: bytes, status: str = "200 OK", extra: str = ""):
    def play(connection, received):
        read_request(connection, received)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n{extra}\r\n"
        connection.sendall(head.encode() + body)

    return play


def test_answer_is_read_and_counted_as_started(server):
    play, base, received = server
    play.append(answering(b'{"data": {"id": "7"}}', extra="x-transaction-id: abc\r\n"))
    wire = Wire("x", token="tok-123456")

    answer = wire.post(f"{base}/2/tweets", json={"text": "hi"})

    assert (answer.status, answer.data, answer.request_id) == (200, {"data": {"id": "7"}}, "abc")
    assert wire.bytes_started_at is not None
    assert b"authorization: bearer tok-123456" in received[0].lower()


def test_nobody_listening_is_not_sent(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.NETWORKS = {"x": {"api": f"http://127.0.0.1:{port}", "client_id": "", "client_secret": ""}}
    wire = Wire("x")

    with pytest.raises(NotSent):
        wire.post(f"http://127.0.0.1:{port}/2/tweets", json={})

    assert wire.bytes_started_at is None


def test_unknown_host_is_not_sent(settings):
    settings.NETWORKS = {"x": {"api": "http://nowhere.invalid", "client_id": "", "client_secret": ""}}

    with pytest.raises(NotSent):
        Wire("x").get("http://nowhere.invalid/2/tweets")


def close_after_reading(connection, received):
    read_request(connection, received)


def reset_after_reading(connection, received):
    read_request(connection, received)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def half_an_answer(connection, received):
    read_request(connection, received)
    connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"data":')


def no_http(connection, received):
    read_request(connection, received)
    connection.sendall(b"what?\r\n\r\n")


@pytest.mark.parametrize("fault", [close_after_reading, reset_after_reading, half_an_answer, no_http])
def test_trouble_after_the_first_byte_is_a_lost_answer(server, fault):
    play, base, received = server
    play.append(fault)
    wire = Wire("x")

    with pytest.raises(AnswerLost):
        wire.post(f"{base}/2/tweets", json={"text": "hi"})

    assert wire.bytes_started_at is not None
    assert len(received) == 1


def test_a_refusal_stays_one_when_its_words_are_cut_off(server):
    play, base, _ = server

    def cut(connection, received):
        read_request(connection, received)
        connection.sendall(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n{"detail":')

    play.append(cut)

    answer = Wire("x").post(f"{base}/2/tweets", json={})

    assert (answer.status, answer.json, answer.cut) == (403, None, True)


def test_the_whole_call_ends_in_time_however_slowly_bytes_drip(server):
    play, base, _ = server

    def drip(connection, received):
        read_request(connection, received)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return
            time.sleep(0.02)

    play.append(drip)
    begun = time.monotonic()

    with pytest.raises(AnswerLost):
        Wire("x").post(f"{base}/2/tweets", json={}, total_s=0.4)

    assert 0.3 < time.monotonic() - begun < 1.5


def test_guard_late_sends_not_one_byte(server):
    play, base, received = server
    play.append(close_after_reading)

    def late():
        raise GuardLate

    wire = Wire("x", guard=late)

    with pytest.raises(GuardLate) as caught:
        wire.post(f"{base}/2/tweets", json={})

    time.sleep(0.05)
    assert isinstance(caught.value, NotSent)
    assert wire.bytes_started_at is None
    assert received == [b""]


def test_lease_guard_knows_the_boot_clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(wire_module, "boot_clock", lambda: now[0])
    guard = lease_guard(1000.0, 120.0)

    now[0] = 1050.0
    guard()
    now[0] = 1050.1

    with pytest.raises(GuardLate):
        guard()


def test_redirects_of_a_post_are_not_followed(server):
    play, base, received = server
    play.append(answering(b"", "307 Temporary Redirect", f"Location: {base}/elsewhere\r\n"))

    answer = Wire("x").post(f"{base}/2/tweets", json={})

    assert (answer.status, len(received)) == (307, 1)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_packed_bodies_are_unpacked(server, coding):
    play, base, _ = server
    pack = gzip.compress if coding == "gzip" else zlib.compress
    play.append(answering(pack(b'{"id": 7}'), extra=f"Content-Encoding: {coding}\r\n"))

    assert Wire("x").get(base).data == {"id": 7}


def test_packed_body_that_is_cut_short_is_a_lost_answer(server):
    play, base, _ = server
    play.append(answering(gzip.compress(b'{"id": 7}')[:-9], extra="Content-Encoding: gzip\r\n"))

    with pytest.raises(AnswerLost):
        Wire("x").get(base)


def test_empty_packed_body_is_empty(server):
    play, base, _ = server
    play.append(answering(b"", extra="Content-Encoding: gzip\r\n"))

    assert Wire("x").get(base).body == b""


def test_large_bodies_are_cut(server):
    play, base, _ = server
    play.append(answering(b"[" + b"1," * 2_000_000 + b"1]"))

    answer = Wire("x").get(f"{base}/2/tweets")

    assert (answer.cut, answer.json, len(answer.body)) == (True, None, wire_module.MAX_BODY_BYTES)


def test_token_never_goes_to_an_address_that_is_not_the_networks(server):
    _, _, received = server

    with pytest.raises(NotSent) as caught:
        Wire("x", token="tok-123456").get("http://127.0.0.1:9/steal")

    assert caught.value.code == "foreign_address"
    assert received == []


@pytest.mark.parametrize(
    "host",
    [
        "open-upload.tiktokapis.com",
        "open-upload-sg.tiktokapis.com",
        "open-upload-i18n.tiktokapis.com",
        "upload.us.tiktokapis.com",
        "open-upload.us.tiktokapis.com",
    ],
)
def test_tiktok_may_name_any_of_its_upload_hosts(monkeypatch, settings, host):
    from config.settings import _ADDRESSES

    settings.NETWORKS = {
        "tiktok": {**_ADDRESSES["tiktok"], "client_id": "a", "client_secret": "very-secret-word"}
    }
    sent = []
    monkeypatch.setattr(wire_module, "send", lambda request, **more: sent.append(request) or "answer")

    assert Wire("tiktok", token="tok-123456").put(f"https://{host}/video/?upload_id=1", scheme="") == "answer"

    assert sent[0].url.host == host
    assert "authorization" not in sent[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://open-upload.tiktokapis.com/video/",
        "https://tiktokapis.com.evil.example/video/",
        "https://eviltiktokapis.com/video/",
        "https://evil.example\\.tiktokapis.com/video/",
        "https://me@open-upload.tiktokapis.com/video/",
        "https://open-upload.tiktokapis.com:8443/video/",
        "https://evil.example/.tiktokapis.com",
        "https://.tiktokapis.com/video/",
    ],
)
def test_every_host_below_is_not_every_host(monkeypatch, settings, url):
    from config.settings import _ADDRESSES

    settings.NETWORKS = {
        "tiktok": {**_ADDRESSES["tiktok"], "client_id": "a", "client_secret": "very-secret-word"}
    }
    monkeypatch.setattr(wire_module, "send", lambda request, **more: pytest.fail("sent"))

    with pytest.raises(NotSent) as caught:
        Wire("tiktok").put(url, scheme="")

    assert caught.value.code == "foreign_address"


def test_no_token_in_log_repr_or_error(server, caplog):
    play, base, _ = server
    play.append(close_after_reading)
    wire = Wire("x", token="tok-123456")

    with caplog.at_level("DEBUG"), pytest.raises(AnswerLost) as caught:
        wire.get(f"{base}/2/tweets", params={"access_token": "tok-123456"})

    assert "tok-123456" not in caplog.text + repr(wire) + repr(caught.value) + str(caught.value)
    assert "GET 127.0.0.1/2/tweets no answer" in caplog.text


def test_no_keep_alive(server):
    play, base, received = server
    play.append(answering(b"{}"))

    for _ in range(2):
        send(httpx.Request("GET", base))

    assert len(received) == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"access_token":"abc","code":190}', '{"access_token":"[removed]","code":190}'),
        ('{"refresh_token" : "a\\"b"}', '{"refresh_token" : "[removed]"}'),
        ("x?access_token=abc&limit=5", "x?access_token=[removed]&limit=5"),
        ("code=abc&state=s", "code=[removed]&state=s"),
        ('{"error_code":"abc","code":"190"}', '{"error_code":"abc","code":"190"}'),
        ("Authorization: Bearer abcdefgh.ijkl", "Authorization: Bearer [removed]"),
        ("the word named-secret appears", "the word [removed] appears"),
    ],
)
def test_redact(text, kept):
    assert redact(text, "named-secret") == kept


def test_redact_keeps_at_most_4_kib():
    assert len(redact("ü" * 10_000).encode()) <= 4096


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 18:05:00 GMT", "date": "Mon, 23 Nov 2026 18:00:00 GMT"}, 300),
        ({"retry-after": "Mon, 23 Nov 2026 17:00:00 GMT", "date": "Mon, 23 Nov 2026 18:00:00 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "-60"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_is_read_or_left_alone(headers, wait_s):
    answer = Answer("POST", "https://api.example", 429, headers, b"", 0.1)

    assert answer.retry_after_s == wait_s

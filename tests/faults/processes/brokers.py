"""The broker of a test, behind a proxy: a Redis of our own, or a virtual host of our own in RabbitMQ."""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.faults.processes.proxy import Proxy
from tests.faults.processes.servers import OwnRedis

NOT_JSON = b"\x00 this is no message of ours"


class Broker:
    """``url`` leads through ``proxy``. ``kill`` and ``start`` are what they say on Redis; RabbitMQ is shared with others
    and is only cut off."""

    url: str
    proxy: Proxy

    def kill(self) -> None:
        self.proxy.away()

    def start(self) -> None:
        self.proxy.back()

    def empty(self) -> None:
        """Throw away every message."""
        raise NotImplementedError

    def push_garbage(self) -> None:
        """Something in our queue that no client library has written."""
        raise NotImplementedError


class RedisBroker(Broker):
    def __init__(self, server: OwnRedis, proxy: Proxy):
        self.server, self.proxy = server, proxy
        self.url = f"redis://127.0.0.1:{proxy.port}/0"

    def kill(self) -> None:
        self.server.kill()
        self.proxy.cut()

    def start(self) -> None:
        self.server.start()

    def empty(self) -> None:
        self.server.client().flushall()

    def push_garbage(self) -> None:
        client: Any = self.server.client()
        client.lpush("default", NOT_JSON)
        client.lpush("default", b'{"body": 1}')
        client.lpush("default", b"[]")


class RabbitBroker(Broker):
    def __init__(self, direct: str, proxy: Proxy):
        self.direct, self.proxy = direct, proxy
        parts = urlsplit(direct)
        self.url = f"amqp://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"

    def _channel(self) -> Any:
        import amqp

        parts = urlsplit(self.direct)
        connection = amqp.Connection(
            f"{parts.hostname}:{parts.port or 5672}",
            userid=parts.username,
            password=parts.password,
            virtual_host=parts.path[1:] or "/",
        )
        connection.connect()
        return contextlib.closing(connection), connection

    def empty(self) -> None:
        closing, connection = self._channel()
        with closing:
            connection.channel().queue_purge("default")

    def push_garbage(self) -> None:
        import amqp

        closing, connection = self._channel()
        with closing:
            channel = connection.channel()
            for body in (NOT_JSON, b'{"body": 1}', b"[]"):
                channel.basic_publish(amqp.Message(body), routing_key="default")


@contextmanager
def vhost(url: str) -> Iterator[str]:
    """A virtual host of our own beside the given one, where we may make one; else the given one itself."""
    name = f"hustings_{uuid.uuid4().hex[:8]}"
    parts = urlsplit(url)

    def ctl(*arguments: str) -> bool:
        try:
            done = subprocess.run(
                ["rabbitmqctl", "-q", *arguments], capture_output=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    if not ctl("add_vhost", name):
        yield url
        return
    try:
        assert ctl("set_permissions", "-p", name, str(parts.username), ".*", ".*", ".*")
        yield f"amqp://{parts.username}:{parts.password}@{parts.hostname}:{parts.port or 5672}/{name}"
    finally:
        ctl("delete_vhost", name)


@contextmanager
def own_broker(kind: str = "") -> Iterator[Broker]:
    """Of the kind that BROKER_URL names, or the one asked for: ``redis``, ``amqp``."""
    url = os.environ.get("BROKER_URL", "")
    kind = kind or url.split(":")[0]
    if kind.startswith("redis"):
        server = OwnRedis()
        try:
            with Proxy(server.port) as proxy:
                yield RedisBroker(server, proxy)
        finally:
            server.end()
        return
    direct = url if url.startswith("amqp") else "amqp://guest:guest@127.0.0.1:5672//"
    with vhost(direct) as address:
        with Proxy(urlsplit(address).port or 5672) as proxy:
            yield RabbitBroker(address, proxy)

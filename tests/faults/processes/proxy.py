"""A TCP proxy on loopback that misbehaves when told to, between Hustings and a database, a broker or a network.

It runs in a thread of its own; every method may be called from any thread. Connections that are open keep the
misbehaviour of the moment: it is looked up for each piece of data.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

PIECE = 65536


@dataclass
class Trap:
    """Cuts the connection that sends these texts, one after the other.

    ``reaches``: whether the last one still gets to the server. Then its answer is awaited and thrown away.
    """

    texts: tuple[bytes, ...]
    reaches: bool
    sprung: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False)
class Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    sent: int = 0  # bytes of the client that went on to the server
    met: dict[int, int] = field(default_factory=dict)  # trap → how many of its texts were seen
    tail: bytes = b""
    doomed: Trap | None = None  # it has sent the last text; the answer ends it
    over: bool = False

    def cut(self) -> None:
        """Reset both sides: no farewell."""
        self.over = True
        for side in (self.client, self.server):
            if side is not None:
                with contextlib.suppress(OSError, RuntimeError):
                    sock = side.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.transport.abort()


class Proxy:
    """``with Proxy(port) as proxy:`` listens on ``proxy.port`` and passes everything on to 127.0.0.1:port."""

    def __init__(self, target: int, port: int = 0):
        self.target, self.port = target, port
        self.connections: set[Connection] = set()
        self.accepted = 0
        self.sent: list[Connection] = []  # every connection there ever was
        self.swallowing = False
        self.silent = False
        self.delay_s = 0.0
        self.traps: list[Trap] = []
        self.withheld: bytes | None = None
        self.loop = asyncio.new_event_loop()
        self.server: asyncio.Server | None = None

    # For tests --------------------------------------------------------------------------------------------------
    def __enter__(self) -> Proxy:
        self.thread = threading.Thread(target=self.loop.run_forever, name="fault proxy", daemon=True)
        self.thread.start()
        self.back()
        return self

    def __exit__(self, *_: object) -> None:
        self.away()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def away(self) -> None:
        """Cut everything and refuse new connections."""

        async def leave() -> None:
            if self.server:
                self.server.close()
                self.server = None
            self._cut_all()

        self._do(leave)

    def back(self) -> None:
        """Listen (again, on the same port) and behave."""
        self.behave()

        async def listen() -> None:
            if self.server is None:
                self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
                self.port = self.server.sockets[0].getsockname()[1]

        self._do(listen)

    def cut(self) -> None:
        """End every open connection with a reset; new ones are served."""

        async def now() -> None:
            self._cut_all()

        self._do(now)

    def swallow(self) -> None:
        """Half-open: every connection stands, and nothing that is written to it arrives."""
        self.swallowing = True

    def silence(self) -> None:
        """The server hears everything, the client nothing."""
        self.silent = True

    def withhold(self, text: bytes) -> None:
        """Whatever the server sends with this text in it never arrives; the rest does."""
        self.withheld = text

    def delay(self, seconds: float) -> None:
        self.delay_s = seconds

    def trap(self, *texts: bytes, reaches: bool) -> Trap:
        trap = Trap(texts, reaches)
        self.traps.append(trap)
        return trap

    def behave(self) -> None:
        """Pass everything on from now on. What was swallowed stays lost."""
        self.swallowing, self.silent, self.withheld, self.delay_s = False, False, None, 0.0
        self.traps.clear()

    # Inside the thread ------------------------------------------------------------------------------------------
    def _do(self, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(what(), self.loop).result(10)

    def _cut_all(self) -> None:
        for connection in list(self.connections):
            connection.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        connection = Connection(writer)
        self.connections.add(connection)
        self.sent.append(connection)
        try:
            if self.swallowing:
                await self._sink(connection, reader)
                return
            answers, connection.server = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(
                self._up(connection, reader, connection.server), self._down(connection, answers, writer)
            )
        except OSError:
            connection.cut()
        finally:
            self.connections.discard(connection)
            for side in (connection.client, connection.server):
                if side is not None:
                    side.close()

    async def _sink(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        while not connection.over and await reader.read(PIECE):
            pass

    async def _up(
        self, connection: Connection, reader: asyncio.StreamReader, to: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(PIECE):
            await self._pause()
            if self.swallowing or connection.over:
                continue
            trap = self._caught(connection, data)
            if trap and not trap.reaches:
                connection.cut()
                trap.sprung.set()
                return
            connection.doomed = connection.doomed or trap
            connection.sent += len(data)
            to.write(data)
            await to.drain()
        if not self.swallowing and not connection.over and to.can_write_eof():
            with contextlib.suppress(OSError):
                to.write_eof()

    async def _down(
        self, connection: Connection, reader: asyncio.StreamReader, to: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(PIECE):
            await self._pause()
            if connection.doomed:  # the server has done it and says so
                connection.cut()
                connection.doomed.sprung.set()
                return
            if self.swallowing or self.silent or connection.over:
                continue
            if self.withheld is not None and self.withheld in data:
                continue
            to.write(data)
            await to.drain()
        if not self.swallowing and not self.silent and not connection.over and to.can_write_eof():
            with contextlib.suppress(OSError):
                to.write_eof()

    async def _pause(self) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)

    def _caught(self, connection: Connection, data: bytes) -> Trap | None:
        """The trap whose last text this piece completes; texts may lie across two pieces."""
        seen = connection.tail + data
        connection.tail = seen[-128:]
        for trap in self.traps:
            if trap.sprung.is_set():
                continue
            met = connection.met.get(id(trap), 0)
            at = 0
            while met < len(trap.texts) and (found := seen.find(trap.texts[met], at)) >= 0:
                if found + len(trap.texts[met]) <= len(seen) - len(data):
                    at = found + 1  # wholly in what was looked at before
                    continue
                at, met = found + len(trap.texts[met]), met + 1
            connection.met[id(trap)] = met
            if met == len(trap.texts):
                return trap
        return None

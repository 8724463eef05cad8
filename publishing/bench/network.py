"""A stand-in for X that does nothing but answer at once and remember who called when.

Run as ``python -m publishing.bench.network PORT``. The sandbox keeps a feed, which takes
longer than what is to be measured here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time


class Network:
    def __init__(self) -> None:
        self.calls: list[tuple[float, str]] = []  # (epoch seconds, token)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            arrived = time.time()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            await reader.readexactly(int(headers.get("content-length", 0)))
            status, body = self.answer(head.split(" ", 2)[1], headers.get("authorization", ""), arrived)
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"Connection: close\r\n\r\n{body}".encode()
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def answer(self, target: str, token: str, arrived: float) -> tuple[str, str]:
        if target.startswith("/calls"):
            return "200 OK", json.dumps(self.calls)
        if target.startswith("/forget"):
            self.calls.clear()
            return "200 OK", "{}"
        if target.endswith("/2/tweets"):
            self.calls.append((arrived, token.removeprefix("bearer ")))
            return "201 Created", json.dumps({"data": {"id": str(10**18 + len(self.calls)), "text": ""}})
        return "404 Not Found", "{}"


async def main(port: int) -> None:
    server = await asyncio.start_server(Network().serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

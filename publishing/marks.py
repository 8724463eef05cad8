"""Outside the database: which events this worker has seen committed, so that a database gone back in time is noticed.

Between the commit of an intent and its call the event's number and hash go to a small file in ``VAR/restore``, forced to
the disk. Each worker has a file of its own (the lowest number that nobody holds). It has two halves, written in turn, so
that a power cut in the middle of a write leaves the other one. :mod:`publishing.restore` compares them with the database.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import uuid
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from work import clock
from work.models import Finding

HALF = 1024  # bytes
KEPT = 8  # commits of several threads do not come in the order of their numbers: the newest few are kept
SHORT = 16  # characters of a hash
KEY = "restore"
FILES = 500


@dataclass(frozen=True)
class Mark:
    """What one file says. ``events`` are (number, beginning of the hash), the newest last."""

    database: str
    era: int
    events: tuple[tuple[int, str], ...]
    at: str
    n: int = 0

    def pack(self) -> bytes:
        text = json.dumps([self.n, self.database, self.era, self.at, self.events], separators=(",", ":"))
        return f"{zlib.crc32(text.encode()):08x}{text}\n".encode().ljust(HALF, b" ")


def unpack(half: bytes) -> Mark | None:
    """The mark in these bytes; None when they are torn, foreign or empty."""
    text = half.strip()
    try:
        if int(text[:8], 16) != zlib.crc32(text[8:]):
            return None
        n, database, era, at, events = json.loads(text[8:])
        return Mark(database, int(era), tuple((int(number), str(h)) for number, h in events), str(at), int(n))
    except (ValueError, TypeError):
        return None


def read(data: bytes) -> Mark | None:
    halves = (unpack(data[start : start + HALF]) for start in range(0, len(data), HALF))
    return max((mark for mark in halves if mark), key=lambda mark: mark.n, default=None)


def identity() -> tuple[str, int]:
    """Which database this is, and its era: 0 at first, one more each time a restored one was accepted."""
    row, _ = Finding.objects.get_or_create(
        key=KEY, defaults={"data": {"database": uuid.uuid4().hex, "era": 0}, "at": clock.now()}
    )
    return row.data["database"], row.data["era"]


class Marks:
    """This process's file. Safe for any number of threads; those that come together share one write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._events: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._added = self._durable = 0
        self._file: int | None = None
        self._number = -1
        self._n = 0
        self._identity: tuple[str, int] | None = None

    def add(self, number: int, digest: str) -> None:
        """Return when the mark is on the disk; raises OSError when it cannot be put there."""
        with self._lock:
            self._events.append((number, digest[:SHORT]))
            self._added += 1
            mine = self._added
        with self._writing:
            if self._durable >= mine:
                return
            with self._lock:
                events, covered = tuple(self._events), self._added
            self._write(events)
            self._durable = covered

    def newest(self) -> bytes | None:
        """The last mark, for the copy in the media store; None before the first."""
        with self._lock:
            events = tuple(self._events)
        return self._mark(events).pack() if events else None

    def forget_identity(self) -> None:
        """Read the era again: a person has accepted a restored database."""
        self._identity = None

    @property
    def is_open(self) -> bool:
        """Whether this process has marked anything yet."""
        return self._file is not None

    @property
    def name(self) -> str:
        return f"{os.uname().nodename}-{self._number}"

    def _mark(self, events: tuple[tuple[int, str], ...]) -> Mark:
        if self._identity is None:
            self._identity = identity()
        return Mark(*self._identity, events, clock.now().isoformat(timespec="seconds"), self._n)

    def _write(self, events: tuple[tuple[int, str], ...]) -> None:
        if self._file is None:
            self._file, self._number = self._open()
        self._n += 1
        os.pwrite(self._file, self._mark(events).pack(), HALF * (self._n % 2))
        os.fdatasync(self._file)

    def _open(self) -> tuple[int, int]:
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(FILES):
            file = os.open(self.folder / f"{number}.mark", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                continue
            before = read(os.pread(file, 2 * HALF, 0))
            self._n = before.n if before else 0
            os.pwrite(
                file, b" " * HALF, HALF * ((self._n + 1) % 2)
            )  # both halves exist: later writes only overwrite
            if before is None:
                os.pwrite(file, b" " * HALF, HALF * (self._n % 2))
            os.fsync(file)
            return file, number
        raise OSError(f"all {FILES} files in {self.folder} are in use")


_mine: Marks | None = None
_make = threading.Lock()


def mine() -> Marks:
    global _mine
    with _make:
        if _mine is None:
            _mine = Marks(folder())
    return _mine


def folder() -> Path:
    return settings.VAR / "restore"


def put(event: Any) -> None:
    """Mark a committed event (None: there was none). Raises OSError; then nothing may be sent."""
    if event is not None:
        mine().add(event.pk, event.hash)


def local() -> Iterator[tuple[str, Mark]]:
    """The marks of every worker of this machine, also of those that are gone."""
    for path in sorted(folder().glob("*.mark")):
        with contextlib.suppress(FileNotFoundError):
            if mark := read(path.read_bytes()):
                yield path.name, mark

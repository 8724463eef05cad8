"""Run something that touches a file from outside in a child process with limits of its own.

A hostile picture or video can at worst end its child. Python children leave the network and limit themselves as their
first acts (:func:`leave_the_network`, :func:`limit_myself`): setting limits between fork and exec is not safe in a worker
that runs threads, and whatever a child starts (ffmpeg) inherits them. Each child leads its own process group, so that a
time-out ends all of it; and it ends itself and its group when the process that started it is gone, so that after a
kill -9 nothing goes on writing behind the back of the next worker.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from media.errors import BadMedia, MediaError, RenderError, RenderInterrupted

HOUSE = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024
STACK_MIB = 2
TICK_S = 1.0
ERRORS: dict[str, type[MediaError]] = {e.__name__: e for e in (BadMedia, RenderError, RenderInterrupted)}


def environment(folder: Path) -> dict[str, str]:
    """As little as possible, and no secrets: what a child needs to find Python and ffmpeg and to write."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HUSTINGS_FFMPEG", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(HOUSE),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
        # NumPy's BLAS reserves address space per thread, which the limit on memory counts.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def limit_myself(*, memory_mib: int, cpu_s: int, file_mib: int) -> None:
    """Lower this process's limits for good. Limits that are already lower stay."""
    for which, value in (
        (resource.RLIMIT_AS, memory_mib * MIB),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_mib * MIB),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, STACK_MIB * MIB),  # also what each thread of ffmpeg reserves of the memory
    ):
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))
    os.nice(5)


NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2); Python has it from 3.12 on


def leave_the_network() -> bool:
    """Move this process, and whatever it starts, to where no network is; False where the system does not let us.

    A process with rights does it directly; any other makes itself a space of users for it, in which it stays who it is.
    Must be called before there is a second thread.
    """
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is None:
        return False
    if unshare(NEW_NETWORK) == 0:
        return True
    user, group = os.geteuid(), os.getegid()
    if unshare(NEW_USER | NEW_NETWORK) != 0:
        return False
    for name, said in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with suppress(OSError):
            Path("/proc/self", name).write_text(said)
    return True


def can_leave_the_network() -> bool:
    """Whether children of this process can do so: tried in one."""
    code = "from media import child; print(child.leave_the_network())"
    done = subprocess.run(
        [sys.executable, "-s", "-c", code], cwd=HOUSE, env=environment(HOUSE), capture_output=True, timeout=20, check=False
    )  # fmt: skip
    return done.stdout.strip() == b"True"


def kill_group(process: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_python(
    module: str,
    task: Mapping[str, Any],
    *,
    timeout_s: float,
    on_line: Callable[[dict[str, Any]], None] | None = None,
) -> Any:
    """Run ``python -m module`` with ``task`` as JSON on its standard input, and return what it answers.

    The child writes JSON lines: ``{"progress": 0.3}`` any number of times, at the end ``{"result": …}`` or
    ``{"error": [class name, message]}``, which is raised here again. No answer at all means the child was
    ended by a limit or a crash: RenderInterrupted. ``on_line`` gets what the child says, and ``{}`` about each second
    in which it says nothing. If it raises, the child is ended and the exception goes up.
    """
    with tempfile.TemporaryDirectory(prefix="hustings-media-") as name:
        folder = Path(name)
        process = subprocess.Popen(
            [sys.executable, "-s", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment(folder),
            start_new_session=True,
        )
        return _talk(process, task, timeout_s, on_line)


def _talk(process, task, timeout_s, on_line) -> Any:
    timed_out = threading.Event()

    def end() -> None:
        timed_out.set()
        kill_group(process)

    timer = threading.Timer(timeout_s, end)
    timer.start()
    complaints: deque[bytes] = deque(maxlen=40)
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    readers = [
        threading.Thread(target=complaints.extend, args=(process.stderr,), daemon=True),
        threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True),
    ]
    for reader in readers:
        reader.start()
    answer: dict[str, Any] | None = None
    try:
        with suppress(BrokenPipeError):  # it died at once: the missing answer says so below
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()  # and it stays open: its end tells the child that we are gone
        for said in _heard(lines):
            if "result" in said or "error" in said:
                answer = said
            elif on_line:
                on_line(said)
        process.wait()
    finally:
        timer.cancel()
        kill_group(process)
        with suppress(BrokenPipeError):
            process.stdin.close()
        for reader in readers:
            reader.join(1)
        process.stdout.close()
        process.stderr.close()
    if answer is None:
        why = (
            "took too long and was stopped" if timed_out.is_set() else _death(process.returncode, complaints)
        )
        raise RenderInterrupted(f"Working on this file {why}.")
    if "error" in answer:
        raise error_of(*answer["error"])
    return answer["result"]


def _pass_on(stream, lines: queue.SimpleQueue[bytes | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _heard(lines: queue.SimpleQueue[bytes | None]) -> Iterator[dict[str, Any]]:
    while True:
        try:
            line = lines.get(timeout=TICK_S)
        except queue.Empty:
            yield {}
            continue
        if line is None:
            return
        yield json.loads(line)


def said(error: MediaError) -> list[str]:
    """An error as a child says it: the nearest class that the other side knows, and the words."""
    return [
        next(c.__name__ for c in type(error).__mro__ if c.__name__ in ERRORS or c is MediaError),
        str(error),
    ]


def error_of(name: str, message: str) -> MediaError:
    """An error as it was raised in a child."""
    return ERRORS.get(name, RenderError)(message)


def _death(code: int | None, complaints: Sequence[bytes]) -> str:
    last = complaints[-1].decode(errors="replace").strip() if complaints else ""
    if "MemoryError" in last or code == -signal.SIGKILL:
        return "needed more memory than it may have"
    if code is not None and code < 0:
        return f"ended without a result ({signal.Signals(-code).name})"
    return f"ended without a result ({last[:200]})" if last else "ended without a result"


def _end_when_alone() -> None:
    """Wait until nobody holds the other end of our standard input any more; then end this group, ffmpeg included."""
    os.read(0, 1)
    if os.getpgid(0) == os.getpid():  # else started by hand: the group is not ours
        os.killpg(0, signal.SIGKILL)


def serve(work: Callable[[dict[str, Any], Callable[[float], None]], Any], **limits: int) -> None:
    """The child's side of :func:`run_python`: read the task, work within limits and without a network, answer."""
    leave_the_network()  # where the system does not let us, ``check --deploy`` says so
    limit_myself(**limits)
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_when_alone, daemon=True).start()

    def say(data: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(data) + "\n")
        sys.stdout.flush()

    try:
        say({"result": work(task, lambda share: say({"progress": round(share, 3)}))})
    except MediaError as error:
        say({"error": said(error)})
    except MemoryError:
        say({"error": ["RenderError", "This file needs more memory than it may have. Use a smaller one."]})
    except OSError as error:
        import errno

        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM):
            raise
        say({"error": ["RenderInterrupted", f"The server could not write the result ({error.strerror})."]})

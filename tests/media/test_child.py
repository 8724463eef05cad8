import textwrap

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

    import time

    time.sleep(0.2)
    assert not marker.exists()

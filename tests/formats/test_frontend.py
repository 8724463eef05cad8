"""The editor's script as far as it needs no page: run by Node's own test runner, where there is a Node."""

import shutil
import subprocess

import pytest

from tests.stack import ROOT

pytestmark = pytest.mark.unit


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
def test_the_parts_of_the_desk_that_need_no_page():
    command = ["node", "--test", "frontend/test/"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout[-4000:]
    assert "# pass 24" in done.stdout

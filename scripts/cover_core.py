"""Fail unless the tests of publishing/core reach every line and every branch of it. A step of ``make check``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "publishing" / "core"


def main() -> int:
    sys.path[:0] = [str(ROOT), str(ROOT / "calendar")]
    os.environ["HUSTINGS_EXAMPLES"] = "30"  # the tables reach every branch; the machine is not here for that
    watch = coverage.Coverage(branch=True, source_pkgs=["publishing.core"], data_file=None)
    watch.start()
    # the core knows no Django: without it this takes seconds
    options = ["-q", "-p", "no:django", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull]
    options += ["--rootdir", str(ROOT), "--confcutdir", str(TESTS), "--import-mode=importlib", "-W", "ignore"]
    words = "tests/publishing/core/test_tables.py::test_every_reason_and_state_has_words"
    failed = pytest.main([*options, "--deselect", words, str(TESTS)])
    watch.stop()
    total = watch.report(show_missing=True, skip_covered=True)
    return int(failed) or int(total < 100)


if __name__ == "__main__":
    sys.exit(main())

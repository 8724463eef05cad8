"""Every fault of the catalogue has tests, and every test that it names is there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.catalogue import FAULTS

pytestmark = pytest.mark.unit

TESTS = Path(__file__).parents[1]


@cache
def functions(file: str) -> frozenset[str]:
    """The tests of a file that are really run: top-level functions without a skip."""
    tree = ast.parse((TESTS / file).read_text())
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return frozenset(
        node.name for node in defined if not any("skip" in ast.unparse(d) for d in node.decorator_list)
    )


@pytest.mark.parametrize(
    ("group", "fault"), [(group, fault) for group, faults in FAULTS.items() for fault in faults]
)
def test_fault_is_covered_by_tests_that_exist(group, fault):
    named = FAULTS[group][fault]

    assert named
    for test in named:
        file, _, name = test.partition("::")
        assert name in functions(file), f"{test} is not there"

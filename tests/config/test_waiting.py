"""What journeys wait for in a page is a function.

Playwright runs an expression anew with ``eval``, which the pages' policy forbids: it works only where it is true at
the first look, so that such a wait fails on a slow machine alone (found on 1 December 2026).
"""

import ast
import re
from pathlib import Path

import pytest

FUNCTION = re.compile(r"(async )?(\(|\w+ )[^()]*\)? ?=>")
JOURNEYS = sorted((Path(__file__).parents[1] / "journeys").glob("*.py"))


def awaited(source: str) -> list[str]:
    """What a module gives to ``wait_for_function``, names of its constants resolved."""
    tree = ast.parse(source)
    constants = {
        each.targets[0].id: each.value.value
        for each in tree.body
        if isinstance(each, ast.Assign)
        and isinstance(each.targets[0], ast.Name)
        and isinstance(each.value, ast.Constant)
    }
    found = []
    for each in ast.walk(tree):
        if isinstance(each, ast.Call) and getattr(each.func, "attr", "") == "wait_for_function":
            given = each.args[0]
            found.append(constants[given.id] if isinstance(given, ast.Name) else ast.literal_eval(given))
    return found


def test_the_journeys_wait_at_all():
    assert sum(len(awaited(each.read_text())) for each in JOURNEYS) > 10


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda each: each.stem)
def test_what_a_journey_waits_for_is_a_function(journey):
    expressions = [each for each in awaited(journey.read_text()) if not FUNCTION.match(each)]
    assert not expressions

"""Change publishing/core one small place at a time and see whether its tests notice: mutation testing.

    make mutants            all of it; prints the score and what survived; fails below 90 %
    .venv/bin/python scripts/mutants.py decide rule     only these modules

Each mutant is one changed node of the syntax tree. Worker processes that have loaded the tests once put the
mutated module in place and run the tables (``tests/publishing/core``), which know no Django; the state machine
runs with few examples and only where the tables saw nothing. What never changes behaviour is not mutated:
docstrings, annotations, ``__future__``.
"""

from __future__ import annotations

import ast
import copy
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "publishing" / "core"
TESTS = ROOT / "tests" / "publishing" / "core"
WANTED = 0.90
TIMEOUT_S = 60

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """The small changes of one node."""
    if isinstance(node, ast.Compare):
        for n, op in enumerate(node.ops):
            new = copy.deepcopy(node)
            new.ops[n] = COMPARE[type(op)]()
            yield new
    elif isinstance(node, ast.BoolOp):
        new = copy.deepcopy(node)
        new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield new
        for n in range(len(node.values)):
            rest = [copy.deepcopy(v) for m, v in enumerate(node.values) if m != n]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(op=copy.deepcopy(node.op), values=rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        new = copy.deepcopy(node)
        new.op = ARITHMETIC[type(node.op)]()
        yield new
    elif isinstance(node, ast.IfExp):
        yield copy.deepcopy(node.body)
        yield copy.deepcopy(node.orelse)
    elif isinstance(node, ast.If):
        for value in (True, False):
            new = copy.deepcopy(node)
            new.test = ast.Constant(value)
            yield new
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, str):
            yield ast.Constant(node.value + "X")
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))


def is_quiet(parents: list[ast.AST], node: ast.AST) -> bool:
    """Docstrings, annotations and imports change nothing when they are changed."""
    parent = parents[-1] if parents else None
    if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant):
        return True
    chain = [*parents, node]
    for above, below in pairwise(chain):
        if isinstance(above, ast.AnnAssign | ast.arg) and below is above.annotation:
            return True
        if isinstance(above, ast.FunctionDef) and below is above.returns:
            return True
        if isinstance(above, ast.FunctionDef | ast.ClassDef) and below in above.decorator_list:
            return True
    return False


def sites(tree: ast.AST) -> Iterator[tuple[list[tuple[str, int | None]], ast.AST]]:
    """(path to the node, its replacement) for every mutant."""

    def walk(node: ast.AST, path: list, parents: list) -> Iterator:
        if isinstance(node, ast.Import | ast.ImportFrom) or is_quiet(parents, node):
            return
        for new in variants(node):
            yield list(path), ast.copy_location(new, node)
        for name, value in ast.iter_fields(node):
            items = enumerate(value) if isinstance(value, list) else [(None, value)]
            for n, child in items:
                if isinstance(child, ast.AST):
                    yield from walk(child, [*path, (name, n)], [*parents, node])

    yield from walk(tree, [], [])


def put(tree: ast.Module, path: list, new: ast.AST) -> ast.Module:
    tree = copy.deepcopy(tree)
    node: ast.AST = tree
    for name, n in path[:-1]:
        node = getattr(node, name) if n is None else getattr(node, name)[n]
    name, n = path[-1]
    if n is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[n] = new
    return ast.fix_missing_locations(tree)


def run_tests(module: str, source: str, quick: bool) -> bool:
    """In a child: put the mutated module in place, run the tests; whether they pass."""
    import importlib.abc
    import importlib.util

    import pytest

    class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, path=None, target=None):
            return (
                importlib.util.spec_from_loader(name, self) if name == f"publishing.core.{module}" else None
            )

        def create_module(self, spec):
            return None

        def exec_module(self, loaded):
            exec(compile(source, str(CORE / f"{module}.py"), "exec"), loaded.__dict__)  # noqa: S102

    sys.path[:0] = [str(ROOT), str(ROOT / "calendar")]
    sys.meta_path.insert(0, Mutated())
    os.environ["HUSTINGS_EXAMPLES"] = "60"
    files = ["test_branches.py", "test_tables.py"] if quick else ["test_machine.py"]
    # the core knows no Django, so neither do these runs: starting it would take most of the time
    options = ["-q", "-x", "-p", "no:django", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull]
    options += ["--rootdir", str(ROOT), "--confcutdir", str(TESTS), "--import-mode=importlib", "-W", "ignore"]
    deselect = ["--deselect", "tests/publishing/core/test_tables.py::test_every_reason_and_state_has_words"]
    return pytest.main([*options, *deselect, *(str(TESTS / file) for file in files)]) == 0


def child(module: str, source: str, quick: bool) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    signal.alarm(TIMEOUT_S)  # a mutant that never ends is noticed, too
    os._exit(0 if run_tests(module, source, quick) else 1)


def survives(job: tuple[str, str]) -> bool:
    module, source = job
    for quick in (True, False):
        process = multiprocessing.get_context("fork").Process(target=child, args=(module, source, quick))
        process.start()
        process.join()
        if process.exitcode != 0:
            return False
    return True


def jobs(modules: list[str]) -> list[tuple[str, int, str, str]]:
    found = []
    for module in modules:
        tree = ast.parse((CORE / f"{module}.py").read_text())
        for path, new in sites(tree):
            what = ast.unparse(new).split("\n")[0][:90]
            found.append((module, getattr(new, "lineno", 0), what, ast.unparse(put(tree, path, new))))
    return found


def main() -> int:
    modules = sys.argv[1:] or sorted(p.stem for p in CORE.glob("*.py") if p.stem != "__init__")
    # what every child needs is imported once, here; the core itself must stay out, so that it can be replaced
    sys.path[:0] = [str(ROOT), str(ROOT / "calendar")]
    import hypothesis.stateful  # noqa: F401
    import pytest  # noqa: F401

    if not survives(("none", "")):
        print("The tests do not pass as they are.")
        return 2
    todo, began, alive = jobs(modules), time.monotonic(), 0
    with multiprocessing.pool.ThreadPool(int(os.environ.get("MUTANTS_AT_ONCE", os.cpu_count() or 2))) as pool:
        answers = pool.imap(survives, [(module, source) for module, _, _, source in todo])
        for n, ((module, line, what, _), lives) in enumerate(zip(todo, answers, strict=True), 1):
            alive += lives
            if lives:
                print(f"survived  publishing/core/{module}.py:{line}  {what}", flush=True)
            if n % 100 == 0:
                print(f"{n} of {len(todo)} tried, {alive} survived", flush=True)
    killed = len(todo) - alive
    score = killed / len(todo)
    took_s = time.monotonic() - began
    print(
        f"{killed} of {len(todo)} mutants killed: {score:.1%} (at least {WANTED:.0%} wanted), {took_s:.0f} s"
    )
    return 0 if score >= WANTED else 1


if __name__ == "__main__":
    import multiprocessing.pool

    sys.exit(main())

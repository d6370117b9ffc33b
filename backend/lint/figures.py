"""The figures that the design holds the code to: `python -m backend.lint.figures`.

Sizes of functions and modules, public docstrings, test lines against code lines, and the
rules of `backend.lint.rules`.
"""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import quantiles

from backend.lint.rules import cycles, duties

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTION_MEDIAN, FUNCTION_P95, FUNCTION_MAX = 10, 40, 60
MODULE_P95, MODULE_MAX = 250, 400
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> int:
    """Print the figures and what breaks them; return 1 if anything does."""
    tracked = list(_tracked())
    tests = [path for path in tracked if is_test(path)]
    code = {path: ast.parse(path.read_text()) for path in tracked if is_code(path)}
    named = {_name(path): tree for path, tree in code.items()}
    broken = [*duties(named), *cycles(named)]
    faults = [*sizes(code), *docstrings(code), *broken, *share(code, tests)]
    for fault in faults:
        print(fault)  # noqa: T201
    return 1 if faults else 0


def _tracked() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    yield from (path for name in listed.split("\n") if name and (path := ROOT / name).exists())


def is_test(path: Path) -> bool:
    """Return whether a file belongs to the tests."""
    return "tests" in path.relative_to(ROOT).parts


def is_code(path: Path) -> bool:
    """Return whether a file is the product's own code, written by hand."""
    return not is_test(path) and not {"migrations", "benchmarks"} & set(path.parts)


def lines_of(path: Path) -> int:
    """Return how many lines a file has."""
    return len(path.read_text().splitlines())


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Return a function's lines, from its `def` to its last, its docstring left out."""
    first = function.body[0]
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return total
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1)


def p95(values: Iterable[int]) -> float:
    """Return the 95th percentile."""
    listed = sorted(values)
    return quantiles(listed, n=20, method="inclusive")[-1] if len(listed) > 1 else listed[0]


def sizes(code: dict[Path, ast.Module]) -> Iterator[str]:
    """Yield what is too long."""
    named = {
        f"{_name(path)}:{function.lineno} {function.name}": length(function)
        for path, tree in code.items()
        for function in functions(tree)
    }
    median = sorted(named.values())[len(named) // 2]
    modules = {path: lines_of(path) for path in code}
    at_95 = p95(named.values()), p95(modules.values())
    print(f"functions: {len(named)}, median {median}, p95 {at_95[0]:g}, most {max(named.values())}")  # noqa: T201
    print(f"modules: {len(modules)}, p95 {at_95[1]:g}, most {max(modules.values())}")  # noqa: T201
    if median > FUNCTION_MEDIAN:
        yield f"the median function has {median} lines, more than {FUNCTION_MEDIAN}"
    if at_95[0] > FUNCTION_P95:
        yield f"the 95th percentile of functions is {at_95[0]:g}, more than {FUNCTION_P95}"
    if at_95[1] > MODULE_P95:
        yield f"the 95th percentile of modules is {at_95[1]:g}, more than {MODULE_P95}"
    yield from (f"{name}: {n} lines" for name, n in named.items() if n > FUNCTION_MAX)
    yield from (f"{_name(path)}: {n} lines" for path, n in modules.items() if n > MODULE_MAX)


def docstrings(code: dict[Path, ast.Module]) -> Iterator[str]:
    """Yield what is public and says nothing of itself."""
    for path, tree in code.items():
        if tree.body and ast.get_docstring(tree) is None:
            yield f"{_name(path)}: no docstring"
        for node in tree.body:
            is_public = isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_")
            if is_public and ast.get_docstring(node) is None:  # type: ignore[arg-type]
                yield f"{_name(path)}:{node.lineno}: no docstring"


def share(code: dict[Path, ast.Module], tests: list[Path]) -> Iterator[str]:
    """Yield a complaint where there are fewer lines of tests than of code."""
    written, tested = sum(map(lines_of, code)), sum(map(lines_of, tests))
    print(f"lines: {written} of code, {tested} of tests ({tested / written:.2f})")  # noqa: T201
    if tested < written:
        yield f"{tested} lines of tests are fewer than {written} lines of code"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())

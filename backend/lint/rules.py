"""Rules about where things are done, read from the syntax tree.

Three duties have one place each: writing a job's status, starting programs, naming groups.
And no modules import each other in a circle.
"""

import ast
from collections.abc import Iterator

STARTERS = {"subprocess", "pty", "multiprocessing"}
OS_STARTERS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork")
# The set-up, the launcher, the demo and the lint tools run before, or outside, the platform.
OUTSIDE = ("backend/bootstrap/", "backend/demo.py", "backend/lint/", "backend/run.py")
MAY_START = ("core/media/", *OUTSIDE)
MAY_SET_STATUS = ("core/jobs/lifecycle/",)
MAY_NAME_GROUPS = ("core/realtime/groups.py",)
GROUPS = (
    *("jobs.job.", "jobs.user.", "core.user.", "core.upload.", "core.account."),
    *("videos.video.", "videos.user."),
)


def duties(code: dict[str, ast.Module]) -> Iterator[str]:
    """Yield what does, outside its place, what has one place."""
    for name, tree in code.items():
        for node in ast.walk(tree):
            if starts_programs(node) and not name.startswith(MAY_START):
                yield f"{name}:{node.lineno}: only core.media starts programs"  # type: ignore[attr-defined]
            if writes_status(node) and not name.startswith(MAY_SET_STATUS):
                yield f"{name}:{node.lineno}: only core.jobs.lifecycle writes a job's status"  # type: ignore[attr-defined]
            if names_group(node) and not name.startswith(MAY_NAME_GROUPS):
                yield f"{name}:{node.lineno}: only core.realtime.groups makes group names"  # type: ignore[attr-defined]


def starts_programs(node: ast.AST) -> bool:
    """Return whether a node imports or calls what starts a program."""
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in STARTERS for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] in STARTERS
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner, name = node.func.value, node.func.attr
    if name in {"create_subprocess_exec", "create_subprocess_shell"}:
        return True
    return isinstance(owner, ast.Name) and owner.id == "os" and name.startswith(OS_STARTERS)


def writes_status(node: ast.AST) -> bool:
    """Return whether a node writes a job's status: `Job….update(status=…)` or `job.status =`."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(ast.unparse(target).endswith("job.status") for target in targets)
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    writes = node.func.attr in {"update", "create", "update_or_create", "aupdate", "acreate"}
    given = any(keyword.arg == "status" for keyword in node.keywords)
    return writes and given and ast.unparse(node.func.value).startswith("Job.")


def names_group(node: ast.AST) -> bool:
    """Return whether a node builds a group's name out of parts."""
    return isinstance(node, ast.JoinedStr) and ast.unparse(node)[2:].startswith(GROUPS)


def cycles(code: dict[str, ast.Module]) -> Iterator[str]:
    """Yield the modules that import each other, at their top level, in a circle."""
    modules = {module_of(name): tree for name, tree in code.items()}
    graph = {
        own: {name for name in imports_of(tree, own, set(modules)) if name in modules}
        for own, tree in modules.items()
    }
    yield from (f"imports in a circle: {' → '.join(circle)}" for circle in _circles(graph))


def imports_of(tree: ast.Module, own: str, known: set[str]) -> Iterator[str]:
    """Yield the modules that a module imports at its top level.

    `from package import module` imports the module: that its package was imported before
    it is no circle.
    """
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(own.split(".")[: -node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield inner if inner in known else module


def _circles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield one circle for each module that reaches itself first (depth first)."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> Iterator[list[str]]:
        if name in trail:
            yield [*trail[trail.index(name) :], name]
        elif name not in done:
            for other in sorted(graph[name]):
                yield from visit(other, [*trail, name])
            done.add(name)

    for name in sorted(graph):
        yield from visit(name, [])


def module_of(name: str) -> str:
    """Return the module's name for a file's, such as `core.jobs` for `core/jobs/__init__.py`."""
    parts = name.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

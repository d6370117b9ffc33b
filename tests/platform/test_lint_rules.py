"""The rules of `make lint` find what they are for, and nothing else."""

import ast
from pathlib import Path

import pytest

from backend.lint import figures, rules


def faults(name: str, text: str) -> list[str]:
    """Return what is wrong with one file."""
    return list(rules.duties({name: ast.parse(text)}))


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess",
        "from subprocess import run",
        "import multiprocessing.pool",
        "import os\nos.system('x')",
        "import os\nos.execv('x', [])",
        "import os\nos.fork()",
        "import asyncio\nasyncio.create_subprocess_exec('x')",
    ],
)
def test_a_program_started_elsewhere_is_found(text):
    assert len(faults("core/jobs/some.py", text)) == 1
    assert faults("core/media/some.py", text) == []


@pytest.mark.parametrize("text", ["import os\nos.path.join('a')", "job.run()", "import signal"])
def test_what_starts_no_program_is_left_alone(text):
    assert faults("core/jobs/some.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Job.objects.filter(pk=1).update(status='failed')",
        "Job.objects.create(status='running')",
        "job.status = 'failed'",
        "self.job.status = 'failed'",
    ],
)
def test_a_status_written_elsewhere_is_found(text):
    assert len(faults("core/uploads/services.py", text)) == 1
    assert faults("core/jobs/lifecycle/some.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Upload.objects.update(status='x')",
        "Job.objects.filter(status='x')",
        "Job.objects.update(sent_at=1)",
        "upload.status = 'x'",
        "x = job.status",
    ],
)
def test_other_uses_of_a_status_are_left_alone(text):
    assert faults("core/uploads/services.py", text) == []


def test_a_group_named_elsewhere_is_found():
    text = "name = f'jobs.job.{job.pk}'"

    assert len(faults("core/jobs/consumers.py", text)) == 1
    assert faults("core/realtime/groups.py", text) == []
    assert faults("core/jobs/consumers.py", "name = f'jobs {job.pk}'") == []


def circles(**files: str) -> list[str]:
    """Return the circles among modules of a package `a`."""
    trees = {f"a/{name}.py": ast.parse(text) for name, text in files.items()}
    return list(rules.cycles(trees))


def test_modules_that_import_each_other_are_found():
    found = circles(b="from a import c", c="import a.d", d="from a.b import x")

    assert found == ["imports in a circle: a.b → a.c → a.d → a.b"]


def test_an_import_inside_a_function_is_no_circle():
    assert circles(b="from a import c", c="def f():\n    from a import b") == []


def test_a_package_that_gathers_its_modules_is_no_circle():
    assert circles(__init__="from a import b", b="from a import c", c="x = 1") == []


def test_a_module_that_imports_from_the_package_around_it_is_a_circle():
    assert len(circles(__init__="from a import b", b="from a import something")) == 1


def test_a_relative_import_is_followed():
    assert len(circles(b="from . import c", c="from .b import x")) == 1


def test_the_length_of_a_function_leaves_out_its_docstring():
    text = 'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    function = next(iter(figures.functions(ast.parse(text))))

    assert figures.length(function) == 3


def test_a_long_function_and_a_long_module_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    long = tmp_path / "long.py"
    long.write_text("def f():\n" + "    a = 1\n" * 61 + "\n" * 400)

    found = list(figures.sizes({long: ast.parse(long.read_text())}))

    assert "long.py:1 f: 62 lines" in found
    assert "long.py: 462 lines" in found


def test_what_is_public_and_silent_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    tree = ast.parse('"""Doc."""\ndef f(): ...\ndef _g(): ...\nclass C: ...\n')

    assert list(figures.docstrings({tmp_path / "x.py": tree})) == [
        "x.py:2: no docstring",
        "x.py:4: no docstring",
    ]


def test_fewer_tests_than_code_are_found(tmp_path):
    (tmp_path / "code.py").write_text("a\n" * 10)
    (tmp_path / "test.py").write_text("a\n" * 9)
    code = {tmp_path / "code.py": ast.parse("")}

    assert list(figures.share(code, [tmp_path / "test.py"])) != []
    assert list(figures.share({tmp_path / "test.py": ast.parse("")}, [tmp_path / "code.py"])) == []


def test_the_code_as_it_stands_keeps_every_duty_in_its_place():
    files = [path for path in figures._tracked() if figures.is_code(path)]
    named = {
        str(Path(path).relative_to(figures.ROOT)): ast.parse(path.read_text()) for path in files
    }

    assert list(rules.duties(named)) == []
    assert list(rules.cycles(named)) == []

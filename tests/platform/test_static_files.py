"""Static files: collected once, again after a change, and served under lasting names."""

import gzip
import json
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from backend import static_files


@pytest.fixture
def collected(settings, tmp_path) -> Path:
    """Return a folder of collected files made of one source folder."""
    source, root = tmp_path / "source", tmp_path / "root"
    source.mkdir()
    root.mkdir()
    (source / "page.css").write_text("body { color: red }\n" * 50)
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = root
    static_files.get_finders.__globals__["get_finder"].cache_clear()
    static_files.collect()
    yield root
    static_files.get_finders.__globals__["get_finder"].cache_clear()


def manifest(root: Path) -> dict[str, str]:
    """Return the names that the files are served under."""
    return json.loads((root / "staticfiles.json").read_text())["paths"]


def test_files_get_names_with_a_hash_and_a_compressed_twin(collected):
    name = manifest(collected)["page.css"]

    assert name != "page.css"
    assert gzip.decompress((collected / f"{name}.gz").read_bytes()).startswith(b"body")


def test_what_has_not_changed_is_not_collected_again(collected):
    before = (collected / "staticfiles.json").stat().st_mtime_ns

    static_files.collect()

    assert (collected / "staticfiles.json").stat().st_mtime_ns == before


def test_a_changed_file_gets_another_name(collected, settings):
    before = manifest(collected)["page.css"]
    (Path(settings.STATICFILES_DIRS[0]) / "page.css").write_text("body { color: blue }")

    static_files.collect()

    assert manifest(collected)["page.css"] != before


def test_a_collection_that_was_killed_is_done_again(collected):
    (collected / static_files.STAMP).unlink()
    (collected / "staticfiles.json").unlink()

    static_files.collect()

    assert "page.css" in manifest(collected)


def test_before_anything_is_collected_plain_names_are_served(db):
    assert staticfiles_storage.url("admin/css/base.css") == "/static/admin/css/base.css"
    answer = Client().get("/static/admin/css/base.css")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")


def test_what_is_fresh_at_the_client_is_not_sent_again(db):
    first = Client().get("/static/admin/css/base.css")

    again = Client().get("/static/admin/css/base.css", HTTP_IF_NONE_MATCH=first.headers["ETag"])

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../manage.py", "/static/%2e%2e/x"])
def test_what_is_no_static_file_is_not_found(db, path):
    assert Client().get(path).status_code == 404

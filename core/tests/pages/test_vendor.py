"""Scripts of others: only what pages load, under our own address."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from core.pages.vendor import FILES, VendorFinder

NAMES = [f"vendor/{name}" for names in FILES.values() for name in names]


@pytest.mark.parametrize(
    "path",
    [
        "/static/vendor/package.json",
        "/static/vendor/installed",
        "/static/vendor/../package-lock.json",
        "/static/hls.js/dist/hls.min.mjs",
        "/static/vendor/hls.js",
        "/static/node_modules/plyr/dist/plyr.css",
    ],
)
def test_nothing_else_of_the_packages_is_served(db, path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_script_that_was_not_installed_is_not_found(tmp_path: Path) -> None:
    finder = VendorFinder(tmp_path)

    assert finder.find("vendor/plyr.css") == []
    assert list(finder.list(None)) == []


def test_a_collection_may_leave_files_out() -> None:
    names = [name for name, _ in VendorFinder().list(["*.map"])]

    assert "plyr.css" in names
    assert "tus.min.js.map" not in names


@pytest.mark.parametrize("name", NAMES)
def test_each_script_is_found_and_collected(name: str) -> None:
    found = finders.find(name)

    assert found is not None
    assert Path(found).stat().st_size > 1000
    assert finders.find(name, find_all=True) == [found]
    listed = {f"{storage.prefix}/{path}": storage.path(path) for path, storage in all_of_it()}
    assert listed[name] == found


def all_of_it():
    return VendorFinder().list([])


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("hls.min.mjs", "text/javascript"),
        ("plyr.min.mjs", "text/javascript"),
        ("tus.min.js", "text/javascript"),
        ("plyr.css", "text/css"),
        ("plyr.svg", "image/svg+xml"),
    ],
)
def test_browsers_are_told_what_it_is(db, name: str, media_type: str) -> None:
    answer = Client().get(f"/static/vendor/{name}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media_type)

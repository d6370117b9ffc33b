"""The names of scripts and styles: a new content has a new name, all the way down."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile

from core.pages.storage import StaticStorage
from core.pages.vendor import PREFIX, VendorFinder

OWN = Path(__file__).resolve().parents[3] / "static"


@pytest.fixture
def collected(tmp_path: Path, settings) -> StaticStorage:
    """Collect our own files, and those of others that they import, as `collectstatic` does."""
    settings.DEBUG = False
    storage = StaticStorage(location=str(tmp_path), base_url="/static/")
    plain = StaticFilesStorage(location=str(tmp_path), base_url="/static/")
    paths = {}
    for path in OWN.rglob("*.*"):
        name = str(path.relative_to(OWN))
        plain.save(name, ContentFile(path.read_bytes()))
        paths[name] = (plain, name)
    for short, source in VendorFinder().list(None):
        name = f"{PREFIX}/{short}"
        plain.save(name, source.open(short))
        paths[name] = (plain, name)
    failures = [done for _, _, done in storage.post_process(paths) if isinstance(done, Exception)]
    assert failures == []
    return storage


def test_what_was_never_collected_keeps_its_plain_name(tmp_path: Path, settings) -> None:
    settings.DEBUG = False
    storage = StaticStorage(location=str(tmp_path), base_url="/static/")

    assert storage.url("js/jobs.js") == "/static/js/jobs.js"


def test_every_import_of_a_script_leads_to_a_name_with_its_content(
    collected: StaticStorage, tmp_path: Path
) -> None:
    imports = 0
    for script in (OWN / "js").rglob("*.js"):
        path = tmp_path / collected.stored_name(str(script.relative_to(OWN)))
        for target in re.findall(r'(?:from|import) "(\.[^"]+)"', path.read_text()):
            imports += 1
            assert re.search(r"\.[0-9a-f]{12}\.m?js$", target), (script, target)
            assert (path.parent / target).exists(), (script, target)
    assert imports > 10

"""What the tests of the work share."""

import pytest

from media_api import storage
from media_api.tests.pipeline.person import Person
from tests.support.clips import clip
from tests.support.environment import FOLDER


@pytest.fixture(autouse=True)
def persistence(alone, transactional_db, settings, tmp_path, configured):
    """Nobody else acts, and files lie in a folder of this test's own."""
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"
    configured(auth={"required": False})
    return storage.root()


@pytest.fixture
def person():
    """Return somebody without an account."""
    return Person()


@pytest.fixture
def ffmpeg_that_fails(tmp_path, monkeypatch):
    """Return the function that puts an ffmpeg in the way which fails at some words."""
    for name in ("landscape", "silent"):  # made by the real one
        clip(name)

    def stub(words, message="It broke.", *, lasts_s=0):
        folder = tmp_path / "programs"
        folder.mkdir()
        script = folder / "ffmpeg"
        script.write_text(
            f'#!/bin/sh\ncase "$*" in *{words}*) sleep {lasts_s}; echo "{message}" >&2; exit 1;;'
            ' esac\nexec /usr/bin/ffmpeg "$@"\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/local/bin:/usr/bin:/bin")

    return stub


@pytest.fixture
def text_file(tmp_path):
    """Return the function that makes a text file."""

    def make(text, name="a.txt"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="session")
def invoice():
    """Return a picture of an invoice."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (1100, 200), "white")
    font = ImageFont.load_default(size=44)
    ImageDraw.Draw(picture).text(
        (40, 60), "Invoice number 4711 total 99 EUR", fill="black", font=font
    )
    path = FOLDER / "invoice.png"
    picture.save(path)
    return path

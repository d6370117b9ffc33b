"""Making an engine, and where its language data comes from."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.ocr.engines import Engine, installed_languages, make_engine
from core.ocr.engines.base import Reading
from core.ocr.engines.errors import EngineMissing, LanguageMissing, OcrEngineFailed
from core.ocr.engines.tessdata import data_folder

WHITE = np.full((60, 200), 255, np.uint8)


def run_python(script: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", script]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


def test_no_language_data_is_a_missing_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))

    assert installed_languages().languages == ()
    with pytest.raises(EngineMissing) as caught:
        make_engine("auto")
    assert caught.value.code == "engine_missing"


def test_a_missing_data_folder_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path / "gone"))

    assert installed_languages().languages == ()


def test_damaged_language_data_is_an_engine_failure(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"damaged")

    with pytest.raises(OcrEngineFailed):
        engine.recognise(WHITE, 200, Reading(("eng",), data_dir=tmp_path))


@pytest.mark.parametrize("code", ["xyz", "../eng", "eng -c x=1", ""])
def test_a_language_that_is_not_installed_never_reaches_the_engine(
    engine: Engine, code: str
) -> None:
    with pytest.raises(LanguageMissing):
        engine.recognise(WHITE, 200, Reading((code,)))


def test_the_prefix_may_be_the_folder_or_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tessdata").mkdir()
    (tmp_path / "tessdata" / "tur.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert installed_languages().languages == ("tur",)

    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path / "tessdata"))
    assert data_folder() == tmp_path / "tessdata"


def test_language_data_installed_later_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    (tmp_path / "tur.traineddata").touch()
    assert installed_languages().languages == ("tur",)

    (tmp_path / "osd.traineddata").touch()
    os.utime(tmp_path, ns=(1, 1))

    assert installed_languages().osd


def test_orientation_data_is_no_language() -> None:
    found = installed_languages()

    assert found.osd
    assert "osd" not in found.languages
    assert {"eng", "fra", "rus"} <= set(found.languages)


def test_importing_the_package_loads_no_engine() -> None:
    script = "import sys, core.ocr.engines.document; print(*sys.modules)"

    loaded = run_python(script).split()

    assert not {"tesserocr", "pytesseract", "django"} & set(loaded)


def test_the_engine_is_limited_to_one_thread_before_it_loads() -> None:
    script = (
        "import os, sys; from core.ocr.engines import make_engine; assert 'tesserocr' not in "
        "sys.modules; make_engine('auto'); print(os.environ['OMP_THREAD_LIMIT'])"
    )

    assert run_python(script, OMP_THREAD_LIMIT="8").strip() == "1"


def test_auto_prefers_the_library_over_the_program(tesserocr: Engine) -> None:
    assert make_engine("auto").name == tesserocr.name == "tesserocr"
    assert make_engine("pytesseract").name == "pytesseract"


def test_an_engine_gives_nothing_for_an_empty_picture(engine: Engine) -> None:
    assert engine.recognise(WHITE, 200, Reading(("eng",))) == []
    assert engine.recognise(WHITE, 200, Reading(("eng",), "page")) == []
    assert engine.orientation(WHITE, 200) is None


def test_only_a_few_language_models_stay_loaded(tesserocr: Engine, tmp_path: Path) -> None:
    folder = data_folder()
    assert folder is not None
    for number in range(6):
        copy = tmp_path / str(number)
        copy.mkdir()
        (copy / "fra.traineddata").symlink_to(folder / "fra.traineddata")
        tesserocr.recognise(WHITE, 200, Reading(("fra",), data_dir=copy))

    assert len(tesserocr._models) == 4  # type: ignore[attr-defined]


def test_a_closed_engine_opens_again(english_file: Path) -> None:
    from core.ocr.engines.tesserocr_engine import TesserocrEngine
    from core.tests.ocr_engines.reading import read

    engine = TesserocrEngine()
    first = read(engine, english_file, default_languages=("eng",)).text
    engine.close()

    assert read(engine, english_file, default_languages=("eng",)).text == first
    engine.close()

"""Where Tesseract's language data lies, and which languages it holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/usr/share/tesseract/tessdata",
)
"""Debian and Ubuntu, Alpine and Arch, a build from source, Fedora; the first that exists wins."""

OSD = "osd"
NOT_LANGUAGES = frozenset({OSD, "equ", "snum"})


@dataclass(frozen=True)
class LanguageData:
    """Installed language codes (ISO 639-2 as Tesseract spells them), and orientation data."""

    languages: tuple[str, ...]
    osd: bool


def data_folder() -> Path | None:
    """The folder of `*.traineddata`: TESSDATA_PREFIX, or the first usual one that exists."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    if prefix:
        inner = Path(prefix) / "tessdata"
        return inner if inner.is_dir() else Path(prefix)
    return next((Path(folder) for folder in FOLDERS if Path(folder).is_dir()), None)


@lru_cache(maxsize=8)
def _languages_in(folder: Path, changed_ns: int) -> LanguageData:
    del changed_ns  # part of the key: data installed later is seen
    codes = sorted(path.stem for path in folder.glob("*.traineddata"))
    return LanguageData(
        tuple(code for code in codes if code not in NOT_LANGUAGES), osd=OSD in codes
    )


def installed_languages() -> LanguageData:
    """What is installed; empty when no data folder is found."""
    folder = data_folder()
    if folder is None or not folder.is_dir():
        return LanguageData((), osd=False)
    return _languages_in(folder, folder.stat().st_mtime_ns)

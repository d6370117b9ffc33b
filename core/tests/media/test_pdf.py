"""What pdfinfo tells."""

import io
import os
from pathlib import Path

import pikepdf
import pytest

from core.media import pdf
from core.media.errors import ProgramMissing, UnreadableImage
from core.media.pdf import PdfInfo, pdf_info
from core.media.process import Limits
from core.tests.media.samples import frames, locked_pdf


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "-f 1.pdf"
    path.write_bytes(data)
    return path


def edited(**info: str) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(frames("PDF", 2))) as document:
        for name, value in info.items():
            document.docinfo[f"/{name}"] = value
        document.pages[1].Rotate = 90
        document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"no pdf at all", frames("PDF", 1)[:300]])
def test_what_is_no_pdf_is_unreadable(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableImage):
        pdf_info(saved(tmp_path, data))


def test_a_password_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match="locked by a password"):
        pdf_info(saved(tmp_path, locked_pdf(user="secret")))


def test_a_pdf_that_takes_too_long_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "pdfinfo"
    slow.write_text("#!/bin/sh\nexec sleep 600")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(pdf, "LIMITS", Limits(wall_s=0.5))
    with pytest.raises(UnreadableImage, match="too much"):
        pdf_info(saved(tmp_path, frames("PDF", 1)))


def test_without_the_program_the_file_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing):
        pdf_info(saved(tmp_path, frames("PDF", 1)))


def test_a_title_cannot_pass_for_the_number_of_pages(tmp_path: Path) -> None:
    title = "x\nPages:           99999\nEncrypted:       yes\nPage    1 size:  9 x 9 pts"
    info = pdf_info(saved(tmp_path, edited(Title=title, Author=title)))
    assert (info.page_count, info.is_encrypted) == (2, False)
    assert len(info.page_sizes_pt) == 2


def test_pages_and_sizes_are_told_as_they_are_displayed(tmp_path: Path) -> None:
    info = pdf_info(saved(tmp_path, edited()))
    assert info.page_count == 2
    assert info.page_sizes_pt == ((64.0, 48.0), (48.0, 65.0))


def test_a_pdf_with_an_empty_password_opens(tmp_path: Path) -> None:
    info = pdf_info(saved(tmp_path, locked_pdf(user="")))
    assert info == PdfInfo(2, True, ((64.0, 48.0), (65.0, 48.0)))


def test_only_as_many_sizes_as_asked_for(tmp_path: Path) -> None:
    info = pdf_info(saved(tmp_path, frames("PDF", 5)), max_sizes=2)
    assert (info.page_count, len(info.page_sizes_pt)) == (5, 2)

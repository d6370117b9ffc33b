"""PDF pages: text layers, scans, limits, and files that are no PDF."""

from pathlib import Path

import pikepdf
import pytest

from benchmarks.samples import Sample, character_error
from core.media.errors import TooManyPixels, UnreadableImage
from core.ocr.engines import Engine, OcrOptions
from core.ocr.engines.errors import TooManyPages
from core.ocr.engines.pdf import read_pages
from core.tests.ocr_engines.reading import go_on, read, short_page, text_pdf

PDF = "application/pdf"
LINE = "The harbour was quiet when the first boats came in."


def refused(path: Path, **options: int) -> None:
    list(read_pages(path, OcrOptions(**options), check=go_on))  # type: ignore[arg-type]


def scan(folder: Path, samples: list[Sample]) -> Path:
    """A PDF of pictures only."""
    first, *rest = [sample.image for sample in samples]
    first.save(folder / "scan.pdf", save_all=True, append_images=rest, resolution=200)
    return folder / "scan.pdf"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"%PDF-1.7\n" + b"\xff" * 500, b"text"])
def test_what_is_no_pdf_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(content)

    with pytest.raises(UnreadableImage) as caught:
        refused(tmp_path / "a.pdf")

    assert str(tmp_path) not in str(caught.value)


def test_a_pdf_locked_by_a_password_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "open.pdf").write_bytes(text_pdf([LINE]))
    with pikepdf.open(tmp_path / "open.pdf") as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="u", owner="o"))

    with pytest.raises(UnreadableImage):
        refused(tmp_path / "locked.pdf")


def test_more_pages_than_allowed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([LINE] * 4))

    with pytest.raises(TooManyPages):
        refused(tmp_path / "a.pdf", max_pages=3)


def test_a_page_too_large_to_draw_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([""], size=(14_000, 14_000)))

    with pytest.raises(TooManyPixels):
        refused(tmp_path / "a.pdf", max_page_pixels=1_000_000)


def test_the_resolution_is_lowered_to_stay_under_the_pixel_limit(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([""]))

    [page] = read_pages(tmp_path / "a.pdf", OcrOptions(max_page_pixels=1_000_000), check=go_on)

    assert page.image is not None
    assert 900_000 < page.image.size <= 1_000_000
    assert page.dpi < 200


@pytest.mark.parametrize(("mode", "dpi"), [("fast", 200), ("high_accuracy", 300)])
def test_pages_are_drawn_at_the_resolution_of_the_mode(tmp_path: Path, mode: str, dpi: int) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([""]))
    options = OcrOptions(mode=mode)  # type: ignore[arg-type]

    [page] = read_pages(tmp_path / "a.pdf", options, check=go_on)

    assert page.dpi == dpi
    assert page.image is not None
    assert page.image.shape == (11 * dpi, round(8.5 * dpi))


def test_a_cancel_reaches_the_program_that_draws(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([LINE]))

    def cancel() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        list(read_pages(tmp_path / "a.pdf", OcrOptions(), check=cancel))


def test_a_pdf_with_an_empty_password_is_read(tesserocr: Engine, tmp_path: Path) -> None:
    (tmp_path / "open.pdf").write_bytes(text_pdf([LINE]))
    with pikepdf.open(tmp_path / "open.pdf") as pdf:
        pdf.save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(user="", owner="o"))

    assert read(tesserocr, tmp_path / "a.pdf", PDF).text == LINE


def test_a_text_layer_is_taken_as_it_is(tesserocr: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([f"{LINE}\n# {LINE}", LINE]))

    found = read(tesserocr, tmp_path / "a.pdf", PDF)

    assert found.text == f"{LINE}\n\\# {LINE}\n\n---\n\n{LINE}"
    assert [page["source"] for page in found.outcome.pages] == ["text_layer", "text_layer"]
    assert found.outcome.detected_language == "eng"
    assert found.outcome.confidence is None
    assert found.chunks[-1].progress == 1.0


def test_recognition_can_be_forced_on_a_text_layer(tesserocr: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([LINE]))

    found = read(tesserocr, tmp_path / "a.pdf", PDF, pdf_text="force_ocr")

    assert found.text == LINE
    assert found.outcome.pages[0]["source"] == "ocr"


def test_a_blank_pdf_page_gives_an_empty_text(tesserocr: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(text_pdf([""]))

    assert read(tesserocr, tmp_path / "a.pdf", PDF).text == ""


def test_scanned_pages_are_recognised_in_order(engine: Engine, tmp_path: Path) -> None:
    samples = [short_page(seed=n, count=1) for n in (1, 2)]

    found = read(engine, scan(tmp_path, samples), PDF, default_languages=("eng",))

    texts = found.text.split("\n\n---\n\n")
    for sample, text in zip(samples, texts, strict=True):
        assert character_error(sample.text, text) <= 0.01


def test_a_stamp_on_a_scan_does_not_pass_for_its_text(tesserocr: Engine, tmp_path: Path) -> None:
    sample = short_page(count=1)
    with pikepdf.open(scan(tmp_path, [sample])) as pdf:
        page = pdf.pages[0]
        page.Resources.Font = pikepdf.Dictionary(
            F1=pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )
        page.contents_add(b"BT 3 Tr /F1 8 Tf 10 10 Td (Scanned with an app) Tj ET")
        pdf.save(tmp_path / "stamped.pdf")

    found = read(tesserocr, tmp_path / "stamped.pdf", PDF, default_languages=("eng",))

    assert found.outcome.pages[0]["source"] == "ocr"
    assert character_error(sample.text, found.text) <= 0.01

"""Text of pictures and PDF files, read by the real Tesseract and poppler."""

import struct
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from core.ocr.engines.base import Block, Box, Line, Word
from core.ocr.engines.tsv import make_block, make_line
from media_api.engines.errors import LanguageUnsupported, OcrFailed, UnsupportedFileType
from media_api.engines.filetypes import FileType, inspect
from media_api.engines.text_of_images import Reading, codes_of, confident_text, read_text, tidied
from media_api.engines.words import PrintLanguage

LINES = ("Invoice number 4711", "total 99 EUR")
ENG, RUS, AUTO = PrintLanguage.ENG, PrintLanguage.RUS, PrintLanguage.AUTO


class Cancelled(Exception):  # noqa: N818 - it is no failure
    pass


def go_on() -> None:
    pass


def page(*lines: str) -> Image.Image:
    picture = Image.new("L", (700, 60 + 80 * len(lines)), 255)
    font = ImageFont.truetype("DejaVuSans.ttf", 40)
    for at, line in enumerate(lines):
        ImageDraw.Draw(picture).text((30, 30 + 80 * at), line, fill=0, font=font)
    return picture


def saved(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def text_of(
    path: Path,
    mime: str,
    *,
    language: PrintLanguage = ENG,
    least: int = 60,
    max_pixels: int = 10**7,
    told: list[tuple[int, int]] | None = None,
) -> str:
    told = [] if told is None else told
    return read_text(
        path,
        mime,
        Reading(language, least, max_pixels),
        on_page=lambda done, total: told.append((done, total)),
        check=go_on,
    )


def line(*words: tuple[str, float]) -> Line:
    box = Box(0, 0, 1, 1)
    return make_line([Word(text, box, confidence) for text, confidence in words])


@pytest.mark.parametrize(
    "mime", ["image/svg+xml", "image/heic", "image/jp2", "image/vnd.microsoft.icon", "text/plain"]
)
def test_what_is_no_picture_that_is_read_is_unsupported(mime: str, tmp_path: Path) -> None:
    path = tmp_path / "raw.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

    with pytest.raises(UnsupportedFileType):
        text_of(path, mime)


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(30), "image/jpeg"),
        (b"%PDF-1.4\nnothing\n%%EOF", "application/pdf"),
    ],
)
def test_what_is_damaged_fails_without_a_path(content: bytes, mime: str, tmp_path: Path) -> None:
    path = tmp_path / "raw.bin"
    path.write_bytes(content)

    with pytest.raises(OcrFailed) as refused:
        text_of(path, mime)

    assert refused.value.code == "ocr_failed"
    assert str(tmp_path) not in str(refused.value)


def test_a_picture_of_too_many_pixels_is_not_read(tmp_path: Path) -> None:
    path = saved(Image.new("1", (5000, 5000)), tmp_path / "raw.png")

    with pytest.raises(OcrFailed, match="pixels"):
        text_of(path, "image/png", max_pixels=24_999_999)


def test_a_language_that_is_not_installed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eng.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))

    with pytest.raises(LanguageUnsupported, match="Installed: eng") as refused:
        codes_of(RUS)

    assert refused.value.code == "language_unsupported"
    assert codes_of(AUTO) == codes_of(ENG) == ("eng",)


def test_who_cancels_between_pages_is_heard(tmp_path: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_text(
            saved(page("a"), tmp_path / "raw.png"),
            "image/png",
            Reading(ENG, 60, 10**7),
            on_page=lambda *_: None,
            check=cancel,
        )


def test_a_picture_is_read_with_its_line_breaks(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    text = text_of(saved(page(*LINES), tmp_path / "raw.png"), "image/png", told=told)

    assert text == "\n".join(LINES)
    assert told == [(1, 1)]


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("a.ppm", "RGB", {}),
        ("a.pgm", "L", {}),
        ("a.pgm", "I;16", {}),
        ("a.pbm", "1", {}),
        ("a.tga", "RGB", {"compression": "tga_rle"}),
        ("a.tga", "L", {}),
        ("a.pcx", "RGB", {}),
        ("a.pcx", "1", {}),
    ],
    ids=str,
)
def test_plain_old_formats_are_told_by_their_content_and_read(
    name: str, mode: str, options: dict[str, object], tmp_path: Path
) -> None:
    picture = page(*LINES)
    picture = picture.point(lambda grey: grey * 257, "I").convert(mode) if ";" in mode else picture
    saved(picture.convert(mode), tmp_path / name, **options)
    path = (tmp_path / name).rename(tmp_path / "raw.bin")

    content = inspect(path)

    assert content.type == FileType.IMAGE
    assert text_of(path, content.mime) == "\n".join(LINES)


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"P5 30000 30000 255\n", "image/x-portable-greymap"),
        (b"P1\n30000 30000\n", "image/x-portable-bitmap"),
        (struct.pack("<3B9xHH2B", 0, 0, 3, 30000, 30000, 8, 0), "image/x-tga"),
        (struct.pack("<4B4H53xBH58x", 10, 5, 1, 8, 0, 0, 29999, 29999, 1, 30000), "image/x-pcx"),
    ],
    ids=["pgm", "pbm", "tga", "pcx"],
)
def test_a_head_that_claims_too_many_pixels_is_not_followed(
    head: bytes, mime: str, tmp_path: Path
) -> None:
    path = tmp_path / "raw.bin"
    path.write_bytes(head + bytes(1000))

    with pytest.raises(OcrFailed, match="pixels"):
        text_of(path, mime)


@pytest.mark.parametrize("name", ["a.ppm", "a.pcx", "a.tga"])
def test_half_a_picture_of_a_plain_old_format_fails(name: str, tmp_path: Path) -> None:
    path = saved(page(*LINES).convert("RGB"), tmp_path / name)
    mime = inspect(path).mime
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(OcrFailed):
        text_of(path, mime)


def test_a_photograph_is_read_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the picture has to be turned clockwise
    turned = page(*LINES).transpose(Image.Transpose.ROTATE_90)

    path = saved(turned, tmp_path / "raw.jpg", exif=exif, quality=95)

    assert text_of(path, "image/jpeg") == "\n".join(LINES)


def test_auto_reads_both_languages_at_once(tmp_path: Path) -> None:
    path = saved(page("Invoice number", "Договор поставки"), tmp_path / "raw.png")

    text = text_of(path, "image/png", language=AUTO)

    assert codes_of(AUTO) == ("rus", "eng")
    assert text == "Invoice number\nДоговор поставки"


def test_an_empty_page_gives_an_empty_text(tmp_path: Path) -> None:
    assert text_of(saved(Image.new("L", (300, 200), 255), tmp_path / "raw.png"), "image/png") == ""


def test_pages_that_are_pictures_are_read_one_after_another(tmp_path: Path) -> None:
    pages, told = [page("first page"), page("second page")], []
    path = saved(pages[0], tmp_path / "raw.pdf", save_all=True, append_images=pages[1:])

    text = text_of(path, "application/pdf", told=told)

    assert text == "first page\n\nsecond page"
    assert told == [(1, 2), (2, 2)]


def test_a_pdf_with_a_text_of_its_own_is_not_recognised(tmp_path: Path) -> None:
    stream = b"BT /F 24 Tf 72 700 Td (# Total * 99 EUR of invoice 4711) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
    ]
    body = [b"%d 0 obj%b endobj\n" % (number, each) for number, each in enumerate(objects, 1)]
    path = tmp_path / "raw.pdf"
    trailer = b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"
    path.write_bytes(b"%PDF-1.4\n" + b"".join(body) + trailer)

    # No recognition reaches a confidence above a hundred, and no mark of Markdown is added.
    text = text_of(path, "application/pdf", least=100)

    assert text == "# Total * 99 EUR of invoice 4711"


def test_words_count_above_the_least_confidence() -> None:
    blocks: list[Block] = [
        make_block([line(("sure", 90.0), ("edge", 60.0), ("so", 60.1)), line(("noise", 3.0))]),
        make_block([line(("next", 99.0))]),
    ]

    assert confident_text(blocks, 60) == "sure so\nnext"
    assert confident_text(blocks, 0) == "sure edge so\nnoise\nnext"
    assert confident_text(blocks, 100) == ""


def test_a_text_layer_keeps_lines_and_loses_what_is_not_text() -> None:
    assert tidied("\f\n\n  Two   words \n\n\n\x07bell\nﬁne\n\f") == "Two words\n\nbell\nfine"

"""Pages that are hard to read: other languages, turned, tilted, worn, dark, ruled."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.samples import (
    MONO,
    SANS,
    SERIF,
    Sample,
    Style,
    blank,
    character_error,
    draw_column,
    font,
    paragraphs,
    receipt,
    table_page,
    text_page,
    worn,
)
from core.ocr.engines import Engine
from core.ocr.engines.text import to_processed
from core.tests.ocr_engines.reading import Read, read, save, short_page

RECEIPT = (
    "CORNER MARKET",
    "12 Harbour Street",
    "Bread               2.49",
    "Apples 1.2 kg       3.10",
    "Cheese              4.75",
    "Chocolate           1.89",
    "TOTAL              12.23",
    "Thank you for your visit",
    "Please come again",
)
RECEIPT_STYLE = Style(font=MONO, size_pt=9, margin_in=0.25)
ROWS = [
    ["Item", "Quantity", "Price"],
    ["Apples", "12", "0.40"],
    ["Brown bread", "2", "2.10"],
    ["Olive oil", "1", "8.75"],
    ["Tea", "", "3"],
]


def error(engine: Engine, sample: Sample, folder: Path, **options: object) -> tuple[float, Read]:
    """The character error rate of a sample, and what was read."""
    found = read(engine, save(sample, folder / "sample.png"), **options)
    return character_error(sample.text, found.text), found


@pytest.mark.parametrize("language", ["rus", "fra"])
def test_the_language_of_a_page_is_found(engine: Engine, language: str, tmp_path: Path) -> None:
    rate, found = error(engine, short_page(language), tmp_path)

    assert found.outcome.detected_language == language
    assert rate <= 0.01


def test_french_keeps_its_accents(tesserocr: Engine, tmp_path: Path) -> None:
    sample = short_page("fra", count=3)

    _, found = error(tesserocr, sample, tmp_path)

    for letter in "éèàêûç":
        assert found.text.count(letter) == sample.text.count(letter), letter


def test_a_page_in_two_languages_is_read_in_both(tesserocr: Engine, tmp_path: Path) -> None:
    style = Style(margin_in=0.5)
    image = blank(style, (7.0, 4.0))
    lines = draw_column(image, paragraphs("eng", 1), style, (100, 100, 1200))
    lines += draw_column(image, paragraphs("rus", 1), style, (100, 450, 1200))

    rate, found = error(tesserocr, Sample(image, tuple(lines), 200), tmp_path)

    assert rate <= 0.01
    assert {"eng", "rus"} <= set((found.outcome.detected_language or "").split("+"))


def test_a_page_of_figures_has_no_language(tesserocr: Engine, tmp_path: Path) -> None:
    digits = tuple(
        " ".join(str(1000 + (37 * i + 91 * j) % 9000) for j in range(6)) for i in range(8)
    )

    rate, found = error(tesserocr, receipt(digits, RECEIPT_STYLE), tmp_path)

    assert rate <= 0.01
    assert found.outcome.detected_language is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_set_upright(tesserocr: Engine, degrees: int, tmp_path: Path) -> None:
    sample = text_page(count=5)
    turned = Sample(sample.image.rotate(degrees, expand=True), sample.lines, sample.dpi)

    rate, found = error(tesserocr, turned, tmp_path, default_languages=("eng",))

    assert rate <= 0.01
    assert found.outcome.pages[0]["rotation"] == degrees


def test_pytesseract_turns_pages_the_same_way(tmp_path: Path) -> None:
    from core.ocr.engines import make_engine

    sample = text_page(count=5)
    turned = Sample(sample.image.rotate(90, expand=True), sample.lines, sample.dpi)

    rate, found = error(make_engine("pytesseract"), turned, tmp_path, default_languages=("eng",))

    assert rate <= 0.01
    assert found.outcome.pages[0]["rotation"] == 90


@pytest.mark.parametrize(
    ("levels", "noise", "tilt_deg"), [((120, 180), 14, 3), ((150, 190), 6, -2), ((90, 200), 25, 5)]
)
def test_a_tilted_faint_and_noisy_receipt_is_read(
    tesserocr: Engine, levels: tuple[int, int], noise: int, tilt_deg: float, tmp_path: Path
) -> None:
    sample = worn(receipt(RECEIPT, RECEIPT_STYLE), tilt_deg=tilt_deg, levels=levels, noise=noise)

    rate, found = error(tesserocr, sample, tmp_path)

    assert found.text
    assert rate <= 0.05


def test_rows_of_a_receipt_stay_together(engine: Engine, tmp_path: Path) -> None:
    rate, found = error(engine, receipt(RECEIPT, RECEIPT_STYLE), tmp_path)

    assert rate <= 0.01
    assert "Cheese 4.75" in found.text.split("\n")


def test_specks_of_salt_and_pepper_do_no_harm(tesserocr: Engine, tmp_path: Path) -> None:
    sample = short_page()
    pixels = np.asarray(sample.image).copy()
    chance = np.random.default_rng(5).random(pixels.shape)
    pixels[chance < 0.02] = 0
    pixels[chance > 0.98] = 255

    rate, _ = error(tesserocr, Sample(Image.fromarray(pixels), sample.lines, 200), tmp_path)

    assert rate <= 0.02


def test_light_text_on_a_dark_page_is_read(engine: Engine, tmp_path: Path) -> None:
    sample = short_page()
    dark = Sample(sample.image.point(lambda grey: 255 - grey), sample.lines, sample.dpi)

    rate, _ = error(engine, dark, tmp_path)

    assert rate <= 0.01


def test_a_dark_banner_on_a_light_page_is_read(tesserocr: Engine, tmp_path: Path) -> None:
    sample = short_page()
    image = Image.new("L", (sample.image.width, sample.image.height + 100), 255)
    image.paste(sample.image, (0, 100))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, 80), fill=20)
    draw.text((100, 22), "Annual report of the harbour", font=font(SANS, 32), fill=255)

    _, found = error(tesserocr, Sample(image, sample.lines, 200), tmp_path)

    assert "Annual report of the harbour" in found.text
    assert sample.lines[-1] in found.text


@pytest.mark.parametrize("tilt_deg", [0.4, -1.5, 4])
def test_a_tilted_page_is_read(tesserocr: Engine, tilt_deg: float, tmp_path: Path) -> None:
    rate, _ = error(tesserocr, worn(short_page(count=3), tilt_deg=tilt_deg), tmp_path)

    assert rate <= 0.01


def test_a_page_lit_from_one_side_is_read(tesserocr: Engine, tmp_path: Path) -> None:
    sample = short_page()
    light = np.linspace(0.35, 1, sample.image.width)
    shaded = Image.fromarray((np.asarray(sample.image) * light).astype(np.uint8))

    rate, _ = error(tesserocr, Sample(shaded, sample.lines, 200), tmp_path)

    assert rate <= 0.01


@pytest.mark.parametrize("dpi", [150, 300])
def test_other_resolutions_are_read(tesserocr: Engine, dpi: int, tmp_path: Path) -> None:
    rate, _ = error(tesserocr, short_page(dpi=dpi), tmp_path)

    assert rate <= 0.005


def test_a_photograph_without_text_gives_an_empty_text(tesserocr: Engine, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    clouds = Image.fromarray(random.integers(0, 255, (12, 16), dtype=np.uint8))
    large = np.asarray(clouds.resize((800, 600), Image.Resampling.BICUBIC), dtype=float)
    grain = np.clip(large + random.normal(0, 8, large.shape), 0, 255).astype(np.uint8)

    _, found = error(tesserocr, Sample(Image.fromarray(grain), ("",), 200), tmp_path)

    assert found.text == ""


def test_a_ruled_table_becomes_a_pipe_table(engine: Engine, tmp_path: Path) -> None:
    sample = table_page(ROWS, above="The prices of last week are given below.")
    top = Sample(sample.image.crop((0, 0, sample.image.width, 800)), sample.lines, 200)

    _, found = error(engine, top, tmp_path, default_languages=("eng",))

    assert found.text.split("\n") == [
        "The prices of last week are given below.",
        "",
        "| Item | Quantity | Price |",
        "| --- | --- | --- |",
        "| Apples | 12 | 0.40 |",
        "| Brown bread | 2 | 2.10 |",
        "| Olive oil | 1 | 8.75 |",
        "| Tea |  | 3 |",
    ]
    assert found.chunks[-1].kind == "table"
    assert to_processed(found.text, "raw").split("\n")[2:4] == [
        "Item  Quantity  Price",
        "Apples  12  0.40",
    ]


def test_headings_and_bullets_are_marked(tesserocr: Engine, tmp_path: Path) -> None:
    style = Style(font=SANS, margin_in=0.5)
    image = blank(style, (7.0, 4.5))
    draw = ImageDraw.Draw(image)
    draw.text((100, 90), "Annual report", font=font(SANS, 64), fill=0)
    draw.text((100, 230), "Summary of the year", font=font(SANS, 46), fill=0)
    draw_column(image, paragraphs("eng", 1), style, (100, 340, 1200))
    for number, text in enumerate(("first point", "second point", "third point")):
        draw.text((130, 650 + 45 * number), f"\u2022 {text}", font=font(SANS, 31), fill=0)

    _, found = error(tesserocr, Sample(image, (), 200), tmp_path)

    lines = found.text.split("\n")
    assert lines[0] == "# Annual report"
    assert lines[2] == "## Summary of the year"
    assert lines[-3:] == ["- first point", "- second point", "- third point"]


def test_a_long_receipt_is_streamed_to_its_end(tesserocr: Engine, tmp_path: Path) -> None:
    rows = tuple(f"Article number {n:03d}     {n % 90}.50" for n in range(80))

    rate, found = error(tesserocr, receipt(rows, RECEIPT_STYLE), tmp_path)

    assert rate <= 0.05
    assert len(found.chunks) > 10
    assert "079" in found.text.split("\n")[-1]


def test_one_word_is_read(engine: Engine, tmp_path: Path) -> None:
    image = Image.new("L", (320, 70), 255)
    ImageDraw.Draw(image).text((20, 15), "Hello world", font=font(SERIF, 34), fill=0)

    _, found = error(engine, Sample(image, (), 200), tmp_path)

    assert found.text == "Hello world"

"""Documents from file to text, with both engines: streaming, cancel, limits, many pages."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.samples import Sample, character_error, two_column_page
from core.media.errors import UnreadableImage, UnsupportedMedia
from core.ocr.engines import Engine
from core.ocr.engines.base import Block, Grey, Orientation, Reading, Region
from core.ocr.engines.errors import LanguageMissing, OcrEngineFailed, OcrTimeout
from core.tests.ocr_engines.reading import ALL, Read, go_on, read, save, short_page


class CancelledError(Exception):
    """What the caller's check raises."""


class Wrapped:
    """A real engine that counts its calls and fails at the one it is told to."""

    name = "wrapped"

    def __init__(self, engine: Engine, *, fail_at: int = 0, error: Exception | None = None) -> None:
        self.engine, self.fail_at, self.error, self.calls = engine, fail_at, error, 0

    def analyse(self, image: Grey, dpi: int) -> list[Region] | None:
        return self.engine.analyse(image, dpi)

    def recognise(self, image: Grey, dpi: int, reading: Reading) -> list[Block]:
        self.calls += 1
        if self.error and self.calls >= self.fail_at:
            raise self.error
        return self.engine.recognise(image, dpi, reading)

    def orientation(self, image: Grey, dpi: int) -> Orientation | None:
        return self.engine.orientation(image, dpi)


@pytest.fixture(scope="module")
def english_read(engine: Engine, english_file: Path) -> Read:
    return read(engine, english_file)


def test_a_file_of_another_type_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("plain words")

    with pytest.raises(UnsupportedMedia):
        read(engine, tmp_path / "a.png")


def test_a_truncated_picture_is_refused(engine: Engine, english_file: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(english_file.read_bytes()[:3000])

    with pytest.raises(UnreadableImage):
        read(engine, tmp_path / "a.png")


def test_missing_language_data_is_said_so(engine: Engine, english_file: Path) -> None:
    with pytest.raises(LanguageMissing) as caught:
        read(engine, english_file, languages=("kat",), detect_language=False)

    assert caught.value.code == "language_missing"


def test_nothing_is_read_once_the_caller_cancels(engine: Engine, english_file: Path) -> None:
    counted = Wrapped(engine)

    def cancel() -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        read(counted, english_file, check=cancel)

    assert counted.calls == 0


def test_a_cancel_is_felt_between_two_rectangles(tesserocr: Engine, english_file: Path) -> None:
    counted = Wrapped(tesserocr)

    def cancel_after_two_calls() -> None:
        if counted.calls >= 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        read(counted, english_file, check=cancel_after_two_calls, default_languages=("eng",))

    assert counted.calls == 2


def test_a_failing_engine_is_no_fault_of_the_input(tesserocr: Engine, english_file: Path) -> None:
    broken = Wrapped(tesserocr, fail_at=2, error=OcrEngineFailed("It broke."))

    with pytest.raises(OcrEngineFailed):
        read(broken, english_file)


def test_a_page_out_of_time_keeps_what_it_has_and_ends_in_a_note(
    tesserocr: Engine, english_file: Path
) -> None:
    slow = Wrapped(tesserocr, fail_at=2, error=OcrTimeout("Too long."))

    found = read(slow, english_file, default_languages=("eng",))

    assert found.text.startswith("The ")
    assert found.text.endswith("\n\n<!-- page 1: timed out -->")
    assert [chunk.kind for chunk in found.chunks] == ["text", "note"]
    assert found.outcome.pages[0]["is_timed_out"]


def test_a_real_engine_stops_at_the_time_limit(engine: Engine, english_file: Path) -> None:
    found = read(engine, english_file, page_timeout_s=0.001)

    assert found.text == "<!-- page 1: timed out -->"
    assert found.outcome.confidence is None


def test_after_a_timeout_the_engine_reads_on(engine: Engine, english_file: Path) -> None:
    image = np.asarray(Image.open(english_file))
    with pytest.raises(OcrTimeout):
        engine.recognise(image, 200, Reading(("eng",), "page", timeout_s=0.05))

    assert engine.recognise(image[:200], 200, Reading(("eng",)))


def test_a_page_is_read_without_an_error(english_read: Read, english: Sample) -> None:
    assert character_error(english.text, english_read.text) <= 0.002
    assert english_read.outcome.detected_language == "eng"
    assert (english_read.outcome.confidence or 0) > 90


def test_chunks_only_append_and_make_up_the_text(english_read: Read) -> None:
    assert len(english_read.chunks) > 3
    assert "".join(chunk.text for chunk in english_read.chunks) == english_read.text


def test_progress_never_falls_and_ends_at_one(english_read: Read) -> None:
    progress = [chunk.progress for chunk in english_read.chunks]

    assert progress == sorted(progress)
    assert 0 < progress[0] < 0.5
    assert progress[-1] == 1.0


def test_line_breaks_are_kept_and_paragraphs_are_apart(english_read: Read, english: Sample) -> None:
    assert [line for line in english_read.text.split("\n") if line] == list(english.lines)
    assert english_read.text.count("\n\n") == 2


def test_the_record_holds_boxes_inside_the_page(english_read: Read, english: Sample) -> None:
    [page] = english_read.outcome.pages
    lines = [line for block in page["blocks"] for line in block["lines"]]

    assert (page["width"], page["height"]) == english.image.size
    assert [line["text"] for line in lines] == list(english.lines)
    for line in lines:
        left, top, right, bottom = line["bbox"]
        assert 0 <= left < right <= english.image.width
        assert 0 <= top < bottom <= english.image.height
    assert "\n\n".join(block["text"] for block in page["blocks"]) == english_read.text


def test_a_blank_page_gives_an_empty_text(engine: Engine, tmp_path: Path) -> None:
    Image.new("L", (1654, 2339), 255).save(tmp_path / "blank.png")

    found = read(engine, tmp_path / "blank.png")

    assert (found.text, found.chunks) == ("", [])
    assert found.outcome.confidence is None
    assert found.outcome.detected_language is None


@pytest.mark.parametrize("size", [(1, 1), (1, 80), (80, 1), (4, 4)])
def test_pictures_too_small_for_text_give_an_empty_text(
    engine: Engine, tmp_path: Path, size: tuple[int, int]
) -> None:
    Image.new("L", size, 0).save(tmp_path / "tiny.png")

    assert read(engine, tmp_path / "tiny.png").text == ""


def test_two_columns_are_read_one_after_the_other(engine: Engine, tmp_path: Path) -> None:
    sample = two_column_page(count=2)
    top = Sample(sample.image.crop((0, 0, sample.image.width, 1050)), sample.lines, sample.dpi)

    found = read(engine, save(top, tmp_path / "a.png"), default_languages=("eng",))

    assert character_error(sample.text, found.text) <= 0.01


def test_pages_of_a_tiff_come_in_order_with_separators(engine: Engine, tmp_path: Path) -> None:
    samples = [short_page(seed=n, count=1) for n in (3, 4, 5)]
    first, *rest = [sample.image for sample in samples]
    first.save(tmp_path / "a.tif", save_all=True, append_images=rest, dpi=(200, 200))

    found = read(engine, tmp_path / "a.tif", "image/tiff", default_languages=("eng",))

    texts = found.text.split("\n\n---\n\n")
    assert [character_error(s.text, t) <= 0.01 for s, t in zip(samples, texts, strict=True)]
    assert found.outcome.page_count == 3
    assert [chunk.page for chunk in found.chunks] == sorted(chunk.page for chunk in found.chunks)
    progress = [chunk.progress for chunk in found.chunks]
    assert progress == sorted(progress)


def test_blank_pages_among_others_keep_their_separators(tesserocr: Engine, tmp_path: Path) -> None:
    text = short_page(count=1).image
    blank = Image.new("L", text.size, 255)
    blank.save(tmp_path / "a.tif", save_all=True, append_images=[text, blank], dpi=(200, 200))

    found = read(tesserocr, tmp_path / "a.tif", "image/tiff", default_languages=("eng",))

    assert found.text.startswith("---\n\n")
    assert found.text.endswith("\n\n---")
    assert found.text.count("---") == 2


def test_the_second_page_starts_with_its_time_unspent(tesserocr: Engine, tmp_path: Path) -> None:
    sample = short_page(count=1).image
    sample.save(tmp_path / "a.tif", save_all=True, append_images=[sample], dpi=(200, 200))
    engine = Wrapped(tesserocr)

    def dawdle() -> None:
        if engine.calls == 1:
            engine.calls += 1
            time.sleep(0.6)  # longer than a page has in all

    found = read(
        engine,
        tmp_path / "a.tif",
        "image/tiff",
        check=dawdle,
        page_timeout_s=0.5,
        default_languages=("eng",),
    )

    assert [page["is_timed_out"] for page in found.outcome.pages][:1] == [True]
    assert found.outcome.page_count == 2


def test_without_detection_the_hint_is_what_is_used(tesserocr: Engine, english_file: Path) -> None:
    found = read(tesserocr, english_file, languages=("fra",), detect_language=False, check=go_on)

    assert found.outcome.detected_language == "fra"


def test_with_detection_a_wrong_hint_only_goes_first(
    tesserocr: Engine, english_file: Path, english: Sample
) -> None:
    found = read(tesserocr, english_file, languages=("rus",), default_languages=ALL)

    assert found.outcome.detected_language == "eng"
    assert character_error(english.text, found.text) <= 0.002

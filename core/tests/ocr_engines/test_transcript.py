"""The growing text: gaps, progress, records, and what ends a page."""

import json

import numpy as np
import pytest

from core.ocr.engines.base import Box, Chunk, Page, Word
from core.ocr.engines.pieces import PageFacts, Piece
from core.ocr.engines.transcript import Transcript
from core.ocr.engines.tsv import make_line

SHEET = np.full((300, 200), 255, np.uint8)
FACTS = PageFacts(200, 300, 0)


def page(number: int = 1, count: int = 1) -> Page:
    return Page(number, count, SHEET, 200)


def piece(
    text: str, *, starts: bool = True, share: float = 0.5, confidence: float = 90, top: int = 10
) -> Piece:
    word = Word(text, Box(10, top, 90, top + 20), confidence)
    return Piece("text", text, (make_line([word]),), starts_block=starts, share=share)


def opened(number: int = 1, count: int = 1) -> Transcript:
    transcript = Transcript()
    list(transcript.begin_page(page(number, count)))
    return transcript


def joined(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def test_nothing_added_is_an_empty_outcome() -> None:
    outcome = opened().outcome(None, "tesserocr")

    assert (outcome.raw_text, outcome.confidence, outcome.page_count) == ("", None, 1)
    assert outcome.pages[0]["blocks"] == []


def test_the_first_piece_has_no_gap_before_it() -> None:
    assert opened().add(piece("one")).text == "one"


def test_a_block_goes_on_after_a_line_break_and_a_new_one_after_a_blank_line() -> None:
    transcript = opened()
    chunks = [
        transcript.add(piece("one")),
        transcript.add(piece("two", starts=False)),
        transcript.add(piece("three")),
    ]

    assert [chunk.text for chunk in chunks] == ["one", "\ntwo", "\n\nthree"]
    assert joined(chunks) == transcript.text == "one\ntwo\n\nthree"


def test_a_page_whose_first_rectangle_was_empty_still_starts_a_block() -> None:
    transcript = opened(1, 2)
    transcript.add(piece("one"))
    list(transcript.begin_page(page(2, 2)))

    transcript.add(piece("two", starts=False))

    assert transcript.text == "one\n\n---\n\ntwo"
    assert len(transcript.outcome(None, "x").pages[1]["blocks"]) == 1


def test_pages_are_apart_by_their_mark_also_when_blank() -> None:
    transcript = Transcript()
    chunks: list[Chunk] = []
    for number in range(1, 5):
        chunks += transcript.begin_page(page(number, 4))
        if number == 3:
            chunks.append(transcript.add(piece("three")))

    assert joined(chunks) == "---\n\n---\n\nthree\n\n---"
    assert [chunk.kind for chunk in chunks] == ["separator", "separator", "text", "separator"]


def test_progress_is_of_the_whole_document() -> None:
    transcript = opened(1, 4)

    assert transcript.add(piece("a", share=0.5)).progress == 0.125
    assert transcript.add(piece("b", share=1.0)).progress == 0.25
    [mark] = transcript.begin_page(page(2, 4))
    assert mark.progress == 0.25


def test_progress_never_falls_when_a_piece_claims_less() -> None:
    transcript = opened()
    transcript.add(piece("a", share=0.9))

    assert transcript.add(piece("b", share=0.2)).progress == 0.9


def test_progress_never_passes_one() -> None:
    assert opened().add(piece("a", share=1.7)).progress == 1.0


def test_the_text_layer_of_a_page_is_one_chunk() -> None:
    transcript = opened()

    [chunk] = transcript.add_layer("one\n\ntwo")

    assert (chunk.text, chunk.progress, chunk.confidence) == ("one\n\ntwo", 1.0, None)
    texts = [block["text"] for block in transcript.outcome(None, "x").pages[0]["blocks"]]
    assert texts == ["one", "two"]


def test_an_empty_text_layer_is_no_chunk() -> None:
    assert list(opened().add_layer("")) == []


def test_a_page_that_gave_up_says_so_in_text_and_record() -> None:
    transcript = opened(1, 2)
    transcript.add(piece("one"))

    note = transcript.give_up()

    assert note.text == "\n\n<!-- page 1: timed out -->"
    assert note.kind == "note"
    assert note.progress == 0.5
    assert transcript.outcome(None, "x").pages[0]["is_timed_out"]


def test_confidence_is_weighed_by_characters() -> None:
    transcript = opened()
    transcript.add(piece("aaaaaaaaa", confidence=100))
    transcript.add(piece("b", confidence=50))

    assert transcript.outcome(None, "x").confidence == 95.0


def test_the_record_of_a_block_grows_with_its_pieces() -> None:
    transcript = opened()
    transcript.add(piece("one", top=10, confidence=80))
    transcript.add(piece("two", starts=False, top=50, confidence=90))
    transcript.end_page(FACTS, ("eng", "fra"))

    [record] = transcript.outcome("eng", "x").pages
    [block] = record["blocks"]
    assert block["text"] == "one\ntwo"
    assert block["bbox"] == [10, 10, 90, 70]
    assert block["confidence"] == record["confidence"] == 85.0
    assert [line["text"] for line in block["lines"]] == ["one", "two"]
    assert record["languages"] == "eng+fra"


def test_a_turned_page_is_recorded_as_it_stands_upright() -> None:
    transcript = opened()
    transcript.end_page(PageFacts(300, 200, 90), ("eng",))

    [record] = transcript.outcome(None, "x").pages
    assert (record["width"], record["height"], record["rotation"]) == (300, 200, 90)
    assert record["confidence"] is None


def test_the_pages_are_plain_json() -> None:
    transcript = opened()
    transcript.add(piece("é"))
    transcript.end_page(FACTS, ("eng",))
    pages = transcript.outcome("eng", "x").pages

    assert json.loads(json.dumps(pages)) == pages


@pytest.mark.parametrize("source", ["ocr", "text_layer"])
def test_the_record_tells_where_the_text_is_from(source: str) -> None:
    transcript = Transcript()
    image = SHEET if source == "ocr" else None
    list(transcript.begin_page(Page(1, 1, image, 200, "text")))

    [record] = transcript.outcome(None, "x").pages
    assert record["source"] == source
    assert (record["width"] is None) == (image is None)

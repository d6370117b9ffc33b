"""Running a document to its end, and small documents to run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.samples import SERIF, Sample, Style, blank, draw_column, paragraphs
from core.ocr.engines import Chunk, Engine, OcrOptions, Outcome
from core.ocr.engines.document import read_document

ALL = ("eng", "fra", "rus")
PNG = "image/png"


@dataclass(frozen=True)
class Read:
    """A document's chunks and its outcome."""

    chunks: list[Chunk]
    outcome: Outcome

    @property
    def text(self) -> str:
        return self.outcome.raw_text


def go_on() -> None:
    """A check that never cancels."""


def read(
    engine: Engine,
    path: Path,
    mime: str = PNG,
    *,
    check: Callable[[], None] = go_on,
    **options: object,
) -> Read:
    """Read a document whole; by default the language is detected among all three."""
    options.setdefault("default_languages", ALL)
    asked = OcrOptions(**options)  # type: ignore[arg-type]
    stream = read_document(path, mime, asked, engine, check=check)
    chunks = []
    while True:
        try:
            chunks.append(next(stream))
        except StopIteration as end:
            return Read(chunks, end.value)


def short_page(language: str = "eng", *, seed: int = 1, count: int = 2, dpi: int = 200) -> Sample:
    """A strip of paper with a few paragraphs: quicker to read than a whole page."""
    style = Style(font=SERIF, dpi=dpi, margin_in=0.5)
    image = blank(style, (7.0, 0.8 + 1.15 * count))
    texts = paragraphs(language, count, seed=seed, sentences=4)
    box = (style.margin_in * dpi, style.margin_in * dpi, 6.0 * dpi)
    return Sample(image, tuple(draw_column(image, texts, style, box)), dpi)


def save(sample: Sample, path: Path) -> Path:
    """Write a sample as a picture with its resolution."""
    sample.image.save(path, dpi=(sample.dpi, sample.dpi))
    return path


def text_pdf(pages: Iterable[str], size: tuple[int, int] = (612, 792)) -> bytes:
    """A PDF whose pages hold lines of real text, in Helvetica."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids = []
    for page in pages:
        lines = [f"({line}) Tj T*" for line in page.split("\n")]
        stream = f"BT /F1 12 Tf 14 TL 72 {size[1] - 92} Td {' '.join(lines)} ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (*size, len(objects))
        )
    listed = " ".join(f"{kid} 0 R" for kid in kids).encode()
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), listed)
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + head + table + tail % (len(objects) + 1, len(body))

"""OCR against the bare tools, in one run on the same drawn pages.

    python -m benchmarks.ocr [--quick]

Contenders: this platform's engine in warm worker processes, the `tesseract` command
(`OMP_THREAD_LIMIT=1`, as many at once as cores), pytesseract, and ocrmypdf. Ratios are medians
of three rounds; contenders take turns within a round, so that a busy machine slows all alike.
Processor seconds include children. Always exits 0: the table says met or missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import instance
from benchmarks.figures import Figure, show
from benchmarks.ocr_platform import Reader, fresh_png, pdf_ratio
from benchmarks.samples import MONO, SANS, SERIF, Sample, Style, character_error, text_page

CORES = os.cpu_count() or 1
ENVIRONMENT = {**os.environ, "OMP_THREAD_LIMIT": "1"}
DPI = 200


@dataclass
class Round:
    """One contender over all pages once. Seconds; `first_s` and `page_s` are a lone page's."""

    cpu_a_page_s: float
    pages_a_minute: float
    page_s: float = 0.0
    first_s: float = 0.0
    error: float = 0.0


@dataclass
class Contender:
    """A way to read pages; `run` reads them all and returns one round."""

    name: str
    run: Callable[[], Round]
    rounds: list[Round] = field(default_factory=list)


@dataclass(frozen=True)
class Pages:
    """The drawn pages as files, with their truth."""

    files: tuple[Path, ...]
    samples: tuple[Sample, ...]

    def error(self, texts: list[str]) -> float:
        """Mean character error in points (percent)."""
        rates = [character_error(s.text, text) for s, text in zip(self.samples, texts, strict=True)]
        return 100 * statistics.mean(rates)


def draw_pages(folder: Path, count: int) -> Pages:
    """`count` A4 pages at 200 dpi in three typefaces."""
    fonts = (SERIF, SANS, MONO)
    samples, files = [], []
    for number in range(count):
        style = Style(font=fonts[number % 3], size_pt=10 if number % 3 == 2 else 11, dpi=DPI)
        sample = text_page("eng", style, seed=number)
        file = folder / f"page{number}.png"
        sample.image.save(file, dpi=(DPI, DPI))
        samples.append(sample)
        files.append(file)
    return Pages(tuple(files), tuple(samples))


def cpu_s() -> float:
    """Processor seconds of this process and its ended children so far."""
    used = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        used += usage.ru_utime + usage.ru_stime
    return used


# The platform's engine: a pool of processes, each with its engine open, as Celery's workers are.

_engine: Any = None


def _open_engine(name: str) -> None:
    global _engine  # noqa: PLW0603 - one engine a worker process
    from core.ocr.engines import make_engine

    _engine = make_engine(name)  # type: ignore[arg-type]


def _read(file: Path, detect: bool) -> tuple[str, float, float, float]:
    """Text, processor seconds, seconds to the first text, seconds in all, of one page."""
    from core.ocr.engines import OcrOptions
    from core.ocr.engines.document import read_document

    known = ("eng", "fra", "rus") if detect else ("eng",)
    options = OcrOptions(detect_language=detect, default_languages=known)
    cpu, start, first = cpu_s(), time.perf_counter(), 0.0
    parts: list[str] = []
    for chunk in read_document(file, "image/png", options, _engine, check=lambda: None):
        first = first or time.perf_counter() - start
        parts.append(chunk.text)
    return "".join(parts), cpu_s() - cpu, first, time.perf_counter() - start


class EnginePool:
    """Warm worker processes that read pages."""

    def __init__(self, name: str, *, detect: bool) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pool = spawn.Pool(CORES, _open_engine, (name,))
        self._lone = spawn.Pool(1, _open_engine, (name,))
        self._detect = detect

    def run(self, pages: Pages) -> Round:
        """All pages over all workers, then one alone for its times."""
        lone = self._lone.starmap(_read, [(pages.files[0], self._detect)] * 3)[1:]
        start = time.perf_counter()
        jobs = [(file, self._detect) for file in pages.files]
        read = self._pool.starmap(_read, jobs, chunksize=1)
        elapsed = time.perf_counter() - start
        return Round(
            cpu_a_page_s=statistics.mean(cpu for _, cpu, _, _ in read),
            pages_a_minute=60 * len(read) / elapsed,
            first_s=min(first for _, _, first, _ in lone),
            page_s=min(page for _, _, _, page in lone),
            error=pages.error([text for text, _, _, _ in read]),
        )

    def warm(self, pages: Pages) -> None:
        """Load the models in every worker; not timed, as it happens once a process."""
        jobs = [(pages.files[0], self._detect)] * (2 * CORES)
        self._pool.starmap(_read, jobs, chunksize=1)

    def close(self) -> None:
        """End the workers."""
        for pool in (self._pool, self._lone):
            pool.close()
            pool.join()


# The tools.


def _tesseract(file: Path) -> str:
    command = ["tesseract", str(file), "-", "-l", "eng"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout


def _pytesseract(file: Path) -> str:
    import pytesseract
    from PIL import Image

    os.environ["OMP_THREAD_LIMIT"] = "1"
    return str(pytesseract.image_to_string(Image.open(file), lang="eng"))


def run_tool(read: Callable[[Path], str], pages: Pages) -> Round:
    """One program a page, as many at once as cores; then one alone for its time."""
    start = time.perf_counter()
    read(pages.files[0])
    page_s = time.perf_counter() - start
    cpu, start = cpu_s(), time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        texts = list(pool.map(read, pages.files))
    elapsed = time.perf_counter() - start
    return Round(
        cpu_a_page_s=(cpu_s() - cpu) / len(texts),
        pages_a_minute=60 * len(texts) / elapsed,
        page_s=page_s,
        first_s=page_s,
        error=pages.error(texts),
    )


def run_ocrmypdf(pages: Pages, folder: Path) -> Round:
    """One PDF of all pages; its text comes from the sidecar file."""
    source, target, sidecar = (folder / name for name in ("in.pdf", "out.pdf", "out.txt"))
    if not source.exists():
        first, *rest = [sample.image for sample in pages.samples]
        first.save(source, save_all=True, append_images=rest, resolution=DPI)
    command = [sys.executable, "-m", "ocrmypdf", "-l", "eng", "--force-ocr", "-q", "--jobs"]
    command += [str(CORES), "--sidecar", str(sidecar), "--output-type", "pdf"]
    cpu, start = cpu_s(), time.perf_counter()
    subprocess.run([*command, str(source), str(target)], env=ENVIRONMENT, check=True)
    elapsed = time.perf_counter() - start
    texts = sidecar.read_text().split("\f")[: len(pages.samples)]
    return Round(
        cpu_a_page_s=(cpu_s() - cpu) / len(texts),
        pages_a_minute=60 * len(texts) / elapsed,
        page_s=elapsed,
        first_s=elapsed,
        error=pages.error(texts),
    )


def run_platform(reader: Reader, pages: Pages) -> Round:
    """All pages at once through the whole platform, after one alone for its times."""
    first_s, page_s = reader.lone(fresh_png(pages.files[0]))
    texts, elapsed_s, used_s = reader.all([fresh_png(file) for file in pages.files])
    return Round(
        cpu_a_page_s=used_s / len(texts),
        pages_a_minute=60 * len(texts) / elapsed_s,
        first_s=first_s,
        page_s=page_s,
        error=pages.error(texts),
    )


def ratios(who: str, ours: Contender, command: Contender, bars: Bars) -> list[Figure]:
    """The bars that the engine alone and the whole platform have in common."""
    rounds = list(zip(ours.rounds, command.rounds, strict=True))
    cpu = tuple(a.cpu_a_page_s / b.cpu_a_page_s for a, b in rounds)
    pace = tuple(a.pages_a_minute / b.pages_a_minute for a, b in rounds)
    first = tuple(a.first_s / b.page_s for a, b in rounds)
    errors = tuple(a.error - b.error for a, b in rounds)
    return [
        Figure(f"{who}: CPU a page / tesseract command", cpu, bars.cpu),
        Figure(f"{who}: pages a minute / tesseract command", pace, bars.pace, at_least=True),
        Figure(f"{who}: first text / the command's whole page", first, bars.first),
        Figure(f"{who}: character errors above the command's, points", errors, 0.1),
    ]


@dataclass(frozen=True)
class Bars:
    """What is to be reached, as ratios to the tesseract command."""

    cpu: float
    pace: float
    first: float


ENGINE_BARS = Bars(cpu=0.75, pace=1.35, first=0.12)
PLATFORM_BARS = Bars(cpu=0.80, pace=1.2, first=0.15)


def measure(contenders: list[Contender], rounds: int) -> None:
    """Let the contenders take turns."""
    for number in range(rounds):
        for contender in contenders:
            contender.rounds.append(contender.run())
            print(f"  round {number + 1}: {contender.name}", file=sys.stderr)


def print_raw(contenders: list[Contender]) -> None:
    """Medians of each contender, in their own units."""
    print(
        f"{'':<34} {'CPU s/page':>10} {'pages/min':>10} {'first s':>8} {'page s':>8} {'CER %':>7}"
    )
    for contender in contenders:
        middle = [
            statistics.median(getattr(one, name) for one in contender.rounds)
            for name in ("cpu_a_page_s", "pages_a_minute", "first_s", "page_s", "error")
        ]
        numbers = "{:>10.3f} {:>10.1f} {:>8.3f} {:>8.3f} {:>7.3f}".format(*middle)
        print(f"{contender.name:<34} {numbers}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, fewer pages")
    quick = parser.parse_args().quick
    rounds = 1 if quick else 3
    with tempfile.TemporaryDirectory(prefix="ocr-bench-") as name, instance.running() as platform:
        folder = Path(name)
        pages = draw_pages(folder, 4 if quick else 8)
        pool = EnginePool("auto", detect=False)
        detecting = EnginePool("auto", detect=True)
        for engine in (pool, detecting):
            engine.warm(pages)
        reader = Reader(platform)
        run_platform(reader, pages)  # Load the models in every worker; not timed.
        ours = Contender("engine, -l eng", lambda: pool.run(pages))
        whole = Contender("platform, -l eng", lambda: run_platform(reader, pages))
        command = Contender("tesseract command", lambda: run_tool(_tesseract, pages))
        ocrmypdf = Contender("ocrmypdf", lambda: run_ocrmypdf(pages, folder))
        contenders = [
            ours,
            command,
            whole,
            Contender("engine, detecting eng, fra, rus", lambda: detecting.run(pages)),
            Contender("pytesseract", lambda: run_tool(_pytesseract, pages)),
            ocrmypdf,
        ]
        measure(contenders, rounds)
        for engine in (pool, detecting):
            engine.close()
        pdf = Figure(
            "ten-page PDF: first text / a page's", [pdf_ratio(reader, pages.files, 3)], 1.5
        )
        memory = Figure("platform: worker, resident MiB", [reader.worker_mib()], 250)
        reader.close()
    print_raw(contenders)
    print()
    pairs = zip(ours.rounds, ocrmypdf.rounds, strict=True)
    pace = tuple(a.pages_a_minute / b.pages_a_minute for a, b in pairs)
    show(ratios("engine", ours, command, ENGINE_BARS))
    show([Figure("engine: pages a minute / ocrmypdf", pace, 2.0, at_least=True)])
    show(ratios("platform", whole, command, PLATFORM_BARS))
    show([pdf, memory])


if __name__ == "__main__":
    main()

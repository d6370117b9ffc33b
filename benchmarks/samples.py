"""Pages drawn from known text, so that what an engine reads can be compared with the truth.

Shared by the benchmarks and the tests of the OCR engines. Every page comes from a seed;
the same call gives the same pixels. Only fonts of the system are used.
"""

from __future__ import annotations

import random
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

A4_INCHES = (8.27, 11.69)
FONT_FOLDERS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/truetype/liberation"),
)
SERIF = "DejaVuSerif.ttf"
SANS = "DejaVuSans.ttf"
BOLD = "DejaVuSans-Bold.ttf"
MONO = "DejaVuSansMono.ttf"

SENTENCES = {
    "eng": (
        "The harbour was quiet when the first boats came in from the open sea.",
        "Every morning the baker opened his shop before the sun had risen.",
        "She wrote a long letter to her brother, who lived far away in the north.",
        "It is often said that a good map is worth more than a fast horse.",
        "The committee agreed to meet again on Thursday, 14 March, at nine o'clock.",
        "Nobody could remember when the old clock tower had last been repaired.",
        "Rain fell during the night and the river rose above the lower bridge.",
        "In the library there were more than twelve thousand books and maps.",
        "The children walked along the railway line and counted the passing trains.",
        "A small museum shows how people of the valley worked and lived in winter.",
        "He asked which of the two roads would be the shorter one to the coast.",
        "Most visitors arrive in summer, but the gardens are open all year round.",
        "Prices rose by 3.5 percent last year, while wages did not change at all.",
        "They found the missing key under a heavy stone beside the kitchen door.",
        "Quick work is seldom careful work, as the joiner used to tell his pupils.",
        "The engineer explained why the new engine needed less oil than the old one.",
    ),
    "fra": (
        "Le marché était déjà ouvert lorsque les premières voitures sont arrivées.",
        "À côté de l'église, une vieille fontaine coulait sans bruit dans la lumière.",
        "Les élèves ont étudié l'histoire de la région pendant toute la journée.",
        "Il a répondu que la décision serait prise après les élections de février.",
        "Cette année, la récolte a été meilleure que prévu grâce à un été très doux.",
        "Elle préférait le théâtre à l'opéra, même si les places étaient plus chères.",
        "Où se trouve la forêt dont parlait le garçon que nous avons rencontré hier ?",
        "Le château fut bâti au quinzième siècle puis détruit pendant la guerre.",
        "Nous avons reçu votre lettre et nous vous répondrons dès que possible.",
        "La mère de François espérait que le train ne serait pas encore retardé.",
        "Les fenêtres donnaient sur une cour étroite où poussait un grand chêne.",
        "Il faut être prêt à tout moment, disait le maître à ses jeunes élèves.",
        "Sa dernière idée était simple : créer un atelier à côté de la gare.",
        "Après le dîner, ils se promenaient le long du fleuve jusqu'à la tombée de la nuit.",
    ),
    "rus": (
        "Утром в гавани было тихо, и первые лодки возвращались из открытого моря.",
        "Каждый день пекарь открывал свою лавку ещё до восхода солнца.",
        "Она написала длинное письмо брату, который жил далеко на севере.",
        "Говорят, что хорошая карта стоит дороже быстрой лошади.",
        "Комиссия решила собраться снова в четверг, 14 марта, в девять часов.",
        "Никто не помнил, когда в последний раз чинили старую башню с часами.",
        "Ночью шёл дождь, и река поднялась выше нижнего моста.",
        "В библиотеке хранилось больше двенадцати тысяч книг и карт.",
        "Дети шли вдоль железной дороги и считали проходящие поезда.",
        "Небольшой музей показывает, как люди долины жили и работали зимой.",
        "Он спросил, какая из двух дорог короче ведёт к побережью.",
        "Большинство гостей приезжает летом, но сады открыты круглый год.",
        "Цены выросли за год на 3,5 процента, а заработки не изменились.",
        "Они нашли потерянный ключ под тяжёлым камнем возле кухонной двери.",
    ),
}


@dataclass(frozen=True)
class Sample:
    """A drawn page (8-bit grey) and the text on it, lines in reading order."""

    image: Image.Image
    lines: tuple[str, ...]
    dpi: int

    @property
    def text(self) -> str:
        """The truth, one line of the page a line."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Style:
    """How a page is set. Sizes in points; colours are grey levels."""

    font: str = SERIF
    size_pt: float = 11.0
    leading: float = 1.35
    ink: int = 0
    paper: int = 255
    margin_in: float = 0.9
    dpi: int = 200
    extra: dict[str, float] = field(default_factory=dict)

    @property
    def pixels_a_point(self) -> float:
        """Pixels one typographic point takes."""
        return self.dpi / 72


def font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The named system font at `size_px`. Raises OSError when it is not installed."""
    for folder in FONT_FOLDERS:
        if (folder / name).exists():
            return ImageFont.truetype(str(folder / name), size_px)
    return ImageFont.truetype(name, size_px)


def blank(style: Style, size_in: tuple[float, float] = A4_INCHES) -> Image.Image:
    """An empty sheet of `style`'s paper."""
    size = (round(size_in[0] * style.dpi), round(size_in[1] * style.dpi))
    return Image.new("L", size, style.paper)


def paragraphs(language: str, count: int, *, sentences: int = 5, seed: int = 1) -> list[str]:
    """`count` paragraphs of sentences drawn by `seed`."""
    chooser = random.Random(f"{language}-{seed}")
    pool = SENTENCES[language]
    return [" ".join(chooser.sample(pool, sentences)) for _ in range(count)]


def _wrapped(
    draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width: float
) -> list[str]:
    average = draw.textlength(text, face) / max(1, len(text))
    guess = max(8, int(width / average))
    while True:
        lines = textwrap.wrap(text, guess, break_long_words=False, break_on_hyphens=False)
        if guess <= 8 or all(draw.textlength(line, face) <= width for line in lines):
            return lines
        guess -= 1


def draw_column(
    image: Image.Image, texts: list[str], style: Style, box: tuple[float, float, float]
) -> list[str]:
    """Set paragraphs into a column (left, top, width in pixels); the lines that fitted."""
    left, top, width = box
    draw = ImageDraw.Draw(image)
    face = font(style.font, round(style.size_pt * style.pixels_a_point))
    step = style.size_pt * style.pixels_a_point * style.leading
    bottom = image.height - style.margin_in * style.dpi
    lines: list[str] = []
    for text in texts:
        for line in _wrapped(draw, text, face, width):
            if top + step > bottom:
                return lines
            draw.text((left, round(top)), line, font=face, fill=style.ink)
            lines.append(line)
            top += step
        top += step * 0.8
    return lines


def text_page(
    language: str = "eng", style: Style | None = None, *, seed: int = 1, count: int = 12
) -> Sample:
    """One A4 page of running text in one column."""
    style = style or Style()
    image = blank(style)
    margin = style.margin_in * style.dpi
    texts = paragraphs(language, count, seed=seed)
    lines = draw_column(image, texts, style, (margin, margin, image.width - 2 * margin))
    return Sample(image, tuple(lines), style.dpi)


def two_column_page(
    language: str = "eng", style: Style | None = None, *, seed: int = 2, count: int = 7
) -> Sample:
    """One A4 page in two columns; the truth reads the left one first."""
    style = style or Style(size_pt=10)
    image = blank(style)
    margin, gutter = style.margin_in * style.dpi, 0.4 * style.dpi
    width = (image.width - 2 * margin - gutter) / 2
    lines: list[str] = []
    for column in range(2):
        texts = paragraphs(language, count, seed=seed + column)
        box = (margin + column * (width + gutter), margin, width)
        lines += draw_column(image, texts, style, box)
    return Sample(image, tuple(lines), style.dpi)


def distance(left: str, right: str) -> int:
    """Levenshtein distance in characters, a row of NumPy at a time."""
    if not left or not right:
        return max(len(left), len(right))
    target = np.frombuffer(right.encode("utf-32-le"), dtype=np.uint32)
    steps = np.arange(len(target) + 1)
    row = steps.copy()
    for index, character in enumerate(left):
        substituted = row[:-1] + (target != ord(character))
        fresh = np.concatenate(([index + 1], np.minimum(substituted, row[1:] + 1)))
        row = np.minimum.accumulate(fresh - steps) + steps
    return int(row[-1])


def character_error(truth: str, read: str) -> float:
    """Character error rate (0..1), runs of white space counted as one space."""
    expected, got = " ".join(truth.split()), " ".join(read.split())
    return distance(expected, got) / max(1, len(expected))


def table_page(rows: list[list[str]], style: Style | None = None, *, above: str = "") -> Sample:
    """A fully ruled table, cells in equal columns, under an optional line of text."""
    style = style or Style(font=SANS, size_pt=11)
    image = blank(style)
    draw = ImageDraw.Draw(image)
    face = font(style.font, round(style.size_pt * style.pixels_a_point))
    left = top = round(style.margin_in * style.dpi)
    if above:
        draw.text((left, top), above, font=face, fill=style.ink)
        top += round(0.5 * style.dpi)
    step = round(style.size_pt * style.pixels_a_point * 2.0)
    width = (image.width - 2 * left) // len(rows[0])
    rule = max(1, style.dpi // 100)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            corner = (left + column * width, top + number * step)
            opposite = (corner[0] + width, corner[1] + step)
            draw.rectangle((corner, opposite), outline=style.ink, width=rule)
            inner = (corner[0] + 0.1 * style.dpi, corner[1] + step * 0.2)
            draw.text(inner, text, font=face, fill=style.ink)
    lines = ([above] if above else []) + [" ".join(row) for row in rows]
    return Sample(image, tuple(lines), style.dpi)


def receipt(lines: tuple[str, ...], style: Style | None = None) -> Sample:
    """A narrow strip of paper with one line after the other, as long as they need."""
    style = style or Style(font=MONO, size_pt=9, margin_in=0.25)
    step = style.size_pt * style.pixels_a_point * 1.4
    height_in = 2 * style.margin_in + len(lines) * step / style.dpi
    image = blank(style, (3.15, height_in))
    draw = ImageDraw.Draw(image)
    face = font(style.font, round(style.size_pt * style.pixels_a_point))
    left = top = style.margin_in * style.dpi
    for number, line in enumerate(lines):
        draw.text((left, round(top + number * step)), line, font=face, fill=style.ink)
    return Sample(image, lines, style.dpi)


def worn(
    sample: Sample,
    *,
    tilt_deg: float = 0.0,
    levels: tuple[int, int] = (0, 255),
    noise: float = 0.0,
    seed: int = 1,
) -> Sample:
    """The sample tilted counter-clockwise, squeezed into grey `levels`, with Gaussian noise."""
    image = sample.image.rotate(tilt_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    low, high = levels
    grey = np.asarray(image, dtype=np.float64) / 255 * (high - low) + low
    if noise:
        grey += np.random.default_rng(seed).normal(0, noise, grey.shape)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)
    return Sample(Image.fromarray(pixels), sample.lines, sample.dpi)

"""Which language a document is read in, with readers that know what they would read."""

from collections.abc import Callable

from core.ocr.engines.base import Block, Box, OcrOptions, Word
from core.ocr.engines.language_choice import LanguageChoice
from core.ocr.engines.tsv import make_block, make_line

ENGLISH = "the harbour was quiet when the first of the boats came in from the open sea"
FRENCH = "le marché était ouvert et les élèves ont pris la route de la forêt avec une carte"
RUSSIAN = "утром в гавани было тихо и первые лодки возвращались из открытого моря на берег"
ALL = ("eng", "fra", "rus")


def blocks(text: str, confidence: float) -> list[Block]:
    words = [
        Word(word, Box(20 * n, 0, 20 * n + 15, 10), confidence)
        for n, word in enumerate(text.split())
    ]
    return [make_block([make_line(words)])] if words else []


class Page:
    """Reads well in its own language, and badly in the others; notes what it was asked for."""

    def __init__(self, text: str, own: str, *, otherwise: float = 40) -> None:
        self.text, self.own, self.otherwise = text, own, otherwise
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, languages: tuple[str, ...]) -> list[Block]:
        self.asked.append(languages)
        return blocks(self.text, 95 if self.own in languages else self.otherwise)


def choice(
    languages: tuple[str, ...] = (), default: tuple[str, ...] = ALL, *, detect: bool = True
) -> LanguageChoice:
    return LanguageChoice(
        OcrOptions(languages=languages, default_languages=default, detect_language=detect)
    )


def reads(chosen: LanguageChoice, *pages: Callable[[tuple[str, ...]], list[Block]]) -> str:
    text = ""
    for page in pages:
        for block in chosen.read(page):
            text += " ".join(line.text for line in block.lines) + "\n"
    return text


def test_without_detection_only_the_hint_is_used() -> None:
    page = Page(RUSSIAN, "rus")
    chosen = choice(("eng", "fra"), detect=False)

    chosen.read(page)

    assert page.asked == [("eng", "fra")]
    assert chosen.reported(RUSSIAN) == "eng+fra"


def test_without_detection_and_hint_the_defaults_are_used_together() -> None:
    page = Page(RUSSIAN, "rus")

    choice(detect=False).read(page)

    assert page.asked == [ALL]


def test_a_lone_candidate_is_not_probed() -> None:
    page = Page(FRENCH, "fra")

    choice(default=("eng",)).read(page)

    assert page.asked == [("eng",)]


def test_the_preferred_language_is_decided_in_one_call() -> None:
    page, chosen = Page(ENGLISH, "eng"), choice()

    chosen.read(page)

    assert page.asked == [("eng",)]
    assert chosen.is_decided
    assert chosen.reported(ENGLISH) == "eng"


def test_confidence_alone_does_not_choose_between_latin_languages() -> None:
    page, chosen = Page(FRENCH, "fra", otherwise=92), choice()

    chosen.read(page)

    assert page.asked == [("eng",), ("fra",)]
    assert chosen.languages == ("fra",)


def test_an_unreadable_first_try_is_followed_by_all_together() -> None:
    page, chosen = Page(RUSSIAN, "rus"), choice()

    chosen.read(page)

    assert page.asked == [("eng",), ALL, ("rus",)]
    assert chosen.languages == ("rus",)


def test_figures_decide_nothing_and_words_after_them_do() -> None:
    chosen = choice()

    reads(chosen, Page("12 345 67", "eng"))
    assert not chosen.is_decided
    reads(chosen, Page(ENGLISH, "eng"))

    assert chosen.is_decided


def test_a_rectangle_in_another_script_is_read_anew_in_all() -> None:
    chosen, foreign = choice(), Page(RUSSIAN, "rus")

    reads(chosen, Page(ENGLISH, "eng"), foreign)

    assert foreign.asked == [("eng",), ALL]
    assert chosen.reported(ENGLISH + RUSSIAN) == "eng+fra+rus"


def test_a_rectangle_in_another_latin_language_is_read_anew_in_it() -> None:
    chosen, foreign = choice(), Page(FRENCH, "fra", otherwise=90)

    reads(chosen, Page(ENGLISH, "eng"), foreign)

    assert foreign.asked == [("eng",), ("fra",)]
    assert chosen.reported(ENGLISH + FRENCH) == "fra+eng"


def test_a_poor_rectangle_keeps_the_language_when_others_read_no_better() -> None:
    chosen, poor = choice(), Page("smudge blot stain", "none", otherwise=40)

    reads(chosen, Page(ENGLISH, "eng"), poor)

    assert poor.asked == [("eng",), ALL]
    assert chosen.reported(ENGLISH) == "eng"


def test_forgetting_starts_anew() -> None:
    chosen = choice()
    reads(chosen, Page(ENGLISH, "eng"))

    chosen.forget()

    assert not chosen.is_decided
    assert chosen.reported("12") is None


def test_a_fixed_language_is_not_forgotten() -> None:
    chosen = choice(("rus",), detect=False)

    chosen.forget()

    assert chosen.languages == ("rus",)


def test_a_large_picture_is_read_once_in_all_the_best_first() -> None:
    page, chosen = Page(ENGLISH, "eng"), choice(("fra",))

    chosen.read_once(page)

    assert page.asked == [("fra", "eng", "rus")]


def test_text_nobody_could_decide_on_has_its_likeliest_language() -> None:
    assert choice().reported("Bristol") == "eng"
    assert choice().reported("Гавань") == "rus"
    assert choice().reported("...") is None

"""Choosing a language by the words of a text."""

import pytest

from benchmarks.samples import SENTENCES
from core.ocr.engines.detect import judge, language_scores, main_script

ALL = ("eng", "fra", "rus")


@pytest.mark.parametrize("text", ["", "12 345 - 67 %", "…"])
def test_without_letters_there_is_no_language(text: str) -> None:
    assert judge(text, ALL).language is None


def test_a_script_that_no_candidate_has_gives_no_language() -> None:
    assert judge("Быстрая лисица прыгает через ленивую собаку", ("eng", "fra")).language is None


def test_few_words_are_never_clear() -> None:
    assert not judge("The end", ALL).is_clear


def test_names_and_numbers_are_not_clear() -> None:
    assert not judge("ACME Ltd 4411 Northfield 28 Bristol BS1 Kettering Dover", ALL).is_clear


def test_the_preferred_candidate_wins_a_tie() -> None:
    assert judge("Bristol", ("fra", "eng")).language == "fra"


@pytest.mark.parametrize("language", ALL)
def test_two_sentences_are_enough(language: str) -> None:
    for first, second in zip(SENTENCES[language][::2], SENTENCES[language][1::2], strict=True):
        verdict = judge(f"{first} {second}", ALL)

        assert (verdict.language, verdict.is_clear) == (language, True), first


def test_french_read_without_its_accents_is_still_french() -> None:
    text = "Le marche etait ouvert et les eleves ont pris la route de la foret avec une carte"

    assert judge(text, ALL).language == "fra"


def test_ukrainian_is_told_from_russian() -> None:
    text = "Це було дуже добре, що вони прийшли до нас і також принесли їжу для всіх"

    assert judge(text, ("rus", "ukr")).language == "ukr"


def test_mixed_scripts_are_not_clear() -> None:
    assert not judge("The harbour was quiet. Утром в гавани было тихо, и лодки", ALL).is_clear


@pytest.mark.parametrize(
    ("text", "script"),
    [("abc", "LATIN"), ("где", "CYRILLIC"), ("漢字かな", "CJK"), ("αβγ", "GREEK")],
)
def test_scripts_are_told_by_their_letters(text: str, script: str) -> None:
    assert main_script(text) == (script, 1.0)


def test_scores_of_an_empty_text_are_zero() -> None:
    assert language_scores("", ALL) == {"eng": 0, "fra": 0, "rus": 0}

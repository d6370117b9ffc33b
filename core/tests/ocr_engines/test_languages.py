"""Language hints."""

import pytest

from core.ocr.engines.errors import UnknownLanguage
from core.ocr.engines.languages import resolve_hint

INSTALLED = ("chi_sim", "deu", "eng", "fra", "rus")


@pytest.mark.parametrize(
    "hint", ["xx", "", "+", "eng+", "eng++fra", "english", "osd", "eng;rus", "../eng", "spa", "*"]
)
def test_what_is_not_installed_is_refused_and_the_installed_are_named(hint: str) -> None:
    with pytest.raises(UnknownLanguage) as caught:
        resolve_hint(hint, INSTALLED)

    assert "chi_sim, deu, eng, fra, rus" in str(caught.value)
    assert caught.value.code == "language_missing"


def test_a_hostile_hint_is_not_repeated_in_the_message() -> None:
    with pytest.raises(UnknownLanguage) as caught:
        resolve_hint("<script>alert(1)</script>", INSTALLED)

    assert "script" not in str(caught.value)


def test_more_than_four_languages_are_refused() -> None:
    with pytest.raises(UnknownLanguage, match="at most 4"):
        resolve_hint("eng+fra+rus+deu+zh", INSTALLED)


def test_nothing_installed_is_said_so() -> None:
    with pytest.raises(UnknownLanguage, match="none"):
        resolve_hint("eng", ())


@pytest.mark.parametrize(
    ("hint", "codes"),
    [
        ("en", ("eng",)),
        ("fr", ("fra",)),
        ("fre", ("fra",)),
        ("rus", ("rus",)),
        ("ger", ("deu",)),
        ("zh", ("chi_sim",)),
        ("eng+fra", ("eng", "fra")),
        (" FR + En ", ("fra", "eng")),
        ("en+eng", ("eng",)),
    ],
)
def test_iso_codes_become_installed_codes_in_their_order(hint: str, codes: tuple[str, ...]) -> None:
    assert resolve_hint(hint, INSTALLED) == codes

"""Language hints: ISO 639-1 or -2 codes, joined by `+`, as installed language data."""

from __future__ import annotations

from core.ocr.engines.errors import UnknownLanguage
from core.ocr.engines.tessdata import installed_languages

MOST_LANGUAGES = 4
# ISO 639-1 and the bibliographic ISO 639-2 codes, as Tesseract spells them (terminological).
TESSERACT_CODES = {
    "en": "eng", "fr": "fra", "fre": "fra", "ru": "rus", "de": "deu", "ger": "deu", "es": "spa",
    "it": "ita", "pt": "por", "nl": "nld", "dut": "nld", "pl": "pol", "uk": "ukr", "cs": "ces",
    "cze": "ces", "sv": "swe", "da": "dan", "no": "nor", "nb": "nor", "fi": "fin", "tr": "tur",
    "el": "ell", "gre": "ell", "bg": "bul", "hu": "hun", "ro": "ron", "rum": "ron", "he": "heb",
    "ar": "ara", "ja": "jpn", "ko": "kor", "zh": "chi_sim", "hi": "hin", "vi": "vie", "id": "ind",
}  # fmt: skip


def resolve_hint(hint: str) -> tuple[str, ...]:
    """The installed codes a hint such as `en`, `rus` or `eng+fra` names, at most four.

    Raises: UnknownLanguage, whose message names what is installed.
    """
    installed = installed_languages().languages
    words = [word.strip().lower() for word in hint.split("+")]
    codes = tuple(dict.fromkeys(TESSERACT_CODES.get(word, word) for word in words))
    if len(codes) > MOST_LANGUAGES or not all(code in installed for code in codes):
        raise UnknownLanguage(
            f"Up to {MOST_LANGUAGES} of the installed languages, please: {', '.join(installed)}."
        )
    return codes

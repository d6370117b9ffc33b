"""What is true of Whisper wherever it runs: here, or in a server behind HTTP."""

from core.speech.base import AUTO

_CODES = """
af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr
ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc
pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh
yue
"""

LANGUAGES = frozenset(_CODES.split()) | {AUTO}
"""The codes of `faster_whisper.tokenizer`, version 1.2; it says `jw` for Javanese."""

UNDETERMINED = "und"
"""ISO 639-2 for a language that nobody told."""


def language_code(told: str) -> str:
    """Return the code of what a server calls a language: servers say `en`, or `english`."""
    if told in LANGUAGES - {AUTO}:
        return told
    # The tables take 20 MiB, which most processes need not load.
    from iso639 import Lang
    from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue

    try:
        found = Lang(told.title())
    except (InvalidLanguageValue, DeprecatedLanguageValue):
        return UNDETERMINED
    return found.pt1 or found.pt3 or UNDETERMINED

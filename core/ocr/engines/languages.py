"""Language hints: ISO 639-1 and 639-2 codes as the codes of installed language data."""

from __future__ import annotations

from collections.abc import Iterable

from core.ocr.engines.errors import UnknownLanguage

MAX_LANGUAGES = 4

_TWO_LETTERS = (
    "af:afr am:amh ar:ara as:asm az:aze be:bel bg:bul bn:ben bo:bod br:bre bs:bos ca:cat cs:ces "
    "cy:cym da:dan de:deu el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas fi:fin fo:fao fr:fra "
    "fy:fry ga:gle gd:gla gl:glg gu:guj he:heb hi:hin hr:hrv ht:hat hu:hun hy:hye id:ind is:isl "
    "it:ita ja:jpn jv:jav ka:kat kk:kaz km:khm kn:kan ko:kor ku:kmr ky:kir la:lat lb:ltz lo:lao "
    "lt:lit lv:lav mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya nb:nor ne:nep nl:nld "
    "nn:nor no:nor oc:oci or:ori pa:pan pl:pol ps:pus pt:por qu:que ro:ron ru:rus sa:san sd:snd "
    "si:sin sk:slk sl:slv sq:sqi sr:srp su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir "
    "to:ton tr:tur tt:tat ug:uig uk:ukr ur:urd uz:uzb vi:vie yi:yid yo:yor zh:chi_sim"
)
_BIBLIOGRAPHIC = (
    "alb:sqi arm:hye baq:eus bur:mya chi:chi_sim cze:ces dut:nld fre:fra geo:kat ger:deu gre:ell "
    "ice:isl mac:mkd mao:mri may:msa per:fas rum:ron slo:slk tib:bod wel:cym zho:chi_sim "
    "nob:nor nno:nor kur:kmr"
)
ALIASES: dict[str, str] = dict(
    pair.split(":", 1) for pair in f"{_TWO_LETTERS} {_BIBLIOGRAPHIC}".split()
)
"""ISO 639-1 and the bibliographic codes of ISO 639-2, to the codes of language data."""


def resolve_hint(hint: str, installed: Iterable[str]) -> tuple[str, ...]:
    """The installed codes a hint names: codes joined by `+`, at most four, each once.

    Raises:
        UnknownLanguage: empty, too many, or a code without installed data.
    """
    known = tuple(installed)
    asked = [part.strip().lower() for part in hint.split("+")]
    if not any(asked) or not all(asked):
        raise UnknownLanguage(f"Give language codes joined by +. {_listing(known)}")
    codes = tuple(dict.fromkeys(_installed(code, known) for code in asked))
    if len(codes) > MAX_LANGUAGES:
        raise UnknownLanguage(f"Give at most {MAX_LANGUAGES} languages.")
    return codes


def _installed(code: str, known: tuple[str, ...]) -> str:
    for candidate in (code, ALIASES.get(code, "")):
        for installed in known:
            if candidate == installed.lower():
                return installed
    shown = code if code.isascii() and code.replace("_", "").isalnum() else "that"
    raise UnknownLanguage(f"Unknown language: {shown[:20]}. {_listing(known)}")


def _listing(known: tuple[str, ...]) -> str:
    return f"Installed: {', '.join(known) or 'none'}."

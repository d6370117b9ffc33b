"""Which codes are languages (ISO 639-1, -2 and -3), and what they are called."""

from typing import TYPE_CHECKING

from transcode.engines.errors import Refused

if TYPE_CHECKING:
    from iso639 import Lang

_CODE_LENGTHS = (2, 3)
_SPECIAL = "Special"  # "und", "mul", "zxx": that there is no such language


def normalise(code: str) -> str:
    """Return the shortest code of a language, in lower case: `en` for `EN`, `eng` and `en`.

    A code that was replaced gives its successor: speech engines still say `jw` for Javanese.

    Raises: Refused, `unknown_language`; also for names, families and tags with a region.
    """
    found = _find(code.strip().lower())
    return found.pt1 or found.pt3


def name(code: str) -> str:
    """The English name of a language. Raises: Refused, `unknown_language`."""
    return _find(code.strip().lower()).name


def _find(code: str) -> "Lang":
    # The tables take 20 MiB, which not every process needs.
    from iso639 import Lang
    from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue

    try:
        # Longer text would be looked up as a name.
        found = Lang(code) if len(code) in _CODE_LENGTHS else None
    except DeprecatedLanguageValue as error:
        return _find(error.change_to)
    except InvalidLanguageValue:
        found = None
    if found is None or not found.pt3 or found.scope() == _SPECIAL:
        raise Refused("The language is not known.", code="unknown_language")
    return found

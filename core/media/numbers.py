"""Numbers as ffmpeg writes them, where any may be missing, "N/A", "0/0" or "nan"."""

import math
import re
from fractions import Fraction

_RATIO = re.compile(r"(\d{1,18})[/:](\d{1,18})")


def number_of(value: object) -> float | None:
    """Return a finite number, or None for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def integer_of(value: object) -> int | None:
    """Return a whole number, cut towards 0, or None for whatever is none."""
    number = number_of(value)
    return None if number is None else int(number)


def fraction_of(value: object) -> Fraction | None:
    """Return the ratio that "30000/1001" or "4:3" stands for; None where a part is 0 or absent."""
    found = _RATIO.fullmatch(value) if isinstance(value, str) else None
    if found is None or not int(found[1]) or not int(found[2]):
        return None
    return Fraction(int(found[1]), int(found[2]))

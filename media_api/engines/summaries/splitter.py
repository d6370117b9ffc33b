"""Cutting a text into sentences and into pieces; Latin and Cyrillic scripts."""

import re
from collections.abc import Iterator

# Each run of stops is looked at once, however long: the time taken is that of the text.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”’)\]]*+(?=\s)")
# What may stand before the first letter of a sentence.
_OPENING = "\"'«“„‘([—–- \t"
_PARAGRAPH = re.compile(r"\n\s*\n")
_TERMINAL = re.compile(r"[.!?…:;][\"'»”’)\]]*$")
# A stop after these ends no sentence; an initial (one letter) is recognised by itself.
_SHORT = {
    *("mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "approx", "vol", "dept"),
    *("ул", "им", "т.е", "т.к", "стр", "рис", "гл", "проф", "акад", "св", "см"),
}


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order, each on one line and none empty.

    A sentence ends with `.`, `!`, `?` or `…` before a blank and an upper-case letter or a digit,
    and with its line, unless the text is prose that was wrapped at some width.
    """
    paragraphs = _PARAGRAPH.split(text)
    if not _is_wrapped(text):
        paragraphs = [line for paragraph in paragraphs for line in paragraph.split("\n")]
    return [one for paragraph in paragraphs for one in _of_paragraph(" ".join(paragraph.split()))]


def pieces(text: str, most_chars: int) -> list[str]:
    """Cut a text into pieces of at most `most_chars`, between sentences where it can be done."""
    found: list[str] = []
    for part in _parts(text, most_chars):
        if found and len(found[-1]) + 1 + len(part) <= most_chars:
            found[-1] += "\n" + part
        else:
            found.append(part)
    return found


def _parts(text: str, most_chars: int) -> Iterator[str]:
    for sentence in sentences(text):
        for start in range(0, len(sentence), most_chars):
            yield sentence[start : start + most_chars]


def _is_wrapped(text: str) -> bool:
    """Return whether lines end where the width was used up: most of them within a sentence.

    A transcript ends its sentences with its lines; a list has no ends within them.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    ended = sum(1 for line in lines if _TERMINAL.search(line))
    return 2 * ended < len(lines) and any(_END.search(line) for line in lines)


def _of_paragraph(text: str) -> Iterator[str]:
    """Yield the sentences of a text without line breaks."""
    start = 0
    for end in _END.finditer(text):
        follows = text[end.end() : end.end() + 8].lstrip(_OPENING)[:1]
        if (follows.isupper() or follows.isdigit()) and not _is_short(text, start, end):
            yield text[start : end.end()].strip()
            start = end.end()
    if rest := text[start:].strip():
        yield rest


def _is_short(text: str, start: int, end: re.Match[str]) -> bool:
    """Return whether the stop belongs to an initial or an abbreviation."""
    if end[0] != ".":
        return False
    word = text[max(start, end.start() - 12) : end.start()].rpartition(" ")[2].lstrip(_OPENING)
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return is_initial or word.lower() in _SHORT

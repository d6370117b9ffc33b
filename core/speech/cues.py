"""Subtitles cut out of a transcript: what is shown together, and from when to when.

A cue is at most two lines of 42 characters, shown for 1 to 7 seconds; cues never overlap (Media API
contract, section 8). Times are whole milliseconds, so that nothing overlaps by rounding either.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.speech.base import Segment, Transcript

LINE_CHARS = 42
MAX_LINES = 2
SHORTEST_MS, LONGEST_MS = 1000, 7000


class Cue(NamedTuple):
    """One or two lines of text, and when they are shown."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


class _Piece(NamedTuple):
    """A word, or so much of one as fits a line."""

    start_ms: int
    end_ms: int
    text: str
    begins_segment: bool


def cues(transcript: Transcript) -> list[Cue]:
    """Return the subtitles, in the order of time.

    They are shorter than a second only where the whole sound is too short for them.
    """
    groups = _groups([p for segment in transcript.segments for p in _pieces(segment)])
    wanted = [(group[0].start_ms, group[-1].end_ms) for group in groups]
    total_ms = _milliseconds(transcript.duration_s) if transcript.duration_s else None
    times = _apart(wanted, total_ms)
    return [
        Cue(*time, _lines([piece.text for piece in group]) or ())
        for time, group in zip(times, groups, strict=True)
    ]


def _pieces(segment: Segment) -> Iterator[_Piece]:
    """The words of a segment, none longer than a line."""
    begins = True
    for text, start_s, end_s in _timed(segment):
        for part, (start_ms, end_ms) in _cut(text, _milliseconds(start_s), _milliseconds(end_s)):
            yield _Piece(start_ms, end_ms, part, begins)
            begins = False


def _timed(segment: Segment) -> Iterator[tuple[str, float, float]]:
    """Words with their times; where the engine told none, the letters share the segment's time.

    The text of the segment is preferred to its words where both are the same but for marks.
    """
    shown = _clean(segment.text).split()
    if len(shown) == len(segment.words):
        for text, word in zip(shown, segment.words, strict=True):
            yield text, word.start_s, word.end_s
    elif segment.words:
        for word in segment.words:
            if text := _clean(word.text):
                yield text, word.start_s, word.end_s
    else:
        a_letter_s = (segment.end_s - segment.start_s) / max(1, sum(map(len, shown)))
        at_s = segment.start_s
        for text in shown:
            yield text, at_s, at_s + len(text) * a_letter_s
            at_s += len(text) * a_letter_s


def _clean(text: str) -> str:
    """Text on one line without control characters, nor what separates times in a file."""
    kept = (" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return " ".join(re.sub(r"--+>", "→", "".join(kept)).split())


def _cut(text: str, start_ms: int, end_ms: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """A word in parts that fit a line, each with its share of the word's time."""
    parts = [text[at : at + LINE_CHARS] for at in range(0, len(text), LINE_CHARS)]
    share_ms = max(0, end_ms - start_ms) // len(parts)
    for number, part in enumerate(parts):
        yield part, (start_ms + number * share_ms, start_ms + (number + 1) * share_ms)


def _groups(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """The words that are shown together."""
    groups: list[list[_Piece]] = []
    for piece in pieces:
        if groups and _belongs(piece, groups[-1]):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _belongs(piece: _Piece, group: list[_Piece]) -> bool:
    """A cue ends with its segment, unless the next begins before it could be read."""
    since_ms = piece.start_ms - group[0].start_ms
    if piece.begins_segment and since_ms >= SHORTEST_MS:
        return False
    if piece.end_ms - group[0].start_ms > LONGEST_MS:
        return False
    return _lines([*(each.text for each in group), piece.text]) is not None


def _lines(words: Sequence[str]) -> tuple[str, ...] | None:
    """The words on one line, or on two of a similar length; None when they do not fit."""
    whole = " ".join(words)
    if len(whole) <= LINE_CHARS:
        return (whole,)
    halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    fitting = [pair for pair in halves if max(map(len, pair)) <= LINE_CHARS]
    return min(fitting, key=lambda pair: abs(len(pair[0]) - len(pair[1])), default=None)


def _apart(wanted: Sequence[tuple[int, int]], total_ms: int | None) -> list[tuple[int, int]]:
    """Times near those wanted that keep to the lengths, one after the other, within the sound."""
    if total_ms is not None and total_ms < len(wanted) * SHORTEST_MS:
        share = total_ms / len(wanted)
        return [(int(n * share), int((n + 1) * share)) for n in range(len(wanted))]
    times: list[tuple[int, int]] = []
    free_ms = 0
    for wanted_start_ms, wanted_end_ms in wanted:
        start_ms = max(wanted_start_ms, free_ms)
        free_ms = min(max(wanted_end_ms, start_ms + SHORTEST_MS), start_ms + LONGEST_MS)
        times.append((start_ms, free_ms))
    return times if total_ms is None else _within(times, total_ms)


def _within(times: Sequence[tuple[int, int]], total_ms: int) -> list[tuple[int, int]]:
    """The same, those at the end drawn forward so far that the last ends with the sound."""
    drawn: list[tuple[int, int]] = []
    until_ms = total_ms
    for time in reversed(times):
        end_ms = min(time[1], until_ms)
        until_ms = min(time[0], end_ms - SHORTEST_MS)
        drawn.append((until_ms, end_ms))
    return drawn[::-1]


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))

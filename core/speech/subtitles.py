"""A transcript as files: SubRip, WebVTT, and JSON with the times of each word."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from core.speech.base import Segment, Transcript, Word
from core.speech.cues import Cue, cues

__all__ = [
    "Cue",
    "KeptBody",
    "TranscriptBody",
    "as_json",
    "as_kept",
    "as_srt",
    "as_vtt",
    "cues",
    "read_kept",
]


class WordBody(TypedDict):
    """A word on the wire; times in seconds, `confidence` 0.0 to 1.0."""

    start: float
    end: float
    word: str
    confidence: float


class SegmentBody(TypedDict):
    """A segment on the wire; times in seconds."""

    start: float
    end: float
    text: str
    words: list[WordBody]


class TranscriptBody(TypedDict):
    """A transcript on the wire."""

    language: str
    segments: list[SegmentBody]


class KeptBody(TranscriptBody):
    """A transcript as it is kept: `duration` is the sound's, in seconds, None where unknown.

    Subtitles end with the sound. What an older version has kept does not tell its length.
    """

    duration: NotRequired[float | None]


def as_srt(transcript: Transcript) -> str:
    """SubRip: numbered from 1, no mark-up."""
    return "".join(
        f"{number}\n{_times(cue, ',')}\n" + "\n".join(cue.lines) + "\n\n"
        for number, cue in enumerate(cues(transcript), start=1)
    )


def as_vtt(transcript: Transcript) -> str:
    """WebVTT (W3C), with what would be mark-up escaped."""
    blocks = [f"{_times(cue, '.')}\n" + _escaped("\n".join(cue.lines)) for cue in cues(transcript)]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def as_json(transcript: Transcript) -> TranscriptBody:
    """Every word with its times, to the millisecond."""
    return {
        "language": transcript.language,
        "segments": [_segment_body(segment) for segment in transcript.segments],
    }


def as_kept(transcript: Transcript) -> KeptBody:
    """The same, with all that subtitles are made of."""
    return {**as_json(transcript), "duration": transcript.duration_s}


def read_kept(body: Mapping[str, Any], *, backend: str = "") -> Transcript:
    """Return the transcript that `as_kept` was made of. Raises: KeyError for another body."""
    segments = tuple(
        Segment(
            each["start"],
            each["end"],
            each["text"],
            tuple(Word(w["start"], w["end"], w["word"], w["confidence"]) for w in each["words"]),
        )
        for each in body["segments"]
    )
    return Transcript(body["language"], segments, backend, body.get("duration"))


def _segment_body(segment: Segment) -> SegmentBody:
    return {
        "start": round(segment.start_s, 3),
        "end": round(segment.end_s, 3),
        "text": segment.text,
        "words": [
            {
                "start": round(word.start_s, 3),
                "end": round(word.end_s, 3),
                "word": word.text,
                "confidence": round(word.confidence, 3),
            }
            for word in segment.words
        ],
    }


def _times(cue: Cue, mark: str) -> str:
    return f"{_clock(cue.start_ms, mark)} --> {_clock(cue.end_ms, mark)}"


def _clock(milliseconds: int, mark: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{thousandths:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

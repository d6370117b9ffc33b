"""What a server with OpenAI's interface answers to a transcription, and what it means.

https://platform.openai.com/docs/api-reference/audio, `verbose_json`. Some servers put words into
their segments, some beside them, and some tell the text alone.
"""

from math import exp

from pydantic import BaseModel, FiniteFloat, ValidationError

from core.speech.base import Segment, Word, sentence
from core.speech.chunks import Chunk, phrases
from core.speech.errors import TranscriptionFailed


class AnsweredWord(BaseModel):
    """A word. OpenAI tells no probability, others do."""

    word: str
    start: FiniteFloat
    end: FiniteFloat
    probability: FiniteFloat | None = None


class AnsweredSegment(BaseModel):
    """A segment. `avg_logprob` is the mean logarithm of its tokens' probabilities."""

    start: FiniteFloat
    end: FiniteFloat
    text: str
    avg_logprob: FiniteFloat | None = None
    words: list[AnsweredWord] | None = None


class Answer(BaseModel):
    """The whole answer."""

    text: str = ""
    language: str | None = None
    segments: list[AnsweredSegment] | None = None
    words: list[AnsweredWord] | None = None


def read_answer(body: bytes) -> Answer:
    """Raises: `TranscriptionFailed` when it is no such answer."""
    try:
        return Answer.model_validate_json(body)
    except ValidationError as error:
        raise TranscriptionFailed("The speech server's answer cannot be understood.") from error


def segments_of(answer: Answer, chunk: Chunk) -> list[Segment]:
    """Return what was said in a piece of the sound, with times of the whole."""
    if answer.segments:
        return [
            Segment(
                _at(each.start, chunk), _at(each.end, chunk), text, _words_in(each, answer, chunk)
            )
            for each in sorted(answer.segments, key=lambda segment: segment.start)
            if (text := " ".join(each.text.split()))
        ]
    if answer.words:
        spoken = phrases([_word(word, None, chunk) for word in answer.words if word.word.strip()])
        return [
            Segment(said[0].start_s, said[-1].end_s, sentence(" ".join(w.text for w in said)), said)
            for said in spoken
        ]
    text = sentence(answer.text)
    return [Segment(chunk.start_s, chunk.end_s, text)] if text else []


def _words_in(segment: AnsweredSegment, answer: Answer, chunk: Chunk) -> tuple[Word, ...]:
    """The segment's own words, or those beside it that begin while it lasts."""
    words = segment.words or [
        word for word in answer.words or () if segment.start <= word.start < segment.end
    ]
    return tuple(
        _word(word, segment.avg_logprob, chunk)
        for word in sorted(words, key=lambda word: word.start)
        if word.word.strip()
    )


def _word(word: AnsweredWord, avg_logprob: float | None, chunk: Chunk) -> Word:
    confidence = word.probability
    if confidence is None:
        confidence = exp(min(0.0, avg_logprob)) if avg_logprob is not None else 1.0
    text = " ".join(word.word.split())
    start_s = _at(word.start, chunk)
    return Word(start_s, max(start_s, _at(word.end, chunk)), text, min(1.0, max(0.0, confidence)))


def _at(seconds: float, chunk: Chunk) -> float:
    return min(chunk.start_s + max(0.0, seconds), chunk.end_s)

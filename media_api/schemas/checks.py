"""What only shows once the settings are complete: which values do not go together."""

from collections.abc import Iterable, Iterator
from typing import Any

from media_api.engines.actions import Action
from media_api.engines.words import AudioCodec, SpeechLanguage, rate_refusal
from media_api.schemas.errors import Fault, fault

_Json = dict[str, Any]
_Path = tuple[str, ...]

# Of each group that encodes sound: where its sampling rate and its encoder stand.
_ENCODINGS: tuple[tuple[_Path, _Path], ...] = (
    (("ffmpeg", "video", "audioSampleRate"), ("ffmpeg", "codecs", "audio")),
    (("audio", "sampleRate"), ("audio", "codec")),
)
_HEARING = frozenset({Action.TRANSCRIBE, Action.SUMMARIZE})


def rate_faults(route: str, config: _Json, asked: _Json) -> Iterator[Fault]:
    """Yield the sampling rates that an encoder does not take, at the key that was given."""
    for rate, codec in _ENCODINGS:
        if rate[0] not in config:
            continue
        said = rate_refusal(AudioCodec(_at(config, codec)), _at(config, rate))
        if said:
            place = codec if _at(asked, rate) is None and _at(asked, codec) else rate
            inner = place[1:] if route == "compress" else place
            yield fault(["config", *inner], f"Value error, {said}", "value_error")


def language_faults(
    config: _Json, actions: Iterable[Action], languages: frozenset[str]
) -> Iterator[Fault]:
    """Yield the language that the speech engine does not know, where there is something to hear."""
    asked = config.get("transcribe", {}).get("language", SpeechLanguage.AUTO)
    known = sorted({SpeechLanguage.AUTO.value, *languages} & set(SpeechLanguage))
    if _HEARING.isdisjoint(actions) or asked in known:
        return
    said = f"The speech engine does not know {asked}; it knows {', '.join(known)}"
    yield fault(["config", "transcribe", "language"], said, "language_unsupported")


def _at(config: _Json, path: _Path) -> Any:
    found: Any = config
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found

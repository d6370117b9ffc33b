"""What our own engine hears in a video, as captions (transcode contract, 7)."""

from pathlib import Path

from django.conf import settings

from core.errors import BackendNotConfigured, JobError
from core.media.probe import probe
from core.speech import sound, subtitles
from core.speech.base import AUTO, Transcript, TranscriptionBackend
from core.speech.chosen import chosen
from transcode.kind import VideoKind
from transcode.models import Video
from transcode.videos import selectors, storage


def engine_for(video: Video) -> TranscriptionBackend | None:
    """Return the engine, if there is one that understands the language of a video."""
    if settings.TRANSCODE_LOCAL_WORKERS == "off":
        return None
    try:
        engine = chosen()
    except BackendNotConfigured:
        return None
    return engine if (video.language or AUTO) in engine.languages() else None


def listen(kind: VideoKind) -> tuple[str, Path]:
    """Listen to a job's video; return the language, and a WebVTT file in the job's scratch.

    Raises: `JobError`.
    """
    engine = engine_for(kind.video)
    if engine is None:
        raise JobError("No speech engine here understands this video.", code="no_engine")
    transcript = _transcribed(kind, engine)
    target = kind.scratch / "captions.vtt"
    target.write_text(subtitles.as_vtt(transcript), encoding="utf-8")
    return transcript.language, target


def _transcribed(kind: VideoKind, engine: TranscriptionBackend) -> Transcript:
    def should_stop() -> bool:
        kind.check()
        return False

    # A piece of speech is one call of the engine: the lease is kept meanwhile.
    with kind.heartbeat():
        return engine.transcribe(
            _sound_of(kind),
            language=kind.video.language or AUTO,
            on_progress=lambda fraction: kind.report("encode", fraction),
            should_stop=should_stop,
        )


def _sound_of(kind: VideoKind) -> Path:
    """Decode a video's sound into the job's scratch. Raises: `JobError`."""
    best = selectors.max_quality_audio(kind.video)
    if best is None:
        raise JobError("There is no sound to listen to.", code="no_source")
    target = kind.scratch / "speech.wav"
    with storage.local_path(best.name) as path:
        audio = probe(path, runner=kind.program).audio
        if audio is None:
            raise JobError("There is no sound to listen to.", code="no_source")
        sound.decode(path, audio, target, runner=kind.program)
    return target

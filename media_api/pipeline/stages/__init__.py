"""The stages by their names; each is a function of `Work` (`media_api.pipeline.work.Stage`)."""

from collections.abc import Mapping

from media_api.engines.actions import Action
from media_api.pipeline.stages.compress import compress
from media_api.pipeline.stages.extract_audio import extract_audio
from media_api.pipeline.stages.summarize import summarize
from media_api.pipeline.stages.to_text import to_text
from media_api.pipeline.stages.transcribe import transcribe
from media_api.pipeline.work import Stage

STAGES: Mapping[str, Stage] = {
    Action.COMPRESS: compress,
    Action.EXTRACT_AUDIO: extract_audio,
    Action.TRANSCRIBE: transcribe,
    Action.SUMMARIZE: summarize,
    Action.TO_TEXT: to_text,
}

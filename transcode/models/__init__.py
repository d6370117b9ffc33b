"""The tables of the transcode app."""

from transcode.models.jobs import GROWING_INPUT, JobType, VideoJob
from transcode.models.live import LiveSession
from transcode.models.runners import RUNNER_HOLDER, RegistrationToken, Runner
from transcode.models.videos import Caption, Discarded, FileKind, Video, VideoFile, VideoState

__all__ = [
    "GROWING_INPUT",
    "RUNNER_HOLDER",
    "Caption",
    "Discarded",
    "FileKind",
    "JobType",
    "LiveSession",
    "RegistrationToken",
    "Runner",
    "Video",
    "VideoFile",
    "VideoJob",
    "VideoState",
]

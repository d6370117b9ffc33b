"""The tables of the transcode app."""

from transcode.models.jobs import GROWING_INPUT, JobType, VideoJob
from transcode.models.live import LiveSession
from transcode.models.runners import RegistrationToken, Runner
from transcode.models.videos import Caption, Discarded, FileKind, Video, VideoFile, VideoState

__all__ = [
    "GROWING_INPUT",
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

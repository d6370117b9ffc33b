"""The shapes of a video on the wire (transcode contract, section 6)."""

from collections.abc import Callable
from typing import Any, TypedDict

from transcode.models import Caption, FileKind, Video, VideoFile, VideoState
from transcode.videos import cuts
from transcode.videos.storage import file_of

# Makes the address of a video's file under /play/, of its plain name.
PlayUrl = Callable[[Video, str], str]
# 100 is for what is published.
MOST_BEFORE_THE_END = 99.0
LIVE_STATES = (VideoState.WAITING_FOR_LIVE,)


class LabelBody(TypedDict):
    """A number and what people call it."""

    id: int
    label: str


class FileBody(TypedDict):
    """A rendition. Sizes are pixels and bytes, `bitrate` is bits a second."""

    resolution: LabelBody
    width: int
    height: int
    fps: int
    size: int
    bitrate: int
    codecs: list[str]
    url: str


class PlaybackBody(TypedDict):
    """Where a player begins. None and empty until there is something."""

    hlsUrl: str | None
    webVideoUrls: list[str]
    segmentsSha256Url: str | None


class CaptionBody(TypedDict):
    """Subtitles in one language."""

    language: str
    automaticallyGenerated: bool
    url: str


class StoryboardBody(TypedDict):
    """The picture of small pictures; each stands for `spriteDuration` seconds."""

    url: str
    totalWidth: int
    totalHeight: int
    spriteWidth: int
    spriteHeight: int
    spriteDuration: int


class VideoBody(TypedDict):
    """A video as REST and sockets show it. Times are ISO 8601, `progress` is 0 to 100."""

    uuid: str
    name: str
    state: LabelBody
    progress: int | None
    playable: bool
    isLive: bool
    duration: int
    width: int | None
    height: int | None
    aspectRatio: float | None
    fps: int | None
    hasAudio: bool
    size: int
    language: str
    thumbnailUrl: str | None
    previewUrl: str | None
    storyboard: StoryboardBody | None
    captions: list[CaptionBody]
    files: list[FileBody]
    playback: PlaybackBody
    warnings: list[str]
    error: str | None
    createdAt: str
    updatedAt: str
    publishedAt: str | None


def video_body(video: Video, *, play_url: PlayUrl) -> VideoBody:
    """Show a video: the one place where a row becomes its public form."""
    files = list(video.files.all())
    captions = cuts.captions_for(video, files)
    return {
        "uuid": str(video.pk),
        "name": video.name,
        "state": state_body(video),
        "progress": shown_progress(video),
        "playable": video.is_playable,
        "isLive": video.is_live,
        "duration": round(video.duration_s),
        "width": video.width,
        "height": video.height,
        "aspectRatio": _aspect(video),
        "fps": None if video.fps is None else max(1, round(video.fps)),
        "hasAudio": video.has_audio,
        "size": video.size_bytes,
        "language": video.language,
        "thumbnailUrl": _url(video, video.thumbnail_name, play_url),
        "previewUrl": _url(video, video.preview_name, play_url),
        "storyboard": _storyboard_body(video, play_url),
        "captions": [_caption_body(video, each, play_url) for each in captions],
        "files": [_file_body(video, each, play_url) for each in files],
        "playback": _playback_body(video, files, play_url),
        "warnings": list(video.warnings),
        "error": video.error or None,
        "createdAt": video.created_at.isoformat(),
        "updatedAt": video.updated_at.isoformat(),
        "publishedAt": video.published_at.isoformat() if video.published_at else None,
    }


def state_body(video: Video) -> LabelBody:
    """Show a video's state."""
    return {"id": video.state, "label": str(VideoState(video.state).label)}


def shown_progress(video: Video) -> int | None:
    """Return the percentage, rounded down: 100 is only what is published. None while live."""
    if video.is_live:
        return None
    # What is published may be tried again for what it lacks, and has come to 100 before.
    most = 100.0 if video.state == VideoState.PUBLISHED else MOST_BEFORE_THE_END
    return int(min(video.progress, most))


def _aspect(video: Video) -> float | None:
    return round(video.width / video.height, 4) if video.width and video.height else None


def _url(video: Video, name: str, play_url: PlayUrl) -> str | None:
    return play_url(video, file_of(name)) if name else None


def _file_body(video: Video, file: VideoFile, play_url: PlayUrl) -> FileBody:
    label = f"{file.resolution}p" if file.resolution else "Audio only"
    return {
        "resolution": {"id": file.resolution, "label": label},
        "width": file.width,
        "height": file.height,
        "fps": file.fps,
        "size": file.size_bytes,
        "bitrate": file.average_bps,
        "codecs": list(file.codecs),
        "url": play_url(video, file_of(file.name)),
    }


def _playback_body(video: Video, files: list[VideoFile], play_url: PlayUrl) -> PlaybackBody:
    master = video.master_name or str((video.growing or {}).get("master") or "")
    web = [file_of(file.name) for file in files if file.kind == FileKind.WEB]
    return {
        "hlsUrl": _url(video, master, play_url),
        "webVideoUrls": [play_url(video, name) for name in web],
        "segmentsSha256Url": _url(video, video.hashes_name, play_url),
    }


def _caption_body(video: Video, caption: Caption, play_url: PlayUrl) -> CaptionBody:
    return {
        "language": caption.language,
        "automaticallyGenerated": caption.is_automatic,
        "url": play_url(video, file_of(caption.name)),
    }


def _storyboard_body(video: Video, play_url: PlayUrl) -> StoryboardBody | None:
    if not (kept := video.storyboard):
        return None
    sizes: dict[str, Any] = {key: value for key, value in kept.items() if key != "name"}
    body: StoryboardBody = {"url": play_url(video, file_of(kept["name"])), **sizes}  # type: ignore[typeddict-item]
    return body

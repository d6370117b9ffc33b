"""The keys of `config.yaml`, their defaults and bounds (Media API contract, section 5).

Times are in seconds, sizes in bytes, bit rates in kbit/s. Secrets never show: neither in `repr`
nor in what is logged.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr

from media_api.config.fields import (
    AnyCasePreset,
    AudioKbps,
    Count,
    Fps,
    HeightPx,
    Keys,
    Positive,
    RateHz,
    VideoKbps,
    WidthPx,
)
from media_api.engines.words import AudioCodec, ChatModel, Preset, VideoCodec

PLACEHOLDER = "<YOUR_TOKEN>"

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
OptionalName = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")]
Address = Annotated[str, Field(pattern=r"^(https?://[^\s/]+\S*)?$", max_length=2048)]
AbsolutePath = Annotated[str, Field(pattern=r"^/[^\x00]*$", max_length=4096)]


class WhisperModel(StrEnum):
    """Sizes of Whisper's models."""

    TINY = "tiny"
    BASE = "base"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    TURBO = "turbo"


class Scope(StrEnum):
    """Whose GigaChat account it is: a person's, or a company's of either sort."""

    PERSON = "GIGACHAT_API_PERS"
    BUSINESS = "GIGACHAT_API_B2B"
    CORPORATION = "GIGACHAT_API_CORP"


class Video(Keys):
    """What a compressed video is like, its sound included."""

    width: WidthPx = 1920
    height: HeightPx = 1080
    video_bitrate: VideoKbps = 2500
    audio_bitrate: AudioKbps = 320
    audio_sample_rate: RateHz = 48_000
    fps: Fps = 24


class Codecs(Keys):
    """What encodes."""

    video: VideoCodec = VideoCodec.X264
    audio: AudioCodec = AudioCodec.MP3


class Ffmpeg(Keys):
    """What requests take that do not say how to compress."""

    preset: AnyCasePreset = Preset.VERYFAST
    video: Video = Video()
    codecs: Codecs = Codecs()


class Transcription(Keys):
    """Which engine hears, and what it needs. An empty text stands for none."""

    backend: Name = "pocketsphinx"
    fallback: OptionalName = ""
    model: WhisperModel = WhisperModel.SMALL
    model_path: str = ""
    base_url: Address = ""
    api_key: SecretStr = SecretStr("")
    http_model: str = ""
    workers: Positive = 1


class Summary(Keys):
    """Which engine summarises, and what it needs. An empty text stands for none."""

    backend: Name = "textrank"
    fallback: OptionalName = ""
    model: ChatModel = ChatModel.PRO
    scope: Scope = Scope.PERSON
    gigachat_api_token: SecretStr = SecretStr(PLACEHOLDER)
    ca_file: str = ""
    base_url: Address = ""
    api_key: SecretStr = SecretStr("")
    chat_model: str = ""

    @property
    def token(self) -> str:
        """GigaChat's token; empty where it is not configured."""
        token = self.gigachat_api_token.get_secret_value().strip()
        return "" if token == PLACEHOLDER else token


class Cleanup(Keys):
    """How often the cleaner runs, and how long files and records live."""

    cleanup_interval: Positive = 3600
    request_files_ttl: Count = 86_400
    # Of a cache of progress in Redis, which there is none of: files of the original name it.
    request_status_ttl: Positive = 3600


class WebSockets(Keys):
    """What sockets are sent. The interval lies between two `progress` events of a stage."""

    no_progress_updates: bool = False
    update_progress_interval: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 10
    max_subscriptions: Positive = 1000


class Auth(Keys):
    """Whether a request needs a token."""

    required: bool = True


class Limits(Keys):
    """What one user, or one address without a user, may have; 0 is no limit."""

    sockets_per_user: Count = 256
    posts_per_minute: Count = 300
    # Requests that wait or run.
    active_per_user: Count = 0


class Config(Keys):
    """All settings of the Media API."""

    dev_mode: bool = False
    show_ffmpeg_commands: bool = False
    allow_local_files: bool = False
    local_files_roots: tuple[AbsolutePath, ...] = ()
    allow_remote_urls: bool = False
    deduplicate: bool = True
    # The original's 8192 bytes cost more calls than they save memory.
    file_read_chunk_size: Annotated[Positive, Field(le=64 * 2**20)] = 2**20
    requests_queue_size: Count = 10
    worker_concurrency: Positive = 1
    job_timeout: Positive = 21_600
    max_upload_bytes: Positive = 5 * 2**30
    max_media_duration: Positive = 43_200
    max_pixels: Positive = 33_177_600
    min_free_disk_bytes: Count = 2**30
    keep_failed_input_ttl: Count = 3600
    ffmpeg: Ffmpeg = Ffmpeg()
    transcription: Transcription = Transcription()
    summary: Summary = Summary()
    cleanup: Cleanup = Cleanup()
    websockets: WebSockets = WebSockets()
    auth: Auth = Auth()
    limits: Limits = Limits()


SECRET_KEYS = ("summary.api_key", "summary.gigachat_api_token", "transcription.api_key")
"""The keys whose values never show."""

RESTART_KEYS = ("cleanup.cleanup_interval", "dev_mode", "worker_concurrency")
"""The keys that a process reads once, when it starts."""


def value_of(config: Config, key: str) -> Any:
    """Return the value of a dotted key."""
    found: Any = config
    for name in key.split("."):
        found = getattr(found, name)
    return found


def with_values(config: Config, values: Mapping[str, Any]) -> Config:
    """Return the settings with other values of some dotted keys, which are not checked again."""
    for key, value in values.items():
        group, _, name = key.rpartition(".")
        changed = {name: value}
        if group:
            changed = {group: getattr(config, group).model_copy(update=changed)}
        config = config.model_copy(update=changed)
    return config


def as_plain(config: Keys) -> dict[str, Any]:
    """Return the settings as they stand in the file, secrets included."""
    found = {name: getattr(config, name) for name in type(config).model_fields}
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Keys):
        return as_plain(value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def unknown_keys(data: Mapping[Any, Any], model: type[BaseModel] = Config) -> list[str]:
    """Return the dotted keys of a file that no setting reads, each as it is written."""
    known = {name: field.annotation for name, field in model.model_fields.items()}
    aliases = {field.alias: known[name] for name, field in model.model_fields.items()}
    found = []
    for key, value in data.items():
        kind = known.get(key) or aliases.get(key)
        if kind is None:
            found.append(str(key))
        elif isinstance(value, Mapping) and isinstance(kind, type) and issubclass(kind, BaseModel):
            found += [f"{key}.{inner}" for inner in unknown_keys(value, kind)]
    return found

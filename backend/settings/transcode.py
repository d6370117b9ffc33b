"""Video: the ladder, who encodes, for how long, and where files lie."""

from backend.settings import env
from backend.settings.limits import ANONYMOUS_BODY_BYTES, BODY_BYTES, MAX_UPLOAD_SIZE_BYTES
from transcode.engines.encoders import ENCODERS, SOFTWARE

STALL_CLASSES = {
    "vod": 120.0,
    "live": 30.0,
    "studio": 120.0,
    "transcription": 600.0,
    "storyboard": 120.0,
}
RESOLUTIONS = {0, 144, 240, 360, 480, 720, 1080, 1440, 2160}


def _resolutions(text: str) -> list[int]:
    wanted = [int(word) for word in text.replace(",", " ").split()]
    if not set(wanted) <= RESOLUTIONS:
        raise ValueError(text)
    return sorted(set(wanted))


def _stall_seconds(text: str) -> dict[str, float]:
    """Read `vod=120,live=30`, or one number for all."""
    if "=" not in text and text.strip():
        given = dict.fromkeys(STALL_CLASSES, float(text))
    else:
        pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
        given = {name.strip(): float(value) for name, _, value in pairs}
    is_long = all(0 < value < float("inf") for value in given.values())
    if not is_long or not set(given) <= set(STALL_CLASSES):
        raise ValueError(text)
    return {**STALL_CLASSES, **given}


def _path_root(text: str) -> None:
    """Refuse a folder in which no path of the storage can lie. Raises: `ValueError`."""
    parts = text.replace("{user}", "1").split("/")
    if not parts[0] or ".." in parts or set("{}\\:") & set("".join(parts)):
        raise ValueError(text)


TRANSCODE_RESOLUTIONS = env.read(
    "TRANSCODE_RESOLUTIONS", "240,360,480,720,1080", _resolutions, "resolutions such as 240,480"
)
TRANSCODE_ALWAYS_ORIGINAL = env.flag("TRANSCODE_ALWAYS_ORIGINAL", False)
TRANSCODE_FPS_MAX = env.integer("TRANSCODE_FPS_MAX", 60, minimum=1)
TRANSCODE_HLS_ENABLED = env.flag("TRANSCODE_HLS_ENABLED", True)
TRANSCODE_WEB_VIDEOS_ENABLED = env.flag("TRANSCODE_WEB_VIDEOS_ENABLED", False)
TRANSCODE_SPLIT_AUDIO_VIDEO = env.flag("TRANSCODE_SPLIT_AUDIO_VIDEO", True)
TRANSCODE_KEEP_ORIGINAL = env.flag("TRANSCODE_KEEP_ORIGINAL", True)
TRANSCODE_MAX_FAILURES = env.integer("TRANSCODE_MAX_FAILURES", 5, minimum=1)
TRANSCODE_STALL_SECONDS = env.read(
    "TRANSCODE_STALL_SECONDS", "", _stall_seconds, "seconds such as vod=120,live=30, or one number"
)
TRANSCODE_NO_PROGRESS_SECONDS = env.seconds("TRANSCODE_NO_PROGRESS_SECONDS", 1800, minimum=1)
TRANSCODE_LOCAL_WORKERS = env.choice(
    "TRANSCODE_LOCAL_WORKERS", "fallback", ["off", "fallback", "always"]
)
TRANSCODE_LOCAL_FALLBACK_AFTER = env.seconds("TRANSCODE_LOCAL_FALLBACK_AFTER", 20)
TRANSCODE_MAX_DURATION = env.seconds("TRANSCODE_MAX_DURATION", 0)
TRANSCODE_RUNNER_MAX_UPLOAD_BYTES = env.size_bytes("TRANSCODE_RUNNER_MAX_UPLOAD_BYTES", "20 GiB")
TRANSCODE_REDIRECT_DOWNLOADS = env.flag("TRANSCODE_REDIRECT_DOWNLOADS", False)
TRANSCODE_PUBLIC_URL = env.web_address("TRANSCODE_PUBLIC_URL")
TRANSCODE_PATH_ROOTS = env.names(
    "TRANSCODE_PATH_ROOTS",
    "incoming/{user}/",
    check=_path_root,
    wanted="a list of folders below the storage's root such as incoming/{user}/",
)
TRANSCODE_PLAY_TOKEN_SECONDS = env.seconds("TRANSCODE_PLAY_TOKEN_SECONDS", 21600, minimum=60)
TRANSCODE_ENCODERS = env.names(
    "TRANSCODE_ENCODERS",
    SOFTWARE,
    check=ENCODERS.index,
    wanted=f"a list out of {', '.join(ENCODERS)}",
)
TRANSCODE_LIVE_RTMP_PORT = env.integer("TRANSCODE_LIVE_RTMP_PORT", 1935, maximum=65535)
TRANSCODE_LIVE_MAX_SESSIONS = env.integer("TRANSCODE_LIVE_MAX_SESSIONS", 2)
TRANSCODE_LIVE_MAX_DURATION = env.seconds("TRANSCODE_LIVE_MAX_DURATION", 43200, minimum=1)
TRANSCODE_ENDED_CALLBACK = env.text("TRANSCODE_ENDED_CALLBACK")

# Runners send their credentials inside the body; the door itself looks at them first.
ANONYMOUS_BODY_BYTES["/api/v1/runners/jobs/*/update"] = TRANSCODE_RUNNER_MAX_UPLOAD_BYTES
ANONYMOUS_BODY_BYTES["/api/v1/runners/jobs/*/success"] = TRANSCODE_RUNNER_MAX_UPLOAD_BYTES
BODY_BYTES["/api/v1/video/upload"] = MAX_UPLOAD_SIZE_BYTES
BODY_BYTES["/api/v1/video/"] = MAX_UPLOAD_SIZE_BYTES

"""Looking at an input: its type by its content, and whether it is within the operator's limits."""

from pathlib import Path, PurePath

from core.errors import InvalidInput
from core.media.ffmpeg import Runner
from core.media.probe import MediaInfo
from media_api.config.schema import Config
from media_api.engines.duration import duration_s
from media_api.engines.filetypes import Content, inspect
from media_api.models import MediaRequest


class BeyondLimits(InvalidInput):
    """The input goes beyond what the operator allows."""

    code = "source_too_large"


def inspected(source: Path, request: MediaRequest, config: Config, *, runner: Runner) -> Content:
    """Tell what an input is.

    Raises: `BeyondLimits` for more length or pixels than allowed; what
    `media_api.engines.filetypes.inspect` raises.
    """
    suffix = PurePath(request.original_name).suffix or source.suffix
    content = inspect(source, suffix=suffix, runner=runner)
    if content.media is not None:
        _require_bounds(content.media, config)
    return content


def length_s(source: Path, content: Content, config: Config, *, runner: Runner) -> float:
    """Return how long an input plays, also where it does not say so itself; 0 is unknown.

    Raises: `BeyondLimits`; what `media_api.engines.duration.duration_s` raises.
    """
    if content.media is None:
        return 0.0
    found_s = duration_s(source, content.media, runner=runner)
    _require_length(found_s, config)
    return found_s


def _require_bounds(info: MediaInfo, config: Config) -> None:
    _require_length(info.duration_s, config)
    if info.video and info.video.width * info.video.height > config.max_pixels:
        raise BeyondLimits(f"A picture of the input has more than {config.max_pixels:,} pixels.")


def _require_length(found_s: float, config: Config) -> None:
    if found_s > config.max_media_duration:
        hours = config.max_media_duration / 3600
        raise BeyondLimits(f"The input is longer than the {hours:g} hours that are allowed.")

"""H.264 encoders: the software one, and those of graphics cards.

All make 8-bit 4:2:0, a key frame every two seconds exactly and none elsewhere, so that every
rendition of a ladder is cut at the same times.
"""

from dataclasses import dataclass
from typing import Any

from core.media.capabilities import device_for
from transcode.engines.ladder import Size

SOFTWARE = "libx264"
KEYFRAME_S = 2

_SOURCE_CRF = 18

# Frames sent out of order delay the picture by two frames where no edit list can take it back, as
# in segments: at low rates by more than sound and picture may be apart.
_REORDERED_FROM_FPS = 24

# What makes each encoder quick, and obedient about where its key frames lie.
_MANNERS: dict[str, dict[str, str]] = {
    SOFTWARE: {"preset": "veryfast", "sc_threshold": "0"},
    "h264_nvenc": {"preset": "p4", "rc": "vbr", "no-scenecut": "1", "forced-idr": "1"},
    "h264_vaapi": {"rc_mode": "VBR"},
    "h264_qsv": {"preset": "veryfast", "adaptive_i": "0", "forced_idr": "1"},
}
ENCODERS = tuple(_MANNERS)


@dataclass(frozen=True)
class Encoder:
    """One encoder by ffmpeg's name. Whether this machine has it, `capabilities` knows."""

    name: str = SOFTWARE

    def __post_init__(self) -> None:
        if self.name not in _MANNERS:
            raise ValueError(f"{self.name} is no H.264 encoder of ours")

    @property
    def device_options(self) -> tuple[str, ...]:
        """What stands before the first input."""
        return device_for(self.name).options

    @property
    def common_options(self) -> dict[str, str]:
        """What holds for every video stream of an output."""
        expression = f"expr:gte(t,n_forced*{KEYFRAME_S})"
        return {"c:v": self.name, "force_key_frames": expression, **_MANNERS[self.name]}

    def rate_options(
        self, at: int, fps: int, target_bps: int, *, is_live: bool = False
    ) -> dict[str, str]:
        """How much video stream `at` of an output may spend, and its group of pictures.

        On demand, the quality is the encoder's default and the target a cap; hardware has no such
        quality, so there it is also what to aim at, as it is for anyone in a live stream.
        """
        options = {
            f"g:v:{at}": str(KEYFRAME_S * fps),
            f"maxrate:v:{at}": str(target_bps),
            f"bufsize:v:{at}": str(2 * target_bps),
        }
        if fps < _REORDERED_FROM_FPS:
            options[f"bf:v:{at}"] = "0"
        if is_live or self.name != SOFTWARE:
            options[f"b:v:{at}"] = str(target_bps)
        return options

    def source_options(self, fps: int, cap_bps: int) -> dict[str, str]:
        """For what others will be made from: finer than a rendition."""
        options = self.rate_options(0, fps, cap_bps)
        return {**options, "crf": str(_SOURCE_CRF)} if self.name == SOFTWARE else options

    def finish(self, stream: Any, size: Size | None = None) -> Any:
        """Scale a stream of pictures, if asked, and bring it into the form that is encoded.

        Scaling and conversion in one go; bicubic, because the blur of a quicker scaler is seen.
        """
        if size is not None:
            stream = stream.filter("scale", *size, flags="bicubic")
        return stream.filter("setsar", 1).filter("format", "yuv420p")

    def upload(self, stream: Any) -> Any:
        """Hand finished pictures over to the device that encodes, where it cannot take them."""
        for name, *values in device_for(self.name).upload:
            stream = stream.filter(name, *values)
        return stream

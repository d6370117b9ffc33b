"""`transcode.vod-audio-merge-transcoding`: a still under a sound becomes a video (4.2)."""

from core.jobs.types import Json
from transcode.kinds.web_video import Progressive
from transcode.models import JobType


class AudioMerge(Progressive):
    """Lay the preview under the sound, as long as that lasts."""

    name = "transcode.vod-audio-merge-transcoding"
    title = "Picture for a sound"
    type = JobType.AUDIO_MERGE

    def encode(self) -> Json:
        """Make the video here."""
        from transcode.local.encoding import encode_audio_merge

        return encode_audio_merge(self)

"""`transcode.live-rtmp-hls-transcoding`: a stream as it comes, in renditions (contract, 4.3)."""

from transcode.kind import VideoKind
from transcode.models import JobType


class Live(VideoKind):
    """Encode a live stream. What was missed cannot be fetched again: there is one attempt."""

    name = "transcode.live-rtmp-hls-transcoding"
    title = "Live stream"
    type = JobType.LIVE
    stall = "live"
    is_abortable = False
    has_progress = False
    lost_code = "stalled"
    lost_message = "Stalled runner job"

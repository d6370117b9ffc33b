"""What people do with videos, by name: the doors of the app call these."""

from transcode.videos.arriving import announce_upload, begin, begin_streaming
from transcode.videos.changing import cancel, rename, retranscode, retry
from transcode.videos.creating import create_from_storage, create_video
from transcode.videos.removal import remove

__all__ = [
    "announce_upload",
    "begin",
    "begin_streaming",
    "cancel",
    "create_from_storage",
    "create_video",
    "remove",
    "rename",
    "retranscode",
    "retry",
]

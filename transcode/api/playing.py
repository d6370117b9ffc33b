"""The addresses under which videos are played."""

from django.core import signing

from transcode.models import Video

SALT = "transcode.play"


def play_url(video: Video, name: str) -> str:
    """Return the address of one of a video's files, by its plain name.

    The token lies in the path, where relative addresses in playlists keep it.
    """
    token = signing.dumps(str(video.pk), salt=SALT)
    return f"/play/{token}/{video.pk}/{name}"

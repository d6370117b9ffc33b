"""The addresses under which a video is played, and the tokens in them.

Relative addresses in a playlist keep the path and lose the query, so the token is a part of
the path: `/play/<token>/<video>/<name>`. It opens the files of that one video and says when
it was made: signed, so that nothing has to be stored for it.
"""

import time
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.http import base36_to_int, int_to_base36

from transcode.models import Video

SALT = "transcode.play"
# Tokens made within a tenth of their life are the same: an address stays while a page is open,
# and a browser finds what it has.
_PARTS_OF_A_LIFE = 10


def play_url(video: Video, name: str) -> str:
    """Return the address of one of a video's files, by its plain name."""
    return f"/play/{play_token(video.pk)}/{video.pk}/{name}"


def play_token(video_id: UUID) -> str:
    """Make a token for a video that is good for `TRANSCODE_PLAY_TOKEN_SECONDS` at least."""
    step_s = max(1, int(settings.TRANSCODE_PLAY_TOKEN_SECONDS) // _PARTS_OF_A_LIFE)
    made_at_s = (int(time.time()) // step_s + 1) * step_s
    said = f"{video_id}.{int_to_base36(made_at_s)}"
    return _signer().sign(said).removeprefix(f"{video_id}.")


def made_at_s(token: str, video_id: UUID) -> int:
    """Return the Unix time that a video's token bears. Raises: `BadSignature`."""
    said = _signer().unsign(f"{video_id}.{token}")
    try:
        return base36_to_int(said.removeprefix(f"{video_id}."))
    except ValueError as error:
        raise BadSignature from error


def is_over(video: Video, token_made_at_s: int) -> bool:
    """Return whether a token's time has run out; it lasts for as long as the video plays."""
    plays_s = settings.TRANSCODE_LIVE_MAX_DURATION if video.is_live else video.duration_s
    return time.time() > token_made_at_s + settings.TRANSCODE_PLAY_TOKEN_SECONDS + plays_s


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")

"""Videos that come by resumable upload (`core.tus.purposes`): purpose `video`.

The video exists from the upload's creation. While its bytes come, the encode may begin; with
the last one it is taken in like any other. An upload that ends before takes the video along.
"""

from contextlib import suppress
from pathlib import Path, PurePosixPath
from uuid import UUID

from core.tus.errors import Gone
from core.tus.models import TusUpload
from core.tus.purposes import Purpose
from transcode.local import streaming
from transcode.models import Video
from transcode.videos import selectors, services
from transcode.videos.errors import NotFound
from transcode.videos.intake import extension_of, refusal

# What clients write for yes in `Upload-Metadata`.
_YES = ("1", "true", "yes", "on")


class VideoUpload(Purpose):
    """A video, with the fields that a POST of it has as metadata: `name`, `language`, `private`."""

    name = "video"

    def created(self, upload: TusUpload) -> str:
        """Make the video's row. Raises: `FieldErrors` for what would be refused in the end."""
        extension_of(upload.filename)
        if not upload.length_bytes:
            raise refusal("The file is empty.", "empty_file")
        said = upload.metadata
        video = services.announce_upload(
            owner=upload.owner,
            name=said.get("name") or PurePosixPath(upload.filename).stem,
            size_bytes=upload.length_bytes,
            language=said.get("language", ""),
            is_private=said.get("private", "").lower() in _YES,
        )
        return selectors.api_address(video)

    def grew(self, upload: TusUpload, path: Path, offset_bytes: int) -> None:
        """Begin to encode, where that is worth it. Raises: `FieldErrors` for what is refused."""
        video = _video_of(upload)
        if video is not None:
            streaming.begin_if_worth_it(upload, video, path, offset_bytes)

    def completed(self, upload: TusUpload, path: Path) -> None:
        """Take the whole file in. Raises: `FieldErrors`, `Gone`; the upload is ended then."""
        video = _video_of(upload)
        try:
            if video is None:
                raise NotFound
            services.begin(video=video, path=path, filename=upload.filename)
        except NotFound as error:
            # Erased while its last bytes came: what is left of the upload is nobody's.
            raise Gone("The video was deleted.") from error

    def ended(self, upload: TusUpload) -> None:
        """Erase the video that did not come about."""
        video = _video_of(upload)
        if video is not None and not video.source_name:
            with suppress(NotFound):
                services.remove(video)


def _video_of(upload: TusUpload) -> Video | None:
    """Return the video of an upload, by the address that `created` has given it."""
    try:
        video_id = UUID(upload.resource.rpartition("/")[2])
    except ValueError:
        return None
    return Video.objects.filter(pk=video_id, owner=upload.owner_id).first()

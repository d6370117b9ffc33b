"""What a resumable upload is for: a subclass of `Purpose` per value of the key `purpose`.

An app puts its own into its module `purposes`, which is imported at the start:

    class VideoPurpose(Purpose):
        name = "video"

        def created(self, upload):
            video = services.announce(owner=upload.owner, upload_id=upload.pk, ...)
            return f"/api/v1/video/{video.pk}"

        def completed(self, upload, path):
            services.take_in(upload.pk, path)
            return None

All methods are synchronous and called in a thread; `upload` has `pk`, `owner`,
`length_bytes`, `metadata`, `filename`, `filetype`, `client_ip`. What they raise of
`core.errors` is answered as such; anything else is a crash.

The order of the calls: `created` once; `grew` any number of times, never two at once;
then either `completed`, again and again until it has returned once, or `ended` once.
"""

from pathlib import Path
from typing import ClassVar

from django.utils.module_loading import autodiscover_modules

from core.errors import FieldErrors
from core.tus.metadata import HEADER
from core.tus.models import TusUpload

DEFAULT = "file"
_PURPOSES: dict[str, "Purpose"] = {}


class Purpose:
    """What becomes of an upload. Subclasses set `name` and write what they need.

    `keeps_file`: a finished file stays where it is until it is used or expires.
    """

    name: ClassVar[str] = ""
    keeps_file: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Make the purpose known by its name."""
        if cls.name:
            _PURPOSES[cls.name] = cls()

    def created(self, upload: TusUpload) -> str | None:
        """Look at an upload before its first byte, in the transaction that makes its row.

        Returns the API address of what it becomes where that exists from now on (the header
        `Upload-Resource`), else None. Rows written here come and go with the upload's.
        Raises: `InvalidInput`, `FieldErrors`, `Throttled`, to refuse it: nothing is stored.
        """

    def grew(self, upload: TusUpload, path: Path, offset_bytes: int) -> None:
        """Look at the bytes that are there: at most twice a second, and after each PATCH.

        The first `offset_bytes` of `path` are final; what lies behind them is not. The file
        is still written to: read it, do not move it. Slow work here holds nobody up, but the
        next call waits for it. The upload may have been ended by somebody else meanwhile:
        trust a row of your own.
        Raises: `InvalidInput`, to refuse the content: its PATCH gets that 400, and the upload
        is ended.
        """

    def completed(self, upload: TusUpload, path: Path) -> str | None:
        """Take the whole file: link, rename or read it; what is left of it is removed.

        Returns the API address of what it has become (the header `Upload-Resource` of the
        PATCH), or None to leave the one of `created`. Not in a transaction.

        Idempotent: a process that dies before its return is noted calls it again, later and
        perhaps elsewhere, and then `path` may be gone already. What cannot be idempotent calls
        `services.note_taken` in the transaction that makes its rows.
        Raises: `InvalidInput`, to refuse the content, and `Gone`, when what it was for was
        erased meanwhile: the upload is ended; `AlreadyThere`: what it would become is there;
        `TemporaryFailure` and `Throttled`: it stays whole, and is tried again by the next
        request or the upkeep.
        """

    def ended(self, upload: TusUpload) -> None:
        """Undo what `created` and `grew` have done: it was terminated, refused, or expired.

        In the transaction that ends it; the file goes after the commit. `grew` may be
        running at this moment.
        """


def purpose_named(name: str) -> Purpose:
    """Return the purpose of that name. Raises: `FieldErrors` for an unknown one."""
    if name not in _PURPOSES:
        known = ", ".join(sorted(_PURPOSES))
        raise FieldErrors({HEADER: f"purpose must be one of {known}."})
    return _PURPOSES[name]


def names_that_keep_files() -> list[str]:
    """Return the names of the purposes whose finished files stay."""
    return [name for name, purpose in _PURPOSES.items() if purpose.keeps_file]


def discover() -> None:
    """Import core's purposes and the module `purposes` of every installed app."""
    from core.tus import own_purposes  # noqa: F401 - it makes them known

    autodiscover_modules("purposes")

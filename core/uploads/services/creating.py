"""`create`: bytes, a path or a hash become an upload, or the one that was there before."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError

from core.accounts.api_tokens import use_api_token
from core.accounts.models import ApiToken, User
from core.after_commit import after_commit
from core.errors import FieldErrors, Throttled
from core.media.paths import clean_filename
from core.uploads import events, intake, quota, storage
from core.uploads.encoded import Encoded
from core.uploads.models import OcrMode, OutputFormat, Upload
from core.uploads.options import CreateForm, checked, languages_of
from core.uploads.recognition import params_of
from core.uploads.services.starting import start_recognition

DEFAULTS = {
    "auto_language_detection": True,
    "language_hint": None,
    "output_format": OutputFormat.RAW.value,
    "ocr_mode": OcrMode.FAST.value,
}
FILE_FIELDS = ("image_file", "image")
DUPLICATE = "This content was uploaded before; here is the upload that holds it."


@dataclass(frozen=True)
class Created:
    """What `create` came to. `options_differ`: the text there was made with other options."""

    upload: Upload
    is_duplicate: bool = False
    options_differ: bool = False


def create_upload(
    *,
    owner: User,
    data: Mapping[str, Any],
    ip: str | None = None,
    origin: str = "",
) -> Created:
    """Take an upload in (core contract, 2.4) and queue its recognition.

    `data` is the command's `data` or the body of the POST: `image_base64` (text, or an
    `Encoded` that was cut out of its message), `image_file` (a Django file), `image_path`,
    `image_hash`, options, `filename`, `process`, `token`.
    Raises: `FieldErrors`, `Throttled`.
    """
    form = checked(CreateForm, data)
    token = use_api_token(owner, form["token"], ip=ip) if form.get("token") else None
    wanted_hash = (form.get("image_hash") or "").lower()
    content = _content(owner, data, form)
    if content is None:
        return _probe(owner, wanted_hash, form)
    with intake.received(content, owner_id=owner.pk) as received:
        if wanted_hash and wanted_hash != received.sha256:
            raise FieldErrors({"image_hash": "Does not match the content."})
        if known := _known(owner, received.sha256, form):
            return known
        draft = _draft(owner, received, form)
        try:
            return _store(draft, received.path, form, quota_of=(ip, token), origin=origin)
        except (IntegrityError, Throttled):
            # The same bytes, a moment earlier, by another door; they may have had the last place.
            if known := _known(owner, received.sha256, form):
                return known
            raise


def _content(owner: User, data: Mapping[str, Any], form: dict[str, Any]) -> intake.Content | None:
    """Return where the bytes come from; a file, then base64, win over a path."""
    text, files = data.get("image_base64"), {name: data.get(name) for name in FILE_FIELDS}
    if text is not None and not isinstance(text, str | Encoded):
        raise FieldErrors({"image_base64": "Not a valid string."})
    for field, file in files.items():
        if file not in (None, "") and not isinstance(file, File):
            raise FieldErrors({field: "A file is expected."})
    for field, file in files.items():
        if isinstance(file, File):
            return intake.from_file(file, field=field)
    if text is not None:
        return intake.from_base64(text)
    if form.get("image_path"):
        return intake.from_server_path(form["image_path"], owner_id=owner.pk)
    return None


def _probe(owner: User, wanted_hash: str, form: dict[str, Any]) -> Created:
    """Answer a hash without content: is it here already?"""
    if not wanted_hash:
        raise FieldErrors({"image_base64": "Provide image_base64, image_path or image_hash."})
    known = _known(owner, wanted_hash, form)
    if known is None:
        raise FieldErrors({"image_hash": "No upload with this hash; send the content."})
    return known


def _known(owner: User, sha256: str, form: dict[str, Any]) -> Created | None:
    """Return the owner's live upload of these bytes."""
    live = Upload.objects.filter(owner=owner, image_hash=sha256, is_deleted=False)
    upload = live.select_related("job").first()
    if upload is None:
        return None
    return Created(upload, is_duplicate=True, options_differ=_options_differ(upload, form))


def _options_differ(upload: Upload, form: dict[str, Any]) -> bool:
    """Return whether the text there was, or will be, made with other options than asked for.

    The layout can be changed without a new run, so the upload's own counts for it.
    """
    made_with = upload.job.params if upload.job else params_of(upload)
    asked: dict[str, Any] = {**DEFAULTS, **form}
    if asked["output_format"] != upload.output_format:
        return True
    if languages_of(made_with["language_hint"]) != languages_of(asked["language_hint"]):
        return True
    return any(made_with[name] != asked[name] for name in ("auto_language_detection", "ocr_mode"))


def _draft(owner: User, received: intake.Received, form: dict[str, Any]) -> Upload:
    options = {name: form.get(name, default) for name, default in DEFAULTS.items()}
    return Upload(
        owner=owner,
        stored_name=storage.stored_name(owner.pk, received.sha256, received.extension),
        image_hash=received.sha256,
        filename=clean_filename(form.get("filename") or received.filename, default=""),
        mime_type=received.mime_type,
        size_bytes=received.size_bytes,
        page_count=received.page_count,
        **options,
    )


def _store(
    upload: Upload,
    path: Path,
    form: dict[str, Any],
    *,
    quota_of: tuple[str | None, ApiToken | None],
    origin: str,
) -> Created:
    """Make file, row and job; all of them or none. Raises: `IntegrityError`, `Throttled`."""
    ip, token = quota_of
    with (
        storage.placed(path, upload.stored_name) as ensure_placed,
        quota.charged(upload.owner, ip=ip, token=token),
    ):
        # Registered before the job's message is: no worker may be faster than this event.
        after_commit(_announce, upload, origin)
        if form["process"]:
            upload.job = start_recognition(upload)
        upload.save(force_insert=True)
        ensure_placed()
    return Created(upload)


def _announce(upload: Upload, origin: str) -> None:
    events.publish_changed("Upload.created", upload, origin=origin)

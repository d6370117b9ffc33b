"""The commands of the upload sockets (core contract, 2.4): each a service call and an answer.

A command that names an upload holds back that upload's events until it is answered, so
that the answer comes first, whatever the workers did meanwhile.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from channels.db import database_sync_to_async

from core.accounts.models import User
from core.api.clients import client_ip
from core.errors import FieldErrors, JobError, Throttled
from core.realtime.commands import Command
from core.realtime.errors import CommandError
from core.realtime.loops import in_thread, per_loop
from core.uploads import selectors, services
from core.uploads.errors import NotFound
from core.uploads.events import changed_frame
from core.uploads.models import Upload
from core.uploads.types import UploadBody

if TYPE_CHECKING:
    from core.uploads.consumers import UploadsConsumer

STREAMS = ("cumulative", "delta", "none")
LIST_LIMIT = 100
NEWEST_FIRST = "-created_at"
# How many files of one user this process decodes at a time (6.2).
CREATES_AT_ONCE = 2
# What takes files in has threads of its own, or a few large ones would hold up every socket.
_INTAKE = ThreadPoolExecutor(max_workers=4, thread_name_prefix="intake")
_gates: "Callable[[], defaultdict[UUID, asyncio.Semaphore]]" = per_loop(
    lambda: defaultdict(lambda: asyncio.Semaphore(CREATES_AT_ONCE))
)


async def subscribe(socket: "UploadsConsumer", command: Command) -> None:
    """Deliver events (again), of all or of one upload, in the asked-for form."""
    stream = command.get("stream")
    if stream is not None and stream not in STREAMS:
        raise CommandError("invalid", {"stream": f"One of {', '.join(STREAMS)}, please."})
    upload = None
    if command.get("instance_id") is not None:
        upload = await in_thread(selectors.upload_of, socket.user, socket.upload_id_of(command))
    socket.hearing.begin(str(upload.pk) if upload else None, stream=stream)
    socket.answer(_subscription("subscribed", socket, upload, stream))
    if upload is not None:
        socket.show(await in_thread(selectors.live_body, upload))


async def unsubscribe(socket: "UploadsConsumer", command: Command) -> None:
    """Deliver no events until the next `subscribe`, of all or of one upload."""
    upload = None
    if command.get("instance_id") is not None:
        upload = await in_thread(selectors.upload_of, socket.user, socket.upload_id_of(command))
    socket.hearing.stop(str(upload.pk) if upload else None)
    socket.answer(_subscription("unsubscribed", socket, upload, None))


def _subscription(
    word: str, socket: "UploadsConsumer", upload: Upload | None, stream: str | None
) -> dict[str, Any]:
    instance_id = str(upload.pk) if upload else socket.own_upload_id
    frame = {"type": word, "message": word, "model": "Upload", "instance_id": instance_id}
    return {**frame, "stream": stream} if stream else frame


async def create(socket: "UploadsConsumer", command: Command) -> None:
    """Take an upload in."""
    data = _data_of(command)
    async with _gates()[socket.user.pk]:
        made = await _in_intake_thread(
            services.create_upload,
            owner=socket.user,
            data=data,
            ip=client_ip(socket.scope),
            origin=socket.socket_id,
        )
    frame = changed_frame("Upload.created", made.upload)
    if made.is_duplicate:
        same = {"message": services.creating.DUPLICATE, "options_differ": made.options_differ}
        frame = {**frame, "duplicate": True, **same}
    socket.answer_created(str(made.upload.pk), frame, is_new=not made.is_duplicate)


async def _in_intake_thread(function: Callable[..., Any], **arguments: Any) -> Any:
    call = database_sync_to_async(function, thread_sensitive=False, executor=_INTAKE)
    return await call(**arguments)


async def list_uploads(socket: "UploadsConsumer", command: Command) -> None:
    """List the caller's uploads, newest first."""
    bodies, after = await in_thread(_listed, socket.user, socket.own_upload_id, command)
    socket.answer({"type": "Upload.list", "list": bodies, "next": after})
    for body in bodies:
        socket.note(body)


def _listed(
    user: User, own_upload_id: str | None, command: Command
) -> tuple[list[UploadBody], str | None]:
    has_text = command.get("text") is not False
    # Only REST can be asked for another order: the cursor here goes by time of creation.
    filters = replace(selectors.filters_from(command), ordering=NEWEST_FIRST)
    uploads = selectors.filtered(selectors.uploads_of(user), filters)
    if own_upload_id is not None:
        uploads = uploads.filter(pk=own_upload_id)
    if not has_text:
        uploads = selectors.without_text(uploads)
    rows, after = selectors.page_of(
        uploads, ordering=NEWEST_FIRST, limit=_limit(command), before=_before(user, command)
    )
    bodies = [selectors.live_body(row, has_text=has_text) for row in rows]
    return bodies, str(after) if after else None


def _limit(command: Command) -> int:
    limit = command.get("limit", LIST_LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= LIST_LIMIT:
        raise FieldErrors({"limit": f"A whole number from 1 to {LIST_LIMIT}, please."})
    return limit


def _before(user: User, command: Command) -> UUID | None:
    before = command.get("before")
    if before is None:
        return None
    try:
        return selectors.place_of(user, before)
    except NotFound as error:
        raise FieldErrors({"before": "There is no such upload."}) from error


async def retrieve(socket: "UploadsConsumer", command: Command) -> None:
    """Show one upload, with its text so far while it is processed."""
    upload_id = socket.upload_id_of(command)
    body = await in_thread(_retrieved, socket.user, upload_id)
    socket.answer({"type": "Upload.status", "instance": body})
    socket.note(body)


def _retrieved(user: User, upload_id: object) -> UploadBody:
    return selectors.live_body(selectors.upload_of(user, upload_id))


async def update(socket: "UploadsConsumer", command: Command) -> None:
    """Change texts, name or options."""
    upload_id, data = socket.upload_id_of(command), _data_of(command)
    with socket.holding(upload_id):
        updated = await in_thread(
            services.update_upload,
            owner=socket.user,
            upload_id=upload_id,
            data=data,
            origin=socket.socket_id,
        )
        frame = changed_frame("Upload.updated", updated.upload)
        socket.answer({**frame, "ignored": updated.ignored})


async def delete(socket: "UploadsConsumer", command: Command) -> None:
    """Hide an upload for good."""
    upload_id = socket.upload_id_of(command)
    with socket.holding(upload_id):
        upload = await in_thread(
            services.delete_upload,
            owner=socket.user,
            upload_id=upload_id,
            origin=socket.socket_id,
        )
        socket.answer(changed_frame("Upload.deleted", upload))
    socket.forget(str(upload.pk))


async def reprocess(socket: "UploadsConsumer", command: Command) -> None:
    """Recognise an upload again."""
    upload_id = socket.upload_id_of(command)
    data = _data_of(command) if "data" in command else None
    with socket.holding(upload_id):
        upload = await in_thread(
            services.reprocess_upload,
            owner=socket.user,
            upload_id=upload_id,
            data=data,
            origin=socket.socket_id,
        )
        frame = changed_frame("Upload.updated", upload)
        socket.answer(frame)
        socket.note(frame["instance"])


async def cancel(socket: "UploadsConsumer", command: Command) -> None:
    """End the run that is under way; its terminal frame follows the answer."""
    upload_id = socket.upload_id_of(command)
    with socket.holding(upload_id):
        upload = await in_thread(services.cancel_upload, owner=socket.user, upload_id=upload_id)
        socket.answer({"type": "Upload.cancelling", "instance_id": str(upload.pk)})


async def question(socket: "UploadsConsumer", command: Command) -> None:
    """Ask about the text of an upload."""
    upload_id, text = socket.upload_id_of(command), command.get("question")
    with socket.holding(upload_id):
        upload = await in_thread(
            services.ask_question,
            owner=socket.user,
            upload_id=upload_id,
            question=text,
            origin=socket.socket_id,
        )
        frame = {"type": "Upload.updated", "instance_id": str(upload.pk), "question": text}
        socket.answer({**frame, "status": "queued"})


def _data_of(command: Command) -> Mapping[str, Any]:
    data = command.get("data")
    if not isinstance(data, dict):
        raise FieldErrors({"data": "An object is expected."})
    return data


Handler = Callable[["UploadsConsumer", Command], Awaitable[None]]
# By name: what does it, and the `type` of its answers, errors included.
COMMANDS: dict[str, tuple[Handler, str]] = {
    "subscribe": (subscribe, "error"),
    "unsubscribe": (unsubscribe, "error"),
    "create": (create, "Upload.created"),
    "list": (list_uploads, "Upload.list"),
    "retrieve": (retrieve, "Upload.status"),
    "update": (update, "Upload.updated"),
    "delete": (delete, "Upload.deleted"),
    "reprocess": (reprocess, "Upload.updated"),
    "cancel": (cancel, "Upload.cancelling"),
    "question": (question, "Upload.updated"),
}


def error_answer(answer_type: str, error: JobError) -> dict[str, Any]:
    """Make the answer to a command that a service refused (core contract, 2.3)."""
    text: str | dict[str, str] = str(error)
    if isinstance(error, FieldErrors):
        text = {field: " ".join(messages) for field, messages in error.fields.items()}
    frame: dict[str, Any] = {"type": answer_type, "code": error.code, "error": text}
    if isinstance(error, Throttled) and error.retry_after_s is not None:
        frame["retry_after"] = error.retry_after_s
    return {**frame, "instance": None} if answer_type == "Upload.status" else frame

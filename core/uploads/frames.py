"""The flat `Upload.status` frames that sockets make (core contract, 2.6), and the sweep.

Partial frames are the relay's. Here is where an upload stands, a run's end as one socket
numbers it, and what a sweep tells when an event was lost.
"""

from collections.abc import Iterable
from typing import Any

from core.realtime.loops import per_loop
from core.realtime.publish import Event, encode
from core.realtime.sweep import Sweep
from core.uploads.events import changed_event, ended_event, terminal_frame
from core.uploads.models import Upload
from core.uploads.relay import wrap
from core.uploads.types import UploadBody


def standing_frame(body: UploadBody) -> dict[str, Any]:
    """Make the flat frame of 2.6 for where an upload stands."""
    frame: dict[str, Any] = {"type": "Upload.status", "id": body["id"], "status": body["status"]}
    if body["status"] == "processing":
        frame["streamed_text"] = body.get("streamed_text", "")
    elif body["status"] == "processed":
        names = ("raw_text", "processed_text", "confidence", "detected_language")
        frame.update({name: body.get(name) for name in names})
    elif body["status"] == "error":
        frame.update(error=body["error"], error_code=body["error_code"])
    place = {"run": body["run"], "seq": body.get("seq", 0), "progress": body["progress"]}
    return {**frame, **place, "page_count": body["page_count"] or 0}


def terminal_text(event: Event, seq: int, *, is_wrapped: bool) -> str:
    """Encode a terminal frame once for all sockets that give it the same number."""
    made: dict[tuple[int, bool], str] = event.data.setdefault("made", {})
    if (seq, is_wrapped) not in made:
        frame = {**event.data["frame"], "seq": seq}
        made[seq, is_wrapped] = encode(wrap(frame) if is_wrapped else frame)
    return made[seq, is_wrapped]


def _read_uploads(upload_ids: list[str]) -> Iterable[tuple[str, Event]]:
    """Read what sockets believe to be busy, and say which of it is not."""
    uploads = Upload.objects.filter(pk__in=upload_ids).select_related("job").defer("pages")
    for upload in uploads:
        key = str(upload.pk)
        if upload.is_deleted:
            yield key, changed_event("Upload.deleted", upload)
        elif upload.job is None or upload.job.is_finished:
            if upload.job is not None:
                frame = terminal_frame(upload, upload.job, seq=1)
                yield key, ended_event(upload, frame)
            yield key, changed_event("Upload.updated", upload)


# The uploads that sockets believe to be pending or processing.
upload_sweep = per_loop(lambda: Sweep(_read_uploads))

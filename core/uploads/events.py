"""What leaves for the sockets when an upload changes: the one place that makes these events.

Every event goes to two groups: `group_for_uploads_of(owner)` and `group_for_upload(id)`.
A socket that has joined both sees it twice, so it joins one of them.

=================  =====  ================  ====================================================
`Event.name`       final  `Event.text`      `Event.data`
=================  =====  ================  ====================================================
`upload.changed`   yes    the whole frame   `frame_type` (`Upload.created`, `Upload.updated` or
                          of 2.5            `Upload.deleted`), `upload_id`, `owner_id`, `status`,
                                            `run`. `Event.origin` is the socket whose command it
                                            was: it gets its answer instead
`upload.stream`    no     empty             `upload_id`, `owner_id`, `run`, `seq`, `offset` (code
                                            points before `delta`), `delta`, `progress`, `page`,
                                            `page_count`: the relay composes the frames of 2.6.
                                            The first of a run has `seq` 1 and an empty `delta`.
                                            Made by `core.uploads.stream`
`upload.ended`     yes    empty             `upload_id`, `owner_id`, `run`, `frame`: the flat
                                            terminal frame of 2.6 with all its extensions
`upload.question`  both   the flat frame    `upload_id`, `owner_id`, `question_id`, `attempt` (of
                                            its job). What became of a question: `answering`
                                            (not final), `answered` or `error`
=================  =====  ================  ====================================================

Order, as published: `upload.changed` (created) · `upload.stream` 1, 2, 3 … · `upload.ended` ·
`upload.changed` (updated). A run that the kernel tries again has no `upload.ended`: an
`upload.changed` (updated, pending, `run` + 1) follows its last piece, and nothing of it
comes later. A cancel before any worker took the job has `upload.ended` with `seq` 1. A
deleted upload's last event is `upload.changed` (deleted), with no `upload.ended` before.
`topic` is `upload:<id>` for these three; partial answers have one of their own, by question.

`terminal_frame` and `changed_event` make the same from a row, for a sweep that finds that
an event was lost.
"""

from typing import Any

from core.jobs.models import Job, Status
from core.realtime.groups import group_for_upload, group_for_uploads_of
from core.realtime.publish import Event, encode, publish
from core.uploads.models import Upload
from core.uploads.serializers import deleted_body, upload_body
from core.uploads.status import run_error, run_of, status_of
from core.uploads.types import FrameType, TerminalFrame


def publish_changed(frame_type: FrameType, upload: Upload, *, origin: str = "") -> None:
    """Tell whoever watches the upload what it is now."""
    _publish(upload, changed_event(frame_type, upload, origin=origin))


def publish_ended(upload: Upload, frame: TerminalFrame) -> None:
    """Tell whoever watches the upload that a run is over."""
    _publish(upload, ended_event(upload, frame))


def publish_answering(upload: Upload, frame: dict[str, Any], job: Job) -> None:
    """Tell whoever watches the upload how much of an answer there is."""
    topic = f"question:{upload.pk}:{job.params['question_id']}"
    _publish(upload, _question_event(upload, frame, job, topic=topic, is_final=False))


def publish_question_end(upload: Upload, frame: dict[str, Any], job: Job) -> None:
    """Tell whoever watches the upload that a question is answered, or why it will not be."""
    topic = f"upload:{upload.pk}"
    _publish(upload, _question_event(upload, frame, job, topic=topic, is_final=True))


def _question_event(
    upload: Upload, frame: dict[str, Any], job: Job, *, topic: str, is_final: bool
) -> Event:
    return Event(
        name="upload.question",
        text=encode(frame),
        topic=topic,
        is_final=is_final,
        data={
            "upload_id": str(upload.pk),
            "owner_id": str(upload.owner_id),
            "question_id": job.params["question_id"],
            "attempt": job.attempt,
        },
    )


def changed_event(frame_type: FrameType, upload: Upload, *, origin: str = "") -> Event:
    """Make the event of an upload's present state. Reads `upload.job`."""
    return Event(
        name="upload.changed",
        text=encode(changed_frame(frame_type, upload)),
        topic=f"upload:{upload.pk}",
        is_final=True,
        origin=origin,
        data={
            "frame_type": frame_type,
            "upload_id": str(upload.pk),
            "owner_id": str(upload.owner_id),
            "status": status_of(upload),
            "run": run_of(upload),
        },
    )


def changed_frame(frame_type: FrameType, upload: Upload) -> dict[str, Any]:
    """Make the frame of 2.5; commands' answers have the same and more."""
    if frame_type == "Upload.deleted":
        instance = deleted_body(upload)
        return {"type": frame_type, "instance_id": str(upload.pk), "instance": instance}
    frame: dict[str, Any] = {"type": frame_type, "instance": upload_body(upload)}
    return {**frame, "duplicate": False} if frame_type == "Upload.created" else frame


def ended_event(upload: Upload, frame: TerminalFrame) -> Event:
    """Make the event of a run's end."""
    return Event(
        name="upload.ended",
        topic=f"upload:{upload.pk}",
        is_final=True,
        data={
            "upload_id": str(upload.pk),
            "owner_id": str(upload.owner_id),
            "run": frame["run"],
            "frame": frame,
        },
    )


def terminal_frame(upload: Upload, job: Job, *, seq: int) -> TerminalFrame:
    """Make the flat frame of 2.6 for a finished `job`, the upload's newest."""
    is_processed = job.status == Status.SUCCEEDED
    page_count = upload.page_count or 0
    frame: TerminalFrame = {
        "type": "Upload.status",
        "id": str(upload.pk),
        "status": "processed" if is_processed else "error",
        "run": run_of(upload),
        "seq": seq,
        "progress": job.progress,
        "page": page_count if is_processed else round(job.progress * page_count),
        "page_count": page_count,
    }
    if is_processed:
        frame["raw_text"] = upload.raw_text or ""
        frame["processed_text"] = upload.processed_text
        frame["confidence"] = upload.confidence
        frame["detected_language"] = upload.detected_language
        frame["elapsed_ms"] = _elapsed_ms(job)
    else:
        error = run_error(job)
        frame["error"], frame["error_code"] = error.message, error.code
    return frame


def _elapsed_ms(job: Job) -> int:
    if job.started_at is None or job.finished_at is None:
        return 0
    return round((job.finished_at - job.started_at).total_seconds() * 1000)


def _publish(upload: Upload, event: Event) -> None:
    publish([group_for_uploads_of(upload.owner_id), group_for_upload(upload.pk)], event)

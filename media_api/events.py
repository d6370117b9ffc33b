"""What leaves for the sockets when a request changes.

An event bears the state as it is (`data`), and the frame of its progress ready made: that
is the frame which all sockets send most of the time. What else a socket has to say it
finds by comparing with what it said before (`media_api.consumers`).
"""

from core.after_commit import after_commit
from core.jobs.models import Job
from core.realtime.groups import group_for_media_request
from core.realtime.publish import Event, encode, publish
from media_api.progress import Progress, error_of, stage_of
from media_api.states import State, state_of

STATE = "media.state"


def topic_of(rid: str, stage: int) -> str:
    """Name the events of one stage, of which the newest may stand for all."""
    return f"media:{rid}:{stage}"


def _event(
    rid: str, state: State, cur_stage: int, pct: int, *, revision: int | None, error: object
) -> Event:
    """Make the event of a state."""
    frame = {"type": "progress", "rid": rid, "pct": pct}
    return Event(
        name=STATE,
        text=encode(frame),
        topic=topic_of(rid, cur_stage),
        is_final=state != State.PROCESSING,
        data={
            "rid": rid,
            "status": int(state),
            "stage": cur_stage,
            "pct": pct,
            "revision": revision,
            "error": error,
        },
    )


def event_of_progress(progress: Progress) -> Event:
    """Make the event of a row that was read."""
    return _event(
        progress.rid,
        progress.state,
        progress.cur_stage,
        progress.pct,
        revision=progress.revision,
        error=progress.error,
    )


def event_of_job(job: Job) -> Event:
    """Make the event of a job's present state."""
    state = state_of(job)
    cur_stage, pct = stage_of(job, state)
    return _event(
        job.params["rid"], state, cur_stage, pct, revision=job.revision, error=error_of(job)
    )


def deleted_event(rid: str) -> Event:
    """Make the event of a request that is no more."""
    return _event(rid, State.DELETED, 0, 0, revision=None, error=None)


def announce(job: Job) -> None:
    """Tell whoever watches, once the change is committed."""
    rid, event = job.params["rid"], event_of_job(job)
    after_commit(publish, [group_for_media_request(rid)], event)


def announce_deleted(rid: str) -> None:
    """Tell whoever watches that a request is no more, once that is committed."""
    event = deleted_event(rid)
    after_commit(publish, [group_for_media_request(rid)], event)

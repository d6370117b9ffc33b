"""The Celery tasks about runners."""

from celery import shared_task

from transcode.runners import events, watchdog


@shared_task(name=events.ANNOUNCE, expires=30)
def announce_jobs() -> None:
    """Tell the runners that there is something to do."""
    events.announce()


@shared_task(name="transcode.watch_runners", expires=15)
def watch_runners() -> int:
    """Take jobs from runners that are gone or hang; return how many."""
    return watchdog.watch()


@shared_task(name="transcode.remind_runners", expires=15)
def remind_runners() -> bool:
    """Tell connected runners of a job that they overlooked."""
    return watchdog.remind()

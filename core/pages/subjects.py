"""What a job is about, in words for its owner: the file it reads, or how a test job ends.

An app names the subjects of its own jobs by a function under `@finds_subjects`, in the module
of its pages: of the jobs it is given it answers for those it knows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from core.accounts.models import User
from core.jobs.models import Job
from core.kinds.selftest import Selftest
from core.uploads.models import Upload


@dataclass(frozen=True)
class Subject:
    """What a job is about. `url` leads to it; it is empty where nothing does."""

    text: str = ""
    url: str = ""


Finder = Callable[[User, Sequence[Job]], dict[UUID, Subject]]
_FINDERS: list[Finder] = []
NOTHING = Subject()
DELETED_FILE = Subject("a deleted file")
# What the test job of `core.selftest` may do.
TEST_BEHAVIOURS = {
    "ok": "that succeeds",
    "fail": "that fails",
    "crash": "that crashes",
    "hang": "that hangs",
    "spin": "that never ends",
    "eat_memory": "that eats memory",
}


def finds_subjects(finder: Finder) -> Finder:
    """Have a function asked what jobs are about. It must bear any job, whatever its params."""
    _FINDERS.append(finder)
    return finder


def subjects_of(user: User, jobs: Iterable[Job]) -> dict[UUID, Subject]:
    """Return what a user's jobs are about, by the ids of the jobs; some are about nothing."""
    jobs = list(jobs)
    found: dict[UUID, Subject] = {}
    for finder in _FINDERS:
        found.update(finder(user, jobs))
    return found


@finds_subjects
def _test_jobs(_user: User, jobs: Sequence[Job]) -> dict[UUID, Subject]:
    tests = [job for job in jobs if job.kind == Selftest.name]
    words = {job.pk: TEST_BEHAVIOURS.get(str(job.params.get("behaviour")), "") for job in tests}
    return {job_id: Subject(text) for job_id, text in words.items()}


@finds_subjects
def _files(user: User, jobs: Sequence[Job]) -> dict[UUID, Subject]:
    """Name the uploads that jobs are about, all in one query."""
    upload_ids = {job.pk: found for job in jobs if (found := _upload_id(job))}
    uploads = Upload.objects.filter(owner=user, is_deleted=False, pk__in=upload_ids.values())
    page = reverse("uploads-page")
    files = {
        pk: Subject(name or "a file", f"{page}#{pk}")
        for pk, name in uploads.values_list("pk", "filename")
    }
    return {job_id: files.get(pk, DELETED_FILE) for job_id, pk in upload_ids.items()}


def _upload_id(job: Job) -> UUID | None:
    """Return the upload that a job is about; params of other kinds may hold anything."""
    try:
        return UUID(str(job.params["upload_id"]))
    except (KeyError, ValueError):
        return None

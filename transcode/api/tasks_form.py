"""The tasks of an edit, as forms and JSON bring them: `tasks[i][name]`, `tasks[i][options][…]`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from core.errors import FieldErrors
from transcode.api.files import on_disk
from transcode.videos.editing import Staged

_KEY = re.compile(r"tasks\[(\d{1,2})\](?:\[(name)\]|\[options\]\[(\w{1,40})\])", re.ASCII)


@dataclass(frozen=True)
class Edit:
    """What is to be done. A task's `file` option is a key of `files`."""

    tasks: list[Any]
    files: dict[str, Staged]


@contextmanager
def edit_of(data: Any) -> Iterator[Edit]:
    """Read a body; the files may be moved away within the block. Raises: `FieldErrors`."""
    if not isinstance(data, QueryDict):
        tasks = data.get("tasks") if isinstance(data, Mapping) else None
        if not isinstance(tasks, list):
            raise FieldErrors({"tasks": "A list of tasks is expected."})
        yield Edit(tasks, {})
        return
    tasks, uploads = _of_form(data)
    with ExitStack() as stack:
        files = {
            key: Staged(stack.enter_context(on_disk(file)), file.name or "")
            for key, file in uploads.items()
        }
        yield Edit(tasks, files)


def _of_form(form: QueryDict) -> tuple[list[Any], "dict[str, UploadedFile[Any]]"]:
    """Return the tasks of a form in the order of their numbers, and the files by their keys."""
    tasks: dict[int, dict[str, Any]] = {}
    uploads: dict[str, UploadedFile[Any]] = {}
    for key, value in form.dict().items():
        if (match := _KEY.fullmatch(key)) is None:
            continue
        task = tasks.setdefault(int(match[1]), {"options": {}})
        if isinstance(value, UploadedFile):
            uploads[key] = value
        said = key if isinstance(value, UploadedFile) else value
        if match[2]:
            task["name"] = said
        else:
            task["options"][match[3]] = said
    return [task for _, task in sorted(tasks.items())], uploads

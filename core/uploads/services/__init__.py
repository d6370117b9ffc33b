"""What people may do with uploads: the same functions for REST, sockets, tus and the admin.

All are keyword-only and block; `origin` names the socket whose command it is, which gets
its answer instead of the event. They raise what `core.uploads.errors` draws.
"""

from core.uploads.services.asking import ask_question
from core.uploads.services.changing import Updated, delete_upload, update_upload
from core.uploads.services.creating import Created, create_upload
from core.uploads.services.recognising import cancel_upload, reprocess_upload

__all__ = [
    "Created",
    "Updated",
    "ask_question",
    "cancel_upload",
    "create_upload",
    "delete_upload",
    "reprocess_upload",
    "update_upload",
]

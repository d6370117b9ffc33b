"""Reading uploads. Every look-up is the owner's own and leaves deleted ones out (2.7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.accounts.models import User
from core.api.parsers import is_storable
from core.errors import FieldErrors
from core.uploads import stream
from core.uploads.errors import NotFound
from core.uploads.models import Upload
from core.uploads.serializers import upload_body
from core.uploads.status import STATUSES, UploadStatus, run_of, status_of, status_q
from core.uploads.types import UploadBody

ORDERINGS = ("created_at", "-created_at", "updated_at", "-updated_at")
# SQLite takes no pattern beyond 50,000 bytes; nobody looks for a whole page.
SEARCH_MAX_CHARACTERS = 1000
TEXT_FIELDS = ("raw_text", "processed_text", "followup_qa", "search_text")


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; the defaults narrow nothing."""

    statuses: tuple[UploadStatus, ...] = ()
    image_hash: str = ""
    search: str = ""
    text_or_name: str = ""
    language: str = ""
    created_after: datetime | None = None
    created_before: datetime | None = None
    ordering: str = "-created_at"


def uploads_of(user: User) -> QuerySet[Upload]:
    """Select a user's uploads with their jobs; deleted ones are not there."""
    return Upload.objects.filter(owner=user, is_deleted=False).select_related("job").defer("pages")


def upload_of(user: User, upload_id: UUID | str | object) -> Upload:
    """Return one of a user's uploads. Raises: `NotFound`, for malformed ids too."""
    if isinstance(upload_id, str):
        try:
            upload_id = UUID(upload_id)
        except ValueError:
            raise NotFound from None
    if not isinstance(upload_id, UUID):
        raise NotFound
    upload = uploads_of(user).filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    return upload


def live_body(upload: Upload, *, has_text: bool = True) -> UploadBody:
    """Show an upload with `streamed_text` and `seq` while it is processed. Asks Redis."""
    body = upload_body(upload, has_text=has_text)
    if status_of(upload) == "processing":
        known = stream.snapshot(upload.pk, run_of(upload))
        body["streamed_text"] = known.text if known else ""
        body["seq"] = known.seq if known else 0
        body["progress"] = max(body["progress"], known.progress if known else 0.0)
    return body


def filters_from(query: Mapping[str, object]) -> Filters:
    """Read filters as they come in a query or a command.

    Statuses that there are not are left out. Raises: `FieldErrors` for a time that is none,
    and for words that are too long to look for or that no database keeps.
    """
    ordering = str(query.get("ordering") or "")
    return Filters(
        statuses=statuses_from(query.get("status")),
        image_hash=_words("image_hash", query).strip().lower(),
        search=_words("search", query),
        text_or_name=_words("text_or_name", query),
        language=_words("language", query).strip(),
        created_after=_moment("created_after", query.get("created_after")),
        created_before=_moment("created_before", query.get("created_before")),
        ordering=ordering if ordering in ORDERINGS else "-created_at",
    )


def statuses_from(value: object) -> tuple[UploadStatus, ...]:
    """Read statuses: one, a comma list, or a list of either; unknown ones are left out.

    `uploaded` also stands for `pending`: clients of old know no other word for a new one.
    """
    values: Sequence[object] = value if isinstance(value, list | tuple) else [value]
    words = {word.strip() for item in values if isinstance(item, str) for word in item.split(",")}
    if "uploaded" in words:
        words.add("pending")
    return tuple(status for status in STATUSES if status in words)


def filtered(uploads: QuerySet[Upload], filters: Filters) -> QuerySet[Upload]:
    """Narrow and order a selection."""
    if filters.statuses:
        uploads = uploads.filter(status_q(list(filters.statuses)))
    if filters.image_hash:
        uploads = uploads.filter(image_hash=filters.image_hash)
    if filters.search:
        uploads = uploads.filter(_in_texts(filters.search))
    if filters.text_or_name:
        uploads = uploads.filter(_in_texts(filters.text_or_name) | _in_name(filters.text_or_name))
    if filters.language:
        uploads = uploads.filter(_in_language(filters.language))
    if filters.created_after:
        uploads = uploads.filter(created_at__gte=filters.created_after)
    if filters.created_before:
        uploads = uploads.filter(created_at__lte=filters.created_before)
    sign = "-" if filters.ordering.startswith("-") else ""
    return uploads.order_by(filters.ordering, f"{sign}id")


def page_of(
    uploads: QuerySet[Upload], *, ordering: str, limit: int, before: UUID | None = None
) -> tuple[list[Upload], UUID | None]:
    """Return the first `limit` uploads, behind the one named `before`, and where to go on.

    A page is a range of an index, whatever was added meanwhile (keyset pagination).
    `before` is a `place_of` the caller's: its time decides what is shown.
    """
    field, way = ordering.lstrip("-"), "lt" if ordering.startswith("-") else "gt"
    if before is not None:
        beside = Upload.objects.filter(pk=before).values_list(field, flat=True).first()
        if beside is None:
            return [], None
        beyond = Q(**{f"{field}__{way}": beside})
        beyond |= Q(**{field: beside, f"id__{way}": before})
        uploads = uploads.filter(beyond)
    rows = list(uploads[: limit + 1])
    return rows[:limit], rows[limit - 1].pk if len(rows) > limit else None


def place_of(user: User, upload_id: object) -> UUID:
    """Return the upload behind which a page begins; one deleted since still marks the place.

    Raises: `NotFound`.
    """
    try:
        place = UUID(str(upload_id))
    except ValueError:
        raise NotFound from None
    if not Upload.objects.filter(pk=place, owner=user).exists():
        raise NotFound
    return place


def without_text(uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Leave the long columns in the database, for lists that do not show them."""
    return uploads.defer("pages", *TEXT_FIELDS)


def _in_texts(words: str) -> Q:
    return Q(search_text__contains=words.casefold())


def _in_name(words: str) -> Q:
    """Match file names in any letter case.

    By a pattern, since `icontains` of SQLite knows the two cases of ASCII letters only.
    """
    return Q(filename__iregex=re.escape(words))


def _in_language(code: str) -> Q:
    """Match uploads in which the language was found, alone or beside others."""
    return (
        Q(detected_language=code)
        | Q(detected_language__startswith=f"{code}+")
        | Q(detected_language__endswith=f"+{code}")
        | Q(detected_language__contains=f"+{code}+")
    )


def _words(name: str, query: Mapping[str, object]) -> str:
    """Read what is looked for. Raises: `FieldErrors`."""
    words = str(query.get(name) or "")
    if len(words) > SEARCH_MAX_CHARACTERS:
        raise FieldErrors({name: f"At most {SEARCH_MAX_CHARACTERS:,} characters, please."})
    if not is_storable(words):
        raise FieldErrors({name: "These characters are in no text."})
    return words


def _moment(name: str, value: object) -> datetime | None:
    """Read an ISO 8601 time; one without a zone is in the server's. Raises: `FieldErrors`."""
    if value is None or value == "":
        return None
    text = str(value).strip()
    for spelling in (text, "+".join(text.rsplit(" ", 1))):  # a plus sign that was not encoded
        try:
            moment = parse_datetime(spelling)
        except (ValueError, OverflowError):
            moment = None
        if moment is not None:
            return _in_utc(name, moment)
    raise FieldErrors({name: "A time in ISO 8601 is expected."})


def _in_utc(name: str, moment: datetime) -> datetime:
    try:
        aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
        return aware.astimezone(UTC)  # Near the years 1 and 9999 there is no such time.
    except (ValueError, OverflowError) as error:
        raise FieldErrors({name: "A time in ISO 8601 is expected."}) from error

"""The shapes of an upload on the wire (core contract, 2.6 and 4.1)."""

from typing import Any, Literal, NotRequired, TypedDict

Json = dict[str, Any]
FrameType = Literal["Upload.created", "Upload.updated", "Upload.deleted", "Upload.status"]


class UploadBody(TypedDict):
    """An upload as REST and sockets show it. Times are ISO 8601 in UTC."""

    id: str
    owner: str
    image_path: str
    image_url: str
    image_hash: str
    filename: str
    mime_type: str
    size_bytes: int
    page_count: int | None
    status: str
    auto_language_detection: bool
    language_hint: str | None
    output_format: str
    ocr_mode: str
    detected_language: str | None
    confidence: float | None
    engine: str | None
    raw_text: NotRequired[str | None]
    processed_text: NotRequired[str | None]
    followup_qa: NotRequired[list[Json]]
    progress: float
    run: int
    error: str | None
    error_code: str | None
    created_at: str
    updated_at: str
    processed_at: str | None
    streamed_text: NotRequired[str]
    seq: NotRequired[int]


class DeletedBody(TypedDict):
    """What is left to say of a deleted upload."""

    id: str
    owner: str
    status: str
    is_deleted: Literal[True]


class TerminalFrame(TypedDict):
    """The last frame of a run, flat (2.6): what is not of its status is absent."""

    type: Literal["Upload.status"]
    id: str
    status: Literal["processed", "error"]
    run: int
    seq: int
    progress: float
    page: int
    page_count: int
    raw_text: NotRequired[str]
    processed_text: NotRequired[str | None]
    confidence: NotRequired[float | None]
    detected_language: NotRequired[str | None]
    elapsed_ms: NotRequired[int]
    error: NotRequired[str]
    error_code: NotRequired[str]

"""What a file is, told by its content (Media API contract, 2.5)."""

from enum import StrEnum


class FileType(StrEnum):
    """The types that decide what can be done with a file. A PDF is the document that is read."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    TEXT = "text"
    PDF = "pdf"
    DOCUMENT = "document"
    EXECUTABLE = "executable"
    OTHER = "other"

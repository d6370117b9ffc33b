"""multipart/form-data as it arrives: a part begins, has bytes, ends (RFC 7578)."""

from dataclasses import dataclass

from django.utils.http import parse_header_parameters
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from core.api.parsers import is_storable
from core.errors import InvalidInput

MOST_PARTS = 64


@dataclass(frozen=True)
class Begin:
    """A part begins. `filename` is the client's: a label, never a path; None for a text."""

    name: str
    filename: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it is a file's part."""
        return self.filename is not None


@dataclass(frozen=True)
class Content:
    """Some bytes of the part that has begun."""

    data: bytes


@dataclass(frozen=True)
class End:
    """The part is over."""


Event = Begin | Content | End


class NotAForm(InvalidInput):
    """The body is not what its type says."""

    code = "parse_error"

    def __init__(self) -> None:
        super().__init__("The body is not a form that can be read (multipart/form-data).")


class Parts:
    """Cuts a body into its parts. Feed it pieces, and look whether it `is_whole` at the end."""

    def __init__(self, content_type: str) -> None:
        """Begin. Raises: `NotAForm` for a type without a boundary."""
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise NotAForm
        self.is_whole = False
        self._events: list[Event] = []
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._count = 0
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise NotAForm from error

    def feed(self, piece: bytes) -> list[Event]:
        """Return what a piece of the body brings. Raises: `NotAForm`."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise NotAForm from error
        events, self._events = self._events, []
        return events

    def _on_part_begin(self) -> None:
        self._disposition = b""
        self._count += 1
        if self._count > MOST_PARTS:
            raise NotAForm

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _on_headers_finished(self) -> None:
        try:
            # It knows `filename*`, too, which RFC 7578 (4.2) forbids and older clients send.
            kind, said = parse_header_parameters(self._disposition.decode("utf-8", "replace"))
        except ValueError as error:
            raise NotAForm from error
        # An encoding such as UTF-7 makes half surrogates of a name, which no answer can repeat.
        if kind != "form-data" or not is_storable(said.get("name", "\0")):
            raise NotAForm
        self._events.append(Begin(said["name"], said.get("filename")))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(Content(data[start:end]))

    def _on_part_end(self) -> None:
        self._events.append(End())

    def _on_end(self) -> None:
        self.is_whole = True

"""Bytes that are a text, in whatever encoding of the common ones."""

import codecs

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Russian texts of old; it gives every byte but one a meaning, so it comes last.
_LEGACY = "cp1251"


def decoded(content: bytes) -> str:
    """Return a text: by its byte order mark, else as UTF-8, else as Windows-1251.

    What has no meaning becomes U+FFFD; NUL is dropped, line ends become `\\n`.
    """
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(_LEGACY if encoding == "utf-8" else encoding, "replace")
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")

"""`processed_text`: what users copy out, made of the recognised markdown."""

from __future__ import annotations

import re
from typing import Literal

from core.ocr.engines.markdown import is_escaped

OutputFormat = Literal["raw", "paragraph"]

_PAGE_MARK = re.compile(r"(?:\A|\n\n)---(?=\n\n|\Z)")
_NOTE = re.compile(r"^<!-- page \d+: timed out -->$", re.M)
_HEADING = re.compile(r"^#{1,6} (?=\S)")
_HEAD_RULE = re.compile(r"^\|(?: --- \|)+$")
_CELL_BORDER = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_BLANK_LINES = re.compile(r"\n{2,}")
_HYPHENS = "-\u2010\u00ad"
_CELL_GAP = "  "


def to_processed(raw_markdown: str, output_format: OutputFormat) -> str:
    """The text without marks and page separators.

    `raw` keeps line breaks and at most one blank line; `paragraph` joins the lines of a block,
    takes out a hyphen at a line's end when the word goes on in lower case, and keeps lists and
    tables by line.
    """
    text = _NOTE.sub("", _PAGE_MARK.sub("\n\n", raw_markdown))
    blocks = [block.strip("\n") for block in _BLANK_LINES.split(text)]
    shaped = [_shaped(block.split("\n"), output_format) for block in blocks if block.strip()]
    return "\n\n".join(block for block in shaped if block)


def _shaped(lines: list[str], output_format: OutputFormat) -> str:
    if _is_table(lines):
        return "\n".join(_row(line) for line in lines if not _HEAD_RULE.match(line))
    plain = [_plain(line) for line in lines]
    if output_format == "raw":
        return "\n".join(plain)
    parts: list[str] = []
    for line, text in zip(lines, plain, strict=True):
        if parts and not _is_bullet(line):
            parts[-1] = _joined(parts[-1], text)
        else:
            parts.append(text)
    return "\n".join(parts)


def _is_table(lines: list[str]) -> bool:
    return len(lines) > 1 and bool(_HEAD_RULE.match(lines[1]))


def _is_bullet(line: str) -> bool:
    return line.startswith("- ")


def _row(line: str) -> str:
    cells = _CELL_BORDER.sub("\\1\0", line.strip()).strip("\0").split("\0")
    return _CELL_GAP.join(re.sub(r"\\([\\|])", r"\1", cell.strip()) for cell in cells).rstrip()


def _plain(line: str) -> str:
    if is_escaped(line):
        return line[1:]
    return _HEADING.sub("", line)


def _joined(before: str, after: str) -> str:
    goes_on = after[:1].islower()
    if goes_on and len(before) > 1 and before[-1] in _HYPHENS and before[-2].isalpha():
        return before[:-1] + after
    return f"{before} {after}"

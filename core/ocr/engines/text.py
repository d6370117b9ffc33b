"""Markdown as the engine streams it, laid out as plain text (`processed_text`)."""

from __future__ import annotations

import re

_NOTE = re.compile(r"<!--.*?-->", re.S)
_RULE = re.compile(r"^(?:---|\|(?: --- \|)+)$")
_MARK = re.compile(r"^(?:#{1,6} |- |\\)")


def to_processed(raw_text: str, output_format: str) -> str:
    """Plain text of markdown: `raw` keeps its lines, `paragraph` joins those of a block."""
    blocks = re.split(r"\n{2,}", _NOTE.sub("", raw_text))
    join = _joined if output_format == "paragraph" else "\n".join
    plain = (join(_plain_lines(block)) for block in blocks)
    return "\n\n".join(text for text in plain if text.strip())


def _plain_lines(block: str) -> list[str]:
    return [_MARK.sub("", line).rstrip() for line in block.split("\n") if not _RULE.match(line)]


def _joined(lines: list[str]) -> str:
    text = ""
    for line in lines:
        if text.endswith("-") and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}" if text else line
    return text

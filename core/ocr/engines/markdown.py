"""Recognised lines as markdown: headings, bullets, tables, and escapes at the start of a line."""

from __future__ import annotations

import re

BULLETS = "•●◦▪■‣∙"
_BULLET = re.compile(rf"^(?:[{re.escape(BULLETS)}]|[-–—*·¢](?=\s))\s*(?=\S)")
_MISREAD_BULLET = re.compile(r"^[¢©°»eo]\s+(?=\S)")
_MEANS_SOMETHING = re.compile(r"^(?:[#>|\\-]|[+*=](?=[\s+*=]|$)|`{3}|~{3}|<!--)")
BLOCK_GAP = "\n\n"
LINE_GAP = "\n"
PAGE_MARK = "---"

LARGE_HEADING, SMALL_HEADING = 1.8, 1.35
"""A single-line block this many times the page's median line height is a `#`, a `##`."""


def lines_markdown(lines: list[str]) -> list[str]:
    """Lines of one block: a bullet becomes `- `, a mark at the start of a line is escaped.

    Next to a bullet, what bullets are misread as counts as one too.
    """
    has_bullet = any(_BULLET.match(line) for line in lines)
    return [_marked(line, has_bullet=has_bullet) for line in lines]


def line_markdown(text: str) -> str:
    """One line by itself, as in `lines_markdown`."""
    return _marked(text, has_bullet=False)


def _marked(text: str, *, has_bullet: bool) -> str:
    found = _BULLET.match(text) or (_MISREAD_BULLET.match(text) if has_bullet else None)
    if found:
        return "- " + text[found.end() :]
    return escaped(text)


def escaped(text: str) -> str:
    """The line with a backslash before what markdown would take for a mark."""
    return f"\\{text}" if _MEANS_SOMETHING.match(text) else text


def is_escaped(line: str) -> bool:
    """The line begins with the backslash that `escaped` puts there."""
    return line.startswith("\\") and bool(_MEANS_SOMETHING.match(line[1:]))


def heading_markdown(text: str, ratio: float) -> str | None:
    """The line as a heading, or None; `ratio`: its height over the page's median."""
    if ratio >= LARGE_HEADING:
        return f"# {text}"
    return f"## {text}" if ratio >= SMALL_HEADING else None


def table_markdown(rows: list[list[str]]) -> str:
    """A pipe table; the first row is its head. Rows must be of equal length."""
    lines = ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def timed_out_note(page: int) -> str:
    """The note that stands where the rest of a page would be."""
    return f"<!-- page {page}: timed out -->"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")

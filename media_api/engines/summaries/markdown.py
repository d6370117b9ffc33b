"""Text of others inside our Markdown: shown, and never acted upon."""

import re

# What Markdown takes for HTML or an autolink, and for an image, which viewers load by themselves.
_HTML = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])")
_IMAGE = re.compile(r"(?<!\\)!\[")


def without_markup(text: str) -> str:
    """Return the text with HTML and images made visible as text (CommonMark, backslash escapes)."""
    return _IMAGE.sub(r"!\\[", _HTML.sub(r"\\<", text))

"""How many values a JSON text has, told before it is parsed.

A parsed value takes up to 40 times the room of its text (an empty list: 2 characters, 64
bytes and a pointer), and parsing millions of them holds the interpreter for seconds. So
texts that would become too many values are refused unparsed.
"""


def has_at_most(text: str, max_values: int) -> bool:
    """Return whether a JSON text (RFC 8259) may be parsed: it has `max_values` values or so.

    All but the first value stand behind a comma or an opening bracket. Those in strings
    do not count, so that a long text passes; a text that is no JSON gets some answer.
    """
    if _separators(text) <= max_values:
        return True
    # Without escaped backslashes and then without escaped quotes, every quote left begins
    # or ends a string: the odd pieces are what stands in strings.
    plain = text.replace("\\\\", "").replace('\\"', "")
    if plain.count('"') > 4 * max_values:
        return False
    return _separators("".join(plain.split('"')[::2])) <= max_values


def _separators(text: str) -> int:
    return text.count(",") + text.count("[") + text.count("{")
